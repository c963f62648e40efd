"""The workbook: everything a report holds as numbers an advisor can compute with, each with its format.

The same bytes for the same report: nothing in the file depends on the moment or the machine (its date is that
of the data). What users wrote is always written as text: no cell, title or series reads it as a formula.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from typing import Any

import xlsxwriter

from sim.decision.firm import has_range
from sim.report.chart import COLOURS
from sim.report.content import Report
from sim.report.levelsheet import level_charts
from sim.report.rows import EUROS, RUNNING, Row
from sim.report.sheet import Cell, CellFormula, Sheet
from sim.report.sheets import sheets
from sim.report.sumsheet import SumSheets

FORMATS = {
    "count": "#,##0",
    "signed": "+#,##0;-#,##0;0",
    "decimal": "#,##0.0",
    "signed_decimal": "+#,##0.0;-#,##0.0;0.0",
    "rate": "0.00%",
    "ratio": "0.00",
    "factor": "0.0000",
    "number": "General",
    "year": "0",
}
"""Formats of numbers in the notation of the file; a spreadsheet shows them in the language of its user."""
SAFE = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
CHARTED = (RUNNING, "care_users", "unmet_need")
YEAR, DIFFERENCE, LOW, BAND = 4, 6, 8, 10
"""Columns of the sheet by year from which charts are drawn."""
CHART = {"width": 560, "height": 330}
ABREAST, ROWS = 3, 18
"""Charts beside each other, and how many rows a chart takes."""
ORDER = ("users", "money", "unmet", "care", "programmes")
"""Levels as they are drawn: those of page one of the briefing first."""
MARKED = "#FFF2CC"
ASKED = ("count", "rate", "year")
"""Kinds of numbers that an advisor puts in."""
Formats = Mapping[str, Any]
Found = Mapping[str, Sheet]


def workbook(report: Report) -> bytes:
    """Return the workbook of a report as the bytes of an .xlsx file."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True, **SAFE}) as book:
        book.set_properties(_properties(report))
        formats = _formats(book)
        found = sheets(report)
        _write(book.add_worksheet(found[0].name), found[0], formats)
        charts = book.add_worksheet(report.writing.t("sheet_charts"))
        own = book.add_worksheet(report.writing.t("sheet_sums")) if report.luck_known else None
        for sheet in found[1:]:
            _write(book.add_worksheet(sheet.name), sheet, formats)
        _draw(book, charts, report, {sheet.name: sheet for sheet in found}, formats)
        if own is not None:
            figures = book.add_worksheet(report.writing.t("sheet_sum_figures"))
            SumSheets(report, own, figures, formats).write()
    return stream.getvalue()


def _properties(report: Report) -> dict[str, Any]:
    try:
        created = dt.datetime.fromisoformat(report.date)
    except ValueError:
        created = dt.datetime(1980, 1, 1)
    return {
        "title": report.title,
        "subject": report.writing.t("doc_subject"),
        "author": report.writing.t("model", version=report.version),
        "comments": "\n".join(f"{label}: {value}" for label, value in report.about[:10]),
        "created": created,
    }


def _formats(book: xlsxwriter.Workbook) -> Formats:
    """Return the formats by kind, and those of marked rows with `marked ` before the kind."""
    plain: dict[str, dict[str, Any]] = {
        kind: {"num_format": code, "valign": "top"} for kind, code in FORMATS.items()
    }
    plain["text"] = {"valign": "top"}
    plain["wrapped"] = {"valign": "top", "text_wrap": True}
    marked = {f"marked {kind}": {**style, "bg_color": MARKED} for kind, style in plain.items()}
    asked = {f"asked {kind}": {**plain[kind], "bg_color": MARKED, "border": 1} for kind in ASKED}
    own = {
        "header year": {"bold": True, "num_format": "0", "bottom": 1, "bg_color": "#EEF3F7"},
        "title": {"bold": True, "font_size": 14},
        "line": {},
        "header": {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#EEF3F7"},
    }
    return {kind: book.add_format(style) for kind, style in {**plain, **marked, **asked, **own}.items()}


def _write(page: Any, sheet: Sheet, formats: Formats) -> None:
    """Write a sheet: lines, what can be changed, table with header and filter, lines."""
    for k, line in enumerate(sheet.above):
        page.write_string(k, 0, line, formats["title" if k == 0 else "line"])
    for k, asked in enumerate(sheet.asked, len(sheet.above)):
        page.write_string(k, 0, asked.words, formats["text"])
        page.write_number(k, 1, asked.value, formats[f"asked {asked.kind}"])
        page.data_validation(k, 1, k, 1, {
            "validate": "decimal", "criteria": "between", "minimum": asked.low, "maximum": asked.high,
            "ignore_blank": False, "error_message": asked.wrong,
        })  # fmt: skip
    top = sheet.first - 1
    page.set_row(top, 32)
    for k, (name, width) in enumerate(sheet.columns):
        page.set_column(k, k, width)
        page.write_string(top, k, name, formats["header"])
    for i, row in enumerate(sheet.rows):
        style = "marked " if i in sheet.marked else ""
        for k, cell in enumerate(row):
            text = formats[style + ("wrapped" if sheet.wrapped else "text")]
            kind = cell[1] if isinstance(cell, tuple) else cell.kind if isinstance(cell, CellFormula) else ""
            number = formats[style + kind] if kind else None
            _cell(page, sheet.first + i, k, cell, text, number)
    last = sheet.first + len(sheet.rows)
    for k, line in enumerate(sheet.below):
        page.write_string(last + 1 + k, 0, line, formats["line"])
    if sheet.rows:
        page.autofilter(top, 0, last - 1, len(sheet.columns) - 1)
    if sheet.frozen:
        page.freeze_panes(sheet.first, 1)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)


def _cell(page: Any, row: int, column: int, cell: Cell, text: Any, number: Any) -> None:
    if isinstance(cell, str):
        page.write_string(row, column, cell, text)
    elif cell is None:
        page.write_blank(row, column, None, text)
    elif isinstance(cell, CellFormula):
        page.write_formula(row, column, f"={cell.text}", number, cell.value)
    else:
        page.write_number(row, column, cell[0], number)


def _draw(book: xlsxwriter.Workbook, page: Any, report: Report, found: Found, formats: Formats) -> None:
    """Draw use and cost themselves, and for each scenario money, use of care and unmet need side by side."""
    t = report.writing.t
    levels, yearly = (found[t(name)] for name in ("sheet_levels", "sheet_yearly"))
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.write_string(0, 0, report.title, formats["title"])
    page.write_string(1, 0, t("reference_title", title=report.reference), formats["line"])
    if not report.luck_known:
        page.write_string(3, 0, t("chart_untold"), formats["line"])
        return
    drawn_first = dict(level_charts(book, report, levels.name, levels.first))
    for k, what in enumerate(w for w in ORDER if w in drawn_first):
        drawn_first[what].set_size(CHART)
        words = t("level_words", what=t(f"level_{what}_what"), sheet=levels.name)
        place = {"description": words, "x_offset": (k % ABREAST) * (CHART["width"] + 12)}
        page.insert_chart(3 + ROWS * (k // ABREAST), 0, drawn_first[what], place)
    below = 3 + ROWS * -(-len(drawn_first) // ABREAST)
    starts: dict[tuple[int, str], int] = {}
    at = yearly.first
    for row in report.yearly:
        starts[row.scenario, row.what] = starts.get((row.scenario, row.what), at)
        at += len(row.years)
    for k, title in enumerate(report.titles[1:], 1):
        top = below + (k - 1) * (ROWS + 1)
        page.write_string(top, 0, title, formats["title"])
        for j, what in enumerate(CHARTED):
            drawn = next((r for r in report.yearly if (r.scenario, r.what) == (k, what)), None)
            if drawn is not None:
                chart = _chart(book, report, drawn, yearly.name, starts[k, what])
                words = t("chart_words", what=t(f"what_{what}"), title=title, sheet=yearly.name)
                place = {"description": words, "x_offset": j * (CHART["width"] + 12)}
                page.insert_chart(top + 1, 0, chart, place)


def _chart(book: xlsxwriter.Workbook, report: Report, row: Row, sheet: str, first: int) -> Any:
    """Return the chart of one row: its line, and a band that stands on an invisible one."""
    t = report.writing.t
    last = first + len(row.years) - 1
    colour = COLOURS[row.scenario - 1]

    def values(column: int) -> list[Any]:
        return [sheet, first, column, last, column]

    line = book.add_chart({"type": "line"})
    line.add_series(
        {
            "name": t("middle"),
            "categories": values(YEAR),
            "values": values(DIFFERENCE),
            "line": {"color": colour, "width": 2.25},
        }
    )
    chart = line
    if any(has_range(f) for f in row.figures):
        chart = book.add_chart({"type": "area", "subtype": "stacked"})
        bare = {"categories": values(YEAR), "border": {"none": True}}
        chart.add_series({**bare, "name": t("low"), "values": values(LOW), "fill": {"none": True}})
        fill = {"color": colour, "transparency": 75}
        chart.add_series({**bare, "name": t("band_words"), "values": values(BAND), "fill": fill})
        chart.combine(line)
    chart.set_title({"name": t(f"what_{row.what}"), "name_font": {"size": 11}})
    chart.set_x_axis({"label_position": "low", "interval_unit": 2, "num_format": "0"})
    euros = row.unit == EUROS
    axis = {
        "name": t("unit_money" if euros else "unit_people"),
        "num_format": "#,##0.0,," if euros else "#,##0",  # two commas: in millions
        "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}},
    }
    chart.set_y_axis(axis)
    chart.set_legend({"position": "bottom", **({"delete_series": [0]} if chart is not line else {})})
    chart.set_size(CHART)
    return chart
