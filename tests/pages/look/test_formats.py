"""Numbers as Dutch and English readers write them."""

from __future__ import annotations

import pytest

from pages.look import formats
from pages.look.texts import writing_in
from tests.opened import spaced


@pytest.fixture(params=["nl", "en"])
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(formats, "writing", lambda: writing_in(request.param))
    return str(request.param)


def test_points_and_commas_follow_the_language(language: str) -> None:
    expected = {
        "nl": ("1.234.568", "1.234,6", "€ 1.234,6 mln", "12,5", "36"),
        "en": ("1,234,568", "1,234.6", "€ 1,234.6 million", "12.5", "36"),
    }[language]
    found = (
        formats.count(1234567.6), formats.millions(1.2346e9), formats.money(1.2346e9), formats.fte(12.5),
        formats.fte(36.0),
    )  # fmt: skip
    assert tuple(map(spaced, found)) == expected


@pytest.mark.parametrize(
    ("value", "plain", "signed"),
    [(1500.0, "1.500", "+1.500"), (-1500.0, "−1.500", "−1.500"), (-0.4, "0", "0"), (0.0, "0", "0")],
)
def test_signs_are_real_minus_signs_and_zero_has_none(
    value: float, plain: str, signed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "writing", lambda: writing_in("nl"))
    assert (formats.count(value), formats.count(value, sign=True)) == (plain, signed)


def test_an_amount_has_no_place_for_a_line_to_end(language: str) -> None:
    assert not any(" " in found for found in (formats.money(3.2e6), formats.euros(840.0)))


def test_money_that_rounds_to_nothing_has_no_sign(language: str) -> None:
    zero = {"nl": "0,0", "en": "0.0"}[language]
    assert formats.millions(-40_000.0, sign=True) == formats.millions(40_000.0, sign=True) == zero


def test_shares_are_whole_percentages(language: str) -> None:
    assert formats.percent(0.784) == "78%"
    assert formats.percent(0.0) == "0%"


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("nl", "1", "1 kinderwerker"), ("nl", "21", "21 kinderwerkers"),
        ("en", "1", "1 child worker"), ("en", "21", "21 child workers"),
    ],
)  # fmt: skip
def test_one_of_a_thing_is_no_plural(language: str, number: str, said: str) -> None:
    assert writing_in(language).t("workers", fte=number) == said


def test_words_of_a_user_are_never_changed() -> None:
    writing = writing_in("nl")
    assert "‘Plan 1 kinderen’" in writing.t("pay_plan", plan="‘Plan 1 kinderen’", name="Dorp")
