"""The figure that improves an answer most, asked for beside the choice of a municipality."""

from __future__ import annotations

import streamlit as st

from pages.background.documents import slug
from pages.choices.chosen import Choices
from pages.look.texts import t
from pages.own import review
from pages.own.files import checked
from pages.own.form import use_form
from pages.own.known import changes, shipped
from pages.shared import parts
from sim.inputs.municipality import Municipality


def show(known: Municipality, chosen: Choices) -> None:
    """Show the field and what its figure changes, or the figures of one's own and how to leave them out.

    known: the figures in use. A figure of use counts once the municipality is fitted to it, so that it is
    taken over in the same steps as on Eigen cijfers, which has every other field.
    """
    st.session_state.pop(review.TOLD, None)  # what is below says it, also after the page has run again
    if chosen.own_data is not None:
        st.success(t("own_accepted"))
        st.markdown(t("own_differences"))
        review.show_changes(changes(shipped(known.name), known))
        if st.button(t("own_drop"), key="spot-drop", width="stretch"):
            review.drop(chosen)
            st.rerun()
    if not known.uses:
        _ask(known)
    parts.way_to("eigen_cijfers", t("own_every"))


def _ask(known: Municipality) -> None:
    """Show the field, and what its figure changes once it is handed in."""
    if (handed := use_form(known, f"spot-{slug(known.name)}")) is not None:
        data, refused = handed
        wrong = refused or [f"{t('own_use_youths')}: {t('own_people_empty')}"]
        review.take(*(checked(data) if "use" in data and not refused else (None, wrong)))
    figures = review.proposed()
    if figures is not None and figures.name == known.name:
        review.review(figures)
