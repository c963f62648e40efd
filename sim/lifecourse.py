"""The only hot loop: every child through a stretch of months within one calendar year.

For each child and step one draw asks whether anything may happen at all, against an upper bound of
the child's total hazard. Most months of most children are quiet and end there. Otherwise the time
of the proposal within the step follows from the same draw, a second draw says which row of the
table it is, and the row is accepted with the ratio of its true hazard to its bound (thinning: Lewis
and Shedler 1979). Several events in a step are possible; between steps the law is memoryless, so
events come in continuous time and results do not depend on the length of a step beyond what
changes at its borders (birthdays, calendar rates, the town hall).

Everything is booked in one array `tally` of [kinds, AGES + GROUPS]: each kind (see `Layout`) by age
and by group, counted only while a child lives in the municipality.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.luck import OCCURRENCE, Decision, draw, uniform
from sim.population import LIFE_MONTHS
from sim.states import (
    ADDED_ROUTE,
    AGES,
    DURATION_BREAKS,
    FORMS,
    JEUGDHULP,
    MECHANISMS,
    MONTHS,
    QUINTILES,
    USER_SETS,
    form_bit,
)
from sim.transitions import CompiledTable

GROUPS = 2 * QUINTILES * 8
WIDTH = AGES + GROUPS
CHUNK = 16
MAX_STEPS = 64
MAX_ROWS = 64
MAX_GROUPS = 64
MAX_EVENTS = 1000
_ADDED = MECHANISMS.index(ADDED_ROUTE)
_JEUGDHULP = sum(form_bit(form) for form in JEUGDHULP)
_BREAKS = np.array(DURATION_BREAKS)
_REENTRY_MONTHS = 60.0
_SCALE = 1.0 / 2147483648.0
_SLACK = 1.0 + 1e-9  # the same sum in another order
_FORMS = len(FORMS)


class Exposure(NamedTuple):
    """What programmes do to the children of one block. K programmes.

    An effect builds up from the level at joining with time constant `build` and fades from the
    level at leaving by `decay` a month; `past_level` at `past_time` is what an earlier stay left.
    """

    past_level: NDArray[np.float32]  # [n, K]
    past_time: NDArray[np.float32]  # [n, K] months
    joins: NDArray[np.int16]  # [n, K] month
    leaves: NDArray[np.int16]  # [n, K] month
    log_effect: NDArray[np.float64]  # [K, mechanisms]; signalling: the added share instead
    build: NDArray[np.float64]  # [K] months
    decay: NDArray[np.float64]  # [K] per month


class Layout(NamedTuple):
    """Where each kind of count stands in a tally; `sets` says which user sets a mask belongs to."""

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
    kinds: int
    sets: NDArray[np.uint32]  # [masks]
    need: int  # process whose states from `unmet_from` on need care
    unmet_from: int
    state_total: int
    households: NDArray[np.int64]


def layout(table: CompiledTable) -> Layout:
    """Return the layout of tallies for a table."""
    rows, states, user_sets = len(table.rows), len(table.states), len(USER_SETS)
    classes = len(DURATION_BREAKS) + 1
    flow, time = 0, rows
    users = time + states
    stock_users = users + user_sets
    stock = stock_users + user_sets
    unmet = stock + states
    reentry = unmet + 3
    ended = reentry + _FORMS
    sets = np.zeros(1 << _FORMS, np.uint32)
    for mask in range(sets.size):
        active = {form for form in FORMS if mask & form_bit(form)}
        for k, (any_of, none_of) in enumerate(USER_SETS.values()):
            if active & any_of and not active & none_of:
                sets[mask] |= np.uint32(1 << k)
    need_states = [s for p, s in table.states if p == "need"]
    return Layout(
        flow, time, users, stock_users, stock, unmet, unmet + 1, unmet + 2, reentry, ended,
        ended + _FORMS * classes, sets, table.process("need"), need_states.index("moderate"),
        states, np.array(table.household_process, np.int64),
    )  # fmt: skip


class YearTable(NamedTuple):
    """The bounds of one calendar year for every age and key, for a child with all other factors 1.

    row: [AGES, keys, R] per month; group: [AGES, keys, groups], summed over the plain rows.
    """

    row: NDArray[np.float64]
    group: NDArray[np.float64]


@njit(nogil=True, cache=True)
def year_table(h, year):  # type: ignore[no-untyped-def]
    """Return the YearTable of calendar year EPOCH_YEAR + year."""
    rows = h.process.size
    row = np.zeros((h.bound.shape[2], h.key_count, rows))
    group = np.zeros((h.bound.shape[2], h.key_count, h.group_risk.size))
    for key in range(h.key_count):
        for r in range(rows):
            factor = 1.0
            for k in range(h.key_process.size):
                q = h.key_process[k]
                s = _key_state(h, key, k)
                if q == h.process[r] and s != h.origin[r]:
                    factor = 0.0
                for m in range(h.state_factor_first[r], h.state_factor_first[r + 1]):
                    if h.state_factor_process[m] == q:
                        factor *= h.state_factor[m, s]
            for age in range(row.shape[0]):
                row[age, key, r] = factor * h.bound[year, r, age]
        for r in h.plain_row:
            for age in range(row.shape[0]):
                group[age, key, h.group[r]] += row[age, key, r]
    return YearTable(row, group)


@njit(nogil=True, inline="always")
def _key_state(h, key, k):  # type: ignore[no-untyped-def]
    rest = key // h.key_stride[h.key_process[k]]
    if k + 1 < h.key_process.size:
        rest %= h.key_stride[h.key_process[k + 1]] // h.key_stride[h.key_process[k]]
    return rest


@njit(nogil=True, inline="always")
def _duration_class(h, d, months):  # type: ignore[no-untyped-def]
    k = 0
    while k < h.duration_break.shape[1] - 1 and months >= h.duration_break[d, k]:
        k += 1
    return k


@njit(nogil=True, inline="always")
def _group_factors(c, i, t, h, factors):  # type: ignore[no-untyped-def]
    """Fill `factors` with what multiplies each group of rows for child i from month t on."""
    for g in range(h.group_risk.size):
        factor = 1.0
        if h.group_risk[g] >= 0:
            factor = np.float64(c.risk[i, h.group_risk[g]])
        d = h.group_duration[g]
        if d >= 0:
            factor *= h.duration_bound[d, _duration_class(h, d, t - c.since[i, h.group_process[g]])]
        factors[g] = factor


@njit(nogil=True, inline="always")
def _key(c, i, h):  # type: ignore[no-untyped-def]
    """Return (key, plain): plain children have no care and rest in every process outside the key."""
    key = 0
    plain = True
    for p in range(c.state.shape[1]):
        if h.key_stride[p] > 0:
            key += h.key_stride[p] * c.state[i, p]
        elif c.state[i, p] != 0:
            plain = False
    return key, plain and c.forms[i] == 0


@njit(nogil=True, inline="always")
def _rows(c, i, h, table, age, key, plain, factors, bound, row):  # type: ignore[no-untyped-def]
    """Fill `bound` (per month) and `row` for the rows open to child i; return (total, number)."""
    total = 0.0
    count = 0
    if plain:
        for j in range(h.plain_row.size):
            r = h.plain_row[j]
            value = table.row[age, key, r] * factors[h.group[r]]
            bound[j] = value
            row[j] = r
            total += value
        count = h.plain_row.size
    else:
        for p in range(c.state.shape[1]):
            s = c.state[i, p]
            for r in range(h.first_row[p, s], h.first_row[p, s + 1]):
                value = table.row[age, key, r] * factors[h.group[r]]
                for m in range(h.form_factor_first[r], h.form_factor_first[r + 1]):
                    if c.forms[i] & h.form_factor_mask[m]:
                        value *= h.form_factor[m]
                bound[count] = value
                row[count] = r
                total += value
                count += 1
    return total, count


@njit(nogil=True, inline="always")
def effect_level(x, i, k, t):  # type: ignore[no-untyped-def]
    """Return how much of programme k's effect child i has at month t, 0..1."""
    if t < x.joins[i, k]:
        return x.past_level[i, k] * np.exp(-x.decay[k] * (t - x.past_time[i, k]))
    start = x.past_level[i, k] * np.exp(-x.decay[k] * (x.joins[i, k] - x.past_time[i, k]))
    if t < x.leaves[i, k]:
        return 1.0 - (1.0 - start) * np.exp(-(t - x.joins[i, k]) / x.build[k])
    top = 1.0 - (1.0 - start) * np.exp(-(x.leaves[i, k] - x.joins[i, k]) / x.build[k])
    return top * np.exp(-x.decay[k] * (t - x.leaves[i, k]))


@njit(nogil=True, inline="always")
def _programme_factor(x, i, mechanism, t):  # type: ignore[no-untyped-def]
    if mechanism == _ADDED:
        added = 0.0
        for k in range(x.build.size):
            if x.joins[i, k] <= t < x.leaves[i, k]:
                added += x.log_effect[k, mechanism]
        return added
    log_factor = 0.0
    for k in range(x.build.size):
        if t >= x.joins[i, k] or x.past_level[i, k] > 0.0:
            log_factor += x.log_effect[k, mechanism] * effect_level(x, i, k, t)
    return np.exp(log_factor)


@njit(nogil=True, inline="always")
def _move(c, i, p, to, t, h, lay, counted, age, group, year_start, tally):  # type: ignore[no-untyped-def]
    """Bring process p of child i to state `to` at month t, and book what it leaves."""
    origin = c.state[i, p]
    bit_from, bit_to = h.bits[p, origin], h.bits[p, to]
    if counted:
        if origin != 0:
            spent = t - max(np.float64(c.since[i, p]), year_start)
            kind = lay.time + h.state_index[p, origin]
            tally[kind, age] += spent
            tally[kind, AGES + group] += spent
        if bit_from:
            lasted = t - c.since[i, p]
            k = 0
            while k < _BREAKS.size and lasted >= _BREAKS[k]:
                k += 1
            form = 0
            while (bit_from >> form) != 1:
                form += 1
            tally[lay.ended + form * (_BREAKS.size + 1) + k, age] += 1.0
        if bit_to and not c.forms[i] & _JEUGDHULP and t - c.care_ended[i] < _REENTRY_MONTHS:
            form = 0
            while (bit_to >> form) != 1:
                form += 1
            tally[lay.reentry + form, age] += 1.0
            tally[lay.reentry + form, AGES + group] += 1.0
    had_help = c.forms[i] & _JEUGDHULP
    c.forms[i] = (c.forms[i] & ~bit_from) | bit_to
    c.used[i] |= bit_to
    if had_help and not c.forms[i] & _JEUGDHULP:
        c.care_ended[i] = t
    c.state[i, p] = to
    c.since[i, p] = t


@njit(nogil=True, inline="always")
def _close_year(c, i, t, whole, h, lay, age, group, year_start, tally):  # type: ignore[no-untyped-def]
    """Book child i's time up to month t, and (`whole`: still a youth on 31 December) the stocks."""
    for p in range(c.state.shape[1]):
        s = c.state[i, p]
        if s != 0:
            spent = t - max(np.float64(c.since[i, p]), year_start)
            kind = lay.time + h.state_index[p, s]
            tally[kind, age] += spent
            tally[kind, AGES + group] += spent
    member = lay.sets[c.used[i]]
    k = 0
    while member:
        if member & np.uint32(1):
            tally[lay.users + k, age] += 1.0
            tally[lay.users + k, AGES + group] += 1.0
        member >>= np.uint32(1)
        k += 1
    tally[lay.ever, age] += 1.0
    tally[lay.ever, AGES + group] += 1.0
    if not whole:
        return
    now = int(t - c.birth[i] - 1) // MONTHS  # age on 31 December, the day before month t begins
    for p in range(c.state.shape[1]):
        s = c.state[i, p]
        if s != 0:
            kind = lay.stock + h.state_index[p, s]
            tally[kind, now] += 1.0
            tally[kind, AGES + group] += 1.0
    member = lay.sets[c.forms[i]]
    k = 0
    while member:
        if member & np.uint32(1):
            tally[lay.stock_users + k, now] += 1.0
            tally[lay.stock_users + k, AGES + group] += 1.0
        member >>= np.uint32(1)
        k += 1
    if c.state[i, lay.need] >= lay.unmet_from and c.forms[i] == 0:
        tally[lay.unmet, now] += 1.0
        tally[lay.unmet, AGES + group] += 1.0
    tally[lay.people, now] += 1.0
    tally[lay.people, AGES + group] += 1.0


@njit(nogil=True, inline="always")
def _open_year(c, i, lay):  # type: ignore[no-untyped-def]
    combo = 0
    for k in range(lay.households.size):
        combo |= (c.state[i, lay.households[k]] & 1) << k
    c.group[i] = c.sex[i] + 2 * (c.quintile[i] + QUINTILES * combo)
    c.used[i] = c.forms[i]


@njit(nogil=True, inline="always")
def _birthday(c, i, turned, step, t, key, h, lay, counted, age, group, year_start, tally):  # type: ignore[no-untyped-def]
    for b in range(h.birthday_age.size):
        p = h.birthday_process[b]
        if h.birthday_age[b] == turned and c.state[i, p] == h.birthday_origin[b]:
            luck = draw(key, Decision.BIRTHDAY + b * OCCURRENCE, step, c.id[i])
            if luck < h.birthday_threshold[b]:
                _move(c, i, p, h.birthday_destination[b], t, h, lay, counted, age, group, year_start, tally)
                if counted:
                    tally[lay.flow + h.birthday_row[b], age] += 1.0
                    tally[lay.flow + h.birthday_row[b], AGES + group] += 1.0


@njit(nogil=True, inline="always")
def _accepted(c, i, x, h, year, row, first_age, age, bound_from, t):  # type: ignore[no-untyped-def]
    """Return the true hazard of a row at month t over its bound, which was set at `bound_from`.

    `first_age` is the age on 1 January: bounds hold for that age and the next.
    """
    ratio = h.rate[year, row, age] / h.bound[year, row, first_age]
    d = h.duration[row]
    if d >= 0:
        since = c.since[i, h.process[row]]
        ratio *= h.duration_factor[d, _duration_class(h, d, t - since)]
        ratio /= h.duration_bound[d, _duration_class(h, d, bound_from - since)]
    if h.mechanism[row] >= 0:
        ratio *= _programme_factor(x, i, h.mechanism[row], t)
    return ratio


@njit(nogil=True, inline="always")
def _bound_from(c, i, age, start, year_first, per_month, h):  # type: ignore[no-untyped-def]
    """Return the month from which the bound of child i holds at step `start` of a year.

    It is that of the last change of state (or of the last birthday that may bring one), or 1 January:
    the same however the year is cut into calls, so that the same events are proposed.
    """
    latest = max(year_first, c.birth[i] * per_month) / per_month
    if start > year_first:
        turned = c.birth[i] + (age + 1) * MONTHS
        if h.birthday_at[age + 1] and turned * per_month < start:
            latest = max(latest, np.float64(turned))
        for p in range(c.state.shape[1]):
            latest = max(latest, np.float64(c.since[i, p]))
    return latest


class Scratch(NamedTuple):
    """Room to work in, one per thread."""

    draws: NDArray[np.uint32]
    factors: NDArray[np.float64]
    bound: NDArray[np.float64]
    row: NDArray[np.int64]


@njit(nogil=True, cache=True, _nrt=False)
def advance(c, first, last, x, h, table, lay, luck, first_step, steps, per_month, year, record, tally, room):  # type: ignore[no-untyped-def]
    """Live `steps` steps from `first_step` for children first..last of one block.

    A step lasts 1 / per_month months; all steps lie in calendar year EPOCH_YEAR + year, whose
    bounds are `table`. Returns the number of proposals, or -1 where a child has more than
    MAX_EVENTS in a step. Compiled without reference counts (nothing is allocated here): counting
    them took two thirds of the time.
    """
    year_start = np.float64(year * MONTHS)
    year_first = year * MONTHS * per_month
    year_last = year_first + MONTHS * per_month
    length = 1.0 / per_month
    draws, factors, bound, row = room.draws, room.factors, room.bound, room.row
    proposals = 0
    for i in range(first, last):
        birth_step = c.birth[i] * per_month
        final_step = birth_step + LIFE_MONTHS * per_month
        start = max(first_step, birth_step)
        stop = min(first_step + steps, final_step)
        if start >= stop or c.departs[i] <= year:
            continue
        if start == year_first or start == birth_step:
            _open_year(c, i, lay)
        counted = record and c.arrives[i] <= year
        age = max(0, year * MONTHS - c.birth[i]) // MONTHS
        group = c.group[i]
        child = c.id[i]
        for chunk in range(0, steps, CHUNK):
            for s in range(chunk, chunk + CHUNK):  # a fixed number: compiles to vector instructions
                draws[s] = draw(luck, Decision.EVENT, first_step + s, child)
        smallest = np.uint32(0xFFFFFFFF)
        for s in range(start - first_step, stop - first_step):
            smallest = min(smallest, draws[s])
        key, plain = _key(c, i, h)
        bound_from = _bound_from(c, i, age, start, year_first, per_month, h)
        _group_factors(c, i, bound_from, h, factors)
        total = 0.0
        rows = 0
        if plain:
            for g in range(h.group_risk.size):
                total += table.group[age, key, g] * factors[g]
        else:
            total, rows = _rows(c, i, h, table, age, key, plain, factors, bound, row)
        turned = -(-(start - birth_step) // (MONTHS * per_month))
        birthday = birth_step + turned * MONTHS * per_month
        has_birthday = birthday < stop and h.birthday_at[turned]
        # P(event) = 1 - exp(-x) <= x: a draw above this is quiet without taking an exponential
        if smallest * _SCALE < total * length * _SLACK or has_birthday:
            if plain:
                total, rows = _rows(c, i, h, table, age, key, plain, factors, bound, row)
            for s in range(start, stop):
                if has_birthday and s == birthday:
                    _birthday(
                        c, i, turned, s, s * length, luck, h, lay, counted, age, group, year_start, tally
                    )
                    bound_from = s * length
                    key, plain = _key(c, i, h)
                    _group_factors(c, i, bound_from, h, factors)
                    total, rows = _rows(c, i, h, table, age, key, plain, factors, bound, row)
                chance = (draws[s - first_step] + 0.5) * _SCALE
                if chance >= total * length:
                    continue
                t = s * length
                events = 0
                while True:
                    t += -np.log1p(-chance) / total
                    if t >= (s + 1) * length:
                        break
                    proposals += 1
                    pick = uniform(luck, Decision.WHICH + events * OCCURRENCE, s, child) * total
                    j = 0
                    while j < rows - 1 and pick >= bound[j]:
                        pick -= bound[j]
                        j += 1
                    r = row[j]
                    now = min(int(t - c.birth[i]) // MONTHS, AGES - 1)
                    if pick < bound[j] * _accepted(c, i, x, h, year, r, age, now, bound_from, t):
                        _move(
                            c, i, h.process[r], h.destination[r], t, h, lay, counted, age, group,
                            year_start, tally,
                        )  # fmt: skip
                        if counted:
                            tally[lay.flow + r, age] += 1.0
                            tally[lay.flow + r, AGES + group] += 1.0
                        for m in range(h.set_first[r], h.set_first[r + 1]):
                            q = h.set_process[m]
                            if c.state[i, q] != h.set_state[m]:
                                _move(
                                    c, i, q, h.set_state[m], t, h, lay, counted, age, group,
                                    year_start, tally,
                                )  # fmt: skip
                        bound_from = np.float64(np.float32(t))  # as `since` keeps it
                        key, plain = _key(c, i, h)
                        _group_factors(c, i, bound_from, h, factors)
                        total, rows = _rows(c, i, h, table, age, key, plain, factors, bound, row)
                    events += 1
                    if events >= MAX_EVENTS:
                        return -1
                    if total <= 0.0:
                        break
                    chance = uniform(luck, Decision.EVENT + events * OCCURRENCE, s, child)
        if counted and (stop == year_last or stop == final_step):
            whole = stop == year_last and stop < final_step
            _close_year(c, i, stop * length, whole, h, lay, age, group, year_start, tally)
    return proposals


def no_exposure(n: int) -> Exposure:
    """Return the exposure of n children to no programme at all."""
    return Exposure(
        np.zeros((n, 0), np.float32), np.zeros((n, 0), np.float32), np.zeros((n, 0), np.int16),
        np.zeros((n, 0), np.int16), np.zeros((0, len(MECHANISMS))), np.zeros(0), np.zeros(0),
    )  # fmt: skip


def empty_tally(lay: Layout) -> NDArray[Any]:
    """Return a tally of zeros."""
    return np.zeros((lay.kinds, WIDTH))


def scratch() -> Scratch:
    """Return room for one thread."""
    return Scratch(
        np.empty(MAX_STEPS, np.uint32), np.empty(MAX_GROUPS), np.empty(MAX_ROWS), np.empty(MAX_ROWS, np.int64)
    )
