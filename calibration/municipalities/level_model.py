"""What figures of youth care say of the level of use of each municipality, and of those without figures.

What is measured: youths with jeugdzorg in natura in 2021 and 2022 (provisional) in four municipalities in
five. They are held against what national rates by age group make of the municipality's own ages (indirect
standardisation). The logarithm of that ratio is the figure; of two years the mean is taken, and no trend.

    figure = level + luck          luck: 1/youths counted, and how figures differ from year to year (`Years`)
    level  = bijstand, low income, density + province + municipality

The last two are drawn from normal distributions around 0 whose spreads are estimated (maximum likelihood);
the weights of the first have a flat prior. All are then normal together, so that what the figures say of
each level is one formula (empirical Bayes; the best linear unbiased prediction of a mixed regression). A
municipality with figures keeps to them as far as they are surer than the prediction; one without has the
prediction, with an interval as wide as municipalities that are alike differ.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.stats import gamma

from calibration.municipalities.series import USE_TOLERANCE
from sim.inputs.placenames import towns
from sim.inputs.profiles import AGE_GROUPS
from sim.states import AGES

Floats = NDArray[np.float64]
EVIDENCE = Path(__file__).resolve().parents[1] / "evidence"
YEARS = (2021, 2022)
GROUPS = {name: slice(ages.start, ages.stop) for name, ages in AGE_GROUPS.items()}
LIKE = ("bijstand_pct", "low_income_pct", "density")
"""What makes municipalities alike: persons on bijstand, households on a low income (2021, percent), and
addresses per square kilometre around them (2022). Each as log(1 + x), less the mean, over the spread."""
VAGUE = 10.0
"""Standard deviation of the weights of LIKE and of the mean: flat beside figures that spread by 0.2."""
RANGE = (0.05, 0.95)
URBAN = {"very urban": 2500, "urban": 1500, "moderately urban": 1000, "little urban": 500, "rural": 0}
"""Addresses per square kilometre around a municipality's own from which CBS calls it so."""
SIZES = {
    "100,000 or more": 100_000,
    "50,000 to 100,000": 50_000,
    "20,000 to 50,000": 20_000,
    "below 20,000": 0,
}
"""Inhabitants from which a municipality has this size."""
_SCALES = 32
"""Normal distributions, equally likely, that make up one with heavy tails."""


@dataclass(frozen=True)
class Towns:
    """What is known of the municipalities, in the order of their codes.

    youths: [n, AGES] on 1 January 2021; growth: youths a year later over youths; like: [n, LIKE], scaled.
    density: [n] addresses per square kilometre around them, 2022; inhabitants: [n], 2024. use: youths with
    jeugdzorg by code, year, and age group or `0-22`; what is suppressed is not there.
    """

    codes: tuple[str, ...]
    youths: Floats
    growth: Floats
    like: Floats
    density: Floats
    inhabitants: Floats
    use: Mapping[tuple[str, int], Mapping[str, float]]

    @property
    def provinces(self) -> Floats:
        """Return [n, provinces], 1 where a municipality lies in one."""
        names = [towns()[code].province for code in self.codes]
        return np.array([[name == each for each in sorted(set(names))] for name in names], dtype=np.float64)

    def outside(self, province: str) -> Towns:
        """Return what is known where the figures of a province are not."""
        use = {key: groups for key, groups in self.use.items() if towns()[key[0]].province != province}
        return replace(self, use=use)

    def kinds(self) -> dict[str, dict[str, NDArray[np.bool_]]]:
        """Return [n] who is of each kind, by what makes the kinds."""
        return {"urbanity": _kinds(self.density, URBAN), "inhabitants": _kinds(self.inhabitants, SIZES)}

    @property
    def with_figures(self) -> list[int]:
        """Return the positions of those of which use is known in every year."""
        return [i for i, code in enumerate(self.codes) if all((code, year) in self.use for year in YEARS)]

    def with_group(self, group: str, year: int) -> list[int]:
        """Return the positions of those of which the use of an age group is known in a year."""
        return [i for i, code in enumerate(self.codes) if group in self.use.get((code, year), {})]

    def expected(self, year: int, groups: Iterable[str] = GROUPS) -> Floats:
        """Return [n] youths with jeugdzorg if rates of all with figures, by age group, held everywhere."""
        youths = self.youths * (self.growth[:, None] if year == YEARS[1] else 1.0)
        total = np.zeros(len(self.codes))
        for group in groups:
            there, known = youths[:, GROUPS[group]].sum(axis=1), self.with_group(group, year)
            total += there * self.counted(year, known, group).sum() / there[known].sum()
        return total

    def counted(self, year: int, there: Sequence[int] | None = None, group: str = "0-22") -> Floats:
        """Return youths with jeugdzorg of an age group (default: all) of those with figures."""
        rows = self.with_figures if there is None else there
        return np.array([self.use[self.codes[i], year][group] for i in rows])

    def figures(self) -> Floats:
        """Return [years, m]: use of those with figures over that of national rates, logarithms."""
        there = self.with_figures
        return np.stack([np.log(self.counted(year) / self.expected(year)[there]) for year in YEARS])


@cache
def read() -> Towns:
    """Return the evidence."""
    rows = _rows("municipalities.csv")
    like = np.log1p([[float(row[name]) for name in LIKE] for row in rows])
    youths = np.array([[float(row[f"a{age}"]) for age in range(AGES)] for row in rows])
    use = {
        (row["code"], int(row["year"])): {
            group: float(row[group]) for group in ("0-22", *GROUPS) if row[group]
        }
        for row in _rows("municipal_use.csv")
    }
    inhabitants = {row["code"]: float(row["inhabitants"]) for row in _rows("inhabitants.csv")}
    return Towns(
        tuple(row["code"] for row in rows),
        youths,
        np.array([float(row["youths_2022"]) for row in rows]) / youths.sum(axis=1),
        (like - like.mean(axis=0)) / like.std(axis=0),
        np.array([float(row["density"]) for row in rows]),
        np.array([inhabitants[row["code"]] for row in rows]),
        use,
    )


def _kinds(of: Floats, least: Mapping[str, float]) -> dict[str, NDArray[np.bool_]]:
    """Return who is of each kind, given from what each begins, the largest first."""
    ends = [math.inf, *least.values()]
    return {name: (of >= low) & (of < high) for (name, low), high in zip(least.items(), ends, strict=False)}


def _rows(name: str) -> list[dict[str, str]]:
    with (EVIDENCE / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@dataclass(frozen=True)
class Years:
    """How figures of one year stray from a level beyond chance, and what that makes of the mean of two.

    Most municipalities have two years that agree, and a few have years far apart: one spread for all is too
    wide for the first and far too narrow for the others. So each year errs by a Student distribution, of
    `scale` and `tails` (degrees of freedom), likeliest given all changes. Two years far apart then say that
    one of both is off, not which: the level may be at either, and the mean is as unsure as that.

    Years that agree may be off together. So luck is never less than `pooled` gives, the standard deviation of
    one normal distribution for all municipalities. change: [m] logarithms, second year over first, less their
    mean; chance: [2, m] variances, 1/youths counted.
    """

    change: Floats
    chance: Floats
    pooled: float
    scale: float
    tails: float

    @classmethod
    def of(cls, change: Floats, chance: Floats) -> Years:
        """Return the years under which the changes are likeliest."""

        def unlikely(year: float) -> float:
            variance = 2 * year**2 + chance.sum(axis=0)
            return float(np.log(variance).sum() + (change**2 / variance).sum())

        pooled = float(minimize_scalar(unlikely, bounds=(0.0, 0.5), method="bounded").x)

        def surprise(logs: Floats) -> float:
            scale, tails = np.exp(logs).tolist()
            return -float(np.log(cls(change, chance, pooled, scale, tails)._split()[0]).sum())

        best = minimize(surprise, np.log([0.02, 2.0]), method="Nelder-Mead", options={"xatol": 1e-3})
        return cls(change, chance, pooled, *np.exp(best.x).tolist())

    def luck(self) -> Floats:
        """Return [m] variances of the mean of both years around the level."""
        least = (2 * self.pooled**2 + self.chance.sum(axis=0)) / 4
        return np.asarray(np.maximum(least, self._split()[1]))

    def _split(self) -> tuple[Floats, Floats]:
        """Return [m] densities of the changes, up to a factor, and variances of the level around the mean.

        A Student distribution is a mixture of normal ones, and so is what two of them say together.
        """
        chances = (np.arange(_SCALES) + 0.5) / _SCALES
        variances = self.scale**2 / gamma.ppf(chances, self.tails / 2, scale=2 / self.tails)
        first = (self.chance[0][:, None] + variances)[:, :, None]
        second = (self.chance[1][:, None] + variances)[:, None, :]
        both, change = first + second, self.change[:, None, None]
        likely = np.exp(-(change**2) / both / 2) / np.sqrt(both)
        off = change * (first - second) / both / 2
        variance = (likely * (off**2 + first * second / both)).sum(axis=(1, 2)) / likely.sum(axis=(1, 2))
        return likely.mean(axis=(1, 2)), np.asarray(variance)


@dataclass(frozen=True)
class Spreads:
    """Standard deviations of the logarithm: of municipalities, provinces, and years around a level."""

    town: float
    province: float
    year: float


@dataclass(frozen=True)
class Regression:
    """The regression. figures, luck: [m], logarithms and their variances, of those `there`."""

    towns: Towns
    there: list[int]
    figures: Floats
    luck: Floats
    spreads: Spreads

    @classmethod
    def of(cls, towns: Towns) -> Regression:
        """Return the regression of what is known, its spreads those under which the figures are likeliest."""
        counts = [towns.counted(year) for year in YEARS]
        return cls.likeliest(towns, towns.with_figures, towns.figures(), 1 / np.stack(counts))

    @classmethod
    def likeliest(cls, towns: Towns, there: list[int], logs: Floats, chance: Floats) -> Regression:
        """Return the regression under which figures are likeliest. logs, chance: [years, m] and variances."""
        figures, change = (logs[0] + logs[1]) / 2, logs[1] - logs[0]
        years = Years.of(change - change.mean(), chance)
        luck = years.luck()

        def of_spreads(logs: Floats) -> Regression:
            town, province = np.exp(logs).tolist()
            return cls(towns, there, figures, luck, Spreads(town, province, years.pooled))

        def surprise(logs: Floats) -> float:
            return of_spreads(logs).surprise()

        best = minimize(surprise, np.log([0.15, 0.06]), method="Nelder-Mead")
        return of_spreads(best.x)

    def prior(self, rows: Sequence[int], columns: Sequence[int]) -> Floats:
        """Return covariances of levels, [rows, columns], before any figure."""
        like = np.column_stack((np.ones(len(self.towns.codes)), self.towns.like))
        where = self.towns.provinces
        shared = VAGUE**2 * like[rows] @ like[columns].T
        shared += self.spreads.province**2 * where[rows] @ where[columns].T
        same = np.equal.outer(np.asarray(rows), np.asarray(columns))
        return np.asarray(shared + self.spreads.town**2 * same, dtype=np.float64)

    def of_figures(self) -> Floats:
        """Return covariances of the figures, [m, m]."""
        return self.prior(self.there, self.there) + np.diag(self.luck)

    def surprise(self) -> float:
        """Return how unlikely the figures are: minus the logarithm of their density, up to a constant."""
        root = np.linalg.cholesky(self.of_figures())
        steps = np.linalg.solve(root, self.figures)
        return float(np.log(np.diag(root)).sum() + steps @ steps / 2)

    def known(self) -> tuple[Floats, Floats]:
        """Return [n] what the figures say of each logarithm, and how unsure that is (standard deviations)."""
        everyone = list(range(len(self.towns.codes)))
        across = self.prior(everyone, self.there)
        weights = np.linalg.solve(self.of_figures(), across.T)
        variance = np.diag(self.prior(everyone, everyone)) - (across * weights.T).sum(axis=1)
        return weights.T @ self.figures, np.sqrt(variance)

    def levels(self) -> tuple[Floats, Floats]:
        """Return [n] logarithms of levels and their standard deviations.

        The youths with jeugdzorg that all levels together make of the country are those of national rates.
        """
        mean, sd = self.known()
        expected = sum(self.towns.expected(year) for year in YEARS)
        return mean - math.log(float(expected @ np.exp(mean) / np.sum(expected))), sd

    def left_out(self) -> tuple[Floats, Floats]:
        """Return [m] predictions of each figure by all others, and their standard deviations.

        The spreads stay as all figures have them; weights and provinces are estimated anew.
        """
        inverse = np.linalg.inv(self.of_figures())
        precision = np.diag(inverse)
        return self.figures - inverse @ self.figures / precision, 1 / np.sqrt(precision)


def youths_of(model: Regression) -> Floats:
    """Return [m] youths of those with figures, of both years together."""
    known = model.towns
    return np.asarray(known.youths.sum(axis=1)[model.there] * (1 + known.growth[model.there]))


def ranges(model: Regression) -> tuple[Floats, Floats]:
    """Return [n] logarithms of levels, and half of their ranges.

    A range is wider by USE_TOLERANCE: what figures mean.
    """
    mean, sd = model.levels()
    return mean, NormalDist().inv_cdf(RANGE[1]) * np.hypot(sd, USE_TOLERANCE)
