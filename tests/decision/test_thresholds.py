"""Thresholds are where they are when the answer is known, and nowhere where there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.decision import thresholds as module
from sim.decision.comparison import difference
from sim.decision.goal import Goal
from sim.decision.sample import Question
from sim.decision.thresholds import (
    QUANTITIES,
    SearchVariable,
    Threshold,
    highest_price,
    of_workers,
    sentence,
    threshold,
    values,
    with_fte,
)
from sim.engine.plan import with_overrides
from sim.errors import InputError
from sim.runs.experiment import Options, config_for
from sim.runs.workers import Workers
from tests.worlds import run_of, scenario

YEARS = 3
QUESTION = Question((scenario(0, years=YEARS), scenario(36, years=YEARS)), Options(children=800))
GOAL = Goal(QUESTION.years[-1])
WORKERS = Workers(1)
LINE = SearchVariable("line", "units", 0.0, 10.0, lambda _: 1.0, lambda q, x: replace(q, options=_carry(x)))


def _carry(x: float) -> Options:
    return Options(children=1 + round(1000 * x))


@pytest.fixture
def straight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let draw k cost k + 1 minus the quantity."""

    def costs(question: Question, goal: Goal, draws: range, workers: Workers) -> np.ndarray:
        at = ((question.options.children or 1) - 1) / 1000
        return np.array([draw + 1.0 - at for draw in draws])

    monkeypatch.setattr(module, "values", costs)


@pytest.mark.usefixtures("straight")
@pytest.mark.parametrize(("chance", "expected"), [(0.5, 5.5), (0.0, 2.0), (0.25, 3.75), (0.75, 7.25)])
def test_a_threshold_is_where_the_quantile_of_draws_is_zero(chance: float, expected: float) -> None:
    t = threshold(LINE, QUESTION, replace(GOAL, probability=chance), WORKERS, draws=8)
    assert t.value == pytest.approx(expected, abs=0.1)
    assert t.chance == pytest.approx(chance, abs=0.15)
    assert t.low is not None
    assert t.high is not None
    assert t.low <= expected + 0.1
    assert t.high >= expected - 0.1


@pytest.mark.usefixtures("straight")
def test_where_the_most_is_not_enough_there_is_no_threshold() -> None:
    t = threshold(LINE, QUESTION, replace(GOAL, probability=0.9), WORKERS, draws=40)
    assert t.value is None
    assert not t.always
    assert t.chance == pytest.approx(9 / 40)
    assert "even 10 units is not enough" in sentence(t)


@pytest.mark.usefixtures("straight")
def test_where_the_least_is_enough_it_is_always_met() -> None:
    easy = replace(LINE, least=9.5)
    t = threshold(easy, QUESTION, GOAL, WORKERS, draws=8)
    assert t.always
    assert t.value is None
    assert "enough already" in sentence(t)


def test_the_highest_price_of_a_worker_is_what_care_saved_pays_for() -> None:
    def even(value: float) -> np.ndarray:
        return np.full((2, 4), value / 4)

    base = {("cost_cashable", "payer", "gemeente"): even(0.0)}
    runs = []
    for draw, saved in enumerate((10.0, 30.0, 50.0), 1):
        other = {
            ("cost_cashable", "payer", "gemeente"): even(100.0 - saved),
            ("cost", "programme", "kinderwerk"): even(100.0),
        }
        runs.append(run_of(base, other, draw=draw))
    d = difference(runs, 1, 0, (2026, 2027))
    t = highest_price(d, Goal(2027), 80_000.0, np.zeros(3))
    assert t.value == pytest.approx(0.3 * 80_000.0)
    sure = highest_price(d, Goal(2027, probability=1.0), 80_000.0, np.zeros(3))
    assert sure.value == pytest.approx(0.1 * 80_000.0)
    assert t.chance_now == 0.0
    assert "at most 2.4e+04" in sentence(t)


def test_what_is_searched_is_what_is_lived() -> None:
    effect, reach = QUANTITIES
    config = config_for(QUESTION.scenarios[1], QUESTION.options, 7, 0)
    p, q = (
        with_overrides(config.parameters, tried.scenarios[1], "start")
        for tried in (effect.at(QUESTION, 30.0), reach.at(QUESTION, 200.0))
    )
    assert p["kinderwerk.effect_exists"] == 1.0
    assert p["kinderwerk.moderate_need"] == pytest.approx(0.7)
    assert q["kinderwerk.visits_per_fte"] / q["kinderwerk.visits_per_child"] == pytest.approx(200.0)
    fte = of_workers(QUESTION)
    assert (fte.least, fte.now(QUESTION), fte.most) == pytest.approx((3.6, 36.0, 108.0))
    assert fte.at(QUESTION, 50.0).scenarios[1].programmes["kinderwerk"].fte.at(2027) == 50.0
    assert fte.at(QUESTION, 50.0).scenarios[0] == QUESTION.scenarios[0]


def test_more_effect_never_costs_more_on_the_same_luck() -> None:
    effect = QUANTITIES[0]
    goal = replace(GOAL, measure="cost")
    little, much = (values(effect.at(QUESTION, x), goal, range(1, 5), WORKERS) for x in (0.0, 80.0))
    assert (much <= little + 1e-6).mean() >= 0.75
    assert much.mean() < little.mean()


def test_child_work_that_is_not_there_has_no_workers_to_change() -> None:
    with pytest.raises(InputError, match="has no child work"):
        with_fte(scenario(years=YEARS), 3.0)


def test_a_sentence_says_for_whom_by_when_and_how_sure() -> None:
    t = Threshold("effect", "% less", GOAL, 20.0, 15.0, 25.0, 6.0, 0.0, 80.0, 0.5, 0.1)
    words = sentence(t)
    for part in ("at least 20 % less", "gemeente", str(GOAL.year), "50%", "15 to 25", "now 6"):
        assert part in words
