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
from sim.report.provenance import beside, provenance
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
    both = [file, beside(file, language)] if file.suffix.lower() == ".csv" else [file]
    if os.path.isdir(both[-1]):
        raise InputError.at(both[-1], fault("is_a_folder"))
    try:
        for each in both:
            with contextlib.suppress(FileNotFoundError):
                each.lstat()  # a name may be too long
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

    A table has its provenance in a file beside it, written first. Raises SimulationError where it cannot;
    then the old file is whole.
    """
    content = {file: document(report, file.suffix)}
    if file.suffix.lower() == ".csv":
        content = {beside(file, report.language): provenance(report).encode("utf-8"), **content}
    for path, whole in content.items():
        try:
            write_whole(path, whole)
        except OSError as error:
            raise SimulationError(
                fault("could_not_write", file=path, reason=error.strerror or str(error))
            ) from error
