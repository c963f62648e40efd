"""Start: one sentence, three figures, one chart."""

from __future__ import annotations

import streamlit as st

from pages.shared import formats, parts
from pages.shared.controls import choose_municipality, fte_offered
from pages.shared.outcome import outcome
from pages.shared.state import EFFECTS, Choices, keep, pair, reference_words
from pages.shared.texts import t, writing
from sim.decision.headline import believed, weight_of_no_effect


def main() -> None:
    """Show the page."""
    st.title(t("app"))
    st.markdown(t("lead"))
    chosen = _controls()
    reference = reference_words(chosen)
    parts.note(parts.plain(reference))
    outcome(chosen, reference)
    with st.expander(t("unknown_title"), expanded=True):
        both = pair(chosen)
        told = writing().unknown_effect(weight_of_no_effect(both), believed(both))
        st.markdown(t("unknown", effect=told))
    parts.footer(reference)


def _controls() -> Choices:
    """Show the four choices of this page, and return what is chosen."""
    left, right = st.columns(2)
    with left:
        chosen = choose_municipality()
    plan, effects = chosen.plan, list(EFFECTS)
    effect = right.selectbox(
        t("less_well"), effects, effects.index(chosen.effect), format_func=lambda e: t(f"effect_{e}"),
        help=t("less_well_help"), key="start-effect",
    )  # fmt: skip
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with left:
        fte = _workers(chosen)
    fenced = right.toggle(t("ring_fence"), plan.fenced, help=t("ring_fence_help"), key="start-fenced")
    if fte is not None and (fte, fenced) != (plan.fte, plan.fenced):
        plan = plan.with_child_work(fte, fenced)
    elif fte is None and fenced != plan.fenced:
        plan = plan.with_child_work(plan.child_work["fte"], fenced)
    if extra := _beside(chosen):
        parts.note(t("start_beside", what=parts.plain(extra)))
    return keep(plan=plan, effect=effect)


def _workers(chosen: Choices) -> float | None:
    """Show how many child workers there are, and return the number; None where it differs by year."""
    plan = chosen.plan
    if not plan.steady:
        parts.note(t("fte_path", path=parts.plain(plan.label())))
        return None
    return st.select_slider(  # a slider of numbers writes them as the browser does
        t("fte"), fte_offered(chosen), float(plan.fte), format_func=formats.fte, help=t("fte_help"),
        key=f"fte-{chosen.municipality}",
    )  # fmt: skip


def _beside(chosen: Choices) -> str:
    """Return what the plan holds beside what Start can show, or nothing."""
    keys = set(chosen.plan.data) - {"policy", "programmes", "title"}
    keys |= set(chosen.plan.programmes) - {"kinderwerk"}
    return chosen.plan.label() if keys or chosen.plan.policy != "crowd_out" else ""


if __name__ == "__main__":
    main()
