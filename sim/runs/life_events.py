"""Lives of children written down month by month: every transition, and where two lives of a child part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.config import RunConfig
from sim.engine.counting import empty_tally
from sim.engine.exposure import Exposure
from sim.engine.forks import Rows
from sim.engine.history import form_states
from sim.engine.lifecourse import advance
from sim.engine.population import Children
from sim.engine.stretch import Stretch, Who, no_turn, nobody_else, open_gate, room_for, scratch
from sim.engine.warmup import NOBODY, NOT_ASIDE
from sim.errors import SimulationError
from sim.faults import fault
from sim.machine.kernels import kernel
from sim.model.transitions import CompiledTable
from sim.states import AGES, EPOCH_YEAR, FORMS, MECHANISMS, MONTHS

Floats = NDArray[np.float64]
_ROOM = 12
"""Transitions a child-year that there is room for; more than that is an impossible life."""


@dataclass(frozen=True)
class Event:
    """One transition of a child: month since January of EPOCH_YEAR, and the row of the table."""

    month: float
    row: int


@dataclass(frozen=True)
class Life:
    """What was written down of all children in one scenario. n children, in the order of `Twins.ids`.

    child, month, row: [events], by child and month; months_in_care: [n, years, forms]; need, forms: [n,
    years] on 31 December; here: [n, years] whether the child lived there. attended: [n, years, programmes,
    2] months from which and before which the child comes in that year or later, for each of `programmes`.
    """

    child: Rows
    month: Floats
    row: Rows
    months_in_care: Floats
    need: NDArray[np.uint8]
    forms: NDArray[np.uint16]
    here: NDArray[np.bool_]
    programmes: tuple[str, ...]
    attended: NDArray[np.int16]

    def events(self, child: int) -> list[Event]:
        """Return the events of one child (its position) in the order in which they came."""
        first, last = np.searchsorted(self.child, [child, child + 1])
        return [
            Event(float(m), int(r)) for m, r in zip(self.month[first:last], self.row[first:last], strict=True)
        ]


class LivedYear(NamedTuple):
    """What was written down in one year: as in Life, without its axis of years, and events in any order."""

    child: Rows
    month: Floats
    row: Rows
    months_in_care: Floats
    need: NDArray[np.uint8]
    forms: NDArray[np.uint16]
    here: NDArray[np.bool_]
    attended: NDArray[np.int16]


@dataclass(frozen=True)
class Parting:
    """Where the two lives of a child part.

    row: the transition that happened in one life only; life: 0 or 1, the life it happened in; mechanism:
    the way of a programme into that rate, or `later` where none reaches it.
    """

    child: int
    month: float
    row: int
    life: int
    mechanism: str


def when(month: float) -> str:
    """Return a month number as year and month."""
    whole = int(month)
    return f"{EPOCH_YEAR + whole // MONTHS}-{whole % MONTHS + 1:02d}"


def lived_year(
    c: Children, x: Exposure, table: CompiledTable, bounds: object, lay: object, config: RunConfig, index: int
) -> LivedYear:
    """Live one year of all children, month by month, and return what happened; `c` is changed.

    index: years since EPOCH_YEAR. Raises SimulationError where more happens than can be.
    """
    n = c.id.size
    room = _ROOM * n + 1000
    child, month, row = np.empty(room, np.int64), np.empty(room), np.empty(room, np.int64)
    care = np.zeros((n, len(FORMS)))
    kinds = np.array(form_states(table), np.int64)
    gate = open_gate()
    count = _record(
        c, x, table.hazards, bounds, lay, config.key, index, gate, empty_tally(lay), scratch(c),  # type: ignore[arg-type]
        kinds, NOBODY, NOT_ASIDE, nobody_else(), room_for(0), no_turn(), child, month, row, care,
    )  # fmt: skip
    if count < 0:
        raise SimulationError(fault("too_many_events_in_year", year=EPOCH_YEAR + index))
    need = c.state[:, table.process("need")].copy()
    here = (c.arrives <= index) & (c.departs > index) & (c.birth < (index + 1) * MONTHS)
    here &= (index + 1) * MONTHS - c.birth.astype(np.int64) <= AGES * MONTHS
    attended = np.stack([x.joins, x.leaves], axis=2)
    return LivedYear(
        child[:count], month[:count], row[:count], care, need, c.forms.copy(), here, attended
    )  # fmt: skip


@kernel
def _record(  # type: ignore[no-untyped-def]
    c, x, h, bounds, lay, luck, year, gate, tally, room, care_kinds, nobody, not_aside, alone, log, once,
    child, month, row, care,
):
    """Write down the transitions of every child in a year and its months in each form of care.

    Returns the number of transitions, or -1 where there is no room for them.
    """
    count = 0
    rows = h.process.size
    for i in range(c.id.size):
        age = max(0, year * 12 - c.birth[i]) // 12
        if age >= tally.shape[1]:
            continue
        for m in range(12):
            if advance(
                c, Who(i, i + 1, nobody, not_aside), x, h, bounds, lay, luck,
                Stretch(year * 12 + m, 1, 1, year, True), gate, tally, room, alone, log, once,
            ) < 0:  # fmt: skip
                return -1
            for r in range(rows):
                happened = tally[lay.flow + r, age]
                while happened > 0:
                    if count >= child.size:
                        return -1
                    p = h.process[r]
                    at = np.float64(c.since[i, p])
                    child[count] = i
                    month[count] = min(max(at, year * 12.0 + m), year * 12.0 + m + 1.0)
                    row[count] = r
                    count += 1
                    happened -= 1.0
                tally[lay.flow + r, age] = 0.0
        for f in range(care_kinds.size):
            kind = lay.time + care_kinds[f]
            care[i, f] = tally[kind, age]
            tally[kind, age] = 0.0
    return count


def life_of(years: list[LivedYear], n: int, programmes: tuple[str, ...]) -> Life:
    """Return the life of n children that single years make together."""

    def joined(name: str, kind: type[np.generic]) -> NDArray[Any]:
        return np.concatenate([np.empty(0, kind), *(getattr(year, name) for year in years)])

    def stacked(name: str, kind: type[np.generic], *width: int) -> NDArray[Any]:
        found = [getattr(year, name) for year in years]
        return np.asarray(np.stack(found, axis=1) if found else np.zeros((n, 0, *width)), kind)

    child, month, row = joined("child", np.int64), joined("month", np.float64), joined("row", np.int64)
    order = np.lexsort((row, month, child))
    return Life(
        child=child[order],
        month=month[order],
        row=row[order],
        months_in_care=stacked("months_in_care", np.float64, len(FORMS)),
        need=stacked("need", np.uint8),
        forms=stacked("forms", np.uint16),
        here=stacked("here", np.bool_),
        programmes=programmes,
        attended=stacked("attended", np.int16, len(programmes), 2),
    )


def partings(lives: tuple[Life, Life], table: CompiledTable) -> list[Parting]:
    """Return where lives part, of those that do: the first event that is in one of them only."""
    found = []
    n = lives[0].need.shape[0]
    bounds = [np.searchsorted(life.child, np.arange(n + 1)) for life in lives]
    for i in range(n):
        (a, b), (c, d) = ((bound[i], bound[i + 1]) for bound in bounds)
        ours = list(zip(lives[0].month[a:b].tolist(), lives[0].row[a:b].tolist(), strict=True))
        theirs = list(zip(lives[1].month[c:d].tolist(), lives[1].row[c:d].tolist(), strict=True))
        k = 0
        while k < min(len(ours), len(theirs)) and ours[k] == theirs[k]:
            k += 1
        if k == len(ours) == len(theirs):
            continue
        life = 0 if k >= len(theirs) or (k < len(ours) and ours[k] <= theirs[k]) else 1
        month, row = (ours, theirs)[life][k]
        mechanism = int(table.hazards.mechanism[row])
        found.append(Parting(i, month, row, life, MECHANISMS[mechanism] if mechanism >= 0 else "later"))
    return found
