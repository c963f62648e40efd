"""Processes that share work: each item is worked on alone, and answers come in the order of the items."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_all_start_methods, get_context, parent_process
from multiprocessing.connection import Listener
from multiprocessing.process import BaseProcess
from typing import TypeVar

from sim.errors import SimulationError, within
from sim.faults import fault
from sim.machine import loglines
from sim.machine.conductor import Conductor

T = TypeVar("T")
Item = TypeVar("Item")


_MOST_ON_WINDOWS = 61
"""So many processes can be waited for there."""


class Workers:
    """A pool of processes that start when they are first needed; one worker works in this process."""

    def __init__(self, count: int | None = None) -> None:
        """Plan `count` workers (default: one per processor). Raises OptionError where it is below 1."""
        if count is not None:
            within("workers", count, 1)
        self.count = count or os.cpu_count() or 1
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            end_processes(self._pool)
            self._pool = None

    def map(self, work: Callable[[Item], T], items: Iterable[Item]) -> Iterator[T]:
        """Yield `work` of each item, in order; work and items are sent to other processes.

        Raises SimulationError where a worker was killed, and what `work` raises.
        """
        todo = list(items)
        if self.count == 1 or len(todo) < 2:
            with Conductor() as conductor:
                for item in todo:
                    yield conductor.run(work, item)
            return
        waiting: list[Future[T]] = []
        try:
            for item in todo:
                waiting.append(self._started().submit(work, item))
                if len(waiting) >= 2 * self.count:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()
        except BrokenProcessPool as error:
            waiting.clear()  # a pool that ends stumbles over a future that is cancelled meanwhile
            raise SimulationError(fault("worker_killed")) from error

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = start_processes(self.count)
        return self._pool


def start_processes(count: int) -> ProcessPoolExecutor:
    """Return a pool of processes that leave Ctrl-C to this one, and end when it ends, however it ends.

    On Windows it has at most 61.
    """
    if sys.platform == "win32":
        count = min(count, _MOST_ON_WINDOWS)
    way = "forkserver" if _fork_server() else "spawn"
    return ProcessPoolExecutor(count, mp_context=get_context(way), initializer=_settle)


def _fork_server() -> bool:
    """Tell whether a fork server can be had: Windows has none.

    It listens at a socket in the folder for temporary files, whose path may have 107 bytes (103 on macOS):
    too few where TMPDIR is long (https://github.com/python/cpython/issues/132124).
    """
    if "forkserver" not in get_all_start_methods():
        return False
    try:
        Listener(family="AF_UNIX").close()
    except OSError:
        return False
    return True


def end_processes(pool: Executor) -> None:
    """End a pool, cancel what is left, and wait for what is under way.

    Python waits for it too when this process ends, and stumbles where the pool closes its pipe at that
    moment (https://github.com/python/cpython/issues/83279). Nobody else cancels: a pool whose processes end
    at that moment stumbles over what it did not cancel itself, and this process would never end.
    """
    pool.shutdown(cancel_futures=True)


def _settle() -> None:
    """Leave Ctrl-C to the process that asked, do not outlive it, and log as it does."""
    loglines.start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked = parent_process()
    if asked is not None:
        threading.Thread(target=_end_with, args=(asked,), daemon=True).start()


def _end_with(asked: BaseProcess) -> None:
    """End this process at once when the one that asked is gone: killed, it could not say so."""
    asked.join()
    os._exit(1)
