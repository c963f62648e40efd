"""What a stretch of time is lived with: when, who, what the town hall hears, which lives are lived again."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.exposure import Exposure
from sim.engine.population import Children

_NO_EXPOSURE = Exposure(
    np.empty((0, 0), np.float32), np.empty((0, 0), np.float32), np.empty((0, 0), np.int16),
    np.empty((0, 0), np.int16), np.empty((0, 0, 0)), np.empty((0, 0)), np.empty((0, 0)),
)  # fmt: skip


class Gate(NamedTuple):
    """What limits the start of care, and what the town hall hears of a block. n children.

    capped: mask of forms with a limited number of places; 0 where nobody waits.
    paused: step at whose end a child stopped because it waits, or -1.
    freed_at, freed_form: places left, in order of children; freed: how many there are.
    """

    capped: int
    paused: NDArray[np.int32]  # [n]
    freed_at: NDArray[np.float32]
    freed_form: NDArray[np.uint8]
    freed: NDArray[np.int64]  # [1]


class Stretch(NamedTuple):
    """Which stretch of which calendar year is lived. A step lasts 1 / per_month months.

    first_step: steps since January of EPOCH_YEAR; epoch_year: years since then; record: whether to count.
    """

    first_step: int
    steps: int
    per_month: int
    epoch_year: int
    record: bool


class Who(NamedTuple):
    """Who of a block is lived: rows first..last without those `aside`, or the `listed` alone, if anybody is.

    listed: rows; where places are limited, of children who stopped for the town hall. aside: [n], or empty
    where nobody is.
    """

    first: int
    last: int
    listed: NDArray[np.int64]
    aside: NDArray[np.bool_]


class Rivals(NamedTuple):
    """Programmes of the same children in other worlds. n children, W worlds.

    x: exposures of W * n children, world by world, with W sets of effects. rate: a proposal whose acceptance
    differs by d between worlds is written down rate * |d| times in the mean; 0: never.
    """

    x: Exposure
    worlds: int
    rate: float


class Partings(NamedTuple):
    """Proposals at which a child's lives could part, as they are written down (forks.py).

    number: [1] how many there were; what did not fit is not written down. weight: how much more likely the
    other world accepts than this one, over how often it is written down in the mean. luck: the key of the
    luck that both lives have from there on.
    """

    number: NDArray[np.int64]
    child: NDArray[np.int64]
    world: NDArray[np.int64]
    clock: NDArray[np.int32]
    tick: NDArray[np.uint16]
    weight: NDArray[np.float64]
    luck: NDArray[np.uint64]


class Turn(NamedTuple):
    """How lives that are lived again differ from what they were, and what they stand for. Empty: not at all.

    row: [n] whose lives they are, by row of both exposures. weight: [n] how many children each stands for.
    clock, tick: [n] the proposal at which a life turns (clock -1: it has turned); accepted: [n] what becomes
    of it. From then on programmes are those of `x`, and luck has the key `luck`.
    """

    row: NDArray[np.int64]

    weight: NDArray[np.float64]
    clock: NDArray[np.int32]
    tick: NDArray[np.uint16]
    accepted: NDArray[np.bool_]
    luck: NDArray[np.uint64]
    x: Exposure


class Scratch(NamedTuple):
    """Room to work in, one per thread: the bound of each process."""

    bound: NDArray[np.float64]


def open_gate() -> Gate:
    """Return the gate of a world in which nobody waits."""
    return Gate(
        0, np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.uint8), np.zeros(1, np.int64)
    )


def nobody_else() -> Rivals:
    """Return the rivals of a world that is lived alone."""
    return Rivals(_NO_EXPOSURE, 0, 0.0)


def room_for(number: int) -> Partings:
    """Return room for so many partings."""
    return Partings(
        np.zeros(1, np.int64), np.empty(number, np.int64), np.empty(number, np.int64),
        np.empty(number, np.int32), np.empty(number, np.uint16), np.empty(number),
        np.empty(number, np.uint64),
    )  # fmt: skip


def no_turn() -> Turn:
    """Return the turn of lives that are lived once."""
    return Turn(
        np.empty(0, np.int64), np.empty(0), np.empty(0, np.int32), np.empty(0, np.uint16),
        np.empty(0, np.bool_), np.empty(0, np.uint64), _NO_EXPOSURE,
    )  # fmt: skip


def scratch(children: Children) -> Scratch:
    """Return room for one thread that lives some of these children."""
    return Scratch(np.empty(children.state.shape[1]))
