"""The budget of a programme in FTE: one number, or what holds from each given year on.

A year (2026) holds until the next one that is given. A range ("2026-2028") ends: after its last year there is
nothing until the next one that is given.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import InitErrorDetails, ValidationError

from sim.errors import Problem
from sim.faults import Fault, fault
from sim.files.numerals import two_ways
from sim.files.wording import expected_but_found, number_fault, plain_error
from sim.files.yamlfile import Document
from sim.files.yamltext import Loc

MAX_FTE = 1_000_000.0
FTE_EXPECTED = fault("for_example", expected=fault("number_of_fte"), examples=("36", "12.5"))
MOST_EACH = 0.01
"""FTE for each youth that a municipality might have: a worker reaches about a hundred children."""
_MAX_ENTRIES = 100
_YEAR = re.compile(r"\s*[0-9]{4}\s*")
_YEARS = re.compile(r"\s*((?:19|20|21)[0-9]{2})(?:\s*[-–]\s*((?:19|20|21)[0-9]{2}))?\s*")


@dataclass(frozen=True)
class FtePath:
    """FTE over the years: `base` before the first step, and each step holds until the next one.

    ends: the last year of each step that was written as a range; what follows it is 0.
    """

    base: float = 0.0
    steps: tuple[tuple[int, float], ...] = ()
    ends: tuple[tuple[int, int], ...] = ()

    def at(self, year: int) -> float:
        """Return the FTE of a year."""
        index = bisect_right(self.steps, year, key=lambda step: step[0])
        if not index:
            return self.base
        start, fte = self.steps[index - 1]
        return fte if year <= dict(self.ends).get(start, year) else 0.0

    def every_step(self) -> tuple[tuple[int, float], ...]:
        """Return the steps with a step to 0 after each range that no other step follows at once."""
        starts = {start for start, _ in self.steps}
        stops = ((end + 1, 0.0) for _, end in self.ends if end + 1 not in starts)
        return tuple(sorted((*self.steps, *stops)))

    def to_data(self) -> float | dict[int | str, float]:
        """Return the path as a scenario file writes it."""
        ends = dict(self.ends)
        by_year = {f"{year}-{ends[year]}" if year in ends else year: fte for year, fte in self.steps}
        return by_year or self.base


def years_of(key: object) -> tuple[int, int] | None:
    """Return the first and last year that a key such as 2026 or "2026-2028" stands for, or None."""
    match = _YEARS.fullmatch(str(key)) if isinstance(key, (int, str)) else None
    if match is None:
        return None
    first, last = int(match[1]), int(match[2] or match[1])
    return (first, last) if first <= last else None


def read_fte(value: object) -> FtePath:
    """Return the path that a number or a mapping by year stands for.

    Raises PydanticCustomError, or a ValidationError with a place for each wrong year, so that
    the reader of the file can point at it.
    """
    if isinstance(value, FtePath):
        return value
    if not isinstance(value, Mapping):
        if wrong := _fault(value):
            raise plain_error(wrong)
        return FtePath(float(value))  # type: ignore[arg-type]
    if not 1 <= len(value) <= _MAX_ENTRIES:
        raise plain_error(fault("wrong_number_of_years", most=_MAX_ENTRIES, count=len(value)))
    if errors := _entry_errors(value):
        raise ValidationError.from_exception_data("fte", errors)
    entries = [(years, key, float(fte)) for key, fte in value.items() if (years := years_of(key))]
    ends = (years for years, key, _ in entries if not _YEAR.fullmatch(str(key)))
    return FtePath(0.0, tuple(sorted((years[0], fte) for years, _, fte in entries)), tuple(sorted(ends)))


def perhaps_thousands(text: str, fte: float, youths: float | None) -> bool:
    """Tell whether a text of three decimals may be thousands of FTE, among so many youths (None: not known).

    Three decimals are usual too (1.875 is a whole post and one of 35 hours of 40), but none that end in 0.
    """
    return text.endswith("0") or (youths is not None and 1000.0 * fte <= MOST_EACH * youths)


def unclear_fte(document: Document, places: Iterable[Loc], youths: float | None) -> list[Problem]:
    """Return a problem for each number of FTE at these places that may be decimals or thousands."""
    return [
        document.problem(loc, two_ways(text))
        for loc, text in document.written(places)
        if perhaps_thousands(text, float(text), youths)
    ]


def _entry_errors(value: Mapping[Any, Any]) -> list[InitErrorDetails]:
    """Return what is wrong with each entry: not a year, a year given before, no number of FTE."""
    errors: list[InitErrorDetails] = []
    taken: list[tuple[int, int, object]] = []
    for key, fte in value.items():
        years = years_of(key)
        if years is None:
            error = plain_error(expected_but_found(fault("year_or_years"), key))
            errors.append(InitErrorDetails(type=error, loc=(_step(key), "[key]"), input=key))
        else:
            overlap = [other for first, last, other in taken if first <= years[1] and years[0] <= last]
            if overlap:
                error = plain_error(fault("years_overlap", years=str(key), other=str(overlap[0])))
                errors.append(InitErrorDetails(type=error, loc=(_step(key), "[key]"), input=key))
            taken.append((*years, key))
        if wrong := _fault(fte):
            errors.append(InitErrorDetails(type=plain_error(wrong), loc=(_step(key),), input=fte))
    return errors


def _step(key: object) -> int | str:
    return key if isinstance(key, (int, str)) else str(key)


def _fault(value: object) -> Fault | None:
    """Return what is wrong with `value` as a number of FTE, or None."""
    return number_fault(value, FTE_EXPECTED, low=0) or number_fault(value, FTE_EXPECTED, high=MAX_FTE)
