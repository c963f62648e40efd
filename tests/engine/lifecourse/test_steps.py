"""The length of a call and of a step."""

from __future__ import annotations

from concurrent.futures import Executor

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.engine.counting import layout
from sim.engine.population import Children, cohorts, flows, month_of
from sim.inputs.profiles import profiles
from sim.luck import key_of
from sim.model.parameters import Parameters
from sim.model.transitions import CompiledTable, compile_table
from sim.states import (
    AGES,
    FORMS,
    USER_SETS,
)
from tests.engine.lifecourse.lives import TABLE, YEAR
from tests.worlds import (
    Clockwork,
    born,
    copy,
    everyone,
    flat,
    same,
    total,
)


def ageless(p: Parameters) -> Parameters:
    """Return parameters under which no rate depends on age or on time in a state."""
    shapes = {s for process_ in TABLE.processes.values() for t in process_.transitions for s in t.age}
    durations = {
        t.duration for process_ in TABLE.processes.values() for t in process_.transitions if t.duration
    }
    return flat(p, *shapes, *durations)


@pytest.mark.parametrize("months_per_call", [1, 3, 4])
def test_a_year_in_one_call_is_a_year_in_several(busy: Parameters, months_per_call: int) -> None:
    """Byte for byte, where rates depend on neither age nor duration (birthdays do end care)."""
    p = ageless(busy)
    table = compile_table(TABLE, p, 2030)
    flow, _ = flows(profiles()["Almere"], p, 1500)
    children = everyone(cohorts(flow, 0, month_of(2030), key_of(0), table, p))
    clock, pieces = Clockwork(table), copy(children)
    whole_tally = clock.live(children, 0, 30)
    tally = clock.live(pieces, 0, 30, months_per_call=months_per_call)
    assert same(children, pieces)
    np.testing.assert_allclose(whole_tally, tally, rtol=1e-9, atol=1e-6)


def test_a_year_in_one_call_is_twelve_months_in_twelve_calls(town: Children, table: CompiledTable) -> None:
    months, year = copy(town), copy(town)
    Clockwork(table).live(year, YEAR, 1)
    Clockwork(table).live(months, YEAR, 1, months_per_call=1)
    assert same(year, months)


def annual_totals(table: CompiledTable, tally: NDArray[np.float64]) -> dict[str, float]:
    lay = layout(table)
    need = [table.states.index(("need", s)) for s in ("light", "moderate", "complex")]
    names = list(USER_SETS)
    forms = [
        i for i, (q, s) in enumerate(table.states) if (q if s == "active" else s) in FORMS
    ]  # fmt: skip
    return {
        "users": total(tally, lay.users + names.index("jeugdzorg")),
        "users of residence": total(tally, lay.users + names.index("met_verblijf")),
        "stock of users": total(tally, lay.stock_users + names.index("jeugdzorg")),
        "months in need": sum(total(tally, lay.time + i) for i in need),
        "months in care": sum(total(tally, lay.time + i) for i in forms),
        "events": float(tally[: len(table.rows), :AGES].sum()),
        "unmet need": total(tally, lay.unmet),
    }


def test_halving_the_step_keeps_annual_totals_within_one_percent(busy: Parameters, pool: Executor) -> None:
    """At a size where chance is well below that: stated and checked from eight independent parts."""
    p = busy
    table = compile_table(TABLE, p, 2018)
    clock = Clockwork(table)
    parts = [born(14_000, table, p, seed=s, month=6) for s in range(8)]
    found = {}
    for per_month, calls in ((1, 12), (2, 12), (1, 1)):
        lives = [copy(part) for part in parts]

        def live(part: Children, per_month: int = per_month, calls: int = calls) -> NDArray[np.float64]:
            return clock.live(part, 0, 23, per_month=per_month, months_per_call=calls)

        found[per_month, calls] = [annual_totals(table, tally) for tally in pool.map(live, lives)]
    whole = found[1, 12]
    told = set()
    for other in (found[2, 12], found[1, 1]):
        for name in whole[0]:
            ratios = np.array([b[name] for b in other]) / np.array([a[name] for a in whole])
            noise = ratios.std(ddof=1) / np.sqrt(ratios.size)
            if noise < 0.003:  # the rest is too rare to tell a bias of 1 percent from chance
                told.add(name)
                assert abs(ratios.mean() - 1) < 0.01, (name, ratios.mean(), noise)
    assert len(told) >= len(whole[0]) // 2, told
