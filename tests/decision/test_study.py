"""What a study is worth: closed forms of normal beliefs, limits, and the error of a design."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.decision.study import Study, evsi, learnt, study_worth
from sim.decision.value import evpi, evppi
from tests.decision.test_value_of_interactions import normal_loss

DRAWS = 10_000
VARIANCE = 0.05 * 0.95
"""Of yes or no where one in twenty is yes."""
DESIGN = Study(neighbourhoods=10, children=200, icc=0.01, price=1e6)


def beliefs(mean: float, sd: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    effect = mean + sd * np.random.default_rng(seed).standard_normal(DRAWS)
    return np.stack([np.zeros(DRAWS), effect], axis=1), effect


@pytest.mark.parametrize("mean", [0.0, 30.0, -80.0])
@pytest.mark.parametrize("error", [20.0, 100.0, 400.0])
def test_a_normal_belief_has_a_closed_form(mean: float, error: float) -> None:
    """Raiffa & Schlaifer 1961: the posterior mean is normal, with the part of the variance that is learnt."""
    nb, effect = beliefs(mean, 100.0)
    learnt = 100.0**2 / math.sqrt(100.0**2 + error**2)
    found = evsi(nb, effect, error)
    assert found.value == pytest.approx(normal_loss(mean, learnt), rel=0.08, abs=0.6)
    assert found.value <= evpi(nb).value


def test_a_study_without_error_tells_what_the_parameter_tells() -> None:
    nb, effect = beliefs(30.0, 100.0)
    assert evsi(nb, effect, 0.0) == evppi(nb, effect)


def test_a_study_of_nothing_is_worth_nothing() -> None:
    nb, effect = beliefs(30.0, 100.0)
    assert evsi(nb, effect, 1e6).value < 0.5
    other = np.random.default_rng(2).standard_normal(DRAWS)
    assert evsi(nb, other, 0.1).value < 1.0


def test_a_larger_study_is_worth_more_and_never_more_than_all_there_is_to_know() -> None:
    nb, effect = beliefs(0.0, 100.0)
    worth = [evsi(nb, effect / 1e4, DESIGN.error(VARIANCE) / k).value for k in (1, 2, 4, 8)]
    assert worth == sorted(worth)
    assert worth[-1] <= evpi(nb).value


def test_the_error_of_a_design() -> None:
    """Two arms of 10 times 200 children at 5 percent, design effect 2.99."""
    expected = math.sqrt(2 * 0.05 * 0.95 / 2000 * (1 + 199 * 0.01))
    assert DESIGN.error(VARIANCE) == pytest.approx(expected)
    alone = Study(neighbourhoods=10, children=200, icc=0.0, price=0.0)
    assert alone.error(VARIANCE) == pytest.approx(math.sqrt(2 * 0.05 * 0.95 / 2000))
    many = Study(10, 10**9, 0.01, 0.0)
    assert many.error(VARIANCE) == pytest.approx(math.sqrt(2 * 0.05 * 0.95 * 0.01 / 10))


@pytest.mark.parametrize("mean", [0.0, 50.0, -80.0])
def test_the_chance_of_another_decision_has_a_closed_form(mean: float) -> None:
    """The posterior mean is normal: how much of it lies on the other side of zero."""
    nb, effect = beliefs(mean, 100.0)
    for error in (20.0, 100.0):
        learns = 100.0**2 / math.sqrt(100.0**2 + error**2)
        expected = 0.5 * math.erfc(abs(mean) / learns / math.sqrt(2.0))
        assert learnt(nb, effect, error).chance == pytest.approx(expected, abs=0.015)
    assert learnt(nb, effect, 1e6).chance == 0.0


def test_findings_that_come_later_are_worth_less_now() -> None:
    nb, effect = beliefs(0.0, 100.0)
    at_once = study_worth(DESIGN, nb, effect / 1e4, VARIANCE, decisions=10)
    later = study_worth(DESIGN, nb, effect / 1e4, VARIANCE, decisions=10, later=0.9)
    assert later.all_of_them == pytest.approx(0.9 * at_once.all_of_them)
    assert (later.one, later.chance) == (at_once.one, at_once.chance)


def test_what_is_left_after_its_price() -> None:
    nb, effect = beliefs(0.0, 100.0)
    found = study_worth(DESIGN, nb, effect / 1e4, VARIANCE, decisions=342)
    assert found.all_of_them == pytest.approx(342 * found.one.value)
    assert found.net == pytest.approx(found.all_of_them - 1e6)
    assert found.one.value <= found.most.value


@pytest.mark.parametrize(
    "wrong", [{"neighbourhoods": 1}, {"children": 0}, {"icc": 1.5}, {"price": -1.0}]
)
def test_what_is_no_study_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="no study"):
        Study(**{**vars(DESIGN), **wrong})


def test_two_effects_measured_alike_are_as_their_sum() -> None:
    """Of a gain that is the sum of two normal effects, a study learns the same part of each."""
    effects = np.random.default_rng(4).standard_normal((20_000, 2))
    nb = np.stack([np.zeros(len(effects)), 100.0 * effects.sum(axis=1)], axis=1)
    found = evsi(nb, effects, [1.0, 1.0])
    assert found.value == pytest.approx(normal_loss(0.0, 100.0), rel=0.03)
    assert found.value == pytest.approx(evsi(nb, effects.sum(axis=1), math.sqrt(2.0)).value, rel=0.03)


def test_an_effect_of_another_shape_is_refused() -> None:
    for effect in (np.zeros(4), np.zeros((4, 2)), np.zeros((5, 2, 2))):
        with pytest.raises(ValueError, match="effect by draw"):
            evsi(np.zeros((5, 2)), effect, 1.0)


def test_a_standard_error_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        evsi([[0.0, 1.0], [0.0, -1.0]], [1.0, -1.0], -1.0)
