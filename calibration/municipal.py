"""Multipliers of a municipality on need and on access, from local figures and shrunk to the country.

Run as ``python -m calibration.municipal [--write]``. A local figure with the role `calibrate` is compared
with the national figure of the same measure, ages and year: what is fitted is how far the municipality is
from the country, beyond what its age structure and households bring about in the model. One figure of use
cannot tell need from access, so that both move by their prior (SPREAD) and the effect that each has on use.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.measures import Counted
from calibration.runs import count, predict
from calibration.targets import Target, read_targets
from sim.parameters import DATA, Parameters, default_parameters
from sim.population import Profile, profiles
from sim.setting import localised, worker_threads

Floats = NDArray[np.float64]
MUNICIPALITY_FILE = DATA / "municipalities.csv"
SPREAD = {"need": 0.15, "access": 0.20}
"""Standard deviation between municipalities of the logarithm of each multiplier (assumed)."""
STEP = 1.1


@dataclass(frozen=True)
class Local:
    """What was found for a municipality: posterior means of both multipliers, and what they rest on."""

    municipality: str
    target: str
    published: float
    modelled: float
    need: float
    access: float


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


def fit_local(
    local: Target, national: Target, p: Parameters, pool: Executor, children: int, seed: int = 0
) -> Local:
    """Return the multipliers of a municipality, by one figure and shrunk to 1."""
    profile = replace(profiles()[local.region], need=1.0, access=1.0)

    def use(need: float = 1.0, access: float = 1.0) -> float:
        changed: Profile = replace(profile, need=need, access=access)
        total = 0.0
        for k in range(4):  # four lots of luck: a municipality is small
            q = localised(p, changed)
            total += _value(local, count(q, None, seed + k, pool, profile=changed))
        return total / 4

    country = _value(national, count(p, children, seed, pool))
    here = use()
    gap = math.log(local.value / national.value) - math.log(here / country)
    slopes = np.array([
        math.log(use(need=STEP) / here) / math.log(STEP), math.log(use(access=STEP) / here) / math.log(STEP)
    ])  # fmt: skip
    need, access = shrink(gap, slopes, local.tolerance)
    return Local(local.region, local.id, local.value / national.value, here / country, need, access)


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
    aside = path.with_suffix(".part")
    with aside.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(aside, path)


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit every municipality that has local figures; with --write, store what was found."""
    parser = argparse.ArgumentParser(description="Fit the multipliers of municipalities.")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--children", type=int, default=1_000_000, help="children of the national run")
    options = parser.parse_args(arguments)
    p = default_parameters()
    with worker_threads(None) as pool:
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
