"""Afwegingskader: the fourteen elements of RIVM's framework, each filled from the run or not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import groupby

import streamlit as st

from pages.background.answers import Answer
from pages.background.documents import comparison_of
from pages.budget.outcome import nothing_to_compare
from pages.choices.chosen import pair, reference_words
from pages.choices.framework import own_field, own_words
from pages.choices.state import choices
from pages.look.texts import language, t
from pages.shared import parts
from pages.shared.folds import fold
from pages.shared.watching import live
from sim.inputs.scenario import Scenario
from sim.report.content import words
from sim.report.framework import NUMBERS, Element, Filled, asked_elements, framework

OPEN = NUMBERS
"""The parts that open and close, as the address calls them."""


def main() -> None:
    """Show the page."""
    st.title(t("page_afwegingskader"))
    st.markdown(t("kader_lead"))
    parts.note(words(language()).t("frame_by"))
    chosen = choices()
    reference = reference_words(chosen)
    parts.about(chosen, reference)
    if not nothing_to_compare(chosen):
        scenarios = pair(chosen)
        live(scenarios, lambda answer: _filled(answer, scenarios))
        with st.expander(t("kader_own")):
            _own()
    parts.footer(reference)


def _filled(answer: Answer, scenarios: Sequence[Scenario]) -> None:
    """Show how far the framework is filled, and its elements, each behind its name."""
    writing = words(language())
    elements = framework(comparison_of(answer, scenarios), writing)
    count = Counter(one.filled for one in elements)
    st.markdown(t("kader_count", **{kind.value: count[kind] for kind in Filled}))
    st.markdown(writing.t("frame_proof"))
    for part, found in groupby(elements, key=lambda one: one.number[0]):
        st.header(f"{part}. {writing.t(f'frame_part_{part}')}")
        for one in found:
            title = f"{one.number} {one.name}: {writing.t(f'frame_{one.filled.value}')}"
            fold(title, "open-afwegingskader", one.number, OPEN, partial(_element, one))


def _element(one: Element) -> None:
    writing = words(language())
    lines = [*one.known, *(writing.t("frame_why", reason=reason) for reason in one.unknown)]
    st.markdown("\n".join(f"- {parts.plain(line)}" for line in lines))
    sure, where = (writing.t(f"frame_col_{column}") for column in ("sure", "where"))
    if one.known:
        parts.note(f"{sure}: {one.sure}. {where}: {one.where}.")
    if mine := own_words().get(one.number):
        st.markdown(f"**{writing.t('frame_col_own')}**")
        st.markdown(parts.plain(mine))


def _own() -> None:
    """Show the fields that only the municipality can fill in."""
    st.markdown(t("kader_own_lead"))
    for element in asked_elements(words(language())):
        own_field(element)
    parts.way_to("briefing", t("kader_take"))


if __name__ == "__main__":
    main()
