"""What would have to be true stands on Start: from the run in hand, and from research with its source."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.background import desk
from pages.background.answers import Answer
from pages.choices.chosen import pair
from pages.choices.plan import Plan
from pages.look.texts import writing, writing_in
from pages.shared import quitte
from sim.decision.comparison import figure
from sim.decision.place import PlaceCost, place_cost
from sim.model.priors import NEED, priors
from sim.words import break_even_words
from tests.opened import shown, words

NL, EN = (writing_in(language).words for language in ("nl", "en"))


def _answer(at: AppTest) -> Answer:
    """Return the answer that a page shows, which is kept."""
    return desk.desk().ask(pair(at.session_state["choices"]), "", watch=False)


@pytest.mark.parametrize(("language", "told"), [("nl", NL), ("en", EN)])
def test_start_says_what_would_have_to_be_true(language: str, told: dict[str, str]) -> None:
    at = shown("pages/main.py", taal=language)
    answer = _answer(at)
    found = place_cost(answer.runs, "kinderwerk", 4)
    assert found is not None
    of = writing_in(language)
    costs = told["quitte_costs"].format(
        place=of.about(found.place.value), care=of.about(found.care.value), first=4, last=14
    )
    assert costs in words(at)
    assert of.count(found.share.value) in words(at).split(costs)[1]
    assert told["quitte_research"].format(fewer=29, more=15) in words(at)  # as docs/evidence.md has it


def test_the_research_is_that_of_the_prior_that_is_nearest() -> None:
    assert "Taheri and Welsh 2016" in priors()[break_even_words.NEAREST][NEED].source
    assert all("Taheri" in words["quitte_research"] for words in (NL, EN))


def test_where_all_care_is_not_enough_it_says_so() -> None:
    at = shown("pages/main.py")
    answer = _answer(at)
    found = place_cost(answer.runs, "kinderwerk", 4)
    assert found is not None
    dear = replace(found, share=replace(found.share, value=120.0, low=101.0, high=150.0))
    assert NL["quitte_never"].split("{share}")[0] in break_even_words.break_even_words(dear, writing())
    assert writing().count(120.0) in break_even_words.break_even_words(dear, writing())


@pytest.mark.parametrize(
    ("language", "beyond"), [("nl", "44 tot meer dan alles"), ("en", "44 to more than all")]
)
@pytest.mark.parametrize(("high", "whole"), [(113.0, False), (100.6, False), (100.4, True), (90.0, True)])
def test_no_more_than_all_of_it_falls_away(language: str, beyond: str, high: float, whole: bool) -> None:
    place, care = (figure(np.array([value] * 2), np.zeros(2), [1, 2]) for value in (840.0, 1100.0))
    share = replace(place, value=74.0, low=44.0, high=high)
    said = break_even_words.break_even_words(PlaceCost(place, care, share, (4, 14)), writing_in(language))
    assert (beyond in said) is not whole
    assert "74" in said
    assert not [number for number in re.findall(r"\d+", said.partition("(")[2]) if int(number) > 100]


@pytest.mark.parametrize("sharpening", [True, False])
def test_what_more_draws_may_move_is_marked(sharpening: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    at = shown("pages/main.py")
    answer = _answer(at)
    said: list[str] = []
    monkeypatch.setattr("streamlit.markdown", said.append)
    monkeypatch.setattr(Answer, "sharpening", sharpening)
    quitte.show(answer)
    assert (NL["provisional"] in said[0].lower()) is sharpening


def test_a_budget_without_child_work_has_no_such_line() -> None:
    plan = Plan.of({"programmes": {"jongerenwerk": {"fte": 3}}})
    at = shown("pages/main.py", begroting=plan.code())
    assert NL["quitte_title"] not in words(at)


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_the_greatest_chance_of_the_map_is_a_sentence(language: str, share: float) -> None:
    """A chance that no draw shows has a bound, and `greater than below` is no sentence."""
    write = writing_in(language)
    said = write.t("even_nowhere", chance=write.chance(share, 40))
    assert not re.search(r"(dan|than) (kleiner|groter|ongeveer|below|above|about)", said)
    assert said.endswith(f" is {write.chance(share, 40)}.")
