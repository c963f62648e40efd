"""What is observed of a municipality: youths with jeugdzorg by year, and inhabitants.

`sim/data/observed.csv` is built by calibration/municipalities/observed.py from figures of CBS.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sim.model.parameters import DATA

FILE = DATA / "observed.csv"
COLUMNS = ("name", "measure", "year", "value", "status", "source")
USERS, INHABITANTS = "care_users", "inhabitants"


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


def inhabitants(name: str) -> float | None:
    """Return the inhabitants of a municipality (or the country), or None where they are not known."""
    found = _observed().get((name, INHABITANTS))
    return found[-1].value if found else None
