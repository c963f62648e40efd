"""What would have to be true for child work to pay for itself, in words."""

from __future__ import annotations

from sim.decision.place import PlaceCost
from sim.model.priors import NEED, interval, priors
from sim.words.writing import Writing

NEAREST = "nearest"


def break_even_words(found: PlaceCost, writing: Writing) -> str:
    """Return what a place and a child cost, and when the one pays for the other: of several draws."""
    share = found.share
    assert share.low is not None
    assert share.high is not None
    numbers = {"share": share.value, "low": share.low, "high": share.high}
    costs = writing.t(
        "quitte_costs", place=writing.about(found.place.value), care=writing.about(found.care.value),
        first=found.ages[0], last=found.ages[1],
    )  # fmt: skip
    words = {name: writing.count(value) for name, value in numbers.items()}
    if round(share.value) > 100:
        return f"{costs} {writing.t('quitte_never', **words)}"
    if round(share.high) > 100:  # more than 100 of each 100 euros cannot fall away
        words["high"] = writing.t("quitte_beyond")
    return f"{costs} {writing.t('quitte_if', **words)}"


def research_words(writing: Writing) -> str:
    """Return what the nearest research found, of each 100 new problems, with its 95 percent interval."""
    low, high = interval(priors()[NEAREST][NEED])
    fewer, more = (writing.count(100.0 * part) for part in (1.0 - low, high - 1.0))
    return writing.t("quitte_research", fewer=fewer, more=more)
