"""What in a scenario cannot be: numbers with two readings, shocks at no time, more than there are youths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import InputError
from sim.files.yamlfile import dumped
from sim.inputs.library import registry
from sim.inputs.scenario import load_scenario, scenario_from_dict

HEAD = "kind: scenario\ntitle: T\nmunicipality: {}\n"
YOUTHS = registry().youths["Almere"]


def problems(folder: Path, rest: str, municipality: str = "Almere") -> list[tuple[int, int, str]]:
    """Return what is wrong with a scenario file; each thing has its Dutch."""
    path = folder / "plan.yaml"
    path.write_text(HEAD.format(municipality) + rest)
    try:
        load_scenario(path, registry())
    except InputError as error:
        for problem in error.problems:
            assert problem.fault.text("nl")
        return [(problem.line, problem.column, problem.message) for problem in error.problems]
    return []


# ---- three decimals


@pytest.mark.parametrize(
    ("rest", "thousands", "decimals"),
    [
        ("budget: {youth_care: 60.000}", "60000", "60"),
        ("budget: {youth_care: 150.500}", "150500", "150.5"),
        ("policy: capped\nplaces: {ambulant: 2.400}", "2400", "2.4"),
        ("parameters: {cost.kinderwerk_fte: 85.000}", "85000", "85"),
        ("parameters: {cost.kinderwerk_fte: {value: 85.123}}", "85123", "85.12"),
        ("parameters: {kinderwerk.visits_per_fte: 4.000}", "4000", "4"),
        ("programmes: {kinderwerk: {fte: 12.000}}", "12000", "12"),
        ("programmes: {kinderwerk: {fte: {2027: 1.500}}}", "1500", "1.5"),
    ],
)
def test_three_decimals_are_asked_about_where_thousands_may_be_meant(
    tmp_path: Path, rest: str, thousands: str, decimals: str
) -> None:
    ((line, column, message),) = problems(tmp_path, rest)
    assert f"write {thousands} for thousands, or {decimals} for decimals" in message
    assert (line, column) == (4 + rest.count("\n"), rest.split("\n")[-1].rindex(" ") + 2)


@pytest.mark.parametrize(
    "rest",
    [
        "programmes: {kinderwerk: {fte: 12.5}}", "programmes: {kinderwerk: {fte: 0.125}}",
        "programmes: {kinderwerk: {fte: 1.875}}",
        "programmes: {kinderwerk: {fte: {2026: 12.375, 2028: 0.250}}}",
        "parameters: {need.eenouder.yes: 1.234}", "parameters: {need.relapse.12: 2.500}",
        "parameters: {kinderwerk.stay: 36.125}", "budget: {real_growth: 0.015}",
        "budget: {youth_care: 90000000.125}",
        "shocks: [{kind: lockdown, start: 2028, size: 0.125}]",
    ],
)  # fmt: skip
def test_decimals_that_can_only_be_decimals_are_read(tmp_path: Path, rest: str) -> None:
    assert problems(tmp_path, rest) == []


def test_fte_of_the_country_may_be_thousands(tmp_path: Path) -> None:
    rest = "programmes: {kinderwerk: {fte: 1.875}}"
    ((*_, message),) = problems(tmp_path, rest, "Nederland")
    assert "write 1875 for thousands" in message


def test_figures_inside_a_scenario_are_asked_about_too(tmp_path: Path) -> None:
    figures = "{name: Dorp, date: 2024-01-01, source: x, population: {0-11: 8.100, 12-22: 9000}}"
    ((line, _, message),) = problems(tmp_path, "", figures)
    assert (line, "write 8100 for thousands" in message) == (3, True)


@given(st.floats(0.001, 1000.0))
def test_what_is_written_for_a_file_is_read_again(fte: float) -> None:
    data = {"title": "T", "municipality": "Nederland", "programmes": {"kinderwerk": {"fte": fte}}}
    scenario = scenario_from_dict(data, registry())
    content = dumped({"kind": "scenario", **scenario.to_data()})
    from sim.files.yamlfile import document_from
    from sim.inputs.scenario import scenario_from_document

    again = scenario_from_document(document_from("x.yaml", content.encode(), "scenario"), registry())
    assert again.canonical() == scenario.canonical()


# ---- shocks at no time


@pytest.mark.parametrize(
    ("start", "months"),
    [("9999-12", 6), ("2046", 12), ("2060-01", 1), ("2020", 12), ("2025-11", 2)],
)
def test_a_shock_outside_the_scenario_is_refused(tmp_path: Path, start: str, months: int) -> None:
    rest = f"shocks: [{{kind: lockdown, start: {start}, months: {months}, size: 0.5}}]\n"
    ((line, column, message),) = problems(tmp_path, rest)
    assert (line, column) == (4, 34)
    assert "is outside the scenario; the scenario runs from 2026 to 2045" in message


@pytest.mark.parametrize(("start", "months"), [("2026", 1), ("2025-11", 3), ("2045-12", 720), ("2020", 73)])
def test_a_shock_of_which_a_month_counts_is_taken(tmp_path: Path, start: str, months: int) -> None:
    rest = f"shocks: [{{kind: lockdown, start: {start}, months: {months}, size: 0.5}}]\n"
    assert problems(tmp_path, rest) == []


def test_a_scenario_without_years_has_no_shocks(tmp_path: Path) -> None:
    ((*_, message),) = problems(tmp_path, "years: 0\nshocks: [{kind: lockdown, start: 2026, size: 0.5}]")
    assert message == "'2026-01' is outside the scenario; the scenario has 0 years"


# ---- more or less than can be


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ("budget: {youth_care: 0}", "expected euros a year, "),
        ("budget: {youth_care: 60}", "found 60; is this in millions?"),
        ("budget: {youth_care: 90000}", "found 90000; is this in thousands?"),
        (f"budget: {{youth_care: {99 * YOUTHS:.0f}}}", "for this number of youths, found"),
        ("budget: {youth_care: 99999999999999999999999}", "found 1e+23"),
        ("budget: {youth_care: 1e12}", "found 1e+12"),
        ("policy: capped\nplaces: {ambulant: 1e5}", "100,000 places is more than the 61,583 youths of"),
        ("programmes: {kinderwerk: {fte: 100000}}", "100,000 FTE is more than the 61,583 youths of 'Almere'"),
        ("programmes: {kinderwerk: {fte: {2030: 70000}}}", "70,000 FTE is more than"),
        ("programmes: {kinderwerk: {fte: 12345678901234567890}}", "must be 1000000 or less"),
    ],
)
def test_what_cannot_be_for_so_many_youths_is_refused(tmp_path: Path, rest: str, words: str) -> None:
    ((*_, message),) = problems(tmp_path, rest)
    assert words in message


@pytest.mark.parametrize("each", [100.5, 1500.0, 99_000.0])
def test_a_budget_that_can_be_is_taken(tmp_path: Path, each: float) -> None:
    assert problems(tmp_path, f"budget: {{youth_care: {each * YOUTHS:.0f}}}") == []
    assert problems(tmp_path, "budget: {youth_care: 8100000000}", "Nederland") == []


def test_without_youths_only_what_no_country_has_is_refused() -> None:
    def data(**others: Any) -> dict[str, Any]:
        return {"title": "T", "municipality": "Nergens", **others}

    assert scenario_from_dict(data(budget={"youth_care": 1})).budget.youth_care == 1
    with pytest.raises(InputError, match="found 1e\\+23"):
        scenario_from_dict(data(budget={"youth_care": 1e23}))
    with pytest.raises(InputError, match="more than there are youths"):
        scenario_from_dict(data(policy="capped", places={"ambulant": 1e9}))


def test_of_several_reasons_at_one_place_the_first_is_told(tmp_path: Path) -> None:
    rest = "budget: {youth_care: 60.000}\nprogrammes: {kinderwerk: {fte: {2025: 1}}}\n"
    found = problems(tmp_path, rest + "shocks: [{kind: lockdown, start: 9999, size: 0.5}]\n")
    assert [(line, column) for line, column, _ in found] == [(4, 22), (5, 33), (6, 34)]
