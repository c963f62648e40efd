"""Blocks share places: the luck of a waiting list is that of all who want a place, waiting or there."""

from __future__ import annotations

import numpy as np
import pytest

from sim.decision.comparison import block_standard_error
from sim.engine.measures import waiting_by_block
from sim.engine.population import BLOCKS
from sim.runs.experiment import Options, run_all
from tests.worlds import scenario

LIST, WEEKS = ("waiting_stock", "total", "all"), ("waiting_weeks", "total", "all")
LUCK = np.random.default_rng(1)
IN_CARE = LUCK.poisson(20, (3, BLOCKS)).astype(float)
WAITING = LUCK.poisson(5, (3, BLOCKS)).astype(float)
WANTED = WAITING + IN_CARE - (WAITING + IN_CARE).mean(axis=1, keepdims=True)


def test_where_all_places_are_taken_who_wants_one_more_waits() -> None:
    moved = waiting_by_block(WAITING, IN_CARE, IN_CARE.sum(axis=1))
    np.testing.assert_allclose(moved, WANTED)
    beyond = waiting_by_block(WAITING, IN_CARE, IN_CARE.sum(axis=1) - 10)  # contracts that shrank
    np.testing.assert_allclose(beyond, WANTED)


def test_where_nobody_waits_a_list_has_no_luck() -> None:
    nobody = np.zeros_like(WAITING)
    assert not waiting_by_block(nobody, IN_CARE, IN_CARE.sum(axis=1) + 5).any()
    assert not waiting_by_block(nobody, nobody, np.zeros(3)).any()


def test_between_them_part_of_it_reaches_the_list() -> None:
    free = WAITING.sum(axis=1)  # as many places are free as children wait
    moved = waiting_by_block(WAITING, IN_CARE, IN_CARE.sum(axis=1) + free)
    np.testing.assert_allclose(moved, WANTED / 2)
    assert moved.sum(axis=1) == pytest.approx(0.0, abs=1e-9)


def test_errors_of_waiting_are_the_spread_over_seeds() -> None:
    limited = scenario(0, years=6, policy="capped", municipality="Laren")
    values: dict[object, list[float]] = {LIST: [], WEEKS: []}
    errors: dict[object, list[float]] = {LIST: [], WEEKS: []}
    for seed in range(24):
        (run,) = run_all([limited], Options(seed=seed, threads=1))
        (found,) = run.columns
        for label in (LIST, WEEKS):
            blocks = found.blocks[found.labels.index(label)][-1]
            values[label].append(float(blocks.sum()))
            errors[label].append(float(block_standard_error(blocks)))
    for label in (LIST, WEEKS):
        told = float(np.sqrt(np.square(errors[label]).mean()))
        assert 0.6 < np.std(values[label], ddof=1) / told < 1.9, label
