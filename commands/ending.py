"""How a command begins and ends: closed or full streams, wrong variables, little memory, signals."""

from __future__ import annotations

import _thread
import errno
import io
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from types import FrameType
from typing import NoReturn, TextIO

from sim.errors import InputError, SimulationError, causes
from sim.machine import loglines, memory, variables

UNPRINTED = "the results could not be printed: {}. Files that were written are whole."
_ENDS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
STOPPED = "stopped; nothing was written"
OUT = "out of memory: simulate fewer children with --children"
CLOSED = "standard output is closed"
PATIENCE = 1.0
"""Seconds that who is stopped waits for a kernel that is being compiled."""
_stopped = [STOPPED]


class _Stream(io.FileIO):
    """Standard output or error that was closed or is full: keeps the reason; printing has no effect."""

    def __init__(self, handle: int, there: bool) -> None:
        super().__init__(handle, "w", closefd=False)
        self.there = there
        self.lost: OSError | None = None

    def write(self, data: bytes, /) -> int | None:  # type: ignore[override]
        """Write, or take note that it could not be."""
        if self.lost is None:
            try:
                if self.there:
                    return super().write(data)
                self.lost = OSError(errno.EBADF, CLOSED)
            except OSError as error:
                self.lost = error
        return len(data)


def ended(command: Callable[[], object]) -> int:
    """Run a command; return its exit code: 1 where its results could not be printed, which is then said.

    Messages that cannot be printed change nothing: the exit code tells. Streams that others put in place of
    the system's are left alone. A request to end this process is handled as Ctrl-C is.
    """
    _fill_closed()
    before = sys.stdout, sys.stderr
    own = [
        _Stream(handle, stream is not None) if stream is real and os.name == "posix" else None
        for handle, stream, real in ((1, sys.stdout, sys.__stdout__), (2, sys.stderr, sys.__stderr__))
    ]
    sys.stdout, sys.stderr = (
        stream if raw is None else _text(raw, stream) for raw, stream in zip(own, before, strict=True)
    )
    try:
        with _hearing_who_ends():
            code = _code(command)
        loglines.event("ended", code=code)
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
        results = own[0]
        if results is not None and results.lost is not None and not code:
            code = 1
            if results.lost.errno != errno.EPIPE:  # a reader that stopped needs no message
                print(UNPRINTED.format(results.lost.strerror), file=sys.stderr, flush=True)
        return code
    finally:
        sys.stdout, sys.stderr = before


def _code(command: Callable[[], object]) -> int:
    """Return how a command ends; that it was stopped or ran out of memory is one line, wherever it shows."""
    try:
        look_first()
        command()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except (Exception, KeyboardInterrupt) as error:
        if any(isinstance(cause, KeyboardInterrupt) for cause in causes(error)):
            print(STOPPED, file=sys.stderr)
        elif memory.ran_out(error):
            print(OUT, file=sys.stderr)
        else:
            raise
        return 1
    return 0


def look_first(*more: Callable[[], None]) -> None:
    """End where a variable or `more` is wrong (exit code 2), or a limit leaves too little memory (1)."""
    try:
        with suppress(InputError):  # a wrong variable is told with the others
            loglines.start()
        variables.check()
        memory.refuse_little()
        for look in more:
            look()
    except (InputError, SimulationError) as error:
        loglines.refused(error)
        print(error, file=sys.stderr)
        sys.exit(2 if isinstance(error, InputError) else 1)


def _fill_closed() -> None:
    """Let no file that is opened from now on take the place of a closed stream."""
    for handle in range(3):
        try:
            os.fstat(handle)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # takes the lowest that is free


@contextmanager
def keeping(words: str) -> Iterator[None]:
    """End with these words where what is within is stopped, for something is kept."""
    _stopped.append(words)
    try:
        yield
    except KeyboardInterrupt:
        print(words, file=sys.stderr)
        sys.exit(1)
    finally:
        _stopped.pop()


@contextmanager
def _hearing_who_ends() -> Iterator[None]:
    """Hear SIGTERM and SIGHUP as Ctrl-C, unless ignored: workers are ended, semaphores given back."""
    here = threading.current_thread() is threading.main_thread()  # no other may ask for signals
    usual = {signal.SIGINT: signal.default_int_handler, **dict.fromkeys(_ENDS, signal.SIG_DFL)}
    heard = {number: did for number, did in usual.items() if here and signal.getsignal(number) is did}
    stop = _Leaving()
    for number in heard:
        signal.signal(number, stop)
    before, sys.unraisablehook = sys.unraisablehook, _ask_again
    try:
        yield
    finally:
        stop.over = True
        sys.unraisablehook = before
        for number, did in heard.items():
            signal.signal(number, did)


class _Leaving:
    """What a signal to end does: it stops as Ctrl-C does, and lets nobody wait for a compiler.

    Threads that work are waited for, as results and files need it. But nothing stops a kernel that is being
    compiled, which takes up to a minute; it is kept only when it is whole.
    """

    def __init__(self) -> None:
        self.over = self._begun = False

    def __call__(self, number: int, frame: FrameType | None) -> NoReturn:
        if not self._begun:
            self._begun = True
            _thread.start_new_thread(self._leave, ())  # one of threading takes locks that may be taken here
        signal.default_int_handler(number, frame)
        raise KeyboardInterrupt

    def _leave(self) -> None:
        """End this process once a compiler has been at work for as long as anybody waits for it."""
        while not self.over:
            time.sleep(0.1)
            compiler = sys.modules.get("numba.core.compiler_lock")
            if compiler is not None and _is_taken(compiler.global_compiler_lock) and not self.over:
                showing = "\x1b[?25h\n" if sys.stderr.isatty() else ""  # the cursor, which a bar hides
                print(f"{showing}{_stopped[-1]}", file=sys.stderr, flush=True)
                loglines.event("ended", code=1)
                os._exit(1)


def _is_taken(lock: AbstractContextManager[object]) -> bool:
    """Tell whether others have a lock for as long as anybody waits."""
    free = threading.Event()

    def take() -> None:
        with lock:
            free.set()

    threading.Thread(target=take, daemon=True).start()
    return not free.wait(PATIENCE)


def _ask_again(lost: sys.UnraisableHookArgs) -> None:
    """Stop a moment later where stopping was asked for in the midst of what cannot be stopped."""
    if lost.exc_type is KeyboardInterrupt:
        heard = [n for n in (signal.SIGINT, *_ENDS) if isinstance(signal.getsignal(n), _Leaving)]
        for number in heard[:1]:
            threading.Timer(0.05, _stop, (number,)).start()
    else:
        sys.__unraisablehook__(lost)


def _stop(number: int) -> None:
    """Send a signal to the main thread, from another one."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:  # Windows, where the main thread hears every signal, also while it waits
        signal.raise_signal(number)


def _text(raw: _Stream, like: TextIO | None) -> TextIO:
    """Return a text stream over a raw one, set up like the one that it replaces."""
    made = io.BufferedWriter(raw)  # type: ignore[type-var]
    if not isinstance(like, io.TextIOWrapper):
        return io.TextIOWrapper(made, encoding="utf-8", errors="backslashreplace")
    return io.TextIOWrapper(
        made, encoding=like.encoding, errors=like.errors, line_buffering=like.line_buffering,
        write_through=like.write_through,
    )  # fmt: skip
