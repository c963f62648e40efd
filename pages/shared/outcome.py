"""What a plan comes to: one sentence, three figures, one chart. The same on every page that shows a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from pages.shared import charts, formats, parts
from pages.shared.answers import Answer
from pages.shared.controls import choose_chart
from pages.shared.figures import LONG, MIDDLE
from pages.shared.plan import CHILD_WORK
from pages.shared.state import Choices, pair, reference_of
from pages.shared.texts import t, writing
from pages.shared.watching import chance_known, is_stopped, live
from sim.headline import Change, change, discount_rate


def outcome(
    chosen: Choices, reference: str, key: str = "shown", more: Callable[[Answer], None] = lambda _: None
) -> Answer | None:
    """Show what the plan in hand comes to, and again while it sharpens; return the answer as far as it is.

    None where there is nothing to compare. key: of the choice of a chart, other on each page. more: what the
    page shows of it besides.
    """
    if nothing_to_compare(chosen):
        return None

    def show(answer: Answer) -> None:
        _show(answer, chosen, reference, key)
        more(answer)

    return live(pair(chosen), show)


def nothing_to_compare(chosen: Choices) -> bool:
    """Tell whether the plan in hand is what it is compared with, and say so where it is."""
    same = chosen.plan == reference_of(chosen) or (chosen.plan.empty and reference_of(chosen).empty)
    if same:
        st.info(t("sentence_none" if chosen.reference == "none" else "sentence_same"))
    return same


def _show(answer: Answer, chosen: Choices, reference: str, key: str) -> None:
    years, d, rate = answer.scenarios[0].years, answer.difference(), discount_rate(answer.scenarios[0])
    near, far = (change(d, min(ahead, years), rate) for ahead in (MIDDLE, LONG))
    st.markdown("## " + key_sentence(answer, far, chosen))
    st.markdown(t("sentence_honest"))
    _figures(answer, near, far, chosen)
    what = choose_chart(key)
    parts.plot([charts.series(d, what, chosen.plan.label(), rate)], what, reference)


def key_sentence(answer: Answer, far: Change, chosen: Choices) -> str:
    """Return the one sentence: a chance where draws can tell it, else what keeps it from being told."""
    years = min(LONG, answer.scenarios[0].years)
    words = {"plan": parts.plain(chosen.plan.phrase()), "name": parts.plain(chosen.municipality)}
    if far.p_paid_back is None or not chance_known(answer):
        return t("sentence_stopped" if is_stopped(answer) else "sentence_waiting", **words)
    if far.drowned:
        return t("sentence_small", **words)
    chance = writing().chance(far.p_paid_back, len(answer.draws))
    return t(
        "sentence_chance" if far.municipal_programme_cost > 0 else "sentence_other",
        chance=chance,
        years=years,
        **words,
    )


def _figures(answer: Answer, near: Change, far: Change, chosen: Choices) -> None:
    level = answer.level(0, min(MIDDLE, answer.scenarios[0].years))
    columns = st.columns(3)
    shown = (
        (t("figure_users", year=near.year), near.care_users, formats.count, formats.count(level.care_users)),
        (t("figure_unmet", year=near.year), near.unmet_need, formats.count, formats.count(level.unmet_need)),
        (t("figure_money", year=far.year), far.municipal_cost, formats.money, ""),
    )
    against = "figure_of" if chosen.reference == "none" else "figure_of_now"
    for column, (label, figure, write, base) in zip(columns, shown, strict=True):
        with column:
            if figure.too_small:
                st.metric(label, "–")
                parts.note(f"**{t('too_small')}**: {t('too_small_help')}")
            else:
                st.metric(label, writing().difference(figure, write))
            parts.note(writing().interval(figure, write))
            parts.note(t(against, level=base) if base else _shares(answer, far))


def _shares(answer: Answer, far: Change) -> str:
    """Return how the extra cost of the municipality divides over programmes and youth care."""
    spent = far.municipal_programme_cost
    care = replace(far.municipal_cost, value=far.municipal_cost.value - spent)
    words = "figure_cost" if answer.scenarios[1].programmes.keys() <= {CHILD_WORK} else "figure_cost_of_all"
    return t(words, cost=formats.money(spent), care=writing().difference(care, formats.money))
