"""The destination of a document: checked before anything is simulated, written aside and renamed."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from sim.errors import InputError, OptionError, SimulationError
from sim.faults import fault
from sim.machine.memory import FOR_CHARTS, refuse_little
from sim.machine.whole import write_whole
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
        raise OptionError("lang", fault("must_be_one_of", known=tuple(LANGUAGES), found=language))
    if file.suffix.lower() not in endings:
        found = f"'{file.suffix}'" if file.suffix else fault("no_ending")
        raise InputError.at(file, fault("wrong_ending", endings=tuple(endings), found=found))
    if os.path.isdir(file):
        raise InputError.at(file, fault("is_a_folder"))
    if not os.path.isdir(file.parent):
        raise InputError.at(file, fault("no_folder", folder=file.parent))
    if ".pdf" in endings:
        refuse_little(FOR_CHARTS)
    try:
        with contextlib.suppress(FileNotFoundError):
            file.lstat()  # a name may be too long
        with tempfile.TemporaryFile(dir=file.parent):
            pass
    except OSError as error:
        raise InputError.at(file, fault("not_writable", reason=error.strerror or str(error))) from error


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
    try:
        write_whole(file, content)
    except OSError as error:
        raise SimulationError(
            fault("could_not_write", file=file, reason=error.strerror or str(error))
        ) from error
