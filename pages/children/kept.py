"""The data that the page keeps of twins: a picture, a few pairs of lives, and totals; small for every run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.inputs.scenario import Scenario
from sim.progress import Tell
from sim.runs.experiment import Options
from sim.runs.life_events import Life, Parting
from sim.runs.lifelines import Span, lifeline, need_spans
from sim.runs.threads import run_threads
from sim.runs.twins import Total, Twins, twins
from sim.states import JEUGDHULP, MEASURES, WITH_RESIDENCE, form_bit

FEW = 24
"""Pairs of lives to choose from."""
NEEDS = ("none", "light", "moderate", "complex")
STATES = ("absent", *NEEDS, "measure", "wijkteam", "help", "residence")
"""What a child of the picture is in on 31 December; who has care is in the first of the last four that holds
from the end. The needs stand for children without any care."""
LEAST = 0.005
"""Months below which two lives have as much time with need: months are kept with that precision."""
SEVERE = ("moderate", "complex")
_MEASURE = sum(form_bit(form) for form in MEASURES)
_RESIDENCE = sum(form_bit(form) for form in WITH_RESIDENCE)
_HELP = sum(form_bit(form) for form in JEUGDHULP) & ~_RESIDENCE & ~form_bit("wijkteam")


@dataclass(frozen=True)
class Moment:
    """Something that happened: the month since January of EPOCH_YEAR, and the transition."""

    month: float
    process: str
    row: str
    origin: str
    destination: str


@dataclass(frozen=True)
class TwoLives:
    """Both lives of a simulated child; in each pair the reference comes first."""

    child: int
    birth: int
    followed: tuple[int, int]
    spans: tuple[tuple[Span, ...], tuple[Span, ...]]
    moments: tuple[tuple[Moment, ...], tuple[Moment, ...]]
    parts: Moment
    life: int
    mechanism: str
    euros: float

    def severe_months(self, life: int) -> float:
        """Return the months with moderate or complex need."""
        return sum(span.months for span in self.spans[life] if span.state in SEVERE)

    def care_months(self, life: int) -> float:
        """Return the months with care of any kind; forms that overlap count once."""
        forms = {*JEUGDHULP, *MEASURES}
        return covered([(s.first, s.until) for s in self.spans[life] if s.lane in forms])


@dataclass(frozen=True)
class DivergenceTotal:
    """One kind of parting in numbers: see sim.runs.twins.Total."""

    process: str
    row: str
    total: Total


@dataclass(frozen=True)
class Kept:
    """What is kept. n pictured children by birth; lives: the reference first.

    states: [2, n, years] position in STATES; severe: [2, n, years] moderate or complex need, of those who
    live here; births: [n] months; scale: real children for each simulated one; after: how many of the
    partings have (less, as much, more) time with moderate or complex need in the scenario's life; luck_known:
    see `Twins`.
    """

    start: int
    years: int
    scale: float
    births: NDArray[np.int64]
    states: NDArray[np.uint8]
    severe: NDArray[np.bool_]
    kinds: tuple[DivergenceTotal, ...]
    partings: int
    after: tuple[int, int, int]
    chosen: tuple[TwoLives, ...]
    luck_known: bool = True

    @staticmethod
    def after_of(lives: tuple[TwoLives, ...]) -> tuple[int, int, int]:
        """Return how many of some pairs have less, as much and more time with moderate or complex need."""
        found = Counter(after(both.severe_months(1) - both.severe_months(0)) for both in lives)
        return found[-1], found[0], found[1]

    @property
    def size(self) -> int:
        """Return the bytes of its arrays."""
        return int(self.births.nbytes + self.states.nbytes + self.severe.nbytes)


def live_twins(pair: tuple[Scenario, Scenario], options: Options, tell: Tell) -> Kept:
    """Live twins and keep what the page shows. Raises ValueError where scenarios do not share lives."""
    with run_threads() as pool:
        return kept(twins(*pair, options, pool, tell=tell))


def kept(t: Twins) -> Kept:
    """Return what the page shows of twins."""
    gains = {p.child: _severe_months(t, 1, p.child) - _severe_months(t, 0, p.child) for p in t.partings}
    signs = Counter(after(gain) for gain in gains.values())
    where = t.pictured
    return Kept(
        start=t.scenarios[0].start,
        years=t.scenarios[0].years,
        scale=t.scale,
        births=t.birth[where],
        states=np.stack([picture_states(life)[where] for life in t.lives]),
        severe=np.stack(
            [(life.need >= NEEDS.index("moderate"))[where] & life.here[where] for life in t.lives]
        ),
        kinds=tuple(DivergenceTotal(t.table.row_process[r.row], t.table.rows[r.row], r) for r in t.totals()),
        partings=len(t.partings),
        after=(signs[-1], signs[0], signs[1]),
        chosen=tuple(two_lives(t, parting) for parting in spread(t, gains, FEW)),
        luck_known=t.luck_known,
    )


def picture_states(life: Life) -> NDArray[np.uint8]:
    """Return the position in STATES of every child on 31 December, [n, years]."""
    found = life.need.astype(np.uint8) + STATES.index("none")
    for name, mask in (
        ("measure", _MEASURE), ("wijkteam", form_bit("wijkteam")), ("help", _HELP), ("residence", _RESIDENCE),
    ):  # fmt: skip
        found[life.forms & mask != 0] = STATES.index(name)
    found[~life.here] = STATES.index("absent")
    return found


def _severe_months(t: Twins, life: int, child: int) -> float:
    return sum(span.months for span in need_spans(t, life, child) if span.state in SEVERE)


def spread(t: Twins, gains: Mapping[int, float], few: int) -> list[Parting]:
    """Return a few partings that stand for all, in order of their kind and time.

    All are put in order: by what follows (less, as much, or more time with moderate or complex need in the
    scenario's life), then by kind, then by euros of care; and taken at equal distances. So each outcome and
    each kind is there about as often as it happens, for better and for worse.
    """
    common = Counter((p.row, p.life) for p in t.partings)

    def kind(p: Parting) -> tuple[int, int, int]:
        return -common[p.row, p.life], p.row, p.life

    ordered = sorted(
        t.partings,
        key=lambda p: (after(gains[p.child]), kind(p), float(t.euros[p.child].sum()), int(t.ids[p.child])),
    )
    few = min(few, len(ordered))
    taken = [ordered[int((k + 0.5) * len(ordered) / few)] for k in range(few)]
    return sorted(taken, key=lambda p: (kind(p), p.month))


def after(gain: float) -> int:
    """Return whether a gain of months is less than nothing (-1), nothing (0) or more (1)."""
    return 0 if abs(gain) < LEAST else -1 if gain < 0 else 1


def two_lives(t: Twins, parting: Parting) -> TwoLives:
    """Return both lives of a child that parts."""
    child = parting.child
    moments = [tuple(_moment(t, e.month, e.row) for e in t.lives[life].events(child)) for life in (0, 1)]
    return TwoLives(
        child=int(t.ids[child]),
        birth=int(t.birth[child]),
        followed=(int(t.followed[child, 0]), int(t.followed[child, 1])),
        spans=(lifeline(t, 0, child), lifeline(t, 1, child)),
        moments=(moments[0], moments[1]),
        parts=_moment(t, parting.month, parting.row),
        life=parting.life,
        mechanism=parting.mechanism,
        euros=float(t.euros[child].sum()),
    )


def _moment(t: Twins, month: float, row: int) -> Moment:
    process, hazards = t.table.row_process[row], t.table.hazards
    names = [state for name, state in t.table.states if name == process]
    origin, destination = names[int(hazards.origin[row])], names[int(hazards.destination[row])]
    return Moment(month, process, t.table.rows[row], origin, destination)


def covered(parts: list[tuple[float, float]]) -> float:
    """Return the length of the union of intervals."""
    total, reached = 0.0, -np.inf
    for first, until in sorted(parts):
        total += max(until - max(first, reached), 0.0)
        reached = max(reached, until)
    return float(total)
