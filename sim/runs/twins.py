"""Twins: the same simulated child in two scenarios, where its two lives part, and what follows.

Luck is a function, so that two lives are the same until policy reaches one of them. Children are lived month
by month and every transition is written down; the first one that is in one life and not in the other is
where they part. All money after that is the difference of the two lives, and adds up to the difference of
the two scenarios. A simulated child is nobody: it shows how the model reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sim.engine.config import RunConfig
from sim.engine.counting import empty_tally
from sim.engine.exposure import Exposure
from sim.engine.forks import Rows, differing, rows_of
from sim.engine.history import form_states
from sim.engine.lifecourse import advance
from sim.engine.plan import RunPlan, never
from sim.engine.population import LIFE_MONTHS, Children, month_of
from sim.engine.simulation import REASONS, Lives, apart, beginning, plans_of
from sim.engine.stretch import Stretch, Who, no_turn, nobody_else, open_gate, room_for, scratch
from sim.engine.warmup import NOBODY, NOT_ASIDE, PER_CHILD, warm_up, youths_of
from sim.errors import InputError, SimulationError
from sim.faults import fault
from sim.inputs.scenario import Scenario
from sim.machine.kernels import kernel
from sim.model.parameters import Parameters
from sim.model.prices import unit_costs
from sim.model.transitions import CompiledTable
from sim.progress import Progress, Tell, nobody
from sim.runs.experiment import Options, config_for
from sim.states import AGES, EPOCH_YEAR, FORMS, MECHANISMS, MONTHS

Floats = NDArray[np.float64]
_Parts = tuple[NDArray[Any], ...]
"""child, month and row of events; months in care, need, forms, presence and attendance of children."""
LIVES = ("reference", "scenario")
PICTURED = 1000
"""Children in the picture of the same children twice."""
_ROOM = 12
"""Transitions a child-year that there is room for; more than that is an impossible life."""


@dataclass(frozen=True)
class Event:
    """One transition of a child: month since January of EPOCH_YEAR, and the row of the table."""

    month: float
    row: int


@dataclass(frozen=True)
class Life:
    """What was written down of all children in one scenario. n children, in the order of `Twins.ids`.

    child, month, row: [events], by child and month; months_in_care: [n, years, forms]; need, forms: [n,
    years] on 31 December; here: [n, years] whether the child lived there. attended: [n, years, programmes,
    2] months from which and before which the child comes in that year or later, for each of `programmes`.
    """

    child: Rows
    month: Floats
    row: Rows
    months_in_care: Floats
    need: NDArray[np.uint8]
    forms: NDArray[np.uint16]
    here: NDArray[np.bool_]
    programmes: tuple[str, ...]
    attended: NDArray[np.int16]

    def events(self, child: int) -> list[Event]:
        """Return the events of one child (its position) in the order in which they came."""
        first, last = np.searchsorted(self.child, [child, child + 1])
        return [
            Event(float(m), int(r)) for m, r in zip(self.month[first:last], self.row[first:last], strict=True)
        ]


@dataclass(frozen=True)
class Parting:
    """Where the two lives of a child part.

    row: the transition that happened in one life only; life: 0 or 1, the life it happened in; mechanism:
    the way of a programme into that rate, or `later` where none reaches it.
    """

    child: int
    month: float
    row: int
    life: int
    mechanism: str


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

    def position(self, child: int) -> int | None:
        """Return the position of a child by its id, or None where it was not lived twice."""
        found = np.flatnonzero(self.ids == child)
        return int(found[0]) if found.size else None

    def kind(self, parting: Parting) -> str:
        """Return what parted two lives, in words: the transition, and in which life it happened."""
        where = "only in the scenario" if parting.life else "only in the reference"
        return f"{self.table.row_process[parting.row]}: {self.table.rows[parting.row]}, {where}"


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
            parts.append(_year(children, x, table, plan.clock.year(index), lay, config, index))
            share = (year + 1) / reference.years
            title, lived = plan.scenario.title, reference.start + year
            tell(Progress("living", k + share, len(pair), {"title": title, "year": lived}))
        kept.append(_life(parts, rows.size, plan.columns))
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
        partings=tuple(_partings(lives, first.clock.table)),
        euros=np.einsum("nyf,yf->ny", months, prices) / MONTHS,
        care_years=months.sum(axis=2) / MONTHS,
        pictured=np.flatnonzero(np.isin(rows, shown)),
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


def _year(
    c: Children, x: Exposure, table: CompiledTable, bounds: object, lay: object, config: RunConfig, index: int
) -> _Parts:
    """Live one year of all children, month by month, and return what happened."""
    n = c.id.size
    room = _ROOM * n + 1000
    child, month, row = np.empty(room, np.int64), np.empty(room), np.empty(room, np.int64)
    care = np.zeros((n, len(FORMS)))
    kinds = np.array(form_states(table), np.int64)
    gate = open_gate()
    count = _record(
        c, x, table.hazards, bounds, lay, config.key, index, gate, empty_tally(lay), scratch(c),  # type: ignore[arg-type]
        kinds, NOBODY, NOT_ASIDE, nobody_else(), room_for(0), no_turn(), child, month, row, care,
    )  # fmt: skip
    if count < 0:
        raise SimulationError(fault("too_many_events_in_year", year=EPOCH_YEAR + index))
    need = c.state[:, table.process("need")].copy()
    here = (c.arrives <= index) & (c.departs > index) & (c.birth < (index + 1) * MONTHS)
    here &= (index + 1) * MONTHS - c.birth.astype(np.int64) <= AGES * MONTHS
    attended = np.stack([x.joins, x.leaves], axis=2)
    return child[:count], month[:count], row[:count], care, need, c.forms.copy(), here, attended


@kernel
def _record(  # type: ignore[no-untyped-def]
    c, x, h, bounds, lay, luck, year, gate, tally, room, care_kinds, nobody, not_aside, alone, log, once,
    child, month, row, care,
):
    """Write down the transitions of every child in a year and its months in each form of care.

    Returns the number of transitions, or -1 where there is no room for them.
    """
    count = 0
    rows = h.process.size
    for i in range(c.id.size):
        age = max(0, year * 12 - c.birth[i]) // 12
        if age >= tally.shape[1]:
            continue
        for m in range(12):
            if advance(
                c, Who(i, i + 1, nobody, not_aside), x, h, bounds, lay, luck,
                Stretch(year * 12 + m, 1, 1, year, True), gate, tally, room, alone, log, once,
            ) < 0:  # fmt: skip
                return -1
            for r in range(rows):
                happened = tally[lay.flow + r, age]
                while happened > 0:
                    if count >= child.size:
                        return -1
                    p = h.process[r]
                    at = np.float64(c.since[i, p])
                    child[count] = i
                    month[count] = min(max(at, year * 12.0 + m), year * 12.0 + m + 1.0)
                    row[count] = r
                    count += 1
                    happened -= 1.0
                tally[lay.flow + r, age] = 0.0
        for f in range(care_kinds.size):
            kind = lay.time + care_kinds[f]
            care[i, f] = tally[kind, age]
            tally[kind, age] = 0.0
    return count


def _life(parts: list[_Parts], n: int, programmes: tuple[str, ...]) -> Life:
    child = np.concatenate([part[0] for part in parts]) if parts else np.empty(0, np.int64)
    month = np.concatenate([part[1] for part in parts]) if parts else np.empty(0)
    row = np.concatenate([part[2] for part in parts]) if parts else np.empty(0, np.int64)
    order = np.lexsort((row, month, child))

    def stacked(k: int, width: tuple[int, ...] = ()) -> NDArray[np.generic]:
        return np.stack([part[k] for part in parts], axis=1) if parts else np.zeros((n, 0, *width))

    return Life(
        child[order], month[order], row[order], np.asarray(stacked(3, (len(FORMS),)), np.float64),
        np.asarray(stacked(4), np.uint8), np.asarray(stacked(5), np.uint16), np.asarray(stacked(6), np.bool_),
        programmes, np.asarray(stacked(7, (len(programmes), 2)), np.int16),
    )  # fmt: skip


def _partings(lives: tuple[Life, Life], table: CompiledTable) -> list[Parting]:
    """Return where lives part, of those that do: the first event that is in one of them only."""
    found = []
    n = lives[0].need.shape[0]
    bounds = [np.searchsorted(life.child, np.arange(n + 1)) for life in lives]
    for i in range(n):
        (a, b), (c, d) = ((bound[i], bound[i + 1]) for bound in bounds)
        ours = list(zip(lives[0].month[a:b].tolist(), lives[0].row[a:b].tolist(), strict=True))
        theirs = list(zip(lives[1].month[c:d].tolist(), lives[1].row[c:d].tolist(), strict=True))
        k = 0
        while k < min(len(ours), len(theirs)) and ours[k] == theirs[k]:
            k += 1
        if k == len(ours) == len(theirs):
            continue
        life = 0 if k >= len(theirs) or (k < len(ours) and ours[k] <= theirs[k]) else 1
        month, row = (ours, theirs)[life][k]
        mechanism = int(table.hazards.mechanism[row])
        found.append(Parting(i, month, row, life, MECHANISMS[mechanism] if mechanism >= 0 else "later"))
    return found


@dataclass(frozen=True)
class Total:
    """One kind of parting: real children, euros and care-years of difference after it, over all years.

    row, life: those of its partings. *_error: the standard error, the root of the sum of squares of single
    children (who parts is a matter of luck as well: a Poisson number of independent lives).
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


def totals(t: Twins) -> list[Total]:
    """Return totals by kind of parting, most children first; euros add up to the scenarios' difference."""
    groups: dict[tuple[int, int], list[Parting]] = {}
    for parting in t.partings:
        groups.setdefault((parting.row, parting.life), []).append(parting)
    rows = []
    for (row, life), partings in groups.items():
        who = [parting.child for parting in partings]
        euros, years = t.euros[who].sum(axis=1), t.care_years[who].sum(axis=1)
        errors = [t.scale * float(np.sqrt(values @ values)) for values in (euros, years)]
        kind, mechanism, scale = t.kind(partings[0]), partings[0].mechanism, t.scale
        rows.append(
            Total(kind, mechanism, scale * len(who), scale * float(euros.sum()), scale * float(years.sum()),
                  row, life, errors[0], errors[1])
        )  # fmt: skip
    return sorted(rows, key=lambda row: (-row.children, row.kind))


def when(month: float) -> str:
    """Return a month number as year and month."""
    whole = int(month)
    return f"{EPOCH_YEAR + whole // MONTHS}-{whole % MONTHS + 1:02d}"


def parted_table(t: Twins) -> pa.Table:
    """Return a row per child whose lives part."""
    who = [parting.child for parting in t.partings]
    return pa.table(
        {
            "child": t.ids[who],
            "born": [when(float(t.birth[i])) for i in who],
            "parts": [when(parting.month) for parting in t.partings],
            "transition": [t.table.rows[parting.row] for parting in t.partings],
            "life": [LIVES[parting.life] for parting in t.partings],
            "mechanism": [parting.mechanism for parting in t.partings],
            "euros": t.euros[who].sum(axis=1),
            "care_years": t.care_years[who].sum(axis=1),
        }
    )


EVENTS = pa.schema(
    {"child": pa.uint32(), **dict.fromkeys(("life", "month", "process", "transition"), pa.string())}
)
"""Of the table of events: one that holds none says no types by itself."""


def events_table(t: Twins) -> pa.Table:
    """Return every event of the children whose lives part, from the parting on, in both lives."""
    since = np.full(t.ids.size, np.inf)
    for parting in t.partings:
        since[parting.child] = parting.month
    tables = []
    for name, life in zip(LIVES, t.lives, strict=True):
        after = life.month >= since[life.child]
        rows = life.row[after]
        tables.append(
            pa.table(
                {
                    "child": t.ids[life.child[after]],
                    "life": [name] * int(after.sum()),
                    "month": [when(float(m)) for m in life.month[after]],
                    "process": [t.table.row_process[r] for r in rows],
                    "transition": [t.table.rows[r] for r in rows],
                },
                EVENTS,
            )
        )
    return pa.concat_tables(tables)


def picture_table(t: Twins) -> pa.Table:
    """Return the same children twice: need and care on 31 December of each year that they live there."""
    names = [state for process, state in t.table.states if process == "need"]
    start = t.scenarios[0].start
    columns: dict[str, list[object]] = {k: [] for k in ("child", "life", "year", "age", "need", "care")}
    for name, life in zip(LIVES, t.lives, strict=True):
        for i in t.pictured.tolist():
            for year in np.flatnonzero(life.here[i]).tolist():
                used = [form for f, form in enumerate(FORMS) if life.forms[i, year] >> f & 1]
                ended = (start + year - EPOCH_YEAR + 1) * MONTHS
                row = (int(t.ids[i]), name, start + year, int((ended - t.birth[i] - 1) // MONTHS),
                       names[int(life.need[i, year])], "+".join(used) or "none")  # fmt: skip
                for key, value in zip(columns, row, strict=True):
                    columns[key].append(value)
    return pa.table(columns)
