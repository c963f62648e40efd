"""Lines for a log that holds no personal data: `KINDERWERK_LOG=json`, one JSON object a line on stderr.

A line says when, how grave, what happened and where in the code: what a programmer wrote, and numbers. What
may hold words of a visitor or of a file stays out: values within a message, the message of an exception, and
everything that a library says. Texts for people that would go to stderr become a line without the text.
docs/deploy.md tells how to read it. Without the variable nothing here does anything.
"""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from traceback import walk_stack, walk_tb
from types import FrameType
from typing import Any, TextIO

from sim.errors import InputError, OptionError, SimulationError, causes
from sim.machine import variables
from sim.machine.project import ROOT, version

OURS = frozenset(("kinderwerk", "sim", "pages", "commands", "calibration"))
MOST_FRAMES = 60
"""Of a trace: a function that called itself for ever leaves a thousand."""
ELSEWHERE = "elsewhere"
log = logging.getLogger("kinderwerk")


class JsonLines(logging.Formatter):
    """A record as one JSON object. Values of its message, and messages of exceptions, are left out."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        ours = _is_ours(record)
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "event": str(record.msg) if ours else "library",
            "version": version(),
            "process": record.process,
            "at": f"{_place(record.pathname)}:{record.lineno}",
            **(record.__dict__.get("facts") or {}),
        }
        if record.exc_info and record.exc_info[1]:
            line["errors"] = [_described(error) for error in causes(record.exc_info[1])]
        return json.dumps(line)


class _One(logging.StreamHandler[TextIO]):
    """What takes every record of every logger, whichever handlers that logger was given."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is told: of libraries, what is no routine."""
        return _is_ours(record) or record.levelno >= logging.WARNING


class _Texts(io.TextIOBase):
    """Standard error for whoever prints: a text becomes a line that says where it was printed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._new = stream, True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Return what the stream is written in."""
        return self._stream.encoding

    def write(self, text: str) -> int:
        """Tell that a text begins, not what it says. Raises TypeError for bytes, as any stream of text."""
        if not isinstance(text, str):
            raise TypeError(f"expected text, found {type(text).__name__}")
        if self._new and text.strip():
            event("text", at=next(map(_frame, _own(sys._getframe(1))), ELSEWHERE))
        self._new = text.endswith("\n") if text else self._new
        return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()

    def fileno(self) -> int:
        """Return the handle of the stream, for what writes there itself."""
        return self._stream.fileno()


def start() -> None:
    """Tell in lines from now on, if that is asked for. Raises VariableError where it is said wrongly."""
    if not variables.log_in_lines() or running():
        return
    stream = sys.stderr
    one = _One(stream)
    one.setFormatter(JsonLines())
    # Libraries give each of their loggers a handler and a form of its own, some of them later on.
    logging.Logger.callHandlers = lambda _, record: one.handle(record)  # type: ignore[method-assign,assignment]
    logging.captureWarnings(True)
    log.setLevel(logging.INFO)
    sys.stderr = _Texts(stream)
    sys.excepthook = lambda _, error, __: mistake(error)
    threading.excepthook = lambda lost: mistake(lost.exc_value) if lost.exc_value else None
    event("started")


def running() -> bool:
    """Return whether this process tells in lines."""
    return isinstance(sys.stderr, _Texts)


def event(name: str, **facts: int | float | str | list[str]) -> None:
    """Tell that something happened, if lines are told. name, facts: our own words, and numbers."""
    if running():
        log.info(name, extra={"facts": facts}, stacklevel=2)


def mistake(error: BaseException) -> None:
    """Tell of a mistake of ours, with its trace, if lines are told."""
    if running():
        log.error("mistake", exc_info=error, stacklevel=2)


def refused(error: InputError | OptionError | SimulationError) -> None:
    """Tell what is wrong with what was asked, by its codes, if lines are told."""
    if running():
        problems = error.problems if isinstance(error, InputError) else ()
        found = [error.fault] if not isinstance(error, InputError) else [each.fault for each in problems]
        facts = {"codes": sorted({each.code for each in found})}
        if isinstance(error, variables.VariableError):
            facts["variables"] = sorted({problem.file for problem in problems})
        name = "failed" if isinstance(error, SimulationError) else "refused"
        log.error(name, extra={"facts": facts}, stacklevel=2)


def misused(error: BaseException | None) -> None:
    """Tell that a command was given wrong words, by the kind of that mistake alone, if lines are told."""
    if running():
        log.error("refused", extra={"facts": {"usage": type(error).__name__}}, stacklevel=2)


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in OURS


def _described(error: BaseException) -> dict[str, Any]:
    """Return of an exception its kind, and where it was raised; the call nearest to it comes last."""
    trace = [f"{_place(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}"
             for frame, line in walk_tb(error.__traceback__)]  # fmt: skip
    return {"type": type(error).__qualname__, "trace": trace[-MOST_FRAMES:]}


def _own(frame: FrameType) -> Iterable[FrameType]:
    """Yield the frames of our own code, the nearest first."""
    return (each for each, _ in walk_stack(frame) if _frame(each).partition("/")[0] in OURS)


def _frame(frame: FrameType) -> str:
    return f"{_place(frame.f_code.co_filename)}:{frame.f_lineno}"


@cache
def _place(file: str) -> str:
    """Return a file of code below a folder from which Python imports; of others not even the name."""
    path, folders = Path(file), [ROOT, *map(Path, filter(os.path.isabs, sys.path))]
    found = [path.relative_to(folder) for folder in folders if path.is_relative_to(folder)]
    return min((each.as_posix() for each in found), key=len, default=ELSEWHERE)
