"""Published figures to fit to and to test on: what was counted, how well it is known, what it is for.

The file (default: targets/cbs.csv) says for every figure its definition, denominator, year, status,
tolerance, role and source; a row without them is refused. `measure` names how the model counts the
same thing (measures.py).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from calibration.figures.measures import ALL_AGES, MEASURES
from sim.errors import InputError, Problem, nearest
from sim.faults import Fault, fault
from sim.files.numerals import AGE, NUMBER, SHARE, NumeralError, Quantity, read_number
from sim.inputs.age_structure import MAX_YOUTHS
from sim.inputs.placenames import PlaceError, find, key
from sim.states import AGES

TARGET_FILE = Path(__file__).resolve().parents[1] / "targets" / "cbs.csv"
ROLES = ("calibrate", "validate", "report")
UNITS = ("youths", "trajectories", "share", "ratio")
COUNTS, RATIOS = ("youths", "trajectories"), ("share", "ratio")
STATUSES = ("final", "provisional", "press quoting CBS")
COLUMNS = (
    "id", "measure", "quantity", "definition", "denominator", "within", "share_of", "age_from", "age_to",
    "region", "year", "period", "value", "unit", "status", "role", "tolerance", "source", "note",
)  # fmt: skip
KNOWN: Mapping[str, Collection[str]] = {"measure": MEASURES, "unit": UNITS, "status": STATUSES, "role": ROLES}
WORDED = ("id", "quantity", "definition", "region", "period", "source")
COUNT = Quantity(
    fault("a_count"), ("jongeren", "jeugdigen", "youths", "trajecten", "trajectories"), counted=True
)
SEPARATORS = (",", ";", "\t")
MOST_EACH = 5.0
"""Trajectories that could be counted for each youth of the country."""
MOST_ROWS, MOST_COLUMNS = 5_000, 100
"""More targets than any model could answer to: such a file is something else."""
MOST_PROBLEMS = 100
MOST_OF_LINE = 1 << 20
"""Characters that are read at a time, of a line that has no end."""


@dataclass(frozen=True)
class Target:
    """One published figure. tolerance: relative, one standard deviation of its error.

    denominator: of what a share or ratio is one; empty for counts. within: stem of the figure whose
    youths these are among, by which errors are shared. share_of: ids whose sum turns a count into the
    structural share that is fitted; the level of that year is fitted by a row of its own, if at all.
    """

    id: str
    measure: str
    quantity: str
    definition: str
    denominator: str
    within: str
    share_of: tuple[str, ...]
    age_from: int
    age_to: int
    region: str
    year: int
    period: str
    value: float
    unit: str
    status: str
    role: str
    tolerance: float
    source: str
    note: str

    @property
    def stem(self) -> str:
        """Return the id without its year: the series that the figure belongs to."""
        return self.id.removesuffix(f"_{self.year}")


def read_targets(path: Path = TARGET_FILE) -> list[Target]:
    """Read targets.

    Raises InputError with file, line and column of everything that is missing, out of range, unknown or
    there twice, and where the file is not UTF-8, not a table, empty, or far too long.
    """
    targets: dict[str, Target] = {}
    lines: dict[str, int] = {}
    problems: list[Problem] = []
    for line, row in _rows(path):
        name = row["id"]
        found = _faults(row)
        if name in lines:
            found.append(("id", fault("twice_first_in_line", line=lines[name])))
        elif name:
            lines[name] = line
        problems += [
            Problem.at(
                path,
                fault("in_column", id=name or "(no id)", why=why, column=column),
                line,
                _field(column),
            )
            for column, why in sorted(found, key=lambda each: _field(each[0]))
        ]
        if not found:
            targets[name] = _target(row)
    if not problems and not targets:
        raise InputError.at(path, fault("holds_no_targets"))
    if not problems:
        problems = list(islice(_unresolved(path, targets, lines), MOST_PROBLEMS))
    if problems:
        raise InputError(problems)
    return list(targets.values())


def _field(column: str) -> int:
    return COLUMNS.index(column) + 1


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield (line, row) of the file, without spaces around its fields."""
    line = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            lines = _text(path, stream)
            head, before = _head(lines)
            separator = max(SEPARATORS, key=head.count)
            reader = csv.reader(chain([head], lines), strict=True, delimiter=separator)
            names = _names(path, next(reader, []))
            number = 0
            while True:
                line = before + reader.line_num + 1
                fields = next(reader, None)
                if fields is None:
                    return
                if not fields:
                    continue
                number += 1
                if number > MOST_ROWS:
                    raise InputError.at(path, fault("too_many_targets", most=MOST_ROWS), line)
                if len(fields) != len(names):
                    held = {",": fault("a_comma"), ";": fault("a_semicolon"), "\t": fault("a_tab")}[separator]
                    wrong = fault(
                        "wrong_number_of_columns",
                        count=len(names), found=len(fields), held=held,
                    )  # fmt: skip
                    raise InputError.at(path, wrong, line)
                yield line, {name: field.strip() for name, field in zip(names, fields, strict=True)}
    except UnicodeDecodeError as error:
        raise InputError.at(path, _not_utf8(path, error), *_place(path)) from error
    except csv.Error as error:
        wrong = fault("no_csv", reason=str(error))
        raise InputError.at(path, wrong, line) from error
    except OSError as error:
        raise InputError.at(path, fault("cannot_read", reason=error.strerror or str(error))) from error


def _head(lines: Iterator[str]) -> tuple[str, int]:
    """Return the line of the names of the columns, and how many lines stand before it (`sep=;` of Excel)."""
    first = next(lines, "")
    return (next(lines, ""), 1) if first.lstrip('"').casefold().startswith("sep=") else (first, 0)


def _text(path: Path, stream: TextIO) -> Iterator[str]:
    for line, text in enumerate(iter(partial(stream.readline, MOST_OF_LINE), ""), 1):
        if "\0" in text:
            raise InputError.at(path, fault("nul_byte_in_csv"), line, text.index("\0") + 1)
        yield text


def _names(path: Path, header: list[str]) -> list[str]:
    """Return the names of the columns. Raises InputError where one is missing or there twice."""
    names = [name.strip() for name in header]
    if len(names) > MOST_COLUMNS:
        raise InputError.at(path, fault("too_many_columns", count=len(names)))
    missing = [column for column in COLUMNS if column not in names]
    if len(missing) == len(COLUMNS):
        if not any(names):
            raise InputError.at(path, fault("first_line_empty", missing=missing))
        raise InputError.at(path, fault("targets_need_columns", missing=missing, near=None))
    if missing:
        near = nearest(missing[0], [name for name in names if name not in COLUMNS])
        raise InputError.at(path, fault("targets_need_columns", missing=missing, near=near))
    for k, name in enumerate(names):
        if name in names[:k]:
            raise InputError.at(path, fault("column_twice", name=name), 1, k + 1)
    return names


def _not_utf8(path: Path, error: UnicodeDecodeError) -> Fault:
    byte = f"0x{error.object[error.start]:02x}"
    return fault("csv_not_utf8", byte=byte, file=path.name)


def _place(path: Path) -> tuple[int, int]:
    """Return line and column of the first bytes that are not UTF-8."""
    with path.open("rb") as stream:
        for line, content in enumerate(stream, 1):
            try:
                content.decode("utf-8")
            except UnicodeDecodeError as error:
                return line, error.start + 1
    return 1, 1


def _faults(row: Mapping[str, str]) -> list[tuple[str, Fault]]:
    """Return (column, what is wrong) of everything wrong with a row."""
    faults = [(name, fault("has_no_field", name=name)) for name in WORDED if not row[name]]
    for name, known in KNOWN.items():
        value = row[name]
        if not value:
            faults.append((name, fault("has_no_field", name=name)))
        elif value not in known:
            near = nearest(value, known)
            shown = "see calibration/figures/measures.py" if name == "measure" else tuple(known)
            faults.append((name, fault(
                "unknown_value_for_field",
                name=name, value=value, near=near, known=shown,
            )))  # fmt: skip
    numbers: dict[str, float | None] = {}
    for name, quantity in _quantities(row).items():
        numbers[name], reason = _number(row[name], quantity)
        number, text = numbers[name], row[name]
        if number is None:
            faults.append((name, fault("no_number_for_field", name=name, found=row[name], hint=reason)))
        elif name in ("value", "tolerance") and not 0 < number < math.inf:
            faults.append((name, fault("field_not_above_zero", name=name, text=text)))
        elif name not in ("value", "tolerance") and not number.is_integer():
            faults.append((name, fault("field_not_whole", name=name, text=text)))
    first, last, tolerance = numbers["age_from"], numbers["age_to"], numbers["tolerance"]
    if first is not None and last is not None and not 0 <= first <= last < AGES:
        faults.append(("age_from", fault("unknown_ages", first=first, last=last, oldest=AGES - 1)))
    elif row["measure"] in ALL_AGES and not faults and (first, last) != (0, AGES - 1):
        wrong = fault(
            "counted_for_all_ages",
            age_from=row["age_from"], age_to=row["age_to"], measure=row["measure"], last=AGES - 1,
        )  # fmt: skip
        faults.append(("age_from", wrong))
    share = numbers["value"] if row["unit"] == "share" else None
    if share is not None and 1 < share < math.inf:
        faults.append(("value", fault("share_over_one", share=share)))
    if row["unit"] in COUNTS and (count := numbers["value"]) is not None and count < math.inf:
        most = MAX_YOUTHS * (MOST_EACH if row["unit"] == "trajectories" else 1.0)
        if count > most:
            faults.append(("value", fault("counts_too_many", count=count, unit=row["unit"], most=most)))
        elif not count.is_integer():
            faults.append(("value", fault("counts_not_whole", count=count, unit=row["unit"])))
    if tolerance is not None and 1 <= tolerance < math.inf:
        faults.append(("tolerance", fault("tolerance_too_large", tolerance=tolerance)))
    if row["unit"] in RATIOS and not row["denominator"]:
        faults.append(("denominator", fault("no_denominator", unit=row["unit"])))
    elif row["share_of"] and not row["denominator"]:
        faults.append(("denominator", fault("share_without_denominator")))
    return faults


def _quantities(row: Mapping[str, str]) -> dict[str, Quantity]:
    """Return what the number in each column is of."""
    value = COUNT if row["unit"] in COUNTS else SHARE if row["unit"] == "share" else NUMBER
    return {"age_from": AGE, "age_to": AGE, "year": NUMBER, "value": value, "tolerance": SHARE}


def _number(text: str, quantity: Quantity) -> tuple[float | None, Fault | None]:
    """Return the number that a text can only mean, or None and how to write it."""
    try:
        return read_number(text, quantity), None
    except NumeralError as error:
        hint = error.hint
    try:
        number = float(text)  # as programs write what is no finite number
    except ValueError:
        return None, hint
    return (None, hint) if math.isfinite(number) or math.isnan(number) else (number, None)


def _target(row: Mapping[str, str]) -> Target:
    """Return the target in a row without faults."""
    read = {name: read_number(row[name], quantity) for name, quantity in _quantities(row).items()}
    return Target(
        row["id"], row["measure"], row["quantity"], row["definition"], row["denominator"], row["within"],
        tuple(name.strip() for name in row["share_of"].split("+") if name.strip()),
        int(read["age_from"]), int(read["age_to"]), _region(row["region"]), int(read["year"]), row["period"],
        read["value"], row["unit"], row["status"], row["role"], read["tolerance"], row["source"], row["note"],
    )  # fmt: skip


def _region(name: str) -> str:
    """Return the name that profiles have for a municipality, and NL for the country."""
    if key(name) in ("nl", "nederland"):
        return "NL"
    try:
        town = find(name, today=False)
    except PlaceError:
        return name
    return town.name if town else name


def _unresolved(path: Path, targets: Mapping[str, Target], lines: Mapping[str, int]) -> Iterable[Problem]:
    """Yield a problem for every name in `within` and `share_of` that no row carries, and every circle."""
    parents = {target.stem: target.within for target in targets.values()}
    ending: set[str] = set()  # stems from which the way up comes to an end
    for target in targets.values():
        if target.within and target.within not in parents:
            series = targets.get(target.within)
            wrong = fault(
                "within_nothing",
                id=target.id, within=target.within,
                near=series.stem if series else nearest(target.within, parents),
            )  # fmt: skip
            yield Problem.at(path, wrong, lines[target.id], _field("within"))
        seen, stem = {target.stem}, target.within
        while stem and stem not in seen and stem not in ending:
            seen.add(stem)
            stem = parents.get(stem, "")
        if stem not in seen:
            ending |= seen
        else:
            words = fault("lies_within_itself", id=target.id, within=target.within)
            yield Problem.at(path, words, lines[target.id], _field("within"))
        for other in target.share_of:
            if other not in targets:
                words = fault("share_of_nothing", id=target.id, other=other, near=nearest(other, targets))
                yield Problem.at(path, words, lines[target.id], _field("share_of"))
