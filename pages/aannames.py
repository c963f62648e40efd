"""Aannames en bronnen: every number of the model, what it rests on, and a way to change it."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import streamlit as st

from pages.assumptions import evidence, figures
from pages.assumptions.listing import changed_ones, listing
from pages.assumptions.rows import GRADES, TOPICS, AssumptionRow, grade_words, rows, sought, table
from pages.background.answers import BackgroundTask, key_of
from pages.background.desk import CHILDREN, desk
from pages.choices.address import saw_parts, saw_words, seen_parts, seen_words
from pages.choices.chosen import Choices, pair, reference_words
from pages.choices.state import choices
from pages.doubt.evidence import by_basis
from pages.doubt.work import Findings
from pages.look import formats
from pages.look.parameter_words import ASSUMED, BASES, group_title
from pages.look.texts import t
from pages.shared import parts
from pages.shared.folds import folding

OPEN = evidence.OPEN
"""Parts that open and close, as the address calls them."""


def main() -> None:
    """Show the page."""
    st.title(t("page_aannames"))
    chosen = choices()
    found = rows(chosen)
    _summary(found, chosen)
    changed_ones(found)
    st.header(t("assumed_all"))
    st.markdown(t("assumed_all_lead"))
    _search(found)
    parts.csv(table(found), "kinderwerk-aannames")
    evidence.show()
    figures.show(chosen)
    parts.footer(reference_words(chosen))


def _summary(found: tuple[AssumptionRow, ...], chosen: Choices) -> None:
    """Show what the numbers rest on, and what of the answer does."""
    bases = Counter(row.basis for row in found)
    share = formats.percent(bases[ASSUMED] / len(found))
    st.markdown(t("assumed_lead", n=len(found), share=share))
    _of_the_answer(chosen)
    data = [
        (t(f"assumed_basis_{basis}"), grade_words(grade), n)
        for basis in BASES
        for grade in GRADES
        if (n := sum(row.basis == basis and row.grade == grade for row in found))
    ]
    shown = pd.DataFrame(
        [(basis, grade, f"{n} ({formats.percent(n / len(found))})") for basis, grade, n in data],
        columns=[t("assumed_col_basis"), t("assumed_col_grade"), t("assumed_count")],
    )
    st.table(shown, hide_index=True)
    parts.note(t("assumed_held"))


def _of_the_answer(chosen: Choices) -> None:
    """Show which share of the doubt about the answer rests on assumptions, where it was found out."""
    share = known_share(chosen)
    words = (
        t("assumed_answer_unknown") if share is None else t("assumed_answer", share=formats.percent(share))
    )
    st.markdown(words)
    parts.way_to("onzekerheid")


def known_share(chosen: Choices) -> float | None:
    """Return the share of the doubt that rests on assumptions, if Onzekerheid has found it."""
    work = desk().kept.get(key_of(pair(chosen), "doubt", CHILDREN))
    found = work.found if isinstance(work, BackgroundTask) else None
    return by_basis(found.known)[ASSUMED] if isinstance(found, Findings) and found.known else None


def _search(found: tuple[AssumptionRow, ...]) -> None:
    """Show a way to find numbers; without a search, all of them by what they are about."""
    words = st.text_input(
        t("assumed_search"), seen_words("zoek"), placeholder=t("assumed_search_hint"), key="assumed-search"
    )
    saw_words("zoek", words)
    bases = st.pills(
        t("assumed_filter"), BASES, selection_mode="multi", format_func=lambda b: t(f"assumed_basis_{b}"),
        default=seen_parts("rust", BASES), key="assumed-bases",
    )  # fmt: skip
    saw_parts("rust", bases)
    chosen = sought(found, words, bases)
    if words.strip() or bases:
        st.markdown(t("assumed_hits", n=len(chosen)))
        listing(chosen, "hits", "vanaf0")
        return
    numbers = [str(n) for n, _ in enumerate(TOPICS, 1)]
    for n, topic in zip(numbers, TOPICS, strict=True):
        of_topic = [row for row in chosen if row.topic == topic]
        title = f"{group_title(topic)} ({len(of_topic)})"
        opened = folding(title, "onderwerpen", n, numbers, f"assumed-{topic}")
        if opened.open:
            with opened:
                listing(of_topic, topic, f"vanaf{n}")


if __name__ == "__main__":
    main()
