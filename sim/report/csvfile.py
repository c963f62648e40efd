"""Rows of a report as CSV, in Dutch or international format."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from sim.decision.firm import Standing, has_range
from sim.files.literal import cell
from sim.report.content import Report
from sim.report.rows import EUROS, Row


def csv_text(report: Report, rows: Sequence[Row] | None = None, dutch: bool | None = None) -> str:
    """Return rows by year as CSV (default: in all, by payer and by form); their origin is in `provenance`.

    dutch: semicolons, decimal commas and a byte order mark, as a Dutch spreadsheet opens it; False is the
    international format without a mark. Default: after the language of the report.
    """
    dutch = report.language == "nl" if dutch is None else dutch
    t = report.writing.t
    chosen = (*report.yearly, *report.payers, *report.forms) if rows is None else rows
    lines = [
        (
            report.titles[row.scenario],
            t(f"what_{row.what}"),
            report.level(row.level),
            t(f"unit_{row.unit}"),
            year,
            row.reference(i),
            *((None, None) if Standing.of(f) is Standing.UNTOLD else (f.value, f.mcse)),
            *((f.low, f.high) if has_range(f) else (None, None)),
            report.writing.remark(
                f, report.writing.money if row.unit == EUROS else report.writing.count
            ),
        )
        for row in chosen
        for i, (year, f) in enumerate(zip(row.years, row.figures, strict=True))
    ]
    columns = (
        "choice",
        "col_what",
        "col_level",
        "col_unit",
        "col_year",
        "col_before",
        "col_difference",
        "col_mcse",
        "col_low",
        "col_high",
        "col_told",
    )
    frame = pd.DataFrame([list(map(cell, line)) for line in lines], columns=list(map(t, columns)))
    mark = "\N{BYTE ORDER MARK}" if dutch else ""
    separator, decimal = (";", ",") if dutch else (",", ".")
    return mark + frame.to_csv(index=False, sep=separator, decimal=decimal, lineterminator="\r\n")
