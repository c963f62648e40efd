"""Vergelijk: two to four budgets on the same axes, and the table of differences."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.shared import charts, formats, parts
from pages.shared.answers import Answer
from pages.shared.state import MAX_BUDGETS, Budget, choices, keep, places, scenario
from pages.shared.texts import t
from sim.headline import Change, change, discount_rate, horizons


def main() -> None:
    """Show the page."""
    st.title(t("page_compare"))
    st.markdown(t("compare_lead"))
    chosen = choices()
    names = places()
    name = st.selectbox(t("municipality"), names, index=names.index(chosen.municipality))
    number = st.segmented_control(
        t("compare_count"), list(range(2, MAX_BUDGETS + 1)), default=len(chosen.budgets), key="count"
    )
    wanted = number or len(chosen.budgets)
    budgets = tuple(
        _budget(k, chosen.budgets[k] if k < len(chosen.budgets) else Budget(36.0 * k)) for k in range(wanted)
    )
    keep(municipality=name, budgets=budgets)
    reference = budgets[0].label()
    parts.note(t("compare_reference"))
    parts.live([scenario(name, b, chosen.effect) for b in budgets], lambda answer: _answer(answer, budgets))
    parts.footer(reference)


def _budget(k: int, now: Budget) -> Budget:
    with st.container(border=True):
        columns = st.columns([2, 2, 3], vertical_alignment="bottom")
        fte = columns[0].number_input(
            f"{k + 1}. {t('fte')}", 0.0, 100_000.0, now.fte, step=1.0, format="%g", key=f"fte{k}"
        )
        fenced = columns[1].toggle(t("ring_fence"), now.fenced, key=f"fence{k}", help=t("ring_fence_help"))
        policies = ["crowd_out", "deficit"]
        policy = columns[2].selectbox(
            t("policy"), policies, policies.index(now.policy), key=f"policy{k}",
            format_func=lambda p: t(f"policy_{p}"),
        )  # fmt: skip
    return Budget(fte, fenced, policy)


def _answer(answer: Answer, budgets: tuple[Budget, ...]) -> None:
    differences = [answer.difference(k) for k in range(1, len(budgets))]
    labels = _distinct([b.label() for b in budgets])
    what = st.segmented_control(
        t("chart"), list(charts.SHOWN), default="money", format_func=lambda w: t(f"chart_{w}"), key="shown2"
    )
    what = what or "money"
    parts.plot([charts.series(d, what, n) for d, n in zip(differences, labels[1:], strict=True)], what)
    st.subheader(t("differences", name=labels[0]))
    rows: dict[tuple[int, str], list[str]] = {}
    for ahead in horizons(answer.scenarios[0].years):
        for d in differences:
            for label, text in _rows(change(d, ahead, discount_rate())):
                rows.setdefault((ahead, label), []).append(text)
    names = [label for _, label in rows]
    st.table(pd.DataFrame(list(rows.values()), index=names, columns=labels[1:]))


def _rows(c: Change) -> list[tuple[str, str]]:
    def balance(value: float, sign: bool = False) -> str:
        return formats.millions(value, sign)

    return [
        (t("row_users", year=c.year), parts.difference_text(c.care_users, formats.count)),
        (t("row_unmet", year=c.year), parts.difference_text(c.unmet_need, formats.count)),
        (t("row_programme", year=c.year), formats.millions(c.programme_cost, True)),
        (t("row_municipal", year=c.year), parts.difference_text(c.municipal_cost, balance)),
        (t("row_cashable", year=c.year), parts.difference_text(c.municipal_cashable, balance)),
        (t("row_chance", year=c.year), "" if c.p_paid_back is None else formats.percent(c.p_paid_back)),
    ]


def _distinct(labels: list[str]) -> list[str]:
    """Return labels with a number where two are the same."""
    return [f"{k + 1}. {n}" if labels.count(n) > 1 else n for k, n in enumerate(labels)]


if __name__ == "__main__":
    main()
