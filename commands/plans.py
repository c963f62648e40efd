"""Scenario files: write one to start from (`new`), check them (`check`)."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.options import OwnModel
from commands.shared import own, refuse_unreadable
from sim.errors import InputError, OptionError
from sim.faults import fault

if TYPE_CHECKING:
    from sim.files.yamlfile import Document
    from sim.inputs.scenario import Scenario


class NewKind(StrEnum):
    """What `new` can write."""

    SCENARIO = "scenario"
    MODEL = "model"


def new(
    file: Annotated[Path, typer.Argument(help="The scenario file to make.")],
    preset: Annotated[Path | None, typer.Option("--from", help="A scenario file to start from.")] = None,
    kind: Annotated[
        NewKind, typer.Option("--kind", help="A scenario, or a state-transition model.")
    ] = NewKind.SCENARIO,
) -> None:
    """Write a commented scenario, or model, to start from."""
    from sim.inputs.library import registry
    from sim.inputs.scenario import load_scenario
    from sim.inputs.scenario_files import write_new, write_new_file

    if kind is NewKind.MODEL:
        from sim.published.cohort import load_model
        from sim.published.template import TEMPLATE

        if preset is not None:
            raise OptionError("from", fault("from_only_for_scenarios"))
        typer.echo(f"Wrote {write_new_file(file, TEMPLATE.encode(), load_model)}", err=True)
        return
    names = registry()
    start = load_scenario(preset, names) if preset else None
    typer.echo(f"Wrote {write_new(file, names, start)}", err=True)


def scenarios(
    folder: Annotated[Path, typer.Argument(help="The folder to make.")] = Path("scenarios"),
) -> None:
    """Copy the scenario files that come with kinderwerk, to run and to change."""
    from sim.inputs.scenario_files import copy_shipped

    typer.echo(f"Wrote {copy_shipped(folder)}", err=True)


def check(
    paths: Annotated[list[Path], typer.Argument(help="Scenario files or folders of them.")],
    own_model: OwnModel = None,
) -> None:
    """Validate scenario files; list every error with its place and the nearest valid name."""
    from sim.inputs.library import registry, registry_of
    from sim.inputs.scenario_files import check_path
    from sim.runs.scenario_notes import as_line, notes_of_files, unlike_references

    model = own(own_model)
    known = registry() if model is None else registry_of(model)
    refuse_unreadable(str(file) for path in paths for file in path.rglob("*.y*ml"))
    read: list[tuple[Document, object]] = []

    def take(document: Document, thing: object) -> None:
        read.append((document, thing))

    problems = [problem for path in paths for problem in check_path(path, known, _readers(), take)]
    for document, thing in read:
        for prior in named_priors(thing):
            typer.echo(f"{document.path}: effect of child work: {prior}.", err=True)
        for future in named_futures(thing):
            typer.echo(f"{document.path}: future: {future}.", err=True)
        for structure in named_structures(thing):
            typer.echo(f"{document.path}: structure: {structure}.", err=True)
        for population in named_populations(thing):
            typer.echo(f"{document.path}: population: {population}.", err=True)
        if document.data.get("kind") == "model":
            from commands.terminal.model import ONCE
            from sim.published.source import enters_once

            if enters_once(thing):
                typer.echo(f"{document.path}: {ONCE}.", err=True)
    notes = notes_of_files(read)
    for note in notes:
        typer.echo(as_line(note), err=True)
    if problems := [*problems, *unlike_references(read, known)]:
        raise InputError(problems)
    some = f"No mistakes; {len(notes)} {'note' if len(notes) == 1 else 'notes'} above."
    typer.echo(some if notes else "All well.", err=True)


def named_priors(thing: object) -> list[str]:
    """Return in words the priors, other than the usual one, of a scenario or of the scenarios of a grid."""
    from sim.model.priors import ASSUMED

    found = [prior for prior in dict.fromkeys(s.prior for s in _scenarios(thing)) if prior != ASSUMED]
    if not found:  # words take the engine with them
        return []
    from sim.words.prior_words import prior_words
    from sim.words.writing import Writing

    return [prior_words(prior, Writing("en")) for prior in found]


def named_futures(thing: object) -> list[str]:
    """Return in words the futures, other than the usual one, of a scenario or of the scenarios of a grid."""
    from sim.model.futures import MODEL_TODAY

    found = [future for future in dict.fromkeys(s.future for s in _scenarios(thing)) if future != MODEL_TODAY]
    if not found:
        return []
    from sim.words.future_words import future_words
    from sim.words.writing import Writing

    return [future_words(future, Writing("en")) for future in found]


def named_structures(thing: object) -> list[str]:
    """Return in words the structures, other than the usual one, of a scenario or of those of a grid."""
    from sim.model.structures import CARE_CHANGES_NEED

    every = dict.fromkeys(scenario.structure for scenario in _scenarios(thing))
    found = [name for name in every if name != CARE_CHANGES_NEED]
    if not found:
        return []
    from sim.words.writing import Writing

    return [Writing("en").t(f"structure_{name}") for name in found]


def named_populations(thing: object) -> list[str]:
    """Return in words the youths of later years that a scenario gives, or the scenarios of a grid."""
    given = [scenario for scenario in _scenarios(thing) if scenario.population is not None]
    if not given:
        return []
    from sim.words.population_words import population_words
    from sim.words.writing import Writing

    return list(dict.fromkeys(population_words(scenario, Writing("en")) for scenario in given))


def _scenarios(thing: object) -> list[Scenario]:
    """Return the scenarios of a file that was read: none, one, or those of a grid."""
    from sim.inputs.grid import Member
    from sim.inputs.scenario import Scenario

    members = thing if isinstance(thing, tuple) else (thing,)
    scenarios = [each.scenario if isinstance(each, Member) else each for each in members]
    return [each for each in scenarios if isinstance(each, Scenario)]


def _readers() -> dict[str, Callable[[Path], Any]]:
    return {"model": _model, "grid": _grid}


def _model(path: Path) -> Any:
    from sim.published.cohort import load_model

    return load_model(path)


def _grid(path: Path) -> Any:
    from sim.inputs.grid import load_grid
    from sim.inputs.library import registry

    return load_grid(path, registry())
