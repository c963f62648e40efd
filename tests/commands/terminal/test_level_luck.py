"""Levels that `run` shows have their luck beside them, and none where it cannot be told."""

from __future__ import annotations

import numpy as np
from rich.console import Console

from commands.terminal.levels import luck_table
from sim.decision.headline import UNMET, USERS
from sim.runs.experiment import Run
from tests.worlds import run_of

CARE = ("cost", "part", "care")


def lived(*blocks: float) -> Run:
    parts = np.array([[x / len(blocks) for x in blocks]] * 3)
    return run_of({USERS: parts * 100, UNMET: parts * 10, CARE: parts * 1e6})


def shown(*runs: Run, horizons: tuple[int, ...] = (1, 3)) -> str:
    console = Console(width=120)
    with console.capture() as found:
        console.print(luck_table(runs, 2026, horizons))
    return found.get()


def test_each_level_has_two_standard_errors_of_luck() -> None:
    told = shown(lived(80.0, 120.0))  # blocks 40 and 60: sqrt(2 * 200) = 20
    assert "2026" in told
    assert "2028" in told
    rows = [line for line in told.splitlines() if "±" in line]
    assert "rest and fixed follow" in told  # of all cost blocks tell too little
    assert [row.count(size) for row, size in zip(rows, ("±4,000", "±400", "±40.0"), strict=True)] == [2] * 3


def test_more_replications_have_less_luck() -> None:
    assert "±2,000" in shown(*[lived(80.0, 120.0)] * 4)


def test_nothing_is_said_where_luck_cannot_be_told_or_nothing_is_lived() -> None:
    assert not shown(lived(100.0)).strip()
    assert not shown(lived(80.0, 120.0), horizons=()).strip()
