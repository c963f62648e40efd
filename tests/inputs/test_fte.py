"""FTE over the years: what holds from when, and what a file may say."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError, ValidationError

from sim.inputs.fte import MAX_FTE, FtePath, read_fte, years_of

STEPS = st.dictionaries(st.integers(1950, 2150), st.floats(0, MAX_FTE), min_size=1, max_size=20)


# ---- paths


@given(st.floats(0, MAX_FTE), st.integers(1900, 2200))
def test_one_number_holds_always(fte: float, year: int) -> None:
    assert read_fte(fte).at(year) == fte


def test_a_step_holds_until_the_next_and_nothing_before_the_first() -> None:
    path = read_fte({2028: 36, 2026: 12.5})
    assert [path.at(year) for year in range(2024, 2031)] == [0, 0, 12.5, 12.5, 36, 36, 36]


def test_a_range_ends_and_a_year_does_not() -> None:
    path = read_fte({"2026-2027": 10, "2029": 20, "2031 - 2032": 5})
    assert [path.at(year) for year in range(2025, 2035)] == [0, 10, 10, 0, 20, 20, 5, 5, 0, 0]
    assert read_fte({"2026-2028": 12}).at(2029) == 0.0
    assert read_fte({"2026-2026": 12}).at(2027) == 0.0
    assert read_fte({2026: 12}).at(2060) == 12.0


@given(st.integers(1950, 2100), st.integers(0, 20), st.integers(0, 20), st.integers(0, 5), st.floats(0, 100))
def test_ranges_hold_in_their_years_and_nowhere_else(
    first: int, length: int, more: int, gap: int, fte: float
) -> None:
    last, later = first + length, first + length + 1 + gap
    path = read_fte({f"{first}-{last}": fte, f"{later}-{later + more}": 7})
    assert [path.at(year) for year in range(first - 1, later + more + 3)] == [
        0.0, *[fte] * (length + 1), *[0.0] * gap, *[7.0] * (more + 1), 0.0, 0.0,
    ]  # fmt: skip
    assert read_fte(path.to_data()) == path
    steps = read_fte(dict(path.every_step()))  # the same in years alone
    assert all(steps.at(year) == path.at(year) for year in range(first - 2, later + more + 3))


def test_a_base_holds_before_the_first_step() -> None:
    assert [FtePath(5.0, ((2026, 9.0),)).at(year) for year in (2025, 2026)] == [5.0, 9.0]


@given(STEPS)
def test_a_path_is_its_steps(steps: dict[int, float]) -> None:
    path = read_fte(steps)
    years = sorted(steps)
    assert all(path.at(year) == steps[year] for year in years)
    assert all(path.at(later - 1) == steps[year] for year, later in pairwise(years))
    assert path.at(years[0] - 1) == 0.0
    assert path.at(years[-1] + 50) == steps[years[-1]]


@given(STEPS | st.floats(0, MAX_FTE))
def test_a_path_that_is_written_and_read_is_the_same_path(value: Any) -> None:
    path = read_fte(value)
    assert read_fte(path.to_data()) == path
    assert read_fte(path) is path
    assert hash(read_fte(path.to_data())) == hash(path)


@given(STEPS)
def test_the_order_in_a_file_says_nothing(steps: dict[int, float]) -> None:
    assert read_fte(dict(reversed(steps.items()))) == read_fte(steps)


# ---- years


@pytest.mark.parametrize(
    ("key", "years"),
    [
        (2026, (2026, 2026)), ("2026", (2026, 2026)), ("2026-2028", (2026, 2028)),
        (" 2026 – 2028 ", (2026, 2028)), ("2026-2026", (2026, 2026)), (1900, (1900, 1900)),
        ("2028-2026", None), (26, None), ("2026-", None), ("twenty", None), (2026.0, None), (None, None),
        (2200, None), ("2026-2028-2030", None), (True, None),
    ],
)  # fmt: skip
def test_a_key_is_a_year_or_a_range_of_years(key: object, years: tuple[int, int] | None) -> None:
    assert years_of(key) == years


# ---- mistakes


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("zes", "number of FTE"), ("36", "without quotes"), ("12,5", "12.5"), (None, "found nothing"),
        (True, "found true"), (-1, "0 or more"), (MAX_FTE + 1, "1000000 or less"), (float("nan"), "finite"),
        (float("inf"), "finite"), ([36], "a list"), ({}, "1 to 100 years"),
        (dict.fromkeys(range(1950, 2051), 1), "found 101"),
    ],
)  # fmt: skip
def test_what_is_no_number_of_fte_is_refused_in_plain_words(value: object, words: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        read_fte(value)
    assert words in str(caught.value)


def test_every_wrong_entry_is_pointed_at() -> None:
    with pytest.raises(ValidationError) as caught:
        read_fte({2026: 12, "2026-2027": 3, "soon": 4, 2030: -1, 2031: "veel"})
    places = [error["loc"] for error in caught.value.errors()]
    assert places == [("2026-2027", "[key]"), ("soon", "[key]"), (2030,), (2031,)]
    words = [error["msg"] for error in caught.value.errors()]
    assert "overlaps '2026'" in words[0]
    assert 'expected a year (2026) or a range of years ("2026-2028")' in words[1]


@given(st.integers(1900, 2100), st.integers(0, 20), st.integers(1900, 2100), st.integers(0, 20))
def test_ranges_may_touch_and_not_overlap(first: int, length: int, second: int, more: int) -> None:
    a, b = f"{first}-{first + length}", f"{second}-{second + more}"
    if a == b:
        return
    if first <= second + more and second <= first + length:
        with pytest.raises(ValidationError, match="overlaps"):
            read_fte({a: 1, b: 2})
    else:
        path = read_fte({a: 1, b: 2})
        assert (path.at(first), path.at(second)) == (1, 2)


def test_years_of_reads_years_and_ranges_only() -> None:
    assert years_of(2026) == years_of("2026") == (2026, 2026)
    assert years_of("2026-2028") == (2026, 2028)
    for key in ("2028-2026", "26", 26, "2026-", "x", True, None, 2026.0, "2026-2028-2030"):
        assert years_of(key) is None
