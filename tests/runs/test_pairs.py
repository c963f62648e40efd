"""Differences from those who are reached are those of everybody; where that cannot be, it is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from worlds import scenario

from sim.decision.appraisal import Difference, difference
from sim.engine.setting import Inline
from sim.errors import InputError
from sim.inputs.scenario import Scenario
from sim.runs.experiment import Options, Run, run_all
from sim.runs.pairs import feedback, run_reached
from sim.runs.warmstore import WarmStore

FEW, YEARS, START = 1500, 4, 2026
OPTIONS = Options(children=FEW)


def two(fte: float, other: float, **changes: Any) -> list[Scenario]:
    return [scenario(n, years=YEARS, start=START, **changes) for n in (fte, other)]


def found(run: Run) -> Difference:
    return difference([run], 1, 0, range(START, START + YEARS))


def everybody(scenarios: Sequence[Scenario], draw: int, tmp_path: Any) -> Run:
    options = Options(children=FEW, draws=1, first_draw=draw)
    (run,) = run_all(scenarios, options, WarmStore(tmp_path / "warm"))
    return run


WITH_YOUTH_WORK = {
    "kinderwerk": {"fte": 36, "ages": [4, 10], "targeting": "everyone"},
    "jongerenwerk": {"fte": 20},
}
QUIET = {"kinderwerk": {"fte": 36, "switches": {"onset": False, "signalling": False}}}


@pytest.mark.parametrize(
    "scenarios",
    [
        two(0, 36),
        two(36, 80, policy="deficit"),
        [scenario(36, years=YEARS, start=START),
         scenario(years=YEARS, start=START, programmes=WITH_YOUTH_WORK)],
        [scenario(36, years=YEARS, start=START), scenario(years=YEARS, start=START, programmes=QUIET)],
        [scenario(0, years=YEARS, start=START, shocks=[{"kind": "lockdown", "start": 2027, "size": 0.5}]),
         scenario(36, years=YEARS, start=START, shocks=[{"kind": "lockdown", "start": 2027, "size": 0.5}])],
    ],
    ids=["nothing and something", "something and more", "other ages and another programme",
         "other mechanisms", "a shock"],
)  # fmt: skip
@pytest.mark.parametrize("draw", [0, 3])
def test_the_difference_is_that_of_everybody(scenarios: list[Scenario], draw: int, tmp_path: Any) -> None:
    part, whole = run_reached(scenarios, OPTIONS, draw, Inline()), everybody(scenarios, draw, tmp_path)
    assert 0 < part.columns[0].children < whole.columns[0].children
    ours, theirs = found(part), found(whole)
    assert ours.labels == theirs.labels
    assert np.abs(theirs.runs).max() > 1000
    np.testing.assert_allclose(ours.runs, theirs.runs, rtol=1e-9, atol=1e-5)
    np.testing.assert_allclose(ours.run_mcse, theirs.run_mcse, rtol=1e-9, atol=1e-5)


def test_scenarios_that_reach_the_same_children_alike_have_nobody_to_live() -> None:
    run = run_reached(two(36, 36), OPTIONS, 0, Inline())
    assert run.columns[0].children == 0
    assert not found(run).runs.any()


def test_many_scenarios_are_compared_at_once() -> None:
    scenarios = [*two(0, 36), *two(72, 10)]
    together = run_reached(scenarios, OPTIONS, 0, Inline())
    for k in (1, 2, 3):
        alone = run_reached([scenarios[0], scenarios[k]], OPTIONS, 0, Inline())
        years = range(START, START + YEARS)
        np.testing.assert_allclose(
            difference([together], k, 0, years).runs, difference([alone], 1, 0, years).runs, atol=1e-5
        )


@pytest.mark.parametrize(
    ("scenarios", "reason"),
    [
        (two(0, 36, policy="capped"), "places in care are limited"),
        (two(0, 36, policy="crowd_out", use={"ring_fenced": False}), "not ring-fenced"),
        ([scenario(0, years=YEARS), scenario(36, years=YEARS, parameters={"need.onset_light": 0.03})],
         "different parameters"),
        ([scenario(0, years=YEARS),
          scenario(36, years=YEARS, shocks=[{"kind": "lockdown", "start": 2027, "size": 0.5}])],
         "different shocks"),
    ],
    ids=["capped", "not fenced", "parameters", "shocks"],
)  # fmt: skip
def test_where_all_lives_may_differ_it_says_why(scenarios: list[Scenario], reason: str) -> None:
    assert reason in str(feedback(scenarios))
    with pytest.raises(InputError, match=reason):
        run_reached(scenarios, OPTIONS, 0, Inline())


def test_unfenced_work_paid_from_outside_or_under_deficit_shares_lives() -> None:
    assert feedback(two(0, 36, use={"ring_fenced": False, "paid_by": "outside"})) is None
    assert feedback(two(0, 36, use={"ring_fenced": False}, policy="deficit")) is None
