"""Moves and rewards on entry within a cycle: closed forms, any length of a cycle, and the simulation."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg

from sim.published import amounts
from sim.published.cohort import Cohort, each_point, exact_cohort
from sim.published.markov import CompiledModel, compile_model
from sim.published.microsimulation import BLOCK, microsimulate
from sim.published.modelfile import ModelError, ModelFile
from sim.published.within import entries_by_end, entry_clock, expected_moves, years_spent

ILL, WELL, YEARS = 2.0, 6.0, 3
"""Yearly rates of falling ill and getting well, and how long the model runs."""
BASE: dict[str, Any] = {
    "kind": "model",
    "title": "In and out",
    "states": ["Well", "Ill"],
    "start": "Well",
    "cycles": YEARS,
    "timing": "half-cycle",
    "rewards_per": "year",
    "transitions": [
        {"from": "Well", "to": "Ill", "rate": ILL},
        {"from": "Ill", "to": "Well", "rate": WELL},
    ],
    "rewards": {state: {"cost": 0, "effect": 0} for state in ("Well", "Ill")},
    "on_entry": {"Ill": {"cost": 1000}, "Well": {"effect": 1}},
    "strategies": {"usual": {}},
}
THREE: dict[str, Any] = {
    "states": ["A", "B", "C"],
    "start": "A",
    "rewards": {state: {"cost": 0, "effect": 0} for state in "ABC"},
    "on_entry": {},
}


def model(**changes: Any) -> CompiledModel:
    return compile_model(ModelFile.model_validate(copy.deepcopy(BASE) | changes))


def cohort(**changes: Any) -> Cohort:
    return exact_cohort(model(**changes))


def assert_balanced(found: Cohort) -> None:
    """Assert that who is in a state is who was, with who came and without who left."""
    came, left = found.events.sum(axis=2), found.events.sum(axis=3)
    np.testing.assert_allclose(np.diff(found.trace, axis=1), came - left, rtol=0, atol=1e-13)
    assert (found.events >= 0.0).all()


@pytest.mark.parametrize("per_year", [1, 12, 365])
def test_entries_of_an_alternating_process_are_its_closed_form(per_year: int) -> None:
    """The integral of the rate times the chance of being where it leads out."""
    found = cohort(cycle_years=1 / per_year, cycles=YEARS * per_year)
    both = ILL + WELL
    faded = (1 - np.exp(-both * YEARS)) / both
    ill = ILL * (WELL * YEARS + ILL * faded) / both
    well = WELL * ILL * (YEARS - faded) / both
    moves = found.events[0].sum(axis=0)
    np.testing.assert_allclose([moves[0, 1], moves[1, 0]], [ill, well], rtol=1e-11)
    np.testing.assert_allclose(found.totals[0], [1000 * ill, well], rtol=1e-11)
    assert_balanced(found)


rates = st.one_of(st.just(0.0), st.floats(0.001, 20.0))
RATES = st.lists(rates, min_size=6, max_size=6)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(RATES, st.sampled_from([2, 3, 12]), st.sampled_from([0.25, 1.0, 5.0]))
def test_shorter_cycles_leave_entries_what_they_are(rates: list[float], parts: int, years: float) -> None:
    pairs = [(a, b) for a in "ABC" for b in "ABC" if a != b]
    data = THREE | {
        "transitions": [{"from": a, "to": b, "rate": r} for (a, b), r in zip(pairs, rates, strict=True)],
        "on_entry": {"B": {"cost": 10, "from": {"C": {"cost": 70, "effect": -1}}}, "A": {"cost": 3}},
    }
    long = cohort(**data, cycle_years=years, cycles=2)
    short = cohort(**data, cycle_years=years / parts, cycles=2 * parts)
    if model(**data).intensities is not None:
        np.testing.assert_allclose(short.events.sum(axis=1), long.events.sum(axis=1), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(short.totals, long.totals, rtol=1e-9, atol=1e-12)
    assert_balanced(long)
    assert_balanced(short)


def test_who_pays_for_entries_is_as_before_where_one_move_is_made() -> None:
    """Of the ends of cycles alone: by probabilities, by one move a cycle, and where rates end in one move."""
    ways = (("Well", "Ill", 0.3), ("Ill", "Well", 0.6))
    chances = [{"from": a, "to": b, "probability": p} for a, b, p in ways]
    alone = [{"from": "Well", "to": "Ill", "rate": ILL}]
    for changes in ({"transitions": chances}, {"moves_per_cycle": "one"}, {"transitions": alone}):
        compiled = model(**changes)
        assert compiled.intensities is None
        found = exact_cohort(compiled)
        flows = found.trace[0, :-1, :, None] * compiled.probabilities[0, 0, 0, 0]
        expected = flows * (1 - np.eye(2))
        np.testing.assert_allclose(found.events[0], expected, rtol=1e-14)
        assert found.totals[0, 0] == pytest.approx(1000 * expected[:, 0, 1].sum(), rel=1e-13)


def test_what_was_paid_is_discounted_from_the_end_of_the_cycle() -> None:
    """Whatever the timing: an entry counts where its cycle ends, and its amount is of that point."""
    entry = {"Ill": {"cost": "100 + cycle"}}
    for timing in ("start", "end", "half-cycle", "every-cycle"):
        found = cohort(on_entry=entry, discount={"cost": 0.1}, timing=timing, cycle_years=0.5, cycles=4)
        came, point = found.events[0, :, 0, 1], np.arange(1, 5)
        np.testing.assert_allclose(found.rewards[0, 1:, 0], came * (100 + point) * 1.1 ** (-0.5 * point))
        np.testing.assert_allclose(found.undiscounted[0, 1:, 0], came * (100 + point))


def test_a_state_left_by_probabilities_is_left_once_a_cycle() -> None:
    """By hand: A and B by rates; who comes into C stays until the end, and is there from then on."""
    moves = [
        {"from": "A", "to": "B", "rate": 2}, {"from": "B", "to": "A", "rate": 1},
        {"from": "B", "to": "C", "rate": 3}, {"from": "C", "to": "A", "probability": 0.25},
    ]  # fmt: skip
    found = cohort(**THREE | {"transitions": moves, "cycles": 2})
    assert_balanced(found)
    generator = np.array([[-2.0, 2, 0], [1, -4, 3], [0, 0, 0]])
    block = linalg.expm(np.block([[generator, np.eye(3)], [np.zeros((3, 6))]]))
    where = np.array([1.0, 0, 0])
    for cycle in range(2):
        there = np.append(where[:2], 0.0) @ block[:3, 3:]
        expected = np.array([[0, 2 * there[0], 0], [there[1], 0, 3 * there[1]], [0.25 * where[2], 0, 0]])
        np.testing.assert_allclose(found.events[0, cycle], expected, rtol=1e-12, atol=1e-15)
        where = np.append(where[:2], 0.0) @ block[:3, :3] + where[2] * np.array([0.25, 0, 0.75])


def test_a_certain_exit_is_one_move_a_cycle() -> None:
    moves = [
        {"from": "A", "to": "B", "rate": 2}, {"from": "B", "to": "C", "rate": 1},
        {"from": "B", "to": "A", "probability": "1 if cycle == 1 else 0.5"},
    ]  # fmt: skip
    found = cohort(**THREE | {"transitions": moves, "start": "B"})
    assert_balanced(found)
    assert found.events[0, 1, 1].tolist() == pytest.approx([found.trace[0, 1, 1], 0, 0])
    # In other cycles a probability beside a rate is an intensity too.
    back = np.log(2)
    block = np.zeros((6, 6))
    block[:3, :3] = [[-2, 2, 0], [back, -back - 1, 1], [0, 0, 0]]
    block[:3, 3:] = np.eye(3)
    spent = linalg.expm(block)[1, 3:]
    assert found.events[0, 0, 1].tolist() == pytest.approx([spent[1] * back, 0, spent[1]])


MEMORY: list[dict[str, Any]] = [
    {"from": "A", "to": "B", "rate": "2 + time_in_state"},
    {"from": "B", "to": "A", "rate": "3 / (1 + time_in_state)"},
    {"from": "B", "to": "C", "rate": "0.1 * (cycle + 1)"},
]


def test_time_in_state_and_intensities_by_hand() -> None:
    """Two cycles: who was in A throughout leaves it faster; who comes into a state begins at 0."""
    found = cohort(**THREE | {"transitions": MEMORY, "cycles": 2})
    assert_balanced(found)

    def lived(generator: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        block = linalg.expm(np.block([[generator, np.eye(3)], [np.zeros((3, 6))]]))
        return block[:3, :3], block[:3, 3:]

    def generator(leave: float, back: float, death: float) -> np.ndarray:
        return np.array([[-leave, leave, 0], [back, -back - death, death], [0, 0, 0]])

    def moves(generator: np.ndarray, spent: np.ndarray) -> np.ndarray:
        return spent[:, None] * np.maximum(generator, 0)

    first = generator(2, 3, 0.1)
    chances, spent = lived(first)
    np.testing.assert_allclose(found.events[0, 0], moves(first, spent[0]), rtol=1e-12, atol=1e-15)
    stayed, ill, dead = chances[0]
    longer = generator(3, 3, 0.2)
    second = generator(2, 3, 0.2)  # B was entered in the first cycle: it is there for no time yet
    expected = stayed * moves(longer, lived(longer)[1][0]) + ill * moves(second, lived(second)[1][1])
    np.testing.assert_allclose(found.events[0, 1], expected, rtol=1e-12, atol=1e-15)
    assert found.trace[0, 1].tolist() == pytest.approx([stayed, ill, dead])


def test_tables_of_time_are_those_without_it_where_nothing_depends_on_it() -> None:
    changes = THREE | {
        "on_entry": {"B": {"cost": 5, "from": {"A": {"effect": 2}}}}, "cycles": 6,
        "discount": {"cost": 0.03}, "cycle_years": 0.5,
    }  # fmt: skip
    plain: list[dict[str, Any]] = [
        {"from": "A", "to": "B", "rate": 2},
        {"from": "B", "to": "A", "rate": "1 + cycle"},
    ]
    still = [each | {"rate": f"{each['rate']} + 0 * time_in_state"} for each in plain]
    without, with_time = model(**changes, transitions=plain), model(**changes, transitions=still)
    assert with_time.memory
    assert with_time.intensities is not None
    assert with_time.intensities.shape[3] == 6
    one, other = exact_cohort(without), exact_cohort(with_time)
    np.testing.assert_allclose(other.events, one.events, rtol=1e-12)
    np.testing.assert_allclose(other.totals, one.totals, rtol=1e-12)
    luck, other_luck = microsimulate(without, 3000, 1), microsimulate(with_time, 3000, 1)
    np.testing.assert_allclose(other_luck.totals, luck.totals, rtol=1e-12)


TRIED: dict[str, dict[str, Any]] = {
    "rates": {},
    "groups": {
        "groups": [
            {"name": "low", "share": 0.5, "values": {"risk": 0.2}},
            {"name": "high", "share": 0.5, "values": {"risk": 2}},
        ],
        "transitions": [
            {"from": "Well", "to": "Ill", "rate": "risk"}, {"from": "Ill", "to": "Well", "rate": "4 * risk"},
        ],
        "on_entry": {"Ill": {"cost": "10 * risk + cycle"}},
    },
    "memory": THREE | {"transitions": MEMORY, "on_entry": {"A": {"effect": -1}, "B": {"cost": 7}}},
    "memory and rewards": THREE | {
        "transitions": MEMORY, "rewards": {each: {"cost": "time_in_state", "effect": 1} for each in "ABC"},
        "on_entry": {"B": {"cost": 7, "from": {"A": {"cost": 40}}}, "C": {"cost": 100}},
    },
    "rewards that remember": {
        "rewards": {each: {"cost": "time_in_state", "effect": 1} for each in ("Well", "Ill")}
    },
}  # fmt: skip


@pytest.mark.parametrize("case", TRIED)
def test_simulated_entries_are_those_of_the_cohort(case: str) -> None:
    compiled = model(cycles=7, discount={"cost": 0.05, "effect": 0.01}, **TRIED[case])
    assert compiled.intensities is not None
    expected, found = exact_cohort(compiled), microsimulate(compiled, 40_000, 2)
    off = np.abs(found.totals - expected.totals)
    assert np.all(off <= 4 * found.errors + 1e-12 * np.abs(expected.totals))
    assert found.errors[0, 0] > 0
    if not compiled.memory:
        slow = microsimulate(replace(compiled, memory=True), 4000, 2)
        np.testing.assert_allclose(slow.totals, microsimulate(compiled, 4000, 2).totals, rtol=1e-11)


@pytest.mark.parametrize("case", ["rates", "memory and rewards"])
def test_threads_do_not_change_a_byte(case: str) -> None:
    compiled = model(**TRIED[case])
    found = [microsimulate(compiled, 2 * BLOCK + 17, 5, threads) for threads in (1, 2, 5)]
    assert len({each.totals.tobytes() + each.covariances.tobytes() for each in found}) == 1


@pytest.mark.parametrize("case", TRIED)
def test_given_the_start_all_ends_give_what_is_expected(case: str) -> None:
    """The law of total expectation, of each state, group and time in it."""
    compiled = model(cycles=5, **TRIED[case])
    given, clock, spent = entries_by_end(compiled, 2), entry_clock(compiled), years_spent(compiled)
    assert compiled.entry_rewards is not None
    size, times = len(compiled.states), compiled.probabilities.shape[3]
    for cycle in range(5):
        for time in range(min(times, cycle + 1)):
            chances = compiled.probabilities[0, :, compiled.clock[cycle], time]
            found = np.einsum("gij,gijr->gir", chances, given[0, :, time, :, :, clock[cycle]])
            for state in range(size):
                shares = np.zeros((1, compiled.group_shares.size, time + 1, size))
                shares[:, :, time, state] = 1.0
                flows = np.zeros((*shares.shape, size))
                moved = expected_moves(compiled, spent, shares, flows, cycle)
                entries = compiled.entry_rewards[:, :, :, :, cycle + 1]
                expected = np.einsum("sgij,sgijr->gr", moved, entries + np.zeros((1, 1, size, size, 1)))
                np.testing.assert_allclose(found[:, state], expected[:, :2], rtol=1e-11, atol=1e-13)


def test_whoever_dies_has_paid_for_it_once_and_nobody_else_has() -> None:
    compiled = model(**THREE | {
        "on_entry": {"C": {"cost": 100}},
        "transitions": [{"from": a, "to": b, "rate": 3} for a, b in ("AB", "BA", "AC", "BC")],
    })  # fmt: skip
    found = entries_by_end(compiled, 2)[0, 0, 0, :, :, 0, 0]
    np.testing.assert_allclose(found, [[0, 0, 100], [0, 0, 100], [0, 0, 0]], rtol=1e-12, atol=1e-12)


def test_who_was_seen_elsewhere_is_told_apart_from_moves() -> None:
    *_, last = each_point(model())
    assert last.seen is not None
    assert last.moved is not None
    assert np.all(last.seen[0, 0, [0, 1], [1, 0]] < 0.5)
    assert np.all(last.moved[0, 0, [0, 1], [1, 0]] > 1)
    *_, last = each_point(model(on_entry={}), counted=False)
    assert last.moved is last.seen


def test_tables_on_the_way_that_are_too_large_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    changes = THREE | {"transitions": MEMORY, "on_entry": {"B": {"cost": 1}}, "cycles": 30}
    cells = model(**changes).probabilities.size
    monkeypatch.setattr(amounts, "MAX_CELLS", cells)
    assert model(**changes | {"on_entry": {}}).probabilities.size == cells
    with pytest.raises(ModelError, match="combinations"):
        model(**changes)


def test_models_that_have_none_are_refused() -> None:
    alone = model(transitions=[{"from": "Well", "to": "Ill", "rate": 1}], on_entry={})
    with pytest.raises(ValueError, match="no intensities"):
        years_spent(alone)
    with pytest.raises(ValueError, match="no rewards on entry"):
        entry_clock(alone)


def test_no_cycles_give_nothing_on_entry() -> None:
    compiled = model(cycles=0, timing="every-cycle")
    assert exact_cohort(compiled).totals.tolist() == [[0, 0]]
    assert microsimulate(compiled, 10).totals.tolist() == [[0, 0]]
