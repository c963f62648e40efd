"""Run many tasks on workers that may die: local processes, or the workers of a Dask cluster.

Both use the interface of `concurrent.futures`. A task whose worker dies is tried again, alone, which shows
which task kills. A task that kills three workers is given up, and the others go on.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from ctypes import CDLL
from ctypes.util import find_library
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, Protocol, TypeVar

from sim.errors import OptionError, SimulationError, within
from sim.faults import fault
from sim.machine.variables import processors
from sim.runs.workers import Processes

T = TypeVar("T")
Task = TypeVar("Task")
TRIES = 3
"""How often a task may kill a worker that works on nothing else."""
NO_DASK = fault("needs_dask")
KILLED = fault("killed_again")
_SPARE = 2
"""Tasks that are queued for each worker, so that no worker waits."""
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h of glibc


@dataclass(frozen=True)
class _Try(Generic[Task]):
    """A task and how often it killed a worker that worked on nothing else."""

    task: Task
    deaths: int = 0


class TaskExecutor(Protocol):
    """What runs tasks on workers. size: how many tasks run at once."""

    size: int

    def submit(self, work: Callable[[Task], T], task: Task) -> Future[T]:
        """Start a task on a worker."""

    def renew(self) -> None:
        """Replace workers that died. Raises SimulationError where that cannot be done."""

    def __enter__(self) -> TaskExecutor: ...

    def __exit__(self, kind: type[BaseException] | None = None, /, *_: object) -> None: ...


MOST_WORKERS = 1024


class LocalExecutor:
    """Processes on this machine."""

    def __init__(self, count: int | None = None) -> None:
        """Plan `count` processes (default: one per processor). Raises OptionError where that cannot be."""
        if count is not None:
            within("workers", count, 1, MOST_WORKERS)
        self.size = count or processors()
        self._pool: Processes | None = None

    def __enter__(self) -> LocalExecutor:
        return self

    def __exit__(self, kind: type[BaseException] | None = None, /, *_: object) -> None:
        if self._pool is not None:
            self._pool.end(now=kind is not None)  # an exception: do not wait for tasks that run
            self._pool = None

    def submit(self, work: Callable[[Task], T], task: Task) -> Future[T]:
        """Start a task; processes start with the first."""
        if self._pool is None:
            self._pool = Processes(self.size)
        return self._pool.submit(work, task)

    def renew(self) -> None:
        """Start new processes with the next task."""
        self.__exit__(BrokenProcessPool)


class ClusterExecutor:
    """Workers of a Dask cluster."""

    def __init__(self, address: str) -> None:
        """Meet a scheduler. Raises SimulationError as `client_of` does, and where it has no workers."""
        client = client_of(address)
        self._client, self.address = client, address
        self._pool: Executor = self._client.get_executor(pure=False)
        self.size = sum(self._client.nthreads().values())
        if not self.size:
            self._client.close()
            raise SimulationError(fault("scheduler_without_workers", address=address))

    def __enter__(self) -> ClusterExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False)
        self._client.close()

    def submit(self, work: Callable[[Task], T], task: Task) -> Future[T]:
        """Start a task. Dask itself gives it to another worker when one dies."""
        return self._pool.submit(_on_cluster, work, task)

    def renew(self) -> None:
        """Refuse: a lost scheduler cannot be replaced from here."""
        raise SimulationError(fault("scheduler_lost", address=self.address))


def client_of(address: str) -> Any:
    """Return a client of a Dask scheduler, over TLS with the certificates of Dask's settings if it says tls://.

    Raises OptionError for what is no address, or one that the settings do not fit, and SimulationError where
    no scheduler answers or Dask is missing.
    """
    try:
        from distributed import Client, Security
        from distributed.comm.addressing import get_address_host_port
    except ImportError as error:
        raise SimulationError(NO_DASK) from error
    try:
        if not address.startswith("inproc:"):  # in this process, without a port
            get_address_host_port(address)  # a client that refuses its address ends in a traceback
            _check_security(address, Security())  # type: ignore[no-untyped-call]
        return Client(address, timeout="20s", set_as_default=False)  # type: ignore[no-untyped-call]
    except ValueError as error:
        reason = error.fault if isinstance(error, OptionError) else str(error)
        wrong = fault("no_address_of_scheduler", address=address, reason=reason)
        raise OptionError("cluster", wrong) from error
    except OSError as error:
        raise SimulationError(fault("no_scheduler", address=address, reason=str(error))) from error


def _check_security(address: str, settings: Any) -> None:
    """Raise OptionError where Dask's settings on security do not fit an address, OSError where files do not.

    A client that is made nevertheless raises TypeError and RuntimeError, and goes on in the background.
    """
    secret = address.startswith(("tls:", "wss:"))
    if secret and settings.get_connection_args("client").get("ssl_context") is None:
        raise OptionError("cluster", fault("tls_without_certificates"))
    if settings.require_encryption and not secret:
        raise OptionError("cluster", fault("encryption_asked"))


def _on_cluster(work: Callable[[Task], T], task: Task) -> T:
    _keep_memory()
    return work(task)


@cache
def _keep_memory() -> None:
    """Let freed memory be used again by this process.

    Dask starts workers with MALLOC_TRIM_THRESHOLD_, under which the C library hands each large array back
    to the system as soon as it is free: a task took half as long again, in page faults.
    """
    if "MALLOC_TRIM_THRESHOLD_" in os.environ and (library := find_library("c")):
        change = getattr(CDLL(library), "mallopt", lambda *_: None)  # glibc has it, musl has not
        for option, size in ((_M_TRIM_THRESHOLD, 512 << 20), (_M_MMAP_THRESHOLD, 32 << 20)):
            change(option, size)


def executor(workers: int | None, cluster: str | None) -> TaskExecutor:
    """Return processes here, or the workers of a cluster. Raises what these raise."""
    if cluster is None:
        return LocalExecutor(workers)
    if workers is not None:
        raise OptionError("workers", fault("workers_and_cluster"))
    return ClusterExecutor(cluster)


def share_out(
    executor: TaskExecutor,
    work: Callable[[Task], T],
    tasks: Iterable[Task],
    split: Callable[[Task], Sequence[Task]] = lambda task: [task],
) -> Generator[tuple[Task, T | Exception], None, None]:
    """Yield each task with the result of `work`, in the order of completion.

    A task that failed comes with its exception. `split` divides a failing task first, so that as little as
    possible fails with it. Tasks that still run when the generator is closed end with the executor.
    Raises SimulationError where a scheduler is lost.
    """
    todo: deque[_Try[Task]] = deque(_Try(task) for task in tasks)
    suspects: deque[_Try[Task]] = deque()
    running: dict[Future[T], _Try[Task]] = {}
    while todo or suspects or running:
        source = suspects or todo
        alone = source is suspects
        room = 1 if alone else (1 + _SPARE) * executor.size
        died: list[_Try[Task]] = []
        while source and len(running) < room and not died:
            one = source.popleft()
            try:
                running[executor.submit(work, one.task)] = one
            except (BrokenProcessPool, RuntimeError):  # workers died since the last answer
                died.append(one)
        done = set() if died else wait(running, return_when=FIRST_COMPLETED).done
        for future in done:
            one = running.pop(future)
            try:
                yield one.task, future.result()
            except (BrokenProcessPool, CancelledError):
                died.append(one)
            except Exception as error:
                parts = split(one.task)
                if len(parts) > 1:
                    todo.extendleft(_Try(part) for part in parts)
                else:
                    yield one.task, error
        if died:
            for future, one in running.items():
                if future.done() and not future.cancelled() and future.exception() is None:
                    yield one.task, future.result()
                else:
                    died.append(one)
            running.clear()
            executor.renew()
            for one in died:
                if alone and one.deaths + 1 >= TRIES:
                    yield one.task, SimulationError(KILLED)
                elif alone:
                    suspects.append(_Try(one.task, one.deaths + 1))
                else:
                    suspects += [_Try(part) for part in split(one.task)]
