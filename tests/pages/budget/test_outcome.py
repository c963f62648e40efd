"""What a budget costs, divided over programmes and youth care: each part as sure as it is by itself."""

from __future__ import annotations

import numpy as np
import pytest

from pages.background.answers import Answer
from pages.background.figures import LONG
from pages.budget import outcome
from pages.choices.chosen import Choices, pair
from pages.look import formats
from pages.look.texts import writing_in
from sim.decision.comparison import CASHABLE, MUNICIPAL
from sim.decision.firm import Standing
from sim.decision.headline import UNMET, USERS, Change, change
from sim.engine.history import Label
from sim.runs.experiment import Run
from tests.worlds import run_of

BLOCKS, DRAWS = 4, 20
SPENT = 10e6
OWN: Label = ("cost", "payer_form", "gemeente|kinderwerk")
WORK: Label = ("cost", "programme", "kinderwerk")


def answered(*care: float) -> Answer:
    """Return an answer in which child work costs SPENT a year, and youth care so much more in each draw."""
    both = tuple(pair(Choices()))
    years = both[0].years

    def flat(yearly: float) -> np.ndarray:
        return np.full((years, BLOCKS), yearly / BLOCKS)

    def lived(draw: int, more: float) -> Run:
        none = {USERS: flat(5e3), UNMET: flat(1e3), MUNICIPAL: flat(80e6), CASHABLE: flat(80e6)}
        cost = {MUNICIPAL: flat(80e6 + SPENT + more), CASHABLE: flat(80e6 + SPENT + more)}
        return run_of(none, none | cost | {OWN: flat(SPENT), WORK: flat(SPENT)}, draw=draw)

    draws = [lived(draw, more) for draw, more in enumerate(care, 1)]
    return Answer(scenarios=both, wished=len(draws), first=draws[:1], draws=draws)


def far_of(answer: Answer) -> Change:
    first = answer.scenarios[0]
    return change(answer.difference(), min(LONG, first.years), first.discount_rate)


def test_youth_care_is_not_told_as_firm_where_its_own_range_has_zero_inside() -> None:
    answer = answered(*np.linspace(-3e6, 2e6, DRAWS))
    far, care = far_of(answer), outcome.care_part(answer)
    assert Standing.of(far.municipal_cost) is Standing.FIRM  # what child work costs is sure
    assert care.low is not None
    assert care.high is not None
    assert care.low < 0.0 < care.high
    assert Standing.of(care) is Standing.UNCLEAR
    told = outcome.shares(answer, far)  # so that the sum of the two can be made
    assert told.endswith(f"jeugdzorg: {writing_in('nl').between(care.low, care.high, formats.money)}")
    assert " minder tot " in told


def test_the_parts_add_up_to_the_whole_and_a_sure_saving_is_told() -> None:
    answer = answered(*np.linspace(-4e6, -2e6, DRAWS))
    far, care = far_of(answer), outcome.care_part(answer)
    assert care.value == pytest.approx(far.municipal_cost.value - far.municipal_programme_cost)
    assert far.municipal_cost.low is not None
    assert care.low == pytest.approx(far.municipal_cost.low - far.municipal_programme_cost)
    assert Standing.of(care) is Standing.FIRM
    assert "minder" in outcome.shares(answer, far)
