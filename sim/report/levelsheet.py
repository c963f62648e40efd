"""The sheet of use and cost themselves, and its charts: dots for counts, lines for budgets and their range.

Money stands there in euros of the price year. Beside it formulas have it in euros of each year itself and per
inhabitant: they follow the cells of inflation and inhabitants, as `sim.decision.level_by_year` computes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from sim.decision.firm import has_range
from sim.model.prices import PRICE_YEAR
from sim.report.chart import COLOURS, GREY, INK
from sim.report.content import Report
from sim.report.levels import HEADS, MEASURED, Levels
from sim.report.rows import EUROS, PEOPLE
from sim.report.sheet import AskedNumber, Cell, CellFormula, Column, Sheet

YEAR, VALUE, LOW, HIGH = 3, 4, 5, 6
CURRENT, INHABITANTS, HEAD, HEAD_CURRENT = 8, 11, 12, 15
"""Columns of the sheet of levels; those of formulas stand by three: value, low and high."""
COLUMNS: tuple[Column, ...] = (
    ("col_line", 40), ("col_what", 44), ("col_unit", 10), ("col_year", 7), ("col_value", 16), ("col_low", 16),
    ("col_high", 16), ("col_told", 26),
)  # fmt: skip


def levels_sheet(report: Report) -> Sheet:
    """Return use and cost themselves: each line in rows of its own, which charts are drawn from."""
    t, people = report.writing.t, report.people
    above = [t("sheet_levels"), t("levels_note"), t("levels_formulas")]
    wrong = t("level_inflation_wrong")
    asked = [AskedNumber(t("level_inflation_yearly"), report.inflation, "rate", -0.1, 0.2, wrong)]
    columns = [(t(key), width) for key, width in COLUMNS]
    columns += _headings(report, "col_current")
    if people is None:
        above.append(t("levels_no_inhabitants", name=report.municipality))
    else:
        above.append(t("levels_by_head"))
        asked.append(AskedNumber(t("col_inhabitants"), people, "count", 1, 1e9, t("level_inhabitants_wrong")))
        columns.append((t("col_inhabitants"), 16))
        columns += _headings(report, "col_head") + _headings(report, "col_head_current")
    made = Sheet(t("sheet_levels"), tuple(above), tuple(columns), (), asked=tuple(asked))
    money = _MoneyCells(len(above), report.inflation, people)
    rows: list[tuple[Cell, ...]] = []
    for levels in report.levels:
        heads = levels.what in HEADS
        what, unit = t(f"level_{levels.what}_what"), t(f"unit_{PEOPLE if heads else EUROS}")
        provisional = {each.year for each in levels.observed if each.provisional}
        for name, values in levels.before(report.writing):
            open_still = provisional if name == t(MEASURED) else set()
            rows += [
                (name, what, unit, (float(year), "year"), (value, "count"), None, None,
                 t("provisional") if year in open_still else "")
                for year, value in values
            ]  # fmt: skip
        told = "" if report.chance_known else t("provisional")
        if not report.luck_known:
            told = t("untold")
        for title, figures in zip(report.titles, levels.budgets, strict=True):
            for year, f in zip(levels.years, figures, strict=True):
                value = f.value if report.luck_known else None
                shown = (value, *((f.low, f.high) if has_range(f) else (None, None)))
                cells: list[Cell] = [None if x is None else (x, "count") for x in shown]
                more = () if heads else money.of(made.first + len(rows), year, shown)
                rows.append((title, what, unit, (float(year), "year"), *cells, told, *more))
    return replace(made, rows=tuple(rows))


def _headings(report: Report, key: str) -> list[Column]:
    t = report.writing.t
    what = t(key)
    return [(what, 16), *((t(end, what=what), 26) for end in ("col_of_low", "col_of_high"))]


@dataclass(frozen=True)
class _MoneyCells:
    """The formulas beside a row of money. asked: the row of the cell of inflation, from 0.

    Inhabitants stand in the cell below it.
    """

    asked: int
    inflation: float
    people: float | None

    def of(self, row: int, year: int, shown: Sequence[float | None]) -> Iterator[Cell]:
        """Yield the cells of a row. shown: value, low and high in euros of the price year, or None."""
        rate, inhabitants = (xl_rowcol_to_cell(self.asked + k, 1, True, True) for k in (0, 1))
        when = xl_rowcol_to_cell(row, YEAR)
        risen = (1.0 + self.inflation) ** (year - PRICE_YEAR)
        for k, x in enumerate(shown):
            text = f"{xl_rowcol_to_cell(row, VALUE + k)}*(1+{rate})^({when}-{PRICE_YEAR})"
            yield None if x is None else CellFormula(text, x * risen, "count")
        if self.people is None:
            return
        yield CellFormula(inhabitants, self.people, "count")
        here = xl_rowcol_to_cell(row, INHABITANTS)
        for column, factor in ((VALUE, 1.0), (CURRENT, risen)):
            for k, x in enumerate(shown):
                text = f"{xl_rowcol_to_cell(row, column + k)}/{here}"
                yield None if x is None else CellFormula(text, x * factor / self.people, "decimal")


def level_charts(
    book: xlsxwriter.Workbook, report: Report, sheet: str, first: int
) -> Iterator[tuple[str, Any]]:
    """Yield for each level its name and chart. sheet, first: where its rows stand."""
    row = first
    for levels in report.levels:
        chart = book.add_chart({"type": "scatter", "subtype": "straight"})
        hidden: list[int] = []
        lines = 0
        for name, values in levels.before(report.writing):
            chart.add_series({**_place(sheet, row, len(values), VALUE), **_look(report, name)})
            row, lines = row + len(values), lines + 1
        for k, figures in enumerate(levels.budgets):
            colour = COLOURS[k - 1] if k else GREY
            for column, width in ((VALUE, 2.25), (LOW, 0.75), (HIGH, 0.75)):
                if column != VALUE:
                    if not report.chance_known:
                        continue
                    hidden.append(lines)
                line = {"color": colour, "width": width}
                chart.add_series({**_place(sheet, row, len(figures), column), "line": line})
                lines += 1
            row += len(figures)
        yield levels.what, _dressed(chart, report, levels, hidden)


def _place(sheet: str, first: int, count: int, column: int) -> dict[str, Any]:
    last = first + count - 1
    return {
        "name": [sheet, first, 0],  # a name of a user is read as it stands only from a cell
        "categories": [sheet, first, YEAR, last, YEAR],
        "values": [sheet, first, column, last, column],
    }


def _look(report: Report, name: str) -> dict[str, Any]:
    """Return dots for what was counted, and dashes for what stands beside it."""
    if name == report.writing.t(MEASURED):
        dot = {"type": "circle", "size": 6, "fill": {"color": INK}, "border": {"color": INK}}
        return {"line": {"none": True}, "marker": dot}
    return {"line": {"color": INK, "width": 1.5, "dash_type": "dash"}}


def _dressed(chart: Any, report: Report, levels: Levels, hidden: list[int]) -> Any:
    t = report.writing.t
    heads = levels.what in HEADS
    chart.set_title({"name": t(f"level_{levels.what}_what"), "name_font": {"size": 11}})
    before = [year for _, values in levels.before(report.writing) for year, _ in values]
    chart.set_x_axis(
        {
            "min": min([levels.years[0], *before]),
            "max": levels.years[-1],
            "num_format": "0",
            "major_gridlines": {"visible": False},
        }
    )
    chart.set_y_axis(
        {
            "name": t("unit_people" if heads else "unit_of_money"),
            "min": 0,
            "num_format": "#,##0" if heads else "#,##0.0,,",  # two commas: in millions
            "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}},
        }
    )
    chart.set_legend({"position": "bottom", **({"delete_series": hidden} if hidden else {})})
    return chart
