"""What programmes do to the rates of the children who take part, and how effects build up and fade."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.states import ADDED_ROUTE, HEADROOM, MECHANISMS, WHILE_THERE

_ADDED = MECHANISMS.index(ADDED_ROUTE)
_WHILE_THERE = MECHANISMS.index(WHILE_THERE)
_MOST = np.array([HEADROOM[mechanism] for mechanism in MECHANISMS])


class Exposure(NamedTuple):
    """What programmes do to the children of one block. n children, K programmes, W sets of effects.

    An effect builds up from the level at joining with time constant `build` and fades from the
    level at leaving by `decay` a month; `past_level` is what an earlier stay left at `past_time`,
    before which it does not fade (a programme that carries on another's work keeps it alive).
    """

    past_level: NDArray[np.float32]  # [n, K]
    past_time: NDArray[np.float32]  # [n, K] months
    joins: NDArray[np.int16]  # [n, K] month
    leaves: NDArray[np.int16]  # [n, K] month
    log_effect: NDArray[np.float64]  # [W, K, mechanisms]; signalling: the added share instead
    build: NDArray[np.float64]  # [W, K] months
    decay: NDArray[np.float64]  # [W, K] per month


PER_CHILD = ("past_level", "past_time", "joins", "leaves")


def rows_of(x: Exposure, rows: slice | NDArray[np.int64]) -> Exposure:
    """Return the exposure of the given children, as a copy."""
    return x._replace(**{f: getattr(x, f)[rows].copy() for f in PER_CHILD})


@njit(nogil=True, inline="always")
def effect_level(x, i, k, t, w=0):  # type: ignore[no-untyped-def]
    """Return how much of programme k's effect (of set w) child i has at month t, 0..1."""
    if t < x.joins[i, k]:
        return x.past_level[i, k] * np.exp(-x.decay[w, k] * max(t - x.past_time[i, k], 0.0))
    start = x.past_level[i, k] * np.exp(-x.decay[w, k] * max(x.joins[i, k] - x.past_time[i, k], 0.0))
    if t < x.leaves[i, k]:
        return 1.0 - (1.0 - start) * np.exp(-(t - x.joins[i, k]) / x.build[w, k])
    top = 1.0 - (1.0 - start) * np.exp(-(x.leaves[i, k] - x.joins[i, k]) / x.build[w, k])
    return top * np.exp(-x.decay[w, k] * (t - x.leaves[i, k]))


@njit(nogil=True, inline="always")
def programme_factor(x, i, mechanism, t, w=0):  # type: ignore[no-untyped-def]
    """Return what programmes multiply a mechanism's rate by (signalling: the share they add).

    Never more than HEADROOM, for which the engine's bounds leave room.
    """
    if mechanism == _ADDED:
        added = 0.0
        for k in range(x.build.shape[1]):
            if x.joins[i, k] <= t < x.leaves[i, k]:
                added += x.log_effect[w, k, mechanism]
        return min(max(added, 0.0), _MOST[mechanism])  # it opens a route, and closes no other
    log_factor = 0.0
    for k in range(x.build.shape[1]):
        if mechanism == _WHILE_THERE and not x.joins[i, k] <= t < x.leaves[i, k]:
            continue
        if t >= x.joins[i, k] or x.past_level[i, k] > 0.0:
            log_factor += x.log_effect[w, k, mechanism] * effect_level(x, i, k, t, w)
    return min(np.exp(log_factor), _MOST[mechanism])
