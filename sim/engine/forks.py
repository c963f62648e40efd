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
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.engine.counting import REENTRY_MONTHS, helped
from sim.engine.exposure import PER_CHILD, Exposure
from sim.engine.history import settle
from sim.engine.lifecourse import advance
from sim.engine.population import LIFE_MONTHS, NEVER, Children
from sim.engine.stretch import Rivals, Turn, Who
from sim.machine.kernels import kernel
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


class Forks(NamedTuple):
    """Pairs of lives in one world that count for what it changes; of one block.

    children: two rows a pair; row: whose lives they are, by row of the block; the rest: see stretch.Turn.
    """

    children: Children
    row: Rows
    weight: NDArray[np.float64]
    clock: NDArray[np.int32]
    tick: NDArray[np.uint16]
    accepted: NDArray[np.bool_]
    luck: NDArray[np.uint64]


def no_forks(like: Children) -> Forks:
    """Return no forks."""
    return Forks(
        like.part(slice(0, 0)), np.empty(0, np.int64), np.empty(0), np.empty(0, np.int32),
        np.empty(0, np.uint16), np.empty(0, np.bool_), np.empty(0, np.uint64),
    )  # fmt: skip


def beside(worlds: Sequence[Exposure]) -> tuple[Exposure, list[Exposure]]:
    """Return exposures of the same children in some worlds as one, world by world, and the part of each."""
    whole = Exposure(*(np.concatenate([getattr(x, f) for x in worlds]) for f in Exposure._fields))
    n = worlds[0].joins.shape[0]

    def part(name: str, w: int) -> NDArray[Any]:
        size = n if name in PER_CHILD else 1
        return getattr(whole, name)[w * size : (w + 1) * size]  # type: ignore[no-any-return]

    return whole, [Exposure(*(part(f, w) for f in Exposure._fields)) for w in range(len(worlds))]


@kernel
def differing(mine, others, first, last):  # type: ignore[no-untyped-def]
    """Return which of the rows first..last have programmes that do something else in another world.

    others: W worlds, one after the other. A programme without effect, or one that a child never came to, does
    the same in every world.
    """
    n, programmes = mine.joins.shape
    worlds = others.build.shape[0]
    felt = np.zeros((worlds, programmes), np.bool_)
    same = np.ones((worlds, programmes), np.bool_)
    for w in range(worlds):
        for k in range(programmes):
            same[w, k] = mine.build[0, k] == others.build[w, k] and mine.decay[0, k] == others.decay[w, k]
            for m in range(mine.log_effect.shape[2]):
                a, b = mine.log_effect[0, k, m], others.log_effect[w, k, m]
                felt[w, k] |= a != 0.0 or b != 0.0
                same[w, k] &= a == b
    rows = np.empty(max(last - first, 0), np.int64)
    found = 0
    for i in range(first, last):
        differ = False
        for w in range(worlds):
            j = w * n + i
            for k in range(programmes):
                if not felt[w, k]:
                    continue
                came = mine.joins[i, k] != NEVER or mine.past_level[i, k] > 0.0
                differ |= (
                    (came and not same[w, k])
                    or mine.joins[i, k] != others.joins[j, k]
                    or mine.leaves[i, k] != others.leaves[j, k]
                    or mine.past_level[i, k] != others.past_level[j, k]
                    or mine.past_time[i, k] != others.past_time[j, k]
                )
        if differ:
            rows[found] = i
            found += 1
    return rows[:found].copy()


@kernel
def live_reference(  # type: ignore[no-untyped-def]
    c, x, others, rate, first, last, h, table, lay, luck, span, gate, tally, cells, room, alone, log,
    unwritten, once,
):  # fmt: skip
    """Live a year of rows first..last of a block in the reference, and write down where other worlds part.

    others: exposures of the other worlds, one after the other; log: room to write down. Counts go into
    `cells`. Returns (number of proposals or -1, rows whose lives may part, those children on 1 January);
    where `log` had not room enough, those rows alone have been lived, and nothing is counted.
    """
    nobody = np.empty(0, np.int64)
    rows = differing(x, others, first, last)
    eve = _gathered(c, rows, c, nobody)
    aside = np.zeros(c.id.size if rows.size else 0, np.bool_)
    log.number[0] = 0
    proposals = 0
    if rows.size:
        against = Rivals(others, others.build.shape[0], rate)
        for n in range(rows.size):
            aside[rows[n]] = True
        proposals = advance(
            c, Who(first, last, rows, aside[:0]), x, h, table, lay, luck, span, gate, tally, room, against,
            log, once,
        )  # fmt: skip
        if log.number[0] > log.child.size:
            tally[:] = 0.0
            return proposals, rows, eve
    rest = advance(
        c, Who(first, last, nobody, aside), x, h, table, lay, luck, span, gate, tally, room, alone, unwritten,
        once,
    )  # fmt: skip
    settle(tally, cells)
    return (proposals + rest if proposals >= 0 and rest >= 0 else -1), rows, eve


@kernel
def live_forks(  # type: ignore[no-untyped-def]
    forks, world, eve, rows, log, x, other, reference, cells, h, table, lay, luck, span, gate, tally, room,
    alone, unwritten,
):  # fmt: skip
    """Live a year of the forks of a block in one world, with those that begin in it.

    eve, rows, log: of the reference. x, other: exposures of the block in the reference and in this world.
    `cells` becomes what was counted in the `reference` and in the forks. Returns (number of proposals or -1,
    the forks that are left).
    """
    forks = _added(forks, world, eve, rows, log)
    turn = Turn(forks.row, forks.weight, forks.clock, forks.tick, forks.accepted, forks.luck, other)
    first = int(np.int64(0))  # a bare 0 would be a type of its own
    everyone = Who(first, forks.row.size, np.empty(0, np.int64), np.empty(0, np.bool_))
    proposals = advance(
        forks.children, everyone, x, h, table, lay, luck, span, gate, tally, room, alone, unwritten, turn
    )
    settle(tally, cells)
    for kind in range(cells.shape[0]):
        for column in range(cells.shape[1]):
            cells[kind, column] += reference[kind, column]
    return proposals, _next_year(forks, span.epoch_year, h)


@njit(nogil=True)
def _added(forks, world, eve, rows, log):  # type: ignore[no-untyped-def]
    """Return forks with the pairs that begin in a year: an event happens in one life and not in the other."""
    number = 0
    for n in range(log.number[0]):
        number += log.world[n] == world
    old = forks.row.size
    size = old + 2 * number
    row, weight, clock = np.empty(size, np.int64), np.empty(size), np.empty(size, np.int32)
    tick, accepted, luck = np.empty(size, np.uint16), np.empty(size, np.bool_), np.empty(size, np.uint64)
    row[:old], weight[:old], clock[:old] = forks.row, forks.weight, forks.clock
    tick[:old], accepted[:old], luck[:old] = forks.tick, forks.accepted, forks.luck
    child = np.empty(2 * number, np.int64)
    at = 0
    for n in range(log.number[0]):
        if log.world[n] == world:
            for life in range(2):
                j = old + at
                child[at] = np.searchsorted(rows, log.child[n])
                row[j], clock[j], tick[j], luck[j] = log.child[n], log.clock[n], log.tick[n], log.luck[n]
                weight[j] = log.weight[n] if life == 0 else -log.weight[n]
                accepted[j] = life == 0
                at += 1
    children = _gathered(forks.children, np.arange(old), eve, child)
    return Forks(children, row, weight, clock, tick, accepted, luck)


@njit(nogil=True)
def _next_year(forks, epoch_year, h):  # type: ignore[no-untyped-def]
    """Return forks after calendar year EPOCH_YEAR + `epoch_year`, with the clocks of pairs set alike.

    Lets go of who is not a youth here any more, and of pairs whose lives have become the same.
    """
    c, month = forks.children, (epoch_year + 1) * MONTHS
    apart = np.empty(forks.row.size, np.bool_)
    _bring_together(c, h, month, apart)
    kept = np.empty(forks.row.size, np.int64)
    found = 0
    for j in range(forks.row.size):
        if c.birth[j] + LIFE_MONTHS > month and c.departs[j] > epoch_year + 1 and apart[j]:
            kept[found] = j
            found += 1
    kept = kept[:found].copy()
    turned = np.full(found, -1, np.int32)
    return Forks(
        _gathered(c, kept, c, kept[:0]), forks.row[kept], forks.weight[kept], turned, forks.tick[kept],
        forks.accepted[kept], forks.luck[kept],
    )  # fmt: skip


@njit(nogil=True)
def _gathered(a, mine, b, theirs):  # type: ignore[no-untyped-def]
    """Return copies of some children, and after them of some others."""
    return Children(
        _values(a.id, mine, b.id, theirs),
        _values(a.birth, mine, b.birth, theirs),
        _values(a.arrives, mine, b.arrives, theirs),
        _values(a.departs, mine, b.departs, theirs),
        _values(a.sex, mine, b.sex, theirs),
        _values(a.quintile, mine, b.quintile, theirs),
        _values(a.traits, mine, b.traits, theirs),
        _table(a.risk, mine, b.risk, theirs),
        _table(a.state, mine, b.state, theirs),
        _table(a.since, mine, b.since, theirs),
        _values(a.forms, mine, b.forms, theirs),
        _values(a.marks, mine, b.marks, theirs),
        _values(a.used, mine, b.used, theirs),
        _values(a.waits, mine, b.waits, theirs),
        _table(a.waits_since, mine, b.waits_since, theirs),
        _values(a.group, mine, b.group, theirs),
        _values(a.care_ended, mine, b.care_ended, theirs),
        _table(a.left, mine, b.left, theirs),
        _table(a.ticks, mine, b.ticks, theirs),
        _values(a.run_to, mine, b.run_to, theirs),
    )


@njit(nogil=True)
def _values(a, mine, b, theirs):  # type: ignore[no-untyped-def]
    found = np.empty(mine.size + theirs.size, a.dtype)
    for j in range(mine.size):
        found[j] = a[mine[j]]
    for j in range(theirs.size):
        found[mine.size + j] = b[theirs[j]]
    return found


@njit(nogil=True)
def _table(a, mine, b, theirs):  # type: ignore[no-untyped-def]
    found = np.empty((mine.size + theirs.size, a.shape[1]), a.dtype)
    for j in range(mine.size):
        for k in range(a.shape[1]):
            found[j, k] = a[mine[j], k]
    for j in range(theirs.size):
        for k in range(a.shape[1]):
            found[mine.size + j, k] = b[theirs[j], k]
    return found


@njit(nogil=True)
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
