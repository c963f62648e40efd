"""Reading an uploaded workbook safely: small, without macros or links, each part bounded.

A workbook is a zip file of XML. What it unpacks to is bounded by its directory before anything is unpacked,
and again while unpacking, because a directory may lie.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from openpyxl import load_workbook

from sim.errors import InputError
from sim.faults import Fault, fault
from sim.files.yamltext import MAX_BYTES

MAX_PARTS = 100
MAX_UNPACKED = 10_000_000
MAX_RATIO = 150.0
"""How many times its size a part may unpack to: XML of a worksheet seldom goes beyond 30."""
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How .xls files start, and workbooks with a password."""
_PROTECTED = fault("workbook_protected")
_MACRO = fault("workbook_with_macros")
_DAMAGED = fault("workbook_damaged")
_MACROS = re.compile(rb"macroEnabled|vbaProject|macrosheet", re.IGNORECASE)
_MACRO_PARTS = re.compile(r"vba(Project|Data)|macrosheets/|dialogsheets/|activeX|embeddings/", re.IGNORECASE)
_LINK_PARTS = re.compile(
    r"externalLinks?/|connections\.xml$|queryTables?/|customXml/.*external", re.IGNORECASE
)
_RELATION = re.compile(rb"<[^>]*Relationship\b[^>]*>", re.DOTALL)
_XML = (".xml", ".rels", ".vml")


@dataclass(frozen=True)
class SheetCells:
    """A worksheet by rows: the value of each cell, and whether it is a formula."""

    name: str
    values: tuple[tuple[Any, ...], ...]
    formulas: tuple[tuple[bool, ...], ...]


def sheets(data: bytes, name: str, rows: int, columns: int) -> list[SheetCells]:
    """Return the first rows and columns of every worksheet of a workbook, formulas by their last result.

    Raises InputError for what is no ordinary workbook of at most 1 MB.
    """
    _check(data, name)
    try:
        values = _read(data, rows, columns, True, lambda cell: cell.value)
        formulas = _read(data, rows, columns, False, lambda cell: getattr(cell, "data_type", "n") == "f")
    except Exception:  # the library raises whatever a damaged file leads it to
        raise InputError.at(name, _DAMAGED) from None
    return [SheetCells(sheet, values[sheet], formulas.get(sheet, ())) for sheet in values]


def _read(
    data: bytes, rows: int, columns: int, results: bool, take: Callable[[Any], Any]
) -> dict[str, tuple[tuple[Any, ...], ...]]:
    book = load_workbook(BytesIO(data), read_only=True, data_only=results, keep_links=False)
    try:
        found = {}
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what a file says of its size may be wrong
            cells = sheet.iter_rows(min_row=1, max_row=rows, min_col=1, max_col=columns)
            found[str(sheet.title)] = tuple(tuple(take(cell) for cell in row) for row in cells)
        return found
    finally:
        book.close()


def _check(data: bytes, name: str) -> None:
    """Raise InputError unless these are the bytes of a harmless workbook."""
    if len(data) > MAX_BYTES:
        size, most = len(data) / 1e6, MAX_BYTES / 1e6
        raise InputError.at(name, fault("too_large", size=size, most=most))
    if data.startswith(_OLD):
        raise InputError.at(name, _PROTECTED)
    if not data.startswith(b"PK\x03\x04"):
        raise InputError.at(name, fault("no_workbook"))
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            _check_directory(archive.infolist(), name)
            _check_parts(archive, name)
    except InputError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, NotImplementedError,
            OverflowError, UnicodeDecodeError, LookupError):  # fmt: skip
        raise InputError.at(name, _DAMAGED) from None


def _check_directory(parts: list[zipfile.ZipInfo], name: str) -> None:
    """Raise InputError where the directory alone tells that the file must not be unpacked."""
    if len(parts) > MAX_PARTS:
        raise _strange(name, fault("too_many_parts", count=len(parts), most=MAX_PARTS))
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED:
        raise _strange(name, fault("unpacks_too_large", size=unpacked / 1e6, most=MAX_UNPACKED / 1e6))
    seen: set[str] = set()
    for part in parts:
        if part.filename.casefold() in seen:
            raise _strange(name, fault("part_twice", filename=part.filename))
        seen.add(part.filename.casefold())
        if part.flag_bits & 1:
            raise InputError.at(name, _PROTECTED)
        if part.file_size > MAX_RATIO * max(part.compress_size, 100):
            times = part.file_size / max(part.compress_size, 1)
            raise _strange(name, fault("part_unpacks_too_large", filename=part.filename, times=times))
        if _MACRO_PARTS.search(part.filename):
            raise InputError.at(name, _MACRO)
        if _LINK_PARTS.search(part.filename):
            raise _linked(name, part.filename)
    if "[content_types].xml" not in seen or "xl/workbook.xml" not in seen:
        raise InputError.at(name, fault("no_workbook"))


def _check_parts(archive: zipfile.ZipFile, name: str) -> None:
    """Unpack every part within bounds. Raises InputError for what a part must not hold."""
    left = MAX_UNPACKED
    for part in archive.infolist():
        with archive.open(part) as stream:
            content = stream.read(left + 1)
        left -= len(content)
        if left < 0:
            raise _strange(name, fault("unpacks_beyond_limit", most=MAX_UNPACKED / 1e6))
        wide = content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content[:4]
        is_xml = part.filename.lower().endswith(_XML)
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content or (wide and is_xml):
            raise _strange(name, fault("part_with_document_type", filename=part.filename))
        if part.filename == "[Content_Types].xml" and _MACROS.search(content):
            raise InputError.at(name, _MACRO)
        for relation in _RELATION.findall(content) if part.filename.endswith(".rels") else ():
            if re.search(rb"TargetMode\s*=\s*[\"']External", relation) and b"/hyperlink" not in relation:
                raise _linked(name, part.filename)


def _strange(name: str, why: Fault) -> InputError:
    return InputError.at(name, fault("workbook_strange", why=why))


def _linked(name: str, part: str) -> InputError:
    return InputError.at(
        name,
        fault("workbook_with_links", part=part),
    )
