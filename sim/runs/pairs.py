"""Differences between scenarios from the children they reach, and from nobody else.

Luck is a function, so that a child whose programmes are the same in two scenarios lives the same life in
both and adds exactly nothing to their difference. Who comes to a programme depends on age, neighbourhood and
luck, never on how a child fares: attendance is played first, for everybody, without lives; then only the
children for whom it differs are lived, once in each scenario. The difference is that of whole lives of
everybody, at a fraction of the work. That holds while nothing flows back from care to children: where places
in care are limited, or a shortfall is taken from programmes, `feedback` says why not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.exposure import Exposure
from sim.engine.history import CELLS, History
from sim.engine.population import BLOCKS, NEVER, Arrivals, Children, Flows, arrivals, endowed, month_of
from sim.engine.setting import EXISTING, Setting
from sim.engine.simulation import World, check_year, with_overrides
from sim.engine.townhall import Accounts, YearOfCare
from sim.engine.warmup import PER_CHILD, Clock, ExistingWork, WarmStart, live_year
from sim.errors import InputError
from sim.faults import Fault, fault
from sim.inputs.scenario import Scenario
from sim.model.catalogue import catalogue
from sim.model.parameters import Parameters
from sim.model.processes import default_table
from sim.model.transitions import CompiledTable, compile_table
from sim.runs.experiment import Columns, Options, Run, setting_for
from sim.states import AGES, EPOCH_YEAR, FORMS, MONTHS

Rows = NDArray[np.int64]


REASONS: Mapping[str, Fault] = {
    "places": fault("why_places"),
    "crowd_out": fault("why_crowd_out"),
    "parameters": fault("why_parameters"),
    "shocks": fault("why_shocks"),
}
"""Why children whom no programme reaches may live differently in two scenarios, by a word for it."""


def feedback(scenarios: Sequence[Scenario]) -> Fault | None:
    """Return why children whom no programme reaches may live differently in these scenarios, or None."""
    found = feedback_kind(scenarios)
    return None if found is None else REASONS[found]


def feedback_kind(scenarios: Sequence[Scenario]) -> str | None:
    """Return the word for it in REASONS, or None."""
    first = scenarios[0]
    for scenario in scenarios:
        uses = scenario.programmes.values()
        if scenario.policy == "capped":
            return "places"
        if scenario.policy == "crowd_out" and any(
            not use.ring_fenced and use.paid_by == "gemeente" for use in uses
        ):
            return "crowd_out"
        if scenario.parameters != first.parameters:
            return "parameters"
        if [s for s in scenario.shocks if s.kind != "budget_cut"] != [
            s for s in first.shocks if s.kind != "budget_cut"
        ]:
            return "shocks"
    return None


def run_reached(
    scenarios: Sequence[Scenario], options: Options, draw: int, pool: Executor, base: Parameters | None = None
) -> Run:
    """Return one draw of scenarios, of the children that they reach differently.

    Only differences between its columns mean anything. Raises ValueError where `feedback` has a reason,
    and SimulationError where an invariant breaks.
    """
    setting = setting_for(scenarios[0], options, draw, 0, base)
    histories = _histories(scenarios, setting, pool)
    p = with_overrides(setting.parameters, scenarios[0], "start")
    return Run(draw, 0, tuple(Columns.of(history, p) for history in histories))


class _Year(NamedTuple):
    """The programmes of children low..high of the roster in one year: copies of Exposure's rows."""

    low: int
    high: int
    rows: tuple[NDArray[np.generic], ...]  # in the order of PER_CHILD


@dataclass
class _Rehearsal(World):
    """Who comes to which programme in every year, and what that costs; nobody lives."""

    kept: list[_Year] = field(default_factory=list)
    oldest: int = 0

    def play(self, roster: Children, existing: Exposure, oldest: int) -> Accounts:
        """Play all years for everyone in the roster, as one block, and return the accounts.

        oldest: month of age from which nobody takes part any more.
        """
        self.oldest = oldest
        self.blocks, self.exposed = [roster], [self.extended(existing, roster.id.size)]
        return self.town_hall(None, 0.0).run()

    def open_year(self, year: int, fte: Mapping[str, list[float]], places: Mapping[str, float]) -> None:
        """Let children join and leave."""
        self.attend_all(year, fte)
        self.kept.append(_kept(self.blocks[0], self.exposed[0], self.scenario.start + year, self.oldest))

    def live_step(self, year: int, step: int) -> None:
        """Nobody lives."""

    def close_year(self, year: int) -> YearOfCare:
        """Nobody used care."""
        return YearOfCare(0.0, dict.fromkeys(FORMS, 0.0), dict.fromkeys(FORMS, 0.0))


def _oldest(scenarios: Sequence[Scenario]) -> int:
    """Return the month of age from which nobody takes part in a programme of these scenarios."""
    ends = [catalogue()[name].months[1] for s in scenarios for name in (EXISTING, *s.programmes)]
    ages = [use.ages for s in scenarios for use in s.programmes.values() if use.ages]
    return max([*ends, *((last + 1) * MONTHS for _, last in ages)])


def _kept(roster: Children, x: Exposure, year: int, oldest: int) -> _Year:
    """Return what is booked for those who were younger than `oldest` months when a year began."""
    month = month_of(year)
    low, high = np.searchsorted(roster.birth, [month - oldest, month + MONTHS])
    return _Year(int(low), int(high), tuple(getattr(x, f)[low:high].copy() for f in PER_CHILD))


@dataclass(frozen=True)
class Rehearsed:
    """Who comes to which programme in every scenario, before anybody lives.

    existing: programmes of everyone at the start; past: those in the years before it.
    """

    setting: Setting
    clock: Clock  # of the years before the start
    everyone: Arrivals
    roster: Children
    existing: Exposure
    past: Mapping[int, _Year]
    worlds: list[_Rehearsal]
    accounts: list[Accounts]

    def in_order(self, rows: Rows) -> tuple[Rows, Rows]:
        """Return rows of the roster by block, as the engine wants them, and the number in each block."""
        rows = rows[np.lexsort((rows, self.everyone.block[rows]))]
        return rows, np.bincount(self.everyone.block[rows], minlength=BLOCKS)

    def grown(self, rows: Rows, sizes: Rows, pool: Executor) -> list[Children]:
        """Return the children of these rows as they are at the start, by block; the unborn too."""
        flow, world = self.setting.flow()[0], self.worlds[0]
        blocks = _born(self.everyone.of(rows), sizes, flow, self.setting, self.clock.table, world)
        x = ExistingWork(self.setting).exposure(rows.size)
        for year, kept in self.past.items():
            book_year(x, kept, rows)
            live_year(blocks, cut(x, sizes), self.clock, year, self.setting, None, pool)
        return blocks

    def at_start(self, world: _Rehearsal, rows: Rows) -> Exposure:
        """Return the programmes of these rows at the start, with room for those of a scenario."""
        existing = self.existing
        return world.extended(
            existing._replace(**{f: getattr(existing, f)[rows] for f in PER_CHILD}), rows.size
        )


def rehearse(scenarios: Sequence[Scenario], setting: Setting, pool: Executor) -> Rehearsed:
    """Return who comes to which programme. Raises InputError where `feedback` has a reason."""
    if reason := feedback(scenarios):
        where = scenarios[-1].path or scenarios[-1].title
        raise InputError.at(where, fault("lives_not_shared", why=reason))
    start, years, p = scenarios[0].start, scenarios[0].years, setting.parameters
    before = Clock(compile_table(default_table(), p, start))
    flow, oldest = setting.flow()[0], _oldest(scenarios)
    everyone = arrivals(flow, 0, month_of(start + years))
    bare = before.table._replace(risks=(), risk_terms=())  # nobody's risks count for who comes
    roster = endowed(everyone, flow, setting.key, bare, p)
    work = ExistingWork(setting)
    existing = work.exposure(roster.id.size)
    past: dict[int, _Year] = {}
    for year in range(EPOCH_YEAR, start):
        work.attend([roster], [existing], year, pool)
        if year >= start - AGES:
            past[year] = _kept(roster, existing, year, oldest)
    nobody = WarmStart(start, [], [], np.zeros((0, 0, 0, 0)))
    worlds = [_Rehearsal(s, setting, nobody, pool, None) for s in scenarios]
    for world in worlds:
        world.prepare(worlds[0].clock if world is not worlds[0] else None)  # the same rates in all
    accounts = [world.play(roster, existing, oldest) for world in worlds]
    return Rehearsed(setting, before, everyone, roster, existing, past, worlds, accounts)


def _histories(scenarios: Sequence[Scenario], setting: Setting, pool: Executor) -> list[History]:
    """Return a history of each scenario, of those who are reached differently."""
    all_ = rehearse(scenarios, setting, pool)
    rows, sizes = all_.in_order(reached(all_.worlds, all_.existing))
    blocks = all_.grown(rows, sizes, pool)
    return [
        _lived(world, account, [b.part(slice(None)) for b in blocks], all_.at_start(world, rows), rows, sizes)
        for world, account in zip(all_.worlds, all_.accounts, strict=True)
    ]


def reached(worlds: Sequence[_Rehearsal], existing: Exposure) -> Rows:
    """Return the rows of the roster whose programmes, or what they do, differ between worlds."""
    found = np.zeros(existing.joins.shape[0], np.bool_)
    first = worlds[0]
    for other in worlds[1:]:
        for name in dict.fromkeys((*first.programmes, *other.programmes)):
            same = first.effects.get(name) == other.effects.get(name)
            if not same and name == EXISTING:
                found |= existing.joins[:, 0] != NEVER
            for ours, theirs in zip(first.kept, other.kept, strict=True):
                a, b = _booked(first, ours, name), _booked(other, theirs, name)
                here = found[ours.low : ours.high]
                here |= (a != b).any(axis=0) if same else ((a != NEVER) | (b != NEVER)).any(axis=0)
    return np.flatnonzero(found)


def _booked(world: _Rehearsal, kept: _Year, name: str) -> NDArray[np.int16]:
    """Return months of joining and leaving a programme, [2, rows]; NEVER where a world has it not."""
    result = np.full((2, kept.high - kept.low), NEVER, np.int16)
    if name in world.programmes:
        k = list(world.programmes).index(name)
        result[0] = kept.rows[PER_CHILD.index("joins")][:, k]
        result[1] = kept.rows[PER_CHILD.index("leaves")][:, k]
    return result


def _born(
    who: Arrivals, sizes: Rows, flow: Flows, setting: Setting, table: CompiledTable, world: World
) -> list[Children]:
    """Return children by block; those born from the start on are born under its parameters."""
    ends = np.cumsum(sizes)
    blocks = []
    for low, high in zip(ends - sizes, ends, strict=True):
        mine = who.of(np.arange(low, high))
        after = mine.birth >= month_of(world.scenario.start)
        old = endowed(mine.of(~after), flow, setting.key, table, setting.parameters)
        new = endowed(mine.of(after), flow, setting.key, world.clock.table, world.p)
        blocks.append(old.joined(new))
    return blocks


def _lived(
    world: _Rehearsal, accounts: Accounts, blocks: list[Children], x: Exposure, rows: Rows, sizes: Rows
) -> History:
    """Live the years of a scenario with the programmes that were rehearsed."""
    lay = world.clock.layout
    world.cells = np.empty((world.scenario.years, BLOCKS, lay.kinds, CELLS))
    for year, kept in enumerate(world.kept):
        calendar = world.scenario.start + year
        book_year(x, kept, rows)
        live_year(blocks, cut(x, sizes), world.clock, calendar, world.setting, world.cells[year], world.pool)
    check_year(world.cells.sum(axis=0), lay, world.clock.table, world.scenario.start)
    return world.told(accounts, np.zeros(len(FORMS)))


def book_year(x: Exposure, kept: _Year, rows: Rows) -> None:
    """Give the children of `rows` (of the roster) the programmes of a year."""
    here = np.flatnonzero((rows >= kept.low) & (rows < kept.high))
    for name, values in zip(PER_CHILD, kept.rows, strict=True):
        getattr(x, name)[here] = values[rows[here] - kept.low]


def cut(x: Exposure, sizes: Rows) -> list[Exposure]:
    """Return the blocks of an exposure, as views."""
    ends = np.cumsum(sizes)
    return [
        x._replace(**{f: getattr(x, f)[low:high] for f in PER_CHILD})
        for low, high in zip(ends - sizes, ends, strict=True)
    ]
