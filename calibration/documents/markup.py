"""How the generated pages of docs/ write tables and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def figure(x: float | None) -> str:
    """Return a number as short as it can be read: whole when large, three digits when small."""
    if x is None:
        return "-"
    return f"{x:,.0f}" if abs(x) >= 1000 else f"{x:.3g}"


def between(low: float, high: float) -> str:
    """Return a range of two numbers; the word 'to' where a dash would be read as a minus."""
    return f"{figure(low)} to {figure(high)}" if low < 0 else f"{figure(low)}–{figure(high)}"
