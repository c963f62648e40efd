"""Years of life for a whole population, and the history that every child has before a scenario starts."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.engine.config import EXISTING, RunConfig
from sim.engine.counting import empty_tally, layout
from sim.engine.exposure import Exposure, rows_of
from sim.engine.history import CELLS, settle
from sim.engine.lifecourse import YearTable, advance, year_table
from sim.engine.population import BLOCKS, LIFE_MONTHS, Children, arrivals, endowed, month_of
from sim.engine.programmes import attend, check_headroom, effect_of, exposures, participants_for, weights
from sim.engine.stretch import Stretch, Who, no_turn, nobody_else, open_gate, room_for, scratch
from sim.engine.townhall import Post, Workforce
from sim.errors import SimulationError
from sim.faults import fault
from sim.model.catalogue import Programme
from sim.model.parameters import Parameters
from sim.model.prices import worker_price
from sim.model.processes import NEED
from sim.model.transitions import CompiledTable, compile_table
from sim.progress import YearDone
from sim.states import EPOCH_YEAR, HISTORY_YEAR, MONTHS

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
NOBODY = np.empty(0, np.int64)
NOT_ASIDE = np.empty(0, np.bool_)
QUARTERS = 4
TOGETHER = 8_000
"""Up to so many live as one block until something is counted by block: a call takes longer than they do."""
Watch = Callable[[int, int, Children], None]
"""Sees (months since EPOCH_YEAR, number of the block, the block) at the end of a quarter; changes nothing."""


@dataclass(frozen=True)
class WarmStart:
    """The population on the eve of a scenario, and what was counted in the last years before it.

    cells: [years, blocks, kinds, CELLS], the last of them the year before the start. once: one simulation
    alone begins from it, and takes its children, for it is large.
    """

    start: int
    blocks: list[Children]
    exposed: list[Exposure]
    cells: Floats
    once: bool = False
    taken: list[int] = field(default_factory=list)

    def take(self, b: int) -> Children:
        """Return the children of a block. Raises RuntimeError where another simulation has taken them."""
        if b in self.taken:
            raise RuntimeError("the children of this warm start are gone")
        block = self.blocks[b]
        if self.once:
            self.taken.append(b)
            self.blocks[b] = block.part(slice(0, 0))
        return block


class Clock:
    """Compiled rates, with the bounds of each year made once and reused while rates stand still."""

    def __init__(self, table: CompiledTable) -> None:
        self.table = table
        self.layout = layout(table)
        self._made: dict[int, YearTable] = {}

    def year(self, epoch_year: int) -> YearTable:
        """Return the bounds of EPOCH_YEAR + `epoch_year`."""
        if epoch_year not in self._made:
            bound = self.table.hazards.bound
            for other, made in self._made.items():
                if np.array_equal(bound[epoch_year], bound[other]):
                    self._made[epoch_year] = made
                    break
            else:
                self._made[epoch_year] = YearTable(*year_table(self.table.hazards, epoch_year))
        return self._made[epoch_year]


def youths_of(children: Children, epoch_year: int) -> tuple[int, int]:
    """Return the first row, and that after the last, of those who are 0-22 in EPOCH_YEAR + `epoch_year`."""
    first = int(np.searchsorted(children.birth, epoch_year * MONTHS - LIFE_MONTHS, side="right"))
    return first, int(np.searchsorted(children.birth, (epoch_year + 1) * MONTHS))


def year_span(epoch_year: int, per_month: int, record: bool) -> Stretch:
    """Return the whole of calendar year EPOCH_YEAR + `epoch_year`."""
    return Stretch(epoch_year * MONTHS * per_month, MONTHS * per_month, per_month, epoch_year, record)


def live_year(
    blocks: Sequence[Children],
    exposed: Sequence[Exposure],
    clock: Clock,
    year: int,
    config: RunConfig,
    cells: Floats | None,
    pool: Executor,
    watch: Watch | None = None,
) -> int:
    """Let every child live calendar year `year`; return the number of events proposed.

    Counts are written into `cells` [blocks, kinds, CELLS], or not made where it is None. Blocks are
    independent and each writes its own part, so that results do not depend on threads. watch sees each
    block at the end of every quarter; lives do not depend on it.
    Raises SimulationError where a child has impossibly many events.
    """
    epoch_year = year - EPOCH_YEAR
    bounds = clock.year(epoch_year)
    key, lay, gate = config.key, clock.layout, open_gate()
    whole = year_span(epoch_year, config.steps_per_month, cells is not None)
    parts = 1 if watch is None else QUARTERS
    steps = whole.steps // parts
    spans = [whole._replace(first_step=whole.first_step + k * steps, steps=steps) for k in range(parts)]

    def one(b: int) -> int:
        children = blocks[b]
        tally = empty_tally(lay)
        first, last = youths_of(children, epoch_year)
        proposals = []
        for span in spans:
            proposals.append(int(advance(
                children, Who(first, last, NOBODY, NOT_ASIDE), exposed[b], clock.table.hazards, bounds, lay,
                key, span, gate, tally, scratch(children), nobody_else(), room_for(0), no_turn(),
            )))  # fmt: skip
            if watch is not None:
                watch((span.first_step + steps) // span.per_month, b, children)
        if cells is not None:
            settle(tally, cells[b])
        return -1 if min(proposals) < 0 else sum(proposals)

    proposals = list(pool.map(one, range(len(blocks))))
    return checked(proposals, year)


def checked(proposals: Sequence[int], year: int) -> int:
    """Return how many events were proposed. Raises SimulationError where a clock cannot follow its rate."""
    if min(proposals) < 0:
        raise SimulationError(fault("too_many_events_in_month", year=year))
    return sum(proposals)


class ExistingWork:
    """The child work that the observed world contains: the same number of places in every year."""

    def __init__(self, config: RunConfig) -> None:
        """Work out the places from the coverage. Raises InputError for effects beyond the headroom."""
        p = config.parameters
        self.key, self.programme = config.key, config.model.programmes[EXISTING]
        self.effects = {EXISTING: effect_of(self.programme, p, {})}
        if config.draw == 0:
            check_headroom(self.effects, {EXISTING: self.programme.ages})
        at_work = Workforce(post_for(self.programme, (), config.existing_fte(), True, True, p)).at_work
        reached = participants_for(at_work, config.eligible(self.programme), self.programme, p)
        scale = config.flow()[1]
        self.places = np.full(MONTHS, reached / scale if scale else 0.0)
        self.weight = weights(self.programme.targeting, self.programme, p)
        self.stay, self.by_need = p[f"{EXISTING}.stay"], p[f"{EXISTING}.uptake_by_need"]

    def exposure(self, count: int) -> Exposure:
        """Return the exposure of children who never came."""
        return exposures(count, [EXISTING], self.effects)

    def attend(
        self, blocks: list[Children], exposed: list[Exposure], year: int, need: int, pool: Executor
    ) -> None:
        """Fill the places for calendar year `year`. need: the process of that name."""
        attend(
            blocks, exposed, 0, self.programme, self.places, year - EPOCH_YEAR, self.key, self.weight,
            self.stay, pool, by_need=self.by_need, need=need,
        )  # fmt: skip


def warm_up(
    config: RunConfig,
    start: int,
    pool: Executor,
    tell: YearDone | None = None,
    count_from: int | None = None,
    watch: Watch | None = None,
    watched: Container[int] = (),
) -> WarmStart:
    """Let cohorts live from 1992 up to 1 January of `start`, with the child work that existed.

    What happens is counted from the year `count_from` on, and not before 2015 (default: the last
    year, whichever it is). tell hears each year that is done; watch sees the quarters of `watched` years.
    """
    p, flow = config.parameters, config.flow()[0]
    clock = Clock(compile_table(config.model.table_for(p), p, start))
    born = arrivals(flow, 0, month_of(start))
    dealt = [np.flatnonzero(born.block == b) for b in range(BLOCKS)]
    parts = [np.arange(born.id.size)] if born.id.size <= TOGETHER else dealt
    blocks = list(pool.map(lambda rows: endowed(born.of(rows), flow, config.key, clock.table, p), parts))
    existing = ExistingWork(config)
    exposed = [existing.exposure(block.id.size) for block in blocks]
    counted_from = start - 1 if count_from is None else max(count_from, HISTORY_YEAR)
    cells = np.empty((max(start - counted_from, 0), BLOCKS, clock.layout.kinds, CELLS))
    for year in range(EPOCH_YEAR, start):
        if len(blocks) < BLOCKS and (year >= counted_from or year in watched):
            blocks, exposed = _dealt(blocks[0], exposed[0], dealt)
        existing.attend(blocks, exposed, year, clock.table.process(NEED), pool)
        counted = cells[year - counted_from] if year >= counted_from else None
        live_year(blocks, exposed, clock, year, config, counted, pool, watch if year in watched else None)
        if tell is not None:
            tell(year)
    if len(blocks) < BLOCKS:
        blocks, exposed = _dealt(blocks[0], exposed[0], dealt)
    for b, block in enumerate(blocks):  # one by one: in the country all of them are gigabytes
        alive = int(np.searchsorted(block.birth, month_of(start) - LIFE_MONTHS, side="right"))
        here = slice(alive, None)
        blocks[b], exposed[b] = block.part(here), rows_of(exposed[b], here)
    return WarmStart(start, blocks, exposed, cells)


def _dealt(everyone: Children, x: Exposure, rows: Sequence[Rows]) -> tuple[list[Children], list[Exposure]]:
    """Return children who lived as one block, and their exposure, by block."""
    return [everyone.part(mine) for mine in rows], [rows_of(x, mine) for mine in rows]


def post_for(
    programme: Programme,
    fte: tuple[float, ...],
    before: float,
    fenced: bool,
    municipal: bool,
    p: Parameters,
    cuts: tuple[float, ...] = (),
) -> Post:
    """Return a programme as the town hall sees it."""
    return Post(
        name=programme.name,
        fte=fte,
        before=before,
        ring_fenced=fenced,
        municipal=municipal,
        hiring_delay=round(p[f"{programme.name}.hiring_delay"]),
        turnover=p[f"{programme.name}.turnover"],
        price=lambda year: worker_price(programme, year, p),
        cuts=cuts,
    )
