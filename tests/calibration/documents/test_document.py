"""The generated pages of docs/ say what the data say now."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from calibration.documents import document
from calibration.documents.document import DOCS, GENERATED, MARKS, parameters_page, processes_page, short
from calibration.documents.report import markdown
from sim.model.parameters import Parameters, default_parameters
from sim.model.processes import default_table

MARKED = {mark: words for words, mark in MARKS.items()}
RENEW = "run python -m calibration.documents.document"


def cells(page: str) -> list[list[str]]:
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


# ---- up to date


def test_the_page_of_parameters_is_up_to_date(parameters: Parameters) -> None:
    assert (DOCS / "parameters.md").read_text(encoding="utf-8") == parameters_page(parameters), RENEW


def test_the_page_of_processes_is_up_to_date() -> None:
    assert (DOCS / "processes.md").read_text(encoding="utf-8") == processes_page(default_table()), RENEW


# ---- what pages hold


def test_every_parameter_is_on_the_page_with_its_source(parameters: Parameters) -> None:
    page = parameters_page(parameters)
    assert page.startswith(GENERATED)
    rows = {row[0]: row for row in cells(page)}
    for name, record in parameters.records.items():
        assert rows[f"`{name}`"][4] == record.grade
        assert float(rows[f"`{name}`"][1]) == pytest.approx(record.value, rel=5e-4)
        subject = page.partition(f"\n## {name.split('.')[0]}\n")[2].partition("\n## ")[0]
        notes = {**dict(re.findall(r"^(\d+)\. (.+)$", subject, re.MULTILINE)), **MARKED}
        told = {part for mark in rows[f"`{name}`"][6].split(", ") if mark for part in notes[mark].split("; ")}
        source, _, prior = record.source.partition("before the fit ")
        assert told == set(filter(None, source.split("; ")))
        if prior:
            grade = prior.rpartition(", ")[2].strip(")")
            assert rows[f"`{name}`"][5].startswith(f"{short(float(prior.split()[0]))} (")
            assert rows[f"`{name}`"][5].endswith(")" if grade == "assumed" else f") {grade}")
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
    assert markdown(("a", "b"), [("1|2", "3")]) == "| a | b |\n|---|---|\n| 1\\|2 | 3 |\n"


def test_all_pages_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "DOCS", tmp_path)
    document.main()
    pages = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert pages == {
        "parameters.md": parameters_page(default_parameters()),
        "processes.md": processes_page(default_table()),
    }
    assert all(page.startswith(GENERATED) for page in pages.values())
