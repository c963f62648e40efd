"""Sensitivity of an answer: one number at a time, and other structures of the model."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.choices.state import choices
from pages.doubt.work import Findings
from pages.look import bars, charts, formats
from pages.look.bars import HOLLOW, Bar, Kind
from pages.look.parameter_words import parameter_title, unit_words
from pages.look.texts import t, writing
from pages.shared import parts
from sim.decision.comparison import Difference, Figure, block_standard_error, figure
from sim.decision.firm import by_luck_alone
from sim.decision.goal import Goal
from sim.decision.headline import UNMET, USERS
from sim.model.futures import foreseeing
from sim.model.parameters import default_parameters

MOST = 10
"""Bars shown: what moves the answer less stands in the table."""


def numbers(found: Findings, goal: Goal, reference: str) -> None:
    """Show what the extra cost would be where one number is low or high, widest first."""
    if found.best is None or not found.swings:
        st.markdown(t("doubt_coming"))
        return
    best = float(goal.blocks(found.best).sum())
    moved = sorted((swing.bar(goal) for swing in found.swings), key=lambda bar: -bar.width)
    moved = [bar for bar in moved if bar.width >= 1.0]  # euros; the rest has no part in this budget
    seen = [bar for bar in moved if not bar.too_small][:MOST]
    small = [bar for bar in moved if bar.too_small]
    paid = t("more" if best > 0 else "less", value=formats.money(abs(best)))
    st.markdown(t("doubt_tornado_lead", year=goal.year, best=paid))
    titles = {bar.name: parameter_title(bar.name) for bar in moved}
    rows = [
        (titles[bar.name], _value(bar.name, bar.low), _value(bar.name, bar.high),
         formats.millions(bar.at_low, True), formats.millions(bar.at_high, True))
        for bar in seen
    ]  # fmt: skip
    names = [t(f"doubt_col_{word}") for word in ("number", "low", "high", "at_low", "at_high")]
    data = pd.DataFrame(
        [(titles[bar.name], bar.name, bar.low, bar.high, bar.at_low, bar.at_high, bar.error)
         for bar in moved],
        columns=[names[0], t("doubt_col_name"), *names[1:], t("pay_mcse")],
    )  # fmt: skip
    if seen:
        parts.picture(
            _tornado([(titles[bar.name], bar.at_low / 1e6, bar.at_high / 1e6) for bar in seen], best / 1e6,
                     goal.year),
            pd.DataFrame(rows, columns=names).map(parts.breakable), data, f"tornado-{goal.year}", reference,
        )  # fmt: skip
    if small:
        listed = "; ".join(titles[bar.name] for bar in small)
        parts.note(t("doubt_tornado_small", names=parts.plain(listed)))


def _tornado(rows: list[tuple[str, float, float]], best: float, year: int) -> dict[str, Any]:
    kinds = {
        "low": Kind(t("doubt_kind_low"), charts.COLOURS[1], HOLLOW),
        "high": Kind(t("doubt_kind_high"), charts.COLOURS[0]),
    }
    made = [[Bar(title, best, high, "high"), Bar(title, best, low, "low")] for title, low, high in rows]
    told = "; ".join(
        t("doubt_tornado_row", name=title, low=formats.millions(low * 1e6, True),
          high=formats.millions(high * 1e6, True))
        for title, low, high in rows
    )  # fmt: skip
    words = t("doubt_tornado_alt", year=year, best=formats.millions(best * 1e6, True), rows=told)
    drawn = bars.chart(made, kinds, t("doubt_axis", year=year), words, middle=best)
    return charts.titled(drawn, t("doubt_tornado_chart", name=choices().municipality))


def _value(name: str, value: float) -> str:
    """Return a parameter's value with its unit, short enough for a table."""
    record = foreseeing(default_parameters(), choices().future).records[name]
    if record.scale == "bernoulli":
        return t("doubt_yes" if value else "doubt_no")
    number = writing().significant(value)
    if record.unit.startswith("EUR"):
        return f"€\N{NO-BREAK SPACE}{number}"
    return f"{number} {unit_words(record.unit)}"


def otherwise(found: Findings, goal: Goal, reference: str) -> None:
    """Show what the answer would be if the model were otherwise, with unmet need beside it."""
    if not found.cases:
        st.markdown(t("doubt_coming"))
        return
    st.markdown(t("doubt_cases_lead", year=goal.year))
    rows, data = [], []
    for case, d in found.cases:
        own = case.goal(goal)
        cost, unmet = _cost(d, own), _unmet(d, own.year)
        name = t(f"doubt_case_{case.name}")
        rows.append((name, writing().difference(cost, formats.millions),
                     writing().difference(unmet, formats.count)))  # fmt: skip
        data.append((name, cost.value, cost.mcse, unmet.value, unmet.mcse))
    names = [t("doubt_col_case"), t("doubt_col_cost"), t("doubt_col_unmet", year=goal.year)]
    st.table(
        pd.DataFrame(rows, columns=names).map(parts.breakable).rename(columns=parts.breakable),
        hide_index=True,
    )
    columns = [names[0], names[1], t("pay_mcse"), names[2], t("doubt_col_unmet_mcse")]
    parts.csv(pd.DataFrame(data, columns=columns), f"kinderwerk-ander-model-{goal.year}", reference)
    parts.note(t("doubt_cases_note"))


WAYS = ("only_signalling", "no_net_widening", "as_shipped")
"""What programmes do by seeing sooner, by preventing, and by both."""


def ways(found: Findings, goal: Goal, reference: str) -> None:
    """Show what seeing sooner costs in care and gains in need that is met, and what preventing does."""
    known = {case.name: d for case, d in found.cases}
    if not known:
        st.markdown(t("doubt_coming"))
        return
    st.markdown(t("doubt_ways_lead", year=goal.year))
    rows, data = [], []
    for name in WAYS:
        d = known[name]
        blocks = goal.blocks(d) - goal.blocks(known["no_effect"])  # which is the price of the programmes
        care = by_luck_alone(figure(blocks.sum(axis=1), block_standard_error(blocks), d.draws))
        users = by_luck_alone(d.in_year(USERS, d.years.index(goal.year)))
        unmet, title = _unmet(d, goal.year), t(f"doubt_way_{name}")
        rows.append((title, writing().difference(care, formats.millions),
                     writing().difference(users, formats.count),
                     writing().difference(unmet, formats.count)))  # fmt: skip
        data.append((title, care.value, care.mcse, users.value, users.mcse, unmet.value, unmet.mcse))
    of_year = [t(f"doubt_col_{what}", year=goal.year) for what in ("users", "unmet")]
    names = [t("doubt_col_way"), t("doubt_col_care"), *of_year]
    st.table(
        pd.DataFrame(rows, columns=names).map(parts.breakable).rename(columns=parts.breakable),
        hide_index=True,
    )
    errors = [t("pay_mcse"), t("doubt_col_users_mcse"), t("doubt_col_unmet_mcse")]
    columns = [names[0], *(name for both in zip(names[1:], errors, strict=True) for name in both)]
    parts.csv(pd.DataFrame(data, columns=columns), f"kinderwerk-zien-en-voorkomen-{goal.year}", reference)
    parts.note(t("doubt_ways_note"))


def _cost(d: Difference, goal: Goal) -> Figure:
    return by_luck_alone(goal.figure(d))


def _unmet(d: Difference, year: int) -> Figure:
    return by_luck_alone(d.in_year(UNMET, d.years.index(year)))
