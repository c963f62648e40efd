"""The population on the eve of a scenario: who is there, what was counted, and what came before."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
import pytest

from sim.engine import warmup
from sim.engine.config import EXISTING, Inline, RunConfig
from sim.engine.counting import layout
from sim.engine.population import BLOCKS, LIFE_MONTHS, Children, month_of
from sim.engine.programmes import participants_for
from sim.engine.warmup import WarmStart, warm_up
from sim.inputs.profiles import profiles
from sim.model.catalogue import catalogue
from sim.model.parameters import Parameters
from sim.model.processes import default_table
from sim.model.transitions import compile_table
from sim.states import AGES
from tests.worlds import START

CHILD_WORK = catalogue()[EXISTING]


def test_a_warm_start_holds_all_youths_and_nobody_who_has_grown_up(warm_almere: WarmStart) -> None:
    now = month_of(START)
    births = np.concatenate([block.birth for block in warm_almere.blocks])
    assert births.min() > now - LIFE_MONTHS
    assert births.max() == now - 1
    assert all(
        block.id.size == x.joins.shape[0]
        for block, x in zip(warm_almere.blocks, warm_almere.exposed, strict=True)
    )


@pytest.mark.parametrize(("count_from", "years"), [(None, 1), (2020, 3), (2015, 8), (2000, 8)])
def test_years_before_the_scenario_are_counted_as_asked_and_not_before_2015(
    parameters: Parameters, pool: Executor, count_from: int | None, years: int
) -> None:
    config = RunConfig(profiles()["Almere"], parameters, children=100)
    warm = warm_up(config, 2023, pool, count_from=count_from)
    assert warm.cells.shape[0] == years
    kind = layout(compile_table(default_table(), parameters, 2023)).people
    assert np.all(np.abs(warm.cells[:, :, kind, :AGES].sum(axis=(1, 2)) - 100) < 10)


@pytest.mark.parametrize(("count_from", "watched"), [(None, ()), (2018, (2016,)), (2030, ())])
def test_few_children_who_live_as_one_block_live_as_they_do_by_block(
    monkeypatch: pytest.MonkeyPatch,
    parameters: Parameters,
    count_from: int | None,
    watched: tuple[int, ...],
) -> None:
    config = RunConfig(profiles()["Almere"], parameters, children=300)
    seen: list[tuple[int, int, bytes]] = []

    def look(month: int, b: int, block: Children) -> None:
        seen.append((month, b, block.state.tobytes()))

    found = []
    for together in (0, warmup.TOGETHER):
        seen.clear()
        monkeypatch.setattr(warmup, "TOGETHER", together)
        one = warm_up(config, 2020, Inline(), None, count_from, look, watched)
        arrays = [array for part in (*one.blocks, *one.exposed) for array in part]
        found.append(([array.tobytes() for array in arrays], one.cells.tobytes(), sorted(seen)))
    assert len(seen) == 4 * BLOCKS * len(watched)
    assert found[0] == found[1]


def test_child_work_before_the_scenario_is_local_or_assumed(parameters: Parameters) -> None:
    local = RunConfig(profiles()["Almere"], parameters)
    assert local.existing_fte() == 36.0
    other = RunConfig(replace(local.profile, kinderwerk_fte=None), parameters)
    eligible = other.eligible(CHILD_WORK)
    assert eligible == sum(other.profile.youths[4:15])
    reached = participants_for(other.existing_fte(), eligible, CHILD_WORK, parameters)
    assert reached == pytest.approx(0.04 * eligible)
    assert RunConfig(replace(local.profile, kinderwerk_fte=0.0), parameters).existing_fte() == 0.0
