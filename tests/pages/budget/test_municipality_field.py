"""The field for a municipality: what is typed is found however it is written, or told with a way on."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from pages.choices.chosen import Choices, here, other_names
from pages.choices.packed import pack
from pages.look.texts import writing_in
from pages.own.known import merged, named
from sim.inputs.placenames import key
from tests.opened import ROOT, words

NL, EN = writing_in("nl").words, writing_in("en").words


def opened(page: str = "start", **query: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / f"pages/{page}.py"), default_timeout=120)
    for name, text in query.items():
        at.query_params[name] = text
    at.run()
    assert not at.exception
    return at


def folds(at: AppTest) -> list[str]:
    return [part.label for part in at.expander]


def type_in(at: AppTest, text: str) -> None:
    """Type a text in the first field of a list, as the browser hands it over."""
    field = at.selectbox[0]
    field.options.append(text)
    field.set_value(text).run()
    assert not at.exception


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("GM0855", "Tilburg"), ("gemeente Tilburg", "Tilburg"), ("'s-Gravenhage", "Den Haag"),
        ("\u2018s gravenhage", "Den Haag"), ("0518", "Den Haag"), ("den\u00a0haag", "Den Haag"),
        ("nl", "Nederland"), ("tilb", "Tilburg"), ("Rotter", "Rotterdam"), ("Delf", "Delft"),
        ("Laren", "Laren"), ("Weesp", "Amsterdam"), ("Born", "Sittard-Geleen"), ("gm0420", "Medemblik"),
    ],
)  # fmt: skip
def test_what_is_typed_finds_its_municipality(typed: str, name: str) -> None:
    assert here(typed) == name


@pytest.mark.parametrize(
    "typed", ["alm", "haarle", "Haaren", "Bergen", "xyz", "", "GM9999"]
)
def test_what_is_typed_is_never_taken_for_another(typed: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        here(typed)


def test_the_list_has_names_in_their_order_and_after_them_names_of_before() -> None:
    options = opened().selectbox[0].options
    names = options[: options.index("Nederland")]
    assert len(names) == 342
    assert names == sorted(names, key=key)
    for other, name in (("Weesp", "Amsterdam"), ("'s-Gravenhage", "Den Haag")):
        assert f"{other} → {name}" in options[len(names) :]
    assert not [each for each in options if "GM0" in each]  # a code is typed: `test_a_code_is_typed`
    assert not [each for each in options if each.startswith(("Haaren", "Bergen →"))]  # divided; two of them
    assert all(here(written) == name for written, name in other_names().items())


def test_a_code_is_typed() -> None:
    at = opened()
    type_in(at, "GM0405")
    assert at.selectbox[0].value == at.session_state["choices"].municipality == "Hoorn"


def test_a_name_of_before_is_chosen_from_the_list() -> None:
    at = opened()
    at.selectbox[0].set_value("Weesp").run()
    assert not at.exception
    assert at.selectbox[0].value == at.session_state["choices"].municipality == "Amsterdam"
    assert "hoort nu bij Amsterdam" in words(at)


@pytest.mark.parametrize("page", ["start", "vergelijk"])
def test_what_is_no_municipality_is_told_and_nothing_moves(page: str) -> None:
    at = opened(page)
    assert NL["municipality_not_here"] in folds(at)
    for typed, told in (
        ("Haaren", "Haaren is sinds 2021 geen gemeente meer"),
        ("Bergen", "Er is meer dan een gemeente 'Bergen'; schrijf Bergen (NH.) of Bergen (L.)"),
        ("Tilbrug", "Onbekende gemeente 'Tilbrug'; bedoelt u 'Tilburg'?"),
        ("*xyz*", "Onbekende gemeente '\\*xyz\\*'"),
    ):
        type_in(at, typed)
        assert at.selectbox[0].value == at.session_state["choices"].municipality == "Almere"
        assert any(told in warning.value for warning in at.warning)
        assert NL["municipality_own"] in words(at)
    type_in(at, "gemeente Tilburg")
    assert at.selectbox[0].value == at.session_state["choices"].municipality == "Tilburg"
    assert not at.warning
    assert NL["municipality_not_here"] in folds(at)


def test_it_is_told_in_english() -> None:
    assert EN["municipality_not_here"] in folds(opened(taal="en"))
    at = opened(taal="en", gemeente="Haaren")
    assert at.warning[0].value.startswith("Haaren has not been a municipality since 2021")
    assert EN["municipality_own"] in words(at)


def test_a_link_to_a_municipality_finds_it_or_tells() -> None:
    assert opened(gemeente="gm0518").session_state["choices"].municipality == "Den Haag"
    at = opened(gemeente="Haaren")
    assert at.session_state["choices"].municipality == "Almere"
    assert "Haaren is sinds 2021 geen gemeente meer" in at.warning[0].value


@pytest.mark.parametrize("typed", [False, True])
def test_a_municipality_of_before_becomes_what_it_is_part_of_and_that_is_told(typed: bool) -> None:
    told = "Weesp is sinds 2022 geen gemeente meer en hoort nu bij Amsterdam"
    at = opened() if typed else opened(gemeente="weesp")
    if typed:
        type_in(at, "weesp")
    assert at.session_state["choices"].municipality == "Amsterdam"
    assert told in words(at)
    type_in(at, "Laren")
    assert at.session_state["choices"].municipality == "Laren"
    assert told not in words(at)


@pytest.mark.parametrize("name", ["Haaren", "GM9999", "*xyz*", ""])
def test_a_wrong_municipality_in_a_link_is_told_once(name: str) -> None:
    at = AppTest.from_file(str(ROOT / "pages/main.py"), default_timeout=120)
    at.query_params["gemeente"] = name
    at.run()
    (warning,) = at.warning
    assert not warning.value.startswith(NL["bad_link"].split("{what}")[0])


def test_beside_other_choices_that_are_not_possible_it_is_told_once_too() -> None:
    at = AppTest.from_file(str(ROOT / "pages/main.py"), default_timeout=120)
    at.query_params.update({"gemeente": "Haaren", "effect": "x"})
    at.run()
    assert at.warning[0].value == NL["bad_link"].format(what="effect")
    assert len(at.warning) == 2


def test_a_page_without_the_field_tells_it_above() -> None:
    at = AppTest.from_file(str(ROOT / "pages/main.py"), default_timeout=120)
    at.query_params["gemeente"] = "Haaren"
    at.switch_page("galerij.py").run()
    assert NL["bad_link"].format(what="gemeente") in [warning.value for warning in at.warning]


def test_figures_in_a_link_bear_the_name_that_everybody_uses() -> None:
    own = {"kind": "municipality", "name": "gm0417", "date": "2024-01-01", "source": "x",
           "population": {"0-22": 9000}}  # fmt: skip
    chosen = opened(eigen=pack(json.dumps(own))).session_state["choices"]
    assert chosen.municipality == "Laren"
    assert chosen.own_data is not None


def test_own_figures_begin_with_the_name_that_was_asked_for() -> None:
    at = AppTest.from_file(str(ROOT / "pages/eigen_cijfers.py"), default_timeout=120)
    at.session_state["choices"] = Choices()
    at.session_state["municipality-wanted"] = "gemeente  Haaren"
    at.run()
    assert at.selectbox[0].value == NL["own_other"]
    assert next(f for f in at.text_input if f.label == NL["own_name"]).value == "Haaren"
    type_in(at, "gm0518")
    assert next(f for f in at.text_input if f.label == NL["own_name"]).value == "Den Haag"
    type_in(at, "Beek")
    assert next(f for f in at.text_input if f.label == NL["own_name"]).value == "Beek"


def test_what_became_of_a_municipality_of_before_is_told_with_its_figures() -> None:
    assert merged("Weesp") == "Weesp is sinds 2022 geen gemeente meer en hoort nu bij Amsterdam"
    assert [merged(name) for name in ("Laren", "Almere", "Gelderland", "Dorp")] == [""] * 4


def test_a_name_that_says_too_little_may_be_begun_with() -> None:
    assert named("Bergen") == "Bergen"
    assert len(named("x" * 500)) == 80
