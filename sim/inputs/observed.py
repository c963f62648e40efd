"""What is observed of a municipality: youths with jeugdzorg by year, and inhabitants.

`sim/data/observed.csv` is built by calibration/municipalities/observed.py from figures of CBS.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from sim.inputs.profiles import Profile, profiles
from sim.model.parameters import DATA

FILE = DATA / "observed.csv"
COLUMNS = ("name", "measure", "year", "value", "status", "source")
USERS, INHABITANTS = "care_users", "inhabitants"
COUNTRY = "Nederland"


@dataclass(frozen=True)
class Observation:
    """A figure of one year. provisional: CBS may still change it."""

    year: int
    value: float
    provisional: bool
    source: str


@cache
def _observed() -> Mapping[tuple[str, str], tuple[Observation, ...]]:
    found: dict[tuple[str, str], list[Observation]] = {}
    with FILE.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            figure = Observation(
                int(row["year"]), float(row["value"]), row["status"] == "provisional", row["source"]
            )
            found.setdefault((row["name"], row["measure"]), []).append(figure)
    return {key: tuple(figures) for key, figures in found.items()}


def users_observed(name: str) -> tuple[Observation, ...]:
    """Return the youths with jeugdzorg of a municipality (or the country) by year; nothing where unknown."""
    return _observed().get((name, USERS), ())


def years_observed() -> dict[str, int]:
    """Return the first and last year with a figure of the country, as the words of a source name them."""
    years = [each.year for each in users_observed(COUNTRY)]
    return {"first": min(years), "last": max(years)}


def inhabitants(name: str) -> float | None:
    """Return the inhabitants of a municipality (or the country), or None where they are not known."""
    found = _observed().get((name, INHABITANTS))
    return found[-1].value if found else None


def users_beside_country(town: Profile) -> tuple[tuple[Observation, ...], tuple[Observation, ...]]:
    """Return the youths with jeugdzorg of a municipality by year, and the country's brought to its size.

    The country's are at the height of the last figure here, or by the number of youths where there is none.
    """
    own, country = users_observed(town.name), users_observed(COUNTRY)
    if town.name == COUNTRY:
        return own, ()
    if own:
        share = own[-1].value / {each.year: each.value for each in country}[own[-1].year]
    else:
        share = town.total / profiles()[COUNTRY].total
    return own, tuple(replace(each, value=each.value * share) for each in country)
