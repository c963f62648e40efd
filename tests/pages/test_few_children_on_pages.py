"""Pages of too few children: no line, no number and no sentence of what could be luck."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages import kinderen
from pages.background import desk
from pages.background.answers import Answer
from pages.children import forms, kinds
from pages.children.kept import kept
from pages.choices.chosen import Choices
from pages.choices.plan import Plan
from pages.compare import fences
from pages.doubt import work as doubt
from pages.look import charts
from pages.look.texts import writing_in
from pages.shared import level_chart, parts, workforce
from pages.study import verdict, work
from sim.engine.config import Inline
from sim.progress import nobody
from sim.runs.experiment import FEWEST_FOR_LUCK, Options, in_one_block
from sim.runs.twins import twins
from tests.opened import answered
from tests.worlds import RATE, scenario

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "onzekerheid.py")
NL = writing_in("nl").words
CANNOT = "niet te noemen"
NAMES = ("zonder", "36 kinderwerkers")
LOOSE = scenario(36, use={"ring_fenced": False}, policy="crowd_out")


def few(answer: Answer) -> Answer:
    runs = [replace(run, columns=tuple(map(in_one_block, run.columns))) for run in answer.runs]
    return replace(answer, first=runs[:1], draws=runs)


@cache
def of_enough() -> Answer:
    return answered((scenario(0, policy="crowd_out"), LOOSE))


@cache
def of_few() -> Answer:
    return few(of_enough())


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is said in a box."""
    said: list[str] = []
    monkeypatch.setattr(st, "info", lambda words, **_: said.append(words))
    return said


def never(*_: Any, **__: Any) -> None:
    pytest.fail("nothing of this may be shown")


@pytest.mark.parametrize("what", ["users", "unmet", "money"])
def test_no_line_of_a_difference_is_drawn(what: str) -> None:
    for answer, finite in ((of_few(), False), (of_enough(), True)):
        line = charts.series(answer.difference(), what, "x", RATE)
        assert np.isfinite(line.mean).all() == finite
    drawn = charts.chart([charts.series(of_few().difference(), what, "x", RATE)], what, "Almere")
    assert drawn["description"].count(CANNOT) == 2


def test_the_past_of_the_model_is_not_lived_and_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[level_chart.LevelLines] = []
    monkeypatch.setattr(level_chart, "_plot", lambda found, *_: shown.append(found))
    monkeypatch.setattr(level_chart, "errand", never)
    level_chart.show(of_few(), NAMES, "users", Choices(), "")
    assert [found.past for found in shown] == [None]
    asked: list[object] = []
    monkeypatch.setattr(level_chart, "errand", lambda *_, **__: asked.append(1))
    level_chart.show(of_enough(), NAMES, "users", Choices(), "")
    assert asked == [1]


def test_workers_that_a_shortfall_may_take_have_no_line() -> None:
    for answer, finite in ((of_few(), False), (of_enough(), True)):
        assert np.isfinite(workforce.at_work(answer.runs, 1, LOOSE, "kinderwerk").mean).all() == finite
    fenced = scenario(36, policy="crowd_out")
    assert np.isfinite(workforce.at_work(of_few().runs, 1, fenced, "kinderwerk").mean).all()
    assert not np.isfinite(of_few().level(1, 4).fte)


def test_what_a_budget_lost_without_a_fence_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    plans = (Plan.simple(36.0, False, "crowd_out"), Plan.simple(36.0, True, "crowd_out"))
    monkeypatch.setattr(fences, "_told", lambda *_: ("told", False))
    answer = replace(of_enough(), scenarios=(LOOSE, scenario(36, policy="crowd_out")))
    assert fences.fences(answer, plans, 4) == ("told", "")
    assert fences.fences(few(answer), plans, 4) == ("", "")


@pytest.mark.parametrize("children", [FEWEST_FOR_LUCK - 1, 400])
def test_where_lives_part_is_told_of_enough_children_alone(children: int) -> None:
    both = scenario(0, years=8), scenario(60, years=8)
    found = kept(twins(*both, Options(children=children), Inline(), pictured=50))
    assert found.chosen
    enough = children >= FEWEST_FOR_LUCK
    assert (kinds.lead(found) == NL["kids_totals_untold"]) is not enough
    table = kinds.table(found)
    told = set(table.iloc[:, 1:].to_numpy().ravel())
    assert (told == {CANNOT}) is not enough
    assert kinds.whole(found)[NL["kids_children"]].notna().all() == enough


def test_waiting_lists_of_a_town_with_few_youths_are_not_told(
    told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinderen, "_by_form", never)
    monkeypatch.setattr(forms, "waiting_words", never)
    kinderen._waits(of_few().runs[0], (of_few().scenarios[0], LOOSE), NAMES, "")
    kinderen._care(of_few(), Choices(), "")
    assert told == [NL["kids_wait_untold"], NL["few_children"]]


def test_money_in_hand_has_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "draw", never)
    kinderen._cash(of_few(), "")


def test_of_a_study_only_the_reason_is_told(told: list[str]) -> None:
    pair = (scenario(0), scenario(36))
    find: Callable[..., Any] = work.find(pair, FEWEST_FOR_LUCK - 1)
    (found,) = list(find(nobody))
    assert not verdict.firm(found)
    assert told == [NL["few_children"]]


def test_uncertainty_of_few_children_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "CHILDREN", FEWEST_FOR_LUCK - 1)
    monkeypatch.setattr(doubt, "find_out", never)
    at = AppTest.from_file(PAGE, default_timeout=120)
    at.query_params["begroting"] = "36-g-crowd_out"
    at.run()
    assert not at.exception
    assert NL["few_children"] in [info.value for info in at.info]
