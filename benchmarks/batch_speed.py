"""Do two workers do twice as much, and does a cluster cost anything? Pairs of batches, one after the other.

``python benchmarks/batch_speed.py [--children N] [--draws D] [--pairs N]`` runs 60 scenarios with one
worker, with two, and on a Dask LocalCluster of two workers, each from nothing: no warmed-up population and
no unit is there before. Prints the seconds of each, the ratios of the pairs, their medians, how much of the
workers' time went into units, and whether all tables are the same to the byte.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from batch_kills import same

ROOT = Path(__file__).resolve().parents[1]
GRID = """\
kind: grid
from: huidig.yaml
values:
  programmes.kinderwerk.fte: [0, 6, 12, 18, 24, 30, 36, 42, 48, 54]
  policy: [deficit, crowd_out]
  parameters.kinderwerk.visits_per_child: [30, 40, 50]
reference: {programmes.kinderwerk.fte: 0}
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--children", type=int, default=5000)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--grid", type=Path, help="Another grid than that of 60 scenarios.")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        measure(Path(place), asked)


def measure(place: Path, asked: argparse.Namespace) -> None:
    folder = place / "scenarios"
    folder.mkdir()
    for name in ("geen", "huidig"):
        shutil.copy(ROOT / "scenarios" / "almere" / f"{name}.yaml", place / f"{name}.yaml")
    grid = (asked.grid.read_text(encoding="utf-8") if asked.grid else GRID).replace("huidig", "../huidig")
    (folder / "grid.yaml").write_text(grid, encoding="utf-8")
    few = ("--children", str(asked.children), "--draws", str(asked.draws))
    alone(place, folder, "warming", ("--children", "300"), 2)  # compiles
    seconds: dict[str, list[float]] = {"one": [], "two": [], "cluster": []}
    for k in range(asked.pairs):
        for name, workers in (("one", 1), ("two", 2), ("cluster", 0)):
            out = f"{name}{k}"
            found = alone(place, folder, out, few, workers) if workers else clustered(place, folder, out, few)
            seconds[name].append(found["seconds"])
            told = found["manifest"]
            busy = told["work_seconds"] / told["workers"] / told["make_seconds"]
            print(
                f"pair {k + 1}, {name}: {found['seconds']:.1f} s for {told['units']['made']} units, of which "
                f"{told['make_seconds']:.1f} s making them; workers at work {busy:.1%} of that",
                flush=True,
            )
            print(f"  tables the same to the byte as with one worker: {same(place / 'one0', place / out)}")
    two = [one / both for one, both in zip(seconds["one"], seconds["two"], strict=True)]
    far = [there / here for there, here in zip(seconds["cluster"], seconds["two"], strict=True)]
    tell("one worker / two workers", two)
    tell("cluster / two workers", far)


def tell(words: str, ratios: list[float]) -> None:
    print(f"{words}: {', '.join(f'{r:.2f}' for r in ratios)}; median {statistics.median(ratios):.2f}")


def environment(place: Path, name: str) -> dict[str, str]:
    """Return an environment without warmed-up populations, but with compiled kernels."""
    sys.path.insert(0, str(ROOT))
    from sim.machine.compiling import use_cache

    use_cache()
    return {**os.environ, "KINDERWERK_CACHE": str(place / f"cache-{name}")}


def alone(place: Path, folder: Path, name: str, few: tuple[str, ...], workers: int) -> dict[str, Any]:
    return timed(folder, place / name, (*few, "--workers", str(workers)), environment(place, name))


def clustered(place: Path, folder: Path, name: str, few: tuple[str, ...]) -> dict[str, Any]:
    code = (
        "import sys, distributed\n"
        "if __name__ == '__main__':\n"
        "    there = distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)\n"
        "    print(there.scheduler_address, flush=True)\n    sys.stdin.read()\n    there.close()\n"
    )
    script = place / "cluster.py"
    script.write_text(code, encoding="utf-8")
    own = environment(place, name)
    cluster = subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**own, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert cluster.stdout is not None
    try:
        address = cluster.stdout.readline().strip()
        return timed(folder, place / name, (*few, "--cluster", address), own)
    finally:
        cluster.communicate("", timeout=60)


def timed(folder: Path, out: Path, words: tuple[str, ...], own: dict[str, str]) -> dict[str, Any]:
    line = [sys.executable, str(ROOT / "cli.py"), "batch", str(folder), "--out", str(out), "--json", *words]
    started = time.perf_counter()
    done = subprocess.run(line, capture_output=True, text=True, env=own, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return {**json.loads(done.stdout), "seconds": time.perf_counter() - started}


if __name__ == "__main__":
    main()
