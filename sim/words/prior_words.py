"""The named priors of child work in words."""

from __future__ import annotations

from sim.decision.headline import STRENGTH
from sim.model.parameters import default_parameters
from sim.model.priors import NEED, SEEN, believing, interval
from sim.words.writing import Writing


def prior_words(prior: str, writing: Writing) -> str:
    """Return what a prior says, with its numbers and their 95% interval. Raises KeyError for another word."""
    p = believing(default_parameters(), prior)
    need, seen = p.records[NEED], p.records[SEEN]
    (low, high), (seen_low, seen_high) = interval(need), interval(seen)
    weight = 1.0 - p[STRENGTH]
    none = writing.t("prior_none", weight=writing.percent(weight)) if weight else ""
    of = writing.number
    return writing.t(
        "prior_told", prior=writing.t(f"effect_{prior}"), need=of(need.value, 2), low=of(low, 2),
        high=of(high, 2), none=none, seen=of(seen.value, 3), seen_low=of(seen_low, 3),
        seen_high=of(seen_high, 3),
    )  # fmt: skip
