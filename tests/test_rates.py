"""Rates and probabilities turn into each other, and discounting has its closed forms."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.rates import (
    competing_hazards,
    competing_probabilities,
    discount_factor,
    probability_to_rate,
    rate_to_probability,
)

years = st.floats(0.01, 50)
ROOT = Path(__file__).resolve().parents[1]


def test_half_of_the_children_have_an_event_before_the_half_life() -> None:
    assert rate_to_probability(math.log(2)) == pytest.approx(0.5, rel=1e-15)
    assert rate_to_probability(math.log(2) / 3, years=3) == pytest.approx(0.5, rel=1e-15)


def test_a_rate_of_zero_is_never_and_a_probability_of_zero_is_no_rate() -> None:
    assert rate_to_probability(0.0) == 0.0
    assert probability_to_rate(0.0) == 0.0


def test_a_tiny_rate_keeps_its_digits() -> None:
    assert rate_to_probability(1e-14) == pytest.approx(1e-14, rel=1e-12)
    assert probability_to_rate(1e-14) == pytest.approx(1e-14, rel=1e-12)


@given(st.floats(0, 0.999999), years)
def test_probability_to_rate_and_back(p: float, t: float) -> None:
    assert rate_to_probability(probability_to_rate(p, t), t) == pytest.approx(p, rel=1e-9, abs=1e-300)


@given(st.floats(0, 5), st.floats(0.1, 5))
def test_rate_to_probability_and_back(rate: float, t: float) -> None:
    # at 25 expected events the probability is so near 1 that only a few digits of the rate are left
    assert probability_to_rate(rate_to_probability(rate, t), t) == pytest.approx(rate, rel=1e-4, abs=1e-12)


@given(st.floats(0, 3), years, years)
def test_staying_through_two_periods_is_staying_through_each(
    rate: float, first: float, second: float
) -> None:
    stay = (1 - rate_to_probability(rate, first)) * (1 - rate_to_probability(rate, second))
    assert 1 - rate_to_probability(rate, first + second) == pytest.approx(stay, abs=1e-12)


@given(st.lists(st.floats(0, 0.3), min_size=1, max_size=3), years)
def test_competing_hazards_and_back(probabilities: list[float], t: float) -> None:
    again = competing_probabilities(competing_hazards(probabilities, t), t)
    np.testing.assert_allclose(again, probabilities, rtol=1e-9, atol=1e-300)


def test_competing_hazards_add_up_to_the_total_and_keep_their_shares() -> None:
    hazards = competing_hazards([[0.15, 0.005], [0.5, 0.105]])
    np.testing.assert_allclose(hazards.sum(axis=1), -np.log1p([-0.155, -0.605]), rtol=1e-14)
    np.testing.assert_allclose(hazards[:, 0] / hazards[:, 1], [0.15 / 0.005, 0.5 / 0.105], rtol=1e-14)


def test_without_hazards_nothing_strikes_first() -> None:
    assert competing_hazards([0.0, 0.0]).tolist() == [0.0, 0.0]
    assert competing_probabilities([0.0, 0.0]).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("rate", [-0.1, math.nan, math.inf, [0.1, -1e-9]])
def test_an_impossible_rate_is_refused(rate: object) -> None:
    with pytest.raises(ValueError, match="rate must be finite"):
        rate_to_probability(rate)  # type: ignore[arg-type]


@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5, math.nan])
def test_an_impossible_probability_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\)"):
        probability_to_rate(p)


def test_probabilities_that_leave_nobody_behind_are_refused() -> None:
    with pytest.raises(ValueError, match="probability"):
        competing_hazards([0.5, 0.5])


@given(st.floats(0.0001, 0.2), st.integers(1, 60), st.floats(1, 1e6))
def test_the_present_value_of_an_annuity(rate: float, n: int, euros: float) -> None:
    paid = euros * discount_factor(rate, np.arange(1, n + 1)).sum()
    assert paid == pytest.approx(euros * (1 - (1 + rate) ** -n) / rate, rel=1e-9)


def test_without_discounting_an_annuity_is_its_sum() -> None:
    assert 1000 * discount_factor(0.0, np.arange(1, 21)).sum() == 20_000


def test_today_counts_in_full() -> None:
    assert discount_factor(0.0225, 0) == 1.0
    assert discount_factor(0.0225, 1) == pytest.approx(1 / 1.0225)


@pytest.mark.parametrize("rate", [-1.0, -2.0])
def test_an_impossible_discount_rate_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="discount rate"):
        discount_factor(rate, 1)


def test_money_is_discounted_in_one_place() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in ("sim", "calibration", "commands", "pages")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Pow)
        and isinstance(node.right, ast.UnaryOp)
        and not isinstance(node.right.operand, ast.Constant)
    ]
    assert len(found) == 1
    assert found[0].startswith("sim/rates.py:")
