"""Scenario files: what they may say, and where they are wrong."""

from __future__ import annotations

import copy
import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sim.errors import InputError
from sim.fte import FtePath, years_of
from sim.registry import Registry
from sim.scenario import ProgrammeUse, Scenario, load_scenario, scenario_from_dict
from sim.scenario_files import check_path, template, write_new

SCENARIOS = Path(__file__).parents[1] / "scenarios"
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
    assert scenario.budget.youth_care is None and scenario.budget.real_growth is None
    assert len(scenario.programmes) == len(scenario.parameters) == 0
    use = with_fte(36).programmes["kinderwerk"]
    assert (use.ring_fenced, use.targeting, use.paid_by) == (True, None, "gemeente")
    assert (
        use.switches.onset and use.switches.escalation and use.switches.recovery and use.switches.signalling
    )


@pytest.mark.parametrize(
    "name", ["Den Haag", "den haag", "'s-Gravenhage", "\u2019s-gravenhage", " DEN  HAAG "]
)
def test_aliases_of_a_municipality_become_one_name(name: str) -> None:
    assert scenario_from_dict({**SMALL, "municipality": name}, REGISTRY).municipality == "Den Haag"


def test_fte_as_one_number_holds_in_every_year() -> None:
    assert with_fte(36).programmes["kinderwerk"].fte_by_year(2026, 3) == (36.0, 36.0, 36.0)
    assert with_fte(36).programmes["kinderwerk"].fte_by_year(2026, 0) == ()


def test_fte_of_a_year_holds_until_the_next_given_year() -> None:
    use = with_fte({2028: 12, 2030: 24.5, 2031: 0}).programmes["kinderwerk"]
    assert use.fte_by_year(2026, 7) == (0, 0, 12, 12, 24.5, 0, 0)


def test_fte_by_ranges_of_years() -> None:
    use = with_fte({"2029-2030": 24, "2026 - 2027": 12, "2031": 6}).programmes["kinderwerk"]
    assert use.fte_by_year(2026, 7) == (12, 12, 12, 24, 24, 6, 6)


def test_years_of_reads_years_and_ranges_only() -> None:
    assert years_of(2026) == years_of("2026") == (2026, 2026)
    assert years_of("2026-2028") == (2026, 2028)
    for key in ("2028-2026", "26", 26, "2026-", "x", True, None, 2026.0, "2026-2028-2030"):
        assert years_of(key) is None


WRONG_FTE = {
    "text": ("fte: zesendertig", 6, 10,
             "expected a number of FTE (for example 36 or 12.5), found text 'zesendertig'"),
    "decimal comma": ("fte: 12,5", 6, 10, "write decimals with a point: 12.5"),
    "negative": ("fte: -3", 6, 10, "must be between 0 and 1000000, found -3"),
    "too many": ("fte: 1000001", 6, 10, "must be between 0 and 1000000, found 1000001"),
    "infinite": ("fte: .inf", 6, 10, "must be a finite number"),
    "list": ("fte: [36]", 6, 5, "found a list"),
    "nothing": ("fte:", 6, 5, "found nothing"),
    "no years": ("fte: {}", 6, 5, "expected 1 to 100 years"),
    "negative in a year": ("fte: {2026: 12, 2027: -1}", 6, 27, "must be between 0 and 1000000, found -1"),
    "no year": ("fte: {soon: 12}", 6, 11, "expected a year (2026) or a range of years"),
    "backward range": ("fte: {2028-2026: 12}", 6, 11, "found text '2028-2026'"),
    "overlap": ('fte: {"2026-2028": 12, 2027: 24}', 6, 28, "'2027' overlaps '2026-2028'"),
    "same year as text": ('fte: {2027: 12, "2027": 24}', 6, 21, "'2027' overlaps '2027'"),
    "before the start": ("fte: {2025: 12, 2026: 3}", 6, 11, "the scenario runs from 2026 to 2045"),
    "after the end": ("fte:\n      2026: 12\n      2046: 3", 8, 7, "'2046' is outside the scenario"),
    "past the end": ('fte: {"2040-2050": 12}', 6, 11, "'2040-2050' is outside the scenario"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_FTE)
def test_wrong_fte_is_pointed_at(tmp_path: Path, case: str) -> None:
    fte, line, column, words = WRONG_FTE[case]
    ((found_line, found_column, message),) = refused(
        tmp_path, f"{HEAD}programmes:\n  kinderwerk:\n    {fte}\n"
    )
    assert (found_line, found_column) == (line, column), message
    assert words in message


WRONG = {
    "no title": ("kind: scenario\nmunicipality: Almere\n", 1, 1, "missing key 'title'"),
    "no municipality": ("kind: scenario\ntitle: x\n", 1, 1, "missing key 'municipality'"),
    "empty title": ("kind: scenario\ntitle: ''\nmunicipality: NL\n", 2, 8, "must not be empty"),
    "title of lines": ("kind: scenario\ntitle: |\n  a\n  b\nmunicipality: NL\n", 2, 8, "one line of text"),
    "unknown municipality": (
        "kind: scenario\ntitle: x\nmunicipality: Almeer\n", 3, 15,
        "unknown municipality 'Almeer'; did you mean 'Almere'? `kinderwerk data municipality NAME` builds"),
    "number as municipality": ("kind: scenario\ntitle: x\nmunicipality: 34\n", 3, 15, "expected text"),
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
        "unknown key 'fteee'; did you mean 'fte'? Known keys here: fte, ring_fenced, targeting, paid_by, sw"),
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


def test_parameters_are_numbers_lists_or_say_from_when() -> None:
    data = {**SMALL, "parameters": {"visits": [1, 2], "effect.onset": {"value": 0.5, "from": "birth"}}}
    scenario = scenario_from_dict(data, REGISTRY)
    assert scenario.parameters["visits"].value == (1.0, 2.0)
    assert scenario.parameters["visits"].since == "start"
    assert (scenario.parameters["effect.onset"].value, scenario.parameters["effect.onset"].since) == (
        0.5,
        "birth",
    )


def test_the_reference_is_found_from_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "geen.yaml").write_text(HEAD)
    (tmp_path / "deep" / "veel.yaml").write_text(HEAD + "reference: ../geen.yaml\n")
    scenario = load_scenario(tmp_path / "deep" / "veel.yaml", REGISTRY)
    assert scenario.reference == (tmp_path / "geen.yaml").resolve()
    assert scenario.path == tmp_path / "deep" / "veel.yaml"
    assert scenario.replace(years=3).reference == scenario.reference


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
    assert again == scenario and {scenario: 1}[again] == 1
    assert (again.path, again.sha256) == (path, scenario.sha256)
    assert again.replace(municipality="NL").municipality == "Nederland"
    assert copy.deepcopy(scenario) == scenario


def test_replace_checks_again_and_leaves_the_original_alone() -> None:
    scenario = with_fte({2026: 3, 2030: 5})
    before = scenario.canonical()
    longer = scenario.replace(years=30, budget={"youth_care": 5e6}, title="Langer")
    assert (longer.years, longer.budget.youth_care, longer.title) == (30, 5e6, "Langer")
    assert longer.programmes == scenario.programmes and scenario.canonical() == before
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
        scenario.replace(policy="capped"),
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


SHIPPED = {"almere": 4, "nederland": 2}


@pytest.mark.parametrize("folder", SHIPPED)
def test_shipped_scenarios_are_good(folder: str) -> None:
    assert check_path(SCENARIOS / folder, REGISTRY) == []
    assert len(list((SCENARIOS / folder).glob("*.yaml"))) >= SHIPPED[folder]
    for path in (SCENARIOS / folder).glob("*.yaml"):
        scenario = load_scenario(path, REGISTRY)
        assert (scenario.start, scenario.years, scenario.policy) == (2026, 20, "crowd_out")
        if path.name != "geen.yaml":
            assert scenario.reference == (path.parent / "geen.yaml").resolve()


@pytest.mark.parametrize(
    ("name", "fte", "ring_fenced"),
    [("geen", 0, True), ("huidig", 36, True), ("dubbel", 72, True), ("dubbel-ongeoormerkt", 72, False)],
)
def test_presets_of_almere(name: str, fte: float, ring_fenced: bool) -> None:
    use = load_scenario(SCENARIOS / "almere" / f"{name}.yaml", REGISTRY).programmes["kinderwerk"]
    assert set(use.fte_by_year(2026, 20)) == {fte}
    assert use.ring_fenced is ring_fenced


def test_check_lists_the_problems_of_every_file_below_a_folder(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "good.yaml").write_text(HEAD)
    (tmp_path / "model.yaml").write_text("kind: model\n")
    (tmp_path / "notes.txt").write_text("not looked at")
    (tmp_path / "b.yml").write_text(HEAD + "years: -1\nstart: 1\n")
    (tmp_path / "deep" / "a.yaml").write_bytes(b"\xff")
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    problems = check_path(tmp_path, REGISTRY)
    assert [(Path(p.file).name, p.line, p.column) for p in problems] == [
        ("b.yml", 4, 8), ("b.yml", 5, 8), ("a.yaml", 1, 1), ("gone.yaml", 1, 1)]  # fmt: skip


def test_check_hands_other_kinds_to_their_reader(tmp_path: Path) -> None:
    path = tmp_path / "model.yaml"
    path.write_text("kind: model\nstates: 3\n")

    def read_model(file: Path) -> None:
        raise InputError.at(file, "expected states", 2, 9)

    assert check_path(path, REGISTRY) == []
    (problem,) = check_path(path, REGISTRY, {"model": read_model})
    assert str(problem) == f"{path}:2:9: expected states"


def test_check_of_an_empty_folder_or_no_file_is_a_problem(tmp_path: Path) -> None:
    (problem,) = check_path(tmp_path, REGISTRY)
    assert str(problem) == f"{tmp_path}:1:1: there is no .yaml or .yml file in this folder"
    for path in (tmp_path / "gone.yaml", tmp_path / ("x" * 5000), tmp_path / "nul\0"):
        assert len(check_path(path, REGISTRY)) == 1


def test_the_template_is_a_good_scenario_and_explains_every_key(tmp_path: Path) -> None:
    path = write_new(tmp_path / "nieuw.yaml", REGISTRY)
    scenario = load_scenario(path, REGISTRY)
    assert scenario.municipality == "Almere" and scenario.programmes["kinderwerk"].fte.at(2026) == 36
    text = path.read_text()
    for key in (*Scenario.model_fields, *ProgrammeUse.model_fields, "youth_care", "real_growth"):
        assert f"{key}:" in text
    assert [file.name for file in tmp_path.iterdir()] == ["nieuw.yaml"]


def test_the_template_fits_any_registry(tmp_path: Path) -> None:
    other = Registry({"x: y": "X: y"}, frozenset({"null"}), {})
    assert load_scenario(write_new(tmp_path / "a.yaml", other), other).municipality == "X: y"
    bare = Registry({}, frozenset(), {})
    (tmp_path / "b.yaml").write_text(template(bare))
    assert len(load_scenario(tmp_path / "b.yaml").programmes) == 0


def test_a_new_file_from_a_preset_keeps_its_text_and_finds_its_reference(tmp_path: Path) -> None:
    preset = load_scenario(SCENARIOS / "almere" / "huidig.yaml", REGISTRY)
    path = write_new(tmp_path / "mijn.yaml", REGISTRY, preset)
    scenario = load_scenario(path, REGISTRY)
    assert scenario.canonical() == preset.canonical() and scenario.reference == preset.reference
    assert path.read_text().startswith("# Nieuw scenario, overgenomen van huidig.yaml.")
    assert "ring_fenced: true         # geoormerkt" in path.read_text()
    with pytest.raises(ValueError, match="not read from a file"):
        template(REGISTRY, preset.replace(years=3))


def test_a_new_file_overwrites_nothing_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "er.yaml"
    path.write_text("mine")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "nowhere")
    for taken in (path, tmp_path, tmp_path / "link.yaml"):
        with pytest.raises(InputError, match="not overwritten"):
            write_new(taken, REGISTRY)
    for impossible in (
        tmp_path / "no" / "a.yaml",
        path / "a.yaml",
        tmp_path / ("x" * 300),
        tmp_path / "nul\0",
    ):
        with pytest.raises(InputError, match="cannot be written"):
            write_new(impossible, REGISTRY)
    assert path.read_text() == "mine"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["er.yaml", "link.yaml"]


def test_a_new_file_that_would_be_wrong_is_not_written(tmp_path: Path) -> None:
    preset = load_scenario(SCENARIOS / "almere" / "geen.yaml")
    nowhere = Registry({"nl": "Nederland"}, frozenset({"kinderwerk"}), {})
    with pytest.raises(InputError, match=r"a\.yaml:5:15: unknown municipality 'Almere'"):
        write_new(tmp_path / "a.yaml", nowhere, preset)
    assert list(tmp_path.iterdir()) == []


def test_a_name_taken_while_writing_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os.path, "lexists", lambda _: False)
    (tmp_path / "a.yaml").write_text("mine")
    with pytest.raises(InputError, match="not overwritten"):
        write_new(tmp_path / "a.yaml", REGISTRY)
    assert (tmp_path / "a.yaml").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 1


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


@settings(max_examples=400, deadline=2000)
@given(st.dictionaries(st.sampled_from([*Scenario.model_fields, "other"]), VALUES, max_size=6))
def test_any_data_gives_a_scenario_or_an_input_error(data: dict[str, Any]) -> None:
    try:
        scenario = scenario_from_dict({**SMALL, **data}, REGISTRY)
    except InputError as error:
        assert all("\n" not in problem.message for problem in error.problems)
    else:
        assert scenario_from_dict(scenario.to_data(), REGISTRY).canonical() == scenario.canonical()


@settings(max_examples=200, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.sampled_from(list("abfte:{}[],'\"-0123456789. \n")), max_size=60))
def test_any_text_in_a_programme_gives_a_scenario_or_an_input_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "any.yaml"
    path.write_text(f"{HEAD}programmes:\n  kinderwerk:\n    fte: {text}\n")
    try:
        hash(load_scenario(path, REGISTRY))
    except InputError:
        pass


@settings(max_examples=200, deadline=2000)
@given(st.dictionaries(st.integers(2026, 2045), st.floats(0, 1e6), min_size=1))
def test_fte_steps_hold_until_the_next_step(steps: dict[int, float]) -> None:
    use = with_fte(steps).programmes["kinderwerk"]
    expected, now = [], 0.0
    for year in range(2026, 2046):
        now = steps.get(year, now)
        expected.append(now)
    assert use.fte_by_year(2026, 20) == tuple(expected)
