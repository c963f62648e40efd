"""Tests on figures that the fit has not seen: youths of later years, half-years, flows, a municipality.

Every draw of the posterior is simulated again. A figure lies inside where it is within the 95 percent
predictive interval: spread of the draws and tolerance of the figure together, normal on the log scale.
Three simple rules stand beside the model (calibration/figures/past.py) where a figure has a past on its own
side of a break: few have, so that they test little, and the report says which figures a rule is nearer to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from calibration.diagnostics import target_rows
from calibration.figures.measures import MEASURES
from calibration.figures.past import RULES, naive_forecasts, past_of
from calibration.figures.targets import Target
from calibration.runs import FIT_YEAR, PROFILE, count, predict
from sim.engine.config import localised, of_town
from sim.errors import SimulationError
from sim.faults import fault
from sim.inputs.profiles import profiles
from sim.model.parameters import Parameters
from sim.progress import Progress, Tell, nobody
from sim.runs.threads import run_threads

_SEED = 7_000_000


def validate(
    p: Parameters,
    targets: Sequence[Target],
    draws: int = 40,
    children: int = 150_000,
    seed: int = 0,
    tell: Tell = nobody,
) -> dict[str, Any]:
    """Return rows per held-out target, the share inside, and the skill against simple rules.

    `inside_share` is over all held-out figures; `skill` is 1 minus the model's mean absolute error over
    that of the best simple rule, for the `compared` figures that have a past. Raises SimulationError where
    nothing is held out.
    """
    held = [t for t in targets if t.role == "validate" and MEASURES[t.measure] is not None]
    if not held:
        raise SimulationError(fault("nothing_to_validate"))
    regions = sorted({t.region for t in held if t.region == "NL" or t.region in profiles()})
    steps, done = (draws + 1) * len(regions), 0
    rows: list[dict[str, Any]] = []
    with run_threads() as pool:
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
    return {**against_rules(rows, targets), "draws": draws, "children": children}


def against_rules(rows: Sequence[Mapping[str, Any]], targets: Sequence[Target]) -> dict[str, Any]:
    """Return rows of held-out figures with what simple rules make of their past, and how all of them err.

    A rule is None where a figure has no past.
    """
    named = {target.id: target for target in targets}
    told: list[dict[str, Any]] = []
    for row in rows:
        past = past_of(named[row["id"]], targets, row["year"] - 1, halves=True)
        rules = naive_forecasts(past, row["year"]) if past else dict.fromkeys(RULES)
        told.append({**row, **rules})
    compared = [row for row in told if row[RULES[0]] is not None]
    errors = {
        name: float(np.mean([abs(row[name] / row["value"] - 1) for row in compared])) if compared else None
        for name in ("median", *RULES)
    }
    naive = [error for rule in RULES if (error := errors[rule]) is not None]
    model = errors["median"]
    return {
        "targets": told,
        "inside_share": float(np.mean([row["inside"] for row in told])),
        "compared": len(compared),
        "errors": errors,
        "skill": 1 - model / min(naive) if model is not None and naive else None,
        "beats": {rule: bool(model is not None and (e := errors[rule]) is not None and model < e)
                  for rule in RULES},
    }  # fmt: skip
