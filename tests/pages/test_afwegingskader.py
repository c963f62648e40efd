"""Afwegingskader: every element on the page, what the municipality fills in is kept and taken along."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.choices.framework import OWN, own_words
from pages.look.texts import writing_in
from sim.report.content import words as report_words
from sim.report.framework import ASKED, NUMBERS
from tests.opened import ROOT, finished, unfolded, words

PAGE = str(ROOT / "pages" / "afwegingskader.py")


def opened(language: str = "nl", own: dict[str, str] | None = None) -> AppTest:
    at = AppTest.from_file(PAGE, default_timeout=120)
    at.session_state["language"] = language
    at.session_state[OWN] = own or {}
    at.query_params.update(unfolded("afwegingskader"))
    return finished(at.run())


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_element_stands_there_and_none_is_empty(language: str) -> None:
    at, writing = opened(language), report_words(language)
    shown = [one for one in at.expander if one.label.split()[0] in NUMBERS]
    assert tuple(one.label.split()[0] for one in shown) == NUMBERS
    for one in shown:
        number = one.label.split()[0]
        assert writing.t(f"frame_name_{number.replace('.', '_')}") in one.label
        assert one.label.endswith(tuple(writing.t(f"frame_{how}") for how in ("full", "part", "unknown")))
        said = "\n".join(m.value for m in one.markdown)
        assert said.startswith("- ")
        assert (writing.t("frame_col_sure") in said) == (not number.startswith("3"))
    assert writing.t("frame_proof") in words(at)
    assert writing.t("frame_by") in words(at)
    fifths = next(one for one in shown if one.label.startswith("2.4"))
    assert fifths.markdown[0].value.count("van 5" if language == "nl" else "of 5") == 5


def test_what_is_filled_in_is_kept_shown_and_asked_only_where_it_is_needed() -> None:
    at = opened()
    fields = {field.key: field for field in at.text_area}
    assert tuple(fields) == tuple(f"own-{number}" for number in ASKED)
    fields["own-3.4"].set_value("De jongerenraad is gehoord.").run()
    assert at.session_state[OWN]["3.4"] == "De jongerenraad is gehoord."
    support = next(one for one in at.expander if one.label.startswith("3.4"))
    assert "De jongerenraad is gehoord." in [m.value for m in support.markdown]
    again = opened(own=dict(at.session_state[OWN]))
    assert {field.key: field.value for field in again.text_area}["own-3.4"] == "De jongerenraad is gehoord."


def test_what_is_filled_in_comes_along_in_the_workbook(monkeypatch: pytest.MonkeyPatch) -> None:
    import streamlit as st

    monkeypatch.setitem(st.session_state, OWN, {"3.4": "gehoord", "3.3": "  ", "1.2": "niet gevraagd"})
    assert own_words() == {"3.4": "gehoord"}
    got: list[dict[str, str]] = []

    def made(*arguments: object) -> None:
        got.append(arguments[3])  # type: ignore[arg-type]
        raise ValueError

    monkeypatch.setattr("pages.background.documents.made", made)
    at = AppTest.from_file(str(ROOT / "pages" / "briefing.py"), default_timeout=120)
    at.session_state[OWN] = {"3.4": "gehoord"}
    finished(at.run())
    for _ in range(20):
        if got:
            break
        at.run()
    assert got[0] == {"3.4": "gehoord"}


def test_the_page_is_in_the_menu_under_take_along() -> None:
    at = AppTest.from_file(str(ROOT / "pages" / "main.py"), default_timeout=120).run()
    at.switch_page("afwegingskader.py").run()
    assert not at.exception
    assert at.title[0].value == writing_in("nl").t("page_afwegingskader")
