"""Charts: one line a scenario, a band where there are draws, marks at 4, 10 and 20 years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import numpy as np
import pandas as pd

from pages.shared.texts import language, t
from sim.appraisal import HIGH, LOW, MUNICIPAL, Difference
from sim.headline import HORIZONS, UNMET, USERS, discount_rate
from sim.ledger import present_values

# Okabe and Ito: told apart by colour-blind eyes; darkened where the original is below 3 to 1 on white
COLOURS = ("#0072B2", "#B85000", "#007A5A", "#A3508A")
DASHES = ([1, 0], [6, 3], [2, 2], [8, 2, 2, 2])
SHOWN = {"money": MUNICIPAL, "users": USERS, "unmet": UNMET}
NUMBERS = {
    "nl": alt.NumberLocale(decimal=",", thousands=".", grouping=[3], currency=["€ ", ""]),
    "en": alt.NumberLocale(decimal=".", thousands=",", grouping=[3], currency=["€ ", ""]),
}


@dataclass(frozen=True)
class Series:
    """What a chart and its table show of one scenario, by year; low and high are None without draws."""

    name: str
    years: tuple[int, ...]
    mean: np.ndarray
    low: np.ndarray | None
    high: np.ndarray | None


def series(d: Difference, what: str, name: str) -> Series:
    """Return the series of a difference: youths by year, or the balance added up in millions of euros."""
    values = d.by_draw(d.runs[:, d.labels.index(SHOWN[what])])
    if what == "money":
        values = present_values(values, discount_rate()) / 1e6
    mean = values.mean(axis=0)
    if values.shape[0] < 2:
        return Series(name, d.years, mean, None, None)
    low, high = np.percentile(values, [LOW, HIGH], axis=0)
    return Series(name, d.years, mean, low, high)


def frame(found: Sequence[Series]) -> pd.DataFrame:
    """Return series as a long table for a chart or a file."""
    parts = []
    for one in found:
        part = pd.DataFrame({"scenario": one.name, "year": one.years, "mean": one.mean})
        if one.low is not None:
            part["low"], part["high"] = one.low, one.high
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def chart(found: Sequence[Series], what: str) -> alt.LayerChart:
    """Return the chart of one or more scenarios against the reference."""
    data = frame(found)
    names = [one.name for one in found]
    title = t(f"chart_{what}")
    scale = alt.Scale(zero=False, nice=False)
    x = alt.X("year:Q", title=t("year"), scale=scale, axis=alt.Axis(format="d", tickMinStep=1))
    colour = alt.Color(
        "scenario:N",
        scale=alt.Scale(domain=names, range=COLOURS[: len(names)]),
        legend=alt.Legend(orient="bottom", title=None, columns=1, labelLimit=400) if len(names) > 1 else None,
    )
    dash = alt.StrokeDash(
        "scenario:N", scale=alt.Scale(domain=names, range=DASHES[: len(names)]), legend=None
    )
    base = alt.Chart(data)
    zero = alt.Chart(pd.DataFrame({"y": [0.0]})).mark_rule(color="#444").encode(y="y:Q")
    start = found[0].years[0]
    marks = pd.DataFrame({"year": [start + h - 1 for h in HORIZONS if h <= len(found[0].years)]})
    rules = alt.Chart(marks).mark_rule(color="#6f7d88", strokeDash=[4, 4]).encode(x=x)
    layers: list[alt.Chart] = [zero, rules]
    if "low" in data:
        layers.append(
            base.mark_area(opacity=0.18).encode(x=x, y=alt.Y("low:Q", title=title), y2="high:Q", color=colour)
        )
    tip = [alt.Tooltip("scenario:N", title=t("scenario")), alt.Tooltip("year:Q", title=t("year"), format="d")]
    tip.append(alt.Tooltip("mean:Q", title=t("middle"), format=",.1f"))
    layers.append(
        base.mark_line(strokeWidth=3).encode(
            x=x, y=alt.Y("mean:Q", title=title), color=colour, strokeDash=dash, tooltip=tip
        )
    )
    one = found[0]
    description = t(
        "alt", what=title, first=f"{one.mean[0]:.0f}", last=f"{one.mean[-1]:.0f}", year0=one.years[0],
        year1=one.years[-1],
    )  # fmt: skip
    return (
        alt.layer(*layers)
        .properties(height=340, description=description)
        .configure(locale=alt.Locale(number=NUMBERS[language()]))
        .configure_axis(labelFontSize=14, titleFontSize=14, labelColor="#1d2730", titleColor="#1d2730")
        .configure_legend(labelFontSize=14, labelColor="#1d2730")
    )
