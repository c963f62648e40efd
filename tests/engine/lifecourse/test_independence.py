"""What happens to a child depends on nobody else and on no order, and no draw is used twice."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

import numba
import numpy as np
import pytest

from sim.engine import lifecourse
from sim.engine.counting import empty_tally, layout
from sim.engine.population import Children, cohorts, flows, month_of
from sim.engine.stretch import Stretch
from sim.inputs.profiles import profiles
from sim.luck import key_of
from sim.model.catalogue import catalogue
from sim.model.parameters import Parameters
from sim.model.transitions import CompiledTable, compile_table
from sim.states import (
    MONTHS,
)
from tests.engine.lifecourse.lives import TABLE, YEAR
from tests.worlds import (
    Clockwork,
    copy,
    everyone,
    live_span,
    no_exposure,
    same,
)


def test_the_same_luck_gives_the_same_lives(town: Children, table: CompiledTable) -> None:
    first, second, other = copy(town), copy(town), copy(town)
    a, b = Clockwork(table).live(first, YEAR, 5), Clockwork(table).live(second, YEAR, 5)
    Clockwork(table, seed=1).live(other, YEAR, 5)
    assert same(first, second)
    assert a.tobytes() == b.tobytes()
    assert not same(first, other)


def test_one_more_child_changes_nobody_else(town: Children, table: CompiledTable) -> None:
    """To the byte, whoever the child is and wherever it stands."""
    at = town.id.size // 2
    extra = town.part(slice(at, at + 1))
    extra.id[:] = extra.id | 0xFF00
    assert extra.id[0] not in town.id
    extra.state[:] = 1
    alone, more = copy(town), town.part(slice(0, at)).joined(extra).joined(town.part(slice(at, None)))
    Clockwork(table).live(alone, YEAR, 8)
    Clockwork(table).live(more, YEAR, 8)
    assert same(alone, more.part(slice(0, at)).joined(more.part(slice(at + 1, None))))
    assert not same(extra, more.part(slice(at, at + 1)))


def test_it_does_not_matter_in_which_order_or_block_children_live(
    town: Children, table: CompiledTable, pool: Executor
) -> None:
    clock, whole = Clockwork(table), copy(town)
    tally = clock.live(whole, YEAR, 3)
    parts = [town.part(slice(a, a + 701)) for a in range(0, town.id.size, 701)]
    backwards = town.part(slice(None, None, -1))
    tallies = list(pool.map(lambda part: clock.live(part, YEAR, 3), parts))
    clock.live(backwards, YEAR, 3)
    together = parts[0]
    for part in parts[1:]:
        together = together.joined(part)
    assert same(whole, together)
    assert same(whole, backwards.part(slice(None, None, -1)))
    np.testing.assert_allclose(tally, sum(tallies), rtol=1e-9, atol=1e-6)
    halves = copy(town)
    for rows in (slice(1000, None), slice(0, 1000)):
        clock.live(halves, YEAR, 3, rows=rows)
    assert same(whole, halves)


def test_where_a_child_lives_changes_what_is_counted_and_not_how_it_lives(
    town: Children, table: CompiledTable
) -> None:
    here, elsewhere = copy(town), copy(town)
    elsewhere.arrives[:] = YEAR + 3
    clock = Clockwork(table)
    counted, uncounted = clock.live(here, YEAR, 3), clock.live(elsewhere, YEAR, 3)
    assert same(here, elsewhere, "arrives")
    assert counted.any()
    assert not uncounted.any()
    gone = copy(town)
    gone.departs[:] = YEAR
    assert not clock.live(gone, YEAR, 3).any()
    assert same(gone, town, "departs")


def test_no_draw_is_used_twice(busy: Parameters, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs the kernel uncompiled and writes down every draw: births, programmes and 20 busy years.

    Along the way the compiled kernel is checked against the interpreted one: the same children to the byte.
    """
    from sim.engine import counting, population, programmes
    from sim.engine import exposure as exposure_module

    drawn: list[tuple[int, int, int]] = []

    def recorder(function: Any) -> Any:
        def record(key: Any, decision: int, step: int, child: int) -> Any:
            drawn.append((int(decision), int(step), int(child)))
            return function(key, decision, step, child)

        return record

    compiled = {}
    for module in (lifecourse, counting, exposure_module, population, programmes):
        for name, function in list(vars(module).items()):
            if not isinstance(function, numba.core.registry.CPUDispatcher):
                continue
            compiled[module, name] = function
            luck = name in ("draw", "uniform")
            monkeypatch.setattr(module, name, recorder(function) if luck else function.py_func)

    p = busy
    table = compile_table(TABLE, p, 2030)
    flow, _ = flows(profiles()["Almere"], p, 100)
    key = key_of(3)
    children = everyone(cohorts(flow, 0, month_of(2012), key, table, p))
    started = len(drawn)
    assert started >= 6 * children.id.size
    reference, lay = copy(children), layout(table)
    tally, expected = empty_tally(lay), empty_tally(lay)
    n, x = children.id.size, no_exposure(children.id.size)
    effect = programmes.effect_of(catalogue()["kinderwerk"], p, {})
    exposed = programmes.exposures(n, ["kinderwerk"], {"kinderwerk": effect})
    weight = np.ones(5)
    for year in range(20):
        bounds = compiled[lifecourse, "year_table"](table.hazards, year)
        programmes._scan(
            children, exposed, 0, 0, 48, 180, 180, year, key, weight, 36.0, -1, 1.0, 6, 1.0, 0, np.inf
        )
        span = Stretch(year * MONTHS, MONTHS, 1, year, True)
        live_span(children, x, table, bounds, key, span, tally, kernel=lifecourse.advance)
        compiled_advance = compiled[lifecourse, "advance"]
        live_span(reference, x, table, bounds, key, span, expected, kernel=compiled_advance)
    assert same(children, reference)
    # sums of time may be rounded otherwise where the compiler fuses a product and a sum
    np.testing.assert_allclose(tally, expected, rtol=1e-12, atol=1e-12)
    assert max(d[0] for d in drawn) > 100  # several events in one month did happen
    assert len(set(drawn)) == len(drawn)
