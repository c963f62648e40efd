"""The only hot loop: every child through a stretch of months within one calendar year.

For each child and step one draw asks whether anything may happen at all, against an upper bound of
the child's total hazard. Most months of most children are quiet and end there. Otherwise the time
of the proposal within the step follows from the same draw, a second draw says which row of the
table it is, and the row is accepted with the ratio of its true hazard to its bound (thinning: Lewis
and Shedler 1979). Several events in a step are possible; between steps the law is memoryless, so
events come in continuous time and results do not depend on the length of a step beyond what
changes at its borders (birthdays, calendar rates, the town hall).

Where places are limited (`Gate`), a start of care becomes a referral, and a child who waits stops at
the end of the step for the town hall (waitinglist.py) to decide. All others run on: nobody else meets
the town hall within a year.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.engine.counting import book, close_year, helped, move, open_year, refer, stop_waiting
from sim.engine.exposure import programme_factor
from sim.engine.population import LIFE_MONTHS
from sim.luck import OCCURRENCE, Decision, draw, uniform
from sim.machine.kernels import kernel
from sim.states import AGES, FORMS, JEUGDHULP, MONTHS, form_bit

CHUNK = 12
MAX_STEPS = 32 * MONTHS
MAX_ROWS = 96
MAX_EVENTS = 1000
_SCALE = 1.0 / 2147483648.0
_SLACK = 1.0 + 1e-9  # the same sum in another order
_FORMS = len(FORMS)
_JEUGDHULP = np.uint16(sum(form_bit(form) for form in JEUGDHULP))
_MAJORITY = 18


class YearTable(NamedTuple):
    """The bounds of one calendar year for every age and key, for a child with all other factors 1.

    row: [AGES, keys, R] per month; plain: [AGES, keys, plain groups], summed over the rows of a group.
    """

    row: NDArray[np.float64]
    plain: NDArray[np.float64]


@kernel
def year_table(h, year):  # type: ignore[no-untyped-def]
    """Return the YearTable of calendar year EPOCH_YEAR + year."""
    keys, rows = h.key_count, h.process.size
    key_process, process, origin = h.key_process, h.process, h.origin  # a field costs a count of references
    factor_first, factor_process, state_factor = (
        h.state_factor_first, h.state_factor_process, h.state_factor,
    )  # fmt: skip
    factors = np.ones((keys, rows))
    for key in range(keys):
        for k in range(key_process.size):
            q, state = key_process[k], _key_state(h, key, k)
            for r in range(rows):
                if q == process[r] and state != origin[r]:
                    factors[key, r] = 0.0
                for m in range(factor_first[r], factor_first[r + 1]):
                    if factor_process[m] == q:
                        factors[key, r] *= state_factor[m, state]
    bound, first, plain_row = h.bound[year], h.plain_first, h.plain_row
    row = np.empty((bound.shape[1], keys, rows))
    plain = np.zeros((bound.shape[1], keys, first.size - 1))
    for age in range(row.shape[0]):
        for key in range(keys):
            for r in range(rows):
                row[age, key, r] = factors[key, r] * bound[r, age]
            for g in range(plain.shape[2]):
                for j in range(first[g], first[g + 1]):
                    plain[age, key, g] += row[age, key, plain_row[j]]
    return YearTable(row, plain)


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


class Scratch(NamedTuple):
    """Room to work in, one per thread."""

    draws: NDArray[np.uint32]
    factors: NDArray[np.float64]
    bound: NDArray[np.float64]
    row: NDArray[np.int64]


def open_gate() -> Gate:
    """Return the gate of a world in which nobody waits."""
    return Gate(
        0, np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0, np.uint8), np.zeros(1, np.int64)
    )


def scratch() -> Scratch:
    """Return room for one thread."""
    return Scratch(
        np.empty(MAX_STEPS, np.uint32), np.empty(MAX_ROWS), np.empty(MAX_ROWS), np.empty(MAX_ROWS, np.int64)
    )


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
def _key(c, i, h):  # type: ignore[no-untyped-def]
    """Return (key, plain): plain children have no form or mark and rest in every process outside the key."""
    key = 0
    for k in range(h.key_process.size):
        p = h.key_process[k]
        key += h.key_stride[p] * c.state[i, p]
    plain = c.forms[i] == 0 and c.marks[i] == 0
    if plain:
        for k in range(h.other_process.size):
            if c.state[i, h.other_process[k]] != 0:
                plain = False
    return key, plain


@njit(nogil=True, inline="always")
def _bounds(c, i, t, h, table, age, key, plain, factors, bound, row):  # type: ignore[no-untyped-def]
    """Return (total bound per month of child i from month t on, number of rows open to it).

    For plain children the factor of each plain group goes into `factors` and no row is listed;
    for the others the open rows go into `row` and their bounds into `bound`.
    """
    total = 0.0
    count = 0
    if plain:
        for g in range(h.plain_risk.size):
            factor = 1.0
            if h.plain_risk[g] >= 0:
                factor = np.float64(c.risk[i, h.plain_risk[g]])
            d = h.plain_duration[g]
            if d >= 0:
                factor *= h.duration_bound[d, _duration_class(h, d, t - c.since[i, h.plain_process[g]])]
            factors[g] = factor
            total += table.plain[age, key, g] * factor
        return total, count
    flags = np.uint32(c.forms[i]) | (np.uint32(c.marks[i]) << 16)
    for p in range(c.state.shape[1]):
        s = c.state[i, p]
        for r in range(h.first_row[p, s], h.first_row[p, s + 1]):
            value = table.row[age, key, r]
            if value == 0.0:
                continue
            if h.risk[r] >= 0:
                value *= np.float64(c.risk[i, h.risk[r]])
            d = h.duration[r]
            if d >= 0:
                value *= h.duration_bound[d, _duration_class(h, d, t - c.since[i, p])]
            for m in range(h.flag_factor_first[r], h.flag_factor_first[r + 1]):
                if flags & h.flag_factor_mask[m]:
                    value *= h.flag_factor[m]
            bound[count] = value
            row[count] = r
            total += value
            count += 1
    return total, count


@njit(nogil=True, inline="always")
def _pick(pick, h, table, age, key, plain, count, factors, bound, row):  # type: ignore[no-untyped-def]
    """Return (row, its bound, what is left of `pick`) for a number between 0 and the total bound."""
    if plain:
        g = 0
        while g < h.plain_risk.size - 1 and pick >= table.plain[age, key, g] * factors[g]:
            pick -= table.plain[age, key, g] * factors[g]
            g += 1
        j = h.plain_first[g]
        while j < h.plain_first[g + 1] - 1 and pick >= table.row[age, key, h.plain_row[j]] * factors[g]:
            pick -= table.row[age, key, h.plain_row[j]] * factors[g]
            j += 1
        r = h.plain_row[j]
        return r, table.row[age, key, r] * factors[g], pick
    j = 0
    while j < count - 1 and pick >= bound[j]:
        pick -= bound[j]
        j += 1
    return row[j], bound[j], pick


@njit(nogil=True, inline="always")
def _birthday(c, i, turned, step, t, key, gate, h, lay, counted, age, group, year_start, tally):  # type: ignore[no-untyped-def]
    for b in range(h.birthday_age.size):
        p = h.birthday_process[b]
        if h.birthday_age[b] == turned and c.state[i, p] == h.birthday_origin[b]:
            luck = draw(key, Decision.BIRTHDAY + b * OCCURRENCE, step, c.id[i])
            if luck < h.birthday_threshold[b]:
                if counted:
                    _free(gate, h.bits[p, c.state[i, p]], t)
                    book(tally, lay.flow + h.birthday_row[b], age, group, 1.0)
                move(c, i, p, h.birthday_destination[b], t, h, lay, counted, age, group, year_start, tally)
    if turned == _MAJORITY and c.waits[i]:
        stop_waiting(c, i, _JEUGDHULP, t, False, lay, counted, age, group, year_start, tally)


@njit(nogil=True, inline="always")
def _free(gate, bits, t):  # type: ignore[no-untyped-def]
    """Tell the town hall that places of the capped forms in `bits` came free at month t."""
    if bits & gate.capped:
        for form in range(_FORMS):
            if bits & gate.capped & (1 << form):
                n = gate.freed[0]
                gate.freed[0] = n + 1
                if n < gate.freed_at.size:
                    gate.freed_at[n] = t
                    gate.freed_form[n] = form


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
    limit = h.mechanism_process[row]
    if h.mechanism[row] >= 0 and (limit < 0 or (h.mechanism_states[row] >> c.state[i, limit]) & 1):
        ratio *= programme_factor(x, i, h.mechanism[row], t)
    if h.shock.size:
        month = int(t) - h.shock_from
        if 0 <= month < h.shock.shape[0]:
            ratio *= h.shock[month, row]
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


@njit(nogil=True, inline="always")
def _admitted_in(c, i, h, gate, opened, now):  # type: ignore[no-untyped-def]
    """Return the months before `now` that child i has been in a place handed out since `opened`."""
    lead = 0.0
    for p in range(c.state.shape[1]):
        if h.bits[p, c.state[i, p]] & gate.capped and c.since[i, p] > opened:
            lead = max(lead, now - np.float64(c.since[i, p]))
    return lead


@kernel(_nrt=False)
def advance(  # type: ignore[no-untyped-def]
    c, first, last, who, x, h, table, lay, luck, first_step, steps, per_month, year, record, gate, tally, room
):
    """Live `steps` steps from `first_step` for children first..last of one block, or for those in `who`.

    A step lasts 1 / per_month months; all steps lie in calendar year EPOCH_YEAR + year, whose
    bounds are `table`. With `who` (rows of children who stopped for the town hall) first and last are
    not read. Returns the number of proposals, or -1 where a child has more than MAX_EVENTS in a step.
    Compiled without reference counts (nothing is allocated here): counting them took two thirds of
    the time.
    """
    year_start = np.float64(year * MONTHS)
    year_first = year * MONTHS * per_month
    year_last = year_first + MONTHS * per_month
    length = 1.0 / per_month
    draws, factors, bound, row = room.draws, room.factors, room.bound, room.row
    proposals = 0
    again = who.size > 0
    for n in range(who.size if again else last - first):
        i = np.uintp(who[n] if again else first + n)  # unsigned: no check for indices from the end
        birth_step = c.birth[i] * per_month
        final_step = birth_step + LIFE_MONTHS * per_month
        start = max(first_step, birth_step)
        stop = min(first_step + steps, final_step)
        if (start >= stop and not again) or c.departs[i] <= year:
            continue
        if start == year_first or start == birth_step:
            open_year(c, i, lay)
        counted = record and c.arrives[i] <= year
        gated = counted and gate.capped != 0
        if gated and c.waits[i]:
            stop = min(stop, start + 1)
        age = max(0, year * MONTHS - c.birth[i]) // MONTHS
        group = c.group[i]
        child = c.id[i]
        for s in range(CHUNK):  # a fixed number from 0: compiles to vector instructions
            draws[s] = draw(luck, Decision.EVENT, first_step + s, child)
        for s in range(CHUNK, stop - first_step):
            draws[s] = draw(luck, Decision.EVENT, first_step + s, child)
        smallest = np.uint32(0xFFFFFFFF)
        for s in range(start - first_step, stop - first_step):
            smallest = min(smallest, draws[s])
        key, plain = _key(c, i, h)
        bound_from = _bound_from(c, i, age, start, year_first, per_month, h)
        total, rows = _bounds(c, i, bound_from, h, table, age, key, plain, factors, bound, row)
        turned = -(-(start - birth_step) // (MONTHS * per_month))
        birthday = birth_step + turned * MONTHS * per_month
        has_birthday = birthday < stop and h.birthday_at[turned]
        # a place handed out within the last step may be left in what remained of that step
        lead = _admitted_in(c, i, h, gate, (start - 1) * length, start * length) if again and gated else 0.0
        # P(event) = 1 - exp(-x) <= x: a draw above this is quiet without taking an exponential
        if smallest * _SCALE < total * (length + lead) * _SLACK or has_birthday:
            for s in range(start, stop):
                if has_birthday and s == birthday:
                    _birthday(
                        c, i, turned, s, s * length, luck, gate, h, lay, counted, age, group, year_start,
                        tally,
                    )  # fmt: skip
                    bound_from = s * length
                    key, plain = _key(c, i, h)
                    total, rows = _bounds(c, i, bound_from, h, table, age, key, plain, factors, bound, row)
                chance = (draws[s - first_step] + 0.5) * _SCALE
                if chance < total * (length + lead):
                    t = s * length - lead
                    events = 0
                    while True:
                        t += -np.log1p(-chance) / total
                        if t >= (s + 1) * length:
                            break
                        proposals += 1
                        pick = uniform(luck, Decision.WHICH + events * OCCURRENCE, s, child) * total
                        r, most, pick = _pick(pick, h, table, age, key, plain, rows, factors, bound, row)
                        now = min(int(t - c.birth[i]) // MONTHS, AGES - 1)
                        p = h.process[r]
                        lived = t < s * length and not (
                            h.bits[p, c.state[i, p]] & gate.capped and c.since[i, p] < t
                        )  # only a place handed out since then is new; the rest of that step was lived
                        if not lived and pick < most * _accepted(
                            c, i, x, h, year, r, age, now, bound_from, t
                        ):
                            to = h.destination[r]
                            if gated and h.bits[p, to] & gate.capped:
                                refer(  # never before the step: those places were handed out
                                    c,
                                    i,
                                    p,
                                    h.bits[p, to],
                                    max(t, s * length),
                                    h,
                                    lay,
                                    counted,
                                    age,
                                    group,
                                    year_start,
                                    tally,
                                )
                            else:
                                if gated:
                                    _free(gate, h.bits[p, c.state[i, p]], max(t, s * length))
                                if counted:
                                    if h.outcome[r] >= 0 and helped(c, i):
                                        book(tally, lay.helped_before + h.outcome[r], age, group, 1.0)
                                    book(tally, lay.flow + r, age, group, 1.0)
                                move(c, i, p, to, t, h, lay, counted, age, group, year_start, tally)
                            for m in range(h.set_first[r], h.set_first[r + 1]):
                                q = h.set_process[m]
                                if c.state[i, q] != h.set_state[m]:
                                    move(
                                        c, i, q, h.set_state[m], t, h, lay, counted, age, group,
                                        year_start, tally,
                                    )  # fmt: skip
                            bound_from = np.float64(np.float32(t))  # as `since` keeps it
                            key, plain = _key(c, i, h)
                            total, rows = _bounds(
                                c, i, bound_from, h, table, age, key, plain, factors, bound, row
                            )
                        events += 1
                        if events >= MAX_EVENTS:
                            return -1
                        chance = uniform(luck, Decision.EVENT + events * OCCURRENCE, s, child)
                        if chance >= total * ((s + 1) * length - t):  # quiet to the end of the step
                            break
                lead = 0.0
                if gated and c.waits[i]:
                    stop = s + 1
                    break
        if gated:
            if c.waits[i] and start < stop < final_step:
                gate.paused[i] = stop - 1
                continue
            if stop == final_step:
                _free(gate, c.forms[i], stop * length)
                if c.waits[i]:
                    stop_waiting(
                        c, i, c.waits[i], stop * length, False, lay, counted, age, group, year_start, tally
                    )
        if counted and (stop == year_last or stop == final_step):
            close_year(
                c, i, stop * length, stop == year_last, stop == final_step, h, lay, age, group, year_start,
                tally,
            )  # fmt: skip
    return proposals
