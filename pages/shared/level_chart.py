"""Use and cost themselves: what was measured, the model beside it, and every budget after the start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from pages.background import figures
from pages.background.answers import Answer
from pages.background.desk import CHILDREN, SEED
from pages.choices.chosen import Choices, profile
from pages.look import charts, formats
from pages.look.charts import DASHES, DATA, GREY, HEIGHT, INK, LINE_HEIGHT, Series
from pages.look.texts import language, t, writing
from pages.shared import parts
from pages.shared.watching import errand
from sim.decision.firm import luck_known
from sim.decision.level_by_year import MONEY_PARTS, level_by_year, money_by_year
from sim.inputs.library import registry
from sim.inputs.municipality import municipality_from_dict
from sim.inputs.observed import Observation, inhabitants, users_beside_country
from sim.inputs.scenario import Scenario
from sim.progress import Tell
from sim.runs.experiment import Options
from sim.runs.past import Past, kept_past
from sim.runs.threads import run_threads
from sim.states import AGES
from sim.words.money_words import money_words

ENDS = "ends"
"""What the data of the bars beside the last year are called."""
SAME = 0.01
"""Lines that differ by less than this share lie on each other on a chart that begins at zero."""
MISSED = 0.15
"""A model that is off by more than this share of what was counted here says so, beside its chart."""
BESIDE = 0.6
"""Years between the bars of two budgets, to the right of the last year."""
Ends = tuple[float, float]


@dataclass(frozen=True)
class LevelLines:
    """What a chart of levels shows. budgets: the reference first; others may be empty.

    observed, country: (year, value, provisional); country: what the country's figures would be here. own:
    what the municipality itself counted, of jeugdhulp. middle: of each budget, between what half of the
    computations of its last year lie, where its range may be shown. title: what is drawn, of whom.
    euros: of money, of whom and in which euros it is.
    """

    what: str
    budgets: tuple[Series, ...]
    observed: tuple[Observation, ...] = ()
    country: tuple[Observation, ...] = ()
    past: Past | None = None
    own: tuple[Observation, ...] = ()
    middle: tuple[Ends | None, ...] = ()
    title: str = ""
    euros: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """Return in what values are counted."""
        return t(f"unit_level_{self.what}")


def show(
    answer: Answer, names: Sequence[str], what: str, chosen: Choices, reference: str,
    table: parts.Unfolding = st.expander,
) -> None:  # fmt: skip
    """Show the level of every budget of an answer, the reference first, with what was measured.

    table: see `parts.below`.
    """
    found = lines_of(answer, names, what, chosen)
    if what != "users" or not luck_known(answer.runs):  # of too few children the past cannot be told either
        _plot(found, chosen, reference, table)
        return
    first = answer.scenarios[0]
    errand(
        ("past", first.municipality, first.canonical_sha256(), repr(answer.children)),
        lambda tell: _past(first, tell),
        lambda past: _plot(replace(found, past=past), chosen, reference, table),
        slot="past",
    )


def _past(scenario: Scenario, tell: Tell) -> Past:
    with run_threads() as pool:
        return kept_past(scenario, Options(children=CHILDREN, seed=SEED), pool, tell)


def lines_of(answer: Answer, names: Sequence[str], what: str, chosen: Choices) -> LevelLines:
    """Return what is shown of an answer's budgets."""
    first, people = answer.scenarios[0], inhabitants(chosen.municipality)
    years, view = tuple(range(first.start, first.start + first.years)), chosen.money_view
    head = what == "money" and view.by_head(people)
    unit = 1e6 if what == "money" and not head else 1.0
    budgets, middle = [], []
    for k, name in enumerate(figures.distinct(names)):
        if what == "money":
            by_year = money_by_year(answer.runs, k, view, first, people)
        else:
            by_year = level_by_year(answer.runs, k, what)
        one = charts.series_of(by_year, years, name, answer.sharpening, unit)
        budgets.append(one)
        ends = by_year[-1].quartiles if one.low is not None and np.isfinite(one.low[-1]) else None
        middle.append(ends and (ends[0] / unit, ends[1] / unit))
    kind = MONEY_PARTS[view.money] if what == "money" else what
    title = t(f"title_level_{kind}", name=chosen.municipality)
    found = LevelLines("head" if head else what, tuple(budgets), middle=tuple(middle), title=title)
    if what == "money":
        named = parts.plain(chosen.municipality)
        return replace(found, euros=tuple(money_words(view, people, first.inflation, named, writing())))
    if what != "users":
        return found
    observed, country = users_beside_country(profile(chosen))
    return replace(found, observed=observed, country=country, own=_counted_here(chosen))


def _counted_here(chosen: Choices) -> tuple[Observation, ...]:
    """Return figures of one's own of youths of every age; those of under-18s alone are no such line."""
    if chosen.own_data is None:
        return ()
    figures = municipality_from_dict(chosen.own_data, registry())
    return tuple(
        Observation(use.year, use.youths, False, use.source or figures.source)
        for use in figures.uses
        if use.last_age == AGES - 1
    )


def _plot(found: LevelLines, chosen: Choices, reference: str, table: parts.Unfolding = st.expander) -> None:
    parts.draw(chart(found))
    parts.note(_open_band(found))
    parts.note(_missed(found))
    with st.container(key=f"on-screen-{found.what}"):  # what to choose is of no use on paper
        parts.note(_lying_together(found))
    data = frame(found)
    shown = data.assign(
        **{
            "value": [_written(value, found) for value in data["value"]],
            **{end: ["" if pd.isna(x) else _written(x, found) for x in data[end]] for end in ("low", "high")},
        },
        year=data["year"].astype(str),
        name=data["name"].map(lambda name: parts.breakable(parts.plain(name))),
    )
    named = {
        "name": t("scenario"), "year": t("year"), "value": t("middle"), "low": t("low"), "high": t("high"),
    }  # fmt: skip
    data = data.assign(**{t("csv_unit"): found.unit})
    shown, data = (table.rename(columns=named) for table in (shown, data))
    parts.below(shown, data, f"niveau-{found.what}", reference, _sources(found, chosen), table)


def _written(value: float, found: LevelLines) -> str:
    """Return a value as people write it, without its unit, or that it cannot be told."""
    return formats.millions(value * 1e6) if found.what == "money" else formats.count(value)


def _open_band(found: LevelLines) -> str:
    """Return why there is no band, where there is none; what it is stands with the table."""
    return charts.band_words(found.budgets) if found.budgets[0].low is None else ""


def _missed(found: LevelLines) -> str:
    """Return that the model is far from what was counted here in the last year of both, or nothing."""
    if found.past is None:
        return ""
    lived = dict(zip(found.past.years, found.past.users.tolist(), strict=True))
    both = [one for one in found.observed if one.year in lived]
    if not both or abs(lived[both[-1].year] - both[-1].value) <= MISSED * both[-1].value:
        return ""
    model, counted = lived[both[-1].year], both[-1].value
    way = "high" if model > counted else "low"
    numbers = {"counted": formats.count(counted), "model": formats.count(model)}
    return t(f"level_missed_{way}", year=both[-1].year, **numbers)


def _lying_together(found: LevelLines) -> str:
    """Return that lines lie on each other where they do, or nothing."""
    means = np.stack([one.mean for one in found.budgets])
    if len(found.budgets) < 2 or any(any(one.marks) for one in found.budgets) or not means[0].all():
        return ""
    apart = float(np.abs(means[1:] / means[0] - 1.0).max())
    return t("level_close", share=formats.percent(SAME)) if apart < SAME else ""


def _sources(found: LevelLines, chosen: Choices) -> str:
    told = [t("level_band")] if found.budgets[0].low is not None else []
    told += [t("level_money")] if found.what in ("money", "head") else []
    told += found.euros
    if found.country:
        words = "level_country_own" if found.observed else "level_country"
        told.append(t(words, name=parts.plain(chosen.municipality)))
    if found.observed:
        told.append(t("level_observed"))
    if found.own:
        told.append(t("level_own_note"))
    return " ".join(told)


def frame(found: LevelLines) -> pd.DataFrame:
    """Return every line as a long table: name, year, value, low, high."""
    rows: list[tuple[str, int, float, float, float]] = []
    named = (
        (t("level_measured"), found.observed),
        (t("level_own"), found.own),
        (t("level_as_country"), found.country),
    )
    for name, observed in named:
        rows += [(name, each.year, each.value, np.nan, np.nan) for each in observed]
    if found.past is not None:
        past = zip(found.past.years, found.past.users.tolist(), strict=True)
        rows += [(t("level_model"), year, value, np.nan, np.nan) for year, value in past]
    for one in found.budgets:
        nothing = np.full(len(one.years), np.nan)
        low, high = (nothing if end is None else end for end in (one.low, one.high))
        rows += zip([one.name] * len(one.years), one.years, one.mean, low, high, strict=True)
    return pd.DataFrame(rows, columns=["name", "year", "value", "low", "high"])


def chart(found: LevelLines) -> dict[str, Any]:
    """Return the Vega-Lite chart with its data, from zero, with what was measured before the start."""
    data = frame(found)
    first, last = found.budgets[0].years[0], int(data["year"].max())
    begins = int(data["year"].min())
    budgets = [one.name for one in found.budgets]
    others = tuple(name for name in dict.fromkeys(data["name"]) if name not in budgets)
    digits = ",.1f" if found.what == "money" else ",.0f"
    drawn = charts.with_names(
        _drawn(others, len(budgets), found.unit, (begins, first, last), digits, language()), budgets
    )
    provisional = {each.year for each in found.observed if each.provisional}
    data["dot"] = data["name"] == t("level_measured")
    data["own"] = data["name"] == t("level_own")
    data["open"] = data["dot"] & data["year"].isin(provisional)
    data["banded"] = (data["name"] == budgets[0]) & data["low"].notna()
    records = charts.records(data)
    datasets = {**drawn.get("datasets", {}), DATA: records, ENDS: _ends(found)}
    return charts.titled(
        {**drawn, "datasets": datasets, "description": description(found)}, found.title
    )


def _ends(found: LevelLines) -> list[dict[str, Any]]:
    """Return of each budget with a range what its bar shows, beside the last year."""
    return [
        {
            "name": one.name, "at": one.years[-1] + BESIDE * k, "low": float(one.low[-1]),
            "high": float(one.high[-1]), "from": ends[0], "to": ends[1], "value": float(one.mean[-1]),
        }
        for k, (one, ends) in enumerate(zip(found.budgets, found.middle, strict=True), 1)
        if ends and one.low is not None and one.high is not None
    ]  # fmt: skip


def description(found: LevelLines) -> str:
    """Return what the chart shows, for those who do not see it."""
    unit = found.unit
    lines = "; ".join(
        t("alt_line", name=one.name, unit=unit, first=_written(float(one.mean[0]), found),
          last=_written(float(one.mean[-1]), found))
        for one in found.budgets
    )  # fmt: skip
    years = found.budgets[0].years
    return t("alt", what=t(f"level_{found.what}"), year0=years[0], year1=years[-1], lines=lines)


@lru_cache(maxsize=128)
def _drawn(
    others: tuple[str, ...],
    number: int,
    unit: str,
    years: tuple[int, int, int],
    digits: str,
    spoken: str,
) -> dict[str, Any]:
    """Return a chart without its data and the names of so many budgets; others: the lines before them.

    years: the first, the start and the last.
    """
    begins, start, last = years
    budgets = charts.places(number)
    names = others + budgets
    looks = {
        t("level_measured"): (INK, [1, 0]), t("level_own"): (INK, [8, 3, 2, 3]),
        t("level_as_country"): (GREY, [6, 4]), t("level_model"): (INK, [2, 3]),
    } | {name: (charts.COLOURS[k], DASHES[k]) for k, name in enumerate(budgets)}  # fmt: skip
    x = alt.X(
        "year:Q", title=t("year"), scale=alt.Scale(domain=[begins, last], nice=False),
        axis=alt.Axis(
            format="d", tickMinStep=1, tickCount=6, grid=False, labelOverlap="parity", labelSeparation=12
        ),
    )  # fmt: skip
    y = alt.Axis(title=unit, titleAngle=0, titleAlign="left", titleAnchor="start", titleX=0, titleY=-22)
    legend = alt.Legend(
        orient="bottom", title=None, columns=1, labelLimit=320, symbolType="stroke", symbolSize=600,
        symbolStrokeWidth=3, symbolOpacity=1.0,
    )  # fmt: skip
    colour = alt.Color(
        "name:N", legend=legend,
        scale=alt.Scale(domain=names, range=[looks[name][0] for name in names]),
    )  # fmt: skip
    dash = alt.StrokeDash(
        "name:N", legend=legend,
        scale=alt.Scale(domain=names, range=[looks[name][1] for name in names]),
    )  # fmt: skip
    value = alt.Y("value:Q", axis=y, scale=alt.Scale(zero=True))
    base = alt.Chart(alt.NamedData(DATA))
    tip = [alt.Tooltip("name:N", title=t("scenario")), alt.Tooltip("year:Q", title=t("year"), format="d"),
           alt.Tooltip("value:Q", title=t("middle"), format=digits)]  # fmt: skip
    layers: list[alt.Chart] = [
        base.transform_filter("datum.banded")
        .mark_area(opacity=0.18, color=charts.COLOURS[0], aria=False)
        .encode(x=x, y=alt.Y("low:Q", axis=y), y2="high:Q"),
        base.mark_line(strokeWidth=2.5).encode(x=x, y=value, color=colour, strokeDash=dash, tooltip=tip),
        base.transform_filter("datum.dot && !datum.open")
        .mark_point(filled=True, size=55, opacity=1, color=INK, aria=False)
        .encode(x=x, y=value, tooltip=tip),
        base.transform_filter("datum.open")
        .mark_point(filled=True, size=55, opacity=1, color="white", stroke=INK, strokeWidth=2, aria=False)
        .encode(x=x, y=value, tooltip=tip),
    ]
    if t("level_own") in names:
        layers.append(
            base.transform_filter("datum.own")
            .mark_point(filled=True, size=90, opacity=1, color=INK, shape="diamond", aria=False)
            .encode(x=x, y=value, tooltip=tip)
        )
    layers += _bars(colour, (begins, last), y)
    if begins < start:
        layers += _now(start, x)
    made = alt.layer(*layers).properties(
        height=HEIGHT + LINE_HEIGHT * len(names), padding={"top": 8, "right": 16}
    )
    drawn: dict[str, Any] = charts.dressed(made, spoken).to_dict()
    return drawn


def _bars(colour: alt.Color, years: tuple[int, int], y: alt.Axis) -> list[alt.Chart]:
    """Return a bar of each budget beside its last year: nine in ten computations, half of them, the mean.

    People read a band that widens as growth, and bands on each other as one; bars stand apart.
    """
    at = alt.X("at:Q", scale=alt.Scale(domain=list(years), nice=False))
    base = alt.Chart(alt.NamedData(ENDS)).encode(x=at, color=colour)
    return [
        base.mark_rule(strokeWidth=2).encode(y=alt.Y("low:Q", axis=y), y2="high:Q"),
        base.mark_rule(strokeWidth=6).encode(y=alt.Y("from:Q", axis=y), y2="to:Q"),
        base.mark_point(filled=True, size=75, opacity=1, stroke="white", strokeWidth=1.5)
        .encode(y=alt.Y("value:Q", axis=y)),
    ]


def _now(start: int, x: alt.X) -> list[alt.Chart]:
    """Return a line at the start, with what is left and right of it."""
    data = pd.DataFrame({"year": [start - 0.5]})
    rule = alt.Chart(data).mark_rule(color=GREY, strokeDash=[4, 4]).encode(x=x)
    before = alt.Chart(data.assign(text=t("level_before"))).mark_text(
        align="right", dx=-6, dy=-4, baseline="bottom", fontSize=13, color=INK
    )
    after = alt.Chart(data.assign(text=t("level_after"))).mark_text(
        align="left", dx=6, dy=-4, baseline="bottom", fontSize=13, color=INK
    )
    return [rule, *(words.encode(x=x, y=alt.value(0), text="text:N") for words in (before, after))]
