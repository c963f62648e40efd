"""The level of a scenario is the sum of its columns, and what two levels differ by is their difference."""

from __future__ import annotations

import numpy as np
import pytest

from sim.decision.comparison import difference
from sim.decision.headline import USERS
from sim.decision.level_by_year import LEVELS, level_by_year
from sim.runs.experiment import Options, run_all
from tests.worlds import scenario

PAIR = [scenario(0, years=3), scenario(36, years=3)]
RUNS = list(run_all(PAIR, Options(children=400, draws=12)))


def test_money_is_care_and_programmes() -> None:
    care, programmes, money = (
        np.array([f.value for f in level_by_year(RUNS, 1, what)]) for what in ("care", "programmes", "money")
    )
    assert care + programmes == pytest.approx(money)
    assert (care > 10 * programmes).all()
    label = ("cost", "programme", "kinderwerk")
    spent = np.mean([run.columns[1].values[run.columns[1].labels.index(label)] for run in RUNS], axis=0)
    assert programmes == pytest.approx(spent)


def test_levels_differ_by_the_difference() -> None:
    d = difference(RUNS, 1, 0, range(PAIR[0].start, PAIR[0].start + 3))
    ours, theirs = (np.array([f.value for f in level_by_year(RUNS, k, "users")]) for k in (1, 0))
    assert ours - theirs == pytest.approx(d.series(*USERS).mean(axis=0))
    assert (theirs > 0).all()


@pytest.mark.parametrize("what", LEVELS)
def test_a_level_has_a_range_over_draws_and_an_error(what: str) -> None:
    for f in level_by_year(RUNS, 1, what):
        assert f.low is not None
        assert f.high is not None
        assert f.low <= f.value <= f.high
        assert f.draw_count == 12
