"""Renew what is known of municipalities from CBS StatLine: youths by age, inhabitants, youths with jeugdzorg.

`kinderwerk data refresh --municipal` shows what CBS has otherwise; with ``--write`` it is put in the
evidence, each file whole or not at all, with its source and date in municipal_sources.csv. A municipality is
found by its code. One that was made of others since is these together (`key_figures.together`). One that CBS
has no figure of (divided, gone, or kept secret) stays as it is, and that is told; so are those that CBS calls
otherwise, and those that are new there and have inhabitants: what they are made of CBS does not say here, so
that nobody's figures are put in their place. Ages are those of `profiles.DATE`, so that all start on one day;
key figures are those of `key_figures.TABLES`; figures of youths with jeugdzorg are those in natura of every
year of the table, of all and by group of ages, in the boundaries that CBS has them in.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from calibration.figures.statline import Cells, Place, StatLineTable, fold
from calibration.municipalities.key_figures import KEY_FIGURES, TABLES, Figures, plain, read_table, together
from calibration.municipalities.level_model import EVIDENCE
from calibration.municipalities.municipality_data import (
    EVERYBODY,
    PERIODS,
    POPULATION,
    POPULATION_MEASURE,
    REGIONS,
    USE,
    USE_MEASURE,
)
from calibration.municipalities.profiles import DATE
from commands.terminal.literal import Table
from sim.errors import SimulationError
from sim.faults import fault
from sim.inputs.placenames import PlaceError, find, key, towns
from sim.machine.whole import written_whole
from sim.progress import Progress, Tell, nobody
from sim.states import AGES

IN_NATURA = {"Vormen van jeugdzorg": "JZ Totaal jeugdzorg in natura"}
PERSONS, PERSONS_MEASURE, PERSON = "85100NED", "Totaal jongeren met jeugdzorg", "Persoonskenmerken"
GROUPS = {
    "0-3": "Leeftijd: 0 tot 4 jaar", "4-11": "Leeftijd: 4 tot 12 jaar",
    "12-17": "Leeftijd: 12 tot 18 jaar", "18-22": "Leeftijd: 18 tot 23 jaar",
}  # fmt: skip
"""Groups of ages as CBS prints them in PERSONS (seen on its own page of that table)."""
AGE = "Leeftijd"
AT_ONCE = 30
"""Municipalities in one question: a longer one is no address that a server takes."""
NAME, NEW = "name", "new municipality"
"""What a line is of that is no figure of a file."""
LICENCE = "CBS figures CC BY 4.0"
FILES = ("municipalities.csv", "inhabitants.csv", "municipal_use.csv", "municipal_sources.csv")
Row = dict[str, str]
_HERE = Path(__file__)


@dataclass(frozen=True)
class TownLine:
    """One figure of a municipality: in the file, and at CBS. was: empty where it is new; now: where gone."""

    code: str
    what: str
    was: str
    now: str

    @property
    def changed(self) -> bool:
        """Return whether CBS has another figure."""
        return bool(self.now) and self.was != self.now


def refresh_towns(
    write: bool = False, tell: Tell = nobody, folder: Path = EVIDENCE, today: dt.date | None = None
) -> list[TownLine]:
    """Return each figure of each municipality beside what CBS says; write what changed.

    today: the date that the sources get. Raises InputError for a title that a table no longer has,
    SimulationError where CBS cannot be reached or a file has changed in the meantime.
    """
    before = {name: (folder / name).read_bytes() for name in FILES}
    tables = {name: _rows(content) for name, content in before.items()}
    codes = [row["code"] for row in tables["municipalities.csv"]]
    lines: list[TownLine] = []
    day = f"{today or dt.date.today():%Y-%m-%d}"
    tell(Progress("reading_table", values={"table": POPULATION}))
    people = StatLineTable(POPULATION, _HERE)
    lines += _people(people, tables["municipalities.csv"], codes)
    lines += _inhabitants(people, tables["inhabitants.csv"], codes)
    lines += _names(people, codes)
    read = [people]
    for year, number in TABLES.items():
        tell(Progress("reading_table", values={"table": number}))
        table, found = read_table(year)
        lines += _key_figures(table, found, tables["municipalities.csv"])
        read.append(table)
    for number in (USE, PERSONS):
        tell(Progress("reading_table", values={"table": number}))
        read.append(StatLineTable(number, _HERE))
    lines += _care(read[-2], read[-1], tables["municipal_use.csv"], codes)
    changed = {name for name in FILES if _text(tables[name]) != _text(_rows(before[name]))}
    if write and changed:
        for table in read:
            _source(tables["municipal_sources.csv"], table, day)
        for name in reversed(FILES):  # sources first: a source too many is no figure without one
            if name in changed or name == "municipal_sources.csv":
                _write(folder / name, before[name], _text(tables[name]))
                tell(Progress("rows_written", values={"count": len(tables[name]), "file": folder / name}))
    return lines


def as_table(lines: Sequence[TownLine]) -> RenderableType:
    """Return how many municipalities have another figure at CBS, by what it is of, and where CBS has none."""
    table = Table(title="Municipalities and what CBS StatLine says now", title_justify="left")
    for column in ("figure", "same", "changed", "new", "no figure", "largest change"):
        table.add_column(column, justify="left" if column == "figure" else "right")
    kinds: dict[str, list[TownLine]] = {}
    figures = [line for line in lines if line.what not in (NAME, NEW)]
    for line in figures:
        kinds.setdefault("youths of one age" if line.what[1:].isdigit() else line.what, []).append(line)
    for kind, some in kinds.items():
        changed = [line for line in some if line.changed and line.was]
        new = sum(line.changed and not line.was for line in some)
        gone = sum(not line.now for line in some)
        far = max((float(line.now) / float(line.was) - 1 for line in changed if float(line.was)),
                  key=abs, default=0.0)  # fmt: skip
        same = len(some) - len(changed) - new - gone
        counts = (same, len(changed), new, gone)
        table.add_row(kind.replace("_", " "), *map(str, counts), f"{far:+.1%}" if changed else "")
    without = sorted({line.code for line in figures if not line.now})
    told = {
        "Without a figure at CBS, and left as they are": [towns()[code].name for code in without],
        "Called otherwise at CBS": [f"{line.was} ({line.now})" for line in lines if line.what == NAME],
        "New at CBS, not in the files": [f"{line.now} ({line.code})" for line in lines if line.what == NEW],
    }
    return Group(table, *(Text(f"{what}: {', '.join(names)}.") for what, names in told.items() if names))


def _people(table: StatLineTable, rows: Sequence[Row], codes: Sequence[str]) -> Iterator[TownLine]:
    """Yield youths by age on DATE, and all of them a year later, and put them in the rows."""
    years = int(DATE[:4]), int(DATE[:4]) + 1
    asked = [*codes, *(town.code for town in towns().values() if town.until > DATE)]
    now, next_ = (
        {
            code: counts
            for code, counts in _figures(
                table, asked,
                [{**EVERYBODY, AGE: f"{age} jaar", PERIODS: str(year)} for age in range(AGES)],
                POPULATION_MEASURE,
            ).items()
            if any(count is not None for count in counts)  # what has no youths was no municipality then
        }
        for year in years
    )  # fmt: skip
    for row in rows:
        parts = together(now, row["code"], years[0])
        later = together(next_, row["code"], years[1])
        here = {} if parts is None else {f"a{age}": sum(part[age] for part in parts) for age in range(AGES)}
        if here and later is not None:
            here["youths_2022"] = sum(map(sum, later))
        for column in (*(f"a{age}" for age in range(AGES)), "youths_2022"):
            yield _renewed(row, column, here.get(column))
        if here:
            row["source"] = _sourced(row["source"], "P1", table.table)


def _key_figures(
    table: StatLineTable, found: Mapping[str, Figures], rows: Sequence[Row]
) -> Iterator[TownLine]:
    """Yield the key figures of one table, and put them in the rows. found: by column and code."""
    for each in KEY_FIGURES:
        for row in rows if each.column in found else ():
            parts = together(found[each.column], row["code"], each.year)
            yield _renewed(row, each.column, None if parts is None else each.of(parts), each.digits)
            if parts is not None:
                row["source"] = _sourced(row["source"], f"K{each.year}", table.table)


def _renewed(row: Row, column: str, figure: float | None, digits: int = 0) -> TownLine:
    """Put a figure in a row, where there is one, and return what was and is."""
    line = TownLine(row["code"], column, row[column], "" if figure is None else plain(figure, digits))
    row[column] = line.now or line.was
    return line


def _inhabitants(table: StatLineTable, rows: Sequence[Row], codes: Sequence[str]) -> Iterator[TownLine]:
    """Yield the inhabitants of the newest year in which a municipality has a figure."""
    year, found = _newest(table, codes)
    for row in rows:
        (count,) = found.get(row["code"], (None,))
        said = "" if count is None else plain(count)
        yield TownLine(row["code"], f"inhabitants {year}", row["inhabitants"], said)
        if said and (row["inhabitants"], row["year"]) != (said, year):
            row |= {"inhabitants": said, "year": year, "source": table.table}


def _newest(table: StatLineTable, codes: Sequence[str]) -> tuple[str, dict[str, list[float | None]]]:
    """Return the newest year in which one of these municipalities has inhabitants, and how many, by code."""
    found: dict[str, list[float | None]] = {}
    year = ""
    for year in sorted((str(item["Key"])[:4] for item in table.members(PERIODS)), reverse=True):
        found = _figures(table, codes, [{**EVERYBODY, AGE: "Totaal", PERIODS: year}], POPULATION_MEASURE)
        if any(count is not None for counts in found.values() for count in counts):
            break
    return year, found


def _names(table: StatLineTable, codes: Sequence[str]) -> Iterator[TownLine]:
    """Yield the municipalities that CBS calls otherwise, and the new ones, which have inhabitants now."""
    titles = {str(item["Key"]).strip(): str(item["Title"]).strip() for item in table.members(REGIONS)}
    for code in codes:
        if code in titles and not _is_called(titles[code], code):
            yield TownLine(code, NAME, towns()[code].name, titles[code])
    others = [code for code in titles if code.startswith("GM") and code not in towns()]
    if others:
        year, _ = _newest(table, codes)
        found = _figures(table, others, [{**EVERYBODY, AGE: "Totaal", PERIODS: year}], POPULATION_MEASURE)
        for code in sorted(found):
            if any(found[code]):
                yield TownLine(code, NEW, "", titles[code])


def _is_called(title: str, code: str) -> bool:
    with contextlib.suppress(PlaceError):
        town = find(title)
        return town is not None and town.code == code
    return any(key(title) == key(name) for name in (towns()[code].name, *towns()[code].also))


def _care(
    table: StatLineTable, persons: StatLineTable, rows: list[Row], codes: Sequence[str]
) -> Iterator[TownLine]:
    """Yield youths with jeugdzorg in natura by year, and put them in the rows, new ones at their place.

    persons: the table with groups of ages; a group that CBS has no figure of stays as it is.
    """
    there = {(row["code"], row["year"]): row for row in rows}
    columns = list(rows[0])
    for item in table.members(PERIODS):
        if str(item["Key"]).strip()[4:] != "JJ00":
            continue
        year = str(item["Key"])[:4]
        final = "voorlopig" not in str(item.get("Status") or "").casefold() and "*" not in str(item["Title"])
        status = "final" if final else "provisional"
        found = _figures(table, codes, [{**IN_NATURA, PERIODS: year}], USE_MEASURE)
        groups = _figures(
            persons, codes, [{PERSON: title, **IN_NATURA, PERIODS: year} for title in GROUPS.values()],
            PERSONS_MEASURE,
        )  # fmt: skip
        for code in codes:
            (count,) = found.get(code, (None,))
            row = there.get((code, year))
            if row is None and count is None:
                continue
            if row is None:
                row = {**dict.fromkeys(columns, ""), "code": code, "year": year}
                rows.append(row)
            line = _renewed(row, "0-22", count)
            yield replace(line, what=f"jeugdzorg {year}")
            if count is not None and (line.changed or row["status"] != status):
                row |= {"status": status, "source": _sourced(row["source"], "", table.table)}
            for group, here in zip(GROUPS, groups.get(code, ()), strict=False):
                if here is not None or row[group]:
                    line = _renewed(row, group, here)
                    yield replace(line, what=f"jeugdzorg {year} {group}")
                    if line.changed:
                        row["source"] = _sourced(row["source"], "", persons.table)
    rows.sort(key=lambda row: (row["code"], row["year"]))


def _figures(
    table: StatLineTable, codes: Sequence[str], cells: Sequence[Mapping[str, str]], measure: str
) -> dict[str, list[float | None]]:
    """Return the figures of municipalities that the table has, by code, in the order of the cells."""
    known = {fold(item["Key"]): item for item in table.members(REGIONS)}
    there = [code for code in codes if fold(code) in known]
    found: dict[str, list[float | None]] = {}
    for first in range(0, len(there), AT_ONCE):
        some = there[first : first + AT_ONCE]
        places: list[Place] = []
        for chosen in cells:
            asked = {dimension: (title,) for dimension, title in chosen.items()}
            place = table.place(Cells({**asked, REGIONS: (some[0],)}, (measure,)), 1)
            if place is None:  # a year that the table does not have
                return {}
            (region,) = (key for key, items in place.members.items() if items[0] is known[fold(some[0])])
            places += [
                Place({**place.members, region: (known[fold(code)],)}, place.measures, place.provisional)
                for code in some
            ]
        figures = table.figures(places)
        for k, code in enumerate(some):
            found[code] = figures[k :: len(some)]
    return found


def _sourced(sources: str, instead_of: str, table: str) -> str:
    """Return the ids of sources with that of a table, in place of another one."""
    kept = [each for each in sources.split(";") if each and each not in (instead_of, table)]
    return ";".join([*kept, table])


def _source(rows: list[Row], table: StatLineTable, day: str) -> None:
    """Put a table among the sources, with the day on which it was read."""
    row = {"source": table.table, "title": f"CBS StatLine {table.table}, {table.title}",
           "period": f"read on {day}", "licence": LICENCE}  # fmt: skip
    rows[:] = [each for each in rows if each["source"] != table.table] + [row]


def _rows(content: bytes) -> list[Row]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"))))


def _text(rows: Sequence[Row]) -> bytes:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


def _write(path: Path, before: bytes, content: bytes) -> None:
    """Write a file whole. Raises SimulationError where it has changed since it was read."""
    try:
        with written_whole(path, to_disk=True) as aside:
            aside.write_bytes(content)
            if path.read_bytes() != before:
                raise SimulationError(fault("changed_meanwhile", path=path))
    except OSError as error:
        raise SimulationError(fault("file_not_written", file=path, reason=str(error))) from error
