"""Files that a scenario may name: of its municipality, of the youths of later years, and its reference."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, PlainValidator, ValidationInfo

from sim.errors import InputError, nearest
from sim.faults import fault
from sim.files.wording import expected_but_found, plain_error
from sim.files.yamlfile import SUFFIXES, load_document
from sim.inputs.later_years import CONSTANT, SUFFIX, LaterYears, far_off, load_population
from sim.inputs.municipality import Municipality, load_municipality
from sim.inputs.origin import origin_of
from sim.inputs.placenames import code_of
from sim.inputs.registry import Registry


def _place(value: object, info: ValidationInfo) -> str | Municipality:
    """Return the name of a shipped municipality, or the figures in a file or mapping."""
    origin = origin_of(info)
    if isinstance(value, (Mapping, Municipality)):
        return Municipality.model_validate(value, context=origin)
    code = code_of(value) if type(value) is int else None  # 0034 without quotes is a number
    name = code or value
    if not isinstance(name, str):
        raise plain_error(expected_but_found(fault("municipality_or_figures"), value))
    if is_file(name):
        return _own_figures(origin.folder / name, origin.registry)
    return name if origin.registry is None else origin.registry.municipality(name)


def _placed(place: str | Municipality) -> str | dict[str, Any]:
    """Return a municipality as a file writes it."""
    return place if isinstance(place, str) else place.to_data()


def is_file(municipality: object) -> bool:
    """Return whether what stands under `municipality:` is the path of a file."""
    return isinstance(municipality, str) and Path(municipality).suffix.lower() in SUFFIXES


def _own_figures(path: Path, registry: Registry | None) -> Municipality:
    try:
        return load_municipality(path, registry)
    except InputError as error:
        first, *others = error.problems
        raise plain_error(fault(
            "municipality_unusable",
            why=first.with_place(), more=len(others) or None,
        )) from None  # fmt: skip


def _population(value: object, info: ValidationInfo) -> LaterYears | None:
    """Return the youths of later years in a file or mapping; None where the age structure stays."""
    if value is None or value == CONSTANT:
        return None
    origin, place = origin_of(info), info.data.get("place")
    name = place.name if isinstance(place, Municipality) else place
    if isinstance(value, (Mapping, LaterYears)):
        given = LaterYears.model_validate(value)
        if off := far_off(given, known_youths(place, origin.registry)):
            raise plain_error(off[1])
        return given
    if not is_table(value):
        near = nearest(value, (CONSTANT,)) if isinstance(value, str) else None
        hint = fault("did_you_mean", near=near) if near else None
        expected = fault("population_or_file", word=CONSTANT, such=f"almere{SUFFIX}")
        raise plain_error(expected_but_found(expected, value, hint))
    if name is None:
        return None  # the municipality is wrong: told at its place
    try:
        known = known_youths(place, origin.registry)
        return load_population(origin.folder / str(value), name, known, origin.registry)
    except InputError as error:
        first, *others = error.problems
        raise plain_error(
            fault("population_unusable", why=first.with_place(), more=len(others) or None)
        ) from None


def is_table(population: object) -> bool:
    """Return whether what stands under `population:` is the path of a file."""
    return isinstance(population, str) and Path(population).suffix.lower() == SUFFIX


def known_youths(place: str | Municipality | None, registry: Registry | None) -> float | None:
    """Return the youths that are known of a municipality, or None."""
    if isinstance(place, Municipality):
        return place.youths()
    return None if registry is None or place is None else registry.youths.get(place)


def _one_line_path(path: Path) -> Path:
    if not str(path).isprintable():
        raise plain_error(fault("name_on_one_line"))
    return path


def _reference(path: Path | None, info: ValidationInfo) -> Path | None:
    """Return the full path of the reference, which must be another scenario file."""
    origin = origin_of(info)
    if path is None or info.context is None:
        return path
    full = origin.folder / _one_line_path(path)
    try:
        load_document(full, "scenario")
    except InputError as error:
        raise plain_error(fault("reference_unusable", why=error.problems[0].with_place())) from None
    if origin.path is not None:
        _refuse_circle(origin.path, full)
    return full.resolve()


def _refuse_circle(path: Path, reference: Path) -> None:
    """Refuse references that lead back to a scenario: itself, or one that names it in its turn."""
    way = [Path(os.path.realpath(path))]
    after: Path | None = reference
    while after is not None:
        here = Path(os.path.realpath(after))
        if here in way:
            if len(way) == 1:
                raise plain_error(fault("own_reference"))
            names = " -> ".join(each.name for each in (*way, here))
            raise plain_error(fault("references_in_circle", names=names))
        way.append(here)
        try:
            named = load_document(here, "scenario").data.get("reference")
        except InputError:
            return  # told where that file is read
        after = here.parent / named if isinstance(named, str) else None


Place = Annotated[str | Municipality, PlainValidator(_place), PlainSerializer(_placed)]
Population = Annotated[
    LaterYears | None,
    PlainValidator(_population),
    PlainSerializer(lambda given: given and given.model_dump(mode="json", exclude_none=True)),
]
Reference = Annotated[
    Path | None,
    BeforeValidator(lambda value: Path(value) if isinstance(value, str) else value),
    AfterValidator(_reference),
]
