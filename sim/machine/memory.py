"""Too little memory: told before anything begins where it can be known, and recognised where it shows."""

from __future__ import annotations

import errno
import os

from sim.errors import SimulationError, causes
from sim.faults import fault

_GB = 1 << 30
NEEDED, PER_PROCESSOR = 11 * _GB // 4, _GB // 16
"""Addresses that a process reserves, most of which it never fills: 2.5 GB on two processors, 3.0 with 64
threads. Below that, libraries stop or stand still without a word that could be caught."""
FOR_CHARTS = 72 * _GB
"""Addresses that the engine of the briefing's chart reserves; with less it ends the process."""
OUT = "out of memory: simulate fewer children with --children"
_SIGNS = (
    "cannot allocate memory",
    "failed to map segment",
    "can't start new thread",
    "failed to launch worker thread",
)
"""How the system and the libraries say it, in exceptions of any kind."""


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
    """Tell whether an exception, or one that it came from, says that there was no memory left."""
    return any(
        isinstance(cause, MemoryError)
        or getattr(cause, "errno", None) == errno.ENOMEM
        or any(sign in str(cause).lower() for sign in _SIGNS)
        for cause in causes(error)
    )
