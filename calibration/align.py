"""A simple, documented fit: first parameters aligned to the CBS targets, graded provisional.

Run as ``python -m calibration.align [--write]``. Least squares over the logarithms of the levels,
age shapes and access paths below; residuals are log ratios of model to target over the target's
tolerance, plus a weak pull to the starting values. Same luck in every evaluation. The calibration
proper (posterior, held-out years) replaces this; until then ranges are assumed.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from calibration.targets import USERS_OF, Counted, Target, predict, read_targets
from sim.history import place_years
from sim.lifecourse import layout
from sim.parameters import COLUMNS, PARAMETER_FILE, Parameters, default_parameters
from sim.population import profiles
from sim.prices import care_spending
from sim.simulation import Setting, warm_up, worker_threads
from sim.states import FORMS, HISTORY_YEAR
from sim.transitions import compile_table, default_table

Floats = NDArray[np.float64]
PROFILE = "Nederland 2018"
LAST_YEAR = 2019
FREE = (
    *(f"start.{form}" for form in FORMS),
    "start.care_age.0", "start.care_age.2", "start.care_age.12", "start.care_age.17", "start.legal_age.18",
    "start.second", "start.with_residence", "end18.help", "end18.residence", "end.ambulant",
    "start.probation_age.18",
    "access.wijkteam.2015", "access.wijkteam.2016", "access.wijkteam.2017", "access.general.2015",
    "access.netwerk.2016", "access.netwerk.2017", "access.probation.2015",
    "need.onset_light", "need.onset_age.14", "need.eenouder.yes", "frailty.sd",
)  # fmt: skip
ANCHORS = (  # (name, ages, share of children with any need, tolerance): calibration/evidence/risk_factors.csv
    ("sdq_raised_4_11", 4, 11, 0.21, 0.10),
    ("sdq_problems_12_16", 12, 16, 0.305, 0.15),
)
RAKES = 5
PULL = 1.0  # standard deviation, in logs, of a free value around its start


def count(p: Parameters, children: int, seed: int, pool: Executor) -> Counted:
    """Return what the model counts for the country in 2015-2019 under parameters `p`."""
    setting = Setting(profiles()[PROFILE], p, seed=seed, children=children)
    warm = warm_up(setting, LAST_YEAR + 1, pool, count_from=HISTORY_YEAR)
    table = compile_table(default_table(), p, LAST_YEAR + 1)
    scale = setting.flow()[1]
    return Counted(warm.cells.sum(axis=1) * scale, layout(table), table, p)


def fitted_targets() -> list[Target]:
    """Return the national targets with the role calibrate."""
    return [t for t in read_targets() if t.role == "calibrate" and t.region == "NL"]


def residuals(counted: Counted, targets: Sequence[Target]) -> Floats:
    """Return log(model / target) / tolerance for every target that the model counts, then the anchors."""
    found = []
    for target in targets:
        value = predict(target, counted)
        if value is not None:
            found.append(np.log(max(value, 1e-9) / target.value) / max(target.tolerance, 0.02))
    for _, first, last, share, tolerance in ANCHORS:
        found.append(np.log(counted.need_share(first, last, 2018) / share) / tolerance)
    return np.array(found)


def rake(p: Parameters, children: int, seed: int, pool: Executor) -> Parameters:
    """Return `p` with the level of each form's start moved to its latest target, a few times over."""
    latest = {USERS_OF.get(t.id.removesuffix(f"_{t.year}"), ""): t for t in fitted_targets()}
    for _ in range(RAKES):
        counted = count(p, children, seed, pool)
        changes = {}
        for form in FORMS:
            value = predict(latest[form], counted)
            if value:
                changes[f"start.{form}"] = p[f"start.{form}"] * (latest[form].value / value) ** 1.2
        p = p.replace(changes)
    return p


def align(p: Parameters, children: int, seed: int, rounds: int, pool: Executor) -> Parameters:
    """Return `p` with the free values aligned to the targets.

    A free value is `start * exp(x - 1)`: around x = 1, so that the relative step of the finite
    differences is a step of 4 percent for every value (simulated counts are step functions).
    """
    targets = fitted_targets()
    p = rake(p, children, seed, pool)
    start = np.array([p[name] for name in FREE])
    upper = 1.0 + np.minimum(3.0, [np.log(0.98 / p[n]) if n.startswith("end18") else 3.0 for n in FREE])

    def values(x: Floats) -> Parameters:
        return p.replace(dict(zip(FREE, (start * np.exp(x - 1.0)).tolist(), strict=True)))

    def objective(x: Floats) -> Floats:
        fit = residuals(count(values(x), children, seed, pool), targets)
        print(f"  mean squared residual {np.mean(fit**2):.3f}", file=sys.stderr)
        return np.concatenate([fit, (x - 1.0) / PULL])

    ones = np.ones(start.size)
    best = least_squares(
        objective, ones, bounds=(ones - 3.0, upper), diff_step=[0.04] * start.size, max_nfev=rounds
    )
    return values(best.x)


def align_costs(p: Parameters, counted: Counted) -> Parameters:
    """Return `p` with the level of unit costs such that spending in 2019 is what municipalities spent."""
    years = place_years(counted.cells[2019 - HISTORY_YEAR], counted.layout, counted.table)
    spent = care_spending(years, 2019, p)
    return p.replace({"cost.level": p["cost.level"] * p["cost.total_2019"] * p["cost.cpi_2019"] / spent})


def report(counted: Counted) -> list[tuple[str, str, float, float, float]]:
    """Return (id, role, target, model, relative error) for every target that the model counts."""
    rows = []
    for target in read_targets():
        value = predict(target, counted)
        if value is not None:
            rows.append((target.id, target.role, target.value, value, value / target.value - 1))
    for name, first, last, share, _ in ANCHORS:
        value = counted.need_share(first, last, 2018)
        rows.append((name, "anchor", share, value, value / share - 1))
    return rows


def write(p: Parameters, path: Path = PARAMETER_FILE) -> None:
    """Write changed values into the parameter file; ranges move along with the values."""
    rows = []
    for name, record in p.records.items():
        factor = p[name] / record.value if record.value else 1.0
        scaled = [record.value, record.low, record.high]
        if factor != 1.0:
            scaled = [float(f"{x * factor:.4g}") for x in scaled]
            if record.scale == "logit":
                scaled = [scaled[0], min(record.low, scaled[0]), max(record.high, scaled[0])]
        rows.append((name, *scaled, record.unit, record.scale, record.grade, record.rank, record.source))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)


def main() -> None:
    """Fit, report and (with --write) store the aligned values."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--children", type=int, default=150_000)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with worker_threads(None) as pool:
        p = default_parameters()
        if options.rounds:
            p = align(p, options.children, options.seed, options.rounds, pool)
        counted = count(p, max(options.children, 600_000), options.seed + 1, pool)
        p = align_costs(p, counted)
        for name, role, target, value, error in report(counted):
            print(f"{name:32} {role:10} {target:12,.3f} {value:12,.3f} {error:+7.1%}")
        for name in (*FREE, "cost.level"):
            print(f"{name:32} {p.records[name].value:10.4g} -> {p[name]:10.4g}")
    if options.write:
        write(p)


if __name__ == "__main__":
    main()
