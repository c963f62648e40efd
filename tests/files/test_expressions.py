"""Safe arithmetic: what it computes, what it refuses and where it says the mistake is."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.files.expressions import MAX_DEPTH, MAX_LENGTH, compile_expression
from tests.examples import examples

NAMES = ("age", "cycle", "risk")


def value(text: str, **values: float) -> float:
    return float(compile_expression(text, values).evaluate(**values))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3 - 4 / 8", 6.5),
        ("-2 ** 2", -4.0),
        ("2 ** 3 ** 2", 512.0),
        ("2 ** -1", 0.5),
        ("exp(1) * log(2) / sqrt(4)", np.e * np.log(2) / 2),
        ("min(3, 1, 2) + max(3, 1, 2)", 4.0),
        ("abs(-1.5) + floor(2.9) + floor(-0.1)", 2.5),
        ("1 < 2", 1.0),
        ("1 < 2 < 2", 0.0),
        ("3 == 3 != 4 >= 4 <= 5 > 1", 1.0),
        ("1 < 2 and 2 < 1", 0.0),
        ("1 < 2 or 2 < 1", 1.0),
        ("5 and 7", 1.0),
        ("not 0", 1.0),
        ("not 2", 0.0),
        ("10 if 1 > 2 else 20", 20.0),
        ("1e-3", 0.001),
        ("  (1 +\n 2)  ", 3.0),
    ],
)
def test_arithmetic(text: str, expected: float) -> None:
    assert value(text) == pytest.approx(expected, rel=1e-15)


def test_names_used_are_reported() -> None:
    expression = compile_expression("min(age, 3) + cycle", NAMES)
    assert expression.names == {"age", "cycle"}


def test_arrays_broadcast() -> None:
    expression = compile_expression("risk * (1 if age >= 18 else 0.5)", NAMES)
    result = expression.evaluate(risk=np.array([[1.0], [2.0]]), age=np.array([17, 18, 19]), cycle=0)
    np.testing.assert_array_equal(result, [[0.5, 1, 1], [1, 2, 2]])


def test_a_constant_has_no_axes() -> None:
    assert compile_expression("2 + 3", ()).evaluate().shape == ()


def test_the_side_that_does_not_count_may_be_invalid() -> None:
    guarded = compile_expression("0 if age == 0 else 1 / age", NAMES)
    np.testing.assert_array_equal(guarded.evaluate(age=np.array([0, 2])), [0, 0.5])
    assert value("age <= 0 or log(age) > 1", age=-1.0) == 1
    assert value("age > 0 and log(age) > 1", age=-1.0) == 0
    for text in ("log(age) > 1 or 1", "log(age) > 1 and 0", "age == -1 and log(age) > 1"):
        with pytest.raises(ValueError, match="not a finite number"):
            value(text, age=-1.0)


@pytest.mark.parametrize(
    "text", ["1 / age", "log(age - 1)", "1 if log(age - 1) > 0 else 2", "not sqrt(age - 1)"]
)
def test_an_invalid_result_is_an_error_and_says_where(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a finite number at age = 0: "):
        compile_expression(text, NAMES).evaluate(age=np.array([3.0, 0.0]))


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(ValueError, match="no value for age"):
        compile_expression("age + cycle", NAMES).evaluate(cycle=1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 + agee", "column 5: unknown name 'agee'; did you mean 'age'?"),
        ("  agee", "column 3: unknown name 'agee'; did you mean 'age'?"),
        ("1 +\n  agee", "column 7: unknown name 'agee'; did you mean 'age'?"),
        ("é + 1", "column 1: unknown name 'é'"),
        ("age + 'x'", "column 7: expected a number"),
        ("1 +", "column 4: invalid syntax"),
        ("(1 + 2", "column 1: '(' was never closed"),
        ("", "column 1: invalid syntax"),
        ("1; 2", "column 2: invalid syntax"),
        ("1 # comment", "column 3: an expression has no comments"),
        ("age % 2", "column 1: the only operators are + - * / **"),
        ("age // 2", "column 1: the only operators"),
        ("1 + (~2)", "column 6: the only signs"),
        ("age is 2", "column 1: the only comparisons"),
        ("expp(1)", "column 1: 'expp' is not a function here; did you mean 'exp'?"),
        ("exp", "column 1: 'exp' is a function"),
        ("exp(1, 2)", "column 1: exp takes one value"),
        ("min(1)", "column 1: min takes two or more"),
        ("exp(x=1)", "column 1: exp takes one value"),
        ("True", "column 1: expected a number"),
        ("2j", "column 1: expected a number"),
        ("1e999", "column 1: this number is too large"),
        ("9" * 400, "column 1: this number is too large"),
        ("1 + 9**9**9", "column 8: an exponent is at most"),
        ("2 ** 1e7", "column 6: an exponent is at most"),
        ("[1]", "column 1: only arithmetic"),
        ("(age := 1)", "column 2: only arithmetic"),
        ("lambda: 1", "column 1: only arithmetic"),
        ("exp(*age)", "column 5: only arithmetic"),
        ("age.__class__", "column 1: only arithmetic"),
        ("__import__('os')", "column 1: '__import__' is not a function here"),
        ("().__class__()", "column 1: 'this' is not a function here"),
    ],
)
def test_refused_with_the_column(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="column") as error:
        compile_expression(text, NAMES)
    assert str(error.value).startswith(message)


def test_columns_count_characters() -> None:
    with pytest.raises(ValueError, match=r"^column 5: unknown name 'zz'"):
        compile_expression("é + zz", ["é"])


def test_length_and_depth_are_bounded() -> None:
    fits = "1" + "+1" * (MAX_DEPTH - 1)
    assert value(fits) == MAX_DEPTH
    with pytest.raises(ValueError, match=f"at most {MAX_DEPTH} levels"):
        compile_expression(fits + "+1", ())
    with pytest.raises(ValueError, match=f"at most {MAX_LENGTH} characters"):
        compile_expression(" " * MAX_LENGTH + "1", ())
    for nested in ("(" * 249 + "1" + ")" * 249, "-" * 499 + "1", "not " * 124 + "1"):
        with pytest.raises(ValueError, match="column"):
            compile_expression(nested, ())


def test_towers_of_powers_end_at_once() -> None:
    tower = compile_expression("age**age**age**age**age**age**age", NAMES)
    started = time.process_time()
    with pytest.raises(ValueError, match="not a finite number"):
        tower.evaluate(age=99.0)
    assert time.process_time() - started < 1


@settings(max_examples=examples(300), deadline=None, derandomize=True)
@given(st.text(alphabet="age01.*/+-() <=ifelsnotrd,_[]{}'\"\\\n:@", max_size=40))
def test_any_text_is_computed_or_refused(text: str) -> None:
    try:
        result = compile_expression(text, NAMES).evaluate(age=2.0, cycle=1.0, risk=0.5)
    except ValueError:
        return
    assert np.isfinite(result)
