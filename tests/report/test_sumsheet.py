"""The sheet to compute with: its formulas come to the model's own figures at any price, rate and horizon."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from openpyxl import Workbook, load_workbook

from sim.api import Comparison, compare
from sim.decision.comparison import MUNICIPAL, drowned
from sim.decision.goal import Goal
from sim.decision.headline import change
from sim.decision.thresholds import activity_costs, highest_price
from sim.rates import discount_factor
from sim.report.composition import report_of
from sim.report.content import Report
from sim.report.workbook import workbook
from sim.runs.experiment import Options
from tests.report.comparisons import comparison
from tests.report.formulas import Formulas
from tests.worlds import scenario

SHEET = "Zelf rekenen"
PRICE, RATE, YEARS = (SHEET, "B6"), (SHEET, "B7"), (SHEET, "B8")


@cache
def lived(price: float | None = None) -> Comparison:
    """Return few children of a small comparison. price: of a worker, in all computations; None as drawn."""
    own = {} if price is None else {"parameters": {"cost.kinderwerk_fte": price}}
    more: Any = {"years": 6, **own}
    pair = [scenario(12, title="Twaalf", **more), scenario(60, title="Zestig", **more)]
    return compare(pair, children=600, draws=12, threads=2)


@cache
def opened(told: str = "lived") -> tuple[Report, Workbook]:
    report = report_of(lived() if told == "lived" else comparison("Meer", "Nog meer", noise=float(told)))
    return report, load_workbook(io.BytesIO(workbook(report)))


def results(book: Workbook, **put: float) -> list[dict[str, Any]]:
    """Return the rows of results with what their formulas come to. put: price, rate, years."""
    places = {"price": PRICE, "rate": RATE, "years": YEARS}
    formulas = Formulas(book, {places[name]: value for name, value in put.items()})
    page = book[SHEET]
    top = next(row for row in range(9, 20) if page.cell(row, 1).value == "Keuze")
    heads = [page.cell(top, column).value for column in range(1, 9)]
    rows = []
    for row in range(top + 1, page.max_row):
        if page.cell(row, 2).value:
            cells = [formulas.value(SHEET, page.cell(row, column).coordinate) for column in range(1, 9)]
            rows.append(dict(zip(heads, cells, strict=True)))
    return rows


def together(rows: list[dict[str, Any]], title: str) -> dict[str, Any]:
    return next(row for row in rows if (row["Keuze"], row["Wat"]) == (title, "Samen"))


def chance(rows: list[dict[str, Any]], title: str) -> str:
    return next(r["Wat te zeggen valt"] for r in rows if r["Keuze"] == title and r["Wat"].startswith("Kans"))


def test_untouched_it_says_what_the_model_says() -> None:
    report, book = opened()
    (outcome,) = report.outcomes
    rows, last = results(book), outcome.changes[-1]
    found = together(rows, "Zestig")
    assert found["Extra kosten van de gemeente"] == pytest.approx(last.municipal_cost.value)
    assert found["Laag (5%)"] == pytest.approx(last.municipal_cost.low)
    assert found["Hoog (95%)"] == pytest.approx(last.municipal_cost.high)
    assert found["Verschil door uw keuzes"] == pytest.approx(0.0, abs=1e-3)
    programmes = next(row for row in rows if row["Wat"] == "Programma’s")
    assert programmes["Extra kosten van de gemeente"] == pytest.approx(last.municipal_programme_cost)
    assert chance(rows, "Zestig") == report.chance(outcome, -1)


@pytest.mark.parametrize("rate", [0.0, 0.0225, 0.04, 0.2])
@pytest.mark.parametrize("years", [1, 4, 6])
def test_rate_and_years_are_those_of_the_model(rate: float, years: int) -> None:
    _, book = opened()
    d = lived().differences[lived().names[1]]
    expected = d.running(MUNICIPAL, years, rate)
    found = together(results(book, rate=rate, years=years), "Zestig")
    assert found["Extra kosten van de gemeente"] == pytest.approx(expected.value)
    assert (found["Laag (5%)"], found["Hoog (95%)"]) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("price", [60000.0, 110000.0])
def test_a_price_is_that_of_a_run_with_this_price(price: float) -> None:
    _, book = opened()
    again = lived(price)
    expected = again.differences[again.names[1]].running(MUNICIPAL, 6, 0.03)
    found = together(results(book, price=price, rate=0.03, years=6), "Zestig")
    assert found["Extra kosten van de gemeente"] == pytest.approx(expected.value)
    assert (found["Laag (5%)"], found["Hoog (95%)"]) == pytest.approx((expected.low, expected.high))
    assert found["Verschil door uw keuzes"] == pytest.approx(
        found["Extra kosten van de gemeente"] - found["In het model (gemiddeld)"]
    )


@pytest.mark.parametrize("noise", ["0.05", "2", "10", "40"])
def test_what_may_be_said_follows_the_rules_of_the_model(noise: str) -> None:
    report, book = opened(noise)
    for ahead in (4, 10, 20):
        rows = results(book, years=ahead)
        for k, outcome in enumerate(report.outcomes):
            c = outcome.changes[report.horizons.index(ahead)]
            assert chance(rows, outcome.title) == report.chance(outcome, report.horizons.index(ahead)), k
            told = report.writing.remark(c.municipal_cost, report.writing.money)
            said = together(rows, outcome.title)["Wat te zeggen valt"]
            assert said == told.partition(" (")[0]  # its range has a cell of its own


@pytest.mark.parametrize("back", range(13))
def test_a_chance_is_rounded_as_everywhere(back: int) -> None:
    report, _ = opened("0.05")
    sums = report.sums[0]
    flat = np.full((12, 20), 1e6)
    flat[:back] = -1e6
    care = tuple(map(tuple, (flat - np.array(sums.works[0].fte) * np.array(sums.works[0].price)[:, None]
                             - np.array(sums.other)).tolist()))  # fmt: skip
    made = replace(report, sums=(replace(sums, care=care), report.sums[1]))
    found = chance(results(load_workbook(io.BytesIO(workbook(made)))), report.outcomes[0].title)
    assert found == report.writing.chance(back / 12, 12)


def test_few_draws_have_no_range_and_no_chance() -> None:
    report = report_of(comparison("Meer", draws=5))
    book = load_workbook(io.BytesIO(workbook(report)))
    rows = results(book)
    found = together(rows, "Meer")
    assert found["Laag (5%)"] is None
    assert found["Wat te zeggen valt"] == "voorlopig"
    assert chance(rows, "Meer") == report.chance(report.outcomes[0], -1)


def test_what_a_viewer_shows_without_computing_is_the_same() -> None:
    report, book = opened()
    shown = load_workbook(io.BytesIO(workbook(report)), data_only=True)
    formulas, counted = Formulas(book), 0
    for sheet in (SHEET, "Rekengegevens"):
        for row in book[sheet].iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.value.startswith("="):
                    counted += 1
                    kept = shown[sheet][cell.coordinate].value
                    expected = formulas.value(sheet, cell.coordinate)
                    assert (kept or "") == expected if isinstance(expected, str) else kept == pytest.approx(
                        expected, rel=1e-9, abs=1e-3
                    ), (sheet, cell.coordinate)
    assert counted > 50


def test_luck_outweighs_programmes_as_in_the_model() -> None:
    report, _ = opened("10")
    d = comparison("Meer", "Nog meer", noise=10.0).differences
    c = change(next(iter(d.values())), 4, report.rate)
    assert drowned(c.municipal_cost, c.municipal_programme_cost, report.draws)


@pytest.mark.parametrize("sure", [0.05, 0.5, 0.95])
def test_what_a_worker_may_cost_is_the_price_at_which_the_sums_are_nothing(sure: float) -> None:
    """Activities, which each draw has at a cost of its own, are not part of the price of a worker."""
    report, plan = opened()[0], lived().scenarios[1]
    d, (sums,), years = lived().differences[lived().names[1]], report.sums, 6
    factors = discount_factor(report.rate, np.arange(1, years + 1))
    (work,) = sums.works
    workers = np.array(work.price) * (np.array(work.fte) @ factors)
    rest = (np.array(sums.other) + np.array(sums.care)) @ factors
    assert np.abs(sums.other).max() > 1.0
    price = 80_000.0
    goal = Goal(d.years[-1], measure="cost", rate=report.rate, probability=sure)
    found = highest_price(d, goal, price, activity_costs(plan, Options(), d.draws))
    expected = float(np.quantile(-price * rest / workers, 1.0 - sure))
    assert found.value == (pytest.approx(expected) if expected > 0 else None)
    if found.value is None:
        assert found.chance == (rest <= 0).mean()
