"""What is said of a claim in few words: whatever was found, in both languages, with its range."""

from __future__ import annotations

import pytest

from calibration.paper.claims import CLAIMS
from calibration.paper.kept import shipped
from calibration.paper.telling import BRIEF, ChangeTold, Count, Said, SpreadTold, briefly, said
from pages.look.texts import writing_in
from sim.decision.comparison import Figure
from sim.decision.firm import few

CLEAR, UNCLEAR = Figure(-20.0, 0.1, -30.0, -10.0, 0.0), Figure(-20.0, 0.1, -60.0, 7.0, 0.2)
OTHER_OUTCOMES = ("wijkteam_no_wider", "termijn_change", "paid")
"""Statements that are made where something else is found than what is kept now."""


def told_in_brief(figure: Figure, language: str = "nl") -> str:
    both = said("both", years=Count(10), users=ChangeTold(figure), unmet=ChangeTold(figure))
    return briefly([said("hilversum", both=both)], writing_in(language))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_claim_has_an_answer_in_few_words(language: str) -> None:
    writing = writing_in(language)
    for claim in CLAIMS:
        answer = briefly(shipped().claims[claim.key].said, writing)
        assert answer.endswith(".")
        assert "{" not in answer
        assert len(answer.split()) <= 20, claim.key
    assert [code for code in OTHER_OUTCOMES if f"gal_brief_{code}" not in writing.words] == []


def test_the_range_stands_in_it_where_something_is_clear_and_where_nothing_is() -> None:
    assert told_in_brief(CLEAR).endswith("20 minder (10 tot 30).")
    assert told_in_brief(UNCLEAR).endswith("onduidelijk (60 minder tot 7 meer).")
    assert told_in_brief(UNCLEAR, "en").endswith("unclear (60 fewer to 7 more).")


def test_of_statements_of_one_kind_the_first_is_told_and_one_without_brief_words_is_not() -> None:
    years = [said("paid", years=Count(n), net=Count(n)) for n in (4, 10)]
    waits = said("waits", years=Count(10), before=Count(2), change=Count(1))
    assert briefly([*years, waits], writing_in("nl")) == "Kosten dan: 4."


def test_a_spread_of_few_draws_is_provisional_and_has_no_range() -> None:
    for draws, told in ((6, "50% (voorlopig)"), (20, "50% (40% tot 60%)")):
        reach = SpreadTold(0.5, 0.4, 0.6, draws=draws, share=True)
        said_of_it = briefly([said("veertig", everyone=reach)], writing_in("nl"))
        assert said_of_it == f"Van alle jongeren: {told}."


def test_each_claim_of_the_shipped_answers_rests_on_draws_enough_for_a_range() -> None:
    """But for what one best fit sets: who comes, and levels before the start."""
    for key, kept in shipped().claims.items():
        assert all(done.draws == 1 or not few(done.draws) for done in kept.runs), key


@pytest.mark.parametrize("language", ["nl", "en"])
def test_what_stands_in_place_of_a_long_text_has_its_values(language: str) -> None:
    words = writing_in(language).words
    for long, short in BRIEF.items():
        values = {"value": 1, "low": 2, "high": 3, "range": 4, "draws": 6}
        assert len(words[short].format(**values)) < len(words[long].format(**values))


def test_a_statement_within_another_lends_its_values() -> None:
    inner = said("both", years=Count(10), unmet=ChangeTold(CLEAR))
    assert "20 minder" in briefly([Said("almere", {"both": inner})], writing_in("nl"))
