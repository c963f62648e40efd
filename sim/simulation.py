"""From a scenario, parameters and a seed to a history.

Order of events:

1. Cohorts born from 1992 on live under the rates of 2015 up to 2015, then under the observed paths,
   with the child work that existed, up to the scenario's start (`warm_up`, shared by scenarios).
2. In each year of the scenario, on the town hall's clock (townhall.py):
   a. 1 January: moves take effect; the budget cycle sets the posts of each programme.
   b. Workers are hired and leave, month by month; the year's places follow.
   c. Children join and leave programmes, month by month, within the places there are.
   d. Every child lives twelve months (lifecourse.py).
   e. 31 December: stocks are counted, the year's care spending is known.
3. Invariants are checked for each year: a state outside its process, a child too many in a
   programme or a count that does not add up stops the run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.errors import SimulationError
from sim.history import CELLS, History, ProgrammeYear, place_years, reduce_tally
from sim.lifecourse import Exposure, Layout, YearTable, advance, empty_tally, layout, scratch, year_table
from sim.luck import key_of
from sim.parameters import Parameters
from sim.population import BLOCKS, LIFE_MONTHS, Children, Flows, Profile, cohorts, flows, month_of
from sim.prices import care_spending, fte_price
from sim.programmes import (
    Attendance,
    Effect,
    Programme,
    attend,
    catalogue,
    check_headroom,
    effect_of,
    exposures,
    fte_for,
    participants_for,
    weights,
)
from sim.scenario import Scenario
from sim.states import EPOCH_YEAR, HISTORY_YEAR, MECHANISMS, MONTHS, USER_SETS
from sim.townhall import Post, Rules, TownHall, Workforce
from sim.transitions import CompiledTable, compile_table, default_table

Floats = NDArray[np.float64]
EXISTING = "kinderwerk"
"""The programme that the observed world already contains."""


@contextmanager
def worker_threads(threads: int | None) -> Iterator[Executor]:
    """Yield a pool of `threads` (default: one per processor). Results do not depend on the number.

    Raises ValueError where `threads` is below 1.
    """
    if threads is not None and threads < 1:
        raise ValueError(f"the number of threads must be 1 or more, found {threads}")
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        yield pool


@dataclass(frozen=True)
class Setting:
    """What a run is about, apart from the scenario: where, with which numbers, luck and size."""

    profile: Profile
    parameters: Parameters
    seed: int = 0
    draw: int = 0
    replication: int = 0
    children: int | None = None
    steps_per_month: int = 1

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
        programme = catalogue()[EXISTING]
        coverage = self.parameters[f"{EXISTING}.existing_coverage"]
        return fte_for(coverage, self.eligible(programme), programme, self.parameters)

    def eligible(self, programme: Programme) -> float:
        """Return the real number of children of a programme's ages."""
        return float(sum(self.profile.youths[programme.first_age : programme.last_age + 1]))


@dataclass(frozen=True)
class WarmStart:
    """The population on the eve of a scenario, and what was counted in the last years before it.

    cells: [years, blocks, kinds, CELLS], the last of them the year before the start.
    """

    start: int
    blocks: list[Children]
    exposed: list[Exposure]
    cells: Floats


class _Clock:
    """Compiled rates, with the bounds of each year made once and reused while rates stand still."""

    def __init__(self, table: CompiledTable) -> None:
        self.table = table
        self.layout = layout(table)
        self._made: dict[int, YearTable] = {}

    def year(self, index: int) -> YearTable:
        if index not in self._made:
            bound = self.table.hazards.bound
            for other, made in self._made.items():
                if np.array_equal(bound[index], bound[other]):
                    self._made[index] = made
                    break
            else:
                self._made[index] = YearTable(*year_table(self.table.hazards, index))
        return self._made[index]


def live_year(
    blocks: Sequence[Children],
    exposed: Sequence[Exposure],
    clock: _Clock,
    year: int,
    setting: Setting,
    cells: Floats | None,
    pool: Executor,
) -> int:
    """Let every child live calendar year `year`; return the number of events proposed.

    Counts are written into `cells` [blocks, kinds, CELLS], or not made where it is None. Blocks are
    independent and each writes its own part, so that results do not depend on threads.
    Raises SimulationError where a child has impossibly many events.
    """
    index = year - EPOCH_YEAR
    bounds = clock.year(index)
    per_month, key, lay = setting.steps_per_month, setting.key, clock.layout

    def one(b: int) -> int:
        children = blocks[b]
        tally = empty_tally(lay)
        first = int(np.searchsorted(children.birth, index * MONTHS - LIFE_MONTHS, side="right"))
        last = int(np.searchsorted(children.birth, (index + 1) * MONTHS))
        proposals = advance(
            children, first, last, exposed[b], clock.table.hazards, bounds, lay, key,
            index * MONTHS * per_month, MONTHS * per_month, per_month, index, cells is not None, tally,
            scratch(),
        )  # fmt: skip
        if cells is not None:
            reduce_tally(tally, cells[b])
        return int(proposals)

    proposals = list(pool.map(one, range(len(blocks))))
    if min(proposals) < 0:
        raise SimulationError(f"a child had impossibly many events within a month of {year}: check the rates")
    return sum(proposals)


def warm_up(
    setting: Setting,
    start: int,
    pool: Executor,
    tell: Callable[[int], None] | None = None,
    count_from: int | None = None,
) -> WarmStart:
    """Let cohorts live from 1992 up to 1 January of `start`, with the child work that existed.

    What happens is counted from the year `count_from` on, and not before 2015 (default: the last
    year, whichever it is). tell hears each year that is done.
    """
    p = setting.parameters
    clock = _Clock(compile_table(default_table(), p, start))
    flow, scale = setting.flow()
    blocks = cohorts(flow, 0, month_of(start), setting.key, clock.table, p)
    programme = catalogue()[EXISTING]
    effects = {EXISTING: effect_of(programme, p, {})}
    check_headroom(effects)
    exposed = [exposures(block.id.size, [EXISTING], effects) for block in blocks]
    at_work = Workforce(_post(programme, (), setting.existing_fte(), True, True, p)).at_work
    reached = participants_for(at_work, setting.eligible(programme), programme, p)
    places = np.full(MONTHS, reached / scale if scale else 0.0)
    weight = weights(programme.targeting, programme, p)
    counted_from = start - 1 if count_from is None else max(count_from, HISTORY_YEAR)
    cells = np.empty((max(start - counted_from, 0), BLOCKS, clock.layout.kinds, CELLS))
    for year in range(EPOCH_YEAR, start):
        attend(
            blocks, exposed, 0, programme, places, year - EPOCH_YEAR, setting.key, weight,
            p[f"{EXISTING}.stay"], pool,
        )  # fmt: skip
        counted = cells[year - counted_from] if year >= counted_from else None
        live_year(blocks, exposed, clock, year, setting, counted, pool)
        if tell is not None:
            tell(year)
    alive = [int(np.searchsorted(b.birth, month_of(start) - LIFE_MONTHS, side="right")) for b in blocks]
    return WarmStart(
        start=start,
        blocks=[b.part(slice(n, None)) for b, n in zip(blocks, alive, strict=True)],
        exposed=[
            x._replace(**{f: getattr(x, f)[n:].copy() for f in _PER_CHILD})
            for x, n in zip(exposed, alive, strict=True)
        ],
        cells=cells,
    )


_PER_CHILD = ("past_level", "past_time", "joins", "leaves")


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
    return _Run(scenario, setting, warm, pool, tell).history()


@dataclass
class _Run:
    scenario: Scenario
    setting: Setting
    warm: WarmStart
    pool: Executor
    tell: Callable[[int], None] | None
    attended: dict[str, list[ProgrammeYear]] = field(default_factory=dict)
    proposals: int = 0

    def history(self) -> History:
        """Run the town hall and return what happened."""
        scenario, setting = self.scenario, self.setting
        self.p = with_overrides(setting.parameters, scenario, "start")
        self.clock = _Clock(compile_table(default_table(), self.p, scenario.start + max(scenario.years, 1)))
        flow, self.scale = setting.flow()
        names = [EXISTING, *(n for n in scenario.programmes if n != EXISTING)]
        self.programmes = {name: catalogue()[name] for name in names}
        effects = {n: effect_of(self.programmes[n], self.p, self._switches(n)) for n in names}
        check_headroom(effects)
        self.cells = np.empty((scenario.years, BLOCKS, self.clock.layout.kinds, CELLS))
        end = month_of(scenario.start + scenario.years)
        born = cohorts(flow, month_of(scenario.start), end, setting.key, self.clock.table, self.p)
        self.blocks = [
            old.part(slice(None)).joined(new) for old, new in zip(self.warm.blocks, born, strict=True)
        ]
        self.exposed = [
            _extended(x, block.id.size, names, effects)
            for x, block in zip(self.warm.exposed, self.blocks, strict=True)
        ]
        self.attended = {name: [] for name in names}
        before = place_years_before(self.warm, self.clock)
        spending = care_spending(before, scenario.start - 1, self.p) * self.scale
        hall = TownHall(
            scenario.start, scenario.years, self._rules(), self._posts(), spending, self._live, self.tell
        )
        accounts = hall.run()
        return History(
            start=scenario.start,
            cells=self.cells,
            scale=self.scale,
            layout=self.clock.layout,
            table=self.clock.table,
            accounts=accounts,
            programmes={name: tuple(years) for name, years in self.attended.items()},
            place_years_before=before,
            paid_by_gemeente={name: self._municipal(name) for name in names},
            proposals=self.proposals,
        )

    def _switches(self, name: str) -> Mapping[str, bool]:
        use = self.scenario.programmes.get(name)
        return {} if use is None else {m: getattr(use.switches, m) for m in MECHANISMS}

    def _municipal(self, name: str) -> bool:
        use = self.scenario.programmes.get(name)
        return use is None or use.paid_by == "gemeente"

    def _rules(self) -> Rules:
        growth = self.scenario.budget.real_growth
        return Rules(
            policy=self.scenario.policy,
            budget=self.scenario.budget.youth_care,
            budget_growth=self.p["townhall.budget_growth"] if growth is None else growth,
            crowd_out_share=self.p["townhall.crowd_out_share"],
            crowd_out_ceiling=self.p["townhall.crowd_out_ceiling"],
        )

    def _posts(self) -> tuple[Post, ...]:
        posts = []
        for name, programme in self.programmes.items():
            use = self.scenario.programmes.get(name)
            years = self.scenario.years
            fte = use.fte_by_year(self.scenario.start, years) if use else (0.0,) * years
            before = self.setting.existing_fte() if name == EXISTING else 0.0
            fenced = use is None or use.ring_fenced
            posts.append(_post(programme, fte, before, fenced, self._municipal(name), self.p))
        return tuple(posts)

    def _live(self, index: int, fte: Mapping[str, list[float]]) -> float:
        year = self.scenario.start + index
        for k, (name, programme) in enumerate(self.programmes.items()):
            self._attend(k, programme, np.array(fte[name]), year)
        cells = self.cells[index]
        self.proposals += live_year(
            self.blocks, self.exposed, self.clock, year, self.setting, cells, self.pool
        )
        check_year(cells, self.clock.layout, self.clock.table, year)
        years = place_years(cells, self.clock.layout, self.clock.table).sum(axis=0)
        return care_spending(years, year, self.p) * self.scale

    def _attend(self, k: int, programme: Programme, fte: Floats, year: int) -> None:
        name = programme.name
        eligible = self.setting.eligible(programme)
        reached = [participants_for(f, eligible, programme, self.p) for f in fte]
        places = np.array(reached) / self.scale if self.scale else np.zeros(MONTHS)
        use = self.scenario.programmes.get(name)
        targeting = (use.targeting if use else None) or programme.targeting
        attendance: Attendance = attend(
            self.blocks, self.exposed, k, programme, places, year - EPOCH_YEAR, self.setting.key,
            weights(targeting, programme, self.p), self.p[f"{name}.stay"], self.pool,
        )  # fmt: skip
        if np.any(attendance.stock > places + 1e-6):
            raise SimulationError(f"{name} has more children than places in {year}")
        self.attended[name].append(
            ProgrammeYear(float(places.mean()), float(attendance.participants), float(attendance.stock[-1]))
        )


def place_years_before(warm: WarmStart, clock: _Clock) -> Floats:
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
            raise SimulationError(f"in {year} more children are in a state of '{name}' than there are")
    if total.min() < 0:
        raise SimulationError(f"a count is negative in {year}")
    for k, (name, (_, none_of)) in enumerate(USER_SETS.items()):
        if not none_of and total[lay.stock_users + k].sum() > total[lay.users + k].sum() + 1e-6:
            raise SimulationError(f"more users of '{name}' on 31 December than during {year}")


def _post(
    programme: Programme, fte: tuple[float, ...], before: float, fenced: bool, municipal: bool, p: Parameters
) -> Post:
    return Post(
        name=programme.name,
        fte=fte,
        before=before,
        ring_fenced=fenced,
        municipal=municipal,
        hiring_delay=round(p[f"{programme.name}.hiring_delay"]),
        turnover=p[f"{programme.name}.turnover"],
        price=lambda year: fte_price(programme.price, year, p),
    )


def _extended(x: Exposure, count: int, names: list[str], effects: Mapping[str, Effect]) -> Exposure:
    """Return the exposure of a warm start for more children and programmes; EXISTING is the first."""
    wide = exposures(count, names, effects)
    n = x.joins.shape[0]
    for f in _PER_CHILD:
        getattr(wide, f)[:n, :1] = getattr(x, f)
    return wide
