"""Probabilities, time and rewards within a cycle, against scipy's matrix exponential one by one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg

from sim.published.intensities import (
    Floats,
    exponential,
    on_the_way,
    on_the_way_from,
    time_spent,
    time_spent_from,
    with_diagonal,
)

SPEEDS = [0.0, 1e-9, 0.01, 1.0, 5.0, 30.0, 1e4]


def generators(speed: float) -> Floats:
    """Return generators [2, 3, from, to] of four states, of which one is never left."""
    found = speed * np.random.default_rng(7).random((2, 3, 4, 4)) ** 4
    found[..., np.arange(4), np.arange(4)] = 0.0
    found[..., 3, :] = 0.0
    return with_diagonal(found)


@pytest.mark.parametrize("speed", SPEEDS)
def test_all_exponentials_at_once_are_those_of_scipy_one_by_one(speed: float) -> None:
    """Of four states, of which one is never left and one is left by certainty (an infinite hazard)."""
    luck = np.random.default_rng(7)
    hazards = {
        (i, j): speed * luck.random((2, 3, 5)) ** 4
        for i in range(3) for j in range(4) if i != j
    }  # fmt: skip
    hazards[2, 0] = np.full((1, 1, 1), np.inf)
    found = exponential(hazards, 4, 0.5)
    assert found.shape == (2, 3, 5, 4, 4)
    generator = np.zeros((2, 3, 5, 4, 4))
    for (i, j), rate in hazards.items():
        if i != 2:
            generator[..., i, j] = rate
            generator[..., i, i] -= rate
    np.testing.assert_allclose(found, linalg.expm(0.5 * generator), rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.sum(axis=-1), 1.0, rtol=1e-14)
    assert (found >= 0.0).all()


@pytest.mark.parametrize("speed", SPEEDS)
def test_time_spent_is_the_integral_of_the_exponential(speed: float) -> None:
    generator = generators(speed)
    found = time_spent(generator)
    block = np.zeros((2, 3, 8, 8))
    block[..., :4, :4] = generator
    block[..., :4, 4:] = np.eye(4)
    np.testing.assert_allclose(found, linalg.expm(block)[..., :4, 4:], rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.sum(axis=-1), 1.0, rtol=1e-11)
    assert (found >= 0.0).all()
    for origin in range(4):
        alone = time_spent_from(generator, origin)
        np.testing.assert_allclose(alone, found[..., origin, :], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("speed", SPEEDS)
def test_rewards_on_the_way_are_van_loans_block(speed: float) -> None:
    generator = generators(speed)
    rewards = np.random.default_rng(8).standard_normal((2, 3, 2, 4, 4))
    rewards *= np.maximum(generator, 0)[..., None, :, :]
    chances, gained = on_the_way(generator, rewards)
    np.testing.assert_allclose(chances, linalg.expm(generator), rtol=0, atol=1e-11)
    for outcome in range(2):
        block = np.zeros((2, 3, 8, 8))
        block[..., :4, :4] = block[..., 4:, 4:] = generator
        block[..., :4, 4:] = rewards[:, :, outcome]
        expected = linalg.expm(block)[..., :4, 4:]
        np.testing.assert_allclose(gained[:, :, outcome], expected, rtol=1e-10, atol=1e-10 * speed)
    # Over all ends: the time spent in each state, times what leaving it gives.
    given = np.einsum("...ik,...rkj->...ri", time_spent(generator), rewards)
    np.testing.assert_allclose(gained.sum(axis=-1), given, rtol=1e-9, atol=1e-10 * speed)
    for origin in range(4):
        there, paid = on_the_way_from(generator, rewards, origin)
        np.testing.assert_allclose(there, chances[..., origin, :], rtol=0, atol=1e-14)
        np.testing.assert_allclose(paid, gained[..., origin, :], rtol=0, atol=1e-12 * (speed + 1e-9))
