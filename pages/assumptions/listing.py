"""Numbers one below the other: value, range, unit, what it rests on, source, and a control to change it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.assumptions.change import number, put, put_all_back, refusal
from pages.assumptions.rows import AssumptionRow, grade_words
from pages.choices.address import saw, seen
from pages.choices.chosen import EFFECTS, prior_of
from pages.choices.state import choices
from pages.look.texts import language, t, writing
from pages.shared import parts
from sim.decision.headline import STRENGTH
from sim.errors import Problem
from sim.files.numerals import NumeralError
from sim.inputs.library import allowed_range
from sim.model.futures import MODEL_TODAY
from sim.model.parameters import default_parameters
from sim.model.priors import ASSUMED
from sim.words.future_words import future_words
from sim.words.prior_words import prior_words

PAGE = 20
"""Numbers on the screen at a time."""
EDITED = "assumed-edited"


def changed_ones(found: Sequence[AssumptionRow]) -> None:
    """Show the numbers that this session changed, with a way to put each and all back."""
    chosen = choices()
    by_effect = chosen.effect != "full"
    by_strength = EFFECTS[chosen.effect] is not None
    changed = [row for row in found if row.own is not None and not (by_strength and row.name == STRENGTH)]
    by_future = chosen.future != MODEL_TODAY
    if not changed and not by_effect and not by_future:
        return
    st.header(t("assumed_changed", n=len(changed)))
    st.markdown(t("assumed_changed_lead"))
    if by_effect:
        st.markdown(t("assumed_effect", effect=t(f"effect_{chosen.effect}")))
        if (prior := prior_of(chosen.effect)) != ASSUMED:
            parts.note(prior_words(prior, writing()))
    if by_future:
        st.markdown(t("future_chosen", told=t(f"future_{chosen.future}")))
        parts.note(future_words(chosen.future, writing()) + ".")
    for row in changed:
        left, right = st.columns([4, 1], vertical_alignment="center")
        own = writing().significant(row.own or 0.0)
        standard = writing().significant(row.found.stands)
        left.markdown(f"**{parts.plain(row.words.title)}**: {t('assumed_now', own=own, standard=standard)}")
        if not row.record.fixed and not row.record.low <= (row.own or 0.0) <= row.record.high:
            low, high = writing().significant(row.record.low), writing().significant(row.record.high)
            parts.note(t("assumed_beyond", low=low, high=high))
        right.button(
            t("assumed_back"), key=f"assumed-back-{row.name}", on_click=put, args=(chosen, row.record, None)
        )
    st.button(t("assumed_back_all"), on_click=put_all_back, icon=":material/undo:", key="assumed-back-all")


def listing(found: Sequence[AssumptionRow], where: str, name: str) -> None:
    """Show numbers, a page at a time.

    where: which list it is, for the keys of its controls; name: what the address calls its first number.
    """
    pages = range(0, len(found), PAGE)
    first = 0
    if len(pages) > 1:
        first = st.selectbox(
            t("assumed_page"), pages, pages.index(seen(name, pages, 0)),
            key=f"assumed-page-{where}-{len(found)}",
            format_func=lambda k: t("assumed_page_of", first=k + 1, last=min(k + PAGE, len(found)),
                                    n=len(found), title=found[k].words.title),
        )  # fmt: skip
        saw(name, first, 0)
    for row in found[first : first + PAGE]:
        _number(row, where)


def _number(row: AssumptionRow, where: str) -> None:
    """Show one number."""
    write = writing().significant
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{parts.plain(row.words.title)}**")
        told = [t("assumed_value", value=write(row.record.value), unit=parts.plain(row.words.unit))]
        if row.record.fixed:
            told.append(t("assumed_fixed"))
        else:
            words = "assumed_lever" if row.record.scale == "lever" else "assumed_range"
            told.append(t(words, low=write(row.record.low), high=write(row.record.high)))
        if row.found.local is not None:
            told.append(t("assumed_local", value=write(row.found.local)))
        st.markdown(" ".join(told))
        if row.own is not None:
            by_effect = row.name == STRENGTH and EFFECTS[choices().effect] is not None
            st.markdown(t("assumed_own_effect" if by_effect else "assumed_own", value=write(row.own)))
        basis, grade = t(f"assumed_basis_{row.basis}"), grade_words(row.grade)
        rests = t("assumed_rests", basis=basis if basis == grade else f"{basis} ({grade})")
        parts.note(f"{rests} {t('assumed_source', source=parts.plain(row.words.source))} `{row.name}`")
        if st.session_state.get(EDITED) == (where, row.name):
            _editor(row)
        elif row.name in default_parameters():  # numbers of a future come and go with it
            st.button(
                t("assumed_change"), key=f"assumed-edit-{where}-{row.name}", on_click=_edit,
                args=(where, row.name), help=parts.plain(row.words.title),
            )  # fmt: skip


def _edit(where: str, name: str) -> None:
    st.session_state[EDITED] = (where, name)


def _close() -> None:
    st.session_state.pop(EDITED, None)


def _editor(row: AssumptionRow) -> None:
    """Show a field for a value of one's own, and take it if the model can."""
    write = writing().significant
    shown = write(row.found.stands if row.own is None else row.own)
    low, high = allowed_range(row.record)
    with st.form(f"assumed-form-{row.name}", border=False):
        text = st.text_input(t("assumed_new"), shown, max_chars=30)
        parts.note(t("assumed_new_help", low=write(low), high=write(high)))
        if st.form_submit_button(t("assumed_take")) and text.strip() != shown:
            _take(row, text)
    left, right = st.columns(2)
    if row.own is not None:
        left.button(t("assumed_back"), key=f"assumed-back-here-{row.name}", on_click=_back, args=(row,))
    right.button(t("assumed_close"), key=f"assumed-close-{row.name}", on_click=_close)


def _take(row: AssumptionRow, text: str) -> None:
    try:
        value = number(text, row.record)
    except NumeralError as error:
        st.error(parts.plain(Problem.at(row.name, error.fault).told(language())))
        return
    except ValueError:
        st.error(t("assumed_no_number"))
        return
    if why := refusal(choices(), row.record, value):
        st.error(why)
        return
    put(choices(), row.record, value)
    _close()
    st.rerun()


def _back(row: AssumptionRow) -> None:
    put(choices(), row.record, None)
    _close()
