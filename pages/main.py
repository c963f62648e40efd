"""What all pages have around them: language and navigation. No arithmetic and no model."""

from __future__ import annotations

import streamlit as st

from pages.shared.parts import guarded
from pages.shared.state import choices
from pages.shared.texts import language, t
from sim.writing import LANGUAGES

# Streamlit serves <html lang="en">. A screen reader needs the language of the words on the screen.
LANGUAGE_OF_PAGE = '<script>document.documentElement.lang = "{}";</script>'


def main() -> None:
    """Show the chosen page."""
    choices()  # a link may choose the language, so it is read first
    st.set_page_config(page_title=t("app"), page_icon=":material/child_care:", layout="centered")
    pages = [
        st.Page("start.py", title=t("page_start"), url_path="start", default=True),
        st.Page("vergelijk.py", title=t("page_compare"), url_path="vergelijk"),
        st.Page("ijking.py", title=t("page_fit"), url_path="ijking"),
        st.Page("over.py", title=t("page_about"), url_path="over"),
    ]
    chosen = st.navigation(pages, position="top")
    st.segmented_control(
        "Taal / Language",
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        default=language(),
        key="language_choice",
        on_change=_switch,
        required=True,
    )
    st.html(LANGUAGE_OF_PAGE.format(language()), unsafe_allow_javascript=True)
    wrong = st.session_state.pop("wrong_in_link", None)
    if wrong:
        st.warning(t("bad_link", what=", ".join(wrong)))
    guarded(chosen.run)


def _switch() -> None:
    picked = st.session_state.get("language_choice")
    if picked in LANGUAGES:
        st.session_state["language"] = picked


main()
