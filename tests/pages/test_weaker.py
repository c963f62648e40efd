"""Figures for a smaller effect beside the first: the same budget, the same draws, and never before those."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import desk, formats, watching, weaker
from pages.shared.answers import Answer
from pages.shared.chosen import Choices, pair
from pages.shared.plan import Plan
from pages.shared.texts import writing, writing_in
from sim import compare
from sim.decision.headline import change, discount_rate
from sim.model.priors import PRIORS
from tests.opened import ROOT, once, shown, words

NL = writing_in("nl").words


def test_half_and_nothing_stand_beside_what_is_expected() -> None:
    chosen = Choices()
    assert weaker.effects(chosen) == ("half", "none")
    assert weaker.effects(replace(chosen, effect="half")) == ("full", "none")
    assert weaker.effects(replace(chosen, effect="none")) == ("full", "half")
    for prior in PRIORS[1:]:
        assert weaker.effects(replace(chosen, effect=prior)) == ("full", "none")
    assert weaker.effects(replace(chosen, plan=Plan.of({"programmes": {"jongerenwerk": {"fte": 3}}}))) == ()


def test_they_are_those_of_the_command_line_and_come_one_by_one() -> None:
    chosen = Choices(municipality="Hoorn", plan=Plan.simple(9.0))
    pairs = {effect: pair(replace(chosen, effect=effect)) for effect in weaker.effects(chosen)}
    steps = list(weaker.find(pairs, lambda _: None))
    assert [list(step) for step in steps] == [["half"], ["half", "none"]]
    found = compare(list(pairs["none"]), children=desk.CHILDREN, draws=desk.DRAWS)
    (d,) = found.differences.values()
    near, far = (change(d, years, discount_rate()) for years in (10, 20))
    nothing = steps[-1]["none"]
    assert nothing == weaker.Figures(far.municipal_cost, near.unmet_need, near.care_users)


def test_start_shows_them_once_its_answer_is_complete() -> None:
    at = shown("pages/main.py", gemeente="Hoorn", begroting=Plan.simple(11.0).code())
    once(at, lambda: ": **volgt**" not in words(at))
    chosen = at.session_state["choices"]
    pairs = {"none": pair(replace(chosen, effect="none"))}
    (found,) = weaker.find(pairs, lambda _: None)
    for figure, write, less in (
        (found["none"].cost, formats.money, "less"), (found["none"].unmet, formats.count, "fewer"),
        (found["none"].users, formats.count, "fewer"),
    ):  # fmt: skip
        assert NL["weaker_none"].format(told=writing().change(figure, write, less)) in words(at)


def test_the_work_ends_at_once_when_another_budget_is_asked_for() -> None:
    one = desk.Desk()
    task = one.errand(("x",), lambda tell: None, "somebody")
    assert task.wanted()
    one.leave("somebody")
    assert not task.wanted()
    one.close()


def test_they_are_not_asked_for_before_the_answer_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Answer] = []
    monkeypatch.setattr(watching, "DRAWS", 4000)
    monkeypatch.setattr(weaker, "ask", lambda _: asked.append(Answer()))
    at = AppTest.from_file(str(ROOT / "pages/start.py"), default_timeout=120)
    at.query_params["begroting"] = Plan.simple(23.0).code()
    at.run()
    once(at, lambda: bool(at.metric))
    assert len(at.metric) == 3
    assert words(at).count(NL["weaker_coming"]) >= 6
    assert asked == []
