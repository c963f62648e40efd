"""Ten closed forms with interactions, by regression and by nested Monte Carlo."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtr

from sim.decision.nested import evppi_nested
from sim.decision.value import Estimate, evppi

Floats = NDArray[np.float64]
DRAWS = 20_000
HALF = math.sqrt(2 / math.pi)
"""The mean size of a standard normal number."""


def normal_loss(mean: float, sd: float) -> float:
    """Return E max(X, 0) - max(mean, 0) of a normal X: what knowing X is worth against 0."""
    z = abs(mean) / sd
    return sd * math.exp(-z * z / 2) / math.sqrt(2 * math.pi) - abs(mean) * float(ndtr(-z))


@dataclass(frozen=True)
class Case:
    """A gain against doing nothing, what of it is known, and what that is worth by arithmetic."""

    name: str
    gain: Callable[[Floats, Floats], Floats]
    known: int
    rest: int
    worth: float
    coins: bool = False  # parameters are -1 or 1

    def draw(self, luck: np.random.Generator, n: int, columns: int) -> Floats:
        z = luck.standard_normal((n, columns))
        return np.where(z > 0, 1.0, -1.0) if self.coins else z

    def net_benefit(self, x: Floats, y: Floats) -> Floats:
        found = self.gain(x, y)
        return np.stack([np.zeros_like(found), found], axis=1)


CASES = (
    Case("product of two", lambda x, y: 100 * x[:, 0] * x[:, 1], 2, 1, 50 * HALF**2),
    Case("product of three", lambda x, y: 975 * x[:, 0] * x[:, 1] * x[:, 2], 3, 1, 487.5 * HALF**3),
    Case("product of four", lambda x, y: 100 * x.prod(axis=1), 4, 1, 50 * HALF**4),
    Case("one factor of two", lambda x, y: 100 * x[:, 0] * y[:, 0], 1, 1, 0.0),
    Case("two factors of three", lambda x, y: 100 * x[:, 0] * x[:, 1] * (1 + y[:, 0]), 2, 1, 50 * HALF**2),
    Case("sum and product", lambda x, y: 100 * (x[:, 0] + y[:, 0] + x[:, 0] * y[:, 0]), 1, 1, 50 * HALF),
    Case("product that may not pay", lambda x, y: 100 * x[:, 0] * y[:, 0] + 60 * x[:, 1] - 30, 2, 1,
         normal_loss(-30, 60)),
    Case("an exclusive or", lambda x, y: 100 * x[:, 0] * x[:, 1] - 20 + 0 * y[:, 0], 2, 1, 40.0, coins=True),
    Case("a majority", lambda x, y: 100 * np.sign(x[:, 0] + x[:, 1] + y[:, 0]), 2, 1, 25.0, coins=True),
    Case("a product with its square", lambda x, y: 100 * (x[:, 0] * x[:, 1]) ** 2 - 50 + 0 * y[:, 0], 2, 1,
         0.0),
)  # fmt: skip


def exactly(case: Case) -> float:
    """Return the worth of a case; of the last one by quadrature over the product of two normals."""
    if case.name != "a product with its square":
        return case.worth
    nodes = np.linspace(-8, 8, 1601)
    weights = np.exp(-(nodes**2) / 2)
    weights /= weights.sum()
    gains = 100 * (nodes[:, None] * nodes[None]) ** 2 - 50
    joint = weights[:, None] * weights[None]
    return float((np.maximum(gains, 0) * joint).sum() - max(float((gains * joint).sum()), 0.0))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nested_monte_carlo_finds_the_closed_form(case: Case) -> None:
    found = evppi_nested(
        case.net_benefit,
        lambda luck, n: case.draw(luck, n, case.known),
        lambda luck, n: case.draw(luck, n, case.rest),
        within=1.5,
    )
    assert found.value == pytest.approx(exactly(case), abs=4 * 1.5)
    assert 0 < found.se <= 1.5


def regressed(case: Case, seed: int = 2) -> Estimate:
    luck = np.random.default_rng(seed)
    x, y = case.draw(luck, DRAWS, case.known), case.draw(luck, DRAWS, case.rest)
    return evppi(case.net_benefit(x, y), x)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_regression_finds_it_or_says_what_it_missed(case: Case) -> None:
    found, worth = regressed(case), exactly(case)
    assert found.missed is not None
    if found.missed == 0.0:
        assert found.value == pytest.approx(worth, abs=max(4 * found.se, 0.06 * worth, 1.5))
    else:
        assert found.value < worth


def test_a_product_of_three_is_found_where_it_was_printed_as_nearly_nothing() -> None:
    found = regressed(CASES[1])
    assert found.value == pytest.approx(247.1, rel=0.03)
    assert found.missed == 0.0


def test_what_no_polynomial_follows_is_told() -> None:
    luck = np.random.default_rng(5)
    x = luck.random((5000, 2))
    checkers = np.where((np.floor(12 * x).sum(axis=1) % 2) == 0, 100.0, -100.0)
    found = evppi(np.stack([np.zeros(5000), checkers], axis=1), x)
    assert found.value < 10
    assert found.missed is not None
    assert found.missed > 0.3


def test_noise_is_nothing_that_was_missed() -> None:
    told = 0
    for seed in range(20):
        luck = np.random.default_rng(seed)
        x = luck.standard_normal((2000, 3))
        gain = 100 * x[:, 0] + 500 * luck.standard_normal(2000)
        told += bool(evppi(np.stack([np.zeros(2000), gain], axis=1), x).missed)
    assert told <= 1


def test_of_many_parameters_nobody_can_tell_what_was_missed() -> None:
    luck = np.random.default_rng(1)
    x = luck.standard_normal((2000, 9))
    found = evppi(np.stack([np.zeros(2000), 975 * x[:, :3].prod(axis=1)], axis=1), x)
    assert found.missed is None
    assert not found.checked
    assert found.value < 124  # half of what it is
    few = evppi(np.stack([np.zeros(2000), 100 * x[:, 0]], axis=1), x[:, :6])
    assert few.checked
    assert few.missed == 0.0
    nothing = evppi(np.stack([np.zeros(2000), 100 + x[:, 0]], axis=1), x)
    assert nothing.checked  # no more than there is to know of everything


def test_a_certain_answer_needs_no_information() -> None:
    found = evppi_nested(
        lambda x, y: np.tile([1.0, 2.0], (len(x), 1)), lambda luck, n: luck.random((n, 1)),
        lambda luck, n: luck.random((n, 1)),
    )  # fmt: skip
    assert (found.value, found.se) == (0.0, 0.0)


def test_a_net_benefit_of_another_shape_is_refused() -> None:
    def one(luck: np.random.Generator, n: int) -> Floats:
        return luck.random((n, 1))

    with pytest.raises(ValueError, match="strategies"):
        evppi_nested(lambda x, y: x[:, 0], one, one)
