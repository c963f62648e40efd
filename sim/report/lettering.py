"""Titles of users as the fonts of the briefing can set them: drawn, cut between words, and broken."""

from __future__ import annotations

import datetime as dt
import re
import threading
import unicodedata
from functools import lru_cache
from typing import Final

import typst

STANDARD: Final = "ua-1"
ZERO = "\N{ZERO WIDTH SPACE}"
BREAK = {"text": 40, "column": 16}
"""From how many signs a word may be broken anywhere."""


def drawable(text: str) -> str:
    """Return a text with every sign that the fonts cannot draw written as its code.

    A mark without a letter before it is one: in a line it joins a space, and that no font has.
    """
    spaced = " " + text
    lone = [unicodedata.category(c)[0] == "M" and spaced[k].isspace() for k, c in enumerate(text)]
    if not any(lone) and _drawn(text):
        return text
    return "".join(
        f"[U+{ord(c):04X}]" if alone or not _drawn(c) else c for c, alone in zip(text, lone, strict=True)
    )


_here = threading.local()


def as_pdf(source: bytes, inputs: dict[str, str], moment: dt.datetime | None = None) -> bytes:
    """Return a document as PDF. Raises TypstError where it cannot be set.

    Each thread has a typesetter of its own: to read its fonts takes longer than to set a page.
    """
    if not hasattr(_here, "typesetter"):
        _here.typesetter = typst.Compiler(ignore_system_fonts=True)
    made = _here.typesetter.compile(source, sys_inputs=inputs, pdf_standards=STANDARD, timestamp=moment)
    return bytes(made)


@lru_cache(maxsize=10_000)
def _drawn(text: str) -> bool:
    if text.isascii():
        return True
    probe = b'#set document(title: "x")\n#sys.inputs.text'
    try:
        as_pdf(probe, {"text": text})
    except typst.TypstError:
        return False
    return True


def short(title: str, most: int) -> str:
    """Return a title of at most `most` signs, cut between words where it has them."""
    if len(title) <= most:
        return title
    return title[: most - 1].rsplit(" ", 1)[0].rstrip(",;: ") + "…"


def breakable(text: str, longest: int = BREAK["text"]) -> str:
    """Return a text whose very long words may be broken, so that none runs off the page."""
    return re.sub(rf"(\S{{{longest}}})(?=\S)", rf"\1{ZERO}", text)
