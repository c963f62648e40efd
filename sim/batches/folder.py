"""A folder of scenarios and grids, as a batch takes it: what is in it, and what is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sim.errors import InputError, Problem
from sim.faults import fault
from sim.files.yamlfile import KINDS, SUFFIXES, Document, in_order, load_document
from sim.inputs.grid import load_grid
from sim.inputs.registry import Registry
from sim.inputs.scenario import Scenario, scenario_from_document
from sim.runs.alike import comparable
from sim.runs.scenario_notes import as_line, notes


@dataclass(frozen=True)
class BatchMember:
    """A scenario of a batch. file: where it stands; reference: the name of the member it is compared with."""

    name: str
    scenario: Scenario
    file: str
    reference: str | None = None


@dataclass
class Folder:
    """What a folder holds. problems: mistakes in single files; notes: what is left out, and why."""

    members: tuple[BatchMember, ...] = ()
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_folder(path: str | Path, registry: Registry | None = None) -> Folder:
    """Return the scenarios in a folder and below it, those of grids included, sorted by name.

    The name of a scenario is that of its file, seen from the folder and without its ending. A file that
    cannot be used is a problem and does not stop the others; files of other kinds are no scenarios. Raises
    InputError where there is no such folder, or nothing in it can be used.
    """
    path = Path(path)
    if not path.is_dir():
        raise InputError.at(path, fault("not_folder") if path.exists() else fault("no_such_folder"))
    files = [
        file
        for file in sorted(path.rglob("*"))
        if file.suffix.lower() in SUFFIXES
        and file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
    ]
    if not files:
        raise InputError.at(path, fault("no_yaml_in_folder"))
    found = Folder()
    members: dict[str, BatchMember] = {}
    own: dict[str, Document] = {}
    for file in files:
        try:
            document = load_document(file, tuple(KINDS))
            for member in _members(document, path, registry, found):
                if member.name in members:
                    words = fault("name_taken_by_scenario", name=member.name, file=members[member.name].file)
                    raise InputError.at(file, words)
                members[member.name] = member
                own[member.name] = document
        except InputError as error:
            found.problems += error.problems
    _resolve(members, own, found)
    found.members = tuple(members[name] for name in sorted(members))
    found.problems = in_order(found.problems)
    found.notes += map(as_line, notes(member.scenario for member in found.members))
    if not members:
        raise InputError(found.problems or [Problem.at(path, fault("no_scenario_folder"))])
    return found


def _members(document: Document, root: Path, registry: Registry | None, found: Folder) -> list[BatchMember]:
    """Return the members in a file: one, those of a grid, or none in a file of another kind."""
    file = Path(document.path)
    kind = document.data["kind"]
    name = file.relative_to(root).with_suffix("").as_posix()
    if kind == "scenario":
        return [BatchMember(name, scenario_from_document(document, registry), str(file))]
    if kind != "grid":
        found.notes.append(f"{file}: a `kind: {kind}` file is no scenario, and is left alone")
        return []
    above = "" if file.parent == root else f"{file.parent.relative_to(root).as_posix()}/"
    return [
        BatchMember(above + one.name, one.scenario, str(file), one.reference and above + one.reference)
        for one in load_grid(file, registry)
    ]


def _resolve(members: dict[str, BatchMember], own: Mapping[str, Document], found: Folder) -> None:
    """Give each member the name of its reference, where that is in the batch and can be compared with."""
    by_path = {os.path.realpath(member.file): name for name, member in members.items() if _is_file(own[name])}
    outside: dict[str, list[str]] = {}
    for name, member in list(members.items()):
        reference, path = member.reference, member.scenario.reference
        if reference is None and path is not None:
            reference = by_path.get(os.path.realpath(path))
            if reference is None:
                outside.setdefault(os.path.relpath(path), []).append(name)
        if reference is not None and reference not in members:
            reference = None  # its file has a problem of its own
        if reference is not None:
            try:
                comparable([members[reference].scenario, member.scenario])
            except InputError as error:
                words = fault("member_not_compared", name=name, why=error.problems[0].fault)
                found.problems.append(own[name].problem(("reference",), words))
                reference = None
        members[name] = BatchMember(name, member.scenario, member.file, reference)
    for path_, names in outside.items():
        some = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        found.notes.append(f"the reference {path_} is not in this folder, so not compared with it: {some}")


def _is_file(document: Document) -> bool:
    return bool(document.data["kind"] == "scenario")
