"""The standard worked example of a cost-effectiveness frontier (reference results, section 4)."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.published.cohort import frontier

COSTS = {"E": 55000.0, "D": 35000.0, "C": 25000.0, "B": 10000.0, "A": 12000.0, "UC": 5000.0}
EFFECTS = {"E": 5.0, "D": 4.0, "C": 3.0, "B": 2.0, "A": 1.5, "UC": 1.0}
STATUS = {
    "UC": "reference",
    "B": "frontier",
    "A": "dominated",
    "C": "extendedly dominated",
    "D": "frontier",
    "E": "frontier",
}
RATIOS = {"UC": None, "B": 5000.0, "A": None, "C": None, "D": 12500.0, "E": 20000.0}
INCREMENTS = {"B": (5000.0, 1.0), "D": (25000.0, 2.0), "E": (20000.0, 1.0)}


@pytest.mark.parametrize("names", list(itertools.permutations(COSTS))[::37])
def test_worked_example_in_any_order(
    names: tuple[str, ...], agree: Callable[[str, float, float, float], None]
) -> None:
    rows = frontier([COSTS[name] for name in names], [EFFECTS[name] for name in names], names)
    assert [row["strategy"] for row in rows] == ["UC", "B", "A", "C", "D", "E"]
    assert {row["strategy"]: row["status"] for row in rows} == STATUS
    for row in rows:
        ratio = RATIOS[row["strategy"]]
        if ratio is None:
            assert row["icer"] is None
        else:
            agree(f"cost per effect of {row['strategy']} against the one before", row["icer"], ratio, 0.0)
    for row in rows:
        expected = INCREMENTS.get(row["strategy"], (None, None))
        assert (row["incremental_cost"], row["incremental_effect"]) == expected
        assert (row["cost"], row["effect"]) == (COSTS[row["strategy"]], EFFECTS[row["strategy"]])


def status(costs: list[float], effects: list[float]) -> list[str]:
    names = [str(index) for index in range(len(costs))]
    found = {row["strategy"]: row["status"] for row in frontier(costs, effects, names)}
    return [found[name] for name in names]


def test_equal_costs_the_better_one_dominates() -> None:
    assert status([10, 10, 20], [1, 2, 3]) == ["dominated", "reference", "frontier"]


def test_equal_effects_the_cheaper_one_dominates() -> None:
    assert status([10, 20, 30], [1, 2, 2]) == ["reference", "frontier", "dominated"]


def test_twins_are_equal_and_neither_is_dominated() -> None:
    assert status([10, 10], [1, 1]) == ["reference", "equal"]
    assert status([10, 20, 20, 20], [1, 2, 2, 2]) == ["reference", "frontier", "equal", "equal"]
    rows = frontier([10, 20, 20], [1, 2, 2], ["a", "b", "c"])
    assert [row["equal_to"] for row in rows] == [None, None, "b"]
    assert [row["icer"] for row in rows] == [None, 10.0, None]


def test_twins_that_another_dominates_are_dominated() -> None:
    assert status([10, 20, 20], [2, 1, 1]) == ["reference", "dominated", "dominated"]
    assert status([0, 10, 10, 12], [0, 1, 1, 3]) == [
        "reference", "extendedly dominated", "extendedly dominated", "frontier",
    ]  # fmt: skip


def test_twins_that_another_dominates_are_equal_all_the_same() -> None:
    rows = frontier([10, 20, 20, 30], [2, 1, 1, 1], ["a", "b", "c", "d"])
    assert [(row["status"], row["equal_to"]) for row in rows] == [
        ("reference", None), ("dominated", None), ("dominated", "b"), ("dominated", None),
    ]  # fmt: skip


@pytest.mark.parametrize("noise", [1e-12, -1e-12, 1e-15])
def test_a_difference_of_rounding_ranks_nobody(noise: float) -> None:
    assert status([1e6, 1e6 * (1 + noise)], [20, 20 * (1 - noise)]) == ["reference", "equal"]
    assert status([0, noise, 50], [1, 1, 2]) == ["reference", "equal", "frontier"]
    # as dear but for rounding, and better: the other is dominated, not less dear
    assert status([10, 10 * (1 + noise)], [1, 2]) == ["dominated", "reference"]
    # as good but for rounding, and dearer: dominated, not a frontier of endless euros an effect
    assert status([10, 20], [1, 1 + noise]) == ["reference", "dominated"]
    # on one line but for rounding
    assert status([0, 10 * (1 + noise), 20], [0, 1, 2]) == ["reference", "frontier", "frontier"]


def test_what_is_small_but_no_rounding_still_counts() -> None:
    assert status([1e6, 1e6 + 1], [20, 20]) == ["reference", "dominated"]
    assert status([10, 10.001, 1e7], [1, 1.001, 1.0]) == ["reference", "frontier", "dominated"]


points = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=7)


@given(points, st.data())
def test_a_strategy_given_twice_changes_the_place_of_no_other(
    places: list[tuple[int, int]], data: st.DataObject
) -> None:
    again = data.draw(st.integers(0, len(places) - 1))
    noise = data.draw(st.sampled_from([0.0, 1e-12, -1e-12]))
    costs, effects = ([float(place[k]) for place in places] for k in (0, 1))
    once = status(costs, effects)
    twice = status([*costs, costs[again] * (1 + noise)], [*effects, effects[again] * (1 - noise)])
    assert twice[:-1] == once
    assert twice[-1] == (once[again] if "dominated" in once[again] else "equal")


def test_points_on_one_line_all_stay() -> None:
    assert status([0, 10, 20], [0, 1, 2]) == ["reference", "frontier", "frontier"]


def test_extended_dominance_can_remove_several() -> None:
    # Slopes 10, 20, 30, and then one at the end that beats them all.
    assert status([0, 10, 30, 60, 61], [0, 1, 2, 3, 100]) == [
        "reference",
        "extendedly dominated",
        "extendedly dominated",
        "extendedly dominated",
        "frontier",
    ]


def test_cheaper_and_better_leaves_one() -> None:
    assert status([5, 10], [2, 1]) == ["reference", "dominated"]
    assert frontier([], [], []) == []


def test_bad_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        frontier([1.0, float("nan")], [1.0, 2.0], ["a", "b"])
    with pytest.raises(ValueError, match="argument"):
        frontier([1.0], [1.0, 2.0], ["a", "b"])
