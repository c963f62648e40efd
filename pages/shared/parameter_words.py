"""What parameters are called on the screen, in the language in use, and what a number rests on."""

from __future__ import annotations

from pages.shared.texts import writing
from sim import parameter_words as words
from sim.decision.dossier import group_of
from sim.parameters import Parameter, prior_parameters

MEASURED, ESTIMATED, ASSUMED = BASES = ("measured", "estimated", "assumed")
"""What a number rests on: published figures, the calibration, or an assumption."""
_BASIS = {
    "cited": MEASURED, "derived": MEASURED, "calibrated": ESTIMATED, "provisional": ESTIMATED,
    "assumed": ASSUMED,
}  # fmt: skip


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


def group_words(name: str) -> str:
    """Return what a parameter is about."""
    return group_title(group_of(name))


def basis_of(record: Parameter) -> str:
    """Return what a number rests on: one of BASES.

    The calibration holds many numbers at what was believed before, because its figures cannot tell them
    apart. Those rest on what that belief rests on.
    """
    held = record.grade == "calibrated" and record.fixed
    return _BASIS[prior_parameters().records[record.name].grade if held else record.grade]


def basis_of_grade(grade: str) -> str:
    """Return what numbers of a grade rest on: one of BASES."""
    return _BASIS[grade]
