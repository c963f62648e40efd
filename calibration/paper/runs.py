"""The runs behind docs/paper.md: pairs of scenarios on the same children, and what they say in figures."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from calibration.paper.claims import path_of, reference_of, scenario_of
from sim.decision.comparison import Difference, Figure, difference, figure
from sim.decision.firm import Standing, set_by_plan
from sim.decision.headline import UNMET, USERS, Change, change, horizons
from sim.engine.history import Label
from sim.engine.plan import RunPlan
from sim.engine.population import NEVER, month_of
from sim.engine.simulation import Lives, groups
from sim.engine.warmup import warm_up
from sim.inputs.grid import load_grid
from sim.inputs.library import registry
from sim.inputs.scenario import Scenario
from sim.model.processes import default_table
from sim.model.transitions import compile_table
from sim.runs.experiment import Options, Run, config_for, run_all
from sim.runs.warmstore import WarmStore
from sim.states import EPOCH_YEAR, QUINTILES

Floats = NDArray[np.float64]
PARTED, WHOLE = "whole lives, and those that part from them", "whole lives"
ATTENDANCE, BEFORE = "who comes", "lives up to the start"


@dataclass(frozen=True)
class Size:
    """How much to simulate for the page.

    children, draws: of a pair. everyone: draws where places are limited, with `waits_of` children (None: all
    of them, for a sample says nothing about waits). country, country_draws: for the outcomes of the
    country. knowledge: draws for the value of information. again: whether a pair of which luck hides a
    figure is lived again with every child.
    """

    children: int = 10_000
    draws: int = 40
    everyone: int = 20
    waits_of: int | None = None
    country: int = 20_000
    country_draws: int = 20
    knowledge: int = 200
    again: bool = True

    def options(self) -> Options:
        """Return how a pair is run: draws from 1 on, also where there is one."""
        return Options(children=self.children, draws=self.draws, first_draw=1)


@dataclass(frozen=True)
class Done:
    """One set of runs for the list at the end of the page."""

    scenarios: tuple[tuple[str, str], ...]  # (file, start of its hash)
    how: str
    children: int
    draws: int


@dataclass
class Laboratory:
    """Runs scenarios, each pair once, and keeps what was run: `done` in all, `used` since `begin`."""

    size: Size
    pool: Executor
    store: WarmStore = field(default_factory=WarmStore)
    done: list[Done] = field(default_factory=list)
    used: list[Done] = field(default_factory=list)
    known: dict[tuple[str, str], Pair] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def begin(self) -> None:
        """Begin to keep anew what is used."""
        self.used = []

    def pair(self, file: str, against: str | None = None) -> Pair:
        """Return a scenario with what its file, or `against`, says that it is compared with.

        Raises ValueError where it is compared with nothing.
        """
        scenario = scenario_of(file)
        reference = scenario_of(against) if against else reference_of(scenario)
        if reference is None or reference.path is None:
            raise ValueError(f"{file} names no reference")
        key = (file, str(reference.path))
        if key not in self.known:
            self.known[key] = self._pair(scenario, reference)
        self._keep(self.known[key].done)
        return self.known[key]

    def _pair(self, scenario: Scenario, reference: Scenario) -> Pair:
        both = (reference, scenario)
        options, places = self.size.options(), scenario.policy == "capped"
        if places:
            options = replace(options, children=self.size.waits_of, draws=self.size.everyone)
        found = self._lived(both, options)
        if self.size.again and not places and found.hidden_by_luck:
            found = self._lived(both, replace(options, children=None))
        self._keep(found.done)
        return found

    def _lived(self, both: tuple[Scenario, Scenario], options: Options) -> Pair:
        runs = list(run_all(both, options, self.store, pool=self.pool))
        how = WHOLE if len(groups(both)) == len(both) else PARTED
        d = difference(runs, 1, 0, years_of(both[0]), planned=set_by_plan(both))
        return Pair(both, d, runs, done_of(both, how, options))

    def whole(self, files: Iterable[str], options: Options) -> list[Run]:
        """Return whole lives in scenarios: levels and not only differences."""
        scenarios = [scenario_of(file) for file in files]
        found = list(run_all(scenarios, options, self.store, pool=self.pool))
        self.note(scenarios, WHOLE, options)
        return found

    def grid(self, file: str, options: Options) -> tuple[list[str], list[Scenario], list[Run]]:
        """Return the members of a grid by name, as scenarios, and their runs."""
        members = load_grid(path_of(file), registry())
        scenarios = [member.scenario for member in members]
        found = list(run_all(scenarios, options, self.store, pool=self.pool))
        named = ((f"{file}.yaml", digest(file)),)
        self._keep(Done(named, WHOLE, options.children or 0, options.draws))
        return [member.name for member in members], scenarios, found

    def note(self, scenarios: Sequence[Scenario], how: str, options: Options) -> Done:
        """Keep what was run, for the list at the end of the page, and return it; the same is listed once."""
        return self._keep(done_of(scenarios, how, options))

    def _keep(self, done: Done) -> Done:
        for kept in (self.done, self.used):
            if done not in kept:
                kept.append(done)
        return done

    def comes(self, file: str, programme: str) -> tuple[Floats, float]:
        """Return who comes to a programme (see `who_comes`), and keep that this was looked at."""
        self.note([scenario_of(file)], ATTENDANCE, Options(children=self.size.children))
        return who_comes(file, programme, self.size.children, self.pool)


@dataclass(frozen=True)
class Pair:
    """A scenario against its reference (the first of both)."""

    both: tuple[Scenario, Scenario]
    d: Difference
    runs: Sequence[Run]
    done: Done

    def after(self, years: int) -> Change:
        """Return what changes up to and in the last year of a horizon."""
        alike = self.both[0].policy == self.both[1].policy
        return change(self.d, years, self.both[0].discount_rate, alike)

    def figure(self, label: Label, years: int) -> Figure:
        """Return the difference of a count in the last year of a horizon; none of what nobody ever was."""
        if label not in self.d.labels:
            nobody = np.zeros(len(self.d.draws))
            return figure(nobody, nobody, self.d.draws)
        return self.d.in_year(label, years - 1)

    @property
    def hidden_by_luck(self) -> bool:
        """Tell whether a count of the page is too small to tell from luck at this size."""
        spans = horizons(self.both[0].years)
        figures = (self.figure(label, years) for label in (USERS, UNMET) for years in spans)
        return any(Standing.of(f) is Standing.TOO_SMALL for f in figures)

    def over(self, label: Label, years: int) -> Figure:
        """Return the difference of a count, added up over a horizon."""
        row = self.d.labels.index(label)
        errors = np.sqrt((self.d.run_mcse[:, row, :years] ** 2).sum(axis=1))
        return figure(self.d.runs[:, row, :years].sum(axis=1), errors, self.d.draws)

    def fte(self, programme: str) -> Floats:
        """Return the FTE of a programme at work by year, mean over runs."""
        label = ("programme_fte", "programme", programme)
        columns = [run.columns[1] for run in self.runs]
        return np.asarray(np.mean([c.values[c.labels.index(label)] for c in columns], axis=0))


def done_of(scenarios: Sequence[Scenario], how: str, options: Options) -> Done:
    """Return what was run, as the list at the end of the page has it."""
    named = tuple((name_of(s), s.sha256[:12]) for s in scenarios)
    return Done(named, how, options.children or 0, options.draws)


def years_of(scenario: Scenario) -> range:
    """Return the calendar years of a scenario."""
    return range(scenario.start, scenario.start + scenario.years)


def level(runs: Sequence[Run], scenario: int, label: Label, year: int | None = None) -> Floats:
    """Return a count of a scenario by run: in a year (by its index), or over all years."""
    columns = [run.columns[scenario] for run in runs]
    values = np.array([c.values[c.labels.index(label)] if label in c.labels else
                       np.zeros(c.values.shape[1]) for c in columns])  # fmt: skip
    return np.asarray(values.sum(axis=1) if year is None else values[:, year])


def lives(runs: Sequence[Run]) -> Mapping[str, Floats]:
    """Return how many youths had which history at their 23rd birthday, by run."""
    labels = [label for label in runs[0].columns[0].labels if label[0] == "whole_life"]
    return {label[2]: level(runs, 0, label) for label in labels}


def who_comes(file: str, programme: str, children: int, pool: Executor) -> tuple[Floats, float]:
    """Return the share by quintile of those who came to a programme since the start, and how many came.

    At the best fit.
    """
    scenario = scenario_of(file)
    config = config_for(scenario, Options(children=children), 0, 0)
    lives = Lives([RunPlan.of(scenario, config)], warm_up(config, scenario.start, pool), pool)
    lives.histories()
    (world,) = lives.worlds
    k = world.plan.columns.index(programme)
    counts = np.zeros(QUINTILES)
    for stays, block in zip(world.exposed, lives.blocks, strict=True):
        came = (stays.joins[:, k] < NEVER) & (stays.leaves[:, k] > month_of(scenario.start))
        counts += np.bincount(block.quintile[came], minlength=QUINTILES)
    return counts / counts.sum(), float(counts.sum() * config.flow()[1])


def who_is_well(scenario: Scenario, lab: Laboratory) -> dict[str, float]:
    """Return the share without need at the start among youths with each lasting vulnerability; best fit."""
    config = config_for(scenario, Options(children=lab.size.children), 0, 0)
    table = compile_table(default_table(), config.parameters, scenario.start)
    warm = lab.store.get(config, scenario.start, lab.pool)
    lab.note([scenario], BEFORE, Options(children=lab.size.children))
    need = table.process("need")
    well = np.concatenate([block.state[:, need] == 0 for block in warm.blocks])
    traits = np.concatenate([block.traits for block in warm.blocks])
    here = np.concatenate([b.arrives <= scenario.start - EPOCH_YEAR for b in warm.blocks])
    shares = {"none of the three": float(well[here & (traits == 0)].mean())}
    for k, name in enumerate(table.traits):
        shares[name] = float(well[here & ((traits >> k) & 1 == 1)].mean())
    return shares


def name_of(scenario: Scenario) -> str:
    """Return how a scenario is listed: its file with its folder."""
    return scenario.title if scenario.path is None else f"{scenario.path.parent.name}/{scenario.path.name}"


def digest(file: str) -> str:
    """Return the start of the hash of a file with a grid."""
    return sha256(path_of(file).read_bytes()).hexdigest()[:12]
