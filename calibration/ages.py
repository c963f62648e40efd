"""Ages left out: all bands of a year by a fit of its own, one band by weights.

``python -m calibration.ages OUT`` fits twice (a quarter of an hour of processor time): without the bands
of 2018, and without those of 2023. Each then predicts what it did not see; sim/data/ages.json has the
scores. One band of a year alone is no test: its bands add up to a total that is fitted, and the others tell
what it was.

``python -m calibration.ages`` tells what is left where a band is left out by weights. That would weigh each
member of the posterior by one over how likely it makes the figures of that band, given all others
(importance sampling, Gelfand 1996). Members then count as far as they miss the band, and those that miss it
most count for all others: the number that are left in effect tells whether the weighted ones say anything.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from calibration.calibrate import OUTCOMES, calibrate
from calibration.diagnostics import target_rows
from calibration.figures.targets import TARGET_FILE, read_targets
from calibration.fit import FitPlan
from calibration.likelihood import ObservedTargets
from calibration.rolling import PLAN, rewrite
from sim.model.parameters import DATA

Floats = NDArray[np.float64]
BANDS: Mapping[str, tuple[str, ...]] = {
    "0-3": ("jz_age0_3_2018", "jz_stock_band0_3_2023"),
    "4-11": ("jz_age4_11_2018", "jz_stock_band4_7_2023", "jz_stock_band8_11_2023"),
    "12-17": ("jz_age12_17_2018", "jz_stock_band12_14_2023", "jz_stock_band15_17_2023"),
    "18-22": ("jz_age18_22_2018",),
}
"""The fitted figures of each band of ages."""
YEARS = (2018, 2023)
"""Years of which bands were published; those of each are left out together."""
SCORES = DATA / "ages.json"
ENOUGH = 50
"""Members in effect below which weighted ones tell neither a middle nor a range (a quarter of all)."""


def left_in_effect(errors: Floats, covariance: Floats, out: Sequence[int]) -> float:
    """Return how many members are left in effect where the figures `out` are taken away from a posterior.

    errors: [members, figures] of logarithms; covariance: of the errors of figures, [figures, figures].
    """
    others = [k for k in range(covariance.shape[0]) if k not in set(out)]
    across = covariance[np.ix_(out, others)]
    weights = np.linalg.solve(covariance[np.ix_(others, others)], across.T).T
    spread = covariance[np.ix_(out, out)] - weights @ across.T
    off = errors[:, out] - errors[:, others] @ weights.T
    misfit = np.einsum("mi,ij,mj->m", off, np.linalg.inv(spread), off) / 2
    weight = np.exp(misfit - misfit.max())
    return float(weight.sum() ** 2 / (weight**2).sum())


def bands() -> dict[str, tuple[int, float]]:
    """Return of each band how many members the posterior has, and how many are left in effect."""
    best, *members = pq.read_table(DATA / "outcomes.parquet").to_pylist()
    every = read_targets()
    fitted = [one for one in every if one.role == "calibrate" and one.region == "NL" and one.id in best]
    known = ObservedTargets.of(fitted, every)
    errors = np.array([known.predicted(each) for each in members]) - known.observed
    place = {one.id: k for k, one in enumerate(fitted)}
    return {
        band: (len(members), left_in_effect(errors, known.covariance, [place[name] for name in names]))
        for band, names in BANDS.items()
    }


def without(rows: Sequence[Mapping[str, str]], year: int) -> list[dict[str, str]]:
    """Return the rows of a file of targets with the bands of a year held out."""
    out = {name for names in BANDS.values() for name in names if name.endswith(f"_{year}")}
    return [{**row, "role": "validate" if row["id"] in out else row["role"]} for row in rows]


def predicted(year: int, folder: Path, plan: FitPlan = PLAN) -> list[dict[str, Any]]:
    """Fit without the bands of a year, and return a row for each of them. Raises as `calibrate` does."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = folder / "figures.csv"
    rewrite(TARGET_FILE, figures, without, year)
    if not (folder / OUTCOMES).exists():
        calibrate(folder, figures, plan=plan)
    best, *members = pq.read_table(folder / OUTCOMES).to_pylist()
    fitted = {one.id for one in read_targets() if one.role == "calibrate"}
    held = [one for one in read_targets(figures) if one.role == "validate" and one.id in fitted]
    return target_rows(held, members, best, {})


def by_line(rows: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return what neighbours say of each band of one year but the first and the last, youngest first.

    Per year of age, on the line between the bands on both sides: a simple rule beside the model.
    """
    middle = np.array([(row["age_from"] + row["age_to"]) / 2 for row in rows])
    years = np.array([row["age_to"] - row["age_from"] + 1 for row in rows])
    level = np.array([row["value"] for row in rows]) / years
    share = (middle[1:-1] - middle[:-2]) / (middle[2:] - middle[:-2])
    return list(map(float, ((1.0 - share) * level[:-2] + share * level[2:]) * years[1:-1]))


def told(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return in words how far bands that a fit did not see were off, beside a line between neighbours."""
    off = [abs(row["median"] / row["value"] - 1) for row in rows]
    ours, theirs, nearer = [], [], []
    for year in YEARS:
        own = sorted((row for row in rows if row["year"] == year), key=lambda row: int(row["age_from"]))
        for row, line in zip(own[1:-1], by_line(own), strict=True):
            ours.append(abs(row["median"] / row["value"] - 1))
            theirs.append(abs(line / row["value"] - 1))
            nearer += [_named(row)] if theirs[-1] < ours[-1] else []
    missed = [f"{_named(row)} ({row['median'] / row['value'] - 1:+.0%})" for row in rows if not row["inside"]]
    return (
        f"Bands of ages left out of the fit, all those of {' and then of '.join(map(str, YEARS))}: mean "
        f"absolute error {np.mean(off):.1%}, largest {max(off):.1%}; {len(rows) - len(missed)} of "
        f"{len(rows)} inside the 95 percent predictive interval, outside: {', '.join(missed) or 'none'}. "
        f"Of the {len(ours)} bands with a neighbour on both sides the model is {np.mean(ours):.0%} off, and "
        f"a line between the neighbours {np.mean(theirs):.0%}, though it knows the figures of these "
        f"neighbours in that year. The line is nearer at: {', '.join(nearer) or 'none'}. "
    )


def _named(row: Mapping[str, Any]) -> str:
    return f"{row['age_from']}-{row['age_to']} in {row['year']}"


def text(found: Mapping[str, tuple[int, float]]) -> str:
    """Return it in words."""
    (members, _), *_ = found.values()
    left = ", ".join(f"{effective:.1f} at {band}" for band, (_, effective) in found.items())
    most = max(effective for _, effective in found.values())
    so = "too few to tell" if most < ENOUGH else "not too few everywhere"
    fits = (
        told(json.loads(SCORES.read_text(encoding="utf-8")))
        if SCORES.exists()
        else "Bands of ages were not left out of a fit for this release: `python -m calibration.ages OUT` "
        "does, all bands of a year at once. "
    )
    return (
        f"{fits}One band alone would be no test, for the bands of a year add up to a total that is fitted. "
        f"Taken out of the posterior by weights, of {members} members there would in effect be left {left}: "
        f"{so}. Members "
        "differ in a band by about as much as its figures may be off, or more."
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Tell what weights leave; with a folder, fit without the bands of each year, and write the scores."""
    parser = argparse.ArgumentParser(description="Leave ages out of the fit, or of the posterior.")
    parser.add_argument("folder", type=Path, nargs="?")
    folder = parser.parse_args(arguments).folder
    if folder is not None:
        rows = [row for year in YEARS for row in predicted(year, folder / str(year))]
        SCORES.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(text(bands()))


if __name__ == "__main__":
    main()
