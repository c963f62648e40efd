"""What figures would change, the fit to local use, and putting them in place."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from calibration.municipalities.municipal import Local, fit_municipality, with_fit
from pages.choices.chosen import Choices, pair
from pages.choices.state import WANTED, choices, elsewhere, keep
from pages.look import formats
from pages.look.texts import language, t
from pages.own.known import changes, in_use, merged
from pages.shared import parts
from pages.shared.watching import errand
from sim.errors import InputError, Problem
from sim.inputs.library import registry
from sim.inputs.municipality import Municipality, municipality_from_dict
from sim.progress import Tell
from sim.runs.scenario_notes import doubts
from sim.runs.threads import run_threads

SLOT = "own-fit"
PROPOSED, TOLD = "own-proposed", "own-told"


def propose(figures: Municipality) -> None:
    """Put figures forward; they act on nothing until they are accepted."""
    st.session_state[PROPOSED] = _written(figures)


def take(found: Municipality | None, mistakes: Sequence[str]) -> None:
    """Put figures forward, or say what is wrong with them: then nothing changes."""
    if found is not None:
        propose(found)
        return
    retract()
    lines = "\n".join(f"- {parts.plain(mistake)}" for mistake in mistakes)
    st.error(f"{t('own_refused')}\n\n{lines}")


def proposed() -> Municipality | None:
    """Return the figures that are put forward, or None."""
    written = st.session_state.get(PROPOSED)
    return municipality_from_dict(json.loads(written), registry()) if written else None


def retract() -> None:
    """Forget what was put forward."""
    st.session_state.pop(PROPOSED, None)


def withdraw() -> None:
    """Forget the proposed figures and their file."""
    retract()
    st.session_state["own-files"] = st.session_state.get("own-files", 0) + 1


def review(figures: Municipality) -> None:
    """Show what figures change; where they hold a figure of use, fit the municipality to it first."""
    st.header(t("own_review", name=parts.plain(figures.name)))
    if became := merged(figures.name):
        st.info(parts.plain(became))
    was = in_use(figures.name, choices())
    if lines := [Problem.at(figures.name, doubt).told(language()) for _, doubt in doubts(figures)]:
        st.warning("\n\n".join(map(parts.plain, lines)))
    if was is None:
        st.markdown(t("own_review_new"))
    to_fit = figures.use is not None and not figures.fitted
    table = changes(was, figures, fit=not to_fit)
    if table.empty and not to_fit:
        st.info(t("own_review_same"))
        _buttons(None, "")
        return
    st.markdown(t("own_review_lead"))
    if not table.empty:
        show_changes(table)
    if to_fit:
        _fit(was, figures)
    else:
        _buttons(figures, "own_accept")


def show_changes(table: pd.DataFrame) -> None:
    """Show a table of changes so that it fits on a phone."""
    st.table(table.map(parts.breakable).map(parts.plain), hide_index=True)


def _fit(was: Municipality | None, figures: Municipality) -> None:
    """Fit need and access to the figure of use in the background, and offer both ways on."""
    st.subheader(t("own_fit"))
    st.markdown(t("own_fit_why"))
    key = ("own-fit", hashlib.sha256(json.dumps(figures.canonical()).encode()).hexdigest())

    def work(tell: Tell) -> Local | InputError:
        try:
            with run_threads() as pool:
                return fit_municipality(figures, pool, tell=tell)
        except InputError as error:  # for the user to read in their own language
            return error

    errand(key, work, lambda found: _fitted(was, figures, found), slot=SLOT, size=4096,
           words=lambda _: t("own_fitting"))  # fmt: skip
    if st.session_state.get(f"stopped-{SLOT}") == key:
        parts.note(t("own_fit_stopped"))
        _buttons(figures, "own_accept_unfitted")


def _fitted(was: Municipality | None, figures: Municipality, found: Local | InputError) -> None:
    if isinstance(found, InputError):
        st.warning(parts.plain("; ".join(found.told(language()))) + ". " + t("own_fit_failed"))
        _buttons(figures, "own_accept_unfitted")
        return
    fitted = with_fit(figures, found)
    st.markdown(
        t(
            "own_fit_found",
            published=formats.number(found.published, 2),
            modelled=formats.number(found.modelled, 2),
        )
    )
    if len(found.by_year) > 1:
        st.markdown(t("own_fit_years"))
        st.table(_by_year(found), hide_index=True)
    show_changes(changes(was, fitted, rest=False))
    _buttons(fitted, "own_accept")


def _by_year(found: Local) -> pd.DataFrame:
    """Return a row for each figure of use: its year, how many times the country, and its weight."""
    rows = [
        (str(said.year), formats.number(said.ratio, 2), formats.percent(said.weight))
        for said in found.by_year
    ]
    return pd.DataFrame(rows, columns=[t("year"), t("own_fit_times"), t("own_fit_weight")])


def _buttons(figures: Municipality | None, words: str) -> None:
    """Offer to put figures in place, and to leave everything as it is."""
    left, right = st.columns(2)
    if figures is not None and left.button(t(words), type="primary", key=f"{words}-yes", width="stretch"):
        if problem := accept(figures):
            st.error(problem)
            return
        st.rerun()
    if right.button(t("own_leave"), key="own-no", width="stretch"):
        withdraw()
        st.rerun()


def accept(figures: Municipality) -> str:
    """Put figures in place for their municipality; return what is wrong where no scenario can be made."""
    before = choices()
    changed = replace(before, own=_written(figures), municipality=figures.name)
    try:
        changed = elsewhere(before, changed)
        pair(changed)
    except InputError as error:
        return " ".join(error.told(language()))
    keep(own=changed.own, municipality=changed.municipality, plan=changed.plan)
    withdraw()
    st.session_state.pop(WANTED, None)
    st.session_state[TOLD] = "own_accepted"
    return ""


def drop(chosen: Choices) -> None:
    """Leave figures of one's own out again."""
    name = chosen.municipality
    if chosen.own_data is not None and in_use(name, replace(chosen, own="")) is None:
        name = Choices().municipality
    left = elsewhere(chosen, replace(chosen, own="", municipality=name))
    keep(own="", municipality=name, plan=left.plan)
    st.session_state[TOLD] = "own_dropped"


def _written(figures: Municipality) -> str:
    return json.dumps(figures.to_data(), sort_keys=True, ensure_ascii=False)
