"""Every row of the table, against hazards reckoned by hand."""

from __future__ import annotations

import numpy as np

from sim.engine import lifecourse
from sim.engine.counting import empty_tally, layout
from sim.engine.exposure import Exposure
from sim.engine.lifecourse import year_table
from sim.engine.population import LIFE_MONTHS, NEVER, Children
from sim.engine.stretch import Stretch, scratch
from sim.luck import key_of
from sim.model.parameters import Parameters
from sim.model.processes import ProcessTable
from sim.model.transitions import CompiledTable, compile_table
from sim.states import (
    AGES,
    EPOCH_YEAR,
    HEADROOM,
    JEUGDHULP,
    MECHANISMS,
    MONTHS,
    form_bit,
)
from tests.engine.lifecourse.lives import TABLE, YEAR, Floats, alive
from tests.worlds import (
    HOUSEHOLD_FACTORS,
    born,
    knots,
    live_span,
    path_at,
    rate_names,
    shape_at,
    total,
)


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
        log_effect=strengths[np.newaxis],
        build=np.array([[1.0]]),
        decay=np.array([[0.05]]),
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
    assert live_span(children, x, table, bounds, key_of(5), Stretch(now, 1, 1, YEAR, True), tally) > 0
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
    most = {m: np.full(here.id.size, factor) for m, factor in HEADROOM.items()}
    by_row = hazards_by_hand(TABLE, parameters, table, here, most)
    true, bound = (np.zeros((here.id.size, len(table.processes))) for _ in range(2))
    for r, name in enumerate(table.rows):
        true[:, table.hazards.process[r]] += by_row[name]
    room = scratch(here)
    for i in range(here.id.size):
        age = (YEAR * MONTHS - here.birth[i]) // MONTHS
        key, plain = lifecourse._key(here, i, table.hazards)
        since = float(YEAR * MONTHS)
        lifecourse._bounds(here, i, since, table.hazards, bounds, age, key, plain, room.bound)
        bound[i] = room.bound[: bound.shape[1]]
    assert np.all(bound >= true * (1 - 1e-7))
    assert bound.sum() < 4 * true.sum()  # a bound far away would be slow
