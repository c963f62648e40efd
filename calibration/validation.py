"""Tests on figures that the fit has not seen: youths of later years, half-years, flows, a municipality.

Every draw of the posterior is simulated again. A figure lies inside where it is within the 95 percent
predictive interval: spread of the draws and tolerance of the figure together, normal on the log scale.
Two naive forecasts stand beside the model: the last value before the year, and a straight line through
all values before it. One year is a weak test: a straight line may do as well, and then the report says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from calibration.diagnostics import target_rows
from calibration.figures.measures import MEASURES
from calibration.figures.targets import Target
from calibration.runs import FIT_YEAR, PROFILE, count, predict
from sim.engine.config import localised, of_town, worker_threads
from sim.errors import SimulationError
from sim.faults import fault
from sim.inputs.profiles import profiles
from sim.model.parameters import Parameters
from sim.progress import Progress, Tell, nobody

_SEED = 7_000_000


def validate(
    p: Parameters,
    targets: Sequence[Target],
    draws: int = 40,
    children: int = 150_000,
    seed: int = 0,
    tell: Tell = nobody,
) -> dict[str, Any]:
    """Return rows per held-out target, the share inside, and the skill against naive forecasts.

    `inside_share` is over all held-out figures; `skill` is 1 minus the model's mean absolute error over
    that of the better naive forecast, for figures that have a past. Raises SimulationError where
    nothing is held out.
    """
    held = [t for t in targets if t.role == "validate" and MEASURES[t.measure] is not None]
    if not held:
        raise SimulationError(fault("nothing_to_validate"))
    regions = sorted({t.region for t in held if t.region == "NL" or t.region in profiles()})
    steps, done = (draws + 1) * len(regions), 0
    rows: list[dict[str, Any]] = []
    with worker_threads(None) as pool:
        for region in regions:
            own = [t for t in held if t.region == region]
            profile = profiles()[PROFILE if region == "NL" else region]
            last = max(FIT_YEAR, *(t.year for t in own))
            outcomes = []
            for draw in range(draws + 1):
                tell(Progress("validating", done, steps, {"region": region}))
                q = localised(of_town(p, profile).draw(seed, draw), profile)
                size = children if region == "NL" else None
                counted = count(q, size, _SEED + seed * 1_000 + draw, pool, last, profile)
                outcomes.append({t.id: value for t in own if (value := predict(t, counted)) is not None})
                done += 1
            rows += [row | {"region": region} for row in target_rows(own, outcomes[1:], outcomes[0], {})]
    tell(Progress("validating", steps, steps, {"region": None}))
    for row in rows:
        row |= _naive(next(t for t in held if t.id == row["id"]), targets)
    with_past = [row for row in rows if row["last_value"] is not None]
    errors = {
        name: float(np.mean([abs(row[name] / row["value"] - 1) for row in with_past])) if with_past else None
        for name in ("median", "last_value", "straight_line")
    }
    naive = [error for name in ("last_value", "straight_line") if (error := errors[name]) is not None]
    model = errors["median"]
    return {
        "targets": rows,
        "inside_share": float(np.mean([row["inside"] for row in rows])),
        "errors": errors,
        "skill": 1 - model / min(naive) if model is not None and naive else None,
        "beats": {name: bool(model is not None and (e := errors[name]) is not None and model < e)
                  for name in ("last_value", "straight_line")},
        "draws": draws,
        "children": children,
    }  # fmt: skip


def _naive(target: Target, targets: Sequence[Target]) -> dict[str, float | None]:
    """Return both naive forecasts of a figure from its own series, None where it has no past."""
    past = sorted(
        (t.year, t.value)
        for t in targets
        if t.stem == target.stem and t.region == target.region and t.year < target.year
    )
    if not past:
        return {"last_value": None, "straight_line": None}
    years, values = np.array(past).T
    line = np.polyfit(years, values, 1) if len(past) > 1 else np.array([0.0, values[-1]])
    return {"last_value": float(values[-1]), "straight_line": float(np.polyval(line, target.year))}
