"""What is booked in a year is what the children show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.engine.population import LIFE_MONTHS, Children
from sim.model.parameters import Parameters
from sim.model.transitions import CompiledTable, compile_table
from sim.states import (
    AGES,
    DURATION_CLASSES,
    FORMS,
    MONTHS,
    USER_SETS,
    form_bit,
)
from tests.engine.lifecourse.lives import HELP, TABLE, YEAR, process, put
from tests.worlds import (
    Clockwork,
    alike,
    born,
    copy,
    still,
    total,
)


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
