"""The only hot loop: every child through a stretch of time within one calendar year.

Each process of a child has a clock: a Poisson process of rate one, run at the upper bound of the hazards that
are open in the present state (Anderson 2007; Rathinam, Sheppard and Khammash 2010). Its n-th interval is a
function of seed, process, n and child. A year in which no clock runs out is quiet: the bounds are subtracted
and nothing is drawn. Where one runs out, a second draw says which row of the table it is and whether it is
accepted, with the ratio of its true hazard to its bound (thinning: Lewis and Shedler 1979). Other clocks go
on at their new rates. Two lives that differ in one process share the luck of all others, and results do not
depend on the length of a step.

Where places are limited (`Gate`), a start of care becomes a referral, and a child who waits stops at
the end of the step for the town hall (waitinglist.py) to decide. All others run on: nobody else meets
the town hall within a year.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.engine.clocks import interval, renew
from sim.engine.counting import Books, book, close_year, helped, move, open_year, refer, stop_waiting
from sim.engine.exposure import programme_factor
from sim.engine.population import LIFE_MONTHS
from sim.luck import OCCURRENCE, Decision, draw, uniform
from sim.machine.kernels import kernel
from sim.states import AGES, FORMS, JEUGDHULP, MONTHS, form_bit

MOST_TICKS = (1 << 16) - 2
"""More than so many proposals in a life are impossible: the clock of a process has no more intervals."""
_FORMS = len(FORMS)
_JEUGDHULP = np.uint16(sum(form_bit(form) for form in JEUGDHULP))
_MAJORITY = 18
_COPY = np.uint64(0x9E3779B9)
_KEYS = np.uint64(0xFFFFFFFF)


class YearTable(NamedTuple):
    """The bounds of one calendar year for every age and key, for a child with all other factors 1.

    row: [AGES, keys, R] per month; plain: [AGES, keys, plain groups], summed over the rows of a group.
    """

    row: NDArray[np.float64]
    plain: NDArray[np.float64]


@kernel
def year_table(h, epoch_year):  # type: ignore[no-untyped-def]
    """Return the YearTable of calendar year EPOCH_YEAR + `epoch_year`."""
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
    bound, first, plain_row = h.bound[epoch_year], h.plain_first, h.plain_row
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
def _bounds(c, i, since_year, h, table, age, key, plain, bound):  # type: ignore[no-untyped-def]
    """Write the bound per month of each process of child i to `bound`: 0 for need that moves along.

    It holds until the child changes state or the year ends. since_year: the month from which the year counts
    for this child (1 January or its birth): classes of duration are bounded from then on.
    """
    processes = c.state.shape[1]
    for p in range(processes):
        bound[p] = 0.0
    if plain:
        for g in range(h.plain_risk.size):
            value = table.plain[age, key, g]
            if h.plain_risk[g] >= 0:
                value *= np.float64(c.risk[i, h.plain_risk[g]])
            d = h.plain_duration[g]
            p = h.plain_process[g]
            if d >= 0:
                value *= h.duration_bound[d, _duration_class(h, d, max(since_year - c.since[i, p], 0.0))]
            bound[p] += value
    else:
        flags = np.uint32(c.forms[i]) | (np.uint32(c.marks[i]) << 16)
        for p in range(processes):
            s = c.state[i, p]
            for r in range(h.first_row[p, s], h.first_row[p, s + 1]):
                bound[p] += _row_bound(c, i, r, p, flags, since_year, h, table, age, key)
    if _along(c, i, h):
        bound[h.echo] = 0.0


@njit(nogil=True, inline="always")
def _along(c, i, h):  # type: ignore[no-untyped-def]
    """Tell whether child i has need beside demand, in the same state: then one clock runs for both."""
    return h.echo >= 0 and c.state[i, h.echo] == c.state[i, h.base]


@njit(nogil=True, inline="always")
def _row_bound(c, i, r, p, flags, since_year, h, table, age, key):  # type: ignore[no-untyped-def]
    value = table.row[age, key, r]
    if value == 0.0:
        return value
    if h.risk[r] >= 0:
        value *= np.float64(c.risk[i, h.risk[r]])
    d = h.duration[r]
    if d >= 0:
        value *= h.duration_bound[d, _duration_class(h, d, max(since_year - c.since[i, p], 0.0))]
    for m in range(h.flag_factor_first[r], h.flag_factor_first[r + 1]):
        if flags & h.flag_factor_mask[m]:
            value *= h.flag_factor[m]
    return value


@njit(nogil=True, inline="always")
def _pick(c, i, p, luck, flags, since_year, h, table, age, key):  # type: ignore[no-untyped-def]
    """Return (row, its bound, what is left of the luck) of a proposal of process p; row -1 where none is.

    luck: a number in (0, 1); what is left lies between 0 and the bound of the row.
    """
    s = c.state[i, p]
    total = 0.0
    for r in range(h.first_row[p, s], h.first_row[p, s + 1]):
        total += _row_bound(c, i, r, p, flags, since_year, h, table, age, key)
    left = luck * total
    found, most = -1, 0.0
    for r in range(h.first_row[p, s], h.first_row[p, s + 1]):
        value = _row_bound(c, i, r, p, flags, since_year, h, table, age, key)
        if value > 0.0:
            if found >= 0:
                left -= most
            found, most = r, value
            if left < value:
                break
    return found, most, left


@njit(nogil=True, _nrt=False)
def _birthday(c, i, turned, step, t, key, gate, h, books):  # type: ignore[no-untyped-def]
    for b in range(h.birthday_age.size):
        p = h.birthday_process[b]
        if h.birthday_age[b] == turned and c.state[i, p] == h.birthday_origin[b]:
            luck = draw(key, Decision.BIRTHDAY + b * OCCURRENCE, step, c.id[i])
            if luck < h.birthday_threshold[b]:
                if books.weight != 0.0:
                    _free(gate, h.bits[p, c.state[i, p]], t)
                    book(books, books.lay.flow + h.birthday_row[b], books.weight)
                move(c, i, p, h.birthday_destination[b], t, h, books)
    if turned == _MAJORITY and c.waits[i]:
        stop_waiting(c, i, _JEUGDHULP, t, False, books)


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
def _ratio(c, i, h, epoch_year, row, first_age, age, since_year, t):  # type: ignore[no-untyped-def]
    """Return the hazard of a row at month t without programmes, over its bound.

    `first_age` is the age on 1 January: bounds hold for that age and the next.
    """
    ratio = h.rate[epoch_year, row, age] / h.bound[epoch_year, row, first_age]
    d = h.duration[row]
    if d >= 0:
        since = c.since[i, h.process[row]]
        ratio *= h.duration_factor[d, _duration_class(h, d, t - since)]
        ratio /= h.duration_bound[d, _duration_class(h, d, max(since_year - since, 0.0))]
    if h.shock.size:
        month = int(t) - h.shock_from
        if 0 <= month < h.shock.shape[0]:
            ratio *= h.shock[month, row]
    return ratio


@njit(nogil=True, inline="always")
def _felt(c, i, h, row):  # type: ignore[no-untyped-def]
    """Tell whether programmes can change the rate of a row for child i as it is."""
    limit = h.mechanism_process[row]
    return h.mechanism[row] >= 0 and (limit < 0 or (h.mechanism_states[row] >> c.state[i, limit]) & 1 != 0)


@njit(nogil=True, _nrt=False)
def _write_down(c, i, rivals, mechanism, ratio, factor, t, luck, k, tick, log):  # type: ignore[no-untyped-def]
    """Write down a proposal that another world may judge otherwise, as often as that is worth in the mean."""
    mine = rivals.x.joins.shape[0] // rivals.worlds
    for w in range(rivals.worlds):
        other = programme_factor(rivals.x, w * mine + i, mechanism, t, w)
        weight = ratio * (other - factor)
        wished = rivals.rate * abs(weight)
        if wished > 0.0:
            whether = uniform(luck, Decision.FORK + k * OCCURRENCE, tick, c.id[i])
            key = np.uint64(draw(luck, Decision.SPLIT + k * OCCURRENCE, tick, c.id[i]))
            for copy in range(np.int64(wished + whether)):
                n = log.number[0]
                log.number[0] = n + 1
                if n < log.child.size:
                    log.child[n], log.world[n], log.clock[n], log.tick[n] = i, w, k, tick
                    log.weight[n] = weight / wished
                    log.luck[n] = (key + np.uint64(copy) * _COPY) & _KEYS


@njit(nogil=True, inline="always")
def _run_clocks(c, i, bound, months, h):  # type: ignore[no-untyped-def]
    """Let all clocks of child i run for some months."""
    for p in range(c.state.shape[1]):
        c.left[i, h.state_index[p, c.state[i, p]]] -= bound[p] * months


@njit(nogil=True, inline="always")
def _happen(c, i, p, r, t, opened, gated, gate, h, books):  # type: ignore[no-untyped-def]
    """Let row r of process p happen to child i at month t; opened: start of the step (see `Gate`)."""
    to, first = h.destination[r], h.set_first[r]
    refused = gated and h.bits[p, to] & gate.capped != 0
    if refused:
        refer(c, i, p, h.bits[p, to], max(t, opened), h, books)  # before the step, places were handed out
    else:
        if gated:
            _free(gate, h.bits[p, c.state[i, p]], max(t, opened))
        if books.weight != 0.0:
            if h.outcome[r] >= 0 and helped(c, i):
                book(books, books.lay.helped_before + h.outcome[r], books.weight)
            book(books, books.lay.flow + r, books.weight)
    for m in range(first if refused else first - 1, h.set_first[r + 1]):  # its own move first: one place in
        own = m < first  # the code, for the compiler takes long over each
        q = np.intp(p if own else h.set_process[m])
        state = np.int64(to if own else h.set_state[m])
        if own or c.state[i, q] != state:
            move(c, i, q, state, t, h, books)


@njit(nogil=True, _nrt=False)
def _leave_early(c, i, step, x, h, table, luck, span, gate, books):  # type: ignore[no-untyped-def]
    """Let a child leave a place that it got within the step before `step` in what remained of that step."""
    length, age = 1.0 / span.per_month, books.age
    start = step * length
    since_year = max(books.year_start, np.float64(c.birth[i]))
    for p in range(c.state.shape[1]):
        since = np.float64(c.since[i, p])
        if not (h.bits[p, c.state[i, p]] & gate.capped and since > start - length):
            continue
        t = since
        while True:
            key, _ = _key(c, i, h)
            flags = np.uint32(c.forms[i]) | (np.uint32(c.marks[i]) << 16)
            s = c.state[i, p]
            bound = 0.0
            for r in range(h.first_row[p, s], h.first_row[p, s + 1]):
                bound += _row_bound(c, i, r, p, flags, since_year, h, table, age, key)
            k = h.state_index[p, s]
            if not c.left[i, k] < bound * (start - t):
                c.left[i, k] -= bound * (start - t)
                break
            t += c.left[i, k] / bound
            pick = uniform(luck, Decision.WHICH + k * OCCURRENCE, c.ticks[i, k], c.id[i])
            r, most, pick = _pick(c, i, p, pick, flags, since_year, h, table, age, key)
            renew(c, i, k, luck)
            now = min(int(t - c.birth[i]) // MONTHS, AGES - 1)
            ratio = _ratio(c, i, h, span.epoch_year, r, age, now, since_year, t)
            if _felt(c, i, h, r):
                ratio *= programme_factor(x, i, h.mechanism[r], t)
            if pick < most * ratio:
                _happen(c, i, p, r, t, start, True, gate, h, books)
                if not h.bits[p, c.state[i, p]] & gate.capped:
                    break  # what follows begins with the step


@kernel(_nrt=False)
def advance(  # type: ignore[no-untyped-def]
    c, who, x, h, table, lay, luck, span, gate, tally, room, rivals, log, turn
):
    """Live a stretch of a year (`Stretch`) for children of one block (`Who`); `table` holds its bounds.

    Returns the number of proposals, or -1 where a clock cannot follow its rate. Compiled without reference
    counts (nothing is allocated here): counting them took two thirds of the time.
    """
    epoch_year, per_month = span.epoch_year, span.per_month
    year_start = np.float64(epoch_year * MONTHS)
    year_first = epoch_year * MONTHS * per_month
    year_last = year_first + MONTHS * per_month
    length = 1.0 / per_month
    processes = c.state.shape[1]
    bound = room.bound
    proposals = 0
    listed = who.listed.size > 0
    again = listed and gate.capped != 0
    for n in range(who.listed.size if listed else who.last - who.first):
        i = np.uintp(who.listed[n] if listed else who.first + n)  # unsigned: never from the end
        if who.aside.size and who.aside[i]:
            continue
        birth_step = c.birth[i] * per_month
        final_step = birth_step + LIFE_MONTHS * per_month
        start = max(span.first_step, birth_step)
        stop = min(span.first_step + span.steps, final_step)
        if (start >= stop and not again) or c.departs[i] <= epoch_year:
            continue
        if start == year_first or start == birth_step:
            open_year(c, i, lay)
            c.run_to[i] = start * length
        weight = 0.0
        if span.record and c.arrives[i] <= epoch_year:
            weight = turn.weight[i] if turn.weight.size else 1.0
        gated = weight != 0.0 and gate.capped != 0
        turned_life = turn.weight.size == 0 or turn.clock[i] < 0
        mine, e = luck, np.uintp(turn.row[i]) if turn.row.size else i
        if turn.weight.size and turned_life:
            mine = turn.luck[i]
        age = max(0, epoch_year * MONTHS - c.birth[i]) // MONTHS
        books = Books(tally, lay, weight, age, c.group[i], year_start)
        since_year = max(year_start, np.float64(c.birth[i]))
        if again and gated:
            _leave_early(c, i, start, x, h, table, mine, span, gate, books)
        if gated and c.waits[i]:
            stop = min(stop, start + 1)
        turned = -(-(start - birth_step) // (MONTHS * per_month))
        birthday = birth_step + turned * MONTHS * per_month
        until = stop * length
        pause = np.inf
        if birthday < stop and h.birthday_at[turned]:
            pause = birthday * length
        t, changed = c.run_to[i], True
        while True:
            if changed:
                key, plain = _key(c, i, h)
                _bounds(c, i, since_year, h, table, age, key, plain, bound)
                changed = False
            soonest = min(until, pause) - t
            p = np.intp(-1)
            for q in range(processes):
                left = np.float64(c.left[i, h.state_index[q, c.state[i, q]]])
                if left < bound[q] * soonest:
                    soonest = max(left / bound[q], 0.0)
                    p = np.intp(q)
            if p < 0:
                if pause < until:
                    _run_clocks(c, i, bound, pause - t, h)
                    t = pause
                    _birthday(c, i, turned, birthday, t, mine, gate, h, books)
                    pause, changed = np.inf, True
                    continue
                break
            _run_clocks(c, i, bound, soonest, h)
            t += soonest
            proposals += 1
            k = h.state_index[p, c.state[i, p]]
            tick = c.ticks[i, k]
            if tick >= MOST_TICKS or not np.isfinite(bound[p]):
                return -1
            flags = np.uint32(c.forms[i]) | (np.uint32(c.marks[i]) << 16)
            pick = uniform(mine, Decision.WHICH + k * OCCURRENCE, tick, c.id[i])
            r, most, pick = _pick(c, i, p, pick, flags, since_year, h, table, age, key)
            renew(c, i, k, mine)
            now = min(int(t - c.birth[i]) // MONTHS, AGES - 1)
            ratio = _ratio(c, i, h, epoch_year, r, age, now, since_year, t)
            s, together, in_full = c.state[i, p], p == h.base and _along(c, i, h), ratio
            if _felt(c, i, h, r):
                effects = turn.x if turned_life and turn.weight.size else x
                factor = programme_factor(effects, e, h.mechanism[r], t)
                if rivals.worlds:
                    _write_down(c, i, rivals, h.mechanism[r], ratio, factor, t, mine, k, tick, log)
                in_full = ratio * factor
                if p == h.base:
                    factor = factor**h.share
                ratio *= factor
            happens = pick < most * ratio
            echoes = together and pick < most * in_full
            if not turned_life and turn.clock[i] == k and turn.tick[i] == tick:
                happens = turn.accepted[i]
                turned_life = True
                mine = turn.luck[i]
                for q in range(c.left.shape[1]):  # what is left of an interval has no memory
                    c.left[i, q] = interval(mine, q, c.ticks[i, q], c.id[i])
            if happens or echoes:
                waited = c.waits[i] != 0
                step = np.floor(t * per_month)
                echo = np.intp(h.row_to[h.echo, s, h.destination[r]]) if echoes else r
                for second in range(0 if happens else 1, 2 if echoes else 1):  # one call: see `_happen`
                    process, row = (np.intp(h.echo), echo) if second else (p, r)
                    _happen(c, i, process, row, t, step * length, gated, gate, h, books)
                if (p == h.base or p == h.echo) and _along(c, i, h) and c.state[i, h.echo] == 0:
                    c.since[i, h.echo] = c.since[i, h.base]  # from here on one clock runs for both
                if gated and c.waits[i] and not waited:
                    stop = min(stop, np.int64(step) + 1)
                    until = stop * length
                changed = True
        c.run_to[i] = t
        if stop == year_last or stop == final_step or (gated and c.waits[i]):
            _run_clocks(c, i, bound, until - t, h)
            c.run_to[i] = until
        if gated:
            if c.waits[i] and start < stop < final_step:
                gate.paused[i] = stop - 1
                continue
            if stop == final_step:
                _free(gate, c.forms[i], stop * length)
                if c.waits[i]:
                    stop_waiting(c, i, c.waits[i], stop * length, False, books)
        if weight != 0.0 and (stop == year_last or stop == final_step):
            close_year(c, i, stop * length, stop == year_last, stop == final_step, h, books)
    return proposals
