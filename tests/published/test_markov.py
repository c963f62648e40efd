"""From a `kind: model` file to arrays: what competes, what is refused, and where."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from sim.errors import InputError, OptionError
from sim.published import amounts
from sim.published.cohort import load_model, run_model
from sim.published.markov import CompiledModel, compile_model
from sim.published.modelfile import ModelError, ModelFile

BASE: dict[str, Any] = {
    "kind": "model",
    "title": "Two states",
    "states": ["Well", "Ill"],
    "start": "Well",
    "cycles": 3,
    "timing": "start",
    "transitions": [{"from": "Well", "to": "Ill", "probability": 0.25}],
    "rewards": {"Well": {"cost": 1, "effect": 1}, "Ill": {"cost": 10, "effect": 0.5}},
    "strategies": {"usual": {}},
}
THREE: dict[str, Any] = {
    "states": ["Well", "Ill", "Dead"],
    "rewards": {state: {"cost": 0, "effect": 0} for state in ("Well", "Ill", "Dead")},
}
FILE = """\
kind: model
title: Two states
states: [Well, Ill]
start: Well
cycles: 3
timing: start
transitions:
  - {from: Well, to: Ill, probability: 0.25}
rewards:
  Well: {cost: 1, effect: 1}
  Ill: {cost: 10, effect: 0.5}
strategies:
  usual:
"""


def compiled(**changes: Any) -> CompiledModel:
    return compile_model(ModelFile.model_validate(copy.deepcopy(BASE) | changes))


def mistakes(**changes: Any) -> list[tuple[tuple[str | int, ...], str]]:
    with pytest.raises(ModelError) as error:
        compiled(**changes)
    return [(mistake.loc, str(mistake.fault)) for mistake in error.value.mistakes]


def out_of_well(**amounts: dict[str, Any]) -> np.ndarray:
    """Return the first cycle's probabilities from Well to (Well, Ill, Dead)."""
    model = compiled(
        **THREE,
        cycle_years=0.5,
        transitions=[{"from": "Well", "to": to, **amount} for to, amount in amounts.items()],
    )
    return model.probabilities[0, 0, 0, 0, 0]


def test_probabilities_are_used_as_they_are() -> None:
    moves = out_of_well(Ill={"probability": 0.3}, Dead={"probability": 0.1})
    np.testing.assert_allclose(moves, [0.6, 0.3, 0.1], rtol=1e-15)


def test_rates_compete() -> None:
    moves = out_of_well(Ill={"rate": 3}, Dead={"expression": "2 - 1", "kind": "rate"})
    leave = 1 - np.exp(-4 * 0.5)
    np.testing.assert_allclose(moves, [1 - leave, 0.75 * leave, 0.25 * leave], rtol=1e-14)


def test_a_rate_and_a_probability_compete() -> None:
    moves = out_of_well(Ill={"rate": 1.2}, Dead={"expression": "0.2"})
    hazards = np.array([1.2, -np.log(0.8) / 0.5])
    leave = 1 - np.exp(-hazards.sum() * 0.5)
    np.testing.assert_allclose(moves, [1 - leave, *(leave * hazards / hazards.sum())], rtol=1e-14)


def test_a_certain_exit_leaves_nothing_for_rates() -> None:
    assert out_of_well(Ill={"probability": 1}).tolist() == [0, 1, 0]
    assert out_of_well(Ill={"probability": 1}, Dead={"rate": 5}).tolist() == [0, 1, 0]
    np.testing.assert_allclose(
        out_of_well(Ill={"probability": 0.9}, Dead={"probability": 0.1}), [0, 0.9, 0.1]
    )


def test_nothing_happens_without_transitions() -> None:
    np.testing.assert_array_equal(compiled(transitions=[]).probabilities[0, 0, 0, 0], np.eye(2))


def test_a_strategy_replaces_and_adds_transitions() -> None:
    changes = [
        {"from": "Well", "to": "Ill", "probability": 0.125},
        {"from": "Ill", "to": "Well", "probability": 0.5},
    ]
    model = compiled(strategies={"usual": {}, "better": {"transitions": changes}})
    np.testing.assert_array_equal(
        model.probabilities[:, 0, 0, 0], [[[0.75, 0.25], [0, 1]], [[0.875, 0.125], [0.5, 0.5]]]
    )


def test_a_strategy_overrides_parameters_and_what_follows_from_them() -> None:
    model = compiled(
        parameters={"a": 0.25, "b": "a * 2", "c": "b / 2"},
        transitions=[{"from": "Well", "to": "Ill", "probability": "c"}],
        strategies={"usual": {}, "low": {"parameters": {"a": 0.125}}, "none": {"parameters": {"b": "a * 0"}}},
    )
    assert model.probabilities[:, 0, 0, 0, 0, 1].tolist() == [0.25, 0.125, 0]


def test_a_strategy_overrides_half_a_reward() -> None:
    model = compiled(strategies={"usual": {}, "dear": {"rewards": {"Ill": {"cost": 99}}}})
    assert model.rewards[1, 0, :, 0, 0].tolist() == [[1, 1], [99, 0.5]]
    assert model.rewards[0, 0, :, 0, 0].tolist() == [[1, 1], [10, 0.5]]


def test_the_clock_ticks_only_when_something_changes() -> None:
    constant = compiled(
        cycles=24, transitions=[{"from": "Well", "to": "Ill", "probability": "0.1 + 0 * cycle"}]
    )
    assert constant.probabilities.shape[2] == 1
    assert constant.clock.tolist() == [0] * 24
    yearly = compiled(
        cycles=24,
        cycle_years=1 / 12,
        age=40,
        transitions=[{"from": "Well", "to": "Ill", "rate": "0.01 * floor(age)"}],
    )
    assert yearly.clock.tolist() == [0] * 12 + [1] * 12
    np.testing.assert_allclose(
        yearly.probabilities[0, 0, :, 0, 0, 1], 1 - np.exp(-np.array([0.40, 0.41]) / 12), rtol=1e-13
    )


def test_age_and_cycle_in_rewards() -> None:
    rewards = {"Well": {"cost": "age", "effect": "cycle"}, "Ill": {"cost": 0, "effect": 0}}
    model = compiled(age=30, cycle_years=0.5, timing="every-cycle", rewards=rewards)
    assert model.rewards[0, 0, 0, 0, :, 0].tolist() == [30, 30.5, 31, 31.5]
    assert model.rewards[0, 0, 0, 0, :, 1].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("timing", "weights"),
    [
        ("start", [1, 1, 1, 0]),
        ("end", [0, 1, 1, 1]),
        ("half-cycle", [0.5, 1, 1, 0.5]),
        ("every-cycle", [1, 1, 1, 1]),
    ],
)
def test_timing_and_discounting(timing: str, weights: list[float]) -> None:
    model = compiled(timing=timing, cycle_years=0.5, discount={"cost": 0.04, "effect": 0})
    np.testing.assert_allclose(
        model.rewards[0, 0, 1, 0, :, 0], 10 * np.array(weights) * 1.04 ** -np.array([0, 0.5, 1, 1.5])
    )
    assert model.rewards[0, 0, 0, 0, :, 1].tolist() == weights


def test_groups_are_an_axis_only_where_they_matter() -> None:
    groups = [
        {"name": "low", "share": 0.75, "values": {"risk": 0.5}},
        {"name": "high", "share": 0.25, "values": {"risk": 2}},
    ]
    transitions = [{"from": "Well", "to": "Ill", "probability": "0.25 * risk"}]
    model = compiled(groups=groups, transitions=transitions)
    assert model.group_shares.tolist() == [0.75, 0.25]
    assert model.probabilities[0, :, 0, 0, 0, 1].tolist() == [0.125, 0.5]
    assert model.rewards.shape[1] == 1


def test_time_in_state_makes_a_model_remember() -> None:
    transitions = [{"from": "Well", "to": "Ill", "probability": "time_in_state / 4"}]
    model = compiled(transitions=transitions)
    assert model.memory
    assert model.probabilities[0, 0, 0, :, 0, 1].tolist() == [0, 0.25, 0.5]
    assert not compiled().memory


def test_no_one_is_in_a_state_for_longer_than_the_model_runs() -> None:
    # Beyond the diagonal this would be negative, and does not occur.
    transitions = [{"from": "Well", "to": "Ill", "probability": "(cycle - time_in_state) / 4"}]
    assert compiled(transitions=transitions).memory


@pytest.mark.parametrize(
    ("changes", "loc", "message"),
    [
        ({"start": "Wel"}, ("start",), "unknown state 'Wel'; did you mean 'Well'?"),
        ({"start": {"Wel": 1.0}}, ("start", "Wel"), "unknown state 'Wel'; did you mean 'Well'?"),
        ({"start": {"Well": 0.5, "Ill": 0.4}}, ("start",), "the shares must add up to 1, found 0.9"),
        ({"states": ["Well", "Ill", "Ill"]}, ("states", 2), "state 'Ill' is named twice"),
        ({"groups": [{"name": "a", "share": 0.5}]}, ("groups",), "the shares must add up to 1, found 0.5"),
        ({"parameters": {"cycle": 1}}, ("parameters", "cycle"), "the name 'cycle' is taken"),
        ({"parameters": {"exp": 1}}, ("parameters", "exp"), "the name 'exp' is taken"),
        ({"parameters": {"a b": 1}}, ("parameters", "a b"), "a name is letters, digits"),
        ({"parameters": {"a": "b", "b": 1}}, ("parameters", "a"), "column 1: unknown name 'b'"),
        ({"parameters": {"a": "1 / 0"}}, ("parameters", "a"), "not a finite number"),
        ({"rewards": {"Well": {"cost": 0, "effect": 0}}}, ("rewards",), "state 'Ill' needs a cost"),
        ({"on_entry": {"Il": {"cost": 1}}}, ("on_entry", "Il"), "unknown state 'Il'; did you mean 'Ill'?"),
        (
            {"on_entry": {"Ill": {"cost": "time_in_state"}}},
            ("on_entry", "Ill", "cost"),
            "column 1: unknown name",
        ),
        (
            {"strategies": {"x": {"parameters": {"p": 1}}}},
            ("strategies", "x", "parameters", "p"),
            "unknown parameter 'p'",
        ),
        (
            {"strategies": {"x": {"rewards": {"Il": {"cost": 1}}}}},
            ("strategies", "x", "rewards", "Il"),
            "unknown state 'Il'",
        ),
        (
            {
                "groups": [
                    {"name": "a", "share": 0.5, "values": {"risk": 1}},
                    {"name": "b", "share": 0.5, "values": {"rsk": 1}},
                ]
            },
            ("groups", 1),
            "every group needs the same values: risk",
        ),
    ],
)
def test_mistakes_in_names(changes: dict[str, Any], loc: tuple[str | int, ...], message: str) -> None:
    found = dict(mistakes(**changes))
    assert loc in found
    assert found[loc].startswith(message)


@pytest.mark.parametrize(
    ("transition", "key", "message"),
    [
        ({"to": "Il", "rate": 1}, "to", "unknown state 'Il'; did you mean 'Ill'?"),
        ({"to": "Well", "rate": 1}, None, "a transition leads to another state"),
        ({"to": "Ill", "rate": -0.5}, "rate", "a rate must be 0 or more, found -0.5"),
        ({"to": "Ill", "probability": 1.5}, "probability", "a probability must be from 0 to 1, found 1.5"),
        (
            {"to": "Ill", "expression": "cycle - 1"},
            "expression",
            "a probability must be from 0 to 1, found -1 in cycle 0",
        ),
        (
            {"to": "Ill", "expression": "1 - time_in_state", "kind": "rate"},
            "expression",
            "a rate must be 0 or more, found -1 after 2 cycles in the state",
        ),
        ({"to": "Ill", "probability": "agee"}, "probability", "column 1: unknown name 'agee'"),
        (
            {"to": "Ill", "probability": "age / 100"},
            "probability",
            "column 1: unknown name 'age'; give the age at the start under 'age'",
        ),
        ({"to": "Ill", "expression": "1 / cycle"}, "expression", "not a finite number at cycle = 0"),
    ],
)
def test_mistakes_in_transitions(transition: dict[str, Any], key: str | None, message: str) -> None:
    ((loc, found),) = mistakes(transitions=[{"from": "Well", **transition}])
    assert loc == (("transitions", 0) if key is None else ("transitions", 0, key))
    assert found.startswith(message)


def test_probabilities_above_one_together() -> None:
    moves = [{"from": "Well", "to": "Ill", "probability": 0.7}]
    more = {"transitions": [{"from": "Well", "to": "Dead", "probability": "0.2 * cycle"}]}
    found = mistakes(**THREE, transitions=moves, strategies={"a": {}, "b": more})
    assert found == [
        (("transitions", 0), "the probabilities out of 'Well' add up to 1.1 in cycle 2, more than 1")
    ]


def test_a_mistake_in_one_group_names_it() -> None:
    groups = [
        {"name": "low", "share": 0.5, "values": {"risk": 1}},
        {"name": "high", "share": 0.5, "values": {"risk": 3}},
    ]
    moves = [{"from": "Well", "to": "Ill", "probability": "risk / 2"}]
    ((_, message),) = mistakes(groups=groups, transitions=moves)
    assert message == "a probability must be from 0 to 1, found 1.5 in group 'high'"


def test_a_transition_given_twice() -> None:
    twice = [{"from": "Well", "to": "Ill", "rate": 1}] * 2
    assert mistakes(transitions=twice) == [
        (("transitions", 1), "the transition from 'Well' to 'Ill' is given twice")
    ]


def test_all_mistakes_at_once() -> None:
    found = mistakes(start="Wel", parameters={"age": 1}, transitions=[{"from": "W", "to": "Ill", "rate": 1}])
    assert {loc for loc, _ in found} == {("start",), ("parameters", "age"), ("transitions", 0, "from")}


def test_tables_that_are_too_large_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    transitions = [{"from": "Well", "to": "Ill", "probability": "0.001 * (cycle + time_in_state)"}]
    assert compiled(cycles=30, transitions=transitions).probabilities.size == 30 * 30 * 4
    monkeypatch.setattr(amounts, "MAX_CELLS", 30 * 30 * 4 - 1)
    ((loc, message),) = mistakes(cycles=30, transitions=transitions)
    assert loc == ("cycles",)
    assert "combinations" in message
    monkeypatch.setattr(amounts, "MAX_CELLS", 30 * 30 - 1)
    assert mistakes(cycles=30, transitions=transitions)[0][0] == ("transitions", 0, "probability")


@pytest.mark.parametrize(
    "changes",
    [
        {"cycles": -1},
        {"cycles": 65536},
        {"cycles": 1.5},
        {"cycle_years": 0},
        {"timing": "middle"},
        {"states": []},
        {"strategies": {}},
        {"discount": {"cost": -0.1}},
        {"age": float("nan")},
        {"extra": 1},
        {"transitions": [{"from": "Well", "to": "Ill"}]},
        {"transitions": [{"from": "Well", "to": "Ill", "rate": 1, "probability": 0.1}]},
        {"transitions": [{"from": "Well", "to": "Ill", "rate": 1, "kind": "rate"}]},
        {"transitions": [{"from": "Well", "to": "Ill", "rate": True}]},
    ],
)
def test_what_the_schema_refuses(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ModelFile.model_validate(copy.deepcopy(BASE) | changes)


def write(folder: Path, text: str) -> Path:
    path = folder / "model.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_says_the_same_as_its_data(tmp_path: Path) -> None:
    from_file, from_data = load_model(write(tmp_path, FILE)), compiled()
    np.testing.assert_array_equal(from_file.probabilities, from_data.probabilities)
    np.testing.assert_array_equal(from_file.rewards, from_data.rewards)


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "message"),
    [
        ("start: Well", "start: Wel", 4, 8, "did you mean 'Well'?"),
        ("to: Ill", "to: Il", 8, 22, "did you mean 'Ill'?"),
        ("0.25", "2.5", 8, 40, "a probability must be from 0 to 1, found 2.5"),
        ("0.25", "0.2 * agee", 8, 40, "column 7: unknown name 'agee'"),
        ("probability: 0.25", "chance: 0.25", 8, 27, "chance"),
        ("probability: 0.25", "probability: 0.25, rate: 1", 8, 5, "give exactly one of"),
        ("  Ill: {cost: 10, effect: 0.5}\n", "", 9, 1, "state 'Ill' needs a cost"),
        ("  Well: {cost: 1", "  Wel: {cost: 1", 10, 3, "did you mean 'Well'?"),
        ("kind: model", "kind: scenario", 1, 7, "kind: scenario"),
        ("cycles: 3", "cycles: many", 5, 9, "a whole number"),
        ("cost: 10", "cost: [10]", 11, 9, "a number or an expression"),
    ],
)
def test_a_file_with_a_mistake_says_where(
    tmp_path: Path, old: str, new: str, line: int, column: int, message: str
) -> None:
    assert old in FILE
    path = write(tmp_path, FILE.replace(old, new, 1))
    with pytest.raises(InputError) as error:
        load_model(path)
    here = [each for each in error.value.problems if (each.line, each.column) == (line, column)]
    assert [message in problem.message for problem in here] == [True]
    assert here[0].file == str(path)


@pytest.mark.parametrize("numbers", [{"persons": 0}, {"persons": -1}, {"seed": -1}, {"threads": 0}])
def test_numbers_out_of_range_are_refused(tmp_path: Path, numbers: dict[str, int]) -> None:
    (name,) = numbers
    with pytest.raises(OptionError, match=f"{name} must be"):
        run_model(write(tmp_path, FILE), **numbers)
