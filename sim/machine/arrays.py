"""A bounded folder of files of named arrays, which this user alone can write: what can be made again."""

from __future__ import annotations

import contextlib
import os
import time
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.machine.private import open_own, written_own
from sim.machine.whole import ASIDE

_HOUR = 3600.0
_SELDOM = 16
"""Which part of its limit a process may write before it looks through a folder: it may hold thousands."""


class ArrayFiles:
    """A bounded folder of files of named arrays; safe to share between threads and processes."""

    def __init__(self, folder: Path, limit: int) -> None:
        """Keep at most `limit` bytes in `folder`; the least recently used goes first."""
        self.folder, self.limit = folder, limit
        self._room = 0  # bytes that may be written before the folder is looked through again

    def path(self, key: str) -> Path:
        """Return where the arrays of a key are kept."""
        return self.folder / f"{key}.npz"

    @contextmanager
    def opened(self, key: str) -> Iterator[zipfile.ZipFile]:
        """Open what is kept. Raises UntrustedError, OSError, or what a damaged file makes zipfile raise."""
        path = self.path(key)
        with open_own(path) as stream, zipfile.ZipFile(stream) as archive:
            yield archive
        with contextlib.suppress(OSError):  # a folder that others filled may be read-only
            os.utime(path)

    def write(
        self, key: str, arrays: Iterable[tuple[str, NDArray[Any]]], method: int = zipfile.ZIP_STORED
    ) -> None:
        """Write aside and rename. A cache that cannot be written costs time, never a result."""
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            with (
                written_own(self.path(key)) as stream,
                zipfile.ZipFile(stream, "w", method, compresslevel=1) as archive,
            ):
                for name, array in arrays:
                    with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                        np.lib.format.write_array(entry, array, allow_pickle=False)
            self._room -= self.path(key).stat().st_size
            if self._room < 0:
                self._prune()

    def _prune(self) -> None:
        with os.scandir(self.folder) as found:
            entries = [(entry.name, entry.stat()) for entry in found]
        for name, told in entries:  # left by a run that was killed while it wrote
            if name.endswith(ASIDE) and told.st_mtime < time.time() - _HOUR:
                (self.folder / name).unlink(missing_ok=True)
        kept = sorted((told.st_mtime, told.st_size, name) for name, told in entries if name.endswith(".npz"))
        total = sum(size for _, size, _ in kept)
        if total > self.limit:
            for _, size, name in kept[:-1]:
                if total <= self.limit - self.limit // _SELDOM:
                    break
                total -= size
                (self.folder / name).unlink(missing_ok=True)
        self._room = min(self.limit - total, self.limit // _SELDOM)


def array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """Return an array that fills its place. Raises ValueError, or what reading raises.

    Reading to the end makes zipfile look at its checksum, which it does not where a damaged header asks for
    less.
    """
    with archive.open(f"{name}.npy") as stream:
        found: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
        if stream.read(1):
            raise ValueError(f"{name} is longer than it says")
    return found
