"""What a place costs beside the care of a child, and when the one pays for the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import compare, load_scenario
from sim.decision.place import place_cost
from sim.engine.history import Label
from sim.runs.experiment import Columns, Run

EUROS = st.floats(1.0, 1e7)
LABELS: tuple[Label, ...] = (
    ("programme_places", "programme", "kinderwerk"), ("cost", "programme", "kinderwerk"),
    *((measure, "age", str(age)) for measure in ("population", "cost") for age in range(4, 15)),
)  # fmt: skip


def columns(places: float, spent: float, youths: float, care: float) -> Columns:
    """Return two equal years of a scenario whose ages have other numbers each."""
    uneven = np.arange(1, 12) / 66
    values = np.array([places, spent, *(youths * uneven), *(care * uneven[::-1])])[:, None] * np.ones(2)
    return Columns(LABELS, values, np.stack([values / 2.0] * 2, axis=2), 100)


def run(draw: int, *numbers: float) -> Run:
    return Run(draw, 0, (columns(*numbers), columns(*numbers)))


@given(EUROS, EUROS, EUROS, EUROS, st.floats(0.1, 10.0))
def test_a_place_is_paid_by_its_share_of_the_care_of_a_child(
    places: float, spent: float, youths: float, care: float, times: float
) -> None:
    found = place_cost([run(0, places, spent, youths, care)], "kinderwerk", 2)
    assert found is not None
    assert found.place.value == pytest.approx(spent / places)
    assert found.care.value == pytest.approx(care / youths)
    assert found.share.value / 100.0 * found.care.value == pytest.approx(found.place.value)
    dearer = place_cost([run(0, places, spent * times, youths, care)], "kinderwerk", 2)
    assert dearer is not None
    assert dearer.share.value == pytest.approx(times * found.share.value)


def test_its_range_is_that_of_the_draws() -> None:
    found = place_cost([run(k, 10.0, 1e4 * k, 100.0, 2e5) for k in range(1, 22)], "kinderwerk", 1)
    assert found is not None
    assert (found.share.low, found.share.value, found.share.high) == pytest.approx((100.0, 550.0, 1000.0))


def test_without_places_there_is_no_price_of_one() -> None:
    assert place_cost([run(0, 0.0, 0.0, 100.0, 2e5)], "kinderwerk", 2) is None
    few = Columns(LABELS[:2], np.ones((2, 2)), np.full((2, 2, 2), 0.5), 100)
    assert place_cost([Run(0, 0, (few, few))], "kinderwerk", 2) is None


def test_a_place_in_almere_costs_what_workers_and_visits_say() -> None:
    """36 workers cost about 3.1 million euros (parameters.csv) and have 36 x 4170 / 40 places."""
    both = [load_scenario(f"scenarios/almere/{name}.yaml") for name in ("geen", "huidig")]
    found = place_cost(compare(both, children=2000).runs, "kinderwerk", 4)
    assert found is not None
    assert found.place.value == pytest.approx(3.1e6 / (36 * 4170 / 40), rel=0.1)
    assert found.ages == (4, 14)
