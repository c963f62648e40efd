"""The clock of a state: a Poisson process of rate one; interval n is a function of seed, n and child."""

from __future__ import annotations

import numpy as np
from numba import njit

from sim.luck import OCCURRENCE, Decision, uniform


@njit(nogil=True, inline="always")
def interval(key, k, tick, child):  # type: ignore[no-untyped-def]
    """Return interval `tick` of clock k of a child: exponential with mean one."""
    return -np.log(uniform(key, Decision.CLOCK + k * OCCURRENCE, tick, child))


@njit(nogil=True, inline="always")
def renew(c, i, p, luck):  # type: ignore[no-untyped-def]
    """Start the next interval of the clock of process p."""
    c.ticks[i, p] += 1
    c.left[i, p] = interval(luck, p, c.ticks[i, p], c.id[i])
