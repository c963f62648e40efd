"""Do two versions of the engine agree in the mean? Every measure by year, age and form, over many seeds.

``python benchmarks/agreement.py [--before 9c710d9] [--now 39840d7] [--seeds 200] [--children 2000]`` lives
Almere with 36 workers in two versions with the same seeds, and compares the mean of every figure (Welch's t).
Where nothing moved, t has mean 0 and standard deviation 1. Power: with 200 seeds a shift of half a standard
deviation of one run gives t = 5. 9c710d9 is the last version with one clock for a whole child, 39840d7 the
first with a clock for each state: they have the same parameters. Without --now it is the version here, whose
parameters are others.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.precision import FOUND, unpacked  # noqa: E402

RUN = (
    FOUND
    + """
import numpy as np
seeds, children, file = json.loads(sys.argv[1])
scenario = scenarios.scenario_from_dict({"kind": "scenario", "title": "36", "municipality": "Almere",
    "start": 2026, "years": 20, "policy": "deficit", "programmes": {"kinderwerk": {"fte": 36}}},
    library.registry())
rows, labels = [], None
with config.worker_threads(1) as pool:
    store = warmstore.WarmStore()
    for seed in range(seeds):
        options = experiment.Options(children=children, seed=seed, threads=1)
        (run,) = experiment.run_all([scenario], options, store, pool=pool)
        labels = labels or run.columns[0].labels
        by_label = dict(zip(run.columns[0].labels, run.columns[0].values))
        rows.append(np.stack([by_label[label] for label in labels]))
rows = np.array(rows)
names = ["|".join(label) for label in labels]
np.savez(file, labels=names, mean=rows.mean(axis=0), sd=rows.std(axis=0, ddof=1))
"""
)


def measured(
    folder: Path, seeds: int, children: int
) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
    """Return labels, and mean and standard deviation over seeds, [labels, years]."""
    with tempfile.TemporaryDirectory() as kept:
        file = str(Path(kept) / "found.npz")
        surroundings = {**os.environ, "PYTHONPATH": str(folder)}
        call = [sys.executable, "-c", RUN, json.dumps([seeds, children, file])]
        answer = subprocess.run(call, cwd=folder, env=surroundings, capture_output=True, text=True)
        if answer.returncode:
            raise SystemExit(answer.stderr)
        with np.load(file) as found:
            return found["labels"].tolist(), found["mean"], found["sd"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", default="9c710d9")
    parser.add_argument("--now")
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--children", type=int, default=2_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        labels, mean, sd = measured(unpacked(asked.before, Path(folder)), asked.seeds, asked.children)
    with tempfile.TemporaryDirectory() as folder:
        later = unpacked(asked.now, Path(folder)) if asked.now else ROOT
        names, ours, spread = measured(later, asked.seeds, asked.children)
    both = [name for name in labels if name in names]
    a, b = [labels.index(name) for name in both], [names.index(name) for name in both]
    error = np.hypot(sd[a], spread[b]) / np.sqrt(asked.seeds)
    t = np.where(error > 0, (ours[b] - mean[a]) / np.where(error > 0, error, 1.0), 0.0)
    told = t[error > 0]
    print(f"{len(both)} measures by {t.shape[1]} years: t has mean {told.mean():+.2f}, standard deviation "
          f"{told.std():.2f}, {np.mean(np.abs(told) > 2):.1%} beyond 2, "
          f"at most {np.abs(told).max():.1f}")  # fmt: skip
    worst = sorted(range(len(both)), key=lambda k: -np.abs(t[k].mean()))[:12]
    for k in worst:
        print(f"{both[k]:50} before {mean[a][k].mean():12.1f} now {ours[b][k].mean():12.1f} "
              f"mean t {t[k].mean():+.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
