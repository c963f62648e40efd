"""The population of a municipality's own figures: youths by group of ages, and how many there can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator
from pydantic_core import InitErrorDetails, ValidationError

from sim.faults import Fault, fault
from sim.files.wording import expected_but_found, number_fault, plain_error
from sim.files.yamltext import Loc
from sim.inputs.agegroups import Group, ages_in, ages_of, ages_text, gap_in, single_years
from sim.inputs.registry import Frozen
from sim.states import AGES

MAX_YOUTHS = 5_000_000.0
"""More than there are in the Netherlands."""
MAX_OF_ONE_AGE = 330_000.0
"""Half as much again as there are in the Netherlands (CBS: 220,000 at 18-24, fewer at other ages)."""
MAX_GROUPS = 100
"""Groups of ages in a population: there are 23 ages."""
LEAST_YOUTHS = 50.0
"""Fewer than any municipality has; the smallest islands have about 200."""
_FAR = 50.0
"""How many times fewer youths a year of age than elsewhere in a municipality must be a mistake."""


def _population(value: object) -> Frozen[str, float]:
    """Return youths by group of ages, from the youngest on.

    Raises a ValidationError with a place for each group that is wrong.
    """
    if not isinstance(value, Mapping):
        raise plain_error(expected_but_found(fault("youths_by_age", such="0-3: 8100"), value))
    if len(value) > MAX_GROUPS:
        raise plain_error(fault("too_many_groups", most=MAX_GROUPS, count=len(value)))
    if errors := list(_group_errors(value)):
        raise ValidationError.from_exception_data("population", errors)
    groups = sorted((*ages_in(key), float(youths)) for key, youths in value.items())
    if gap := gap_in(groups):
        raise plain_error(fault("ages_missing", gap=gap, last=AGES - 1))
    if not sum(youths for _, _, youths in groups):
        raise plain_error(fault("no_youths_population"))
    return Frozen({ages_text(first, last): youths for first, last, youths in groups})


def _group_errors(value: Mapping[Any, Any]) -> Iterator[InitErrorDetails]:
    """Yield what is wrong with each group: no ages, ages counted before, no number of youths."""
    taken: list[tuple[int, int, object]] = []
    for key, youths in value.items():
        step = key if isinstance(key, (int, str)) else str(key)
        ages = ages_of(key)
        if ages is None:
            error = plain_error(expected_but_found(fault("age_or_ages"), key))
            yield InitErrorDetails(type=error, loc=(step, "[key]"), input=key)
        else:
            overlap = [other for first, last, other in taken if first <= ages[1] and ages[0] <= last]
            if overlap:
                error = plain_error(fault("ages_overlap", ages=str(key), other=str(overlap[0])))
                yield InitErrorDetails(type=error, loc=(step, "[key]"), input=key)
            taken.append((*ages, key))
        if wrong := number_fault(youths, fault("number_of_youths"), 0.0, MAX_YOUTHS):
            yield InitErrorDetails(type=plain_error(wrong), loc=(step,), input=youths)


AgeStructure = Annotated[Mapping[str, float], PlainValidator(_population), PlainSerializer(dict)]
"""Youths by group of ages ("0-3", "4") that together cover 0-22."""


def groups_of(population: Mapping[str, float]) -> list[Group]:
    """Return (first age, last age, youths) of each group, from the youngest on."""
    return sorted((*ages_in(key), youths) for key, youths in population.items())


def ages_of_population(population: Mapping[str, float]) -> tuple[float, ...]:
    """Return youths by single year of age, 0-22."""
    return tuple(float(youths) for youths in single_years(groups_of(population)))


def unlikely(population: Mapping[str, float], known: float | None) -> Iterator[tuple[Loc, Fault]]:
    """Yield what cannot be of a population, with its place. known: the youths that the model has for it."""
    ages = ages_of_population(population)
    there = sum(ages)
    if (most := max(ages)) > MAX_OF_ONE_AGE:
        yield (), fault("too_many_of_one_age", most=most)
    if there < LEAST_YOUTHS:
        yield (), _thousands(fault("fewer_youths_than_any", there=there))
    elif known and there < known / _FAR:
        yield (), _thousands(fault("fewer_youths_than_known", there=there, known=known))
    else:
        for key in _thin(population):
            yield (key,), _thousands(fault("fewer_than_other_ages", youths=population[key]))


def _thousands(why: Fault) -> Fault:
    return fault("perhaps_thousands", why=why)


def _thin(population: Mapping[str, float]) -> list[str]:
    """Return the groups with far fewer youths a year of age than the others, unless theirs are thousands."""
    ages = {key: ages_in(key) for key in population}
    each = {key: youths / (ages[key][1] - ages[key][0] + 1) for key, youths in population.items()}
    usual = sorted(each.values())[len(each) // 2]
    return [key for key, n in each.items() if 0 < n < usual / _FAR and usual / 10 <= 1000 * n <= usual * 10]
