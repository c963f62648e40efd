"""Verken: every setting of a scenario, with the outcome beside it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.background.answers import Answer
from pages.budget.controls import choose_municipality
from pages.budget.file_controls import file_control, preset_control
from pages.budget.lever_controls import (
    FILES,
    WORKS,
    compared_control,
    money_control,
    part,
    period_control,
    programme_control,
    renew,
    shocks_control,
    unfolded,
    works_control,
)
from pages.budget.outcome import outcome
from pages.choices.chosen import Choices, pair, reference_words
from pages.choices.lever_words import COMPARED, MONEY, PERIOD, SHOCKS, changes
from pages.choices.levers import at_first
from pages.choices.state import choices, keep
from pages.look.parameter_words import parameter_title
from pages.look.texts import language, t
from pages.shared import parts
from pages.shared.workforce import workforce
from sim.errors import InputError
from sim.model.catalogue import catalogue

FIT = """<style>
.stMainBlockContainer {padding-left: clamp(1rem, 3vw, 4rem); padding-right: clamp(1rem, 3vw, 4rem)}
.stMainBlockContainer h2 {font-size: 1.4rem}
[data-testid=stMetric] p {white-space: normal !important}
[data-testid=stMetricValue] {font-size: 1.6rem}
</style>"""
"""Two columns side by side: the figures must fit in one of them without being cut off."""
PARTS = {
    MONEY: money_control, SHOCKS: shocks_control, PERIOD: period_control, COMPARED: compared_control,
}  # fmt: skip


def main() -> None:
    """Show the page."""
    st.html(FIT)
    st.title(t("page_verken"))
    st.markdown(t("verken_lead"))
    left, right = st.columns(2, gap="large")
    with left:
        choose_municipality()
    with right:
        preset_control()
    overview = st.container()
    left, right = st.columns([5, 7], gap="large")
    with left:
        _levers()
    chosen = choices()
    with overview:
        _overview(chosen)
    with right:
        _result(chosen)
    parts.footer(reference_words(chosen))


def _levers() -> None:
    """Show every lever; each part changes the plan in hand."""
    first = at_first(choices())
    st.header(t("verken_programmes"))
    for name in catalogue():
        part(name, first, partial(programme_control, name))
    st.header(t("verken_rest"))
    for section, control in PARTS.items():
        part(section, first, control)
    opened = unfolded(WORKS, t("verken_works"))
    if opened.open:
        with opened:
            works_control(choices())
    if names := choices().plan.data.get("parameters"):
        parts.note(t("verken_own_numbers", names="; ".join(parameter_title(name) for name in names)))
    opened = unfolded(FILES, t("verken_files"))
    if opened.open:
        with opened:
            file_control()


def _overview(chosen: Choices) -> None:
    """Show what differs from how it was at first, and a way back."""
    found = changes(chosen)
    if not found and not chosen.plan.data.get("parameters"):
        parts.note(t("verken_unchanged" if not chosen.assumptions else "verken_only_assumptions"))
        return
    with st.container(border=True):
        lines = [f"**{t('verken_changed', n=len(found))}**"]
        lines += [
            f"- **{change.title}**: {parts.plain(t('verken_was', now=change.now, before=change.before))}"
            for change in found
        ]
        st.markdown("\n".join([lines[0], "", *lines[1:]]))
        st.button(t("verken_reset"), on_click=_reset, icon=":material/undo:")


def _reset() -> None:
    first = at_first(choices())
    keep(
        plan=first.plan, reference=first.reference, effect=first.effect, future=first.future,
        assumptions=first.assumptions,
    )  # fmt: skip
    renew()


def _result(chosen: Choices) -> None:
    """Show the outcome of the plan, or why there is none."""
    try:
        pair(chosen)
    except InputError as error:
        st.error(t("verken_refused", reason=parts.plain("; ".join(error.told(language())))))
        return
    reference = reference_words(chosen)
    parts.note(parts.plain(reference))

    def more(answer: Answer) -> None:
        workforce(answer, chosen, reference)

    outcome(chosen, reference, "verken-shown", more)


if __name__ == "__main__":
    main()
