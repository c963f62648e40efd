"""When the budget in hand is quitte: the chance over what child work prevents and how many come, as a map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from pages.background.answers import key_of
from pages.background.desk import CHILDREN, DRAWS, SEED, desk
from pages.choices.plan import CHILD_WORK
from pages.choices.state import choices
from pages.look import charts, formats
from pages.look.texts import language, t, writing
from pages.shared import parts
from pages.shared.watching import errand
from sim.decision.breakeven import EFFECT, REACH, BreakEvenMap, break_even_map, grid
from sim.decision.firm import ENOUGH_DRAWS
from sim.decision.goal import Goal
from sim.decision.sample import Question
from sim.decision.thresholds import Threshold
from sim.inputs.scenario import Scenario
from sim.progress import Progress, Tell
from sim.runs.experiment import Options, Run
from sim.runs.threads import run_threads

SEARCH = max(DRAWS // 2, ENOUGH_DRAWS)
"""Draws behind the map: never fewer than a chance rests on."""
LINES = (0.1, 0.5, 0.9)
"""Chances at which a line is drawn."""
FINE, TABLE = 40, 4
BYTES = 1 << 18
HEIGHT = 300


def show(both: Sequence[Scenario], ahead: int, reference: str, sure: float = 0.5) -> None:
    """Show the map for the money of the municipality over `ahead` years, once all of its runs are there.

    sure: the chance that the sentence above it asks for.
    """
    if not has_workers(both[1]):
        st.markdown(t("even_no_work"))
        return
    first = both[0]
    goal = Goal(first.start + ahead - 1, measure="cost", rate=first.discount_rate, probability=sure)
    errand(
        key_of(both, "break-even", CHILDREN, SEARCH), lambda tell: find(both, tell),
        lambda found: drawn(found, goal, reference), slot="break-even", size=BYTES,
        words=lambda _: t("even_doing"),
    )  # fmt: skip


def has_workers(scenario: Scenario) -> bool:
    """Tell whether a scenario has child work in any year."""
    use = scenario.programmes.get(CHILD_WORK)
    return use is not None and any(use.fte_by_year(scenario.start, scenario.years))


def find(both: Sequence[Scenario], tell: Tell) -> Iterator[BreakEvenMap | None]:
    """Yield nothing after each draw, so that others have their turn, and the map after the last."""
    question = Question(tuple(both), Options(children=CHILDREN, seed=SEED))
    places, runs = grid(question), list[Run]()
    with run_threads() as pool:
        for draw in range(1, SEARCH + 1):

            def heard(now: Progress, done: int = draw - 1) -> None:
                tell(now.at(done + now.share, SEARCH))

            runs.append(desk().lives.run(places.scenarios, question.options, draw, pool, heard))
            yield None
    yield break_even_map(question, places, runs)


def drawn(found: BreakEvenMap, goal: Goal, reference: str) -> None:
    """Show what must be true in sentences, the map, and its table."""
    needs = [found.threshold(quantity, goal) for quantity in (EFFECT, REACH)]
    told = [sentence(x, found.now[1 - k], found.draws) for k, x in enumerate(needs)]
    st.markdown(" ".join([_lead(goal, found.years[0]), *told]))
    lines = lines_of(found, goal)
    effects = np.linspace(found.effects[0], found.effects[-1], TABLE)
    reaches = np.geomspace(found.reaches[0], found.reaches[-1], TABLE)
    chances = found.chance(goal, effects, reaches)
    if lines.empty:
        st.markdown(t("even_nowhere", chance=writing().chance(float(chances.max()), found.draws)))
    names = [t("even_effect"), t("even_reach"), t("row_chance")]
    rows = [(e, r, chances[j, k]) for k, r in enumerate(reaches) for j, e in enumerate(effects)]
    data = pd.DataFrame(rows, columns=names)
    shown = pd.DataFrame(  # a row for each place: a column for each effect does not fit on a phone
        [(_percent(e), formats.count(r), writing().chance(float(c), found.draws)) for e, r, c in rows],
        columns=names,
    )
    title = t("even_chart", year=goal.year, name=choices().municipality)
    parts.draw(charts.titled(chart(found, lines), title))
    notes = f"{t('even_note', draws=found.draws)} {t('even_table')}"
    parts.below(shown, data, f"quitte-{goal.year}", reference, notes)


def _lead(goal: Goal, start: int) -> str:
    words = {"years": goal.year - start + 1, "year": goal.year, "sure": formats.percent(goal.probability)}
    return t("even_lead", **words)


def sentence(x: Threshold, other: float, draws: int) -> str:
    """Return what must be true of one of the two, the other being what it is now."""
    effect = x.name == EFFECT.name
    write, write_other = (_percent, formats.count) if effect else (formats.count, _percent)
    told = {"now": write(x.now), "other": write_other(other)}
    if x.always:
        return t(f"even_{x.name}_always", **told)
    if x.value is None:
        chance = writing().chance(x.chance, draws)
        return t(f"even_{x.name}_never", most=write(x.most), chance=chance, **told)
    return t(f"even_{x.name}_needed", value=write(x.value), **told)


def _percent(value: float) -> str:
    return f"{writing().number(value, 0)}%"


def lines_of(found: BreakEvenMap, goal: Goal) -> pd.DataFrame:
    """Return the least effect at each reach for the chance of each line; none where no line has one."""
    reaches = np.geomspace(found.reaches[0], found.reaches[-1], FINE)
    rows = [
        (chance, reach, effect)
        for chance in LINES
        for reach, effect in zip(reaches, found.line(replace(goal, probability=chance), reaches), strict=True)
        if not np.isnan(effect)
    ]
    return pd.DataFrame(rows, columns=["chance", "reach", "effect"])


def chart(found: BreakEvenMap, lines: pd.DataFrame) -> dict[str, Any]:
    """Return the map: lines of equal chance, and what is assumed here with its range."""
    (left, right), (low, high) = (
        np.clip(ends, places[0], places[-1])
        for ends, places in zip(found.assumed, (found.effects, found.reaches), strict=True)
    )
    x = alt.X(
        "effect:Q", scale=alt.Scale(domain=[found.effects[0], found.effects[-1]], nice=False),
        axis=alt.Axis(title=t("even_effect"), grid=False, tickCount=5, titleLimit=320),
    )  # fmt: skip
    y = alt.Y(
        "reach:Q", scale=alt.Scale(type="log", domain=[found.reaches[0], found.reaches[-1]], nice=False),
        axis=alt.Axis(
            title=t("even_reach"), values=[20, 50, 100, 200, 500], grid=False, format=",.0f", titleAngle=0,
            titleAlign="left", titleAnchor="start", titleX=0, titleY=-22,
        ),
    )  # fmt: skip
    named = {chance: t("even_line", chance=formats.percent(chance)) for chance in LINES}
    told = lines.assign(line=lines["chance"].map(named))
    legend = alt.Legend(orient="bottom", title=None, columns=1, labelLimit=320, symbolType="stroke",
                        symbolSize=600, symbolStrokeWidth=3, symbolOpacity=1.0)  # fmt: skip
    domain = list(named.values())
    colour = alt.Color("line:N", legend=legend, scale=alt.Scale(domain=domain, range=charts.COLOURS[:3]))
    dash = alt.StrokeDash(
        "line:N", legend=legend, scale=alt.Scale(domain=domain, range=[[2, 2], [1, 0], [8, 4]])
    )
    over = alt.Chart(told).transform_filter("datum.chance == 0.9").mark_area(
        orient="horizontal", opacity=0.15, color=charts.COLOURS[2], aria=False
    ).encode(x=x, x2=alt.datum(float(found.effects[-1])), y=y)
    drawn_lines = alt.Chart(told).mark_line(strokeWidth=3).encode(
        x=x, y=y, color=colour, strokeDash=dash, order="reach:Q"
    )
    box = pd.DataFrame([{"effect": left, "until": right, "reach": low, "top": high}])
    around = alt.Chart(box).mark_rect(
        fillOpacity=0.0, stroke=charts.INK, strokeDash=[2, 3], strokeWidth=1.5
    ).encode(x=x, x2="until:Q", y=y, y2="top:Q")
    here = pd.DataFrame([{"effect": found.now[0], "reach": found.now[1], "words": t("even_here")}])
    point = alt.Chart(here).mark_point(
        shape="cross", size=160, filled=True, opacity=1, color=charts.INK
    ).encode(x=x, y=y)
    words = alt.Chart(here).mark_text(
        align="left", dx=10, dy=-10, fontSize=13, color=charts.INK
    ).encode(x=x, y=y, text="words:N")
    layers = [over, drawn_lines] if not lines.empty else []
    height = HEIGHT + (3 * charts.LINE_HEIGHT if layers else 0)
    made = alt.layer(*layers, around, point, words).properties(
        height=height, padding={"top": 8, "right": 16}, description=_described(found, lines)
    )
    spec: dict[str, Any] = charts.dressed(made, language()).to_dict()
    return spec


def _described(found: BreakEvenMap, lines: pd.DataFrame) -> str:
    half = lines.loc[lines["chance"] == LINES[1], ["effect", "reach"]].to_numpy()
    ends = "; ".join(
        t("even_alt_end", effect=formats.count(effect), reach=formats.count(reach))
        for effect, reach in half[[0, -1]].tolist()
    ) if len(half) else t("even_alt_none")  # fmt: skip
    return t("even_alt", effect=formats.count(found.now[0]), reach=formats.count(found.now[1]), ends=ends)
