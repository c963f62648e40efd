"""What is left of the posterior where a band of ages is left out by weights: too little to predict it.

Run as ``python -m calibration.ages``. Leaving a band out without a new fit would weigh each member of the
posterior by one over how likely it makes the figures of that band, given all others (importance sampling,
Gelfand 1996). Members then count as far as they miss the band, and those that miss it most count for all
others: the number of members that are left in effect tells whether the weighted ones say anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from calibration.figures.targets import read_targets
from calibration.likelihood import ObservedTargets
from sim.model.parameters import DATA

Floats = NDArray[np.float64]
BANDS: Mapping[str, tuple[str, ...]] = {
    "0-3": ("jz_age0_3_2018", "jz_stock_band0_3_2023"),
    "4-11": ("jz_age4_11_2018", "jz_stock_band4_7_2023", "jz_stock_band8_11_2023"),
    "12-17": ("jz_age12_17_2018", "jz_stock_band12_14_2023", "jz_stock_band15_17_2023"),
    "18-22": ("jz_age18_22_2018",),
}
"""The fitted figures of each band of ages."""
ENOUGH = 50
"""Members in effect below which weighted ones tell neither a middle nor a range (a quarter of all)."""


def left_in_effect(errors: Floats, covariance: Floats, out: Sequence[int]) -> float:
    """Return how many members are left in effect where the figures `out` are taken away from a posterior.

    errors: [members, figures] of logarithms; covariance: of the errors of figures, [figures, figures].
    """
    others = [k for k in range(covariance.shape[0]) if k not in set(out)]
    across = covariance[np.ix_(out, others)]
    weights = np.linalg.solve(covariance[np.ix_(others, others)], across.T).T
    spread = covariance[np.ix_(out, out)] - weights @ across.T
    off = errors[:, out] - errors[:, others] @ weights.T
    misfit = np.einsum("mi,ij,mj->m", off, np.linalg.inv(spread), off) / 2
    weight = np.exp(misfit - misfit.max())
    return float(weight.sum() ** 2 / (weight**2).sum())


def bands() -> dict[str, tuple[int, float]]:
    """Return of each band how many members the posterior has, and how many are left in effect."""
    best, *members = pq.read_table(DATA / "outcomes.parquet").to_pylist()
    every = read_targets()
    fitted = [one for one in every if one.role == "calibrate" and one.region == "NL" and one.id in best]
    known = ObservedTargets.of(fitted, every)
    errors = np.array([known.predicted(each) for each in members]) - known.observed
    place = {one.id: k for k, one in enumerate(fitted)}
    return {
        band: (len(members), left_in_effect(errors, known.covariance, [place[name] for name in names]))
        for band, names in BANDS.items()
    }


def text(found: Mapping[str, tuple[int, float]]) -> str:
    """Return it in words."""
    (members, _), *_ = found.values()
    told = ", ".join(f"{effective:.1f} at {band}" for band, (_, effective) in found.items())
    most = max(effective for _, effective in found.values())
    so = "too few to tell" if most < ENOUGH else "not too few everywhere"
    return (
        "Bands of ages are not left out in turn: each would take a fit of its own. Taken out of the "
        f"posterior by weights, of {members} members there would in effect be left {told}: {so}. Members "
        "differ in a band by about as much as its figures may be off, or more."
    )


if __name__ == "__main__":
    print(text(bands()))
