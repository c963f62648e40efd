"""Figures for a smaller effect beside the first: same budget, same draws, and from when a chance is named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from pages.background import desk, weaker
from pages.background.answers import Answer
from pages.budget import outcome
from pages.choices.chosen import Choices, pair
from pages.choices.plan import Plan
from pages.look import formats
from pages.look.texts import writing, writing_in
from pages.shared import watching
from sim import compare
from sim.decision.comparison import Figure
from sim.decision.firm import ENOUGH_DRAWS
from sim.decision.headline import change
from sim.model.priors import PRIORS
from tests.opened import ROOT, once, shown, words
from tests.worlds import RATE

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
    assert all(step is None for step in steps[: ENOUGH_DRAWS - 1])
    assert [set(step or ()) for step in steps[ENOUGH_DRAWS - 1 : ENOUGH_DRAWS + 1]] == [{"half"}] * 2
    assert set(steps[2 * ENOUGH_DRAWS - 1] or ()) == {"half", "none"}
    assert len(steps) == 2 * desk.DRAWS
    last = steps[-1]
    assert last is not None
    assert [one.draws for one in last.values()] == [desk.DRAWS] * 2
    found = compare(list(pairs["none"]), children=desk.CHILDREN, draws=desk.DRAWS)
    (d,) = found.differences.values()
    near, far = (change(d, years, RATE) for years in (10, 20))
    assert last["none"] == weaker.Figures(far.municipal_cost, near.unmet_need, near.care_users, desk.DRAWS)


def test_start_shows_them_once_its_answer_is_complete() -> None:
    at = shown("pages/main.py", gemeente="Hoorn", begroting=Plan.simple(11.0).code())
    once(at, lambda: ": **volgt**" not in words(at))
    chosen = at.session_state["choices"]
    pairs = {"none": pair(replace(chosen, effect="none"))}
    *_, found = weaker.find(pairs, lambda _: None)
    assert found is not None
    for key, figure, write, less in (
        ("weaker_none", found["none"].cost, formats.money, "less"),
        ("weaker_none", found["none"].unmet, formats.count, "fewer"),
        ("weaker_none_seen", found["none"].users, formats.count, "fewer"),  # why there may be more
    ):
        assert NL[key].format(told=writing().change_between(figure, write, less)) in words(at)


def test_the_work_ends_at_once_when_another_budget_is_asked_for() -> None:
    one = desk.Desk()
    task = one.errand(("x",), lambda tell: None, "somebody")
    assert task.wanted()
    one.leave("somebody")
    assert not task.wanted()
    one.close()


def test_they_wait_for_a_chance_and_not_for_all_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(watching, "DRAWS", 4000)
    monkeypatch.setattr(weaker, "ask", lambda _, watch=True: asked.append(watch))
    at = AppTest.from_file(str(ROOT / "pages/start.py"), default_timeout=120)
    at.query_params["begroting"] = Plan.simple(23.0).code()
    at.run()
    once(at, lambda: bool(at.metric))
    assert len(at.metric) == 3
    assert words(at).count(NL["weaker_coming"]) >= 6
    assert asked[0] is False
    once(at, lambda: asked[-1])
    answer = next(one for one in reversed(desk.desk().kept.values()) if isinstance(one, Answer))
    assert ENOUGH_DRAWS <= len(answer.draws) < answer.wished
    _button(at, NL["stop"]).click().run()
    assert asked[-1] is False


def test_what_may_still_turn_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weaker, "DRAWS", 40)
    sure = Figure(4e6, 1e4, 3e6, 5e6, 1.0, draw_count=ENOUGH_DRAWS, draw_error=1e5)
    turning = replace(sure, draw_error=3e6)
    figures = weaker.Figures(sure, turning, turning, ENOUGH_DRAWS)
    assert figures.sharpening
    soon = NL["provisional"]
    assert soon not in outcome._other("half", figures, "cost", formats.money, False)
    assert soon in outcome._other("half", figures, "unmet", formats.count, False)
    assert soon not in outcome._other("half", figures, "unmet", formats.count, True)
    assert soon not in outcome._other("half", replace(figures, draws=40), "unmet", formats.count, False)
    assert NL["weaker_coming"] in outcome._other("half", None, "cost", formats.money, False)


def test_what_rests_on_fewer_draws_than_the_answer_says_on_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weaker, "DRAWS", 40)
    sure = Figure(4e6, 1e4, 3e6, 5e6, 1.0, draw_count=14, draw_error=1e5)
    figures = weaker.Figures(sure, sure, sure, 14)
    so_far = NL["weaker_so_far"].format(draws=14)
    for stopped in (False, True):
        assert outcome._other("half", figures, "cost", formats.money, stopped).endswith(so_far)
    all_of_them = outcome._other("half", replace(figures, draws=40), "cost", formats.money, True)
    assert so_far.split()[1] not in all_of_them


def test_each_has_its_range() -> None:
    sure = Figure(4e6, 1e4, 3e6, 5e6, 1.0, draw_count=desk.DRAWS, draw_error=1e5)
    unclear = Figure(-5.0, 1.0, -12.0, 3.0, 0.2, draw_count=desk.DRAWS, draw_error=3.0)
    figures = weaker.Figures(sure, unclear, replace(unclear, value=0.0, low=0.0, high=0.0, mcse=0.0,
                                                    draw_error=0.0), desk.DRAWS)  # fmt: skip
    cost, unmet, users = (
        outcome._other("half", figures, name, write, False).replace("\N{NO-BREAK SPACE}", " ")
        for name, write in (("cost", formats.money), ("unmet", formats.count), ("users", formats.count))
    )
    assert "€ 4,0 mln meer (€ 3,0 tot € 5,0 mln)" in cost
    assert "geen duidelijk verschil (12 minder tot 3 meer" in unmet
    assert f"**{NL['no_difference']}**" in users


def _button(at: AppTest, label: str) -> Button:
    return next(one for one in at.button if one.label == label)
