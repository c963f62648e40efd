"""A year that cannot be stops the run."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.engine.config import RunConfig
from sim.engine.history import History
from sim.engine.simulation import check_year, simulate
from sim.engine.warmup import WarmStart
from sim.errors import SimulationError
from sim.states import FORMS, USER_SETS
from tests.worlds import scenario

Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def without(untouched: RunConfig, warm_untouched: WarmStart, pool: Executor) -> History:
    """Return four years of a town that has no child work and never had any."""
    return simulate(scenario(), untouched, pool, warm_untouched)


def with_parameters(config: RunConfig, **changes: float) -> RunConfig:
    return replace(config, parameters=config.parameters.replace(changes))


def broken(history: History, kind: int, value: float) -> Floats:
    cells = history.cells[0].copy()
    cells[:, kind, 10] = value
    return cells


def test_a_year_that_was_lived_is_accepted(without: History) -> None:
    for k, year in enumerate(without.years):
        check_year(without.cells[k], without.layout, without.table, year)


@pytest.mark.parametrize("process", ["need", "verblijf", "ambulant", "bijstand"])
def test_more_children_in_a_process_than_there_are_stop_the_run(without: History, process: str) -> None:
    last = [i for i, (name, _) in enumerate(without.table.states) if name == process][-1]
    cells = broken(without, without.layout.stock + last, 4000.0)
    with pytest.raises(SimulationError, match=f"in 2026 more children are in a state of '{process}'"):
        check_year(cells, without.layout, without.table, 2026)


def test_a_negative_count_stops_the_run(without: History) -> None:
    for kind in (without.layout.flow, without.layout.unmet, without.layout.kinds - 1):
        with pytest.raises(SimulationError, match="a count is negative in 2026"):
            check_year(broken(without, kind, -1.0), without.layout, without.table, 2026)


@pytest.mark.parametrize("name", [*FORMS, "jeugdzorg", "jeugdhulp", "zonder_verblijf", "met_verblijf"])
def test_more_users_at_the_end_of_a_year_than_during_it_stop_the_run(without: History, name: str) -> None:
    cells = without.cells[0].copy()
    k = list(USER_SETS).index(name)
    cells[:, without.layout.users + k] = 0.0
    cells[:, without.layout.stock_users + k, 3] = 1.0
    with pytest.raises(SimulationError, match=f"more users of '{name}' on 31 December than during 2026"):
        check_year(cells, without.layout, without.table, 2026)


def test_a_programme_with_a_child_too_many_stops_the_run(
    almere: RunConfig, warm_almere: WarmStart, pool: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sim.engine import programmes, simulation

    full = programmes.attend

    def overfull(*arguments: Any) -> Any:
        found = full(*arguments)
        found.stock[5] += 1
        return found

    monkeypatch.setattr(simulation, "attend", overfull)
    with pytest.raises(SimulationError, match="kinderwerk has more children than places in 2026"):
        simulate(scenario(36), almere, pool, warm_almere)


def test_too_many_events_stop_the_run(almere: RunConfig, warm_almere: WarmStart, pool: Executor) -> None:
    wild = {"need.onset_light": 5e4, "need.recover_light": 5e4}
    with pytest.raises(SimulationError, match="a rate of 2026 is too high"):
        simulate(scenario(years=1), with_parameters(almere, **wild), pool, warm_almere)
