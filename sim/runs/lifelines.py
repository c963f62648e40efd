"""One life of a simulated child as spans: which need, which care and which programme, from when to when.

Twins write down events, and states once a year; between two events of a process its state stands still.
What begins and ends within one month is written down at one moment, so that it has no length here. Never
simulates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.runs.life_events import Event, Life
from sim.runs.twins import Twins
from sim.states import EPOCH_YEAR, FORMS, MONTHS

NEED = "need"
_Change = tuple[float, int]
"""A month, and the state from then on."""


@dataclass(frozen=True)
class Span:
    """A part of a life. first, until: months since January of EPOCH_YEAR.

    lane: what it is about (`need`, a form of care, a programme); state: the need, or the lane again.
    """

    lane: str
    state: str
    first: float
    until: float

    @property
    def months(self) -> float:
        """Return how long it lasts."""
        return self.until - self.first


def lifeline(t: Twins, life: int, child: int) -> tuple[Span, ...]:
    """Return all spans of one life of a child (its position): need, then care, then programmes."""
    return (*need_spans(t, life, child), *care_spans(t, life, child), *attendance(t, life, child))


def need_spans(t: Twins, life: int, child: int) -> list[Span]:
    """Return the needs of a child one after the other, no need included, without gaps."""
    return [Span(NEED, state, first, until) for state, first, until in _spans(t, life, child, NEED)]


def care_spans(t: Twins, life: int, child: int) -> list[Span]:
    """Return the stays of a child in each form of care, in the order of FORMS."""
    bits = t.table.hazards.bits
    found = []
    for p, process in enumerate(t.table.processes):
        if not bits[p].any():
            continue
        names = _states(t, process)
        for state, first, until in _spans(t, life, child, process):
            if bit := int(bits[p, names.index(state)]):
                form = FORMS[bit.bit_length() - 1]
                found.append(Span(form, form, first, until))
    return sorted(found, key=lambda span: (FORMS.index(span.lane), span.first))


def attendance(t: Twins, life: int, child: int) -> list[Span]:
    """Return when a child comes to each programme; a stay that goes on is one span."""
    lived = t.lives[life]
    since, until = (float(month) for month in t.followed[child])
    january = (t.scenarios[0].start - EPOCH_YEAR) * MONTHS
    found: list[Span] = []
    for k, programme in enumerate(lived.programmes):
        mine: list[Span] = []
        for year, (joins, leaves) in enumerate(lived.attended[child, :, k].tolist()):
            first = max(float(joins), float(january + year * MONTHS), since)
            last = min(float(leaves), float(january + (year + 1) * MONTHS), until)
            if last <= first:
                continue
            if mine and mine[-1].until == first and joins < first:
                first = mine.pop().first
            mine.append(Span(programme, programme, first, last))
        found += mine
    return found


def _states(t: Twins, process: str) -> list[str]:
    return [state for name, state in t.table.states if name == process]


def _spans(t: Twins, life: int, child: int, process: str) -> list[tuple[str, float, float]]:
    """Return (state, from, until) of a process over the time in which a child is followed."""
    since, until = (float(month) for month in t.followed[child])
    if until <= since:
        return []
    names = _states(t, process)
    changes = [c for c in _changes(t, life, child, process) if c[0] < until]
    ends = [month for month, _ in changes[1:]] + [until]
    return [
        (names[state], month, end) for (month, state), end in zip(changes, ends, strict=True) if end > month
    ]


def _changes(t: Twins, life: int, child: int, process: str) -> list[_Change]:
    """Return the states of a process from the month in which a child is followed first."""
    hazards, lived = t.table.hazards, t.lives[life]
    since = int(t.followed[child, 0])
    found: list[_Change] = [(float(since), _at_first(t, lived, child, process, since))]
    events = [e for e in lived.events(child) if t.table.row_process[e.row] == process]
    while events:
        event = _next(events, [int(hazards.origin[e.row]) for e in events], found[-1][1])
        events.remove(event)
        found.append((event.month, int(hazards.destination[event.row])))
    return found


def _next(events: Sequence[Event], origins: Sequence[int], state: int) -> Event:
    """Return the next event: of those that came in the same moment, the one that leaves this state."""
    for event, origin in zip(events, origins, strict=True):
        if event.month == events[0].month and origin == state:
            return event
    return events[0]


def _at_first(t: Twins, lived: Life, child: int, process: str, since: int) -> int:
    """Return the state of need, or of a process of care, at the first month in which a child is followed."""
    year = since // MONTHS - (t.scenarios[0].start - EPOCH_YEAR) - 1  # of the last 31 December before it
    if process == NEED:
        return int(t.need_before[child] if year < 0 else lived.need[child, year])
    forms = int(t.forms_before[child] if year < 0 else lived.forms[child, year])
    bits = t.table.hazards.bits[t.table.process(process)]
    return next((s for s in range(bits.size) if int(bits[s]) & forms), 0)
