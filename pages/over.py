"""Over: what this is, what it must not be used for, and where its numbers come from."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import streamlit as st

from pages.shared import parts
from pages.shared.state import choices, reference_words
from pages.shared.texts import t
from sim.parameters import default_parameters


def main() -> None:
    """Show the page."""
    st.title(t("page_over"))
    st.markdown(t("about"))
    st.subheader(t("grades"))
    grades = Counter(record.grade for record in default_parameters().records.values())
    rows = pd.DataFrame(
        [(t(f"grade_{g}"), n) for g, n in grades.most_common()], columns=[t("grade"), t("number")]
    )
    st.table(rows.set_index(t("grade")))
    st.markdown(t("licence"))
    parts.footer(reference_words(choices()))


if __name__ == "__main__":
    main()
