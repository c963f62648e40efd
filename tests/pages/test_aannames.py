"""Aannames en bronnen: every number with its source, changed in this session and marked wherever it holds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from calibration.documents.summary import read
from pages.assumptions import change, evidence, rows
from pages.assumptions.change import number, refusal, with_value
from pages.assumptions.figures import STATUS_WORDS, targets
from pages.choices.chosen import Choices, scenario
from pages.choices.link import MOST_ASSUMPTIONS
from pages.choices.plan import Plan
from pages.look.texts import writing_in
from sim.files.numerals import NumeralError
from sim.model.futures import NAMES
from sim.model.parameters import default_parameters

ROOT = Path(__file__).resolve().parents[2]
NL = writing_in("nl").words
RECORDS = default_parameters().records
STAY = "kinderwerk.stay"


def page(*opened: str, **state: Any) -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "aannames.py"), default_timeout=120)
    for topic in opened:
        at.session_state[f"assumed-{topic}"] = True
    for key, value in state.items():
        at.session_state[key] = value
    at.run()
    assert not at.exception
    return at


def words(at: AppTest) -> str:
    return "\n".join(m.value for m in at.markdown)


# Numbers that people type


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("nl", "0,5", 0.5), ("nl", "1.200", 1200.0), ("nl", "1.234,5", 1234.5), ("nl", "0.5", 0.5),
        ("nl", "\N{MINUS SIGN}0,25", -0.25), ("nl", "60%", 0.6), ("nl", "€ 85.000", 85000.0),
        ("en", "0.5", 0.5), ("en", "1,200", 1200.0), ("en", "60 %", 0.6), ("nl", "2,5 %", 0.025),
    ],
)  # fmt: skip
def test_a_number_is_read_as_the_language_writes_it(
    language: str, text: str, value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change, "writing", lambda: writing_in(language))
    assert number(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "veel", "1,2,3", "nan", "inf", "1e999", "0,5x", "1.2.3,4", "%", "--1"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        number(text)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("1.234", "need.eenouder.yes", 1.234), ("1,234", "need.eenouder.yes", 1.234),
        ("85.000", "cost.kinderwerk_fte", 85000.0), ("85,000", "cost.kinderwerk_fte", 85000.0),
        ("1.200", "jongerenwerk.visits_per_fte", 1200.0),
    ],
)  # fmt: skip
def test_of_two_readings_the_one_that_a_parameter_allows_is_taken(text: str, name: str, value: float) -> None:
    assert number(text, RECORDS[name]) == value


def test_two_readings_that_a_parameter_allows_are_asked_about() -> None:
    with pytest.raises(NumeralError, match=r"write 1234 for thousands, or 1\.23 for decimals"):
        number("1.234", RECORDS[STAY])


def test_what_was_shown_can_be_typed_again() -> None:
    for record in RECORDS.values():
        shown = writing_in("nl").significant(record.value)
        assert number(shown) == pytest.approx(record.value, rel=1e-3)
        assert number(shown, record) == pytest.approx(record.value, rel=1e-3)


# What the model can take


def test_a_number_outside_its_range_is_refused_and_says_which_range() -> None:
    record = RECORDS["kinderwerk.uptake_ceiling"]
    assert refusal(Choices(), record, 0.7) == ""
    assert "van 0" in refusal(Choices(), record, 1.5)
    assert refusal(Choices(), record, -0.1)


def test_effects_that_are_together_too_large_are_refused() -> None:
    record = RECORDS["kinderwerk.signalling"]
    assert refusal(Choices(), record, 2.5) == ""
    assert "hoogstens 2 kan" in refusal(Choices(), record, 3.5)
    both = Choices(plan=Plan.of({"programmes": {
        "kinderwerk": {"fte": 3.0}, "jongerenwerk": {"fte": 3.0},
    }}), assumptions=(("jongerenwerk.signalling", 2.5),))  # fmt: skip
    assert refusal(both, record, 2.5)


def test_a_link_holds_only_so_many_changes() -> None:
    names = sorted(RECORDS)[: MOST_ASSUMPTIONS + 1]
    full = Choices(assumptions=tuple((name, RECORDS[name].high) for name in names[:-1]))
    assert str(MOST_ASSUMPTIONS) in refusal(full, RECORDS[STAY], 20.0)
    assert refusal(full, RECORDS[names[0]], RECORDS[names[0]].low) == ""  # one of those that were changed


def test_the_standard_value_is_no_change() -> None:
    record = RECORDS[STAY]
    changed = with_value(Choices(), record, 20.0)
    assert changed.assumptions == ((STAY, 20.0),)
    assert scenario(changed, changed.plan).parameters[STAY].since == "start"
    assert with_value(changed, record, record.value) == Choices()
    assert with_value(changed, record, None) == Choices()


def test_a_value_takes_the_place_of_that_of_the_plan() -> None:
    plan = Plan.simple(36.0).changed(parameters={STAY: {"value": 12.0, "from": "birth"}})
    changed = with_value(Choices(plan=plan), RECORDS[STAY], 20.0)
    assert scenario(changed, changed.plan).parameters[STAY].value == 20.0
    assert with_value(Choices(plan=plan), RECORDS[STAY], None) == Choices()


def test_a_value_for_the_strength_takes_the_place_of_the_choice_of_an_effect() -> None:
    half = Choices(effect="half")
    changed = with_value(half, RECORDS["kinderwerk.effect_exists"], 0.2)
    assert (changed.effect, dict(changed.assumptions)) == ("full", {"kinderwerk.effect_exists": 0.2})
    assert with_value(half, RECORDS[STAY], 20.0).effect == "half"


def test_under_a_named_prior_numbers_are_those_of_the_prior_and_a_value_leaves_it() -> None:
    near = Choices(effect="nearest")
    need = next(row for row in rows.rows(near) if row.name == "kinderwerk.moderate_need")
    usual = next(row for row in rows.rows(Choices()) if row.name == "kinderwerk.moderate_need")
    assert (need.record.value, need.found.value) == (0.9131, 0.9131)
    assert "Taheri" in need.words.source
    assert (usual.record.value, usual.own, need.own) == (0.92, None, None)
    changed = with_value(near, RECORDS["kinderwerk.effect_exists"], 0.2)
    assert (changed.effect, dict(changed.assumptions)) == ("nearest", {"kinderwerk.effect_exists": 0.2})
    assert scenario(changed, changed.plan).prior == "nearest"


# Finding


def test_numbers_are_found_by_words_and_by_what_they_rest_on() -> None:
    found = rows.rows(Choices())
    assert len(found) == len(RECORDS)
    assert {row.name for row in rows.sought(found, "wachtlijst complexe", [])} == {"waiting.withdraw.complex"}
    assert [row.name for row in rows.sought(found, STAY.upper(), [])] == [STAY]
    measured = rows.sought(found, "", ["measured"])
    assert measured
    assert {row.basis for row in measured} == {"measured"}
    assert sum(len([row for row in found if row.topic == topic]) for topic in rows.TOPICS) == len(found)


def test_the_file_has_every_number_with_all_that_is_known() -> None:
    data = rows.table(rows.rows(Choices(assumptions=((STAY, 20.0),))))
    assert len(data) == len(RECORDS)
    row = data[data[NL["assumed_col_name"]] == STAY].iloc[0]
    assert (row[NL["assumed_col_standard"]], row[NL["assumed_col_own"]]) == (RECORDS[STAY].value, 20.0)
    assert data[NL["assumed_col_source"]].str.len().min() > 0


# The page


def test_a_change_is_made_here_marked_everywhere_and_taken_back() -> None:
    at = page("how child work is done")
    at.button(key=f"assumed-edit-how child work is done-{STAY}").click().run()
    field = next(f for f in at.text_input if f.label == NL["assumed_new"])
    assert field.value == "36"
    field.set_value("20,5")
    next(b for b in at.button if b.label == NL["assumed_take"]).click().run()
    assert at.session_state["choices"].assumptions == ((STAY, 20.5),)
    assert "**Gewijzigd: 20,5**" in words(at)
    assert "20,5 (standaard 36)" in words(at)
    assert "Gewijzigde aannames: Kinderwerk: hoe lang een kind blijft komen" in words(at)
    at.button(key=f"assumed-back-{STAY}").click().run()
    assert at.session_state["choices"].assumptions == ()
    assert "Gewijzigde aannames" not in words(at)


@pytest.mark.parametrize(("text", "says"), [("veel", "assumed_no_number"), ("9999999", "assumed_outside")])
def test_a_wrong_value_is_told_and_changes_nothing(text: str, says: str) -> None:
    at = page("how child work is done")
    at.button(key=f"assumed-edit-how child work is done-{STAY}").click().run()
    next(f for f in at.text_input if f.label == NL["assumed_new"]).set_value(text)
    next(b for b in at.button if b.label == NL["assumed_take"]).click().run()
    assert at.error[0].value.startswith(NL[says][:20])
    assert at.session_state["choices"].assumptions == ()


def test_everything_is_put_back_at_once() -> None:
    at = page(choices=Choices(assumptions=((STAY, 20.0), ("kinderwerk.retained", 0.5)), effect="half"))
    assert NL["assumed_changed"].format(n=2) in [h.value for h in at.header]
    at.button(key="assumed-back-all").click().run()
    assert at.session_state["choices"] == Choices()


def test_a_number_that_the_plan_changes_is_shown_as_changed() -> None:
    plan = Plan.simple(36.0).changed(parameters={STAY: {"value": 12.0, "from": "birth"}})
    at = page(choices=Choices(plan=plan))
    assert "12 (standaard 36)" in words(at)
    at.button(key=f"assumed-back-{STAY}").click().run()
    assert at.session_state["choices"].plan == Plan.simple(36.0)


def test_a_long_list_is_shown_a_page_at_a_time() -> None:
    at = page("entering and leaving care")
    assert sum(b.label == NL["assumed_change"] for b in at.button) == 20
    pages = next(s for s in at.selectbox if s.label == NL["assumed_page"])
    pages.select_index(len(pages.options) - 1).run()
    assert 0 < sum(b.label == NL["assumed_change"] for b in at.button) <= 20
    assert "meedoen" not in words(at)


def test_a_search_shows_what_was_found() -> None:
    at = page()
    at.text_input(key="assumed-search").set_value("terugval na herstel").run()
    assert NL["assumed_hits"].format(n=3) in words(at)
    at.text_input(key="assumed-search").set_value("zzz").run()
    assert NL["assumed_hits"].format(n=0) in words(at)


def test_the_page_says_how_much_is_assumed() -> None:
    at = page()
    table = at.table[0].value
    counts = [int(text.split(" ")[0]) for text in table[NL["assumed_count"]]]
    assert sum(counts) == len(RECORDS)
    assert str(len(RECORDS)) in words(at)


# Evidence and figures


def test_every_finding_has_its_words_with_the_numbers_of_the_file() -> None:
    keys = [row["key"] for row in evidence.findings()]
    assert len(set(keys)) == len(keys)
    assert set(evidence.AGAINST) < set(keys)
    for language in ("nl", "en"):
        told = writing_in(language).words
        assert {
            key.removeprefix("evidence_means_") for key in told if key.startswith("evidence_means_")
        } >= set(keys)
        swap = str.maketrans({",": ".", ".": ","} if language == "nl" else {})
        for row in evidence.findings():
            said = told[f"evidence_found_{row['key']}"].translate(swap).replace(",", "")
            for figure in re.findall(r"\d+(?:\.\d+)?", row["number"]):
                assert figure in re.findall(r"\d+(?:\.\d+)?", said), (language, row["key"], figure)


def test_what_the_model_is_fitted_to_is_as_many_figures_as_the_page_of_the_fit_says() -> None:
    fitted = [row for row in read()[1]["targets"] if row["role"] == "calibrate"]
    assert f"Op {len(fitted)} daarvan is het afgestemd, op 1 apart voor Almere, en met" in words(page())
    at = page(language="en")
    assert f"fitted to {len(fitted)} of them, to 1 apart for Almere, and tested on" in words(at)


def test_every_status_of_a_published_figure_has_a_word() -> None:
    for target in targets():
        assert f"origin_status_{STATUS_WORDS[target.status]}" in NL


def test_the_numbers_of_a_future_are_listed_where_it_is_chosen_and_are_not_typed_over() -> None:
    usual, ark = (rows.rows(Choices(future=future)) for future in ("model_today", "van_ark"))
    assert {row.name for row in ark} - {row.name for row in usual} == set(NAMES)
    at = page(choices=Choices(future="van_ark"))
    assert any(NL["future_chosen"].format(told=NL["future_van_ark"]) in m.value for m in at.markdown)
    at.text_input(key="assumed-search").set_value("toekomst kosten inflatie").run()
    assert not at.exception
    assert "`cost.future_growth`" in words(at)
    assert not any("future_growth" in (b.key or "") for b in at.button)


def test_a_lever_says_how_far_it_goes_and_that_no_run_moves_it() -> None:
    at = page()
    at.text_input(key="assumed-search").set_value("need.to_care").run()
    assert not at.exception
    assert NL["assumed_lever"].format(low="0", high="1") in words(at)
