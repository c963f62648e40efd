"""Measures: every count of a history as a column of results. Money is in ledger.py.

A measure is added here, from what `Layout` (counting.py) says is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.history import MARGINS, History, Label, child_years_waiting
from sim.engine.townhall import Accounts
from sim.model.parameters import Parameters
from sim.model.processes import MALTREATED, MALTREATMENT_ENDS, NEED, NOT_TAKING_PART, SPECIAL_EDUCATION
from sim.model.registration import registered
from sim.states import AGES, DURATION_CLASSES, FORMS, JEUGDHULP, MEASURES, MONTHS, SEXES, USER_SETS

Floats = NDArray[np.float64]
LARGEST_SCALE_WITH_WAITING = 1.1
"""Fewer children share fewer places and wait longer for it: a sample says nothing about waits."""
WEEKS_PER_MONTH = 365.25 / 7 / MONTHS


class Measure(NamedTuple):
    """One column of results: its label, and its value by [years, blocks] in simulated children."""

    label: Label
    values: Floats


def measures(history: History, p: Parameters) -> list[Measure]:
    """Return every count of a history as labelled columns; money is in ledger.py."""
    return _Columns(history, p).all()


class _Columns:
    def __init__(self, history: History, p: Parameters) -> None:
        self.h, self.p = history, p
        self.cells, self.lay, self.table = history.cells, history.layout, history.table
        self.found: list[Measure] = []

    def all(self) -> list[Measure]:
        lay, states = self.lay, self.table.states
        self._spread("population", lay.people)
        needs = [(s, lay.stock + i) for i, (process, s) in enumerate(states) if process == NEED][1:]
        self._spread_sum("need_stock", [kind for _, kind in needs])
        with_need = sum((self._sum(kind) for _, kind in needs), np.zeros(self.cells.shape[:2]))
        self._add("need_stock", "need", "none", self._sum(lay.people) - with_need)
        for state, kind in needs:
            self._add("need_stock", "need", state, self._sum(kind))
        self._users()
        self._trajectories()
        self._spread("unmet_need", lay.unmet)
        self._waiting()
        self._outcomes()
        self._programmes()
        return self.found

    def _add(self, measure: str, breakdown: str, level: str, values: Floats) -> None:
        self.found.append(Measure((measure, breakdown, level), values))

    def _registered(self, group: str, budgets: bool = False) -> Floats:
        """Return [years, 1]: how many of a user set or form CBS registers for each that is lived."""
        shocks = self.h.registration
        return registered(group, self.h.years, self.p, shocks, budgets)[:, None]

    def _sum(self, kind: int) -> Floats:
        return np.asarray(self.cells[:, :, kind, :AGES].sum(axis=-1))

    def _spread(self, measure: str, kind: int, factor: Floats | float = 1.0) -> None:
        self._spread_cells(measure, self.cells[:, :, kind], factor)

    def _spread_sum(self, measure: str, kinds: list[int]) -> None:
        self._spread_cells(measure, self.cells[:, :, kinds].sum(axis=2), 1.0)

    def _spread_cells(self, measure: str, cells: Floats, factor: Floats | float) -> None:
        """Add the total and the breakdowns by age, sex and group of cells [years, blocks, CELLS]."""
        self._add(measure, "total", "all", cells[:, :, :AGES].sum(axis=-1) * factor)
        for age in range(AGES):
            self._add(measure, "age", str(age), cells[:, :, age] * factor)
        for m, level in enumerate(MARGINS):
            breakdown = "sex" if level in SEXES else "group"
            self._add(measure, breakdown, level, cells[:, :, AGES + m] * factor)

    def _users(self) -> None:
        lay, names = self.lay, list(USER_SETS)
        for measure, group, kinds in (
            ("care_users", "jeugdzorg", lay.users),
            ("jeugdhulp_users", "jeugdhulp", lay.users),
            ("care_stock", "jeugdzorg", lay.stock_users),
        ):
            self._spread(measure, kinds + names.index(group), self._registered(group, budgets=True))
        for k, name in enumerate(names):
            if name in ("jeugdzorg", "jeugdhulp"):
                continue
            shift = self._registered(name)
            self._add("care_users", "form", name, self._sum(lay.users + k) * shift)
            self._add("care_stock", "form", name, self._sum(lay.stock_users + k) * shift)
        for form in MEASURES:
            self._add("measures_stock", "form", form, self._sum(lay.stock_users + names.index(form)))
        both = sum(
            (self._sum(lay.stock_users + names.index(form)) for form in MEASURES),
            np.zeros(self.cells.shape[:2]),
        )
        self._add("measures_stock", "total", "all", both)

    def _trajectories(self) -> None:
        """Count starts, ends and active trajectories; those that came by registration count in ambulant."""
        bits = self.table.hazards.bits
        starts: dict[str, list[int]] = {form: [] for form in FORMS}
        ends: dict[str, list[int]] = {form: [] for form in FORMS}
        h = self.table.hazards
        for r in range(len(self.table.rows)):
            process = int(h.process[r])
            for book, state in ((starts, int(h.destination[r])), (ends, int(h.origin[r]))):
                if bits[process, state]:
                    book[FORMS[int(bits[process, state]).bit_length() - 1]].append(self.lay.flow + r)
        names = list(USER_SETS)
        stock = {form: self._sum(self.lay.stock_users + names.index(form)) for form in FORMS}
        ended = {form: sum((self._sum(k) for k in ends[form]), np.zeros(1)) for form in FORMS}
        self._by_form("care_starts", lambda f: sum((self._sum(k) for k in starts[f]), np.zeros(1)))
        self._by_form("care_ends", lambda f: ended[f])
        self._by_form("trajectories_active", lambda f: stock[f] + ended[f])
        self._by_form("care_reentries", lambda f: self._sum(self.lay.reentry + FORMS.index(f)))
        classes = len(DURATION_CLASSES)
        for k, level in enumerate(DURATION_CLASSES):
            total = np.zeros(self.cells.shape[:2])
            for f, form in enumerate(JEUGDHULP):
                total = total + self._sum(self.lay.ended + f * classes + k) * self._registered(form)
            self._add("care_duration_ended", "duration", level, total)

    def _by_form(self, measure: str, count: Callable[[str], Floats]) -> None:
        total = np.zeros(self.cells.shape[:2])
        for form in FORMS:
            values = count(form) * self._registered(form)
            self._add(measure, "form", form, values)
            if form in JEUGDHULP:
                total = total + values
        self._add(measure, "total", "all", total)

    def _waiting(self) -> None:
        """Count who waits; weeks are the mean wait, from referral to start, of those who start in a year.

        Blocks share the places, so that the spread over who waits in each says little of the luck of a list
        (see `waiting_by_block`). That of the weeks follows by Little's law: a list is a wait times a flow.
        """
        places, scale = self.h.accounts.places, self.h.scale or 1.0
        if not any(places) or self.h.scale > LARGEST_SCALE_WITH_WAITING:
            return
        shape = self.cells.shape[:2]
        stock, spread, months, starts = (np.zeros(shape) for _ in range(4))
        queued, used = child_years_waiting(self.cells, self.lay), self.h.place_years()
        for form in places[0]:
            f = FORMS.index(form)
            waiting, waited, admitted = (
                self._sum(kind + f) for kind in (self.lay.waiting, self.lay.waited, self.lay.admitted)
            )
            in_care = self._sum(self.lay.stock_users + list(USER_SETS).index(form))
            there, shift = self.h.by_block(partial(_places, form)) / scale, self._registered(form)
            places_there = there.sum(axis=1)
            moved = waiting_by_block(waiting, in_care, places_there)
            waiting = (waiting.sum(axis=1, keepdims=True) / shape[1] + moved) * shift
            years, moved = queued[..., f], waiting_by_block(queued[..., f], used[..., f], places_there)
            self._add("waiting_stock", "form", form, waiting)
            self._add("waiting_weeks", "form", form, _mean_weeks(waited, admitted, years, moved) / scale)
            self._add("places", "form", form, there * shift)
            stock, spread = stock + waiting, spread + moved
            months, starts = months + waited, starts + admitted
        self._add("waiting_stock", "total", "all", stock)
        there = queued[..., [FORMS.index(form) for form in places[0]]].sum(axis=-1)
        self._add("waiting_weeks", "total", "all", _mean_weeks(months, starts, there, spread) / scale)

    def _outcomes(self) -> None:
        """Count what befalls youths and what they do, and how many of them had jeugdhulp before."""
        lay, table = self.lay, self.table
        for k, outcome in enumerate(table.outcomes):
            row = int(np.flatnonzero(table.hazards.outcome == k)[0])
            self._spread(outcome, lay.flow + row)
            self._spread(f"{outcome}_helped_before", lay.helped_before + k)
        if MALTREATED in table.states:
            spells = lay.stock + table.state(*MALTREATED)
            ended = self.cells[:, :, lay.flow + table.row(MALTREATMENT_ENDS)]
            self._spread_cells("maltreated", self.cells[:, :, spells] + ended, 1.0)
        if NOT_TAKING_PART in table.states:
            absent = self.cells[:, :, lay.stock + table.state(*NOT_TAKING_PART)]
            self._spread_cells("taking_part", self.cells[:, :, lay.people] - absent, 1.0)
        if SPECIAL_EDUCATION in table.states:
            self._spread("special_education", lay.stock + table.state(*SPECIAL_EDUCATION))
        for life in range(2 << len(table.outcomes)):
            had = [name for k, name in enumerate(("care", *table.outcomes)) if life >> k & 1]
            self._add("whole_life", "history", "+".join(had) or "none", self._sum(lay.whole_life + life))

    def _programmes(self) -> None:
        for name in self.h.programmes:
            fte = self.h.by_block(partial(at_work, name))
            self._add("programme_fte", "programme", name, fte / (self.h.scale or 1.0))
            for measure in ("places", "participants"):
                self._add(f"programme_{measure}", "programme", name, attendance(self.h, name, measure))


def at_work(name: str, accounts: Accounts) -> Floats:
    """Return the mean FTE at work in a programme in each year, [years]."""
    return np.asarray(np.array(accounts.fte[name]).reshape(-1, MONTHS).mean(axis=1))


def attendance(history: History, name: str, measure: str) -> Floats:
    """Return places or participants of a programme by [years, blocks], in simulated children.

    Their luck is that of who works there: in proportion, though attendance flattens a little.
    """
    simulated = np.array([getattr(year, measure) for year in history.programmes[name]])
    fte = at_work(name, history.accounts)[: simulated.size]
    there = history.by_block(partial(at_work, name))
    each = np.divide(simulated, fte, out=np.zeros(fte.size), where=fte > 0)
    even = np.where(fte > 0, 0.0, simulated) / there.shape[1]
    return np.asarray(each[:, None] * there + even[:, None])


def _places(form: str, accounts: Accounts) -> Floats:
    return np.array([year[form] for year in accounts.places])


def waiting_by_block(waiting: Floats, in_care: Floats, places: Floats) -> Floats:
    """Return what each block moves in the number who wait for one form of care, [years, blocks].

    waiting, in_care: [years, blocks], on a day or in the mean of a year; places: [years]. How many want a
    place, waiting or there, is independent from block to block. One more of them waits where all places are
    taken, and else finds a free one: the share of the first is taken as those who wait over them and the free
    places.
    """
    wanted = waiting + in_care
    queue = waiting.sum(axis=1, keepdims=True)
    free = np.maximum(places[:, None] - in_care.sum(axis=1, keepdims=True), 0.0)
    share = np.divide(queue, queue + free, out=np.zeros(queue.shape), where=queue + free > 0)
    return np.asarray(share * (wanted - wanted.mean(axis=1, keepdims=True)))


def _mean_weeks(months: Floats, starts: Floats, queued: Floats, moved: Floats) -> Floats:
    """Return weeks per start by [years, blocks], which add up to those of all; 0 where nobody started.

    months, starts: of those who start in a year. queued: child-years that all spend waiting in it, also those
    who leave the list; moved: what each block moves in them.
    """
    spent, number, waiting = (part.sum(axis=1, keepdims=True) for part in (months, starts, queued))
    each = np.minimum(np.divide(spent, waiting, out=np.zeros(spent.shape), where=waiting > 0), MONTHS)
    total = spent / months.shape[1] + each * moved
    found = np.divide(total, number, out=np.zeros(moved.shape), where=number > 0)
    return np.asarray(found * WEEKS_PER_MONTH)
