"""Birthdays, time in a state, and the borders of a youth."""

from __future__ import annotations

import numpy as np
import pytest

from sim.engine.counting import empty_tally, layout
from sim.engine.lifecourse import year_table
from sim.engine.population import LIFE_MONTHS
from sim.engine.stretch import Stretch
from sim.luck import key_of
from sim.model.parameters import Parameters
from sim.model.transitions import compile_table
from sim.states import (
    DURATION_BREAKS,
    DURATION_CLASSES,
    FORMS,
    MONTHS,
)
from tests.engine.lifecourse.lives import TABLE, near, process, put
from tests.worlds import (
    Clockwork,
    alike,
    born,
    copy,
    flat,
    knots,
    live_span,
    no_exposure,
    same,
    still,
    total,
)


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
        assert near(float(np.mean(lasted > months)), survival, children.id.size), months
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
    bounds, span = year_table(table.hazards, 0), Stretch(0, 12, 1, 0, True)
    tally, x = empty_tally(layout(table)), no_exposure(children.id.size)
    assert live_span(children, x, table, bounds, key_of(0), span, tally) == -1
