"""Checks of a scenario as a whole: combinations and values that its schema cannot refuse key by key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sim.errors import Problem
from sim.faults import Fault, fault
from sim.files.wording import range_fault
from sim.files.yamlfile import ANY, Document
from sim.files.yamltext import Loc
from sim.inputs.age_structure import MAX_YOUTHS
from sim.inputs.fte import years_of
from sim.inputs.horizon import DEFAULT_START, DEFAULT_YEARS, outside
from sim.inputs.municipality import COUNTED as COUNTED_OF_MUNICIPALITY
from sim.inputs.municipality import WRITTEN_FTE
from sim.inputs.registry import Registry
from sim.states import MONTHS

BUDGET_EACH = (100.0, 100_000.0)
"""Lowest and highest budget in euros a year for each youth; the Netherlands spend about 1,500."""
_USUAL_BUDGET_EACH = (300.0, 10_000.0)
_COUNTED: tuple[Loc, ...] = (
    ("budget", "youth_care"),
    ("places", ANY),
    *(("municipality", *place) for place in COUNTED_OF_MUNICIPALITY),
)
FTE_PLACES: tuple[Loc, ...] = (
    ("programmes", ANY, "fte"), ("programmes", ANY, "fte", ANY),
    *(("municipality", *place) for place in WRITTEN_FTE),
)  # fmt: skip
"""Where FTE are written."""


def counted(registry: Registry | None) -> list[Loc]:
    """Return the places of a scenario where thousands are as likely as decimals."""
    found = list(_COUNTED)
    for name in registry.counted if registry else ():
        place = ("parameters", name)
        found += [place, (*place, "value"), (*place, ANY), (*place, "value", ANY)]
    return found


# The two checks below relate one key to another. They look at the raw data, so that their
# problems are listed even when something else in the file is wrong, and leave alone what is
# not of the right shape: the schema speaks about that.


def written_problems(document: Document, registry: Registry | None) -> list[Problem]:
    """Return what is wrong between the keys of a scenario as it is written."""
    problems = _horizon_problems(document) + _range_problems(document, registry)
    if document.data.get("places") and document.data.get("policy") != "capped":
        problems.append(document.problem(("places",), fault("places_without_policy"), key=True))
    return problems


def _horizon_problems(document: Document) -> list[Problem]:
    """Return the years of FTE that the scenario does not simulate."""
    start, years = document.data.get("start", DEFAULT_START), document.data.get("years", DEFAULT_YEARS)
    if not all(type(value) is int and abs(value) < 10_000 for value in (start, years)):
        return []
    problems = []
    for name, use in items(document.data.get("programmes")):
        for key, _ in items(use.get("fte")) if isinstance(use, Mapping) else ():
            span = years_of(key)
            if span and not start <= span[0] <= span[1] < start + years:
                place = ("programmes", name, "fte", key)
                problems.append(document.problem(place, outside(key, start, years), key=True))
    return problems


def _range_problems(document: Document, registry: Registry | None) -> list[Problem]:
    """Return the parameter values outside the range allowed, and lists: a parameter with a range has none."""
    problems = []
    for name, raw in items(document.data.get("parameters")):
        limits = registry.parameters.get(name) if registry and isinstance(name, str) else None
        if limits is None:
            continue
        loc = ("parameters", name, "value") if isinstance(raw, Mapping) else ("parameters", name)
        value = raw.get("value") if isinstance(raw, Mapping) else raw
        if not isinstance(value, (list, tuple)):
            numbers = [(loc, value)]
        else:
            numbers = [((*loc, index), item) for index, item in enumerate(value)]
        faults = [(place, wrong) for place, number in numbers if (wrong := range_fault(number, *limits))]
        if not faults and isinstance(value, (list, tuple)) and value:
            problems.append(
                document.problem(
                    loc,
                    fault(
                        "expected",
                        expected=fault("a_number"),
                        found=fault("a_list"),
                        hint=fault("grid_takes_lists"),
                    ),
                )
            )
        problems += [
            document.problem(place, fault("parameter_wrong", name=name, why=why)) for place, why in faults
        ]
    return problems


def items(value: object) -> list[tuple[Any, Any]]:
    """Return the keys and values of a mapping as a file has it; nothing else has any."""
    return list(value.items()) if isinstance(value, Mapping) else []


# What follows needs a scenario that is right in itself


def lost_shocks(
    start: int, years: int, shocks: Iterable[tuple[str, int, int]]
) -> Iterator[tuple[Loc, Fault]]:
    """Yield the shocks outside a scenario: those that do nothing.

    shocks: when each starts, as it is written, and the first month and the one after the last from `start`.
    """
    for k, (when, first, after) in enumerate(shocks):
        if after <= 0 or first >= years * MONTHS:
            yield ("shocks", k, "start"), outside(when, start, years)


def beyond_people(
    name: str,
    known: float | None,
    budget: float | None,
    places: Mapping[str, float | str],
    fte: Mapping[str, float],
) -> Iterator[tuple[Loc, Fault]]:
    """Yield what there is too much or too little of for the youths of a municipality, or else of a country.

    known: the youths of `name`; fte: the most in a year, by programme.
    """
    youths = known or MAX_YOUTHS
    there = (
        fault("youths_of_place", youths=youths, name=name) if known
        else fault("youths_there_are")
    )  # fmt: skip
    if budget is not None and (wrong := _budget_fault(budget, youths, known is not None)):
        yield ("budget", "youth_care"), wrong
    for form, number in places.items():
        if not isinstance(number, str) and number > youths:
            yield ("places", form), fault("more_places_than_youths", number=number, there=there)
    for programme, most in fte.items():
        if most > youths:
            yield ("programmes", programme, "fte"), fault("more_fte_than", fte=most, there=there)


def _budget_fault(budget: float, youths: float, known: bool) -> Fault | None:
    """Return why a budget cannot be that of so many youths (known: and no fewer), or None."""
    low, high = BUDGET_EACH[0] * youths if known else 0.0, BUDGET_EACH[1] * youths
    if low <= budget <= high:
        return None
    usual = [limit * youths for limit in _USUAL_BUDGET_EACH]
    units = {fault("ask_thousands"): 1e3, fault("ask_millions"): 1e6}
    unit = next((unit for unit, times in units.items() if usual[0] <= budget * times <= usual[1]), None)
    expected = fault("euros_for_youths", low=low, high=high)
    return fault("expected", expected=expected, found=fault("a_figure", value=budget), hint=unit)
