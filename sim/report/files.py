"""The destination of a document: checked before anything is simulated, written aside and renamed."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path

from sim.errors import InputError, OptionError, SimulationError
from sim.machine.memory import FOR_CHARTS, refuse_little
from sim.report.briefing import briefing
from sim.report.content import Report
from sim.report.csvfile import csv_text
from sim.report.workbook import workbook
from sim.words.writing import LANGUAGES


def ready(file: Path, endings: tuple[str, ...], language: str) -> None:
    """Raise InputError where `file` has another ending or cannot be written, OptionError for no language.

    Raises SimulationError where a limit leaves too little memory for the chart of a briefing.
    """
    if language not in LANGUAGES:
        raise OptionError("lang", f"must be {' or '.join(LANGUAGES)}, found '{language}'")
    if file.suffix.lower() not in endings:
        found = f"'{file.suffix}'" if file.suffix else "no ending"
        raise InputError.at(file, f"expected a file that ends in {' or '.join(endings)}, found {found}")
    if os.path.isdir(file):
        raise InputError.at(file, "is a folder; give the name of a file")
    if not os.path.isdir(file.parent):
        raise InputError.at(file, f"there is no folder {file.parent}; make it first")
    if ".pdf" in endings:
        refuse_little(FOR_CHARTS)
    try:
        with contextlib.suppress(FileNotFoundError):
            file.lstat()  # a name may be too long
        with tempfile.TemporaryFile(dir=file.parent):
            pass
    except OSError as error:
        raise InputError.at(file, f"cannot be written: {error.strerror or error}") from error


def document(report: Report, ending: str) -> bytes:
    """Return a document by the ending of its file. Raises KeyError for an unknown one."""
    makers: dict[str, Callable[[Report], bytes]] = {
        ".pdf": briefing,
        ".xlsx": workbook,
        ".csv": lambda report: csv_text(report).encode("utf-8"),
    }
    return makers[ending.lower()](report)


def write(report: Report, file: Path) -> None:
    """Write a report in the form of the file's ending, in place of what stood there.

    Raises SimulationError where it cannot; then the old file is whole.
    """
    content = document(report, file.suffix)
    aside = file.with_name(f".writing-{os.getpid()}-{secrets.token_hex(4)}")  # no longer than most disks take
    try:
        aside.write_bytes(content)
        os.replace(aside, file)
    except OSError as error:
        raise SimulationError(f"{file} could not be written: {error.strerror or error}") from error
    finally:
        aside.unlink(missing_ok=True)
