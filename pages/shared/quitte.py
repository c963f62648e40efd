"""What would have to be true: a place beside the care of a child, and what research found."""

from __future__ import annotations

import streamlit as st

from pages.shared import formats, parts
from pages.shared.answers import Answer
from pages.shared.plan import CHILD_WORK
from pages.shared.texts import t
from sim.decision.firm import few
from sim.decision.headline import HORIZONS
from sim.decision.place import PlaceCost, place_cost
from sim.model.priors import NEED, interval, priors

NEAREST = "nearest"


def show(answer: Answer) -> None:
    """Show, for the budget in hand, how much care must fall away to pay for it, and the way to more."""
    if CHILD_WORK not in answer.scenarios[1].programmes:
        return
    found = place_cost(answer.runs, CHILD_WORK, min(HORIZONS[0], answer.scenarios[0].years))
    if found is None:
        return
    told = t("quitte_waiting") if few(len(answer.draws)) else sentence(found)
    st.markdown(f"**{t('quitte_title')}** {told}")
    parts.way_to("onzekerheid", t("quitte_more"))


def sentence(found: PlaceCost) -> str:
    """Return what a place and a child cost, when the one pays for the other, and what was found elsewhere."""
    share = found.share
    assert share.low is not None
    assert share.high is not None
    numbers = {"share": share.value, "low": share.low, "high": share.high}
    first = t(
        "quitte_costs", place=formats.about(found.place.value), care=formats.about(found.care.value),
        first=found.ages[0], last=found.ages[1],
    )  # fmt: skip
    words = {name: formats.count(value) for name, value in numbers.items()}
    second = t("quitte_if" if share.value <= 100.0 else "quitte_never", **words)
    return f"{first} {second} {research()}"


def research() -> str:
    """Return what the nearest research found, of each 100 new problems, with its 95 percent interval."""
    low, high = interval(priors()[NEAREST][NEED])
    fewer, more = (formats.count(100.0 * part) for part in (1.0 - low, high - 1.0))
    return t("quitte_research", fewer=fewer, more=more)
