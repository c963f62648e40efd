"""The pictures of docs/calibration.md: figures, ages and parameters of a fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd


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
