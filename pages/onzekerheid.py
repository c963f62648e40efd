"""Onzekerheid: the chance of break-even, on what it hangs, what must be true, and what to find out first."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from pages.background.answers import Answer, key_of
from pages.background.desk import CHILDREN
from pages.budget.controls import choose_horizon, choose_sure
from pages.budget.outcome import nothing_to_compare
from pages.choices.chosen import pair, reference_words
from pages.choices.state import choices
from pages.doubt import chance, depends, evidence, needed
from pages.doubt.work import Findings, find_out
from pages.look.texts import t
from pages.shared import breakeven, parts
from pages.shared.folds import fold
from pages.shared.watching import errand, live
from sim.decision.sample import Question
from sim.runs.experiment import Options

OPEN = ("getallen", "wegen", "keuzes", "grond", "onderzoek")
"""The parts that open and close, as the address calls them."""
KEPT_BYTES = 8 << 20
"""About what the findings about one pair of scenarios take."""


def main() -> None:
    """Show the page."""
    st.title(t("page_onzekerheid"))
    st.markdown(t("doubt_lead"))
    chosen = choices()
    reference = reference_words(chosen)
    parts.about(chosen, reference)
    if not nothing_to_compare(chosen):
        scenarios = pair(chosen)
        ahead, sure = choose_horizon(scenarios[0].years), choose_sure()
        st.header(t("doubt_chance_title"))
        live(scenarios, lambda answer: _chance(answer, ahead, sure / 100.0, reference))
        st.header(t("doubt_needed"))
        breakeven.show(scenarios, ahead, reference, sure / 100.0)
        st.divider()
        if Question(scenarios, Options(children=CHILDREN)).too_few:
            st.info(t("few_children"))
        else:
            errand(
                key_of(scenarios, "doubt", CHILDREN), find_out(scenarios),
                lambda found: _show(found, ahead, reference),
                slot="doubt", size=KEPT_BYTES, every=2.0,
                words=lambda now: t(f"doubt_doing_{now.stage}"),
            )  # fmt: skip
    parts.footer(reference)


def _chance(answer: Answer, ahead: int, sure: float, reference: str) -> None:
    chance.show(answer, ahead, reference)
    needed.price(answer, ahead, sure)


def _show(found: Findings, ahead: int, reference: str) -> None:
    goal = replace(found.goal, year=found.question.years[ahead - 1])
    if found.slow:
        parts.note(t("doubt_slow"))
    for part, title, show in zip(
        OPEN,
        ("doubt_tornado", "doubt_ways", "doubt_cases", "doubt_debt", "doubt_collect"),
        (
            partial(depends.numbers, found, goal, reference),
            partial(depends.ways, found, goal, reference),
            partial(depends.otherwise, found, goal, reference),
            partial(evidence.rests_on, found, reference),
            partial(evidence.collect_first, found, reference),
        ),
        strict=True,
    ):
        fold(t(title), "open-onzekerheid", part, OPEN, show)


if __name__ == "__main__":
    main()
