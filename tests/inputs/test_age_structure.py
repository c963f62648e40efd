"""Youths by group of ages: any division is read back, and what no municipality has is refused."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.inputs.library import registry
from sim.inputs.municipality import municipality_from_dict
from sim.states import AGES
from tests.inputs.test_municipality import FULL, SMALL, made, refused


def test_groups_become_single_years_that_meet_them() -> None:
    ages = made().single_ages()
    assert len(ages) == AGES
    assert sum(ages[:4]) == pytest.approx(8100)
    assert sum(ages[12:18]) == pytest.approx(15000)
    assert made().youths(17) == pytest.approx(40100)
    figures = made()
    (use,) = figures.uses
    assert figures.use_share(use) == pytest.approx(5000 / 53100)


def test_ages_may_be_single_and_go_beyond_the_last() -> None:
    population: dict[str | int, int] = {**dict.fromkeys(range(18), 100), "18-24": 700}
    ages = made(population=population, use=None).single_ages()
    assert ages == pytest.approx([100.0] * AGES)


@given(st.lists(st.integers(1, AGES - 1), unique=True, max_size=8), st.data())
def test_any_division_of_the_ages_is_read_back(cuts: list[int], data: st.DataObject) -> None:
    bounds = [0, *sorted(cuts), AGES]
    each = st.floats(100, 5000, allow_nan=False)
    population = {f"{a}-{b - 1}": round(data.draw(each) * (b - a), 3) for a, b in pairwise(bounds)}
    town = municipality_from_dict({**SMALL, "population": population}, registry())
    assert municipality_from_dict(town.to_data(), registry()) == town
    assert sum(town.single_ages()) == pytest.approx(sum(population.values()))


def test_small_towns_and_groups_without_youths_are_read() -> None:
    assert made(population={"0-22": 180}, use=None).youths() == pytest.approx(180)
    assert made(population={"0-3": 0, "4-22": 40000}, use=None).youths() == pytest.approx(40000)
    assert made(population={"0-17": 20000, "18-22": 30000}, use=None)  # a town of students


def test_a_population_of_very_many_groups_is_refused_at_once() -> None:
    population = {f"{' ' * (n % 200)}0-22{' ' * (n // 200)}": 1 for n in range(20_000)}
    start = time.process_time()
    assert refused({**FULL, "population": population}) == ["expected at most 100 groups of ages, found 20000"]
    assert time.process_time() - start < 2
