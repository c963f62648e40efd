"""Data as it fits in a link: packed into letters, and read back strictly, in bounded time and memory.

A link is written by anybody. What it holds is taken only where it says one thing: no repeated keys, no number
that is none, nothing deeper or larger than a plan or a municipality's figures can be.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import zlib
from typing import Any, NoReturn

MOST_LETTERS = 12_000
MOST_BYTES = 40_000
MOST_VALUES = 2_000
DEEPEST = 12
MOST_DIGITS = 30


class LinkError(ValueError):
    """A part of a link that is not possible; the page names it and leaves it out."""


def pack(text: str) -> str:
    """Return a text as it fits in a link."""
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def unpack(code: str) -> str:
    """Return the text in a link. Raises LinkError where it is broken or more than a plan needs."""
    if len(code) > MOST_LETTERS:
        raise LinkError("too long")
    try:
        raw = base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_", validate=True)
        opened = zlib.decompressobj()
        found = opened.decompress(raw, MOST_BYTES)
        if opened.unconsumed_tail or opened.unused_data or not opened.eof:
            raise LinkError("too long, or cut off")
        return found.decode()
    except (binascii.Error, zlib.error, ValueError) as error:  # ValueError: letters or bytes that are no text
        raise LinkError("not packed by this app") from error


def data_in(code: str) -> dict[str, Any]:
    """Return the mapping that is packed in a link. Raises LinkError where it is anything else."""
    try:
        found = json.loads(
            unpack(code), object_pairs_hook=_mapping, parse_int=_whole, parse_float=_number,
            parse_constant=_no_number,
        )  # fmt: skip
    except (json.JSONDecodeError, RecursionError) as error:
        raise LinkError("no JSON") from error
    if not isinstance(found, dict):
        raise LinkError("no mapping")
    _bounded(found)
    return found


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise LinkError("a key is there twice")
    return found


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise LinkError("a number of too many digits")
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits) if len(digits) <= MOST_DIGITS else math.inf
    if not math.isfinite(number):
        raise LinkError("a number that is none")
    return number


def _no_number(word: str) -> NoReturn:
    raise LinkError(word)


def _bounded(found: dict[str, Any]) -> None:
    """Refuse what holds too much, goes too deep, or has text that cannot be written."""
    level: list[Any] = [found]
    seen = 0
    for _ in range(DEEPEST):
        seen += len(level)
        if seen > MOST_VALUES:
            raise LinkError("too much")
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below += [*value, *value.values()]
            elif isinstance(value, list):
                below += value
            elif isinstance(value, str) and not value.isprintable():
                raise LinkError("text that cannot be shown")
        if not below:
            return
        level = below
    raise LinkError("too deep")
