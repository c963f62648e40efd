"""Documents about too few children: what cannot be told has no number, and a word in its place."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from openpyxl import Workbook, load_workbook
from pypdf import PdfReader

from sim.api import Comparison
from sim.report.briefing import briefing
from sim.report.briefing_content import content
from sim.report.composition import report_of
from sim.report.content import Report
from sim.report.csvfile import csv_text
from sim.report.workbook import workbook
from sim.runs.experiment import in_one_block
from sim.runs.past import Past
from tests.report.comparisons import OUTSIDE, YEARS, comparison

CANNOT = {"nl": "niet te noemen", "en": "cannot be told"}
PAST = Past((2024, 2025), np.array([4321.0, 4322.0]))
LANGUAGES = pytest.mark.parametrize("language", ["nl", "en"])


@pytest.fixture(scope="module")
def enough() -> Comparison:
    return comparison("Almere, 36 kinderwerkers", "Almere, 72 kinderwerkers", own=OUTSIDE)


@pytest.fixture(scope="module")
def few(enough: Comparison) -> Comparison:
    runs = (replace(run, columns=tuple(map(in_one_block, run.columns))) for run in enough.runs)
    return replace(enough, runs=tuple(runs))


@pytest.fixture(scope="module")
def reports(few: Comparison) -> dict[str, Report]:
    return {language: report_of(few, language, past=PAST) for language in CANNOT}


@pytest.fixture(scope="module")
def books(reports: dict[str, Report]) -> dict[str, Workbook]:
    return {language: opened(report) for language, report in reports.items()}


def opened(report: Report) -> Workbook:
    return load_workbook(io.BytesIO(workbook(report)))


def table(book: Workbook, name: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table by their headings, which stand in the first row without an empty cell."""
    rows = list(book[name].iter_rows(values_only=True))
    first = next(k for k, row in enumerate(rows) if len(row) > 1 and row[0] and row[1] and row[-1])
    for row in rows[first + 1 :]:
        if row[1] is not None:
            yield dict(zip(map(str, rows[first]), row, strict=True))


@LANGUAGES
def test_the_workbook_has_no_level_and_a_word_in_its_place(
    reports: dict[str, Report], books: dict[str, Workbook], language: str
) -> None:
    report, book = reports[language], books[language]
    t = report.writing.t
    numbers = [t(key) for key in ("col_before", "col_difference", "col_mcse", "col_low", "col_high")]
    for name in ("sheet_summary", "sheet_yearly", "sheet_payers", "sheet_forms"):
        rows = [row for row in table(book, t(name)) if row[t("col_told")] == CANNOT[language]]
        assert len(rows) > 2
        assert all(row[number] is None for row in rows for number in numbers)
    said = {row[t("col_told")] for name in ("sheet_yearly", "sheet_forms") for row in table(book, t(name))}
    assert said == {CANNOT[language]}


@LANGUAGES
def test_use_and_cost_themselves_are_not_told(
    reports: dict[str, Report], books: dict[str, Workbook], language: str
) -> None:
    report = reports[language]
    t = report.writing.t
    rows = list(table(books[language], t("sheet_levels")))
    budgets = [row for row in rows if row[t("col_line")] in report.titles]
    assert len(budgets) == len(report.levels) * len(report.titles) * YEARS
    heads = {t("col_inhabitants"), t("col_year")}
    for row in budgets:
        assert row[t("col_told")] == CANNOT[language]
        assert not [x for key, x in row.items() if key not in heads and isinstance(x, int | float)]
        assert [key for key, x in row.items() if str(x).startswith("=")] in ([], [t("col_inhabitants")])
    assert t("level_measured") in {row[t("col_line")] for row in rows}  # what was counted stays
    assert t("level_model") not in {row[t("col_line")] for row in rows}


@LANGUAGES
def test_charts_are_left_out_and_that_is_said(
    reports: dict[str, Report], books: dict[str, Workbook], language: str
) -> None:
    t = reports[language].writing.t
    page = books[language][t("sheet_charts")]
    assert not page._charts
    assert t("chart_untold") in {cell for (cell,) in page.iter_rows(values_only=True)}


@LANGUAGES
def test_rows_as_csv_have_no_level(reports: dict[str, Report], language: str) -> None:
    separator = ";" if language == "nl" else ","
    lines = [line.rsplit(separator, 6) for line in csv_text(reports[language]).splitlines()[1:]]
    assert lines
    assert all(line[1:] == ["", "", "", "", "", CANNOT[language]] for line in lines)


@LANGUAGES
def test_the_briefing_draws_nothing_and_says_so(reports: dict[str, Report], language: str) -> None:
    report = reports[language]
    t, laid_out = report.writing.t, content(report, 110)
    for chart in (laid_out["back"], *laid_out["levels"]):
        assert chart["svg"] == ""
        assert chart["note"].endswith(t("chart_untold"))
    assert t("level_counted", first=2021, then="x", last=2022, now="x")[:12] in laid_out["levels"][0]["note"]
    for sentence, unmet in laid_out["sentences"]:
        assert CANNOT[language] in sentence
        assert {"nl": "te weinig kinderen", "en": "oo few children"}[language] in sentence
        assert CANNOT[language] in unmet
    for row in laid_out["figures"]["rows"]:
        assert [cell[0].lower() for cell in row["cells"]] == [CANNOT[language]] * 3
        assert [cell[2] for cell in row["cells"][:2]] == [t("now_untold")] * 2
    assert laid_out["even"]["lines"] == []
    others = laid_out["payers"]["note"].removeprefix(t("who_pays_note"))
    assert others.count(CANNOT[language]) == others.count(".") > 0
    assert "nan" not in json.dumps(laid_out, ensure_ascii=False).lower().split()
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(briefing(report))).pages)
    assert CANNOT[language] in text


@LANGUAGES
def test_the_framework_does_not_tell_how_many(reports: dict[str, Report], language: str) -> None:
    problem, t = reports[language].framework[0], reports[language].writing.t
    assert problem.known[0] == t("frame_problem_untold", year=2026)
    assert CANNOT[language] in problem.known[0]
    assert len(problem.known) > 1  # what was counted stays


def test_data_of_the_chart_of_money_are_null(reports: dict[str, Report]) -> None:
    money = reports["en"].money
    assert money is not None
    for budget in money.data(reports["en"].titles)["budgets"]:
        assert budget["value"] == budget["low"] == budget["high"] == [None] * YEARS


def test_of_enough_children_all_of_it_is_told(enough: Comparison) -> None:
    report = report_of(enough, "en", past=PAST)
    t, book = report.writing.t, opened(report)
    assert report.luck_known
    assert all(row[t("col_value")] is not None for row in table(book, t("sheet_levels")))
    assert t("level_model") in {row[t("col_line")] for row in table(book, t("sheet_levels"))}
    assert book[t("sheet_charts")]._charts
    assert all(chart["svg"] for chart in content(report, 110)["levels"])
    assert report.money is not None
    assert None not in report.money.data(report.titles)["budgets"][0]["value"]
