"""The named futures in words, in both languages, with the numbers that the model draws from."""

from __future__ import annotations

import pytest

from sim.model.futures import FUTURES
from sim.report.content import words
from sim.report.phrases import world_words
from sim.words.future_words import future_words
from sim.words.writing import Writing
from tests.worlds import scenario


def test_a_future_is_told_with_its_range_and_its_last_year() -> None:
    dutch, english = (future_words("history_2019_2024", Writing(language)) for language in ("nl", "en"))
    assert "3,5% (\N{MINUS SIGN}1,4% tot 8,5%)" in dutch
    assert "Tot en met 2031" in dutch
    assert "3.5% (\N{MINUS SIGN}1.4% to 8.5%)" in english
    assert "Up to 2031" in english


def test_the_usual_future_is_told_with_the_parameters_of_today() -> None:
    assert "1% (0% to 2%)" in future_words("model_today", Writing("en"))
    assert "Up to" not in future_words("model_today", Writing("en"))
    assert "Up to" not in future_words("flat", Writing("en"))  # as long as any scenario lasts


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_future_has_words_of_their_own(language: str) -> None:
    writing = Writing(language)
    assert len({future_words(future, writing) for future in FUTURES}) == len(FUTURES)


def test_documents_name_the_future_where_it_is_another() -> None:
    dutch = words("nl")
    assert dutch.t("future_van_ark") in world_words(scenario(36, future="van_ark"), dutch)
    assert "toekomst" not in world_words(scenario(36), dutch)
