"""Proof debt adds up, and points at the grade that an answer rests on."""

from __future__ import annotations

import numpy as np
import pytest

from sim.decision.proof import REST, proof_debt

DRAWS = 5000
LUCK = np.random.default_rng(0)
X = {name: LUCK.standard_normal(DRAWS) for name in ("a", "b", "c", "d")}
GRADES = {"a": "assumed", "b": "calibrated", "c": "cited", "d": "assumed"}


def debts(gain: np.ndarray) -> dict[str, tuple[float, float]]:
    rows = proof_debt(np.stack([np.zeros(DRAWS), gain], axis=1), X, GRADES)
    assert sum(row.variance for row in rows) == pytest.approx(1.0)
    assert rows[-1].grade == REST
    assert [row.variance for row in rows[:-1]] == sorted((r.variance for r in rows[:-1]), reverse=True)
    return {row.grade: (row.variance, row.evppi.value if row.evppi else 0.0) for row in rows}


def test_the_grade_that_matters_has_the_variance_and_the_value() -> None:
    found = debts(3 * X["a"] + 1 * X["b"] + 0.0 * X["c"])
    assert found["assumed"][0] == pytest.approx(0.9, abs=0.02)
    assert found["calibrated"][0] == pytest.approx(0.1, abs=0.02)
    assert found["cited"][0] < 0.01
    assert found["assumed"][1] > found["calibrated"][1] > found["cited"][1] >= 0


def test_what_only_counts_together_is_named_apart() -> None:
    found = debts(X["a"] * X["b"])
    assert found[REST][0] > 0.9
    within = debts(X["a"] * X["d"])
    assert within["assumed"][0] > 0.95


def test_luck_is_nobodys_debt() -> None:
    found = debts(X["c"] + LUCK.standard_normal(DRAWS))
    assert found["cited"][0] == pytest.approx(0.5, abs=0.03)
    assert found[REST][0] == pytest.approx(0.5, abs=0.03)


def test_an_answer_that_never_varies_has_no_debt() -> None:
    rows = proof_debt(np.zeros((DRAWS, 2)), X, GRADES)
    assert all(row.variance == 0.0 for row in rows)


def test_a_parameter_without_a_grade_is_told() -> None:
    with pytest.raises(KeyError):
        proof_debt(np.zeros((DRAWS, 2)), X, {"a": "assumed"})
