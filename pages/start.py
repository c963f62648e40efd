"""Start: one sentence, three figures, one chart."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import streamlit as st

from pages.shared import charts, formats, parts
from pages.shared.answers import Answer, key_of
from pages.shared.state import EFFECTS, Budget, Choices, choices, keep, places, scenario
from pages.shared.texts import t, writing
from sim.headline import Change, change, discount_rate
from sim.population import profiles

LONG, MIDDLE = 20, 10


def main() -> None:
    """Show the page."""
    st.title(t("app"))
    st.markdown(t("lead"))
    chosen = _controls()
    reference = t("compared_with", name=chosen.municipality)
    parts.note(reference)
    none = Budget(0.0, True, chosen.budget.policy)
    if chosen.budget.fte == 0:
        st.info(t("sentence_none"))
    else:
        scenarios = [scenario(chosen.municipality, b, chosen.effect) for b in (none, chosen.budget)]
        parts.live(scenarios, lambda answer: _answer(answer, chosen))
    with st.expander(t("unknown_title"), expanded=True):
        st.markdown(t("unknown"))
    parts.footer(reference)


def _controls() -> Choices:
    chosen = choices()
    names = places()
    name = st.selectbox(t("municipality"), names, index=names.index(chosen.municipality))
    if name != chosen.municipality:
        start = profiles()[name].kinderwerk_fte
        chosen = keep(municipality=name, budget=Budget(start if start is not None else _round(name, 0.04)))
    if name == "Nederland":
        parts.note(t("country_slow"))
    top = max(_round(name, 0.30), chosen.budget.fte)
    fte = st.slider(
        t("fte"), 0.0, float(top), float(chosen.budget.fte), step=1.0 if top < 1000 else 50.0, format="%g",
        help=t("fte_help"), key=f"fte-{name}",
    )  # fmt: skip
    fenced = st.toggle(t("ring_fence"), chosen.budget.fenced, help=t("ring_fence_help"))
    effects = list(EFFECTS)
    effect = st.selectbox(
        t("less_well"), effects, effects.index(chosen.effect), format_func=lambda e: t(f"effect_{e}"),
        help=t("less_well_help"),
    )  # fmt: skip
    return keep(budget=Budget(fte, fenced, chosen.budget.policy), effect=effect)


def _round(name: str, coverage: float) -> float:
    """Return about the FTE that reach a share of the children of 4-14, rounded for a slider."""
    children = sum(profiles()[name].youths[4:15])
    fte = children * coverage / 104.0  # children per worker: visits per FTE over visits per child
    return float(max(round(fte / 50) * 50 if fte > 1000 else round(fte), 1))


def _answer(answer: Answer, chosen: Choices) -> None:
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
    reference = t("compared_with", name=chosen.municipality)
    parts.plot([charts.series(d, what, chosen.budget.label())], what, reference)


def key_sentence(answer: Answer, far: Change, chosen: Choices) -> str:
    """Return the one sentence: a chance where draws can tell it, else what keeps it from being told."""
    years = min(LONG, answer.scenarios[0].years)
    words = {"fte": formats.fte(chosen.budget.fte), "name": chosen.municipality}
    if far.p_paid_back is None or not parts.chance_known(answer):
        stopped = st.session_state.get("stopped") == key_of(answer.scenarios)
        return t("sentence_stopped" if stopped else "sentence_waiting", **words)
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
