"""A fault is a code with values; its sentence stands in a catalogue, one for each language.

`words/faults/en` and `nl` give each code its sentence. `{name}` is a value: a fault in its turn, a number as
the language writes it, a list of names, or text as it is; `{name!q}` puts it between quotes; `{name:,}` says
how to write a number, `{names:or}` how to join a list (`or`, `and`, `lines`). `[...]` is left out where a
value in it is empty, and `[...|...]` says what stands there instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from string import Formatter
from typing import TypeAlias

from ruamel.yaml import YAML

CATALOGUE = Path(__file__).resolve().parent / "words" / "faults"
LANGUAGES = ("en", "nl")
_GROUP = re.compile(r"\[([^\[\]|]*)(?:\|([^\[\]|]*))?\]")
_SWAP = str.maketrans(",.", ".,")
_JOINED = {"en": {"or": " or ", "and": " and "}, "nl": {"or": " of ", "and": " en "}}

Value: TypeAlias = "str | int | float | Path | Fault | tuple[Value, ...] | list[str] | None"
"""Plain data, or a fault in its turn."""


@dataclass(frozen=True)
class Fault:
    """What is wrong: its code, and the values that differ from one to the next."""

    code: str
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)

    def text(self, language: str = "en") -> str:
        """Return its sentence in a language. Raises KeyError for a code that the catalogue does not have."""
        words = _Words(language)
        sentence = _GROUP.sub(lambda group: self._group(*group.groups()), sentences(language)[self.code])
        return words.vformat(sentence, (), self.values)

    def _group(self, words: str, instead: str | None) -> str:
        names = holes(words)
        empty = any(self.values[name] is None or self.values[name] in ("", (), []) for name in names)
        return (instead or "") if empty else words

    def __str__(self) -> str:
        return self.text()


def fault(code: str, /, **values: Value) -> Fault:
    """Return a fault with its values."""
    return Fault(code, values)


@cache
def sentences(language: str) -> dict[str, str]:
    """Return the sentence of every code in a language."""
    files = sorted((CATALOGUE / language).glob("*.yaml"))
    text = "".join(file.read_text(encoding="utf-8") for file in files)  # so that a code has one sentence
    return dict(YAML(typ="safe", pure=True).load(text))


def holes(sentence: str) -> set[str]:
    """Return the names of the values in a sentence."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


class _Words(Formatter):
    """Writes values in a language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def convert_field(self, value: object, conversion: str | None) -> object:
        if conversion == "q":
            return tuple(map(quoted, value)) if isinstance(value, (tuple, list)) else quoted(value)
        return value

    def format_field(self, value: object, format_spec: str) -> str:
        if isinstance(value, Fault):
            return value.text(self.language)
        if isinstance(value, (tuple, list)):
            return self._list([self.format_field(each, "") for each in value], format_spec)
        if isinstance(value, (int, float)):
            number = format(value, format_spec)
            if not any(digit in number for digit in "123456789"):
                number = number.lstrip("+-")  # what rounds to nothing has no sign
            return number.translate(_SWAP) if self.language == "nl" else number
        return "" if value is None else str(value)

    def _list(self, parts: list[str], joined: str) -> str:
        if joined == "lines":
            return "\n".join(parts)
        if not joined or len(parts) < 2:
            return ", ".join(parts)
        return ", ".join(parts[:-1]) + _JOINED[self.language][joined] + parts[-1]


def quoted(value: object, limit: int = 60) -> str:
    """Return `value` between quotes on one line, shortened when it is long."""
    text = str(value)
    if not text.isprintable():
        text = text.encode("unicode_escape", "backslashreplace").decode("ascii")
    return f"'{text if len(text) <= limit else text[:limit] + '...'}'"
