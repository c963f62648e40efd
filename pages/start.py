"""Start: one sentence, three figures, one chart."""

from __future__ import annotations

import streamlit as st

from pages.shared import charts, formats, parts
from pages.shared.answers import Answer
from pages.shared.state import EFFECTS, Budget, Choices, choices, keep, places, scenario
from pages.shared.texts import t
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
        t("fte"), 0.0, float(top), float(chosen.budget.fte), step=1.0 if top < 1000 else 50.0, format="%d",
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
    st.markdown("### " + key_sentence(far, chosen, answer.stopped, years, len(answer.draws)))
    st.markdown(t("sentence_honest"))
    _figures(answer, near, far)
    what = st.segmented_control(
        t("chart"), list(charts.SHOWN), default="money", format_func=lambda w: t(f"chart_{w}"), key="shown"
    )
    parts.plot([charts.series(d, what or "money", chosen.budget.label())], what or "money")


def chance_text(share: float, draws: int) -> str:
    """Return a chance as draws can tell it: none of 40 draws is below 3 percent, not impossible."""
    edge = 1.0 / max(draws, 1)
    if share < edge:
        return t("below", chance=formats.percent(edge))
    return t("above", chance=formats.percent(1.0 - edge)) if share > 1.0 - edge else formats.percent(share)


def key_sentence(far: Change, chosen: Choices, stopped: bool, years: int, draws: int) -> str:
    """Return the one sentence, with its probability once there are draws."""
    words = {"fte": formats.fte(chosen.budget.fte), "name": chosen.municipality, "years": min(LONG, years)}
    if far.p_paid_back is not None:
        return t("sentence_chance", chance=chance_text(far.p_paid_back, draws), **words)
    return t("sentence_stopped" if stopped else "sentence_waiting", **words)


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
                st.metric(label, parts.difference_text(figure, write))
            parts.note(parts.interval_text(figure, write))
            below = (
                t("figure_of", level=base)
                if base
                else t("figure_cost", cost=formats.money(far.programme_cost))
            )
            parts.note(below)


if __name__ == "__main__":
    main()
