"""Kill a batch at random moments, again and again: does it end as one that nobody disturbed?

``python benchmarks/batch_kills.py [--kills N] [--children N] [--draws D] [--seed S]`` starts a batch, kills
its whole process group at a random moment, and starts it again. A batch that ended before its kill is started
anew in an empty folder. Prints what every kill left, and at the end whether no finished unit was ever lost
and whether the tables are those of an undisturbed batch, to the byte. What a killed writer left aside must go
with a batch that begins an hour later: files are made to look that old.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from sim.machine.whole import ASIDE

ROOT = Path(__file__).resolve().parents[1]
TABLES = ("results.parquet", "comparison.parquet")
GRID = """\
kind: grid
from: huidig.yaml
values:
  programmes.kinderwerk.fte: [12, 24, 48, 60]
  policy: [deficit, crowd_out]
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--children", type=int, default=2000)
    parser.add_argument("--draws", type=int, default=6)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        sys.exit(0 if survives(Path(place), asked) else 1)


def survives(place: Path, asked: argparse.Namespace) -> bool:
    folder, out = place / "scenarios", place / "out"
    shutil.copytree(ROOT / "scenarios" / "almere", folder)
    (folder / "grid.yaml").write_text(GRID, encoding="utf-8")
    line = [
        sys.executable, str(ROOT / "cli.py"), "batch", str(folder), "--children", str(asked.children),
        "--draws", str(asked.draws), "--workers", str(asked.workers), "--json", "--out",
    ]  # fmt: skip
    subprocess.run([*line, str(place / "first")], check=True, stdout=subprocess.DEVNULL)  # compiles
    started = time.monotonic()
    subprocess.run([*line, str(place / "calm")], check=True, stdout=subprocess.DEVNULL)
    span = time.monotonic() - started
    print(f"undisturbed: {len(units(place / 'calm'))} units in {span:.1f} s")
    luck = np.random.default_rng(asked.seed)
    killed, lost = 0, 0
    while killed < asked.kills:
        before = units(out)
        running = subprocess.Popen([*line, str(out)], stdout=subprocess.DEVNULL, start_new_session=True)
        moment = luck.uniform(0.0, 0.8 * span)
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(moment)
        if running.poll() is not None:
            print(f"ended before its kill (exit code {running.returncode}); begins anew")
            if running.returncode or not same(place / "calm", out):
                print("and is not as the undisturbed one")
                return False
            shutil.rmtree(out)
            continue
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        killed += 1
        after = units(out)
        lost += len(before.items() - after.items())
        tables = sum((out / name).exists() for name in TABLES)
        print(f"kill {killed} after {moment:5.1f} s: {len(before)} -> {len(after)} units, {tables} tables")
    subprocess.run([*line, str(out)], check=True, stdout=subprocess.DEVNULL)
    alike = same(place / "calm", out)
    print(f"finished units that were lost or made again: {lost}")
    print(f"tables the same to the byte as undisturbed: {alike}")
    left = left_aside(out)
    print(f"left behind aside: {len(left)}")
    for path in left:
        os.utime(path, (time.time() - 7200.0,) * 2)
    subprocess.run([*line, str(out)], check=True, stdout=subprocess.DEVNULL)
    still = left_aside(out)
    print(f"left behind by a batch that begins two hours later: {len(still)}")
    return alike and not lost and not still


def left_aside(out: Path) -> list[Path]:
    """Return what is there of writers that did not come to an end: folders of tables, and files of units."""
    return [path for path in out.rglob("*") if path.name.startswith(".writing-") or path.suffix == ASIDE]


def units(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (out / "units").rglob("*.unit")}


def same(calm: Path, out: Path) -> bool:
    return all((calm / name).read_bytes() == (out / name).read_bytes() for name in TABLES)


if __name__ == "__main__":
    main()
