"""What the user chooses: size and years of a study, for how many municipalities, worth of a child-year."""

from __future__ import annotations

import streamlit as st

from pages.choices.address import saw, seen
from pages.look import formats
from pages.look.texts import t
from pages.shared.parts import note
from sim.decision.design import Design
from sim.decision.learning import LONGEST, SIZES, Beliefs
from sim.inputs.observed import COUNTRY
from sim.inputs.profiles import profile_of, towns_of_the_country
from sim.inputs.scenario import Scenario

SIZE, YEARS, TOWNS = 20, 3, 10
"""What the choices are at first: assumed, as the page says."""
STEP, TOP = 5_000, 200_000
"""Euros for a child-year: between two positions, and the highest that is always offered."""


def willingness(found: Beliefs) -> float:
    """Show what a child-year without need is worth, at first where the choice is least sure; return it."""
    least = STEP * round(found.least_sure / STEP)
    offered = range(0, max(TOP, 2 * least) + STEP, STEP)
    first = least if least else TOP // 2
    now = st.select_slider(
        t("study_worth"), offered, seen("kindjaar", offered, first), key="study-worth",
        format_func=formats.euros, help=t("study_worth_help"),
    )  # fmt: skip
    saw("kindjaar", now, first)
    if least and now == first:
        note(t("study_worth_first"))
    return float(now)


def design(others: tuple[tuple[str, float], ...]) -> Design:
    """Show how large a study is and how long it takes, and return it. others: see Design."""
    left, right = st.columns(2)
    with left:
        size = st.select_slider(
            t("study_size"), SIZES, seen("buurten", SIZES, SIZE), key="study-size"
        )
    with right:
        years = st.slider(t("study_years"), 1, LONGEST, seen("duur", range(1, LONGEST + 1), YEARS),
                          key="study-years")  # fmt: skip
    saw("buurten", size, SIZE)
    saw("duur", years, YEARS)
    return Design(int(size), int(years), others)


def municipalities(scenario: Scenario) -> int:
    """Show how many municipalities take the same decision, and return it: 1 for the whole country."""
    if profile_of(scenario).name == COUNTRY:
        return 1
    most = len(towns_of_the_country())
    now = st.slider(
        t("study_towns"), 1, most, seen("gemeenten", range(1, most + 1), TOWNS), key="study-towns",
        help=t("study_towns_help"),
    )  # fmt: skip
    saw("gemeenten", now, TOWNS)
    return int(now)


def in_words(of: Design) -> dict[str, str]:
    """Return what a sentence about a study names."""
    numbers = of.numbers
    return {
        "size": formats.count(of.neighbourhoods), "years": str(of.years),
        "children": formats.count(numbers["children"]), "fte": formats.number(numbers["fte"], 2),
        "all": formats.count(2 * of.neighbourhoods * numbers["children"]),
    }  # fmt: skip
