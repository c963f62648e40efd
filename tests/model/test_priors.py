"""Named priors: what they put in place of parameters.csv, in which draws, and what they leave alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.errors import InputError
from sim.model.parameters import default_parameters
from sim.model.priors import NEED, PRIORS, SEEN, believing, interval, priors, read_priors

P = default_parameters()
MANY = 400
STRENGTH, RECOVERY = "kinderwerk.effect_exists", "kinderwerk.recovery_light"


def test_the_usual_prior_changes_nothing() -> None:
    assert believing(P, "assumed") is P


def test_an_unknown_prior_is_refused() -> None:
    with pytest.raises(KeyError):
        believing(P, "hopeful")


@pytest.mark.parametrize("prior", PRIORS[1:])
def test_a_prior_moves_its_own_numbers_and_no_other_in_any_draw(prior: str) -> None:
    for index in (0, 1, 7):
        one, other = P.draw(3, index), believing(P, prior).draw(3, index)
        assert {name for name in P if one[name] != other[name]} <= set(priors()[prior])
        assert (other[STRENGTH], other[RECOVERY]) == (1.0, 1.0)


@pytest.mark.parametrize("prior", PRIORS[1:])
def test_draws_have_the_interval_of_the_trials(prior: str) -> None:
    p = believing(P, prior)
    drawn = np.array([p.draw(0, k)[NEED] for k in range(1, MANY + 1)])
    low, high = interval(priors()[prior][NEED])
    assert np.mean((drawn > low) & (drawn < high)) == pytest.approx(0.95, abs=0.01)
    assert np.median(drawn) == pytest.approx(p[NEED], rel=0.01)


def test_priors_are_ordered_in_every_draw() -> None:
    """Their luck is the same, so that a comparison of priors is not one of luck."""
    for k in range(1, 50):
        sceptical, nearest, favourable = (believing(P, name).draw(0, k)[NEED] for name in PRIORS[1:])
        assert favourable < min(sceptical, nearest)


def test_nobody_is_seen_later_because_a_worker_comes() -> None:
    drawn = np.array([believing(P, "nearest").draw(0, k)[SEEN] for k in range(1, MANY + 1)])
    assert drawn.min() == 1.0
    assert np.mean(drawn == 1.0) == pytest.approx(0.14, abs=0.02)  # log 1.055 is 1.07 of its errors above 0


def test_what_somebody_set_stays() -> None:
    set_ = believing(P.replace({NEED: 0.5}), "favourable")
    sure = believing(P.certain({NEED: 0.92}), "favourable")  # its own value, but for certain
    for p, value in ((set_, 0.5), (sure, 0.92)):
        assert {p.draw(0, k)[NEED] for k in range(4)} == {value}
        assert p[STRENGTH] == 1.0


@pytest.mark.parametrize("prior", PRIORS[1:])
def test_believing_twice_is_believing_once(prior: str) -> None:
    once = believing(P, prior)
    assert believing(once, prior) is once


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("prior,name,value\n", "expected the columns"),
        ("nearest,kinderwerk.hope,1,1,1,,assumed,x\n", "unknown parameter 'kinderwerk.hope'"),
        ("hopeful,kinderwerk.stay,1,1,1,,assumed,x\n", "unknown parameter"),
        ("nearest,kinderwerk.stay,3,1,2,,assumed,x\n", "outside its range"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_line(tmp_path: Path, rows: str, words: str) -> None:
    head = "" if rows.startswith("prior,") else "prior,name,value,low,high,least,grade,source\n"
    file = tmp_path / "priors.csv"
    file.write_text(head + rows)
    with pytest.raises(InputError, match=words) as caught:
        read_priors(file, P)
    assert caught.value.problems[0].line == (1 if not head else 2)
