"""The model as a forecaster: fit to what was known in a year, and predict the years after.

Run as ``python -m calibration.rolling OUT``. Each origin has a folder in OUT with the figures and beliefs of
that year (figures.csv, parameters.csv) and its own calibration; a run that was stopped goes on. The scores
go to sim/data/rolling.json, which docs/calibration.md and the app show.

A forecaster of an origin has seen no figure of a later year, and believes that access stays as it was,
within the range that access has for those years. Ranges of other parameters are those of today, which are
wide; their middles were chosen by people who had seen all years. CBS counts more providers from 2021 on: for
an origin before that year, figures after it are predicted as growth since 2021. 2020, the year of the
lockdowns, is neither fitted nor scored.

Scores: the continuous ranked probability score over the figure (Gneiting & Raftery 2007), which for a
forecast without a range is its absolute error; the mean absolute error of the middle; and the share of
figures inside the 50 and 90 percent intervals. Beside it stand three simple rules
(calibration/figures/past.py). A figure of which the past lies across a break of its series is not scored.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from calibration.calibrate import OUTCOMES, calibrate
from calibration.figures.measures import MEASURES
from calibration.figures.past import BREAK, LOCKDOWN, RULES, naive_forecasts, past_of
from calibration.figures.targets import TARGET_FILE, Target, read_targets
from calibration.fit import FitPlan
from calibration.runs import national
from sim.model.parameters import DATA, read_parameters

Floats = NDArray[np.float64]
ORIGINS = (2017, 2018, 2019, 2021, 2022)
PLAN = FitPlan(((200, 15_000), (200, 15_000)), (60, 40_000), 3, 100_000, bends=0)
"""Smaller than a fit that ships: five of them take a quarter of an hour; no best fit is sought."""
SCORES = DATA / "rolling.json"
PATH = re.compile(r"(access\.\w+)\.(\d{4})")
GROWTH, SINCE = "access.growth_after_2019", 2019
ERRORS = 25
"""Draws of the error of a figure for each draw of the parameters."""


def figures_of(rows: Sequence[Mapping[str, str]], origin: int) -> list[dict[str, str]]:
    """Return the rows of a file of targets as a forecaster of `origin` has them.

    What was published of a year up to the origin is fitted, what came later is held out. What is only shown
    stays so.
    """
    known = {True: "calibrate", False: "validate"}
    return [
        {**row, "role": row["role"] if row["role"] == "report" else known[int(row["year"]) <= origin]}
        for row in rows
    ]


def beliefs_of(rows: Sequence[Mapping[str, str]], origin: int) -> list[dict[str, str]]:
    """Return the rows of a file of parameters as a forecaster of `origin` has them.

    Access after the origin is believed to stay as it is: the middle of a later knot is its reference, the
    ratio of its ends stays. Where the reference year itself is later, that holds for the last known knot.
    """
    paths: dict[str, dict[int, Mapping[str, str]]] = {}
    for row in rows:
        if found := PATH.fullmatch(row["name"]):
            paths.setdefault(found[1], {})[int(found[2])] = row
    unknown = set()
    for path, knots in paths.items():
        reference = next(year for year, row in knots.items() if row["low"] == row["high"])
        unknown |= {f"{path}.{year}" for year in knots if year > origin and year != reference}
        if reference > origin and (known := [year for year in knots if year <= origin]):
            unknown.add(f"{path}.{max(known)}")
    return [_as_it_was(row) if row["name"] in unknown else _flat(row, origin) for row in rows]


def _as_it_was(row: Mapping[str, str]) -> dict[str, str]:
    half = (float(row["high"]) / float(row["low"])) ** 0.5
    return {**row, "value": "1.0", "low": repr(1 / half), "high": repr(half)}


def _flat(row: Mapping[str, str], origin: int) -> dict[str, str]:
    if row["name"] != GROWTH or origin > SINCE:
        return dict(row)
    return {**row, "value": "0.0", "low": repr(-float(row["high"]))}


def forecast(origin: int, folder: Path, plan: FitPlan = PLAN) -> list[dict[str, Any]]:
    """Fit to what was known in a year, and return a row for each later figure with a past.

    Raises as `calibrate` does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    figures, beliefs = folder / "figures.csv", folder / "parameters.csv"
    rewrite(TARGET_FILE, figures, figures_of, origin)
    rewrite(DATA / "parameters.csv", beliefs, beliefs_of, origin)
    if not (folder / OUTCOMES).exists():
        calibrate(folder, figures, plan=plan, base=read_parameters(beliefs))
    return scored(origin, national(read_targets(figures)), pq.read_table(folder / OUTCOMES).to_pydict())


def rewrite(source: Path, target: Path, change: Any, year: int) -> None:
    """Write the rows of a file of targets or parameters as `change(rows, year)` returns them."""
    with source.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        rows = change(list(reader), year)
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, reader.fieldnames or (), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def scored(
    origin: int, targets: Sequence[Target], outcomes: Mapping[str, Sequence[float]]
) -> list[dict[str, Any]]:
    """Return a row for each figure after the origin that has a past and a prediction.

    outcomes: what the best fit and each draw came to, by id. Naive forecasts know the same past.
    """
    from scoringrules import crps_ensemble  # compiles for seconds when imported

    by_id = {target.id: target for target in targets}
    rows = []
    for target in targets:
        if target.year <= origin or target.year == LOCKDOWN or MEASURES[target.measure] is None:
            continue
        past = past_of(target, targets, origin, levelled=origin < BREAK)
        if not past or target.id not in outcomes:
            continue
        draws = np.array(outcomes[target.id][1:])
        level = None
        if origin < BREAK <= target.year:
            after = by_id.get(f"{target.stem}_{BREAK}")
            if after is None or target.year == BREAK or after.id not in outcomes:
                continue
            level = after.value
            draws = draws * level / np.array(outcomes[after.id][1:])
        told = _blurred(draws, target)
        rows.append({
            "origin": origin, "id": target.id, "year": target.year, "value": target.value,
            "since_break": level is not None, "median": float(np.median(draws)),
            **{f"q{100 * q:g}": float(np.quantile(told, q)) for q in (0.05, 0.25, 0.75, 0.95)},
            "crps": float(crps_ensemble(target.value, told)) / target.value,
            **naive_forecasts(past, target.year, level),
        })  # fmt: skip
    return rows


def _blurred(draws: Floats, target: Target) -> Floats:
    """Return draws with the error of the figure itself: what may be published."""
    luck = np.random.default_rng([target.year, *target.id.encode()])
    errors = luck.standard_normal((ERRORS, draws.size))
    return np.asarray((draws * np.exp(target.tolerance * errors)).ravel())


def summary(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return scores by origin and over all: errors as a share of the figure."""
    origins = [*sorted({row["origin"] for row in rows}), None]
    found = []
    for origin in origins:
        own = [row for row in rows if origin in (row["origin"], None)]
        inside = {
            f"inside_{width}": float(np.mean([row[low] <= row["value"] <= row[high] for row in own]))
            for width, low, high in ((50, "q25", "q75"), (90, "q5", "q95"))
        }
        errors = {
            name: float(np.mean([abs(row[key] / row["value"] - 1) for row in own]))
            for name, key in (("model", "median"), *((name, name) for name in RULES))
        }
        found.append({
            "origin": origin, "figures": len(own), "crps": float(np.mean([row["crps"] for row in own])),
            **errors, **inside,
        })  # fmt: skip
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit at each origin, score, and write what came of it."""
    parser = argparse.ArgumentParser(
        description="Fit to what was known in a year, and predict the years after."
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--origins", nargs="*", type=int, default=ORIGINS)
    options = parser.parse_args(arguments)
    rows = []
    for origin in options.origins:
        rows += forecast(origin, options.folder / str(origin))
        print(json.dumps(summary(rows)[-1]))
    SCORES.write_text(
        json.dumps({"summary": summary(rows), "figures": rows}, indent=1) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
