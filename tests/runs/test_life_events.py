"""Events of lives are in order, and two lives part at the first that is in one of them only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from sim.engine.config import Inline
from sim.runs.experiment import Options
from sim.runs.life_events import when
from sim.runs.twins import Twins, twins
from sim.states import EPOCH_YEAR, MONTHS
from tests.worlds import scenario

YEARS, START = 8, 2026


@pytest.fixture(scope="module")
def lived() -> Twins:
    return twins(scenario(0, years=YEARS), scenario(60, years=YEARS), Options(children=4000), Inline())


def pairs(t: Twins) -> Iterator[tuple[Any, list[Any], list[Any]]]:
    for parting in t.partings:
        yield parting, t.lives[0].events(parting.child), t.lives[1].events(parting.child)


def test_lives_are_equal_until_they_part_and_not_from_then_on(lived: Twins) -> None:
    assert len(lived.partings) > 20
    for parting, ours, theirs in pairs(lived):
        before = [[e for e in life if e.month < parting.month] for life in (ours, theirs)]
        assert before[0] == before[1]
        event = (parting.month, parting.row)
        has = [event in [(e.month, e.row) for e in life] for life in (ours, theirs)]
        assert has[parting.life]
        assert ours != theirs


def test_who_does_not_part_has_one_life(lived: Twins) -> None:
    parted = {parting.child for parting in lived.partings}
    others = [i for i in range(lived.ids.size) if i not in parted]
    assert others
    for i in others:
        assert lived.lives[0].events(i) == lived.lives[1].events(i)
    assert not lived.euros[others].any()


def test_lives_part_where_a_programme_reaches(lived: Twins) -> None:
    ways = [parting.mechanism for parting in lived.partings]
    assert "signalling" in ways
    assert ways.count("later") < 0.1 * len(ways)
    seen = [p for p in lived.partings if lived.table.rows[p.row] == "seen_by_programme"]
    assert seen
    assert all(p.life == 1 and p.mechanism == "signalling" for p in seen)  # nobody is seen by no workers


def test_events_lie_in_the_years_and_in_order(lived: Twins) -> None:
    for life in lived.lives:
        assert life.month.min() >= (START - EPOCH_YEAR) * MONTHS
        assert life.month.max() <= (START + YEARS - EPOCH_YEAR) * MONTHS
        same = np.diff(life.child) == 0
        assert (np.diff(life.month)[same] >= 0).all()
        assert (np.diff(life.child) >= 0).all()


def test_months_are_written_as_year_and_month() -> None:
    assert when(0.0) == f"{EPOCH_YEAR}-01"
    assert when(11.99) == f"{EPOCH_YEAR}-12"
    assert when(12.0) == f"{EPOCH_YEAR + 1}-01"
