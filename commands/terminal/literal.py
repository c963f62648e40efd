"""Tables and a terminal that show what users wrote as it is: no markup, no emoji."""

from __future__ import annotations

from typing import Any

from rich import table as rich_table
from rich.console import Console, RenderableType
from rich.text import Text


def terminal(**options: Any) -> Console:
    """Return a terminal that reads no markup and no names of emoji. options: of rich's Console."""
    return Console(markup=False, emoji=False, **options)


def show(table: RenderableType) -> None:
    """Print to stdout, as wide as the terminal or, in a file, as wide as the table needs."""
    console = terminal()
    if not console.is_terminal:
        console.width = 160
    console.print(table)


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
