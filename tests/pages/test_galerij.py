"""Argumenten: each claim with what the model does and cannot say; an example goes into the session."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from calibration.paper.claims import CLAIMS, scenario_of
from calibration.paper.kept import shipped
from calibration.paper.runs import Size
from calibration.paper.telling import ChangeTold, Said, briefly, told
from pages import galerij
from pages.budget.file_controls import TOLD
from pages.choices.chosen import pair
from pages.look.texts import writing_in
from sim.errors import InputError
from sim.faults import fault

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "galerij.py")
NL, EN = (writing_in(language).words for language in ("nl", "en"))


def opened(*claims: str, language: str = "nl") -> AppTest:
    """Return the page with some claims opened."""
    at = AppTest.from_file(PAGE, default_timeout=120)
    at.session_state["language"] = language
    for claim in claims:
        at.session_state[f"stellingen-{claim}"] = True
    at.run()
    assert not at.exception
    return at


def words(at: AppTest) -> str:
    return "\n".join(m.value for m in at.markdown)


@pytest.fixture
def went(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the pages that were gone to."""
    found: list[str] = []
    monkeypatch.setattr(st, "switch_page", found.append)
    return found


def test_every_claim_stands_there_closed_and_opens_with_its_limits() -> None:
    closed = opened()
    titles = [e.label for e in closed.expander[: len(CLAIMS)]]
    assert [title.split("**")[1] for title in titles] == [NL[f"gal_title_{c.key}"] for c in CLAIMS]
    assert NL["gal_limit_bso"] not in words(closed)
    assert not closed.button
    at = opened("bso", "oormerk")
    assert NL["gal_claim_bso"] in words(at)
    assert NL["gal_works_bso"] in words(at)
    assert NL["gal_limit_bso"] in words(at)
    assert "kinderwerk batch scenarios/argumenten/oormerk-aandeel.yaml" in words(at)
    assert len(at.button) == 2 * (1 + 3)
    assert len({button.label for button in at.button}) == len(at.button)  # one by one for who listens


@pytest.mark.parametrize("language", ["nl", "en"])
def test_who_opens_nothing_has_read_every_answer_with_its_range(language: str) -> None:
    at, writing = opened(language=language), writing_in(language)
    answers = [e.label.split("**")[2].strip() for e in at.expander[: len(CLAIMS)]]
    for claim, answer in zip(CLAIMS, answers, strict=True):
        assert answer == briefly(shipped().claims[claim.key].said, writing)
        assert re.search(r"\d", answer) or claim.key == "cijfers"  # which names what to find out first
    unmet = shipped().claims["almere"].said[0].values["both"]
    assert isinstance(unmet, Said)
    figure = unmet.values["unmet"]
    assert isinstance(figure, ChangeTold)
    assert figure.figure.low is not None
    assert f" {writing.number(-figure.figure.low, 0)} " in answers[0].replace("(", " ")


def test_english_is_complete() -> None:
    at = opened("veertig", language="en")
    assert EN["gal_limit_veertig"] in words(at)
    assert "Compared with" in words(at)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_answer_stands_first_with_what_it_was_made_from(language: str) -> None:
    at, writing = opened("bso", language=language), writing_in(language)
    found = shipped().claims["bso"]
    said = words(at)
    for one in found.said:
        assert f"- {told(one, writing)}" in said
    (children, draws), *_ = found.sizes
    mark = said[said.index(writing.words["gal_made"].split("{")[0]) :]
    assert f"{shipped().version}: {writing.count(children)} " in mark
    assert f" {draws} " in mark
    foot = at.markdown[-1].value
    assert writing.words["gal_birth"].split("{")[0] in foot
    assert shipped().model["parameters"] in foot
    assert said.count(shipped().model["parameters"]) == 1  # not in what an alderman reads
    assert (writing.words["gal_short"] in mark) == (shipped().size != Size())
    heads = [writing.words[key].split("{")[0] for key in ("gal_answer", "gal_limits", "gal_does")]
    assert sorted(heads, key=said.index) == heads


def test_an_answer_of_another_model_is_told_to_be_out_of_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calibration.paper.kept.model_now", lambda: dict(shipped().model))
    assert not opened("bso").warning
    monkeypatch.setattr("calibration.paper.kept.model_now", lambda: {**shipped().model, "engine": "other"})
    for language, catalogue in (("nl", NL), ("en", EN)):
        at = opened("bso", language=language)
        assert [warning.value for warning in at.warning] == [catalogue["gal_out_of_date"]]
        old = catalogue["gal_old"].split("{")[0]
        assert all(f"** {old}" in e.label for e in at.expander[: len(CLAIMS)])
        assert catalogue["gal_answer"] in words(at)


def test_a_claim_without_an_answer_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    none = replace(shipped(), claims={})
    monkeypatch.setattr("calibration.paper.kept.shipped", lambda: none)
    at = opened("bso")
    assert at.expander[0].label.endswith(NL["gal_no_answer"])
    assert [info.value for info in at.info] == [NL["gal_no_answer"]]
    assert NL["gal_limit_bso"] in words(at)


def test_every_example_can_be_put_in_the_session(went: list[str]) -> None:
    for claim in CLAIMS:
        for file in claim.files:
            at = opened(claim.key)
            at.button(key=f"gal-show-{claim.key}-{file}").click().run()
            assert not at.exception
            chosen: Any = at.session_state["choices"]
            scenario = scenario_of(file)
            assert chosen.municipality == scenario.municipality, file
            ours = pair(chosen)[1].canonical()
            theirs = scenario.canonical()
            assert {k: v for k, v in ours.items() if k != "programmes"} == {
                k: v for k, v in theirs.items() if k != "programmes"
            }, file
            for name, use in ours["programmes"].items():
                if max(use["fte"]):
                    assert use["fte"] == theirs["programmes"][name]["fte"], file


def test_the_outcome_is_shown_where_its_reference_is_known(went: list[str]) -> None:
    at = opened("almere")
    at.button(key="gal-show-almere-almere/dubbel").click().run()
    assert went == [galerij.OUTCOME]
    assert at.session_state["choices"].reference == "none"
    at = opened("verwelzijnen")
    at.button(key="gal-show-verwelzijnen-argumenten/licht-verwelzijnd").click().run()
    assert went[1:] == [galerij.SIDE_BY_SIDE]
    beside, mine = at.session_state["choices"].plans
    assert "kinderwerk.substitution" in mine.text
    assert "kinderwerk.substitution" not in beside.text
    at = opened("bso")
    at.button(key="gal-explore-bso-argumenten/bso-in-plaats-van-kinderwerk").click().run()
    assert went[2:] == [galerij.LEVERS]


def test_verken_is_told_of_a_comparison_that_it_does_not_show(went: list[str]) -> None:
    at = opened("tilburg")
    at.button(key="gal-explore-tilburg-tilburg/lerarentekort").click().run()
    assert went == [galerij.LEVERS]
    plan, messages, beside = at.session_state[TOLD]
    assert plan == at.session_state["choices"].plan
    assert beside == "9,2 fte kinderwerk waar kinderen zijn"
    assert any(beside in message and "Vergelijk" in message for message in messages)
    at = opened("almere")  # compared with none, as Verken does: nothing more to tell
    at.button(key="gal-explore-almere-almere/dubbel").click().run()
    assert at.session_state[TOLD][2] == ""


def test_a_file_that_cannot_be_used_is_told_in_dutch(
    went: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise InputError.at("x.yaml", fault("expected_lines"))

    monkeypatch.setattr("pages.choices.plan_files.open_preset", broken)
    at = opened("bso")
    at.button(key="gal-show-bso-argumenten/bso-in-plaats-van-kinderwerk").click().run()
    assert not at.exception
    assert "kan nu niet worden berekend" in at.error[0].value
    assert went == []
