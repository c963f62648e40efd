"""The outcome of a plan: one sentence, three figures, one chart; the same on every page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from pages.shared import charts, formats, level_chart, parts
from pages.shared.answers import Answer
from pages.shared.controls import choose_chart, choose_mode, choose_money
from pages.shared.figures import LONG, MIDDLE
from pages.shared.plan import CHILD_WORK
from pages.shared.remarks import remarks
from pages.shared.state import Choices, pair, reference_of
from pages.shared.texts import t, writing
from pages.shared.watching import live
from sim.decision.appraisal import Figure
from sim.decision.firm import UNSAID, Standing, standing
from sim.decision.headline import Change, change, discount_rate

_REFERENCE = {"none": "level_without", "now": "level_now"}


def outcome(
    chosen: Choices, reference: str, key: str = "shown", more: Callable[[Answer], None] = lambda _: None
) -> Answer | None:
    """Show the outcome of the plan in hand, again as draws come in; return the answer so far.

    None where there is nothing to compare. key: of the choice of a chart, other on each page. more: what the
    page shows of it besides.
    """
    if nothing_to_compare(chosen):
        return None

    def show(answer: Answer) -> None:
        _show(answer, chosen, reference, key)
        more(answer)

    both = pair(chosen)
    remarks(both[1:])
    return live(both, show)


def nothing_to_compare(chosen: Choices) -> bool:
    """Tell whether the plan in hand is what it is compared with, and say so where it is."""
    same = is_reference(chosen)
    if same:
        st.info(t("sentence_none" if chosen.reference == "none" else "sentence_same"))
    return same


def is_reference(chosen: Choices) -> bool:
    """Tell whether the plan in hand is what it is compared with, however it is written."""
    reference, plan = pair(chosen)
    both_empty = chosen.plan.empty and reference_of(chosen).empty
    return both_empty or reference.canonical_sha256() == plan.canonical_sha256()


def _show(answer: Answer, chosen: Choices, reference: str, key: str) -> None:
    years, d, rate = answer.scenarios[0].years, answer.difference(), discount_rate(answer.scenarios[0])
    near, far = (change(d, min(ahead, years), rate) for ahead in (MIDDLE, LONG))
    st.markdown("## " + key_sentence(answer, far, chosen))
    st.markdown(t("sentence_honest"))
    _figures(answer, near, far, chosen)
    what = choose_chart(key)
    if choose_mode(key) == "level":
        if what == "money":
            choose_money(key)
        names = [t(_REFERENCE[chosen.reference]), chosen.plan.label()]
        level_chart.show(answer, names, what, chosen, reference)
        return
    parts.plot([charts.series(d, what, chosen.plan.label(), rate, answer.sharpening)], what, reference)


def key_sentence(answer: Answer, far: Change, chosen: Choices) -> str:
    """Return the one sentence: the chance of break-even, or why none is given."""
    years = min(LONG, answer.scenarios[0].years)
    words = {"plan": parts.plain(chosen.plan.phrase()), "name": parts.plain(chosen.municipality)}
    soon = standing(far.municipal_cost, answer.sharpening) is Standing.PROVISIONAL
    if far.p_paid_back is None or soon or not answer.chance_known:
        return t("sentence_waiting" if answer.sharpening else "sentence_stopped", **words)
    if far.equal:
        return t("sentence_equal", **words)
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
            _metric(label, figure, write, answer.sharpening)
            parts.note(t(against, level=base) if base else _shares(answer, far))


def _metric(label: str, figure: Figure, write: Callable[..., str], sharpening: bool) -> None:
    """Show one figure, and below it what may be said of it: always a line, so that little moves."""
    told = standing(figure, sharpening)
    if told in UNSAID:
        st.metric(label, "–")
        help_words = f": {t('too_small_help')}" if told is Standing.TOO_SMALL else "."
        parts.note(f"**{writing().remark(figure, write, sharpening)}**{help_words}")
    elif told is Standing.PROVISIONAL:
        st.metric(label, write(figure.value, True))
        parts.note(t("provisional_help"))
    else:
        st.metric(label, writing().difference(figure, write))
    parts.note(writing().interval(figure, write, sharpening))


def _shares(answer: Answer, far: Change) -> str:
    """Return how the extra cost of the municipality divides over programmes and youth care."""
    spent = far.municipal_programme_cost
    care = replace(far.municipal_cost, value=far.municipal_cost.value - spent)
    words = "figure_cost" if answer.scenarios[1].programmes.keys() <= {CHILD_WORK} else "figure_cost_of_all"
    cost = writing().provisional(formats.money(spent), not answer.chance_known)
    return t(words, cost=cost, care=writing().difference(care, formats.money, answer.sharpening))
