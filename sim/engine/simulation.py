"""From a scenario, parameters and a seed to a history.

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
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.engine.counting import Layout, empty_tally
from sim.engine.exposure import Exposure
from sim.engine.history import CELLS, History, ProgrammeYear, child_years_waiting, place_years, reduce_tally
from sim.engine.lifecourse import advance, scratch
from sim.engine.population import BLOCKS, Children, cohorts, month_of
from sim.engine.programmes import attend, check_headroom, effect_of, exposures, participants_for, weights
from sim.engine.setting import EXISTING, Setting
from sim.engine.shocks import Shocks
from sim.engine.townhall import Accounts, Contracts, Post, Rules, TownHall, YearOfCare
from sim.engine.waitinglist import WaitingLists, gates, occupied
from sim.engine.warmup import NOBODY, PER_CHILD, Clock, WarmStart, live_year, post_for, warm_up, youths_of
from sim.errors import SimulationError
from sim.faults import fault
from sim.inputs.scenario import Scenario
from sim.model.catalogue import Programme, catalogue
from sim.model.parameters import Parameters
from sim.model.prices import care_spending
from sim.model.processes import default_table
from sim.model.registration import registered
from sim.model.transitions import CompiledTable, compile_table
from sim.states import EPOCH_YEAR, FORMS, MECHANISMS, MONTHS, USER_SETS

Floats = NDArray[np.float64]


def simulate(
    scenario: Scenario,
    setting: Setting,
    pool: Executor,
    warm: WarmStart | None = None,
    tell: Callable[[int], None] | None = None,
) -> History:
    """Live a scenario from a warm start (made here where none is given, and never changed).

    tell hears the index of each year that is done. Raises SimulationError where an invariant breaks,
    and ValueError for a warm start of another year.
    """
    warm = warm or warm_up(setting, scenario.start, pool)
    if warm.start != scenario.start:
        raise ValueError(f"the warm start is of {warm.start}, the scenario begins in {scenario.start}")
    return World(scenario, setting, warm, pool, tell).history()


@dataclass
class World:
    """One scenario being lived: the children, and what the town hall does to them."""

    scenario: Scenario
    setting: Setting
    warm: WarmStart
    pool: Executor
    tell: Callable[[int], None] | None
    attended: dict[str, list[ProgrammeYear]] = field(default_factory=dict)
    proposals: int = 0

    def prepare(self, clock: Clock | None = None) -> None:
        """Set up what is known before anybody lives: numbers, rates (or a clock with them), programmes."""
        scenario = self.scenario
        self.p = with_overrides(self.setting.parameters, scenario, "start")
        self.shocks = Shocks(scenario.shocks, scenario.start, scenario.years)
        last_year = scenario.start + max(scenario.years, 1)
        self.clock = clock or Clock(compile_table(default_table(), self.p, last_year, self.shocks.rates()))
        self.scale = self.setting.flow()[1]
        names = [EXISTING, *(n for n in scenario.programmes if n != EXISTING)]
        self.programmes = {name: catalogue()[name] for name in names}
        self.effects = {n: effect_of(self.programmes[n], self.p, self._switches(n)) for n in names}
        if self.setting.draw == 0:
            check_headroom(self.effects, {name: self._ages(name) for name in names})
        self.attended = {name: [] for name in names}

    def history(self) -> History:
        """Run the town hall and return what happened."""
        self.prepare()
        scenario, setting = self.scenario, self.setting
        self.cells = np.empty((scenario.years, BLOCKS, self.clock.layout.kinds, CELLS))
        end = month_of(scenario.start + scenario.years)
        born = cohorts(
            setting.flow()[0], month_of(scenario.start), end, setting.key, self.clock.table, self.p, self.pool
        )
        self.blocks = [
            old.part(slice(None)).joined(new) for old, new in zip(self.warm.blocks, born, strict=True)
        ]
        self.exposed = [
            self.extended(x, block.id.size) for x, block in zip(self.warm.exposed, self.blocks, strict=True)
        ]
        before = place_years_before(self.warm, self.clock)
        contracts = self._contracts(before)
        if contracts is not None:
            self.blocks = [_able_to_wait(block) for block in self.blocks]
        spending = care_spending(before, scenario.start - 1, self.p) * self.scale
        return self.told(self.town_hall(contracts, spending).run(), before)

    def extended(self, x: Exposure, count: int) -> Exposure:
        """Return the exposure at the start (to EXISTING alone) for more children and all programmes."""
        wide = exposures(count, list(self.programmes), self.effects)
        n = x.joins.shape[0]
        for f in PER_CHILD:
            getattr(wide, f)[:n, :1] = getattr(x, f)
        return wide

    def town_hall(self, contracts: Contracts | None, spending_before: float) -> TownHall:
        """Return the town hall that runs this world."""
        return TownHall(
            self.scenario.start, self.scenario.years, self._rules(contracts), self._posts(), spending_before,
            self, self.tell,
        )  # fmt: skip

    def told(self, accounts: Accounts, before: Floats) -> History:
        """Return what was counted as a history. before: [forms] place-years of the year before the start."""
        return History(
            start=self.scenario.start,
            cells=self.cells,
            scale=self.scale,
            layout=self.clock.layout,
            table=self.clock.table,
            accounts=accounts,
            programmes={name: tuple(years) for name, years in self.attended.items()},
            place_years_before=before,
            paid_by_gemeente={name: self._municipal(name) for name in self.programmes},
            activity_cost={name: self.p[f"{name}.activity_cost"] for name in self.programmes},
            registration=self.shocks.registration(),
            proposals=self.proposals,
        )

    def _switches(self, name: str) -> Mapping[str, bool]:
        use = self.scenario.programmes.get(name)
        return {} if use is None else {m: getattr(use.switches, m) for m in MECHANISMS}

    def _municipal(self, name: str) -> bool:
        use = self.scenario.programmes.get(name)
        return use is None or use.paid_by == "gemeente"

    def _contracts(self, before: Floats) -> Contracts | None:
        """Return the contracts for places: those of the scenario, else what was used before the start."""
        if self.scenario.policy != "capped":
            return None
        margin = self.p["townhall.places_margin"]
        places: dict[str, float] = {}
        for form, used in zip(FORMS, before, strict=True):
            agreed = self.scenario.places.get(form, "as_used" if form in LIMITED else "unlimited")
            if agreed != "unlimited":
                counted = float(registered(form, [self.scenario.start], self.p)[0])
                places[form] = used * self.scale * margin if agreed == "as_used" else float(agreed) / counted
        return Contracts(
            places=places,
            growth=self.p["townhall.places_growth"],
            up=self.p["townhall.contract_up"],
            down=self.p["townhall.contract_down"],
        )

    def _rules(self, contracts: Contracts | None) -> Rules:
        growth = self.scenario.budget.real_growth
        return Rules(
            policy=self.scenario.policy,
            budget=self.scenario.budget.youth_care,
            budget_growth=self.p["townhall.budget_growth"] if growth is None else growth,
            crowd_out_share=self.p["townhall.crowd_out_share"],
            crowd_out_ceiling=self.p["townhall.crowd_out_ceiling"],
            contracts=contracts,
            steps_per_month=self.setting.steps_per_month if contracts is not None else 1,
        )

    def _posts(self) -> tuple[Post, ...]:
        posts = []
        for name, programme in self.programmes.items():
            use = self.scenario.programmes.get(name)
            years = self.scenario.years
            fte = use.fte_by_year(self.scenario.start, years) if use else (0.0,) * years
            before = self.setting.existing_fte() if name == EXISTING else 0.0
            fenced = use is None or use.ring_fenced
            cuts = () if fenced else self.shocks.cuts(name)
            posts.append(post_for(programme, fte, before, fenced, self._municipal(name), self.p, cuts))
        return tuple(posts)

    def open_year(self, year: int, fte: Mapping[str, list[float]], places: Mapping[str, float]) -> None:
        """Let children join and leave programmes; live the whole year where nobody can wait."""
        calendar = self.scenario.start + year
        self.attend_all(year, fte)
        self.waiting = None
        if not places:
            self.proposals += live_year(
                self.blocks, self.exposed, self.clock, calendar, self.setting, self.cells[year], self.pool
            )
            return
        limits = np.array([places.get(form, np.inf) for form in FORMS])
        scaled = limits / self.scale if self.scale else limits
        self.waiting = WaitingLists(scaled, occupied(self.blocks, calendar - EPOCH_YEAR))
        self.gates = gates(self.blocks, list(places))
        self.tallies = [empty_tally(self.clock.layout) for _ in self.blocks]
        everyone = [youths_of(block, calendar - EPOCH_YEAR) for block in self.blocks]
        self._advance(calendar, 0, [NOBODY] * BLOCKS, everyone)

    def attend_all(self, year: int, fte: Mapping[str, list[float]]) -> None:
        """Fill the places of every programme for a year: for the youngest first, whom others go on with."""
        order = enumerate(self.programmes.items())
        for k, (name, programme) in sorted(order, key=lambda item: item[1][1].first_age):
            at_work = np.array(fte[name]) * self.shocks.presence(year)
            self._attend(k, programme, at_work, self.scenario.start + year)

    def live_step(self, year: int, step: int) -> None:
        """Hand out the places of one step, and let those who stopped for it live on."""
        if self.waiting is None:
            return
        calendar = self.scenario.start + year
        index, per_month = calendar - EPOCH_YEAR, self.setting.steps_per_month
        rows = self.waiting.admit(
            self.blocks, self.gates, self.tallies, self.clock.table.hazards, self.clock.layout,
            self.setting.key, index * MONTHS * per_month + step, per_month, index, self._withdrawal(),
            self.pool,
        )  # fmt: skip
        self._advance(calendar, step + 1, rows, [(0, 0)] * BLOCKS)

    def close_year(self, year: int) -> YearOfCare:
        """Check the year that was lived, and tell the town hall what it cost."""
        calendar = self.scenario.start + year
        cells, lay = self.cells[year], self.clock.layout
        if self.waiting is not None:
            for tally, own in zip(self.tallies, cells, strict=True):
                reduce_tally(tally, own)
        check_year(cells, lay, self.clock.table, calendar)
        years = place_years(cells, lay, self.clock.table).sum(axis=0)
        waiting = child_years_waiting(cells, lay).sum(axis=0)
        return YearOfCare(
            spending=care_spending(years, calendar, self.p) * self.scale,
            place_years=dict(zip(FORMS, (years * self.scale).tolist(), strict=True)),
            waiting_years=dict(zip(FORMS, (waiting * self.scale).tolist(), strict=True)),
        )

    def _advance(
        self, calendar: int, step: int, rows: list[NDArray[np.int64]], ranges: list[tuple[int, int]]
    ) -> None:
        index, per_month = calendar - EPOCH_YEAR, self.setting.steps_per_month
        bounds, lay, steps = self.clock.year(index), self.clock.layout, MONTHS * per_month

        def one(b: int) -> int:
            first, last = ranges[b]
            if first == last and not rows[b].size:
                return 0
            return int(
                advance(
                    self.blocks[b], first, last, rows[b], self.exposed[b], self.clock.table.hazards, bounds,
                    lay, self.setting.key, index * steps + step, steps - step, per_month, index, True,
                    self.gates[b], self.tallies[b], scratch(),
                )
            )  # fmt: skip

        proposals = list(self.pool.map(one, range(BLOCKS)))
        if min(proposals) < 0:
            raise SimulationError(fault("too_many_events_in_month", year=calendar))
        self.proposals += sum(proposals)

    def _withdrawal(self) -> Floats:
        return np.array([self.p[f"waiting.withdraw.{s}"] for s in ("none", "light", "moderate", "complex")])

    def _ages(self, name: str) -> tuple[int, int]:
        use = self.scenario.programmes.get(name)
        return (use.ages if use else None) or catalogue()[name].ages

    def _attend(self, k: int, programme: Programme, fte: Floats, year: int) -> None:
        name = programme.name
        use = self.scenario.programmes.get(name)
        ages = self._ages(name)
        eligible = float(sum(self.setting.profile.youths[ages[0] : ages[1] + 1]))
        reached = [participants_for(f, eligible, programme, self.p) for f in fte]
        places = np.array(reached) / self.scale if self.scale else np.zeros(MONTHS)
        targeting = (use.targeting if use else None) or programme.targeting
        order = list(self.programmes)
        goes_on = programme.continues in order and (use is None or use.switches.continuity)
        before = order.index(programme.continues) if goes_on else -1  # type: ignore[arg-type]
        attendance = attend(
            self.blocks, self.exposed, k, programme, places, year - EPOCH_YEAR, self.setting.key,
            weights(targeting, programme, self.p), self.p[f"{name}.stay"], self.pool, ages, before,
            self.p[f"{name}.continuity"] if before >= 0 else 1.0,
        )  # fmt: skip
        if np.any(attendance.stock > places + 1e-6):
            raise SimulationError(fault("more_children_than_places", name=name, year=year))
        self.attended[name].append(
            ProgrammeYear(float(places.mean()), float(attendance.participants), float(attendance.stock[-1]))
        )


LIMITED = FORMS[1:8]
"""Forms whose places are limited under `capped` where a scenario says nothing: those that are bought.

The wijkteam is the municipality's own, and a court's measure cannot wait.
"""


def _able_to_wait(children: Children) -> Children:
    return children._replace(waits_since=np.zeros((children.id.size, len(FORMS)), np.float32))


def place_years_before(warm: WarmStart, clock: Clock) -> Floats:
    """Return place-years by form in the last year of a warm start, simulated children."""
    if not warm.cells.shape[0]:  # a scenario that starts in 2015 has no recorded year before it
        return np.zeros(len(place_years(warm.cells, clock.layout, clock.table).sum(axis=(0, 1))))
    return np.asarray(place_years(warm.cells[-1], clock.layout, clock.table).sum(axis=0))


def with_overrides(p: Parameters, scenario: Scenario, since: str) -> Parameters:
    """Return parameters with the scenario's overrides that act from `since` (birth or start)."""
    changes: dict[str, float] = {}
    for name, override in scenario.parameters.items():
        if override.since == since:
            changes[name] = float(override.value)  # type: ignore[arg-type]
    return p.replace(changes)


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
