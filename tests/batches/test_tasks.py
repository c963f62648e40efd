"""Tasks: every unit once, those of one population together, and the results that any other run has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.batches import tasks
from sim.batches.tasks import MOST_UNITS, Task, make, plan
from sim.batches.units import HashedScenario, Unit, decode, engine
from sim.errors import SimulationError
from sim.faults import fault
from sim.inputs.scenario import Scenario
from sim.runs.experiment import Options, columns_of, run_all
from tests.worlds import scenario

SMALL = 300
SHORT = [scenario(fte, years=2) for fte in (0, 36)]


def units(scenarios: int, draws: int, children: int | None = SMALL) -> list[Unit]:
    works = [replace(HashedScenario.of(SHORT[0]), content=str(k)) for k in range(scenarios)]
    return [Unit.of(work, 0, draw, 0, children) for work in works for draw in range(1, draws + 1)]


@given(scenarios=st.integers(0, 70), draws=st.integers(1, 12), size=st.integers(1, 9))
def test_every_unit_is_in_one_task_with_others_of_its_population(
    scenarios: int, draws: int, size: int
) -> None:
    wanted = units(scenarios, draws)
    planned = plan(wanted, size)
    assert Counter(unit.key for task in planned for unit in task.units) == Counter(u.key for u in wanted)
    for task in planned:
        assert 1 <= len(task.units) <= MOST_UNITS
        assert len({unit.draw for unit in task.units}) == 1
        assert task.cached == (len({unit.key for unit in task.units}) < scenarios)
    assert len(planned) >= min(len(wanted), 4 * size)


def test_the_first_tasks_warm_up_different_populations() -> None:
    planned = plan(units(60, 20), 2)
    assert [task.units[0].draw for task in planned[:6]] == [1, 2, 1, 2, 1, 2]


def test_a_long_unit_is_a_task_of_its_own() -> None:
    assert {len(task.units) for task in plan(units(60, 20, 40_000_000), 2)} == {1}


def test_a_task_makes_what_every_other_run_makes() -> None:
    root = HashedScenario.of(SHORT[0])
    own = tuple(Unit.of(HashedScenario.of(s), 4, 2, 0, SMALL, root) for s in SHORT)
    made = make(Task(own, engine(), False))
    (run,) = run_all(SHORT, Options(children=SMALL, seed=4, threads=1, draws=1, first_draw=2))
    for outcome, expected in zip(made, run.columns, strict=True):
        found = decode(outcome.content, outcome.key)
        assert outcome.fault is None
        assert found.labels == expected.labels
        assert np.array_equal(found.blocks, expected.blocks)
        assert np.array_equal(found.values, expected.values)


def _task(*scenarios: Scenario, cached: bool = False) -> Task:
    own = tuple(Unit.of(HashedScenario.of(s), 4, 2, 0, SMALL) for s in scenarios)
    return Task(own, engine(), cached)


def test_a_unit_that_fails_does_not_take_the_others_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = columns_of

    def fails(scenarios: Sequence[Scenario], *others: object) -> object:
        if SHORT[0] in scenarios:
            raise SimulationError(fault("count_negative", year=2026))
        return real(scenarios, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(tasks, "columns_of", fails)
    first, second = make(_task(*SHORT))
    assert (first.content, str(first.fault)) == (b"", "a count is negative in 2026")
    assert second.content
    assert second.fault is None


def test_a_worker_with_another_engine_refuses() -> None:
    with pytest.raises(SimulationError, match="another version of kinderwerk"):
        make(replace(_task(*SHORT), engine="another"))


def test_parts_are_units() -> None:
    task = _task(*SHORT, cached=True)
    assert [part.units for part in task.parts()] == [(unit,) for unit in task.units]
    assert all(part.cached and part.engine == task.engine for part in task.parts())
