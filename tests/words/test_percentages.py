"""Percentages as people read them."""

from __future__ import annotations

import pytest

from sim.words.writing import Writing


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_share_that_rounds_to_nothing_has_no_sign(language: str) -> None:
    percent = Writing(language).percent
    assert [percent(x) for x in (-0.004, 0.0, 0.004)] == ["0%"] * 3
    assert percent(-0.0004, 1) == "0%"
    assert percent(-0.02) == "-2%"
    assert percent(-0.0004, 2) in ("-0.04%", "-0,04%")
