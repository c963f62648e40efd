"""Welk onderzoek loont: which study of child work would change the decision, and is worth its price."""

from __future__ import annotations

import streamlit as st

from pages.background.answers import key_of
from pages.background.desk import CHILDREN
from pages.budget.outcome import nothing_to_compare
from pages.choices.chosen import pair, reference_words
from pages.choices.state import choices
from pages.look.texts import t
from pages.shared import parts
from pages.shared.folds import fold
from pages.shared.watching import errand
from pages.study import choose, numbers, verdict
from pages.study.work import KEPT_BYTES, find, progress
from sim.decision.learning import Beliefs, only_child_work
from sim.inputs.scenario import Scenario

OPEN = ("getallen",)
"""The parts that open and close, as the address calls them."""
Pair = tuple[Scenario, Scenario]


def main() -> None:
    """Show the page."""
    st.title(t("page_onderzoek"))
    st.markdown(t("study_lead"))
    chosen = choices()
    reference = reference_words(chosen)
    parts.about(chosen, reference)
    if not nothing_to_compare(chosen):
        scenarios = pair(chosen)
        if only_child_work(scenarios):
            errand(
                key_of(scenarios, "study", CHILDREN), find(scenarios),
                lambda found: _show(found, scenarios, reference),
                slot="study", size=KEPT_BYTES, every=2.0, words=progress,
            )  # fmt: skip
        else:
            st.info(t("study_other_work"))
    parts.footer(reference)


def _show(found: Beliefs, scenarios: Pair, reference: str) -> None:
    if not verdict.firm(found):
        return
    willingness = choose.willingness(found)
    verdict.now(found, willingness, scenarios[0].years)
    if not verdict.can_learn(found):
        return
    st.header(t("study_design"))
    design, municipalities = choose.design(numbers.chosen()), choose.municipalities(scenarios[0])
    parts.note(t("study_is", **choose.in_words(design)))
    asked = verdict.Asked(found, design, willingness, municipalities, scenarios)
    verdict.pays(asked, reference)
    st.header(t("study_cannot"))
    st.markdown(t("study_cannot_text"))
    fold(t("study_numbers"), "open-onderzoek", "getallen", OPEN, lambda: _numbers(asked))


def _numbers(asked: verdict.Asked) -> None:
    verdict.grounds(asked.found)
    numbers.show(asked)


if __name__ == "__main__":
    main()
