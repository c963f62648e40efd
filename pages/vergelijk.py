"""Vergelijk: two to six budgets in rows, on one scale, with one sentence on top."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

from pages.background import figures
from pages.background.answers import Answer
from pages.budget.controls import choose_chart, choose_horizon, choose_mode, choose_money, choose_municipality
from pages.choices.address import saw, seen
from pages.choices.chosen import Choices, scenario
from pages.choices.lever_words import period_words
from pages.choices.levers import period, within
from pages.choices.plan import Plan
from pages.choices.state import choices, keep
from pages.compare.conclusion import conclusion
from pages.compare.fences import fences
from pages.compare.fields import fields, shown
from pages.compare.forest import forest
from pages.compare.rows import OUTCOMES, BudgetRow, Told, row
from pages.look import charts, formats
from pages.look.texts import language, t, writing
from pages.shared import level_chart, parts
from pages.shared.folds import folding
from pages.shared.luck import luck
from pages.shared.remarks import remarks
from pages.shared.watching import live
from sim.decision.headline import horizons
from sim.errors import InputError
from sim.inputs.scenario import Scenario
from sim.model.futures import MODEL_TODAY
from sim.words.future_words import future_words

TERM = 4
"""Years of a council."""
OPEN = ("begrotingen", "twee", "verloop", "cijfers")
"""Parts of the page that open and close, as the address calls them."""
FIRST_PAIR = "3-2"
"""Which two are compared at first: the step from as much as now to more is what a council chooses."""
ABREAST = 3
"""Budgets in one table of figures: more do not fit on a phone."""


def main() -> None:
    """Show the page."""
    st.title(t("page_vergelijk"))
    left, right = st.columns(2)
    with left:
        chosen = choose_municipality()
    outcome = st.container()
    with _folding("begrotingen", t("compare_budgets")):
        plans = fields(chosen)
    try:
        _scenarios(chosen, plans)
    except InputError as error:
        outcome.error(t("verken_refused", reason=parts.plain("; ".join(error.told(language())))))
        return
    chosen = keep(plans=plans)
    shown(plans)
    with outcome:
        if chosen.effect != "full":
            parts.note(t("compare_effect", effect=t(f"effect_{chosen.effect}")))
        if chosen.future != MODEL_TODAY:
            parts.note(t("future_chosen", told=future_words(chosen.future, writing())))
        plans = _same_years(plans)
    with right:
        ahead = choose_horizon(period(plans[0])[1])
    reference = t("compared_to", name=f"{chosen.municipality}, {plans[0].label()}")
    scenarios = _scenarios(chosen, plans)
    with outcome:
        remarks(scenarios)
        live(scenarios, lambda answer: _answer(answer, plans, ahead, reference), slot="compare")
    parts.footer(reference)


def _folding(part: str, title: str) -> ExpanderContainer:
    return folding(title, "open", part, OPEN, f"compare-open-{part}")


def _scenarios(chosen: Choices, plans: tuple[Plan, ...]) -> list[Scenario]:
    """Return the scenarios of budgets. Raises InputError where one cannot be."""
    return [scenario(chosen, plan) for plan in plans]


def _same_years(plans: tuple[Plan, ...]) -> tuple[Plan, ...]:
    """Return the budgets over the years of the first, and say so where one was made for other years."""
    if len({period(plan) for plan in plans}) == 1:
        return plans
    parts.note(t("compare_years", years=period_words(plans[0])))
    return tuple(within(plan, *period(plans[0])) for plan in plans)


def _answer(answer: Answer, plans: tuple[Plan, ...], ahead: int, reference: str) -> None:
    labels = figures.distinct([p.label() for p in plans])
    year = answer.scenarios[0].start + ahead - 1
    rows = [_row(answer, k, plans[k - 1], ahead) for k in range(2, len(plans) + 1)]
    first, *more = conclusion(rows, 1, ahead, year)
    waiting = any(one.told(outcome) is Told.WAITING for one in rows for outcome in OUTCOMES)
    with parts.aloud(not waiting):  # words that come later have a place of their own (`parts.note`)
        st.markdown(f"## {first}")
        if more:
            st.markdown(f"**{' '.join(more)}**")
    if len({plan.policy == "capped" for plan in plans}) > 1:
        st.warning(t("compare_mixed"))
    start = answer.scenarios[0].start
    heads = {
        "name": t("scenario"), "cost": t("compare_head_cost", start=start, year=year),
        "care": t("compare_head_care", year=year), "unmet": t("compare_head_unmet", year=year),
        "chance": t("compare_head_chance", year=year),
    }  # fmt: skip
    forest(rows, _like(answer, 1, plans[0], ahead, year), heads, t("compare_table", years=ahead))
    parts.note(t("compare_legend" if answer.chance_known else "band_few"))
    ranges = [one.figures[o] for one in rows for o in OUTCOMES if one.ranged(o)]
    parts.note(luck(ranges, answer.sharpening, "luck_beside"))
    with st.container():
        told, sampled = fences(answer, plans, ahead)
        if told:
            st.markdown(told)
    if len(plans) > 2:
        _two(answer, plans, ahead, heads)
    _over_years(answer, labels, reference)
    _figures(answer, labels, reference, sampled)


def _row(answer: Answer, number: int, plan: Plan, ahead: int) -> BudgetRow:
    return row(answer, number, _name(number, plan), _about(plan), ahead)


def _name(number: int, plan: Plan) -> str:
    return f"{number}. {plan.label()}"


def _about(plan: Plan) -> str:
    """Return what is in a budget, where its name does not say it."""
    return plan.described() if "title" in plan.data else ""


def _like(answer: Answer, number: int, plan: Plan, ahead: int, year: int) -> tuple[str, str, str]:
    """Return the name of what is compared with, what is in it, and how many youths it leaves where."""
    level = answer.level(number - 1, ahead)
    like = t(
        "compare_first", year=year, care=formats.about(level.care_users),
        unmet=formats.about(level.unmet_need),
    )  # fmt: skip
    return _name(number, plan), _about(plan), writing().provisional(like, not answer.chance_known)


def _two(answer: Answer, plans: tuple[Plan, ...], ahead: int, heads: Mapping[str, str]) -> None:
    """Show two budgets of choice beside each other, paired child by child, where that part is open."""
    part = _folding("twee", t("compare_two"))
    if not part.open:
        return
    numbers = range(1, len(plans) + 1)
    pairs = [f"{a}-{b}" for a in numbers for b in numbers if a != b]
    held = seen("paar", pairs, FIRST_PAIR)
    if held not in pairs:
        held = FIRST_PAIR
    with part:
        left, right = st.columns(2)
        a = left.selectbox(
            t("compare_two_this"), numbers, int(held[0]) - 1, key=f"pair-this-{len(plans)}",
            format_func=lambda n: _name(n, plans[n - 1]),
        )  # fmt: skip
        b = right.selectbox(
            t("compare_two_that"), numbers, int(held[2]) - 1, key=f"pair-that-{len(plans)}",
            format_func=lambda n: _name(n, plans[n - 1]),
        )  # fmt: skip
        if a == b:
            parts.note(t("compare_two_same"))
            return
        saw("paar", f"{a}-{b}", FIRST_PAIR)
        one = row(answer, a, _name(a, plans[a - 1]), _about(plans[a - 1]), ahead, b - 1)
        year = answer.scenarios[0].start + ahead - 1
        st.markdown(" ".join(conclusion([one], b, ahead, year)))
        like = _like(answer, b, plans[b - 1], ahead, year)
        forest([one], like, heads, t("compare_two_table", this=a, that=b))
        parts.note(t("compare_two_note"))


def _over_years(answer: Answer, labels: list[str], reference: str) -> None:
    """Show use and cost by year where that part is open."""
    part = _folding("verloop", t("compare_over_years"))
    if not part.open:
        return
    with part:
        what = choose_chart("shown2")
        mode = choose_mode("shown2")
        if mode == "level":
            if what == "money":
                choose_money("shown2")
            level_chart.show(answer, labels, what, choices(), reference)
            return
        rate = answer.scenarios[0].discount_rate
        found = [
            charts.series(answer.difference(k), what, name, rate, answer.sharpening)
            for k, name in enumerate(labels[1:], 1)
        ]
        parts.plot(found, what, reference)


def _figures(answer: Answer, labels: list[str], reference: str, note: str) -> None:
    """Show every difference in words, after a council term and later, and offer them as a file.

    note: what stands below them.
    """
    with _folding("cijfers", t("differences", name=parts.plain(labels[0]))):
        differences = [answer.difference(k) for k in range(1, len(labels))]
        years = answer.scenarios[0].years
        tables = [figures.table(answer, differences, labels[1:], ahead) for ahead in horizons(years)]
        for ahead, table in zip(horizons(years), tables, strict=True):
            last = answer.scenarios[0].start + ahead - 1
            st.markdown("**" + t("after_term" if ahead == TERM else "after", years=ahead, year=last) + "**")
            named = table.rename_axis(t("figure_name")).rename(
                index=parts.breakable, columns=lambda name: parts.breakable(parts.plain(name))
            )
            for k in range(0, len(labels) - 1, ABREAST):
                st.table(named.iloc[:, k : k + ABREAST])
        whole = pd.concat(tables, keys=[t("mark", years=h) for h in horizons(years)])
        whole = whole.reset_index(names=["", " "])
        parts.csv(whole, "kinderwerk-verschillen", reference)
        parts.note(note)


if __name__ == "__main__":
    main()
