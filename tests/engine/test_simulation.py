"""Whole runs: who is there, what adds up, and what one scenario may and may not change."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.engine.config import EXISTING, RunConfig, worker_threads
from sim.engine.exposure import Exposure
from sim.engine.history import History
from sim.engine.plan import with_overrides
from sim.engine.population import BLOCKS, LIFE_MONTHS, SERIAL_BITS, cohorts, month_of
from sim.engine.programmes import Effect, exposures, participants_for
from sim.engine.simulation import simulate
from sim.engine.warmup import WarmStart, warm_up
from sim.errors import InputError
from sim.inputs.profiles import profiles
from sim.model.catalogue import catalogue
from sim.model.parameters import Parameters
from sim.model.prices import spending
from sim.model.processes import default_table
from sim.model.transitions import CompiledTable, compile_table
from sim.states import AGES, EPOCH_YEAR, FORMS, MONTHS
from tests.worlds import ALL_OFF, HOUSEHOLD_FACTORS, START, scenario

YEARS = 4
CHILD_WORK = catalogue()[EXISTING]
STRONG = {
    "kinderwerk.effect_exists": 1.0,
    "kinderwerk.moderate_need": 0.4,
    "kinderwerk.recovery_light": 1.8,
    "kinderwerk.signalling": 2.0,
    "kinderwerk.build_up": 0.1,
}
Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def table(parameters: Parameters) -> CompiledTable:
    return compile_table(default_table(), parameters, START + YEARS)


@pytest.fixture(scope="module")
def without(untouched: RunConfig, warm_untouched: WarmStart, pool: Executor) -> History:
    """Return four years of a town that has no child work and never had any."""
    return simulate(scenario(), untouched, pool, warm_untouched)


def with_parameters(config: RunConfig, **changes: float) -> RunConfig:
    return replace(config, parameters=config.parameters.replace(changes))


def by_age(history: History, kind: int) -> Floats:
    """Return counts by [year, age]."""
    return np.asarray(history.cells[:, :, kind, :AGES].sum(axis=1))


def totals(cells: Floats, kind: int) -> Floats:
    """Return counts by year from cells [years, blocks, kinds, ...]."""
    return np.asarray(cells[:, :, kind, :AGES].sum(axis=(1, 2)))


def row(history: History, name: str) -> Floats:
    return totals(history.cells, history.layout.flow + history.table.row(name))


# Who is there


@pytest.mark.parametrize("fte", [None, 36])
def test_children_in_are_children_out(
    almere: RunConfig, warm_almere: WarmStart, table: CompiledTable, pool: Executor, fte: float | None
) -> None:
    """By age on 31 December: born or arrived, not left, not yet past 23; whatever the town decides."""
    found = simulate(scenario(fte), almere, pool, warm_almere)
    flow, _ = almere.flow()
    blocks = cohorts(flow, 0, month_of(START + YEARS), almere.key, table, almere.parameters)
    for k in range(YEARS):
        year, end = START + k - EPOCH_YEAR, month_of(START + k + 1)
        expected, ever = np.zeros((BLOCKS, AGES)), 0
        for b, c in enumerate(blocks):
            here = (c.birth < end) & (c.arrives <= year) & (c.departs > year)
            ever += (here & (c.birth + LIFE_MONTHS > end - MONTHS)).sum()
            here &= c.birth + LIFE_MONTHS >= end
            expected[b] = np.bincount((end - 1 - c.birth[here]) // MONTHS, minlength=AGES)
        assert np.array_equal(found.cells[k, :, found.layout.people, :AGES], expected)
        assert totals(found.cells, found.layout.ever)[k] == ever
    assert totals(found.cells, found.layout.people) == pytest.approx([3000] * YEARS, rel=0.02)


def test_a_town_stays_as_large_and_as_old_as_it_was(without: History, untouched: RunConfig) -> None:
    expected = np.array(untouched.profile.youths) / without.scale
    people = by_age(without, without.layout.people)
    assert np.all(np.abs(people - expected) < 4 * np.sqrt(expected))
    assert people.sum(axis=1) * without.scale == pytest.approx([untouched.profile.total] * YEARS, rel=0.02)


def test_no_children(parameters: Parameters, pool: Executor) -> None:
    nobody = RunConfig(profiles()["Almere"], parameters, children=0)
    found = simulate(scenario(36), nobody, pool)
    assert not found.cells.any()
    assert found.accounts.spending == [0.0] * YEARS
    assert {year.participants for year in found.programmes[EXISTING]} == {0.0}
    assert found.accounts.programme_cost[EXISTING][0] > 0  # workers are paid all the same


def test_no_years(almere: RunConfig, warm_almere: WarmStart, pool: Executor) -> None:
    found = simulate(scenario(36, years=0), almere, pool, warm_almere)
    assert found.cells.shape[0] == 0
    assert found.accounts.budget == found.accounts.spending == []
    assert found.programmes == {EXISTING: ()}
    assert found.place_years_before.sum() > 0


# What adds up


@pytest.fixture(scope="module")
def closed(parameters: Parameters, pool: Executor) -> tuple[RunConfig, WarmStart, History]:
    """Return a town that nobody enters or leaves but by birth and, as a whole year, at 21."""
    almere = profiles()["Almere"]
    youths = (almere.total / 21,) * 21 + (0.0, 0.0)
    config = RunConfig(replace(almere, youths=youths, moving=0.0), parameters, children=4000)
    warm = warm_up(config, START, pool)
    return config, warm, simulate(scenario(36), config, pool, warm)


def test_flows_are_differences_of_stocks_in_every_year(
    closed: tuple[RunConfig, WarmStart, History], table: CompiledTable
) -> None:
    """For each process and state: this year's stock is last year's, and in, and out, and born, and grown up.

    A start of care makes a child seen as well; that move has no row of its own, so the signal's flows
    explain its stock up to the number of starts.
    """
    config, warm, found = closed
    lay, h = found.layout, found.table.hazards
    flow, _ = config.flow()
    born = cohorts(flow, month_of(START), month_of(START + YEARS), config.key, table, config.parameters)
    cells = np.concatenate([warm.cells[-1:], found.cells]).sum(axis=1)
    starts = [t.name for q in default_table().processes.values() for t in q.transitions if t.sets]
    events = 0.0
    for k in range(YEARS):
        before, after = cells[k], cells[k + 1]
        flows_of = after[lay.flow : lay.flow + len(found.table.rows), :AGES].sum(axis=1)
        now = [b.birth // MONTHS == START + k - EPOCH_YEAR for b in born]
        for position, (name, state) in enumerate(found.table.states):
            p = found.table.process(name)
            s = [x for q, x in found.table.states if q == name].index(state)
            if s == 0:
                continue
            net = flows_of[(h.process == p) & (h.destination == s)].sum()
            net -= flows_of[(h.process == p) & (h.origin == s)].sum()
            net += sum((b.state[this_year, p] == s).sum() for b, this_year in zip(born, now, strict=True))
            net -= before[lay.stock + position, 20]
            change = after[lay.stock + position, :AGES].sum() - before[lay.stock + position, :AGES].sum()
            if name == "signal":
                assert 0 <= change - net <= sum(flows_of[found.table.row(t)] for t in starts)
            else:
                assert change == net, (k, name, state)
            events += flows_of[h.process == p].sum()
    assert events > 1000
    assert not found.cells[:, :, lay.stock : lay.unmet, 21:AGES].any()
    assert found.cells[:, :, lay.stock + table.state(HOUSEHOLD_FACTORS[0], "yes"), :AGES].any()


def test_place_years_and_money_are_those_of_the_lives(without: History, parameters: Parameters) -> None:
    for k, year in enumerate(without.years):
        places = without.place_years()[k].sum(axis=0)
        months = [
            totals(without.cells, without.layout.time + i)[k]
            for form in FORMS
            for i, (process, state) in enumerate(without.table.states)
            if form == (process if state == "active" else state)
        ]
        np.testing.assert_allclose(places, np.array(months) / MONTHS)
        spent = spending(places, without.place_years_before.sum(axis=0), year, parameters)
        expected = sum(spent.values()) * without.scale
        assert without.accounts.spending[k] == pytest.approx(expected, rel=1e-12)


def test_the_default_budget_is_last_years_spending_in_every_scenario(
    almere: RunConfig, warm_almere: WarmStart, parameters: Parameters, pool: Executor
) -> None:
    found = [simulate(scenario(fte, years=1), almere, pool, warm_almere) for fte in (None, 36, 300)]
    places = found[0].place_years_before.sum(axis=0)
    before = sum(spending(places, places, START - 1, parameters).values()) * found[0].scale
    assert before > 1e6
    for history in found:
        assert history.accounts.budget == [before * (1 + parameters["townhall.budget_growth"])]


def test_a_scenario_from_2015_has_a_budget_too(parameters: Parameters, pool: Executor) -> None:
    """There are no figures of 2014, but lives there are, at the rates of 2015."""
    config = RunConfig(profiles()["Almere"], parameters, children=6000)
    accounts = simulate(scenario(36, start=2015, years=1), config, pool).accounts
    assert accounts.budget[0] == pytest.approx(accounts.spending[0], rel=0.25)  # 6,000 children


# Nobody and everybody


def test_a_programme_without_workers_is_no_programme(
    untouched: RunConfig, warm_untouched: WarmStart, without: History, pool: Executor
) -> None:
    found = simulate(scenario(0), untouched, pool, warm_untouched)
    assert found.cells.tobytes() == without.cells.tobytes()
    assert {year.participants for year in found.programmes[EXISTING]} == {0.0}


def test_a_programme_that_does_nothing_changes_no_life(
    untouched: RunConfig, warm_untouched: WarmStart, without: History, pool: Executor
) -> None:
    found = simulate(scenario(100, use={"switches": ALL_OFF}), untouched, pool, warm_untouched)
    assert found.programmes[EXISTING][-1].participants > 50
    assert found.cells.tobytes() == without.cells.tobytes()
    assert found.accounts.spending == without.accounts.spending


def test_everybody_comes_where_there_is_room_and_everyone_wants_to(
    untouched: RunConfig, warm_untouched: WarmStart, without: History, pool: Executor
) -> None:
    willing = {"kinderwerk.uptake_ceiling": 3.0, "kinderwerk.stay": 1e6, "kinderwerk.hiring_delay": 0.0}
    config = with_parameters(untouched, **STRONG, **willing)
    found = simulate(scenario(1e5), config, pool, warm_untouched)
    flow, _ = config.flow()
    blocks = cohorts(flow, 0, month_of(START + YEARS), config.key, found.table, config.parameters)
    first, before = CHILD_WORK.months
    for k, counted in enumerate(found.programmes[EXISTING]):
        year, month = START + k - EPOCH_YEAR, month_of(START + k + 1) - 1
        eligible = 0
        for c in blocks:
            of_age = (c.birth + first <= month) & (c.birth + before > month)
            eligible += int((of_age & (c.arrives <= year) & (c.departs > year)).sum())
        assert counted.stock == eligible
    expected = np.log(0.4) * 2 * config.parameters["kinderwerk.share_onset"]
    for name in ("onset_light", "onset_moderate", "escalate_light"):
        kind = found.layout.flow + found.table.row(name)
        treated, others = (by_age(h, kind)[:, 5:14].sum() for h in (found, without))  # all year in it
        spread = np.sqrt(1 / treated + 1 / others)
        assert treated < others
        if name != "escalate_light":  # of whom there are fewer with a light need to escalate from
            assert abs(np.log(treated / others) - expected) < 4 * spread, name
    for early in (slice(0, 3), slice(15, AGES)):  # in the first year: too young, or too old already
        kind = found.layout.flow + found.table.row("onset_light")
        assert np.array_equal(by_age(found, kind)[0, early], by_age(without, kind)[0, early])


def test_children_come_as_far_as_places_go(
    almere: RunConfig, warm_almere: WarmStart, parameters: Parameters, pool: Executor
) -> None:
    found = simulate(scenario(80), almere, pool, warm_almere)
    eligible = almere.eligible(CHILD_WORK)
    months = np.array(found.accounts.fte[EXISTING]).reshape(YEARS, MONTHS)
    for year, counted in zip(months, found.programmes[EXISTING], strict=True):
        places = [participants_for(fte, eligible, CHILD_WORK, parameters) / found.scale for fte in year]
        assert counted.places == pytest.approx(np.mean(places))
        assert counted.stock == np.floor(places[-1] + 1e-9)
        assert counted.participants > counted.stock


def test_child_work_goes_on_as_it_was_where_its_workers_stay(
    almere: RunConfig, warm_almere: WarmStart, parameters: Parameters, pool: Executor
) -> None:
    """Before the scenario and in it as many children come, so that nothing happens at the start."""
    now = month_of(START)
    came = sum(((x.joins[:, 0] < now) & (x.leaves[:, 0] >= now)).sum() for x in warm_almere.exposed)
    found = simulate(scenario(36), almere, pool, warm_almere)
    stocks = [year.stock for year in found.programmes[EXISTING]]
    assert stocks == [stocks[0]] * YEARS
    assert abs(came - stocks[0]) <= 1


def test_workers_of_before_are_there_until_others_come(
    almere: RunConfig, warm_almere: WarmStart, untouched: RunConfig, warm_untouched: WarmStart, pool: Executor
) -> None:
    delay = round(almere.parameters["kinderwerk.hiring_delay"])
    for config, warm, before in ((almere, warm_almere, 36), (untouched, warm_untouched, 0)):
        fte = simulate(scenario(72), config, pool, warm).accounts.fte[EXISTING]
        staff = simulate(scenario(before), config, pool, warm).accounts.fte[EXISTING]
        assert fte[:delay] == pytest.approx(staff[:delay])
        assert staff == pytest.approx([staff[0]] * YEARS * MONTHS)
        assert fte[delay] == pytest.approx(staff[0] + 72 - before)
    assert simulate(scenario(None), almere, pool, warm_almere).accounts.fte[EXISTING][0] < 1e-9


def test_children_take_along_what_child_work_gave_them_before(
    almere: RunConfig, warm_almere: WarmStart, pool: Executor
) -> None:
    """It lasts after the last worker has gone, where it lasts at all."""
    gone = {"kinderwerk.effect_exists": 0.0, "kinderwerk.signalling": 1.0}
    kept = {**STRONG, "kinderwerk.retained": 1.0}
    never, after = (
        simulate(scenario(), with_parameters(almere, **changes), pool, warm_almere)
        for changes in (gone, kept)
    )
    assert {year.participants for year in after.programmes[EXISTING]} == {0.0}
    for name in ("onset_light", "onset_moderate"):
        assert row(after, name).sum() < row(never, name).sum()


# What may change what


def state_of(warm: WarmStart) -> list[bytes]:
    arrays = [a for part in (*warm.blocks, *warm.exposed) for a in part]
    return [a.tobytes() for a in (*arrays, warm.cells)]


def test_a_warm_start_is_shared_and_never_changed(
    almere: RunConfig, warm_almere: WarmStart, pool: Executor
) -> None:
    before = state_of(warm_almere)
    first = simulate(scenario(72), almere, pool, warm_almere)
    simulate(scenario(None), almere, pool, warm_almere)
    assert state_of(warm_almere) == before
    assert simulate(scenario(72), almere, pool, warm_almere).cells.tobytes() == first.cells.tobytes()


def test_a_run_makes_its_own_warm_start_where_none_is_given(parameters: Parameters, pool: Executor) -> None:
    config = RunConfig(profiles()["Almere"], parameters, children=300)
    given = simulate(scenario(36, years=2), config, pool, warm_up(config, START, pool))
    assert simulate(scenario(36, years=2), config, pool).cells.tobytes() == given.cells.tobytes()


def test_a_warm_start_of_another_year_is_refused(
    almere: RunConfig, warm_almere: WarmStart, pool: Executor
) -> None:
    with pytest.raises(ValueError, match=f"{START}.*2028"):
        simulate(scenario(36, start=2028), almere, pool, warm_almere)


def test_lives_do_not_depend_on_threads_from_birth_on(almere: RunConfig) -> None:
    config, found = replace(almere, children=600), []
    for threads in (1, 3):
        with worker_threads(threads) as workers:
            warm = warm_up(config, START, workers)
            history = simulate(scenario(60), config, workers, warm)
            found.append([*state_of(warm), history.cells.tobytes(), repr(history.programmes)])
    assert found[0] == found[1]
    with pytest.raises(ValueError, match="threads"), worker_threads(0):
        pass


def test_another_seed_draw_or_replication_is_other_luck(
    untouched: RunConfig, warm_untouched: WarmStart, without: History, pool: Executor
) -> None:
    settings = (
        replace(untouched, seed=1), replace(untouched, draw=1), replace(untouched, replication=1),
    )  # fmt: skip
    for config in settings:
        other = simulate(scenario(years=1), config, pool, warm_untouched)
        assert other.cells[0].tobytes() != without.cells[0].tobytes()


def test_one_child_more_changes_nobody_elses_life(
    untouched: RunConfig, warm_untouched: WarmStart, without: History, pool: Executor
) -> None:
    """Nor any other figure: the difference is one child, in its own block."""
    b = 7
    block, exposed = warm_untouched.blocks[b], warm_untouched.exposed[b]
    here = (block.arrives < START - EPOCH_YEAR) & (block.departs > START - EPOCH_YEAR + YEARS)
    at = int(np.flatnonzero(here & (block.birth > month_of(START - 10)))[0])
    extra = block.part(slice(at, at + 1))
    extra.id[:] |= (1 << SERIAL_BITS) - 1
    assert extra.id[0] not in block.id
    more = block.part(slice(0, at)).joined(extra).joined(block.part(slice(at, None)))
    longer = exposures(more.id.size, [EXISTING], {EXISTING: _effect_of(exposed)})
    warm = replace(
        warm_untouched,
        blocks=[more if k == b else own for k, own in enumerate(warm_untouched.blocks)],
        exposed=[longer if k == b else own for k, own in enumerate(warm_untouched.exposed)],
    )
    found = simulate(scenario(), untouched, pool, warm)
    others = [k for k in range(BLOCKS) if k != b]
    assert found.cells[:, others].tobytes() == without.cells[:, others].tobytes()
    child = found.cells[:, b] - without.cells[:, b]
    lay = found.layout
    assert child[:, lay.people, :AGES].sum(axis=1).tolist() == [1.0] * YEARS
    counts = np.ones(lay.kinds, bool)
    counts[lay.time : lay.users] = False
    assert child[:, counts].min() >= 0
    assert set(np.unique(child[:, lay.users : lay.stock, :AGES])) <= {0.0, 1.0}
    for name in found.table.processes:
        kinds = [lay.time + i for i, (process, _) in enumerate(found.table.states) if process == name]
        months = child[:, kinds, :AGES].sum(axis=(1, 2))
        assert np.all((months > -1e-6) & (months < MONTHS + 1e-6))


def _effect_of(exposed: Exposure) -> Effect:
    return Effect(tuple(exposed.log_effect[0, 0]), float(exposed.build[0, 0]), float(exposed.decay[0, 0]))


def test_a_parameter_changes_lives_from_when_the_scenario_says(
    untouched: RunConfig, warm_untouched: WarmStart, without: History, pool: Executor
) -> None:
    """From the start, whatever lives were like before; the same value again changes nothing."""
    same = {"start.ambulant": untouched.parameters["start.ambulant"]}
    unchanged = simulate(scenario(parameters=same), untouched, pool, warm_untouched)
    assert unchanged.cells.tobytes() == without.cells.tobytes()
    stopped = simulate(scenario(parameters={"start.ambulant": 0.0061}), untouched, pool, warm_untouched)
    assert row(without, "start_ambulant")[0] > 50
    assert row(stopped, "start_ambulant")[0] < 0.1 * row(without, "start_ambulant")[0]
    before = totals(warm_untouched.cells, stopped.layout.flow + stopped.table.row("start_ambulant"))
    assert before[-1] > 50


def test_overrides_are_told_apart_by_when_they_begin(parameters: Parameters) -> None:
    changed = scenario(
        parameters={
            "need.onset_light": 0.01,
            "frailty.sd": {"value": 0.5, "from": "birth"},
            "end.ambulant": {"value": 0.9, "from": "start"},
        }
    )
    start, birth = (with_overrides(parameters, changed, since) for since in ("start", "birth"))
    assert start == parameters.replace({"need.onset_light": 0.01, "end.ambulant": 0.9})
    assert birth == parameters.replace({"frailty.sd": 0.5})


def test_an_effect_beyond_the_room_of_the_engine_is_refused(
    almere: RunConfig, warm_almere: WarmStart, pool: Executor
) -> None:
    with pytest.raises(InputError, match="multiply recovery"):
        simulate(scenario(36, parameters={"kinderwerk.recovery_light": 20.0}), almere, pool, warm_almere)


def test_a_shortfall_takes_workers_who_are_not_protected(
    almere: RunConfig, warm_almere: WarmStart, pool: Executor
) -> None:
    poor = {"policy": "crowd_out", "budget": {"youth_care": 1000.0}}
    uses = ({"ring_fenced": False}, {"ring_fenced": True}, {"ring_fenced": False, "paid_by": "outside"})
    posts = [
        simulate(scenario(36, use=use, **poor), almere, pool, warm_almere).accounts.posts[EXISTING]
        for use in uses
    ]
    assert posts[0] == pytest.approx([36 * 0.8**year for year in range(YEARS)])
    assert posts[1] == posts[2] == [36.0] * YEARS


def test_a_run_tells_each_year(almere: RunConfig, warm_almere: WarmStart, pool: Executor) -> None:
    told: list[int] = []
    simulate(scenario(), almere, pool, warm_almere, told.append)
    assert told == list(range(YEARS))
    warmed: list[int] = []
    warm_up(replace(almere, children=50), 2016, pool, warmed.append)
    assert warmed == list(range(EPOCH_YEAR, 2016))
