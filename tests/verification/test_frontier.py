"""The standard worked example of a cost-effectiveness frontier (reference results, section 4)."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from sim.cohort import frontier

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


def test_of_twins_the_first_is_kept() -> None:
    assert status([10, 10], [1, 1]) == ["reference", "dominated"]


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
