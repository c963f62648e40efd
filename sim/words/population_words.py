"""The youths of later years that a scenario gives, in words."""

from __future__ import annotations

from typing import Any

from sim.inputs.later_years import CONSTANT
from sim.inputs.profiles import profile_of
from sim.inputs.scenario import Scenario
from sim.words.writing import Writing


def source_of(scenario: Scenario) -> str:
    """Return where the youths of later years come from: a file, `constant`, or nothing where nobody says."""
    return CONSTANT if scenario.population is None else scenario.population.source or ""


def population_data(scenario: Scenario) -> dict[str, Any]:
    """Return the youths of 0-22 on 1 January of each year of a scenario, and the source of those numbers."""
    profile, start = profile_of(scenario), scenario.start
    years = range(start, start + scenario.years + 1)
    return {"population": source_of(scenario), "youths": {str(y): sum(profile.youths_on(y)) for y in years}}


def population_words(scenario: Scenario, writing: Writing) -> str:
    """Return how many youths a scenario begins and ends with, and from which file."""
    profile, start = profile_of(scenario), scenario.start
    end = start + scenario.years
    first, last = (writing.count(sum(profile.youths_on(year))) for year in (start, end))
    source = source_of(scenario) or writing.t("population_given")
    return writing.t("population_told", source=source, start=start, end=end, first=first, last=last)
