"""Look-up tables of a model file: a CSV beside it, read whole, with every mistake at its line and column.

A table is looked up by `age`, `cycle`, `time_in_state` or a variable of the groups. By the first three a row
holds until the next one begins, and the last row for all above it (as the last row of a life table does); by
a variable of the groups the value must be in the table. The rows are all combinations of their keys.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError, Problem, nearest
from sim.faults import fault
from sim.files.expressions import ExpressionError
from sim.files.yamltext import decode, read_bytes
from sim.published.modelfile import LookUp

Floats = NDArray[np.float64]
STEPS = ("age", "cycle", "time_in_state")
"""What a row holds from on; any other key must be met exactly."""


@dataclass(frozen=True)
class LookUpTable:
    """Values with one axis for each key in `by`; keys: what stands along each axis, rising."""

    by: tuple[str, ...]
    keys: tuple[Floats, ...]
    values: Floats


def read_rows(path: Path) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns of a CSV file and its lines, the header first.

    Raises InputError for a file that cannot be read, has nothing in it, or has other signs between columns.
    """
    reader = csv.reader(io.StringIO(decode(path, read_bytes(path)), newline=""))
    try:
        rows = list(reader)
    except csv.Error as error:
        raise InputError.at(path, fault("no_csv", reason=str(error)), reader.line_num) from None
    if not rows:
        raise InputError.at(path, fault("table_without_rows"))
    if len(rows[0]) == 1 and ";" in rows[0][0]:
        raise InputError.at(path, fault("table_needs_commas"))
    return [name.strip() for name in rows[0]], rows


def read_table(path: Path, asked: LookUp) -> LookUpTable:
    """Return the table in a CSV file with a header. Raises InputError with every mistake, with its place."""
    header, rows = read_rows(path)
    column = asked.column
    rest = [name for name in header if name not in asked.by]
    if column is None and len(rest) == 1:
        column = rest[0]
    if column is None:
        raise InputError.at(path, fault("name_the_column", columns=tuple(rest)))
    wanted = (*asked.by, column)
    problems = [
        Problem.at(path, fault("no_such_column", name=name, near=nearest(name, header)), 1, 1)
        for name in wanted
        if header.count(name) != 1
    ]
    if problems:
        raise InputError(problems)
    places = [header.index(name) for name in wanted]
    found: dict[tuple[float, ...], float] = {}
    for line, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            problems.append(Problem.at(path, fault("wrong_number_of_cells", count=len(header)), line, 1))
            continue
        numbers = []
        for place in places:
            number = _number(row[place])
            if number is None:
                at = 1 + sum(len(cell) + 1 for cell in row[:place])
                wrong = fault("table_needs_number", column=header[place], found=row[place])
                problems.append(Problem.at(path, wrong, line, at))
            else:
                numbers.append(number)
        if len(numbers) < len(places):
            continue
        if tuple(numbers[:-1]) in found:
            key = ", ".join(f"{name} = {value:g}" for name, value in zip(asked.by, numbers, strict=False))
            problems.append(Problem.at(path, fault("stands_twice", name=key), line, 1))
        found[tuple(numbers[:-1])] = numbers[-1]
    if not found and not problems:
        problems.append(Problem.at(path, fault("table_without_rows"), 1, 1))
    if problems:
        raise InputError(problems)
    keys = tuple(np.unique(np.array([key[k] for key in found])) for k in range(len(asked.by)))
    if math.prod(axis.size for axis in keys) > len(found):  # all of them may be more than fit in memory
        gap = next(each for each in itertools.product(*keys) if each not in found)
        key = ", ".join(f"{name} = {value:g}" for name, value in zip(asked.by, gap, strict=True))
        raise InputError.at(path, fault("table_has_gap", key=key))
    values = np.array([found[each] for each in itertools.product(*keys)])
    return LookUpTable(asked.by, keys, values.reshape([axis.size for axis in keys]))


def look_up(table: LookUpTable, values: Mapping[str, Floats]) -> Floats:
    """Return what a table gives for `values`, broadcast. Raises ExpressionError where it has no row."""
    places = []
    for name, keys in zip(table.by, table.keys, strict=True):
        asked = values[name]
        # An age that was counted in months is a whole year, but for rounding.
        place = np.searchsorted(keys, asked + 1e-9 * np.maximum(np.abs(asked), 1.0), side="right") - 1
        missing = place < 0
        if name not in STEPS:
            missing |= keys[np.maximum(place, 0)] != asked
        if np.any(missing):
            raise ExpressionError(fault("no_row_for", name=name, value=float(asked[missing][0])))
        places.append(place)
    found: Floats = table.values[tuple(np.broadcast_arrays(*places))]
    return found


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None
