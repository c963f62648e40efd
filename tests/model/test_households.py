"""Household factors: their joint distribution meets its targets, and families move without changing it."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from sim.model.households import HouseholdJoint, HouseholdSpec, fit_joint
from sim.model.parameters import Parameters
from sim.model.processes import default_table
from sim.model.transitions import compile_table
from sim.states import AGES, QUINTILES
from tests.worlds import HOUSEHOLD_FACTORS, Clockwork, born

SPEC = default_table().households.spec()
COMBINATIONS = list(range(1 << len(HOUSEHOLD_FACTORS)))


def has(combination: int, factor: str) -> bool:
    return bool(combination >> SPEC.names.index(factor) & 1)


@pytest.fixture(scope="module")
def joint(parameters: Parameters) -> HouseholdJoint:
    return fit_joint(SPEC, parameters)


def share(joint: HouseholdJoint, *factors: str) -> float:
    """Return the share of all children who have every one of the factors."""
    rows = [c for c in COMBINATIONS if all(has(c, f) for f in factors)]
    return float(joint.probability.mean(axis=0)[rows].sum())


def test_the_factors_are_the_ones_that_the_tests_know() -> None:
    assert SPEC.names == HOUSEHOLD_FACTORS


def test_every_quintile_is_a_distribution(joint: HouseholdJoint) -> None:
    assert joint.probability.shape == (QUINTILES, len(COMBINATIONS))
    assert joint.probability.min() > 0
    np.testing.assert_allclose(joint.probability.sum(axis=1), 1.0, rtol=1e-12)


@pytest.mark.parametrize("factor", HOUSEHOLD_FACTORS)
def test_a_factor_is_as_common_as_its_source_says(
    joint: HouseholdJoint, parameters: Parameters, factor: str
) -> None:
    assert share(joint, factor) == pytest.approx(parameters[SPEC.prevalence[factor]], rel=1e-9)


def test_two_in_three_families_in_bijstand_have_one_parent(
    joint: HouseholdJoint, parameters: Parameters
) -> None:
    found = share(joint, "eenouder", "bijstand") / share(joint, "bijstand")
    assert found == pytest.approx(parameters["household.eenouder_in_bijstand"], rel=1e-9)
    assert share(joint, "eenouder", "bijstand") > 2 * share(joint, "eenouder") * share(joint, "bijstand")


@pytest.mark.parametrize("other", ["bijstand", "eenouder"])
def test_the_odds_of_a_parent_with_mental_illness(
    joint: HouseholdJoint, parameters: Parameters, other: str
) -> None:
    """Conditional on the third factor, in each quintile."""
    third = next(f for f in HOUSEHOLD_FACTORS if f not in ("ouder_ggz", other))
    expected = parameters[SPEC.odds["ouder_ggz"][other]]
    for quintile, value in itertools.product(range(QUINTILES), (False, True)):
        p = {
            (has(c, "ouder_ggz"), has(c, other)): joint.probability[quintile, c]
            for c in COMBINATIONS
            if has(c, third) == value
        }
        odds = p[True, True] * p[False, False] / (p[True, False] * p[False, True])
        assert odds == pytest.approx(expected, rel=1e-9)


def test_bijstand_rises_with_the_deprivation_of_the_neighbourhood(
    joint: HouseholdJoint, parameters: Parameters
) -> None:
    """By one odds ratio per quintile, given the other factors."""
    for c in (c for c in COMBINATIONS if not has(c, "bijstand")):
        with_it = c | 1 << SPEC.names.index("bijstand")
        odds = joint.probability[:, with_it] / joint.probability[:, c]
        expected = parameters["household.bijstand_per_quintile"]
        np.testing.assert_allclose(odds[1:] / odds[:-1], expected, rtol=1e-9)


def test_families_move_without_changing_the_joint_distribution(
    joint: HouseholdJoint, parameters: Parameters
) -> None:
    """The compiled rates in and out balance for every pair of combinations, in every quintile."""
    table = compile_table(default_table(), parameters, 2026)
    h = table.hazards
    for quintile, factor in itertools.product(range(QUINTILES), HOUSEHOLD_FACTORS):
        process, bit = table.process(factor), 1 << SPEC.names.index(factor)
        enters, leaves = table.row(f"{factor}_enters"), table.row(f"{factor}_leaves")
        terms = table.risk_terms[h.risk[enters]] if h.risk[enters] >= 0 else {}
        slope = terms.get("quintile", 0.0) * (quintile - (QUINTILES - 1) / 2)
        for c in (c for c in COMBINATIONS if not c & bit):
            rate = h.rate[0, enters, 5] * math.exp(slope)
            for m in range(h.state_factor_first[enters], h.state_factor_first[enters + 1]):
                other = table.processes[h.state_factor_process[m]]
                rate *= h.state_factor[m, int(has(c, other))]
            inflow = joint.probability[quintile, c] * rate
            outflow = joint.probability[quintile, c | bit] * h.rate[0, leaves, 5]
            assert inflow == pytest.approx(outflow, rel=1e-9)
            assert h.process[enters] == h.process[leaves] == process


def test_factors_stay_as_common_at_every_age(parameters: Parameters) -> None:
    """Born under the joint distribution, children live 22 years of entries and exits without leaving it."""
    table = compile_table(default_table(), parameters, 2026)
    children = born(160_000, table, parameters, seed=1)
    clock = Clockwork(table, seed=1)
    joint = table.households
    before = None
    moved = 0.0
    for age in range(AGES):
        states = children.state[:, [table.process(f) for f in HOUSEHOLD_FACTORS]].astype(int)
        combination = states @ (1 << np.arange(len(HOUSEHOLD_FACTORS)))
        for quintile in range(QUINTILES):
            n = np.sum(children.quintile == quintile)
            found = np.bincount(combination[children.quintile == quintile], minlength=len(COMBINATIONS)) / n
            expected = joint.probability[quintile]
            error = np.sqrt(expected * (1 - expected) / n)
            assert np.all(np.abs(found - expected) < 4.5 * error), (age, quintile)
        moved += 0.0 if before is None else float(np.mean(combination != before))
        before = combination
        clock.live(children, age, 1)
    assert moved > 0.5  # so many combinations changed in the life of one child


@pytest.mark.parametrize(
    "changes",
    [
        {"household.bijstand": 0.0},
        {"household.eenouder": 1.0},
        {"household.eenouder_in_bijstand": 0.0},
        {"household.eenouder": 0.01, "household.bijstand": 0.5, "household.eenouder_in_bijstand": 0.9},
    ],
)
def test_shares_that_no_population_can_have_are_refused(
    parameters: Parameters, changes: dict[str, float]
) -> None:
    with pytest.raises(ValueError, match="share"):
        fit_joint(SPEC, parameters.replace(changes))


def test_the_shares_of_every_draw_can_be_met(parameters: Parameters) -> None:
    for index in range(1, 40):
        drawn = parameters.draw(0, index)
        found = fit_joint(SPEC, drawn)
        for factor in HOUSEHOLD_FACTORS:
            assert share(found, factor) == pytest.approx(drawn[SPEC.prevalence[factor]], rel=1e-9)


def test_a_single_factor_needs_no_others() -> None:
    spec = HouseholdSpec({"poor": "a"}, {}, {}, {}, {"poor": "b"})
    assert fit_joint(spec, Parameters({}, {"a": 0.25, "b": 1.0})).probability[0].tolist() == pytest.approx(
        [0.75, 0.25]
    )
