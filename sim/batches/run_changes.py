"""Compare two runs: which inputs differ, and which figures moved, by how much."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sim.batches.store import StoredRun, ask, untold

INPUTS = (
    "version", "commit", "dirty", "engine", "data", "own_model", "parameters", "posterior", "targets", "seed",
    "draws", "first_draw", "replications", "children", "python", "system", "libraries", "processor", "call",
)  # fmt: skip
"""Inputs of a run beside its scenarios, by their names in a manifest."""
_ROUNDING = 1e-12
"""Relative to the size of a figure."""


@dataclass(frozen=True)
class InputChange:
    """An input that differs between two runs; None if one of them does not have it."""

    what: str
    first: Any
    second: Any


@dataclass(frozen=True)
class FigureChange:
    """A figure in two runs, with the Monte Carlo standard error of what it moved (None: unknown).

    kind: a level of a scenario, or its difference from a reference.
    """

    kind: str
    scenario: str
    year: int
    figure: str
    first: float
    second: float
    mcse: float | None

    @property
    def by(self) -> float:
        """Return by how much it moved."""
        return self.second - self.first

    @property
    def errors(self) -> float | None:
        """Return by how many standard errors it moved, as if both runs had random numbers of their own."""
        if self.mcse is None:
            return None
        if self.lucky:
            return self.by / self.mcse
        return 0.0 if abs(self.by) <= self._rounding else math.copysign(math.inf, self.by)

    @property
    def lucky(self) -> bool:
        """Return whether it has Monte Carlo noise; an error no larger than rounding is none."""
        return self.mcse is not None and self.mcse > self._rounding

    @property
    def _rounding(self) -> float:
        return _ROUNDING * max(abs(self.first), abs(self.second))

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data; without Monte Carlo noise, errors are null."""
        return {**asdict(self), "by": self.by, "errors": self.errors if self.lucky else None}


def inputs_that_differ(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[InputChange]:
    """Return what differs between two manifests, scenario by scenario and key by key."""
    found: list[InputChange] = []
    for name in INPUTS:
        found += _different(name, first.get(name), second.get(name))
    ours, theirs = first["scenarios"], second["scenarios"]
    for name in dict.fromkeys((*ours, *theirs)):
        if name not in ours or name not in theirs:
            found.append(InputChange(f"scenario {name}", _there(name in ours), _there(name in theirs)))
        elif ours[name]["content"] != theirs[name]["content"]:
            one, other = ours[name].get("data"), theirs[name].get("data")
            detail = list(_different(f"scenario {name}", one, other)) if one and other else []
            told = InputChange(f"scenario {name}", ours[name]["content"], theirs[name]["content"])
            found += detail or [told]
    return found


def _there(here: bool) -> str:
    return "there" if here else "not there"


def _different(what: str, first: Any, second: Any) -> Iterator[InputChange]:
    """Yield what differs, as deep as both are mappings; lists of features by what only one has."""
    if first == second:
        return
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        for key in dict.fromkeys((*first, *second)):
            yield from _different(f"{what}.{key}", first.get(key), second.get(key))
    elif what == "processor.features" and isinstance(first, str) and isinstance(second, str):
        ours, theirs = set(first.split()), set(second.split())
        yield InputChange(what, " ".join(sorted(ours - theirs)), " ".join(sorted(theirs - ours)))
    else:
        yield InputChange(what, first, second)


def as_json(differs: Sequence[InputChange], moved: Sequence[FigureChange]) -> dict[str, Any]:
    """Return what differs and what moved as plain data."""
    return {"differs": [asdict(one) for one in differs], "moved": [one.as_json() for one in moved]}


_LEVELS = """
    WITH one AS (SELECT scenario, year, measure, avg(value) AS value, count(*) AS runs
                 FROM read_parquet(?) WHERE {where} GROUP BY ALL),
         two AS (SELECT scenario, year, measure, avg(value) AS value, count(*) AS runs
                 FROM read_parquet(?) WHERE {where} GROUP BY ALL)
    SELECT scenario, year, measure, one.value AS first, two.value AS second,
        one.runs AS first_runs, two.runs AS second_runs
    FROM one JOIN two USING (scenario, year, measure) ORDER BY scenario, measure, year
"""
_DIFFERENCES = """
    SELECT one.scenario, one.year, one.measure, one.difference AS first, two.difference AS second,
        sqrt(one.mcse ** 2 + two.mcse ** 2) AS mcse
    FROM (SELECT * FROM read_parquet(?) WHERE {where}) one
    JOIN (SELECT * FROM read_parquet(?) WHERE {where}) two USING (scenario, reference, year, measure)
    ORDER BY one.scenario, one.measure, one.year
"""
_QUOTED = """((measure IN ('care_users', 'unmet_need') AND breakdown = 'total')
    OR (measure = 'cost' AND breakdown = 'payer' AND level = 'gemeente'))"""
_NAMES = {"care_users": "care_users", "unmet_need": "unmet_need", "cost": "municipal_cost"}


def figures_that_moved(first: StoredRun, second: StoredRun) -> list[FigureChange]:
    """Return the figures that both runs have and that are not the same, those that moved most first.

    Levels are compared at the horizons of which both manifests hold a standard error, differences in every
    year. A scenario of too few children to tell what is luck is left out. Raises InputError where a table
    cannot be read.
    """
    found, few = [], {*untold(first), *untold(second)}
    both = [run for run in (first, second) if "results" in run.tables]
    if len(both) == 2:
        rows = ask(_LEVELS.format(where=_QUOTED), [_table(run, "results") for run in both])
        for row in (row for row in rows if row["scenario"] not in few):
            name = _NAMES[row["measure"]]
            errors = [
                _error(run, row["scenario"], name, row["year"], row[count])
                for run, count in ((first, "first_runs"), (second, "second_runs"))
            ]
            if None not in errors:
                mcse = sum(error**2 for error in errors if error is not None) ** 0.5
                found.append(FigureChange(
                    "level", row["scenario"], row["year"], name, row["first"], row["second"], mcse,
                ))  # fmt: skip
    if all("comparison" in run.tables for run in (first, second)):
        where = _DIFFERENCES.format(where=_QUOTED)
        rows = ask(where, [_table(run, "comparison") for run in (first, second)])
        for row in (row for row in rows if row["scenario"] not in few):
            found.append(FigureChange(
                "difference", row["scenario"], row["year"], _NAMES[row["measure"]], row["first"],
                row["second"], row["mcse"],
            ))  # fmt: skip
    moved = [one for one in found if one.by != 0]
    return sorted(moved, key=lambda one: -abs(one.errors or 0.0))


def _table(run: StoredRun, name: str) -> Path:
    return run.folder / f"{name}.parquet"


def _error(run: StoredRun, scenario: str, figure: str, year: int, runs: int) -> float | None:
    """Return the standard error of a mean over runs, from that of one run in the manifest."""
    of_one: Mapping[str, float] = run.manifest["standard_errors"].get(scenario, {}).get(figure, {})
    start = run.manifest["scenarios"][scenario].get("data", {}).get("start")
    if start is None or str(year - start + 1) not in of_one:
        return None
    return float(of_one[str(year - start + 1)] / math.sqrt(runs))
