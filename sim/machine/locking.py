"""One way to hold what only one process may work in; the system gives it free when its owner ends."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout


@contextlib.contextmanager
def held(path: Path, waiting: Callable[[], None] | None = None) -> Iterator[bool]:
    """Hold a lock file while the body runs; yield whether it is held.

    waiting: is called where another holds it, which is then waited for; without it, False is yielded at once.
    Raises OSError where the file cannot be made, or on a disk without locks.
    """
    if not path.parent.is_dir():  # the library would make it
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    lock = FileLock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        if waiting is None:
            yield False
            return
        waiting()
        lock.acquire()
    try:
        yield True
    finally:
        lock.release()
