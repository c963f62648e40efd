"""The same work side by side: this project's kernel for published models, other frameworks and plain numpy.

``python benchmarks/peers/run.py [--persons N] [--folder F] [--peers NAME ...]`` makes an environment of its
own in F (kept, and used again) or in a temporary folder, installs requirements.txt there, runs one peer
after the other, checks each against the exact cohort, and prints a Markdown table. Ratios within one run
are the message; figures of two runs are not comparable. Exit code 1 where a peer does other work.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PEERS = ("kinderwerk", "numpy", "neworder", "starsim", "vivarium")
LIMITS = {"draws": "only Philox draws", "stream": "only the state array, read and written"}
PATIENCE = 600.0
"""Seconds that a peer may take; one that hangs is named as failed."""
TOLERANCE = 4.5
"""Standard errors that a share or a mean cost may be off: 8 figures a peer, wrong once in 10,000 runs."""


def requirements() -> list[str]:
    lines = (HERE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def install(folder: Path) -> tuple[Path, dict[str, str]]:
    """Return the interpreter of the peers, and why the ones that could not be installed could not."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    failed = {}
    for line in requirements():
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run(
            [*pip, "-c", str(HERE / "requirements.txt"), line], capture_output=True, text=True, check=False
        )
        if done.returncode:
            errors = [each for each in done.stderr.splitlines() if each.startswith("ERROR")]
            failed[line.split("==")[0]] = (errors or ["pip failed"])[-1].removeprefix("ERROR: ")
    return python, failed


def call(python: str, script: str, *words: str) -> dict[str, Any]:
    """Return the JSON that a script ends with and its seconds with start, or why it failed."""
    # One thread each: OpenMP and BLAS would otherwise take what the others need.
    own = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    started = time.perf_counter()
    try:
        done = subprocess.run(
            [python, str(HERE / script), *words], capture_output=True, text=True, env=own, check=False,
            timeout=PATIENCE,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"failed": f"no answer within {PATIENCE:.0f} seconds"}
    wall = time.perf_counter() - started
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or ["no message"])[-1]}
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return {**found, "wall": wall}


def differences(found: dict[str, Any], exact: dict[str, Any], persons: int) -> list[str]:
    """Return what is further from the exact cohort than chance explains."""
    wrong = []
    for state, (share, right) in enumerate(zip(found["shares"], exact["shares"], strict=True)):
        error = math.sqrt(right * (1 - right) / persons)
        if not abs(share - right) <= TOLERANCE * error:
            wrong.append(
                f"share of state {state}: {share:.4f}, exact {right:.4f} (standard error {error:.4f})"
            )
    if not abs(found["cost"] - exact["cost"]) <= TOLERANCE * found["error"]:
        wrong.append(
            f"mean cost: {found['cost']:.0f}, exact {exact['cost']:.0f} (error {found['error']:.0f})"
        )
    return wrong


def table(outcomes: dict[str, dict[str, Any]], steps: int) -> str:
    """Return the Markdown table of `outcomes`; `steps` are the person-months of one run."""
    lines = [
        "| | version | million person-months/s | of kinderwerk | seconds with start | peak memory, MB |",
        "|---|---|---|---|---|---|",
    ]
    own = outcomes.get("kinderwerk", {}).get("seconds")
    for name, found in outcomes.items():
        if "failed" in found:
            lines.append(f"| {name} | not measured: {found['failed'].replace('|', '/')} | | | | |")
            continue
        best = min(found["seconds"])
        ratio = f"{min(own) / best:.3g}" if own else ""
        lines.append(
            f"| {name} | {found['version']} | {steps / best / 1e6:,.3g} | {ratio} "
            f"| {found['wall']:.1f} | {found['peak'] / 1e6:,.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--persons", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="Where the environment of the peers is made and kept.")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=PEERS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        sys.exit(measure(Path(place), asked))


def measure(place: Path, asked: argparse.Namespace) -> int:
    own, tables = sys.executable, str(place / "work.npz")
    exact = call(own, "work.py", tables)
    if "failed" in exact:
        sys.exit(exact["failed"])
    python, failed = install((asked.folder or place / "environment").absolute())
    outcomes: dict[str, dict[str, Any]] = {}
    wrong: list[str] = []
    for name in asked.peers:
        if name in failed:
            outcomes[name] = {"failed": failed[name]}
            continue
        interpreter = own if name == "kinderwerk" else str(python)
        found = outcomes[name] = call(interpreter, f"{name}_peer.py", tables, str(asked.persons))
        if "failed" not in found:
            wrong += [f"{name}: {each}" for each in differences(found, exact, asked.persons)]
    for name, words in LIMITS.items():
        outcomes[words] = call(own, "limits_peer.py", tables, str(asked.persons), name)
    print(table(outcomes, asked.persons * exact["months"]))
    print(f"\n{asked.persons:,} persons, {exact['months']} months, one thread, best of three.")
    print("\n".join(wrong) if wrong else "Every peer measured agrees with the exact cohort.")
    return 1 if wrong else 0


if __name__ == "__main__":
    main()
