"""Verken: every lever changes the plan, a closed part changes nothing, and files and presets are opened."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.choices.chosen import Choices, pair
from pages.choices.link import query_of, read_link
from pages.choices.plan import Plan
from pages.choices.plan_files import plan_text
from pages.look.texts import writing_in
from sim.errors import InputError
from sim.faults import fault
from sim.model.futures import FUTURES

ROOT = Path(__file__).resolve().parents[2]
NL = writing_in("nl").words


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show no outcome: what the levers do to the plan does not wait for the model."""
    monkeypatch.setattr("pages.budget.outcome.outcome", lambda *_: None)


def page(*opened: str, **state: Any) -> AppTest:
    """Return the page with some of its parts open."""
    at = AppTest.from_file(str(ROOT / "pages" / "verken.py"), default_timeout=120)
    for part in opened:
        at.session_state[f"verken-open-{part}"] = True
    for key, value in state.items():
        at.session_state[key] = value
    at.run()
    assert not at.exception
    assert not at.error
    return at


def answered(at: AppTest) -> None:
    """Wait until there is an answer."""
    until = time.monotonic() + 100
    while not at.metric and not at.error and time.monotonic() < until:
        at.run()


def plan(at: AppTest) -> dict[str, Any]:
    assert not at.exception
    return dict(at.session_state["choices"].plan.data)


def field(at: AppTest, kind: str, label: str) -> Any:
    return next(w for w in getattr(at, kind) if w.label == label)


def words(at: AppTest) -> str:
    return "\n".join(m.value for m in at.markdown)


ALL = ("kinderwerk", "money", "shocks", "period", "compared", "works", "files")
RICH = Plan.of({
    "policy": "capped", "places": {"ambulant": 1200.0, "daghulp": "unlimited"}, "start": 2027, "years": 10,
    "budget": {"youth_care": 51234567.0, "real_growth": 0.0123}, "title": "ons plan",
    "shocks": [{"kind": "registration_shift", "start": "2028-03", "months": 6, "size": -0.123}],
    "programmes": {
        "kinderwerk": {"fte": {"2028": 10.0, "2029": 20.5}, "ring_fenced": False, "ages": [6, 12],
                       "targeting": "outreach", "switches": {"signalling": False}},
        "bso": {"fte": 3.0, "ring_fenced": True, "paid_by": "outside"},
    },
})  # fmt: skip


@pytest.mark.usefixtures("quiet")
def test_opening_every_part_changes_nothing() -> None:
    at = page(*ALL, "bso", "jongerenwerk", choices=Choices(plan=RICH))
    assert at.session_state["choices"].plan == RICH
    at.run()
    assert at.session_state["choices"].plan == RICH
    assert NL["verken_changed"].format(n=5) in words(at)


@pytest.mark.usefixtures("quiet")
def test_levers_of_a_programme() -> None:
    at = page("kinderwerk", "works")
    field(at, "text_input", "Fte Kinderwerk").set_value("20").run()
    field(at, "toggle", NL["ring_fence"]).set_value(False).run()
    field(at, "selectbox", NL["verken_targeting"]).select("everyone").run()
    field(at, "slider", NL["verken_ages"]).set_range(6, 12).run()
    field(at, "selectbox", NL["verken_paid"]).select("outside").run()
    field(at, "checkbox", NL["lever_does_signalling"]).uncheck().run()
    assert plan(at)["programmes"]["kinderwerk"] == {
        "fte": 20.0, "ring_fenced": False, "targeting": "everyone", "ages": [6, 12], "paid_by": "outside",
        "switches": {"signalling": False},
    }  # fmt: skip
    assert "**gewijzigd**: 20 fte, niet geoormerkt, voor iedereen" in words(at)
    field(at, "button", NL["verken_reset"]).click().run()
    assert at.session_state["choices"].plan == Plan.simple(36.0)
    assert NL["verken_unchanged"] in words(at)
    assert field(at, "text_input", "Fte Kinderwerk").value == "36"


@pytest.mark.usefixtures("quiet")
def test_children_with_need_may_come_more_often_in_all_budgets() -> None:
    at = page("kinderwerk")
    label = NL["verken_by_need"]
    assert field(at, "selectbox", label).value == 1.0
    field(at, "selectbox", label).select(2.0).run()
    chosen = at.session_state["choices"]
    assert chosen.assumptions == (("kinderwerk.uptake_by_need", 2.0),)
    assert chosen.plan == Plan.simple(36.0)
    for one in pair(chosen):
        assert one.parameters["kinderwerk.uptake_by_need"].value == 2.0
    assert "**gewijzigd**: 36 fte, geoormerkt, kinderen met problemen 2 keer zo vaak" in words(at)
    field(at, "button", NL["verken_reset"]).click().run()
    assert at.session_state["choices"].assumptions == ()
    field(at, "selectbox", label).select(3.0).run()
    field(at, "selectbox", label).select(1.0).run()
    assert at.session_state["choices"] == Choices(plan=Plan.simple(36.0))


@pytest.mark.usefixtures("quiet")
def test_a_file_that_has_it_from_birth_keeps_it_until_it_is_moved() -> None:
    own = {"kinderwerk.uptake_by_need": {"value": 2.5, "from": "birth"}}
    given = Plan.simple(20.0).changed(parameters=own)
    at = page("kinderwerk", choices=Choices(plan=given))
    assert field(at, "selectbox", NL["verken_by_need"]).value == 2.5
    assert at.session_state["choices"].plan == given
    field(at, "selectbox", NL["verken_by_need"]).select(2.0).run()
    assert at.session_state["choices"].plan == Plan.simple(20.0)
    assert at.session_state["choices"].assumptions == (("kinderwerk.uptake_by_need", 2.0),)


@pytest.mark.usefixtures("quiet")
def test_a_path_of_fte_step_by_step_and_evenly() -> None:
    at = page("kinderwerk")
    field(at, "radio", NL["verken_way"]).set_value("path").run()
    field(at, "button", NL["verken_add_step"]).click().run()
    assert plan(at)["programmes"]["kinderwerk"]["fte"] == 36.0  # the new step changes nothing yet
    field(at, "selectbox", "2. Vanaf jaar").select(2030).run()
    field(at, "text_input", "2. Fte").set_value("12").run()
    assert plan(at)["programmes"]["kinderwerk"]["fte"] == {"2026": 36.0, "2030": 12.0}
    field(at, "text_input", NL["verken_to_year"]).set_value("2028")
    field(at, "text_input", NL["verken_to_fte"]).set_value("40")
    field(at, "button", NL["verken_fill"]).click().run()
    assert plan(at)["programmes"]["kinderwerk"]["fte"] == {"2026": 36.0, "2027": 38.0, "2028": 40.0}
    field(at, "button", NL["verken_remove"]).click().run()
    assert plan(at)["programmes"]["kinderwerk"]["fte"] == {"2026": 36.0, "2028": 40.0}
    field(at, "radio", NL["verken_way"]).set_value("steady").run()
    assert plan(at)["programmes"]["kinderwerk"]["fte"] == 40.0


@pytest.mark.usefixtures("quiet")
def test_money_and_places() -> None:
    at = page("money")
    field(at, "selectbox", NL["policy"]).select("capped").run()
    field(at, "selectbox", "Ambulant").select("number").run()
    field(at, "text_input", "Aantal plaatsen: ambulant").set_value("900").run()
    field(at, "selectbox", "Wijkteam").select("as_used").run()
    field(at, "toggle", NL["verken_budget_own"]).set_value(True).run()
    field(at, "text_input", NL["verken_budget"]).set_value("51,5").run()
    field(at, "toggle", NL["verken_growth_own"]).set_value(True).run()
    field(at, "text_input", NL["verken_growth"]).set_value("2,5").run()
    found = plan(at)
    assert found["places"] == {"ambulant": 900.0, "wijkteam": "as_used"}
    assert found["budget"] == {"youth_care": 51.5e6, "real_growth": 0.025}
    field(at, "selectbox", NL["policy"]).select("deficit").run()
    assert "places" not in plan(at)


@pytest.mark.usefixtures("quiet")
def test_shocks_are_added_changed_and_taken_away() -> None:
    at = page("shocks")
    for _ in range(2):
        field(at, "button", NL["verken_shock_add"]).click().run()
    field(at, "selectbox", "Wat gebeurt er? (schok 2)").select("registration_shift").run()
    field(at, "text_input", "Hoe groot, in procenten (schok 2)").set_value("-25").run()
    field(at, "selectbox", "Maand (schok 2)").select(9).run()
    field(at, "toggle", "Werkers van programma’s blijven bij kinderen (schok 1)").set_value(False).run()
    assert plan(at)["shocks"] == [
        {"kind": "lockdown", "start": "2028-01", "months": 6, "size": 0.5, "workers": "absent"},
        {"kind": "registration_shift", "start": "2028-09", "months": 6, "size": -0.25},
    ]
    field(at, "button", "Haal schok 1 weg").click().run()
    assert [shock["kind"] for shock in plan(at)["shocks"]] == ["registration_shift"]
    assert field(at, "text_input", "Hoe groot, in procenten (schok 1)").value == "-25"


@pytest.mark.parametrize("years", [1, 4, 40])
def test_a_plan_of_few_or_many_years_is_shown(years: int) -> None:
    at = page("period")
    field(at, "text_input", NL["verken_years"]).set_value(str(years)).run()
    field(at, "text_input", NL["verken_start"]).set_value("2027").run()
    found = plan(at)
    assert (found["start"], found["years"]) == (2027, years)
    answered(at)
    assert not at.exception
    assert not at.error
    assert len(at.metric) == 3
    last = 2027 + min(years, 20) - 1
    assert at.metric[0].label == NL["figure_money"].format(year=last)


def test_compared_with_child_work_as_it_is_now() -> None:
    at = page("compared")
    field(at, "radio", NL["verken_reference"]).set_value("now").run()
    assert at.session_state["choices"].reference == "now"
    assert at.info[0].value == NL["sentence_same"]


@pytest.mark.usefixtures("quiet")
def test_a_preset_is_opened_as_a_plan() -> None:
    at = page()
    field(at, "selectbox", NL["verken_preset"]).select("schaarste: vaste plaatsen en wachtlijsten").run()
    field(at, "button", NL["verken_open"]).click().run()
    chosen = at.session_state["choices"]
    assert chosen.plan.policy == "capped"
    assert [p.policy for p in chosen.plans] == ["deficit", "capped"]
    assert [info.value[:8] for info in at.info[:2]] == ["Geopend:", "Dit voor"]
    assert at.selectbox[1].value is None


@pytest.mark.usefixtures("quiet")
def test_an_uploaded_file_is_taken_and_a_wrong_one_changes_nothing() -> None:
    at = page("files")
    text = plan_text(Choices(plan=Plan.simple(12.0, False), municipality="Tilburg"), "Tilburg, proef")
    at.file_uploader[0].set_value(("ons.yaml", text.encode(), "application/yaml")).run()
    chosen = at.session_state["choices"]
    assert (chosen.municipality, chosen.plan.label(), chosen.plan.fte) == ("Tilburg", "proef", 12.0)
    assert not at.error
    wrong = text.replace("kinderwerk:", "kinderwurk:").replace("proef", "<b>proef</b>")
    at.file_uploader[0].set_value(("x.yaml", wrong.encode(), "application/yaml")).run()
    assert at.session_state["choices"] == chosen
    assert "Regel" in at.error[0].value
    assert "bedoelt u" in at.error[0].value
    assert "Er is niets veranderd" in at.error[0].value


@pytest.mark.usefixtures("quiet")
def test_a_wrong_file_is_read_once_however_often_the_page_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []

    def refuse(name: str, *_: object) -> None:
        read.append(name)
        raise InputError.at(name, fault("file_empty"))

    monkeypatch.setattr("pages.budget.file_controls.read_plan", refuse)
    at = page("files")
    at.file_uploader[0].set_value(("x.yaml", b"x", "application/yaml")).run()
    at.run()
    assert "Het bestand is leeg" in at.error[0].value
    at.file_uploader[0].set_value(("y.yaml", b"x", "application/yaml")).run()
    assert read == ["x.yaml", "y.yaml"]


@pytest.mark.usefixtures("quiet")
def test_a_link_restores_every_lever() -> None:
    chosen = Choices(plan=RICH, reference="now", effect="half")
    at = AppTest.from_file(str(ROOT / "pages" / "verken.py"), default_timeout=120)
    for part in query_of(chosen, "en").split("&"):
        key, _, value = part.partition("=")
        at.query_params[key] = value
    at.run()
    assert not at.exception
    assert at.session_state["choices"] == chosen
    assert "Changed (6)" in words(at)


def test_what_is_left_of_unfenced_work_is_shown_beside_what_was_planned() -> None:
    poor = Plan.simple(36.0, False).changed(budget={"real_growth": -0.05})
    at = page(choices=Choices(plan=poor))
    answered(at)
    assert NL["verken_workers_cut"] in words(at)
    table = at.table[-1].value
    assert list(table.columns)[:3] == ["Jaar", NL["verken_planned"], NL["verken_at_work"]]
    assert set(table[NL["verken_planned"]]) == {"36"}
    left, _, _ = table[NL["verken_at_work"]].iloc[-1].partition(" (voorlopig)")
    assert float(left.replace(",", ".")) < 20.0


@pytest.mark.usefixtures("quiet")
def test_a_budget_that_cannot_be_is_told_and_not_taken() -> None:
    at = page("money")
    field(at, "toggle", NL["verken_budget_own"]).set_value(True).run()
    assert "budget" not in plan(at)  # nothing is filled in yet
    assert not at.error
    field(at, "text_input", NL["verken_budget"]).set_value("0,06").run()
    assert "budget" not in plan(at)
    assert "euro per jaar, 6158320 tot" in at.error[0].value
    field(at, "text_input", NL["verken_budget"]).set_value("90").run()
    assert plan(at)["budget"] == {"youth_care": 9e7}
    assert not at.error


@pytest.mark.usefixtures("quiet")
def test_more_workers_than_youths_are_told_and_not_taken() -> None:
    at = page("kinderwerk")
    field(at, "text_input", "Fte Kinderwerk").set_value("70000").run()
    assert plan(at)["programmes"]["kinderwerk"]["fte"] == 36.0
    assert "is meer dan de 61.583 jongeren van" in at.error[0].value


@pytest.mark.usefixtures("quiet")
def test_other_years_take_no_shock_away() -> None:
    shock = {"kind": "lockdown", "start": "2030-01", "months": 6, "size": 0.5}
    chosen = Choices(plan=Plan.simple(36.0).changed(shocks=[shock]))
    at = page("period", choices=chosen)
    field(at, "text_input", NL["verken_years"]).set_value("4").run()
    assert at.session_state["choices"].plan == chosen.plan
    assert [warning.value for warning in at.warning] == [NL["verken_shock_late"]]
    field(at, "text_input", NL["verken_years"]).set_value("5").run()
    assert (plan(at)["years"], plan(at)["shocks"]) == (5, [shock])
    assert not at.warning


def test_what_a_plan_says_that_does_nothing_is_told_before_its_figures() -> None:
    shock = {"kind": "budget_cut", "start": "2028-01", "months": 12, "size": 0.5}
    at = page(choices=Choices(plan=Plan.simple(40.0).changed(shocks=[shock])))
    (told,) = [warning.value for warning in at.warning]
    assert told == f"{NL['remarks']}\n\n- Deze korting doet niets: alles is geoormerkt"


def test_a_future_is_chosen_for_both_budgets_told_and_put_in_the_address(quiet: None) -> None:
    at = page("compared")
    lever = field(at, "selectbox", NL["future_lever"])
    assert lever.value == "model_today"
    assert [NL[f"future_{name}"] for name in FUTURES] == lever.options
    lever.set_value("van_ark").run()
    assert not at.exception
    chosen = at.session_state["choices"]
    assert [one.future for one in pair(chosen)] == ["van_ark", "van_ark"]
    assert "toekomst=van_ark" in query_of(chosen, "nl")
    assert "toekomst" not in query_of(Choices(), "nl")
    assert NL["future_van_ark"] in words(at)  # among what was changed
    field(at, "button", NL["verken_reset"]).click().run()
    assert at.session_state["choices"].future == "model_today"


def test_an_address_gives_the_future_and_one_that_does_not_exist_is_named() -> None:
    assert read_link({"toekomst": ["almere_long"]}).choices.future == "almere_long"
    wrong = read_link({"toekomst": ["van_arc"]})
    assert (wrong.choices.future, wrong.wrong) == ("model_today", ("toekomst",))


@pytest.mark.usefixtures("quiet")
def test_a_policy_on_forms_of_care_is_set_with_its_forms() -> None:
    shock = {"kind": "lockdown", "start": "2028-01", "months": 12, "size": 1.0}
    at = page("shocks", choices=Choices(plan=Plan.simple(36.0).changed(shocks=[shock])))
    field(at, "selectbox", NL["verken_shock_kind"].format(n=1)).set_value("shorter_care").run()
    assert plan(at)["shocks"][0]["size"] == 0.9  # care cannot end at once
    field(at, "selectbox", NL["verken_shock_kind"].format(n=1)).set_value("own_payment").run()
    field(at, "multiselect", NL["verken_shock_forms"].format(n=1)).set_value(["daghulp"]).run()
    assert plan(at)["shocks"][0]["forms"] == ["daghulp"]
    assert plan(at)["shocks"][0]["kind"] == "own_payment"
