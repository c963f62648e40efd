"""A number is read as it was meant, or refused with the field and its limits; never as another."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.opened import ROOT


def one(low: float, high: float, value: float | None, whole: bool, may_be_empty: bool) -> None:
    import streamlit as st

    from pages.shared.number_fields import number_field

    number = number_field(
        st.container(), "Fte", low, high, value, key="n", whole=whole, may_be_empty=may_be_empty
    )  # fmt: skip
    st.session_state["found"] = number


def typed(
    text: str, language: str = "nl", limits: tuple[float, float] = (0.0, 10_000.0),
    value: float | None = 36.0, whole: bool = False, may_be_empty: bool = False,
) -> AppTest:  # fmt: skip
    """Return a page with one field, once something was typed in it."""
    args = (*limits, value, whole, may_be_empty)
    at = AppTest.from_function(one, args=args, default_timeout=60)
    at.session_state["language"] = language
    at.run()
    assert at.session_state["found"] == value
    return at.text_input[0].set_value(text).run()


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(
    ("text", "number"), [("3,4", 3.4), ("3.4", 3.4), (" 12 ", 12.0), ("0,125", 0.125), ("36 fte", 36.0)]
)
def test_a_comma_and_a_point_before_decimals_are_the_same(text: str, number: float, language: str) -> None:
    at = typed(text, language)
    assert at.session_state["found"] == number
    assert not at.error


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("text", ["5200", "5.200", "5,200", "5 200"])
def test_what_is_counted_has_thousands(text: str, language: str) -> None:
    at = typed(text, language, (1.0, 5e6), whole=True)
    assert at.session_state["found"] == 5200.0


@pytest.mark.parametrize(
    ("text", "language", "number"),
    [("1.234", "nl", 1234.0), ("1,234", "nl", 1.234), ("1.234", "en", 1.234), ("1,234", "en", 1234.0)],
)
def test_of_two_readings_the_one_of_the_language_counts(text: str, language: str, number: float) -> None:
    assert typed(text, language).session_state["found"] == number


def test_of_two_readings_the_only_one_within_the_limits_counts() -> None:
    assert typed("3.125", limits=(0.0, 60.0)).session_state["found"] == 3.125


def test_what_was_typed_means_the_same_in_the_other_language() -> None:
    at = typed("1.234")
    at.session_state["language"] = "en"
    assert at.run().session_state["found"] == 1234.0


@pytest.mark.parametrize(
    ("text", "whole", "said"),
    [
        ("20000", False, "Fte: 20000 kan niet. Het kan van 0 tot en met 10.000 zijn."),
        ("-1", False, "Fte: -1 kan niet. Het kan van 0 tot en met 10.000 zijn."),
        ("veel", False, "Fte: ‘veel’ is geen getal. Vul een getal in van 0 tot en met 10.000."),
        ("", False, "Fte: vul een getal in, van 0 tot en met 10.000."),
        ("3,4", True, "Fte: 3,4 kan niet. Vul een heel getal in, van 0 tot en met 10.000."),
    ],
)
def test_what_is_refused_names_the_field_and_its_limits(text: str, whole: bool, said: str) -> None:
    at = typed(text, whole=whole)
    assert at.session_state["found"] == 36.0
    assert [error.value for error in at.error] == [f"{said} Tot dan blijft 36 gelden."]


def test_an_empty_field_may_be_an_answer() -> None:
    at = typed("", may_be_empty=True)
    assert at.session_state["found"] is None
    assert not at.error


def test_what_nobody_touched_stays_exactly_what_it_was() -> None:
    at = typed("36", value=100 / 3)
    assert at.text_input[0].set_value("33,3333333333").run().session_state["found"] == pytest.approx(100 / 3)


def test_no_page_leaves_a_number_to_the_browser() -> None:
    pages = [file for file in Path(ROOT, "pages").rglob("*.py") if "number_input" in file.read_text("utf-8")]
    assert pages == []
