"""Gains by group and the slope over neighbourhoods."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.decision.comparison import difference
from sim.decision.equity import (
    NEIGHBOURHOODS,
    Gain,
    gains,
    slope_index,
    slope_of_change,
    slopes,
    who_gains_most,
)
from sim.runs.experiment import Options, run_all
from sim.runs.warmstore import WarmStore
from tests.worlds import run_of, scenario

EVEN = np.full(5, 200.0)


@given(st.floats(-5, 5), st.floats(0, 50))
def test_the_slope_of_a_line_is_its_rise(rise: float, least: float) -> None:
    ranks = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
    assert slope_index(least + rise * ranks, EVEN) == pytest.approx(rise, abs=1e-9)


def test_equal_rates_have_no_slope_and_reversed_ones_the_opposite() -> None:
    rates = np.array([1.0, 4.0, 2.0, 8.0, 5.0])
    people = np.array([100.0, 300.0, 200.0, 50.0, 350.0])
    assert slope_index(np.full(5, 3.0), people) == pytest.approx(0.0)
    assert slope_index(rates[::-1], people[::-1]) == pytest.approx(-slope_index(rates, people))


def test_larger_groups_weigh_more() -> None:
    rates = np.array([0.0, 0.0, 0.0, 0.0, 10.0])
    assert slope_index(rates, np.array([1.0, 1.0, 1.0, 1.0, 1.0])) == pytest.approx(10.0)
    assert slope_index(rates, np.array([1.0, 1.0, 1.0, 1.0, 96.0])) > 15


def test_an_empty_group_is_refused() -> None:
    with pytest.raises(ValueError, match="none of them empty"):
        slope_index(np.zeros(5), np.array([1.0, 1.0, 0.0, 1.0, 1.0]))


def rates(by_quintile: list[float], spread: float = 0.0) -> dict[tuple[str, str, str], np.ndarray]:
    """Return a result of one year in four blocks of 25 children per neighbourhood."""
    tilt = spread * np.array([[1.0, -1.0, 1.0, -1.0]])
    found = {}
    for group, value in zip(NEIGHBOURHOODS, by_quintile, strict=True):
        found["unmet_need", "group", group] = np.full((1, 4), value / 4) + tilt
        found["population", "group", group] = np.full((1, 4), 25.0)
    return found


def test_slopes_of_reference_scenario_and_change() -> None:
    runs = [run_of(rates([1, 2, 3, 4, 5]), rates([1, 1, 1, 1, 1]), draw=k) for k in (1, 2)]
    found = slopes(runs, 1, "unmet_need")
    assert found["reference"].value == pytest.approx(50.0)  # 4 of 100 over ranks 0.1 to 0.9, per 1,000
    assert found["scenario"].value == pytest.approx(0.0)
    assert found["change"].value == pytest.approx(-50.0)
    assert found["change"].mcse == pytest.approx(0.0, abs=1e-9)
    assert found["change"].low == pytest.approx(-50.0)
    swapped = slopes(runs, 0, "unmet_need", reference=1)
    assert swapped["change"].value == pytest.approx(50.0)


def test_luck_within_blocks_is_the_error_of_a_slope() -> None:
    # the same in all neighbourhoods has no slope; in one of them it has
    even = slopes([run_of(rates([1] * 5), rates([1] * 5, 0.1))], 1, "unmet_need")["change"]
    assert even.mcse == pytest.approx(0.0, abs=1e-9)
    other = rates([1] * 5)
    other["unmet_need", "group", NEIGHBOURHOODS[4]] = other["unmet_need", "group", NEIGHBOURHOODS[4]] + (
        0.1 * np.array([[1.0, -1.0, 1.0, -1.0]])
    )
    assert slopes([run_of(rates([1] * 5), other)], 1, "unmet_need")["change"].mcse > 0.5


def test_gains_are_per_thousand_of_a_group() -> None:
    runs = [run_of(rates([2] * 5), rates([2, 2, 2, 2, 1]), draw=k) for k in (1, 2)]
    found = gains(difference(runs, 1, 0, (2026,)), "unmet_need", dict.fromkeys(NEIGHBOURHOODS, 100.0))
    assert [gain.per_1000 for gain in found] == pytest.approx([0, 0, 0, 0, -10])
    assert who_gains_most(found) == NEIGHBOURHOODS[4]


def test_who_gains_most_is_not_said_where_it_cannot_be_told() -> None:
    near = [Gain(NEIGHBOURHOODS[0], -3.0, 1.0, None, None), Gain(NEIGHBOURHOODS[1], -2.0, 1.0, None, None)]
    assert who_gains_most(near) is None
    worse = [Gain(NEIGHBOURHOODS[0], 3.0, 0.1, None, None), Gain(NEIGHBOURHOODS[1], 5.0, 0.1, None, None)]
    assert who_gains_most(worse) is None
    equal = [Gain(NEIGHBOURHOODS[k], -3.0 - 1e-12 * k, 0.0, None, None) for k in range(2)]
    assert who_gains_most(equal) is None
    assert near[0].too_small is False
    assert Gain("x", -1.9, 1.0, None, None).too_small


def test_the_model_has_every_group_it_reports(tmp_path_factory: pytest.TempPathFactory) -> None:
    scenarios = [scenario(0, years=2), scenario(60, years=2)]
    options = Options(children=4000)
    runs = list(run_all(scenarios, options, WarmStore(tmp_path_factory.mktemp("warm"))))
    found = slopes(runs, 1, "care_users")
    assert found["reference"].value > 0  # deprived neighbourhoods use more care
    assert found["change"].value == pytest.approx(found["scenario"].value - found["reference"].value)
    d = difference(runs, 1, 0, range(2026, 2028))
    whole = runs[0].columns[0]
    people = {
        level: float(whole.values[k].mean())
        for k, (measure, breakdown, level) in enumerate(whole.labels)
        if (measure, breakdown) == ("population", "group")
    }
    assert {gain.group for gain in gains(d, "care_users", people)} == set(people)
    change = slope_of_change(d, "care_users", people)
    assert change.value == pytest.approx(found["change"].value, abs=0.2)
    assert change.mcse > 0


def test_the_slope_of_a_change_needs_no_whole_lives() -> None:
    runs = [run_of(rates([1, 2, 3, 4, 5]), rates([1, 1, 1, 1, 1]), draw=k) for k in (1, 2)]
    people = dict.fromkeys(NEIGHBOURHOODS, 100.0)
    change = slope_of_change(difference(runs, 1, 0, (2026,)), "unmet_need", people)
    assert change.value == pytest.approx(slopes(runs, 1, "unmet_need")["change"].value)
    assert (change.low, change.high) == pytest.approx((-50.0, -50.0))
