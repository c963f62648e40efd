"""How far work is: one event, heard by one kind of callback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from sim.faults import Fault, Value


@dataclass(frozen=True)
class Progress:
    """What is going on, and how much of it is done.

    stage: its code in the catalogue of sentences (`sim.faults`); total: 0 where nothing is counted; values:
    what the sentence of the stage tells.
    """

    stage: str
    done: float = 0
    total: float = 0
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1; 0 where nothing is counted."""
        return min(max(self.done / self.total, 0.0), 1.0) if self.total else 0.0

    @property
    def what(self) -> Fault:
        """What is going on, as a value of another stage."""
        return Fault(self.stage, self.values)

    def text(self, language: str = "en") -> str:
        """Return what is going on in a language."""
        return self.what.text(language)

    def at(self, done: float, total: float | None = None) -> Progress:
        """Return the same stage where more of it is done."""
        return replace(self, done=done, total=self.total if total is None else total)


Tell: TypeAlias = Callable[[Progress], None]
"""Hears how far work is; it may stop the work by raising."""
YearDone: TypeAlias = Callable[[int], None]
"""Hears of each year that children have lived, by its number; it may stop the work by raising. It is for the
engine, which knows years and not how much of all work they are."""


def nobody(_: Progress) -> None:
    """Hear, and do nothing with it."""
