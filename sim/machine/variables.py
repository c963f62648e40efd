"""Environment variables: read in one place; a wrong value is reported with the name of its variable."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable

from sim.errors import InputError, Problem
from sim.faults import Fault, fault

CONTACT = "KINDERWERK_APP_CONTACT"
THEME = "KINDERWERK_THEME"
LOG = "KINDERWERK_LOG"
THREADS = "KINDERWERK_THREADS"
HOSTS, METRICS = "STREAMLIT_SERVER_ALLOWED_HOSTS", "KINDERWERK_APP_METRICS"
MOST_CHILDREN = 5_000_000
"""About as many as there are in the country."""
_LONGEST = 100
_GB = 1 << 30
_COMMA = re.compile(r"[0-9]+,[0-9]{1,2}")
_HOSTS, _ONE = re.compile(r"[\w.:*\- ]*"), re.compile(r"[01]?")
_DIGITS = re.compile(r"[+-]?[0-9]+")
_GROUPS = re.compile(r"[0-9]{1,3}([., _][0-9]{3})+")


class VariableError(InputError):
    """An environment variable that cannot be used, with its name (it has no line numbers)."""

    def __init__(self, name: str, fault: Fault) -> None:
        super().__init__([Problem.at(name, fault)])

    def __str__(self) -> str:
        return "\n".join(f"{problem.file}: {problem.message}" for problem in self.problems)


def check() -> None:
    """Raise VariableError, with all that is wrong, where a variable cannot be used."""
    wrong: list[VariableError] = []
    for read in _ALL:
        try:
            read()
        except VariableError as error:
            wrong.append(error)
    if wrong:
        wrong[0].problems = tuple(problem for error in wrong for problem in error.problems)
        raise wrong[0]


def cache_bytes() -> int:
    """Return how many bytes of warmed-up populations are kept on disk."""
    return int(_number("KINDERWERK_CACHE_GB", 4.0, 0, 1_000_000) * _GB)


def app_children() -> int:
    """Return how many children the app simulates for an answer."""
    return _whole("KINDERWERK_APP_CHILDREN", 10_000, 1, MOST_CHILDREN)


def app_draws() -> int:
    """Return how many draws sharpen an answer of the app."""
    return _whole("KINDERWERK_APP_DRAWS", 40, 2, 10_000)


def app_contact() -> str:
    """Return the e-mail or web address for questions about the app, or nothing."""
    return " ".join(_text(CONTACT).split())


def theme_file() -> str:
    """Return the name of a file with the design tokens of a house style, or nothing."""
    return _text(THEME).strip()


def log_in_lines() -> bool:
    """Return whether stderr gets a JSON object a line, without personal data (`sim.machine.loglines`)."""
    said, shown = _said(LOG)
    if said not in ("", "json"):
        text = fault("text_found", text=shown)
        raise VariableError(LOG, fault("expected", expected=fault("json_or_nothing"), found=text, hint=None))
    return said == "json"


def built_from() -> str:
    """Return the commit that an image was built from, or nothing."""
    name = "KINDERWERK_COMMIT"
    found = _text(name).strip()
    if any(letter.isspace() for letter in found) or len(found) > _LONGEST:
        raise VariableError(
            name, fault("expected", expected=fault("name_of_commit"), found=fault("other_text"), hint=None)
        )
    return found


def numba_threads() -> int:
    """Return the most threads that kernels use; numba itself ends in a traceback where it cannot read it."""
    return _whole("NUMBA_NUM_THREADS", os.cpu_count() or 1, 1, 100_000)


def processors() -> int:
    """Return how many processors this process may use, or as many threads and workers as somebody says."""
    ours = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return _whole(THREADS, ours, 1, 100_000)


def server_port() -> int:
    """Return the port of the app; Streamlit itself ends in a traceback for one that no machine has."""
    return _whole("STREAMLIT_SERVER_PORT", 8501, 1, 65_535)


def allowed_hosts() -> str:
    """Return the names of the app, with a space between them; a JSON list would be one odd name."""
    return _like(HOSTS, _HOSTS, fault("names_with_spaces"))


def metrics_open() -> bool:
    """Return whether visitors may see the metrics of the server."""
    return _like(METRICS, _ONE, fault("one_or_nothing")) == "1"


def home() -> str:
    """Return the home folder; one that is no folder is refused, for Streamlit would fail at every request."""
    found = _text("HOME")
    if found and os.path.exists(found) and not os.path.isdir(found):
        shown = fault("text_found", text=ascii(found[:_LONGEST])[1:-1])
        raise VariableError("HOME", fault("expected", expected=fault("a_folder"), found=shown, hint=None))
    return found.strip()


_ALL: tuple[Callable[[], object], ...] = (
    cache_bytes, app_children, app_draws, app_contact, theme_file, log_in_lines, built_from, numba_threads,
    processors, server_port, allowed_hosts, metrics_open, home,
)  # fmt: skip


def _number(name: str, default: float, least: float, most: float) -> float:
    """Return a number; what is empty was not set. Raises VariableError."""
    said, shown = _said(name)
    try:
        found = float(said) if said else default
    except ValueError:
        hint = fault("write_with_point", number=shown.replace(",", ".")) if _COMMA.fullmatch(said) else None
        text = fault("text_found", text=shown)
        raise VariableError(
            name, fault("expected", expected=fault("a_number"), found=text, hint=hint)
        ) from None
    if not math.isfinite(found):
        raise VariableError(name, fault("must_be_finite", found=shown))
    if not least <= found <= most:
        raise VariableError(name, _outside(least, most, shown))
    return found


def _whole(name: str, default: int, least: int, most: int) -> int:
    """Return a whole number; what is empty was not set. Raises VariableError."""
    said, shown = _said(name)
    if said and not _DIGITS.fullmatch(said):
        bare = re.sub(r"[^0-9]", "", said)
        hint = fault("write_plainly", number=bare) if _GROUPS.fullmatch(said) else None
        text = fault("text_found", text=shown)
        raise VariableError(name, fault("expected", expected=fault("whole_number"), found=text, hint=hint))
    found = default if not said else int(said[:_LONGEST])
    if not least <= found <= most:
        raise VariableError(name, _outside(least, most, shown))
    return found


def _like(name: str, pattern: re.Pattern[str], expected: Fault) -> str:
    """Return what a variable says where it is of a form, or nothing. Raises VariableError."""
    said, shown = _said(name)
    if not pattern.fullmatch(said):
        text = fault("text_found", text=shown)
        raise VariableError(name, fault("expected", expected=expected, found=text, hint=None))
    return said


def _outside(least: float, most: float, shown: str) -> Fault:
    return fault("variable_out_of_range", least=least, most=most, found=shown)


def _said(name: str) -> tuple[str, str]:
    """Return what a variable says, and how a message shows it."""
    said = os.environ.get(name, "").strip()
    return said, ascii(said[:_LONGEST])[1:-1]


def _text(name: str) -> str:
    """Return text, or nothing. Raises VariableError for bytes that are no text in this locale."""
    found = os.environ.get(name, "")
    if any(not letter.isprintable() and not letter.isspace() for letter in found):
        raise VariableError(
            name, fault("expected", expected=fault("text"), found=ascii(found[:_LONGEST]), hint=None)
        )
    return found
