"""Luck over draws: spread evenly over each parameter's distribution, and names know nothing of each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model.latin import probability

KEYS, SEEDS = st.integers(0, 2**32 - 1), st.integers(0, 2**70)


def first(count: int, key: int = 1, seed: int = 0) -> np.ndarray:
    return np.array([probability(key, seed, index) for index in range(1, count + 1)])


@given(KEYS, SEEDS, st.integers(0, 9))
def test_every_power_of_two_has_one_draw_in_each_part(key: int, seed: int, doublings: int) -> None:
    parts = 1 << doublings
    where = np.floor(first(parts, key, seed) * parts)
    assert sorted(where) == list(range(parts))


@given(KEYS, SEEDS, st.integers(1, 40))
def test_a_draw_does_not_depend_on_how_many_there_are(key: int, seed: int, index: int) -> None:
    alone = probability(key, seed, index)
    assert first(64, key, seed)[index - 1] == alone


def test_within_its_part_a_draw_lies_anywhere() -> None:
    inside = np.concatenate([first(64, key) * 64 % 1 for key in range(200)])
    counts = np.histogram(inside, 10, (0, 1))[0]
    expected = inside.size / 10
    assert ((counts - expected) ** 2 / expected).sum() < 27.9  # chi-squared, 9 degrees, one in a thousand


@pytest.mark.parametrize("index", [1, 2, 3, 7, 100])
def test_each_draw_alone_is_uniform(index: int) -> None:
    values = np.sort([probability(key, 5, index) for key in range(2000)])
    distance = np.abs(values - (np.arange(2000) + 0.5) / 2000).max()
    assert distance < 1.95 / math.sqrt(2000)  # Kolmogorov, one in a thousand


def test_two_names_are_not_tied_together() -> None:
    n = 200
    many = np.array([first(n, key) for key in range(168)])
    ties = np.corrcoef(many) - np.eye(len(many))
    assert np.sqrt((ties**2).sum() / (168 * 167)) < 1.1 / math.sqrt(n)
    assert np.abs(ties).max() < 5 / math.sqrt(n)


@pytest.mark.parametrize(("draws", "times"), [(64, 8), (200, 2), (256, 8)])
def test_a_mean_over_draws_hardly_depends_on_luck_where_effects_add_up(draws: int, times: float) -> None:
    found = np.std([sum(np.exp(first(draws, key, seed)).mean() for key in range(5)) for seed in range(30)])
    independent = np.std(np.exp(np.random.default_rng(0).random(100_000))) * math.sqrt(5 / draws)
    assert found < independent / times
