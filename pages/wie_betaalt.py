"""The page wie_betaalt."""

from __future__ import annotations

import streamlit as st

from pages.shared import parts
from pages.shared.state import choices, reference_words
from pages.shared.texts import t


def main() -> None:
    """Show the page."""
    st.title(t("page_wie_betaalt"))
    parts.footer(reference_words(choices()))


if __name__ == "__main__":
    main()
