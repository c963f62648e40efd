"""The chart of extra municipal cost added up in the briefing, and how all its charts look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import altair as alt
import pandas as pd
import vl_convert

from sim.decision.comparison import Figure
from sim.decision.firm import has_range
from sim.machine.memory import FOR_CHARTS, refuse_little
from sim.report.content import Report
from sim.report.phrases import listed
from sim.report.rows import RUNNING, Row

# Okabe and Ito: distinguished by colour-blind eyes; darkened where the original is below 3 to 1 on white
COLOURS = ("#0072B2", "#B85000", "#007A5A")
DASHES = ([1, 0], [6, 3], [2, 2])
INK, GREY = "#1d2730", "#5b6770"
FONT = "Libertinus Serif"
WIDTH = 280
"""Of a chart, which has half of a page; its letters are then about 8 points high."""
LETTERS = 12
Layers = alt.LayerChart | alt.FacetChart
D3: Mapping[str, Literal["nl-NL", "en-GB"]] = {"nl": "nl-NL", "en": "en-GB"}


def money_rows(report: Report) -> list[Row]:
    """Return the line of each scenario."""
    return [row for row in report.yearly if row.what == RUNNING]


def svg(report: Report, names: Sequence[str], height: int) -> str:
    """Return the chart as SVG, its lines called `names`, `height` pixels high.

    Raises SimulationError where a limit leaves too little memory for it.
    """
    return drawn(_chart(report, names), height, report.language)


def drawn(chart: Layers, height: int, language: str) -> str:
    """Return a chart as SVG in the look of the briefing.

    Raises SimulationError where a limit leaves too little memory for it.
    """
    refuse_little(FOR_CHARTS)
    made: alt.LayerChart = (
        chart.properties(width=WIDTH, height=height, padding={"top": 4, "bottom": 9, "left": 2, "right": 6})
        .configure(font=FONT)
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=LETTERS, titleFontSize=LETTERS, titleFontWeight="normal", labelColor=INK,
            titleColor=INK,
        )
        .configure_legend(labelFontSize=LETTERS, labelColor=INK)
    )  # fmt: skip
    spec: dict[str, Any] = made.to_dict()
    return vl_convert.vegalite_to_svg(spec, format_locale=D3[language])


def years_axis(first: int, last: int) -> alt.X:
    """Return the axis of years."""
    return alt.X(
        "year:Q", title=None, scale=alt.Scale(domain=[first, last], nice=False),
        axis=alt.Axis(format="d", tickMinStep=1, tickCount=6, grid=False),
    )  # fmt: skip


def values_axis(unit: str) -> alt.Axis:
    """Return the axis of values, its unit above it."""
    return alt.Axis(
        title=unit, titleAngle=0, titleAlign="left", titleAnchor="start", titleX=0, titleY=-22, tickCount=5
    )


def legend(names: Sequence[str]) -> alt.Legend:
    """Return the legend below a chart, a line for each name unless most are no more than a letter."""
    letters = sum(len(name) == 1 for name in names) > 1
    return alt.Legend(
        orient="bottom", title=None, symbolType="stroke", symbolSize=400, symbolStrokeWidth=2.5,
        symbolOpacity=1.0, labelLimit=0, columns=2 if letters else 1, offset=6,
    )  # fmt: skip


def description(report: Report, names: Sequence[str]) -> str:
    """Return what the chart shows, for those who do not see it."""
    t, writing = report.writing.t, report.writing
    lines = []
    for name, row in zip(names, money_rows(report), strict=True):
        values = [
            t("chart_line", name=name, ahead=ahead, value=writing.money(row.figures[ahead - 1].value, True))
            for ahead in report.horizons
        ]
        lines.append(", ".join(values) + ".")
    years = money_rows(report)[0].years
    return t(
        "chart_alt",
        what=t(f"what_{RUNNING}"),
        first=years[0],
        last=years[-1],
        lines=" ".join(lines),
        band=t("chart_band") if report.chance_known else "",
        marks=listed(report.horizons, report.writing),
    )


def _frame(rows: Sequence[Row], names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "name": name,
                "year": year,
                "mean": f.value / 1e6,
                **_ends(f),
            }
            for name, row in zip(names, rows, strict=True)
            for year, f in zip(row.years, row.figures, strict=True)
        ]
    )


def _ends(f: Figure) -> dict[str, float]:
    if f.low is None or f.high is None or not has_range(f):
        return {}
    return {"low": f.low / 1e6, "high": f.high / 1e6}


def _chart(report: Report, names: Sequence[str]) -> Layers:
    rows = money_rows(report)
    data = _frame(rows, names)
    several = len(names) > 1
    scale = alt.Scale(domain=list(names), range=list(COLOURS[: len(names)]))
    dashes = alt.Scale(domain=list(names), range=list(DASHES[: len(names)]))
    colour = alt.Color("name:N", scale=scale, legend=legend(names) if several else None)
    x, y = years_axis(rows[0].years[0], rows[0].years[-1]), values_axis(report.writing.t("unit_money"))
    base = alt.Chart(data)
    layers = [
        alt.Chart(pd.DataFrame({"y": [0.0]})).mark_rule(color=INK).encode(y="y:Q"),
        *_marks(report, rows[0], x),
    ]
    if "low" in data:
        area = base.mark_area(opacity=0.12 if several else 0.2)
        layers.append(area.encode(x=x, y=alt.Y("low:Q", axis=y), y2="high:Q", color=colour))
    dash = alt.StrokeDash("name:N", scale=dashes, legend=legend(names) if several else None)
    line = base.mark_line(strokeWidth=2.5)
    layers.append(line.encode(x=x, y=alt.Y("mean:Q", axis=y), color=colour, strokeDash=dash))
    return alt.layer(*layers)


def _marks(report: Report, row: Row, x: alt.X) -> list[alt.Chart]:
    """Return dashed lines at the horizons, each with its words."""
    ends = [(row.years[h - 1], report.writing.t("mark", years=h)) for h in report.horizons]
    base = alt.Chart(pd.DataFrame(ends, columns=["year", "text"])).encode(x=x)
    text = base.mark_text(align="right", baseline="bottom", dy=-3, dx=2, fontSize=LETTERS, color=INK)
    return [base.mark_rule(color=GREY, strokeDash=[4, 4]), text.encode(y=alt.value(0), text="text:N")]
