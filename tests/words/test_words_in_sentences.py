"""What stands at a place left open in a sentence reads well there, whichever of its values it is."""

from __future__ import annotations

import re

import pytest

from pages.choices.chosen import EFFECTS
from pages.look.texts import writing_in
from sim.model.futures import FUTURES
from sim.model.priors import PRIORS
from sim.report.content import words as document_words
from sim.report.phrases import world_words
from sim.words.future_words import future_words
from sim.words.writing import LANGUAGES, Writing
from tests.worlds import scenario

USES = ("assumed_effect", "compare_effect", "lever_effect")
"""Sentences that end with how well child work works."""


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_an_effect_stands_behind_a_colon_and_has_none_itself(language: str) -> None:
    writing = writing_in(language)
    effects = [writing.t(f"effect_{name}") for name in (*EFFECTS, *PRIORS)]
    assert not any(":" in effect for effect in effects)
    for use in USES:
        assert ": {effect}" in writing.words[use]
    assert ": {prior}" in writing.words["unknown_effect_prior"]


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_growth_that_may_be_below_nothing_is_not_called_more(language: str) -> None:
    told = [future_words(future, Writing(language)) for future in FUTURES]
    assert any("(\N{MINUS SIGN}" in words for words in told)
    assert not any("meer" in words or "more" in words for words in told)


@pytest.mark.parametrize(
    ("language", "more"), [("nl", "120 euro voor elke 100"), ("en", "120 euros for each 100")]
)
def test_more_than_all_of_it_is_no_part_of_it(language: str, more: str) -> None:
    told = Writing(language).t("quitte_never", share="120", low="101", high="150")
    assert more in told.replace("*", "")


@pytest.mark.parametrize(("language", "told"), [("nl", "1 cijfer"), ("en", "1 figure")])
def test_one_figure_is_not_told_as_more(language: str, told: str) -> None:
    assert writing_in(language).t("fit_count", n=1) == told


@pytest.mark.parametrize(("size", "kind"), [(0.2, "hulp begint minder vaak"), (-0.2, "hulp begint vaker")])
def test_documents_tell_help_that_begins_more_often_without_a_minus(size: float, kind: str) -> None:
    shock = {"kind": "fewer_starts", "start": "2027-01", "months": 12, "size": size}
    told = world_words(scenario(36, shocks=[shock]), document_words("nl"))
    assert f"{kind} van januari 2027 tot en met december 2027, 20%" in told


def test_what_is_needed_and_not_given_has_one_name_in_dutch() -> None:
    told = {**writing_in("nl").words, **document_words("nl").words}
    assert [key for key, words in told.items() if "onvervuld" in words.casefold()] == []
    figures = ("figure_unmet", "chart_unmet", "row_unmet", "what_unmet_need", "level_unmet_what", "pay_unmet")
    for key in figures:
        assert told[key].startswith("Hulp nodig, niet gekregen")


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_a_page_names_a_file_of_the_source_only_where_it_says_what_that_is(language: str) -> None:
    told = writing_in(language).words
    found = [key for key, words in told.items() if re.search(r"\b(docs|calibration)/\w+", words)]
    assert [key for key in found if not key.startswith("file_key_")] == ["over_where"]


def test_dutch_pages_say_no_term_of_a_trade_without_saying_it_in_plain_words() -> None:
    told = {**writing_in("nl").words, **document_words("nl").words}
    for term in ("bewijsschuld", "contant gemaakt", "%-interval"):
        assert [key for key, words in told.items() if term in words.casefold()] == []
    explained = {
        "standaardafwijking": "hoe ver", "collineariteit": "uit elkaar te houden",
        "trekking": "berekeningen|stellen waarden",
    }  # fmt: skip
    for term, plain in explained.items():
        found = [key for key, words in told.items() if term in words.casefold() and not key.startswith("pw_")]
        assert found
        assert [key for key in found if not re.search(plain, told[key].casefold())] == []
