"""Memory of the server and of the processes that it started, for its metrics (`/_stcore/metrics`)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from streamlit.runtime.stats import GaugeStat

FAMILY = "kinderwerk_resident_memory_bytes"
_HELP = "Resident memory of the app, and of the processes that it started (readers of files)."
_PROCESSES = Path("/proc")


def resident() -> dict[str, int]:
    """Return bytes of resident memory of the app, and of its workers together; nothing where none is told."""
    found: dict[int, tuple[int, int]] = {}
    for folder in _PROCESSES.glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            # The name of a program, between brackets, may hold anything; what follows it has fixed places.
            fields = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
            found[int(folder.name)] = int(fields[1]), int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    own = os.getpid()
    if own not in found:
        return {}
    family = {own}
    while more := {process for process, (parent, _) in found.items() if parent in family} - family:
        family |= more
    return {"app": found[own][1], "workers": sum(found[process][1] for process in family - {own})}


class Resident:
    """What Streamlit asks for these figures, each time that somebody looks at its metrics."""

    stats_families = (FAMILY,)

    def get_stats(self, family_names: Sequence[str] | None = None) -> Mapping[str, Sequence[GaugeStat]]:
        """Return a figure for the app and one for its workers."""
        return {
            FAMILY: [
                GaugeStat(FAMILY, size, {"process": process}, "bytes", _HELP)
                for process, size in resident().items()
            ]
        }
