"""Every number of the model as a row that people can read, find and filter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import pandas as pd

from pages.choices.chosen import Choices, pair, prior_of, profile
from pages.look.parameter_words import (
    basis_of,
    group_title,
    parameter_title,
    source_words,
    unit_words,
)
from pages.look.texts import language, t
from sim.decision.dossier import GROUPS, group_of
from sim.engine.config import of_town
from sim.model.futures import foreseeing
from sim.model.parameters import Parameter, default_parameters
from sim.model.priors import believing
from sim.report.assumptions import Assumption, assumptions
from sim.words.parameter_words import HELD, grade_of

REST = "other"
GRADES = ("cited", "derived", "calibrated", "provisional", HELD, "assumed")
TOPICS = (*(name for name, _ in GROUPS), REST)
"""What numbers are about, in the order of the page."""


@dataclass(frozen=True)
class Words:
    """What is said of a parameter in one language."""

    title: str
    unit: str
    source: str
    sought: str


@dataclass(frozen=True)
class AssumptionRow:
    """A number: its record, what is said of it, and what holds here. basis: see `basis_of`."""

    record: Parameter
    words: Words
    basis: str
    found: Assumption

    @property
    def name(self) -> str:
        """Return the name in the file."""
        return self.record.name

    @property
    def topic(self) -> str:
        """Return what it is about."""
        return group_of(self.record.name)

    @property
    def grade(self) -> str:
        """Return how it is known: its grade, or that the calibration held it where it was."""
        return grade_of(self.record)

    @property
    def own(self) -> float | None:
        """Return the value that the plan gives it, or None."""
        return next((own.value for own in self.found.own if own.scenario == 1), None)


def rows(chosen: Choices) -> tuple[AssumptionRow, ...]:
    """Return every number, in the order of the file, as it holds for the plan in hand."""
    prior, future = prior_of(chosen.effect), chosen.future
    records = foreseeing(believing(of_town(default_parameters(), profile(chosen)), prior), future).records
    said = _words(language(), prior, future)
    return tuple(
        AssumptionRow(
            record := records[found.name], _with_source(said[found.name], record), basis_of(record), found
        )
        for found in assumptions(pair(chosen), profile(chosen))
    )


def _with_source(words: Words, record: Parameter) -> Words:
    """Return words with the source that a number has in the municipality in hand."""
    if not record.luck:
        return words
    source = source_words(record.source)
    return replace(words, source=source, sought=f"{words.sought} {source.casefold()}")


@lru_cache(maxsize=8)
def _words(language: str, prior: str, future: str) -> dict[str, Words]:
    """Return what is said of every parameter; language: the one in use, by which this is kept."""
    said = {}
    for name, record in foreseeing(believing(default_parameters(), prior), future).records.items():
        title, unit, source = parameter_title(name), unit_words(record.unit), source_words(record.source)
        group = group_title(group_of(name))
        said[name] = Words(title, unit, source, f"{title} {name} {unit} {source} {group}".casefold())
    return said


def grade_words(grade: str) -> str:
    """Return how a number is known, in words."""
    return t("assumed_held_grade") if grade == HELD else t(f"grade_{grade}")


def sought(found: Iterable[AssumptionRow], words: str, bases: Sequence[str]) -> list[AssumptionRow]:
    """Return the rows that hold every word, and rest on one of the bases (none: whatever they rest on)."""
    wanted = words.casefold().split()
    return [
        row for row in found
        if all(word in row.words.sought for word in wanted) and (not bases or row.basis in bases)
    ]  # fmt: skip


def table(found: Iterable[AssumptionRow]) -> pd.DataFrame:
    """Return rows as a file has them: numbers as numbers, names as in the scenario file."""
    columns = ("what", "name", "about", "standard", "local", "own", "low", "high", "unit", "basis", "grade",
               "source")  # fmt: skip
    data = [
        (
            row.words.title, row.name, group_title(row.topic), row.record.value, row.found.local, row.own,
            row.record.low, row.record.high, row.words.unit, t(f"assumed_basis_{row.basis}"),
            grade_words(row.grade), row.words.source,
        )
        for row in found
    ]  # fmt: skip
    return pd.DataFrame(data, columns=[t(f"assumed_col_{column}") for column in columns])
