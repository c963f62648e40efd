"""Lives in the open: simulated children of one run, by month or by event, for who wants to study them.

The scenario is lived once more, to see who comes to its programmes; then the children of the sample are
lived again month by month, and looked at on the last day of each. Luck is a function of seed, process,
occurrence and child, so that these are the lives of the run, and the run itself knows nothing of it. All
children together are its totals. A simulated child is nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sim.engine.counting import empty_tally
from sim.engine.exposure import PER_CHILD, Exposure
from sim.engine.lifecourse import advance
from sim.engine.plan import RunPlan
from sim.engine.population import LIFE_MONTHS, Children
from sim.engine.simulation import Lives, plans_of
from sim.engine.stretch import Stretch, Who, no_turn, nobody_else, open_gate, room_for, scratch
from sim.engine.warmup import NOBODY, NOT_ASIDE
from sim.errors import InputError, OptionError, nearest, within
from sim.faults import fault
from sim.inputs.scenario import Scenario
from sim.model.extension import Model
from sim.progress import Progress, Tell, nobody
from sim.runs.experiment import Options, config_for
from sim.runs.warmstore import WarmStore
from sim.states import EPOCH_YEAR, FORMS, MONTHS, SEXES, USER_SETS, form_bit

SAMPLE = 1000
"""Children in a panel where no number is asked for."""
BY = ("month", "event")
_ROW = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Panel:
    """Simulated children of one run. table: a row per child and month, or per event (see `described`).

    followed: simulated children in the table, of `there` who live in the municipality at any time of the
    run; scale: real children for each of `there`.
    """

    table: pa.Table
    by: str
    draw: int
    seed: int
    followed: int
    there: int
    scale: float


def panel(
    scenario: Scenario,
    options: Options,
    pool: Executor,
    sample: int | None = SAMPLE,
    by: str = "month",
    tell: Tell = nobody,
    warm: WarmStore | None = None,
    model: Model | None = None,
) -> Panel:
    """Return lives of the first draw and replication of a run. sample: how many children; None is everyone.

    model: that of the run, where it is one's own. Who is in it follows from the seed; a larger sample has
    those of a smaller one. Raises OptionError for impossible options, InputError where places are limited (a
    child's life then hangs on that of others, and cannot be lived alone), and what a run raises.
    """
    refuse(scenario, sample, by)
    draw = options.first_draw if options.first_draw is not None else int(options.draws > 1)
    config = config_for(scenario, options, draw, options.first_replication, model=model)
    (plan,) = plans_of([scenario], config)
    lives = Lives([plan], (warm or WarmStore()).get(config, scenario.start, pool), pool)
    chosen, there = _chosen(lives.blocks, plan, sample, options.seed)
    grown = [block.part(rows) for block, rows in zip(lives.blocks, chosen, strict=True)]
    children = Children._make(np.concatenate(parts) for parts in zip(*grown, strict=True))
    came: list[Exposure] = []

    def attended(year: int) -> None:
        parts = [
            [getattr(x, name)[rows] for x, rows in zip(lives.worlds[0].exposed, chosen, strict=True)]
            for name in PER_CHILD
        ]
        mine = dict(zip(PER_CHILD, map(np.concatenate, parts), strict=True))
        came.append(plan.unexposed(children.id.size)._replace(**mine))
        tell(Progress("living", year, 2 * scenario.years, {"title": scenario.title, "year": year}))

    lives.histories(attended=attended)
    rows: list[_ROW] = []
    for year, x in enumerate(came):
        calendar = scenario.start + year
        tell(Progress("living", scenario.years + year, 2 * scenario.years,
                      {"title": scenario.title, "year": calendar}))  # fmt: skip
        rows += _year(children, x, plan, calendar - EPOCH_YEAR, by)
    table = _table(rows, plan, by)
    return Panel(table, by, draw, options.seed, int(children.id.size), there, plan.scale)


def refuse(scenario: Scenario, sample: int | None, by: str) -> None:
    """Refuse what a panel cannot be made of. Raises OptionError and InputError, as `panel` does."""
    if by not in BY:
        raise OptionError("lives_by", fault("lives_by_what", by=by, near=nearest(by, BY), known=BY))
    if sample is not None:
        within("lives_children", sample, 1)
    if scenario.policy == "capped":
        raise InputError.at(scenario.path or scenario.title, fault("lives_of_places"))


def _chosen(
    blocks: list[Children], plan: RunPlan, sample: int | None, seed: int
) -> tuple[list[NDArray[np.int64]], int]:
    """Return the rows of the sample in each block, and how many children there are to choose from."""
    start, end = plan.scenario.start - EPOCH_YEAR, plan.scenario.start + plan.scenario.years - EPOCH_YEAR
    here = []
    for c in blocks:
        first = np.maximum(np.maximum(c.birth.astype(np.int64), c.arrives.astype(np.int64) * MONTHS),
                           start * MONTHS)  # fmt: skip
        last = np.minimum(np.minimum(c.birth.astype(np.int64) + LIFE_MONTHS,
                                     c.departs.astype(np.int64) * MONTHS), end * MONTHS)  # fmt: skip
        here.append(np.flatnonzero(first < last))
    there = sum(rows.size for rows in here)
    if sample is None or sample >= there:
        return here, there
    block = np.repeat(np.arange(len(here)), [rows.size for rows in here])
    everyone = np.concatenate(here)
    ids = np.concatenate([c.id[rows] for c, rows in zip(blocks, here, strict=True)])
    order = np.array([_place(seed, child) for child in ids.tolist()], np.uint64)
    drawn = np.sort(np.argsort(order, kind="stable")[:sample])
    return [everyone[drawn[block[drawn] == b]] for b in range(len(blocks))], there


def _place(seed: int, child: int) -> int:
    """Return where a child stands in the order of a sample: a hash, so that no life's luck is touched."""
    return int.from_bytes(blake2b(f"{seed},{child}".encode(), digest_size=8).digest(), "big")


def _year(c: Children, x: Exposure, plan: RunPlan, year: int, by: str) -> Iterator[_ROW]:
    """Live a year of the children month by month, and yield what is seen at the end of each."""
    table, lay = plan.clock.table, plan.clock.layout
    bounds, everyone = plan.clock.year(year), Who(0, c.id.size, NOBODY, NOT_ASIDE)
    for month in range(year * MONTHS, (year + 1) * MONTHS):
        before = c.state.copy()
        advance(
            c, everyone, x, table.hazards, bounds, lay, plan.config.key, Stretch(month, 1, 1, year, True),
            open_gate(), empty_tally(lay), scratch(c), nobody_else(), room_for(0), no_turn(),
        )  # fmt: skip
        age = month - c.birth.astype(np.int64)
        here = (age >= 0) & (age < LIFE_MONTHS) & (c.arrives <= year) & (c.departs > year)
        who = np.flatnonzero(here)
        if by == "event":
            born = age[who] == 0
            changed, process = np.nonzero((c.state[who] != before[who]) & ~born[:, None])
            who = who[changed]
            yield {
                **_when(c, who, month), "process": process, "was": before[who, process],
                "becomes": c.state[who, process],
            }  # fmt: skip
            continue
        used = lay.sets[c.used[who]] >> np.uint32(list(USER_SETS).index("jeugdzorg")) & 1
        yield {
            **_when(c, who, month), "sex": c.sex[who], "quintile": c.quintile[who], "state": c.state[who],
            "forms": c.forms[who], "care_this_year": used.astype(np.bool_),
            "there": (x.joins[who] <= month) & (x.leaves[who] > month),
        }  # fmt: skip


def _when(c: Children, who: NDArray[np.int64], month: int) -> _ROW:
    age = (month - c.birth[who].astype(np.int64)) // MONTHS
    return {"child": c.id[who], "month": np.full(who.size, month), "age": age}


def _table(rows: list[_ROW], plan: RunPlan, by: str) -> pa.Table:
    """Return the table in the order of children and months."""
    joined = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]} if rows else {}
    if not joined:
        return pa.table({})
    order = np.lexsort((joined["month"], joined["child"]))
    joined = {name: values[order] for name, values in joined.items()}
    table, month = plan.clock.table, joined["month"]
    columns: dict[str, Any] = {
        "simulated": np.ones(month.size, np.bool_),
        "child": joined["child"],
        "year": (EPOCH_YEAR + month // MONTHS).astype(np.int16),
        "month": (month % MONTHS + 1).astype(np.int8),
        "age": joined["age"].astype(np.int8),
    }
    states = {p: [state for q, state in table.states if q == p] for p in table.processes}
    if by == "event":
        names = list(table.processes)
        columns["process"] = _words(joined["process"], names)
        words = list(dict.fromkeys(state for _, state in table.states))
        codes = np.zeros((len(names), max(map(len, states.values()))), np.int16)
        for p, name in enumerate(names):
            codes[p, : len(states[name])] = [words.index(state) for state in states[name]]
        for side in ("was", "becomes"):
            columns[side] = _words(codes[joined["process"], joined[side]], words)
        return pa.table(columns)
    columns["sex"] = _words(joined["sex"], list(SEXES))
    columns["quintile"] = (joined["quintile"] + 1).astype(np.int8)
    for p, name in enumerate(table.processes):
        if name not in FORMS and not table.hazards.bits[p].any():
            columns[name] = _words(joined["state"][:, p], states[name])
    for form in FORMS:
        columns[f"care_{form}"] = (joined["forms"] & form_bit(form)) > 0
    columns["care_this_year"] = joined["care_this_year"]
    for k, programme in enumerate(plan.columns):
        columns[f"at_{programme}"] = joined["there"][:, k]
    return pa.table(columns)


def _words(codes: NDArray[Any], words: list[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int16)), pa.array(words))
