"""The named priors in words, in both languages, with the numbers that the model draws from."""

from __future__ import annotations

import pytest

from sim.decision.headline import believed, weight_of_no_effect
from sim.model.priors import PRIORS, prior_data
from sim.words.prior_words import prior_words
from sim.words.writing import Writing
from tests.worlds import scenario


def test_a_prior_is_told_with_its_interval() -> None:
    dutch, english = (prior_words("nearest", Writing(language)) for language in ("nl", "en"))
    assert "0,91 keer zoveel als bij anderen (95%: 0,71 tot 1,15)" in dutch
    assert "1,055 keer zo snel (1 tot 1,166)" in dutch
    assert "0.91 times that of others (95%: 0.71 to 1.15)" in english
    assert "chance of no effect" not in english


def test_the_usual_prior_tells_its_weight_on_no_effect() -> None:
    assert "a 25% chance of no effect" in prior_words("assumed", Writing("en"))
    assert "25% kans dat er geen effect is" in prior_words("assumed", Writing("nl"))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_prior_has_words_of_its_own(language: str) -> None:
    assert len({prior_words(prior, Writing(language)) for prior in PRIORS}) == len(PRIORS)


def test_another_word_is_no_prior() -> None:
    with pytest.raises(KeyError):
        prior_words("hopeful", Writing("en"))


def test_what_is_not_known_names_the_prior() -> None:
    both = (scenario(0, prior="sceptical"), scenario(36, prior="sceptical"))
    told = Writing("en").unknown_effect(weight_of_no_effect(both), believed(both))
    assert Writing("en").t("effect_sceptical") in told
    assert "25%" not in told
    mixed = believed((scenario(0), *both))
    assert mixed == ("assumed", "sceptical")
    assert Writing("en").t("effect_assumed") in Writing("en").unknown_effect(0.25, mixed)
    usual = (scenario(0), scenario(36))
    assert "25%" in Writing("en").unknown_effect(weight_of_no_effect(usual), believed(usual))


def test_a_prior_as_data_has_the_numbers_that_priors_differ_in() -> None:
    found = {prior: prior_data(prior) for prior in PRIORS}
    names = {frozenset(data["parameters"]) for data in found.values()}  # type: ignore[call-overload]
    assert len(names) == 1
    assert [data["prior"] for data in found.values()] == list(PRIORS)
    assert len({str(data) for data in found.values()}) == len(PRIORS)
