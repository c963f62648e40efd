"""Many runs: scenarios by draws by replications, on the same children, with progress.

A run is one (draw, replication). Within a run every scenario meets the same parameters and luck. Scenarios
that differ in their programmes alone are lived together: the first in full, the others by the lives that
part from it (engine/forks.py). The Monte Carlo standard error of a difference comes from its spread over the
blocks of children.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.engine.config import Inline, RunConfig, localised, of_town
from sim.engine.history import History, Label
from sim.engine.ledger import costs
from sim.engine.measures import measures
from sim.engine.plan import with_overrides
from sim.engine.population import BLOCKS
from sim.engine.simulation import groups, simulate_together
from sim.engine.warmup import WarmStart
from sim.errors import within
from sim.inputs.profiles import profile_of
from sim.inputs.scenario import Scenario
from sim.machine.conductor import Conductor
from sim.machine.variables import processors
from sim.model.extension import Model, shipped
from sim.model.futures import foreseeing
from sim.model.parameters import Parameters
from sim.model.priors import believing
from sim.model.structures import structured
from sim.progress import Progress, Tell, YearDone
from sim.runs.own_measures import own_measures
from sim.runs.threads import run_threads
from sim.runs.warmstore import WarmStore
from sim.states import AGES

Floats = NDArray[np.float64]
MOST_CHILDREN = 20_000_000
"""Four times the youths of the Netherlands: more say nothing that fewer do not."""
MOST_DRAWS, MOST_REPLICATIONS = 1_000_000, 100_000
MOST_THREADS = 1024
MOST_SEED = (1 << 63) - 1


@dataclass(frozen=True)
class Options:
    """How much to simulate. children None simulates everyone, which may be nobody; draws 1 is the best fit.

    first_draw: where to begin when draws are made in parts; None is the best fit for one draw and
    draw 1 for more. first_replication: where to begin when replications are.
    """

    children: int | None = None
    draws: int = 1
    replications: int = 1
    seed: int = 0
    threads: int | None = None
    first_draw: int | None = None
    first_replication: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be run. Raises OptionError."""
        for name, least, most in (("children", 1, MOST_CHILDREN), ("threads", 1, MOST_THREADS)):
            if getattr(self, name) is not None:
                within(name, getattr(self, name), least, most)
        for name, most in (("draws", MOST_DRAWS), ("replications", MOST_REPLICATIONS)):
            within(name, getattr(self, name), 1, most)
        within("seed", self.seed, 0, MOST_SEED)
        if self.first_draw is not None:
            within("first_draw", self.first_draw, 0)
        within("first_replication", self.first_replication, 0)

    def runs(self) -> list[tuple[int, int]]:
        """Return (draw, replication) of each run. One draw is draw 0, the best fit."""
        first = (0 if self.draws == 1 else 1) if self.first_draw is None else self.first_draw
        draws = range(first, first + self.draws)
        replications = range(self.first_replication, self.first_replication + self.replications)
        return [(draw, replication) for draw in draws for replication in replications]


FEWEST_FOR_LUCK = 5 * BLOCKS
"""With fewer children, differences between blocks do not tell what is luck (docs/design.md)."""


def too_few(children: float) -> bool:
    """Tell whether so many simulated children are too few to tell what is luck; nobody has no luck."""
    return 0 < children < FEWEST_FOR_LUCK


MOST_AT_ONCE, LARGEST_AT_ONCE = 4, 100_000.0
MOST_ALONE = 2_000
"""So many children are lived by the thread that asks: two threads that share their blocks take as long
(docs/performance.md)."""


def children_asked(config: RunConfig) -> float:
    """Return how many children are to be simulated."""
    return config.profile.total if config.children is None else config.children


def pool_for(config: RunConfig, pool: Executor) -> Executor:
    """Return what lives the blocks of a run: the pool, or the thread that asks where children are few."""
    return Inline() if children_asked(config) <= MOST_ALONE else pool


@dataclass(frozen=True)
class Columns:
    """Results of one scenario in one run, in children or euros of the whole municipality.

    values: [labels, years]; blocks: [labels, years, blocks], of which values is the sum; of fewer
    children than FEWEST_FOR_LUCK there is one block.
    """

    labels: tuple[Label, ...]
    values: Floats
    blocks: Floats
    children: int

    @classmethod
    def of(cls, history: History, p: Parameters, model: Model | None = None) -> Columns:
        """Return the columns of a history: its counts, its costs, and what a model of one's own adds.

        Raises InputError for measures of one's own that are none.
        """
        found = [*measures(history, p), *costs(history, p)]
        found += own_measures(history, p, model or shipped(), {each.label for each in found})
        blocks = np.stack([column.values for column in found]) * history.scale
        simulated = history.cells[:1, :, history.layout.people, :AGES].sum()
        return cls(tuple(column.label for column in found), blocks.sum(axis=2), blocks, int(simulated))


@dataclass(frozen=True)
class Run:
    """One (draw, replication) of every scenario, in the order of the scenarios."""

    draw: int
    replication: int
    columns: tuple[Columns, ...]


def config_for(
    scenario: Scenario,
    options: Options,
    draw: int,
    replication: int,
    base: Parameters | None = None,
    model: Model | None = None,
) -> RunConfig:
    """Return the configuration under which a scenario is run: its municipality, drawn parameters, and luck.

    base: parameters other than those of the model (default: the shipped one).
    """
    profile, model = profile_of(scenario), model or shipped()
    p = of_town(structured(base or model.parameters, scenario.structure), profile)
    p = foreseeing(believing(p, scenario.prior), scenario.future)
    p = localised(p.draw(options.seed, draw), profile)
    p = with_overrides(p, scenario, "birth")
    return RunConfig(profile, p, options.seed, draw, replication, options.children, model=model)


def run_all(
    scenarios: Sequence[Scenario],
    options: Options,
    store: WarmStore | None = None,
    base: Parameters | None = None,
    tell: Tell | None = None,
    pool: Executor | None = None,
    model: Model | None = None,
) -> Iterator[Run]:
    """Yield each run as it is done. tell hears (share done, what is going on), from another thread.

    base: parameters other than those of the model (default: the shipped one). pool: lives the blocks of one
    run after the other; without one, some runs are lived at once where there are many of them.
    """
    store = store or WarmStore()
    if pool is not None:
        yield from _runs(scenarios, options, store, base, model, tell, pool, 1)
        return
    with run_threads(options.threads) as own:
        at_once = runs_at_once(scenarios, options)
        yield from _runs(scenarios, options, store, base, model, tell, own, at_once)


def runs_at_once(scenarios: Sequence[Scenario], options: Options) -> int:
    """Return how many runs are lived at the same time, each by one thread.

    A thread for each run wastes less than threads that share its blocks: half of a small run is not blocks.
    More than MOST_AT_ONCE would wait for Python's lock; of large ones there is memory for one.
    """
    threads = options.threads or processors()
    everyone = max((profile_of(each).total for each in scenarios), default=0.0)
    size = everyone if options.children is None else options.children
    enough = size <= LARGEST_AT_ONCE and len(options.runs()) >= threads
    return min(threads, MOST_AT_ONCE) if enough else 1


class _Furthest:
    """Tells how far the furthest of some runs is: those that come behind say nothing."""

    def __init__(self, tell: Tell) -> None:
        self._tell, self._share, self._lock = tell, 0.0, threading.Lock()

    def __call__(self, now: Progress) -> None:
        with self._lock:
            if now.share >= self._share:
                self._share = now.share
                self._tell(now)


def _runs(
    scenarios: Sequence[Scenario],
    options: Options,
    store: WarmStore,
    base: Parameters | None,
    model: Model | None,
    tell: Tell | None,
    pool: Executor,
    at_once: int,
) -> Iterator[Run]:
    todo = options.runs()
    shared = groups(scenarios)
    parts = len(todo) * len(shared)
    tell = _Furthest(tell) if tell is not None and at_once > 1 else tell
    with Conductor() as conductor:

        def lived(group: list[int], draw: int, replication: int, done: float) -> tuple[Columns, ...]:
            mine = [scenarios[k] for k in group]
            first = mine[0]

            def warming(year: int) -> None:
                conductor.check()
                if tell is not None:
                    tell(Progress("warming_up", done, 1, {"year": year}))

            def living(year: int) -> None:
                conductor.check()
                if tell is not None:
                    year_of = first.start + year
                    tell(Progress("living", done + (year + 1) / max(first.years, 1) / parts, 1,
                                  {"title": first.title, "year": year_of}))  # fmt: skip

            config = config_for(first, options, draw, replication, base, model)
            ours = pool_for(config, pool) if at_once == 1 else Inline()
            warm = store.get(config, first.start, ours, warming)
            return columns_of(mine, config, ours, warm, living)

        def run(number: int) -> Run:
            draw, replication = todo[number]
            columns: dict[int, Columns] = {}
            for g, group in enumerate(shared):
                found = lived(group, draw, replication, (number * len(shared) + g) / parts)
                columns |= dict(zip(group, found, strict=True))
            return Run(draw, replication, tuple(columns[k] for k in range(len(scenarios))))

        def some(first: int) -> list[Run]:
            numbers = range(first, min(first + at_once, len(todo)))
            return list(pool.map(run, numbers) if at_once > 1 else map(run, numbers))

        for first in range(0, len(todo), at_once):
            yield from conductor.run(some, first)


def columns_of(
    scenarios: Sequence[Scenario],
    config: RunConfig,
    pool: Executor,
    warm: WarmStart | None = None,
    tell: YearDone | None = None,
) -> tuple[Columns, ...]:
    """Return the results of scenarios that are lived together. Raises as `simulate_together` does."""
    histories = simulate_together(scenarios, config, pool, warm, tell)
    found = (
        Columns.of(history, with_overrides(config.parameters, scenario, "start"), config.model)
        for history, scenario in zip(histories, scenarios, strict=True)
    )
    return tuple(map(in_one_block, found) if too_few(children_asked(config)) else found)


def in_one_block(columns: Columns) -> Columns:
    """Return columns of which nobody can tell how much is luck: all children are in one block."""
    return replace(columns, blocks=columns.blocks.sum(axis=2, keepdims=True))


def with_labels(columns: Columns, labels: Sequence[Label]) -> Columns:
    """Return columns in the order of `labels`; what a scenario does not have (a programme) is 0."""
    where = {label: i for i, label in enumerate(columns.labels)}
    years, blocks = columns.blocks.shape[1:]
    wide = np.zeros((len(labels), years, blocks))
    for i, label in enumerate(labels):
        if label in where:
            wide[i] = columns.blocks[where[label]]
    return replace(columns, labels=tuple(labels), values=wide.sum(axis=2), blocks=wide)
