"""What a study of child work is worth: what it would change in the decision, less what it costs.

A study compares neighbourhoods with child work with neighbourhoods without, for some years, and counts those
children to whom something happens, such as need without care. What it would find in each draw of the
parameters is simulated; what its finding tells of the net benefit is the value of sample information, by
regression (Strong, Oakley, Brennan & Breeze 2015, Med Decis Making 35:570).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.decision.value import Estimate, evpi, evppi, expectations

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

    def error(self, variance: float) -> float:
        """Return the standard error of the difference between the means of both arms.

        variance: of what is measured of one child; share (1 - share) where that is yes or no. Children of a
        neighbourhood count for fewer by the design effect 1 + (children - 1) icc.
        """
        of_a_mean = variance / (self.neighbourhoods * self.children)
        return math.sqrt(2.0 * of_a_mean * (1.0 + (self.children - 1) * self.icc))


@dataclass(frozen=True)
class Learnt:
    """What the findings of a study are worth to one decision, euros, and the chance that they change it."""

    worth: Estimate
    chance: float


@dataclass(frozen=True)
class StudyWorth:
    """Value of a study in euros: of one decision, of `decisions` like it, and what is left after its price.

    chance: that its findings make another strategy best than is best now. most: what perfect information
    would be worth for one decision. later: what a euro is worth now that comes when the findings do, 0..1.
    """

    one: Estimate
    chance: float
    most: Estimate
    decisions: float
    price: float
    later: float = 1.0

    @property
    def all_of_them(self) -> float:
        """What it would be worth now to all who decide: the most that it may cost."""
        return self.one.value * self.later * self.decisions

    @property
    def net(self) -> float:
        """What is left of that after the price (the expected net benefit of sampling)."""
        return self.all_of_them - self.price


def learnt(net_benefit: ArrayLike, effect: ArrayLike, error: ArrayLike, seed: int = 0) -> Learnt:
    """Return what a study is worth that measures effects with an error (expected value of its findings).

    net_benefit: [draws, strategies], euros; effect: [draws] or [draws, k], what the study would measure if it
    had no error; error: its standard error, or [k], in the same units. Raises ValueError where shapes do not
    fit.
    """
    nb, effects = np.asarray(net_benefit, np.float64), np.asarray(effect, np.float64)
    if effects.shape[:1] != nb.shape[:1] or effects.ndim > 2:
        raise ValueError(f"an effect by draw was expected, [{nb.shape[0]}], found {effects.shape}")
    luck, now = np.random.default_rng(seed), int(nb.mean(axis=0).argmax())
    errors = np.asarray(error, np.float64)
    if not (errors >= 0.0).all():
        raise ValueError(f"a standard error of 0 or more was expected, found {errors.min()}")
    worth, changed = [], []
    for _ in range(REPEATS if errors.any() else 1):
        found = effects + errors * luck.standard_normal(effects.shape)
        expected = expectations(nb, found)
        worth.append(float(expected.max(axis=1).mean() - expected.mean(axis=0).max()))
        changed.append(float((expected.argmax(axis=1) != now).mean()))
    last, most = evppi(nb, found), evpi(nb).value
    value = float(np.clip(np.mean(worth), 0.0, most))
    return Learnt(replace(last, value=value), float(np.mean(changed)))


def evsi(net_benefit: ArrayLike, effect: ArrayLike, error: ArrayLike, seed: int = 0) -> Estimate:
    """Return the expected value of sample information, in the units of net benefit, for one decision.

    net_benefit: [draws, strategies]; effect: [draws] or [draws, measures], what a study measures; error: the
    standard error of each measure, not below 0. Raises ValueError where shapes or errors do not fit.
    """
    return learnt(net_benefit, effect, error, seed).worth


def study_worth(
    study: Study,
    net_benefit: ArrayLike,
    effect: ArrayLike,
    variance: float,
    decisions: float,
    later: float = 1.0,
    seed: int = 0,
) -> StudyWorth:
    """Return what a study is worth to all who face a decision like this one.

    effect: [draws], the difference between arms in what is measured at the end of the study; variance: of
    that between children (`Study.error`); decisions: how many decide alike, such as municipalities weighed by
    their youths; later: what a euro is worth now that comes when the study has ended. Raises ValueError where
    shapes do not fit.
    """
    found = learnt(net_benefit, effect, study.error(variance), seed)
    return StudyWorth(found.worth, found.chance, evpi(net_benefit), decisions, study.price, later)
