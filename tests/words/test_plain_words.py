"""Short sentences and plain words: everything that people read on pages and in documents."""

from __future__ import annotations

import re

import pytest

from pages.choices.plan import Plan
from pages.look.texts import writing_in
from sim.faults import sentences as faults
from sim.report.content import words as document_words
from sim.words.writing import LANGUAGES

LONGEST = 25
"""Words in a sentence: one in a thousand of them is that long."""
END = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][)’”]))\s+(?=[A-ZÀ-Ý‘“\"'{(*])")
MARKUP = re.compile(r"[*_`#]")
LETTER = re.compile(r"[^\W\d_]")
SIGNED_EUROS = (r"€ ?[+\N{MINUS SIGN}]", r"[+\N{MINUS SIGN}] ?€")
FORBIDDEN = {
    "nl": ("van het gewicht", r"gewicht van \{", r"kort\w* zonder oormerk", "geboortebewijs"),
    "en": ("of the weight", "weight on no", "birth certificate"),
}
"""A chance is no weight, work is not cut for want of a ring-fence, and no record is a birth certificate."""
ENGLISH = (
    "baseline", "benchmarks?", "bias", "check", "checks", "dashboard", "defaults?", "draws?", "emulators?",
    "feedback", "input", "insights?", "outcomes?", "output", "pooling", "posteriors?", "priors?", "ranges?",
    "runs?", "samples?", "seeds?", "settings?", "targets?", "timing", "tornado", "trade-offs?", "uplift",
    "upload", "workbook",
)  # fmt: skip
"""Words for which Dutch has one. Not: budget, browser, download, impact (an element of RIVM's framework)."""
COMMAND = re.compile(r"kinderwerk (?:check|run|compare|batch) [A-Z]+(?: [A-Z])?|`[^`]*`|\{[^}]*\}")
"""What is typed, and the names of values, are of no language."""


def texts(language: str) -> dict[str, str]:
    return {**writing_in(language).words, **document_words(language).words, **faults(language)}


def sentences(text: str) -> list[str]:
    return [each for line in MARKUP.sub("", text).split("\n") for each in END.split(line.strip())]


def long_ones(found: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (key, each) for key, text in found.items() for each in sentences(text)
        if sum(bool(LETTER.search(word)) for word in each.split()) > LONGEST
    ]  # fmt: skip


def told(found: dict[str, str], *patterns: str) -> list[tuple[str, str]]:
    one = re.compile("|".join(patterns), re.IGNORECASE)
    return [(key, text) for key, text in found.items() if one.search(text)]


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_no_sentence_is_longer_than_one_breath(language: str) -> None:
    found = texts(language)
    assert sum(len(sentences(text)) for text in found.values()) > 2_500
    assert long_ones(found) == []


def test_a_sentence_ends_where_its_mark_is_and_what_is_within_brackets_is_one() -> None:
    assert sentences("**Een** zin. (Nog één.) En 3.5 meer") == ["Een zin.", "(Nog één.)", "En 3.5 meer"]
    assert long_ones({"a": "woord " * 25 + "12", "b": "woord " * 26}) == [("b", ("woord " * 26).strip())]


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_no_text_has_words_that_mislead_or_that_nobody_says(language: str) -> None:
    assert told(texts(language), *FORBIDDEN[language], *SIGNED_EUROS) == []


def test_dutch_says_in_dutch_what_has_a_dutch_word() -> None:
    found = {key: COMMAND.sub("", text) for key, text in texts("nl").items()}
    assert told(found, *(rf"\b{word}\b" for word in ENGLISH)) == []


@pytest.mark.parametrize(
    ("language", "part"), [("nl", "3,4 fte kinderwerk"), ("en", "3.4 FTE of child work")]
)
def test_a_part_of_a_worker_is_told_in_fte(
    language: str, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.look.texts.language", lambda: language)
    assert Plan.simple(3.4).phrase() == part
    assert "fte" not in Plan.simple(3.0).phrase().casefold()
