"""Twins: the same simulated child in two scenarios, where its two lives part, and what follows.

Luck is a function, so that two lives are the same until policy reaches one of them. Children are lived month
by month and every transition is written down; the first one that is in one life and not in the other is
where they part. All money after that is the difference of the two lives, and adds up to the difference of
the two scenarios. A simulated child is nobody: it shows how the model reasons.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.engine.exposure import PER_CHILD, Exposure, rows_of
from sim.engine.forks import Rows, differing
from sim.engine.plan import RunPlan, never
from sim.engine.population import LIFE_MONTHS, Children, month_of
from sim.engine.simulation import REASONS, Lives, apart, beginning, plans_of
from sim.engine.warmup import NOBODY, warm_up, youths_of
from sim.errors import InputError
from sim.faults import fault
from sim.inputs.scenario import Scenario
from sim.model.parameters import Parameters
from sim.model.prices import unit_costs
from sim.model.transitions import CompiledTable
from sim.progress import Progress, Tell, nobody
from sim.runs.experiment import Options, children_asked, config_for, pool_for, too_few
from sim.runs.life_events import Floats, Life, Parting, life_of, lived_year, partings
from sim.states import AGES, EPOCH_YEAR, MONTHS

LIVES = ("reference", "scenario")
PICTURED = 1000
"""Children in the picture of the same children twice."""


@dataclass(frozen=True)
class Total:
    """One kind of parting: real children, euros and care-years of difference after it, over all years.

    row, life: those of its partings. *_error: the standard error, the root of the sum of squares of single
    children (who parts is a matter of luck as well: a Poisson number of independent lives). All but the kind
    is NaN where too few children are simulated to tell what is luck.
    """

    kind: str
    mechanism: str
    children: float
    euros: float
    care_years: float
    row: int
    life: int
    euros_error: float
    care_years_error: float


@dataclass(frozen=True)
class Twins:
    """Both lives of every child that scenarios reach differently. ids: [n]; scale: real children each."""

    scenarios: tuple[Scenario, Scenario]
    table: CompiledTable
    parameters: Parameters
    scale: float
    ids: NDArray[np.uint32]
    birth: Rows
    followed: Rows
    """[n, 2] months from which and before which a child is followed: while it lives here and is 0-22."""
    need_before: NDArray[np.uint8]
    """[n] need on the eve of the start."""
    forms_before: NDArray[np.uint16]
    """[n] forms of care on the eve of the start."""
    lives: tuple[Life, Life]
    partings: tuple[Parting, ...]
    euros: Floats
    """[n, years] what the places of the scenario's life cost minus the reference's; of one child."""
    care_years: Floats
    """[n, years] place-years in care, the same way."""
    pictured: Rows
    """Positions of the children of the picture: a fixed sample of those of 0-22 at the start."""
    luck_known: bool = True
    """Whether enough children were simulated to say anything of all together."""

    @property
    def parted(self) -> float:
        """Return of how many real children the lives part; NaN where it cannot be told."""
        return len(self.partings) * self.scale if self.luck_known else math.nan

    def total(self, values: Floats) -> float:
        """Return the total over real children of values [n, years]; NaN where it cannot be told."""
        return float(values.sum()) * self.scale if self.luck_known else math.nan

    def position(self, child: int) -> int | None:
        """Return the position of a child by its id, or None where it was not lived twice."""
        found = np.flatnonzero(self.ids == child)
        return int(found[0]) if found.size else None

    def kind(self, parting: Parting) -> str:
        """Return what parted two lives, in words: the transition, and in which life it happened."""
        where = "only in the scenario" if parting.life else "only in the reference"
        return f"{self.table.row_process[parting.row]}: {self.table.rows[parting.row]}, {where}"

    def totals(self) -> list[Total]:
        """Return totals by kind of parting, most children first; euros add up to the difference."""
        groups: dict[tuple[int, int], list[Parting]] = {}
        for parting in self.partings:
            groups.setdefault((parting.row, parting.life), []).append(parting)
        found = [self._total(alike) for alike in groups.values()]
        return sorted(found, key=lambda total: (-len(groups[total.row, total.life]), total.kind))

    def _total(self, alike: list[Parting]) -> Total:
        """Return the total of partings of one kind."""
        who, first = [parting.child for parting in alike], alike[0]
        scale = self.scale if self.luck_known else math.nan
        euros, years = self.euros[who].sum(axis=1), self.care_years[who].sum(axis=1)
        return Total(
            kind=self.kind(first),
            mechanism=first.mechanism,
            children=scale * len(who),
            euros=scale * float(euros.sum()),
            care_years=scale * float(years.sum()),
            row=first.row,
            life=first.life,
            euros_error=scale * float(np.sqrt(euros @ euros)),
            care_years_error=scale * float(np.sqrt(years @ years)),
        )


def twins(
    reference: Scenario,
    scenario: Scenario,
    options: Options,
    pool: Executor,
    draw: int = 0,
    pictured: int = PICTURED,
    tell: Tell = nobody,
) -> Twins:
    """Return both lives of the children whom the scenarios reach differently, and of those of the picture.

    tell hears how far it is before the first year and after each. Raises InputError where the scenarios do
    not share lives (`unpaired` says why).
    """
    pair = (reference, scenario)
    if why := unpaired(pair):
        where = scenario.path or scenario.title
        raise InputError.at(where, fault("lives_not_shared", why=REASONS[why]))
    config = config_for(reference, options, draw, 0)
    pool = pool_for(config, pool)
    plans = plans_of(pair, config)
    warm = warm_up(config, reference.start, pool)
    programmes = _who_comes(Lives(plans, warm, pool), reference)
    blocks = beginning(plans[0], warm, pool)
    everyone = Children._make(np.concatenate(parts) for parts in zip(*blocks, strict=True))
    shown = _sample(everyone, reference.start, pictured)
    rows = np.union1d(programmes.differ, shown).astype(np.int64)
    rows = rows[np.lexsort((everyone.id[rows], everyone.birth[rows]))]
    grown = everyone.part(rows)
    tell(Progress("growing_up", 0, 1))
    kept = []
    for k, plan in enumerate(plans):
        children, parts = grown.part(slice(None)), []
        for year in range(reference.years):
            x = programmes.of(k, year, rows, everyone.id.size, plan)
            index = reference.start + year - EPOCH_YEAR
            table, lay = plan.clock.table, plan.clock.layout
            parts.append(lived_year(children, x, table, plan.clock.year(index), lay, config, index))
            share = (year + 1) / reference.years
            title, lived = plan.scenario.title, reference.start + year
            tell(Progress("living", k + share, len(pair), {"title": title, "year": lived}))
        kept.append(life_of(parts, rows.size, plan.columns))
    first = plans[0]
    lives = (kept[0], kept[1])
    years = range(reference.start, reference.start + reference.years)
    prices = np.stack([unit_costs(year, first.p) for year in years])
    months = lives[1].months_in_care - lives[0].months_in_care
    return Twins(
        scenarios=pair,
        table=first.clock.table,
        parameters=first.p,
        scale=first.scale,
        ids=grown.id,
        birth=grown.birth.astype(np.int64),
        followed=_followed(grown, reference),
        need_before=grown.state[:, first.clock.table.process("need")].copy(),
        forms_before=grown.forms.copy(),
        lives=lives,
        partings=tuple(partings(lives, first.clock.table)),
        euros=np.einsum("nyf,yf->ny", months, prices) / MONTHS,
        care_years=months.sum(axis=2) / MONTHS,
        pictured=np.flatnonzero(np.isin(rows, shown)),
        luck_known=not too_few(children_asked(config)),
    )


def unpaired(pair: Sequence[Scenario]) -> str:
    """Return why the lives in two scenarios cannot be held side by side, as a word of REASONS, or nothing.

    Where prices differ, every life costs something else, and not only those that part.
    """
    ours, theirs = (
        {name: own for name, own in scenario.parameters.items() if name.startswith("cost.")}
        for scenario in pair
    )
    return apart(pair) or ("parameters" if ours != theirs else "")


@dataclass(frozen=True)
class _Attended:
    """Who came to which programme, by world and year: rows over all blocks, and their exposure.

    differ: the rows whose programmes do something else in the two worlds in some year.
    """

    differ: Rows
    came: list[list[tuple[Rows, Exposure]]]

    def of(self, world: int, year: int, rows: Rows, count: int, plan: RunPlan) -> Exposure:
        """Return the exposure of some rows (of `count`) in a year."""
        who, booked = self.came[world][year]
        where = np.full(count, -1, np.int64)
        where[who] = np.arange(who.size)
        x = plan.unexposed(rows.size)
        here = np.flatnonzero(where[rows] >= 0)
        for f in PER_CHILD:
            getattr(x, f)[here] = getattr(booked, f)[where[rows[here]]]
        return x


def _who_comes(lives: Lives, reference: Scenario) -> _Attended:
    """Live two worlds and return who comes to their programmes."""
    firsts = np.cumsum([0, *(block.id.size for block in lives.blocks)])
    found: list[Rows] = []
    came: list[list[tuple[Rows, Exposure]]] = [[] for _ in lives.worlds]

    def attended(year: int) -> None:
        index = reference.start + year - EPOCH_YEAR
        for b, block in enumerate(lives.blocks):
            ours, theirs = (world.exposed[b] for world in lives.worlds)
            found.append(firsts[b] + differing(ours, theirs, *youths_of(block, index)))
        for world, years in zip(lives.worlds, came, strict=True):
            each = [np.flatnonzero(~never(x)) for x in world.exposed]
            parts = [rows_of(x, mine) for x, mine in zip(world.exposed, each, strict=True)]
            booked = parts[0]._replace(
                **{f: np.concatenate([getattr(part, f) for part in parts]) for f in PER_CHILD}
            )
            years.append((np.concatenate([firsts[b] + mine for b, mine in enumerate(each)]), booked))

    lives.histories(attended=attended)
    return _Attended(np.unique(np.concatenate([NOBODY, *found])), came)


def _followed(c: Children, scenario: Scenario) -> Rows:
    """Return the months [n, 2] from which and before which children live here, are 0-22 and are counted."""
    birth, arrives, departs = (a.astype(np.int64) for a in (c.birth, c.arrives, c.departs))
    start, end = month_of(scenario.start), month_of(scenario.start + scenario.years)
    since = np.maximum(np.maximum(birth, arrives * MONTHS), start)
    until = np.minimum(np.minimum(birth + LIFE_MONTHS, departs * MONTHS), end)
    return np.stack([since, np.maximum(until, since)], axis=1)


def _sample(roster: Children, start: int, count: int) -> Rows:
    """Return a fixed sample of those of 0-22 who live here at the start, evenly over births."""
    index = start - EPOCH_YEAR
    age = index * MONTHS - roster.birth.astype(np.int64)
    present = np.flatnonzero(
        (age > 0) & (age < AGES * MONTHS) & (roster.arrives <= index) & (roster.departs > index)
    )
    if present.size <= count:
        return present
    return present[np.linspace(0, present.size - 1, count).round().astype(np.int64)]
