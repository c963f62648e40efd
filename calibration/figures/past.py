"""The past of a figure, and what three simple rules make of it: last value, straight line, damped trend.

A damped trend (Gardner & McKenzie 1985) goes on by the slope of the line, by steps that shrink by DAMPING.
A figure has no past where its series broke in between: a rule would then forecast what was counted before.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from calibration.figures.targets import Target

LOCKDOWN, BREAK = 2020, 2021
"""The year that is no past, and the first one with the providers that CBS added."""
JUMPED = {"starts": 2019}
"""First year of a series after a jump of its own: starts of 2018 hold a jump of registration (CBS)."""
DAMPING = 0.8
"""How much of a step is left a year later (assumed; Gardner & McKenzie find 0.7 to 0.95 for most series)."""
RULES = ("last_value", "straight_line", "damped_trend")


def past_of(
    target: Target, targets: Iterable[Target], until: int, levelled: bool = False, halves: bool = False
) -> dict[int, float]:
    """Return the figures by year of the series of `target` up to a year, without the year of the lockdowns.

    Empty where the last of them and the figure lie on two sides of a break. levelled: the level after the
    break of all series (BREAK) is known, so that this one is none. halves: half-years are a series too.
    """
    past = {
        each.year: each.value
        for each in targets
        if (_series(each, halves), each.region) == (_series(target, halves), target.region)
        and each.year <= min(until, target.year - 1)
        and each.year != LOCKDOWN
    }
    breaks = [JUMPED.get(target.stem, 0), 0 if levelled else BREAK]
    if past and any(max(past) < year <= target.year for year in breaks):
        return {}
    return past


def _series(target: Target, halves: bool) -> str:
    return target.id.replace(f"_{target.year}", "", 1) if halves else target.stem


def naive_forecasts(past: Mapping[int, float], year: int, level: float | None = None) -> dict[str, float]:
    """Return what the rules make of the past of a series.

    level: the figure of the year in which the series broke, where it did: growth is then that of the past
    as a share, from that level on.
    """
    slope, middle, mean = _line(past)
    from_year = max(past)
    last, line = past[from_year], mean + slope * (year - middle)
    if level is not None:
        at_break = mean + slope * (BREAK - middle)
        from_year, last = BREAK, level
        line, slope = level * line / at_break, level * slope / at_break
    steps = sum(DAMPING**k for k in range(1, round(year - from_year) + 1))
    return {
        "last_value": float(last), "straight_line": float(line), "damped_trend": float(last + slope * steps)
    }  # fmt: skip


def _line(past: Mapping[int, float]) -> tuple[float, float, float]:
    """Return the least squares line through a past: its slope, the mean year, and its value then.

    By hand: a library for matrices rounds otherwise on another processor, and what ships is held to the byte.
    """
    middle, mean = math.fsum(past) / len(past), math.fsum(past.values()) / len(past)
    across = math.fsum((year - middle) ** 2 for year in past)
    along = math.fsum((year - middle) * (value - mean) for year, value in past.items())
    return (along / across if across else 0.0), middle, mean


def by_series(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return mean absolute errors of the model and of each rule by series, as a share of the figure.

    nearest: who errs least. nearer: of each rule, for how many figures it is nearer than the model.
    """
    names = {"model": "median"} | {rule: rule for rule in RULES}
    series: dict[str, list[dict[str, float]]] = {}
    for row in rows:
        off = {name: abs(row[key] / row["value"] - 1) for name, key in names.items()}
        series.setdefault(row["id"].removesuffix(f"_{row['year']}"), []).append(off)
    found = []
    for name, errors in series.items():
        mean = {who: float(np.mean([each[who] for each in errors])) for who in names}
        nearer = {rule: sum(each[rule] < each["model"] for each in errors) for rule in RULES}
        found.append({
            "series": name, "figures": len(errors), **mean, "nearest": min(mean, key=mean.__getitem__),
            "nearer": nearer,
        })  # fmt: skip
    return found
