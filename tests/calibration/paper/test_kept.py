"""The answers that the app shows: complete in both languages, read back as written, refused when stale."""

from __future__ import annotations

from dataclasses import replace

import pydantic
import pytest

from calibration.paper import kept
from calibration.paper.claims import CLAIMS, GRIDS
from calibration.paper.kept import Answers, out_of_date, read_answers, shipped, written
from calibration.paper.telling import told
from pages.look.texts import writing_in


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_claim_has_an_answer_in_every_language(language: str) -> None:
    assert set(shipped().claims) == {claim.key for claim in CLAIMS}
    for claim in CLAIMS:
        found = shipped().claims[claim.key]
        assert found.said
        assert found.runs
        for one in found.said:
            words = told(one, writing_in(language))
            assert words.endswith(".")
            assert "{" not in words
            assert "nan" not in words.lower().split()


def test_no_answer_of_the_dutch_page_is_in_english() -> None:
    english, dutch = writing_in("en"), writing_in("nl")
    for claim in CLAIMS:
        for one in shipped().claims[claim.key].said:
            assert told(one, english) != told(one, dutch)


def test_what_is_written_is_read_back() -> None:
    answers = shipped()
    assert read_answers(written(answers)) == answers
    with pytest.raises(pydantic.ValidationError):
        read_answers(written(answers).replace(b'"kind": "changed"', b'"kind": "rumour"'))


def fresh() -> Answers:
    return replace(shipped(), model=kept.model_now())


def test_an_answer_is_out_of_date_once_its_model_is_another() -> None:
    assert not out_of_date(fresh(), "oormerk")
    for name in kept.model_now():
        older = replace(fresh(), model={**kept.model_now(), name: "0"})
        assert all(out_of_date(older, claim.key) for claim in CLAIMS), name


def test_an_answer_is_out_of_date_once_one_of_its_scenarios_is_another_or_gone() -> None:
    answers = fresh()
    one = answers.claims["oormerk"]
    grids = [done for done in one.runs if done.scenarios[0][0].removesuffix(".yaml") in GRIDS]
    plain = [done for done in one.runs if done not in grids]
    assert grids
    assert plain
    for done in (grids[0], plain[0]):
        for changed in ((done.scenarios[0][0], "0" * 12), ("almere/weg.yaml", done.scenarios[0][1])):
            other = replace(one, runs=(replace(done, scenarios=(changed,)),))
            assert out_of_date(replace(answers, claims={**answers.claims, "oormerk": other}), "oormerk")
    assert not out_of_date(answers, "bso")


def test_the_answers_that_ship_are_of_these_claims_and_parameters() -> None:
    """Somebody has to run it: this sees that no scenario or parameter changed without that."""
    assert shipped().model["parameters"] == kept.model_now()["parameters"]
    now = fresh()
    assert [claim.key for claim in CLAIMS if out_of_date(now, claim.key)] == []
