"""Figures of use of several years, made one: what each says of a municipality's own level, and all together.

Of each year the figure is the logarithm of the share of youths with jeugdhulp over that of the country in the
same year, so that what CBS began to register later (2021) is on both sides. It is taken for

    figure = level + definition + luck + swing

definition: how far a count may be off by what it counts (USE_TOLERANCE); the same in every year. luck: how
many of few children need help, 1 over the youths counted; years near each other count the same children
(OVERLAP). swing: how years differ by more than luck; its variance is that which brings the spread of the
figures to what is expected of them (Paule and Mandel 1982, J. Res. Natl. Bur. Stand. 87, 377), and 0 where
luck explains it. The level is the generalised least squares mean, without a trend: figures of before and
after 2021 are no line. Years that agree make it firmer, never as firm as the definition; years that do not
agree make it wider.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from sim.errors import InputError
from sim.faults import fault
from sim.inputs.care_use import Use

Floats = NDArray[np.float64]
USE_TOLERANCE = 0.03
"""How far a count of use may be off by its definition (as Almere's figure in cbs.csv)."""
OVERLAP = 0.70
"""Share of the youths of a year who were in care on 1 January, and so in the figure of the year before.

Those of a half-year are .8505 of those of the year (half_year_ratio_2019 in cbs.csv); with as many who come
in either half, 2 x .8505 - 1.
"""


@dataclass(frozen=True)
class YearOfUse:
    """What a figure of one year says: over the country, and its weight in the level (all together 1)."""

    year: int
    ratio: float
    weight: float


@dataclass(frozen=True)
class Together:
    """Figures of use made one. tolerance: the relative standard deviation of `ratio` as a level.

    swing: the standard deviation between years beyond luck.
    """

    ratio: float
    tolerance: float
    swing: float
    by_year: tuple[YearOfUse, ...]


def uses_of(written: Sequence[str]) -> list[dict[str, float]]:
    """Return the figures of use in YEAR=YOUTHS, as a file holds them. Raises InputError for other text."""
    found: list[dict[str, float]] = []
    for text in written:
        year, _, youths = text.partition("=")
        try:
            found.append({"year": int(year), "youths": float(youths)})
        except ValueError:
            wrong = fault(
                "expected", expected=fault("year_and_youths"), found=fault("text_found", text=text), hint=None
            )
            raise InputError.at("--use", wrong) from None
    return found


def together(uses: Sequence[Use], ratios: Sequence[float]) -> Together:
    """Return figures of use, each of another year, as one; ratios: each over that of the country."""
    logs, years = np.log(ratios), np.array([use.year for use in uses])
    chance = 1.0 / np.array([use.youths for use in uses])  # those counted twice are among the fewest
    luck = np.minimum.outer(chance, chance) * OVERLAP ** np.abs(np.subtract.outer(years, years))
    swing = _swing(logs, luck)
    weights, variance, _ = _mean(logs, luck + swing * np.eye(len(logs)))
    said = tuple(map(YearOfUse, years.tolist(), map(float, ratios), weights.tolist()))
    ratio = math.prod(each.ratio**each.weight for each in said)
    return Together(ratio, math.sqrt(USE_TOLERANCE**2 + variance), math.sqrt(swing), said)


def _mean(logs: Floats, covariance: Floats) -> tuple[Floats, float, float]:
    """Return the weights of a mean, its variance, and the squared distance of the figures from it."""
    inverse = np.linalg.inv(covariance)
    precision = float(inverse.sum())
    weights = inverse.sum(axis=0) / precision
    off = logs - weights @ logs
    return weights, 1.0 / precision, float(off @ inverse @ off)


def _swing(logs: Floats, luck: Floats) -> float:
    """Return the variance between years beyond luck."""
    free = len(logs) - 1

    def beyond(variance: float) -> float:
        return _mean(logs, luck + variance * np.eye(len(logs)))[2] - free

    if free == 0 or beyond(0.0) <= 0.0:
        return 0.0
    most = float(((logs - logs.mean()) ** 2).sum()) / free  # no figure is farther off than that allows
    return float(brentq(beyond, 0.0, most))
