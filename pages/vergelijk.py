"""Vergelijk: two to four budgets on the same axes, and the table of differences."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.shared import charts, formats, parts
from pages.shared.answers import Answer
from pages.shared.state import MAX_BUDGETS, MOST_FTE, Budget, choices, keep, places, scenario
from pages.shared.texts import t, writing
from sim.appraisal import Difference
from sim.headline import Change, change, discount_rate, horizons

TERM = 4
"""Years of a council."""


def main() -> None:
    """Show the page."""
    st.title(t("page_compare"))
    st.markdown(t("compare_lead"))
    chosen = choices()
    names = places()
    name = st.selectbox(t("municipality"), names, index=names.index(chosen.municipality))
    number = st.segmented_control(
        t("compare_count"),
        list(range(2, MAX_BUDGETS + 1)),
        default=len(chosen.budgets),
        key="count",
        required=True,
    )
    budgets = tuple(
        _budget(k, chosen.budgets[k] if k < len(chosen.budgets) else Budget(36.0 * k)) for k in range(number)
    )
    keep(municipality=name, budgets=budgets)
    parts.note(t("compare_reference"))
    if chosen.effect != "full":
        parts.note(t("compare_effect", effect=t(f"effect_{chosen.effect}")))
    reference = t("compared_to", name=f"{name}, {budgets[0].label()}")
    scenarios = [scenario(name, b, chosen.effect) for b in budgets]
    parts.live(scenarios, lambda answer: _answer(answer, budgets, reference))
    parts.footer(reference)


def _budget(k: int, now: Budget) -> Budget:
    with st.container(border=True):
        columns = st.columns([2, 2, 3], vertical_alignment="bottom")
        fte = columns[0].number_input(
            f"{k + 1}. {t('fte')}", 0.0, MOST_FTE, now.fte, step=1.0, format="%g", key=f"fte{k}"
        )
        fenced = columns[1].toggle(t("ring_fence"), now.fenced, key=f"fence{k}", help=t("ring_fence_help"))
        policies = ["crowd_out", "deficit"]
        policy = columns[2].selectbox(
            t("policy"), policies, policies.index(now.policy), key=f"policy{k}",
            format_func=lambda p: t(f"policy_{p}"), help=t("policy_help"),
        )  # fmt: skip
    return Budget(fte, fenced, policy)


def _answer(answer: Answer, budgets: tuple[Budget, ...], reference: str) -> None:
    differences = [answer.difference(k) for k in range(1, len(budgets))]
    labels = _distinct([b.label() for b in budgets])
    what = st.segmented_control(
        t("chart"),
        list(charts.SHOWN),
        default="money",
        format_func=lambda w: t(f"chart_{w}"),
        key="shown2",
        required=True,
    )
    found = [charts.series(d, what, n) for d, n in zip(differences, labels[1:], strict=True)]
    parts.plot(found, what, reference)
    st.subheader(t("differences", name=labels[0]))
    years = answer.scenarios[0].years
    tables = [_table(answer, differences, labels[1:], ahead) for ahead in horizons(years)]
    for ahead, table in zip(horizons(years), tables, strict=True):
        last = answer.scenarios[0].start + ahead - 1
        st.markdown("**" + t("after_term" if ahead == TERM else "after", years=ahead, year=last) + "**")
        st.table(table.rename(index=parts.breakable, columns=parts.breakable))
    whole = pd.concat(tables, keys=[t("mark", years=h) for h in horizons(years)]).reset_index(names=["", " "])
    parts.csv(whole.assign(**{t("csv_birth"): parts.birth(reference)}), "kinderwerk-verschillen.csv")


def _table(
    answer: Answer, differences: Sequence[Difference], labels: Sequence[str], ahead: int
) -> pd.DataFrame:
    """Return the differences up to a number of years ahead, a column per budget."""
    rows: dict[str, list[str]] = {}
    for d in differences:
        for label, text in _rows(change(d, ahead, discount_rate()), answer):
            rows.setdefault(label, []).append(text)
    return pd.DataFrame(list(rows.values()), index=list(rows), columns=list(labels))


def _rows(c: Change, answer: Answer) -> list[tuple[str, str]]:
    known = c.p_paid_back is not None and parts.chance_known(answer)
    chance = writing().chance(c.p_paid_back or 0.0, len(answer.draws)) if known else t("not_yet")
    return [
        (t("row_users"), writing().difference(c.care_users, formats.count)),
        (t("row_unmet"), writing().difference(c.unmet_need, formats.count)),
        (t("row_programme"), formats.millions(c.programme_cost, True)),
        (t("row_municipal"), writing().difference(c.municipal_cost, formats.millions)),
        (t("row_cashable"), writing().difference(c.municipal_cashable, formats.millions)),
        (t("row_chance"), chance),
    ]


def _distinct(labels: list[str]) -> list[str]:
    """Return labels with a number where two are the same."""
    return [f"{k + 1}. {n}" if labels.count(n) > 1 else n for k, n in enumerate(labels)]


if __name__ == "__main__":
    main()
