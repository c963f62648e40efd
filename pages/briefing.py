"""Briefing en downloads: the key figures, and the documents that hold the very same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from pages.background import figures
from pages.background.answers import Answer
from pages.background.documents import ROOM, Documents, comparison_of, made, question_of, slug
from pages.budget.controls import choose_money
from pages.budget.outcome import nothing_to_compare
from pages.choices.address import saw, seen
from pages.choices.chosen import Choices, pair, reference_words, scenario
from pages.choices.framework import own_words
from pages.choices.state import choices
from pages.look.texts import language, t
from pages.shared import parts
from pages.shared.folds import fold
from pages.shared.watching import errand, is_stopped, live
from sim.decision.level_by_year import AT_FIRST
from sim.inputs.scenario import Scenario
from sim.progress import Tell

ABOUT = ("plan", "plans")
OPEN = ("kosten",)
"""The parts of the page that open and close, as links name them."""
PDF, EXCEL = "application/pdf", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def main() -> None:
    """Show the page."""
    st.title(t("page_briefing"))
    st.markdown(t("briefing_lead"))
    chosen = choices()
    about = st.segmented_control(
        t("briefing_about"), ABOUT, default=seen("over", ABOUT, ABOUT[0]), key="briefing-about",
        required=True, persist_state="session",
        format_func=lambda word: t(f"briefing_about_{word}", n=len(chosen.plans)),
    )  # fmt: skip
    saw("over", about, ABOUT[0])
    if about == "plan":
        _own_plan(chosen)
    else:
        _compared(chosen)


def _own_plan(chosen: Choices) -> None:
    reference = reference_words(chosen)
    parts.note(parts.plain(reference))
    if not nothing_to_compare(chosen):
        _documents(pair(chosen), [chosen.plan.label()], chosen, "answer")
    parts.footer(reference)


def _compared(chosen: Choices) -> None:
    labels = figures.distinct([plan.label() for plan in chosen.plans])
    reference = t("compared_to", name=f"{chosen.municipality}, {labels[0]}")
    parts.note(parts.plain(reference))
    _documents([scenario(chosen, plan) for plan in chosen.plans], labels[1:], chosen, "compare")
    parts.footer(reference)


def _documents(scenarios: Sequence[Scenario], labels: Sequence[str], chosen: Choices, slot: str) -> None:
    """Show key figures while they sharpen, and the documents once the figures are those that stay."""
    st.header(t("briefing_figures"))
    answer = live(scenarios, lambda found: _preview(found, labels), slot=slot)
    st.header(t("briefing_take"))
    stopped = is_stopped(answer, slot)
    enough = answer.chance_known or len(answer.draws) >= answer.wished
    if enough and (answer.finished or stopped):
        view = choices().money_view
        fold(
            t("briefing_money"), "open-briefing", OPEN[0], OPEN, partial(choose_money, "briefing"),
            leads_here=view != AT_FIRST,
        )  # fmt: skip
        comparison, words, own = comparison_of(answer, scenarios), language(), own_words()

        def work(tell: Tell) -> Documents:
            return made(comparison, words, tell, own, view)

        size = str(answer.children), str(len(answer.draws))
        key = (question_of(scenarios), words, *size, repr(sorted(own.items())), repr(view))
        errand(key, work, lambda found: _downloads(found, chosen), slot="documents", size=ROOM)
    elif stopped:
        st.info(t("briefing_too_few"))
    elif not answer.problem:
        st.info(t("briefing_wait"))


def _preview(answer: Answer, labels: Sequence[str]) -> None:
    table = figures.key_table(answer, labels).map(parts.breakable)
    st.table(table.rename(columns=lambda name: parts.breakable(parts.plain(name))), hide_index=True)
    parts.note(t("briefing_unmet"))


def _downloads(found: Documents, chosen: Choices) -> None:
    for title, sentence, unmet in found.sentences:
        if len(found.sentences) > 1:
            st.markdown(f"**{parts.plain(title)}**")
        st.markdown(f"{parts.plain(sentence)} {parts.plain(unmet)}")
    with st.container(key="on-screen-downloads"):  # what there is to take is of no use on paper
        _files(found, f"kinderwerk-{slug(chosen.municipality)}")


def _files(found: Documents, name: str) -> None:
    st.markdown(t("briefing_same"))
    files = (
        ("pdf", found.briefing, f"{name}.pdf", PDF),
        ("excel", found.workbook, f"{name}.xlsx", EXCEL),
        ("csv", found.csv, f"{name}-cijfers.zip", "application/zip"),
        ("scenarios", found.scenarios, f"{name}-scenarios.zip", "application/zip"),
        ("manifest", found.manifest, f"{name}-manifest.json", "application/json"),
    )
    for kind, content, file, mime in files:
        size = f"{-(-len(content) // 1024)} kB"
        st.download_button(
            t(f"briefing_get_{kind}", size=size), content, file, mime, on_click="ignore", key=f"get-{kind}",
            type="primary" if kind == "pdf" else "secondary",
        )  # fmt: skip
        parts.note(t(f"briefing_what_{kind}"))


if __name__ == "__main__":
    main()
