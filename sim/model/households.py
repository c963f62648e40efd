"""Household factors are joint, not independent: two in three bijstand families have one parent.

The factors form a log-linear (Ising) model within each quintile of neighbourhood deprivation: the
log odds of a factor are ``base + quintile * slope + sum of pair terms with the other factors``. Its
conditional odds are log-linear too, so that entry at ``exit rate * odds`` keeps the joint
distribution stationary (detailed balance): prevalences hold at every age while families move.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.model.parameters import Parameters
from sim.states import QUINTILES

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class HouseholdSpec:
    """Names of factors, and of the parameters that describe them (see processes.yaml)."""

    prevalence: Mapping[str, str]
    share: Mapping[str, Mapping[str, str]]
    odds: Mapping[str, Mapping[str, str]]
    quintile: Mapping[str, str]
    exit: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the factors in their order (bit k of a combination is factor k)."""
        return tuple(self.prevalence)


@dataclass(frozen=True)
class HouseholdJoint:
    """The fitted joint distribution.

    probability: [quintile, combination] within each quintile; base: [factor] log odds;
    slope: [factor] log odds per quintile; pair: [factor, factor] symmetric log odds ratios.
    """

    probability: Floats
    base: Floats
    slope: Floats
    pair: Floats


def fit_joint(spec: HouseholdSpec, parameters: Parameters) -> HouseholdJoint:
    """Solve the base terms and the free pair terms so that prevalences and shares are met.

    Raises ValueError where no distribution has these prevalences and shares.
    """
    names = spec.names
    count = len(names)
    combos = np.array(list(itertools.product((0, 1), repeat=count)), dtype=np.float64)[:, ::-1]
    slope = np.array([math.log(parameters[spec.quintile[n]]) if n in spec.quintile else 0.0 for n in names])
    pair = np.zeros((count, count))
    for name, others in spec.odds.items():
        for other, parameter in others.items():
            i, j = names.index(name), names.index(other)
            pair[i, j] = pair[j, i] = math.log(parameters[parameter])
    base = np.array([_logit(parameters[spec.prevalence[n]]) for n in names])
    shares = [
        (names.index(name), names.index(other), parameters[parameter])
        for name, others in spec.share.items()
        for other, parameter in others.items()
    ]
    quintiles = np.arange(QUINTILES, dtype=np.float64) - (QUINTILES - 1) / 2

    def distribution() -> Floats:
        energy = combos @ base + 0.5 * np.einsum("ci,ij,cj->c", combos, pair, combos)
        weight = np.exp(energy[None, :] + np.outer(quintiles, combos @ slope))
        return np.asarray(weight / weight.sum(axis=1, keepdims=True))

    for _ in range(2000):
        mean = distribution().mean(axis=0)
        error = 0.0
        for k, name in enumerate(names):
            step = _logit(parameters[spec.prevalence[name]]) - _logit(float(mean @ combos[:, k]))
            base[k] += 0.5 * step
            error = max(error, abs(step))
        for i, j, target in shares:
            both = float(mean @ (combos[:, i] * combos[:, j]))
            step = _logit(target) - _logit(both / float(mean @ combos[:, j]))
            pair[i, j] += 0.5 * step
            pair[j, i] = pair[i, j]
            error = max(error, abs(step))
        if error < 1e-12:
            return HouseholdJoint(distribution(), base, slope, pair)
    raise ValueError("no joint distribution of household factors has these prevalences and shares")


def _logit(p: float) -> float:
    if not 0 < p < 1:
        raise ValueError(f"a prevalence or share must lie between 0 and 1, found {p:g}")
    return math.log(p / (1 - p))
