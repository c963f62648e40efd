"""Whether a study is worth its price: the decision now, what findings would change, and net worth by size."""

from __future__ import annotations

from typing import NamedTuple

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from pages.look import charts, formats
from pages.look.texts import language, t, writing
from pages.shared import parts
from sim.decision.design import Design
from sim.decision.dossier import ENOUGH
from sim.decision.learning import SIZES, Beliefs, by_size, decisions, worth
from sim.decision.sample import Question
from sim.decision.study import StudyWorth
from sim.inputs.scenario import Scenario

LEVELS = tuple(range(0, 200_001, 20_000))
"""Euros for a child-year at which the sentence about its worth is tried."""
HEIGHT = 300
LINES = ("worth", "price", "net")


class Asked(NamedTuple):
    """A study that is asked about."""

    found: Beliefs
    design: Design
    willingness: float
    municipalities: int
    scenarios: tuple[Scenario, Scenario]

    @property
    def decisions(self) -> float:
        """Return how many decisions of this size are taken."""
        return decisions(Question(self.scenarios), self.municipalities)


def answer(asked: Asked) -> StudyWorth:
    """Return what the study is worth."""
    return worth(asked.found, asked.design, asked.willingness, asked.decisions)


def net(asked: Asked) -> float:
    """Return what is left of its worth after its price."""
    return answer(asked).net


def firm(found: Beliefs) -> bool:
    """Tell whether there are children and draws enough to say anything, and say so where there are not."""
    if not found.luck_known:
        st.info(t("few_children"))
        return False
    if found.accuracy is None:
        st.info(t("study_few", draws=formats.count(found.simulated), enough=ENOUGH))
    return found.accuracy is not None


def can_learn(found: Beliefs) -> bool:
    """Tell whether the effect that a study would measure is uncertain, and say so where it is given."""
    open_to_study = float(np.ptp(found.ratio)) > 0.0
    if not open_to_study:
        st.info(t("study_given", full=t("effect_full")))
    return open_to_study


def now(found: Beliefs, willingness: float, years: int) -> None:
    """Show which choice is best now, by how much, and how often the other is."""
    st.header(t("study_now"))
    nb = found.net_benefit(willingness)[:, 1]
    best = found.now(willingness)
    wrong = float((nb > 0).mean() if best == 0 else (nb <= 0).mean())
    said = [
        t(f"study_now_{'other' if best else 'reference'}", better=formats.money(abs(float(nb.mean()))),
          years=years, wrong=writing().chance(wrong, found.simulated))
    ]  # fmt: skip
    if wrong > 0.5:
        said.append(t("study_now_lifted"))
    st.markdown(" ".join(said))


def pays(asked: Asked, reference: str) -> None:
    """Show whether the study is worth its price, for whom, and at which size and worth of a child-year."""
    st.header(t("study_pays"))
    found = answer(asked)
    clear = found.one.value > 0.0 and found.one.value >= 2.0 * found.one.se
    if not clear:
        st.markdown("### " + t("study_nothing"))
    else:
        alone = asked.municipalities == 1
        said = ("study_no_alone", "study_yes_alone") if alone else ("study_no", "study_yes")
        towns = formats.count(asked.municipalities)
        st.markdown("### " + t(said[found.net > 0], net=formats.money(abs(found.net)), towns=towns))
        chance = writing().chance(found.chance, asked.found.simulated)
        st.markdown(t("study_chance", chance=chance))
    st.table(_rows(asked, found, clear).map(parts.breakable), hide_index=True)
    price = asked.found.price(asked.design)
    parts.note(
        t("study_price_of", lead=formats.money(price.lead), measuring=formats.money(price.measuring),
          work=formats.money(price.work))
    )  # fmt: skip
    curve = curve_of(asked)
    best = int(curve["net"].to_numpy().argmax())
    if (left := float(curve["net"][best])) > 0:
        st.markdown(t("study_best", size=formats.count(SIZES[best]), net=formats.money(left)))
    st.markdown(_between(asked))
    _chart(asked, curve, reference)


def _rows(asked: Asked, found: StudyWorth, clear: bool) -> pd.DataFrame:
    towns, here = formats.count(asked.municipalities), found.one.value * found.later
    rows = [
        (t("study_row_here"), at_least(found, here) if clear else t("too_small")),
        (t("study_row_all", towns=towns), at_least(found, found.all_of_them) if clear else t("too_small")),
        (t("study_row_price"), formats.money(found.price)),
        (t("study_row_net" if found.net >= 0 else "study_row_short"), formats.money(abs(found.net))),
        (t("study_row_most"), formats.money(found.most.value)),
    ]  # fmt: skip
    if asked.municipalities == 1:
        del rows[1]
    return pd.DataFrame(rows, columns=[t("study_col_what"), t("study_col_amount")])


def at_least(found: StudyWorth, euros: float) -> str:
    """Return an amount, and that it is more where the regression behind it missed something."""
    amount = formats.money(euros)
    return t("study_more_than", amount=amount) if found.one.missed else amount


def _signed(euros: float) -> str:
    """Return what is left, or what is short, in words."""
    return t("study_left" if euros >= 0 else "study_short", amount=formats.money(abs(euros)))


def curve_of(asked: Asked) -> pd.DataFrame:
    """Return worth, price and what is left of a study by its number of neighbourhoods, euros."""
    found = by_size(asked.found, asked.design, asked.willingness, asked.decisions)
    rows = [(size, one.chance, one.all_of_them, one.price, one.net) for size, one in found]
    return pd.DataFrame(rows, columns=["size", "chance", *LINES])


def _between(asked: Asked) -> str:
    """Return at which worth of a child-year the study is worth its price."""
    pay = [level for level in LEVELS if net(asked._replace(willingness=float(level))) > 0]
    if not pay:
        return t("study_never")
    low, high = (formats.euros(level) for level in (pay[0], pay[-1]))
    return t("study_from" if pay[-1] == LEVELS[-1] else "study_between", low=low, high=high)


def _chart(asked: Asked, curve: pd.DataFrame, reference: str) -> None:
    names = {line: t(f"study_line_{line}") for line in LINES}
    long = curve.melt("size", list(LINES), "line", "euros")
    long = long.assign(line=long["line"].map(names), millions=long["euros"] / 1e6)
    domain = list(names.values())
    legend = alt.Legend(
        orient="bottom", title=None, columns=1, labelLimit=320, symbolType="stroke", symbolSize=600,
        symbolStrokeWidth=3, symbolOpacity=1.0,
    )  # fmt: skip
    x = alt.X("size:Q", title=t("study_axis_size"), scale=alt.Scale(type="log", nice=False),
              axis=alt.Axis(values=list(SIZES), grid=False, labelOverlap=True, format="d"))  # fmt: skip
    unit = alt.Axis(
        title=t("study_axis"), titleAngle=0, titleAlign="left", titleAnchor="start", titleX=0, titleY=-22
    )
    y = alt.Y("millions:Q", axis=unit)
    lines = alt.Chart(long).mark_line(strokeWidth=3).encode(
        x=x, y=y,
        color=alt.Color("line:N", scale=alt.Scale(domain=domain, range=charts.COLOURS[:3]), legend=legend),
        strokeDash=alt.StrokeDash("line:N", scale=alt.Scale(domain=domain, range=charts.DASHES[:3]),
                                  legend=legend),
        tooltip=[alt.Tooltip("line:N", title=t("study_col_what")),
                 alt.Tooltip("size:Q", title=t("study_axis_size"), format="d"),
                 alt.Tooltip("millions:Q", title=t("study_axis"), format=",.1f")],
    )  # fmt: skip
    zero = alt.Chart(pd.DataFrame({"y": [0.0]})).mark_rule(color="#444").encode(y="y:Q")
    here = alt.Chart(pd.DataFrame({"size": [asked.design.neighbourhoods]})).mark_rule(
        color=charts.GREY, strokeDash=[4, 4]
    ).encode(x="size:Q")  # fmt: skip
    told = "; ".join(
        t("study_alt_row", size=formats.count(row["size"]), net=_signed(row["net"]))
        for row in curve.to_dict("records")
    )
    made = (
        alt.layer(zero, here, lines)
        .properties(height=HEIGHT + charts.LINE_HEIGHT * 3, description=t("study_alt", rows=told),
                    padding={"top": 8, "right": 16})
    )  # fmt: skip
    rows = [
        (formats.count(row["size"]), *(formats.millions(row[line]) for line in LINES))
        for row in curve.to_dict("records")
    ]
    shown = pd.DataFrame(rows, columns=[t("study_col_size"), *names.values()])
    in_millions = curve.assign(**{line: curve[line] / 1e6 for line in LINES})
    data = in_millions.set_axis([t("study_axis_size"), t("study_col_chance"), *names.values()], axis=1)
    drawn = charts.titled(
        charts.dressed(made, language()), t("study_chart", name=asked.scenarios[0].municipality)
    )
    parts.picture(drawn, shown.map(parts.breakable), data, "welk-onderzoek-loont", reference)


def grounds(found: Beliefs) -> None:
    """Say on how many draws all of this rests, and how good the emulator is."""
    assert found.accuracy is not None
    parts.note(
        t("study_emulated", draws=formats.count(found.simulated), drawn=formats.count(len(found.costs)),
          cost=formats.percent(found.accuracy[0]), need=formats.percent(found.accuracy[1]))
    )  # fmt: skip
