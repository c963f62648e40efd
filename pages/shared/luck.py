"""How much of the ranges that a page shows is luck of the computation."""

from __future__ import annotations

from collections.abc import Iterable

from pages.look import formats
from pages.look.texts import t
from sim.decision.comparison import Figure
from sim.decision.firm import LITTLE_LUCK, has_range


def luck(figures: Iterable[Figure], sharpening: bool, words: str) -> str:
    """Return the largest part of a range that is luck, in a text of that key; nothing where all is little."""
    found = (f.luck_share for f in figures if has_range(f, sharpening))
    most = max((share for share in found if share is not None), default=0.0)
    return t(words, luck=formats.percent(most)) if most > LITTLE_LUCK else ""
