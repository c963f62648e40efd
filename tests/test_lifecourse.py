"""One month for every child: events come at the rates of the table, once each, and are booked once."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from worlds import (
    HOUSEHOLD_FACTORS,
    Clockwork,
    alike,
    born,
    copy,
    everyone,
    flat,
    knots,
    path_at,
    rate_names,
    same,
    shape_at,
    still,
    total,
)

from sim import lifecourse
from sim.catalogue import catalogue
from sim.counting import empty_tally, layout
from sim.exposure import Exposure, effect_level, no_exposure
from sim.lifecourse import advance, open_gate, scratch, year_table
from sim.luck import key_of
from sim.parameters import Parameters
from sim.population import LIFE_MONTHS, NEVER, Children, cohorts, flows, month_of, profiles
from sim.process_file import default_table
from sim.processes import ProcessTable
from sim.states import (
    AGES,
    DURATION_BREAKS,
    DURATION_CLASSES,
    EPOCH_YEAR,
    FORMS,
    JEUGDHULP,
    MECHANISMS,
    MONTHS,
    USER_SETS,
    form_bit,
)
from sim.transitions import CompiledTable, compile_table
from sim.warmup import NOBODY

YEAR = 28
"""2020, counted from 1992."""
TABLE = default_table()
HELP = sum(map(form_bit, JEUGDHULP))
Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def table(parameters: Parameters) -> CompiledTable:
    return compile_table(TABLE, parameters, 2030)


@pytest.fixture(scope="module")
def busy(parameters: Parameters) -> Parameters:
    """Return parameters under which much happens, so that few children show much."""
    return parameters.replace(
        {name: parameters[name] * 4 for name in rate_names(TABLE) if "exit" not in name}
    )


@pytest.fixture(scope="module")
def town(parameters: Parameters, table: CompiledTable) -> Children:
    """Return a moving population of about 3,000 youths on 1 January 2020, with a history."""
    flow, _ = flows(profiles()["Almere"], parameters, 3000)
    children = everyone(cohorts(flow, 0, month_of(2030), key_of(0), table, parameters))
    Clockwork(table).live(children, 0, YEAR)
    return children


def process(children: Children, table: CompiledTable, name: str) -> NDArray[np.uint8]:
    return children.state[:, table.process(name)]


def put(children: Children, table: CompiledTable, name: str, state: int, since: float = 0.0) -> None:
    """Bring one process of all children to a state."""
    p = table.process(name)
    children.state[:, p] = state
    children.since[:, p] = since
    forms = np.zeros(children.id.size, np.uint16)
    for q in range(len(table.processes)):
        forms |= table.hazards.bits[q, children.state[:, q]]
    children.forms[:] = forms


def alive(children: Children, month: int) -> NDArray[np.bool_]:
    """Tell who is a youth at a month: born, and not past the 23rd birthday."""
    return (children.birth < month) & (children.birth + LIFE_MONTHS > month)


def near(found: float, expected: float, n: float, errors: float = 4.0) -> bool:
    """Tell whether a share found among n lies within a few standard errors of the one expected."""
    return abs(found - expected) <= errors * np.sqrt(max(expected * (1 - expected), 1e-12) / n)


# Nothing, one thing, one of two things


def test_nothing_happens_without_rates(parameters: Parameters) -> None:
    p = still(parameters)
    table = compile_table(TABLE, p, 2020)
    children = born(2000, table, p)
    before = copy(children)
    clock = Clockwork(table)
    tally = clock.live(children, 0, 23)
    assert same(children, before, "group", "used")
    flows_booked = tally[clock.layout.flow : clock.layout.flow + len(table.rows)]
    assert not flows_booked.any()
    assert not tally[clock.layout.users : clock.layout.stock].any()
    for factor in HOUSEHOLD_FACTORS:  # a state kept from birth to the 23rd birthday is booked in full
        kept = process(children, table, factor).sum()
        assert total(tally, clock.layout.time + table.state(factor, "yes")) == kept * LIFE_MONTHS


def test_a_single_hazard_gives_exponential_times(parameters: Parameters) -> None:
    rate = 0.9
    p = alike(flat(still(parameters), "need.onset_age"))
    p = p.replace({"need.onset_light": rate, "need.relapse.12": 1.0, "need.relapse.24": 1.0})
    table = compile_table(TABLE, p, 2020)
    children = born(40_000, table, p)
    Clockwork(table).live(children, 0, 8)
    hit = process(children, table, "need") == 1
    assert near(hit.mean(), -np.expm1(-8 * rate), hit.size)
    times = children.since[hit, table.process("need")] / MONTHS
    expected = stats.truncexpon(b=8 * rate, scale=1 / rate)
    assert stats.kstest(times, expected.cdf).pvalue > 1e-3
    within = stats.truncexpon(b=rate / MONTHS, scale=MONTHS / rate)  # events know no borders of months
    assert stats.kstest(times * MONTHS % 1.0, within.cdf).pvalue > 1e-3


@pytest.mark.parametrize("fast", [1.0, 60.0])
def test_the_first_of_competing_hazards(parameters: Parameters, fast: float) -> None:
    """Shares of the first event are the shares of the hazards, also where several strike in a month."""
    light, moderate = 0.2 * fast, 0.07 * fast
    p = alike(flat(still(parameters), "need.onset_age", "need.relapse")).replace(
        {"need.onset_light": light, "need.onset_moderate": moderate}
    )
    table = compile_table(TABLE, p, 2020)
    children = born(50_000, table, p)
    Clockwork(table).live(children, 0, 2)
    gone = -np.expm1(-2 * (light + moderate))
    shares = np.bincount(process(children, table, "need"), minlength=4) / children.id.size
    assert near(shares[1], gone * light / (light + moderate), children.id.size)
    assert near(shares[2], gone * moderate / (light + moderate), children.id.size)
    assert shares[3] == 0
    assert near(shares[0], 1 - gone, children.id.size)


def test_processes_compete_without_disturbing_each_other(parameters: Parameters) -> None:
    """Two forms of care start independently where no factor links them."""
    shapes = ("start.care_age", "start.legal_age", "access.wijkteam", "access.general")
    names = ("second", "wijkteam_to_other", "seen.unseen", "wijkteam.none", "ambulant.none")
    one = dict.fromkeys((*(f"start.{name}" for name in names), "signal.none"), 1.0)
    p = alike(flat(still(parameters), *shapes)).replace(
        {**one, "start.wijkteam": 0.3, "start.ambulant": 0.5, "access.growth_after_2019": 0.0}
    )
    table = compile_table(TABLE, p, 2020)
    children = born(50_000, table, p)
    Clockwork(table).live(children, 0, 2)
    wijkteam, ambulant = (process(children, table, name) == 1 for name in ("wijkteam", "ambulant"))
    a, b = -np.expm1(-0.6), -np.expm1(-1.0)
    assert near(wijkteam.mean(), a, wijkteam.size)
    assert near(ambulant.mean(), b, ambulant.size)
    assert near((wijkteam & ambulant).mean(), a * b, wijkteam.size)
    # both starts bring the signal with them
    assert np.array_equal(process(children, table, "signal") == 1, wijkteam | ambulant)


# Every row of the table, by hand


def crowd(n: int, table: CompiledTable, p: Parameters) -> Children:
    """Return children of all ages in random states since random times, as of 1 January 2020."""
    rng = np.random.default_rng(5)
    children, now = born(n, table, p, seed=5), YEAR * MONTHS
    months = rng.integers(0, LIFE_MONTHS, children.id.size)
    months += (months % MONTHS == 0) & (months > 0)  # nobody has a birthday on this day
    children.birth[:] = now - months
    children.arrives[:] = children.birth // MONTHS
    middles = np.array([1.5, 4.5, 9.0, 18.0, 30.0, 42.0, 100.0])  # months, between the classes of duration
    for q in range(len(table.processes)):
        states = sum(name == table.processes[q] for name, _ in table.states)
        children.state[:, q] = rng.integers(0, states, children.id.size)
        children.since[:, q] = now - rng.choice(middles, children.id.size)
        children.forms[:] |= table.hazards.bits[q, children.state[:, q]]
        children.marks[:] |= np.where(children.state[:, q] > 0, table.hazards.mark[q], 0).astype(np.uint16)
    return children


def hazards_by_hand(
    spec: ProcessTable, p: Parameters, table: CompiledTable, c: Children, effects: dict[str, Floats]
) -> dict[str, Floats]:
    """Return each row's hazard per month for every child, read from the table as a person would."""
    now = YEAR * MONTHS
    ages = (now - c.birth) // MONTHS
    state = {name: c.state[:, q] for q, name in enumerate(table.processes)}
    names = {name: [s for q, s in table.states if q == name] for name in table.processes}
    found: dict[str, Floats] = {}
    for name, spec_of in spec.processes.items():
        for t in spec_of.transitions:
            rate = np.full(ages.size, p[t.rate] / MONTHS)
            for shape in t.age:
                rate *= np.array([shape_at(p, shape, a, shape in spec.step_shapes) for a in range(AGES)])[
                    ages
                ]
            if t.path:
                rate *= path_at(p, t.path, EPOCH_YEAR + YEAR)
            if t.duration:
                lasted = now - c.since[:, table.process(name)]
                upper = sorted((float(k.rpartition(".")[2]), p[k]) for k in knots(p, t.duration))
                rate *= np.select([lasted < u for u, _ in upper], [v for _, v in upper], upper[-1][1])
            if t.risk:
                rate *= c.risk[:, table.risks.index(t.risk)]
            for other, prefix in t.by_state.items():
                rate *= np.array([dict(p).get(f"{prefix}.{s}", 1.0) for s in names[other]])[state[other]]
            for other, allowed in t.only.items():
                rate *= np.isin(state[other], [names[other].index(s) for s in allowed])
            for forms, parameter in t.by_form.items():
                words = [w for word in forms.split("+") for w in _FORM_GROUPS.get(word, (word,))]
                rate[c.forms & sum(map(form_bit, words)) > 0] *= p[parameter]
            for other, parameter in t.by_mark.items():
                on = c.waits > 0 if other == "waiting" else state[other] > 0
                rate[on] *= p[parameter]
            if t.mechanism:
                felt = np.ones(ages.size, bool)
                for other, allowed in t.mechanism_only.items():
                    felt &= np.isin(state[other], [names[other].index(s) for s in allowed])
                rate = np.where(felt, rate * effects[t.mechanism], rate)
            found[t.name] = rate * (state[name] == names[name].index(t.origin))
    for k, factor in enumerate(HOUSEHOLD_FACTORS):
        leave = p[spec.households.exit[factor]] / MONTHS
        odds = table.households.base[k] + table.households.slope[k] * (c.quintile - 2.0)
        for j, other in enumerate(HOUSEHOLD_FACTORS):
            odds = odds + table.households.pair[k, j] * state[other] * (j != k)
        found[f"{factor}_enters"] = leave * np.exp(odds) * (state[factor] == 0)
        found[f"{factor}_leaves"] = np.full(ages.size, leave) * (state[factor] == 1)
    return found


_FORM_GROUPS = {
    "jeugdhulp": JEUGDHULP,
    "met_verblijf": ("pleegzorg", "gezinshuis", "residentieel", "gesloten"),
    "maatregelen": ("jeugdbescherming", "jeugdreclassering"),
}


def test_every_transition_comes_as_often_as_the_table_says(parameters: Parameters) -> None:
    """Children in all states and of all ages live one month; half of them know a programme.

    Rates are low, so that second events within the month are rare, and all of one size, so that every
    row of the table is put to the test.
    """
    p = parameters.replace({**dict.fromkeys(rate_names(TABLE), 0.016), "signal.added_route": 0.016})
    table = compile_table(TABLE, p, 2030)
    children = crowd(500_000, table, p)
    n, now = children.id.size, YEAR * MONTHS
    strengths = np.array([[0.35, -0.4, 0.6, 0.9, 0.5, 0.3, -1.1]])
    x = Exposure(
        past_level=np.zeros((n, 1), np.float32),
        past_time=np.zeros((n, 1), np.float32),
        joins=np.full((n, 1), NEVER),
        leaves=np.full((n, 1), NEVER),
        log_effect=strengths,
        build=np.array([1.0]),
        decay=np.array([0.05]),
    )
    third = n // 3
    x.joins[: 2 * third] = now - 100  # built up in full long ago
    x.leaves[:third] = now - 12  # and left a year ago
    x.past_level[-1] = 0.5  # a stay before the last one, of a child who never came back
    x.past_time[-1] = now - 24
    level = np.zeros(n)
    level[third : 2 * third] = 1.0
    level[:third] = np.exp(-0.05 * 12.5)  # in the middle of the month
    level[-1] = 0.5 * np.exp(-0.05 * 24.5)
    effects = {m: np.exp(strengths[0, k] * level) for k, m in enumerate(MECHANISMS)}
    there = (np.arange(n) >= third) & (np.arange(n) < 2 * third)
    effects["signalling"] = np.where(there, 0.9, 0.0)
    effects["substitution"] = np.where(there, np.exp(-1.1), 1.0)  # ends with the stay

    by_hand = hazards_by_hand(TABLE, p, table, children, effects)
    assert set(by_hand) == set(table.rows)
    together = np.sum(list(by_hand.values()), axis=0)
    before_the_second = -np.expm1(-together) / np.where(together > 0, together, 1.0)
    lay, tally = layout(table), empty_tally(layout(table))
    bounds = year_table(table.hazards, YEAR)
    proposals = advance(
        children, 0, n, NOBODY, x, table.hazards, bounds, lay, key_of(5), now, 1, 1, YEAR, True,
        open_gate(), tally, scratch(),
    )  # fmt: skip
    assert proposals > 0
    for r, name in enumerate(table.rows):
        expected = float((by_hand[name] * before_the_second).sum())
        found = total(tally, lay.flow + r)
        assert expected > 25 or name == "seen_by_programme", (name, expected)
        slack = 0.02 * expected  # what second events of the month add
        assert abs(found - expected) < 4 * np.sqrt(expected) + slack, (name, found, expected)


def test_the_bound_is_above_the_true_hazard_for_every_child(town: Children, parameters: Parameters) -> None:
    """With every programme effect that check_headroom lets pass."""
    table = compile_table(TABLE, parameters, 2030)
    now = town.birth < YEAR * MONTHS
    here = town.part(now & alive(town, YEAR * MONTHS))  # type: ignore[arg-type]
    bounds = year_table(table.hazards, YEAR)
    most = {m: np.full(here.id.size, factor) for m, factor in lifecourse_headroom().items()}
    true = np.sum(list(hazards_by_hand(TABLE, parameters, table, here, most).values()), axis=0)
    bound = np.empty(here.id.size)
    room = scratch()
    for i in range(here.id.size):
        age = (YEAR * MONTHS - here.birth[i]) // MONTHS
        key, plain = lifecourse._key(here, i, table.hazards)
        bound[i], _ = lifecourse._bounds(
            here, i, float(YEAR * MONTHS), table.hazards, bounds, age, key, plain, room.factors, room.bound,
            room.row,
        )  # fmt: skip
    assert np.all(bound >= true * (1 - 1e-7))
    assert bound.sum() < 4 * true.sum()  # a bound far away would be slow


def lifecourse_headroom() -> dict[str, float]:
    from sim.states import HEADROOM

    return HEADROOM


# Ageing, birthdays, durations


def test_care_ends_at_the_18th_birthday_and_at_no_other(parameters: Parameters) -> None:
    p = still(parameters).replace({"end18.help": 0.75, "end18.protection": 1.0})
    table = compile_table(TABLE, p, 2030)
    clock = Clockwork(table)
    children = born(20_000, table, p, month=5)
    put(children, table, "wijkteam", 1, 5.0)
    put(children, table, "bescherming", 1, 5.0)
    clock.live(children, 0, 18)
    assert process(children, table, "wijkteam").all()  # turned 17
    tally = clock.live(children, 18, 1)
    kept = process(children, table, "wijkteam") == 1
    assert near(kept.mean(), 0.25, kept.size)
    assert not process(children, table, "bescherming").any()
    birthday = 5 + 18 * MONTHS
    assert set(children.since[~kept, table.process("wijkteam")]) == {birthday}
    assert set(children.since[:, table.process("bescherming")]) == {birthday}
    assert total(tally, clock.layout.flow + table.row("end_jeugdbescherming")) == children.id.size
    assert total(tally, clock.layout.flow + table.row("end_wijkteam")) == (~kept).sum()
    spent = total(tally, clock.layout.time + table.state("bescherming", "jeugdbescherming"))
    assert spent == children.id.size * 5.0
    assert np.array_equal(children.care_ended[~kept], np.full((~kept).sum(), birthday, np.float32))
    clock.live(children, 19, 4)
    assert np.array_equal(process(children, table, "wijkteam") == 1, kept)


def test_a_birthday_on_1_january_counts_once(parameters: Parameters) -> None:
    """The last moment of one year and the first of the next are one birthday."""
    p = still(parameters).replace({"end18.help": 0.5})
    table = compile_table(TABLE, p, 2030)
    for months in (12, 1):
        children = born(20_000, table, p, month=0)
        put(children, table, "ambulant", 1)
        clock = Clockwork(table)
        clock.live(children, 0, 18, months_per_call=months)
        assert process(children, table, "ambulant").all()
        clock.live(children, 18, 5, months_per_call=months)
        assert near(process(children, table, "ambulant").mean(), 0.5, children.id.size)


@pytest.mark.parametrize("months_per_call", [12, 1])
def test_endings_follow_the_time_in_care(parameters: Parameters, months_per_call: int) -> None:
    """CBS's classes imply yearly rates that rise and fall: survival is the exponential of their sum."""
    names = sorted(knots(parameters, "end.duration"), key=lambda name: float(name.rpartition(".")[2]))
    rates = dict(zip(names, (0.70, 0.92, 1.18, 0.99, 0.67, 0.58, 0.58), strict=True))
    p = still(parameters).replace({**rates, "end.ambulant": 1.3, "end.by_need.none": 1.0, "end18.help": 0.0})
    table = compile_table(TABLE, p, 2030)
    children = born(40_000, table, p, month=7)
    put(children, table, "ambulant", 1, 7.0)
    clock = Clockwork(table)
    tally = clock.live(children, 0, 7, months_per_call=months_per_call)
    ended = process(children, table, "ambulant") == 0
    lasted = np.where(ended, children.since[:, table.process("ambulant")] - 7.0, np.inf)
    breaks, yearly = np.array([0.0, *DURATION_BREAKS]), np.array(list(rates.values())) * 1.3
    for months in (1, 2, 3, 5, 6, 9, 12, 18, 24, 30, 36, 42, 48, 60, 72):
        inside = np.clip(months - breaks, 0, np.diff([*breaks, np.inf]))
        survival = np.exp(-(inside * yearly).sum() / MONTHS)
        assert near(np.mean(lasted > months), survival, children.id.size), months
    ambulant = FORMS.index("ambulant") * len(DURATION_CLASSES)
    counted = [total(tally, clock.layout.ended + ambulant + k) for k in range(len(DURATION_CLASSES))]
    assert counted == np.histogram(lasted[ended], [*breaks, np.inf])[0].tolist()


def test_a_relapse_is_more_likely_soon_after_recovery(parameters: Parameters) -> None:
    p = alike(flat(still(parameters), "need.onset_age")).replace(
        {"need.onset_light": 0.2, "need.relapse.12": 3.0, "need.relapse.24": 2.0, "need.relapse.600": 1.0}
    )
    table = compile_table(TABLE, p, 2020)
    recovered, never = born(40_000, table, p), born(40_000, table, p, seed=1)
    put(recovered, table, "need", 0, 0.0)
    clock = Clockwork(table)
    for children, rates in ((recovered, (0.6, 0.4, 0.2)), (never, (0.2, 0.2, 0.2))):
        healthy = 1.0
        for year, rate in enumerate(rates):
            clock.live(children, year, 1)
            healthy *= np.exp(-rate)
            assert near((process(children, table, "need") == 0).mean(), healthy, children.id.size)


def test_nothing_happens_after_the_23rd_birthday(busy: Parameters) -> None:
    table = compile_table(TABLE, busy, 2030)
    clock = Clockwork(table)
    children = born(3000, table, busy, month=4)
    clock.live(children, 0, 23)
    tally = clock.live(children, 23, 1)  # turns 23 on 1 May of this year
    assert children.since.max() < 4 + LIFE_MONTHS
    assert total(tally, clock.layout.ever) == children.id.size
    assert total(tally, clock.layout.people) == 0
    yes = clock.layout.time + table.state("ouder_ggz", "yes")
    assert 0 < total(tally, yes) <= 4 * children.id.size
    gone = copy(children)
    assert not clock.live(children, 24, 3).any()
    assert same(children, gone)


def test_nothing_happens_before_birth(busy: Parameters) -> None:
    table = compile_table(TABLE, busy, 2030)
    children = born(500, table, busy, month=24 + 7)
    before = copy(children)
    assert not Clockwork(table).live(children, 0, 2).any()
    assert same(children, before)
    Clockwork(table).live(children, 2, 1)
    moved = children.since != before.since
    assert moved.any()
    assert children.since[moved].min() >= 31


def test_impossibly_many_events_stop_the_run(parameters: Parameters) -> None:
    p = flat(still(parameters), "need.onset_age").replace(
        {"need.onset_light": 1e6, "need.recover_light": 1e6}
    )
    table = compile_table(TABLE, p, 2020)
    children = born(32, table, p)
    lay = layout(table)
    bounds = year_table(table.hazards, 0)
    proposals = advance(
        children, 0, children.id.size, NOBODY, no_exposure(children.id.size), table.hazards, bounds, lay,
        key_of(0),
        0, 12, 1, 0, True, open_gate(), empty_tally(lay), scratch(),
    )  # fmt: skip
    assert proposals == -1


# Independence


def test_the_same_luck_gives_the_same_lives(town: Children, table: CompiledTable) -> None:
    first, second, other = copy(town), copy(town), copy(town)
    a, b = Clockwork(table).live(first, YEAR, 5), Clockwork(table).live(second, YEAR, 5)
    Clockwork(table, seed=1).live(other, YEAR, 5)
    assert same(first, second)
    assert a.tobytes() == b.tobytes()
    assert not same(first, other)


def test_one_more_child_changes_nobody_else(town: Children, table: CompiledTable) -> None:
    """To the byte, whoever the child is and wherever it stands."""
    at = town.id.size // 2
    extra = town.part(slice(at, at + 1))
    extra.id[:] = extra.id | 0xFF00
    assert extra.id[0] not in town.id
    extra.state[:] = 1
    alone, more = copy(town), town.part(slice(0, at)).joined(extra).joined(town.part(slice(at, None)))
    Clockwork(table).live(alone, YEAR, 8)
    Clockwork(table).live(more, YEAR, 8)
    assert same(alone, more.part(slice(0, at)).joined(more.part(slice(at + 1, None))))
    assert not same(extra, more.part(slice(at, at + 1)))


def test_it_does_not_matter_in_which_order_or_block_children_live(
    town: Children, table: CompiledTable, pool: Executor
) -> None:
    clock, whole = Clockwork(table), copy(town)
    tally = clock.live(whole, YEAR, 3)
    parts = [town.part(slice(a, a + 701)) for a in range(0, town.id.size, 701)]
    backwards = town.part(slice(None, None, -1))
    tallies = list(pool.map(lambda part: clock.live(part, YEAR, 3), parts))
    clock.live(backwards, YEAR, 3)
    together = parts[0]
    for part in parts[1:]:
        together = together.joined(part)
    assert same(whole, together)
    assert same(whole, backwards.part(slice(None, None, -1)))
    np.testing.assert_allclose(tally, sum(tallies), rtol=1e-9, atol=1e-6)
    halves = copy(town)
    for rows in (slice(1000, None), slice(0, 1000)):
        clock.live(halves, YEAR, 3, rows=rows)
    assert same(whole, halves)


def test_where_a_child_lives_changes_what_is_counted_and_not_how_it_lives(
    town: Children, table: CompiledTable
) -> None:
    here, elsewhere = copy(town), copy(town)
    elsewhere.arrives[:] = YEAR + 3
    clock = Clockwork(table)
    counted, uncounted = clock.live(here, YEAR, 3), clock.live(elsewhere, YEAR, 3)
    assert same(here, elsewhere, "arrives")
    assert counted.any()
    assert not uncounted.any()
    gone = copy(town)
    gone.departs[:] = YEAR
    assert not clock.live(gone, YEAR, 3).any()
    assert same(gone, town, "departs")


# The length of a call and of a step


def ageless(p: Parameters) -> Parameters:
    """Return parameters under which no rate depends on age or on time in a state."""
    shapes = {s for process_ in TABLE.processes.values() for t in process_.transitions for s in t.age}
    durations = {
        t.duration for process_ in TABLE.processes.values() for t in process_.transitions if t.duration
    }
    return flat(p, *shapes, *durations)


@pytest.mark.parametrize("months_per_call", [1, 3, 4])
def test_a_year_in_one_call_is_a_year_in_several(busy: Parameters, months_per_call: int) -> None:
    """Byte for byte, where rates depend on neither age nor duration (birthdays do end care)."""
    p = ageless(busy)
    table = compile_table(TABLE, p, 2030)
    flow, _ = flows(profiles()["Almere"], p, 1500)
    children = everyone(cohorts(flow, 0, month_of(2030), key_of(0), table, p))
    clock, pieces = Clockwork(table), copy(children)
    whole_tally = clock.live(children, 0, 30)
    tally = clock.live(pieces, 0, 30, months_per_call=months_per_call)
    assert same(children, pieces)
    np.testing.assert_allclose(whole_tally, tally, rtol=1e-9, atol=1e-6)


def test_a_year_in_one_call_is_twelve_months_in_twelve_calls(town: Children, table: CompiledTable) -> None:
    months, year = copy(town), copy(town)
    Clockwork(table).live(year, YEAR, 1)
    Clockwork(table).live(months, YEAR, 1, months_per_call=1)
    assert same(year, months)


def annual_totals(table: CompiledTable, tally: NDArray[np.float64]) -> dict[str, float]:
    lay = layout(table)
    need = [table.states.index(("need", s)) for s in ("light", "moderate", "complex")]
    names = list(USER_SETS)
    forms = [
        i for i, (q, s) in enumerate(table.states) if (q if s == "active" else s) in FORMS
    ]  # fmt: skip
    return {
        "users": total(tally, lay.users + names.index("jeugdzorg")),
        "users of residence": total(tally, lay.users + names.index("met_verblijf")),
        "stock of users": total(tally, lay.stock_users + names.index("jeugdzorg")),
        "months in need": sum(total(tally, lay.time + i) for i in need),
        "months in care": sum(total(tally, lay.time + i) for i in forms),
        "events": float(tally[: len(table.rows), :AGES].sum()),
        "unmet need": total(tally, lay.unmet),
    }


def test_halving_the_step_keeps_annual_totals_within_one_percent(busy: Parameters, pool: Executor) -> None:
    """At a size where chance is well below that: stated and checked from eight independent parts."""
    p = busy
    table = compile_table(TABLE, p, 2018)
    clock = Clockwork(table)
    parts = [born(14_000, table, p, seed=s, month=6) for s in range(8)]
    found = {}
    for per_month, calls in ((1, 12), (2, 12), (1, 1)):
        lives = [copy(part) for part in parts]

        def live(part: Children, per_month: int = per_month, calls: int = calls) -> NDArray[np.float64]:
            return clock.live(part, 0, 23, per_month=per_month, months_per_call=calls)

        found[per_month, calls] = [annual_totals(table, tally) for tally in pool.map(live, lives)]
    whole = found[1, 12]
    told = set()
    for other in (found[2, 12], found[1, 1]):
        for name in whole[0]:
            ratios = np.array([b[name] for b in other]) / np.array([a[name] for a in whole])
            noise = ratios.std(ddof=1) / np.sqrt(ratios.size)
            if noise < 0.003:  # the rest is too rare to tell a bias of 1 percent from chance
                told.add(name)
                assert abs(ratios.mean() - 1) < 0.01, (name, ratios.mean(), noise)
    assert len(told) >= len(whole[0]) // 2, told


# Luck in the kernel


def test_no_draw_is_used_twice(busy: Parameters, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs the kernel uncompiled and writes down every draw: births, programmes and 20 busy years.

    Along the way the compiled kernel is checked against the interpreted one: the same children to the byte.
    """
    from sim import counting, population, programmes
    from sim import exposure as exposure_module

    drawn: list[tuple[int, int, int]] = []

    def recorder(function: Any) -> Any:
        def record(key: Any, decision: int, step: int, child: int) -> Any:
            drawn.append((int(decision), int(step), int(child)))
            return function(key, decision, step, child)

        return record

    compiled = {}
    for module in (lifecourse, counting, exposure_module, population, programmes):
        for name, function in list(vars(module).items()):
            if not isinstance(function, numba.core.registry.CPUDispatcher):
                continue
            compiled[module, name] = function
            luck = name in ("draw", "uniform")
            monkeypatch.setattr(module, name, recorder(function) if luck else function.py_func)

    p = busy
    table = compile_table(TABLE, p, 2030)
    flow, _ = flows(profiles()["Almere"], p, 100)
    key = key_of(3)
    children = everyone(cohorts(flow, 0, month_of(2012), key, table, p))
    started = len(drawn)
    assert started >= 6 * children.id.size
    reference, lay = copy(children), layout(table)
    tally, expected = empty_tally(lay), empty_tally(lay)
    n, x = children.id.size, no_exposure(children.id.size)
    effect = programmes.effect_of(catalogue()["kinderwerk"], p, {})
    exposed = programmes.exposures(n, ["kinderwerk"], {"kinderwerk": effect})
    weight = np.ones(5)
    for year in range(20):
        bounds = compiled[lifecourse, "year_table"](table.hazards, year)
        programmes._scan(children, exposed, 0, 48, 180, 180, year, key, weight, 36.0, -1, 1.0, 6, np.inf)
        first, steps = year * MONTHS, MONTHS
        arguments = (table.hazards, bounds, lay, key, first, steps, 1, year, True, open_gate())
        lifecourse.advance(children, 0, n, NOBODY, x, *arguments, tally, scratch())
        compiled[lifecourse, "advance"](reference, 0, n, NOBODY, x, *arguments, expected, scratch())
    assert same(children, reference)
    # sums of time may be rounded otherwise where the compiler fuses a product and a sum
    np.testing.assert_allclose(tally, expected, rtol=1e-12, atol=1e-12)
    assert max(d[0] for d in drawn) > 100  # several events in one month did happen
    assert len(set(drawn)) == len(drawn)


# The effect of a programme


def exposure(
    past: float = 0.0, left: float = 0.0, joins: int = int(NEVER), leaves: int = int(NEVER),
    build: float = 9.0, decay: float = 0.05,
) -> Exposure:  # fmt: skip
    return Exposure(
        np.full((1, 1), past, np.float32), np.full((1, 1), left, np.float32),
        np.full((1, 1), joins, np.int16), np.full((1, 1), leaves, np.int16),
        np.zeros((1, len(MECHANISMS))), np.array([build]), np.array([decay]),
    )  # fmt: skip


@given(st.integers(0, 60), st.integers(1, 60), st.integers(0, 60), st.floats(1, 24), st.floats(0, 0.2))
def test_an_effect_builds_up_and_fades_as_its_closed_form(
    wait: int, stay: int, after: int, build: float, decay: float
) -> None:
    x = exposure(joins=100 + wait, leaves=100 + wait + stay, build=build, decay=decay)
    assert effect_level(x, 0, 0, 100.0 + wait - 0.5) == 0.0
    assert effect_level(x, 0, 0, 100.0 + wait) == 0.0
    halfway = effect_level(x, 0, 0, 100.0 + wait + stay / 2)
    assert halfway == pytest.approx(1 - np.exp(-stay / 2 / build))
    gone = effect_level(x, 0, 0, 100.0 + wait + stay + after)
    assert gone == pytest.approx((1 - np.exp(-stay / build)) * np.exp(-decay * after))
    assert 0 <= gone <= 1


@given(st.floats(0, 1), st.integers(0, 60), st.integers(1, 60), st.integers(0, 60))
def test_who_comes_back_starts_from_what_was_left(past: float, gap: int, stay: int, after: int) -> None:
    build, decay = 9.0, 0.05
    x = exposure(past, 100.0, 100 + gap, 100 + gap + stay, build, decay)
    kept = float(np.float32(past)) * np.exp(-decay * gap)
    for t, expected in (
        (100 + gap / 2, float(np.float32(past)) * np.exp(-decay * gap / 2)),
        (100 + gap + stay / 2, 1 - (1 - kept) * np.exp(-stay / 2 / build)),
        (100 + gap + stay + after, (1 - (1 - kept) * np.exp(-stay / build)) * np.exp(-decay * after)),
    ):
        assert effect_level(x, 0, 0, float(t)) == pytest.approx(expected, abs=1e-12)


def test_a_programme_halves_the_onset_of_those_who_know_it(parameters: Parameters) -> None:
    p = alike(flat(still(parameters), "need.onset_age", "need.relapse")).replace({"need.onset_light": 0.4})
    table = compile_table(TABLE, p, 2020)
    children = born(60_000, table, p)
    n = children.id.size
    x = exposure()._replace(
        past_level=np.zeros((n, 1), np.float32), past_time=np.zeros((n, 1), np.float32),
        joins=np.full((n, 1), NEVER), leaves=np.full((n, 1), NEVER),
        log_effect=np.array([[np.log(0.5), 0.0, 0.0, 0.0]]), build=np.array([1e-6]), decay=np.array([0.0]),
    )  # fmt: skip
    x.joins[: n // 2] = 0
    Clockwork(table).live(children, 0, 2, x)
    need = process(children, table, "need") == 1
    assert near(need[: n // 2].mean(), -np.expm1(-0.4), n / 2)
    assert near(need[n // 2 :].mean(), -np.expm1(-0.8), n / 2)


def test_a_programme_changes_nobody_it_does_not_reach(town: Children, table: CompiledTable) -> None:
    """And of those it reaches, none before the first month."""
    n = town.id.size
    x = exposure()._replace(
        past_level=np.zeros((n, 1), np.float32), past_time=np.zeros((n, 1), np.float32),
        joins=np.full((n, 1), NEVER), leaves=np.full((n, 1), NEVER),
        log_effect=np.array([[-1.0, -1.0, 0.6, 1.0]]), build=np.array([1.0]), decay=np.array([0.0]),
    )  # fmt: skip
    x.joins[::2] = (YEAR + 2) * MONTHS
    without, with_it = copy(town), copy(town)
    clock = Clockwork(table)
    clock.live(without, YEAR, 2)
    clock.live(with_it, YEAR, 2, x)
    assert same(without, with_it)
    clock.live(without, YEAR + 2, 3)
    clock.live(with_it, YEAR + 2, 3, x)
    assert same(without.part(slice(1, None, 2)), with_it.part(slice(1, None, 2)))
    assert not same(without, with_it)


def test_an_effect_of_zero_is_no_effect_to_the_byte(town: Children, table: CompiledTable) -> None:
    n = town.id.size
    x = exposure()._replace(
        past_level=np.full((n, 1), 0.7, np.float32), past_time=np.zeros((n, 1), np.float32),
        joins=np.full((n, 1), YEAR * MONTHS, np.int16), leaves=np.full((n, 1), NEVER),
    )  # fmt: skip
    without, with_it = copy(town), copy(town)
    a = Clockwork(table).live(without, YEAR, 4)
    b = Clockwork(table).live(with_it, YEAR, 4, x)
    assert same(without, with_it)
    assert a.tobytes() == b.tobytes()


# Bookkeeping


@pytest.fixture(scope="module")
def year_of_town(
    town: Children, table: CompiledTable
) -> tuple[Children, Children, NDArray[np.float64], Clockwork]:
    """Return the residents of 2020 before and after that year, and its tally."""
    clock = Clockwork(table)
    lives = (town.arrives <= YEAR) & (town.departs > YEAR)
    lives &= (town.birth < (YEAR + 1) * MONTHS) & (town.birth + LIFE_MONTHS > YEAR * MONTHS)
    before = town.part(lives)  # type: ignore[arg-type]
    after = copy(before)
    tally = clock.live(after, YEAR, 1)
    return before, after, tally, clock


def test_flows_are_differences_of_stocks(year_of_town: Any, table: CompiledTable) -> None:
    """For every state of every process: who is in it after the year = before + in - out.

    A start of care also makes a child seen; that move has no row of its own, so the flows of the
    signal explain its stock up to the number of starts.
    """
    before, after, tally, clock = year_of_town
    h = table.hazards
    flow = np.array([total(tally, clock.layout.flow + r) for r in range(len(table.rows))])
    starts = sum(flow[table.row(t.name)] for q in TABLE.processes.values() for t in q.transitions if t.sets)
    for name, state in table.states:
        p = table.process(name)
        s = [x for q, x in table.states if q == name].index(state)
        stock = int((after.state[:, p] == s).sum()) - int((before.state[:, p] == s).sum())
        rows = h.process == p
        net = flow[rows & (h.destination == s)].sum() - flow[rows & (h.origin == s)].sum()
        if name == "signal":
            assert abs(stock - net) <= starts
            assert (stock - net) * (1 if state == "seen" else -1) >= 0
        else:
            assert stock == net, (name, state)
    assert flow.sum() > 1000


def test_stocks_users_and_unmet_need_are_what_the_children_show(
    year_of_town: Any, table: CompiledTable
) -> None:
    before, after, tally, clock = year_of_town
    lay = clock.layout
    here = after.birth + LIFE_MONTHS >= (YEAR + 1) * MONTHS  # born on 1 January: 22 on 31 December
    for name, state in table.states:
        states = [x for q, x in table.states if q == name]
        s = states.index(state)
        if s:  # the first state of a process is the rest
            counted = total(tally, lay.stock + table.state(name, state))
            assert counted == (after.state[here, table.process(name)] == s).sum(), (name, state)
    for k, (any_of, none_of) in enumerate(USER_SETS.values()):
        wanted, unwanted = (sum(map(form_bit, forms)) for forms in (any_of, none_of))
        for kind, mask in ((lay.users, after.used), (lay.stock_users, after.forms[here])):
            expected = ((mask & wanted) > 0) & ((mask & unwanted) == 0)
            assert total(tally, kind + k) == expected.sum()
    need = process(after, table, "need")
    assert total(tally, lay.unmet) == ((need >= 2) & (after.forms == 0) & here).sum()
    assert total(tally, lay.people) == here.sum()
    assert total(tally, lay.ever) == after.id.size
    assert np.all(after.used & after.forms == after.forms)
    assert np.all(after.used & before.forms == before.forms)


def test_every_count_by_age_is_a_count_by_group(year_of_town: Any) -> None:
    """Trajectories that ended, and whole lives, are counted by age alone."""
    _, _, tally, clock = year_of_town
    grouped = np.ones(clock.layout.kinds, bool)
    grouped[clock.layout.ended : clock.layout.referral] = False
    grouped[clock.layout.whole_life :] = False
    np.testing.assert_allclose(
        tally[grouped, :AGES].sum(axis=1), tally[grouped, AGES:].sum(axis=1), rtol=1e-9, atol=1e-6
    )
    assert not tally[~grouped, AGES:].any()


def test_nobody_spends_more_than_a_year_in_a_year(year_of_town: Any, table: CompiledTable) -> None:
    """Child by child: the time in the states of a process is the time at hand minus the time at rest."""
    before, _, _, clock = year_of_town
    lay = clock.layout
    for i in range(0, before.id.size, 7):
        child = before.part(slice(i, i + 1))
        moved = copy(child)
        tally = clock.live(moved, YEAR, 1)
        start = max(int(child.birth[0]), YEAR * MONTHS)
        at_hand = min(int(child.birth[0]) + LIFE_MONTHS, (YEAR + 1) * MONTHS) - start
        for name in table.processes:
            p = table.process(name)
            spent = sum(total(tally, lay.time + table.state(q, s)) for q, s in table.states if q == name)
            assert -1e-3 <= spent <= at_hand + 1e-3
            quiet = moved.since[0, p] == child.since[0, p]
            if quiet:  # nothing happened: all of the time or none of it
                assert spent == pytest.approx(at_hand if child.state[0, p] else 0.0, abs=1e-3)
            elif child.state[0, p] == 0 and moved.state[0, p] != 0:
                assert spent >= start + at_hand - moved.since[0, p] - 1e-3


def test_ended_trajectories_are_the_flows_out_of_care(year_of_town: Any, table: CompiledTable) -> None:
    _, _, tally, clock = year_of_town
    h, classes = table.hazards, len(DURATION_CLASSES)
    for k, form in enumerate(FORMS):
        rows = [r for r in range(len(table.rows)) if h.bits[h.process[r], h.origin[r]] == form_bit(form)]
        flow = sum(total(tally, clock.layout.flow + r) for r in rows)
        ended = sum(total(tally, clock.layout.ended + k * classes + j) for j in range(classes))
        assert flow == ended, form
    assert sum(total(tally, clock.layout.ended + j) for j in range(classes)) > 0


@pytest.mark.parametrize(
    ("years_ago", "in_help", "again"), [(3.0, False, 1), (5.5, False, 0), (3.0, True, 0)]
)
def test_help_after_earlier_help_is_a_reentry(
    parameters: Parameters, years_ago: float, in_help: bool, again: int
) -> None:
    """Within five years, and not beside other help."""
    p = alike(still(parameters)).replace(
        {"start.ambulant": 1e4, "start.second": 1.0, "start.wijkteam_to_other": 1.0}
    )
    table = compile_table(TABLE, p, 2020)
    children = born(200, table, p)
    clock = Clockwork(table)
    children.care_ended[:] = 10 * MONTHS - years_ago * MONTHS
    if in_help:
        put(children, table, "wijkteam", 1, 60.0)
    tally = clock.live(children, 10, 1)
    assert process(children, table, "ambulant").all()
    assert total(tally, clock.layout.reentry + FORMS.index("ambulant")) == again * children.id.size


def test_leaving_the_last_form_of_help_is_when_care_ended(town: Children, table: CompiledTable) -> None:
    children = copy(town)
    before = copy(children)
    Clockwork(table).live(children, YEAR, 1)
    left = (before.forms & HELP > 0) & (children.forms & HELP == 0)
    left &= (children.departs > YEAR) & (children.birth + LIFE_MONTHS > YEAR * MONTHS)
    assert left.sum() > 20
    assert np.all(children.care_ended[left] >= YEAR * MONTHS)
    still_there = (
        (before.forms & HELP > 0) & (children.used == before.forms) & (children.forms == before.forms)
    )
    quiet = still_there & np.all(children.since == before.since, axis=1)
    assert np.array_equal(children.care_ended[quiet], before.care_ended[quiet])


def test_forms_of_care_always_match_the_states(town: Children, table: CompiledTable) -> None:
    forms = np.zeros(town.id.size, np.uint16)
    for p in range(len(table.processes)):
        forms |= table.hazards.bits[p, town.state[:, p]]
    assert np.array_equal(forms, town.forms)
    for p, name in enumerate(table.processes):
        assert town.state[:, p].max() < sum(q == name for q, _ in table.states)


# Other tables


def test_a_form_of_care_that_shuts_a_row_and_opens_another(parameters: Parameters) -> None:
    """A wijkteam that rules out onset, in a table in which another row looks at the wijkteam's state."""
    data = TABLE.model_dump(by_alias=True)
    need = data["processes"]["need"]["transitions"]
    onset = next(t for t in need if t["name"] == "onset_light")
    onset["by_form"] = {"wijkteam": "start.second"}
    next(t for t in need if t["name"] == "recover_light")["only"] = {"wijkteam": ["active"]}
    p = alike(flat(still(parameters), "need.onset_age", "need.relapse")).replace(
        {"need.onset_light": 0.5, "start.second": 0.0}
    )
    table = compile_table(ProcessTable.model_validate(data), p, 2020)
    children = born(2000, table, p)
    put(children, table, "wijkteam", 1)
    Clockwork(table).live(children, 0, 2)
    assert not process(children, table, "need").any()
