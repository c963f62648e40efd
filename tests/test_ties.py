"""What differs by rounding alone is equal, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.ties import same, tied

numbers = st.floats(-1e12, 1e12, allow_nan=False)


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (1.0, 1.0, True),
        (0.0, -0.0, True),
        (0.1 + 0.2, 0.3, True),
        (1e9, 1e9 + 0.01, True),
        (1e9, 1e9 + 1.0, False),
        (1.0, 1.0 + 1e-8, False),
        (0.0, 1e-13, True),
        (0.0, 1e-6, False),
        (float("nan"), float("nan"), False),
        (float("nan"), 1.0, False),
    ],
)
def test_pairs(a: float, b: float, equal: bool) -> None:
    assert bool(same(a, b)) is equal
    assert bool(same(b, a)) is equal


def test_what_is_left_where_large_numbers_cancel_is_nothing() -> None:
    left = (1e9 + 0.3) - 1e9 - 0.3  # some 1e-8, of a billion
    assert not same(left, 0.0)
    assert same(left, 0.0, largest=1e9)


def test_ties_are_made_one_number() -> None:
    found = tied([3.0, 1.0, 1.0 + 1e-13, 2.0, 1.0 - 1e-13])
    assert found[1] == found[2] == found[4]
    assert (found[0], found[3]) == (3.0, 2.0)
    assert tied([]).size == 0


@given(st.lists(numbers, min_size=1, max_size=8))
def test_ties_keep_the_order_and_change_nothing_that_counts(values: list[float]) -> None:
    found = tied(values)
    assert same(found, values, max(map(abs, values))).all()
    order = np.argsort(values, kind="stable")
    assert (np.diff(found[order]) >= 0).all()
    assert (tied(found) == found).all()
