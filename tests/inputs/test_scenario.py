"""Scenario files: what they may say, and where they are wrong."""

from __future__ import annotations

import copy
import json
import pickle
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sim.errors import InputError, Problem
from sim.inputs.fte import FtePath
from sim.inputs.programme_use import ProgrammeUse
from sim.inputs.registry import Registry
from sim.inputs.scenario import Scenario, load_scenario, scenario_from_dict
from tests.examples import examples

REGISTRY = Registry(
    municipalities={
        "almere": "Almere",
        "den haag": "Den Haag",
        "'s-gravenhage": "Den Haag",
        "nederland": "Nederland",
        "nl": "Nederland",
    },
    programmes=frozenset({"kinderwerk", "jongerenwerk"}),
    parameters={"effect.onset": (0.0, 2.0), "visits": None},
)
SMALL: dict[str, Any] = {"title": "Klein", "municipality": "Almere"}
HEAD = "kind: scenario\ntitle: x\nmunicipality: Almere\n"


def refused(folder: Path, content: str) -> list[tuple[int, int, str]]:
    """Return the problems of a scenario file that must be refused."""
    path = folder / "bad.yaml"
    path.write_text(content)
    with pytest.raises(InputError) as caught:
        load_scenario(path, REGISTRY)
    return [(problem.line, problem.column, problem.message) for problem in caught.value.problems]


def with_fte(fte: Any, **others: Any) -> Scenario:
    return scenario_from_dict({**SMALL, **others, "programmes": {"kinderwerk": {"fte": fte}}}, REGISTRY)


def test_defaults_are_the_documented_ones() -> None:
    scenario = scenario_from_dict(SMALL, REGISTRY)
    assert (scenario.start, scenario.years, scenario.policy) == (2026, 20, "crowd_out")
    assert scenario.budget.youth_care is None
    assert scenario.budget.real_growth is None
    assert len(scenario.programmes) == len(scenario.parameters) == 0
    use = with_fte(36).programmes["kinderwerk"]
    assert (use.ring_fenced, use.targeting, use.paid_by) == (True, None, "gemeente")
    assert use.switches.onset
    assert use.switches.escalation
    assert use.switches.recovery
    assert use.switches.signalling


@pytest.mark.parametrize(
    "name", ["Den Haag", "den haag", "'s-Gravenhage", "\u2019s-gravenhage", " DEN  HAAG "]
)
def test_aliases_of_a_municipality_become_one_name(name: str) -> None:
    assert scenario_from_dict({**SMALL, "municipality": name}, REGISTRY).municipality == "Den Haag"


WRONG = {
    "no title": ("kind: scenario\nmunicipality: Almere\n", 1, 1, "missing key 'title'"),
    "no municipality": ("kind: scenario\ntitle: x\n", 1, 1, "missing key 'municipality'"),
    "empty title": ("kind: scenario\ntitle: ''\nmunicipality: NL\n", 2, 8, "must not be empty"),
    "title of lines": ("kind: scenario\ntitle: |\n  a\n  b\nmunicipality: NL\n", 2, 8, "one line of text"),
    "unknown municipality": (
        "kind: scenario\ntitle: x\nmunicipality: Almeer\n", 3, 15,
        "unknown municipality 'Almeer'; did you mean 'Almere'? `kinderwerk data municipality NAME` builds"),
    "number as municipality": ("kind: scenario\ntitle: x\nmunicipality: 12.5\n", 3, 15, "expected the name"),
    "unknown key": (HEAD + "policie: capped\n", 4, 1, "unknown key 'policie'; did you mean 'policy'?"),
    "unknown policy": (HEAD + "policy: crowdout\n", 4, 9, "did you mean 'crowd_out'?"),
    "start too early": (HEAD + "start: 2014\n", 4, 8, "must be between 2015 and 2060, found 2014"),
    "start as text": (HEAD + "start: '2026'\n", 4, 8, "write it without quotes"),
    "too many years": (HEAD + "years: 61\n", 4, 8, "must be between 0 and 60, found 61"),
    "half a year": (HEAD + "years: 1.5\n", 4, 8, "expected a whole number, found 1.5"),
    "unknown programme": (
        HEAD + "programmes:\n  kinderwrk:\n    fte: 1\n", 5, 3,
        "unknown programme 'kinderwrk'; did you mean 'kinderwerk'? Known: jongerenwerk, kinderwerk"),
    "unknown key in a programme": (
        HEAD + "programmes:\n  kinderwerk:\n    fteee: 1\n    fte: 1\n", 6, 5,
        "unknown key 'fteee'; did you mean 'fte'? Known keys here: fte, ring_fenced, targeting, ages"),
    "no FTE": (HEAD + "programmes:\n  kinderwerk: {ring_fenced: true}\n", 5, 3, "missing key 'fte'"),
    "list of programmes": (HEAD + "programmes: [kinderwerk]\n", 4, 1, "expected a mapping"),
    "unknown switch": (
        HEAD + "programmes:\n  kinderwerk: {fte: 1, switches: {onst: true}}\n", 5, 35,
        "did you mean 'onset'?"),
    "unknown targeting": (
        HEAD + "programmes:\n  kinderwerk: {fte: 1, targeting: buurt}\n", 5, 35,
        "expected 'everyone', 'neighbourhood' or 'outreach', found text 'buurt'"),
    "unknown parameter": (HEAD + "parameters:\n  vists: 3\n", 5, 3, "did you mean 'visits'?"),
    "parameter out of range": (
        HEAD + "parameters:\n  effect.onset: 3\n", 5, 17, "'effect.onset' must be between 0 and 2, found 3"),
    "listed parameter out of range": (
        HEAD + "parameters:\n  effect.onset: {value: [1, -1]}\n", 5, 29, "between 0 and 2, found -1"),
    "parameter as text": (HEAD + "parameters:\n  visits: '3'\n", 5, 11, "expected a number, found text '3'"),
    "parameter without value": (HEAD + "parameters:\n  visits: {from: birth}\n", 5, 3, "missing key 'value'"),
    "parameter from nowhere": (
        HEAD + "parameters:\n  visits: {value: 3, from: strat}\n", 5, 28, "did you mean 'start'?"),
    "list for one number": (HEAD + "parameters:\n  effect.onset: [1, 1.5]\n", 5, 3, "a grid takes lists"),
    "text in a list": (HEAD + "parameters:\n  visits: [3, x]\n", 5, 15, "expected a number, found text 'x'"),
    "empty list": (HEAD + "parameters:\n  visits: []\n", 5, 3, "expected 1 to 1000 numbers"),
    "negative budget": (HEAD + "budget: {youth_care: -1}\n", 4, 22, "must be 0 or more, found -1"),
    "growth as a percentage": (HEAD + "budget: {real_growth: 2}\n", 4, 23, "between -0.5 and 0.5, found 2"),
    "own reference": (HEAD + "reference: bad.yaml\n", 4, 12, "cannot be its own reference"),
    "no such reference": (HEAD + "reference: gone.yaml\n", 4, 12, "there is no such file"),
    "folder as reference": (HEAD + "reference: .\n", 4, 12, "this is a folder"),
    "reference of another kind": (HEAD + "reference: model.yaml\n", 4, 12, "`kinderwerk model` runs a model"),
    "model": ("kind: model\n", 1, 7, "this is a `kind: model` file, and `kind: scenario` is needed here"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_scenario_is_explained(tmp_path: Path, case: str) -> None:
    (tmp_path / "model.yaml").write_text("kind: model\n")
    content, line, column, words = WRONG[case]
    ((found_line, found_column, message),) = refused(tmp_path, content)
    assert (found_line, found_column) == (line, column), message
    assert words in message


def test_all_problems_are_listed_at_once_by_line(tmp_path: Path) -> None:
    content = (
        "kind: scenario\ntitle: 3\nmunicipality: Almeer\nyears: 5\nprogrammes:\n  kinderwerk:\n"
        "    fte: {2026: x, 2040: 1}\n  kinderwerkk: {fte: -1}\nparameters: {effect.onset: 9, vists: a}\n"
    )
    assert [(line, column) for line, column, _ in refused(tmp_path, content)] == [
        (2, 8), (3, 15), (7, 17), (7, 20), (8, 3), (8, 22), (9, 28), (9, 31), (9, 38)]  # fmt: skip


def test_very_many_mistakes_are_not_all_listed(tmp_path: Path) -> None:
    start = time.process_time()
    problems = refused(
        tmp_path, HEAD + "programmes:\n" + "".join(f"  k{i}: {{fte: x}}\n" for i in range(8000))
    )
    assert problems[0] == (1, 1, "there are many mistakes; only the first 100 are listed")
    assert len(problems) == 101
    assert time.process_time() - start < 5


def test_parameters_are_numbers_lists_or_say_from_when() -> None:
    data = {**SMALL, "parameters": {"visits": [1, 2], "effect.onset": {"value": 0.5, "from": "birth"}}}
    scenario = scenario_from_dict(data, REGISTRY)
    assert scenario.parameters["visits"].value == (1.0, 2.0)
    assert scenario.parameters["visits"].since == "start"
    assert (scenario.parameters["effect.onset"].value, scenario.parameters["effect.onset"].since) == (
        0.5,
        "birth",
    )


def test_a_scenario_cannot_be_changed() -> None:
    scenario = with_fte({2026: 3})
    with pytest.raises(ValidationError):
        scenario.years = 3  # type: ignore[misc]
    with pytest.raises(ValidationError):
        scenario.programmes["kinderwerk"].ring_fenced = False  # type: ignore[misc]
    with pytest.raises(TypeError):
        scenario.programmes["jongerenwerk"] = scenario.programmes["kinderwerk"]  # type: ignore[index]


def test_a_scenario_survives_pickling_and_can_be_a_key(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(HEAD + "programmes: {kinderwerk: {fte: {2026: 3}}}\nparameters: {visits: [1, 2]}\n")
    scenario = load_scenario(path, REGISTRY)
    again = pickle.loads(pickle.dumps(scenario))
    assert again == scenario
    assert {scenario: 1}[again] == 1
    assert (again.path, again.sha256) == (path, scenario.sha256)
    assert again.replace(municipality="NL").municipality == "Nederland"
    assert copy.deepcopy(scenario) == scenario


def test_replace_checks_again_and_leaves_the_original_alone() -> None:
    scenario = with_fte({2026: 3, 2030: 5})
    before = scenario.canonical()
    longer = scenario.replace(years=30, budget={"youth_care": 5e6}, title="Langer")
    assert (longer.years, longer.budget.youth_care, longer.title) == (30, 5e6, "Langer")
    assert longer.programmes == scenario.programmes
    assert scenario.canonical() == before
    more = scenario.replace(
        programmes={"kinderwerk": ProgrammeUse(fte=FtePath(72.0)), "jongerenwerk": {"fte": 1}}
    )
    assert more.programmes["kinderwerk"].fte.at(2040) == 72
    assert scenario.replace(programmes=more.programmes).programmes == more.programmes
    for change in ({"years": 3}, {"municipality": "Almeer"}, {"yeers": 3}, {"programmes": {"x": {"fte": 1}}}):
        with pytest.raises(InputError, match=r"^<scenario>:1:1: "):
            scenario.replace(**change)


def test_canonical_holds_what_affects_results_and_nothing_else() -> None:
    scenario = with_fte(36)
    assert json.loads(json.dumps(scenario.canonical())) == scenario.canonical()
    for same in (
        scenario.replace(title="Anders", description="Anders"),
        scenario.replace(municipality="almere"),
        scenario.replace(programmes={"kinderwerk": {"fte": {"2026-2027": 36, 2028: 36.0}}}),
    ):
        assert same.canonical_sha256() == scenario.canonical_sha256() == scenario.sha256
    for other in (
        scenario.replace(years=19),
        scenario.replace(policy="deficit"),
        scenario.replace(parameters={"visits": 30}),
        scenario.replace(budget={"youth_care": 1}),
        scenario.replace(programmes={"kinderwerk": {"fte": 36, "switches": {"onset": False}}}),
    ):
        assert other.canonical_sha256() != scenario.canonical_sha256()


def test_plain_data_of_a_scenario_gives_the_same_scenario() -> None:
    data = {
        **SMALL,
        "budget": {"youth_care": 1e6, "real_growth": 0.01},
        "programmes": {"kinderwerk": {"fte": {2027: 3}, "targeting": "outreach", "paid_by": "outside"}},
        "parameters": {"visits": {"value": [1, 2], "from": "birth"}, "effect.onset": 1},
    }
    scenario = scenario_from_dict(data, REGISTRY)
    assert scenario_from_dict(json.loads(json.dumps(scenario.to_data())), REGISTRY) == scenario


@pytest.mark.parametrize("data", [None, 3, "x", [], [1]])
def test_data_that_is_no_mapping_is_refused(data: Any) -> None:
    with pytest.raises(InputError, match=r"^<scenario>:1:1: expected a mapping"):
        scenario_from_dict(data, REGISTRY)


def test_without_a_registry_names_are_not_checked(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("kind: scenario\ntitle: x\nmunicipality: Nergens\nprogrammes: {iets: {fte: 1}}\n")
    assert load_scenario(path).municipality == "Nergens"


WORDS = ["Almere", "kinderwerk", "12,5", "2026-2028", "start", "birth", "scenario"]
KEYS = ["fte", "value", "from", "kinderwerk", "visits", "2026-2028"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(WORDS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=6) | st.integers(2020, 2050) | st.sampled_from(KEYS), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@settings(max_examples=examples(400))
@given(st.dictionaries(st.sampled_from([*Scenario.model_fields, "other"]), VALUES, max_size=6))
def test_any_data_gives_a_scenario_or_an_input_error(data: dict[str, Any]) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        scenario = scenario_from_dict({**SMALL, **data}, REGISTRY)
    except InputError as error:
        problems = error.problems
    else:
        assert scenario_from_dict(scenario.to_data(), REGISTRY).canonical() == scenario.canonical()
    assert all("\n" not in problem.message for problem in problems)


def test_places_and_shocks_are_kept_as_written() -> None:
    lockdown = {"kind": "lockdown", "start": "2028-03", "size": 0.5, "workers": "absent"}
    cut = {"kind": "budget_cut", "start": 2029, "months": 24, "size": 0.3, "programmes": ["kinderwerk"]}
    places = {"ambulant": 2400, "wijkteam": "unlimited"}
    scenario = scenario_from_dict({**SMALL, "policy": "capped", "places": places, "shocks": [lockdown, cut]})
    assert dict(scenario.places) == {"ambulant": 2400.0, "wijkteam": "unlimited"}
    first, second = scenario.shocks
    assert (first.year, first.month, first.months, first.workers) == (2028, 2, 12, "absent")
    assert (second.year, second.month, second.months, second.programmes) == (2029, 0, 24, ("kinderwerk",))
    assert scenario_from_dict(scenario.to_data()).canonical() == scenario.canonical()


def test_more_parameters_than_there_are_are_not_looked_up_one_by_one(tmp_path: Path) -> None:
    lines = "".join(f"  effect.onse{i}: 1\n" for i in range(601))
    (problem,) = refused(tmp_path, HEAD + "parameters:\n" + lines)
    assert problem == (4, 1, "must have at most 600 items, found 601")


# What is believed of the effect


def test_a_prior_is_part_of_a_scenario_only_where_it_is_another() -> None:
    usual, said = (
        scenario_from_dict(SMALL, REGISTRY),
        scenario_from_dict({**SMALL, "prior": "assumed"}, REGISTRY),
    )
    assert usual == said
    assert usual.canonical_sha256() == said.canonical_sha256()
    for data in (usual.canonical(), usual.to_data()):
        assert "prior" not in data
    near = usual.replace(prior="nearest")
    assert near.canonical() == {**usual.canonical(), "prior": "nearest"}
    assert scenario_from_dict(near.to_data(), REGISTRY) == near
    assert near.replace(prior="assumed") == usual


def test_the_content_of_a_file_from_before_there_were_priors_has_its_old_hash() -> None:
    shipped = Path(__file__).resolve().parents[2] / "scenarios" / "almere" / "huidig.yaml"
    before = "8d47e3df65b294817a18735ada11de1ea870d28b9944791434e3b4746ec81bc5"
    assert load_scenario(shipped).canonical_sha256() == before


def test_an_unknown_prior_is_refused_with_the_nearest(tmp_path: Path) -> None:
    ((line, _, message),) = refused(tmp_path, HEAD + "prior: scepticl\n")
    assert line == 4
    assert "'sceptical'" in message


# How youth care grows


def test_a_future_is_part_of_a_scenario_only_where_it_is_another() -> None:
    usual, said = (
        scenario_from_dict(SMALL, REGISTRY),
        scenario_from_dict({**SMALL, "future": "model_today"}, REGISTRY),
    )
    assert usual == said
    assert usual.canonical_sha256() == said.canonical_sha256()
    for data in (usual.canonical(), usual.to_data()):
        assert "future" not in data
    grown = usual.replace(future="van_ark")
    assert grown.canonical() == {**usual.canonical(), "future": "van_ark"}
    assert scenario_from_dict(grown.to_data(), REGISTRY) == grown
    assert grown.replace(future="model_today") == usual


def test_an_unknown_future_is_refused_with_the_nearest(tmp_path: Path) -> None:
    ((line, _, message),) = refused(tmp_path, HEAD + "future: van_arc\n")
    assert line == 4
    assert "'van_ark'" in message
