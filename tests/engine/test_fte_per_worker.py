"""Budgets that count workers: as many visits and the same lives, for the part of an FTE that each costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.engine.config import Inline, RunConfig
from sim.engine.plan import with_overrides
from sim.engine.simulation import simulate
from sim.engine.warmup import WarmStart, warm_up
from sim.inputs.profiles import profiles
from sim.model.parameters import default_parameters
from sim.runs.experiment import Columns
from tests.worlds import START, scenario

PART = {"kinderwerk.fte_per_worker": 0.67}
SETTING = RunConfig(profiles()["Almere"], default_parameters(), children=1000)


@pytest.fixture(scope="module")
def warm() -> WarmStart:
    return warm_up(SETTING, START, Inline())


def test_workers_reach_what_was_counted_by_worker_and_cost_their_part_of_an_fte(warm: WarmStart) -> None:
    found = []
    for parameters in ({}, PART):
        one = scenario(36, parameters=parameters)
        history = simulate(one, SETTING, Inline(), warm)
        found.append((history, Columns.of(history, with_overrides(SETTING.parameters, one, "start"))))
    (full, of_full), (part, of_part) = found
    assert full.cells.tobytes() == part.cells.tobytes()
    assert full.programmes == part.programmes
    np.testing.assert_allclose(
        part.accounts.programme_cost["kinderwerk"],
        0.67 * np.array(full.accounts.programme_cost["kinderwerk"]), rtol=1e-12,
    )  # fmt: skip
    row = of_full.labels.index(("cost", "programme", "kinderwerk"))
    saved = of_full.values[row] - of_part.values[row]
    assert (saved > 0).all()
    whole = of_full.labels.index(("cost", "payer", "gemeente"))
    np.testing.assert_allclose(of_full.values[whole] - of_part.values[whole], saved)


def test_a_shortfall_takes_as_many_workers_as_it_takes_euros(warm: WarmStart) -> None:
    """Under crowding out a cheaper worker is cut sooner: the same euros are more of them."""
    budget, use = {"youth_care": 120e6}, {"ring_fenced": False}
    told: dict[str, Any] = {"policy": "crowd_out", "budget": budget, "use": use}
    left = [
        simulate(scenario(36, parameters=parameters, **told), SETTING, Inline(), warm).accounts
        for parameters in ({"townhall.crowd_out_share": 0.02, "townhall.crowd_out_ceiling": 1.0},
                           {"townhall.crowd_out_share": 0.02, "townhall.crowd_out_ceiling": 1.0, **PART})
    ]  # fmt: skip
    cut = [36 - each.posts["kinderwerk"][1] for each in left]
    assert 0 < cut[0] < cut[1] < 36
    assert cut[1] == pytest.approx(cut[0] / 0.67)
