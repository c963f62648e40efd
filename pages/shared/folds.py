"""Parts of a page behind their titles, open where the address says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

from pages.choices.address import saw_parts, seen_parts


def folding(
    title: str, name: str, part: str, parts: Sequence[str], key: str, leads_here: bool = False
) -> ExpanderContainer:
    """Show a part of a page that opens and closes, open where the address says so, and return it.

    name: what the address calls the parts that are open; parts: all that there are. leads_here: whether
    something else in the address, such as a choice within it, has it open at first: it says so for both.
    """
    opened, titled = seen_parts(name, parts), f"{key}-title"
    if key not in st.session_state:
        st.session_state[key] = leads_here or part in opened
    elif st.session_state.get(titled, title) != title:  # to Streamlit it is another part, which is closed
        st.session_state[key] = part in opened
    st.session_state[titled] = title
    found = st.expander(title, key=key, on_change="rerun")
    shown = found.open and not leads_here
    saw_parts(name, [each for each in parts if (shown if each == part else each in opened)])
    return found


def fold(
    title: str, name: str, part: str, parts: Sequence[str], show: Callable[[], object],
    leads_here: bool = False,
) -> None:  # fmt: skip
    """Show a part of the page behind its title, drawn only while it is open; else see `folding`."""
    if (opened := folding(title, name, part, parts, f"{name}-{part}", leads_here)).open:
        with opened:
            show()
