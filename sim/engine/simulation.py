"""From scenarios, parameters and a seed to histories.

Order of events:

1. Cohorts born from 1992 on live under the rates of 2015 up to 2015, then under the observed paths,
   with the child work that existed, up to the scenario's start (warmup.py; shared by scenarios).
2. In each year of the scenario, on the town hall's clock (townhall.py):
   a. 1 January: moves take effect; the council sets posts and places; workers are hired and leave.
   b. Children join and leave programmes, month by month, within the places there are.
   c. Every child lives twelve months (lifecourse.py). Where places in care are limited, those who
      wait stop at the end of each month and the waiting lists hand out places (waitinglist.py).
   d. 31 December: stocks are counted, the year's care spending is known.
3. Invariants are checked for each year: a state outside its process, a child too many in a
   programme or in care, or a count that does not add up stops the run.

Scenarios that differ in their programmes alone, in what these do or in money, are lived together: the first
in full, the others as the lives that part from it (forks.py). Those that differ in rates, whose places are
limited, whose programmes take in children by their need, or in which less need is not as much less care, are
lived one by one.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sim.engine.config import RunConfig
from sim.engine.counting import Layout, empty_tally
from sim.engine.exposure import Exposure
from sim.engine.forks import beside, live_forks, live_reference, no_forks, rate_for
from sim.engine.history import CELLS, History, ProgrammeYear, child_years_waiting, place_years, settle
from sim.engine.lifecourse import advance
from sim.engine.plan import RunPlan, touches_no_life
from sim.engine.population import BLOCKS, Children, cohorts, month_of, with_need
from sim.engine.programmes import attend, participants_for, weights
from sim.engine.stretch import Stretch, Who, no_turn, nobody_else, open_gate, room_for, scratch
from sim.engine.townhall import Accounts, KnownCare, TownHall, YearOfCare, can_be_cut
from sim.engine.waitinglist import WaitingLists, gates, occupied
from sim.engine.warmup import NOBODY, NOT_ASIDE, Clock, WarmStart, checked, warm_up, year_span, youths_of
from sim.errors import SimulationError
from sim.faults import Fault, fault
from sim.inputs.scenario import Override, Scenario
from sim.model.prices import spending, unit_costs
from sim.model.processes import NEED, TO_CARE
from sim.model.transitions import CompiledTable, compile_table
from sim.progress import YearDone
from sim.states import EPOCH_YEAR, FORMS, MONTHS, USER_SETS

Floats = NDArray[np.float64]


def simulate(
    scenario: Scenario,
    config: RunConfig,
    pool: Executor,
    warm: WarmStart | None = None,
    tell: YearDone | None = None,
) -> History:
    """Live a scenario from a warm start (made here where none is given, and never changed).

    tell hears the index of each year that is done. Raises SimulationError where an invariant breaks,
    and ValueError for a warm start of another year.
    """
    return simulate_together([scenario], config, pool, warm, tell)[0]


def simulate_together(
    scenarios: Sequence[Scenario],
    config: RunConfig,
    pool: Executor,
    warm: WarmStart | None = None,
    tell: YearDone | None = None,
    rate: float | None = None,
) -> list[History]:
    """Live scenarios that differ in their programmes alone; the first in full, others by what they change.

    rate: see `forks.rate_for`. Raises as `simulate` does, and ValueError where scenarios cannot be lived
    together.
    """
    first = scenarios[0]
    if why := apart(scenarios):
        raise ValueError(f"lives are not shared: {why}")
    warm = warm or warm_up(config, first.start, pool)
    if warm.start != first.start:
        raise ValueError(f"the warm start is of {warm.start}, the scenario begins in {first.start}")
    plans = plans_of(scenarios, config)
    if len(plans) > 1 and any(plan.whole for plan in plans):  # by its parameters, where no scenario says so
        return [simulate(each, config, pool, warm, tell) for each in scenarios]
    return Lives(plans, warm, pool, rate).histories(tell)


def plans_of(scenarios: Sequence[Scenario], config: RunConfig) -> list[RunPlan]:
    """Return the plans of scenarios that are lived together, with the same rates and columns."""
    columns = [name for scenario in scenarios for name in scenario.programmes]
    plan = RunPlan.of(scenarios[0], config, columns=columns)
    return [plan, *(RunPlan.of(scenario, config, plan, columns) for scenario in scenarios[1:])]


def groups(scenarios: Sequence[Scenario]) -> list[list[int]]:
    """Return which scenarios are lived together, by their place: the first of each group is lived in full."""
    found: list[list[int]] = []
    for k, scenario in enumerate(scenarios):
        for group in found:
            if not apart([scenarios[group[0]], scenario]):
                group.append(k)
                break
        else:
            found.append([k])
    return found


def beginning(plan: RunPlan, warm: WarmStart, pool: Executor) -> list[Children]:
    """Return the children on 1 January of the start by block, with those who will be born until the end."""
    start, end = month_of(plan.scenario.start), month_of(plan.scenario.start + plan.scenario.years)
    born = cohorts(plan.config.flow()[0], start, end, plan.config.key, plan.clock.table, plan.p, pool)
    for b in range(BLOCKS):
        born[b] = with_need(warm.take(b), plan.clock.table, plan.config.key).joined(born[b])
    return born


def apart(scenarios: Sequence[Scenario]) -> str:
    """Return why scenarios cannot be lived together, as a word of REASONS, or nothing."""
    if len(scenarios) == 1:
        return ""
    first = scenarios[0]
    for scenario in scenarios:
        if scenario.policy == "capped":
            return "places"
        if any(k.endswith(".uptake_by_need") and own.value != 1.0 for k, own in scenario.parameters.items()):
            return "need"
        if TO_CARE in scenario.parameters and scenario.parameters[TO_CARE].value != 1.0:
            return "care"
        if _of_lives(scenario) != _of_lives(first) or scenario.prior != first.prior:
            return "parameters"
        if scenario.future != first.future or scenario.structure != first.structure:
            return "parameters"
        if [s for s in scenario.shocks if s.kind != "budget_cut"] != [
            s for s in first.shocks if s.kind != "budget_cut"
        ]:
            return "shocks"
    return ""


def _of_lives(scenario: Scenario) -> dict[str, Override]:
    """Return what a scenario says of parameters that any life depends on."""
    told = scenario.parameters.items()
    return {name: own for name, own in told if own.since != "start" or not touches_no_life(name)}


REASONS: Mapping[str, Fault] = {
    "places": fault("why_places"),
    "need": fault("why_need"),
    "care": fault("why_care"),
    "parameters": fault("why_parameters"),
    "shocks": fault("why_shocks"),
}
"""Why children whom no programme reaches may live differently in two scenarios, by a word for it."""


class World:
    """One scenario in the hands of its town hall: who comes to its programmes, and what its lives came to."""

    def __init__(self, plan: RunPlan, lives: Lives, exposed: list[Exposure], spending_before: float) -> None:
        """Begin on 1 January of the start. exposed: of the children of each block, to all columns.

        References back are weak: what was lived is large, and must go when it is no longer needed.
        """
        self.plan, self.lives, self.exposed = plan, weakref.proxy(lives), exposed
        self.payments = plan.shocks.payments()
        self.cells = np.empty((plan.scenario.years, BLOCKS, plan.clock.layout.kinds, CELLS))
        self.attended: dict[str, list[ProgrammeYear]] = {name: [] for name in plan.programmes}
        self.places: Mapping[str, float] = {}
        self.hall = TownHall(
            plan.scenario.start, plan.scenario.years, plan.rules(lives.contracts), plan.posts(),
            spending_before, weakref.proxy(self),
        )  # fmt: skip

    def open_year(self, run_year: int, fte: Mapping[str, list[float]], places: Mapping[str, float]) -> None:
        """Let children join and leave: the youngest programme first, whose children others go on with."""
        self.places = places
        presence = self.plan.shocks.presence(run_year)
        for name, _ in sorted(self.plan.programmes.items(), key=lambda item: item[1].first_age):
            self._attend(name, np.array(fte[name]) * presence, self.plan.scenario.start + run_year)

    def live_step(self, run_year: int, step: int) -> None:
        """Hand out the places of one step, where they are limited."""
        self.lives.live_step(run_year, step)

    def close_year(self, run_year: int) -> YearOfCare:
        """Tell the town hall what the year cost."""
        year, plan = self.plan.scenario.start + run_year, self.plan
        if self is self.lives.worlds[0]:
            self.lives.close_year(run_year)
        years = place_years(self.cells[run_year], plan.clock.layout, plan.clock.table).sum(axis=0)
        waiting = child_years_waiting(self.cells[run_year], plan.clock.layout).sum(axis=0)
        return YearOfCare(
            spending=_spent(years, self.lives.before, year, plan) - self._paid(years, run_year),
            place_years=dict(zip(FORMS, (years * plan.scale).tolist(), strict=True)),
            waiting_years=dict(zip(FORMS, (waiting * plan.scale).tolist(), strict=True)),
        )

    def _paid(self, years: Floats, run_year: int) -> float:
        """Return what families pay in a year; years: place-years by form [forms]."""
        prices = unit_costs(self.plan.scenario.start + run_year, self.plan.p)
        return float((years * self.payments[run_year]) @ prices) * self.plan.scale

    def history(self, proposals: int) -> History:
        """Return what was counted."""
        plan = self.plan
        return History(
            start=plan.scenario.start,
            cells=self.cells,
            scale=plan.scale,
            layout=plan.clock.layout,
            table=plan.clock.table,
            accounts=self.hall.accounts,
            programmes={name: tuple(years) for name, years in self.attended.items()},
            place_years_before=self.lives.before_by_block,
            paid_by_gemeente={name: plan.paid_by_gemeente(name) for name in plan.programmes},
            activity_cost={name: plan.p[f"{name}.activity_cost"] for name in plan.programmes},
            registration=plan.shocks.registration(),
            payments=self.payments,
            proposals=proposals,
            without=self._without_each_block(),
        )

    def _without_each_block(self) -> tuple[Accounts, ...]:
        """Return what the town hall would have decided had it met the other blocks in the place of each.

        That who works there, and who gets a place, moves care in turn is left out: it is small beside the
        luck of a shortfall, or of a year's contracts.
        """
        plan, hall = self.plan, self.hall
        contracts = hall.rules.contracts
        if not can_be_cut(hall.rules, hall.posts) and contracts is None:
            return ()
        care = place_years(self.cells, plan.clock.layout, plan.clock.table)
        others = (care.sum(axis=1, keepdims=True) - care) * BLOCKS / (BLOCKS - 1)
        waiting = child_years_waiting(self.cells, plan.clock.layout)
        queues = (waiting.sum(axis=1, keepdims=True) - waiting) * BLOCKS / (BLOCKS - 1)
        known = self.lives.before_by_block
        start, found = plan.scenario.start, []
        for b, before in enumerate((known.sum(axis=0) - known) * BLOCKS / (BLOCKS - 1)):
            care_of_years = [
                YearOfCare(
                    _spent(years, before, start + k, plan) - self._paid(years, k),
                    dict(zip(FORMS, (years * plan.scale).tolist(), strict=True)),
                    dict(zip(FORMS, (queue * plan.scale).tolist(), strict=True)),
                )
                for k, (years, queue) in enumerate(zip(others[:, b], queues[:, b], strict=True))
            ]
            rules = hall.rules if contracts is None else replace(hall.rules, contracts=plan.contracts(before))
            first = _spent(before, before, start - 1, plan)
            replay = TownHall(start, len(care_of_years), rules, hall.posts, first, KnownCare(care_of_years))
            found.append(replay.run())
        return tuple(found)

    def _attend(self, name: str, fte: Floats, year: int) -> None:
        plan, programme = self.plan, self.plan.programmes[name]
        use, ages = plan.scenario.programmes.get(name), plan.ages(name)
        eligible = float(sum(plan.config.profile.youths_on(year)[ages[0] : ages[1] + 1]))
        reached = [participants_for(f, eligible, programme, plan.p) for f in fte]
        places = np.array(reached) / plan.scale if plan.scale else np.zeros(MONTHS)
        targeting = (use.targeting if use else None) or programme.targeting
        goes_on = programme.continues in plan.programmes and (use is None or use.switches.continuity)
        before = plan.columns.index(programme.continues) if goes_on else -1
        attendance = attend(
            self.lives.blocks, self.exposed, plan.columns.index(name), programme, places, year - EPOCH_YEAR,
            plan.config.key, weights(targeting, programme, plan.p), plan.p[f"{name}.stay"], self.lives.pool,
            ages, before, plan.p[f"{name}.continuity"] if before >= 0 else 1.0,
            plan.p[f"{name}.uptake_by_need"], plan.clock.table.process(NEED),
        )  # fmt: skip
        if np.any(attendance.stock > places + 1e-6):
            raise SimulationError(fault("more_children_than_places", name=name, year=year))
        self.attended[name].append(
            ProgrammeYear(float(places.mean()), float(attendance.participants), float(attendance.stock[-1]))
        )


class Lives:
    """The children of worlds that share their lives, and what was counted of them."""

    def __init__(
        self, plans: Sequence[RunPlan], warm: WarmStart, pool: Executor, rate: float | None = None
    ) -> None:
        """Begin from a warm start, with everybody who will be born."""
        plan = plans[0]
        self.plan, self.pool = plan, pool
        simulated = sum(plan.config.profile.youths) / plan.scale if plan.scale else 0.0
        self.rate = rate_for(simulated, plan.config.draw) if rate is None else rate
        self.blocks = beginning(plan, warm, pool)
        self.before_by_block = place_years_before(warm, plan.clock, plan.config)
        self.before = self.before_by_block.sum(axis=0)
        self.contracts = plan.contracts(self.before)
        if self.contracts is not None:
            self.blocks = [_able_to_wait(block) for block in self.blocks]
        self.proposals = 0
        self.spare: list[Floats] = []
        self.waiting: WaitingLists | None = None
        exposed, self.beside = [list[Exposure]() for _ in plans], list[Exposure]()
        for x, block in zip(warm.exposed, self.blocks, strict=True):
            mine, *others = (each.exposure(x, block.id.size) for each in plans)
            whole, parts = beside(others) if others else (nobody_else().x, [])
            self.beside.append(whole)
            for known, part in zip(exposed, [mine, *parts], strict=True):
                known.append(part)
        self.worlds = []
        for each, known in zip(plans, exposed, strict=True):
            spent = _spent(self.before, self.before, plan.scenario.start - 1, each)
            self.worlds.append(World(each, self, known, spent))
        self.partings = [1 << 10] * BLOCKS
        self.forks = [[no_forks(block) for block in self.blocks] for _ in plans[1:]]

    def histories(
        self, tell: YearDone | None = None, attended: Callable[[int], None] = lambda _: None
    ) -> list[History]:
        """Live all years and return the history of each world.

        tell hears the index of each year that is done; attended of each whose programmes are filled.
        """
        for run_year in range(self.plan.scenario.years):
            for world in self.worlds:
                world.hall.open_year()
            attended(run_year)
            self._open(run_year)
            for world in self.worlds:
                world.hall.close_year()
            if tell is not None:
                tell(run_year)
        return [world.history(self.proposals) for world in self.worlds]

    def _open(self, run_year: int) -> None:
        """Live a year: to its end, or where places are limited until somebody waits."""
        year, places = self.plan.scenario.start + run_year, self.worlds[0].places
        if not places:
            one = self._year_of_block(run_year)
            self.proposals += checked(list(self.pool.map(one, range(BLOCKS))), year)
            return
        limits = np.array([places.get(form, np.inf) for form in FORMS])
        scaled = limits / self.plan.scale if self.plan.scale else limits
        self.waiting = WaitingLists(
            scaled,
            occupied(self.blocks, year - EPOCH_YEAR),
            gates(self.blocks, list(places)),
            [empty_tally(self.plan.clock.layout) for _ in self.blocks],
        )
        everyone = [youths_of(block, year - EPOCH_YEAR) for block in self.blocks]
        self._advance(self.waiting, year, 0, [NOBODY] * BLOCKS, everyone)

    def _year_of_block(self, run_year: int) -> Callable[[int], int]:
        """Return what lives a year of a block in every world, and returns the number of proposals."""
        plan, others = self.plan, self.worlds[1:]
        epoch_year = plan.scenario.start + run_year - EPOCH_YEAR
        h, lay, key = plan.clock.table.hazards, plan.clock.layout, plan.config.key
        span, bounds = year_span(epoch_year, plan.config.steps_per_month, True), plan.clock.year(epoch_year)
        gate = open_gate()
        alone, once, unwritten = nobody_else(), no_turn(), room_for(0)

        def one(b: int) -> int:
            children, first_world = self.blocks[b], self.worlds[0]
            mine, cells = first_world.exposed[b], first_world.cells[run_year, b]
            first, last = youths_of(children, epoch_year)
            tally, room, log = self._empty_tally(), scratch(children), room_for(self.partings[b])
            while True:
                proposals, rows, eve = live_reference(
                    children, mine, self.beside[b], self.rate, first, last, h, bounds, lay, key, span, gate,
                    tally, cells, room, alone, log, unwritten, once,
                )  # fmt: skip
                if log.number[0] <= log.child.size:
                    break
                children.put(rows, eve)
                self.partings[b] = 2 * int(log.number[0])
                log = room_for(self.partings[b])
            for w, world in enumerate(others):
                if not rows.size and not self.forks[w][b].row.size:
                    world.cells[run_year, b] = cells
                    continue
                found, self.forks[w][b] = live_forks(
                    self.forks[w][b], w, eve, rows, log, mine, world.exposed[b], cells,
                    world.cells[run_year, b], h, bounds, lay, key, span, gate, tally, room, alone, unwritten,
                )  # fmt: skip
                proposals = _both(proposals, found)
            self.spare.append(tally)
            return int(proposals)

        return one

    def _empty_tally(self) -> Floats:
        """Return a tally that was settled, or a new one: a block that fails gives none back."""
        try:
            return self.spare.pop()
        except IndexError:
            return empty_tally(self.plan.clock.layout)

    def live_step(self, run_year: int, step: int) -> None:
        """Hand out the places of one step, and let those who stopped for it live on."""
        if self.waiting is None:
            return
        plan = self.plan
        year = plan.scenario.start + run_year
        epoch_year, per_month = year - EPOCH_YEAR, plan.config.steps_per_month
        rows = self.waiting.admit(
            self.blocks, plan.clock.table.hazards, plan.clock.layout, plan.config.key,
            epoch_year * MONTHS * per_month + step, per_month, epoch_year, plan.withdrawal(), self.pool,
        )  # fmt: skip
        self._advance(self.waiting, year, step + 1, rows, [(0, 0)] * BLOCKS)

    def close_year(self, run_year: int) -> None:
        """Count the year that was lived where places are limited, and check it."""
        cells, plan = self.worlds[0].cells[run_year], self.plan
        if self.waiting is not None:
            for tally, own in zip(self.waiting.tallies, cells, strict=True):
                settle(tally, own)
        check_year(cells, plan.clock.layout, plan.clock.table, plan.scenario.start + run_year)

    def _advance(
        self,
        waiting: WaitingLists,
        year: int,
        step: int,
        rows: list[NDArray[np.int64]],
        ranges: list[tuple[int, int]],
    ) -> None:
        plan = self.plan
        epoch_year, per_month = year - EPOCH_YEAR, plan.config.steps_per_month
        bounds, lay, steps = plan.clock.year(epoch_year), plan.clock.layout, MONTHS * per_month
        span = Stretch(epoch_year * steps + step, steps - step, per_month, epoch_year, True)

        def one(b: int) -> int:
            first, last = ranges[b]
            if first == last and not rows[b].size:
                return 0
            return int(
                advance(
                    self.blocks[b], Who(first, last, rows[b], NOT_ASIDE), self.worlds[0].exposed[b],
                    plan.clock.table.hazards, bounds, lay, plan.config.key, span, waiting.gates[b],
                    waiting.tallies[b], scratch(self.blocks[b]), nobody_else(), room_for(0), no_turn(),
                )
            )  # fmt: skip

        self.proposals += checked(list(self.pool.map(one, range(BLOCKS))), year)


def _both(one: int, other: int) -> int:
    """Return the sum of two numbers of proposals, or what stands for an impossible life."""
    return one + other if one >= 0 and other >= 0 else -1


def _able_to_wait(children: Children) -> Children:
    return children._replace(waits_since=np.zeros((children.id.size, len(FORMS)), np.float32))


def _spent(years: Floats, before: Floats, year: int, plan: RunPlan) -> float:
    """Return what the municipality spends on youth care in a year, without programmes."""
    return sum(spending(years, before, year, plan.p).values()) * plan.scale


def place_years_before(warm: WarmStart, clock: Clock, config: RunConfig) -> Floats:
    """Return place-years by [blocks, form] in the last year of a warm start, simulated children."""
    if warm.cells.shape[2] != clock.layout.kinds:  # lived without demand beside need
        clock = Clock(compile_table(config.model.table, config.parameters, EPOCH_YEAR))
    years = place_years(warm.cells, clock.layout, clock.table)
    if not years.shape[0]:  # a scenario that starts in 2015 has no recorded year before it
        return np.zeros(years.shape[1:])
    return np.asarray(years[-1])


def check_year(cells: Floats, lay: Layout, table: CompiledTable, year: int) -> None:
    """Check what must hold in every simulated year. cells: [blocks, kinds, CELLS].

    Raises SimulationError that names what is broken: one state per process, no negative count, no
    more users on 31 December than during the year.
    """
    total = cells.sum(axis=0)
    people = total[lay.people].sum()
    for name in table.processes:
        inside = sum(
            total[lay.stock + i].sum() for i, (process, _) in enumerate(table.states) if process == name
        )
        if inside > people + 1e-6:
            raise SimulationError(fault("more_in_state_than_there_are", year=year, name=name))
    if total.min() < 0:
        raise SimulationError(fault("count_negative", year=year))
    for k, (name, (_, none_of)) in enumerate(USER_SETS.items()):
        if not none_of and total[lay.stock_users + k].sum() > total[lay.users + k].sum() + 1e-6:
            raise SimulationError(fault("more_on_last_day_than_in_year", name=name, year=year))
