"""What scenarios came to in a draw, beside their reference: lived once, then kept in memory and on disk.

The key is a hash of everything that a result depends on: engine and data, both scenarios, size, seed, draw,
and what is kept. A result of an older version has another key, so that it is never read.
"""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from sim.engine.simulation import groups
from sim.inputs.scenario import Scenario
from sim.machine.arrays import ArrayFiles, array
from sim.machine.compiling import cache_root, data_hash, folder_in, source_hash
from sim.machine.variables import cache_bytes
from sim.progress import Progress, Tell, nobody
from sim.runs.experiment import Columns, Options, Run, run_all
from sim.runs.warmstore import WarmStore

MEMORY_LIMIT = 96 << 20
DISK_LIMIT = cache_bytes() // 4
"""The rest of the cache is for warmed-up populations (warmstore.py)."""


class LifeStore:
    """A bounded store of results by draw; safe to share between threads and processes."""

    def __init__(
        self,
        keep: Callable[[Columns], Columns],
        warm: WarmStore | None = None,
        folder: Path | None = None,
        kept: str = "",
    ) -> None:
        """Keep of each result what `keep` leaves of it, in `folder` (default: the cache folder).

        kept: a word for what `keep` leaves, so that a result of which less was kept is never read.
        """
        self.warm = warm or WarmStore()
        self._keep = keep
        self._made_by = kept, source_hash(), data_hash(), np.__version__, numba.__version__
        self._files = ArrayFiles(folder or folder_in(cache_root(), "lives"), DISK_LIMIT)
        self._memory: OrderedDict[str, Columns] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Let go of what is kept in memory."""
        with self._lock:
            self._memory.clear()
            self._size = 0

    def run(
        self, scenarios: Sequence[Scenario], options: Options, draw: int, pool: Executor, tell: Tell = nobody
    ) -> Run:
        """Return one draw of every scenario, in their order. `tell` may stop it by raising.

        Raises what `run_all` raises.
        """
        shared, columns = groups(scenarios), dict[int, Columns]()
        for g, group in enumerate(shared):

            def heard(now: Progress, done: float = g / len(shared)) -> None:
                tell(now.at(done + now.share / len(shared), 1))

            columns |= self._lived(scenarios, group, options, draw, pool, heard)
        return Run(draw, 0, tuple(columns[k] for k in range(len(scenarios))))

    def key(self, reference: Scenario, scenario: Scenario, options: Options, draw: int) -> str:
        """Return the key of what a scenario comes to beside a reference in a draw."""
        asked = reference.canonical_sha256(), scenario.canonical_sha256()
        words = *self._made_by, *asked, options.children, options.seed, draw
        return hashlib.sha256(repr(words).encode()).hexdigest()

    def _lived(
        self, scenarios: Sequence[Scenario], group: Sequence[int], options: Options, draw: int,
        pool: Executor, tell: Tell,
    ) -> dict[int, Columns]:  # fmt: skip
        """Return one draw of scenarios that are lived together, by their place."""
        keys = {k: self.key(scenarios[group[0]], scenarios[k], options, draw) for k in group}
        found = {k: kept for k in group if (kept := self._get(keys[k])) is not None}
        missing = [k for k in group if k not in found]
        if not missing:
            return found
        lived = list(dict.fromkeys([group[0], *missing]))  # the first is what the others part from
        one = Options(children=options.children, draws=1, first_draw=draw, seed=options.seed)
        (run,) = run_all([scenarios[k] for k in lived], one, self.warm, tell=tell, pool=pool)
        for k, columns in zip(lived, run.columns, strict=True):
            if k not in found:
                found[k] = self._keep(columns)
                self._remember(keys[k], found[k])
                self._files.write(keys[k], _arrays(found[k]), zipfile.ZIP_DEFLATED)
        return found

    def _get(self, key: str) -> Columns | None:
        with self._lock:
            if key in self._memory:
                self._memory.move_to_end(key)
                return self._memory[key]
        try:
            with self._files.opened(key) as archive:
                found = _restored(archive)
        except Exception:  # what is damaged, however damaged, or not ours is made again
            return None
        self._remember(key, found)
        return found

    def _remember(self, key: str, columns: Columns) -> None:
        with self._lock:
            if key in self._memory:
                return
            self._memory[key] = columns
            self._size += columns.blocks.nbytes
            while self._size > MEMORY_LIMIT and len(self._memory) > 1:
                _, old = self._memory.popitem(last=False)
                self._size -= old.blocks.nbytes


def _arrays(columns: Columns) -> Iterator[tuple[str, NDArray[Any]]]:
    yield "labels", np.array(columns.labels)
    yield "children", np.array(columns.children)
    yield "values", columns.values
    yield "blocks", columns.blocks


def _restored(archive: zipfile.ZipFile) -> Columns:
    """Return columns of their file. Raises ValueError for what does not fit together."""
    labels = [tuple(map(str, row)) for row in array(archive, "labels")]
    values, blocks = array(archive, "values"), array(archive, "blocks")
    if not values.shape == blocks.shape[:2] or len(labels) != len(values) or blocks.dtype != np.float64:
        raise ValueError("labels, values and blocks do not belong together")
    made = tuple((measure, breakdown, level) for measure, breakdown, level in labels)
    return Columns(made, values, blocks, int(array(archive, "children")))
