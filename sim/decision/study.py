"""What a study of child work is worth: what it would change in the decision, less what it costs.

A study compares neighbourhoods with child work with neighbourhoods without, for some years, and counts those
children to whom something happens, such as need without care. What it would find in each draw of the
parameters is simulated; what its finding tells of the net benefit is the value of sample information, by
regression (Strong, Oakley, Brennan & Breeze 2015, Med Decis Making 35:570).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.decision.value import Estimate, evpi, evppi

Floats = NDArray[np.float64]
REPEATS = 8
"""Studies that are simulated of each draw, so that their luck is averaged out."""


@dataclass(frozen=True)
class Study:
    """Neighbourhoods by arm, and children in each who are looked at when it ends.

    icc: intraclass correlation of children of one neighbourhood (Donner & Klar 2000), 0..1: how much more
    alike they are than chance makes them. price: euros in all: of measuring, and of work that was not there.
    Raises ValueError for what is no study.
    """

    neighbourhoods: int
    children: int
    icc: float
    price: float

    def __post_init__(self) -> None:
        """Refuse what is no study."""
        if self.neighbourhoods < 2 or self.children < 1 or not 0 <= self.icc <= 1 or self.price < 0:
            raise ValueError(f"no study: {self}")

    def error(self, share: float) -> float:
        """Return the standard error of the difference between arms; share: of children, 0..1.

        Children of a neighbourhood count for fewer by the design effect 1 + (children - 1) icc.
        """
        variance = share * (1.0 - share) / (self.neighbourhoods * self.children)
        return math.sqrt(2.0 * variance * (1.0 + (self.children - 1) * self.icc))


@dataclass(frozen=True)
class StudyWorth:
    """Value of a study in euros: of one decision, of `decisions` like it, and what is left after its price.

    most: what perfect information would be worth for one decision.
    """

    one: Estimate
    most: Estimate
    decisions: float
    price: float

    @property
    def all_of_them(self) -> float:
        """What it would be worth to all who decide."""
        return self.one.value * self.decisions

    @property
    def net(self) -> float:
        """What is left of that after the price (the expected net benefit of sampling)."""
        return self.all_of_them - self.price


def evsi(net_benefit: ArrayLike, effect: ArrayLike, error: float, seed: int = 0) -> Estimate:
    """Return the expected value of sample information of a study that measures an effect with an error.

    net_benefit: [draws, strategies], euros; effect: [draws], what the study would measure if it had no error;
    error: its standard error, in the same unit. Raises ValueError where shapes do not fit.
    """
    nb, effects = np.asarray(net_benefit, np.float64), np.asarray(effect, np.float64)
    if effects.shape != nb.shape[:1]:
        raise ValueError(f"an effect by draw was expected, [{nb.shape[0]}], found {effects.shape}")
    if error == 0.0:
        return evppi(nb, effects)
    luck = np.random.default_rng(seed)
    found = []
    for _ in range(REPEATS):
        found.append(evppi(nb, effects + error * luck.standard_normal(effects.size)))
    values = np.array([one.value for one in found])
    missed = [one.missed for one in found if one.missed is not None]
    return Estimate(
        float(values.mean()), float(np.mean([one.se for one in found])), max(missed) if missed else None
    )


def study_worth(
    study: Study, net_benefit: ArrayLike, effect: ArrayLike, share: float, decisions: float, seed: int = 0
) -> StudyWorth:
    """Return what a study is worth to all who face a decision like this one.

    effect: [draws], the difference between arms in the share of children at the end of the study; share: of
    children in the arm without child work; decisions: how many decide alike, such as municipalities weighed
    by their youths. Raises ValueError where shapes do not fit.
    """
    found = evsi(net_benefit, effect, study.error(share), seed)
    return StudyWorth(found, evpi(net_benefit), decisions, study.price)
