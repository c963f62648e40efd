"""Does the standard error from blocks tell how far a difference is off? Every measure and year, many seeds.

``python benchmarks/errors.py [--seeds 200] [--children 2000]`` compares Almere without and with 36 workers
under each seed, and prints for all differences the spread over seeds, divided by the standard error that the
blocks of each run give (root mean square). 1 is right; above 1, an error is told too small. With 200 seeds
the spread itself is known to within 10 percent. Figures that differ from zero in less than half of the seeds
are left out.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sim.decision.comparison import difference
from sim.engine.config import worker_threads
from sim.inputs.library import registry
from sim.inputs.scenario import scenario_from_dict
from sim.runs.experiment import Options, run_all
from sim.runs.warmstore import WarmStore

HALF = 0.5
"""Share of the seeds in which a figure must differ from zero."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--children", type=int, default=2_000)
    asked = parser.parse_args()
    pair = [
        scenario_from_dict(
            {"kind": "scenario", "title": str(fte), "municipality": "Almere", "start": 2026, "years": 20,
             "policy": "deficit", "programmes": {"kinderwerk": {"fte": fte}}}, registry(),
        )
        for fte in (0, 36)
    ]  # fmt: skip
    values, errors, store = [], [], WarmStore()
    with worker_threads(None) as pool:
        for seed in range(asked.seeds):
            runs = list(run_all(pair, Options(children=asked.children, seed=seed), store, pool=pool))
            d = difference(runs, 1, 0, range(2026, 2046))
            values.append(d.runs[0])
            errors.append(d.run_mcse[0])
    found = np.array(values)
    told = np.sqrt(np.mean(np.square(errors), axis=0))
    counted = ((found != 0).mean(axis=0) > HALF) & (told > 1e-6)  # places of a programme are no luck
    ratio = found.std(axis=0, ddof=1)[counted] / told[counted]
    low, middle, high = np.quantile(ratio, [0.05, 0.5, 0.95])
    print(f"{counted.sum()} of {counted.size} figures: spread over standard error {middle:.2f}, nine in ten "
          f"from {low:.2f} to {high:.2f}")  # fmt: skip
    labels, years = np.nonzero(counted)
    for k in np.argsort(-np.abs(np.log(ratio)))[:12]:
        print(f"{'/'.join(d.labels[labels[k]]):50} {d.years[years[k]]} {ratio[k]:.2f}")


if __name__ == "__main__":
    main()
