"""Forks: what another world changes, from the moments at which it could matter and from nothing else.

One world, the reference, is lived in full. Programmes act only on whether a proposed event is accepted. At a
proposal that another world accepts with chance a + d where the reference accepts it with a, the other world
changes an outcome by d times the difference between two lives from there on: one in which the event happens
and one in which it does not, both under the other world's programmes. The sum of that over all proposals met
in the reference is, in the mean, the whole difference between the two worlds (the performance difference
lemma: Kakade and Langford 2002; Duhamel's formula). It is taken over a sample of the proposals: each is
followed with chance min(1, rate * |d|) and counts the more for it (Russian roulette), so that nothing is left
out in the mean. Both lives share their luck.

Who comes to a programme depends on age, neighbourhood and luck alone. Where it depends on how others fare
(limited places) or on need, which programmes change, a world is lived in full instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.engine.counting import REENTRY_MONTHS, helped
from sim.engine.exposure import Exposure
from sim.engine.population import LIFE_MONTHS, Children
from sim.engine.stretch import Partings, Rivals, Turn
from sim.engine.warmup import PER_CHILD
from sim.machine.kernels import kernel
from sim.model.transitions import Hazards
from sim.states import MONTHS

Rows = NDArray[np.int64]
RATE, CHILDREN = 100.0, 5_000.0
"""How many pairs are followed for each life that would part by itself, with up to so many children."""
DRAWN = 0.25
"""Which part of that is enough in a draw of the parameters: luck averages out over draws."""


def rate_for(children: float, draw: int = 0) -> float:
    """Return how many pairs are followed for each life that would part by itself.

    Fewer where there are more children, for luck is smaller there: the work grows as their cube root. draw: 0
    is the best fit.
    """
    share = min(1.0, CHILDREN / max(children, 1.0))
    return float(RATE * share ** (2.0 / 3.0)) * (DRAWN if draw else 1.0)


def rows_of(x: Exposure, rows: Rows) -> Exposure:
    """Return the exposure of the given children."""
    return x._replace(**{f: getattr(x, f)[rows] for f in PER_CHILD})


def differing(mine: Exposure, others: Sequence[Exposure]) -> Rows:
    """Return the rows whose programmes do something else in another world than in this one.

    A programme without effect, or one that a child never came to, does the same in every world.
    """
    found = np.zeros(mine.joins.shape[0], np.bool_)
    for other in others:
        effects = (mine.log_effect, mine.build, mine.decay), (other.log_effect, other.build, other.decay)
        for k in range(mine.joins.shape[1]):
            if not mine.log_effect[0, k].any() and not other.log_effect[0, k].any():
                continue
            same = all(np.array_equal(a[0, k], b[0, k]) for a, b in zip(*effects, strict=True))
            for f in PER_CHILD:
                a, b = getattr(mine, f)[:, k], getattr(other, f)[:, k]
                found |= a != b
            if not same:
                came = (mine.joins[:, k] != _NEVER) | (mine.past_level[:, k] > 0.0)
                found |= came
    return np.flatnonzero(found)


_NEVER = np.int16(32767)


def rivals(others: Sequence[Exposure], rows: Rows, rate: float) -> Rivals:
    """Return what other worlds do to the given children."""
    parts = [rows_of(x, rows) for x in others]
    stacked = Exposure(*(np.concatenate([getattr(x, f) for x in parts]) for f in Exposure._fields))
    return Rivals(stacked, len(others), rate)


@dataclass
class Forks:
    """Pairs of lives in one world that count for what it changes; of one block.

    children: two rows a pair; row: whose lives they are, by row of the block; turn: see lifecourse.Turn.
    """

    children: Children
    row: Rows
    weight: NDArray[np.float64]
    clock: NDArray[np.int32]
    tick: NDArray[np.uint16]
    accepted: NDArray[np.bool_]
    luck: NDArray[np.uint64]

    @classmethod
    def none(cls, like: Children) -> Forks:
        """Return no forks."""
        return cls(
            like.part(slice(0, 0)), np.empty(0, np.int64), np.empty(0), np.empty(0, np.int32),
            np.empty(0, np.uint16), np.empty(0, np.bool_), np.empty(0, np.uint64),
        )  # fmt: skip

    def add(self, eve: Children, rows: Rows, log: Partings, world: int) -> None:
        """Add the pairs that begin in a year. eve: children of `rows` on 1 January; log: what was noted."""
        here = np.flatnonzero(log.world[: int(log.number[0])] == world)
        if not here.size:
            return
        twice = np.repeat(here, 2)
        accepted = np.tile(np.array([True, False]), here.size)
        child = log.child[twice]
        self.children = self.children.joined(eve.part(child))
        self.row = np.concatenate([self.row, rows[child]])
        self.weight = np.concatenate([self.weight, np.where(accepted, 1.0, -1.0) * log.weight[twice]])
        self.clock = np.concatenate([self.clock, log.clock[twice]])
        self.tick = np.concatenate([self.tick, log.tick[twice]])
        self.accepted = np.concatenate([self.accepted, accepted])
        self.luck = np.concatenate([self.luck, log.luck[twice]])

    def turn(self, x: Exposure) -> Turn:
        """Return how the lives turn; x: the world's programmes of all children of the block."""
        return Turn(self.weight, self.clock, self.tick, self.accepted, self.luck, rows_of(x, self.row))

    def next_year(self, year: int, h: Hazards) -> None:
        """Set the clocks of pairs alike after calendar year EPOCH_YEAR + `year`.

        Lets go of who is not a youth here any more, and of pairs whose lives have become the same.
        """
        self.clock = np.full(self.row.size, -1, np.int32)
        c, apart = self.children, np.empty(self.row.size, np.bool_)
        _bring_together(c, h, (year + 1) * MONTHS, apart)
        kept = np.flatnonzero((c.birth + LIFE_MONTHS > (year + 1) * MONTHS) & (c.departs > year + 1) & apart)
        if kept.size < self.row.size:
            self.children = Children._make(array[kept] for array in c)
            self.row, self.weight, self.clock = self.row[kept], self.weight[kept], self.clock[kept]
            self.tick, self.accepted, self.luck = self.tick[kept], self.accepted[kept], self.luck[kept]


@kernel
def _bring_together(c, h, month, apart):  # type: ignore[no-untyped-def]
    """Set the clocks of pairs (rows 2k, 2k + 1) alike, and write whether they differ in what counts later."""
    for k in range(c.id.size // 2):
        i, j = 2 * k, 2 * k + 1
        differ = _differ(c, i, j, h, month)
        apart[i] = apart[j] = differ
        for q in range(c.left.shape[1] if differ else 0):
            later = c.ticks[j, q] > c.ticks[i, q]
            ahead, behind = (j, i) if later else (i, j)
            if c.ticks[i, q] == c.ticks[j, q]:
                c.left[ahead, q] = min(c.left[i, q], c.left[j, q])
            c.ticks[behind, q] = c.ticks[ahead, q]
            c.left[behind, q] = c.left[ahead, q]


@njit(nogil=True, inline="always")
def _differ(c, i, j, h, month):  # type: ignore[no-untyped-def]
    """Tell whether two lives of a child differ in anything that rates or counts look at from a month on."""
    differ = c.forms[i] != c.forms[j] or c.marks[i] != c.marks[j] or helped(c, i) != helped(c, j)
    if c.care_ended[i] != c.care_ended[j]:
        differ |= month - max(c.care_ended[i], c.care_ended[j]) < REENTRY_MONTHS
    for p in range(c.state.shape[1]):
        s = c.state[i, p]
        if s != c.state[j, p]:
            differ = True
        elif c.since[i, p] != c.since[j, p]:
            if h.bits[p, s]:  # a stay in care is counted by how long it lasted
                differ = True
            for r in range(h.first_row[p, s], h.first_row[p, s + 1]):
                d = h.duration[r]
                for n in range(h.duration_break.shape[1] if d >= 0 else 0):
                    if np.isfinite(h.duration_break[d, n]):
                        differ |= month - max(c.since[i, p], c.since[j, p]) < h.duration_break[d, n]
    return differ
