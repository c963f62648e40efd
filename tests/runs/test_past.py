"""The past of the model is what its runs that begin earlier count."""

from __future__ import annotations

from concurrent.futures import Executor

import pytest

from sim.decision.headline import USERS
from sim.runs.experiment import Options, run_all
from sim.runs.past import past_users
from tests.worlds import scenario


def test_the_past_is_what_a_scenario_counts_that_begins_there(pool: Executor) -> None:
    none = {"kinderwerk.existing_coverage": {"value": 0.0, "from": "birth"}}
    late, early = (
        scenario(municipality="Zwolle", start=start, years=7, parameters=none) for start in (2026, 2015)
    )
    options = Options(children=600)
    past = past_users(late, options, pool)
    assert past.years == tuple(range(2015, 2026))
    (run,) = run_all([early], options)
    lived = run.columns[0].values[run.columns[0].labels.index(USERS)]
    assert past.users[:7] == pytest.approx(lived, rel=0.001)
