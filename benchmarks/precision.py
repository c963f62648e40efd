"""How much of a difference is luck? Two versions of the engine beside each other, in one run.

``python benchmarks/precision.py [--before 9c86da1] [--seeds 24] [--children 5000]`` takes the sources of an
earlier version from git into a temporary folder, runs the same pairs of budgets of Almere with the same seeds
in both, and prints for each difference its mean, its standard deviation over seeds and the CPU time of a
comparison, with what follows: how many times the efficiency of before, 1 / (variance x CPU time). Between
them stand both budgets lived whole by this version, on the same clocks: what clocks give by themselves.
Warming up is the same work in all, is kept by the app and by batches, and is left out. z compares the means;
both versions have the parameters that they shipped with, so that means need not agree.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
PAIRS = {
    "0 against 36, deficit": ("deficit", 0, 36, True),
    "0 against 36, crowd-out, fenced": ("crowd_out", 0, 36, True),
    "36 against 72, deficit": ("deficit", 36, 72, True),
    "36 against 72, crowd-out, unfenced": ("crowd_out", 36, 72, False),
}
MEASURES = ("cost, EUR m", "society, EUR m", "users 2035", "users 2045", "unmet 2035", "unmet 2045")
# Runs in either version: what moved between them is looked for in both places.
FOUND = """
import importlib, json, sys, time
# An environment that points at this checkout would mix its modules with those of the other version.
sys.meta_path = [finder for finder in sys.meta_path if "Editable" not in repr(finder)]
def found(*names):
    for name in names:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            pass
    raise SystemExit(f"none of {names}")
experiment = found("sim.experiment", "sim.runs.experiment")
appraisal = found("sim.appraisal", "sim.decision.appraisal", "sim.decision.comparison")
library = found("sim.library", "sim.inputs.library")
scenarios = found("sim.scenario", "sim.inputs.scenario")
warmstore = found("sim.warmstore", "sim.runs.warmstore")
config = found("sim.setting", "sim.engine.setting", "sim.engine.config")
config_for = getattr(experiment, "config_for", None) or experiment.setting_for
"""
RUN = (
    FOUND
    + """
import numpy as np
pairs, seeds, children, apart = json.loads(sys.argv[1])
def scenario(policy, fte, fenced):
    return scenarios.scenario_from_dict({"kind": "scenario", "title": str(fte), "municipality": "Almere",
        "start": 2026, "years": 20, "policy": policy,
        "programmes": {"kinderwerk": {"fte": fte, "ring_fenced": fenced}}}, library.registry())
pv = 1.03 ** -np.arange(1, 21)
out = {}
with config.worker_threads(1) as pool:
    store = warmstore.WarmStore()
    for seed in [10_000, *range(seeds)]:
        for name, (policy, a, b, fenced) in pairs.items():
            both = [scenario(policy, a, True), scenario(policy, b, fenced)]
            options = experiment.Options(children=children, seed=seed, threads=1)
            s = config_for(both[0], options, 0, 0)
            store.get(s, 2026, pool)
            started = time.process_time()
            if apart:
                a, b = (next(iter(experiment.run_all([one], options, store, pool=pool))) for one in both)
                runs = [experiment.Run(0, 0, a.columns + b.columns)]
            else:
                runs = list(experiment.run_all(both, options, store, pool=pool))
            seconds = time.process_time() - started
            d = appraisal.difference(runs, 1, 0, range(2026, 2046))
            rows = {label: d.runs[0, i] for i, label in enumerate(d.labels)}
            users, unmet = rows["care_users", "total", "all"], rows["unmet_need", "total", "all"]
            values = [rows[appraisal.MUNICIPAL] @ pv / 1e6, rows[appraisal.SOCIETY] @ pv / 1e6,
                      users[9], users[19], unmet[9], unmet[19]]
            if seed < 10_000:  # the first time compiles
                out.setdefault(name, []).append([seconds, *map(float, values)])
print(json.dumps(out))
"""
)


def measured(
    folder: Path, seeds: int, children: int, apart: bool = False
) -> dict[str, NDArray[np.float64]]:
    """Return for each pair [seeds, 1 + measures]: CPU seconds and differences, of the version in a folder.

    apart: whether both budgets are lived whole.
    """
    told = json.dumps([PAIRS, seeds, children, apart])
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    answer = subprocess.run(
        [sys.executable, "-c", RUN, told], cwd=folder, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    if answer.returncode:
        raise SystemExit(answer.stderr)
    return {name: np.array(rows) for name, rows in json.loads(answer.stdout).items()}


def unpacked(revision: str, folder: Path) -> Path:
    """Put the sources of a revision in a folder and return it."""
    packed = subprocess.run(["git", "archive", revision], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def compared(before: NDArray[np.float64], now: NDArray[np.float64]) -> list[list[float]]:
    """Return for each measure: mean and deviation, z of the means, and the ratio of efficiency to before."""
    rows = []
    for k in range(1, 1 + len(MEASURES)):
        (m, s), (n, t) = ((x[:, k].mean(), x[:, k].std(ddof=1)) for x in (before, now))
        z = (n - m) / np.hypot(s, t) * np.sqrt(len(now))
        gain = (s**2 * before[:, 0].mean()) / (t**2 * now[:, 0].mean())
        rows.append([n, t, z, gain])
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", default="9c86da1")
    parser.add_argument("--seeds", type=int, default=24)
    parser.add_argument("--children", type=int, default=5_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        before = measured(unpacked(asked.before, Path(folder)), asked.seeds, asked.children)
    whole = measured(ROOT, asked.seeds, asked.children, apart=True)
    now = measured(ROOT, asked.seeds, asked.children)
    for name in PAIRS:
        seconds = ", ".join(f"{x[name][:, 0].mean():.2f}" for x in (before, whole, now))
        print(f"\n{name}: CPU {seconds} s (before, both whole, now)")
        heads = "before", "sd", "whole", "sd", "z", "gain", "now", "sd", "z", "gain"
        print(f"{'':16}" + "".join(f"{head:>10}" for head in heads))
        rows = zip(MEASURES, *(compared(before[name], x[name]) for x in (before, whole, now)), strict=True)
        for measure, old, clocks, forks in rows:
            print(f"{measure:16}" + "".join(f"{x:10.2f}" for x in [*old[:2], *clocks, *forks]))


if __name__ == "__main__":
    main()
