"""The fit in three stages: best fit of the levels, emulator with MCMC, and draws simulated again.

(a) `least_squares` over the parameters that answer to a figure of their own, from several starts.
(b) Designs in waves: Sobol points through the posterior so far, each run with random numbers of its own; a
    quadratic emulator; emcee on the emulator, with its variance in the likelihood.
(c) Draws of the chain, simulated again with new numbers: the posterior that is shipped, unweighted. Where a
    run shows that the emulator was off, the draw is moved to where it was meant to be, and run again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import emcee
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.stats import norm, qmc

from calibration.likelihood import ObservedTargets
from calibration.runs import Job, Runner
from calibration.space import LEVELS, Space
from sim.decision.emulator import Emulator
from sim.progress import Progress

Floats = NDArray[np.float64]
DIFF_STEP = 0.03
"""Relative step of derivatives: simulated counts are step functions, so that the default finds zeros."""
_SEEDS = 1_000_000
_FRESH = 900_000


@dataclass(frozen=True)
class FitPlan:
    """How much work. (runs, children of each) for each wave of the design and for the draws."""

    starts: int
    evaluations: int
    start_children: int
    waves: tuple[tuple[int, int], ...]
    draws: tuple[int, int]
    best_children: int
    steps: int
    corrections: int


FULL = FitPlan(
    3,
    4,
    50_000,
    ((240, 60_000), (240, 80_000), (300, 100_000), (500, 200_000)),
    (200, 120_000),
    1_500_000,
    6_000,
    2,
)
QUICK = FitPlan(1, 2, 25_000, ((200, 25_000), (260, 35_000)), (60, 35_000), 200_000, 2_000, 1)


@dataclass(frozen=True)
class Wave:
    """A design: points u [n, d] around z = centre + root u, and what their runs came to."""

    centre: Floats
    root: Floats
    points: Floats
    outcomes: Sequence[dict[str, float]]

    @property
    def z(self) -> Floats:
        """Return the points in standard deviations of the prior [n, d]."""
        return np.asarray(self.centre + self.points @ self.root.T)


@dataclass(frozen=True)
class Chain:
    """The sample of the posterior on the emulator. u: [k, d]; tau: autocorrelation times [d] in steps."""

    u: Floats
    tau: Floats
    acceptance: float
    steps: int
    walkers: int

    @property
    def effective(self) -> float:
        """Return the effective sample size of the slowest parameter."""
        return float(self.walkers * self.steps / self.tau.max())


@dataclass(frozen=True)
class Fitted:
    """Everything that a fit found."""

    space: Space
    fitted: ObservedTargets
    starts: Sequence[tuple[float, float]]  # misfit at the start and where it ended, for each start
    waves: Sequence[Wave]
    emulator: Emulator
    best: Floats
    spread: Floats  # [d, d] of the normal approximation
    chain: Chain
    draws: Floats  # [k, d]
    outcomes: Sequence[dict[str, float]]
    best_outcome: dict[str, float]
    noise: Floats  # [targets] Monte Carlo variance of one run of a draw
    off: Sequence[Floats]  # root mean square [targets] by which draws missed their aims, at each pass


def sobol_normal(n: int, d: int, seed: int) -> Floats:
    """Return n points [n, d] that fill a standard normal evenly (scrambled Sobol, cut at 3)."""
    sampler = qmc.Sobol(d, scramble=True, rng=seed)
    uniform = sampler.random_base2(int(np.ceil(np.log2(max(n, 2)))))[:n]
    return np.asarray(np.clip(norm.ppf(np.clip(uniform, 1e-6, 1 - 1e-6)), -3.0, 3.0), dtype=np.float64)


def fit(space: Space, fitted: ObservedTargets, runner: Runner, plan: FitPlan, seed: int) -> Fitted:
    """Run all stages and return what they found. Finished runs are taken from the runner's memory."""
    levels, starts = best_levels(space, fitted, runner, plan, seed)
    centre: Floats = levels
    root: Floats = np.diag(_first_spread(space))
    waves: list[Wave] = []
    for number, (runs, children) in enumerate(plan.waves, 1):
        points = sobol_normal(runs, space.size, seed + number)
        z = centre + points @ root.T
        jobs = [
            Job(space.values(row), children, seed * _SEEDS + number * 10_000 + k) for k, row in enumerate(z)
        ]
        now = Progress("design", values={"number": number, "count": len(plan.waves)})
        wave = Wave(centre, root, points, runner.all(now, jobs))
        waves.append(wave)
        runner.tell(Progress("emulator", 0, 1, {"number": number}))
        emulator = Emulator.fit(points, logs_of(fitted, wave.outcomes))
        best, spread = approximate(emulator, wave, fitted)
        centre, root = best, np.asarray(np.linalg.cholesky(spread) * 1.2)
    last = waves[-1]
    runner.tell(Progress("sampling", 0, 1))
    chain = sample(emulator, last, fitted, best, spread, plan.steps, seed)
    count, children = plan.draws
    luck = np.random.default_rng([seed, 1])
    u = chain.u[luck.choice(len(chain.u), count, replace=False)]
    first = seed * _SEEDS + _FRESH
    noise = monte_carlo(space, fitted, runner, best, children, first + 50_000)
    slope = pooled_slope(waves, fitted)
    aims = aims_of(emulator, last, fitted, u)
    draws, off = last.centre + u @ last.root.T, []
    for turn in range(plan.corrections + 1):
        jobs = draw_jobs([space.values(z) for z in draws], plan, seed, turn)
        now = Progress("draws_anew", values={"number": turn + 1, "count": plan.corrections + 1})
        outcomes = runner.all(now, jobs)
        errors = logs_of(fitted, outcomes) - aims
        off.append(np.sqrt((errors**2).mean(axis=0)))
        if turn < plan.corrections:
            draws = draws + correction(errors, noise, slope, fitted)
    at = np.asarray(np.linalg.solve(last.root, best - last.centre), dtype=np.float64)
    best_aim = aims_of(emulator, last, fitted, at[None])
    for turn in range(plan.corrections + 1):
        job = best_job(space.values(best), plan, seed, turn)
        (best_outcome,) = runner.all(Progress("best_anew"), [job])
        error = logs_of(fitted, [best_outcome]) - best_aim
        if turn < plan.corrections:
            best = best + correction(error, noise * children / plan.best_children, slope, fitted)[0]
    return Fitted(
        space, fitted, starts, waves, emulator, best, spread, chain, draws, outcomes, best_outcome, noise, off
    )


def draw_jobs(values: Sequence[Mapping[str, float]], plan: FitPlan, seed: int, turn: int) -> list[Job]:
    """Return the runs in which draws, by name, are simulated again; turn: 0 is the first pass."""
    count, children = plan.draws
    first = seed * _SEEDS + _FRESH + turn * count
    return [Job(draw, children, first + k) for k, draw in enumerate(values)]


def best_job(values: Mapping[str, float], plan: FitPlan, seed: int, turn: int) -> Job:
    """Return the run in which the best fit, by name, is simulated again."""
    return Job(values, plan.best_children, seed * _SEEDS + _FRESH - 1 - turn)


REPLICATES = 16
RIDGE = 10.0


def monte_carlo(
    space: Space, fitted: ObservedTargets, runner: Runner, z: Floats, children: int, seed: int
) -> Floats:
    """Return the Monte Carlo variance [targets] of the logarithms of one run, from other runs."""
    jobs = [Job(space.values(z), children, seed + k) for k in range(REPLICATES)]
    return np.asarray(logs_of(fitted, runner.all(Progress("noise_of_run"), jobs)).var(axis=0, ddof=1))


def pooled_slope(waves: Sequence[Wave], fitted: ObservedTargets) -> Floats:
    """Return the mean slopes [targets, d] of logarithms in z over all waves (ridge, within waves)."""
    z = np.concatenate([wave.z - wave.z.mean(axis=0) for wave in waves])
    logs = [logs_of(fitted, wave.outcomes) for wave in waves]
    y = np.concatenate([values - values.mean(axis=0) for values in logs])
    return np.asarray(np.linalg.solve(z.T @ z + RIDGE * np.eye(z.shape[1]), z.T @ y).T)


def aims_of(emulator: Emulator, wave: Wave, fitted: ObservedTargets, u: Floats) -> Floats:
    """Return the logarithms [k, targets] that draws are meant to come to.

    Those that the emulator expects, without the part of their spread that its own variance brought
    into the likelihood: from here on runs replace the emulator.
    """
    own = emulator.variance(wave.points[:100]).mean(axis=0)
    tolerance = np.diag(fitted.covariance)
    kept = np.sqrt(tolerance / (tolerance + own))
    return np.asarray(fitted.observed + kept * (emulator.predict(u) - fitted.observed))


def correction(errors: Floats, noise: Floats, slope: Floats, fitted: ObservedTargets) -> Floats:
    """Return moves [k, d] of draws that undo their errors [k, targets], the smallest in terms of the prior.

    Of each error the part is undone that is no noise of a run: 1 minus `noise` over its mean square.
    """
    sure = np.clip(1.0 - noise / np.maximum((errors**2).mean(axis=0), 1e-12), 0.0, 1.0)
    within = slope @ slope.T + fitted.covariance + np.diag(noise)
    moves = -(sure * errors) @ np.linalg.solve(within, slope)
    return np.asarray(np.clip(moves, -1.0, 1.0))


def logs_of(fitted: ObservedTargets, outcomes: Sequence[dict[str, float]]) -> Floats:
    """Return what runs came to as logarithms [n, targets]."""
    return np.array([fitted.predicted(found) for found in outcomes])


def best_levels(
    space: Space, fitted: ObservedTargets, runner: Runner, plan: FitPlan, seed: int
) -> tuple[Floats, list[tuple[float, float]]]:
    """Return z [d] of the best fit of the levels, and (first, last) misfit of each start.

    The other parameters stay at the middle of their prior. Runs share random numbers here, and only here:
    derivatives need it.
    """
    free = [name for name in LEVELS if name in space.names]
    where = space.positions(free)
    records = [space.base.records[name] for name in free]
    middle = np.log([record.value for record in records])
    sides = np.array([np.log(record.at(1.0) / record.value) for record in records])
    luck = np.random.default_rng([seed, 2])
    done: list[tuple[float, float, Floats]] = []

    def misfit(x: Floats) -> Floats:
        z = np.zeros(space.size)
        z[where] = (x - middle) / sides
        values = dict(space.values(z)) | dict(zip(free, np.exp(x).tolist(), strict=True))
        now = Progress("best_of_levels", values={"number": len(done) + 1, "count": plan.starts})
        (found,) = runner.all(now, [Job(values, plan.start_children, seed * _SEEDS + 1)])
        return np.concatenate([fitted.misfit(fitted.predicted(found)), z[where]])

    for start in range(plan.starts):
        x = middle + (luck.standard_normal(len(free)) * 0.5 * sides if start else 0.0)
        found: Any = least_squares(
            misfit,
            x,
            x_scale=sides,
            diff_step=np.full(x.size, DIFF_STEP),
            max_nfev=plan.evaluations,
            loss="soft_l1",
        )
        first = misfit(x)
        done.append((float(first @ first), float(found.fun @ found.fun), np.asarray(found.x)))
    best = min(done, key=lambda item: item[1])[2]
    z = np.zeros(space.size)
    z[where] = (best - middle) / sides
    return z, [(first, last) for first, last, _ in done]


def _first_spread(space: Space) -> Floats:
    """Return how far the first wave spreads [d]: narrower than the prior, more so for the levels."""
    return np.array([0.3 if name in LEVELS else 0.6 for name in space.names])


def approximate(emulator: Emulator, wave: Wave, fitted: ObservedTargets) -> tuple[Floats, Floats]:
    """Return the mode and covariance of the posterior in z, by Gauss-Newton on the emulator.

    A step may go no further than the runs reach: two standard deviations of the design in each direction.
    """
    u = np.zeros(wave.centre.size)
    inverse = np.linalg.inv(wave.root)
    spread = np.eye(u.size)
    for _ in range(12):
        at = u[None]
        jacobian = emulator.jacobian(u) @ inverse
        z = wave.centre + wave.root @ u
        extra = emulator.variance(at)[0]
        mean, spread = fitted.gaussian(jacobian, z, emulator.predict(at)[0], extra)
        aim = inverse @ (mean - wave.centre)
        u = u + 0.7 * (np.clip(aim, -2.0, 2.0) - u)
    return wave.centre + wave.root @ u, spread


def log_posterior(emulator: Emulator, wave: Wave, fitted: ObservedTargets) -> Callable[[Floats], Floats]:
    """Return the logarithm of the posterior density [k] at points u [k, d], up to a constant.

    The emulator's own variance is that at the design's points, on average: within the design it hardly
    varies, and a constant keeps the sampler from being drawn to where the emulator knows least.
    """
    extra = emulator.variance(wave.points[:100]).mean(axis=0)
    root = np.linalg.inv(np.linalg.cholesky(fitted.covariance + np.diag(extra)))

    def density(u: Floats) -> Floats:
        z = wave.centre + u @ wave.root.T
        distance = (emulator.predict(u) - fitted.observed) @ root.T
        return np.asarray(-0.5 * ((z**2).sum(axis=1) + (distance**2).sum(axis=1)))

    return density


def sample(
    emulator: Emulator,
    wave: Wave,
    fitted: ObservedTargets,
    best: Floats,
    spread: Floats,
    steps: int,
    seed: int,
) -> Chain:
    """Return a sample of the posterior on the emulator, by emcee with differential evolution."""
    d = best.size
    walkers = 2 * d + 2
    inverse = np.linalg.inv(wave.root)
    luck = np.random.default_rng([seed, 3])
    first = best + luck.standard_normal((walkers, d)) @ np.linalg.cholesky(spread).T
    sampler = emcee.EnsembleSampler(
        walkers, d, log_posterior(emulator, wave, fitted), vectorize=True,
        moves=[(emcee.moves.DEMove(), 0.9), (emcee.moves.DESnookerMove(), 0.1)],
    )  # fmt: skip
    sampler.random_state = np.random.RandomState(seed).get_state()
    thin = max(steps // 1_000, 1)
    burned = steps // 4 // thin
    sampler.run_mcmc((first - wave.centre) @ inverse.T, steps // thin, thin_by=thin)
    tau = np.asarray(sampler.get_autocorr_time(tol=0, quiet=True, discard=burned)) * thin
    u = np.asarray(sampler.get_chain(discard=burned, flat=True))
    kept = steps - burned * thin
    return Chain(u, tau, float(np.mean(sampler.acceptance_fraction)), kept, walkers)
