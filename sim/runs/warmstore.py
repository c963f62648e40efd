"""Warmed-up populations, kept in memory and on disk, bounded in both.

The key is a hash of everything read before the scenario starts: engine and data, parameters,
municipality, seed, draw, replication, size, step, start.
"""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.config import RunConfig
from sim.engine.exposure import Exposure
from sim.engine.population import Children
from sim.engine.warmup import WarmStart, warm_up
from sim.machine.arrays import ArrayFiles, array
from sim.machine.compiling import ABOUT_THE_FIT, cache_root, folder_in, lives_hash
from sim.machine.variables import cache_bytes
from sim.model.parameters import DATA
from sim.progress import YearDone

MEMORY_LIMIT = 1 << 29
LARGE = 1 << 29
"""Bytes beyond which a population is not kept in memory: whoever asks for it is the only one to use it."""
_VALUES = (*ABOUT_THE_FIT, "parameters.csv", "posterior.parquet", "posterior.json", "observed.csv")
"""Files of values: those in use before a start are hashed themselves. A folder holds values too."""
DISK_LIMIT = cache_bytes() * 3 // 4
"""The rest of the cache is for results (lives.py)."""


def ground() -> str:
    """Return a hash over the engine and the data that every warm start rests on."""
    digest = hashlib.sha256(lives_hash().encode())
    for path in sorted(DATA.iterdir()):
        if path.is_file() and path.name not in _VALUES:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def key_for(config: RunConfig, start: int, rests_on: str | None = None) -> str:
    """Return the key of a warm start. rests_on: the `ground`, where it is known."""
    digest = hashlib.sha256((rests_on or ground()).encode())
    words = (
        config.parameters.sha256(), repr(config.profile), config.seed, config.draw,
        config.replication, config.children, config.steps_per_month, config.model.sha256, start,
    )  # fmt: skip
    digest.update(repr(words).encode())
    return digest.hexdigest()


class WarmStore:
    """A bounded store of warm starts; safe to share between threads and processes."""

    def __init__(self, folder: Path | None = None, memory_limit: int = MEMORY_LIMIT) -> None:
        """Keep files in `folder` (default: the cache folder) and at most `memory_limit` bytes in memory."""
        self.folder = folder or folder_in(cache_root(), "warm")
        self._files = ArrayFiles(self.folder, DISK_LIMIT)
        self.memory_limit = memory_limit
        self._memory: OrderedDict[str, WarmStart] = OrderedDict()
        self._lock = threading.Lock()

    @cached_property
    def ground(self) -> str:
        """Return the `ground` of this process, whose sources are those that it once read: found once."""
        return ground()

    def get(
        self, config: RunConfig, start: int, pool: Executor, tell: YearDone | None = None
    ) -> WarmStart:
        """Return a warm start: from memory, from disk, or made now (`tell` hears years)."""
        key = key_for(config, start, self.ground)
        with self._lock:
            if key in self._memory:
                self._memory.move_to_end(key)
                return self._memory[key]
        warm = self._read(key, start)
        if warm is None:
            warm = warm_up(config, start, pool, tell)
            self._files.write(key, _arrays(warm))
        if _size(warm) > LARGE:
            return replace(warm, once=True)
        self._remember(key, warm)
        return warm

    def _remember(self, key: str, warm: WarmStart) -> None:
        with self._lock:
            self._memory[key] = warm
            while len(self._memory) > 1 and sum(map(_size, self._memory.values())) > self.memory_limit:
                self._memory.popitem(last=False)

    def _read(self, key: str, start: int) -> WarmStart | None:
        """Return what is stored, or None: what is damaged, however damaged, or not ours is made again."""
        try:
            with self._files.opened(key) as archive:
                return _restored(archive, start)
        except Exception:
            return None


_EXPOSED = ("past_level", "past_time", "joins", "leaves")


def _arrays(warm: WarmStart) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield what is stored by name, one by one: in the country all of it is gigabytes."""
    yield "sizes", np.array([b.id.size for b in warm.blocks])
    yield "cells", warm.cells
    for name in Children._fields:
        yield name, np.concatenate([getattr(block, name) for block in warm.blocks])
    for name in Exposure._fields:
        if name in _EXPOSED:
            yield name, np.concatenate([getattr(x, name) for x in warm.exposed])
        else:
            yield name, getattr(warm.exposed[0], name)


def _restored(archive: zipfile.ZipFile, start: int) -> WarmStart:
    sizes = array(archive, "sizes")
    ends, count = np.cumsum(sizes)[:-1], sizes.size
    parts = {  # copies, so that a block can go by itself
        n: [part.copy() for part in np.split(array(archive, n), ends)]
        for n in (*Children._fields, *_EXPOSED)
    }
    fixed = {n: array(archive, n) for n in Exposure._fields if n not in _EXPOSED}
    return WarmStart(
        start=start,
        blocks=[Children(*(parts[n][b] for n in Children._fields)) for b in range(count)],
        exposed=[Exposure(**{n: parts[n][b] for n in _EXPOSED}, **fixed) for b in range(count)],
        cells=array(archive, "cells"),
    )


def _size(warm: WarmStart) -> int:
    exposed = sum(int(getattr(x, name).nbytes) for x in warm.exposed for name in _EXPOSED)
    return warm.cells.nbytes + exposed + sum(block.bytes() for block in warm.blocks)
