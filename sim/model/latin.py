"""Luck of parameters over draws: a Latin hypercube that grows, with a sequence of its own for each name.

Of the first 2^k draws exactly one lies in each of 2^k equal parts of a parameter's distribution, for every k
(progressive Latin hypercube sampling: Sheikholeslami and Razavi 2017, Environmental Modelling & Software 93).
What a mean over draws owes to each parameter by itself is then nearly without luck, after few draws as after
many. Sequences of two names are independent.

A Sobol sequence would spread pairs of parameters as well, but only with far more draws than parameters: with
168 of them and 200 draws it ties some pairs together (correlations up to 0.9; 0.3 by chance alone), and its
points depend on which other parameters there are.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_BELOW_ONE = np.nextafter(1.0, 0.0)


def probability(key: int, seed: int, index: int) -> float:
    """Return the luck of a parameter in draw `index` (1 and up): where its distribution is read, in [0, 1).

    key: 32 bits for the name; seed: any number below 2^224.
    """
    return float(_sequence(key, seed, (index - 1).bit_length())[index - 1])


@lru_cache(maxsize=4096)
def _sequence(key: int, seed: int, doublings: int) -> NDArray[np.float64]:
    """Return the first 2^doublings values."""
    bits = np.random.Philox(key=key | (seed & 0xFFFFFFFF) << 96, counter=(seed >> 32) << 64)
    luck = np.random.Generator(bits)
    found = luck.random(1)
    for k in range(1, doublings + 1):
        parts = 1 << k
        empty = (found * parts).astype(np.int64) ^ 1  # the other half of the part of each value before
        added = (luck.permutation(empty) + luck.random(empty.size)) / parts
        found = np.concatenate([found, np.minimum(added, _BELOW_ONE)])
    found.flags.writeable = False
    return found
