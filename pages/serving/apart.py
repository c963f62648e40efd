"""Work on bytes of others, in a process of its own with a limit on its time and its memory.

A file that takes for ever, or gigabytes, then ends its own process: the server and its threads go on. One
process waits with the parsers imported (`python -m pages.serving.apart`) and makes a copy of itself for each
piece of work, which takes milliseconds. The system itself ends a copy that goes beyond a limit.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, TypeVar

from sim.errors import InputError
from sim.faults import fault
from sim.machine import loglines

P = ParamSpec("P")
T = TypeVar("T")
AT_ONCE = 2
STARTING = 60.0
"""Seconds that the waiting process may take to be ready, on a busy machine."""
PATIENCE = 20.0
"""Seconds that work waits for its turn."""
TOO_MUCH = fault("file_too_heavy")
BUSY = fault("server_busy")
_BEGUN, _LENGTH = b".", 8
ROOT = Path(__file__).resolve().parents[2]


class Limits(NamedTuple):
    """Limits of a piece of work: seconds in all, seconds of processor time, bytes."""

    seconds: float = 10.0
    cpu_seconds: int = 5
    memory: int = 512 << 20


LIMITS = Limits()


class Apart:
    """Runs work in separate processes. Safe to share between threads."""

    def __init__(self, limits: Limits = LIMITS, patience: float = PATIENCE) -> None:
        """Plan it; the waiting process starts with the first work, or with `start`.

        patience: seconds that work waits for its turn, with AT_ONCE others before it.
        """
        self._limits, self._patience = limits, patience
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._waiting: subprocess.Popen[bytes] | None = None
        self._talk: socket.socket | None = None

    def do(self, name: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `work`, a function of a module, makes of its arguments.

        name: of the file, for messages. Raises InputError, also for work that takes too much or that does not
        get its turn, and RuntimeError with its trace for a mistake of ours.
        """
        if not hasattr(os, "fork"):  # Windows, on one's own machine
            return work(*args, **kwargs)
        if not self._turns.acquire(timeout=self._patience):
            raise InputError.at(name, BUSY)
        try:
            answer = self._asked(pickle.dumps((self._limits, work, args, kwargs)))
        finally:
            self._turns.release()
        if answer is None:
            raise InputError.at(name, TOO_MUCH)
        found, problem = answer
        if isinstance(problem, str):
            raise RuntimeError(f"{name} could not be read:\n{problem}")
        if problem is not None:
            raise problem
        result: T = found
        return result

    def start(self) -> None:
        """Let a process wait for work, if none does."""
        with self._lock:
            self._start()

    def close(self) -> None:
        """End the waiting process and all work. What comes later starts it again."""
        with self._lock:
            self._end()

    def _start(self) -> None:
        """Start the waiting process, unless it is there. Needs the lock."""
        if self._waiting is not None and self._waiting.poll() is None:
            return
        self._end()
        self._talk, theirs = socket.socketpair()
        with theirs:
            self._waiting = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )  # fmt: skip

    def _end(self) -> None:
        """End the waiting process and its copies. Needs the lock."""
        if self._talk is not None:
            self._talk.close()
        if self._waiting is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._waiting.pid, signal.SIGKILL)
            self._waiting.wait()
        self._talk = self._waiting = None

    def _copy(self) -> socket.socket:
        """Return a line to a new copy of the waiting process. Raises RuntimeError where there comes none."""
        for _ in range(2):
            ours, theirs = socket.socketpair()
            ours.settimeout(self._limits.seconds + STARTING)
            with theirs, self._lock:
                self._start()
                asked, talk = self._waiting, self._talk
                assert talk is not None
                with contextlib.suppress(OSError):  # it has ended just now
                    socket.send_fds(talk, [b"."], [theirs.fileno()])
            with contextlib.suppress(OSError):
                if ours.recv(len(_BEGUN)):
                    return ours
            ours.close()
            with self._lock:
                if self._waiting is asked:
                    self._end()
        raise RuntimeError("no process begins to read files: see what it says in the log")

    def _asked(self, request: bytes) -> Any:
        """Return the answer to a request, or None where its process ended without one."""
        with self._copy() as line, line.makefile("rb") as answer:
            try:
                line.sendall(request)
                line.shutdown(socket.SHUT_WR)
                length = int.from_bytes(answer.read(_LENGTH), "big")
                content = answer.read(length)
            except OSError:  # it ended before it had read everything
                return None
        return pickle.loads(content) if length and len(content) == length else None


def _answer(line: socket.socket) -> None:
    """Do a piece of work within its limits."""
    line.sendall(_BEGUN)
    with line, line.makefile("rb") as asked:
        limits, work, args, kwargs = pickle.load(asked)
        _keep_to(limits)
        try:
            content = pickle.dumps((work(*args, **kwargs), None))
        except MemoryError:
            return
        except InputError as error:
            content = pickle.dumps((None, error))
        except Exception as error:  # a mistake of ours: for the log of the server
            loglines.mistake(error)
            content = pickle.dumps((None, traceback.format_exc()))
        line.sendall(len(content).to_bytes(_LENGTH, "big") + content)


def _keep_to(limits: Limits) -> None:
    """Set limits at which the system ends this process, and lower its priority."""
    import resource

    signal.setitimer(signal.ITIMER_REAL, limits.seconds)
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds))
    with contextlib.suppress(OSError, ValueError):  # only Linux says what a process has, and keeps to it
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + limits.memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _wait(talk: socket.socket) -> None:
    """Make a copy of this process for each line that comes in, until the server is gone."""
    from pages.serving.uploads import rehearse

    rehearse()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the exit codes of copies are not read
    # Threads of Arrow wait here, of which Python warns since 3.12. A copy that hangs for them is ended.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    while True:
        said, lines, _, _ = socket.recv_fds(talk, 1, 1)
        if not said:
            return
        with socket.socket(fileno=lines[0]) as line:
            if os.fork() == 0:
                try:
                    talk.close()
                    _answer(line)
                finally:
                    os._exit(0)


READER = Apart()
"""What reads the files that users send to this server."""

if __name__ == "__main__":
    loglines.start()
    _wait(socket.socket(fileno=int(sys.argv[1])))
