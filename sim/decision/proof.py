"""How much of an answer, and of its uncertainty, depends on each grade of evidence ("proof debt")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.decision.value import Estimate, by_group, explained

Floats = NDArray[np.float64]
REST = "together and luck"
"""What no grade explains alone: effects of parameters of different grades together, and the noise of runs."""


@dataclass(frozen=True)
class Debt:
    """One grade: how many parameters, the share of the variance of the outcome, and the EVPPI (euros)."""

    grade: str
    parameters: int
    variance: float
    evppi: Estimate | None


def proof_debt(
    nb: ArrayLike, inputs: Mapping[str, ArrayLike], grades: Mapping[str, str], strategy: int = -1
) -> list[Debt]:
    """Return a row per grade, most variance first, and the rest: variances add up to 1.

    nb: [draws, strategies]; the variance is that of `strategy` over the first. grades: by parameter.
    Where grades explain more than all there is, which estimates can, they are scaled to it.
    """
    values = np.asarray(nb, dtype=np.float64)
    gain = values[:, strategy] - values[:, 0]
    groups: dict[str, list[str]] = {}
    for name in inputs:
        groups.setdefault(grades[name], []).append(name)
    worth = dict(by_group(values, groups, inputs))
    shares = {
        grade: explained(gain, np.stack([np.asarray(inputs[n], dtype=np.float64) for n in names], axis=1))
        for grade, names in groups.items()
    }
    total = sum(shares.values())
    scale = 1.0 / total if total > 1.0 else 1.0
    rows = [Debt(g, len(names), scale * shares[g], worth[g]) for g, names in groups.items()]
    rows.sort(key=lambda row: -row.variance)
    rest = 1.0 - sum(row.variance for row in rows) if gain.var() > 0 else 0.0
    return [*rows, Debt(REST, 0, max(rest, 0.0), None)]
