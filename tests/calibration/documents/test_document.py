"""The generated pages of docs/ say what the data say now."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from calibration.documents import document
from calibration.documents.document import GENERATED, MARKS, parameters_page, processes_page, short
from calibration.documents.markup import DOCS, markdown
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


def members(cell: str) -> dict[str, str]:
    """Return what a cell says of each member of its row; of the only one under an empty name."""
    parts = [each.rpartition(": ") for each in cell.split("; ")]
    return {name: said for names, _, said in parts for name in names.split(", ")}


def listed(page: str) -> dict[str, tuple[str, list[str], dict[str, str]]]:
    """Return of each parameter: its value as the page has it, its row, and the notes of its subject."""
    found: dict[str, tuple[str, list[str], dict[str, str]]] = {}
    for subject in page.split("\n## ")[1:]:
        notes = {**dict(re.findall(r"^(\d+)\. (.+)$", subject, re.MULTILINE)), **MARKED}
        for row in cells(subject)[1:]:
            family, values = row[0].strip("`"), row[1]
            for member, said in members(values).items():
                name = family if not member else f"{family}.{member}"
                if member and family.startswith("PROGRAMME."):
                    name = family.replace("PROGRAMME", member)
                assert name not in found
                found[name] = said, row, notes
    return found


def test_every_parameter_is_on_the_page_with_its_source(parameters: Parameters) -> None:
    page = parameters_page(parameters)
    assert page.startswith(GENERATED)
    rows = listed(page)
    assert rows.keys() == parameters.records.keys()
    for name, record in parameters.records.items():
        said, (_, _, unit, grade, before, marks), notes = rows[name]
        assert (unit, grade) == (record.unit, record.grade)
        value, _, spread = said.partition(" ")
        assert float(value) == pytest.approx(record.value, rel=5e-4)
        source, _, prior = record.source.partition("before the fit ")
        if record.low < record.high:
            bounds, _, scale = spread.lstrip("(").partition(")")
            assert scale.strip() == (record.scale if record.scale == "lever" else "")
            low, high = re.split(" to |–", bounds)
            assert [float(low), float(high)] == pytest.approx([record.low, record.high], rel=5e-4)
        else:
            assert spread == ("held" if prior else "fixed")
        told = {part for mark in marks.split(", ") if mark for part in notes[mark].split("; ")}
        assert told == set(filter(None, source.split("; ")))
        if prior:
            of = members(before)
            one = of[""] if "" in of else of[name.split(".")[-1]]
            old, low, high, graded = re.fullmatch(r"(\S+) \((\S+) to (\S+), (\w+)\)", prior).groups()  # type: ignore[union-attr]
            start = f"({short(float(low))}"
            assert one.startswith(f"{short(float(old))} {start}" if record.low < record.high else start)
            assert one.endswith(f"{short(float(high))})" if graded == "assumed" else f") {graded}")
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
