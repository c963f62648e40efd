"""Too little memory: refused before a run where it can be predicted, and recognised when it happens."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from traceback import walk_tb

from sim.errors import SimulationError, causes
from sim.faults import fault

_GB = 1 << 30
NEEDED, PER_PROCESSOR = 11 * _GB // 4, _GB // 16
"""Addresses that a process reserves, most of which it never fills: 2.5 GB on two processors, 3.0 with 64
threads. Below that, libraries stop or stand still without a word that could be caught."""
FOR_CHARTS = 72 * _GB
"""Addresses that the engine of the briefing's chart reserves; with less it ends the process."""
_SPARE = _GB // 2
"""With less than this left of a limit, a library that cannot be loaded or started has met it."""


def refuse_little(needed: int | None = None) -> None:
    """Raise SimulationError where a limit (ulimit -v) leaves this process fewer addresses than it needs.

    needed: in bytes (default: what any command needs).
    """
    least = needed or NEEDED + PER_PROCESSOR * (os.cpu_count() or 1)
    limit = _limit()
    if limit is not None and limit < least:
        raise SimulationError(
            fault(
                "too_little_memory",
                limit=limit / 1e6,
                least=least / 1e6,
            )
        )


def _limit() -> int | None:
    """Return how many bytes of addresses this process may have, or None where nobody set a limit."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    found = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if found == resource.RLIM_INFINITY else found


def ran_out(error: BaseException) -> bool:
    """Tell whether an exception, or one that it came from, says that there was no memory left.

    Libraries say it in exceptions of many kinds. Where a library or a thread could not be started, it counts
    as that only where a limit is nearly met: what they say in words may change.
    """
    return any(
        isinstance(cause, MemoryError)
        or getattr(cause, "errno", None) == errno.ENOMEM
        or (_not_started(cause) and _nearly_full())
        for cause in causes(error)
    )


def _not_started(error: BaseException) -> bool:
    """Tell whether a library could not be loaded, or a thread could not be started."""
    if isinstance(error, ImportError):
        return error.path is not None and Path(error.path).suffix in (".so", ".dylib", ".pyd")
    if isinstance(error, RuntimeError):
        start = threading.Thread.start.__code__
        return any(frame.f_code is start for frame, _ in walk_tb(error.__traceback__))
    return type(error).__name__ == "ArrowException"  # of no kind of its own: that of threads of Arrow


def _nearly_full() -> bool:
    """Tell whether little is left of the addresses that this process may have."""
    limit = _limit()
    if limit is None:
        return False
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):  # only Linux says it
        return True
    return limit - pages * os.sysconf("SC_PAGE_SIZE") < _SPARE
