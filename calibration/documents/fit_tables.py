"""The numbers of a fit, one by one: docs/calibration-tables.md."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from calibration.documents.markup import between, figure, markdown
from calibration.documents.summary import FitFiles, validation_row
from calibration.figures.past import RULES, by_series

GENERATED = "<!-- written by `python -m calibration.documents.report`; edit the data, not this page -->\n\n"
SPREADS = (0.0, 0.5, 0.7, 0.9, math.inf)
"""Bounds of the rows of parameters, in standard deviations of the prior."""
FURTHEST = 10
"""Rows of the table of figures of the emulator."""


def tables(files: FitFiles) -> str:
    """Return docs/calibration-tables.md: every figure and parameter of the fit."""
    _, found, tested, rolling, _, by_age = files
    rows = found["targets"]
    parts = [
        GENERATED + "# Calibration: the tables\n",
        "For researchers: what are the numbers of the fit, one by one? What they say: [the report](calibration.md).\n",
        "## Every figure\n",
        "Figures without a role were fitted. *Interval*: 95 percent of the draws, without the Monte Carlo noise of their runs; `noise` where the draws "
        "differ by no more than that noise. The best fit is another run and may lie outside. *Predictive*: with the "
        "tolerance of the figure. Figures that are fitted as a share of others are shown at the level of those others.\n",
        markdown(
            ("figure", "role", "published", "best fit", "error", "interval", "predictive", ""),
            ((row["id"] + (" (share)" if row["share_of"] else ""),
              "" if row["role"] == "calibrate" else row["role"], figure(row["value"]),
              figure(row["best"]), f"{row['best_error']:+.1%}", _interval(row),
              between(row["predictive_low"], row["predictive_high"]),
              "" if row["inside"] else "outside") for row in rows),
        ),
        "## Figures that the fit has not seen\n",
        f"*Model*: the middle of {tested['draws']} draws with {tested['children']:,} children each; municipalities with everyone.\n",
        markdown(
            ("figure", "published", "model", "95% predictive", "inside", *(rule.replace("_", " ") for rule in RULES)),
            (validation_row(row) for row in tested["targets"]),
        ),
        "## Forecasts\n",
        _forecast_tables(rolling),
        "## Use and need by single year of age\n",
        "By the model, in 2018; four groups of ages were fitted in that year, single years were not.\n\n"
        "![ages](pictures/calibration-ages.svg)\n",
        "## Cost and care by single year of age\n",
        "*Cost* in euros a child, *in care* at the start of the year; what they are: [the report](calibration.md#what-does-a-child-of-each-age-cost).\n",
        markdown(
            ("age", "euros a child", "5 to 95%", "in care", "5 to 95%"),
            ((str(row["age"]), f"{row['cost']:,.0f}", between(row["cost_low"], row["cost_high"]),
              f"{row['in_care']:.1%}", f"{row['in_care_low']:.1%}–{row['in_care_high']:.1%}") for row in by_age["rows"]),
        ),
        "## Prices\n",
        _prices(found["spending"]),
        "## Parameters by how much the fit narrowed them\n",
        "Each with its shift and, in brackets, its spread, in standard deviations of the prior. A spread near 1: the "
        "figures say nothing of it. Values and ranges before and after the fit: [parameters](parameters.md).\n",
        markdown(("spread", "parameters"), _moved(found["parameters"])),
        "## Correlated parameters\n",
        "; ".join(f"`{row['first']}`, `{row['second']}` {row['correlation']:+.2f}" for row in found["correlations"])
        + ".\n",
        "## Identifiability\n",
        _identifiability(found["identifiability"]),
        "## How it was computed\n",
        _walk(found),
    ]  # fmt: skip
    return "\n".join(parts)


def _forecast_tables(rolling: Mapping[str, Any]) -> str:
    """Return errors of forecasts by the last year that was known, and by series."""
    words = {rule: rule.replace("_", " ") for rule in ("model", *RULES)}
    return (
        "Mean absolute errors, as a share of the figure. The CRPS of a forecast without a range is its absolute "
        "error. From an origin before 2021, later years are predicted as growth since 2021, when CBS began to count more "
        "providers; 2020 does not count, nor does a figure of which the past lies across a break of its series. "
        "Every forecast: `sim/data/rolling.json`.\n\n"
        + markdown(
            ("known up to", "figures", *words.values(), "CRPS of the model", "in 50%", "in 90%"),
            (
                (str(row["origin"] or "together"), str(row["figures"]), *(f"{row[name]:.1%}" for name in (*words, "crps")),
                 f"{row['inside_50']:.0%}", f"{row['inside_90']:.0%}")
                for row in rolling["summary"]
            ),
        )
        + "\n"
        + markdown(
            ("series", "figures", *words.values(), "nearest"),
            ((row["series"], str(row["figures"]), *(f"{row[name]:.1%}" for name in words), words[row["nearest"]])
             for row in by_series(rolling["figures"])),
        )
    )  # fmt: skip


def _prices(spending: Mapping[str, Any]) -> str:
    table = markdown(
        ("parameter", "believed before", "best fit", "draws"),
        (
            (f"`{row['name']}`",
             f"{figure(row['prior'])} ({figure(row['prior_low'])} to {figure(row['prior_high'])})",
             figure(row["best"]), between(row["low"], row["high"]))
            for row in spending["prices"]
        ),
    )  # fmt: skip
    text = "`python -m calibration.tariffs` shows what was believed before, step by step."
    return f"{table}\n{text}\n"


def _moved(parameters: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return rows of parameters by how much narrower the figures made them, the most informed first."""
    rows = []
    for low, high in pairwise(SPREADS):
        words = [
            f"`{row['name']}` {row['shift']:+.2f} ({row['spread']:.2f})"
            for row in parameters
            if low <= row["spread"] < high
        ]
        if words:
            rows.append((f"{low:g} to {high:g}" if high < math.inf else f"{low:g} and up", ", ".join(words)))
    return rows


def _identifiability(known: Mapping[str, Any]) -> str:
    values = known["singular_values"]
    weak = ", ".join(f"`{item['name']}` ({item['weight']:+.2f})" for item in known["weakest_informed"])
    text = (
        f"Singular values of the Jacobian scaled by priors and errors: largest {values[0]:.0f}, median "
        f"{values[len(values) // 2]:.2f}, smallest {values[-1]:.3f}; {known['informed_directions']} are above 1. "
        f"The weakest direction that is still informed: {weak}. Figures hardly see: "
        + (", ".join(f"`{name}`" for name in known["silent"]) or "none")
        + ".\n\n"
    )
    return text + markdown(
        ("set", "collinearity index", "weakest direction"),
        (
            (item["group"], f"{item['index']:.1f}", ", ".join(f"`{w['name']}`" for w in item["weakest"]))
            for item in known["collinearity"]
        ),
    )


def _walk(found: Mapping[str, Any]) -> str:
    """Return the waves of the design, and the figures that members miss most."""
    if "rounds" not in found["sampler"]:
        return "Made before the ensemble.\n"
    waves = ", ".join(f"{row['median_misfit']:,.0f} ({row['runs']} runs)" for row in found["waves"])
    return (
        f"Waves of the design, median squared misfit of their runs: {waves}.\n\n"
        "The surface through the runs gives only the direction in which members move; where they end is decided by their own "
        "runs. Near the posterior it explains little, because many parameters act together there.\n\n"
        f"The {FURTHEST} figures that members miss most in the end; all are in `sim/data/diagnostics.json`. *Explained*: of what is "
        "no luck of a run, each run predicted from all others; *near*: over the last round alone. *Off*: how far members are from "
        "their own figures, the luck of their run included.\n\n"
        + markdown(
            ("figure", "explained", "near", "luck of a run", "off, first round", "last round"),
            ((row["id"], f"{row['explained']:.2f}", f"{row['near']:.2f}", f"{row['draw_noise']:.3f}",
              f"{row['off_first']:.3f}", f"{row['off_last']:.3f}")
             for row in sorted(found["emulator"], key=lambda row: -row["off_last"])[:FURTHEST]),
        )
    )  # fmt: skip


def _interval(row: Mapping[str, Any]) -> str:
    if row["high"] - row["low"] < 1e-6 * row["high"]:
        return "noise"
    return between(row["low"], row["high"])


def _within(low: float, value: float, high: float) -> str:
    """Tell whether a value lies in a range, up to rounding, and where it has come to its end."""
    if math.isclose(value, low) or math.isclose(value, high):
        return "at its end"
    return "yes" if low < value < high else "NO"
