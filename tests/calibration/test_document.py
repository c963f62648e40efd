"""The generated pages of docs/ say what the data say now."""

from __future__ import annotations

from pathlib import Path

import pytest

from calibration import document
from calibration.align import PAIRS
from calibration.anchors import ANCHORS
from calibration.document import (
    DOCS,
    GENERATED,
    calibration_page,
    fingerprint,
    parameters_page,
    processes_page,
    table,
)
from calibration.targets import read_targets
from sim.parameters import Parameters
from sim.processes import default_table

RENEW = "run python -m calibration.document"


def cells(page: str) -> list[list[str]]:
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


# ---- up to date


def test_the_page_of_parameters_is_up_to_date(parameters: Parameters) -> None:
    assert (DOCS / "parameters.md").read_text(encoding="utf-8") == parameters_page(parameters), RENEW


def test_the_page_of_processes_is_up_to_date() -> None:
    assert (DOCS / "processes.md").read_text(encoding="utf-8") == processes_page(default_table()), RENEW


def test_the_page_of_the_fit_is_about_these_parameters_and_targets(parameters: Parameters) -> None:
    page = (DOCS / "calibration.md").read_text(encoding="utf-8")
    assert f"parameters `{fingerprint(parameters)}`" in page, RENEW
    shown = {row[0]: row for row in cells(page)[1:]}
    targets = {target.id: target for target in read_targets()}
    for name, (_, role, aligned, value, *_) in shown.items():
        if name in targets:
            assert (role, value) == (targets[name].role, f"{targets[name].value:,.6g}"), RENEW
        assert (aligned == "yes") == any(name in (pair.target, pair.over) for pair in PAIRS), RENEW
    assert {anchor.id for anchor in ANCHORS} <= set(shown), RENEW


def test_the_fit_is_near_what_it_was_aligned_to() -> None:
    rows = cells((DOCS / "calibration.md").read_text(encoding="utf-8"))[1:]
    errors = [abs(float(row[5].rstrip("%"))) for row in rows if row[2] == "yes"]
    assert len(errors) > 20
    assert sum(error <= 10 for error in errors) >= 0.9 * len(errors)


# ---- what pages hold


def test_every_parameter_is_on_the_page_with_its_source(parameters: Parameters) -> None:
    page = parameters_page(parameters)
    assert page.startswith(GENERATED)
    rows = {row[0]: row for row in cells(page)}
    for name, record in parameters.records.items():
        assert rows[f"`{name}`"][4] == record.grade
        assert f"{record.value:g}" == rows[f"`{name}`"][1]
    for grade in {record.grade for record in parameters.records.values()}:
        number = sum(record.grade == grade for record in parameters.records.values())
        assert f"{grade} {number}" in page


def test_every_event_is_on_the_page_with_its_rate() -> None:
    model = default_table()
    page = processes_page(model)
    rows = {row[0]: row for row in cells(page)}
    for name, process in model.processes.items():
        assert f"## {name}\n\nStates: {', '.join(process.states)}." in page
        for event in process.transitions:
            assert rows[event.name][1] == f"{event.origin} to {event.destination}"
            assert f"`{event.rate}`" in rows[event.name][2]
            if event.mechanism:
                assert f"programmes: *{event.mechanism}*" in rows[event.name][2]
        for leaving in process.at_birthday:
            assert f"with probability `{leaving.probability}`" in page


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert table(("a", "b"), [("1|2", "3")]) == "| a | b |\n|---|---|\n| 1\\|2 | 3 |\n"


def test_the_fit_of_a_small_population_can_be_shown(parameters: Parameters) -> None:
    page = calibration_page(parameters, 3000, 1)
    assert "Simulated with 3,000 children, seed 1" in page
    rows = cells(page)[1:]
    assert {row[1] for row in rows} == {"calibrate", "validate", "report", "anchor"}
    for name, _, _, target, model, error in rows:
        expected = float(model.replace(",", "")) / float(target.replace(",", "")) - 1
        assert float(error.rstrip("%")) / 100 == pytest.approx(expected, abs=0.002), name
    near = [row for row in rows if row[1] == "calibrate" and float(row[3].replace(",", "")) > 1]
    inside = sum(abs(float(row[5].rstrip("%"))) <= 10 for row in near)
    assert f"of {len(near)} counts with the role `calibrate`" in page
    assert abs(int(page.rsplit("\n\n", 1)[1].split()[0]) - inside) <= 1  # one may be rounded over the edge


def test_all_pages_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "DOCS", tmp_path)
    document.main(["--children", "2000", "--seed", "2"])
    pages = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert set(pages) == {"parameters.md", "processes.md", "calibration.md"}
    assert all(page.startswith(GENERATED) for page in pages.values())
