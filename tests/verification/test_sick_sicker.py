"""Sick-Sicker (Krijkamp et al. 2018, Med Decis Making 38:400): appendix C and their microsimulation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.published.cohort import Cohort, exact_cohort, load_model, run_model
from sim.published.microsimulation import Simulation, microsimulate

Agree = Callable[[str, float, float, float], None]
FILE = Path(__file__).parents[2] / "scenarios" / "published" / "sick-sicker-krijkamp2018.yaml"
PERSONS = 100_000
# Rows: no treatment, treatment; columns: cost, QALYs.
EXACT = np.array([[75_976.149, 15.83885], [141_623.028, 16.40041]])
INCREMENTS = np.array([65_646.879, 0.561558])
RATIO = 116_901.380
SHARES = np.array([0.348684, 0.088396, 0.206529, 0.356391])
THEIR_ERRORS = np.array([[183, 0.016], [343, 0.016]])
THEIR_INCREMENT_ERRORS = np.array([164, 0.001])


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    result = exact_cohort(load_model(FILE))
    assert result is not None
    return result


@pytest.fixture(scope="module", params=[0, 1, 2])
def simulation(request: pytest.FixtureRequest) -> Simulation:
    return microsimulate(load_model(FILE), PERSONS, seed=request.param)


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    return run_model(FILE, persons=PERSONS)


def test_cohort_to_the_digits_given(cohort: Cohort, agree: Agree) -> None:
    for s, strategy in enumerate(("no treatment", "treatment")):
        agree(f"{strategy}: cost", cohort.totals[s, 0], EXACT[s, 0], 0.0005)
        agree(f"{strategy}: QALYs", cohort.totals[s, 1], EXACT[s, 1], 0.000005)
    increments = cohort.totals[1] - cohort.totals[0]
    agree("more cost", increments[0], INCREMENTS[0], 0.0005)
    agree("more QALYs", increments[1], INCREMENTS[1], 0.0000005)
    agree("cost of a QALY", increments[0] / increments[1], RATIO, 0.0005)


def test_shares_at_cycle_30(cohort: Cohort) -> None:
    np.testing.assert_allclose(cohort.shares, [SHARES, SHARES], rtol=0, atol=0.0000005)


def test_simulation_within_four_errors(simulation: Simulation, agree: Agree) -> None:
    for s, strategy in enumerate(("no treatment", "treatment")):
        for k, what in enumerate(("cost", "QALYs")):
            agree(f"{strategy}: {what}", simulation.totals[s, k], EXACT[s, k], 4 * simulation.errors[s, k])
    assert np.all(np.abs(simulation.increments[1] - INCREMENTS) < 4 * simulation.increment_errors[1])
    errors = np.sqrt(SHARES * (1 - SHARES) / PERSONS)
    assert np.all(np.abs(simulation.shares - SHARES) < 4 * errors)


def test_ratio_of_the_simulation_within_four_errors(simulation: Simulation) -> None:
    cost, effect = simulation.increments[1]
    cost_error, effect_error = simulation.increment_errors[1]
    # The delta method without the covariance, which is positive here: an upper bound.
    error = np.hypot(cost_error / effect, effect_error * cost / effect**2)
    assert abs(cost / effect - RATIO) < 4 * error


def test_standard_errors_are_theirs(simulation: Simulation) -> None:
    np.testing.assert_allclose(simulation.errors, THEIR_ERRORS, rtol=0.04)
    np.testing.assert_allclose(simulation.increment_errors[1, 0], THEIR_INCREMENT_ERRORS[0], rtol=0.04)
    assert round(simulation.increment_errors[1, 1], 3) == THEIR_INCREMENT_ERRORS[1]


def test_treatment_changes_no_life(simulation: Simulation) -> None:
    assert simulation.shares[0].tolist() == simulation.shares[1].tolist()


def test_result_is_the_contract(result: dict[str, Any], cohort: Cohort) -> None:
    assert list(result) == [
        "title", "strategies", "frontier", "increments", "rewards_per", "cycle_years", "moves_counted",
    ]  # fmt: skip
    assert list(result["strategies"]) == ["no treatment", "treatment"]
    for s, row in enumerate(result["strategies"].values()):
        assert [row["cohort"]["cost"], row["cohort"]["effect"]] == cohort.totals[s].tolist()
        assert list(row["cohort"]["shares"]) == ["Healthy", "Sick", "Sicker", "Dead"]
        assert list(row["cohort"]["shares"].values()) == cohort.shares[s].tolist()
        assert set(row["simulation"]) == {"cost", "cost_se", "effect", "effect_se"}
        assert abs(row["simulation"]["cost"] - EXACT[s, 0]) < 4 * row["simulation"]["cost_se"]
        assert abs(row["simulation"]["effect"] - EXACT[s, 1]) < 4 * row["simulation"]["effect_se"]


def test_frontier_has_the_published_ratio(result: dict[str, Any]) -> None:
    reference, treatment = result["frontier"]
    assert (reference["strategy"], reference["status"]) == ("no treatment", "reference")
    assert (treatment["strategy"], treatment["status"]) == ("treatment", "frontier")
    assert treatment["incremental_cost"] == pytest.approx(INCREMENTS[0], abs=0.0005)
    assert treatment["incremental_effect"] == pytest.approx(INCREMENTS[1], abs=0.0000005)
    assert treatment["icer"] == pytest.approx(RATIO, abs=0.0005)
