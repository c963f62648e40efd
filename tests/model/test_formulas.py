"""Arithmetic over names of parameters, points and all."""

from __future__ import annotations

import numpy as np
import pytest

from sim.model.formulas import formula


def test_names_with_points_are_names() -> None:
    one = formula("2 * signal.school + need.eenouder.yes / end.duration.48")
    assert one.names == ("signal.school", "need.eenouder.yes", "end.duration.48")
    values = {"signal.school": 3.0, "need.eenouder.yes": 1.0, "end.duration.48": 4.0}
    assert float(one.value(values)) == 6.25


def test_names_that_differ_by_a_point_only_are_apart() -> None:
    assert float(formula("a.b_c - a_b.c").value({"a.b_c": 3.0, "a_b.c": 1.0})) == 2.0


def test_numbers_keep_their_point_and_many_values_are_worked_out_at_once() -> None:
    one = formula("0.5 * x.a + .25")
    assert one.value({"x.a": [1.0, 2.0]}) == pytest.approx(np.array([0.75, 1.25]))


@pytest.mark.parametrize("text", ["", "1", "0.5 + 2", "max(1, 2)", "school"])
def test_what_names_no_parameter_is_no_formula(text: str) -> None:
    with pytest.raises(ValueError, match="names no parameter"):
        formula(text)


@pytest.mark.parametrize(
    ("text", "column"), [("x.a +", 6), ("x.a x.b", 5), ("x.a + b", 7), ("x.a; x.b", 4), ("f(x.a)", 1)]
)
def test_what_is_no_arithmetic_is_refused_at_its_column(text: str, column: int) -> None:
    with pytest.raises(ValueError, match=f"^column {column}: "):
        formula(text)


def test_what_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        formula("1 / x.a").value({"x.a": 0.0})
