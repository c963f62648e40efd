"""What a run is about, apart from the scenario: where, with which numbers, luck and size."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from sim.engine.population import Flows, flows
from sim.engine.programmes import fte_for
from sim.errors import within
from sim.inputs.profiles import AGE_GROUPS, PREDICTED_USE, Profile
from sim.luck import key_of
from sim.model.catalogue import Programme
from sim.model.extension import Model, shipped
from sim.model.parameters import Grade, Parameters

T = TypeVar("T")
EXISTING = "kinderwerk"
"""The programme that the observed world already contains."""

NEED_RATES = ("need.onset_light", "need.onset_moderate")
ACCESS_RATES = ("start.wijkteam", "start.ambulant", "start.netwerk", "start.daghulp")
"""What a municipality's multipliers act on."""
STARTS_BY_AGE, END_AT_18 = "start.care_age.", ("end18.help", "end18.residence")
"""What its multipliers by age act on: knots of starts of help without residence; chances of help to end."""
USE, NEED_OF_USE, ACCESS_OF_USE = "town.use", "town.need", "town.access"
"""How far use may be from the level of a municipality, and how need and access follow it."""


def of_town(p: Parameters, profile: Profile) -> Parameters:
    """Return parameters in which a municipality has its own range of use, drawn with luck of its own."""
    record = p.records[USE]
    if profile.use is None or record.luck:
        return p
    grade: Grade = "derived" if PREDICTED_USE in profile.local else "calibrated"
    low, high = profile.use
    source, luck = profile.source.split("; ")[-1], f"{USE}.{profile.code}"
    own = replace(record, low=low, high=high, grade=grade, source=source, luck=luck)
    return replace(p, records={**p.records, USE: own})


def localised(p: Parameters, profile: Profile) -> Parameters:
    """Return national parameters with what is known of a municipality: its own figures and multipliers."""
    need, access = profile.need * p[USE] ** p[NEED_OF_USE], profile.access * p[USE] ** p[ACCESS_OF_USE]
    factors = dict.fromkeys(NEED_RATES, need) | dict.fromkeys(ACCESS_RATES, access)
    changed = {name: p[name] * factor for name, factor in factors.items() if factor != 1.0}
    return p.replace(changed | _by_age(p, profile.access_by_age) | dict(profile.overrides))


def _by_age(p: Parameters, factors: Sequence[float]) -> dict[str, float]:
    """Return what changes where access differs by age. factors: by AGE_GROUPS.

    Up to 18 they multiply how often help without residence starts; a knot at which one group passes into the
    next has the geometric mean of both. Few start after that: the last multiplies the odds that help goes on.
    """
    if set(factors) == {1.0}:
        return {}
    *younger, oldest = factors
    groups = list(AGE_GROUPS.values())

    def at(age: int) -> float:
        k = next((k for k, ages in enumerate(groups) if age in ages), 0)
        here = younger[min(k, len(younger) - 1)]
        meets = 0 < k < len(younger) and age == groups[k].start
        return math.sqrt(here * younger[k - 1]) if meets else here

    knots = [name for name in p.records if name.startswith(STARTS_BY_AGE)]
    starts = {name: p[name] * at(int(name.removeprefix(STARTS_BY_AGE))) for name in knots}
    return starts | {name: p[name] / (p[name] + (1.0 - p[name]) * oldest) for name in END_AT_18}


def with_use(p: Parameters, changes: Mapping[str, float]) -> dict[str, float]:
    """Return changes of localised parameters, with the rates that follow where use is among them.

    A rate that is itself among the changes has the value that they give.
    """
    found = dict(changes)
    for power, rates in ((NEED_OF_USE, NEED_RATES), (ACCESS_OF_USE, ACCESS_RATES)):
        factor = changes.get(USE, p[USE]) ** changes.get(power, p[power]) / p[USE] ** p[power]
        if factor != 1.0:
            found = {name: p[name] * factor for name in rates} | found
    return found


class Inline(Executor):
    """A pool without threads of its own: for work so small that handing it over takes longer."""

    def map(
        self, work: Callable[..., T], *parts: Iterable[Any], timeout: float | None = None, chunksize: int = 1
    ) -> Iterator[T]:
        """Return `work` of each of the parts, made as they are asked for."""
        return map(work, *parts)


@contextmanager
def worker_threads(threads: int | None) -> Iterator[Executor]:
    """Yield a pool of `threads` (default: one per processor). Results do not depend on the number.

    Raises OptionError where `threads` is below 1.
    """
    if threads is not None:
        within("threads", threads, 1)
    if threads == 1:
        yield Inline()
        return
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        yield pool


@dataclass(frozen=True)
class RunConfig:
    """What a run is about, apart from the scenario: where, with which numbers, luck and size.

    parameters: as drawn, and as they are here; those of the model are what they were drawn from.
    """

    profile: Profile
    parameters: Parameters
    seed: int = 0
    draw: int = 0
    replication: int = 0
    children: int | None = None
    steps_per_month: int = 1
    model: Model = field(default_factory=shipped)

    def __post_init__(self) -> None:
        """Refuse steps that the engine cannot take. Raises ValueError."""
        if not 1 <= self.steps_per_month <= 32:
            raise ValueError(f"steps per month must be 1 to 32, found {self.steps_per_month}")

    @property
    def key(self) -> np.uint64:
        """Return the key of this run's luck."""
        return key_of(self.seed, self.draw, self.replication)

    def flow(self) -> tuple[Flows, float]:
        """Return the flows of children, and the factor from simulated to real ones."""
        return flows(self.profile, self.parameters, self.children)

    def existing_fte(self) -> float:
        """Return the FTE of child work before the scenario: local, or from the assumed coverage."""
        if self.profile.kinderwerk_fte is not None:
            return self.profile.kinderwerk_fte
        programme = self.model.programmes[EXISTING]
        coverage = self.parameters[f"{EXISTING}.existing_coverage"]
        return fte_for(coverage, self.eligible(programme), programme, self.parameters)

    def eligible(self, programme: Programme) -> float:
        """Return the real number of children of a programme's ages."""
        return float(sum(self.profile.youths[programme.first_age : programme.last_age + 1]))
