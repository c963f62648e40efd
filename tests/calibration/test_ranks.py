"""Ranks of known parameters among draws: uniform where draws are right, and seen where they are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from calibration.figures.targets import Target, read_targets
from calibration.fit import FitPlan
from calibration.likelihood import ObservedTargets
from calibration.ranks import Ranks, Trial, informed, ranked, trial
from calibration.runs import Job, Runner
from calibration.space import Space
from sim.progress import Progress

D, FIGURES, LUCK = 8, 5, 20.0
PLAN = FitPlan(((60, 2_000), (60, 2_000)), (40, 2_000), 3, 2_000, bends=0)
SLOPES = np.random.default_rng(1).standard_normal((FIGURES, D)) / 2.0
Agree = Any


class Straight:
    """Parameters that are their own deviations, and runs whose logarithms are straight in them, with luck."""

    size = D
    names = tuple(map(str, range(D)))

    def values(self, z: np.ndarray) -> Mapping[str, float]:
        return dict(zip(self.names, z.tolist(), strict=True))

    def all(self, now: Progress, jobs: Sequence[Job]) -> list[dict[str, float]]:
        found = []
        for job in jobs:
            z = np.array([job.values[name] for name in self.names])
            luck = np.random.default_rng(job.seed).standard_normal(FIGURES) * LUCK * 0.2 / job.children**0.5
            found.append(dict(zip(IDS, np.exp(SLOPES @ z + luck).tolist(), strict=True)))
        return found

    def tell(self, now: Progress) -> None:
        """Hear nothing."""


IDS = [f"figure_{k}" for k in range(FIGURES)]


def figures(tolerance: float) -> ObservedTargets:
    one = read_targets()[0]
    targets: list[Target] = [
        replace(one, id=name, within="", share_of=(), tolerance=tolerance, value=1.0) for name in IDS
    ]
    return ObservedTargets(tuple(targets), np.zeros(FIGURES), np.eye(FIGURES) * tolerance**2)


def fits(told: float, count: int = 40) -> Ranks:
    """Return ranks of fits to figures that are off by 0.2, where the fit is told that they are by `told`."""
    straight, asked = Straight(), figures(0.2)
    space, runner = cast(Space, straight), cast(Runner, straight)
    found, directions = [], np.empty((0, 0))
    for number in range(1, count + 1):
        one, fit = trial(space, asked, runner, PLAN, number, 10_000_000, told / 0.2)
        found.append(one)
        directions = informed(fit, asked)
    assert 3 <= directions.shape[1] <= FIGURES
    return ranked(found, directions)


def test_draws_of_a_straight_model_hold_the_truth_as_often_as_they_say(agree: Agree) -> None:
    ranks = fits(0.2)
    width, error = ranks.width()
    assert error < 0.08
    agree("how wide draws lie beside how wide they should", width, 1.0, 2.5 * error)
    for level in (0.5, 0.9):
        share, own, right = ranks.share_within(level)
        agree(f"share of truths within the middle {level}", share, right, 2.5 * own)


def test_errors_that_are_told_too_large_are_seen() -> None:
    width, error = fits(0.6).width()
    assert width - 2.5 * error > 1.2


def test_ranks_that_are_even_are_right() -> None:
    even = Ranks(np.tile(np.arange(41), (3, 1)), 40)
    assert even.width() == pytest.approx((1.0, 0.0))
    assert even.share_within(0.9) == pytest.approx((37 / 41, 0.0, 37 / 41))
    assert "1.00 (± 0.00) times as wide as is right" in str(even)


def test_one_fit_says_nothing() -> None:
    with pytest.raises(ValueError, match="fewer than two"):
        ranked([Trial(np.zeros(2), np.zeros((5, 2)))], np.eye(2))
