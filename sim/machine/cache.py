"""What the cache folder holds, part by part, and which of it can go: all of it can be made again.

Short addresses are the exception. Links that people keep lead to them, so only the app removes them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sim.machine.compiling import kernel_hash

PARTS = ("kernels", "warm", "lives", "draws", "addresses")
"""Folders of the cache: compiled kernels by version, warmed-up populations, results, draws of apps that run,
short addresses."""
_REMOVABLE = ("warm", "lives")
_DAY = 86_400.0


@dataclass(frozen=True)
class CachePart:
    """One folder of the cache. bytes: on disk. used: when a file was last read or written (None: no file)."""

    name: str
    files: int
    bytes: int
    used: float | None


def parts(root: Path) -> list[CachePart]:
    """Return what each part of a cache folder holds."""
    found = []
    for name in PARTS:
        files = [about for _, about in _files(root / name)]
        used = max((about.st_mtime for about in files), default=None)
        found.append(CachePart(name, len(files), sum(about.st_size for about in files), used))
    return found


def unused(root: Path, days: float) -> list[tuple[Path, int]]:
    """Return what was not used for so many days, with its bytes: files, and kernels of other versions.

    Kernels of this version stay. Populations and results of an older version are never read, so that they
    are among what was not used.
    """
    oldest = time.time() - days * _DAY
    found = []
    for folder in sorted((root / "kernels").glob("*")):
        kept = [about for _, about in _files(folder)]
        newest = max((about.st_mtime for about in kept), default=0.0)
        if folder.is_dir() and folder.name != kernel_hash() and newest <= oldest:
            found.append((folder, sum(about.st_size for about in kept)))
    for name in _REMOVABLE:
        files = sorted(_files(root / name), key=lambda each: each[0])
        found += [(path, about.st_size) for path, about in files if about.st_mtime <= oldest]
    return found


def remove(path: Path) -> bool:
    """Remove a file or folder that `unused` returned; tell whether it is gone. What is gone is no fault."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
    return not path.exists()


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield files with what the system says of them; what goes meanwhile is left out, and links."""
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            about = path.lstat()
            if stat.S_ISREG(about.st_mode):
                yield path, about
