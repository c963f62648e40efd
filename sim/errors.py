"""What is wrong with an input, said once and clearly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Integral
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """One mistake in an input file: where it is and what was expected. file: nothing, for one in no file."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}" if self.file else self.message


class InputError(Exception):
    """Input that cannot be used. `problems` lists every mistake that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Problem, ...]]]:
        """Let it pass between processes: an exception is else made again from its message."""
        return type(self), (self.problems,)

    @classmethod
    def at(cls, file: str | Path, message: str, line: int = 1, column: int = 1) -> InputError:
        """Return the error for a single mistake."""
        return cls([Problem(str(file), line, column, message)])

    @classmethod
    def of(cls, message: str) -> InputError:
        """Return the error for a mistake in no file, such as a name on the command line."""
        return cls([Problem("", 1, 1, message)])


class OptionError(ValueError):
    """An option, or an argument of a public function, that cannot be used: a mistake of who gave it.

    option: its name in Python, such as `max_replications`; the command line calls it `--max-replications`.
    """

    def __init__(self, option: str, message: str) -> None:
        super().__init__(f"{option} {message}")
        self.option, self.message = option, message


def within(option: str, value: object, low: int, high: float = math.inf) -> None:
    """Raise OptionError unless an option is a whole number between two values."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise OptionError(option, f"must be a whole number, found {value!r:.100}")
    found = int(value)
    if not low <= found <= high:
        limit = f"{low:,} or more" if high == math.inf else f"between {low:,} and {high:,}"
        raise OptionError(option, f"must be {limit}, found {found:,}")


class SimulationError(Exception):
    """Something ran and failed: a broken invariant, a full disk, a stopped worker."""


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that it came from."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint with the nearest of the `known` names, or an empty string."""
    names = list(known)
    folded = {known_name.casefold(): known_name for known_name in names}
    close = get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    return f"; did you mean '{folded[close[0]]}'?" if close else ""
