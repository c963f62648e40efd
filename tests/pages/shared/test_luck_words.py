"""What a page says of the part of its ranges that is luck."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pages.shared.luck import luck
from sim.decision.comparison import Figure

SURE = Figure(20.0, 0.1, 10.0, 30.0, 1.0, 40, draw_error=1.0)
LUCKY = replace(SURE, mcse=0.4)


def test_the_largest_part_is_told() -> None:
    told = luck([SURE, LUCKY, replace(SURE, mcse=0.3)], False, "luck_beside")
    assert told.startswith("‘16% toeval’: ")


@pytest.mark.parametrize("figures", [[], [SURE], [replace(LUCKY, low=None, high=None)]])
def test_nothing_is_told_where_no_range_holds_more_than_a_little(figures: list[Figure]) -> None:
    assert luck(figures, False, "luck_beside") == ""


def test_what_may_still_turn_has_no_range_to_speak_of() -> None:
    assert luck([replace(LUCKY, draw_count=3)], True, "luck_beside") == ""
