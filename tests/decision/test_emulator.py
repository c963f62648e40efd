"""The emulator recovers quadratics, knows what it does not know, and finds the noise of runs."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.decision.emulator import Emulator

Floats = NDArray[np.float64]
D = 6


def truth(u: Floats) -> Floats:
    linear = u @ np.array([0.5, -0.3, 0.2, 0.0, 0.1, 0.0])
    return np.stack([1.0 + linear, linear + 0.2 * u[:, 0] * u[:, 1] + 0.1 * u[:, 2] ** 2], axis=1)


@pytest.fixture(scope="module")
def points() -> Floats:
    return np.random.default_rng(1).standard_normal((150, D))


@pytest.fixture(scope="module")
def quiet(points: Floats) -> Emulator:
    return Emulator.fit(points, truth(points))


def test_a_quadratic_is_recovered(quiet: Emulator) -> None:
    anew = np.random.default_rng(2).standard_normal((50, D))
    assert quiet.predict(anew) == pytest.approx(truth(anew), abs=0.01)


def test_noise_of_runs_is_found_and_averaged_out(points: Floats) -> None:
    luck = np.random.default_rng(3)
    emulator = Emulator.fit(points, truth(points) + 0.1 * luck.standard_normal((len(points), 2)))
    assert np.sqrt(emulator.noise()) == pytest.approx([0.1, 0.1], rel=0.3)
    anew = luck.standard_normal((200, D))
    error = emulator.predict(anew) - truth(anew)
    assert error.std(axis=0).max() < 0.07
    claimed = np.sqrt(emulator.variance(anew))
    assert 0.6 < (error / claimed).std() < 1.4


def test_variance_grows_away_from_the_runs(points: Floats) -> None:
    luck = np.random.default_rng(4)
    emulator = Emulator.fit(points, truth(points) + 0.1 * luck.standard_normal((len(points), 2)))
    near, far = emulator.variance(np.zeros((1, D))), emulator.variance(np.full((1, D), 4.0))
    assert (far > 3 * near).all()


def test_derivatives_are_those_of_predictions(quiet: Emulator) -> None:
    at = np.random.default_rng(5).standard_normal(D)
    steps = 1e-5 * np.eye(D)
    numeric = (quiet.predict(at + steps) - quiet.predict(at - steps)) / 2e-5
    assert quiet.jacobian(at) == pytest.approx(numeric.T, abs=1e-5)


def test_errors_of_runs_left_out_are_as_large_as_claimed(points: Floats) -> None:
    luck = np.random.default_rng(6)
    outputs = truth(points) + 0.1 * luck.standard_normal((len(points), 2))
    errors, sizes = Emulator.fit(points, outputs).left_out()
    rest = Emulator.fit(points[1:], outputs[1:])
    assert (errors / sizes).std(axis=0) == pytest.approx([1.0, 1.0], abs=0.15)
    assert errors[0] == pytest.approx(outputs[0] - rest.predict(points[:1])[0], abs=0.02)


def test_more_coefficients_than_runs_are_no_trouble() -> None:
    luck = np.random.default_rng(7)
    points = luck.standard_normal((40, 30))
    emulator = Emulator.fit(points, points[:, :1] * 0.5)
    anew = luck.standard_normal((100, 30))
    error = emulator.predict(anew)[:, 0] - 0.5 * anew[:, 0]
    assert error.std() < 0.45
    assert (np.abs(error) < 3 * np.sqrt(emulator.variance(anew)[:, 0])).mean() > 0.95
