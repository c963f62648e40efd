"""The pictures of docs/calibration.md: figures, ages, forecasts and parameters of a fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from calibration.figures.past import RULES


def fit_chart(found: Mapping[str, Any]) -> alt.LayerChart | alt.FacetChart:
    """Return every figure against its predictive interval, as a ratio to what was published."""
    rows = pd.DataFrame(
        {"figure": row["id"], "role": row["role"], "low": row["predictive_low"] / row["value"] - 1,
         "high": row["predictive_high"] / row["value"] - 1, "model": row["best"] / row["value"] - 1}
        for row in found["targets"] if row["role"] != "report"
    )  # fmt: skip
    axis = alt.Axis(format="+%")
    base = alt.Chart(rows).encode(y=alt.Y("figure:N", sort=None, title=None))
    bars = base.mark_rule(strokeWidth=3, opacity=0.4).encode(
        x=alt.X("low:Q", title="model against published", axis=axis), x2="high:Q", color="role:N"
    )
    dots = base.mark_point(filled=True, size=35).encode(x="model:Q", color="role:N")
    zero = alt.Chart(pd.DataFrame({"x": [0.0]})).mark_rule(color="black").encode(x="x:Q")
    return alt.layer(zero, bars, dots).properties(width=480)


def ages_chart(found: Mapping[str, Any]) -> alt.HConcatChart:
    """Return use and need by single year of age, with the 95 percent interval of the draws."""
    rows = pd.DataFrame(found["ages"])
    charts = []
    for name, title in (
        ("users_share", "youth care, share of youths"),
        ("need_share", "any need, share of youths"),
    ):
        base = alt.Chart(rows).encode(x=alt.X("age:Q", title="age"))
        band = base.mark_area(opacity=0.25).encode(
            y=alt.Y(f"{name}_low:Q", title=title, axis=alt.Axis(format="%")), y2=f"{name}_high:Q"
        )
        charts.append(
            alt.layer(band, base.mark_line(point=True).encode(y=f"{name}:Q")).properties(
                width=300, height=220
            )
        )
    return alt.hconcat(*charts)


def parameters_chart(found: Mapping[str, Any]) -> alt.LayerChart | alt.FacetChart:
    """Return how far each parameter moved and how much narrower it became, in prior standard deviations."""
    rows = pd.DataFrame(found["parameters"])
    rows["low"], rows["high"] = rows["shift"] - 1.645 * rows["spread"], rows["shift"] + 1.645 * rows["spread"]
    base = alt.Chart(rows).encode(y=alt.Y("name:N", sort=None, title=None))
    bars = base.mark_rule(strokeWidth=3, opacity=0.5).encode(
        x=alt.X("low:Q", title="standard deviations of the prior (90 percent)"), x2="high:Q"
    )
    edges = alt.Chart(pd.DataFrame({"x": [-1.645, 0.0, 1.645]})).mark_rule(strokeDash=[3, 3]).encode(x="x:Q")
    return alt.layer(edges, bars, base.mark_point(filled=True).encode(x="shift:Q")).properties(width=480)


SERIES = {
    "jz": "all youth care", "jh": "jeugdhulp", "zonder": "without residence", "wijkteam": "wijkteam",
    "ambulant": "at the provider", "netwerk": "in the network", "daghulp": "day help",
    "verblijf": "with residence",
}  # fmt: skip
"""Counts of youths by year, as a figure's id begins."""
COUNTED, MODEL = "counted", "model"


def series_chart(found: Mapping[str, Any]) -> alt.FacetChart:
    """Return how many youths were counted in a year, and what the model has."""
    rows = pd.DataFrame(
        {"series": SERIES[stem], "year": row["year"], COUNTED: row["value"] / 1000, MODEL: row["best"] / 1000,
         "low": row["predictive_low"] / 1000, "high": row["predictive_high"] / 1000}
        for row in found["targets"]
        if (stem := row["id"].removesuffix(f"_{row['year']}")) in SERIES and row["role"] != "report"
    )  # fmt: skip
    base = alt.Chart(rows).encode(x=alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0)))
    bars = base.mark_rule(strokeWidth=5, opacity=0.35).encode(
        y=alt.Y("low:Q", title="thousand youths", scale=alt.Scale(zero=False)), y2="high:Q"
    )
    dots = base.mark_point(filled=True, color="black", size=30).encode(y=f"{COUNTED}:Q")
    chart = alt.layer(bars, base.mark_line().encode(y=f"{MODEL}:Q"), dots).properties(width=300, height=130)
    faceted: alt.FacetChart = chart.facet(
        facet=alt.Facet("series:N", title=None, sort=list(SERIES.values())), columns=2
    ).resolve_scale(x="independent", y="independent")
    return faceted


def bands_chart(found: Mapping[str, Any]) -> alt.LayerChart | alt.FacetChart:
    """Return which part of youths under 18 in care is of which ages, as counted and by the model."""
    rows = pd.DataFrame(
        {"age": f"{row['age_from']}-{row['age_to']}", COUNTED: row["value"], MODEL: row["best"],
         "low": row["predictive_low"], "high": row["predictive_high"]}
        for row in found["targets"] if row["measure"] == "stock_share"
    )  # fmt: skip
    base = alt.Chart(rows).encode(x=alt.X("age:N", sort=None, title="age", axis=alt.Axis(labelAngle=0)))
    bars = base.mark_rule(strokeWidth=6, opacity=0.35).encode(
        y=alt.Y("low:Q", title="share of youths under 18 in care", axis=alt.Axis(format="%")), y2="high:Q"
    )
    tick = base.mark_tick(thickness=3, width=24).encode(y=f"{MODEL}:Q")
    dots = base.mark_point(filled=True, color="black", size=45).encode(y=f"{COUNTED}:Q")
    return alt.layer(bars, tick, dots).properties(width=420, height=240)


def ahead_chart(rolling: Mapping[str, Any]) -> alt.Chart:
    """Return the error of forecasts by the last year that was known, of the model and of simple rules."""
    names = ("model", *RULES)
    rows = pd.DataFrame(
        {"known": f"{row['origin'] or 'together'} ({row['figures']})", "by": name.replace("_", " "),
         "error": row[name]}
        for row in rolling["summary"] for name in names
    )  # fmt: skip
    order = [name.replace("_", " ") for name in names]
    chart: alt.Chart = (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            x=alt.X("known:N", sort=None, title="known up to (figures)", axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("by:N", sort=order),
            y=alt.Y("error:Q", title="mean error", axis=alt.Axis(format="%")),
            color=alt.Color("by:N", sort=order, title=None),
        )
        .properties(width=480, height=240)
    )
    return chart
