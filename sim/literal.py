"""What users wrote, as it is: one way for each thing that would read it as more than text.

Titles, names, sources and names of files reach terminals and spreadsheets through here. Documents and charts
take them as data: Typst by `sys.inputs`, xlsxwriter by `write_string`, Vega in the rows of its data. Pages
have `pages.shared.parts.plain` for Markdown.
"""

from __future__ import annotations

import re
from typing import Any

from rich import table as rich_table
from rich.console import Console, RenderableType
from rich.text import Text

_FORMULA = re.compile(r"[=+@\t\r\uff1d\uff20\uff0b\uff0d-]")
"""How a text begins that a spreadsheet takes for a formula."""
_NUMBER = re.compile(r"[+-][\d.,\s]*")


def terminal(**options: Any) -> Console:
    """Return a terminal that reads no markup and no names of emoji. options: of rich's Console."""
    return Console(markup=False, emoji=False, **options)


class Table(rich_table.Table):
    """A table of rich whose title, headings and cells stand as they are, on every terminal."""

    def __init__(self, *, title: str | None = None, **options: Any) -> None:
        super().__init__(title=title and Text(title, style="table.title"), **options)

    def add_column(self, header: RenderableType = "", *more: Any, **options: Any) -> None:
        """Add a column. more, options: of rich."""
        super().add_column(_words(header), *more, **options)

    def add_row(self, *cells: RenderableType | None, **options: Any) -> None:
        """Add a row. options: of rich."""
        super().add_row(*map(_words, cells), **options)


def _words(content: Any) -> Any:
    return Text(content) if isinstance(content, str) else content


def cell(value: Any, numbers: bool = False) -> Any:
    """Return what stands in a cell of a CSV file so that no spreadsheet runs it; only texts are changed.

    numbers: whether texts may be numbers, which stay as they are.
    """
    risky = isinstance(value, str) and _FORMULA.match(value)
    return f"'{value}" if risky and not (numbers and _NUMBER.fullmatch(value)) else value


def printable(text: str) -> str:
    """Return text with what would steer a terminal written as its code; line ends stay."""
    return "".join(
        sign if sign.isprintable() or sign == "\n" else sign.encode("unicode_escape").decode()
        for sign in text
    )
