"""What the cache holds, and what goes when it was long not used."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from sim.machine import cache
from sim.machine.compiling import kernel_hash

DAY = 86_400.0


def made(path: Path, days: float, size: int = 10) -> Path:
    """Make a file that was last used so many days ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    used = time.time() - days * DAY
    os.utime(path, (used, used))
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made(tmp_path / "kernels" / kernel_hash() / "sim" / "a.nbi", 90)
    made(tmp_path / "kernels" / ("0" * 16) / "sim" / "a.nbi", 90, 100)
    made(tmp_path / "kernels" / ("1" * 16) / "sim" / "a.nbi", 90)
    made(tmp_path / "kernels" / ("1" * 16) / "sim" / "b.nbc", 2)
    made(tmp_path / "warm" / "old.npz", 31, 1000)
    made(tmp_path / "warm" / "new.npz", 29)
    made(tmp_path / "lives" / "old.npz", 400)
    made(tmp_path / "addresses" / "kept.txt", 400)
    made(tmp_path / "draws" / "1-x" / "draws.bin", 400)
    made(tmp_path / "errors.log", 400)
    return tmp_path


def test_each_part_is_counted_and_what_is_not_there_is_empty(root: Path, tmp_path: Path) -> None:
    found = {part.name: part for part in cache.parts(root)}
    assert tuple(found) == cache.PARTS
    assert (found["kernels"].files, found["kernels"].bytes) == (4, 130)
    assert (found["warm"].files, found["warm"].bytes) == (2, 1010)
    used = found["warm"].used
    assert used is not None
    assert abs(used - (time.time() - 29 * DAY)) < 60
    assert all(part.files == 0 and part.used is None for part in cache.parts(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("days", "goes"),
    [
        (30, {"kernels/" + "0" * 16, "warm/old.npz", "lives/old.npz"}),
        (0, {"kernels/" + "0" * 16, "kernels/" + "1" * 16, "warm/old.npz", "warm/new.npz", "lives/old.npz"}),
        (1000, set()),
    ],
)
def test_what_was_not_used_goes_and_this_version_and_addresses_stay(
    root: Path, days: float, goes: set[str]
) -> None:
    found = cache.unused(root, days)
    assert {path.relative_to(root).as_posix() for path, _ in found} == goes
    before = {path for path in root.rglob("*") if path.is_file()}
    assert all(cache.remove(path) for path, _ in found)
    left = {path for path in root.rglob("*") if path.is_file()}
    gone = {path for path in before if any(path.is_relative_to(folder) for folder, _ in found)}
    assert left == before - gone


def test_what_lies_behind_a_link_is_not_ours_to_remove(root: Path, tmp_path: Path) -> None:
    outside = made(tmp_path / "elsewhere" / "precious.npz", 400)
    (root / "warm" / "link.npz").symlink_to(outside)
    for path, _ in cache.unused(root, 0):
        cache.remove(path)
    assert outside.read_bytes()


def test_what_another_process_removed_first_is_no_fault(root: Path) -> None:
    found = cache.unused(root, 30)
    assert all(cache.remove(path) for path, _ in found)
    assert all(cache.remove(path) for path, _ in found)
