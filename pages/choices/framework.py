"""What a municipality fills in at elements of the Afwegingskader, kept in the session."""

from __future__ import annotations

import streamlit as st

from sim.report.framework import ASKED, LONGEST, Element

OWN = "framework-own"


def own_words() -> dict[str, str]:
    """Return what was filled in, by the number of the element."""
    kept: dict[str, str] = st.session_state.get(OWN, {})
    return {number: words for number, words in kept.items() if number in ASKED and words.strip()}


def own_field(element: Element) -> None:
    """Show the field of an element that only the municipality can fill in, and keep what it holds."""
    st.text_area(
        f"**{element.number} {element.name}.** {element.ask}", own_words().get(element.number, ""),
        key=f"own-{element.number}", max_chars=LONGEST, on_change=_keep, args=(element.number,),
    )  # fmt: skip


def _keep(number: str) -> None:
    """Keep what was just filled in, before the page shows it with its element."""
    st.session_state[OWN] = {**st.session_state.get(OWN, {}), number: st.session_state[f"own-{number}"]}
