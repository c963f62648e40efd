"""The past of the model is what its runs that begin earlier count."""

from __future__ import annotations

from concurrent.futures import Executor

import pytest

from sim.decision.headline import USERS
from sim.runs.experiment import Options, run_all
from sim.runs.past import past_users
from tests.worlds import scenario


def test_the_past_is_what_a_scenario_counts_that_begins_there(pool: Executor) -> None:
    options = Options(children=600)
    past = past_users(scenario(), options, pool)
    assert past.years == tuple(range(2015, 2026))
    early = scenario(start=2019, years=3)
    (run,) = run_all([early], options)
    columns = run.columns[0]
    lived = columns.values[columns.labels.index(USERS)]
    # the same lives up to 2019, and then without child work, to which few came; from 2021 on CBS counts more
    assert past.users[4:7] == pytest.approx(lived, rel=0.02)
