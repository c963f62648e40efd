"""A filled workbook of a municipality's own figures, read back; mistakes are reported by sheet and cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from pydantic import ValidationError

from sim.errors import InputError, Problem, nearest
from sim.faults import Fault, Value, fault
from sim.files.numerals import (
    AGE,
    EUROS,
    FTE,
    NUMBER,
    SHARE,
    YEAR,
    YOUTHS,
    NumeralError,
    Quantity,
    check_number,
    read_number,
    two_ways,
    written,
)
from sim.files.wording import expected_but_found, explain, found
from sim.files.workbook import SheetCells, sheets
from sim.files.yamlfile import SUFFIXES
from sim.files.yamltext import Loc
from sim.inputs.agegroups import OLDEST, ROUNDING, ages_of, ages_text
from sim.inputs.fte import perhaps_thousands
from sim.inputs.municipality import Municipality
from sim.inputs.municipality_template import LINES, SERIES, TEXTS, Words, words_of_sheets
from sim.inputs.municipality_text import read_yaml
from sim.inputs.registry import Registry, fold
from sim.states import FORMS

ROWS, COLUMNS = 200, len(SERIES)
OPTIONAL = ("guide", "years")
"""Sheets that may be absent; the second is not in templates of before."""
REQUIRED = ("name", "date", "source")
REQUIRED_OF_USE = ("year", "youths")
SOURCED = ("kinderwerk_fte", "moving", "bijstand", "need", "access")
AROUND = {"use_low": "low", "use_high": "high", "use_basis": "basis"}
"""Lines of the sheet of the municipality that are one figure together, use_range."""
TOTALS = ("totaal", "total", "eindtotaal", "grand total", "som", "sum", "alle leeftijden", "all ages")
QUANTITIES = {
    "kinderwerk_fte": FTE, "moving": SHARE, "bijstand": SHARE, "national": SHARE, "youths": YOUTHS,
    "residents": YOUTHS,
}  # fmt: skip


def read_sheet(data: bytes, name: str, registry: Registry | None = None) -> Municipality:
    """Return the municipality in a filled template, in either language.

    name: of the file, for messages. Raises InputError with every mistake, each with its sheet and cell
    (`told` has it in Dutch), and for what is no harmless workbook
    (`sim.files.workbook`).
    """
    reading = _Reading(name, {sheet.name: sheet for sheet in sheets(data, name, ROWS + 2, COLUMNS)})
    return reading.municipality(registry)


def read_figures(data: bytes, name: str, registry: Registry | None = None) -> Municipality:
    """Return the municipality in a file that somebody chose: a filled template or YAML, by the file's name.

    Raises InputError with every mistake.
    """
    ending = PurePath(name).suffix.lower()
    if ending in SUFFIXES:
        return read_yaml(data, name, registry)
    if ending == ".xlsx":
        return read_sheet(data, name, registry)
    if ending == ".xlsm":
        raise InputError.at(name, fault("workbook_with_macros"))
    raise InputError.at(name, expected_but_found(fault("workbook_or_yaml"), ending or name))


@dataclass
class _Reading:
    """What is read from a workbook, where each value stands, and what is wrong so far."""

    name: str
    book: Mapping[str, SheetCells]
    data: dict[str, Any] = field(default_factory=dict)
    places: dict[Loc, tuple[str, str]] = field(default_factory=dict)
    faults: list[tuple[str, str, Fault]] = field(default_factory=list)

    def municipality(self, registry: Registry | None) -> Municipality:
        """Return the municipality. Raises InputError."""
        words = self.language()
        titles = words["sheets"]
        for key, headings in words["headings"].items():
            if titles[key] in self.book or key not in OPTIONAL:
                self.headings(titles[key], headings)
        self.stop()
        self.lines(titles["town"], words, "town", ())
        self.lines(titles["use"], words, "use", ("use",))
        if titles["years"] in self.book:
            self.years(titles["years"], words)
        self.population(titles["population"])
        self.tariffs(titles["tariffs"])
        self.stop()
        try:
            found = Municipality.model_validate(self.data, context=registry)
            self.unclear_fte(found)
            self.stop()
            return found
        except ValidationError as error:
            for each in explain(Municipality, self.data, error):
                sheet, cell = self.place(each.loc, titles)
                self.faults.append((sheet, cell, each.fault))
        self.stop()
        raise AssertionError("a refused municipality has a fault")

    def unclear_fte(self, found: Municipality) -> None:
        """Tell where the FTE that are there now may be decimals or thousands."""
        if found.kinderwerk_fte is None:
            return
        sheet, cell = self.places["kinderwerk_fte",]
        text = str(self.value(sheet, int(cell[1:]) - 1, 1))
        number, fte = written(text), found.kinderwerk_fte.value
        two = number is not None and len(number.values) > 1
        if number and two and perhaps_thousands(number.digits, fte, found.youths()):
            self.faults.append((sheet, cell, two_ways(text)))

    def language(self) -> Words:
        """Return the words of the language whose sheets are here. Raises InputError for other sheets."""
        count = {
            language: len(set(words["sheets"].values()) & set(self.book))
            for language, words in words_of_sheets().items()
        }
        words = words_of_sheets()[max(count, key=lambda language: count[language])]
        titles = words["sheets"]
        problems = [
            fault("unknown_sheet", title=title, near=nearest(title, titles.values()))
            for title in self.book
            if title not in titles.values()
        ]
        needed = (title for key, title in titles.items() if key not in OPTIONAL)
        problems += [fault("sheet_missing", title=title) for title in needed if title not in self.book]
        if problems:
            raise InputError([Problem.at(self.name, problem) for problem in problems[:20]])
        return words

    def stop(self) -> None:
        """Raise InputError where anything is wrong."""
        if self.faults:
            order = list(self.book)
            self.faults.sort(key=lambda each: (order.index(each[0]), len(each[1]), each[1][1:], each[1]))
            placed = dict.fromkeys(
                fault("in_sheet", sheet=sheet, cell=cell, why=why) for sheet, cell, why in self.faults[:100]
            )
            raise InputError([Problem.at(self.name, each) for each in placed])

    def place(self, loc: Loc, titles: Mapping[str, str]) -> tuple[str, str]:
        """Return the sheet and cell of a place in the data, or of the nearest one around it."""
        while loc and loc not in self.places:
            loc = loc[:-1]
        return self.places.get(loc, (titles["town"], ""))

    # Cells

    def fault(self, sheet: str, row: int, column: int, wrong: Fault) -> None:
        self.faults.append((sheet, _cell(row, column), wrong))

    def value(self, sheet: str, row: int, column: int) -> Any:
        """Return what a cell holds, None for nothing; text without blanks around it."""
        rows = self.book[sheet].values
        value = rows[row][column] if row < len(rows) and column < len(rows[row]) else None
        formulas = self.book[sheet].formulas
        formula = row < len(formulas) and column < len(formulas[row]) and formulas[row][column]
        if value is None and formula:
            message = fault("formula_without_result")
            self.fault(sheet, row, column, message)
        if isinstance(value, str):
            if value.startswith("#") and value[1:2].isalpha():
                self.fault(sheet, row, column, _expected(NUMBER, fault("an_error", error=value[:20])))
                return None
            return value.strip() or None
        return value

    def number(self, sheet: str, row: int, column: int, quantity: Quantity = NUMBER) -> float | None:
        """Return the number in a cell, or None; a text that can be read in one way only counts as one."""
        value = self.value(sheet, row, column)
        try:
            if isinstance(value, str):
                return read_number(value, quantity)
            if value is None:
                return None
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                check_number(value, quantity)
                return value
        except NumeralError as error:
            self.fault(sheet, row, column, error.fault)
            return None
        date = isinstance(value, dt.datetime)
        shown = fault("date_of", date=f"{value:%Y-%m-%d}") if date else found(value)
        self.fault(sheet, row, column, _expected(quantity, shown))
        return None

    def words_in(self, sheet: str, row: int, column: int) -> str | None:
        """Return the text in a cell, or None; a number or a date there is a mistake."""
        value = self.value(sheet, row, column)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return f"{value:g}"
        shown = fault("a_date") if isinstance(value, dt.datetime) else found(value)
        self.fault(sheet, row, column, fault("expected", expected=fault("text"), found=shown, hint=None))
        return None

    def whole(self, sheet: str, row: int, column: int, quantity: Quantity) -> int | None:
        """Return the whole number in a cell, or None."""
        value = self.number(sheet, row, column, quantity)
        if value is None or float(value).is_integer():
            return None if value is None else int(value)
        self.fault(sheet, row, column, _expected(quantity, fault("a_figure", value=value)))
        return None

    def year(self, sheet: str, row: int, column: int) -> int | None:
        """Return the year in a cell, or None."""
        return self.whole(sheet, row, column, YEAR)

    def which_ages(self, sheet: str, row: int, column: int) -> str | None:
        """Return ages as a file writes them: 0-17, also where the cell says 0 t/m 17 jaar."""
        text = self.words_in(sheet, row, column)
        known = ages_of(text)
        return text if known is None else ages_text(*known)

    def ages(self, sheet: str, row: int) -> tuple[int | None, int | None]:
        """Return the youngest and oldest age of a row; both may stand in the first cell, as 4-11."""
        first = self.value(sheet, row, 0)
        there = ages_of(first) if isinstance(first, str) else None
        if there is not None and there[0] < there[1] and self.value(sheet, row, 1) is None:
            return there
        return self.whole(sheet, row, 0, AGE), self.whole(sheet, row, 1, AGE)

    def date(self, sheet: str, row: int, column: int) -> Any:
        """Return a date as text; what is none is left for the format to explain."""
        value = self.value(sheet, row, column)
        if isinstance(value, dt.datetime):
            return value.date().isoformat()
        return int(value) if isinstance(value, float) and value.is_integer() else value

    # Sheets

    def headings(self, sheet: str, expected: list[str]) -> None:
        for column, wanted in enumerate(expected):
            value = self.value(sheet, 0, column)
            if fold(str(value)) != fold(wanted):
                self.fault(sheet, 0, column, fault("wrong_heading", wanted=wanted, found=found(value)))

    def rows(self, sheet: str, columns: int) -> Iterator[int]:
        """Yield the rows below the heading that hold anything in the first columns."""
        for row in range(1, len(self.book[sheet].values)):
            cells = self.book[sheet].values[row][:columns]
            formulas = (
                self.book[sheet].formulas[row][:columns] if row < len(self.book[sheet].formulas) else ()
            )
            if any(cell is not None and str(cell).strip() for cell in cells) or any(formulas):
                if row > ROWS:
                    self.faults.append((sheet, "", fault("too_many_rows", most=ROWS)))
                    return
                yield row

    def lines(self, sheet: str, words: Words, key: str, inside: Loc) -> None:
        """Read a sheet of labels and values into the data, below the key `inside`."""
        names = {fold(words["lines"][name][0]): name for name in LINES[key]}
        taken: dict[str, int] = {}
        for row in self.rows(sheet, 2):
            label = self.words_in(sheet, row, 0)
            if label is None:
                self.fault(sheet, row, 1, fault("value_without_label"))
            elif fold(label) not in names:
                known = [words["lines"][name][0] for name in LINES[key]]
                self.fault(sheet, row, 0, fault("unknown_line", label=label, near=nearest(label, known)))
            elif names[fold(label)] in taken:
                self.fault(sheet, row, 0, fault("line_twice", label=label))
            else:
                taken[names[fold(label)]] = row
        for name in LINES[key]:
            if name in taken:
                self.line(sheet, taken[name], name, inside)
        if inside and self.data.get("use", {}).keys() <= {"ages"}:
            self.data.pop("use", None)  # an empty sheet
        given = self.data.get("use", {}) if inside else self.data
        required = REQUIRED if not inside else REQUIRED_OF_USE if given else ()
        for name, row in taken.items():
            if name in required and name not in given:
                self.faults_of_missing(sheet, row, words["lines"][name][0])
        for name in REQUIRED if key == "town" else ():
            if name not in taken:
                self.faults.append((sheet, "", fault("line_missing", label=words["lines"][name][0])))

    def faults_of_missing(self, sheet: str, row: int, label: str) -> None:
        if not any((place, cell) == (sheet, _cell(row, 1)) for place, cell, _ in self.faults):
            self.fault(sheet, row, 1, fault("line_missing", label=label))

    def line(self, sheet: str, row: int, name: str, inside: Loc) -> None:
        """Put the value of one line into the data."""
        readers: dict[str, Callable[[str, int, int], Any]] = {
            **dict.fromkeys(TEXTS, self.words_in),
            "ages": self.which_ages,
            "date": self.date,
            "year": self.year,
        }
        value = (
            readers[name](sheet, row, 1)
            if name in readers
            else self.number(sheet, row, 1, QUANTITIES.get(name, NUMBER))
        )
        source = self.words_in(sheet, row, 3)
        if value is None:
            return
        if name in AROUND:
            inside, name = ("use_range",), AROUND[name]
        if name in SOURCED:
            value = {"value": value, **({"source": source} if source else {})}
        target = self.data.setdefault(str(inside[0]), {}) if inside else self.data
        target[name] = value
        self.places[(*inside, name)] = (sheet, _cell(row, 1))
        self.places.setdefault(inside or (name,), (sheet, _cell(row, 1)))
        self.places[(*inside, name, "source")] = (sheet, _cell(row, 3))
        if inside and source and (name in ("youths", "low") or "source" not in target):
            target["source"] = source
            self.places[(*inside, "source")] = (sheet, _cell(row, 3))

    def years(self, sheet: str, words: Words) -> None:
        """Read a sheet of figures of use, a year a row, beside that of the sheet before."""
        first = self.data.pop("use", None)
        series = [] if first is None else [first]
        if series:
            alone = {loc: cell for loc, cell in self.places.items() if loc[0] == "use"}
            self.places |= {("use", 0, *loc[1:]): cell for loc, cell in alone.items()}
        for row in self.rows(sheet, len(SERIES)):
            figure: dict[str, Any] = {}
            for column, name in enumerate(SERIES):
                value = self.of_use(sheet, row, column, name)
                if value is not None:
                    figure[name] = value
                    self.places["use", len(series), name] = (sheet, _cell(row, column))
            for name in REQUIRED_OF_USE:
                if name not in figure and not self.faulty(sheet, row):
                    label = words["headings"]["years"][SERIES.index(name)]
                    self.fault(sheet, row, SERIES.index(name), fault("line_missing", label=label))
            self.places["use", len(series)] = (sheet, _cell(row, 0))
            series.append(figure)
        if series:
            self.data["use"] = series[0] if len(series) == 1 else series

    def of_use(self, sheet: str, row: int, column: int, name: str) -> Any:
        """Return one value of a figure of use, None for nothing."""
        if name == "ages":
            return self.which_ages(sheet, row, column)
        if name == "source":
            return self.words_in(sheet, row, column)
        if name == "year":
            return self.year(sheet, row, column)
        return self.number(sheet, row, column, QUANTITIES[name])

    def population(self, sheet: str) -> None:
        population: dict[str, float] = {}
        totals: list[tuple[int, float]] = []
        for row in self.rows(sheet, 3):
            youths = self.number(sheet, row, 2, YOUTHS)
            if fold(str(self.value(sheet, row, 0) or self.value(sheet, row, 1))).startswith(TOTALS):
                totals += [(row, youths)] if youths is not None else []
                continue
            first, last = self.ages(sheet, row)
            if first is None:
                if not self.faulty(sheet, row):
                    wanted = fault("youngest_age")
                    self.fault(
                        sheet, row, 0, fault("expected", expected=wanted, found=fault("nothing"), hint=None)
                    )
                continue
            last = first if last is None else last
            if not 0 <= first <= OLDEST or not 0 <= last <= OLDEST:
                odd = (first, 0) if not 0 <= first <= OLDEST else (last, 1)
                self.fault(sheet, row, odd[1], fault("must_be_between", low=0, high=OLDEST, found=odd[0]))
            elif last < first:
                self.fault(sheet, row, 1, fault("oldest_below_youngest", first=first))
            elif youths is None:
                if not self.faulty(sheet, row):
                    self.fault(sheet, row, 2, _expected(YOUTHS, fault("nothing")))
            else:
                key = f"{first}-{last}" if last > first else str(first)
                if key in population:
                    message = fault("ages_overlap", ages=key, other=key)
                    self.fault(sheet, row, 0, message)
                population[key] = youths
                self.places["population", key] = (sheet, _cell(row, 2))
        self.data["population"] = population
        self.places["population",] = (sheet, "")
        counted = sum(population.values())
        for row, total in totals:  # of no use but as a check
            if abs(total - counted) > ROUNDING:
                words = fault("rows_unlike_total", counted=counted, total=total)
                self.fault(sheet, row, 2, words)

    def faulty(self, sheet: str, row: int) -> bool:
        """Tell whether something is wrong in a row already."""
        return any(place == sheet and cell[1:] == str(row + 1) for place, cell, _ in self.faults)

    def tariffs(self, sheet: str) -> None:
        tariffs: dict[str, Any] = {}
        for row in self.rows(sheet, 2):
            form = self.words_in(sheet, row, 0)
            price, source = self.number(sheet, row, 1, EUROS), self.words_in(sheet, row, 2)
            if form is None:
                self.fault(sheet, row, 1, fault("value_without_label"))
            elif fold(form) not in FORMS:
                self.fault(
                    sheet, row, 0, fault("unknown_form_in_sheet", form=form, near=nearest(form, FORMS))
                )
            elif fold(form) in tariffs:
                self.fault(sheet, row, 0, fault("line_twice", label=form))
            elif price is not None:
                tariffs[fold(form)] = {"value": price, **({"source": source} if source else {})}
                self.places["tariffs", fold(form)] = (sheet, _cell(row, 1))
                self.places["tariffs", fold(form), "source"] = (sheet, _cell(row, 2))
        if tariffs:
            self.data["tariffs"] = tariffs


def _expected(quantity: Quantity, found: Value) -> Fault:
    return fault("expected", expected=quantity.expected, found=found, hint=None)


def _cell(row: int, column: int) -> str:
    """Return the name of a cell, such as B7."""
    return f"{'ABCDEF'[column]}{row + 1}"
