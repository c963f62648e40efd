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

from sim.errors import InputError, nearest

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
            raise InputError.at(path, "this is a folder, and a file is needed here")
        if not stat.S_ISREG(status.st_mode):
            raise InputError.at(path, "this is not an ordinary file")
        if status.st_size > MAX_BYTES:
            size, most = megabytes(status.st_size), megabytes(MAX_BYTES)
            raise InputError.at(path, f"too large: {size}, the limit is {most}")
        with Path(path).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError.at(path, f"there is no such file{_nearest_file(path)}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError.at(path, f"cannot be read: {reason.lower()}") from None
    if len(content) > MAX_BYTES:
        raise InputError.at(path, f"too large: the limit is {megabytes(MAX_BYTES)}")
    return content


def megabytes(count: int) -> str:
    """Return a number of bytes as people read it."""
    return f"{count / 1e6:,.1f} MB"


def _nearest_file(path: str | Path) -> str:
    """Return a hint with the nearest file name in the same folder."""
    try:
        return nearest(Path(path).name, [file.name for file in Path(path).parent.iterdir()])
    except (OSError, ValueError):
        return ""


def decode(file: str | Path, content: bytes) -> str:
    """Return the text of UTF-8 `content`. Raises InputError at the first byte that is not text."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError.at(file, "this file is saved as UTF-16; save it as UTF-8")
    nul = content.find(b"\0")
    try:
        text = content[: nul if nul >= 0 else None].decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _place(content[: error.start].decode("utf-8"))
        message = f"byte {content[error.start]:#04x} is not UTF-8 text; save the file as UTF-8"
        raise InputError.at(file, message, line, column) from None
    if nul >= 0:
        raise InputError.at(file, "this is a binary file (it holds a NUL byte), not text", *_place(text))
    text = text.removeprefix("\ufeff")
    if invisible := _INVISIBLE.search(text):
        message = f"the invisible character U+{ord(invisible[0]):04X} is not allowed; remove it"
        raise InputError.at(file, message, *_place(text[: invisible.start()]))
    return text


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
        raise InputError.at(file, "a tab is used to indent; use spaces", *place)
    for word in text.split():
        if len(word) > MAX_TAG and "!" in word:
            place = _place(text[: text.index(word)])
            raise InputError.at(file, "tags (!name) are not allowed; write the plain value", *place)
    builder = _Builder(file, max_nodes)
    for event in _events(file, text):
        builder.take(event)
    if builder.documents == 0:
        raise InputError.at(file, "the file is empty")
    return builder.tree


def _events(file: str | Path, text: str) -> Iterator[Any]:
    """Yield what the YAML reader meets. Raises InputError where it cannot go on."""
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except InputError:
        raise
    except MarkedYAMLError as error:
        mark = _mark(error)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise InputError.at(file, _plain_words(error), line, column) from None
    # The reader lets errors of its own escape on odd escapes such as "\UFFFFFFFF".
    except (YAMLError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError,
            AssertionError, NotImplementedError, RecursionError) as error:  # fmt: skip
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError.at(file, f"this is not valid YAML: {reason[:MAX_REASON]}") from None


_PLAIN_WORDS = (
    ("mapping values are not allowed", "a ': ' is not allowed here; put text that holds ': ' between "
     "quotes, and check the indentation"),
    ("could not find expected ':'", "a ':' is missing after this key"),
    ("'\\t' that cannot start", "a tab is not allowed here; use spaces"),
    ("that cannot start any token", "a value cannot start with this character; put it between quotes"),
    ("unexpected end of stream", "the file ends before a quote is closed"),
    ("found '<stream end>'", "the file ends before a bracket is closed"),
    ("<block end>", "the indentation does not fit the lines above"),
    ("expected ',' or", "a ',' or a closing bracket is missing"),
    ("<document start>", "only one document is allowed in a file"),
)  # fmt: skip


def _mark(error: MarkedYAMLError) -> Any:
    """Return where to look: for an open quote or a key without ':' that is where it starts."""
    starts_there = error.context in ("while scanning a quoted scalar", "while scanning a simple key")
    marks = (
        (error.context_mark, error.problem_mark) if starts_there else (error.problem_mark, error.context_mark)
    )
    return marks[0] or marks[1]


def _plain_words(error: MarkedYAMLError) -> str:
    """Return what the YAML reader found wrong in words for someone who writes no YAML daily."""
    technical = str(error.problem or error.context or "unreadable").splitlines()[0]
    for sign, words in _PLAIN_WORDS:
        if sign in technical:
            return words
    return f"this is not valid YAML: {technical[:MAX_REASON]}"


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
            raise self._error(event, "only one document is allowed in a file; remove '---' and what follows")
        if event.version or event.tags:
            raise self._error(event, "a %YAML or %TAG line is not allowed; remove it")

    def _refuse_unusual(self, event: Any, kind: str) -> None:
        self._nodes += 1
        if self._nodes > self.max_nodes:
            raise self._error(event, f"too many values: the limit is {self.max_nodes:,} in a file")
        if kind == "AliasEvent":
            raise self._error(event, "aliases (*name) are not allowed; write the value out")
        if event.anchor:
            raise self._error(event, "anchors (&name) are not allowed; write the value out")
        if event.tag:
            raise self._error(event, "tags (!name) are not allowed; write the plain value")

    def _scalar(self, event: Any) -> None:
        text = str(event.value)
        if invisible := _INVISIBLE.search(text):
            code = f"U+{ord(invisible[0]):04X}"
            raise self._error(event, f"the invisible character {code} is not allowed; remove it")
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
            raise self._error(event, "a key must be a word or a whole number; put it between quotes")
        if _MARK in str(key):
            raise self._error(event, "the invisible character U+FEFF is not allowed; remove it")
        if key in items:
            line = self.tree.keys[(*parent.loc, key)][0]
            raise self._error(event, f"the key {quoted(key)} is here twice (also on line {line})")
        parent.key = key
        self.tree.keys[(*parent.loc, key)] = _position(event)

    def _container(self, event: Any, items: dict[Key, Any] | list[Any]) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise self._error(event, f"nested too deep: the limit is {MAX_DEPTH} levels")
        parent = self._stack[-1] if self._stack else None
        if parent is not None and isinstance(parent.items, dict) and parent.key is _NO_KEY:
            raise self._error(event, "a key must be a word or a whole number, not a list or a mapping")
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

    def _error(self, event: Any, message: str) -> InputError:
        return InputError.at(self.file, message, *_position(event))


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


def quoted(value: object, limit: int = 60) -> str:
    """Return `value` between quotes on one line, shortened when it is long."""
    text = str(value).encode("unicode_escape", "backslashreplace").decode("ascii") \
        if not str(value).isprintable() else str(value)  # fmt: skip
    return f"'{text if len(text) <= limit else text[:limit] + '...'}'"
