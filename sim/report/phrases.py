"""Small pieces of sentences that documents share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from babel.lists import format_list

from sim.appraisal import Figure
from sim.writing import Writing

MOST_NAMES = 4
"""Names of parameters in one sentence."""


def between(f: Figure, writing: Writing, write: Callable[..., str] | None = None) -> str:
    """Return a difference with its interval over draws, or that it is too small to tell."""
    write = write or writing.count
    value = writing.difference(f, write)
    if f.too_small or f.low is None or f.high is None:
        return value
    return writing.t("between", value=value, low=write(f.low, True), high=write(f.high, True))


def listed(items: Iterable[object], writing: Writing) -> str:
    """Return a list as a sentence has it: 4, 10 and 20."""
    return str(format_list([str(item) for item in items], locale=writing.locale))


def clipped(names: Sequence[str], writing: Writing) -> str:
    """Return the first few names, and how many more there are."""
    rest = len(names) - MOST_NAMES
    more = [writing.t("and_more", count=rest)] if rest > 0 else []
    return "; ".join([*names[:MOST_NAMES], *more])
