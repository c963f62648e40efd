"""What is wrong with an input, as it is kept and passed on."""

from __future__ import annotations

import pickle

from sim.errors import InputError, Problem


def test_an_error_passes_between_processes_with_all_its_places() -> None:
    error = InputError([Problem("a.yaml", 2, 3, "one"), Problem("a.yaml", 4, 5, "two")])
    again = pickle.loads(pickle.dumps(error))
    assert again.problems == error.problems
    assert str(again) == "a.yaml:2:3: one\na.yaml:4:5: two"
