"""The sentence on what a worker may cost: what it says where no price is low enough."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pages.doubt.needed import sentence
from sim.decision.goal import Goal
from sim.decision.thresholds import Threshold
from sim.decision.thresholds import sentence as in_english


def never(chance: float) -> Threshold:
    goal = Goal(2045, probability=0.5)
    return Threshold("price", "euros", goal, None, -9e3, -2e3, 96e3, 96e3, 0.0, chance, 0.1)


@pytest.mark.parametrize(
    ("chance", "words"),
    [(0.49, "net onder de gevraagde 50%"), (0.476, "net onder de gevraagde 50%"), (0.31, "ongeveer 30%")],
)
def test_a_chance_below_what_is_asked_is_never_rounded_up_to_it(chance: float, words: str) -> None:
    said = sentence(never(chance), 200, 2026)
    assert f"is de kans {words}." in said
    assert ("ongeveer 50%" in said) is False


def test_that_no_price_is_low_enough_is_not_said_where_other_draws_would_have_one() -> None:
    """Almere, 36 workers: care is cheaper in 19 of 40 draws, which cannot be told from half of them."""
    close = replace(never(0.475), low=-1_900.0, high=11_600.0)
    said = sentence(close, 40, 2026)
    assert "niet te zeggen" in said
    assert "11.600" in said
    assert "geen prijs is laag genoeg" not in said
    assert "cannot be told" in in_english(close)
    assert "no price" in in_english(never(0.31))
