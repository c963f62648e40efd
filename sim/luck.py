"""Luck as a function: ``luck(seed, decision, step, child)``.

A child meets the same luck in every scenario, whatever happens to others and however many threads
run, because a draw is computed from its four coordinates and never taken from a stream. The
generator is Philox 2x32 with ten rounds (Salmon et al. 2011, "Parallel random numbers: as easy as
1, 2, 3", SC'11), a counter-based generator that passes BigCrush.

Coordinates: child 32 bits; step 16 bits; decision 16 bits; key 32 bits folded from the seed. A
draw is an integer in [0, 2^31): compared with thresholds of at most 2^31, so that "always" and
"never" are exact (a draw can never run past the end of a table).
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numba import njit

DRAW_RANGE = 1 << 31
"""Draws lie in [0, DRAW_RANGE); a threshold of DRAW_RANGE means always, 0 means never."""

MAX_STEP = (1 << 16) - 1
MAX_CHILD = (1 << 32) - 1

_MULTIPLIER = np.uint64(0xD256D193)
_WEYL = np.uint64(0x9E3779B9)
_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_16 = np.uint64(16)
_1 = np.uint64(1)


class Decision(IntEnum):
    """The registry of every decision that needs luck.

    A decision that can recur within one step (EVENT, WHICH) leaves room for occurrences: its n-th
    occurrence is ``decision + n * OCCURRENCE``.
    """

    CLOCK = 1  # how long an interval of a process lasts (one occurrence per process; the step is its number)
    WHICH = 2  # what a proposal of a process is, and whether it is accepted (the same way)
    BIRTHDAY = 3  # what ends at a birthday (one occurrence per row)
    SEX = 4
    NEIGHBOURHOOD = 5
    ATTRIBUTE = 6  # household factors at birth
    FRAILTY = 7
    DEPARTURE = 8
    JOIN = 9  # one occurrence per programme
    LEAVE = 10  # one occurrence per programme
    MODEL = 11  # the transition of a person in a published model
    MODEL_GROUP = 12
    MODEL_START = 13
    TRAIT = 14  # vulnerability at birth, one occurrence per trait
    WITHDRAW = 15  # leaving a waiting list, one occurrence per form
    FORK = 16  # how often a proposal is followed in two lives (occurrence: the clock; step: its number)
    SPLIT = 17  # the key of the luck of those lives (the same way)


OCCURRENCE = 32
"""Distance between occurrences of one decision; larger than every Decision."""


@njit(nogil=True, inline="always")
def philox(low: np.uint64, high: np.uint64, key: np.uint64) -> np.uint64:
    """Return the first 32-bit word of Philox 2x32-10 for a 64-bit counter and a 32-bit key."""
    for _ in range(10):
        product = _MULTIPLIER * low
        low = ((product >> _32) ^ key ^ high) & _LOW
        high = product & _LOW
        key = (key + _WEYL) & _LOW
    return low


@njit(nogil=True, inline="always")
def draw(key: np.uint64, decision: int, step: int, child: int) -> np.uint32:
    """Return the 31-bit draw at these coordinates; `key` comes from `key_of(seed)`."""
    counter = (np.uint64(decision) << _16) | np.uint64(step)
    return np.uint32(philox(np.uint64(child), counter, key) >> _1)


@njit(nogil=True, inline="always")
def uniform(key: np.uint64, decision: int, step: int, child: int) -> float:
    """Return the draw as a number in the open interval (0, 1), safe for logarithms."""
    return (np.float64(draw(key, decision, step, child)) + 0.5) / 2147483648.0


def key_of(seed: int, draw_index: int = 0, replication: int = 0) -> np.uint64:
    """Fold a seed, a parameter draw and a replication into the 32-bit key of `draw`.

    Each (draw, replication) has luck of its own, so that Monte Carlo noise averages out over draws;
    scenarios share it. The fold is SplitMix64 (Steele et al. 2014), applied once per coordinate.

    Raises ValueError where a coordinate is negative.
    """
    if min(seed, draw_index, replication) < 0:
        raise ValueError("seed, draw and replication must not be negative")
    state = 0
    for part in (seed, draw_index, replication):
        while True:
            state = _splitmix(state ^ (part & 0xFFFFFFFFFFFFFFFF))
            part >>= 64
            if part == 0:
                break
    return np.uint64((state >> 32) ^ (state & 0xFFFFFFFF))


def luck(seed: int, decision: Decision, step: int, child: int) -> float:
    """Return the luck in (0, 1) of one child for one decision at one step.

    Raises ValueError where step or child lies outside its range.
    """
    if not 0 <= step <= MAX_STEP or not 0 <= child <= MAX_CHILD:
        raise ValueError(f"step must be at most {MAX_STEP} and child at most {MAX_CHILD}")
    return float(uniform(key_of(seed), int(decision), step, child))


def _splitmix(state: int) -> int:
    mask = 0xFFFFFFFFFFFFFFFF
    state = (state + 0x9E3779B97F4A7C15) & mask
    z = state
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)
