"""Multipliers of a municipality on need and on access, from local figures and shrunk to the country.

Run as ``python -m calibration.municipalities.municipal [--write]`` for the municipalities that ship with
the model, and by `fit_municipality` for figures of one's own. A local figure is compared with the national
figure of the same measure, ages and year: what is fitted is how far the municipality is from the country,
beyond what its age structure and households bring about in the model. Figures of use cannot tell need
from access, so that both move by their prior (SPREAD) and the effect that each has on use. Figures of several
years are one figure first (series.py).
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import math
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.figures.measures import MEASURES, Counted
from calibration.figures.targets import Target, read_targets
from calibration.municipalities.series import YearOfUse, together
from calibration.runs import PROFILE, count, predict
from sim.engine.config import localised
from sim.errors import InputError
from sim.faults import fault
from sim.inputs.care_use import USE_AGES, Use
from sim.inputs.municipality import Municipality
from sim.inputs.profiles import Profile, profile_from, profiles
from sim.machine.whole import written_whole
from sim.model.parameters import DATA, Parameters, default_parameters
from sim.progress import Progress, Tell, nobody
from sim.runs.threads import run_threads

Floats = NDArray[np.float64]
MUNICIPALITY_FILE = DATA / "municipalities.csv"
SPREAD = {"need": 0.15, "access": 0.20}
"""Standard deviation between municipalities of the logarithm of each multiplier (assumed)."""
LEVEL_YEAR = 2019
"""The last year before registration changed: ratios of later figures of use are read in it."""
STEP = 1.1
LOTS = 4
"""Replications to average over, because a municipality is small."""
LOCAL_CHILDREN = 60_000
NATIONAL_CHILDREN = 100_000
FARTHEST = 4.0
"""How many times the use of the country a municipality's may be before it must be a mistake."""
NATIONAL_MEASURES, WIDER_MEASURE = ("jeugdhulp_share", "jeugdhulp_pgb"), "jeugdzorg_pgb"
"""What figures of use are held against, and what stands in where only that was published."""
COUNTRIES = (PROFILE, "Nederland")


@dataclass(frozen=True)
class Local:
    """The fit of a municipality: posterior means of both multipliers, and their evidence.

    tolerance: of `published`, as in LocalFigure; by_year: what each figure of use says, by year.
    """

    municipality: str
    target: str
    published: float
    modelled: float
    need: float
    access: float
    tolerance: float = 0.0
    by_year: tuple[YearOfUse, ...] = ()


def pairs(targets: Sequence[Target]) -> list[tuple[Target, Target]]:
    """Return (local, national) figures that can be compared. Raises ValueError where one has no partner."""
    found = []
    for local in targets:
        if local.region == "NL" or local.role != "calibrate":
            continue
        partner = [
            t
            for t in targets
            if t.region == "NL"
            and (t.measure, t.year, t.age_from, t.age_to)
            == (local.measure, local.year, local.age_from, local.age_to)
        ]
        if not partner:
            raise ValueError(f"'{local.id}' has no national figure of the same measure, ages and year")
        found.append((local, partner[0]))
    return found


@dataclass(frozen=True)
class LocalFigure:
    """A figure of a municipality over that of the country, and how the model counts either.

    tolerance: relative standard deviation of what the ratio says of the municipality's own rates.
    by_year: the figures that the ratio was made of, where there are several.
    """

    name: str
    ratio: float
    value: Callable[[Counted], float]
    tolerance: float
    by_year: tuple[YearOfUse, ...] = ()


def fit(
    profile: Profile,
    figure: LocalFigure,
    p: Parameters,
    pool: Executor,
    children: int,
    seed: int = 0,
    here_children: int | None = None,
    tell: Tell = nobody,
) -> Local:
    """Return the multipliers of a municipality, by one figure and shrunk to 1; those it has do not count.

    children: of the run of the country; here_children: of each run of the municipality (None: everyone).
    """
    runs, done = 1 + 3 * LOTS, 0

    def counted(*arguments: Any, **options: Any) -> float:
        nonlocal done
        tell(Progress("fitting", done, runs, {"name": profile.name, "run": done + 1, "runs": runs}))
        done += 1
        return figure.value(count(*arguments, **options))

    def use(need: float = 1.0, access: float = 1.0) -> float:
        changed: Profile = replace(profile, need=need, access=access)
        q = localised(p, changed)
        lots = [counted(q, here_children, seed + k, pool, profile=changed) for k in range(LOTS)]
        return sum(lots) / LOTS

    country = counted(p, children, seed, pool)
    here = use()
    gap = math.log(figure.ratio) - math.log(here / country)
    slopes = np.array([
        math.log(use(need=STEP) / here) / math.log(STEP), math.log(use(access=STEP) / here) / math.log(STEP)
    ])  # fmt: skip
    need, access = shrink(gap, slopes, figure.tolerance)
    return Local(
        profile.name, figure.name, figure.ratio, here / country, need, access, figure.tolerance,
        figure.by_year,
    )  # fmt: skip


def fit_local(
    local: Target, national: Target, p: Parameters, pool: Executor, children: int, seed: int = 0
) -> Local:
    """Return the multipliers of a municipality that ships with the model."""
    ratio = local.value / national.value  # both of the same measure, ages and year
    figure = LocalFigure(local.id, ratio, lambda counted: _value(local, counted), local.tolerance)
    return fit(profiles()[local.region], figure, p, pool, children, seed)


def fit_municipality(
    municipality: Municipality,
    pool: Executor,
    children: int = NATIONAL_CHILDREN,
    seed: int = 0,
    tell: Tell = nobody,
    p: Parameters | None = None,
    targets: Sequence[Target] | None = None,
    where: str = "",
) -> Local:
    """Return the multipliers that a municipality's own figures of use ask for; the same for the same figures.

    children: of the run of the country; a municipality of any size is simulated with LOCAL_CHILDREN. tell
    hears how far it is before each run, and stops the fit by raising. where: what messages
    name (default: the municipality). Raises InputError where there is no figure of use, none of the country
    to hold it against, or they are too far apart.
    """
    known = read_targets() if targets is None else targets
    figure = _figure_of(municipality, known, where or municipality.name)
    return fit(
        profile_from(municipality), figure, p or default_parameters(), pool, children, seed,
        LOCAL_CHILDREN, tell,
    )  # fmt: skip


def with_fit(municipality: Municipality, found: Local) -> Municipality:
    """Return the municipality with the multipliers that were found, and how far the figure may be off."""
    off = math.exp(NormalDist().inv_cdf(0.95) * found.tolerance)
    years, ages = _years(municipality.uses), " and ".join(sorted({use.ages for use in municipality.uses}))
    source = f"kinderwerk: fitted to the use of {years} at the ages {ages}, and shrunk to the country"
    return municipality.replace(
        need={"value": round(found.need, 4), "source": source},
        access={"value": round(found.access, 4), "source": source},
        use_range={"low": round(1 / off, 4), "high": round(off, 4), "basis": "fitted", "source": source},
    )


def _years(uses: Sequence[Use]) -> str:
    """Return of which years figures are: 2019, or 2016-2019 (3 years)."""
    first, last = uses[0].year, uses[-1].year
    return str(first) if len(uses) == 1 else f"{first}-{last} ({len(uses)} years)"


def _figure_of(municipality: Municipality, targets: Sequence[Target], where: str) -> LocalFigure:
    uses = municipality.uses
    if not uses:
        raise InputError.at(where, fault("no_figure_of_use"))
    ratios = [_ratio(municipality, use, targets, where) for use in uses]
    found = together(uses, ratios)
    measure = MEASURES["jeugdhulp_share"]
    assert measure is not None, "the model counts the share with jeugdhulp"
    share_of = measure

    def value(counted: Counted) -> float:
        shares = [share_of(counted, min(use.year, LEVEL_YEAR), slice(0, use.last_age + 1)) for use in uses]
        weights = [said.weight for said in found.by_year]
        return float(math.prod(share**w for share, w in zip(shares, weights, strict=True)))

    return LocalFigure(f"use_{_years(uses)}", found.ratio, value, found.tolerance, found.by_year)


def _ratio(municipality: Municipality, use: Use, targets: Sequence[Target], where: str) -> float:
    """Return a share of youths with jeugdhulp over that of the country in the same year, as CBS registered.

    Raises InputError where there is none of the country, or they are too far apart.
    """
    share, national = municipality.use_share(use), use.national or national_share(use, targets)
    ratio = share / national
    if not 1.0 / FARTHEST <= ratio <= FARTHEST:
        raise InputError.at(
            where, fault("use_far_from_country", share=share, times=ratio, national=national, year=use.year)
        )
    return ratio


def national_share(use: Use, targets: Sequence[Target]) -> float:
    """Return the share of youths in the country with jeugdhulp, of the year and ages of a figure of use.

    Raises InputError where there is no such figure.
    """
    known = national_shares(targets)
    if (use.year, use.ages) in known:
        return known[use.year, use.ages]
    there = tuple(f"{year} ({ages})" for year, ages in sorted(known))
    raise InputError.at(
        "use",
        fault(
            "no_national_figure",
            year=use.year,
            ages=use.ages,
            known=there,
        ),
    )


def national_shares(targets: Sequence[Target]) -> dict[tuple[int, str], float]:
    """Return the shares of youths in the country with jeugdhulp by (year, ages), the ages as `Use` has them.

    Of some years only youths with jeugdzorg were published: jeugdhulp, protection or probation. Of those as
    many had jeugdhulp as in the nearest year with both figures (97 percent in 2019). Counts are over the
    youths of the nearest date that is known.
    """
    known, wider = {}, {}
    for target in targets:
        ages = f"0-{target.age_to}"
        if target.region != "NL" or target.age_from or ages not in USE_AGES or target.period != "year":
            continue
        count = target.value if target.unit == "share" else target.value / _youths(target.year, target.age_to)
        if target.measure in NATIONAL_MEASURES:
            known[target.year, ages] = count
        elif target.measure == WIDER_MEASURE:
            wider[target.year, ages] = count
    both = {year: share / wider[year, ages] for (year, ages), share in known.items() if (year, ages) in wider}
    for (year, ages), share in wider.items():
        if both:
            nearest = min(both, key=lambda other: (abs(other - year), other))
            known.setdefault((year, ages), share * both[nearest])
    return known


def _youths(year: int, last_age: int) -> float:
    """Return the youths of 0 to `last_age` in the country, at the date nearest to the middle of a year."""
    middle = dt.date(year, 7, 1)
    dated = {dt.date.fromisoformat(profiles()[name].date): profiles()[name] for name in COUNTRIES}
    return sum(dated[min(dated, key=lambda date: abs(date - middle))].youths[: last_age + 1])


def shrink(gap: float, slopes: Floats, tolerance: float) -> tuple[float, float]:
    """Return posterior means of both multipliers from the log gap in use and its slopes."""
    prior = np.array([SPREAD["need"], SPREAD["access"]]) ** 2
    gain = prior * slopes / (float(slopes**2 @ prior) + tolerance**2)
    need, access = np.exp(gain * gap)
    return float(need), float(access)


def _value(target: Target, counted: Counted) -> float:
    value = predict(target, counted)
    assert value is not None, "a paired figure is counted"
    return value


def write(found: Sequence[Local], path: Path = MUNICIPALITY_FILE) -> None:
    """Write the multipliers into the table of municipalities, aside first."""
    by_name = {item.municipality: item for item in found}
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        item = by_name.get(row["name"])
        row["need"] = f"{item.need:.4f}" if item else ""
        row["access"] = f"{item.access:.4f}" if item else ""
        row["local"] = "jeugdhulp" if item else ""
    with written_whole(path) as aside, aside.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit every municipality that has local figures; with --write, store what was found."""
    parser = argparse.ArgumentParser(description="Fit the multipliers of municipalities.")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--children", type=int, default=1_000_000, help="children of the national run")
    options = parser.parse_args(arguments)
    p = default_parameters()
    with run_threads() as pool:
        found = [fit_local(a, b, p, pool, options.children) for a, b in pairs(read_targets())]
    for item in found:
        print(
            f"{item.municipality}: use against the country {item.published:.3f} published, "
            f"{item.modelled:.3f} modelled; need x {item.need:.3f}, access x {item.access:.3f}"
        )
    if options.write:
        write(found)


if __name__ == "__main__":
    main()
