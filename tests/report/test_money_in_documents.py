"""Levels of money are the same on the page, in the briefing and in the formulas of the workbook."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest
from openpyxl import Workbook, load_workbook
from pypdf import PdfReader

from pages.background.answers import Answer
from pages.choices.chosen import Choices
from pages.shared.level_chart import lines_of
from sim.decision.level_by_year import AT_FIRST, MONEY_PARTS, PER, PRICES, MoneyView, money_by_year
from sim.inputs.observed import inhabitants
from sim.inputs.profiles import profile_of
from sim.report.briefing import briefing
from sim.report.composition import report_of
from sim.report.content import Report
from sim.report.level_chart import level_alt
from sim.report.workbook import workbook
from tests.opened import answered
from tests.report.formulas import Formulas
from tests.worlds import scenario

SHEET = "Aantallen en kosten"
PAIR = (scenario(12, title="Twaalf", years=6), scenario(60, title="Zestig", years=6))
NAMES = [one.title for one in PAIR]
VIEWS = [MoneyView(*words) for words in product(MONEY_PARTS, PER, PRICES)]
KINDS = {"together": "Wat de gemeente in een jaar betaalt", "care": "Waarvan jeugdzorg",
         "programmes": "Waarvan programma’s"}  # fmt: skip
COLUMNS = {
    ("municipality", "fixed"): "Aantal of bedrag",
    ("municipality", "current"): "In prijzen van elk jaar",
    ("inhabitant", "fixed"): "Per inwoner",
    ("inhabitant", "current"): "Per inwoner, in prijzen van elk jaar",
}
PEOPLE = inhabitants("Almere") or 0.0


@cache
def answer() -> Answer:
    return answered(PAIR)


@cache
def report(view: MoneyView = AT_FIRST, language: str = "nl") -> Report:
    return report_of(answer().comparison(), language, view=view)


@cache
def opened(people: float | None = PEOPLE) -> Workbook:
    return load_workbook(io.BytesIO(workbook(replace(report(), people=people))))


def heading(book: Workbook) -> tuple[Any, ...]:
    """Return the cells above the table."""
    return next(row for row in book[SHEET].iter_rows() if row[0].value == "Lijn")


def rows(book: Workbook, **put: float) -> list[dict[str, Any]]:
    """Return the rows of money with what their formulas come to. put: cells of the sheet, by name."""
    page = book[SHEET]
    formulas = Formulas(book, {(SHEET, cell): value for cell, value in put.items()})
    top = heading(book)
    heads = [cell.value for cell in top if cell.value]
    found = []
    for row in range(top[0].row + 1, page.max_row + 1):
        cells = [formulas.value(SHEET, cell.coordinate) for cell in page[row]]
        found.append({"row": row, **dict(zip(heads, cells, strict=False))})
    return [row for row in found if row["Wat"] in KINDS.values()]


def asked(book: Workbook, words: str) -> str:
    """Return the cell beside some words, which is where a number is put in."""
    return next(f"B{cell.row}" for cell in book[SHEET]["A"] if cell.value == words)


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_the_same_figure_stands_on_the_page_in_the_briefing_and_in_the_workbook(view: MoneyView) -> None:
    levels = report(view).money
    assert levels is not None
    chosen = replace(Choices(), money=view.money, per=view.per, prices=view.prices)
    page = lines_of(answer(), NAMES, "money", chosen)
    key, table = COLUMNS[view.per, view.prices], rows(opened())
    ends = (key, f"{key}: laag (5%)", f"{key}: hoog (95%)")
    if key == "Aantal of bedrag":
        ends = (key, "Laag (5%)", "Hoog (95%)")
    for k, name in enumerate(NAMES):
        figures, line = levels.budgets[k], page.budgets[k]
        assert line.low is not None
        assert line.high is not None
        for drawn, field in ((line.mean, "value"), (line.low, "low"), (line.high, "high")):
            expected = [getattr(f, field) for f in figures]
            assert drawn * (1e6 if view.per == "municipality" else 1.0) == pytest.approx(expected)
        here = [row for row in table if row["Lijn"] == name and row["Wat"] == KINDS[view.money]]
        assert [row["Jaar"] for row in here] == list(levels.years)
        for heading, field in zip(ends, ("value", "low", "high"), strict=True):
            assert [row[heading] for row in here] == pytest.approx([getattr(f, field) for f in figures])


def test_formulas_follow_inflation_and_inhabitants_as_the_model_does() -> None:
    book = opened()
    own = scenario(60, years=6, parameters={"discount.inflation": 0.07})
    put = {asked(book, "Inflatie per jaar"): 0.07, asked(book, "Inwoners"): 1000.0}
    table = rows(book, **put)
    for (per, prices), heading in COLUMNS.items():
        for money, what in KINDS.items():
            here = [row[heading] for row in table if row["Lijn"] == "Zestig" and row["Wat"] == what]
            view = MoneyView(money, per, prices)
            model = money_by_year(answer().runs, 1, view, own, 1000.0)
            assert here == pytest.approx([f.value for f in model]), (heading, money)


def test_another_number_of_inhabitants_may_be_put_in_a_single_year() -> None:
    first = rows(opened())[0]
    column = next(cell.column_letter for cell in heading(opened()) if cell.value == "Inwoners")
    then = rows(opened(), **{f"{column}{first['row']}": 2 * first["Inwoners"]})
    assert then[0]["Per inwoner"] == pytest.approx(first["Per inwoner"] / 2)
    assert then[1]["Per inwoner"] == rows(opened())[1]["Per inwoner"]


def test_what_a_viewer_shows_of_money_without_computing_is_the_same() -> None:
    kept = load_workbook(io.BytesIO(workbook(report())), data_only=True)[SHEET]
    formulas, counted = Formulas(opened()), 0
    for row in opened()[SHEET].iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and cell.value.startswith("="):
                counted += 1
                expected = formulas.value(SHEET, cell.coordinate)
                assert kept[cell.coordinate].value == pytest.approx(expected), cell.coordinate
    assert counted == 10 * 3 * 6 * 2  # columns, parts, years, budgets


def test_without_inhabitants_the_workbook_says_so_and_has_no_column_of_them() -> None:
    page = opened(None)[SHEET]
    told = [str(cell.value) for cell in page["A"] if cell.value]
    assert "Van Almere is het aantal inwoners niet bekend: kolommen per inwoner staan er daarom niet." in told
    heads = {str(key) for key in rows(opened(None))[0]}
    assert "In prijzen van elk jaar" in heads
    assert not any("nwoner" in head for head in heads)
    assert "Inwoners" in rows(opened())[0]


def test_a_municipality_of_ones_own_has_no_inhabitants_and_the_briefing_says_so() -> None:
    own = replace(profile_of(PAIR[0]), name="Dorp")
    view = MoneyView(per="inhabitant")
    made = report_of(answer().comparison(), profile=own, view=view)
    assert made.people is None
    assert made.money is not None
    assert not made.money.by_head
    text = text_of(made)
    assert "het aantal inwoners niet bekend: dit is van de hele gemeente" in text
    assert "per inwoner" not in text


def text_of(made: Report) -> str:
    pages = PdfReader(io.BytesIO(briefing(made))).pages
    assert len(pages) == 2
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    return re.sub(r"\N{SOFT HYPHEN} |(?<=[a-z])- (?=[a-z])", "", text)  # words that lines break


@pytest.mark.parametrize(
    ("view", "language", "told"),
    [
        (MoneyView("care"), "nl", ["Wat de gemeente per jaar aan jeugdzorg betaalt", "Alleen jeugdzorg"]),
        (MoneyView("programmes", "inhabitant"), "nl", [
            "Wat de gemeente per jaar aan programma’s betaalt, per inwoner", "Alleen programma’s",
            "Gedeeld door 226.500 inwoners",
        ]),
        (MoneyView("together", "inhabitant", "current"), "en", [
            "What the municipality pays per year, per inhabitant", "Youth care and programmes together.",
            "Divided by 226,500 inhabitants", "Prices rise by 2% a year (the aim",
        ]),
    ],
)  # fmt: skip
def test_the_briefing_says_which_money_it_draws(view: MoneyView, language: str, told: list[str]) -> None:
    made = report(view, language)
    text = text_of(made)
    for words in told:
        assert words in text, words
    assert made.money is not None
    drawn = level_alt(made, made.money, ["0", "a"])
    assert drawn.startswith(told[0])


def test_where_nobody_chose_the_briefing_is_as_it_was() -> None:
    text = text_of(report())
    assert "Wat de gemeente per jaar betaalt 2026" in text
    assert "miljoen euro van 2024" in text
    assert "Zestig Jeugdzorg en programma’s samen. Gekleurd: 9 van de 10 berekeningen, voor elke" in text
    assert "inwoner" not in text
    assert "Prijzen stijgen" not in text


@pytest.mark.parametrize("per", PER)
@pytest.mark.parametrize("prices", PRICES)
def test_a_chart_names_its_unit(per: str, prices: str) -> None:
    from sim.report import level_chart

    made = report(MoneyView(per=per, prices=prices))
    assert made.money is not None
    drawn = level_chart._chart(made, made.money, ["0", "a"]).to_dict()
    titles = {layer["encoding"]["y"]["axis"]["title"] for layer in drawn["layer"] if "axis" in
              layer["encoding"].get("y", {})}  # fmt: skip
    unit = {"municipality": "miljoen euro", "inhabitant": "euro"}[per]
    (title,) = titles
    assert title.startswith(unit)
    assert ("van 2024" in title) == (prices == "fixed")
    assert ("per inwoner" in title) == (per == "inhabitant")
    data = next(iter(drawn["datasets"].values()))
    means = {row["value"] for row in data}
    top = max(f.value for figures in made.money.budgets for f in figures)
    assert max(means) == pytest.approx(top / (1e6 if per == "municipality" else 1.0))
    assert np.isfinite(top)
