"""`cache` and `--version` as users give them."""

from __future__ import annotations

import json
import os
import time
from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import command_line
from sim.machine.compiling import kernel_hash


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KINDERWERK_CACHE", str(tmp_path / "cache"))
    for place in ("warm/a.npz", f"kernels/{kernel_hash()}/a.nbi"):
        path = tmp_path / "cache" / place
        path.parent.mkdir(parents=True, mode=0o700)
        path.write_bytes(b"x" * 1_000_000)
        os.utime(path, (time.time() - 3e6,) * 2)
    return tmp_path / "cache"


def told(*words: str) -> str:
    done = CliRunner().invoke(command_line, words)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_cache_is_shown_and_pruned_only_when_asked(root: Path) -> None:
    assert "warmed-up populations" in told("cache")
    shown = json.loads(told("cache", "--json"))
    assert shown["folder"] == str(root)
    assert {part["name"]: part["files"] for part in shown["parts"]}["warm"] == 1
    assert told("cache", "prune") == "1 would go, 1.0 MB\n"
    assert (root / "warm" / "a.npz").exists()
    assert told("cache", "prune", "--unused-for", "90", "--yes") == "0 removed, 0.0 MB\n"
    assert told("cache", "prune", "--yes") == "1 removed, 1.0 MB\n"
    assert not (root / "warm" / "a.npz").exists()
    assert (root / "kernels" / kernel_hash() / "a.nbi").exists()


def test_days_below_zero_are_refused(root: Path) -> None:
    assert CliRunner().invoke(command_line, ["cache", "prune", "--unused-for", "-1"]).exit_code == 2


def test_the_version_is_that_of_the_package() -> None:
    assert told("--version") == f"kinderwerk {metadata.version('kinderwerk')}\n"
