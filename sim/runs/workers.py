"""Processes that share work: each item is worked on alone, and answers come in the order of the items.

The pool of Python itself (`ProcessPoolExecutor`) lets all processes write their answers into one pipe, which
stays open while any of them lives, and its reader: where one is killed while it writes, that reader waits for
the rest for ever. Here each process has a connection of its own, which ends with it.
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_all_start_methods, get_context, parent_process
from multiprocessing.connection import Connection, Listener
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any, TypeVar

from sim.errors import SimulationError, within
from sim.faults import fault
from sim.machine import loglines
from sim.machine.conductor import Conductor
from sim.machine.variables import processors

T = TypeVar("T")
Item = TypeVar("Item")


class Workers:
    """A pool of processes that start when they are first needed; one worker works in this process."""

    def __init__(self, count: int | None = None) -> None:
        """Plan `count` workers (default: one per processor). Raises OptionError where it is below 1."""
        if count is not None:
            within("workers", count, 1)
        self.count = count or processors()
        self._pool: Processes | None = None

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None = None, /, *_: object) -> None:
        if self._pool is not None:
            self._pool.end(now=kind is not None)  # an exception: nobody waits for what is under way
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
            raise SimulationError(fault("worker_killed")) from error

    def _started(self) -> Processes:
        if self._pool is None:
            self._pool = Processes(self.count)
        return self._pool


class Processes:
    """Processes that leave Ctrl-C to this one, and end when it ends, however it ends.

    A thread for each gives it work and waits for its answer. Where one of them is killed, all end.
    """

    def __init__(self, count: int) -> None:
        """Plan `count` processes; each starts with a piece of work."""
        self.count = count
        self._context: Any = get_context("forkserver" if _fork_server() else "spawn")
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="worker")
        self._started: list[tuple[BaseProcess, Connection]] = []
        self._idle: SimpleQueue[Connection] = SimpleQueue()

    def submit(self, work: Callable[[Item], T], item: Item) -> Future[T]:
        """Start work on an item, which ends in BrokenProcessPool where a process is killed."""
        if len(self._started) < self.count:
            ours, theirs = self._context.Pipe()
            process = self._context.Process(target=_work, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
            self._started.append((process, ours))
            self._idle.put(ours)
        return self._threads.submit(self._ask, work, item)

    def end(self, now: bool = False) -> None:
        """Cancel what has not begun, and wait for what has; `now`: stop that too."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        if now:
            self._stop()
        self._threads.shutdown()
        for process, connection in self._started:
            connection.close()
            process.join()

    def _stop(self) -> None:
        for process, _ in list(self._started):
            process.terminate()

    def _ask(self, work: Callable[[Item], T], item: Item) -> T:
        asked = pickle.dumps((work, item))
        connection = self._idle.get()
        try:
            connection.send_bytes(asked)
            answer = connection.recv_bytes()
        except (EOFError, OSError) as lost:
            self._stop()
            raise BrokenProcessPool("a worker was killed") from lost
        finally:
            self._idle.put(connection)
        found, error = pickle.loads(answer)
        if error is not None:
            raise error
        result: T = found
        return result


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


def _work(asked: Connection) -> None:
    """Answer until nobody asks any more."""
    _settle()
    while True:
        try:
            question = asked.recv_bytes()
        except EOFError:
            return
        asked.send_bytes(_answer(question))


def _answer(question: bytes) -> bytes:
    """Return what work comes to and None, or None and its error, which notes where it was raised."""
    try:
        work, item = pickle.loads(question)
        return pickle.dumps((work(item), None))
    except BaseException as error:  # whatever it is, it belongs to who asked
        told = traceback.format_exc()
        try:
            error.add_note(told)
            return pickle.dumps((None, error))
        except Exception:
            return pickle.dumps((None, RuntimeError(told)))


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
