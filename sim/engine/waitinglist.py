"""Places in care and the waiting lists for them.

A form of care has a contracted number of places. Who is referred joins the list of the form; a place
that comes free goes to the most urgent child on the list (complex before moderate before light need),
and among equals to the one who has waited longest. Places that come free and children who are referred
within a step of the engine meet in the order of their times, so that nobody waits where there is room,
and there are never more children than places.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.engine.counting import Books, Layout, book, form_of, move, stop_waiting
from sim.engine.population import LIFE_MONTHS, Children
from sim.engine.stretch import Gate
from sim.errors import SimulationError
from sim.faults import fault
from sim.luck import OCCURRENCE, Decision, uniform
from sim.machine.kernels import kernel
from sim.model.transitions import Hazards
from sim.states import FORMS, MONTHS, form_bit

Floats = NDArray[np.float64]
_FORMS = len(FORMS)


def gates(blocks: Sequence[Children], capped: Sequence[str]) -> list[Gate]:
    """Return the gate of each block for one year, with the places of the `capped` forms limited."""
    mask = sum(form_bit(form) for form in capped)
    return [
        Gate(
            mask,
            np.full(block.id.size, -1, np.int32),
            np.empty(4 * block.id.size + 64, np.float32),
            np.empty(4 * block.id.size + 64, np.uint8),
            np.zeros(1, np.int64),
        )
        for block in blocks
    ]


@kernel
def _occupied(c, epoch_year):  # type: ignore[no-untyped-def]
    count = np.zeros(_FORMS, np.int64)
    for i in range(c.id.size):
        here = c.arrives[i] <= epoch_year < c.departs[i]
        if here and c.birth[i] <= epoch_year * MONTHS < c.birth[i] + LIFE_MONTHS:
            for form in range(_FORMS):
                if c.forms[i] & (1 << form):
                    count[form] += 1
    return count


def occupied(blocks: Sequence[Children], epoch_year: int) -> NDArray[np.int64]:
    """Return how many residents are in each form of care on 1 January of EPOCH_YEAR + `epoch_year`."""
    counts = [_occupied(block, epoch_year) for block in blocks]
    return np.asarray(np.sum(counts, axis=0))


@kernel
def fill_places(free, since, urgency, child, freed_at, opens):  # type: ignore[no-untyped-def]
    """Hand out the places of one form during one step; return the time of admission, or -1 (still waiting).

    free: places free at the opening of the step; since, urgency, child: [n] who waits or is referred
    during the step; freed_at: times in the step at which places come free.
    """
    n = since.size
    admitted = np.full(n, -1.0)
    arrival = np.argsort(since, kind="mergesort")
    release = np.sort(freed_at)
    heap = [(np.int64(0), 0.0, np.int64(0), np.int64(0))]
    heap.pop()
    a = 0
    while a < n and since[arrival[a]] < opens:
        j = arrival[a]
        heapq.heappush(heap, (-np.int64(urgency[j]), np.float64(since[j]), np.int64(child[j]), np.int64(j)))
        a += 1
    e = 0
    now = opens
    while True:
        while free > 0 and len(heap) > 0:
            j = heapq.heappop(heap)[3]
            admitted[j] = max(now, np.float64(since[j]))
            free -= 1
        if e < release.size and (a >= n or release[e] <= since[arrival[a]]):
            now = np.float64(release[e])
            free += 1
            e += 1
        elif a < n:
            j = arrival[a]
            now = np.float64(since[j])
            heapq.heappush(
                heap, (-np.int64(urgency[j]), np.float64(since[j]), np.int64(child[j]), np.int64(j))
            )
            a += 1
        else:
            return admitted


@kernel
def _decide(c, rows, admitted, h, lay, key, step, length, withdraw, capped, epoch_year, tally):  # type: ignore[no-untyped-def]
    """Bring the admitted into care, and let some of the others leave the list.

    admitted: [rows, forms] time of admission, or -1. Returns the places freed by changing form, by form.
    """
    freed = np.zeros(_FORMS, np.int64)
    year_start = np.float64(epoch_year * MONTHS)
    end = (step + 1) * length
    for m in range(rows.size):
        i = rows[m]
        age = max(0, epoch_year * MONTHS - c.birth[i]) // MONTHS
        books = Books(tally, lay, 1.0, age, c.group[i], year_start)
        for form in range(_FORMS):
            bit = np.uint16(1 << form)
            if not c.waits[i] & bit:
                continue
            t = admitted[m, form]
            if t >= 0.0:
                p = 0
                while not h.forms_of[p] & bit:
                    p += 1
                to = 0
                while h.bits[p, to] != bit:
                    to += 1
                row = h.row_to[p, c.state[i, p], to]
                left = h.bits[p, c.state[i, p]]
                if left & capped:
                    freed[form_of(left)] += 1
                stop_waiting(c, i, bit, t, True, books)
                if row >= 0:
                    book(books, lay.flow + row, 1.0)
                move(c, i, p, to, t, h, books)
            else:
                rate = withdraw[c.state[i, lay.need]]
                luck = uniform(key, Decision.WITHDRAW + form * OCCURRENCE, step, c.id[i])
                if luck < -np.expm1(-rate / MONTHS * length):
                    stop_waiting(c, i, bit, end, False, books)
    return freed


@dataclass
class WaitingLists:
    """The waiting lists of one year, and what is counted in it. places: [forms], infinite: nobody waits.

    occupied: [forms] children in care at the opening of the next step. There may be more of them than
    places on 1 January, after contracts shrank or families moved in: help that runs is carried on, and
    nobody is admitted until enough of them have left. gates, tallies: of each block.
    """

    places: Floats
    occupied: NDArray[np.int64]
    gates: list[Gate]
    tallies: list[Floats]

    def admit(
        self,
        blocks: Sequence[Children],
        h: Hazards,
        lay: Layout,
        key: np.uint64,
        step: int,
        per_month: int,
        epoch_year: int,
        withdraw: Floats,
        pool: Executor,
    ) -> list[NDArray[np.int64]]:
        """Hand out the places of one step; return by block the rows of children who go on living.

        Raises SimulationError where more children are in care than there are places.
        """
        length = 1.0 / per_month
        rows = [np.flatnonzero(g.paused == step) for g in self.gates]
        for g, mine in zip(self.gates, rows, strict=True):
            g.paused[mine] = -1
        block = np.repeat(np.arange(len(blocks)), [mine.size for mine in rows])
        chosen = list(zip(blocks, rows, strict=True))
        waits = np.concatenate([b.waits[mine] for b, mine in chosen])
        since = np.concatenate([b.waits_since[mine] for b, mine in chosen])
        need = np.concatenate([b.state[mine, lay.need] for b, mine in chosen])
        child = np.concatenate([b.id[mine] for b, mine in chosen])
        freed = [_freed_in(g, step, length) for g in self.gates]
        freed_at = np.concatenate([at for at, _ in freed])
        freed_form = np.concatenate([form for _, form in freed])
        admitted = np.full((block.size, _FORMS), -1.0)
        most = np.maximum(self.places, self.occupied)
        for form in np.flatnonzero(np.isfinite(self.places)):
            waiting = np.flatnonzero(waits & (1 << int(form)))
            released = np.sort(freed_at[freed_form == form])
            free = int(np.floor(self.places[form] + 1e-9)) - int(self.occupied[form])
            times = fill_places(
                free, since[waiting, form], need[waiting], child[waiting], released, step * length
            )
            admitted[waiting, form] = times
            self.occupied[form] += int((times >= 0).sum()) - released.size
        changes = pool.map(
            lambda b: _decide(
                blocks[b], rows[b], admitted[block == b], h, lay, key, step, length, withdraw,
                self.gates[b].capped, epoch_year, self.tallies[b],
            ),
            range(len(blocks)),
        )  # fmt: skip
        self.occupied -= np.sum(list(changes), axis=0)
        if np.any(self.occupied > most + 1e-6) or self.occupied.min() < 0:
            raise SimulationError(fault("places_unlike_children", step=step))
        return rows


def _freed_in(gate: Gate, step: int, length: float) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    n = int(gate.freed[0])
    if n > gate.freed_at.size:
        raise SimulationError(fault("too_many_free_places"))
    at, form = gate.freed_at[:n], gate.freed_form[:n]
    inside = (at >= step * length) & (at < (step + 1) * length)
    return at[inside], form[inside]
