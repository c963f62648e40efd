"""Anchors lie within their own ranges, and the model counts what they count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calibration.anchors import ANCHORS, Anchor
from calibration.targets import Counted
from sim.history import CELLS, History
from sim.parameters import Parameters


@pytest.fixture
def counted(lived: History, parameters: Parameters) -> Counted:
    """Return five years from 2015 in which 100 children of each age live and nothing happens."""
    cells = np.zeros((5, lived.layout.kinds, CELLS))
    cells[:, lived.layout.people, :23] = 100.0
    return Counted(cells, lived.layout, lived.table, parameters)


def anchor(id_: str) -> Anchor:
    (found,) = [anchor for anchor in ANCHORS if anchor.id == id_]
    return found


def test_every_anchor_has_a_range_and_a_source() -> None:
    assert len({anchor.id for anchor in ANCHORS}) == len(ANCHORS)
    for one in ANCHORS:
        assert 0 < one.low < one.value < one.high
        assert one.source
        assert one.what


def put(counted: Counted, process: str, state: str, year: int, amount: float, age: int) -> None:
    kind = counted.layout.stock + counted.table.state(process, state)
    counted.cells[year - 2015, kind, age] += amount


def test_shares_are_of_the_children_of_those_ages(counted: Counted) -> None:
    put(counted, "need", "light", 2018, 80.0, 5)
    put(counted, "need", "complex", 2018, 8.0, 11)
    put(counted, "need", "light", 2018, 50.0, 12)
    assert anchor("sdq_raised_4_11").count(counted) == pytest.approx(88 / 800)
    assert anchor("sdq_problems_12_16").count(counted) == pytest.approx(50 / 500)
    put(counted, "bijstand", "yes", 2019, 90.0, 17)
    put(counted, "bijstand", "yes", 2019, 90.0, 18)
    assert anchor("bijstand").count(counted) == pytest.approx(90 / 1800)


def test_maltreated_in_a_year_are_those_still_and_those_no_longer(counted: Counted) -> None:
    put(counted, "mishandeling", "yes", 2017, 30.0, 8)
    counted.cells[2, counted.layout.flow + counted.table.row("maltreatment_ends"), 9] = 24.0
    assert anchor("maltreated").count(counted) == pytest.approx(54 / 1800)
    assert anchor("maltreated").holds(counted)


def test_outcomes_are_counted_as_events(counted: Counted) -> None:
    counted.cells[3, counted.layout.flow + counted.table.row("leaves_school"), 16] = 30_000.0
    counted.cells[4, counted.layout.flow + counted.table.row("first_offence"), 12:19] = 2_000.0
    assert anchor("early_school_leavers").count(counted) == 30_000.0
    assert anchor("first_offences_12_17").count(counted) == 12_000.0


def test_a_range_holds_its_ends() -> None:
    one = replace(anchor("bijstand"), low=0.05, high=0.07)
    for value, holds in ((0.05, True), (0.07, True), (0.049, False), (0.071, False)):
        at = replace(one, count=lambda _, value=value: value)  # type: ignore[misc]
        assert at.holds(None) is holds  # type: ignore[arg-type]
