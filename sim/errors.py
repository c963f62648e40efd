"""What is wrong with an input, said once and clearly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from numbers import Integral
from pathlib import Path

from sim.faults import Fault, Value, fault


@dataclass(frozen=True)
class Problem:
    """One mistake in an input file: where it is, and what is wrong. file: nothing, for one in no file."""

    file: str
    line: int
    column: int
    code: str
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)

    @classmethod
    def at(cls, file: str | Path, fault: Fault, line: int = 1, column: int = 1) -> Problem:
        """Return a fault at a place in a file."""
        return cls(str(file), line, column, fault.code, fault.values)

    @property
    def fault(self) -> Fault:
        """What is wrong, without its place."""
        return Fault(self.code, self.values)

    @property
    def message(self) -> str:
        """What is wrong, in English."""
        return self.fault.text()

    def with_place(self) -> Fault:
        """Return what is wrong with its place, as a value of another fault."""
        if not self.file:
            return self.fault
        return fault("in_file", file=self.file, line=self.line, column=self.column, why=self.fault)

    def as_json(self) -> dict[str, str | int]:
        """Return its place, its code and the English sentence."""
        place: dict[str, str | int] = {"file": self.file, "line": self.line, "column": self.column}
        return {**place, "code": self.code, "message": self.message}

    def __str__(self) -> str:
        return self.with_place().text()

    def told(self, language: str) -> str:
        """Return what is wrong as a sentence, with its line and column where it has one."""
        words = self.fault.text(language)
        if (self.line, self.column) == (1, 1):  # the whole file, or a place in a workbook
            return words[:1].upper() + words[1:]
        return fault("at_place", line=self.line, column=self.column, why=self.fault).text(language)


class InputError(Exception):
    """Input that cannot be used. `problems` lists every mistake that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(tuple(problems))
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)

    def told(self, language: str) -> list[str]:
        """Return what is wrong, a sentence a mistake, with its line and column where it has one."""
        return [problem.told(language) for problem in self.problems]

    @classmethod
    def at(cls, file: str | Path, fault: Fault, line: int = 1, column: int = 1) -> InputError:
        """Return the error for a single mistake."""
        return cls([Problem.at(file, fault, line, column)])

    @classmethod
    def of(cls, fault: Fault) -> InputError:
        """Return the error for a mistake in no file, such as a name on the command line."""
        return cls([Problem.at("", fault)])


class OptionError(ValueError):
    """An option, or an argument of a public function, that cannot be used: a mistake of who gave it.

    option: its name in Python, such as `max_replications`; the command line calls it `--max-replications`.
    """

    def __init__(self, option: str, fault: Fault) -> None:
        super().__init__(option, fault)
        self.option, self.fault = option, fault

    def __str__(self) -> str:
        return f"{self.option} {self.fault}"

    def told(self, language: str) -> list[str]:
        """Return what is wrong with which option."""
        return [f"{self.option} {self.fault.text(language)}"]


class SimulationError(Exception):
    """Something ran and failed: a broken invariant, a full disk, a stopped worker."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault

    def __str__(self) -> str:
        return self.fault.text()

    def told(self, language: str) -> list[str]:
        """Return what failed."""
        return [self.fault.text(language)]


def within(option: str, value: object, low: int, high: float = math.inf) -> None:
    """Raise OptionError unless an option is a whole number between two values."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise OptionError(option, fault("option_not_whole", found=f"{value!r:.100}"))
    found = int(value)
    if not low <= found <= high:
        most = None if high == math.inf else high
        raise OptionError(option, fault("option_out_of_range", low=low, high=most, found=found))


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that it came from."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the nearest of the `known` names, or None where none is near."""
    folded = {known_name.casefold(): known_name for known_name in known}
    close = get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    return folded[close[0]] if close else None
