"""Percentages as people read them."""

from __future__ import annotations

import math

import pytest

from sim.words.writing import Writing


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_share_that_rounds_to_nothing_has_no_sign(language: str) -> None:
    percent = Writing(language).percent
    assert [percent(x) for x in (-0.004, 0.0, 0.004)] == ["0%"] * 3
    assert percent(-0.0004, 1) == "0%"


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_share_below_zero_has_the_sign_of_other_numbers(language: str) -> None:
    writing = Writing(language)
    assert writing.percent(-0.02) == "\N{MINUS SIGN}2%"
    assert writing.percent(-0.0004, 2) in ("\N{MINUS SIGN}0.04%", "\N{MINUS SIGN}0,04%")
    assert writing.percent(-0.015, 1) == writing.number(-1.5) + "%"


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_share_that_is_none_cannot_be_told(language: str) -> None:
    writing = Writing(language)
    assert writing.percent(math.nan) == writing.t("untold")
