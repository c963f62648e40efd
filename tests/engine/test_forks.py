"""Worlds that are lived as what they change: in the mean the same as worlds lived in full."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.engine.config import Inline, RunConfig
from sim.engine.counting import empty_tally
from sim.engine.exposure import PER_CHILD, Exposure
from sim.engine.forks import Forks, beside, differing, rate_for
from sim.engine.lifecourse import advance
from sim.engine.plan import touches_no_life, with_overrides
from sim.engine.simulation import Lives, apart, groups, plans_of, simulate, simulate_together
from sim.engine.stretch import Turn, Who, nobody_else, open_gate, room_for, scratch
from sim.engine.warmup import NOBODY, NOT_ASIDE, WarmStart, warm_up, year_span
from sim.inputs.profiles import profiles
from sim.inputs.scenario import Scenario
from sim.model.parameters import Parameters, default_parameters
from sim.runs.experiment import Columns, Options, run_all
from sim.states import AGES, EPOCH_YEAR, MECHANISMS
from tests.worlds import ALL_OFF, scenario

FEW, YEARS = 1500, 6
FIGURES = (
    ("cost", "payer", "gemeente"), ("cost_society", "total", "all"), ("care_users", "total", "all"),
    ("unmet_need", "total", "all"), ("need_stock", "need", "light"), ("taking_part", "total", "all"),
    ("care_starts", "total", "all"), ("first_offences", "total", "all"), ("care_users", "age", "9"),
)  # fmt: skip
UNFENCED: dict[str, Any] = {"policy": "crowd_out", "use": {"ring_fenced": False}}
Floats = NDArray[np.float64]


def config(seed: int = 0, children: int = FEW, p: Parameters | None = None) -> RunConfig:
    return RunConfig(profiles()["Almere"], p or default_parameters(), seed=seed, children=children)


def strong(p: Parameters) -> Parameters:
    """Return parameters under which child work does much, so that few children show it."""
    return p.replace(
        {
            "kinderwerk.effect_exists": 1.0,
            "kinderwerk.moderate_need": 0.7,
            "kinderwerk.visits_per_child": 10.0,
        }
    )


@pytest.fixture(scope="module")
def warm() -> WarmStart:
    return warm_up(config(), 2026, Inline())


def columns(found: Any, mine: RunConfig, one: Scenario) -> Columns:
    return Columns.of(found, with_overrides(mine.parameters, one, "start"))


def difference(scenarios: Sequence[Scenario], mine: RunConfig, warm: WarmStart, rate: float | None) -> Floats:
    """Return what the second scenario changes, [figures, years]; rate None lives both in full."""
    if rate is None:
        found = [simulate(one, mine, Inline(), warm) for one in scenarios]
    else:
        found = simulate_together(scenarios, mine, Inline(), warm, rate=rate)
    a, b = (columns(h, mine, one) for h, one in zip(found, scenarios, strict=True))
    assert a.labels == b.labels
    where = [a.labels.index(figure) for figure in FIGURES]
    return np.asarray(b.values[where] - a.values[where])


def test_the_reference_lives_as_it_does_alone(warm: WarmStart) -> None:
    pair = [scenario(0, years=YEARS), scenario(60, years=YEARS)]
    alone = simulate(pair[0], config(), Inline(), warm)
    together = simulate_together(pair, config(), Inline(), warm)[0]
    np.testing.assert_allclose(together.cells, alone.cells, rtol=1e-9, atol=1e-9)


def test_children_who_come_to_a_growing_town_are_the_same_in_every_budget() -> None:
    """Births and moves meet the given youths, whoever is helped; and programmes find more children."""
    almere = profiles()["Almere"]
    later = ((2026, almere.youths), (2032, tuple(1.5 * youths for youths in almere.youths)))
    mine = replace(config(), profile=replace(almere, later=later))
    warm = warm_up(mine, 2026, Inline())
    pair = [scenario(0, years=YEARS), scenario(80, years=YEARS)]
    a, b = simulate_together(pair, mine, Inline(), warm)
    people = [history.cells[:, :, history.layout.people, :AGES].sum(axis=(1, 2)) for history in (a, b)]
    assert people[0].tolist() == people[1].tolist()
    expected = [sum(mine.profile.youths_on(2027 + year)) / a.scale for year in range(YEARS)]
    assert people[0] == pytest.approx(expected, rel=0.03)
    alone = simulate(pair[0], mine, Inline(), warm)
    np.testing.assert_allclose(a.cells, alone.cells, rtol=1e-9, atol=1e-9)
    whole = simulate(pair[1], mine, Inline(), warm)
    assert whole.cells[:, :, a.layout.people].sum() == b.cells[:, :, a.layout.people].sum()
    constant = simulate(pair[1], config(), Inline())
    reached = [history.programmes["kinderwerk"][-1].places for history in (whole, constant)]
    assert reached[0] > reached[1]  # the ceiling is a share of the children there are


def test_the_same_scenario_twice_differs_in_nothing(warm: WarmStart) -> None:
    a, b = simulate_together([scenario(36, years=YEARS)] * 2, config(), Inline(), warm)
    assert a.cells.tobytes() == b.cells.tobytes()


def test_a_programme_without_effect_costs_its_price_and_changes_no_life(warm: WarmStart) -> None:
    off = {"switches": dict.fromkeys(("onset", "escalation", "recovery", "signalling", "participation", "access", "substitution"), False)}  # noqa: E501
    pair = [scenario(0, years=YEARS, use=off), scenario(60, years=YEARS, use=off)]
    a, b = simulate_together(pair, config(), Inline(), warm)
    assert a.cells.tobytes() == b.cells.tobytes()
    assert sum(b.accounts.programme_cost["kinderwerk"]) > sum(a.accounts.programme_cost["kinderwerk"])


OTHERWISE = {
    "kinderwerk.moderate_need": 1.1,
    "kinderwerk.signalling": 1.6,
    "kinderwerk.retained": 0.2,
    "kinderwerk.stay": 12.0,
    "kinderwerk.visits_per_child": 15.0,
}
"""Child work of which nearly everything is otherwise than in `strong`."""


@pytest.mark.parametrize(
    "pair",
    [
        [scenario(0, years=YEARS), scenario(80, years=YEARS)],
        [scenario(0, years=YEARS, **UNFENCED), scenario(80, years=YEARS, **UNFENCED)],
        [scenario(80, years=YEARS), scenario(80, years=YEARS, parameters=OTHERWISE)],
    ],
    ids=["deficit", "unfenced", "another programme"],
)
def test_in_the_mean_it_is_the_difference_of_worlds_lived_in_full(pair: list[Scenario]) -> None:
    """Over seeds, for every figure summed over the years and in the last one; forks at two rates.

    32 seeds tell a bias of one standard error of the difference of worlds lived in full.
    """
    p = strong(default_parameters())
    ways: dict[float | None, list[Floats]] = {None: [], 2.0: [], 60.0: []}
    for seed in range(32):
        mine = config(seed, p=p)
        start = warm_up(mine, 2026, Inline())
        for rate, found in ways.items():
            d = difference(pair, mine, start, rate)
            found.append(np.concatenate([d.sum(axis=1), d[:, -1]]))
    full = np.array(ways[None])
    for rate in (2.0, 60.0):
        gap = np.array(ways[rate]) - full
        error = gap.std(axis=0, ddof=1) / np.sqrt(len(gap))
        z = gap.mean(axis=0) / np.where(error > 0, error, 1.0)
        assert np.abs(z).max() < 4.0, (rate, z)
    assert (np.array(ways[60.0]).std(axis=0) < full.std(axis=0)).mean() > 0.8


def followed(rate: float = 60.0, room: int | None = None, fte: int = 80) -> tuple[Lives, list[Floats]]:
    """Return lives of two budgets and what was counted; room: for so few partings of a block a year."""
    mine = config(p=strong(default_parameters()))
    plans = plans_of([scenario(0, years=2), scenario(fte, years=2)], mine)
    lives = Lives(plans, warm_up(mine, 2026, Inline()), Inline(), rate)
    if room is not None:
        lives.partings = [room] * len(lives.blocks)
    return lives, [history.cells for history in lives.histories()]


def test_each_pair_has_luck_of_its_own_and_its_two_lives_share_it() -> None:
    lives, _ = followed()
    mine = [forks for forks in lives.forks[0] if forks.row.size]
    luck, weight = (np.concatenate([getattr(forks, name) for forks in mine]) for name in ("luck", "weight"))
    assert luck.size > 100
    assert (luck[::2] == luck[1::2]).all()
    assert np.unique(luck[::2]).size == luck.size // 2, "copies of a pair would be one life counted often"
    assert config().key not in luck, "from a fork on, luck that the reference used is known"
    assert (weight[::2] == -weight[1::2]).all()
    assert weight.all()
    for block, forks in zip(lives.blocks, lives.forks[0], strict=True):
        assert (forks.children.id == block.id[forks.row]).all()
        assert (forks.row[::2] == forks.row[1::2]).all()
        assert forks.accepted[::2].all()
        assert not forks.accepted[1::2].any()


def test_after_a_fork_the_programmes_of_the_reference_do_nothing_more() -> None:
    """Lives that have turned are the same whatever the reference does, and not whatever their world does."""
    lives, _ = followed()
    plan, epoch_year = lives.plan, 2028 - EPOCH_YEAR
    h, lay, key = plan.clock.table.hazards, plan.clock.layout, plan.config.key
    span, bounds = year_span(epoch_year, plan.config.steps_per_month, True), plan.clock.year(epoch_year)
    ours, theirs = (world.exposed for world in lives.worlds)
    felt = 0
    for forks, mine, other in zip(lives.forks[0], ours, theirs, strict=True):
        n = forks.row.size
        assert (forks.clock == -1).all()

        def lived(x: Exposure, own: Exposure, forks: Forks = forks, n: int = n) -> bytes:
            tally = empty_tally(lay)
            advance(
                forks.children.part(slice(None)), Who(0, n, NOBODY, NOT_ASIDE), x, h, bounds, lay, key, span,
                open_gate(), tally, scratch(forks.children), nobody_else(), room_for(0),
                Turn(*forks[1:], own),
            )  # fmt: skip
            return tally.tobytes()

        assert lived(mine, other) == lived(other, other)
        felt += lived(mine, mine) != lived(mine, other)
    assert felt


def test_a_year_with_more_partings_than_expected_is_lived_again_and_is_the_same() -> None:
    _, enough = followed()
    again, scarce = followed(room=1)
    assert max(again.partings) > 1
    assert [a.tobytes() for a in enough] == [b.tobytes() for b in scarce]
    assert again.proposals > 0


def test_who_may_live_otherwise_is_who_comes_to_something_else() -> None:
    lives, _ = followed(fte=20)
    ours, theirs = (world.exposed for world in lives.worlds)
    found = 0
    for a, b in zip(ours, theirs, strict=True):
        n = a.joins.shape[0]
        other = np.zeros(n, np.bool_)
        for name in PER_CHILD:
            other |= (getattr(a, name) != getattr(b, name)).any(axis=1)
        rows = differing(a, b, 0, n)
        assert rows.tolist() == np.flatnonzero(other).tolist()
        half = differing(a, b, n // 2, n)
        assert half.tolist() == [row for row in rows if row >= n // 2]
        beside_itself, _ = beside([a, b])
        assert differing(a, beside_itself, 0, n).tolist() == rows.tolist()
        found += rows.size
    assert found > 20


def test_what_touches_no_life_leaves_all_lives_as_they_are(warm: WarmStart) -> None:
    p = default_parameters()
    ends = {
        name: record.high if p[name] != record.high else record.low
        for name, record in p.records.items()
        if touches_no_life(name) and not record.fixed
    }
    assert {"kinderwerk.stay", "bso.stay", "cost.ambulant", "townhall.realisable"} <= set(ends)
    off = {"switches": dict.fromkeys(MECHANISMS, False)}
    mine, before = (
        simulate(scenario(36, years=YEARS, use=off, parameters=changed), config(), Inline(), warm)
        for changed in ({}, ends)
    )
    assert mine.cells.tobytes() == before.cells.tobytes()


def test_blocks_tell_the_error_of_a_difference() -> None:
    """The standard error from blocks against the spread over seeds."""
    pair = [scenario(0, years=YEARS), scenario(80, years=YEARS)]
    values, errors = [], []
    for seed in range(40):
        mine = config(seed)
        a, b = simulate_together(pair, mine, Inline(), warm_up(mine, 2026, Inline()))
        ours, theirs = columns(a, mine, pair[0]), columns(b, mine, pair[1])
        where = ours.labels.index(("care_users", "total", "all"))
        blocks = (theirs.blocks[where] - ours.blocks[where]).sum(axis=0)
        values.append(blocks.sum())
        errors.append(blocks.std(ddof=1) * np.sqrt(blocks.size))
    assert 0.6 < np.std(values, ddof=1) / np.sqrt(np.mean(np.square(errors))) < 1.6


def test_a_world_does_not_depend_on_which_others_are_lived_beside_it(warm: WarmStart) -> None:
    first, second, third = scenario(0, years=YEARS), scenario(36, years=YEARS), scenario(72, years=YEARS)
    alone = simulate_together([first, third], config(), Inline(), warm)[1]
    together = simulate_together([first, second, third], config(), Inline(), warm)[2]
    np.testing.assert_allclose(together.cells, alone.cells, rtol=1e-9, atol=1e-9)


@pytest.mark.usefixtures("handed_over")
def test_any_number_of_threads_gives_the_same_bytes(tmp_path: Any) -> None:
    pair = [scenario(0, years=YEARS), scenario(36, years=YEARS)]
    runs = [next(iter(run_all(pair, Options(children=FEW, threads=n)))) for n in (1, 2, 5)]
    for run in runs[1:]:
        for ours, theirs in zip(runs[0].columns, run.columns, strict=True):
            assert ours.blocks.tobytes() == theirs.blocks.tobytes()


@pytest.mark.parametrize(
    ("scenarios", "why"),
    [
        ([scenario(0), scenario(36)], ""),
        ([scenario(0, **UNFENCED), scenario(36, **UNFENCED)], ""),
        ([scenario(0, policy="capped"), scenario(36, policy="capped")], "places"),
        ([scenario(0), scenario(36, parameters={"need.onset_light": 0.03})], "parameters"),
        ([scenario(0), scenario(36, parameters={"kinderwerk.stay": 12, "cost.ambulant": 9000})], ""),
        ([scenario(0), scenario(36, parameters={"bso.stay": {"value": 9, "from": "birth"}})], "parameters"),
        ([scenario(0), scenario(36, parameters={"kinderwerk.existing_coverage": 0.1})], "parameters"),
        ([scenario(0), scenario(36, prior="nearest")], "parameters"),
        ([scenario(0, prior="nearest"), scenario(36, prior="nearest")], ""),
        ([scenario(0), scenario(36, future="flat")], "parameters"),
        ([scenario(0, future="flat"), scenario(36, future="flat")], ""),
        ([scenario(0), scenario(36, shocks=[{"kind": "lockdown", "start": 2027, "size": 0.5}])], "shocks"),
    ],
    ids=["budgets", "unfenced", "places", "rates", "programmes and prices", "from birth",
         "before the start", "another prior", "one prior", "another future", "one future", "shocks"],
)
def test_which_scenarios_can_be_lived_together(scenarios: list[Scenario], why: str, warm: WarmStart) -> None:
    assert apart(scenarios) == why
    assert groups(scenarios) == ([[0], [1]] if why else [[0, 1]])
    if why:
        with pytest.raises(ValueError, match="lives are not shared"):
            simulate_together(scenarios, config(), Inline(), warm)


def test_signalling_below_one_sees_nobody_less(warm: WarmStart) -> None:
    mine = config(p=default_parameters().replace({"kinderwerk.signalling": 0.7}))
    alone = {"switches": {**ALL_OFF, "signalling": True}}
    pair = [scenario(fte, years=YEARS, use=alone) for fte in (0, 60)]
    a, b = simulate_together(pair, mine, Inline(), warm)
    assert a.cells.tobytes() == b.cells.tobytes()


def test_fewer_pairs_are_followed_of_many_children_and_in_draws() -> None:
    assert rate_for(100) == rate_for(5_000) == 100.0
    assert rate_for(40_000) == pytest.approx(25.0)
    assert rate_for(5_000, draw=3) == 25.0
    drawn = RunConfig(profiles()["Almere"], default_parameters(), seed=0, children=200, draw=3)
    pair = [scenario(0, years=1), scenario(36, years=1)]
    assert Lives(plans_of(pair, drawn), warm_up(drawn, 2026, Inline()), Inline()).rate == 25.0


def test_what_was_lived_goes_as_soon_as_it_is_counted(warm: WarmStart) -> None:
    pair = [scenario(0, years=1), scenario(36, years=1)]
    gc.collect()
    gc.disable()
    try:
        lives = Lives(plans_of(pair, config()), warm, Inline())
        held = weakref.ref(lives)
        histories = lives.histories()
        del lives
        assert held() is None, "a circle of references keeps all children until garbage is collected"
    finally:
        gc.enable()
    assert len(histories) == 2


def test_scenarios_are_grouped_by_what_they_share() -> None:
    other = {"parameters": {"need.onset_light": 0.03}}
    capped = scenario(0, policy="capped")
    some = [scenario(0), scenario(0, **other), scenario(36), scenario(36, **other), capped]
    assert groups(some) == [[0, 2], [1, 3], [4]]
