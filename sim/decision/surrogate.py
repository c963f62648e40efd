"""An emulator fitted to a sample: results of thousands of draws that would take too long to simulate.

Its accuracy is measured on the draws it was fitted to, each left out in turn, against the noise of a run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.decision.emulator import Emulator
from sim.model.parameters import Parameters

Floats = NDArray[np.float64]
_CHUNK = 500


@dataclass(frozen=True)
class Accuracy:
    """Accuracy of the surrogate by output: R squared of held-out draws, and its upper bound.

    explained: of the variance of draws left out; luck: share of the variance that is the noise of runs.
    """

    explained: Floats
    luck: Floats


@dataclass(frozen=True)
class Surrogate:
    """Fitted to inputs [n, d], standardised, and outputs [n, m]."""

    middle: Floats
    spread: Floats
    emulator: Emulator
    accuracy: Accuracy

    @classmethod
    def fit(cls, inputs: Floats, outputs: Floats, variances: Floats) -> Surrogate:
        """Return the surrogate of runs; variances: [n, m] Monte Carlo variance of each.

        Raises ValueError for fewer than 20 runs.
        """
        if len(inputs) < 20:
            raise ValueError(f"a surrogate needs 20 draws or more, found {len(inputs)}")
        middle, spread = inputs.mean(axis=0), inputs.std(axis=0)
        spread = np.where(spread > 0, spread, 1.0)
        points = (inputs - middle) / spread
        emulator = Emulator.fit(points, outputs)
        errors, _ = emulator.left_out()
        total = np.maximum(outputs.var(axis=0, ddof=1), 1e-300)
        accuracy = Accuracy(
            np.clip(1.0 - (errors**2).mean(axis=0) / total, 0.0, 1.0),
            np.clip(variances.mean(axis=0) / total, 0.0, 1.0),
        )
        return cls(middle, spread, emulator, accuracy)

    def predict(self, inputs: Floats) -> Floats:
        """Return expected outputs [k, m] at inputs [k, d]; without the Monte Carlo noise of a run."""
        points = (inputs - self.middle) / self.spread
        parts = [self.emulator.predict(points[k : k + _CHUNK]) for k in range(0, len(points), _CHUNK)]
        return np.concatenate(parts)


def features(p: Parameters, names: Sequence[str], values: Floats) -> Floats:
    """Return coordinates in which outcomes are nearly quadratic, [draws, d], from values [draws, names].

    Each parameter on the scale of its range; and of each programme what its effect comes to: an effect
    that does not exist has no size, however large it would have been.
    """
    columns = [_scaled(p.records[name].scale, values[:, j]) for j, name in enumerate(names)]
    where = {name: j for j, name in enumerate(names)}

    def of(name: str) -> Floats:
        return values[:, where[name]] if name in where else np.full(len(values), p[name])

    for name in names:
        programme, _, kind = name.partition(".")
        if kind != "effect_exists":
            continue
        exists = values[:, where[name]]
        strength = exists * np.log(of(f"{programme}.moderate_need"))
        share = of(f"{programme}.share_onset")
        reach = np.log(of(f"{programme}.visits_per_fte") / of(f"{programme}.visits_per_child"))
        columns += [strength, strength * share, exists * np.log(of(f"{programme}.recovery_light"))]
        columns += [strength * (reach - reach.mean()), strength * of(f"{programme}.retained")]
    return np.stack(columns, axis=1)


def _scaled(scale: str, column: Floats) -> Floats:
    if scale == "log":
        return np.log(np.maximum(column, math.ulp(0.0)))
    if scale == "logit":
        return np.asarray(np.log(column) - np.log1p(-column))
    return column
