"""Break-even over effect and reach: what lies between places is what runs there come to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pages.choices.chosen import Choices, pair
from pages.choices.plan import Plan
from sim.decision.breakeven import EFFECT, REACH, BreakEvenMap, break_even_map, grid
from sim.decision.comparison import CASHABLE, MUNICIPAL, difference
from sim.decision.goal import Goal
from sim.decision.sample import Question
from sim.engine.config import worker_threads
from sim.runs.experiment import Options
from sim.runs.lives import LifeStore

YEARS = (2026, 2027)
SHORT = Plan.of(
    {"policy": "deficit", "years": 10, "programmes": {"kinderwerk": {"fte": 36, "ring_fenced": True}}}
)
QUESTION = Question(pair(Choices(plan=SHORT)), Options(children=600))
GOAL = Goal(2027, measure="cost", rate=0.0, probability=0.5)


def made() -> BreakEvenMap:
    """Draw k of 1..10 costs 10 + k in the first year, less a tenth of effect times the log of the reach."""
    effects, reaches = np.array([0.0, 40.0, 80.0]), np.geomspace(20.0, 600.0, 4)
    first = 10.0 + np.arange(1.0, 11.0)[:, None, None] - 0.1 * effects[:, None] * np.log(reaches)
    costs = np.stack([first, np.zeros_like(first)], axis=-1)
    now = (6.0, 100.0)
    return BreakEvenMap(YEARS, effects, reaches, {MUNICIPAL: costs}, now, ((0.0, 20.0), (50.0, 200.0)))


def test_the_chance_is_the_share_of_draws_whose_money_is_back() -> None:
    found = made()
    expected = np.mean(10.0 + np.arange(1.0, 11.0) <= 0.1 * 50.0 * np.log(62.14465))
    assert found.chance(GOAL, 50.0, 62.14465)[0, 0] == expected
    assert found.chance(GOAL, [0.0, 80.0], [20.0, 600.0]).tolist() == [[0.0, 0.0], [1.0, 1.0]]


def test_a_line_is_where_the_quantile_of_the_money_is_nothing() -> None:
    found = made()
    assert found.line(GOAL, found.reaches) == pytest.approx(155.0 / np.log(found.reaches), rel=1e-3)
    dear = replace(found, costs={MUNICIPAL: found.costs[MUNICIPAL] + 100.0})
    assert np.isnan(dear.line(GOAL, found.reaches)).all()


def test_a_threshold_takes_the_other_as_it_is_now() -> None:
    found = made()
    effect = found.threshold(EFFECT, GOAL)
    assert effect.value == pytest.approx(155.0 / np.log(100.0), rel=0.01)
    assert (effect.now, effect.chance_now, effect.always) == (6.0, 0.0, False)
    assert effect.low is not None
    assert effect.high is not None
    assert effect.low <= 155.0 / np.log(100.0) <= effect.high
    reach = found.threshold(REACH, GOAL)
    assert (reach.value, reach.chance, reach.now) == (None, 0.0, 100.0)
    cheap = replace(found, costs={MUNICIPAL: found.costs[MUNICIPAL] - 100.0})
    assert cheap.threshold(REACH, GOAL).always
    with pytest.raises(ValueError, match="nothing is known of cost_cashable"):
        found.threshold(EFFECT, replace(GOAL, measure="cost_cashable"))


def test_a_reference_without_workers_is_lived_once() -> None:
    places = grid(QUESTION)
    assert len(places.scenarios) == 1 + places.effects.size * places.reaches.size
    assert places.scenarios[0] == QUESTION.scenarios[0]
    more = replace(QUESTION, scenarios=(QUESTION.scenarios[1], QUESTION.scenarios[1]))
    assert len(grid(more).scenarios) == len(places.pairs)
    assert all(before == after for before, after in grid(more).pairs)


def test_a_place_and_what_lies_between_are_what_is_lived_there() -> None:
    places, goal = grid(QUESTION), Goal(QUESTION.years[-1], measure="cost")
    store = LifeStore(lambda columns: columns)
    with worker_threads(1) as pool:
        runs = [store.run(places.scenarios, QUESTION.options, draw, pool) for draw in (1, 2)]
        found = break_even_map(QUESTION, places, runs)
        whole = np.ptp(found.money(goal, found.effects, found.reaches))
        for effect, reach, close in ((40.0, 600.0, 1e-6), (60.0, 340.0, 0.1)):
            there = EFFECT.at(REACH.at(QUESTION, reach), effect).scenarios[-1]
            both = (QUESTION.scenarios[0], there)
            lived = [store.run(both, QUESTION.options, draw, pool) for draw in (1, 2)]
            money, _ = goal.of(difference(lived, 1, 0, QUESTION.years))
            assert np.abs(found.money(goal, effect, reach)[:, 0, 0] - money).max() <= close * whole
    assert {MUNICIPAL, CASHABLE} <= found.costs.keys()
    (left, right), (low, high) = found.assumed
    assert left < found.now[0] < right
    assert low < found.now[1] < high
