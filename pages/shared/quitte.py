"""What would have to be true: a place beside the care of a child, and what research found."""

from __future__ import annotations

import streamlit as st

from pages.background.answers import Answer
from pages.choices.plan import CHILD_WORK
from pages.look.texts import t, writing
from sim.decision.firm import few
from sim.decision.headline import HORIZONS
from sim.decision.place import place_cost
from sim.words.break_even_words import break_even_words, research_words


def show(answer: Answer) -> None:
    """Show, for the budget in hand, how much care must fall away to pay for it."""
    if CHILD_WORK not in answer.scenarios[1].programmes:
        return
    found = place_cost(answer.runs, CHILD_WORK, min(HORIZONS[0], answer.scenarios[0].years))
    if found is None:
        return
    told = t("quitte_waiting")
    if not few(len(answer.draws)):
        so_far = break_even_words(found, writing()).removesuffix(".")
        told = writing().provisional(so_far, answer.sharpening) + f". {research_words(writing())}"
    st.markdown(f"**{t('quitte_title')}** {told}")
