"""Start: what a budget costs and changes, how sure that is, and the choices that make it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

from pages.background.figures import LONG
from pages.budget.controls import choose_municipality, fte_offered, fte_on_slider
from pages.budget.outcome import is_reference, outcome
from pages.choices.chosen import EFFECTS, Choices, pair, reference_words
from pages.choices.plan import CHILD_WORK
from pages.choices.state import keep
from pages.look.texts import t, writing
from pages.shared import breakeven, parts
from pages.shared.folds import fold, folding
from sim.decision.headline import believed, weight_of_no_effect
from sim.inputs.scenario import Scenario

OPEN = ("quitte", "werking", "tabel", "onbekend")
"""Parts of the page that open and close, as the address calls them."""
FIT = """<style>
.stMainBlockContainer {max-width: 62rem}
.stMainBlockContainer h1 {font-size: 1.5rem; padding-top: 0}
.stMainBlockContainer h2 {font-size: 1.6rem; padding-top: 0.5rem}
.stMainBlockContainer h3 {font-size: 1.25rem}
</style>"""
"""The answer must fit on the first screen of a laptop, and in two of a phone."""


def main() -> None:
    """Show the page."""
    st.html(FIT)
    st.title(t("app"))
    chosen = _controls()
    answer = st.container()  # what it shows follows from a choice that stands below it
    chosen = _how_well(chosen)
    reference = reference_words(chosen)
    with answer:
        outcome(chosen, reference, beside=True, table=_table)
        if not is_reference(chosen):
            _break_even(chosen, reference)
    fold(t("unknown_title"), "meer", "onbekend", OPEN, partial(_unknown, pair(chosen)))
    parts.footer(reference)


def _unknown(both: Sequence[Scenario]) -> None:
    told = writing().unknown_effect(weight_of_no_effect(both), believed(both))
    st.markdown(t("unknown", effect=told))
    st.markdown(t("sentence_honest"))
    st.markdown(t("luck_note"))
    if any(CHILD_WORK in scenario.programmes for scenario in both):
        st.markdown(t("verken_workers"))


def _break_even(chosen: Choices, reference: str) -> None:
    """Show, where that part is open, at which effect and reach the money is back."""
    both = pair(chosen)
    show = partial(breakeven.show, both, min(LONG, both[0].years), reference)
    fold(t("even_title"), "meer", "quitte", OPEN, show)


def _controls() -> Choices:
    """Show where, how many and ring-fenced or not in one row, and return what is chosen."""
    left, right = st.columns([2, 3])
    with left:
        chosen = choose_municipality()
    plan = chosen.plan
    with right.container(horizontal=True, vertical_alignment="center"):
        fte = _workers(chosen)
        fenced = st.toggle(t("ring_fence"), plan.fenced, help=t("ring_fence_help"), key="start-fenced")
    if fte is not None and (fte, fenced) != (plan.fte, plan.fenced):
        plan = plan.with_child_work(fte, fenced)
    elif fte is None and fenced != plan.fenced:
        plan = plan.with_child_work(plan.child_work["fte"], fenced)
    if extra := _beside(chosen):
        parts.note(t("start_beside", what=parts.plain(extra)))
    return keep(plan=plan)


def _workers(chosen: Choices) -> float | None:
    """Show how many child workers there are, and return the number; None where it differs by year."""
    plan = chosen.plan
    if not plan.steady:
        parts.note(t("fte_path", path=parts.plain(plan.label())))
        return None
    return st.select_slider(  # a slider of numbers writes them as the browser does
        t("fte"), fte_offered(chosen), float(plan.fte), format_func=fte_on_slider, help=t("fte_help"),
        key=f"fte-{chosen.municipality}",
    )  # fmt: skip


def _beside(chosen: Choices) -> str:
    """Return what the plan holds beside what Start can show, or nothing."""
    keys = set(chosen.plan.data) - {"policy", "programmes", "title"}
    keys |= set(chosen.plan.programmes) - {"kinderwerk"}
    return chosen.plan.label() if keys or chosen.plan.policy != "crowd_out" else ""


def _table(title: str) -> ExpanderContainer:
    """Return the part of the page for the table of the chart, open or closed as it was."""
    return folding(title, "meer", "tabel", OPEN, "meer-tabel")


def _how_well(chosen: Choices) -> Choices:
    """Show, folded, the choice of another effect than is expected, and return what is chosen."""
    effects = list(EFFECTS)
    with folding(t("less_well"), "meer", "werking", OPEN, "meer-werking", chosen.effect != "full"):
        effect = st.selectbox(
            t("less_well_choose"), effects, effects.index(chosen.effect),
            format_func=lambda e: t(f"effect_{e}"), help=t("less_well_help"), key="start-effect",
        )  # fmt: skip
    return keep(effect=effect)


if __name__ == "__main__":
    main()
