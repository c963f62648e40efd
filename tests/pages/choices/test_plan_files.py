"""Plans in files: presets, what an uploaded file may say, and files that the command line takes."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.choices.chosen import Choices, pair, reference_of, scenario
from pages.choices.levers import shortest
from pages.choices.plan import Plan
from pages.choices.plan_files import (
    REFERENCE_FILE,
    bundle,
    file_name,
    open_preset,
    plan_text,
    presets,
    read_plan,
    reference_text,
)
from sim.errors import InputError
from sim.inputs.library import registry
from sim.inputs.scenario import load_scenario
from sim.inputs.scenario_files import check_path
from sim.model.futures import FUTURES
from sim.model.priors import PRIORS

RICH = Plan.of({
    "policy": "capped", "places": {"ambulant": 1200.0, "daghulp": "unlimited"}, "start": 2027, "years": 10,
    "budget": {"youth_care": 5e7, "real_growth": -0.015},
    "shocks": [{"kind": "lockdown", "start": "2028-03", "months": 6, "size": 0.5, "workers": "absent"}],
    "programmes": {
        "kinderwerk": {"fte": {"2027": 10.0, "2029": 20.5}, "ring_fenced": False, "ages": [6, 12],
                       "targeting": "outreach", "switches": {"signalling": False}},
        "bso": {"fte": 3.0, "ring_fenced": True, "paid_by": "outside"},
    },
})  # fmt: skip
CHOSEN = Choices(plan=RICH, effect="half", assumptions=(("kinderwerk.retained", 0.5),))
OWN = {"kind": "municipality", "name": "Ons Dorp", "date": "2025-01-01", "source": "eigen telling",
       "population": {"0-3": 700, "4-11": 1500, "12-17": 1200, "18-22": 900}}  # fmt: skip


# Presets


def test_presets_are_those_of_the_municipality_and_those_that_argue() -> None:
    almere, tilburg = presets("Almere"), presets("Tilburg")
    assert "72 kinderwerkers, geoormerkt" in almere
    assert {p.municipality for p in tilburg.values() if not p.argues} == {"Tilburg"}
    assert any(p.argues and p.municipality == "Almere" for p in tilburg.values())
    assert {p.path for p in tilburg.values() if p.argues} == {p.path for p in almere.values() if p.argues}


def test_an_opened_preset_is_the_scenario_of_its_file() -> None:
    chosen = Choices()
    for preset in presets("Almere").values():
        opened = open_preset(preset, chosen)
        made = scenario(replace(chosen, **opened.changes), opened.changes["plan"])
        told = load_scenario(preset.path, registry())
        assert shortest(Plan.of_scenario(made)).changed() == shortest(Plan.of_scenario(told)).changed()
        assert opened.changes["plan"].label().casefold()


def test_the_reference_of_a_preset_is_a_choice_or_stands_beside_it_on_vergelijk() -> None:
    found = presets("Almere")
    doubled = open_preset(found["72 kinderwerkers, geoormerkt"], Choices(reference="now"))
    assert doubled.changes["reference"] == "none"
    assert doubled.changes["plan"].code() == "72-g-crowd_out"
    scarce = open_preset(found["schaarste: vaste plaatsen en wachtlijsten"], Choices())
    assert scarce.beside == "schaarste: het tekort wordt gemeld en betaald"
    first, second = scarce.changes["plans"]
    assert (first.policy, second.policy) == ("deficit", "capped")
    assert second == scarce.changes["plan"]
    assert second.label() == "schaarste: vaste plaatsen en wachtlijsten"


# Files that the command line takes


def test_the_files_of_a_plan_are_what_the_page_computes(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(bundle(CHOSEN, "ons.yaml", "Ons plan: 'x' # y", "Niets"))) as archive:
        archive.extractall(tmp_path)
    assert check_path(tmp_path, registry()) == []
    made = load_scenario(tmp_path / "ons.yaml", registry())
    reference, plan = pair(CHOSEN)
    assert made.title == "Ons plan: 'x' # y"
    assert made.canonical() == plan.canonical()
    assert made.reference == (tmp_path / REFERENCE_FILE).resolve()
    assert load_scenario(tmp_path / REFERENCE_FILE, registry()).canonical() == reference.canonical()


def test_a_single_file_names_no_other(tmp_path: Path) -> None:
    file = tmp_path / file_name(CHOSEN)
    assert file.name == "kinderwerk-almere-20-5.yaml"
    file.write_text(plan_text(CHOSEN, "Ons plan"), encoding="utf-8")
    assert load_scenario(file, registry()).reference is None
    assert "# " in file.read_text(encoding="utf-8")


def test_local_figures_go_along_in_the_file(tmp_path: Path) -> None:
    chosen = Choices(municipality="Ons Dorp", own=json.dumps(OWN), plan=Plan.simple(3.0))
    file = tmp_path / "dorp.yaml"
    file.write_text(reference_text(chosen, "Dorp"), encoding="utf-8")
    assert load_scenario(file, registry()).canonical() == scenario(chosen, reference_of(chosen)).canonical()
    opened = read_plan("dorp.yaml", plan_text(chosen, "Dorp").encode(), Choices())
    assert opened.changes["municipality"] == "Ons Dorp"
    assert "verken_own_figures" in opened.notes
    back = replace(Choices(), **opened.changes)
    assert scenario(back, back.plan).canonical() == scenario(chosen, chosen.plan).canonical()


@given(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=40))
def test_any_title_comes_back_as_it_was(title: str) -> None:
    opened = read_plan("x.yaml", plan_text(CHOSEN, title).encode(), Choices())
    assert opened.changes["plan"].data["title"] == title


# A file of a user


@pytest.mark.parametrize("given", ["/etc/people.csv", "{measure: growth, years: {2030: [1.1]}}", "5"])
def test_youths_of_later_years_are_left_out_and_told(given: str) -> None:
    """A path would be one of this server; what stands there is not read at all."""
    text = plan_text(CHOSEN, "x") + f"population: {given}\n"
    opened = read_plan("x.yaml", text.encode(), Choices())
    assert "verken_no_population" in opened.notes
    plain = read_plan("x.yaml", (plan_text(CHOSEN, "x") + "population: constant\n").encode(), Choices())
    assert "verken_no_population" not in plain.notes


@pytest.mark.parametrize("future", FUTURES[1:])
def test_a_future_goes_along_in_the_file_and_comes_back(future: str, tmp_path: Path) -> None:
    chosen = replace(CHOSEN, future=future, assumptions=())
    text = plan_text(chosen, "Almere, ons plan")
    (tmp_path / "plan.yaml").write_text(text, encoding="utf-8")
    assert load_scenario(tmp_path / "plan.yaml").canonical() == scenario(chosen, chosen.plan).canonical()
    assert f"future: {future}" in reference_text(chosen, "zonder")
    assert read_plan("x.yaml", text.encode(), Choices()).changes["future"] == future
    assert "future:" not in plan_text(CHOSEN, "Almere, ons plan")
    plain = read_plan("x.yaml", plan_text(CHOSEN, "x").encode(), chosen)
    assert plain.changes["future"] == "model_today"


def test_a_file_comes_back_as_the_choices_it_was_made_from() -> None:
    opened = read_plan("x.yaml", plan_text(CHOSEN, "Almere, ons plan").encode(), Choices())
    back = replace(Choices(), **opened.changes)
    assert back.plan == shortest(RICH).changed(title="ons plan")
    assert (back.effect, back.assumptions, back.municipality) == ("half", CHOSEN.assumptions, "Almere")
    assert opened.notes == ("verken_assumptions",)


@pytest.mark.parametrize("prior", PRIORS[1:])
def test_a_prior_goes_along_in_the_file_and_comes_back(prior: str, tmp_path: Path) -> None:
    chosen = replace(CHOSEN, effect=prior, assumptions=())
    text = plan_text(chosen, "Almere, ons plan")
    (tmp_path / "plan.yaml").write_text(text, encoding="utf-8")
    assert load_scenario(tmp_path / "plan.yaml", registry()).prior == prior
    assert load_scenario(tmp_path / "plan.yaml").canonical() == scenario(chosen, chosen.plan).canonical()
    assert read_plan("x.yaml", text.encode(), Choices()).changes["effect"] == prior
    assert "prior:" not in plan_text(CHOSEN, "Almere, ons plan")


def test_no_path_in_a_file_is_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("not: a scenario\n", encoding="utf-8")
    text = (
        f"kind: scenario\ntitle: x\nreference: {secret}\nmunicipality: {secret}\n"
        "programmes: {kinderwerk: {fte: 4}}\n"
    )
    opened = read_plan("x.yaml", text.encode(), Choices(municipality="Tilburg"))
    assert opened.notes == ("verken_no_reference", "verken_no_municipality")
    assert opened.changes["municipality"] == "Tilburg"
    assert "secret" not in str(opened.changes)


def test_a_number_from_birth_stays_with_the_plan() -> None:
    text = (
        "kind: scenario\ntitle: x\nmunicipality: Almere\n"
        "parameters: {need.onset_light: {value: 0.05, from: birth}, kinderwerk.stay: 20}\n"
    )
    opened = read_plan("x.yaml", text.encode(), Choices())
    assert opened.changes["assumptions"] == (("kinderwerk.stay", 20.0),)
    kept = opened.changes["plan"].data["parameters"]
    assert kept == {"need.onset_light": {"value": 0.05, "from": "birth"}}


HEAD = "kind: scenario\ntitle: x\nmunicipality: Almere\n"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("kind: model\n", 1, "kind: model"),
        ("title: [", 1, "bracket"),
        (HEAD + "programmes: {kinderwurk: {fte: 3}}\n", 4, "did you mean 'kinderwerk'"),
        (HEAD + "years: 0\n", 4, "1 or more"),
        (HEAD + "parameters: {kinderwerk.stay: [10, 20]}\n", 4, "found a list"),
        (HEAD.replace("Almere", "Nederland 2018"), 3, "no figures of the population"),
        (HEAD + "a: &b 1\n", 4, "anchors"),
        (HEAD + "a: !!python/object:os.system x\n", 4, "tags"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(InputError) as told:
        read_plan("x.yaml", text.encode(), Choices())
    problems = told.value.problems
    assert any(problem.line == line and says in problem.message for problem in problems), problems


WRONG = (
    "programmes: {kinderwurk: {fte: 3}}", "programmes: {kinderwerk: {fte: -3}}",
    "programmes: {kinderwerk: {fte: {1999: 3}}}", "programmes: {kinderwerk: {fte: '12,5'}}",
    "programmes: {kinderwerk: {}}", "shocks: [{kind: lockdown, start: soon, size: 2}]",
    "shocks: [{kind: budget_cut, start: 2028, size: -0.5}]", "policy: caped", "places: {ambulant: 3}",
    "policy: capped\nplaces: {ambulan: 3, daghulp: -1, netwerk: veel}", "years: 100", "start: 1900",
    "parameters: {kinderwerk.sta: 3, kinderwerk.stay: 1e9}", "budget: {real_growth: 3}",
    "programmes: {kinderwerk: {fte: 3, ages: [14, 4], targeting: all, ring_fenced: ja}}", "yeers: 3",
    "parameters: {kinderwerk.stay: [10, 20]}", "years: 0",
)  # fmt: skip


@pytest.mark.parametrize("line", WRONG)
def test_every_mistake_in_a_scenario_is_told_in_dutch(line: str) -> None:
    with pytest.raises(InputError) as error:
        read_plan("x.yaml", (HEAD + line + "\n").encode(), Choices())
    for problem in error.value.problems:
        assert problem.fault.text("nl")
    assert all(sentence.startswith("Regel ") for sentence in error.value.told("nl"))


def test_what_no_link_could_hold_is_refused() -> None:
    shock = "  - {kind: lockdown, start: 2028-%02d, months: %d, size: 0.5}\n"
    many = "shocks:\n" + "".join(shock % (1 + n % 12, 1 + n) for n in range(700))
    with pytest.raises(InputError, match="more than this page can hold"):
        read_plan("x.yaml", (HEAD + many).encode(), Choices())


def test_binary_and_huge_files_are_refused() -> None:
    for content in (b"\x00\x01PK", b"a" * 1_000_001, b"\xff\xfe"):
        with pytest.raises(InputError):
            read_plan("x.yaml", content, Choices())


def test_a_small_town_has_a_small_budget() -> None:
    """What a plan may hold is not measured by the youths of another municipality."""
    small = Plan.simple(2.0).changed(budget={"youth_care": 1_000_000.0})
    assert Plan.of_code(small.code()) == small
