"""Vergelijk: two to four budgets on the same axes, and the table of differences."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.shared import charts, figures, level_chart, parts
from pages.shared.answers import Answer
from pages.shared.controls import choose_chart, choose_mode, choose_money, choose_municipality
from pages.shared.lever_words import period_words
from pages.shared.levers import period, within
from pages.shared.plan import MOST_FTE, Plan
from pages.shared.remarks import remarks
from pages.shared.state import MAX_PLANS, Choices, choices, fte_here, keep, plans_around, scenario
from pages.shared.texts import language, t, writing
from pages.shared.watching import live
from sim.decision.headline import horizons
from sim.errors import InputError
from sim.inputs.scenario import Scenario
from sim.model.futures import MODEL_TODAY
from sim.words.future_words import future_words

TERM = 4
"""Years of a council."""
SHOWN, FIELDS = "compare-shown", "compare-fields"


def main() -> None:
    """Show the page."""
    st.title(t("page_vergelijk"))
    st.markdown(t("compare_lead"))
    chosen = choose_municipality()
    fields = _fields(chosen.plans)
    number = st.segmented_control(
        t("compare_count"), list(range(2, MAX_PLANS + 1)), default=len(chosen.plans), key=f"count-{fields}",
        required=True,
    )  # fmt: skip
    offered = chosen.plans + plans_around(fte_here(chosen))[len(chosen.plans) :]
    plans = tuple(_plan(k, offered[k], fields) for k in range(number))
    try:
        _scenarios(chosen, plans)
    except InputError as error:
        st.error(t("verken_refused", reason=parts.plain("; ".join(error.told(language())))))
        return
    chosen = keep(plans=plans)
    st.session_state[SHOWN] = plans
    parts.note(t("compare_reference"))
    if chosen.effect != "full":
        parts.note(t("compare_effect", effect=t(f"effect_{chosen.effect}")))
    if chosen.future != MODEL_TODAY:
        parts.note(t("future_chosen", told=future_words(chosen.future, writing())))
    plans = _same_years(plans)
    reference = t("compared_to", name=f"{chosen.municipality}, {plans[0].label()}")
    scenarios = _scenarios(chosen, plans)
    remarks(scenarios)
    live(scenarios, lambda answer: _answer(answer, plans, reference), slot="compare")
    parts.footer(reference)


def _scenarios(chosen: Choices, plans: tuple[Plan, ...]) -> list[Scenario]:
    """Return the scenarios of budgets. Raises InputError where one cannot be."""
    return [scenario(chosen, plan) for plan in plans]


def _fields(plans: tuple[Plan, ...]) -> int:
    """Return a number for the keys of fields: another where budgets came from elsewhere, to show those."""
    if st.session_state.get(SHOWN) != plans:
        st.session_state[FIELDS] = st.session_state.get(FIELDS, 0) + 1
    return int(st.session_state[FIELDS])


def _same_years(plans: tuple[Plan, ...]) -> tuple[Plan, ...]:
    """Return the budgets over the years of the first, and say so where one was made for other years."""
    if len({period(plan) for plan in plans}) == 1:
        return plans
    parts.note(t("compare_years", years=period_words(plans[0])))
    return tuple(within(plan, *period(plans[0])) for plan in plans)


def _plan(k: int, now: Plan, fields: int) -> Plan:
    """Show one budget, and return it as changed; its other levers stay as they are."""
    key = f"{k}-{fields}"
    with st.container(border=True):
        columns = st.columns([2, 2, 3], vertical_alignment="bottom")
        mark = now.code()[:40]
        fte = columns[0].number_input(
            f"{k + 1}. {t('fte')}", 0.0, MOST_FTE, now.fte, step=1.0, format="%g", key=f"fte-{key}",
            disabled=not now.steady,
        )  # fmt: skip
        fenced = columns[1].toggle(t("ring_fence"), now.fenced, key=f"fence-{key}", help=t("ring_fence_help"))
        policies = ["crowd_out", "deficit", "capped"]
        policy = columns[2].selectbox(
            t("policy"), policies, policies.index(now.policy), key=f"policy-{key}",
            format_func=lambda p: t(f"policy_{p}"), help=t("policy_help"),
        )  # fmt: skip
        if set(now.data) - {"policy", "programmes"} or set(now.programmes) - {"kinderwerk"}:
            parts.note(t("start_beside", what=parts.plain(now.label())))
        use_mine = st.button(t("compare_mine"), key=f"mine{k}-{mark}", help=t("compare_mine_help"))
    if use_mine:
        changed = [*choices().plans]
        changed[k : k + 1] = [choices().plan]
        keep(plans=tuple(changed))
        st.rerun()
    if now.steady and (fte, fenced) != (now.fte, now.fenced):
        now = now.with_child_work(fte, fenced)
    return now if policy == now.policy else _with_policy(now, policy)


def _with_policy(plan: Plan, policy: str) -> Plan:
    """Return a plan under another policy; numbers of places count only where places are limited."""
    return plan.changed(policy=policy, places=plan.data.get("places") if policy == "capped" else None)


def _answer(answer: Answer, plans: tuple[Plan, ...], reference: str) -> None:
    differences = [answer.difference(k) for k in range(1, len(plans))]
    labels = figures.distinct([p.label() for p in plans])
    what = choose_chart("shown2")
    mode = choose_mode("shown2")
    if mode == "level" and what == "money":
        choose_money("shown2")
    found = [
        charts.series(d, what, n, sharpening=answer.sharpening)
        for d, n in zip(differences, labels[1:], strict=True)
    ]
    if len({plan.policy == "capped" for plan in plans}) > 1:
        st.warning(t("compare_mixed"))
    if mode == "level":
        level_chart.show(answer, labels, what, choices(), reference)
    else:
        parts.plot(found, what, reference)
    st.header(t("differences", name=parts.plain(labels[0])))
    years = answer.scenarios[0].years
    tables = [figures.table(answer, differences, labels[1:], ahead) for ahead in horizons(years)]
    for ahead, table in zip(horizons(years), tables, strict=True):
        last = answer.scenarios[0].start + ahead - 1
        st.markdown("**" + t("after_term" if ahead == TERM else "after", years=ahead, year=last) + "**")
        named = table.rename_axis(t("figure_name"))
        st.table(named.rename(index=parts.breakable, columns=lambda name: parts.breakable(parts.plain(name))))
    whole = pd.concat(tables, keys=[t("mark", years=h) for h in horizons(years)]).reset_index(names=["", " "])
    parts.csv(whole.assign(**{t("csv_birth"): parts.birth(reference)}), "kinderwerk-verschillen.csv")


if __name__ == "__main__":
    main()
