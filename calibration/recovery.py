"""Parameter recovery: fit to figures made with known parameters, and compare.

Run as ``python -m calibration.recovery OUT [--quick] [--seed N]``: writes OUT/figures.csv (the shipped
figures of the country with the model's own values in their place) and OUT/truth.json, calibrates to them,
and prints how often intervals hold the truth and how much nearer to it the fit came than the prior.
A calibration that cannot find its own parameters again could not be trusted with those of the world.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.calibrate import calibrate
from calibration.figures.targets import TARGET_FILE, read_targets
from calibration.fit import FitPlan
from calibration.runs import count, national, predict
from calibration.space import Space
from sim.model.parameters import Parameters, prior_parameters
from sim.progress import Progress
from sim.runs.threads import run_threads

Floats = NDArray[np.float64]
SPREAD = 0.7
"""How far the truth is drawn from the middle of what is believed, in standard deviations of it."""


def truth(space: Space, seed: int) -> Floats:
    """Return float64[size]: parameters to find again, in standard deviations of what is believed."""
    return SPREAD * np.random.default_rng([seed, 11]).standard_normal(space.size)


def write_figures(p: Parameters, path: Path, children: int, seed: int) -> int:
    """Write the shipped figures with the model's values under `p` in their place; return how many changed.

    children: simulated, for the values. Figures that the model does not count, and those of municipalities,
    stay as they are: the fit does not use them.
    """
    with run_threads() as pool:
        counted = count(p, children, seed, pool)
    values = {t.id: predict(t, counted) for t in national(read_targets(TARGET_FILE))}
    with TARGET_FILE.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        rows = list(reader)
    changed = 0
    for row in rows:
        value = values.get(row["id"])
        if value is not None:
            row["value"] = repr(round(value)) if row["unit"] in ("youths", "trajectories") else repr(value)
            changed += 1
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, reader.fieldnames or (), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return changed


@dataclass(frozen=True)
class Recovery:
    """What came back of `parameters` free ones. Errors are in standard deviations of what was believed."""

    parameters: int
    covered: float  # share of parameters whose 90% interval holds the truth
    before: float  # root mean square error of the middle of what was believed, over what figures can tell
    after: float  # the same of the posterior median

    def __str__(self) -> str:
        return (
            f"{self.parameters} parameters: {self.covered:.0%} of the 90% intervals hold the truth; "
            f"error {self.before:.2f} before and {self.after:.2f} after the fit"
        )


def recovered(space: Space, z: Floats, found: Mapping[str, Any]) -> Recovery:
    """Compare what a calibration found with the truth behind its figures.

    Errors are weighted by how much narrower a parameter became: figures say nothing about the others.
    """
    true, rows = space.values(z), found["parameters"]
    held = [row["low"] <= true[row["name"]] <= row["high"] for row in rows]
    weight = np.array([max(1.0 - row["spread"] ** 2, 0.0) for row in rows])
    here = np.array([z[space.names.index(row["name"])] for row in rows])
    error = np.array([row["shift"] for row in rows]) - here
    before, after = (float(np.sqrt((weight * x**2).sum() / weight.sum())) for x in (here, error))
    return Recovery(len(rows), float(np.mean(held)), before, after)


def recover(
    out: Path, children: int, seed: int = 0, quick: bool = False, plan: FitPlan | None = None
) -> Recovery:
    """Make figures with known parameters in `out`, calibrate to them there, and compare.

    children: simulated to make the figures. Raises what `calibrate` raises.
    """
    space = Space(prior_parameters())
    z = truth(space, seed)
    out.mkdir(parents=True, exist_ok=True)
    write_figures(space.parameters(z), out / "figures.csv", children, seed + 1)
    (out / "truth.json").write_text(json.dumps(dict(space.values(z)), indent=1) + "\n", encoding="utf-8")
    found = calibrate(out, out / "figures.csv", quick=quick, seed=seed, plan=plan, tell=_tell)
    return recovered(space, z, found)


def _tell(now: Progress) -> None:
    print(f"\r{now.text()}: {now.done} of {now.total}".ljust(60), end="", file=sys.stderr, flush=True)


def main() -> None:
    """Run the recovery, and print its results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(recover(options.out, 1_000_000, options.seed, options.quick))


if __name__ == "__main__":
    main()
