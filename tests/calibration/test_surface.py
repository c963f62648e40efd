"""A surface through runs finds what is behind their luck, and says how well."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.surface import Surface, explained

D = 6


def truth(u: np.ndarray) -> np.ndarray:
    """Return two outputs [k, 2]: a line, and a line with a bend."""
    line = 0.3 * u[:, 0] - 0.2 * u[:, 3]
    return np.stack([1.0 + line, line + 0.3 * u[:, 1] * u[:, 2]], axis=1)


def runs(n: int, children: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    luck = np.random.default_rng(seed)
    u = luck.standard_normal((n, D))
    return u, truth(u) + luck.standard_normal((n, 2)) * 0.1 * np.sqrt(1000.0 / children)[:, None]


CHILDREN = np.repeat([1000.0, 4000.0], 150)
POINTS, OUTPUTS = runs(300, CHILDREN)
SURFACE = Surface.fit(POINTS, OUTPUTS, CHILDREN)
NEW = np.random.default_rng(9).standard_normal((200, D))


def test_it_predicts_what_it_has_not_seen_nearer_than_a_run_does() -> None:
    error = SURFACE.predict(NEW) - truth(NEW)
    assert np.sqrt((error**2).mean(axis=0)) == pytest.approx([0.0, 0.0], abs=0.04)


def test_it_finds_the_luck_of_a_run_of_each_size() -> None:
    luck = np.sqrt(SURFACE.luck) * SURFACE.root[:, None]
    expected = 0.1 * np.sqrt(1000 / CHILDREN)[:, None]
    assert luck == pytest.approx(np.repeat(expected, 2, axis=1), rel=0.2)


def test_its_variance_is_that_of_its_error() -> None:
    error = ((SURFACE.predict(NEW) - truth(NEW)) ** 2).mean(axis=0)
    assert SURFACE.variance(NEW) == pytest.approx(error, rel=0.7)


def test_a_run_left_out_is_predicted_as_by_the_surface_without_it() -> None:
    k = 7
    rest = np.delete(np.arange(300), k)
    without = Surface.fit(POINTS[rest], OUTPUTS[rest], CHILDREN[rest])
    alone = OUTPUTS[k] - without.predict(POINTS[[k]])[0]
    assert SURFACE.left_out()[k] == pytest.approx(alone, abs=0.01)


def test_what_is_explained_is_of_what_is_no_luck() -> None:
    luck = SURFACE.luck * SURFACE.root[:, None] ** 2
    assert explained(OUTPUTS, SURFACE.left_out(), luck) == pytest.approx([1.0, 1.0], abs=0.05)
    blind = OUTPUTS - OUTPUTS.mean(axis=0)
    assert explained(OUTPUTS, blind, luck) == pytest.approx([0.0, 0.0], abs=0.05)


def test_gradients_are_those_of_its_predictions() -> None:
    u, step = NEW[0], 1e-5
    for j in range(D):
        ahead, back = u.copy(), u.copy()
        ahead[j] += step
        back[j] -= step
        slope = (SURFACE.predict(ahead[None]) - SURFACE.predict(back[None]))[0] / (2 * step)
        assert SURFACE.jacobian(u)[:, j] == pytest.approx(slope, abs=1e-6)
    by = np.array([[2.0, -3.0]])
    assert SURFACE.pull(u[None], by)[0] == pytest.approx(by[0] @ SURFACE.jacobian(u))
