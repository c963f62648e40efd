"""Differences in words: no signs, no bare number where nothing can be told, and the range of the draws."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sim.decision.comparison import Figure
from sim.decision.firm import Standing
from sim.words.writing import LANGUAGES, Writing
from tests.opened import spaced

SIZES = st.floats(-5000, 5000, allow_nan=False)


def figure(value: float, low: float, high: float, mcse: float = 0.0) -> Figure:
    return Figure(value, mcse, low, high, 0.5, 40, (high - low) / 20)


@given(SIZES, st.floats(0, 3000), st.floats(0, 3000), st.sampled_from(list(LANGUAGES)))
@example(0.0, 0.4, 0.4, "nl")  # unclear, and near zero
def test_a_change_has_no_sign_and_says_which_way(value: float, down: float, up: float, language: str) -> None:
    writing, f = Writing(language), figure(value, value - down, value + up)
    told = writing.change(f, writing.count, "fewer")
    assert not re.search("[+\N{MINUS SIGN}-]\\d", told)
    if Standing.of(f).unsaid:
        near_zero = told == writing.remark(f, writing.count) == writing.t("near_zero")
        assert near_zero or not re.search("\\d", told)
    elif round(abs(value)):
        assert told == writing.t("more" if value > 0 else "fewer", value=writing.count(abs(value)))


@given(SIZES, st.floats(0, 3000), st.floats(0, 3000))
def test_a_range_has_both_ends_the_smaller_first(value: float, down: float, up: float) -> None:
    writing, f = Writing("nl"), figure(value, value - down, value + up)
    told = writing.range(f, writing.count, "fewer")
    found = [int(n.replace(".", "")) for n in re.findall("\\d[\\d.]*", told.removeprefix("9 van de 10"))]
    ends = [round(end) for end in (f.low or 0.0, f.high or 0.0)]
    if any(ends):
        assert sorted(found) == sorted(abs(end) for end in ends)
        assert (" 0 tot" in told) == (0 in ends)
    assert ("minder" in told) == (ends[0] < 0)
    assert ("meer" in told) == (ends[1] > 0)
    if (f.low or 0.0) >= 0 or (f.high or 0.0) <= 0:
        assert found == sorted(found)


@pytest.mark.parametrize(
    ("euros", "nl", "en"),
    [
        (11_640_000, "12 miljoen euro", "12 million euros"),
        (-2_140_000, "2,1 miljoen euro", "2.1 million euros"),
        (999_999, "1 miljoen euro", "1 million euros"),
        (843_200, "840 duizend euro", "840 thousand euros"),
        (1.94e9, "1,9 miljard euro", "1.9 billion euros"),
        (843, "840 euro", "840 euros"),
    ],
)
def test_an_amount_in_a_sentence_has_two_digits(euros: float, nl: str, en: str) -> None:
    assert [spaced(Writing(language).about_euros(euros)) for language in ("nl", "en")] == [nl, en]


def test_a_level_has_three_digits() -> None:
    assert Writing("nl").about(6944.2) == "6.940"


@pytest.mark.parametrize(
    ("euros", "nl", "en"),
    [
        (52_700_000.0, "€ 52,7 mln meer", "€ 52.7 million more"),
        (-3_000.0, "€ 3.000 minder", "€ 3,000 less"),
        (100.0, "€ 0,0 mln", "€ 0.0 million"),
    ],
)
def test_a_difference_in_money_is_written_as_it_is_read_aloud(euros: float, nl: str, en: str) -> None:
    assert [spaced(Writing(language).money(euros, True)) for language in ("nl", "en")] == [nl, en]


def test_no_line_ends_within_an_amount() -> None:
    for language in ("nl", "en"):
        words = Writing(language)
        told = (words.money(-6.4e7), words.money(3_000.0), words.euros(840.0), words.about_euros(1.2e7))
        assert not any(" " in amount for amount in told)
        assert " " in words.money(6.4e7, True)  # before "more"


@pytest.mark.parametrize(
    ("low", "high", "nl", "en"),
    [
        (-0.3, 3.0, "0 tot 3 meer", "0 to 3 more"),
        (0.2, 3.0, "0 tot 3 meer", "0 to 3 more"),
        (-2.0, 0.4, "0 tot 2 minder", "0 to 2 fewer"),
        (-0.4, 0.4, "vrijwel 0", "almost 0"),
        (-2.0, 3.0, "2 minder tot 3 meer", "2 fewer to 3 more"),
        (-7.0, -2.0, "2 tot 7 minder", "2 to 7 fewer"),
    ],
)
def test_an_end_that_rounds_to_nothing_is_zero(low: float, high: float, nl: str, en: str) -> None:
    words = [Writing(language) for language in ("nl", "en")]
    assert [each.between(low, high, each.count, "fewer") for each in words] == [nl, en]


def test_what_is_unclear_says_zero_of_an_end_that_rounds_to_nothing() -> None:
    one = figure(1.5, -0.3, 3.0, 0.01)
    told = [Writing(language).remark(one, Writing(language).count) for language in ("nl", "en")]
    assert told == ["geen duidelijk verschil (0 tot 3 meer)", "no clear difference (0 to 3 more)"]


@pytest.mark.parametrize(
    ("value", "low", "high"), [(12e3, 4e3, 30e3), (12e3, -4e3, 30e3), (60e3, 20e3, 90e3), (2e6, 1e6, 4e6)]
)
def test_an_amount_is_near_zero_in_a_sheet_where_it_is_on_the_page(
    value: float, low: float, high: float
) -> None:
    """Where an amount rounds to nothing in millions both write thousands."""
    writing, f = Writing("nl"), figure(value, low, high, 10.0)
    page = {writing.remark(f, writing.money) or writing.change(f, writing.money, "less")}
    assert (writing.t("near_zero") in page) == (writing.t("near_zero") in writing.more_or_less(f, money=True))
    assert "0,0" not in writing.more_or_less(f, money=True)


def test_what_is_drowned_and_rounds_to_nothing_is_near_zero_on_every_page() -> None:
    writing, f = Writing("nl"), figure(30.0, -200.0, 260.0, 130.0)
    assert Standing.of(f) is Standing.TOO_SMALL
    assert writing.change(f, writing.money, "less") == writing.remark(f, writing.money) == "vrijwel 0"
