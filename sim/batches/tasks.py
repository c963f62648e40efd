"""Tasks for workers: units that share a warmed-up population, in portions of a steady size."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sim.batches.units import Unit, encode, engine
from sim.engine.config import Inline, RunConfig
from sim.engine.warmup import WarmStart, warm_up
from sim.errors import InputError, SimulationError
from sim.faults import Fault, fault
from sim.runs.experiment import Columns, Options, columns_of, config_for
from sim.runs.warmstore import WarmStore, key_for

MOST_UNITS = 16
"""Most units in a task."""
TASK_SECONDS = 20.0
"""A task takes about this long at most, unless a single unit takes longer."""


@dataclass(frozen=True)
class Task:
    """Units that share a warmed-up population, to be made by one worker, one after the other.

    cached: whether others make more units with the same population, so that it is worth keeping on disk.
    """

    units: tuple[Unit, ...]
    engine: str
    cached: bool

    def parts(self) -> list[Task]:
        """Return a task for each unit."""
        return [Task((unit,), self.engine, self.cached) for unit in self.units]


@dataclass(frozen=True)
class UnitOutcome:
    """What became of a unit: its bytes, or why there are none. seconds: of work."""

    key: str
    content: bytes
    fault: Fault | None
    seconds: float


def make(task: Task) -> list[UnitOutcome]:
    """Return the outcome of every unit; one that fails does not take the others with it.

    Raises SimulationError if this worker has another engine than the caller.
    """
    if task.engine != engine():
        raise SimulationError(fault("worker_of_another_version"))
    outcomes: list[UnitOutcome] = []
    warm = _Warm(task.cached)
    for _, some in itertools.groupby(task.units, key=lambda unit: unit.lives):
        outcomes += _outcomes(list(some), warm)
    return outcomes


def fault_in(error: Exception) -> Fault:
    """Return what went wrong in a task."""
    if isinstance(error, SimulationError):
        return error.fault
    if isinstance(error, MemoryError):
        return fault("out_of_memory")
    if isinstance(error, InputError):
        return error.problems[0].with_place()
    return fault("mistake_of_ours", kind=type(error).__name__, reason=str(error))


def _outcomes(units: list[Unit], warm: _Warm) -> list[UnitOutcome]:
    """Return the outcomes of units whose lives part from the same ones; one by one where one fails."""
    started = time.perf_counter()
    try:
        found = [encode(columns, unit.key) for unit, columns in zip(units, _lived(units, warm), strict=True)]
    except Exception as error:
        if len(units) > 1:
            return [outcome for unit in units for outcome in _outcomes([unit], warm)]
        return [UnitOutcome(units[0].key, b"", fault_in(error), time.perf_counter() - started)]
    seconds = (time.perf_counter() - started) / len(units)
    return [UnitOutcome(unit.key, content, None, seconds) for unit, content in zip(units, found, strict=True)]


def _lived(units: Sequence[Unit], warm: _Warm) -> list[Columns]:
    unit, root = units[0], units[0].root
    options = Options(children=unit.children, seed=unit.seed, threads=1)
    config = config_for(root.scenario, options, unit.draw, unit.replication)
    pool = Inline()
    start = warm.get(config, root.scenario.start, pool)
    others = [each for each in units if each.work.content != root.content]
    found = columns_of([root.scenario, *(each.work.scenario for each in others)], config, pool, start)
    by_key = {each.key: columns for each, columns in zip(others, found[1:], strict=True)}
    return [by_key.get(each.key, found[0]) for each in units]


_STORE = WarmStore(memory_limit=64 << 20)
"""Kept on disk for the next portion; little in memory, because a finished draw is not used again."""


class _Warm:
    """The warmed-up population of the last unit, which the next one is likely to share."""

    def __init__(self, cached: bool) -> None:
        self._cached = cached
        self._key = ""
        self._last: WarmStart | None = None

    def get(self, config: RunConfig, start: int, pool: Inline) -> WarmStart:
        """Return the warm start of a configuration."""
        key = key_for(config, start, _STORE.ground)
        if self._last is None or key != self._key:
            self._key = key
            self._last = None
            found = _STORE.get(config, start, pool) if self._cached else warm_up(config, start, pool)
            if found.once:
                return found
            self._last = found
        return self._last


def plan(units: Sequence[Unit], size: int, seconds: float = TASK_SECONDS) -> list[Task]:
    """Return tasks for `size` workers: units with the same population together, in steady portions.

    A portion is small enough for every worker to have several, and for not much to be lost with one that
    dies, and large enough that handing it out costs next to nothing. The first portions of all populations
    come first, so that two workers rarely warm up the same one.
    """
    groups: dict[tuple[Any, ...], list[Unit]] = {}
    for unit in units:
        groups.setdefault(unit.population, []).append(unit)
    portions = []
    for group in groups.values():
        group.sort(key=lambda unit: unit.root.content)  # what parts from the same lives stands together
        most = min(MOST_UNITS, max(1, len(units) // (4 * size)), max(1, int(seconds / _guess(group[0]))))
        count = -(-len(group) // most)
        cuts = [round(k * len(group) / count) for k in range(count + 1)]
        portions.append([
            Task(tuple(group[low:high]), engine(), count > 1)
            for low, high in itertools.pairwise(cuts)
        ])  # fmt: skip
    return list(_in_turn(portions, size))


def _in_turn(portions: Sequence[Sequence[Task]], size: int) -> Iterator[Task]:
    """Yield the portions of `size` groups in turn, then those of the next."""
    for low in range(0, len(portions), size):
        some = portions[low : low + size]
        for k in range(max(map(len, some))):
            yield from (own[k] for own in some if k < len(own))


def _guess(unit: Unit) -> float:
    """Return roughly how many seconds a unit takes, to size portions only (docs/performance.md)."""
    everyone = 4_400_000 if unit.work.scenario.municipality.startswith("Nederland") else 60_000
    return 0.1 + 425e-9 * (everyone if unit.children is None else unit.children) * unit.work.scenario.years
