"""A study as designed: its measure, error and price by hand; what is believed, what studies change."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calibration.evidence.effects import BASE_RISK, need_ratio
from sim.decision import emulated
from sim.decision.design import NUMBERS, Design
from sim.decision.goal import Goal
from sim.decision.learning import (
    LONGEST,
    SIZES,
    Beliefs,
    beliefs,
    by_size,
    choice_of_child_work,
    decisions,
    only_child_work,
    worth,
)
from sim.decision.sample import Question, collect
from sim.decision.value import evpi
from sim.errors import InputError
from sim.inputs.profiles import profiles, towns_of_the_country
from sim.model.catalogue import catalogue
from sim.model.prices import worker_price
from sim.runs.experiment import Options
from sim.runs.workers import Workers
from tests.worlds import scenario

YEARS, DRAWS = 4, 24
PAIR = scenario(0, years=YEARS), scenario(36, years=YEARS)
QUESTION = Question(PAIR, Options(children=600))
GOAL = Goal(QUESTION.years[-1], measure="cost")
PLAIN = Design(10, 3)


def normal(mean: float, sd: float, draws: int = 4000) -> Beliefs:
    """Beliefs in which a child-year counts by the effect alone: d is normal, at full effect."""
    d = mean + sd * np.random.default_rng(1).standard_normal(draws)
    ratio = np.array([need_ratio(x) for x in d])
    return Beliefs(
        GOAL, np.zeros(draws), 1000.0 * d, ratio, np.full(draws, 1e-6), np.full(LONGEST, 85_000.0), False,
        200, (0.9, 0.9),
    )  # fmt: skip


@pytest.fixture(scope="module")
def believed(tmp_path_factory: pytest.TempPathFactory) -> Beliefs:
    with Workers(1) as workers:
        sample = collect(QUESTION, DRAWS, tmp_path_factory.mktemp("draws"), workers)
        return beliefs(sample, GOAL, workers)


def test_every_number_has_a_range_a_grade_and_a_source() -> None:
    for name, number in NUMBERS.items():
        assert number.low < number.value < number.high, name
        assert number.grade in ("assumed", "derived", "cited"), name
        assert number.source, name
    assert NUMBERS["base_risk"].value == BASE_RISK


@pytest.mark.parametrize("d", [-0.1, 0.0, 0.07, 0.3])
def test_what_is_measured_is_the_way_from_trials_to_priors_gone_back(d: float) -> None:
    whole = replace(PLAIN, others=(("coming", 1.0),))
    assert whole.measured(need_ratio(d), 1e-6) == pytest.approx(d, abs=1e-9)


def test_who_does_not_come_and_what_is_not_built_up_is_not_measured() -> None:
    ratio = need_ratio(0.2)
    one = Design(10, 1, (("coming", 0.5),)).measured([ratio, ratio], [12.0, 24.0])
    assert one == pytest.approx([0.1 * (1 - math.exp(-1.0)), 0.1 * (1 - math.exp(-0.5))])


def test_the_price_of_a_study_by_hand() -> None:
    design = Design(10, 2, (("children", 50.0), ("dropout", 0.1), ("fte", 2.0), ("lead", 1e6)))
    found = design.price([80_000.0, 90_000.0], 0.0, has_work=False)
    assert found.lead == pytest.approx(1e6)
    assert found.measuring == pytest.approx(2 * 10 * 50.0 * (50 + 50 * 0.81))
    assert found.work == pytest.approx(10 * 2.0 * 170_000)
    assert found.total == pytest.approx(found.lead + found.measuring + found.work)
    later = design.price([80_000.0, 90_000.0], 0.05, has_work=False)
    assert later.work == pytest.approx(20 * (80_000 / 1.05 + 90_000 / 1.05**2))
    assert later.measuring == pytest.approx(2 * 10 * 50.0 * (50 + 40.5 / 1.05**2))
    assert design.price([80_000.0, 90_000.0], 0.0, has_work=True).work == 0.0


def test_a_study_counts_those_who_are_left_and_the_start_of_each() -> None:
    design = Design(10, 3, (("dropout", 0.2), ("stability", 0.6), ("icc", 0.0)))
    study = design.study(design.price(np.zeros(3), 0.0, has_work=True))
    assert study.children == round(40 * 0.8**3)
    assert study.error(design.variance) == pytest.approx(math.sqrt(2 * (1 - 0.36) / (10 * study.children)))


@pytest.mark.parametrize(
    "wrong", [(1, 3, ()), (10, 0, ()), (10, 3, (("dropout", 1.0),)), (10, 3, (("x", 1.0),))]
)
def test_what_is_no_design_is_refused(wrong: tuple[int, int, tuple[tuple[str, float], ...]]) -> None:
    with pytest.raises(ValueError, match=r"no study|no number"):
        Design(*wrong)


def test_the_worth_of_a_design_has_a_closed_form_where_beliefs_are_normal() -> None:
    """Raiffa & Schlaifer 1961: at the choice that is least sure, sd of what is learnt over root 2 pi."""
    found, design = normal(0.0, 0.05), Design(20, 2, (("coming", 1.0),))
    error = design.study(found.price(design)).error(design.variance)
    learns = 1000.0 * 0.05**2 / math.sqrt(0.05**2 + error**2)
    one = worth(found, design, 100.0, decisions=3.0)
    assert one.one.value == pytest.approx(100.0 * learns / math.sqrt(2 * math.pi), rel=0.06)
    assert one.later == pytest.approx(1.0225**-2)
    assert one.all_of_them == pytest.approx(3 * one.one.value * one.later)
    assert one.net == pytest.approx(one.all_of_them - found.price(design).total)


def test_larger_studies_tell_more_and_cost_more() -> None:
    found = normal(0.02, 0.05)
    curve = by_size(found, PLAIN, 100.0, 1.0)
    assert [size for size, _ in curve] == list(SIZES)
    values, prices = [one.one.value for _, one in curve], [one.price for _, one in curve]
    assert values == sorted(values)
    assert prices == sorted(prices)
    assert values[-1] <= evpi(found.net_benefit(100.0)).value


def test_where_no_finding_could_matter_a_study_is_worth_nothing() -> None:
    found = normal(1.0, 0.05)  # twenty standard deviations from another decision
    one = worth(found, PLAIN, 100.0, 10.0)
    assert (one.one.value, one.chance) == (0.0, 0.0)
    assert one.net == -one.price


def test_beliefs_of_a_sample_are_its_draws(believed: Beliefs) -> None:
    assert believed.accuracy is None
    assert believed.simulated == len(believed.costs) == DRAWS
    exists = {0.0, 1.0}
    p = QUESTION.parameters
    for k, ratio in enumerate(believed.ratio, 1):
        draw = p.draw(0, k)
        assert draw["kinderwerk.effect_exists"] in exists
        expected = draw["kinderwerk.moderate_need"] if draw["kinderwerk.effect_exists"] else 1.0
        assert ratio == pytest.approx(expected)
    assert believed.worker[0] == worker_price(catalogue()["kinderwerk"], QUESTION.years[0], p)
    assert not believed.has_work
    assert believed.now(0.0) == 0  # the money alone does not come back


def test_with_enough_draws_an_emulator_makes_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, believed: Beliefs
) -> None:
    monkeypatch.setattr(emulated, "ENOUGH", DRAWS)
    with Workers(1) as workers:
        sample = collect(QUESTION, DRAWS, tmp_path, workers)
        more = beliefs(sample, GOAL, workers, draws=50)
    assert len(more.costs) == len(more.ratio) == 50
    assert more.accuracy is not None
    assert more.costs.mean() == pytest.approx(believed.costs.mean(), rel=0.3)


def test_decisions_are_weighed_by_youths() -> None:
    here = profiles()["Almere"].total
    mean = profiles()["Nederland"].total / len(towns_of_the_country())
    almere = Question((PAIR[0].replace(municipality="Almere"),) * 2)
    assert decisions(almere, 1) == 1.0
    assert decisions(almere, 11) == pytest.approx(1 + 10 * mean / here)
    country = Question((PAIR[0].replace(municipality="Nederland"),) * 2)
    assert decisions(country, 342) == 1.0


def test_a_choice_of_more_than_child_work_is_refused() -> None:
    both = {name: {"fte": 3} for name in ("kinderwerk", "jongerenwerk")}
    youth = scenario(years=YEARS, programmes=both)
    assert only_child_work(PAIR)
    assert not only_child_work((PAIR[0], youth))
    assert not only_child_work((PAIR[0], PAIR[1].replace(policy="capped")))  # part of it would be the policy
    assert not only_child_work((PAIR[0], PAIR[0]))
    with pytest.raises(InputError) as refused:
        choice_of_child_work([PAIR[0], youth], Options())
    assert refused.value.problems[0].code == "not_child_work_alone"
    assert choice_of_child_work(PAIR, Options()).scenarios == PAIR
