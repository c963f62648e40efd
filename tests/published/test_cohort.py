"""The exact cohort, against closed forms and against a model written out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.published.cohort import Cohort, exact_cohort, run_model
from sim.published.markov import compile_model
from sim.published.modelfile import ModelFile

BASE: dict[str, Any] = {
    "kind": "model",
    "title": "Two states",
    "states": ["Well", "Ill"],
    "start": "Well",
    "cycles": 3,
    "timing": "start",
    "transitions": [{"from": "Well", "to": "Ill", "probability": 0.25}],
    "rewards": {"Well": {"cost": 1, "effect": 1}, "Ill": {"cost": 10, "effect": 0.5}},
    "strategies": {"usual": {}},
}


def cohort(**changes: Any) -> Cohort:
    result = exact_cohort(compile_model(ModelFile.model_validate(BASE | changes)))
    assert result is not None
    return result


def annuity(cycles: int, rate: float, timing: str, years: float = 1.0) -> float:
    """Return the present value of 1 a cycle; at the end it is the textbook's (1 - (1+r)^-n) / r."""
    grown = (1 + rate) ** years - 1
    at_end = (1 - (1 + grown) ** -cycles) / grown if grown else float(cycles)
    first, last = 1.0, (1 + grown) ** -cycles
    return {
        "end": at_end,
        "start": at_end + first - last,
        "half-cycle": at_end + (first - last) / 2,
        "every-cycle": at_end + first,
    }[timing]


@pytest.mark.parametrize("timing", ["start", "end", "half-cycle", "every-cycle"])
@pytest.mark.parametrize("rate", [0.0, 0.03])
@pytest.mark.parametrize("cycles", [1, 2, 50])
def test_a_steady_state_is_an_annuity(timing: str, rate: float, cycles: int) -> None:
    result = cohort(
        timing=timing, cycles=cycles, transitions=[], discount={"cost": rate, "effect": 0}, cycle_years=0.5
    )
    expected = annuity(cycles, rate, timing, 0.5), annuity(cycles, 0, timing)
    np.testing.assert_allclose(result.totals[0], expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("timing", "expected"), [("start", 0), ("end", 0), ("half-cycle", 0), ("every-cycle", 1)]
)
def test_zero_cycles(timing: str, expected: float) -> None:
    result = cohort(cycles=0, timing=timing)
    assert result.totals.tolist() == [[expected, expected]]
    assert result.shares.tolist() == [[1, 0]]


def test_decay_is_geometric() -> None:
    result = cohort(cycles=4)
    well = 0.75 ** np.arange(5)
    np.testing.assert_allclose(result.shares[0], [well[4], 1 - well[4]], rtol=1e-14)
    expected = (well + 10 * (1 - well))[:4].sum(), (well + 0.5 * (1 - well))[:4].sum()
    np.testing.assert_allclose(result.totals[0], expected, rtol=1e-14)


def test_entering_counts_at_the_end_of_the_cycle() -> None:
    result = cohort(
        rewards={state: {"cost": 0, "effect": 0} for state in ("Well", "Ill")},
        on_entry={"Ill": {"cost": "100 + cycle", "effect": -1}, "Well": {"cost": 1e6}},
        discount={"cost": 0.1, "effect": 0},
        strategies={"usual": {}, "cheap": {"on_entry": {"Ill": {"cost": 0}}}},
    )
    entering = 0.25 * 0.75 ** np.arange(3)
    cycle = np.arange(1, 4)
    cost = (entering * (100 + cycle) / 1.1**cycle).sum()
    np.testing.assert_allclose(result.totals, [[cost, -entering.sum()], [0, -entering.sum()]], rtol=1e-14)


def test_groups_and_starting_shares_are_averaged() -> None:
    result = cohort(
        cycles=1,
        timing="end",
        start={"Well": 0.5, "Ill": 0.5},
        groups=[
            {"name": "low", "share": 0.75, "values": {"risk": 0.1}},
            {"name": "high", "share": 0.25, "values": {"risk": 0.9}},
        ],
        transitions=[{"from": "Well", "to": "Ill", "probability": "risk"}],
        rewards={"Well": {"cost": 0, "effect": 1}, "Ill": {"cost": "100 * risk", "effect": 0}},
    )
    ill = 0.5 + 0.5 * np.array([0.1, 0.9])
    shares = np.array([0.75, 0.25])
    np.testing.assert_allclose(result.shares[0], [(shares * (1 - ill)).sum(), (shares * ill).sum()])
    cost = (shares * ill * [10, 90]).sum()
    np.testing.assert_allclose(result.totals[0], [cost, (shares * (1 - ill)).sum()])


def test_a_model_by_hand_with_everything() -> None:
    """Three states, two groups, age, discounting and half cycles, written out with plain loops."""
    result = cohort(
        states=["A", "B", "C"],
        start={"A": 0.9, "B": 0.1},
        cycles=30,
        cycle_years=0.25,
        age=50,
        timing="half-cycle",
        discount={"cost": 0.04, "effect": 0.015},
        groups=[
            {"name": "x", "share": 0.6, "values": {"risk": 1}},
            {"name": "y", "share": 0.4, "values": {"risk": 3}},
        ],
        transitions=[
            {"from": "A", "to": "B", "rate": "0.1 * risk * 1.05 ** (age - 50)"},
            {"from": "A", "to": "C", "rate": 0.02},
            {"from": "B", "to": "C", "probability": "0.01 + 0.001 * cycle"},
        ],
        rewards={
            "A": {"cost": 10, "effect": 0.25},
            "B": {"cost": "100 + age", "effect": 0.2},
            "C": {"cost": 0, "effect": 0},
        },
        on_entry={"C": {"cost": 500}},
    )
    total = np.zeros(2)
    for share, risk in ((0.6, 1), (0.4, 3)):
        a, b, c = 0.9 * share, 0.1 * share, 0.0
        for t in range(31):
            years = 0.25 * t
            weight = 0.5 if t in (0, 30) else 1.0
            total[0] += weight * (10 * a + (150 + years) * b) * 1.04**-years
            total[1] += weight * (0.25 * a + 0.2 * b) * 1.015**-years
            if t == 30:
                break
            to_b, to_c = 0.1 * risk * 1.05**years, 0.02
            leave = 1 - np.exp(-(to_b + to_c) * 0.25)
            a_to_b, a_to_c = (a * leave * hazard / (to_b + to_c) for hazard in (to_b, to_c))
            b_to_c = b * (0.01 + 0.001 * t)
            total[0] += 500 * (a_to_c + b_to_c) * 1.04 ** -(years + 0.25)
            a, b, c = a - a_to_b - a_to_c, b + a_to_b - b_to_c, c + a_to_c + b_to_c
    np.testing.assert_allclose(result.totals[0], total, rtol=1e-12)


FILE = """\
kind: model
title: Remembers
states: [Well, Ill]
start: Well
cycles: 4
timing: start
transitions:
  - {from: Well, to: Ill, probability: 1 if time_in_state >= 1 else 0}
rewards:
  Well: {cost: 1, effect: 1}
  Ill: {cost: 10, effect: 0}
strategies:
  first: {}
  second: {rewards: {Ill: {cost: 20, effect: 1}}}
"""


def test_time_in_state_is_exact_by_tunnels(tmp_path: Path) -> None:
    path = tmp_path / "model.yaml"
    path.write_text(FILE, encoding="utf-8")
    result = run_model(path, persons=100)
    # Everyone is well at cycles 0 and 1, and ill at 2 and 3.
    first, second = result["strategies"]["first"], result["strategies"]["second"]
    assert first["simulation"] == {"cost": 22, "cost_se": 0, "effect": 2, "effect_se": 0}
    assert first["cohort"] == {"cost": 22, "effect": 2, "shares": {"Well": 0, "Ill": 1}}
    assert (second["cohort"]["cost"], second["simulation"]["cost"]) == (42, 42)
    assert [(row["strategy"], row["icer"]) for row in result["frontier"]] == [("first", None), ("second", 10)]


def test_one_person_has_no_standard_error_and_the_result_is_json(tmp_path: Path) -> None:
    path = tmp_path / "model.yaml"
    path.write_text(FILE, encoding="utf-8")
    result = run_model(path, persons=1)
    assert result["strategies"]["first"]["simulation"]["cost_se"] is None
    assert json.loads(json.dumps(result, allow_nan=False)) == result
