"""The command line as a user calls it, and small scenarios for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GOOD = "kind: scenario\ntitle: x\nmunicipality: Almere\nyears: 2\nprogrammes:\n  kinderwerk:\n    fte: 36\n"
FEW = ("--children", "400", "--threads", "2")
ALMERE = (ROOT / "scenarios/almere/geen.yaml", ROOT / "scenarios/almere/huidig.yaml")


def call(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, str(ROOT / "cli.py"), *map(str, words)]
    return subprocess.run(line, capture_output=True, text=True, cwd=cwd or ROOT, timeout=240, check=False)


def short(tmp_path: Path, fte: float, name: str, policy: str = "deficit") -> Path:
    file = tmp_path / f"{name}.yaml"
    file.write_text(GOOD.replace("36", str(fte)) + f"policy: {policy}\n", encoding="utf-8")
    return file
