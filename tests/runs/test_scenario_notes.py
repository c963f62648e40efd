"""What a scenario says that does nothing, or is unusual, is told with its place and why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim.engine import plan
from sim.engine.config import ACCESS_OF_USE, NEED_OF_USE, USE
from sim.files.yamlfile import Document
from sim.inputs.grid import load_grid
from sim.inputs.library import registry
from sim.inputs.profiles import profiles
from sim.inputs.scenario import Scenario, load_scenario
from sim.inputs.scenario_files import check_path
from sim.model.catalogue import catalogue
from sim.model.parameters import Parameters, default_parameters
from sim.runs.experiment import Options, run_all
from sim.runs.idle import BEFORE_START, CALIBRATION
from sim.runs.scenario_notes import as_line, notes, notes_of_files, unlike_references

HEAD = "kind: scenario\ntitle: T\nmunicipality: {}\n"
KINDERWERK = "programmes:\n  kinderwerk: {fte: 36, ring_fenced: false}\n"
DORP = (
    "{name: Dorp, date: 2024-01-01, source: x, population: {0-22: 20000}, "
    "use: {year: 2019, youths: 2000}}"
)


def told(folder: Path, rest: str, municipality: str = "Almere") -> list[tuple[int, int, str]]:
    """Return what is told of a scenario file; each thing has its Dutch."""
    path = folder / "plan.yaml"
    path.write_text(HEAD.format(municipality) + rest)
    found = notes([load_scenario(path, registry())])
    for note in found:
        assert note.fault.text("nl")
        assert as_line(note) == f"{path}:{note.line}:{note.column}: note: {note.message}"
    return [(note.line, note.column, note.message) for note in found]


NOTED: dict[str, tuple[str, int, int, str]] = {
    "above the range": (
        "parameters: {cost.tariff_growth_projection: 0.037}\n", 4, 45,
        "'cost.tariff_growth_projection' is 0.037, outside the range 0 to 0.02",
    ),
    "below the range": ("parameters:\n  kinderwerk.stay: 8\n", 5, 20, "is 8, outside the range 18 to 72"),
    "from birth outside the range": (
        "parameters:\n  kinderwerk.stay: {value: 8, from: birth}\n", 5, 3, "outside the range 18 to 72"
    ),
    "no such work": ("parameters: {jongerenwerk.stay: 20}\n", 4, 33, "no workers of 'jongerenwerk'"),
    "no posts of it": (
        "programmes: {jongerenwerk: {fte: 0}}\nparameters: {cost.jongerenwerk_fte: 85000}\n", 5, 37,
        "no workers of 'jongerenwerk'",
    ),
    "known already": (
        "parameters: {kinderwerk.existing_coverage: {value: 0.05, from: birth}}\n", 4, 14,
        "does nothing: the municipality has a figure of its own",
    ),
    "too late": ("parameters: {population.moving: 0.03}\n", 4, 33, "give it with 'from: birth'"),
    "for a calibration": ("parameters: {cost.total_2019: 5.5e9}\n", 4, 31, "only a calibration reads it"),
    "places of another policy": (
        "parameters: {townhall.contract_up: 0.2}\n", 4, 36, "does nothing without 'policy: capped'"
    ),
    "waiting under another policy": ("parameters: {need.waiting: 1.2}\n", 4, 28, "without 'policy: capped'"),
    "crowding out of another policy": (
        "policy: deficit\nparameters: {townhall.crowd_out_share: 0.2}\n", 5, 40, "without 'policy: crowd_out'"
    ),
    "growth twice": (
        "budget: {real_growth: 0.01}\nparameters: {townhall.budget_growth: 0.01}\n", 5, 38,
        "'real_growth' under 'budget' takes its place",
    ),
    "a cut of what is not there": (
        KINDERWERK + "shocks:\n  - {kind: budget_cut, start: 2028, size: 0.5, programmes: [jongerenwerk]}\n",
        7, 61, "does nothing to 'jongerenwerk': it is not in the scenario",
    ),
    "a cut of what is there and what is not": (
        KINDERWERK + "shocks:\n  - {kind: budget_cut, start: 2028, size: 1, programmes: [kinderwerk, bso]}\n",
        7, 71, "does nothing to 'bso': it is not in the scenario",
    ),
    "a cut where all is ring-fenced": (
        "programmes: {kinderwerk: {fte: 36}}\nshocks:\n  - {kind: budget_cut, start: 2028, size: 0.5}\n",
        6, 5, "this budget cut does nothing: all work is ring-fenced",
    ),
    "a cut of what is ring-fenced": (
        "programmes: {kinderwerk: {fte: 36}}\n"
        "shocks: [{kind: budget_cut, start: 2028, size: 0.5, programmes: [kinderwerk]}]\n",
        5, 66, "does nothing to 'kinderwerk': it is ring-fenced",
    ),
    "a cut where nobody works": (
        "shocks: [{kind: budget_cut, start: 2028, size: 0.5}]\n", 4, 10, "no programme has workers then"
    ),
    "a cut before anybody works": (
        "programmes: {kinderwerk: {fte: {2030: 9}, ring_fenced: false}}\n"
        "shocks: [{kind: budget_cut, start: 2028, months: 24, size: 0.5, programmes: [kinderwerk]}]\n",
        5, 78, "does nothing to 'kinderwerk': it has no workers then",
    ),
    "a cut after a range": (
        'programmes: {kinderwerk: {fte: {"2026-2028": 9}, ring_fenced: false}}\n'
        "shocks: [{kind: budget_cut, start: 2029, size: 0.5}]\n", 5, 10, "no programme has workers then",
    ),
    "a shock of nothing": ("shocks: [{kind: lockdown, start: 2028, size: 0}]\n", 4, 46, "a shock of size 0"),
    "a shock that began before": (
        "shocks: [{kind: lockdown, start: 2025-10, months: 6, size: 0.5}]\n", 4, 34,
        "this shock begins before the scenario; only its months from 2026 on count",
    ),
    "absent where nobody works": (
        "shocks: [{kind: lockdown, start: 2028, size: 0.5, workers: absent}]\n", 4, 60,
        "'workers: absent' does nothing: no programme has workers then",
    ),
    "a shock that goes on after": (
        "shocks: [{kind: lockdown, start: 2045-07, months: 7, size: 0.5}]\n", 4, 51,
        "this shock goes on after the scenario; only its months up to 2045 count",
    ),
    "a year of the past": (
        "parameters: {access.general.2015: 0.8}\n", 4, 35,
        "'access.general.2015' does nothing from the start of a scenario on: it is about years before 2018",
    ),
    "tariffs of the past": (
        "parameters: {cost.tariff_growth: 0.02}\n", 4, 34, "does nothing: it is about the years up to 2024"
    ),
    "children by another way": (
        "programmes: {bso: {fte: 9, targeting: outreach}}\nparameters: {bso.neighbourhood_weight: 0.7}\n",
        5, 40, "'bso' is for children by 'targeting: outreach'",
    ),
    "children by the way of the programme": (
        KINDERWERK + "parameters: {kinderwerk.outreach_weight: 1.3}\n", 6, 42,
        "'kinderwerk' is for children by 'targeting: neighbourhood'",
    ),
    "going on from nothing": (
        KINDERWERK + "parameters: {kinderwerk.continuity: 6}\n", 6, 37,
        "does nothing: 'kinderwerk' goes on from no other programme here",
    ),
    "settled at birth": (
        "parameters: {school.boy: 0.3}\n", 4, 26,
        "'school.boy' is settled at birth: from the start on it counts for children born since",
    ),
    "a switch of nothing": (
        "programmes:\n  kinderwerk: {fte: 3, switches: {access: false}}\n", 5, 43,
        "'access: false' does nothing: 'kinderwerk' has no such effect",
    ),
    "a switch that hangs on another": (
        "programmes:\n  wijkteam_uitbreiding: {fte: 3, switches: {escalation: false}}\n", 5, 57,
        "'escalation: false' does nothing: 'wijkteam_uitbreiding' has no such effect",
    ),
    "nothing before it": (
        "programmes:\n  kinderwerk: {fte: 3, switches: {continuity: false}}\n", 5, 47,
        "'kinderwerk' goes on from no other programme here",
    ),
    "no substitution": (
        "programmes:\n  kinderwerk: {fte: 3, switches: {substitution: false}}\n", 5, 49,
        "'substitution: false' does nothing: 'kinderwerk.substitution' is 1",
    ),
    "others pay": (
        "programmes:\n  kinderwerk: {fte: 3, ring_fenced: false, paid_by: outside}\n", 5, 37,
        "a shortfall is not taken from what others pay",
    ),
    "workers for more children than there are": (
        "programmes: {kinderwerk: {fte: {2026: 36, 2030: 5000}}}\n", 4, 27,
        "5,000 FTE have room for 521,250 children",
    ),
    "more visits by a worker": (
        "programmes: {kinderwerk: {fte: 200}}\nparameters: {kinderwerk.visits_per_child: 25}\n", 4, 32,
        "with still more workers hardly any more come",
    ),
    "capped without limits": (
        "policy: capped\nplaces: {ambulant: unlimited, netwerk: unlimited, daghulp: unlimited,\n"
        "  pleegzorg: unlimited, gezinshuis: unlimited, residentieel: unlimited, gesloten: unlimited}\n",
        4, 9, "'policy: capped' does nothing: the places of every form of care are unlimited",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", NOTED)
def test_what_does_nothing_or_is_unusual_is_told(tmp_path: Path, case: str) -> None:
    rest, line, column, words = NOTED[case]
    ((found_line, found_column, message),) = told(tmp_path, rest)
    assert (found_line, found_column) == (line, column), message
    assert words in message


QUIET = {
    "nothing": "",
    "inside the range": "parameters: {cost.tariff_growth_projection: 0.015, kinderwerk.stay: 20}\n",
    "a number without a range": "parameters: {kinderwerk.substitution: 0.7}\n",
    "from birth": "parameters: {population.moving: {value: 0.03, from: birth}}\n",
    "from birth too": "parameters: {school.boy: {value: 0.3, from: birth}}\n",
    "the last year of a path": "parameters: {access.general.2019: 1.02}\n",
    "a year of the past from birth": "parameters: {access.general.2015: {value: 0.8, from: birth}}\n",
    "tariffs before the price year": "start: 2020\nparameters: {cost.tariff_growth: 0.03}\n",
    "up to the last month": "shocks: [{kind: lockdown, start: 2045-07, months: 6, size: 0.5}]\n",
    "capped": "policy: capped\nparameters: {townhall.contract_up: 0.2, need.waiting: 1.2}\n",
    "a cut": KINDERWERK + "shocks: [{kind: budget_cut, start: 2028, size: 0.5, programmes: [kinderwerk]}]\n",
    "a cut of all": KINDERWERK + "shocks: [{kind: budget_cut, start: 2028, size: 0.5}]\n",
    "absent": KINDERWERK + "shocks: [{kind: lockdown, start: 2028, size: 0.5, workers: absent}]\n",
    "every switch": "programmes:\n  kinderwerk: {fte: 3, switches: {onset: false, recovery: false}}\n",
    "a switch of what goes on": (
        "programmes:\n  peuterwerk: {fte: 3}\n  kinderwerk: {fte: 3, switches: {continuity: false}}\n"
    ),
    "a switch with its effect": (
        "programmes:\n  kinderwerk: {fte: 3, switches: {substitution: false}}\n"
        "parameters: {kinderwerk.substitution: 0.7}\n"
    ),
    "others pay what is cut": (
        "programmes:\n  kinderwerk: {fte: 3, ring_fenced: false, paid_by: outside}\n"
        "shocks: [{kind: budget_cut, start: 2028, size: 0.5}]\n"
    ),
    "many workers, of children enough": "programmes: {kinderwerk: {fte: 250}}\n",
    "one form has a limit": "policy: capped\nplaces: {ambulant: unlimited, wijkteam: as_used}\n",
}


@pytest.mark.parametrize("case", QUIET)
def test_what_does_something_is_not_told(tmp_path: Path, case: str) -> None:
    assert told(tmp_path, QUIET[case]) == []


def test_a_coverage_is_told_only_where_the_municipality_has_a_figure(tmp_path: Path) -> None:
    rest = "parameters: {kinderwerk.existing_coverage: {value: 0.05, from: birth}}\n"
    assert told(tmp_path, rest, "Tilburg") == []


def test_figures_of_use_that_nothing_was_fitted_to_are_told(tmp_path: Path) -> None:
    ((line, _, message),) = told(tmp_path, "", DORP)
    assert (line, "does nothing yet" in message) == (3, True)
    assert told(tmp_path, "", DORP.replace("}}", "}, need: 1.1, access: 0.9}")) == []


def test_very_few_youths_in_care_are_asked_about(tmp_path: Path) -> None:
    fitted = DORP.replace("}}", "}, need: 1.1, access: 0.9}")
    ((line, _, message),) = told(tmp_path, "", fitted.replace("youths: 2000", "youths: 2"))
    assert (line, "is very few of the 20000 youths there are; are these thousands?" in message) == (3, True)


def test_few_youths_that_are_not_whole_are_asked_about(tmp_path: Path) -> None:
    figures = "{name: Dorp, date: 2024-01-01, source: x, population: {0-11: 101.5, 12-22: 98.4}}"
    ((line, _, message),) = told(tmp_path, "", figures)
    assert (line, message) == (3, "200 youths in all, not in whole numbers; are these thousands?")
    assert told(tmp_path, "", figures.replace("101.5", "101").replace("98.4", "98")) == []


def test_ages_of_a_small_municipality_that_were_derived_are_not_asked_about(tmp_path: Path) -> None:
    """Vlieland ships with ages worked out from groups; in thousands they would not be as many."""
    there = profiles()["Vlieland"].total
    assert there < 1000
    figures = "{{name: Vlieland, date: 2024-01-01, source: x, population: {{0-11: {}, 12-22: {}}}}}"
    assert told(tmp_path, "", figures.format(100.3, round(there - 100.3, 1))) == []
    ((_, _, message),) = told(tmp_path, "", figures.format(100.3, 500.2))
    assert "are these thousands?" in message


@pytest.mark.parametrize(
    ("name", "words"),
    [("Weesp", "has not been a municipality since 2022: it is part of Amsterdam"),
     ("gemeente Haren", "has not been a municipality since 2019: it is part of Groningen")],
)  # fmt: skip
def test_figures_of_a_municipality_of_before_are_told_with_its_successor(
    tmp_path: Path, name: str, words: str
) -> None:
    figures = f"{{name: {name}, date: 2018-01-01, source: x, population: {{0-22: 4000}}}}"
    ((line, _, message),) = told(tmp_path, "", figures)
    assert (line, words in message) == (3, True)
    assert told(tmp_path, "", figures.replace(name, "Laren")) == []


def test_a_scenario_in_memory_is_told_without_a_place() -> None:
    from sim.inputs.scenario import scenario_from_dict

    data = {"title": "T", "municipality": "Almere", "parameters": {"kinderwerk.stay": 8}}
    (note,) = notes([scenario_from_dict(data, registry())])
    assert (note.file, note.line, note.column) == ("<scenario>", 1, 1)


# ---- files


def read(path: Path) -> list[tuple[Document, object]]:
    found: list[tuple[Document, object]] = []
    readers = {"grid": lambda file: load_grid(file, registry())}
    assert check_path(path, registry(), readers, lambda *file: found.append(file)) == []
    return found


def test_a_grid_is_told_each_thing_once_where_it_says_it(tmp_path: Path) -> None:
    (tmp_path / "grid.yaml").write_text(
        "kind: grid\nbase:\n  title: G\n  municipality: Almere\n  parameters: {kinderwerk.stay: 8}\n"
        "values:\n  programmes.kinderwerk.fte: [0, 12, 24]\n"
        "  programmes.kinderwerk.ring_fenced: [true, false]\n"
        "  shocks: [[{kind: budget_cut, start: 2027, size: 0.5}]]\n"
    )
    found = notes_of_files(read(tmp_path))
    assert [(note.line, note.message.split(":")[0]) for note in found] == [
        (5, "'kinderwerk.stay' is 8, outside the range 18 to 72 where it is believed to lie"),
        (9, "this budget cut does nothing"), (9, "this budget cut does nothing"),
    ]  # fmt: skip


def test_a_municipality_file_is_told_too(tmp_path: Path) -> None:
    text = "kind: municipality\nname: Dorp\ndate: 2024-01-01\nsource: x\npopulation: {0-22: 20000}\n"
    (tmp_path / "dorp.yaml").write_text(text + "use: {year: 2019, youths: 2000}\n")
    (note,) = notes_of_files(read(tmp_path))
    assert (note.line, "kinderwerk data fit" in note.message) == (6, True)


@pytest.mark.parametrize("other", ["municipality: Tilburg", "municipality: Almere\nstart: 2027"])
def test_a_reference_that_cannot_be_compared_with_is_refused(tmp_path: Path, other: str) -> None:
    (tmp_path / "geen.yaml").write_text(f"kind: scenario\ntitle: R\n{other}\n")
    (tmp_path / "plan.yaml").write_text(HEAD.format("Almere") + "reference: geen.yaml\n")
    (problem,) = unlike_references(read(tmp_path / "plan.yaml"), registry())
    assert (problem.line, problem.column) == (4, 12)
    assert "scenarios are compared on the same children" in problem.message
    assert problem.fault.text("nl")
    (tmp_path / "geen.yaml").write_text(HEAD.format("Almere"))
    assert unlike_references(read(tmp_path / "plan.yaml"), registry()) == []


def test_of_the_shipped_scenarios_only_what_argues_with_odd_numbers_is_told() -> None:
    shipped = Path(__file__).parents[2] / "scenarios"
    found = notes_of_files(read(shipped))
    assert {Path(note.file).name for note in found} == {"projectmatig.yaml"}
    assert all("outside the range" in note.message for note in found)
    assert unlike_references(read(shipped), registry()) == []


# ---- which parameters act


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Hold the names of the parameters that are read after the start of a scenario."""
    names: set[str] = set()

    class Watched(dict[str, float]):
        def __getitem__(self, name: str) -> float:
            names.add(name)
            return super().__getitem__(name)

        def get(self, name: str, default: Any = None) -> Any:
            names.add(name)
            return super().get(name, default)

    made = plan.with_overrides

    def with_overrides(p: Parameters, scenario: Scenario, since: str) -> Parameters:
        found = made(p, scenario, since)
        return replace(found, current=Watched(found.current)) if since == "start" else found

    monkeypatch.setattr("sim.engine.plan.with_overrides", with_overrides)
    monkeypatch.setattr("sim.runs.experiment.with_overrides", with_overrides)
    return names


def test_what_is_told_to_do_nothing_is_never_read_and_the_rest_is(looked_at: set[str]) -> None:
    from sim.inputs.scenario import scenario_from_dict

    uses = {name: {"fte": 5, "ring_fenced": False} for name in catalogue()}
    for way, policy in (("neighbourhood", "capped"), ("outreach", "crowd_out")):
        aimed = {name: {**use, "targeting": way} for name, use in uses.items()}
        data = {"title": "T", "municipality": "Almere", "years": 1, "policy": policy, "programmes": aimed}
        list(run_all([scenario_from_dict(data, registry())], Options(children=500)))
    idle = {*BEFORE_START, *CALIBRATION}
    assert not idle & looked_at
    discounting = {name for name in default_parameters() if name.startswith("discount.")}  # read of results
    before = {USE, NEED_OF_USE, ACCESS_OF_USE}  # other rates follow them where they are set
    assert set(default_parameters()) - looked_at - idle == discounting | before
