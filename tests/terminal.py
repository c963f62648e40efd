"""The command line as a user calls it, and small scenarios for it."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from unittest import mock

import pytest

import cli

ROOT = Path(__file__).resolve().parents[1]
GOOD = "kind: scenario\ntitle: x\nmunicipality: Almere\nyears: 2\nprogrammes:\n  kinderwerk:\n    fte: 36\n"
FEW = ("--children", "400", "--threads", "2")
ALMERE = (ROOT / "scenarios/almere/geen.yaml", ROOT / "scenarios/almere/huidig.yaml")


def call(*words: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Call a command in this process, which spares a second of imports each time.

    Streams belong to the whole process. Where another thread takes them away (seen after tests of the app,
    whose work goes on for a while), it is called again later, and in the end in a process of its own.
    """
    for _ in range(20):
        done, kept = _called(["kinderwerk", *map(str, words)], cwd)
        if kept:
            return done
        warnings.warn(f"streams were taken from {words}: {threading.enumerate()}", stacklevel=2)
        time.sleep(0.5)
    line = [sys.executable, str(ROOT / "cli.py"), *map(str, words)]
    return subprocess.run(line, capture_output=True, text=True, cwd=cwd, timeout=240, check=False)


def _called(line: list[str], cwd: Path) -> tuple[subprocess.CompletedProcess[str], bool]:
    """Return what a command said, and whether its streams stayed its own."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with (
        mock.patch.object(sys, "argv", line),
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        with pytest.raises(SystemExit) as end:
            cli.main()
        kept = sys.stdout is out and sys.stderr is err
    out.seek(0)
    err.seek(0)
    done = subprocess.CompletedProcess(line, code_of(end.value), out.read(), err.read())
    return done, kept and bool(done.stdout or done.stderr)


def code_of(end: SystemExit) -> int:
    """Return the exit code that a process would end with."""
    return end.code if isinstance(end.code, int) else int(end.code is not None)


def process(*words: object) -> subprocess.CompletedProcess[str]:
    """Call a command as a process of its own."""
    line = [sys.executable, str(ROOT / "cli.py"), *map(str, words)]
    return subprocess.run(line, capture_output=True, text=True, cwd=ROOT, timeout=240, check=False)


def short(tmp_path: Path, fte: float, name: str, policy: str = "deficit") -> Path:
    file = tmp_path / f"{name}.yaml"
    file.write_text(GOOD.replace("36", str(fte)) + f"policy: {policy}\n", encoding="utf-8")
    return file
