"""Youths by age on 1 January of later years, from a file of comma-separated values or given as data.

A file has a row for each municipality, year and age (or ages, such as 4-11), with youths or with growth:

    municipality,year,age,youths          municipality,year,age,growth
    Almere,2030,0-3,9800                  Almere,2030,0-22,1.04

Growth is against the youths that the model has for the municipality (its population at the date of the
profile): 1.04 is 4 percent more. A scenario takes the rows of its own municipality.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PlainSerializer, PlainValidator
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from sim.errors import InputError, Problem, nearest
from sim.faults import Fault, fault
from sim.files.numerals import NUMBER, YOUTHS, NumeralError, Quantity, read_number
from sim.files.wording import expected_but_found, fault_of, number_fault, plain_error, range_fault
from sim.files.yamlfile import Part
from sim.files.yamltext import decode, read_bytes
from sim.inputs.age_structure import MAX_OF_ONE_AGE
from sim.inputs.agegroups import Group, ages_of, ages_text, gap_in, single_years
from sim.inputs.placenames import key
from sim.inputs.registry import Frozen, Registry
from sim.states import AGES, LAST_YEAR

CONSTANT = "constant"
"""The word for the age structure of the profile, in all years."""
SUFFIX = ".csv"
KEYS = ("municipality", "year", "age")
Measure = Literal["youths", "growth"]
MEASURES: tuple[Measure, ...] = ("youths", "growth")
FIRST = 2015
"""First year that may be given; what is before cannot be known by who lives in the model."""
GROWTH = (0.2, 5.0)
"""Growth, and youths against those that are known, beyond which a figure must be a mistake."""
MOST_FAULTS = 100
Ages = tuple[float, ...]


def _years(value: object) -> Frozen[int, Ages]:
    """Return numbers by age of each year, in the order of the years.

    Raises a ValidationError with a place for each year that is wrong.
    """
    if not isinstance(value, Mapping) or not value:
        raise plain_error(expected_but_found(fault("numbers_by_year", count=AGES), value))
    if errors := list(_year_errors(value)):
        raise ValidationError.from_exception_data("population", errors)
    return Frozen({int(year): tuple(map(float, value[year])) for year in sorted(value, key=int)})


def _year_errors(value: Mapping[Any, Any]) -> Iterator[InitErrorDetails]:
    for year, numbers in value.items():
        step = year if isinstance(year, (int, str)) else str(year)
        if _year(str(year)) is None:
            wrong = expected_but_found(_A_YEAR, year)
            yield InitErrorDetails(type=plain_error(wrong), loc=(step, "[key]"), input=year)
        if not isinstance(numbers, (list, tuple)) or len(numbers) != AGES:
            wrong = expected_but_found(fault("number_of_each_age", count=AGES), numbers)
            yield InitErrorDetails(type=plain_error(wrong), loc=(step,), input=numbers)
            continue
        for age, number in enumerate(numbers):
            if each := number_fault(number, fault("a_number"), 0.0, MAX_OF_ONE_AGE):
                yield InitErrorDetails(type=plain_error(each), loc=(step, age), input=number)


_A_YEAR = fault("year_between", first=FIRST, last=LAST_YEAR)


def _year(text: str) -> int | None:
    """Return the year in a text, or None."""
    return int(text) if text.isdecimal() and len(text) == 4 and FIRST <= int(text) <= LAST_YEAR else None


class LaterYears(Part):
    """Numbers by single year of age, 0-22, on 1 January of some years. Frozen, hashable, picklable.

    measure: what they are, youths or growth against the profile. source: the file that they come from.
    """

    measure: Measure
    years: Annotated[
        Mapping[int, Ages],
        PlainValidator(_years),
        PlainSerializer(lambda years: {str(year): list(numbers) for year, numbers in years.items()}),
    ]
    source: str | None = Field(None, max_length=300)

    def youths(self, before: Ages) -> tuple[tuple[int, Ages], ...]:
        """Return the youths by age of each year. before: those of the profile."""
        if self.measure == "youths":
            return tuple(self.years.items())
        return tuple(
            (year, tuple(more * there for more, there in zip(growth, before, strict=True)))
            for year, growth in self.years.items()
        )

    def canonical(self) -> dict[str, Any]:
        """Return everything that affects results, ready for JSON; the source does not."""
        return self.model_dump(mode="json", exclude={"source"})


def far_off(population: LaterYears, known: float | None) -> tuple[int, Fault] | None:
    """Return the first year whose youths are far from those that are known, with what is wrong, or None."""
    if population.measure == "growth":
        far = ((year, max(numbers), min(numbers)) for year, numbers in population.years.items())
        wrong = (
            (year, range_fault(most, *GROWTH) or range_fault(least, *GROWTH)) for year, most, least in far
        )
        return next(((year, each) for year, each in wrong if each), None)
    for year, numbers in population.years.items():
        there = sum(numbers)
        if known and not known * GROWTH[0] <= there <= known * GROWTH[1]:
            return year, fault("youths_far_from_known", year=year, there=there, known=known)
    return None


def load_population(
    path: Path, name: str, known: float | None = None, registry: Registry | None = None
) -> LaterYears:
    """Return what a file says of a municipality. known: its youths in the model.

    Raises InputError with every mistake, each with its line and column. Without a `registry` the names of
    other municipalities are not checked.
    """
    return _LaterFile(path, name, registry).population(known)


@dataclass
class _Cell:
    """A value in a file: its column, from 1, and its text."""

    column: int
    text: str


@dataclass
class _LaterFile:
    """What is read from a file, and what is wrong so far. lines: of the rows of a year."""

    path: Path
    name: str
    registry: Registry | None
    problems: list[Problem] = field(default_factory=list)
    names: dict[str, str | Fault] = field(default_factory=dict)

    def population(self, known: float | None) -> LaterYears:
        lines = decode(self.path, read_bytes(self.path)).splitlines()
        measure = self.measure(lines[0] if lines else "")
        groups: dict[int, list[Group]] = {}
        first_line: dict[int, int] = {}
        for number, line in enumerate(lines[1:], 2):
            if line.strip() and (row := self.row(number, line, measure)):
                year, first, last, value = row
                taken = [each for each in groups.get(year, []) if each[0] <= last and first <= each[1]]
                if taken:
                    other = ages_text(*taken[0][:2])
                    self.wrong(
                        number,
                        _cells(line)[2],
                        fault("ages_overlap", ages=ages_text(first, last), other=other),
                    )
                groups.setdefault(year, []).append((first, last, value))
                first_line.setdefault(year, number)
        self.stop()
        if not groups:
            there = [each for each in dict.fromkeys(self.names.values()) if isinstance(each, str)]
            raise InputError.at(
                self.path, fault("no_rows_of", name=self.name, near=nearest(self.name, there))
            )
        years = {}
        for year, rows in sorted(groups.items()):
            if gap := gap_in(rows):
                self.wrong(
                    first_line[year],
                    _Cell(1, ""),
                    fault("ages_missing_in", year=year, gap=gap, last=AGES - 1),
                )
            else:
                years[year] = _single(rows, measure)
        self.stop()
        found = LaterYears(measure=measure, years=years, source=self.path.name)
        if off := far_off(found, known):
            raise InputError.at(self.path, off[1], first_line[off[0]])
        return found

    def measure(self, heading: str) -> Measure:
        """Return what the numbers are. Raises InputError for another heading."""
        cells = _cells(heading)
        for measure in MEASURES:
            if tuple(cell.text.casefold() for cell in cells) == (*KEYS, measure):
                return measure
        wanted = tuple(",".join((*KEYS, measure)) for measure in MEASURES)
        message = fault("expected_heading", wanted=wanted, found=heading.strip()[:80] or None)
        raise InputError.at(self.path, message)

    def row(self, number: int, line: str, measure: str) -> tuple[int, int, int, float] | None:
        """Return year, first and last age and number of a row; None for another municipality or a mistake."""
        cells = _cells(line)
        if len(cells) != len(KEYS) + 1:
            self.wrong(number, cells[0], fault("cells_in_row", wanted=len(KEYS) + 1, found=len(cells)))
            return None
        place, when, who, what = cells
        name = self.place(place.text)
        if isinstance(name, Fault):
            self.wrong(number, place, name)
        year = _year(when.text)
        if year is None:
            self.expect(number, when, _A_YEAR)
        ages = ages_of(who.text)
        if ages is None or ages[1] >= AGES:
            self.expect(number, who, fault("ages_up_to", last=AGES - 1))
            ages = None
        value = self.number(number, what, measure, ages)
        if name != self.name or year is None or ages is None or value is None:
            return None
        return year, *ages, value

    def number(self, number: int, cell: _Cell, measure: str, ages: tuple[int, int] | None) -> float | None:
        """Return the number in a cell, or None where it is none that there can be."""
        quantity: Quantity = YOUTHS if measure == "youths" else NUMBER
        try:
            value = read_number(cell.text, quantity)
        except NumeralError as error:
            self.wrong(number, cell, error.fault)
            return None
        many = 1 if ages is None else ages[1] - ages[0] + 1
        low, high = (0.0, MAX_OF_ONE_AGE * many) if measure == "youths" else GROWTH
        if wrong := range_fault(value, low, high):
            self.wrong(number, cell, wrong)
            return None
        return value

    def place(self, text: str) -> str | Fault:
        """Return the name of a municipality, or what is wrong with it."""
        if text not in self.names:
            self.names[text] = self._place(text)
        return self.names[text]

    def _place(self, text: str) -> str | Fault:
        if key(text) == key(self.name):
            return self.name
        if self.registry is None:
            return text
        try:
            return self.registry.municipality(text)
        except PydanticCustomError as error:
            return fault_of(error)

    def expect(self, line: int, cell: _Cell, expected: Fault) -> None:
        self.wrong(line, cell, expected_but_found(expected, cell.text or None))

    def wrong(self, line: int, cell: _Cell, wrong: Fault) -> None:
        self.problems.append(Problem.at(self.path, wrong, line, cell.column))

    def stop(self) -> None:
        """Raise InputError where anything is wrong."""
        if self.problems:
            raise InputError(self.problems[:MOST_FAULTS])


def _cells(line: str) -> list[_Cell]:
    """Return the values of a line; none of them holds a comma."""
    cells, column = [], 1
    for text in line.split(","):
        blanks = len(text) - len(text.lstrip())
        cells.append(_Cell(column + blanks, text.strip().strip('"')))
        column += len(text) + 1
    return cells


def _single(groups: list[Group], measure: str) -> Ages:
    """Return the number of each age, 0-22, of groups that cover them."""
    if measure == "youths":
        return tuple(max(float(youths), 0.0) for youths in single_years(groups))
    return tuple(growth for first, last, growth in sorted(groups) for _ in range(first, last + 1))
