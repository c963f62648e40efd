"""Renew targets from CBS StatLine: what CBS says now beside what the file says, and on request in the file.

Only the cells `value` and `status` of rows that change are written; every other byte stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from calibration.figures.statline import STATLINE_FILE, Place, Renewal, StatLineTable, fold, read_renewals
from calibration.figures.targets import TARGET_FILE
from commands.terminal.literal import Table
from sim.errors import InputError, SimulationError, nearest
from sim.faults import fault
from sim.machine.whole import written_whole
from sim.progress import Progress, Tell, nobody

_FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n|\n|\r|\Z)')  # a cell and what ends it


@dataclass(frozen=True)
class TargetFile:
    """A file of targets as it stands: its text, and of each id where its cells are (start, end) by column."""

    path: Path
    text: str
    spans: dict[str, dict[str, tuple[int, int]]]

    @classmethod
    def read(cls, path: Path) -> TargetFile:
        """Read a file. Raises InputError where it is no table with id, year, value and status."""
        try:
            text = path.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError.at(path, fault("cannot_read", reason=str(error))) from error
        rows = _rows(path, text)
        header = [value.lstrip("\ufeff") for value, _ in rows[0]] if rows else []
        missing = [column for column in ("id", "year", "value", "status") if column not in header]
        if missing:
            raise InputError.at(path, fault("targets_need_columns", missing=tuple(missing), near=None))
        cells = [dict(zip(header, row, strict=False)) for row in rows[1:] if len(row) == len(header)]
        return cls(path, text, {row["id"][0]: {name: cell[1] for name, cell in row.items()} for row in cells})

    def cell(self, target: str, column: str) -> str:
        """Return the text of a cell (of `value`, `status` and `year`, which need no quotes inside)."""
        start, end = self.spans[target][column]
        return self.text[start:end].strip('"').strip()

    def write(self, changes: dict[tuple[str, str], str]) -> None:
        """Put new texts in cells (by id and column). Raises SimulationError where the file has changed since.

        The new file is written aside and then takes the old one's place at once.
        """
        text = self.text
        found = {self.spans[target][column]: new for (target, column), new in changes.items()}
        for start, end in sorted(found, reverse=True):  # from the end, so that earlier places stay right
            text = text[:start] + found[start, end] + text[end:]
        try:
            self._replace(text.encode("utf-8"))
        except OSError as error:
            raise SimulationError(fault("file_not_written", file=self.path, reason=str(error))) from error

    def _replace(self, content: bytes) -> None:
        with written_whole(self.path, to_disk=True) as aside:
            aside.write_bytes(content)
            if self.path.read_bytes() != self.text.encode("utf-8"):
                raise SimulationError(fault("changed_meanwhile", path=self.path))


def _rows(path: Path, text: str) -> list[list[tuple[str, tuple[int, int]]]]:
    """Return the cells of a CSV text, each with the place it has in it."""
    rows: list[list[tuple[str, tuple[int, int]]]] = []
    place, new = 0, True
    while place < len(text):
        found = _FIELD.match(text, place)
        if found is None:
            raise InputError.at(path, fault("open_cell"), text.count("\n", 0, place) + 1)
        value = found[2] if found[1] is None else found[1].replace('""', '"')
        if new:
            rows.append([])
        rows[-1].append((value, (found.start(), found.start(3))))
        place, new = found.end(), found[3] != ","
    return rows


@dataclass(frozen=True)
class Line:
    """One target beside what CBS says of it. now, new_status: empty where CBS has no figure (any more)."""

    target: str
    table: str
    was: str
    now: str
    old_status: str
    new_status: str

    @property
    def gone(self) -> bool:
        """Return whether CBS has no figure (any more)."""
        return not self.now

    @property
    def changed(self) -> bool:
        """Return whether the value or the status is another."""
        return not self.gone and (self.was, self.old_status) != (self.now, self.new_status)


def refresh(
    tables: Sequence[str] = (), write: bool = False, tell: Tell = nobody, path: Path = TARGET_FILE
) -> list[Line]:
    """Return every target that the tables (default: all) renew, beside what CBS says; write what changed.

    Raises InputError for an unknown table or title, SimulationError where CBS cannot be reached or the file
    has changed in the meantime.
    """
    renewals = read_renewals()
    known = list(dict.fromkeys(renewal.table for renewal in renewals))
    for table in tables:
        if table not in known:
            raise InputError.at("--table", fault(
                "unknown_table",
                table=table, near=nearest(table, known), known=tuple(known),
            ))  # fmt: skip
    file = TargetFile.read(path)
    lines: list[Line] = []
    for table in known:
        if not tables or table in tables:
            lines += _compare(table, [item for item in renewals if item.table == table], file, tell)
    changed = [line for line in lines if line.changed]
    if write and changed:
        file.write({(line.target, "value"): line.now for line in changed if line.was != line.now}
                   | {(line.target, "status"): line.new_status for line in changed
                      if line.old_status != line.new_status})  # fmt: skip
        tell(Progress("rows_written", values={"count": len(changed), "file": path}))
    return lines


def _compare(table: str, renewals: Sequence[Renewal], file: TargetFile, tell: Tell) -> list[Line]:
    """Return the targets that one table renews, beside what it says."""
    wanted = [(renewal, target) for renewal in renewals for target in renewal.targets]
    for renewal, target in wanted:
        if target not in file.spans:
            wrong = fault(
                "no_target",
                file=file.path, target=target, near=nearest(target, file.spans),
            )  # fmt: skip
            raise InputError.at(STATLINE_FILE, wrong, renewal.line)
    if not wanted:
        tell(Progress("table_renews_nothing", values={"table": table}))
        return []
    tell(Progress("reading_titled_table", values={"table": table, "title": renewals[0].title}))
    source = StatLineTable(table)
    if fold(source.title) != fold(renewals[0].title):  # so CBS closes a table: it adds the years
        tell(Progress("table_renamed", values={"table": table, "title": source.title}))
    places: dict[str, list[Place | None]] = {}
    for renewal, target in wanted:
        year = int(file.cell(target, "year"))
        cells = [part for part in (renewal.top(year), renewal.over(year)) if part is not None]
        places[target] = [source.place(part, renewal.line) for part in cells]
    asked = [place for parts in places.values() for place in parts if place is not None]
    answers = iter(source.figures(asked))
    figures = {
        target: [None if place is None else next(answers) for place in parts]
        for target, parts in places.items()
    }
    return [
        _line(target, renewal, file, places[target], figures[target]) for renewal, target in wanted
    ]


def _line(
    target: str,
    renewal: Renewal,
    file: TargetFile,
    places: Sequence[Place | None],
    figures: Sequence[float | None],
) -> Line:
    table = renewal.table
    was, status = file.cell(target, "value"), file.cell(target, "status")
    values = [figure for figure in figures if figure is not None]
    if len(values) < len(figures) or (len(values) == 2 and values[1] == 0):
        return Line(target, table, was, "", status, "")
    value = renewal.factor * (values[0] / values[1] if len(values) == 2 else values[0])
    digits = len(was.partition(".")[2])  # as many as the file has
    now = f"{value:.{digits}f}"
    provisional = any(place is not None and place.provisional for place in places)
    return Line(target, table, was, now, status, "provisional" if provisional else "final")


def as_table(lines: Sequence[Line]) -> RenderableType:
    """Return what is new, and what CBS has no figure for, as a table for the terminal."""
    table = Table(title="Targets and what CBS StatLine says now", title_justify="left")
    for column in ("target", "CBS table", "in the file", "at CBS", "change", "status"):
        table.add_column(column, justify="left" if column in ("target", "CBS table", "status") else "right")
    for line in lines:
        if line.changed:
            status = [line.old_status, line.new_status][line.old_status == line.new_status :]
            table.add_row(line.target, line.table, line.was, line.now, _change(line), " → ".join(status))
    for line in lines:
        if line.gone:
            table.add_row(line.target, line.table, line.was, "no figure", "", line.old_status)
    same = sum(not (line.changed or line.gone) for line in lines)
    return Group(table, Text(f"{same} of {len(lines)} targets are as CBS has them."))


def _change(line: Line) -> str:
    """Return by how much CBS's figure differs, with its percentage."""
    was, now = float(line.was), float(line.now)
    if was == now:
        return "0"
    digits = len(line.now.partition(".")[2])
    return f"{now - was:+,.{digits}f} ({now / was - 1:+.1%})"
