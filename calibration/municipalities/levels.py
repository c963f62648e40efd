"""The level of use of youth care in each municipality, and sim/data/towns.csv, which the model reads.

Run as ``python -m calibration.municipalities.levels`` to see how well a municipality is predicted by the
others, and by those of other provinces, with ``--write`` to build the file, and with ``--gains`` to measure
how use follows need and access.

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

import argparse
import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.stats import gamma

from calibration.municipalities.municipal import SPREAD
from calibration.municipalities.profiles import DATE
from calibration.municipalities.series import USE_TOLERANCE
from calibration.runs import count
from sim.engine.config import ACCESS_OF_USE, NEED_OF_USE, localised, worker_threads
from sim.inputs.placenames import towns
from sim.inputs.profiles import TOWN_FILE, Profile, profiles
from sim.machine.whole import written_whole
from sim.model.parameters import DATA, default_parameters
from sim.states import AGES

Floats = NDArray[np.float64]
EVIDENCE = Path(__file__).resolve().parents[1] / "evidence"
YEARS = (2021, 2022)
GROUPS = {"0-3": slice(0, 4), "4-11": slice(4, 12), "12-17": slice(12, 18), "18-22": slice(18, AGES)}
LIKE = ("bijstand_pct", "low_income_pct", "density")
"""What makes municipalities alike: persons on bijstand, households on a low income (2021, percent), and
addresses per square kilometre around them (2022). Each as log(1 + x), less the mean, over the spread."""
VAGUE = 10.0
"""Standard deviation of the weights of LIKE and of the mean: flat beside figures that spread by 0.2."""
OWN, PREDICTED = "own", "predicted"
AGES_SOURCE = "ages derived from age bands (CBS 83502NED, 85039NED)"
SOURCES = {
    OWN: "use estimated from its own figures of 2021 and 2022, provisional (CBS 85075NED, 85335NED)",
    PREDICTED: "use predicted from municipalities like it, as no figures of its own are known",
}
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
LEFT_OUT = DATA / "left_out.json"
"""How well municipalities are predicted by others, which the app shows."""
COLUMNS = ("code", "name", "date", *(f"a{age}" for age in range(AGES)), "use", "low", "high", "need",
           "access", "basis", "source")  # fmt: skip
_STEP, _CHILDREN, _SEEDS = 1.25, 600_000, (0, 1)
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

    def expected(self, year: int) -> Floats:
        """Return [n] youths with jeugdzorg if rates of all with figures, by age group, held everywhere."""
        youths = self.youths * (self.growth[:, None] if year == YEARS[1] else 1.0)
        total = np.zeros(len(self.codes))
        for group, ages in GROUPS.items():
            there = youths[:, ages].sum(axis=1)
            known = {
                i: self.use[code, year][group]
                for i, code in enumerate(self.codes)
                if group in self.use.get((code, year), {})
            }
            total += there * sum(known.values()) / there[list(known)].sum()
        return total

    def counted(self, year: int) -> Floats:
        """Return youths with jeugdzorg of those with figures."""
        return np.array([self.use[self.codes[i], year]["0-22"] for i in self.with_figures])

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
        there = towns.with_figures
        logs = towns.figures()
        counts = [towns.counted(year) for year in YEARS]
        figures, change = (logs[0] + logs[1]) / 2, logs[1] - logs[0]
        years = Years.of(change - change.mean(), 1 / np.stack(counts))
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

    def levels(self) -> tuple[Floats, Floats]:
        """Return [n] logarithms of levels and their standard deviations.

        The youths with jeugdzorg that all levels together make of the country are those of national rates.
        """
        everyone = list(range(len(self.towns.codes)))
        across = self.prior(everyone, self.there)
        weights = np.linalg.solve(self.of_figures(), across.T)
        mean = weights.T @ self.figures
        variance = np.diag(self.prior(everyone, everyone)) - (across * weights.T).sum(axis=1)
        expected = sum(self.towns.expected(year) for year in YEARS)
        return mean - math.log(float(expected @ np.exp(mean) / np.sum(expected))), np.sqrt(variance)

    def left_out(self) -> tuple[Floats, Floats]:
        """Return [m] predictions of each figure by all others, and their standard deviations.

        The spreads stay as all figures have them; weights and provinces are estimated anew.
        """
        inverse = np.linalg.inv(self.of_figures())
        precision = np.diag(inverse)
        return self.figures - inverse @ self.figures / precision, 1 / np.sqrt(precision)


@dataclass(frozen=True)
class Foretold:
    """[m] figures with their predictions by others, and the youths with jeugdzorg of rates of those others.

    expected: of both years together; everywhere: the share that those others have.
    """

    figures: Floats
    mean: Floats
    sd: Floats
    expected: Floats
    everywhere: Floats


def one_by_one(model: Regression) -> Foretold:
    """Return each municipality as the others predict it; of one, national rates hardly move."""
    known, there = model.towns, model.there
    expected = sum(known.expected(year)[there] for year in YEARS)
    share = sum(known.counted(year).sum() for year in YEARS) / youths_of(model).sum()
    return Foretold(model.figures, *model.left_out(), np.asarray(expected), np.full(len(there), share))


def by_province(model: Regression) -> Foretold:
    """Return each municipality as those of other provinces predict it.

    Rates, weights and figures are those of the others; the spreads stay as all figures have them.
    """
    known, there = model.towns, np.array(model.there)
    province = np.array([towns()[known.codes[i]].province for i in there])
    youths, counts = youths_of(model), np.sum([known.counted(year) for year in YEARS], axis=0)
    found = {name: np.empty(len(there)) for name in Foretold.__annotations__}
    for left in sorted(set(province)):
        out, others = province == left, known.outside(left)
        kept = Regression(
            others, others.with_figures, others.figures().mean(axis=0), model.luck[~out], model.spreads
        )
        rows = there[out].tolist()
        across = kept.prior(rows, kept.there)
        weights = np.linalg.solve(kept.of_figures(), across.T)
        variance = np.diag(kept.prior(rows, rows)) - (across * weights.T).sum(axis=1) + model.luck[out]
        rates = [others.expected(year)[rows] for year in YEARS]
        found["mean"][out], found["sd"][out] = weights.T @ kept.figures, np.sqrt(variance)
        found["expected"][out] = sum(rates)
        found["figures"][out] = np.mean(
            [np.log(known.counted(y)[out] / each) for y, each in zip(YEARS, rates, strict=True)], axis=0
        )
        found["everywhere"][out] = counts[~out].sum() / youths[~out].sum()
    return Foretold(**found)


def youths_of(model: Regression) -> Floats:
    """Return [m] youths of those with figures, of both years together."""
    known = model.towns
    return np.asarray(known.youths.sum(axis=1)[model.there] * (1 + known.growth[model.there]))


@dataclass(frozen=True)
class Check:
    """Each municipality with figures, predicted by others: by all of them, or by those of other provinces.

    who: the words for how they were left out. inside: share of figures in the interval of that chance. kinds:
    by kind how many there are, and the share of figures in the 90% interval. error: mean absolute error of
    the share of youths with jeugdzorg, by who predicts it; relative: the same, over the share itself.
    """

    who: str
    count: int
    inside: Mapping[float, float]
    kinds: Mapping[str, Mapping[str, tuple[int, float]]]
    error: Mapping[str, float]
    relative: Mapping[str, float]
    correlation: Mapping[str, float]

    def text(self) -> str:
        """Return it in words."""
        first, last = YEARS
        lines = [f"{self.count} municipalities with figures of {first} and {last}, {self.who}"]
        lines += [f"figures inside the {chance:.0%} interval: {x:.0%}" for chance, x in self.inside.items()]
        lines += [
            f"inside the 90% interval, by {what}: "
            + ", ".join(f"{kind} {share:.0%} of {count}" for kind, (count, share) in kinds.items())
            for what, kinds in self.kinds.items()
        ]
        lines += [
            f"mean absolute error, {who}: {100 * x:.2f} youths in 100, {self.relative[who]:.1%} of use"
            for who, x in self.error.items()
        ]
        lines += [f"use correlates with {name}: {r:.2f}" for name, r in self.correlation.items()]
        return "\n".join(lines)


ONE_BY_ONE, BY_PROVINCE = "each left out in turn", "provinces left out in turn"


def check(model: Regression, who: str = ONE_BY_ONE) -> Check:
    """Return how well each municipality with figures is predicted by others."""
    known, there = model.towns, model.there
    foretold = one_by_one(model) if who == ONE_BY_ONE else by_province(model)
    z = np.abs(foretold.figures - foretold.mean) / foretold.sd
    youths = youths_of(model)
    counted = sum(known.counted(year) for year in YEARS)
    share, same_ages = counted / youths, foretold.expected / youths
    predicted = {
        "the national share for everybody": foretold.everywhere,
        "national rates at its own ages": same_ages,
        "like municipalities": same_ages * np.exp(foretold.mean),
    }
    like = dict(zip(LIKE, known.like[there].T, strict=True))
    inside = {chance: z <= NormalDist().inv_cdf(0.5 + chance / 2) for chance in (0.5, 0.9)}
    kinds = {
        what: {
            kind: (int(of[there].sum()), float(inside[0.9][of[there]].mean())) for kind, of in each.items()
        }
        for what, each in known.kinds().items()
    }
    return Check(
        who,
        len(there),
        {chance: float(each.mean()) for chance, each in inside.items()},
        kinds,
        {who: float(np.abs(share - p).mean()) for who, p in predicted.items()},
        {who: float(np.abs(p / share - 1).mean()) for who, p in predicted.items()},
        {name: float(np.corrcoef(column, share)[0, 1]) for name, column in like.items()},
    )


def ranges(model: Regression) -> tuple[Floats, Floats]:
    """Return [n] logarithms of levels, and half of their ranges.

    A range is wider by USE_TOLERANCE: what figures mean.
    """
    mean, sd = model.levels()
    return mean, NormalDist().inv_cdf(RANGE[1]) * np.hypot(sd, USE_TOLERANCE)


def years_inside(model: Regression) -> NDArray[np.int64]:
    """Return [m] how many figures of one year lie in the range of their own municipality."""
    mean, half = (each[model.there] for each in ranges(model))
    return np.asarray((np.abs(model.towns.figures() - mean) <= half).sum(axis=0))


def by_age_and_urbanity(model: Regression, year: int = YEARS[-1]) -> dict[str, dict[str, float]]:
    """Return youths with jeugdzorg over those that levels make of each age group, by group and urbanity.

    A level is of all ages together: where ages are used otherwise than in the country, this is not 1.
    """
    return {
        group: {
            kind: float(counted[of[there]].sum() / made[of[there]].sum())
            for kind, of in model.towns.kinds()["urbanity"].items()
        }
        for group in GROUPS
        for there, counted, made in (_of_age(model, group, year),)
    }


def alone(model: Regression, group: str, year: int = YEARS[-1], least: float = 100) -> Floats:
    """Return the same of single municipalities with at least as many youths of a group in care."""
    _, counted, made = _of_age(model, group, year)
    return np.asarray((counted / made)[counted >= least])


def _of_age(model: Regression, group: str, year: int) -> tuple[list[int], Floats, Floats]:
    """Return who has figures of an age group, those figures, and what levels and national rates make."""
    known = model.towns
    there = [i for i in model.there if group in known.use[known.codes[i], year]]
    counted = np.array([known.use[known.codes[i], year][group] for i in there])
    youths = known.youths[there][:, GROUPS[group]].sum(axis=1)
    youths = youths * (known.growth[there] if year == YEARS[1] else 1.0)
    return there, counted, youths * counted.sum() / youths.sum() * np.exp(model.levels()[0][there])


def build(model: Regression) -> list[tuple[str, ...]]:
    """Return the rows of sim/data/towns.csv."""
    known, p = model.towns, default_parameters()
    mean, halves = ranges(model)
    own = set(model.there)
    rows = []
    for i, code in enumerate(known.codes):
        basis = OWN if i in own else PREDICTED
        level, half = float(mean[i]), float(halves[i])
        numbers = (level, level - half, level + half, p[NEED_OF_USE] * level, p[ACCESS_OF_USE] * level)
        rows.append((
            code, towns()[code].name, DATE, *(f"{youths:g}" for youths in known.youths[i]),
            *(f"{math.exp(number):.4f}" for number in numbers), basis, f"{AGES_SOURCE}; {SOURCES[basis]}",
        ))  # fmt: skip
    return rows


def gains() -> tuple[float, float]:
    """Return the powers of use that need and access are, in the country (two minutes).

    Together they change use by as much as is asked for, and each has the part that its prior (SPREAD) and its
    effect on use give it, as in `municipal.shrink`.
    """
    p, country = default_parameters(), profiles()["Nederland"]

    def slope(of: str, seed: int) -> float:
        ends = [use(_changed(country, of, factor), seed) for factor in (_STEP, 1 / _STEP)]
        return math.log(ends[0] / ends[1]) / (2 * math.log(_STEP))

    def use(profile: Profile, seed: int) -> float:
        counted = count(localised(p, profile), _CHILDREN, seed, pool, YEARS[-1], country)
        return sum(counted.users("jeugdzorg", year) for year in YEARS)

    with worker_threads(None) as pool:
        slopes = np.array([np.mean([slope(of, seed) for seed in _SEEDS]) for of in SPREAD])
    parts = np.array(list(SPREAD.values())) ** 2 * slopes
    need, access = parts / (slopes @ parts)
    return float(need), float(access)


def _changed(profile: Profile, of: str, factor: float) -> Profile:
    return replace(profile, need=factor) if of == "need" else replace(profile, access=factor)


def write(rows: Sequence[Sequence[str]], path: Path = TOWN_FILE) -> None:
    """Write the file that the model reads, aside first."""
    with written_whole(path) as aside, aside.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)


def keep(found: Check, provinces: Check, path: Path = LEFT_OUT) -> None:
    """Write how well municipalities are predicted, for the page that shows it."""
    with written_whole(path) as aside:
        aside.write_text(
            json.dumps({**_plain(found), "provinces": _plain(provinces)}, indent=1) + "\n", encoding="utf-8"
        )


def _plain(found: Check) -> dict[str, Any]:
    inside = {f"{chance:.0%}": share for chance, share in found.inside.items()}
    return {name: value for name, value in asdict(found).items() if name != "who"} | {"inside": inside}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how well municipalities are predicted; with --write, build the files."""
    parser = argparse.ArgumentParser(description="Estimate the use of youth care in each municipality.")
    parser.add_argument("--write", action="store_true", help="build sim/data/towns.csv and left_out.json")
    parser.add_argument("--gains", action="store_true", help="measure town.need and town.access")
    options = parser.parse_args(arguments)
    if options.gains:
        need, access = gains()
        print(f"{NEED_OF_USE} {need:.3f}, {ACCESS_OF_USE} {access:.3f}: put them in sim/data/parameters.csv")
        return
    model = Regression.of(read())
    print("; ".join(f"spread by {name} {spread:.3f}" for name, spread in asdict(model.spreads).items()))
    apart = years_inside(model)
    print(
        "years of a municipality inside its own 90% range: "
        + ", ".join(f"{words} in {(apart == k).sum()}" for k, words in enumerate(("neither", "one", "both")))
    )
    found, provinces = check(model), check(model, BY_PROVINCE)
    print(found.text())
    print(provinces.text())
    for group, kinds in by_age_and_urbanity(model).items():
        found_there = ", ".join(f"{kind} {ratio:.2f}" for kind, ratio in kinds.items())
        print(f"use of {group} in {YEARS[-1]} over what levels make of it: {found_there}")
    oldest = alone(model, "18-22")
    far = int((np.abs(np.log(oldest)) >= math.log(2)).sum())
    print(
        f"the same of 18-22 in {len(oldest)} municipalities with 100 or more in care: {oldest.min():.2f} to "
        f"{oldest.max():.2f}, off by a factor of two or more in {far}"
    )
    if options.write:
        write(build(model))
        keep(found, provinces)


if __name__ == "__main__":
    main()
