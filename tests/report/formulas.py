"""Computes the formulas of a workbook, as far as ours go: strict, and exact to the number.

Anything that it does not know raises, so that no formula passes unread.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from statistics import fmean, stdev
from typing import Any

import numpy as np
from openpyxl import Workbook
from openpyxl.utils import range_boundaries

TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+\.?\d*(?:E[+-]?\d+)?)|(?P<text>"[^"]*")
    |(?P<cell>(?:'[^']+'!)?\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?)
    |(?P<name>[A-Z]+)|(?P<sign><=|>=|<>|[-+*/^&=<>(),]))""",
    re.VERBOSE,
)
Cells = list[Any]


class Formulas:
    """A workbook with cells put in by hand: `book[sheet][cell] = value` in `put`."""

    def __init__(self, book: Workbook, put: Mapping[tuple[str, str], Any] | None = None) -> None:
        self.book, self.put = book, dict(put or {})
        self.known: dict[tuple[str, str], Any] = {}

    def value(self, sheet: str, cell: str) -> Any:
        """Return what a cell comes to; None where it is empty."""
        at = (sheet, cell.replace("$", ""))
        if at not in self.known:
            found = self.put[at] if at in self.put else self.book[sheet][at[1]].value
            if isinstance(found, str) and found.startswith("="):
                found = _Reader(self, sheet, found[1:]).whole()
            self.known[at] = found
        return self.known[at]

    def cells(self, sheet: str, reference: str) -> Cells:
        """Return the values of a range."""
        left, top, right, bottom = range_boundaries(reference)
        page = self.book[sheet]
        return [
            self.value(sheet, page.cell(row, column).coordinate)
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        ]


class _Reader:
    def __init__(self, book: Formulas, sheet: str, text: str) -> None:
        self.book, self.sheet, self.text = book, sheet, text
        self.tokens = list(self._split())
        self.at = 0

    def _split(self) -> Iterator[tuple[str, str]]:
        at = 0
        while at < len(self.text):
            found = TOKEN.match(self.text, at)
            assert found, f"not read: {self.text[at:]}"
            yield str(found.lastgroup), found[str(found.lastgroup)]
            at = found.end()

    def whole(self) -> Any:
        found = self._compared()
        assert self.at == len(self.tokens), f"not read: {self.tokens[self.at :]}"
        return found

    def _next(self, *signs: str) -> str:
        if self.at < len(self.tokens) and self.tokens[self.at][1] in signs:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return ""

    def _compared(self) -> Any:
        left = self._joined()
        while sign := self._next("=", "<>", "<=", ">=", "<", ">"):
            right = self._joined()
            left = "" if left is None and isinstance(right, str) else left  # as a spreadsheet has it
            left = {
                "=": lambda a, b: a == b, "<>": lambda a, b: a != b, "<=": lambda a, b: a <= b,
                ">=": lambda a, b: a >= b, "<": lambda a, b: a < b, ">": lambda a, b: a > b,
            }[sign](left, right)  # fmt: skip
        return left

    def _joined(self) -> Any:
        left = self._added()
        while self._next("&"):
            left = f"{left}{self._added()}"
        return left

    def _added(self) -> Any:
        left = self._times()
        while sign := self._next("+", "-"):
            right = self._times()
            left = left + right if sign == "+" else left - right
        return left

    def _times(self) -> Any:
        left = self._power()
        while sign := self._next("*", "/"):
            right = self._power()
            left = left * right if sign == "*" else left / right
        return left

    def _power(self) -> Any:
        left = self._signed()
        while self._next("^"):
            left = left ** self._signed()
        return left

    def _signed(self) -> Any:
        return -self._signed() if self._next("-") else self._one()

    def _one(self) -> Any:
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return float(text)
        if kind == "text":
            return text[1:-1]
        if kind == "cell":
            sheet, _, cell = text.rpartition("!")
            name = sheet.strip("'") or self.sheet
            return self.book.cells(name, cell) if ":" in cell else self.book.value(name, cell)
        if kind == "name" and text in ("TRUE", "FALSE"):
            return text == "TRUE"
        assert kind == "name" or text == "(", text
        arguments = self._arguments() if kind == "name" else [self._compared()]
        assert self._next(")")
        return FUNCTIONS[text](*arguments) if kind == "name" else arguments[0]

    def _arguments(self) -> list[Any]:
        assert self._next("(")
        found = [self._compared()]
        while self._next(","):
            found.append(self._compared())
        return found


def _round(x: float, digits: float) -> float:
    assert digits == 0
    return math.copysign(math.floor(abs(x) + 0.5), x)


def _count_if(cells: Cells, rule: str) -> float:
    assert rule == "<=0"
    return float(sum(x <= 0 for x in cells))


def _text(x: float, how: str) -> str:
    assert how == "0%"
    return f"{_round(100 * x, 0):.0f}%"


def _index(cells: Cells, row: float, column: float) -> Any:
    assert row == 1
    assert 1 <= column <= len(cells)
    return cells[int(column) - 1]


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "IF": lambda test, yes, no: yes if test else no,
    "AND": lambda *tests: all(tests), "OR": lambda *tests: any(tests), "ABS": abs, "MIN": min, "MAX": max,
    "SQRT": math.sqrt, "MOD": lambda x, by: x - by * math.floor(x / by), "ROUND": _round, "TEXT": _text,
    "INDEX": _index, "COUNTIF": _count_if, "AVERAGE": fmean, "STDEV": stdev,
    "PERCENTILE": lambda cells, share: float(np.percentile(cells, 100 * share)),
    "SUMPRODUCT": lambda a, b: math.fsum(x * y for x, y in zip(a, b, strict=True)),
}  # fmt: skip
"""IF computes both ways here: ours fail in none."""
