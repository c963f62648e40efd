"""The chance that the money is back by year, with what a number of draws leaves open."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
from scipy.stats import beta

from pages.background.answers import Answer
from pages.choices.state import choices
from pages.look import charts, formats
from pages.look.texts import language, t, writing
from pages.shared import parts
from pages.shared.pockets import unmet_note
from sim.decision.comparison import CASHABLE, MUNICIPAL, break_even, drowned
from sim.decision.firm import Standing
from sim.decision.headline import UNMET, municipal_programmes

LINES = {"cost": MUNICIPAL, "cash": CASHABLE}
OPEN = 0.10
"""Share of chances that an interval around a share of draws leaves out."""
EDGE = 0.05
"""Chances nearer to none or to certain than this are not worth a curve."""


def show(answer: Answer, ahead: int, reference: str) -> None:
    """Show the curve, the chance after `ahead` years in words, and what draws cannot tell."""
    if not answer.chance_known:
        st.markdown(t("doubt_chance_waiting"))
        return
    d, draws = answer.difference(), len(answer.draws)
    year = d.years[ahead - 1]
    data = table(answer)
    written = [
        "" if lost else writing().chance(back / draws, draws)
        for back, lost in zip(data["back"], data["chance"].isna(), strict=True)
    ]
    told = dict(zip(LINES, written[ahead - 1 :: len(d.years)], strict=True))
    if data["early"][ahead - 1 :: len(d.years)].any():
        st.markdown(t("doubt_chance_waiting"))
    elif not any(told.values()):
        st.markdown("### " + t("doubt_chance_small", years=ahead))
    elif not told["cost"]:
        st.markdown(t("doubt_chance_cash", years=ahead, year=year, draws=draws, cash=told["cash"]))
    elif not told["cash"]:
        st.markdown(t("doubt_chance_cost", years=ahead, year=year, draws=draws, cost=told["cost"]))
    else:
        st.markdown(t("doubt_chance", years=ahead, year=year, draws=draws, **told))
    unmet_note(d.in_year(UNMET, ahead - 1), year, answer.sharpening)
    names = {name: t(f"doubt_line_{name}") for name in LINES}
    cells = [
        chance or t("not_yet" if early else "untold")
        for chance, early in zip(written, data["early"], strict=True)
    ]
    shown = pd.DataFrame(
        {
            t("doubt_counting"): data["line"].map(names),
            t("year"): data["year"].astype(str),
            t("row_chance"): cells,
            t("doubt_between"): [
                "" if np.isnan(low) else t("pay_range", low=formats.percent(low), high=formats.percent(high))
                for low, high in zip(data["low"], data["high"], strict=True)
            ],
        }
    )
    titles = {
        "line": t("doubt_counting"),
        "year": t("year"),
        "back": t("doubt_back"),
        "draws": t("doubt_draws"),
        "chance": t("row_chance"),
        "low": t("doubt_low"),
        "high": t("doubt_high"),
    }
    if worth_drawing(data):
        title = t("doubt_chance_chart", name=choices().municipality)
        parts.draw(charts.titled(chart(data, cells, draws), title))
    parts.below(
        shown.map(parts.breakable),
        data.drop(columns="early").assign(line=data["line"].map(names)).rename(columns=titles),
        "kans-op-terugverdienen",
        reference,
    )
    if (data["chance"].isna() & ~data["early"]).any():
        parts.note(t("doubt_chance_gaps"))
    if data["early"].any():
        parts.note(t("doubt_chance_early"))
    with st.expander(t("doubt_cannot_title")):
        st.markdown(t("doubt_cannot", draws=draws, none=writing().chance(0.0, draws)))


def worth_drawing(data: pd.DataFrame) -> bool:
    """Tell whether a chance is open in some year: lines at the edge say no more than the sentence."""
    return bool(data["chance"].between(EDGE, 1.0 - EDGE).any())


def table(answer: Answer) -> pd.DataFrame:
    """Return by line and year in how many draws the money is back, and the chances that fit with that.

    chance is (back + 1/2) / (draws + 1), the mean of Jeffreys' posterior: draws never make it 0 or 1. low and
    high bound the chances that would give as few, or as many, 19 times in 20 (Clopper & Pearson 1934). Those
    three are NaN in years where the noise of one draw exceeds the money, and where that is not known yet:
    those are `early`.
    """
    d, rate, draws = answer.difference(), answer.scenarios[0].discount_rate, len(answer.draws)
    rows = []
    for name, label in LINES.items():
        back = np.round(break_even(d, *label, rate).probability * draws)
        low = np.where(back > 0, beta.ppf(OPEN / 2, np.maximum(back, 0.5), draws - back + 1), 0.0)
        high = np.where(back < draws, beta.ppf(1 - OPEN / 2, back + 1, np.maximum(draws - back, 0.5)), 1.0)
        ahead = range(1, len(d.years) + 1)
        money = [d.running(label, k, rate) for k in ahead]
        early = [answer.sharpening and Standing.of(f, True) is Standing.PROVISIONAL for f in money]
        lost = [
            soon or drowned(f, municipal_programmes(d, k, rate), draws)
            for k, f, soon in zip(ahead, money, early, strict=True)
        ]
        rows.append(
            pd.DataFrame(
                {
                    "line": name,
                    "year": d.years,
                    "back": back.astype(int),
                    "draws": draws,
                    "chance": np.where(lost, np.nan, (back + 0.5) / (draws + 1)),
                    "low": np.where(lost, np.nan, low),
                    "high": np.where(lost, np.nan, high),
                    "early": early,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def chart(data: pd.DataFrame, cells: list[str], draws: int) -> alt.LayerChart:
    """Return the curve of both ways of counting, each with its band. cells: the chances in words."""
    names = {name: t(f"doubt_line_{name}") for name in LINES}
    data = data.assign(line=data["line"].map(names))
    x = alt.X(
        "year:Q",
        title=t("year"),
        scale=alt.Scale(zero=False, nice=False),
        axis=alt.Axis(format="d", tickMinStep=1, grid=False),
    )
    percent = alt.Axis(format=".0%", title=None, tickCount=5)
    y = alt.Y("chance:Q", axis=percent, scale=alt.Scale(domain=[0, 1]))
    legend = alt.Legend(
        orient="bottom",
        title=None,
        columns=1,
        labelLimit=320,
        symbolType="stroke",
        symbolSize=600,
        symbolStrokeWidth=3,
        symbolOpacity=1.0,
    )
    domain = list(names.values())
    colour = alt.Color("line:N", scale=alt.Scale(domain=domain, range=charts.COLOURS[:2]), legend=legend)
    dash = alt.StrokeDash("line:N", scale=alt.Scale(domain=domain, range=charts.DASHES[:2]), legend=legend)
    base = alt.Chart(data)
    band = base.mark_area(opacity=0.14).encode(x=x, y=alt.Y("low:Q", axis=percent), y2="high:Q", color=colour)
    line = base.mark_line(strokeWidth=3).encode(x=x, y=y, color=colour, strokeDash=dash)
    half = (
        alt.Chart(pd.DataFrame({"y": [0.5]})).mark_rule(color=charts.GREY, strokeDash=[4, 4]).encode(y="y:Q")
    )
    years = len(data) // len(LINES)
    last = zip(domain, cells[years - 1 :: years], strict=True)
    ends = "; ".join(f"{name}: {chance}" for name, chance in last)
    made = (
        alt.layer(half, band, line)
        .properties(height=380, description=t("doubt_chance_alt", draws=draws, ends=ends))
    )
    return charts.dressed(made, language())
