"""Documents of too few draws say that they are provisional, and give no range and no chance."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from sim.report.briefing import briefing
from sim.report.chart import description, svg
from sim.report.composition import report_of
from sim.report.content import Report
from sim.report.csvfile import csv_text
from sim.report.workbook import workbook
from tests.report.comparisons import comparison

RANGE = re.compile("9 van de 10|9 out of 10")
CHANCE = re.compile("(kleiner|groter) dan \\d|(below|above) \\d|(ongeveer|about) \\d+%")


SHEETS = ("Samenvatting", "Per jaar", "Per betaler", "Per zorgvorm", "Per raadsperiode", "Andere rekenwijzen")


def of(draws: int, language: str = "nl") -> Report:
    there = comparison("Almere, 36 kinderwerkers", "Almere, 72 kinderwerkers", draws=draws)
    return report_of(there, language)


def pdf(report: Report) -> str:
    pages = PdfReader(io.BytesIO(briefing(report))).pages
    return re.sub(r"\s+", " ", "\n".join(page.extract_text() for page in pages))


def cells(report: Report) -> list[list[object]]:
    book = load_workbook(io.BytesIO(workbook(report)))
    return [list(row) for name in SHEETS for row in book[name].iter_rows(values_only=True)]


@pytest.mark.parametrize("draws", [1, 9])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_briefing_of_few_draws_is_provisional(draws: int, language: str) -> None:
    report = of(draws, language)
    word, text = report.writing.t("provisional"), pdf(report)
    assert not RANGE.search(text)
    assert not CHANCE.search(text)
    assert text.lower().count(word) > 10
    assert all(outcome.sentence.startswith(word.capitalize()) for outcome in report.outcomes)
    assert all(word in outcome.unmet for outcome in report.outcomes)
    names = [outcome.title for outcome in report.outcomes]
    assert not RANGE.search(description(report, names))
    assert "area" not in svg(report, names, 200)


def test_a_briefing_of_enough_draws_is_not() -> None:
    text = pdf(of(10))
    assert RANGE.search(text)
    assert CHANCE.search(text)
    assert "oorlopig" not in text
    assert "area" in svg(of(10), ["a", "b"], 200)


@pytest.mark.parametrize("draws", [9, 10])
def test_rows_of_few_draws_have_no_range_in_workbook_and_csv(draws: int) -> None:
    report, few = of(draws), draws < 10
    lines = list(csv.DictReader(io.StringIO(csv_text(report).lstrip("\ufeff")), delimiter=";"))
    t = report.writing.t
    told = {line[t("col_told")] for line in lines}
    assert (t("provisional") in told) is few
    assert all((line[t("col_low")] == "") is few for line in lines)
    rows = cells(report)
    heads = [row for row in rows if t("col_low") in row]
    assert heads
    for row in rows:
        assert not (few and any(isinstance(cell, str) and RANGE.search(cell) for cell in row))
    low, mark = heads[0].index(t("col_low")), heads[0].index(t("col_told"))
    figures = [row for row in rows if row[0] == report.outcomes[0].title and row[4] == t("unit_people")]
    numbers = [row for row in figures if isinstance(row[low - 1], float | int)]
    assert numbers
    assert all((row[low] is None) is few for row in numbers)
    assert all((row[mark] == t("provisional")) is few for row in numbers)


def test_scenarios_that_are_lived_the_same_are_equal_and_pay_nothing_back() -> None:
    there = comparison("Almere, 36 kinderwerkers")
    same = tuple(replace(run, columns=(run.columns[0], run.columns[0])) for run in there.runs)
    report = report_of(replace(there, runs=same))
    (outcome,) = report.outcomes
    assert outcome.equal
    assert "geen verschil" in outcome.sentence
    assert [report.chance(outcome, k) for k in range(3)] == ["geen verschil"] * 3
    assert not CHANCE.search(pdf(report))
    book = load_workbook(io.BytesIO(workbook(report)))
    paid = [row for row in book["Terugverdienen"].iter_rows(values_only=True) if row[0] == outcome.title]
    assert paid
    assert all(cell == "geen verschil" for row in paid for cell in row[3:] if cell is not None)


def test_no_part_is_larger_than_its_whole() -> None:
    """Cash is another way to count, and programmes cost more than all together where care is avoided."""
    for language, words in (("nl", "waarvan"), ("en", "of which")):
        text = pdf(of(12, language))
        assert words not in text.lower()
