"""Differences turn with their arms, and every uncertainty has its closed form."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.decision.comparison import (
    CASHABLE,
    KEY_LABELS,
    MUNICIPAL,
    Difference,
    Figure,
    block_standard_error,
    break_even,
    difference,
    figure,
    figures,
    standard_error,
)
from sim.engine.history import Label
from sim.engine.ledger import present_values
from sim.runs.experiment import Run
from tests.worlds import run_of

USERS: Label = ("care_users", "total", "all")
COST: Label = ("cost", "total", "all")
PROGRAMME: Label = ("cost", "programme", "kinderwerk")
YEARS = (2026, 2027, 2028)
BLOCKS = 8
VALUES = arrays(np.float64, (len(YEARS), BLOCKS), elements=st.floats(-1e6, 1e6))


def between(runs: Sequence[Run], scenario: int = 1, reference: int = 0) -> Difference:
    return difference(runs, scenario, reference, YEARS)


def yearly(*rows: float) -> np.ndarray:
    """Return blocks that share the amount of each year equally."""
    return np.repeat(np.array(rows)[:, None] / BLOCKS, BLOCKS, axis=1)


def draws_of(*by_draw: Sequence[float], label: Label = MUNICIPAL) -> Difference:
    """Return a difference without Monte Carlo error, with these amounts in each draw."""
    runs = [
        run_of({label: yearly(*[0.0] * len(rows))}, {label: yearly(*rows)}, draw=k)
        for k, rows in enumerate(by_draw, start=1)
    ]
    return difference(runs, 1, 0, range(2026, 2026 + len(by_draw[0])))


@pytest.fixture
def runs() -> list[Run]:
    """Return three draws of two replications, with luck that scenarios share for a part."""
    luck = np.random.default_rng(1)
    made = []
    for draw in (1, 2, 3):
        for replication in range(2):
            shared = luck.normal(100, 10, (len(YEARS), BLOCKS))
            arms = [
                {label: shared + luck.normal(shift * draw, 2, shared.shape) for label in KEY_LABELS}
                for shift in (0.0, -1.0)
            ]
            made.append(run_of(*arms, draw=draw, replication=replication))
    return made


# ---- the difference


def test_swapping_the_arms_flips_every_sign(runs: list[Run]) -> None:
    there, back = between(runs), between(runs, 0, 1)
    assert np.array_equal(there.runs, -back.runs)
    assert np.array_equal(there.mcse, back.mcse)
    assert np.array_equal(there.too_small(), back.too_small())
    low, high = there.interval()
    assert low == pytest.approx(-back.interval()[1])
    assert high == pytest.approx(-back.interval()[0])
    assert there.p_positive() == pytest.approx(1 - back.p_positive())
    for label in KEY_LABELS:
        ours, theirs = (d.running(label, 3, 0.03) for d in (there, back))
        assert ours.value == pytest.approx(-theirs.value)
        assert ours.mcse == pytest.approx(theirs.mcse)
        assert (ours.low, ours.high) == pytest.approx((-theirs.high, -theirs.low))  # type: ignore[operator]
        assert ours.p_positive == pytest.approx(1 - theirs.p_positive)  # type: ignore[operator]


def test_a_scenario_does_not_differ_from_itself(runs: list[Run]) -> None:
    d = between(runs, 1, 1)
    assert np.all(d.mean == 0)
    assert np.all(d.mcse == 0)
    assert np.all(d.p_positive() == 0.5)
    assert not d.too_small().any()  # it is nothing, and known to be nothing


def test_differences_are_paired_by_block() -> None:
    luck = np.random.default_rng(2).normal(1000, 100, (len(YEARS), BLOCKS))
    d = between([run_of({USERS: luck}, {USERS: luck + 3.0})])
    assert d.mean[0] == pytest.approx([3.0 * BLOCKS] * 3)
    assert d.mcse[0] == pytest.approx([0.0] * 3, abs=1e-9)


def test_what_one_arm_does_not_have_is_nothing_there() -> None:
    d = between([run_of({USERS: yearly(5, 5, 5)}, {USERS: yearly(4, 4, 4), PROGRAMME: yearly(1, 2, 3)})])
    assert set(d.labels) == {USERS, PROGRAMME}
    assert d.series(*PROGRAMME)[0] == pytest.approx([1, 2, 3])
    assert d.series(*USERS)[0] == pytest.approx([-1, -1, -1])
    with pytest.raises(ValueError, match="not in"):
        d.row("waiting_stock")


def test_running_totals_are_kept_for_the_key_figures_only() -> None:
    d = between([run_of(*({USERS: yearly(1, 1, 1), PROGRAMME: yearly(1, 1, 1)} for _ in range(2)))])
    assert set(d.key_blocks) == {USERS}
    assert {MUNICIPAL, CASHABLE, USERS, COST} < set(KEY_LABELS)


# ---- Monte Carlo error


def test_the_standard_error_of_a_total_by_hand() -> None:
    blocks = np.array([1.0, 2.0, 3.0, 4.0])  # variance between blocks 5/3, four blocks
    assert block_standard_error(blocks) == pytest.approx(math.sqrt(4 * 5 / 3), rel=1e-12)
    assert block_standard_error(np.full(32, 7.0)) == 0.0


@given(VALUES, st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_the_standard_error_scales_and_does_not_shift(
    blocks: np.ndarray, factor: float, shift: float
) -> None:
    error = block_standard_error(blocks)
    moved = block_standard_error(factor * blocks + shift)
    assert moved == pytest.approx(abs(factor) * error, rel=1e-6, abs=1e-2)


def test_the_standard_error_is_that_of_independent_blocks() -> None:
    blocks = np.random.default_rng(3).normal(5.0, 2.0, (20_000, 32))
    assert np.sqrt((block_standard_error(blocks) ** 2).mean()) == pytest.approx(2.0 * math.sqrt(32), rel=0.01)
    assert blocks.sum(axis=1).std() == pytest.approx(2.0 * math.sqrt(32), rel=0.02)


def test_the_error_of_a_level_is_that_of_its_blocks(runs: list[Run]) -> None:
    columns = runs[0].columns[0]
    assert standard_error(columns)[1, 2] == block_standard_error(columns.blocks[1, 2])


def test_the_error_of_a_mean_over_runs_by_hand() -> None:
    spread = np.tile([0.0, 2.0], BLOCKS // 2)  # per run: sqrt(8 * 8/7), the second run twice as much
    made = [
        run_of({USERS: yearly(0, 0, 0)}, {USERS: np.tile(k * spread, (3, 1))}, draw=0, replication=k)
        for k in (1, 2)
    ]
    one = 8 * 8 / 7
    assert between(made).mcse[0] == pytest.approx([math.sqrt((one + 4 * one) / 2 / 2)] * 3)


# ---- parameter uncertainty


def test_one_draw_says_nothing_about_parameters(runs: list[Run]) -> None:
    d = between([run for run in runs if run.draw == 1])
    assert all(np.isnan(side).all() for side in d.interval())
    found = d.in_year(USERS, 0)
    assert (found.low, found.high, found.p_positive) == (None, None, None)


def test_the_interval_is_over_draws_with_replications_averaged() -> None:
    made = [
        run_of({USERS: yearly(0, 0, 0)}, {USERS: yearly(*[draw + noise] * 3)}, draw=draw, replication=k)
        for draw in range(1, 22)
        for k, noise in enumerate((-5.0, 5.0))
    ]
    low, high = between(made).interval()
    assert low[0] == pytest.approx([2.0] * 3)  # of 1..21 the 5th percentile is 2
    assert high[0] == pytest.approx([20.0] * 3)
    found = between(made).in_year(USERS, 1)
    assert (found.value, found.low, found.high) == pytest.approx((11.0, 2.0, 20.0))


def test_the_chance_to_exceed_zero_is_the_share_of_draws_and_half_of_the_ties() -> None:
    d = draws_of([1.0, -1.0], [2.0, 0.0], [0.0, 0.0], [-1.0, -3.0])
    assert d.p_positive()[0] == pytest.approx([2.5 / 4, 1.0 / 4])
    assert d.in_year(MUNICIPAL, 0).p_positive == pytest.approx(2.5 / 4)


def test_the_chance_with_one_draw_is_normal_and_certain_without_variance() -> None:
    blocks = np.tile([0.0, 2.0], BLOCKS // 2)
    error = math.sqrt(8 * 8 / 7)
    rows = np.stack([blocks - 1 + z * error / BLOCKS for z in (0.0, 1.0, -1.959964)])
    d = between([run_of({USERS: yearly(0, 0, 0)}, {USERS: rows})])
    assert d.p_positive()[0] == pytest.approx([0.5, 0.8413447, 0.025], abs=1e-6)
    sure = between([run_of({USERS: yearly(0, 0, 0)}, {USERS: yearly(1e-9, 0.0, -1e-9)})])
    assert sure.mcse[0].tolist() == [0.0, 0.0, 0.0]
    assert sure.p_positive()[0].tolist() == [1.0, 0.5, 0.0]


# ---- figures


@pytest.mark.parametrize(
    ("value", "mcse", "small"),
    [(1.9, 1.0, True), (2.0, 1.0, False), (-1.9, 1.0, True), (-2.0, 1.0, False), (0.0, 0.0, False),
     (1e-9, 0.0, False), (0.0, 1e-9, True)],
)  # fmt: skip
def test_too_small_is_below_two_standard_errors(value: float, mcse: float, small: bool) -> None:
    assert Figure(value, mcse, None, None, None).too_small is small


@pytest.mark.parametrize(
    "draws", [range(9), [3, 1, 2, 0, 5, 4, 8, 6, 7], [0, 0, 0, 1, 1, 2, 2, 2, 2], [0] * 9]
)
def test_a_figure_is_the_same_whatever_stands_beside_it(draws: list[int]) -> None:
    values = np.random.default_rng(2).normal(1e6, 3e5, (9, 20))
    errors = np.abs(values) / 70
    for k, found in enumerate(figures(values, errors, draws)):
        alone = figure(values[:, k], errors[:, k], draws)
        assert (alone, alone.quartiles, alone.draw_error) == (found, found.quartiles, found.draw_error)


def test_figures_and_tables_of_differences_agree(runs: list[Run]) -> None:
    d = between(runs)
    low, high = d.interval()
    for label in KEY_LABELS:
        row = d.row(*label)
        for k in range(len(YEARS)):
            found = d.in_year(label, k)
            expected = (d.mean[row, k], d.mcse[row, k], low[row, k], high[row, k], d.p_positive()[row, k])
            assert (found.value, found.mcse, found.low, found.high, found.p_positive) == pytest.approx(
                expected
            )


def test_a_figure_without_variance(runs: list[Run]) -> None:
    assert figure(np.array([3.0, 3.0]), np.zeros(2), [1, 2]) == Figure(3.0, 0.0, 3.0, 3.0, 1.0)
    assert figure(np.array([0.0, 0.0]), np.zeros(2), [1, 2]) == Figure(0.0, 0.0, 0.0, 0.0, 0.5)
    assert figure(np.array([3.0]), np.zeros(1), [0]) == Figure(3.0, 0.0, None, None, None)


@given(VALUES, st.integers(1, 3), st.floats(0, 0.1))
def test_a_running_figure_is_a_present_value(blocks: np.ndarray, years: int, rate: float) -> None:
    d = between([run_of({MUNICIPAL: np.zeros_like(blocks)}, {MUNICIPAL: blocks})])
    found = d.running(MUNICIPAL, years, rate)
    expected = present_values(blocks.sum(axis=1)[:years], rate)[-1]
    assert found.value == pytest.approx(expected, rel=1e-9, abs=1e-3)
    by_block = [present_values(blocks[:years, b], rate)[-1] for b in range(BLOCKS)]
    assert found.mcse == pytest.approx(block_standard_error(np.array(by_block)), rel=1e-6, abs=1e-2)


def test_the_error_of_a_running_figure_knows_that_years_go_together() -> None:
    wave = np.tile([1.0, -1.0], BLOCKS // 2)
    same_way = between([run_of({COST: yearly(0, 0, 0)}, {COST: np.stack([wave, wave, wave])})])
    opposite = between([run_of({COST: yearly(0, 0, 0)}, {COST: np.stack([wave, -wave, 0 * wave])})])
    one = block_standard_error(wave)
    assert same_way.running(COST, 3, 0.0).mcse == pytest.approx(3 * one)
    assert opposite.running(COST, 2, 0.0).mcse == pytest.approx(0.0, abs=1e-12)


# ---- break even


def test_the_year_in_which_money_is_back_and_stays_back() -> None:
    d = draws_of(
        [100.0, -60.0, -60.0, 10.0],  # back in 2028
        [100.0, -100.0, 50.0, -60.0],  # back in 2027, lost again, back for good in 2029
        [100.0, -10.0, -10.0, -10.0],  # never
        [-5.0, -5.0, -5.0, -5.0],  # at once
        [0.0, 0.0, 0.0, 0.0],  # nothing was spent
    )
    found = break_even(d, *MUNICIPAL, rate=0.0)
    assert found.payback_year == (2028, 2029, None, 2026, 2026)
    assert found.probability == pytest.approx([2 / 5, 3 / 5, 3 / 5, 4 / 5])


def test_discounting_puts_off_the_day_that_money_is_back() -> None:
    d = draws_of([100.0, -60.0, -41.0, -5.0])
    assert break_even(d, *MUNICIPAL, rate=0.0).payback_year == (2028,)
    assert break_even(d, *MUNICIPAL, rate=0.03).payback_year == (2029,)  # 97.1 - 56.6 - 37.5 - 4.4


def test_break_even_is_about_draws_and_not_replications() -> None:
    runs = [
        run_of({COST: yearly(0, 0, 0)}, {COST: yearly(*rows)}, draw=draw, replication=k)
        for draw, k, rows in (
            (1, 0, (9.0, -4.0, -4.0)),
            (1, 1, (1.0, -4.0, -4.0)),
            (2, 0, (1.0, 1.0, 1.0)),
        )
    ]
    found = break_even(between(runs), *COST, rate=0.0)
    assert found.payback_year == (2028, None)  # the mean of draw 1: 5, 1, -3
    assert found.probability == pytest.approx([0.0, 0.0, 0.5])


@given(st.lists(st.lists(st.integers(-5, 5), min_size=4, max_size=4), min_size=1, max_size=6))
def test_all_who_are_paid_back_for_good_are_in_the_last_chance(rows: list[list[int]]) -> None:
    d = draws_of(*[[float(x * BLOCKS) for x in row] for row in rows])
    found = break_even(d, *MUNICIPAL, rate=0.0)
    back = [year for year in found.payback_year if year is not None]
    assert found.probability[-1] == pytest.approx(len(back) / len(rows))
