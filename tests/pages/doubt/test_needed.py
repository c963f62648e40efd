"""The sentence on what a worker may cost: what it says where no price is low enough."""

from __future__ import annotations

import pytest

from pages.doubt.needed import sentence
from sim.decision.goal import Goal
from sim.decision.thresholds import Threshold


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
