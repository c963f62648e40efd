"""The sheet charts of use and cost themselves: dots for counts, a line for each budget, its range thin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import xlsxwriter

from sim.report.chart import COLOURS, GREY, INK
from sim.report.content import Report
from sim.report.levels import HEADS, MEASURED, Levels

YEAR, VALUE, LOW, HIGH = 3, 4, 5, 6
"""Columns of the sheet of levels."""


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
