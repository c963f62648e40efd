"""Twins as tables: a value in every row, and columns of the same kinds when nothing happens."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.engine.config import Inline
from sim.runs.experiment import Options
from sim.runs.twin_tables import events_table, parted_table, picture_table
from sim.runs.twins import LIVES, Twins, twins
from tests.worlds import scenario

YEARS, START = 8, 2026


@pytest.fixture(scope="module")
def lived() -> Twins:
    return twins(scenario(0, years=YEARS), scenario(60, years=YEARS), Options(children=4000), Inline())


def test_tables_are_tidy(lived: Twins) -> None:
    parted, events, picture = parted_table(lived), events_table(lived), picture_table(lived)
    assert parted.num_rows == len(lived.partings)
    assert set(events["child"].to_pylist()) == set(parted["child"].to_pylist())
    since = dict(zip(parted["child"].to_pylist(), parted["parts"].to_pylist(), strict=True))
    assert all(
        month >= since[child]
        for child, month in zip(events["child"].to_pylist(), events["month"].to_pylist(), strict=True)
    )
    assert set(picture["life"].to_pylist()) == {"reference", "scenario"}
    assert set(picture["year"].to_pylist()) == set(range(START, START + YEARS))
    assert min(picture["age"].to_pylist()) >= 0
    assert max(picture["age"].to_pylist()) <= 22
    assert len(set(picture["child"].to_pylist())) <= 1000
    assert set(picture["need"].to_pylist()) <= {"none", "light", "moderate", "complex"}


@pytest.mark.parametrize("quiet", [0, 1])
def test_a_life_in_which_nothing_happens_is_in_the_table_of_events(lived: Twins, quiet: int) -> None:
    none = np.array([], np.int64)
    still = replace(lived.lives[quiet], child=none, month=none.astype(float), row=none)
    first, second = (still if k == quiet else life for k, life in enumerate(lived.lives))
    events = events_table(replace(lived, lives=(first, second)))
    assert set(events["life"].to_pylist()) == {LIVES[1 - quiet]}
    assert events.schema == events_table(lived).schema == events_table(replace(lived, partings=())).schema
