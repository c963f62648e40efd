"""The effect that is stated is the one that arrives: new moderate need among children who all come, fully."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor

import numpy as np
import pytest

from sim.engine.config import RunConfig
from sim.engine.simulation import simulate
from sim.engine.warmup import warm_up
from sim.inputs.profiles import profiles
from sim.model.parameters import default_parameters
from tests.worlds import START, scenario

Agree = Callable[[str, float, float, float], None]
RATIO, YEARS = 0.764, 5
EVERYBODY = {
    "kinderwerk.uptake_ceiling": 3.0, "kinderwerk.stay": 1e6, "kinderwerk.hiring_delay": 0.0,
    "kinderwerk.build_up": 0.01, "kinderwerk.effect_exists": 1.0, "kinderwerk.recovery_light": 1.0,
    "kinderwerk.moderate_need": RATIO,
}  # fmt: skip
NEED_ALONE = {"switches": {"signalling": False, "participation": False}}


@pytest.mark.parametrize(("share", "least", "most"), [(0.5, 0.85, 1.1), (0.2, 0.9, 1.2), (0.8, 0.7, 1.1)])
def test_new_moderate_need_falls_by_the_stated_ratio(
    share: float, least: float, most: float, pool: Executor, agree: Agree
) -> None:
    """In logarithms, over five years: at half it is the whole of it, and elsewhere most of it."""
    p = default_parameters().replace({**EVERYBODY, "kinderwerk.share_onset": share})
    config = RunConfig(profiles()["Almere"], p, children=20_000)
    warm = warm_up(config, START, pool)
    new = []
    for fte in (0, 1e5):
        history = simulate(scenario(fte, years=YEARS, use=NEED_ALONE), config, pool, warm)
        kinds = [
            history.layout.flow + history.table.row(name) for name in ("onset_moderate", "escalate_light")
        ]
        new.append(history.cells.sum(axis=1)[:, kinds, 5:15].sum())  # those of four come in their year
    arrived = float(np.log(new[1] / new[0]) / np.log(RATIO))
    agree(
        f"share of the stated effect that arrives, share_onset {share}",
        arrived, (least + most) / 2, (most - least) / 2,
    )  # fmt: skip
