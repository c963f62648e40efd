"""Who enters help, and who has help later, as a cohort study asks it."""

from __future__ import annotations

from concurrent.futures import Executor
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from calibration.figures.entrants import COHORT_YEAR, PERIODS, QUARTER, Entrants
from sim.engine.config import RunConfig
from sim.engine.population import Children
from sim.engine.warmup import warm_up
from sim.states import EPOCH_YEAR, MONTHS, form_bit

HELP, MEASURE = form_bit("ambulant"), form_bit("jeugdbescherming")
OPEN = (COHORT_YEAR - EPOCH_YEAR) * MONTHS
LONG_AGO, SOON = 0, 99


def children(
    forms: list[int], ended: list[float] | None = None, age: int = 9, month: int = OPEN, departs: int = SOON
) -> Any:
    n = len(forms)
    return SimpleNamespace(
        forms=np.array(forms, np.uint16), care_ended=np.array(ended or [-9999.0] * n, np.float32),
        birth=np.full(n, month - age * MONTHS, np.int16), arrives=np.full(n, LONG_AGO, np.int16),
        departs=np.full(n, departs, np.int16),
    )  # fmt: skip


def seen(*quarters: Any) -> dict[str, float]:
    """Return the shares where these are the ends of quarters, from the eve of the cohort; then nobody."""
    cohort = Entrants()
    size = len(quarters[0].forms)
    for k in range(4 + max(PERIODS.values()) + 1):
        now = quarters[k] if k < len(quarters) else children([0] * size)
        cohort.see(OPEN + k * QUARTER, 0, now)
    return cohort.shares()


def test_a_share_is_that_of_the_time_between_two_visits() -> None:
    """Four enter in the first quarter; three are there at its end, one a quarter later."""
    first = children([0, 0, 0, 0])
    end = children([HELP, HELP, HELP, 0], [-9999.0, -9999.0, -9999.0, OPEN + 2.0])
    later = children([HELP, 0, 0, 0], [-9999.0] * 4)
    found = seen(first, end, later)
    assert found["3m"] == pytest.approx(np.sqrt(3 / 4 * 1 / 4))
    assert found["1y"] == found["3y"] == 0.0


def test_help_again_counts_and_measures_of_the_court_do_not() -> None:
    first, out = children([0, 0]), children([0, 0])
    back = [children([HELP, MEASURE])] * 2
    found = seen(first, children([HELP, HELP]), out, out, *back)
    # both enter in the first quarter and the first of them again in the fourth: three, of whom one is there
    assert found["3m"] == pytest.approx(np.sqrt(3 / 3 * 1 / 3))
    assert found["1y"] == pytest.approx(1 / 3)


def test_who_had_help_before_or_is_of_another_age_does_not_enter() -> None:
    assert seen(children([HELP]), children([HELP])) == {}
    assert seen(children([0], age=3), children([HELP], age=3)) == {}
    assert seen(children([0], age=15), children([HELP], age=15, month=OPEN + QUARTER)) == {}


def test_who_moves_away_is_followed_no_further() -> None:
    gone = OPEN // MONTHS + 1
    first, end = children([0, 0], departs=gone), children([HELP, HELP], departs=gone)
    cohort = Entrants()
    for k in range(4 + max(PERIODS.values()) + 1):
        cohort.see(OPEN + k * QUARTER, 0, first if k == 0 else end)
    assert set(cohort.shares()) == {"3m"}


def test_a_period_that_was_not_watched_has_no_share() -> None:
    cohort = Entrants()
    for k, forms in enumerate(([0], [HELP], [HELP], [HELP], [HELP])):
        cohort.see(OPEN + k * QUARTER, 0, children(forms))
    assert cohort.shares() == {}


def test_lives_do_not_depend_on_who_watches(almere: RunConfig, pool: Executor) -> None:
    months: list[int] = []

    def watch(month: int, block: int, _: Children) -> None:
        if block == 0:
            months.append(month)

    alone = warm_up(almere, 2018, pool, count_from=2015)
    watched = warm_up(almere, 2018, pool, count_from=2015, watch=watch, watched={2016})
    assert (alone.cells == watched.cells).all()
    assert all(
        (getattr(a, name) == getattr(b, name)).all()
        for a, b in zip(alone.blocks, watched.blocks, strict=True)
        for name in ("state", "ticks", "forms", "care_ended")
    )
    assert months == [OPEN + k * QUARTER for k in range(1, 5)]
