"""What the model answers to a claim: codes with values, and the same in words, in Dutch or in English.

The words of a code stand in pages/texts (`gal_said_*`). docs/paper.md and the page Argumenten both take them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sim.decision.comparison import HIGH, LOW, Figure
from sim.decision.firm import few
from sim.words.parameter_words import group_title
from sim.words.writing import Writing

Floats = NDArray[np.float64]
BRIEF = {"nine_of_ten": "gal_range", "no_clear_difference": "gal_unclear"}
"""Texts that are long in a title, and what stands there in their place."""


@dataclass(frozen=True)
class Count:
    """A number, with at most some decimals."""

    value: float
    decimals: int = 0
    kind: Literal["count"] = "count"


@dataclass(frozen=True)
class Share:
    """A share of 1."""

    value: float
    kind: Literal["share"] = "share"


@dataclass(frozen=True)
class SpreadTold:
    """The mean of draws with their 5th and 95th percentile, which of few draws are not told."""

    value: float
    low: float
    high: float
    draws: int
    share: bool = False
    kind: Literal["spread"] = "spread"


@dataclass(frozen=True)
class Chance:
    """The share of draws in which something holds."""

    share: float
    draws: int
    kind: Literal["chance"] = "chance"


@dataclass(frozen=True)
class GroupTold:
    """A group of parameters, as `sim.decision.dossier` calls it."""

    name: str
    kind: Literal["group"] = "group"


@dataclass(frozen=True)
class ChangeTold:
    """A difference with its uncertainty. money: in euros, told in millions."""

    figure: Figure
    money: bool = False
    decimals: int = 0
    kind: Literal["changed"] = "changed"


@dataclass(frozen=True)
class Said:
    """One statement: a code that both languages have words for, and its values."""

    code: str
    values: Mapping[str, Value] = field(default_factory=dict)
    kind: Literal["said"] = "said"


Value = Annotated[
    Count | Share | SpreadTold | Chance | GroupTold | ChangeTold | Said, Field(discriminator="kind")
]


def said(code: str, **values: Value) -> Said:
    """Return a statement."""
    return Said(code, values)


def spread_of(values: Floats, share: bool = False) -> SpreadTold:
    """Return the mean of draws [draws] with their range."""
    low, high = np.percentile(values, [LOW, HIGH])
    return SpreadTold(float(values.mean()), float(low), float(high), values.size, share)


def told(value: Value, writing: Writing) -> str:
    """Return a statement or a value in words. Raises KeyError where a language lacks them."""
    match value:
        case Said(code, values):
            return writing.t(f"gal_said_{code}", **{name: told(one, writing) for name, one in values.items()})
        case ChangeTold():
            return writing.more_or_less(value.figure, value.money, value.decimals)
        case SpreadTold():
            return _spread(value, writing)
        case Chance(of, draws):
            return writing.chance(of, draws)
        case Share(of):
            return writing.percent(of)
        case GroupTold(name):
            return group_title(name, writing)
        case Count(number, decimals):
            return writing.number(number, decimals)


def briefly(statements: Iterable[Said], writing: Writing) -> str:
    """Return an answer in few words (`gal_brief_*`), of the first of each statement that has some."""
    few_words = {long: writing.words[short] for long, short in BRIEF.items()}
    brief = replace(writing, words={**writing.words, **few_words})
    first: dict[str, Said] = {}
    for one in statements:
        first.setdefault(f"gal_brief_{one.code}", one)
    return " ".join(brief.t(key, **_values(one, brief)) for key, one in first.items() if key in brief.words)


def _values(statement: Said, writing: Writing) -> dict[str, str]:
    """Return the values of a statement in words, with those of the statements within it."""
    found: dict[str, str] = {}
    for name, value in statement.values.items():
        found |= _values(value, writing) if isinstance(value, Said) else {name: told(value, writing)}
    return found


def _spread(s: SpreadTold, writing: Writing) -> str:
    middle, low, high = (
        writing.percent(x) if s.share else writing.number(x, 0) for x in (s.value, s.low, s.high)
    )
    if s.draws < 2:
        return middle
    if few(s.draws):
        return writing.provisional(middle)
    return writing.t("nine_of_ten", value=middle, low=low, high=high)
