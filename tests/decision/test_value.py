"""The value of information: published results, closed forms and laws."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.decision.value import acceptability, by_group, by_parameter, evpi, evppi, expected_loss, explained

DRAWS = 20_000
SAMPLES = arrays(
    np.float64, st.tuples(st.integers(5, 40), st.integers(1, 4)), elements=st.floats(-1e6, 1e6, width=32)
)


def published(draws: int = DRAWS, noise: float = 0.0, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return net benefit and parameters of section 3 of the published results."""
    luck = np.random.default_rng(seed)
    x = luck.standard_normal((draws, 3))
    gain = 500 + 800 * x[:, 0] + 600 * x[:, 1] + noise * luck.standard_normal(draws)
    return np.stack([np.zeros(draws), gain], axis=1), x


def test_published_value_of_information(agree: Callable[[str, float, float, float], None]) -> None:
    nb, x = published()
    for what, found, expected in (
        ("value of perfect information", evpi(nb), 197.797),
        ("of the first parameter", evppi(nb, x[:, 0]), 129.536),
        ("of the second", evppi(nb, x[:, 1]), 67.983),
    ):
        assert 0 < found.se < 10
        agree(what, found.value, expected, 4 * found.se)
    agree("of an unrelated third", evppi(nb, x[:, 2]).value, 0.0, 1.0)
    within = 4 * math.sqrt(0.69 * 0.31 / DRAWS)
    agree("chance to be cost-effective", (nb[:, 1] > 0).mean(), 0.691462, within)


def test_5000_draws_are_enough() -> None:
    errors = []
    for seed in range(10):
        nb, x = published(5000, seed=seed)
        found = evppi(nb, x[:, 0])
        errors.append((found.value - 129.536) / 129.536)
    assert abs(np.mean(errors)) < 0.03
    assert np.std(errors) < 0.08


def test_knowing_both_is_knowing_all() -> None:
    nb, x = published()
    both = evppi(nb, x[:, :2])
    assert both.value == pytest.approx(evpi(nb).value, rel=0.01)


def test_luck_of_runs_adds_nothing_to_the_value_of_a_parameter() -> None:
    nb, x = published(noise=2000.0)
    found = evppi(nb, x[:, 0])
    assert found.value == pytest.approx(129.536, abs=4 * found.se)
    assert evpi(nb).value > 500
    assert evppi(nb, x[:, 2]).value < 20


def test_a_product_is_worth_nothing_by_parts_and_much_together() -> None:
    luck = np.random.default_rng(3)
    x = luck.standard_normal((DRAWS, 2))
    nb = np.stack([np.zeros(DRAWS), x[:, 0] * x[:, 1]], axis=1)
    assert evppi(nb, x[:, 0]).value < 0.02
    assert evppi(nb, x).value == pytest.approx(1 / math.pi, rel=0.05)  # E|x1 x2| / 2


def test_a_curve_is_followed() -> None:
    luck = np.random.default_rng(4)
    x = luck.standard_normal(DRAWS)
    nb = np.stack([np.zeros(DRAWS), x**2 - 1 + luck.standard_normal(DRAWS)], axis=1)
    # E max(x^2 - 1, 0) for a standard normal: 2 phi(1) = .48394
    assert evppi(nb, x).value == pytest.approx(0.48394, rel=0.08)


def test_a_switch_is_worth_what_its_two_sides_are() -> None:
    luck = np.random.default_rng(5)
    on = (luck.random(DRAWS) < 0.25).astype(float)
    nb = np.stack([np.zeros(DRAWS), 400 * on - 50 + 10 * luck.standard_normal(DRAWS)], axis=1)
    expected = on.mean() * 350 - max(nb[:, 1].mean(), 0.0)
    assert evppi(nb, on).value == pytest.approx(expected, abs=2.0)


def test_many_strategies() -> None:
    luck = np.random.default_rng(6)
    x = luck.standard_normal((DRAWS, 2))
    nb = np.stack([np.zeros(DRAWS), x[:, 0], x[:, 1], 0.5 * x[:, 0] - 0.2], axis=1)
    assert evppi(nb, x).value == pytest.approx(evpi(nb).value, rel=0.03)
    assert evppi(nb, x[:, 0]).value == pytest.approx(1 / math.sqrt(2 * math.pi), rel=0.05)


@given(SAMPLES, st.integers(0, 1000))
def test_knowing_all_is_worth_at_least_as_much_as_knowing_some(nb: np.ndarray, seed: int) -> None:
    x = np.random.default_rng(seed).standard_normal((nb.shape[0], 2))
    most = evpi(nb)
    for known in (x, x[:, 0], nb):
        some = evppi(nb, known)
        assert 0 <= some.value <= most.value
        assert some.se >= 0


@given(SAMPLES)
def test_the_order_of_strategies_does_not_matter(nb: np.ndarray) -> None:
    assert evpi(nb[:, ::-1]).value == pytest.approx(evpi(nb).value, abs=1e-6)
    assert expected_loss(nb[:, ::-1]) == pytest.approx(expected_loss(nb)[::-1], abs=1e-6)


def test_swapping_and_scaling() -> None:
    nb, x = published()
    assert evppi(nb[:, ::-1], x[:, 0]).value == pytest.approx(evppi(nb, x[:, 0]).value, rel=0.01)
    assert evppi(7 * nb, x[:, 0]).value == pytest.approx(7 * evppi(nb, x[:, 0]).value, rel=1e-6)
    assert evppi(nb + 1e6, x[:, 0]).value == pytest.approx(evppi(nb, x[:, 0]).value, rel=1e-6)


def test_what_never_varies_is_worth_nothing() -> None:
    nb, x = published(500)
    assert evppi(nb, np.full(500, 3.0)).value == 0.0
    assert evppi(np.full((500, 2), 4.0), x).value == 0.0
    assert evpi(np.full((500, 2), 4.0)).value == 0.0


def test_parameters_and_groups_come_most_valuable_first() -> None:
    nb, x = published()
    inputs = {"b": x[:, 1], "a": x[:, 0], "none": x[:, 2]}
    rows = by_parameter(nb, inputs)
    assert [name for name, _ in rows] == ["a", "b", "none"]
    groups = by_group(nb, {"small": ("b", "none"), "large": ("a", "b"), "empty": ()}, inputs)
    assert [name for name, _ in groups] == ["large", "small"]
    with pytest.raises(KeyError):
        by_group(nb, {"wrong": ("c",)}, inputs)


def test_a_group_of_many() -> None:
    luck = np.random.default_rng(8)
    x = luck.standard_normal((5000, 60))
    nb = np.stack([np.zeros(5000), 800 * x[:, 7] + 600 * x[:, 31] + 500], axis=1)
    assert evppi(nb, x).value == pytest.approx(evpi(nb).value, rel=0.03)
    without = np.delete(x, [7, 31], axis=1)
    assert evppi(nb, without).value < 15


def test_the_share_of_variance_explained() -> None:
    nb, x = published()
    assert explained(nb[:, 1], x[:, 0]) == pytest.approx(0.64, abs=0.02)
    assert explained(nb[:, 1], x[:, 1]) == pytest.approx(0.36, abs=0.02)
    assert explained(nb[:, 1], x[:, 2]) < 0.005
    assert explained(np.ones(DRAWS), x) == 0.0


def test_acceptability_and_its_frontier() -> None:
    luck = np.random.default_rng(9)
    costs = np.stack([np.zeros(DRAWS), np.full(DRAWS, 1000.0)], axis=1)
    effects = np.stack([np.zeros(DRAWS), 2 + luck.standard_normal(DRAWS)], axis=1)
    found = acceptability(costs, effects, [0.0, 500.0, 1e9])
    assert found.probability.sum(axis=1) == pytest.approx(np.ones(3))
    assert found.probability[0].tolist() == [1.0, 0.0]
    assert found.probability[1, 1] == pytest.approx(0.5, abs=0.02)  # 500 a unit pays for 2 units
    assert found.probability[2, 1] == pytest.approx(0.97725, abs=0.005)  # P(effect > 0)
    assert found.best.tolist()[0] == 0
    assert found.best.tolist()[2] == 1
    assert found.frontier == pytest.approx(found.probability[[0, 1, 2], found.best])
    assert found.evpi == pytest.approx(found.loss.min(axis=1))
    assert found.evpi[0] == 0.0
    flipped = acceptability(costs[:, ::-1], effects[:, ::-1], [500.0])
    assert flipped.probability[0] == pytest.approx(found.probability[1][::-1])


def test_ties_are_shared() -> None:
    found = acceptability(np.zeros((4, 2)), np.zeros((4, 2)), [0.0])
    assert found.probability[0].tolist() == [0.5, 0.5]
    assert found.equal.tolist() == [True]


@pytest.mark.parametrize("noise", [0.0, 1e-12, -1e-12])
def test_strategies_that_are_equal_but_for_rounding_share_and_none_is_best(noise: float) -> None:
    costs = np.array([[0.0, 1e6, 1e6 * (1 + noise)]] * 4)
    effects = np.array([[0.0, 50.0, 50.0 * (1 - noise)]] * 4)
    found = acceptability(costs, effects, [0.0, 20_000.0, 50_000.0])
    assert found.probability.tolist() == [[1.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3], [0.0, 0.5, 0.5]]
    assert found.equal.tolist() == [False, True, True]
    assert found.best.tolist() == [0, 0, 1]  # of equals, the first


def test_a_strategy_that_is_better_by_more_than_rounding_is_best() -> None:
    found = acceptability([[0.0, 1.0]] * 2, [[0.0, 1.0]] * 2, [0.99, 1.01])
    assert found.equal.tolist() == [False, False]
    assert found.best.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("nb", "x", "words"),
    [
        (np.zeros(5), np.zeros(5), "must be"),
        (np.zeros((1, 2)), np.zeros(1), "2 draws or more"),
        (np.full((5, 2), np.nan), np.zeros(5), "finite"),
        (np.zeros((5, 2)), np.zeros(4), "with 5 draws"),
        (np.zeros((5, 2)), np.full(5, np.inf), "finite"),
    ],
)
def test_samples_of_the_wrong_shape_are_refused(nb: np.ndarray, x: np.ndarray, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        evppi(nb, x)


def test_costs_and_effects_must_match() -> None:
    with pytest.raises(ValueError, match="same shape"):
        acceptability(np.zeros((4, 2)), np.zeros((4, 3)), [0.0])


def test_two_draws_leave_open_what_was_missed() -> None:
    """A single pair of draws has no spread: nobody can tell, and nothing is divided by nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = evppi(np.array([[0.0, 1.0], [0.0, -2.0]]), np.array([1.0, 2.0]))
    assert found.missed is None


def test_the_error_of_an_evppi_is_that_of_the_draws_too() -> None:
    """Where a regression explains all, draws alone are luck: two errors hold the truth as often as said."""
    inside = 0
    for seed in range(40):
        x = np.random.default_rng(seed).standard_normal(500)
        found = evppi(np.stack([np.zeros(500), 100.0 * x], axis=1), x)
        inside += abs(found.value - 100.0 / np.sqrt(2.0 * np.pi)) <= 2.0 * found.se
    assert 34 <= inside <= 40


def test_what_makes_the_noise_larger_explains_nothing() -> None:
    """A product with a factor of mean 0 is 0 on average wherever the other is; only its spread follows it."""
    found = []
    for seed in range(20):
        x = np.random.default_rng(seed).standard_normal((1000, 3))
        found.append(evppi(np.stack([np.zeros(1000), 975.0 * x.prod(axis=1)], axis=1), x[:, 0]).value)
    assert np.count_nonzero(found) <= 2
