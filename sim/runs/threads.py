"""The threads that runs are lived on: as many as this process may use, unless somebody says otherwise."""

from __future__ import annotations

from concurrent.futures import Executor
from contextlib import AbstractContextManager

from sim.engine.config import worker_threads
from sim.machine.variables import processors


def run_threads(threads: int | None = None) -> AbstractContextManager[Executor]:
    """Return a pool of `threads` (default: `processors`). Results do not depend on the number.

    Raises OptionError where `threads` is below 1.
    """
    return worker_threads(processors() if threads is None else threads)
