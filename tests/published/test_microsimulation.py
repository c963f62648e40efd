"""The microsimulation: it agrees with the exact cohort, and luck is where it should be."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.luck import DRAW_RANGE, Decision, draw, key_of
from sim.published.cohort import exact_cohort
from sim.published.markov import CompiledModel, compile_model
from sim.published.microsimulation import (
    BLOCK,
    RUN,
    RUNS,
    Simulation,
    _next_below,
    _pick,
    _run_block,
    _run_block_with_memory,
    microsimulate,
    tables_of,
)
from sim.published.modelfile import ModelFile

BASE: dict[str, Any] = {
    "kind": "model",
    "title": "Two states",
    "states": ["Well", "Ill"],
    "start": "Well",
    "cycles": 60,
    "timing": "start",
    "discount": {"cost": 0.03, "effect": 0.03},
    "transitions": [
        {"from": "Well", "to": "Ill", "probability": 0.05},
        {"from": "Ill", "to": "Well", "rate": 0.2},
    ],
    "rewards": {"Well": {"cost": 1, "effect": 1}, "Ill": {"cost": 10, "effect": 0.5}},
    "strategies": {"usual": {}},
}
# More than are drawn ahead at a time, and not a whole number of runs.
LONG = RUN * RUNS + RUN // 2


def model(**changes: Any) -> CompiledModel:
    return compile_model(ModelFile.model_validate(BASE | changes))


def same(one: Simulation, other: Simulation) -> bool:
    arrays = zip(one[1:], other[1:], strict=True)
    return all(np.asarray(a).tobytes() == np.asarray(b).tobytes() for a, b in arrays)


def assert_near_cohort(compiled: CompiledModel, persons: int, seed: int) -> None:
    """Assert that all results lie within four standard errors of the exact cohort."""
    cohort, result = exact_cohort(compiled), microsimulate(compiled, persons, seed)
    assert cohort is not None
    rounding = 1e-9 * np.abs(cohort.totals)
    assert np.all(np.abs(result.totals - cohort.totals) <= 4 * result.errors + rounding)
    increments = cohort.totals - cohort.totals[0]
    assert np.all(np.abs(result.increments - increments) <= 4 * result.increment_errors + rounding)
    expected = np.clip(cohort.shares, 0, 1)
    errors = np.sqrt(expected * (1 - expected) / persons)
    # A few persons of leave where a share is so small that the normal approximation fails.
    assert np.all(np.abs(result.shares - cohort.shares) <= 4 * errors + 4 / persons)


chances = st.one_of(st.just(0.0), st.floats(0.02, 0.3))


@st.composite
def models(make: st.DrawFn) -> dict[str, Any]:
    size = make(st.integers(2, 4))
    states = ["A", "B", "C", "D"][:size]

    def transitions() -> list[dict[str, Any]]:
        kind = make(st.sampled_from(["rate", "probability"]))
        factor = make(st.sampled_from(["", " * risk", " * (1 + cycle / 100)", " * (age - 20) / 10"]))
        pairs = [(a, b) for a in states for b in states if a != b]
        return [
            {"from": a, "to": b, "expression": f"{make(chances):.4f}{factor} / 2", "kind": kind}
            for a, b in pairs
        ]

    amounts = st.integers(0, 1000)
    return BASE | {
        "states": states,
        "start": {states[0]: 0.75, states[1]: 0.25},
        "age": 25,
        "cycle_years": make(st.sampled_from([1.0, 0.25])),
        "cycles": make(st.sampled_from([1, 7, RUN, RUN + 1])) if size < 4 else 20,
        "timing": make(st.sampled_from(["start", "end", "half-cycle", "every-cycle"])),
        "groups": [
            {"name": "low", "share": 0.7, "values": {"risk": 0.5}},
            {"name": "high", "share": 0.3, "values": {"risk": 1.5}},
        ],
        "transitions": transitions(),
        "rewards": {state: {"cost": make(amounts), "effect": "1 + 0.01 * cycle * risk"} for state in states},
        "on_entry": {states[1]: {"cost": f"{make(amounts)} * risk"}},
        "strategies": {"usual": {}, "other": {"transitions": transitions()}},
    }


@settings(max_examples=25, deadline=None, derandomize=True)
@given(models(), st.integers(0, 2**32))
def test_random_models_agree_with_the_cohort(data: dict[str, Any], seed: int) -> None:
    assert_near_cohort(compile_model(ModelFile.model_validate(data)), 20_000, seed)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(models())
def test_both_kernels_live_the_same_lives(data: dict[str, Any]) -> None:
    compiled = compile_model(ModelFile.model_validate(data))
    fast = microsimulate(compiled, 3000, 1)
    slow = microsimulate(replace(compiled, memory=True), 3000, 1)
    assert fast.shares.tolist() == slow.shares.tolist()
    np.testing.assert_allclose(fast.totals, slow.totals, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(fast.increments, slow.increments, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("cycles", [0, 7, RUN, LONG])
def test_kernels_stay_within_their_tables(cycles: int) -> None:
    """Run as plain Python, an index out of range is an error."""
    moves = [
        {"from": "Well", "to": "Ill", "probability": "1 if cycle > 2 else 0.1"},
        *BASE["transitions"][1:],
    ]
    compiled = model(
        cycles=cycles, transitions=moves, strategies={"usual": {}, "other": {"transitions": moves}}
    )
    tables = tables_of(compiled)
    for kernel in (_run_block, _run_block_with_memory):
        totals, final = np.empty((2, 2, 5)), np.empty((2, 5), np.uint8)
        kernel.py_func(key_of(1), 0, tables, totals, final)
        in_python = totals.copy(), final.copy()
        kernel(key_of(1), 0, tables, totals, final)
        np.testing.assert_allclose(totals, in_python[0], rtol=1e-12, atol=1e-12)
        np.testing.assert_array_equal(final, in_python[1])


def test_more_cycles_than_are_drawn_ahead() -> None:
    compiled = model(cycles=LONG)
    assert_near_cohort(compiled, 20_000, 3)
    fast, slow = microsimulate(compiled, 3000), microsimulate(replace(compiled, memory=True), 3000)
    assert fast.shares.tolist() == slow.shares.tolist()
    np.testing.assert_allclose(fast.totals, slow.totals, rtol=1e-11)


def test_time_in_state_agrees_with_tunnel_states() -> None:
    reward = {"cost": 1, "effect": 0}
    remembering = model(
        states=["Well", "Ill"],
        cycles=12,
        timing="end",
        transitions=[
            {"from": "Well", "to": "Ill", "probability": "0.3 if time_in_state < 2 else 0.05"},
            {"from": "Ill", "to": "Well", "probability": 0.5},
        ],
        rewards={"Well": {"cost": "10 * time_in_state", "effect": 1}, "Ill": reward},
        on_entry={"Ill": {"effect": -2}},
    )
    waiting = [f"Well {time}" for time in range(13)]
    tunnel = model(
        states=[*waiting, "Ill"],
        start="Well 0",
        cycles=12,
        timing="end",
        transitions=[
            *(
                {"from": each, "to": "Ill", "probability": 0.3 if t < 2 else 0.05}
                for t, each in enumerate(waiting)
            ),
            *(
                {"from": each, "to": after, "probability": 0.7 if t < 2 else 0.95}
                for t, (each, after) in enumerate(itertools.pairwise(waiting))
            ),
            {"from": "Ill", "to": "Well 0", "probability": 0.5},
        ],
        rewards={"Ill": reward} | {each: {"cost": 10 * t, "effect": 1} for t, each in enumerate(waiting)},
        on_entry={"Ill": {"effect": -2}},
    )
    expected, result = exact_cohort(tunnel), microsimulate(remembering, 50_000)
    assert expected is not None
    exact = exact_cohort(remembering)
    np.testing.assert_allclose(exact.totals, expected.totals, rtol=1e-12)
    np.testing.assert_allclose(exact.shares[0, -1], expected.shares[0, -1], rtol=1e-12)
    assert np.all(np.abs(result.totals - expected.totals) < 4 * result.errors)
    ill = expected.shares[0, -1]
    assert abs(result.shares[0, 1] - ill) < 4 * np.sqrt(ill * (1 - ill) / 50_000)


def test_rewards_alone_may_remember() -> None:
    compiled = model(
        cycles=3,
        discount={},
        transitions=[{"from": "Well", "to": "Ill", "expression": "1 if cycle == 1 else 0"}],
        rewards={
            "Well": {"cost": "time_in_state", "effect": 0},
            "Ill": {"cost": "10 + time_in_state", "effect": 0},
        },
        timing="every-cycle",
    )
    # Well at points 0 and 1; ill at 2 and 3.
    assert microsimulate(compiled, 10).totals[0, 0] == 0 + 1 + 10 + 11


@pytest.mark.parametrize("memory", [False, True])
def test_threads_do_not_change_a_byte(memory: bool) -> None:
    strategies = {"usual": {}, "safe": {"transitions": [{"from": "Well", "to": "Ill", "probability": 0.04}]}}
    compiled = replace(model(strategies=strategies), memory=memory)
    persons = 4 * BLOCK + 17
    alone = microsimulate(compiled, persons, 5, threads=1)
    assert same(alone, microsimulate(compiled, persons, 5, threads=2))
    assert same(alone, microsimulate(compiled, persons, 5, threads=7))
    assert not same(alone, microsimulate(compiled, persons, 6, threads=1))


def test_blocks_are_pooled_exactly() -> None:
    """Means, errors and shares of three blocks, from each person's own luck."""
    compiled = model(
        cycles=1, timing="end", transitions=[{"from": "Well", "to": "Ill", "probability": 0.3}], discount={}
    )
    persons = 2 * BLOCK + 100
    luck = np.array([draw(key_of(9), int(Decision.MODEL), 0, child) for child in range(persons)])
    cost = np.where(luck < round(0.3 * DRAW_RANGE), 10.0, 1.0)
    result = microsimulate(compiled, persons, 9)
    assert result.totals[0, 0] == pytest.approx(cost.mean(), rel=1e-13)
    assert result.errors[0, 0] == pytest.approx(cost.std(ddof=1) / np.sqrt(persons), rel=1e-12)
    assert result.shares[0, 1] == (cost == 10).mean()


def test_groups_and_starts_are_drawn_apart() -> None:
    compiled = model(
        cycles=0,
        timing="every-cycle",
        start={"Well": 0.5, "Ill": 0.5},
        groups=[
            {"name": "low", "share": 0.5, "values": {"risk": 0}},
            {"name": "high", "share": 0.5, "values": {"risk": 1}},
        ],
        rewards={"Well": {"cost": "risk", "effect": 0}, "Ill": {"cost": 0, "effect": "risk"}},
    )
    result = microsimulate(compiled, 40_000)
    # A quarter is well and at risk, a quarter ill and at risk.
    assert np.all(np.abs(result.totals[0] - 0.25) < 4 * result.errors[0])


def test_equal_strategies_live_equal_lives() -> None:
    result = microsimulate(model(strategies={"usual": {}, "placebo": {}}), 10_000)
    assert result.totals[0].tolist() == result.totals[1].tolist()
    assert not result.increments.any()
    assert not result.increment_errors.any()


def test_shared_luck_makes_increments_precise() -> None:
    safer = {"transitions": [{"from": "Well", "to": "Ill", "probability": 0.045}]}
    result = microsimulate(model(strategies={"usual": {}, "safer": safer}), 10_000)
    apart = np.hypot(result.errors[0], result.errors[1])
    assert np.all(result.increment_errors[1] < 0.75 * apart)
    assert np.all(result.increment_errors[1] > 0)


def test_strategies_do_not_disturb_each_other() -> None:
    other = {"transitions": [{"from": "Well", "to": "Ill", "probability": 0.5}]}
    alone, beside = (
        microsimulate(model(), 5000),
        microsimulate(model(strategies={"usual": {}, "x": other}), 5000),
    )
    assert alone.totals[0].tolist() == beside.totals[0].tolist()


@pytest.mark.parametrize("memory", [False, True])
def test_certain_and_impossible(memory: bool) -> None:
    always = [
        {"from": "Well", "to": "Ill", "probability": 1},
        {"from": "Ill", "to": "Well", "probability": 1},
    ]
    result = microsimulate(replace(model(transitions=always, discount={}), memory=memory), 1000)
    np.testing.assert_allclose(result.totals[0], [30 * 11, 30 * 1.5], rtol=1e-13)
    assert result.shares.tolist() == [[1, 0]]
    never = [{"from": "Well", "to": "Ill", "probability": 0}]
    result = microsimulate(replace(model(transitions=never, discount={}), memory=memory), 1000)
    np.testing.assert_allclose(result.totals[0], [60, 60], rtol=1e-13)
    assert result.shares.tolist() == [[1, 0]]
    assert np.all(result.errors < 1e-12)


def test_tables_hold_at_extreme_draws() -> None:
    states = ["A", "B", "C"]
    nothing = {"cost": 0, "effect": 0}
    compiled = model(
        states=states,
        start="A",
        rewards=dict.fromkeys(states, nothing),
        transitions=[
            {"from": "A", "to": "B", "probability": 0.1},
            {"from": "A", "to": "C", "probability": 0.9},
            {"from": "B", "to": "A", "probability": 0.25},
        ],
    )
    tables = tables_of(compiled)
    assert tables.leave[0, 0, 0, 0].tolist() == [DRAW_RANGE, DRAW_RANGE // 4, 0]
    highest = np.uint32(DRAW_RANGE - 1)
    from_a, from_b = tables.cumulative[0, 0, 0, 0, :2]
    assert [_pick(np.uint32(0), from_a), _pick(highest, from_a)] == [1, 2]
    # The last draw that leaves B goes to A, its only way out.
    assert [_pick(np.uint32(0), from_b), _pick(np.uint32(DRAW_RANGE // 4 - 1), from_b)] == [0, 0]
    assert np.all(tables.cumulative[..., -1] == DRAW_RANGE)


def test_the_search_for_the_next_move() -> None:
    draws = np.full(2 * RUN, 100, np.uint32)
    draws[[RUN, RUN + 5, 2 * RUN - 1]] = 7
    bound = np.uint32(8)
    assert [_next_below(draws, RUN, first, bound) for first in (0, 1, 5, 6, RUN - 1)] == [
        0,
        5,
        5,
        RUN - 1,
        RUN - 1,
    ]
    assert _next_below(draws, 0, 0, bound) == RUN
    assert _next_below(draws, RUN, RUN, bound) == RUN
    assert _next_below(draws, RUN, 0, np.uint32(7)) == RUN
    assert _next_below(draws, RUN, 1, np.uint32(DRAW_RANGE)) == 1


@pytest.mark.parametrize(
    ("numbers", "message"), [((0,), "persons"), ((1, 0, 0), "threads"), ((1, -1), "seed")]
)
def test_numbers_out_of_range(numbers: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        microsimulate(model(), *numbers)


def test_errors_of_increments_and_ratios_predict_their_spread(tmp_path: Path) -> None:
    """Over independent runs, the errors told are the spread that is found."""
    from sim.published.cohort import load_model, results_of
    from sim.published.template import TEMPLATE

    file = tmp_path / "model.yaml"
    file.write_text(TEMPLATE, encoding="utf-8")
    compiled = load_model(file)
    runs = [results_of(compiled, 4000, seed)[0]["increments"][0]["simulation"] for seed in range(60)]
    for key in ("cost", "effect"):
        found = np.std([run[key] for run in runs], ddof=1)
        told = np.mean([run[f"{key}_se"] for run in runs])
        assert 0.65 < found / told < 1.35  # four standard errors of a standard deviation of 60
    exact = results_of(compiled, 400_000, 1)[0]["increments"][0]
    assert abs(exact["simulation"]["icer"] - exact["icer"]) < 4 * exact["simulation"]["icer_se"]
