"""A thread of its own for work that compiled kernels do, while the caller waits.

Python raises Ctrl-C in the main thread, and a compiled kernel that hands over its result there at that moment
crashes the process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


class StoppedError(Exception):
    """The one who asked is gone."""


class Conductor:
    """Does work on its thread. A caller that stops waiting also stops the work, at its next `check`."""

    def __enter__(self) -> Conductor:
        self._gone = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="conductor")
        return self

    def __exit__(self, *_: object) -> None:
        self._gone.set()
        self._thread.shutdown()

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `work` returns, or raise what it raises."""
        return self._thread.submit(work, *args, **kwargs).result()

    def check(self) -> None:
        """Raise StoppedError where nobody waits any more."""
        if self._gone.is_set():
            raise StoppedError
