"""Small worlds to test in: scenarios without a file, tables with few rates, cohorts of one birth month."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from functools import cache, reduce
from typing import Any

import numpy as np

from sim.engine.config import RunConfig
from sim.engine.counting import empty_tally, layout
from sim.engine.exposure import Exposure
from sim.engine.history import Label
from sim.engine.lifecourse import YearTable, advance, year_table
from sim.engine.plan import RunPlan
from sim.engine.population import Children, Flows, cohorts
from sim.engine.simulation import Lives
from sim.engine.stretch import Stretch, Who, no_turn, nobody_else, open_gate, room_for, scratch
from sim.engine.warmup import NOBODY, NOT_ASIDE, WarmStart
from sim.inputs.profiles import municipality_names
from sim.inputs.registry import Registry
from sim.inputs.scenario import Scenario, scenario_from_dict
from sim.luck import key_of
from sim.model.catalogue import catalogue
from sim.model.parameters import Parameters, default_parameters
from sim.model.processes import ProcessTable, default_table
from sim.model.transitions import CompiledTable
from sim.runs.experiment import Columns, Run
from sim.states import AGES, MECHANISMS, MONTHS

HOUSEHOLD_FACTORS = ("bijstand", "eenouder", "ouder_ggz")
MOST_OF_ONE_MONTH = 60_000
"""An id can number 65,536 children of one birth month and one age at arrival."""
START = 2026
RATE = default_parameters()["discount.mkba"]
"""The discount rate of a scenario that says nothing of it."""
ALL_OFF = dict.fromkeys(MECHANISMS, False)


@cache
def registry() -> Registry:
    return Registry(municipality_names(), frozenset(catalogue()), dict.fromkeys(default_parameters()))


def scenario(fte: Any = None, *, use: Mapping[str, Any] | None = None, **changes: Any) -> Scenario:
    """Return a scenario of 4 years for Almere; without `fte` no programme is named at all."""
    data: dict[str, Any] = {
        "title": "test", "municipality": "Almere", "start": START, "years": 4, "policy": "deficit",
    }  # fmt: skip
    if fte is not None:
        data["programmes"] = {"kinderwerk": {"fte": fte, **(use or {})}}
    return scenario_from_dict({**data, **changes}, registry())


def rate_names(table: ProcessTable) -> set[str]:
    """Return every parameter without which nothing would ever happen."""
    rates = {t.rate for process in table.processes.values() for t in process.transitions}
    return rates | set(table.households.exit.values())


def still(p: Parameters) -> Parameters:
    """Return parameters of a world in which nothing ever happens."""
    return p.replace(dict.fromkeys(rate_names(default_table()), 0.0))


def knots(p: Parameters, shape: str) -> list[str]:
    """Return the names of the parameters that make up a shape."""
    found = [name for name in p if name.startswith(shape + ".") and name.rpartition(".")[2].isdigit()]
    assert found, f"no shape {shape}"
    return found


def flat(p: Parameters, *shapes: str) -> Parameters:
    """Return parameters with shapes that are 1 everywhere."""
    return p.replace({name: 1.0 for shape in shapes for name in knots(p, shape)})


def shape_at(p: Parameters, shape: str, age: int, stepwise: bool) -> float:
    """Return a shape at an age by hand: the last knot passed, or a line between two knots."""
    points = sorted((float(name.rpartition(".")[2]), p[name]) for name in knots(p, shape))
    if stepwise:
        return [value for knot, value in points if knot <= age][-1]
    at = age + 0.5
    if at <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if at <= x1:
            return y0 + (y1 - y0) * (at - x0) / (x1 - x0)
    return points[-1][1]


def path_at(p: Parameters, shape: str, year: int) -> float:
    """Return a path in a year by hand: lines between its years, then growth from 2019 and from 2026 on."""
    points = sorted((int(name.rpartition(".")[2]), p[name]) for name in knots(p, shape))
    value = float(np.interp(year, [x for x, _ in points], [y for _, y in points]))
    observed = max(min(year, 2026) - 2019, 0)
    expected = max(year - 2026, 0)
    growth = observed * p["access.growth_after_2019"] + expected * p["access.growth_projection"]
    return value * math.exp(growth)


def alike(p: Parameters) -> Parameters:
    """Return parameters under which all children are the same: no lasting factor changes a rate."""
    terms = {name for risk in default_table().risks.values() for name in risk.values()}
    same = {"frailty.sd": 0.0, **{name: 0.0 for name in terms if not name.startswith("frailty")}}
    return p.replace({**same, **{f"need.{factor}.yes": 1.0 for factor in HOUSEHOLD_FACTORS}})


class Lived:
    """One scenario lived in full: its history, and its children and their programmes at the end.

    programmes: in the order of the columns of `exposed`.
    """

    def __init__(self, told: Scenario, config: RunConfig, warm: WarmStart, pool: Executor) -> None:
        lives = Lives([RunPlan.of(told, config)], warm, pool)
        (self.counted,) = lives.histories()
        self.blocks, self.exposed = lives.blocks, lives.worlds[0].exposed
        self.programmes, self.clock = lives.plan.columns, lives.plan.clock


def everyone(blocks: Iterable[Children]) -> Children:
    """Return the children of all blocks as one block."""
    together = reduce(Children.joined, blocks)
    order = np.argsort(together.birth, kind="stable")
    return Children._make(np.ascontiguousarray(array[order]) for array in together)


def born(count: int, table: CompiledTable, p: Parameters, seed: int = 0, month: int = 0) -> Children:
    """Return about `count` children of one birth month who all live here until they are 23."""
    ages = -(-count // MOST_OF_ONE_MONTH)
    arrivals = np.zeros(AGES)
    arrivals[:ages] = count // ages
    return everyone(cohorts(Flows(arrivals, np.ones(AGES)), month, month + 1, key_of(seed), table, p))


def copy(children: Children) -> Children:
    return children.part(slice(None))


class Clockwork:
    """Lives children year by year on a compiled table, as the engine does but without a town hall."""

    def __init__(self, table: CompiledTable, seed: int = 0) -> None:
        self.table, self.layout, self.key = table, layout(table), key_of(seed)
        self._bounds: dict[int, YearTable] = {}

    def bounds(self, year: int) -> YearTable:
        if year not in self._bounds:
            self._bounds[year] = YearTable(*year_table(self.table.hazards, year))
        return self._bounds[year]

    def live(
        self,
        children: Children,
        first_year: int,
        years: int,
        exposure: Exposure | None = None,
        *,
        per_month: int = 1,
        months_per_call: int = MONTHS,
        rows: slice | None = None,
    ) -> np.ndarray:
        """Live whole years (counted from 1992) and return the tally; children change in place."""
        tally = empty_tally(self.layout)
        exposure = exposure or no_exposure(children.id.size)
        first, last, _ = (rows or slice(None)).indices(children.id.size)
        for year in range(first_year, first_year + years):
            for month in range(year * MONTHS, (year + 1) * MONTHS, months_per_call):
                span = Stretch(month * per_month, months_per_call * per_month, per_month, year, True)
                proposals = live_span(
                    children, exposure, self.table, self.bounds(year), self.key, span, tally, (first, last)
                )
                assert proposals >= 0
        return tally


def live_span(
    children: Children,
    exposure: Exposure,
    table: CompiledTable,
    bounds: YearTable,
    key: np.uint64,
    span: Stretch,
    tally: np.ndarray,
    rows: tuple[int, int] | None = None,
    kernel: Any = advance,
) -> int:
    """Live a stretch of a year, all alone, and return the number of proposals (-1: impossibly many)."""
    first, last = rows or (0, children.id.size)
    proposals: int = kernel(
        children, Who(first, last, NOBODY, NOT_ASIDE), exposure, table.hazards, bounds, layout(table), key,
        span,
        open_gate(), tally, scratch(children), nobody_else(), room_for(0), no_turn(),
    )  # fmt: skip
    return proposals


def same(a: Children, b: Children, *but: str) -> bool:
    """Tell whether two groups of children are equal byte for byte, apart from the fields in `but`."""
    return all(
        getattr(a, name).tobytes() == getattr(b, name).tobytes()
        for name in Children._fields
        if name not in but
    )


def run_of(*scenarios: Mapping[Label, Any], draw: int = 0, replication: int = 0) -> Run:
    """Return a run in which each scenario has these results, by [years, blocks]."""
    columns = []
    for results in scenarios:
        blocks = np.stack([np.asarray(values, dtype=np.float64) for values in results.values()])
        columns.append(Columns(tuple(results), blocks.sum(axis=2), blocks, 100))
    return Run(draw, replication, tuple(columns))


def total(tally: np.ndarray, kind: int) -> float:
    """Return a count over all ages."""
    return float(tally[kind, :AGES].sum())


def no_exposure(n: int) -> Exposure:
    """Return the exposure of n children to no programme at all."""
    return Exposure(
        np.zeros((n, 0), np.float32), np.zeros((n, 0), np.float32), np.zeros((n, 0), np.int16),
        np.zeros((n, 0), np.int16), np.zeros((1, 0, len(MECHANISMS))), np.zeros((1, 0)), np.zeros((1, 0)),
    )  # fmt: skip
