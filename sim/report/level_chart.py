"""The charts of use and cost themselves in the briefing: counts, the model, every budget with its range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import altair as alt
import pandas as pd

from sim.decision.firm import has_range
from sim.decision.level_by_year import MONEY_PARTS
from sim.report.chart import (
    COLOURS,
    DASHES,
    GREY,
    INK,
    LETTERS,
    Layers,
    drawn,
    legend,
    values_axis,
    years_axis,
)
from sim.report.content import Report
from sim.report.levels import COUNTRY, MEASURED, MODEL, MONEY, Levels

DOT = 35


def level_svg(report: Report, levels: Levels, names: Sequence[str], height: int) -> str:
    """Return a level of every budget by year as SVG. names: of the budgets, the reference first.

    Raises SimulationError where a limit leaves too little memory for it.
    """
    return drawn(_chart(report, levels, names), height, report.language)


def level_alt(report: Report, levels: Levels, names: Sequence[str]) -> str:
    """Return what the chart shows, for those who do not see it."""
    t = report.writing.t
    lines = [
        t("level_line", name=name, first=_written(report, levels, figures[0].value),
          last=_written(report, levels, figures[-1].value))
        for name, figures in zip(names, levels.budgets, strict=True)
    ]  # fmt: skip
    if levels.observed:
        lines.append(level_counted(report, levels))
    return t(
        "level_alt", what=level_title(report, levels), first=levels.years[0], last=levels.years[-1],
        lines=" ".join(lines),
    )  # fmt: skip


def level_counted(report: Report, levels: Levels) -> str:
    """Return what was counted of a level, first and last, or nothing."""
    if not levels.observed:
        return ""
    first, last = levels.observed[0], levels.observed[-1]
    return report.writing.t(
        "level_counted", first=first.year, then=_written(report, levels, first.value), last=last.year,
        now=_written(report, levels, last.value),
    )  # fmt: skip


def level_title(report: Report, levels: Levels) -> str:
    """Return what a level is, of which money and of whom."""
    t = report.writing.t
    title = t(f"level_of_{MONEY_PARTS[levels.view.money] if levels.what == MONEY else levels.what}")
    return t("level_per_head", title=title) if levels.by_head else title


def _unit(report: Report, levels: Levels) -> str:
    of = "head" if levels.by_head else levels.what
    return report.writing.t(f"unit_of_{of}_current" if levels.view.current else f"unit_of_{of}")


def _written(report: Report, levels: Levels, value: float) -> str:
    writing = report.writing
    if levels.what != MONEY:
        return writing.about(value)
    return writing.euros(value) if levels.by_head else writing.money(value)


def _frame(report: Report, levels: Levels, names: Sequence[str]) -> pd.DataFrame:
    """Return every line as a long table: name, year, value, low, high; money as in its unit."""
    unit = levels.unit
    rows = [
        (name, year, f.value / unit, *((f.low, f.high) if has_range(f) else (None, None)))
        for name, figures in zip(names, levels.budgets, strict=True)
        for year, f in zip(levels.years, figures, strict=True)
    ]
    for name, values in levels.before(report.writing):
        rows += [(name, year, value / unit, None, None) for year, value in values]
    data = pd.DataFrame(rows, columns=["name", "year", "value", "low", "high"])
    return data.assign(low=data["low"] / unit, high=data["high"] / unit)


def _chart(report: Report, levels: Levels, names: Sequence[str]) -> Layers:
    t = report.writing.t
    data = _frame(report, levels, names)
    dots = data[data["name"] == t(MEASURED)]
    provisional = {each.year for each in levels.observed if each.provisional}
    lines = data[data["name"] != t(MEASURED)]
    looks = {names[0]: (GREY, [1, 0]), t(MODEL): (INK, [2, 3]), t(COUNTRY): (GREY, [6, 4])}
    looks |= {name: (COLOURS[k], DASHES[k]) for k, name in enumerate(names[1:])}
    shown = list(dict.fromkeys(lines["name"]))
    colours, dashes = (alt.Scale(domain=shown, range=[looks[name][k] for name in shown]) for k in (0, 1))
    colour = alt.Color("name:N", legend=legend(shown), scale=colours)
    dash = alt.StrokeDash("name:N", legend=legend(shown), scale=dashes)
    begins = int(data["year"].min())
    x, axis = years_axis(begins, levels.years[-1]), values_axis(_unit(report, levels))
    value = alt.Y("value:Q", axis=axis, scale=alt.Scale(zero=True))
    layers: list[alt.Chart] = []
    if lines["low"].notna().any():
        area = alt.Chart(lines.dropna(subset=["low"])).mark_area(opacity=0.16)
        layers.append(area.encode(x=x, y=alt.Y("low:Q", axis=axis), y2="high:Q", color=colour))
    drawn_line = alt.Chart(lines.drop(columns=["low", "high"])).mark_line(strokeWidth=2)
    layers.append(drawn_line.encode(x=x, y=value, color=colour, strokeDash=dash))
    for still, fill in ((False, INK), (True, "white")):
        part = dots[dots["year"].isin(provisional) == still].drop(columns=["low", "high"])
        if len(part):
            point = alt.Chart(part).mark_point(filled=True, size=DOT, opacity=1, color=fill, stroke=INK)
            layers.append(point.encode(x=x, y=value))
    if begins < levels.years[0]:
        layers += _now(report, levels.years[0], x)
    return alt.layer(*layers)


def _now(report: Report, start: int, x: alt.X) -> list[alt.Chart]:
    """Return a line at the start, with what is left and right of it."""
    base = alt.Chart(pd.DataFrame({"year": [start - 0.5]})).encode(x=x)
    sides: tuple[tuple[str, Literal["left", "right"], int], ...] = (
        ("level_before", "right", -5),
        ("level_after", "left", 5),
    )
    return [
        base.mark_rule(color=GREY, strokeDash=[4, 4]),
        *(
            base.mark_text(
                align=align, dx=dx, dy=-3, baseline="bottom", fontSize=LETTERS, color=INK,
                text=report.writing.t(key),
            ).encode(y=alt.value(0))
            for key, align, dx in sides
        ),
    ]  # fmt: skip
