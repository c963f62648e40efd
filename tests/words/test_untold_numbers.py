"""Where there is no number to tell, words say so in place of it, in both languages."""

from __future__ import annotations

import math

import pytest

from sim.words.writing import Writing

CANNOT = {"nl": "niet te noemen", "en": "cannot be told"}
WAYS = ("count", "number", "fte", "millions", "money", "euros", "about")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_what_is_no_number_is_told_in_words(language: str) -> None:
    writing = Writing(language)
    for way in WAYS:
        assert getattr(writing, way)(math.nan) == CANNOT[language]
    for way in ("count", "millions", "money", "euros"):
        assert getattr(writing, way)(math.nan, True) == CANNOT[language]
    assert writing.number(math.nan, 2) == CANNOT[language]
    assert writing.provisional(writing.millions(math.nan)) == CANNOT[language]
    assert writing.provisional("12") != "12"


def test_a_number_is_written_as_it_is() -> None:
    assert Writing("en").count(-1234.4, True) == "\N{MINUS SIGN}1,234"
    assert Writing("nl").money(2.5e6) == "€\N{NO-BREAK SPACE}2,5\N{NO-BREAK SPACE}mln"
