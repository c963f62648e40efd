"""Moving from one municipality to another: what goes along, what stays, and what is said of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.choices.chosen import Choices, existing_fte, plans_around, reference_of
from pages.choices.link import query_of
from pages.choices.plan import Plan
from pages.look.texts import writing_in
from pages.shared.number_fields import digits
from tests.opened import ROOT, words

NL = writing_in("nl").words


def quietly(monkeypatch: pytest.MonkeyPatch, page: str, **query: str) -> AppTest:
    """Return a page opened by a link, without waiting for the model."""
    monkeypatch.setattr("pages.budget.outcome.outcome", lambda *_, **__: None)
    monkeypatch.setattr("pages.shared.watching.live", lambda *_, **__: None)
    at = AppTest.from_file(str(ROOT / page), default_timeout=120)
    for key, value in query.items():
        at.query_params[key] = value
    return at.run()


def fte_fields(at: AppTest) -> list[Any]:
    """Return the fields for child workers on Vergelijk, one a budget."""
    return [field for field in at.text_input if field.label.endswith(f". {NL['fte']}")]


@pytest.mark.parametrize("shock", [False, True])
def test_another_municipality_leaves_a_budget_of_more_than_child_work_as_it_was(
    shock: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan.simple(30.0, fenced=False)
    if shock:
        plan = plan.changed(shocks=[{"kind": "lockdown", "start": "2027-03", "months": 6, "size": 0.7}])
    at = quietly(monkeypatch, "pages/main.py", begroting=plan.code())
    at.selectbox[0].set_value("Hoorn").run()
    chosen = at.session_state["choices"]
    assert chosen.municipality == "Hoorn"
    assert (chosen.plan == plan) is shock
    assert not chosen.plan.fenced
    assert (NL["plan_kept"].format(name="Almere") in words(at)) is shock
    fte = existing_fte(chosen)
    assert chosen.plans == plans_around(fte) != plans_around(36.0)  # what nobody changed goes along


def test_a_budget_that_was_kept_says_whose_numbers_it_has_however_often_one_moves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = Plan.simple(36.0).changed(policy="capped", years=10)
    at = quietly(monkeypatch, "pages/main.py", begroting=kept.code())
    for name, whose in (("Tilburg", "Almere"), ("Hoorn", "Almere"), ("Almere", ""), ("Tilburg", "Almere")):
        at.selectbox[0].set_value(name).run()
        said = [m.value for m in at.markdown if NL["plan_kept"].split(":")[0] in m.value]
        assert said == ([f":small[{NL['plan_kept'].format(name=whose)}]"] if whose else []), name


@pytest.mark.parametrize("changed", [False, True])
def test_fields_of_vergelijk_show_the_budgets_of_the_municipality_unless_changed(
    changed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = quietly(monkeypatch, "pages/vergelijk.py")
    if changed:
        fte_fields(at)[1].set_value("20").run()
    at.selectbox[0].set_value("Hoorn").run()
    chosen = at.session_state["choices"]
    here = plans_around(existing_fte(chosen))
    assert (chosen.plans == here) is not changed
    assert [field.value for field in fte_fields(at)] == [digits(plan.fte) for plan in chosen.plans]
    fte_fields(at)[2].set_value("3,4").run()
    assert at.session_state["choices"].plans[2].fte == 3.4
    assert fte_fields(at)[2].value == "3,4"


def test_a_link_to_a_municipality_alone_begins_with_child_work_as_it_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("Almere", "Tilburg", "Hoorn"):
        at = quietly(monkeypatch, "pages/main.py", gemeente=name)
        chosen = at.session_state["choices"]
        fte = existing_fte(chosen)
        assert (chosen.plan, chosen.plans) == (Plan.simple(fte), plans_around(fte))
        assert "begrotingen" not in query_of(chosen, "nl")
    assert "begrotingen" in query_of(replace(chosen, plans=plans_around(36.0)), "nl")


def test_what_is_chosen_counts_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    at = quietly(monkeypatch, "pages/main.py")
    for name in ("Tilburg", "Hoorn", "Almere", "Hoorn"):
        at.selectbox[0].set_value(name).run()
        assert at.session_state["choices"].municipality == at.selectbox[0].value == name
    for effect in ("half", "none", "full", "half"):
        at.selectbox[1].set_value(effect).run()
        assert at.session_state["choices"].effect == at.selectbox[1].value == effect
    for fenced in (False, True, False):
        at.toggle[0].set_value(fenced).run()
        assert at.session_state["choices"].plan.fenced == at.toggle[0].value == fenced


def test_budgets_go_along_through_a_town_without_child_workers() -> None:
    bare = {"kind": "municipality", "name": "Dorp", "date": "2024-01-01", "source": "telling",
            "population": {"0-22": 20000}, "kinderwerk_fte": 0}  # fmt: skip
    at = AppTest.from_file(str(ROOT / "pages" / "vergelijk.py"), default_timeout=120)
    at.session_state["choices"] = Choices(own=json.dumps(bare), municipality="Dorp", plans=plans_around(1.0))
    at.run()
    at.selectbox[0].set_value("Hoorn").run()
    chosen = at.session_state["choices"]
    assert chosen.plans == plans_around(existing_fte(chosen))


def test_a_budget_that_cannot_be_elsewhere_becomes_the_child_work_of_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps = {"2026": 30_000.0, "2030": 40_000.0}
    plan = Plan.of({"programmes": {"kinderwerk": {"fte": steps, "ring_fenced": False}}})
    at = quietly(monkeypatch, "pages/verken.py", gemeente="Rotterdam", begroting=plan.code())
    assert at.session_state["choices"].plan == plan
    at.selectbox[0].set_value("Hoorn").run()
    chosen = at.session_state["choices"]
    assert chosen.plan == Plan.simple(existing_fte(chosen), False)
    assert NL["plan_left"].format(name="Rotterdam") in words(at)
    at.selectbox[0].set_value("Tilburg").run()
    assert NL["plan_left"].format(name="Rotterdam") not in words(at)
    assert not at.exception


def test_budgets_side_by_side_that_cannot_be_elsewhere_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    plans = tuple(Plan.simple(fte) for fte in (0.0, 12.0, 30_000.0))
    codes = "~".join(plan.code() for plan in plans)
    at = quietly(monkeypatch, "pages/vergelijk.py", gemeente="Rotterdam", begrotingen=codes)
    assert at.session_state["choices"].plans == plans
    at.selectbox[0].set_value("Hoorn").run()
    assert at.session_state["choices"].plans == plans[:2]
    assert not at.error
    fte_fields(at)[1].set_value("90000").run()
    assert "is meer dan de" in at.error[0].value
    assert at.session_state["choices"].plans == plans[:2]


@pytest.mark.parametrize("name", ["Schiermonnikoog", "Vlieland"])
def test_where_child_work_is_written_as_none_there_is_none_and_a_worker_to_begin_with(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = quietly(monkeypatch, "pages/start.py", gemeente=name)
    chosen = at.session_state["choices"]
    assert chosen.plan == Plan.simple(1.0)
    assert existing_fte(chosen) == reference_of(replace(chosen, reference="now")).fte == 0.0
    assert list(at.select_slider[0].options) == ["0", "1", "2"]
    none = at.select_slider[0].set_value(0.0).run().session_state["choices"]
    assert none.plan == Plan.simple(0.0)


def test_a_link_with_less_than_is_written_leaves_none_on_the_slider(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan.simple(0.026)
    at = quietly(monkeypatch, "pages/start.py", gemeente="Schiermonnikoog", begroting=plan.code())
    assert at.session_state["choices"].plan == plan
    assert list(at.select_slider[0].options) == ["0", "0,026", "1", "2"]
