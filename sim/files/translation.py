"""What is wrong with an input, in Dutch: the English sentences of the house by pattern.

Sentences are written once, in English, where a mistake is found. `words/faults.yaml` has the Dutch of each,
with `{...}` for what differs; what stands there is translated in its turn, so that a sentence may be made of
others: the first that fits is taken. `{asis}` and `{asis2}` stay as they are. A number becomes a Dutch one.
What has no Dutch stays English.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from sim.errors import InputError, Problem

FAULTS = Path(__file__).resolve().parents[1] / "words" / "faults.yaml"
_HOLE = re.compile(r"\{(\w+)\}")
_NUMBER = re.compile(r"[-+]?[0-9]+(,[0-9]{3})*(\.[0-9]+)?( MB)?")
_LONGEST = 2_000
"""Characters of a sentence: none of ours is longer, and patterns take long for a text of others."""
_SWAP = str.maketrans(",.", ".,")


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return the English sentences as patterns with their Dutch, in the order of the file."""
    words = YAML(typ="safe", pure=True).load(FAULTS.read_text(encoding="utf-8"))
    return [(_pattern(english), dutch) for english, dutch in words.items()]


def _pattern(english: str) -> re.Pattern[str]:
    parts = _HOLE.split(english)  # text, name, text, name, ... text
    made = [f"(?P<{part}>.+?)" if odd % 2 else re.escape(part) for odd, part in enumerate(parts)]
    return re.compile("".join(made), re.DOTALL)


def dutch_or_none(message: str) -> str | None:
    """Return a sentence in Dutch, or None where the catalogue does not have it."""
    if len(message) > _LONGEST:
        return None
    if _NUMBER.fullmatch(message):
        return message.translate(_SWAP)
    for pattern, dutch in _patterns():
        if match := pattern.fullmatch(message):
            parts = {
                name: text if name.startswith("asis") else dutch_or_none(text) or text
                for name, text in match.groupdict().items()
            }
            return dutch.format(**parts)
    return None


def told(error: InputError, language: str) -> list[str]:
    """Return what is wrong, a sentence a mistake, with its line and column where it has one."""
    return [_sentence(problem, language) for problem in error.problems]


def _sentence(problem: Problem, language: str) -> str:
    message = (dutch_or_none(problem.message) if language == "nl" else None) or problem.message
    if (problem.line, problem.column) == (1, 1):  # the whole file, or a place in a workbook
        return message[:1].upper() + message[1:]
    place = {"nl": "Regel {}, kolom {}", "en": "Line {}, column {}"}[language]
    return f"{place.format(problem.line, problem.column)}: {message}"
