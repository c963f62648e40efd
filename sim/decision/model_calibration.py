"""A model file calibrated to targets: its distributions are the priors, the exact cohort says what follows.

Incremental mixture importance sampling (Raftery and Bao 2010, Biometrics 66:1162): draws from the priors,
then, round after round, draws around the one that weighs most, until enough of them count. Each parameter
moves on a scale on which its prior is the standard normal distribution.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.decision.model_uncertainty import Interval
from sim.errors import InputError, Problem, within
from sim.faults import Fault, fault
from sim.luck import key_of
from sim.progress import Progress, Tell, nobody
from sim.published.source import Source
from sim.published.targets import ModelTarget, read_targets, said_of
from sim.runs.experiment import MOST_DRAWS

Floats = NDArray[np.float64]
DRAWS = 1000
"""How many draws of the posterior are made where nobody says otherwise."""
PRIORS, ROUND, ROUNDS = 2000, 1000, 30
"""Draws of the priors, of each round after it, and rounds at most."""
LEAST = 100.0
"""Fewer draws that count (effective sample size; Kish 1965) are no posterior: a display limit, assumed."""
FAR = 2.0
"""Standard errors from which a target counts as out of reach of all draws: a display limit, assumed."""
RIDGE = 1e-10


@dataclass(frozen=True)
class Fit:
    """A target or a parameter before and after. value, se: of a target; None for a parameter."""

    name: str
    value: float | None
    se: float | None
    prior: Interval
    posterior: Interval

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        own = {"name": self.name} if self.value is None else vars(self)
        return {**own, "prior": vars(self.prior), "posterior": vars(self.posterior)}


@dataclass(frozen=True)
class ModelCalibration:
    """A posterior. inputs: [draws] by name of a parameter; effective: how many of the draws made count.

    unreached: a fault for each target that no draw comes near, with what it asks and what comes nearest.
    """

    inputs: Mapping[str, Floats]
    made: int
    effective: float
    targets: tuple[Fit, ...]
    parameters: tuple[Fit, ...]
    unreached: tuple[Fault, ...]

    def as_json(self) -> dict[str, Any]:
        """Return everything but the draws as plain data."""
        return {
            "draws": next(iter(self.inputs.values())).size,
            "made": self.made,
            "effective": self.effective,
            "targets": [each.as_json() for each in self.targets],
            "parameters": [each.as_json() for each in self.parameters],
            "unreached": [
                {"code": each.code, **each.values, "message": str(each)} for each in self.unreached
            ],
        }


def calibrate_model(
    source: Source, path: Path, draws: int = DRAWS, seed: int = 0, tell: Tell = nobody
) -> ModelCalibration:
    """Return draws of the parameters of a model after the targets in a CSV file (sim/published/targets.py).

    The same seed gives the same draws. Raises InputError where no parameter has a distribution, for a mistake
    in the targets, where a draw makes no model and where too few draws count (with each target out of reach);
    OptionError where a number is out of range.
    """
    within("draws", draws, 2, MOST_DRAWS)
    model = source.compiled()
    targets = read_targets(path, model)
    luck = source.luck(PRIORS, seed)
    at_once = source.at_luck(luck)
    if not at_once:
        raise InputError([source.document.problem(("parameters",), fault("nothing_uncertain"))])
    names = list(at_once)
    generator = np.random.default_rng(int(key_of(seed)))
    z = np.stack([_to_normal(each) for each in luck.values()], axis=1)
    said = np.empty((0, len(targets)))
    mixture: list[tuple[Floats, Floats]] = []
    now = Progress("draws_of_parameters", 0, PRIORS + ROUND * ROUNDS)
    while True:
        values = source.at_luck(dict(zip(names, _from_normal(z[len(said) :]).T, strict=True)))
        labels = [f"draw {k + 1}" for k in range(len(said), len(z))]
        for variant in source.variants(values, labels, model):
            count = variant.group_shares.size // model.group_shares.size
            said = np.concatenate([said, said_of(variant, targets, count)])
        tell(now.at(len(said)))
        weights = _weights(z, said, targets, mixture)
        effective = 1.0 / float((weights**2).sum()) if weights.any() else 0.0
        if effective >= max(draws, LEAST) or len(mixture) == ROUNDS or not weights.any():
            break
        mixture.append(_around(z, weights))
        centre, factor = mixture[-1]
        z = np.concatenate([z, centre + _times(generator.standard_normal((ROUND, len(names))), factor)])
    unreached = tuple(_unreached(targets, said))
    if effective < LEAST:
        wrong = fault("too_few_count", found=effective, made=len(z), least=LEAST)
        raise InputError([Problem.at(path, each) for each in (wrong, *unreached)])
    chosen = _resample(weights, draws, generator)
    inputs = source.at_luck(dict(zip(names, _from_normal(z[chosen]).T, strict=True)))
    return ModelCalibration(
        inputs=inputs,
        made=len(z),
        effective=effective,
        targets=tuple(
            Fit(each.name, each.value, each.error, *map(Interval.of, (said[:PRIORS, k], said[chosen, k])))
            for k, each in enumerate(targets)
        ),
        parameters=tuple(
            Fit(name, None, None, Interval.of(at_once[name]), Interval.of(inputs[name])) for name in names
        ),
        unreached=unreached,
    )


def _unreached(targets: Sequence[ModelTarget], said: Floats) -> Iterator[Fault]:
    """Yield the targets that all draws made, said [draws, targets], stay far from."""
    for each, found in zip(targets, said.T, strict=True):
        there = found[np.isfinite(found)]
        if not there.size:
            yield fault("target_never_there", target=each.name, value=each.value)
            continue
        near = float(np.clip(each.value, there.min(), there.max()))
        if abs(near - each.value) > FAR * max(each.error, each.error_at(near)):
            yield fault("target_out_of_reach", target=each.name, value=each.value, near=near)


def _weights(
    z: Floats, said: Floats, targets: Sequence[ModelTarget], mixture: Sequence[tuple[Floats, Floats]]
) -> Floats:
    """Return what each draw weighs: likelihood times prior over what it was drawn from; 0 where none fits."""
    likely = np.nan_to_num(
        sum((each.log_likelihood(said[:, k]) for k, each in enumerate(targets)), np.zeros(len(z))),
        nan=-np.inf, neginf=-np.inf,
    )  # fmt: skip
    prior = _log_normal(z, np.zeros(z.shape[1]), np.eye(z.shape[1]))
    drawn = np.full(len(z), math.log(PRIORS / len(z))) + prior
    for centre, factor in mixture:
        drawn = np.logaddexp(drawn, math.log(ROUND / len(z)) + _log_normal(z, centre, factor))
    log = likely + prior - drawn
    if not np.isfinite(log.max()):
        return np.zeros(len(z))
    weights: Floats = np.exp(log - log.max())
    return np.asarray(weights / weights.sum())


def _around(z: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return the draw that weighs most, and the Cholesky factor of the covariance of those near it."""
    centre = z[int(np.argmax(weights))]
    away = z - centre
    near = np.argsort((away**2).sum(axis=1), kind="stable")[:ROUND]
    share = weights[near] + 1.0 / len(z)
    share = share / share.sum()
    spread = np.einsum("n,ni,nj->ij", share, away[near], away[near])
    return centre, np.linalg.cholesky(spread + RIDGE * np.eye(z.shape[1]))


def _log_normal(z: Floats, centre: Floats, factor: Floats) -> Floats:
    """Return the logarithm of the normal density, but for a constant that all share."""
    scaled = _times(z - centre, np.asarray(np.linalg.inv(factor), dtype=np.float64))
    return np.asarray(-0.5 * (scaled**2).sum(axis=1) - np.log(np.diagonal(factor)).sum())


def _times(rows: Floats, factor: Floats) -> Floats:
    # Without BLAS, whose rounding may depend on its threads.
    return np.asarray(np.einsum("nj,ij->ni", rows, factor))


def _resample(weights: Floats, draws: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Return which draws are kept, evenly spread over the weights (systematic resampling), in any order."""
    edges = np.cumsum(weights)
    places = (np.arange(draws) + generator.random()) / draws * edges[-1]
    kept = np.minimum(np.searchsorted(edges, places, side="right"), len(weights) - 1)
    return np.asarray(generator.permutation(kept), dtype=np.int64)


def _to_normal(luck: Floats) -> Floats:
    from scipy.special import ndtri  # a large library that most models do not need

    return np.asarray(ndtri(luck))


def _from_normal(z: Floats) -> Floats:
    from scipy.special import ndtr  # a large library that most models do not need

    return np.clip(ndtr(z), 2.0**-54, 1.0 - 2.0**-53)
