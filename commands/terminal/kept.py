"""What the cache holds as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from commands.terminal.literal import Table
from sim.machine.cache import CachePart

_GB = 1 << 30
WHAT = {
    "kernels": "compiled kernels, a folder for each version",
    "warm": "warmed-up populations",
    "lives": "results of the app by draw",
    "draws": "draws of apps that run",
    "addresses": "short addresses; the app keeps them for links",
}


def cache_table(root: Path, found: Sequence[CachePart], most: int) -> RenderableType:
    """Return a line per part of a cache. most: bytes that populations and results may take."""
    table = Table(title=f"Cache in {root}", title_justify="left")
    for words in ("part", "what it is"):
        table.add_column(words)
    for words in ("files", "MB", "last used"):
        table.add_column(words, justify="right")
    for part in found:
        day = "-" if part.used is None else f"{datetime.fromtimestamp(part.used, UTC):%Y-%m-%d}"
        table.add_row(part.name, WHAT[part.name], f"{part.files:,}", f"{part.bytes / 1e6:,.1f}", day)
    note = f"Populations and results take at most {most / _GB:,.1f} GB (KINDERWERK_CACHE_GB)."
    return Group(table, Text(note, style="dim"))
