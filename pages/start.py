"""Start: one sentence, three figures, one chart."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import streamlit as st

from pages.shared import charts, formats, parts
from pages.shared.answers import Answer
from pages.shared.controls import at_most, choose_municipality, step
from pages.shared.state import EFFECTS, Choices, keep, pair, reference_of, reference_words
from pages.shared.texts import t, writing
from pages.shared.watching import chance_known, is_stopped, live
from sim.headline import Change, change, discount_rate

LONG, MIDDLE = 20, 10


def main() -> None:
    """Show the page."""
    st.title(t("app"))
    st.markdown(t("lead"))
    chosen = _controls()
    reference = reference_words(chosen)
    parts.note(parts.plain(reference))
    if chosen.plan == reference_of(chosen) or (chosen.plan.empty and reference_of(chosen).empty):
        st.info(t("sentence_none"))
    else:
        live(pair(chosen), lambda answer: _answer(answer, chosen, reference))
    with st.expander(t("unknown_title"), expanded=True):
        st.markdown(t("unknown"))
    parts.footer(reference)


def _controls() -> Choices:
    """Show the four choices of this page, and return what is chosen."""
    left, right = st.columns(2)
    with left:
        chosen = choose_municipality()
    plan, effects = chosen.plan, list(EFFECTS)
    effect = right.selectbox(
        t("less_well"), effects, effects.index(chosen.effect), format_func=lambda e: t(f"effect_{e}"),
        help=t("less_well_help"),
    )  # fmt: skip
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with left:
        fte = _workers(chosen)
    fenced = right.toggle(t("ring_fence"), plan.fenced, help=t("ring_fence_help"))
    if fte is not None and (fte, fenced) != (plan.fte, plan.fenced):
        plan = plan.with_child_work(fte, fenced)
    elif fte is None and fenced != plan.fenced:
        plan = plan.with_child_work(plan.child_work["fte"], fenced)
    if extra := _beside(chosen):
        parts.note(t("start_beside", what=parts.plain(extra)))
    return keep(plan=plan, effect=effect)


def _workers(chosen: Choices) -> float | None:
    """Show how many child workers there are, and return the number; None where it differs by year."""
    plan = chosen.plan
    if not plan.steady:
        parts.note(t("fte_path", path=parts.plain(plan.label())))
        return None
    top = at_most(chosen)
    return st.slider(
        t("fte"), 0.0, top, float(plan.fte), step=step(top), format="%g", help=t("fte_help"),
        key=f"fte-{chosen.municipality}",
    )  # fmt: skip


def _beside(chosen: Choices) -> str:
    """Return what the plan holds beside what Start can show, or nothing."""
    keys = set(chosen.plan.data) - {"policy", "programmes", "title"}
    keys |= set(chosen.plan.programmes) - {"kinderwerk"}
    return chosen.plan.label() if keys or chosen.plan.policy != "crowd_out" else ""


def _answer(answer: Answer, chosen: Choices, reference: str) -> None:
    years = answer.scenarios[0].years
    d = answer.difference()
    far = change(d, min(LONG, years), discount_rate())
    near = change(d, min(MIDDLE, years), discount_rate())
    st.markdown("### " + key_sentence(answer, far, chosen))
    st.markdown(t("sentence_honest"))
    _figures(answer, near, far)
    what = st.segmented_control(
        t("chart"),
        list(charts.SHOWN),
        default="money",
        format_func=lambda w: t(f"chart_{w}"),
        key="shown",
        required=True,
    )
    parts.plot([charts.series(d, what, chosen.plan.label())], what, reference)


def key_sentence(answer: Answer, far: Change, chosen: Choices) -> str:
    """Return the one sentence: a chance where draws can tell it, else what keeps it from being told."""
    years = min(LONG, answer.scenarios[0].years)
    words = {"plan": parts.plain(chosen.plan.phrase()), "name": parts.plain(chosen.municipality)}
    if far.p_paid_back is None or not chance_known(answer):
        return t("sentence_stopped" if is_stopped(answer) else "sentence_waiting", **words)
    draws = len(answer.draws)
    if 2.0 * far.municipal_cost.mcse * sqrt(draws) > far.programme_cost:
        return t("sentence_small", **words)  # the luck of one draw outweighs what is to be paid back
    return t("sentence_chance", chance=writing().chance(far.p_paid_back, draws), years=years, **words)


def _figures(answer: Answer, near: Change, far: Change) -> None:
    level = answer.level(0, MIDDLE)
    columns = st.columns(3)
    shown = (
        (t("figure_users", year=near.year), near.care_users, formats.count, formats.count(level.care_users)),
        (t("figure_unmet", year=near.year), near.unmet_need, formats.count, formats.count(level.unmet_need)),
        (t("figure_money", year=far.year), far.municipal_cost, formats.money, ""),
    )
    for column, (label, figure, write, base) in zip(columns, shown, strict=True):
        with column:
            if figure.too_small:
                st.metric(label, "–")
                parts.note(f"**{t('too_small')}**: {t('too_small_help')}")
            else:
                st.metric(label, writing().difference(figure, write))
            parts.note(writing().interval(figure, write))
            parts.note(t("figure_of", level=base) if base else _shares(far))


def _shares(far: Change) -> str:
    """Return how the extra cost divides over child work and youth care."""
    care = replace(far.municipal_cost, value=far.municipal_cost.value - far.programme_cost)
    return t(
        "figure_cost", cost=formats.money(far.programme_cost), care=writing().difference(care, formats.money)
    )


if __name__ == "__main__":
    main()
