"""Contents of uploaded files. Each file is read in a process of its own (apart.py).

Nothing here needs a session: a file is read to plain figures or a scenario, or refused with every mistake.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pages.serving.apart import READER
from sim.errors import InputError
from sim.faults import fault
from sim.files.yamlfile import Document, document_from
from sim.files.yamltext import Position
from sim.inputs.later_years import CONSTANT
from sim.inputs.library import registry
from sim.inputs.municipality import Municipality
from sim.inputs.municipality_sheet import read_figures
from sim.inputs.municipality_template import template
from sim.inputs.named_files import is_file
from sim.inputs.profiles import profiles
from sim.inputs.scenario import Scenario, scenario_from_document
from sim.model.structures import STRUCTURES

MAX_VALUES = 10_000
"""What the file of a plan may hold: with every programme, year and parameter in it, it has 6,000."""


@dataclass(frozen=True)
class Sent:
    """What the file of a plan says. left_out: keys that name files of this server; top: where it begins."""

    scenario: Scenario
    left_out: tuple[str, ...]
    top: Position


def figures(name: str, content: bytes) -> Municipality:
    """Return the figures of a municipality in a file. Raises InputError with every mistake."""
    return READER.do(name, figures_here, name, content)


def plan(name: str, content: bytes, here: str | Mapping[str, Any], places: Collection[str]) -> Sent:
    """Return what the file of a plan says. Raises InputError with every mistake.

    here: the municipality, or its figures, that stands in for one that is a path. places: those that the
    pages know.
    """
    return READER.do(name, plan_here, name, content, here, tuple(places))


def figures_here(name: str, content: bytes) -> Municipality:
    """Do what `figures` does, in this process."""
    return read_figures(content, name, registry())


def plan_here(name: str, content: bytes, here: str | Mapping[str, Any], places: Collection[str]) -> Sent:
    """Do what `plan` does, in this process."""
    document = document_from(name, content, "scenario", MAX_VALUES)
    data, left_out = dict(document.data), []
    if data.pop("reference", None) is not None:
        left_out.append("reference")
    if is_file(data.get("municipality")):
        data["municipality"] = here
        left_out.append("municipality")
    if data.pop("population", CONSTANT) not in (None, CONSTANT):  # a path here, or what no page shows
        left_out.append("population")
    if data.get("structure") in STRUCTURES[1:]:  # what no page shows
        del data["structure"]
        left_out.append("structure")
    scenario = scenario_from_document(replace(document, data=data), registry())
    _refuse(document, scenario, places)
    return Sent(scenario, tuple(left_out), document.position(()))


def _refuse(document: Document, scenario: Scenario, places: Collection[str]) -> None:
    """Refuse what a file may say and the pages cannot show. Raises InputError."""
    problems = []
    if scenario.years < 1:
        problems.append(document.problem(("years",), fault("must_be_or_more", low=1, found=0)))
    if scenario.local is None and scenario.municipality not in places:
        message = fault("no_figures_population", municipality=scenario.municipality)
        problems.append(document.problem(("municipality",), message))
    for name, override in scenario.parameters.items():
        if isinstance(override.value, tuple):
            problems.append(
                document.problem(
                    ("parameters", name),
                    fault("expected", expected=fault("a_number"), found=fault("a_list"), hint=None),
                )
            )
    if problems:
        raise InputError(problems)


def rehearse() -> None:
    """Read a file of each kind once, so that the next is read quickly."""
    figures_here("a.xlsx", template("nl", profiles()["Almere"]))
    plan_here("a.yaml", b"kind: scenario\ntitle: x\nmunicipality: Almere\n", "Almere", ("Almere",))
