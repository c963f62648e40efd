"""A sheet of the workbook as data: lines, what can be changed, a table with numbers and formulas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.report.content import Report


@dataclass(frozen=True)
class CellFormula:
    """A formula without its sign, what it comes to, and the kind of its format (see workbook.FORMATS)."""

    text: str
    value: float
    kind: str


Cell = str | tuple[float, str] | CellFormula | None
"""A text, a number with its kind (see workbook.FORMATS), a formula, or nothing."""
Column = tuple[str, int]


@dataclass(frozen=True)
class AskedNumber:
    """A number that a user may change: what it is, its kind, from and up to what, and what to say beyond."""

    words: str
    value: float
    kind: str
    low: float
    high: float
    wrong: str


@dataclass(frozen=True)
class Sheet:
    """One sheet: lines above a table, what can be changed below them, the table, lines below.

    columns: heading and width in signs. marked: rows with a colour, from 0. frozen: whether the heading stays
    in sight. wrapped: whether long texts go on below each other.
    """

    name: str
    above: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    below: tuple[str, ...] = ()
    marked: frozenset[int] = frozenset()
    frozen: bool = True
    wrapped: bool = False
    asked: tuple[AskedNumber, ...] = ()

    @property
    def first(self) -> int:
        """Return where the first row of the table stands, from 0: below a blank line and the heading."""
        return len(self.above) + len(self.asked) + 2


def table_sheet(
    report: Report, name: str, note: str, columns: Sequence[Column], rows: Sequence[tuple[Cell, ...]]
) -> Sheet:
    """Return a sheet with its name and a note above the table; columns by the keys of their words."""
    t = report.writing.t
    named = tuple((t(key), width) for key, width in columns)
    wrapped = name in ("sheet_cheers", "sheet_about", "sheet_framework")
    return Sheet(t(name), (t(name), note), named, tuple(rows), wrapped=wrapped)
