"""Single ages meet the groups exactly; ages are read as people write them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.inputs.agegroups import OLDEST, Group, ages_of, ages_text, gap_in, single_years
from sim.states import AGES

YOUTHS = st.integers(0, 1_000_000).map(float)


@st.composite
def divisions(draw: st.DrawFn) -> list[tuple[int, int, float]]:
    """Return a division of 0-22 into groups of ages."""
    cuts = sorted(draw(st.sets(st.integers(1, AGES - 1), max_size=8)) | {0, AGES})
    return [(a, b - 1, draw(YOUTHS)) for a, b in pairwise(cuts)]


@given(divisions())
def test_every_group_is_met_and_no_age_is_negative(groups: list[tuple[int, int, float]]) -> None:
    ages = single_years(groups)
    assert ages.shape == (AGES,)
    assert ages.min() >= -1e-6
    for first, last, youths in groups:
        assert ages[first : last + 1].sum() == pytest.approx(youths, rel=1e-9, abs=1e-5)


@given(divisions(), st.randoms(use_true_random=False))
def test_the_order_of_groups_says_nothing(groups: list[tuple[int, int, float]], order: object) -> None:
    mixed = list(groups)
    order.shuffle(mixed)  # type: ignore[attr-defined]
    assert np.array_equal(single_years(mixed), single_years(groups))


def test_equally_many_at_every_age_stay_so() -> None:
    assert single_years([(0, 3, 40.0), (4, 11, 80.0), (12, 22, 110.0)]) == pytest.approx([10.0] * AGES)


def test_two_divisions_of_the_same_population_sharpen_each_other() -> None:
    ages = single_years([(0, 22, 230.0), (0, 17, 190.0), (4, 11, 90.0), (0, 3, 40.0)])
    assert ages[:4].sum() == pytest.approx(40.0)
    assert ages[4:12].sum() == pytest.approx(90.0)
    assert ages[:18].sum() == pytest.approx(190.0)
    assert ages.sum() == pytest.approx(230.0)


def test_a_gap_is_refused() -> None:
    with pytest.raises(ValueError, match="no group ends where"):
        single_years([(0, 3, 40.0), (5, 22, 100.0)])


def test_youths_who_are_not_all_counted_are_refused() -> None:
    with pytest.raises(ValueError, match="22"):
        single_years([(0, 3, 40.0), (4, 17, 100.0)])


def test_divisions_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="contradict"):
        single_years([(0, 3, 40.0), (4, 22, 190.0), (0, 22, 300.0)])


@given(st.integers(0, OLDEST), st.integers(0, OLDEST))
def test_ages_are_read_as_they_are_written(one: int, other: int) -> None:
    first, last = min(one, other), max(one, other)
    assert ages_of(ages_text(first, last)) == (first, last)
    assert ages_of(f" {first} – {last} ") == (first, last)


def test_a_single_age_may_be_a_number() -> None:
    assert ages_of(4) == (4, 4)


@pytest.mark.parametrize("key", ["9-4", "0-30", "-3", "4-", "4 to 8", "", "100", 30, -1, None, 4.0, True])
def test_what_is_no_age_is_none(key: object) -> None:
    assert ages_of(key) is None


@pytest.mark.parametrize(
    ("key", "ages"),
    [("0 jaar", (0, 0)), ("4-11 jaar", (4, 11)), ("4 t/m 11", (4, 11)), ("4 tot en met 11 Jaar", (4, 11)),
     ("12 years", (12, 12)), ("4 tot 12", None), ("4 to 12", None), ("18+", None),
     ("18 jaar en ouder", None)],
)  # fmt: skip
def test_ages_may_be_written_in_words_that_mean_one_thing(key: str, ages: tuple[int, int] | None) -> None:
    assert ages_of(key) == ages


@pytest.mark.parametrize(
    ("groups", "gap"),
    [
        ([], "0-22"),
        ([(0, 22, 1.0)], None),
        ([(12, 29, 1.0), (0, 11, 1.0)], None),  # in any order, and beyond the last age
        ([(0, 3, 1.0), (5, 22, 1.0)], "4"),
        ([(0, 10, 1.0), (24, 29, 1.0)], "11-22"),
        ([(0, 22, 1.0), (25, 29, 1.0)], None),
    ],
)
def test_the_first_ages_without_a_group_are_found(groups: list[Group], gap: str | None) -> None:
    assert gap_in(groups) == gap
