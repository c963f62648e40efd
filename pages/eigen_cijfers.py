"""Eigen cijfers: a municipality's own figures, checked, shown before and after, and taken out again."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages.background import figures
from pages.background.answers import Answer
from pages.background.documents import slug
from pages.budget.controls import whose_plan
from pages.budget.outcome import is_reference
from pages.choices.address import saw, seen
from pages.choices.chosen import Choices, pair, reference_words
from pages.choices.state import WANTED, choices, elsewhere, keep
from pages.look import formats
from pages.look.texts import t
from pages.own import review
from pages.own.files import of_form, read, workbook_template, yaml_template
from pages.own.form import form
from pages.own.known import changes, in_use, named, own_of, shipped, table_of, towns
from pages.shared import parts
from pages.shared.watching import live
from sim.files.yamltext import MAX_BYTES
from sim.inputs.municipality import Municipality
from sim.inputs.municipality_text import municipality_yaml

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WAYS = ("form", "file")
OTHER = "-"
"""What the address calls a municipality that is not in the list."""


def main() -> None:
    """Show the page."""
    st.title(t("page_eigen_cijfers"))
    st.markdown(t("own_lead"))
    st.markdown(t("own_privacy"))
    if told := st.session_state.pop(review.TOLD, None):
        st.success(t(told))
    chosen = choices()
    _now(chosen)
    _enter(chosen)
    if (proposed := review.proposed()) is not None:
        review.review(proposed)
    parts.footer(reference_words(choices()))


# What is in use


def _now(chosen: Choices) -> None:
    """Show the figures of one's own that are in use, what they change, and how to take them out."""
    own = own_of(chosen)
    if own is None:
        return
    st.header(t("own_now_title", name=parts.plain(own.name)))
    if chosen.own_data is None:
        st.info(t("own_elsewhere", name=parts.plain(own.name), other=parts.plain(chosen.municipality)))
        if st.button(t("own_go", name=parts.plain(own.name))):
            moved = elsewhere(chosen, replace(chosen, municipality=own.name))
            keep(municipality=own.name, plan=moved.plan)
            st.rerun()
    else:
        whose_plan(chosen)
        _outcome(chosen)
        with st.expander(t("own_differences")):
            review.show_changes(changes(shipped(own.name), own))
    left, right = st.columns(2)
    left.download_button(
        t("own_yaml"), municipality_yaml(own), f"eigen-cijfers-{slug(own.name)}.yaml", "application/yaml",
        on_click="ignore", key="own-yaml", width="stretch",
    )  # fmt: skip
    if right.button(t("own_drop"), key="own-drop", width="stretch"):
        review.drop(chosen)
        st.rerun()
    parts.note(t("own_yaml_note"))


def _outcome(chosen: Choices) -> None:
    """Show the key figures with figures of one's own, and beside them without where that is possible."""
    if is_reference(chosen):
        return
    without = None if shipped(chosen.municipality) is None else replace(chosen, own="")
    parts.note(parts.plain(reference_words(chosen)))
    st.markdown(t("own_outcome", plan=parts.plain(chosen.plan.label())))
    answer = live(pair(chosen), lambda found: None if without and found.finished else _compared(found))
    if without is not None and answer.finished and not answer.problem:
        live(pair(without), lambda other: _compared(answer, other), slot="own-without")


def _compared(answer: Answer, other: Answer | None = None) -> None:
    """Show the key figures with, and without where they are there, figures of one's own."""
    levels = [one.level(0, min(figures.MIDDLE, one.scenarios[0].years)) for one in (answer, other) if one]
    users = [formats.about(level.care_users) for level in levels]
    words = "own_level" if other is None else "own_levels"
    st.markdown(t(words, year=levels[0].year, users=users[0], without=users[-1]))
    columns = [(t("own_with"), answer)] + ([(t("own_without"), other)] if other else [])
    table = figures.beside({label: dict(figures.key_figures(one)) for label, one in columns})
    st.table(table.map(parts.breakable).rename(columns=parts.breakable), hide_index=True)


# Entering


def _enter(chosen: Choices) -> None:
    """Show where to start from, the templates, and the form or the field for a file."""
    st.header(t("own_enter"))
    other, own = t("own_other"), own_of(chosen)
    names = list(dict.fromkeys([*([own.name] if own else []), *towns()]))
    wanted = st.session_state.get(WANTED)
    here = chosen.municipality if chosen.municipality in names and wanted is None else None
    words = dict(zip([*names, OTHER], [*names, other], strict=True))
    first = here or OTHER
    picked = st.selectbox(
        t("own_start"), list(words.values()), list(words).index(seen("begin", words, first)),
        help=t("own_start_help"), accept_new_options=True,
        key=f"own-start-{chosen.municipality}-{wanted or ''}",
    )  # fmt: skip
    name = wanted or "" if picked == other else named(picked)
    start = name if name in names else other
    saw("begin", OTHER if start == other else start, first)
    known = None if start == other else in_use(start, chosen)
    if known is not None:
        with st.expander(t("own_known", name=parts.plain(known.name))):
            st.markdown(t("own_marks"))
            review.show_changes(table_of(known))
    way = st.segmented_control(
        t("own_way"), WAYS, default=seen("wijze", WAYS, WAYS[0]), key="own-way", required=True,
        format_func=lambda w: t(f"own_way_{w}"),
    )  # fmt: skip
    saw("wijze", way, WAYS[0])
    if way == "file":
        _file(known)
    elif (handed := form(known, f"{slug(name or start)}-{len(chosen.own)}", named(name))) is not None:
        data, refused = handed
        review.take(*((None, refused) if refused else of_form(data)))


def _file(known: Municipality | None) -> None:
    """Show the templates and the field for a file; read what was chosen once."""
    st.markdown(t("own_file_lead"))
    left, right = st.columns(2)
    name = f"eigen-cijfers-{slug(known.name)}" if known else "eigen-cijfers"
    left.download_button(
        t("own_template_excel"), workbook_template(known), f"{name}.xlsx", EXCEL, on_click="ignore",
        key="own-template-excel", width="stretch",
    )  # fmt: skip
    right.download_button(
        t("own_template_yaml"), yaml_template(known), f"{name}.yaml", "application/yaml", on_click="ignore",
        key="own-template-yaml", width="stretch",
    )  # fmt: skip
    parts.note(t("own_file_note", size=f"{MAX_BYTES // 1_000_000} MB"))
    chosen = parts.file_field(t("own_file"), (), f"own-file-{st.session_state.get('own-files', 0)}")
    if chosen is None:
        if st.session_state.pop("own-read", None) is not None:
            review.retract()
        return
    if st.session_state.get("own-read", ("",))[0] != chosen.file_id:
        st.session_state["own-read"] = (chosen.file_id, read(chosen.name, chosen.getvalue()))
        fresh = True
    else:
        fresh = False
    found, mistakes = st.session_state["own-read"][1]
    if fresh or found is None:
        review.take(found, mistakes)


if __name__ == "__main__":
    main()
