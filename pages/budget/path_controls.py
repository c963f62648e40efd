"""The control of FTE: one number for all years, or steps by year."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.choices.lever_words import programme_title
from pages.choices.levers import Steps, evenly, path_of, steps_of
from pages.choices.plan import MOST_FTE
from pages.look.texts import t
from pages.shared.number_fields import number_field
from pages.shared.parts import plain

Key = Callable[..., str]
WAYS = ("steady", "path")


@dataclass
class Draft:
    """The steps as they stand on the screen: one that changes nothing yet is no part of a plan.

    base: what the plan holds when the steps are in it. made: how often the rows were made again.
    """

    base: Any
    steps: Steps
    made: int

    def renewed(self, steps: Steps) -> None:
        """Take other steps, and make the rows again."""
        self.steps, self.made = sorted(steps), self.made + 1


def fte_control(name: str, fte: Any, start: int, years: int, key: Key) -> Any:
    """Show the FTE of a programme, and return them as a plan writes them.

    key: makes the key of a control from the parts of its name.
    """
    steady = not isinstance(fte, dict)
    title = programme_title(name)
    way = st.radio(
        t("verken_way"), WAYS, 0 if steady else 1, format_func=lambda w: t(f"verken_way_{w}"),
        key=key(name, "way"), horizontal=True,
    )  # fmt: skip
    if way == "path":
        return _path(name, fte, start, years, key)
    last = float(steps_of(fte, start)[-1][1])  # of a path, those it leads to
    label = t("verken_fte_programme", programme=title)
    return number_field(st.container(), label, 0.0, MOST_FTE, last, key=key(name, "fte"))


def _path(name: str, fte: Any, start: int, years: int, key: Key) -> Any:
    """Show the steps of a path, and return it."""
    kept = key(name, "draft")
    draft: Draft | None = st.session_state.get(kept)
    if draft is None or draft.base != fte:  # the plan was changed by something else
        draft = Draft(fte, steps_of(fte, start), 0 if draft is None else draft.made + 1)
    st.session_state[kept] = draft
    about = (name, draft.made)
    draft.steps = [_step(n, step, key, about, start, years, kept) for n, step in enumerate(draft.steps, 1)]
    counted = [year for year, _ in draft.steps]
    for year in sorted({year for year in counted if counted.count(year) > 1}):
        st.warning(t("verken_twice", year=year))
    st.button(
        t("verken_add_step"), key=key(name, "add"), on_click=_add, args=(kept, start, years),
        icon=":material/add:", disabled=len(draft.steps) >= years,
    )  # fmt: skip
    if years > 1:
        _evenly(name, draft, start, years, key)
    draft.base = path_of(draft.steps, start, years)
    return draft.base


def _step(
    n: int, step: tuple[int, float], key: Key, about: tuple[str, int], start: int, years: int, kept: str
) -> tuple[int, float]:
    """Show one step, and return it as changed; the first always begins with the plan."""
    year, fte = step
    columns = st.columns([4, 4, 3], vertical_alignment="bottom")
    year_now = start
    if n == 1:
        columns[0].markdown(t("verken_first", year=start))
    else:
        known = list(range(start, start + years))
        year_now = columns[0].selectbox(
            t("verken_step_of", what=t("verken_since"), n=n), known, known.index(max(year, start)),
            key=key(*about, "year", n),
        )  # fmt: skip
    fte_now = number_field(
        columns[1], t("verken_step_of", what=t("verken_fte"), n=n), 0.0, MOST_FTE, float(fte),
        key=key(*about, "fte", n),
    )  # fmt: skip
    if n > 1:
        columns[2].button(
            t("verken_remove"), key=key(*about, "remove", n), on_click=_remove, args=(kept, n - 1),
            help=t("verken_remove_step", n=n),
        )  # fmt: skip
    return int(year_now), fte_now


def _evenly(name: str, draft: Draft, start: int, years: int, key: Key) -> None:
    """Show a way to fill in a step for every year between two."""
    end = start + years - 1
    refused: list[str] = []
    with st.form(key(name, "evenly"), border=True):
        st.markdown(f"**{t('verken_evenly')}**")
        left, right = st.columns(2)
        from_fte = number_field(
            left, t("verken_from_fte"), 0.0, MOST_FTE, float(draft.steps[0][1]), key=key(name, "from"),
            refused=refused,
        )  # fmt: skip
        from_year = number_field(
            right, t("verken_from_year"), start, end, start, key=key(name, "from-year"), whole=True,
            refused=refused,
        )  # fmt: skip
        left, right = st.columns(2)  # below each other on a phone, in this order
        to_fte = number_field(
            left, t("verken_to_fte"), 0.0, MOST_FTE, float(draft.steps[-1][1]), key=key(name, "to"),
            refused=refused,
        )  # fmt: skip
        to_year = number_field(
            right, t("verken_to_year"), start, end, min(start + 4, end), key=key(name, "to-year"), whole=True,
            refused=refused,
        )  # fmt: skip
        filling = st.form_submit_button(t("verken_fill"))
        for why in refused:
            st.error(plain(why))
        if filling and not refused:
            try:
                filled = evenly((int(from_year), from_fte), (int(to_year), to_fte))
            except ValueError:
                st.error(t("verken_order"))
            else:
                before = [step for step in draft.steps if step[0] < filled[0][0]]
                draft.renewed([*before, *filled])
                st.rerun()


def _add(kept: str, start: int, years: int) -> None:
    draft: Draft = st.session_state[kept]
    used, (last, fte) = {year for year, _ in draft.steps}, draft.steps[-1]
    free = [year for year in range(start, start + years) if year not in used]
    year = next((year for year in free if year > last), free[-1])
    draft.renewed([*draft.steps, (year, fte)])


def _remove(kept: str, index: int) -> None:
    draft: Draft = st.session_state[kept]
    draft.renewed([step for k, step in enumerate(draft.steps) if k != index])
