"""Simulation-based calibration: the ranks of known parameters among the draws of fits to their figures.

Run as ``python -m calibration.ranks OUT [--fits N]``. Parameters are drawn from what was believed, and their
figures are what a large run comes to, off by as much as published figures may be. A fit to these has draws;
over many fits, the rank of the truth among the draws is uniform where draws are right (Talts, Betancourt,
Simpson, Vehtari & Gelman 2018). Fits are small and of the method, not of the fit that ships. Started again,
it goes on where it stopped.

Ranks of parameters say little, for most keep what was believed. So ranks are also taken along directions
through all parameters that the figures inform, which are the same in every fit.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from calibration.figures.targets import TARGET_FILE, read_targets
from calibration.fit import FRESH, SEEDS, FitPlan, Fitted, Frame, fit, logs_of, through
from calibration.likelihood import ObservedTargets
from calibration.runs import Job, Runner, national
from calibration.space import Space
from sim.machine.compiling import source_hash
from sim.model.parameters import prior_parameters
from sim.progress import Progress

Floats = NDArray[np.float64]
SMALL = FitPlan(((250, 20_000), (100, 20_000)), (30, 20_000), 3, 20_000, bends=0)
WORLD = 200_000
"""Children of the run that figures are made with: its luck is small beside their errors."""
TELLING = 1.0
"""A direction counts where the figures at least halve the variance of what was believed along it."""
HALF, MOST = 0.5, 0.9


@dataclass(frozen=True)
class Trial:
    """Parameters behind figures [d], and the draws [k, d] of a fit to the figures; in prior deviations."""

    truth: Floats
    draws: Floats


@dataclass(frozen=True)
class Ranks:
    """Ranks [trials, n] of truths among `members` draws, of n quantities."""

    ranks: NDArray[np.int64]
    members: int

    def share_within(self, level: float) -> tuple[float, float, float]:
        """Return the share of truths in the middle `level` of ranks, its error, and what is right."""
        cut = round((1.0 - level) / 2.0 * (self.members + 1))
        held = ((self.ranks >= cut) & (self.ranks <= self.members - cut)).mean(axis=1)
        right = (self.members + 1 - 2 * cut) / (self.members + 1)
        return float(held.mean()), _error(held), right

    def width(self) -> tuple[float, float]:
        """Return how wide draws lie beside how wide they should (1 is right), and its standard error.

        From the root mean square of normal scores of ranks, over that of uniform ranks.
        """
        score = norm.ppf((np.arange(self.members + 1) + 0.5) / (self.members + 1)) ** 2
        squares = score[self.ranks].mean(axis=1) / score.mean()
        width = float(squares.mean() ** -0.5)
        return width, width * _error(squares) / float(2.0 * squares.mean())

    def __str__(self) -> str:
        trials, n = self.ranks.shape
        parts = [f"{n} in {trials} fits"]
        for level in (HALF, MOST):
            share, error, right = self.share_within(level)
            parts.append(f"{share:.1%} (± {error:.1%}) within the middle {right:.1%}")
        width, error = self.width()
        return "; ".join([*parts, f"{width:.2f} (± {error:.2f}) times as wide as is right"])


def _error(of_trials: Floats) -> float:
    """Return the standard error of a mean over trials; quantities of one trial are not independent."""
    return float(of_trials.std(ddof=1) / np.sqrt(of_trials.size))


def ranked(trials: Sequence[Trial], directions: Floats) -> Ranks:
    """Return the ranks of truths along directions [d, n]. Raises ValueError for fewer than two trials."""
    if len(trials) < 2:
        raise ValueError("ranks of fewer than two fits say nothing")
    below = [(t.draws @ directions < t.truth @ directions).sum(axis=0) for t in trials]
    return Ranks(np.array(below), trials[0].draws.shape[0])


def informed(found: Fitted, fitted: ObservedTargets) -> Floats:
    """Return the directions [d, n] along which figures tell at least TELLING as much as was believed.

    From slopes of the first design, which knows no figures.
    """
    first = found.waves[0]
    frame = Frame(first.centre, first.root)
    slope = through([first], frame, fitted).jacobian(np.zeros(first.centre.size)) @ np.linalg.inv(first.root)
    told = slope.T @ np.linalg.solve(fitted.covariance + np.diag(found.noise), slope)
    values, vectors = np.linalg.eigh((told + told.T) / 2.0)
    return np.asarray(vectors[:, values >= TELLING])


def trial(
    space: Space, fitted: ObservedTargets, runner: Runner, plan: FitPlan, number: int, children: int = WORLD,
    told: float = 1.0,
) -> tuple[Trial, Fitted]:  # fmt: skip
    """Draw parameters, make their figures with so many children, and fit to them.

    told: by how much the fit takes errors of figures for larger than they are.
    """
    luck = np.random.default_rng([number, 12])
    z = luck.standard_normal(space.size)
    seed = number * SEEDS + FRESH + 600_000
    made = runner.all(Progress("recounting"), [Job(space.values(z), children, seed)])
    off = np.linalg.cholesky(fitted.covariance) @ luck.standard_normal(fitted.observed.size)
    logs = logs_of(fitted, made)[0] + off
    seen = replace(fitted, observed=logs, covariance=fitted.covariance * told**2)
    found = fit(space, seen, runner, plan, number, designs=0)
    return Trial(z, found.draws), found


def main() -> None:
    """Fit, and print what ranks say so far after each fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--fits", type=int, default=40)
    asked = parser.parse_args()
    base, targets = prior_parameters(), read_targets(TARGET_FILE)
    fitted = ObservedTargets.of([t for t in national(targets) if t.role == "calibrate"], targets)
    runner = Runner(base, targets, asked.out / "runs.jsonl", source_hash() + base.sha256(), _tell)
    space, trials, directions = Space(base), list[Trial](), np.empty(0)
    for number in range(1, asked.fits + 1):
        one, found = trial(space, fitted, runner, SMALL, number)
        trials.append(one)
        if number == 1:
            directions = informed(found, fitted)
            continue
        print(f"\nparameters: {ranked(trials, np.eye(space.size))}")
        print(f"directions that figures inform: {ranked(trials, directions)}", flush=True)


def _tell(now: Progress) -> None:
    print(f"\r{now.text()}: {now.done} of {now.total}".ljust(60), end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
