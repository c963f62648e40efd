"""From a file on disk to plain data in which the place of every key and value is known.

Only the plain part of YAML is accepted (mappings, lists, text, numbers, true, false, null).
What could make a file mean something else than it says is refused: tags, anchors, aliases,
repeated keys, a second document. Numbers follow YAML 1.2, so `no` and `12:30` are text.
"""

from __future__ import annotations

import re
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scanner import ScannerError

from sim.errors import InputError, nearest
from sim.faults import Fault, fault

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
MAX_NODES = 50_000
MAX_TAG = 20_000
"""Of a longer tag (!name), the reader makes a text in a time that grows with the square of its length."""
MAX_REASON = 200

Key = str | int
Loc = tuple[Key, ...]
Position = tuple[int, int]

_NULL = re.compile(r"(null|Null|NULL|~|)")
_TRUE = re.compile(r"(true|True|TRUE)")
_FALSE = re.compile(r"(false|False|FALSE)")
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)")
_NAN = re.compile(r"\.(nan|NaN|NAN)")
_TWO_WAYS = re.compile(r"[-+]?[1-9][0-9]{0,2}\.[0-9]{3}")
"""Decimals, or Dutch thousands: only who knows what is counted can tell."""

# The next-line character and U+2028/2029 break lines for YAML but not in most editors, so
# that line numbers would differ: they are refused with the other control characters. Signs without
# a width come along in pasted names; whoever reads a value drops them (`visible`).
_INVISIBLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_OTHER_KINDS = {
    b"\x89PNG": fault("a_picture"), b"\xff\xd8\xff": fault("a_picture"), b"GIF8": fault("a_picture"),
    b"%PDF-": fault("a_pdf"), b"PK\x03\x04": fault("an_office_file"),
    b"\xd0\xcf\x11\xe0": fault("an_old_office_file"),
}  # fmt: skip
"""How files begin that people choose by mistake, and what they are."""
_MARK = "\ufeff"
_WIDTHLESS = re.compile("[\u00ad\u180e\u200b-\u200f\u2060-\u2064\ufeff]")
_SPACES = dict.fromkeys((0xA0, 0x2007, 0x202F), " ")
"""Spaces that do not break are spaces: they come along in what is pasted, also after a colon."""
_TAB_INDENT = re.compile(r"^ *\t[ \t]*(?=[^\s#])", re.MULTILINE)


@dataclass
class Tree:
    """Plain data, and the 1-based line and column of every key and value in it.

    written: the text of each number whose point may stand between thousands.
    """

    data: Any = None
    values: dict[Loc, Position] = field(default_factory=dict)
    keys: dict[Loc, Position] = field(default_factory=dict)
    written: dict[Loc, str] = field(default_factory=dict)


def read_bytes(path: str | Path) -> bytes:
    """Return the bytes of an ordinary file, never reading more than the limit.

    Raises InputError when there is no such file, or it is a folder, unreadable or too large.
    """
    try:
        status = Path(path).stat()
        if stat.S_ISDIR(status.st_mode):
            raise InputError.at(path, fault("folder_for_file"))
        if not stat.S_ISREG(status.st_mode):
            raise InputError.at(path, fault("not_ordinary_file"))
        if status.st_size > MAX_BYTES:
            raise InputError.at(path, fault("too_large", size=status.st_size / 1e6, most=MAX_BYTES / 1e6))
        with Path(path).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError.at(path, fault("no_such_file", near=_nearest_file(path))) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError.at(path, fault("cannot_read", reason=reason.lower())) from None
    if len(content) > MAX_BYTES:
        raise InputError.at(path, fault("over_limit", most=MAX_BYTES / 1e6))
    return content


def _nearest_file(path: str | Path) -> str | None:
    """Return the nearest file name in the same folder, or None."""
    try:
        return nearest(Path(path).name, [file.name for file in Path(path).parent.iterdir()])
    except (OSError, ValueError):
        return None


def decode(file: str | Path, content: bytes) -> str:
    """Return the text of UTF-8 `content`.

    Raises InputError for another kind of file, and at the first byte that is not text.
    """
    for begins, kind in _OTHER_KINDS.items():
        if content.startswith(begins):
            raise InputError.at(file, fault("other_kind_of_file", kind=kind))
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError.at(file, fault("saved_as_utf16"))
    nul = content.find(b"\0")
    try:
        text = content[: nul if nul >= 0 else None].decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _place(content[: error.start].decode("utf-8"))
        message = fault("not_utf8", byte=f"{content[error.start]:#04x}")
        raise InputError.at(file, message, line, column) from None
    if nul >= 0:
        raise InputError.at(file, fault("binary_file"), *_place(text))
    text = text.removeprefix("\ufeff")
    if invisible := _INVISIBLE.search(text):
        message = _not_allowed(invisible[0])
        raise InputError.at(file, message, *_place(text[: invisible.start()]))
    return text


def _not_allowed(sign: str) -> Fault:
    return fault("invisible_character", sign=f"U+{ord(sign):04X}")


def _place(before: str) -> Position:
    """Return the line and column of what follows the text `before`."""
    lines = before.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return len(lines), len(lines[-1]) + 1


def parse(file: str | Path, text: str, max_nodes: int = MAX_NODES) -> Tree:
    """Return the one document in `text`, of at most `max_nodes` keys and values.

    Raises InputError for anything that is not plain YAML, at the place where it goes wrong.
    """
    text = text.translate(_SPACES)
    if tab := _TAB_INDENT.search(text):
        place = _place(text[: text.index("\t", tab.start())])
        raise InputError.at(file, fault("tab_indent"), *place)
    for word in text.split():
        if len(word) > MAX_TAG and "!" in word:
            place = _place(text[: text.index(word)])
            raise InputError.at(file, fault("tag_not_allowed"), *place)
    builder = _Builder(file, max_nodes)
    for event in _events(file, text):
        builder.take(event)
    if builder.documents == 0:
        raise InputError.at(file, fault("file_empty"))
    return builder.tree


def _events(file: str | Path, text: str) -> Iterator[Any]:
    """Yield what the YAML reader meets. Raises InputError where it cannot go on."""
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except InputError:
        raise
    except MarkedYAMLError as error:
        stop = _Stop(text, error)
        mark = stop.mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise InputError.at(file, stop.fault(), line, column) from None
    # The reader lets errors of its own escape on odd escapes such as "\UFFFFFFFF".
    except (YAMLError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError,
            AssertionError, NotImplementedError, RecursionError) as error:  # fmt: skip
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError.at(file, _not_yaml(reason)) from None


def _not_yaml(reason: str) -> Fault:
    return fault("not_yaml", reason=reason[:MAX_REASON])


_QUOTED = re.compile(r"""'(?:[^']|'')*'(?!')|"(?:[^"\\]|\\.)*\"""", re.DOTALL)


@dataclass(frozen=True)
class _Stop:
    """Where the YAML reader stopped, and where it began what it was reading (None: nothing in particular).

    What is wrong is told from that: the reader's words may change with its version.
    """

    text: str
    error: MarkedYAMLError

    @property
    def stop(self) -> int:
        return self.error.problem_mark.index if self.error.problem_mark else 0

    @property
    def start(self) -> int | None:
        return self.error.context_mark.index if self.error.context_mark else None

    @property
    def sign(self) -> str:
        return self.text[self.stop : self.stop + 1]

    @property
    def first(self) -> str:
        return "" if self.start is None else self.text[self.start : self.start + 1]

    @property
    def at_end(self) -> bool:
        return not self.text[self.stop :].strip()

    @property
    def open_quote(self) -> bool:
        return self.first in ("'", '"') and not _QUOTED.match(self.text, self.start or 0)

    @property
    def lone_key(self) -> bool:
        """Whether a key stands on a line without a colon: the reader goes on to the next line, or the end."""
        if self.start is None or not isinstance(self.error, ScannerError) or self.first in ("|", ">", "%"):
            return False
        if inside := _QUOTED.match(self.text, self.start):
            return inside.end() <= self.stop
        nothing_read = self.first in ("&", "*", "!") and self.stop <= self.start + 1
        next_line = "\n" in self.text[self.start : self.stop] or self.at_end
        return next_line and not nothing_read

    @property
    def mark(self) -> Any:
        """Where to look: for an open quote or a lone key that is where it starts."""
        marks = (self.error.problem_mark, self.error.context_mark)
        starts_there = self.open_quote or self.lone_key
        return marks[starts_there] or marks[not starts_there]

    def fault(self) -> Fault:
        """Return what is wrong, for someone who writes no YAML daily."""
        known = self._scanned() if isinstance(self.error, ScannerError) else self._parsed()
        return known or _not_yaml(str(self.error.problem or self.error.context or "").partition("\n")[0])

    def _scanned(self) -> Fault | None:
        if self.open_quote:
            return fault("open_quote")
        if self.lone_key:
            return fault("colon_missing")
        if self.start is not None or self.sign in ("-", "?"):
            return None
        if self.sign == ":":
            return fault("colon_not_allowed")
        if self.sign == "\t":
            return fault("tab_not_allowed")
        return fault("value_start")

    def _parsed(self) -> Fault | None:
        if self.start is None:
            return None if self.sign == "%" else fault("one_document")
        if self.first in ("[", "{"):
            return fault("bracket_or_comma_missing")
        if self.at_end:
            return fault("open_bracket")
        if self.start < self.stop:
            return fault("indentation")
        return None


_NO_KEY: Any = object()


@dataclass
class _Open:
    """A mapping or list that is being filled; `key` is the key that waits for its value."""

    loc: Loc
    items: dict[Key, Any] | list[Any]
    key: Any = _NO_KEY


class _Builder:
    """Build the tree from the reader's events, without recursion, within the limits."""

    def __init__(self, file: str | Path, max_nodes: int) -> None:
        self.file = file
        self.max_nodes = max_nodes
        self.tree = Tree()
        self.documents = 0
        self._nodes = 0
        self._stack: list[_Open] = []

    def take(self, event: Any) -> None:
        """Take the next event. Raises InputError when it is not allowed."""
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            self._start_document(event)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self._stack.pop()
        elif kind in ("AliasEvent", "ScalarEvent", "MappingStartEvent", "SequenceStartEvent"):
            self._refuse_unusual(event, kind)
            if kind == "ScalarEvent":
                self._scalar(event)
            else:
                self._container(event, {} if kind == "MappingStartEvent" else [])

    def _start_document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            raise self._error(event, fault("second_document"))
        if event.version or event.tags:
            raise self._error(event, fault("directive_not_allowed"))

    def _refuse_unusual(self, event: Any, kind: str) -> None:
        self._nodes += 1
        if self._nodes > self.max_nodes:
            raise self._error(event, fault("too_many_values", max_nodes=self.max_nodes))
        if kind == "AliasEvent":
            raise self._error(event, fault("alias_not_allowed"))
        if event.anchor:
            raise self._error(event, fault("anchor_not_allowed"))
        if event.tag:
            raise self._error(event, fault("tag_not_allowed"))

    def _scalar(self, event: Any) -> None:
        text = str(event.value)
        if invisible := _INVISIBLE.search(text):
            raise self._error(event, _not_allowed(invisible[0]))
        value = plain_value(text) if event.implicit[0] else text
        parent = self._stack[-1] if self._stack else None
        if parent is not None and isinstance(parent.items, dict) and parent.key is _NO_KEY:
            self._key(event, parent, parent.items, value)
        else:
            loc = self._add(value)
            # The reader puts an absent value at the next line; its key is where people look.
            absent = value is None and text == "" and loc in self.tree.keys
            self.tree.values[loc] = self.tree.keys[loc] if absent else _position(event)
            if isinstance(value, float) and _TWO_WAYS.fullmatch(text):
                self.tree.written[loc] = text

    def _key(self, event: Any, parent: _Open, items: dict[Key, Any], key: Any) -> None:
        if isinstance(key, bool) or not isinstance(key, (str, int)):
            raise self._error(event, fault("key_not_quoted"))
        if _MARK in str(key):
            raise self._error(event, _not_allowed(_MARK))
        if key in items:
            line = self.tree.keys[(*parent.loc, key)][0]
            raise self._error(event, fault("key_twice", key=key, line=line))
        parent.key = key
        self.tree.keys[(*parent.loc, key)] = _position(event)

    def _container(self, event: Any, items: dict[Key, Any] | list[Any]) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise self._error(event, fault("too_deep", most=MAX_DEPTH))
        parent = self._stack[-1] if self._stack else None
        if parent is not None and isinstance(parent.items, dict) and parent.key is _NO_KEY:
            raise self._error(event, fault("key_of_many_parts"))
        loc = self._add(items)
        self.tree.values[loc] = self.tree.keys.get(loc, _position(event))
        self._stack.append(_Open(loc, items))

    def _add(self, value: Any) -> Loc:
        """Put a value where it belongs and return its place in the data."""
        if not self._stack:
            self.tree.data = value
            return ()
        parent = self._stack[-1]
        if isinstance(parent.items, list):
            parent.items.append(value)
            return (*parent.loc, len(parent.items) - 1)
        key: Key = parent.key
        parent.items[key] = value
        parent.key = _NO_KEY
        return (*parent.loc, key)

    def _error(self, event: Any, fault: Fault) -> InputError:
        return InputError.at(self.file, fault, *_position(event))


def _position(event: Any) -> Position:
    return event.start_mark.line + 1, event.start_mark.column + 1


def plain_value(text: str) -> Any:
    """Return the null, boolean or number that unquoted `text` stands for, or the text itself."""
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return text[0] in "tT"
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _INFINITE.fullmatch(text):
        return float("-inf") if text[0] == "-" else float("inf")
    return float("nan") if _NAN.fullmatch(text) else text


def visible(text: str) -> str:
    """Return text without the signs that have no width, and with every kind of space as an ordinary one.

    What changes the direction of what follows stays: that is seen, and not harmless.
    """
    if text.isprintable():
        return text
    return "".join(" " if unicodedata.category(sign) == "Zs" else sign for sign in _WIDTHLESS.sub("", text))
