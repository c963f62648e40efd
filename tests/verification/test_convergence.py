"""Finer steps come to continuous time, and more persons to the exact cohort, as fast as theory says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import linalg

from sim.published.cohort import exact_cohort, load_model
from sim.published.markov import compile_model
from sim.published.microsimulation import microsimulate
from sim.published.modelfile import ModelFile

Agree = Callable[[str, float, float, float], None]
Floats = NDArray[np.float64]
Rates = dict[tuple[str, str], float]
PUBLISHED = Path(__file__).parents[2] / "scenarios" / "published"

STATES = ("Well", "Ill", "Dead")
DEATH = {("Well", "Dead"): 0.3}
RATES = {("Well", "Ill"): 0.3, ("Well", "Dead"): 0.02, ("Ill", "Well"): 0.2, ("Ill", "Dead"): 0.15}
COST, EFFECT = {"Well": 100.0, "Ill": 3000.0, "Dead": 0.0}, {"Well": 1.0, "Ill": 0.6, "Dead": 0.0}
YEARS, RATE = 10, 0.03


def in_continuous_time(rates: Rates = RATES) -> Floats:
    """Return discounted (cost, effect) of ten years: the integral of the forward equation, by expm."""
    generator = np.zeros((3, 3))
    for (origin, destination), rate in rates.items():
        generator[STATES.index(origin), STATES.index(destination)] += rate
        generator[STATES.index(origin), STATES.index(origin)] -= rate
    rewards = np.array([[COST[s], EFFECT[s]] for s in STATES])
    # Beside the states, two columns gather what is earned; discounting is a rate out of everything.
    system = np.zeros((5, 5))
    system[:3, :3] = generator - np.log(1 + RATE) * np.eye(3)
    system[:3, 3:] = rewards
    return np.asarray(linalg.expm(system * YEARS)[0, 3:])


def in_steps(per_year: int, timing: str, rates: Rates = RATES, moves: str = "one") -> Floats:
    """Return the same from a cohort in steps of one move: rewards are per year, so a step earns its part."""
    data: dict[str, Any] = {
        "kind": "model", "title": "steps", "states": list(STATES), "start": "Well",
        "cycle_years": 1 / per_year, "cycles": YEARS * per_year, "timing": timing,
        "discount": {"cost": RATE, "effect": RATE}, "moves_per_cycle": moves,
        "transitions": [{"from": f, "to": t, "rate": rate} for (f, t), rate in rates.items()],
        "rewards": {s: {"cost": COST[s] / per_year, "effect": EFFECT[s] / per_year} for s in STATES},
        "strategies": {"usual": {}},
    }  # fmt: skip
    found = exact_cohort(compile_model(ModelFile.model_validate(data)))
    assert found is not None
    return found.totals[0]


def test_half_cycles_lie_between_start_and_end_and_are_nearest_to_the_truth() -> None:
    """One rate only: then a step of a year is exact, and only the timing of rewards is off."""
    truth = in_continuous_time(DEATH)
    start, end, half = (in_steps(1, timing, DEATH) for timing in ("start", "end", "half-cycle"))
    assert np.all((end < truth) & (truth < start))
    np.testing.assert_allclose(half, (start + end) / 2, rtol=1e-12)
    assert np.all(np.abs(half - truth) < 0.1 * np.abs(start - truth))
    assert np.all(np.abs(half - truth) < 0.1 * np.abs(end - truth))


@pytest.mark.parametrize("timing", ["start", "end", "half-cycle"])
def test_the_error_of_a_step_is_of_first_order(timing: str, agree: Agree) -> None:
    """Half the step, half the error: two events within one step are the part that steps leave out."""
    truth = in_continuous_time()
    errors = np.array([in_steps(n, timing) - truth for n in (48, 96, 192)])
    for k, what in enumerate(("cost", "effect")):
        for finer in (0, 1):
            agree(f"{timing}: error of {what} halved", errors[finer, k] / errors[finer + 1, k], 2.0, 0.05)


def test_with_any_number_of_moves_half_cycles_err_by_the_square_of_the_step(agree: Agree) -> None:
    """The moves are exact then, and only the trapezium of the rewards is off."""
    truth = in_continuous_time()
    errors = np.array([in_steps(n, "half-cycle", moves="any") - truth for n in (12, 24, 48)])
    for k, what in enumerate(("cost", "effect")):
        for finer in (0, 1):
            ratio = errors[finer, k] / errors[finer + 1, k]
            agree(f"error of {what}, half the step", ratio, 4.0, 0.01)


@pytest.mark.parametrize("timing", ["start", "end", "half-cycle"])
def test_fine_steps_come_to_continuous_time(timing: str, agree: Agree) -> None:
    truth = in_continuous_time()
    coarse, fine = in_steps(512, timing), in_steps(1024, timing)
    for k, what in enumerate(("cost", "effect")):
        # Richardson: what first-order errors come to when the step goes to nothing.
        agree(f"{timing}: {what} without steps", 2 * fine[k] - coarse[k], truth[k], 1e-6 * truth[k])


def test_four_times_as_many_persons_are_twice_as_precise(agree: Agree) -> None:
    """The root mean square error over independent runs, and the standard error that runs tell."""
    model = load_model(PUBLISHED / "sick-sicker-krijkamp2018.yaml")
    exact = exact_cohort(model)
    assert exact is not None
    sizes = {}
    for persons in (500, 2000, 8000):
        runs = [microsimulate(model, persons, seed=seed) for seed in range(200)]
        off = np.array([run.totals[0] - exact.totals[0] for run in runs])
        told = np.array([run.errors[0] for run in runs])
        sizes[persons] = np.sqrt((off**2).mean(axis=0)), told.mean(axis=0)
        for k, what in enumerate(("cost", "QALYs")):
            # A standard deviation from 200 runs is known to 5 percent: four times that.
            agree(f"{what}, {persons} persons: error against error told",
                  sizes[persons][0][k] / sizes[persons][1][k], 1.0, 0.2)  # fmt: skip
    for small, large in ((500, 2000), (2000, 8000)):
        for k, what in enumerate(("cost", "QALYs")):
            told = sizes[small][1][k] / sizes[large][1][k]
            agree(f"{what}: error told, {small} against {large}", told, 2.0, 0.05)
