"""The compiled kernels do what their Python says: without the compiler everything is the same to the byte.

It is also how a measurement of coverage sees the lines of the kernels (``make coverage``).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.published.template import TEMPLATE

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = """\
kind: scenario
title: Alles tegelijk
municipality: Almere
start: 2026
years: 3
policy: {policy}
shocks:
  - {{kind: lockdown, start: 2026-07, months: 6, size: 0.7, workers: absent}}
programmes:
  peuterwerk: {{fte: 20}}
  kinderwerk: {{fte: 60, ring_fenced: false}}
  jongerenwerk: {{fte: 30}}
  gezinssteun: {{fte: 20}}
"""


def both_ways(folder: Path, *words: str | Path, out: bool = True) -> list[dict[str, bytes]]:
    """Return the tables, and what was printed, of a command with the compiler and without it."""
    found = []
    for plain in ("0", "1"):
        place = folder / plain
        own = (
            {"KINDERWERK_CACHE": str(folder / "cache")} if plain == "1" else {}
        )  # or it finds what the other made
        done = subprocess.run(
            [sys.executable, str(ROOT / "cli.py"), *map(str, words), *(["--out", str(place)] if out else [])],
            check=True, capture_output=True, cwd=ROOT, env={**os.environ, "NUMBA_DISABLE_JIT": plain, **own},
        )  # fmt: skip
        tables = {path.name: path.read_bytes() for path in sorted(place.glob("*.parquet"))}
        found.append(tables if out else {"printed": done.stdout})
    return found


def written(folder: Path, policy: str, fte: int = 60) -> Path:
    path = folder / f"{policy}-{fte}.yaml"
    path.write_text(SCENARIO.format(policy=policy).replace("fte: 60", f"fte: {fte}"), encoding="utf-8")
    return path


@pytest.mark.parametrize("policy", ["capped"])  # `twins` below lives without limited places
def test_a_run(policy: str, tmp_path: Path) -> None:
    compiled, plain = both_ways(tmp_path, "run", written(tmp_path, policy), "--children", "250")
    assert compiled.keys() == {"results.parquet"}
    assert compiled == plain


def test_two_lives(tmp_path: Path) -> None:
    compiled, plain = both_ways(
        tmp_path, "twins", written(tmp_path, "deficit", 0), written(tmp_path, "deficit"), "--children", "250"
    )
    assert compiled
    assert compiled == plain


@pytest.mark.parametrize("name", ["sick-sicker-krijkamp2018", "hip-briggs2004", "hiv-chancellor1997"])
def test_a_published_model(name: str, tmp_path: Path) -> None:
    model = ROOT / "scenarios" / "published" / f"{name}.yaml"
    compiled, plain = both_ways(tmp_path, "model", model, "--persons", "200", "--json", out=False)
    assert b"simulation" in compiled["printed"]
    assert compiled == plain


def test_rewards_on_entry_within_a_cycle_by_time_in_state(tmp_path: Path) -> None:
    """The file that `new --kind model` writes has both, and discounts them."""
    file = tmp_path / "m.yaml"
    file.write_text(TEMPLATE, encoding="utf-8")
    compiled, plain = both_ways(tmp_path, "model", file, "--persons", "60", "--json", out=False)
    assert b"simulation" in compiled["printed"]
    assert compiled == plain
