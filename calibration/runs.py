"""Simulations for a calibration, on this machine or a cluster; each result is kept on disk.

A run is a function of (parameters, children, seed, last year). What is finished is never lost: each run
is one line in a file, and a calibration that is started again finds there what it asks for.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.costs import YEARS
from calibration.figures.entrants import Entrants
from calibration.figures.measures import MEASURES, OF_THEIR_YEAR, Counted
from calibration.figures.targets import RATIOS, Target
from sim.batches.executors import ClusterExecutor, share_out
from sim.engine.config import RunConfig
from sim.engine.counting import layout
from sim.engine.history import place_years
from sim.engine.warmup import warm_up
from sim.inputs.profiles import Profile, profiles
from sim.machine.conductor import Conductor
from sim.model.parameters import Parameters
from sim.model.processes import default_table
from sim.model.transitions import compile_table
from sim.progress import Progress, Tell, nobody
from sim.runs.threads import run_threads
from sim.states import AGES, FORMS, HISTORY_YEAR

Floats = NDArray[np.float64]
PROFILE = "Nederland 2018"
FIT_YEAR = 2024
"""The last year that is simulated for the fit; shares of later years are read in it."""


def count(
    p: Parameters,
    children: int | None,
    seed: int,
    pool: Executor,
    last_year: int = FIT_YEAR,
    profile: Profile | None = None,
) -> Counted:
    """Return what the model counts in 2015 up to `last_year` (default: in the country of 2018)."""
    config = RunConfig(profile or profiles()[PROFILE], p, seed=seed, children=children)
    cohort = Entrants()
    warm = warm_up(
        config, last_year + 1, pool, count_from=HISTORY_YEAR, watch=cohort.see, watched=Entrants.YEARS
    )
    table = compile_table(default_table(), p, last_year + 1)
    cells = warm.cells.sum(axis=1) * config.flow()[1]
    return Counted(cells, layout(table), table, p, cohort.shares())


def predict(target: Target, counted: Counted) -> float | None:
    """Return the model's value of a target, or None where it is not counted.

    Counts are read in their own year, structural shares in the nearest year that is simulated. A share of
    youths in care is read in the last simulated year if its own comes later, registered as in its own year.
    """
    measure = MEASURES[target.measure]
    care_share = target.measure in OF_THEIR_YEAR
    nearest = min(max(target.year, HISTORY_YEAR), counted.last_year)
    year = nearest if target.unit in RATIOS and not care_share else target.year
    if measure is None or year < HISTORY_YEAR or (year > counted.last_year and not care_share):
        return None
    return measure(counted, year, slice(target.age_from, target.age_to + 1))


def national(targets: Sequence[Target]) -> list[Target]:
    """Return the targets about the country that the model counts."""
    return [target for target in targets if target.region == "NL" and MEASURES[target.measure] is not None]


def outcome(counted: Counted, targets: Sequence[Target]) -> dict[str, float]:
    """Return what a run came to by name: targets, place-years by form, use and need by age."""
    found = {target.id: value for target in targets if (value := predict(target, counted)) is not None}
    for year in YEARS:
        if year <= counted.last_year:
            years = place_years(counted.year(year), counted.layout, counted.table)
            found |= {f"place_years.{form}.{year}": float(x) for form, x in zip(FORMS, years, strict=True)}
    for age in range(AGES):
        one = slice(age, age + 1)
        found[f"users_share.{age}"] = counted.users("jeugdzorg", 2018, one) / counted.people(one, 2018)
        found[f"need_share.{age}"] = counted.stock("need", one, 2018) / counted.people(one, 2018)
    return found


@dataclass(frozen=True)
class Job:
    """One run to be made."""

    values: Mapping[str, float]
    children: int
    seed: int
    last_year: int = FIT_YEAR

    def key(self, engine: str) -> str:
        """Return a name that no other run has."""
        text = json.dumps([engine, sorted(self.values.items()), self.children, self.seed, self.last_year])
        return hashlib.sha256(text.encode()).hexdigest()[:24]


def run(job: Job, base: Parameters, targets: Sequence[Target], pool: Executor) -> dict[str, float]:
    """Make a run and return its outcome."""
    counted = count(base.replace(job.values), job.children, job.seed, pool, job.last_year)
    return outcome(counted, national(targets))


@dataclass
class Runner:
    """Makes runs, remembers them in `memory`, and tells how far it is.

    cluster: address of a Dask scheduler; None runs here. Raises SimulationError where it is not there.
    """

    base: Parameters
    targets: Sequence[Target]
    memory: Path
    engine: str
    tell: Tell = nobody
    cluster: str | None = None
    made: int = 0
    _known: dict[str, dict[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read what was finished before; a line that was cut off in writing is made again."""
        if self.memory.exists():
            for line in self.memory.read_text(encoding="utf-8").splitlines():
                try:
                    record: Any = json.loads(line)
                    self._known[record["key"]] = record["outcome"]
                except (ValueError, KeyError, TypeError):
                    continue

    def all(self, now: Progress, jobs: Sequence[Job]) -> list[dict[str, float]]:
        """Return the outcome of every job, in their order; those known are not made again."""
        keys = [job.key(self.engine) for job in jobs]
        todo = {key: job for key, job in zip(keys, jobs, strict=True) if key not in self._known}
        done = len(jobs) - len(todo)
        self.tell(now.at(done, len(jobs)))
        for key, found in self._there(todo) if self.cluster and len(todo) > 1 else self._here(todo):
            self._remember(key, found)
            done += 1
            self.tell(now.at(done, len(jobs)))
        return [self._known[key] for key in keys]

    def _remember(self, key: str, found: dict[str, float]) -> None:
        self._known[key] = found
        self.made += 1
        self.memory.parent.mkdir(parents=True, exist_ok=True)
        broken = self.memory.exists() and self.memory.read_bytes()[-1:] not in (b"", b"\n")
        with self.memory.open("a", encoding="utf-8") as stream:
            stream.write(("\n" if broken else "") + json.dumps({"key": key, "outcome": found}) + "\n")
            stream.flush()
            os.fsync(stream.fileno())

    def _here(self, todo: Mapping[str, Job]) -> Iterator[tuple[str, dict[str, float]]]:
        with run_threads() as pool, Conductor() as conductor:
            for key, job in todo.items():
                yield key, conductor.run(run, job, self.base, self.targets, pool)

    def _there(self, todo: Mapping[str, Job]) -> Iterator[tuple[str, dict[str, float]]]:
        assert self.cluster is not None
        work = partial(_on_worker, base=self.base, targets=tuple(self.targets))
        with ClusterExecutor(self.cluster) as workers:
            for (key, _), found in share_out(workers, work, todo.items()):
                if isinstance(found, Exception):
                    raise found
                yield key, found


def _on_worker(keyed: tuple[str, Job], base: Parameters, targets: Sequence[Target]) -> dict[str, float]:
    with run_threads(1) as pool:
        return run(keyed[1], base, targets, pool)
