"""A bounded folder of arrays: it never holds more than it may, and is seldom looked through."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from sim.machine.arrays import ArrayFiles

SIZE = 1000


def written(kept: ArrayFiles, number: int) -> None:
    kept.write(f"{number:03}", [("numbers", np.zeros(SIZE, np.uint8))])
    os.utime(kept.path(f"{number:03}"), (number + 1e9, number + 1e9))  # one after the other, however fast


def held(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def test_a_folder_never_holds_more_than_its_limit_and_keeps_the_newest(tmp_path: Path) -> None:
    kept = ArrayFiles(tmp_path, 20 * SIZE)
    for number in range(60):
        written(kept, number)
        assert held(tmp_path) <= 20 * SIZE
    names = sorted(path.stem for path in tmp_path.iterdir())
    assert len(names) > 10
    assert names == [f"{number:03}" for number in range(60 - len(names), 60)]


def test_a_folder_that_is_far_from_full_is_seldom_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Path] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: looked.append(path) or scandir(path))
    kept = ArrayFiles(tmp_path, 2000 * SIZE)
    for number in range(60):
        written(kept, number)
    assert len(looked) == 1


def test_what_another_process_wrote_counts(tmp_path: Path) -> None:
    ours, theirs = ArrayFiles(tmp_path, 40 * SIZE), ArrayFiles(tmp_path, 40 * SIZE)
    for number in range(120):
        written((ours, theirs)[number % 2], number)
        assert held(tmp_path) <= (40 + 40 / 16) * SIZE + SIZE  # each may write a sixteenth before it looks
