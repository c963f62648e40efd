"""What is wrong with an input, as it is kept and passed on."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

from sim.errors import InputError, OptionError, Problem, SimulationError
from sim.faults import fault


def test_an_error_passes_between_processes_with_all_its_places() -> None:
    one = Problem.at("a.yaml", fault("file_empty"), 2, 3)
    error = InputError([one, Problem("a.yaml", 4, 5, "missing_key", {"key": "x"})])
    again = pickle.loads(pickle.dumps(error))
    assert again.problems == error.problems
    assert str(again) == "a.yaml:2:3: the file is empty\na.yaml:4:5: missing key 'x'"


def test_errors_of_other_kinds_pass_between_processes_too() -> None:
    option = pickle.loads(pickle.dumps(OptionError("max_draws", fault("must_be_or_more", low=1, found=0))))
    assert (str(option), option.option) == ("max_draws must be 1 or more, found 0", "max_draws")
    failed = pickle.loads(pickle.dumps(SimulationError(fault("count_negative", year=2026))))
    assert str(failed) == "a count is negative in 2026"
    assert failed.told("nl") == ["een aantal is negatief in 2026"]


def test_a_fault_within_a_fault_is_told_in_one_language() -> None:
    why = Problem.at("d.yaml", fault("must_be_between", low=0.2, high=9, found=8.5), 7, 3)
    outer = fault("municipality_unusable", why=why.with_place(), more=None)
    assert outer.text() == "the municipality cannot be used: d.yaml:7:3: must be between 0.2 and 9, found 8.5"
    assert outer.text("nl") == (
        "de gemeente kan niet worden gebruikt: d.yaml:7:3: dit moet tussen 0,2 en 9 liggen; gevonden: 8,5"
    )


def test_a_problem_in_json_is_plain_whatever_its_values(tmp_path: Path) -> None:
    wrong = fault("run_damaged", why=fault("cannot_write", folder=tmp_path, reason="x"))
    found = json.loads(json.dumps(Problem.at("a.yaml", wrong, 2, 3).as_json()))
    assert found == {
        "file": "a.yaml", "line": 2, "column": 3, "code": "run_damaged",
        "message": f"this run is damaged: cannot write to {tmp_path}: x",
    }  # fmt: skip
