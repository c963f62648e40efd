"""The books of the engine: every change of a child's state goes through here and is counted once.

Everything is booked in one array `tally` of [kinds, AGES + GROUPS]: each kind (see `Layout`) by age
and by group, counted only while a child lives in the municipality. `Books` says where and how.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.model.processes import NEED, UNMET_FROM
from sim.model.transitions import CompiledTable
from sim.states import (
    AGES,
    DURATION_BREAKS,
    FORMS,
    JEUGDHULP,
    MONTHS,
    QUINTILES,
    USER_SETS,
    WAITING,
    form_bit,
)

GROUPS = 2 * QUINTILES * 8
WIDTH = AGES + GROUPS
_JEUGDHULP = sum(form_bit(form) for form in JEUGDHULP)
_WAITING = np.uint16(WAITING)
_BREAKS = np.array(DURATION_BREAKS)
REENTRY_MONTHS = 60.0
NEVER_HELPED = -9999.0
_FORMS = len(FORMS)


class Layout(NamedTuple):
    """Where each kind of count stands in a tally; `sets` says which user set a mask belongs to."""

    flow: int  # one kind per row of the table
    time: int  # months in each state, one kind per state (the first state of a process is not booked)
    users: int  # one kind per user set: youths during the year
    stock_users: int  # the same on 31 December
    stock: int  # one kind per state: youths on 31 December
    unmet: int
    people: int
    ever: int  # youths who lived here at any time of the year
    reentry: int  # one kind per form: starts by youths with earlier help, none now
    ended: int  # [forms, duration classes], by age only
    referral: int  # one kind per form: joined its waiting list (a place may be free at once)
    waiting: int  # one kind per form: waiting on 31 December
    waiting_time: int  # one kind per form: months spent waiting in the year
    waited: int  # one kind per form: whole waiting time in months of those admitted in the year
    admitted: int  # one kind per form: got a place from its waiting list, at once or later
    withdrawn: int  # one kind per form: left the list without a place
    helped_before: int  # one kind per outcome: events of youths with jeugdhulp now or earlier
    whole_life: int  # by (had jeugdhulp, had outcome 0, had outcome 1, ...), at the 23rd birthday
    kinds: int
    sets: NDArray[np.uint32]  # [masks]
    need: int  # process whose states from `unmet_from` on need care
    unmet_from: int
    households: NDArray[np.int64]


class Books(NamedTuple):
    """Where what befalls one child in one year is booked, and as what.

    weight: how many children it stands for; 0 where nothing is booked, below 0 where a life is taken away
    again (forks.py). year_start: the month in which the year begins.
    """

    tally: NDArray[np.float64]
    lay: Layout
    weight: float
    age: int
    group: int
    year_start: float


def layout(table: CompiledTable) -> Layout:
    """Return the layout of tallies for a table."""
    sizes = {
        "flow": len(table.rows),
        "time": len(table.states),
        "users": len(USER_SETS),
        "stock_users": len(USER_SETS),
        "stock": len(table.states),
        "unmet": 1,
        "people": 1,
        "ever": 1,
        "reentry": _FORMS,
        "ended": _FORMS * (len(DURATION_BREAKS) + 1),
        "referral": _FORMS,
        "waiting": _FORMS,
        "waiting_time": _FORMS,
        "waited": _FORMS,
        "admitted": _FORMS,
        "withdrawn": _FORMS,
        "helped_before": len(table.outcomes),
        "whole_life": 2 << len(table.outcomes),
    }
    starts = dict(zip(sizes, np.cumsum([0, *sizes.values()]).tolist(), strict=False))
    need_states = [s for p, s in table.states if p == NEED]
    return Layout(
        **starts,
        kinds=sum(sizes.values()),
        sets=_user_sets(),
        need=table.process(NEED),
        unmet_from=need_states.index(UNMET_FROM),
        households=np.array(table.household_process, np.int64),
    )


@cache
def _user_sets() -> NDArray[np.uint32]:
    """Return which user sets each mask of forms belongs to, as bits, [masks]; not to be written."""
    sets = np.zeros(1 << _FORMS, np.uint32)
    for mask in range(sets.size):
        active = {form for form in FORMS if mask & form_bit(form)}
        for k, (any_of, none_of) in enumerate(USER_SETS.values()):
            if active & any_of and not active & none_of:
                sets[mask] |= np.uint32(1 << k)
    sets.flags.writeable = False
    return sets


def empty_tally(lay: Layout) -> NDArray[Any]:
    """Return a tally of zeros."""
    return np.zeros((lay.kinds, WIDTH))


@njit(nogil=True, inline="always")
def form_of(bit):  # type: ignore[no-untyped-def]
    """Return the index of the only form in a mask."""
    form = 0
    while (bit >> form) != 1:
        form += 1
    return form


@njit(nogil=True, inline="always")
def book(books, kind, amount):  # type: ignore[no-untyped-def]
    """Add an amount to a kind, by age and by group."""
    book_at(books, kind, books.age, amount)


@njit(nogil=True, inline="always")
def book_at(books, kind, age, amount):  # type: ignore[no-untyped-def]
    """Add an amount to a kind, by another age and by group."""
    books.tally[kind, age] += amount
    books.tally[kind, AGES + books.group] += amount


@njit(nogil=True, inline="always")
def helped(c, i):  # type: ignore[no-untyped-def]
    """Tell whether child i has or ever had jeugdhulp."""
    return c.forms[i] & _JEUGDHULP != 0 or c.care_ended[i] > NEVER_HELPED


@njit(nogil=True, inline="always")
def move(c, i, p, to, t, h, books):  # type: ignore[no-untyped-def]
    """Bring process p of child i to state `to` at month t, and book what it leaves.

    A move of a process ends the child's wait for another place in it.
    """
    lay, weight = books.lay, books.weight
    origin = c.state[i, p]
    bit_from, bit_to = h.bits[p, origin], h.bits[p, to]
    if weight != 0.0:
        if origin != 0:
            spent = t - max(np.float64(c.since[i, p]), books.year_start)
            book(books, lay.time + h.state_index[p, origin], spent * weight)
        if bit_from:
            lasted = t - c.since[i, p]
            k = 0
            while k < _BREAKS.size and lasted >= _BREAKS[k]:
                k += 1
            books.tally[lay.ended + form_of(bit_from) * (_BREAKS.size + 1) + k, books.age] += weight
        if bit_to and not c.forms[i] & _JEUGDHULP and t - c.care_ended[i] < REENTRY_MONTHS:
            book(books, lay.reentry + form_of(bit_to), weight)
    had_help = c.forms[i] & _JEUGDHULP
    c.forms[i] = (c.forms[i] & ~bit_from) | bit_to
    c.used[i] |= bit_to
    if had_help and not c.forms[i] & _JEUGDHULP:
        c.care_ended[i] = t
    mark = h.mark[p]
    if mark:
        c.marks[i] = (c.marks[i] | mark) if to != 0 else (c.marks[i] & ~mark)
    c.state[i, p] = to
    c.since[i, p] = t
    if c.waits[i] & h.forms_of[p]:
        stop_waiting(c, i, h.forms_of[p], t, False, books)


@njit(nogil=True, inline="always")
def refer(c, i, p, bit, t, h, books):  # type: ignore[no-untyped-def]
    """Put child i on the waiting list of a form of process p, in place of any other of that process."""
    if c.waits[i] & bit:
        return
    if c.waits[i] & h.forms_of[p]:
        stop_waiting(c, i, h.forms_of[p], t, False, books)
    form = form_of(bit)
    c.waits[i] |= bit
    c.waits_since[i, form] = t
    c.marks[i] |= _WAITING
    if books.weight != 0.0:
        book(books, books.lay.referral + form, books.weight)


@njit(nogil=True, _nrt=False)
def stop_waiting(c, i, mask, t, admitted, books):  # type: ignore[no-untyped-def]
    """Take child i off the waiting lists of the forms in `mask` at month t."""
    lay, weight = books.lay, books.weight
    for form in range(_FORMS):
        if c.waits[i] & mask & (1 << form):
            since = np.float64(c.waits_since[i, form])
            if weight != 0.0:
                # who lives the rest of a month again may leave a list before that list was joined
                spent = max(t - max(since, books.year_start), 0.0)
                book(books, lay.waiting_time + form, spent * weight)
                if admitted:
                    book(books, lay.waited + form, (t - since) * weight)
                    book(books, lay.admitted + form, weight)
                else:
                    book(books, lay.withdrawn + form, weight)
    c.waits[i] &= ~mask
    if not c.waits[i]:
        c.marks[i] &= ~_WAITING


@njit(nogil=True, inline="always")
def open_year(c, i, lay):  # type: ignore[no-untyped-def]
    """Fix the group of child i for a year, and start its list of forms used."""
    combo = 0
    for k in range(lay.households.size):
        combo |= (c.state[i, lay.households[k]] & 1) << k
    c.group[i] = c.sex[i] + 2 * (c.quintile[i] + QUINTILES * combo)
    c.used[i] = c.forms[i]


@njit(nogil=True, inline="always")
def close_year(c, i, t, whole, last, h, books):  # type: ignore[no-untyped-def]
    """Book child i's time up to month t.

    whole: t is the end of the year, so the stocks of 31 December too; last: t is the 23rd birthday, so
    the whole life too. Both, for who was born on 1 January: a youth on 31 December, and the day after not.
    """
    lay, weight, year_start = books.lay, books.weight, books.year_start
    now = int(t - c.birth[i] - 1) // MONTHS  # age on 31 December, the day before month t begins
    for p in range(c.state.shape[1]):
        s = c.state[i, p]
        if s != 0:
            index = h.state_index[p, s]
            spent = t - max(np.float64(c.since[i, p]), year_start)
            book(books, lay.time + index, spent * weight)
            if whole:
                book_at(books, lay.stock + index, now, weight)
    if c.used[i]:
        _book_sets(books, c.used[i], lay.users, books.age)
    book(books, lay.ever, weight)
    if last:
        life = int(helped(c, i))
        for k in range(h.outcome_process.size):
            life |= int(c.state[i, h.outcome_process[k]] != 0) << (k + 1)
        books.tally[lay.whole_life + life, books.age] += weight
    if not whole:
        return
    if c.forms[i]:
        _book_sets(books, c.forms[i], lay.stock_users, now)
    elif c.state[i, lay.need] >= lay.unmet_from:
        book_at(books, lay.unmet, now, weight)
    book_at(books, lay.people, now, weight)
    if c.waits[i]:
        for form in range(_FORMS):
            if c.waits[i] & (1 << form):
                spent = t - max(np.float64(c.waits_since[i, form]), year_start)
                book(books, lay.waiting_time + form, spent * weight)
                book_at(books, lay.waiting + form, now, weight)


@njit(nogil=True, inline="always")
def _book_sets(books, mask, first, age):  # type: ignore[no-untyped-def]
    member = books.lay.sets[mask]
    k = 0
    while member:
        if member & np.uint32(1):
            book_at(books, first + k, age, books.weight)
        member >>= np.uint32(1)
        k += 1
