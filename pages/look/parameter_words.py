"""What parameters are called on the screen, in the language in use, and what a number rests on."""

from __future__ import annotations

from pages.look.texts import writing
from sim.words import parameter_words as words

MEASURED, ESTIMATED, ASSUMED = BASES = words.BASES
basis_of, basis_of_grade = words.basis_of, words.basis_of_grade


def parameter_title(name: str) -> str:
    """Return what a parameter is called. Raises KeyError for an unknown one."""
    return words.parameter_title(name, writing())


def unit_words(unit: str) -> str:
    """Return a unit in words. Raises KeyError for an unknown one."""
    return words.unit_words(unit, writing())


def source_words(source: str) -> str:
    """Return where a number comes from."""
    return words.source_words(source, writing())


def group_title(group: str) -> str:
    """Return the title of one of the groups of `sim.decision.dossier`."""
    return words.group_title(group, writing())
