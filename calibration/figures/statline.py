"""Read current figures from the tables of CBS StatLine, by the titles that CBS prints.

Keys are not typed: CBS renews them with its classifications, and pads them with blanks. They are read from
the table itself, under the title of the dimension, category or measure. Of one table only the keys of its
measures are known; there it is the key without its number. Municipalities alone are found by
their code: it is the same in every table, where titles are not ("Rijswijk (ZH.)" here is "Rijswijk" there),
and two municipalities may have one title.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sim.errors import InputError, SimulationError, nearest
from sim.faults import Fault, fault

STATLINE_FILE = Path(__file__).resolve().parents[1] / "targets" / "statline.csv"
_REGION = re.compile(r"(?:GM|PV|LD|NL)\d")
SECONDS = 60  # the library itself would wait for ever
COLUMNS = (
    "table", "title", "years", "replaces", "targets", "selection", "measure", "over_selection",
    "over_measure", "factor",
)  # fmt: skip
Answer = TypeVar("Answer")
Item = Mapping[str, Any]


@dataclass(frozen=True)
class Cells:
    """Cells of one table that are added up. measures: paths of titles.

    selection: titles, or codes of regions, by dimension.
    """

    selection: Mapping[str, tuple[str, ...]]
    measures: tuple[str, ...]

    @classmethod
    def read(cls, selection: str, measure: str, year: int) -> Cells:
        """Read `dimension=title + title; dimension=...` and `group > measure + ...`, for a year."""
        parts = (part.partition("=") for part in selection.replace("{year}", str(year)).split("; "))
        chosen = {name: tuple(titles.split(" + ")) for name, _, titles in parts}
        return cls(chosen, tuple(measure.split(" + ")))


@dataclass(frozen=True)
class Renewal:
    """Targets that one table renews: one figure, or one over another. years: what the table covers.

    replaces: the table of earlier years, where that is known; line: where it stands in statline.csv; factor:
    by which a figure is multiplied, such as 0.01 for a percentage.
    """

    line: int
    table: str
    title: str
    years: str
    replaces: str
    targets: tuple[str, ...]
    selection: str
    measure: str
    over_selection: str
    over_measure: str
    factor: float = 1.0

    def top(self, year: int) -> Cells:
        """Return the cells that are counted."""
        return Cells.read(self.selection, self.measure, year)

    def over(self, year: int) -> Cells | None:
        """Return the cells they are a share of, or None for a count. What is not said is as in the top."""
        if not (self.over_selection or self.over_measure):
            return None
        other = Cells.read(self.over_selection, self.measure, year).selection if self.over_selection else {}
        top = self.top(year)
        measures = tuple(self.over_measure.split(" + ")) if self.over_measure else top.measures
        return Cells({**top.selection, **other}, measures)


def read_renewals(path: Path = STATLINE_FILE) -> list[Renewal]:
    """Read which table renews which targets. Raises InputError where a column is missing."""
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise InputError.at(path, fault("tables_need_columns", missing=tuple(missing)))
        return [
            Renewal(
                reader.line_num, row["table"], row["title"], row["years"], row["replaces"],
                tuple(row["targets"].split()), row["selection"], row["measure"], row["over_selection"],
                row["over_measure"], float(row["factor"] or 1.0),
            )
            for row in reader
        ]  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where cells are, in the table's own keys. provisional: CBS may still revise the period."""

    members: Mapping[str, tuple[Item, ...]]
    measures: tuple[str, ...]
    provisional: bool


class StatLineTable:
    """One table of CBS StatLine. Raises SimulationError where CBS cannot be reached.

    asked_by: the file with the titles that are looked up, which errors point at.
    """

    def __init__(self, table: str, asked_by: Path = STATLINE_FILE) -> None:
        self.table = table
        self.asked_by = asked_by
        info: Item = ask(table, lambda cbs: cbs.get_info(table, timeout=SECONDS)) or {}
        self.title = str(info.get("Title", "")).strip()
        self._properties: list[Item] = self._meta("DataProperties")
        topics = ("Topic", "TopicGroup")
        self._dimensions = {fold(d["Title"]): d for d in self._properties if d["Type"] not in topics}
        self._members: dict[str, list[Item]] = {}

    def place(self, cells: Cells, line: int) -> Place | None:
        """Return where cells are, or None where the table does not have their period.

        Raises InputError at a line of the file that asks, with the nearest title, for what the table does
        not have.
        """
        known = [str(item["Title"]).strip() for item in self._dimensions.values()]
        for name in cells.selection:
            if fold(name) not in self._dimensions:
                raise self._unknown(line, fault("no_dimension", name=name), name, known)
        for name in known:  # without a choice in every dimension, cells of several categories would add up
            if fold(name) not in map(fold, cells.selection):
                raise self._unknown(line, fault("nothing_chosen", name=name), name, [])
        members: dict[str, tuple[Item, ...]] = {}
        provisional = False
        for name, titles in cells.selection.items():
            dimension = self._dimensions[fold(name)]
            key = str(dimension["Key"]).strip()
            members[key] = ()
            for title in titles:
                found = _called(self.members(name), title)
                if not found and dimension["Type"] == "TimeDimension":
                    return None
                if len(found) != 1:
                    known = [str(item["Title"]).strip() for item in self.members(name)]
                    wrong = (
                        fault("several_categories", title=title, name=name)
                        if found
                        else fault("no_category", title=title, name=name)
                    )
                    raise self._unknown(line, wrong, title, [] if found else known)
                provisional = provisional or (
                    dimension["Type"] == "TimeDimension" and is_provisional(found[0])
                )
                members[key] += (found[0],)
        return Place(members, tuple(self._measure(path, line) for path in cells.measures), provisional)

    def members(self, dimension: str) -> list[Item]:
        """Return the categories of a dimension. Raises InputError where the table does not have it."""
        if fold(dimension) not in self._dimensions:
            known = [str(item["Title"]).strip() for item in self._dimensions.values()]
            raise self._unknown(1, fault("no_dimension", name=dimension), dimension, known)
        key = str(self._dimensions[fold(dimension)]["Key"]).strip()
        if key not in self._members:
            self._members[key] = self._meta(key)
        return self._members[key]

    def figures(self, places: Sequence[Place]) -> list[float | None]:
        """Return the sum of the cells at each place; None where CBS has no figure for one of them."""
        if not places:
            return []
        keys: dict[str, dict[str, None]] = {}
        for place in places:
            for dimension, members in place.members.items():
                keys.setdefault(dimension, {}).update(dict.fromkeys(str(item["Key"]) for item in members))
        # In a filter a key must have the blanks CBS pads it with.
        any_of = (" or ".join(f"{name} eq '{key}'" for key in known) for name, known in keys.items())
        filters = " and ".join(f"({choice})" for choice in any_of)
        columns = [*keys, *dict.fromkeys(measure for place in places for measure in place.measures)]
        rows = self._rows(columns, filters)
        return [_total(rows, place) for place in places]

    def municipalities(self, dimension: str, measures: Sequence[str]) -> dict[str, list[float | None]]:
        """Return figures of all municipalities, by code, of a table with regions alone (a table per year).

        measures: paths of titles, or `> title` for one at any depth; None where CBS has no figure. All at
        once: such a table has some 18,000 districts and neighbourhoods, which are asked here neither by
        name nor by code. Raises InputError for a title that the table does not have.
        """
        if fold(dimension) not in self._dimensions:
            raise self._unknown(1, fault("no_dimension", name=dimension), dimension, self._dimensions)
        for name in self._dimensions:
            if name != fold(dimension):
                raise self._unknown(1, fault("nothing_chosen", name=name), name, [])
        region = str(self._dimensions[fold(dimension)]["Key"]).strip()
        keys = [self._measure(path, 1) for path in measures]
        rows = self._rows([region, *keys], f"(substringof('GM',{region}))")
        return {str(row[region]).strip(): [number(row.get(key)) for key in keys] for row in rows}

    def _rows(self, columns: Sequence[str], filters: str) -> list[Item]:
        # `typed` means the opposite of what it says: False asks for the typed data set, with numbers.
        found: list[Item] = ask(
            self.table,
            lambda cbs: cbs.download_data(
                self.table, typed=False, select=list(columns), filters=filters, timeout=SECONDS
            )["TypedDataSet"],
        )
        return found

    def _meta(self, name: str) -> list[Item]:
        found: list[Item] = ask(self.table, lambda cbs: cbs.get_meta(self.table, name, timeout=SECONDS))
        return found

    def _measure(self, path: str, line: int) -> str:
        """Return the key of a measure by its title, below the titles of the groups it stands in.

        `> title` is in any group, where one measure alone is called so. `#key` is by its key without the
        number behind it, where the title is not known.
        """
        if path.startswith("#"):
            return self._by_key(path.removeprefix("#"), line)
        by_id = {item["ID"]: item for item in self._properties}
        paths: dict[str, str] = {}
        for item in self._properties:
            if item["Type"] == "Topic":
                titles, parent = [str(item["Title"]).strip()], by_id.get(item["ParentID"])
                while parent is not None:
                    titles, parent = [str(parent["Title"]).strip(), *titles], by_id.get(parent["ParentID"])
                paths[" > ".join(titles)] = str(item["Key"]).strip()
        anywhere = path.startswith("> ")
        found = [
            key for known, key in paths.items()
            if fold(known) == fold(path) or (anywhere and fold(f"> {known}").endswith(fold(path)))
        ]  # fmt: skip
        if len(found) != 1:
            title = path.removeprefix("> ")
            wrong = fault("several_measures", path=title) if found else fault("no_measure", path=title)
            ends = [known.rpartition(" > ")[2] for known in paths] if anywhere else list(paths)
            raise self._unknown(line, wrong, title, [] if found else ends)
        return found[0]

    def _by_key(self, name: str, line: int) -> str:
        keys = [str(item["Key"]).strip() for item in self._properties if item["Type"] == "Topic"]
        found = [key for key in keys if re.fullmatch(rf"{re.escape(name)}_\d+", key)]
        if len(found) != 1:
            known = [key.rpartition("_")[0] for key in keys]
            raise self._unknown(line, fault("no_measure", path=name), name, known)
        return found[0]

    def _unknown(self, line: int, why: Fault, name: str, known: Iterable[str]) -> InputError:
        names = list(known)
        near, some = nearest(name, names), tuple(names[:8])
        root, file = Path(__file__).parents[1], self.asked_by
        shown = file.relative_to(root) if file.is_relative_to(root) else file  # not where we are installed
        wrong = (
            fault("cbs_lacks_near", table=self.table, why=why, near=near)
            if near
            else fault("cbs_lacks", table=self.table, why=why, some=some)
        )
        return InputError.at(shown, wrong, line)


def ask(table: str, question: Callable[[Any], Answer]) -> Answer:
    """Return what CBS answers. Raises SimulationError where it does not, or not in its own form."""
    import cbsodata
    import requests

    try:
        return question(cbsodata)
    except requests.HTTPError as error:
        raise SimulationError(fault("cbs_refuses", table=table, reason=str(error))) from error
    except requests.RequestException as error:
        raise SimulationError(fault("cbs_unreached", table=table, name=type(error).__name__)) from error
    except (KeyError, TypeError, ValueError) as error:
        raise SimulationError(fault("cbs_unreadable", table=table)) from error


def fold(title: object) -> str:
    """Return a title or key as it is compared: without blanks around it, case and CBS's provisional stars."""
    return " ".join(str(title).replace("*", " ").split()).casefold()


def is_provisional(period: Item) -> bool:
    """Return whether CBS may still revise a period: a star in its title, or its status in words."""
    return "*" in str(period["Title"]) or "voorlopig" in str(period.get("Status") or "").casefold()


def _total(rows: Sequence[Item], place: Place) -> float | None:
    """Return the sum of the cells at a place, or None where one of them is missing."""
    count, total = 0, 0.0
    for row in rows:
        if all(_among(row[name], members) for name, members in place.members.items()):
            for measure in place.measures:
                value = number(row.get(measure))
                if value is not None:
                    count, total = count + 1, total + value
    expected = len(place.measures)
    for members in place.members.values():
        expected *= len(members)
    return total if count == expected else None


def _among(cell: object, members: Sequence[Item]) -> bool:
    """Return whether a row is of one of these categories, by their keys."""
    return any(fold(cell) == fold(item["Key"]) for item in members)


def _called(members: Sequence[Item], title: str) -> list[Item]:
    """Return the categories of a title, or the region of a code."""
    of_code = [item for item in members if _REGION.match(title) and fold(item["Key"]) == fold(title)]
    return of_code or [item for item in members if fold(item["Title"]) == fold(title)]


def number(cell: object) -> float | None:
    """Return the figure in a cell; None where CBS keeps it secret or has none (empty, blanks, a point)."""
    if cell is None or str(cell).strip() in ("", "."):
        return None
    return float(str(cell))
