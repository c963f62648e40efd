"""One parameter, two parameters and other structures, on the same children with the same luck."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.decision.comparison import difference
from sim.decision.goal import Goal, lived_beside, outcome
from sim.decision.sample import Question
from sim.decision.sensitivity import CASES, _ends, structural, swings, tornado, two_way, with_values
from sim.engine.config import Inline
from sim.errors import OptionError
from sim.model.parameters import default_parameters
from sim.model.priors import SEEN, believing
from sim.runs.experiment import Options
from sim.runs.workers import Workers
from tests.worlds import scenario

YEARS = 3
QUESTION = Question((scenario(0, years=YEARS), scenario(36, years=YEARS)), Options(children=1000))
LAST = QUESTION.years[-1]
GOAL = Goal(LAST, measure="cost")
WORKERS = Workers(1)


def best(variant: Question, goal: Goal = GOAL) -> float:
    """Return the outcome of the best fit of a variant of QUESTION."""
    ((found,),) = lived_beside(QUESTION, [variant], 0)
    return float(goal.blocks(found).sum())


def test_what_a_variant_comes_to_does_not_depend_on_which_are_beside_it() -> None:
    values = [{"kinderwerk.moderate_need": 0.7}, {"end.ambulant": 1.0}, {"kinderwerk.stay": 12.0}, {}]
    variants = [with_values(QUESTION, value) for value in values]
    for variant, (found,) in zip(variants, lived_beside(QUESTION, variants, 0), strict=True):
        assert float(GOAL.blocks(found).sum()) == pytest.approx(best(variant))
    assert best(variants[1]) == pytest.approx(outcome(variants[1], GOAL, 0)[0].sum())
    assert best(variants[3]) == pytest.approx(outcome(QUESTION, GOAL, 0)[0].sum())


def test_the_outcome_is_the_present_value_of_the_municipalitys_extra_cost() -> None:
    d = difference([QUESTION.run(3, Inline())], 1, 0, QUESTION.years)
    own = d.series("cost", "payer", "gemeente")[0]
    expected = sum(own[k] / 1.0225 ** (k + 1) for k in range(YEARS))
    assert outcome(QUESTION, GOAL, 3)[0].sum() == pytest.approx(expected)
    first = outcome(QUESTION, replace(GOAL, year=QUESTION.years[0]), 3)[0].sum()
    assert first == pytest.approx(own[0] / 1.0225)


def test_a_goal_outside_the_years_or_without_money_is_refused() -> None:
    d = difference([QUESTION.run(0, Inline())], 1, 0, QUESTION.years)
    with pytest.raises(OptionError, match="year must be from"):
        Goal(LAST + 1).blocks(d)
    with pytest.raises(OptionError, match="'nobody' pays nothing"):
        Goal(LAST, payer="nobody").blocks(d)


def test_a_bar_is_what_the_ends_come_to_and_the_widest_comes_first() -> None:
    names = ["cost.kinderwerk_fte", "kinderwerk.retained", "kinderwerk.moderate_need"]
    outset, bars = tornado(QUESTION, GOAL, names, WORKERS)
    assert outset == pytest.approx(outcome(QUESTION, GOAL, 0)[0].sum())
    assert {bar.name for bar in bars} == set(names)
    assert [bar.width for bar in bars] == sorted((bar.width for bar in bars), reverse=True)
    price = next(bar for bar in bars if bar.name == "cost.kinderwerk_fte")
    record = default_parameters().records["cost.kinderwerk_fte"]
    spent = (price.at_high - price.at_low) / (record.high - record.low) * record.value
    d = difference([QUESTION.run(0, Inline())], 1, 0, QUESTION.years)
    factors = 1.0225 ** -np.arange(1.0, YEARS + 1)
    assert spent == pytest.approx(d.series("cost", "programme", "kinderwerk")[0] @ factors, rel=1e-6)
    assert price.error == pytest.approx(0.0, abs=1e-3)  # a price is no matter of luck
    assert not price.too_small


def test_a_swing_has_a_bar_for_any_goal() -> None:
    names = ["kinderwerk.moderate_need"]
    (swing,) = swings(QUESTION, names, WORKERS)
    for goal in (GOAL, replace(GOAL, year=LAST - 1), replace(GOAL, measure="cost_cashable", rate=0.0)):
        _, bars = tornado(QUESTION, goal, names, WORKERS)
        assert [swing.bar(goal)] == bars


def test_what_is_tried_goes_before_what_a_scenario_says() -> None:
    chosen = {"kinderwerk.effect_exists": 0.0, "kinderwerk.stay": 24.0}
    said = replace(
        QUESTION, scenarios=tuple(scenario(fte, years=YEARS, parameters=chosen) for fte in (0, 36))
    )
    tried = with_values(said, {"kinderwerk.effect_exists": 1.0})
    assert tried.base is said.base
    for s in tried.scenarios:
        assert {name: own.value for name, own in s.parameters.items()} == {
            **chosen,
            "kinderwerk.effect_exists": 1,
        }
    rates = with_values(
        replace(
            said,
            scenarios=tuple(scenario(fte, years=YEARS, parameters={"end.ambulant": 2.0}) for fte in (0, 36)),
        ),
        {"end.ambulant": 1.0},
    )
    assert rates.parameters.draw(0, 3)["end.ambulant"] == 1.0
    assert not any(s.parameters for s in rates.scenarios)
    assert with_values(said, {"end.ambulant": 1.0}).scenarios[0] is said.scenarios[0]


def test_a_parameter_takes_those_along_that_share_its_luck() -> None:
    names = ["kinderwerk.moderate_need"]
    records = default_parameters().records
    _, (bar,) = tornado(QUESTION, GOAL, names, WORKERS)
    together = {
        "kinderwerk.moderate_need": records["kinderwerk.moderate_need"].low,
        "kinderwerk.recovery_light": records["kinderwerk.recovery_light"].high,
    }
    assert bar.at_low == pytest.approx(best(with_values(QUESTION, together)))


def test_a_grid_holds_the_outcome_of_each_pair() -> None:
    grid = two_way(QUESTION, GOAL, "cost.kinderwerk_fte", "cost.ambulant", WORKERS, points=3)
    assert grid.outcomes.shape == (3, 3)
    records = default_parameters().records
    assert grid.first_values[0] == pytest.approx(records["cost.kinderwerk_fte"].low)
    assert grid.second_values[-1] == pytest.approx(records["cost.ambulant"].high)
    corner = {"cost.kinderwerk_fte": grid.first_values[0], "cost.ambulant": grid.second_values[-1]}
    assert grid.outcomes[0, -1] == pytest.approx(best(with_values(QUESTION, corner)))


@pytest.mark.parametrize(
    ("first", "second", "error", "words"),
    [
        ("kinderwerk.stay", "kinderwerk.stay", ValueError, "twice"),
        ("discount.mkba", "kinderwerk.stay", ValueError, "is certain"),
        ("kinderwerk.stai", "kinderwerk.stay", KeyError, "did you mean 'kinderwerk.stay'"),
    ],
)
def test_a_grid_of_what_cannot_vary_is_refused(
    first: str, second: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        two_way(QUESTION, GOAL, first, second, WORKERS)


def test_levers_are_moved_by_hand_and_only_where_they_do_something() -> None:
    rise = "kinderwerk.effect_by_visits"
    assert rise not in QUESTION.levers
    assert set(QUESTION.levers) & set(QUESTION.uncertain) == set()
    often = {"kinderwerk.visits_per_child": 80.0}
    told = tuple(scenario(fte, years=YEARS, parameters=often) for fte in (0, 36))
    assert set(replace(QUESTION, scenarios=told).levers) == {*QUESTION.levers, rise}
    youth = tuple(scenario(years=YEARS, programmes={"jongerenwerk": {"fte": fte}}) for fte in (0, 9))
    assert set(replace(QUESTION, scenarios=youth).levers) == {"jongerenwerk.uptake_by_need", "need.to_care"}


def test_a_bar_of_a_lever_goes_from_one_end_to_the_other() -> None:
    """A worker with less than a full post costs less; where less need is not less care, care costs more."""
    _, bars = tornado(QUESTION, GOAL, QUESTION.levers, WORKERS)
    found = {bar.name: bar for bar in bars}
    assert set(found) == set(QUESTION.levers)
    part = found["kinderwerk.fte_per_worker"]
    d = difference([QUESTION.run(0, Inline())], 1, 0, QUESTION.years)
    factors = 1.0225 ** -np.arange(1.0, YEARS + 1)
    spent = d.series("cost", "programme", "kinderwerk")[0] @ factors
    assert part.at_high - part.at_low == pytest.approx(0.4 * spent, rel=1e-6)
    for name in ("kinderwerk.uptake_by_need", "need.to_care"):
        stands = "at_low" if name == "kinderwerk.uptake_by_need" else "at_high"
        assert getattr(found[name], stands) == pytest.approx(part.at_high)
        assert found[name].width > 0


def test_structural_cases_are_the_model_otherwise() -> None:
    goal = Goal(LAST)
    rows = structural(QUESTION, goal, WORKERS)
    found = {case.name: (value, error) for case, value, error in rows}
    assert [case.name for case, _, _ in rows] == [case.name for case in CASES]
    shipped = found["as_shipped"][0]
    assert shipped == pytest.approx(outcome(QUESTION, goal, 0)[0].sum())
    assert found["undiscounted"][0] > shipped > found["discount_4"][0] > 0
    assert found["all_cashable"][0] == pytest.approx(outcome(QUESTION, GOAL, 0)[0].sum())
    blind = replace(
        QUESTION,
        scenarios=tuple(
            scenario(fte, years=YEARS, use={"switches": {"signalling": False}}) for fte in (0, 36)
        ),
    )
    assert found["no_net_widening"][0] == pytest.approx(best(blind, goal))
    never = with_values(QUESTION, {"kinderwerk.effect_exists": 0.0})
    assert found["only_signalling"][0] == pytest.approx(best(never, goal))
    d = difference([QUESTION.run(0, Inline())], 1, 0, QUESTION.years)
    price = d.series("cost", "programme", "kinderwerk")[0] @ 1.0225 ** -np.arange(1.0, YEARS + 1)
    assert found["no_effect"][0] == pytest.approx(price)
    assert found["no_effect"][1] == pytest.approx(0.0, abs=1e-3)


def test_a_case_switches_off_what_it_says() -> None:
    cases = {case.name: case for case in CASES}
    only = cases["only_signalling"].question(QUESTION).scenarios[1].programmes["kinderwerk"].switches
    assert (only.onset, only.escalation, only.recovery, only.signalling) == (False, False, False, True)
    without = cases["no_net_widening"].question(QUESTION).scenarios[1].programmes["kinderwerk"].switches
    assert (without.onset, without.signalling) == (True, False)
    stays = cases["no_fade_out"].question(QUESTION).scenarios
    assert [s.parameters["kinderwerk.retained"].value for s in stays] == [1.0, 1.0]


def test_swapping_the_scenarios_flips_the_outcome() -> None:
    swapped = replace(QUESTION, scenarios=QUESTION.scenarios[::-1])
    there, back = (outcome(question, GOAL, 2)[0] for question in (QUESTION, swapped))
    error = np.sqrt(there.size * (there.var(ddof=1) + back.var(ddof=1)))  # the other one is lived in full
    assert abs(there.sum() + back.sum()) < 4 * error
    assert there.sum() * back.sum() < 0


def test_the_low_end_of_a_prior_is_not_below_what_counts() -> None:
    near = believing(default_parameters(), "nearest")
    assert near.records[SEEN].low < 1.0
    assert _ends(near, SEEN)[0] == {SEEN: 1.0}
