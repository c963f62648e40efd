"""Charts of what is not known of a state-transition model, as SVG."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd
import vl_convert

from sim.decision.model_two_way import TwoWay
from sim.decision.model_uncertainty import ModelUncertainty
from sim.machine.memory import FOR_CHARTS, refuse_little

WIDTH, HEIGHT = 480, 240


def acceptability_svg(known: ModelUncertainty) -> str:
    """Return the chance that each strategy is best, by what an effect may cost; dots: best on average.

    Raises SimulationError where a limit leaves too little memory for it.
    """
    curve = known.acceptable
    frame = pd.DataFrame(
        {
            "willingness": float(level), "strategy": name, "chance": float(curve.probability[k, s]),
            "best": bool(curve.best[k] == s),
        }
        for k, level in enumerate(curve.thresholds)
        for s, name in enumerate(known.strategies)
    )  # fmt: skip
    colour = alt.Color("strategy:N", sort=list(known.strategies)).title("strategy")
    base = alt.Chart(frame).encode(
        x=alt.X("willingness:Q").title("for one effect"),
        y=alt.Y("chance:Q", title="chance of being best", scale=alt.Scale(domain=[0, 1])),
        color=colour,
    )
    dash = alt.StrokeDash("strategy:N", sort=list(known.strategies), legend=None)
    dots = base.mark_point(filled=True, size=40).transform_filter("datum.best")
    return _svg(base.mark_line().encode(strokeDash=dash) + dots)


def two_way_svg(found: TwoWay) -> str:
    """Return which strategy is best at each point of a grid.

    Raises SimulationError where a limit leaves too little memory for it.
    """
    (first, second), (rows, columns) = found.names, found.values
    frame = pd.DataFrame(
        {"first": a, "second": b, "best": found.strategies[int(found.best[i, j])]}
        for i, a in enumerate(f"{value:.4g}" for value in rows)
        for j, b in enumerate(f"{value:.4g}" for value in columns)
    )
    chart = alt.Chart(frame).mark_rect(stroke="white").encode(
        x=alt.X("second:N", sort=None).title(second),
        y=alt.Y("first:N", sort=list(frame["first"].unique())[::-1]).title(first),
        color=alt.Color("best:N", sort=list(found.strategies)).title("best"),
    )
    return _svg(chart)


def _svg(chart: Any) -> str:
    refuse_little(FOR_CHARTS)
    with alt.data_transformers.enable("default", max_rows=None):
        spec: dict[str, Any] = chart.properties(width=WIDTH, height=HEIGHT).to_dict()
    return vl_convert.vegalite_to_svg(spec)
