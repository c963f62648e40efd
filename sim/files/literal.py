"""Text of users shown as it is: an escape for each format that would read markup or formulas in it.

Titles, names, sources and names of files reach spreadsheets and messages through here, and tables of the
terminal through commands.terminal.literal. Documents and charts
take them as data: Typst by `sys.inputs`, xlsxwriter by `write_string`, Vega in the rows of its data. Pages
have `pages.shared.parts.plain` for Markdown.
"""

from __future__ import annotations

import re
from typing import Any

_FORMULA = re.compile(r"[=+@\t\r\uff1d\uff20\uff0b\uff0d-]")
"""How a text begins that a spreadsheet takes for a formula."""
_NUMBER = re.compile(r"[+-][\d.,\s]*")


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
