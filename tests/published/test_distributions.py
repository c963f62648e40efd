"""Distributions on the parameters of a model file: moments, quantiles, and what is refused, where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim.errors import InputError
from sim.published.distributions import KINDS, Uncertain
from sim.published.source import Source, read_source

MODEL = """\
kind: model
title: t
states: [A, D]
start: A
cycles: 2
timing: end
parameters:
  x: {given}
transitions:
  - {{from: A, to: D, probability: 0.1}}
rewards: {{A: {{cost: x, effect: 1}}, D: {{cost: 0, effect: 0}}}}
strategies: {{one: {{}}}}
"""
GIVEN: dict[str, Any] = {
    "{normal: {mean: 3, sd: 2}}": stats.norm(3, 2),
    "{lognormal: {mean: 3, sd: 2}}": stats.lognorm(np.sqrt(np.log(1 + 4 / 9)), scale=3 / np.sqrt(1 + 4 / 9)),
    "{lognormal: {meanlog: -0.7, sdlog: 0.2}}": stats.lognorm(0.2, scale=np.exp(-0.7)),
    "{beta: {mean: 0.2, sd: 0.04}}": stats.beta(19.8, 79.2),
    "{beta: {alpha: 2, beta: 98}}": stats.beta(2, 98),
    "{gamma: {mean: 1000, sd: 200}}": stats.gamma(25, scale=40),
    "{gamma: {shape: 1, scale: 1701}}": stats.expon(scale=1701),
    "{uniform: {min: -1, max: 1/2}}": stats.uniform(-1, 1.5),
}


def source(given: str, folder: Path) -> Source:
    file = folder / "m.yaml"
    file.write_text(MODEL.format(given=given), encoding="utf-8")
    return read_source(file)


def uncertain(given: str, folder: Path) -> Uncertain:
    return source(given, folder).file.uncertain["x"]


@pytest.mark.parametrize("given", GIVEN)
def test_quantiles_and_mean_are_those_of_scipy(given: str, tmp_path: Path) -> None:
    found, expected = uncertain(given, tmp_path), GIVEN[given]
    chances = np.array([1e-6, 0.05, 0.3, 0.5, 0.95, 1 - 1e-9])
    assert found.distribution is not None
    np.testing.assert_allclose(found.distribution.quantiles(chances), expected.ppf(chances), rtol=1e-9)
    assert found.middle == pytest.approx(expected.mean(), rel=1e-12)
    assert found.ends == pytest.approx(expected.ppf([0.05, 0.95]), rel=1e-9)


@pytest.mark.parametrize("given", GIVEN)
def test_draws_have_the_moments_of_the_distribution(given: str, tmp_path: Path) -> None:
    draws, expected = source(given, tmp_path).drawn(4096, seed=3)["x"], GIVEN[given]
    # One draw in each of 4,096 equal parts: the mean errs by far less than the root of the draws.
    assert draws.mean() == pytest.approx(expected.mean(), abs=expected.std() / 1000)
    assert draws.std() == pytest.approx(expected.std(), rel=0.01)


def test_a_value_and_a_range_stand_above_those_of_the_distribution(tmp_path: Path) -> None:
    found = uncertain("{value: 2, low: 1, high: 5, gamma: {mean: 3, sd: 1}}", tmp_path)
    assert (found.middle, found.ends) == (2.0, (1.0, 5.0))
    alone = uncertain("{value: 2, low: 1, high: 5}", tmp_path)
    assert (alone.middle, alone.ends, alone.distribution) == (2.0, (1.0, 5.0), None)


WRONG = {
    "{normal: {mean: 3, sd: 0}}": (29, "must be more than 0"),
    "{gamma: {mean: -1, sd: 2}}": (21, "must be more than 0"),
    "{gamma: {mean: 1, scale: 2}}": (7, "give mean and sd, or shape and scale"),
    "{lognormal: {mean: 1}}": (7, "give mean and sd, or meanlog and sdlog"),
    "{beta: {mean: 0.5, sd: 0.5}}": (7, "with mean 0.5, the sd of a share is less than 0.5"),
    "{beta: {mean: 1.5, sd: 0.5}}": (20, "must be less than 1"),
    "{uniform: {min: 2, max: 2}}": (7, "the lowest value must lie below the highest"),
    "{gama: {mean: 1, sd: 1}}": (7, "did you mean 'gamma'"),
    "{value: 2}": (3, "give one of normal, lognormal, beta, gamma or uniform, or a value with low"),
    "{normal: {mean: 0, sd: 1}, gamma: {mean: 1, sd: 1}}": (3, "give one of"),
    "{value: 2, low: 1}": (3, "give low and high together"),
    "{value: 9, low: 1, high: 5}": (3, "the value in the base case, 9, lies outside low and high"),
    "{normal: {mean: three, sd: 1}}": (22, "unknown name 'three'"),
}


@pytest.mark.parametrize("given", WRONG)
def test_what_is_impossible_is_told_with_its_place(given: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        uncertain(given, tmp_path)
    (problem,) = caught.value.problems
    column, said = WRONG[given]
    assert said in problem.message
    assert (problem.line, problem.column) == (8, column)


def test_every_distribution_is_tested() -> None:
    assert {kind for kind in KINDS if any(f"{{{kind}:" in given for given in GIVEN)} == set(KINDS)
