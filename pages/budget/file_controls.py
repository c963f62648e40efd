"""Opening a scenario, shipped or of the user, and keeping the plan in hand as a file."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.budget.lever_controls import key, renew
from pages.choices.chosen import reference_of
from pages.choices.plan_files import (
    Opened,
    Preset,
    bundle,
    file_name,
    open_preset,
    plan_text,
    presets,
    read_plan,
)
from pages.choices.state import choices, keep
from pages.look.texts import language, t
from pages.shared.parts import file_field, plain, way_to
from sim.errors import InputError

TOLD, REFUSED = "verken-told", "verken-refused"
MOST_FAULTS = 8
LONGEST_TITLE = 200


def preset_control() -> None:
    """Show the shipped scenarios, a button that opens one, and what came of opening one."""
    found = presets(choices().municipality)
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    title = left.selectbox(
        t("verken_preset"), list(found), index=None, placeholder=t("verken_preset_none"), key=key("preset")
    )
    right.button(
        t("verken_open"), disabled=title is None, on_click=_open_preset, args=(found.get(title or ""),),
        key=key("open"), width="stretch",
    )  # fmt: skip
    told_of, messages, beside = st.session_state.get(TOLD, (None, [], ""))
    if told_of != choices().plan:  # what was opened is no longer what is in hand
        return
    for message in messages:
        st.info(message)
    if beside:
        way_to("vergelijk")


def _open_preset(preset: Preset | None) -> None:
    if preset is not None:
        take(open_preset(preset, choices()))


def take(opened: Opened, **more: Any) -> None:
    """Take what a file says, and keep the notes on it for Verken. more: other choices to keep."""
    chosen = keep(**more, **opened.changes)
    messages = [t("verken_opened", title=plain(chosen.plan.label()))]
    messages += [t(note) for note in opened.notes]
    if opened.beside:
        messages.append(t("verken_beside", title=plain(opened.beside)))
    st.session_state[TOLD] = (chosen.plan, messages, opened.beside)
    renew()


def file_control() -> None:
    """Show the plan in hand as files to keep, and take a file of the user."""
    st.markdown(t("verken_files_lead"))
    _keep_file()
    sent = file_field(t("verken_upload"), ("yaml", "yml"), key("upload"), t("verken_upload_help"))
    if sent is None:
        return
    refused = st.session_state.get(REFUSED, ("", None))
    if refused[0] == sent.file_id:  # read once, however often the page is shown
        _faults(refused[1].told(language()))
        return
    try:
        opened = read_plan(sent.name, sent.getvalue(), choices())
    except InputError as error:
        st.session_state[REFUSED] = (sent.file_id, error)
        _faults(error.told(language()))
    else:
        take(opened)
        st.rerun()


def _keep_file() -> None:
    chosen = choices()
    own = f"{chosen.municipality}, {chosen.plan.label()}"[:LONGEST_TITLE]
    title = st.text_input(t("verken_title"), own, max_chars=LONGEST_TITLE).strip()
    if not title or not title.isprintable():
        st.error(t("verken_title_wrong"))
        return
    against = f"{chosen.municipality}, {reference_of(chosen).label()}"[:LONGEST_TITLE]
    name = file_name(chosen)
    st.download_button(
        t("verken_download"), plan_text(chosen, title), name, "application/yaml", on_click="ignore",
        key=key("download"),
    )  # fmt: skip
    st.download_button(
        t("verken_download_both"), bundle(chosen, name, title, against), name.replace(".yaml", ".zip"),
        "application/zip", on_click="ignore", key=key("download-both"),
    )  # fmt: skip


def _faults(found: list[str]) -> None:
    lines = [f"- {plain(fault)}" for fault in found[:MOST_FAULTS]]
    if len(found) > MOST_FAULTS:
        lines.append(f"- {t('verken_wrong_more', n=len(found) - MOST_FAULTS)}")
    st.error("\n".join([t("verken_wrong", n=len(found)), "", *lines]))
