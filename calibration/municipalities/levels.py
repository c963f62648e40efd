"""The level of use of youth care in each municipality: sim/data/towns.csv, which the model reads.

Run as ``python -m calibration.municipalities.levels`` to see how well a municipality is predicted by the
others, and by those of other provinces (level_checks.py), with ``--write`` to build the file, and with
``--gains`` to measure how use follows need and access. What levels are: level_model.py, level_by_age.py.
"""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from calibration.municipalities.level_by_age import ByAge, access, read_gains, write_gains
from calibration.municipalities.level_checks import (
    BY_PROVINCE,
    check,
    errors_by_age,
    keep,
    years_inside,
)
from calibration.municipalities.level_model import GROUPS, YEARS, Floats, Regression, ranges, read
from calibration.municipalities.municipal import SPREAD
from calibration.municipalities.profiles import DATE
from calibration.runs import count
from sim.engine.config import ACCESS_OF_USE, NEED_OF_USE, localised
from sim.inputs.placenames import towns
from sim.inputs.profiles import AGE_GROUPS, TOWN_FILE, Profile, profiles
from sim.machine.whole import written_whole
from sim.model.parameters import default_parameters
from sim.runs.threads import run_threads
from sim.states import AGES

OWN, PREDICTED = "own", "predicted"
AGES_SOURCE = "ages derived from age bands (CBS 83502NED, 85039NED)"
SOURCES = {
    OWN: "use estimated from its own figures of 2021 and 2022, provisional (CBS 85075NED, 85335NED)",
    PREDICTED: "use predicted from municipalities like it, as no figures of its own are known",
}
COLUMNS = ("code", "name", "date", *(f"a{age}" for age in range(AGES)), "use", "low", "high", "need",
           "access", *(f"access_{group}" for group in AGE_GROUPS), "basis", "source")  # fmt: skip
_STEP, _CHILDREN, _SEEDS = 1.25, 600_000, (0, 1)


def build(ages: ByAge) -> list[tuple[str, ...]]:
    """Return the rows of sim/data/towns.csv."""
    model, p = ages.levels, default_parameters()
    known = model.towns
    mean, halves = ranges(model)
    by_age = access(ages.departures(), read_gains())
    own = set(model.there)
    rows = []
    for i, code in enumerate(known.codes):
        basis = OWN if i in own else PREDICTED
        level, half = float(mean[i]), float(halves[i])
        numbers = (level, level - half, level + half, p[NEED_OF_USE] * level, p[ACCESS_OF_USE] * level)
        rows.append((
            code, towns()[code].name, DATE, *(f"{youths:g}" for youths in known.youths[i]),
            *(f"{math.exp(number):.4f}" for number in numbers), *(f"{factor:.4f}" for factor in by_age[i]),
            basis, f"{AGES_SOURCE}; {SOURCES[basis]}",
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

    with run_threads() as pool:
        slopes = np.array([np.mean([slope(of, seed) for seed in _SEEDS]) for of in SPREAD])
    parts = np.array(list(SPREAD.values())) ** 2 * slopes
    need, access = parts / (slopes @ parts)
    return float(need), float(access)


def gains_by_age() -> Floats:
    """Return [groups, groups] by how much use by age (rows) follows access by age (columns).

    Both are logarithms, in the country, measured around 1 (five minutes).
    """
    p, country = default_parameters(), profiles()["Nederland"]

    def use(group: int, factor: float, seed: int) -> Floats:
        changed = list(country.access_by_age)
        changed[group] = factor
        profile = replace(country, access_by_age=tuple(changed))
        counted = count(localised(p, profile), _CHILDREN, seed, pool, YEARS[-1], country)
        return np.array([
            sum(counted.users("jeugdzorg", year, ages) for year in YEARS) for ages in GROUPS.values()
        ])  # fmt: skip

    def slopes(group: int, seed: int) -> Floats:
        up, down = (use(group, factor, seed) for factor in (_STEP, 1 / _STEP))
        return np.asarray(np.log(up / down) / (2 * math.log(_STEP)))

    with run_threads() as pool:
        columns = [np.mean([slopes(k, seed) for seed in _SEEDS], axis=0) for k in range(len(GROUPS))]
    return np.stack(columns, axis=1)


def _changed(profile: Profile, of: str, factor: float) -> Profile:
    return replace(profile, need=factor) if of == "need" else replace(profile, access=factor)


def write(rows: Sequence[Sequence[str]], path: Path = TOWN_FILE) -> None:
    """Write the file that the model reads, aside first."""
    with written_whole(path) as aside, aside.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how well municipalities are predicted; with --write, build the files."""
    parser = argparse.ArgumentParser(description="Estimate the use of youth care in each municipality.")
    parser.add_argument("--write", action="store_true", help="build sim/data/towns.csv and left_out.json")
    parser.add_argument("--gains", action="store_true", help="measure how use follows need and access")
    options = parser.parse_args(arguments)
    if options.gains:
        need, access = gains()
        print(f"{NEED_OF_USE} {need:.3f}, {ACCESS_OF_USE} {access:.3f}: put them in sim/data/parameters.csv")
        write_gains(gains_by_age())
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
    by_age = errors_by_age(ages := ByAge.of(model))
    for group, of in by_age.items():
        told = ", ".join(f"{rule} {error:.1%}" for rule, error in of["error"].items())
        print(
            f"use of {group} in {of['count']} municipalities, left out, is predicted with an error of: {told}"
            f"; departures inside the 90% interval: {of['inside']:.0%}"
        )
    if options.write:
        write(build(ages))
        keep(found, provinces, by_age)


if __name__ == "__main__":
    main()
