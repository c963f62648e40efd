"""The fit: waves of runs, a surface through them, and an ensemble of draws that were really run.

(a) Designs in waves: Sobol points through what is believed so far, each run with random numbers of its own; a
    surface through the latest waves (surface.py); its mode and spread are where the next wave looks.
(b) An ensemble by randomized maximum likelihood (Oliver, He & Reynolds 1996; in rounds on real runs:
    Chen & Oliver 2012). A member has parameters of its own, drawn from what was believed, and figures of its
    own, drawn within their errors. It moves to where its run comes to its figures and its parameters are
    nearest to its own; it is run again, with new luck, and moves on by half as far, a third, and so on
    (Robbins & Monro 1951). Members are independent draws; the last run is kept.

The surface is used for its slopes alone: how a member moves. Where it ends is decided by its runs. Their luck
counts as an error of the figures, so that a member answers to its luck no more than to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, qmc

from calibration.likelihood import ObservedTargets
from calibration.runs import Job, Runner
from calibration.space import Space
from calibration.surface import Surface
from sim.progress import Progress

Floats = NDArray[np.float64]
SEEDS = 1_000_000
FRESH = 900_000
FIRST_SPREAD = 0.5
"""How far the first wave looks, in standard deviations of the prior."""
WIDER = 1.2
"""How much further than the spread of the posterior the next wave looks."""
POOLED = 4
"""Waves that a surface goes through: earlier ones lie too far off."""
NUDGE = 0.5
"""By how much a parameter is changed for a slope, in standard deviations of its prior."""
STEPS = (1.0, 0.5, 0.25, 0.1)
"""Parts of a step that are tried, the longest first."""
FARTHEST = 3.0
"""How far a member may move in a round, in standard deviations of the prior."""


@dataclass(frozen=True)
class FitPlan:
    """How much work. (runs, children of each) for each wave; (members, children of each) of the ensemble.

    rounds: how often the ensemble is run. bends: how often slopes are taken anew on the way to the best fit.
    """

    waves: tuple[tuple[int, int], ...]
    members: tuple[int, int]
    rounds: int
    best_children: int
    bends: int = 3


FULL = FitPlan(((300, 20_000), (300, 30_000), (300, 25_000), (250, 25_000)), (200, 120_000), 5, 400_000)
QUICK = FitPlan(((200, 20_000), (200, 20_000)), (60, 30_000), 2, 200_000)
REPLICATES = 16


@dataclass(frozen=True)
class Wave:
    """A design: points z [n, d], from a normal around `centre` with root `root`, and what they came to."""

    centre: Floats
    root: Floats
    z: Floats
    children: int
    outcomes: Sequence[dict[str, float]]


@dataclass(frozen=True)
class Frame:
    """Coordinates u of a surface: z = centre + root u."""

    centre: Floats
    root: Floats

    def of(self, z: Floats) -> Floats:
        """Return u [k, d] of points z [k, d]."""
        return np.asarray(np.linalg.solve(self.root, (z - self.centre).T).T)


@dataclass(frozen=True)
class Fitted:
    """Everything that a fit found."""

    space: Space
    fitted: ObservedTargets
    waves: Sequence[Wave]  # designs, then rounds of the ensemble
    frame: Frame
    surface: Surface
    best: Floats
    best_outcome: dict[str, float]
    noise: Floats  # [targets] variance of the luck of the run of a member
    off: Sequence[Floats]  # root mean square [targets] by which members miss their figures, in each round

    @property
    def draws(self) -> Floats:
        """Return the draws z [k, d]: the members in the last round."""
        return self.waves[-1].z

    @property
    def outcomes(self) -> Sequence[dict[str, float]]:
        """Return what the draws came to when they were run."""
        return self.waves[-1].outcomes


def sobol_normal(n: int, d: int, seed: int) -> Floats:
    """Return n points [n, d] that fill a standard normal evenly (scrambled Sobol, cut at 3)."""
    sampler = qmc.Sobol(d, scramble=True, rng=seed)
    uniform = sampler.random_base2(int(np.ceil(np.log2(max(n, 2)))))[:n]
    return np.asarray(np.clip(norm.ppf(np.clip(uniform, 1e-6, 1 - 1e-6)), -3.0, 3.0), dtype=np.float64)


def fit(
    space: Space,
    fitted: ObservedTargets,
    runner: Runner,
    plan: FitPlan,
    seed: int,
    designs: int | None = None,
) -> Fitted:
    """Run all stages and return what they found. Finished runs are taken from the runner's memory.

    designs: seed of the designs (default: `seed`). The first design does not depend on figures, so that fits
    to other figures may share its runs.
    """
    designs = seed if designs is None else designs
    frame = Frame(np.zeros(space.size), FIRST_SPREAD * np.eye(space.size))
    waves: list[Wave] = []
    for number, (runs, children) in enumerate(plan.waves, 1):
        z = frame.centre + sobol_normal(runs, space.size, designs + number) @ frame.root.T
        now = Progress("design", values={"number": number, "count": len(plan.waves)})
        waves.append(_wave(frame, z, children, designs * SEEDS + number * 10_000, space, runner, now))
        runner.tell(Progress("emulator", 0, 1, {"number": number}))
        best, spread = approximate(through(waves, frame, fitted), frame, fitted)
        frame = Frame(best, np.asarray(np.linalg.cholesky(spread) * WIDER))
    members, children = plan.members
    surface = through(waves, frame, fitted)
    best, _ = approximate(surface, frame, fitted)
    noise = luck_of(space, fitted, runner, best, children, seed * SEEDS + FRESH + 500_000)
    luck = np.random.default_rng([seed, 1])
    own = luck.standard_normal((members, space.size))
    aims = (
        fitted.observed
        + luck.standard_normal((members, noise.size)) @ np.linalg.cholesky(fitted.covariance).T
    )
    z, came = (
        np.repeat(best[None], members, axis=0),
        np.repeat(surface.predict(frame.of(best[None])), members, 0),
    )
    off = []
    for turn in range(plan.rounds):
        slope = surface.jacobian(frame.of(best[None])[0]) @ np.linalg.inv(frame.root)
        there = moved(z, came, own, aims, slope, fitted.covariance + np.diag(noise))
        z = z + (there - z) / (turn + 1)
        now = Progress("draws_anew", values={"number": turn + 1, "count": plan.rounds})
        first = seed * SEEDS + FRESH + turn * members
        waves.append(_wave(frame, z, children, first, space, runner, now))
        came = logs_of(fitted, waves[-1].outcomes)
        off.append(np.sqrt(((came - aims) ** 2).mean(axis=0)))
        surface = through(waves, frame, fitted)
        best, _ = approximate(surface, frame, fitted)
    best, best_outcome = _best(waves[-1].z.mean(axis=0), space, fitted, noise, runner, plan, seed)
    return Fitted(space, fitted, waves, frame, surface, best, best_outcome, noise, off)


def _best(
    z: Floats, space: Space, fitted: ObservedTargets, noise: Floats, runner: Runner, plan: FitPlan, seed: int
) -> tuple[Floats, dict[str, float]]:
    """Return the best fit [d] and what its run came to: steps from `z` on, each kept where it is better.

    Gauss-Newton with backtracking. Slopes are differences between runs that share their luck. They are taken
    anew after a step: many parameters that bend a little bend much together.
    """
    children = plan.members[1]
    errors = fitted.covariance + np.diag(noise * children / plan.best_children)
    now, nothing = Progress("best_anew"), np.zeros((1, z.size))

    def run(point: Floats) -> tuple[float, dict[str, float]]:
        (outcome,) = runner.all(now, [best_job(space.values(point), plan, seed)])
        off = logs_of(fitted, [outcome])[0] - fitted.observed
        return float(off @ np.linalg.solve(errors, off) + point @ point), outcome

    least, outcome = run(z)
    for _ in range(plan.bends):
        around = [z, *(z + NUDGE * np.eye(z.size))]
        jobs = [Job(space.values(point), children, seed * SEEDS + FRESH - 2) for point in around]
        here, *there = logs_of(fitted, runner.all(now, jobs))
        slope = ((np.array(there) - here) / NUDGE).T
        came = logs_of(fitted, [outcome])
        ahead = moved(z[None], came, nothing, fitted.observed[None], slope, errors)[0] - z
        for step in STEPS:
            found, its = run(z + step * ahead)
            if found < least:
                z, least, outcome = z + step * ahead, found, its
                break
        else:
            break
    return z, outcome


def moved(z: Floats, came: Floats, own: Floats, aims: Floats, slope: Floats, errors: Floats) -> Floats:
    """Return where members z [k, d] go, whose runs came to `came` [k, targets].

    Each to the least of its squared distance from its own parameters `own` [k, d] and that of its run from
    its own figures `aims` [k, targets] in terms of `errors` [targets, targets], were runs straight in z with
    `slope` [targets, d] (Gauss-Newton). No further than FARTHEST in any direction.
    """
    gain = slope.T @ np.linalg.inv(slope @ slope.T + errors)
    there = own + (aims - came + (z - own) @ slope.T) @ gain.T
    return np.asarray(z + np.clip(there - z, -FARTHEST, FARTHEST))


def luck_of(
    space: Space, fitted: ObservedTargets, runner: Runner, z: Floats, children: int, first: int
) -> Floats:
    """Return the variance [targets] of the luck of one run with so many children, from runs of one point."""
    jobs = [Job(space.values(z), children, first + k) for k in range(REPLICATES)]
    return np.asarray(logs_of(fitted, runner.all(Progress("noise_of_run"), jobs)).var(axis=0, ddof=1))


def _wave(
    frame: Frame, z: Floats, children: int, first: int, space: Space, runner: Runner, now: Progress
) -> Wave:
    jobs = [Job(space.values(row), children, first + k) for k, row in enumerate(z)]
    return Wave(frame.centre, frame.root, z, children, runner.all(now, jobs))


def draw_jobs(values: Sequence[Mapping[str, float]], plan: FitPlan, seed: int) -> list[Job]:
    """Return the last runs of the draws, by name."""
    members, children = plan.members
    first = seed * SEEDS + FRESH + (plan.rounds - 1) * members
    return [Job(draw, children, first + k) for k, draw in enumerate(values)]


def best_job(values: Mapping[str, float], plan: FitPlan, seed: int) -> Job:
    """Return the run of the best fit, by name."""
    return Job(values, plan.best_children, seed * SEEDS + FRESH - 1)


def sizes(waves: Sequence[Wave]) -> Floats:
    """Return the children [n] of each run of waves."""
    return np.concatenate([np.full(len(wave.z), float(wave.children)) for wave in waves])


def through(waves: Sequence[Wave], frame: Frame, fitted: ObservedTargets) -> Surface:
    """Return the surface through the latest waves, in the coordinates of a frame."""
    latest = waves[-POOLED:]
    z = np.concatenate([wave.z for wave in latest])
    logs = np.concatenate([logs_of(fitted, wave.outcomes) for wave in latest])
    return Surface.fit(frame.of(z), logs, sizes(latest))


def logs_of(fitted: ObservedTargets, outcomes: Sequence[dict[str, float]]) -> Floats:
    """Return what runs came to as logarithms [n, targets]."""
    return np.array([fitted.predicted(found) for found in outcomes])


def approximate(surface: Surface, frame: Frame, fitted: ObservedTargets) -> tuple[Floats, Floats]:
    """Return the mode and covariance of the posterior in z, by Gauss-Newton on the surface.

    A step may go no further than the runs reach: two standard deviations of the design in each direction.
    """
    inverse = np.linalg.inv(frame.root)
    u = np.zeros(frame.centre.size)
    extra = surface.variance(typical(u.size))
    spread = np.eye(u.size)
    for _ in range(20):
        at = u[None]
        jacobian = surface.jacobian(u) @ inverse
        z = frame.centre + frame.root @ u
        mean, spread = fitted.gaussian(jacobian, z, surface.predict(at)[0], extra)
        aim = inverse @ (mean - frame.centre)
        u = u + 0.5 * (np.clip(aim, -2.0, 2.0) - u)
    return frame.centre + frame.root @ u, spread


def typical(d: int) -> Floats:
    """Return points u [64, d] as far out as those of a wave, at which the variance of a surface is taken."""
    return sobol_normal(64, d, 0) / WIDER
