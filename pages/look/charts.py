"""Charts: one line a scenario, a band where there are draws, marks at 4, 10 and 20 years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from textwrap import wrap
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd
from babel.lists import format_list
from numpy.typing import NDArray

from pages.look import formats
from pages.look.texts import language, t, writing
from sim.decision.comparison import MUNICIPAL, Difference, Figure
from sim.decision.firm import Standing, has_range, told_value
from sim.decision.headline import HORIZONS, UNMET, USERS

# Okabe and Ito: distinguished by colour-blind eyes; darkened where the original is below 3 to 1 on white
COLOURS = ("#0072B2", "#B85000", "#007A5A", "#A3508A", "#7A6A00", "#7B1E3A")
DASHES = ([1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [12, 4], [3, 3, 9, 3])
INK, GREY = "#1d2730", "#5b6770"
HEIGHT, LINE_HEIGHT = 340, 24
TITLE_WIDTH, TITLE_LINE = 42, 20
"""Characters of a title on one line of a phone, and the pixels that a line takes."""
SILENT = ("axis", "legend", "mark", "title")
"""Parts of which the browser would tell a screen reader in English what they are."""
CROWDED = 25
"""Years from which the words of the first two marks would stand in each other on a phone."""
SHOWN = {"money": MUNICIPAL, "users": USERS, "unmet": UNMET}
MILLIONS = ("money", "paid", "beyond")
"""What is shown in millions of euros: the balance added up, money by year, rough values by year."""
FTE = "fte"
"""What a chart shows that is no difference: workers at work."""
NUMBERS = {
    "nl": alt.NumberLocale(decimal=",", thousands=".", grouping=[3], currency=["€ ", ""]),
    "en": alt.NumberLocale(decimal=".", thousands=",", grouping=[3], currency=["€ ", ""]),
}
DATA = "series"
"""What the data of a chart are called in it."""
_PLACE = "\0"
"""Begins what stands for a name, and no name: names are texts of users, who cannot type it."""
Frame = pd.DataFrame
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """What a chart and its table show of one scenario, by year.

    low, high: NaN in years without a range to show, None where no year has one. provisional: by year; none is
    where it is empty.
    """

    name: str
    years: tuple[int, ...]
    mean: Floats
    low: Floats | None
    high: Floats | None
    provisional: tuple[bool, ...] = ()

    @property
    def marks(self) -> tuple[bool, ...]:
        """Tell of every year whether its figure is provisional."""
        return self.provisional or (False,) * len(self.years)

    def in_words(self, value: str, year: int) -> str:
        """Return a text of a year, by its position, marked where its figure is provisional."""
        return writing().provisional(value, self.marks[year])


def series(d: Difference, what: str, name: str, rate: float, sharpening: bool = False) -> Series:
    """Return the series of a difference: youths by year, or the balance added up in millions of euros.

    rate: at which money is discounted. sharpening: see `Standing.of`.
    """
    label = SHOWN[what]
    if what != "money":
        return series_of(d.by_year(label), d.years, name, sharpening)
    so_far = [d.running(label, years, rate) for years in range(1, len(d.years) + 1)]
    return series_of(so_far, d.years, name, sharpening, 1e6)


def series_of(
    figures: Sequence[Figure], years: tuple[int, ...], name: str, sharpening: bool, unit: float = 1.0
) -> Series:
    """Return the series of a figure for each year. unit: how much of it is one on the chart."""
    ranged = [has_range(f, sharpening) for f in figures]
    ends = [(f.low, f.high) if shown else (np.nan, np.nan) for f, shown in zip(figures, ranged, strict=True)]
    low, high = np.array(ends, dtype=np.float64).T / unit if any(ranged) else (None, None)
    return Series(
        name, years, np.array([told_value(f) for f in figures]) / unit, low, high,
        tuple(Standing.of(f, sharpening) is Standing.PROVISIONAL for f in figures),
    )  # fmt: skip


def written(value: float, what: str) -> str:
    """Return a value of a series as people write it, without its unit."""
    if what == FTE:
        return formats.fte(value)
    return formats.millions(value * 1e6, True) if what in MILLIONS else formats.count(value, True)


def frame(found: Sequence[Series]) -> Frame:
    """Return series as a long table for a chart or a file."""
    parts = []
    for one in found:
        part = pd.DataFrame({"scenario": one.name, "year": one.years, "mean": one.mean})
        if one.low is not None:
            part["low"], part["high"] = one.low, one.high
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def columns() -> dict[str, str]:
    """Return what the columns of `frame` are called on the screen and in files."""
    return {
        "scenario": t("scenario"), "year": t("year"), "mean": t("middle"), "low": t("low"),
        "high": t("high"), "unit": t("csv_unit"), "told": t("csv_told"),
    }  # fmt: skip


def description(found: Sequence[Series], what: str) -> str:
    """Return what a chart shows, for those who do not see it."""
    unit = t(f"unit_{what}")
    lines = "; ".join(
        t("alt_line", name=s.name, unit=unit, first=s.in_words(written(s.mean[0], what), 0),
          last=s.in_words(written(s.mean[-1], what), -1))
        for s in found
    )  # fmt: skip
    years = found[0].years
    return t("alt", what=t(f"chart_{what}"), year0=years[0], year1=years[-1], lines=lines)


def band_words(found: Sequence[Series]) -> str:
    """Return what the band of a chart is, where there is none why, and what is still provisional."""
    open_ends = any(any(one.marks) for one in found)
    if any(one.low is not None for one in found):
        return t("band") + (t("band_gaps") if open_ends else "")
    return t("band_few" if open_ends else "band_one")


def marks_words(years: int) -> str:
    """Return which moments are marked in a chart of a number of years; nothing where none is."""
    names = {HORIZONS[0]: "council_term"}
    ends = [t(names.get(h, "plain_years"), years=h) for h in HORIZONS if h <= years]
    return t("band_marks", years=format_list(ends, locale=writing().locale)) if ends else ""


def chart(found: Sequence[Series], what: str, whose: str) -> dict[str, Any]:
    """Return the Vega-Lite chart of one or more scenarios against the reference, with its data.

    whose: the municipality that stands in its title.

    What stands still while figures sharpen, and from one budget to the next, is drawn once: altair takes a
    tenth of a second for a chart, and a page that sharpens shows it each second to each user.
    """
    band = any(one.low is not None for one in found)
    drawn = with_names(
        _drawn(len(found), what, found[0].years, band, language()), [one.name for one in found]
    )
    data = {**drawn["datasets"], DATA: records(frame(found))}
    made = {**drawn, "datasets": data, "description": description(found, what)}
    return titled(made, t(f"title_{what}", name=whose))


def titled(chart: alt.TopLevelMixin | dict[str, Any], title: str) -> dict[str, Any]:
    """Return a chart with a title of as many lines as a phone needs, and the room that they take."""
    drawn: dict[str, Any] = chart if isinstance(chart, dict) else chart.to_dict()
    lines = wrap(title, TITLE_WIDTH)
    height = drawn["height"] + TITLE_LINE * len(lines)
    return {**drawn, "title": {"text": lines, "aria": False}, "height": height}


def told_once(drawn: dict[str, Any]) -> dict[str, Any]:
    """Return a chart that a screen reader knows by its description alone; a table stands below it."""
    config = drawn.get("config", {})
    silent = {part: {**config.get(part, {}), "aria": False} for part in SILENT}
    return {**drawn, "config": {**config, **silent}}


def records(data: Frame) -> list[dict[str, Any]]:
    """Return rows as a browser reads them: what is no number is missing, and leaves a gap."""
    rows = data.astype(object).where(data.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def places(number: int) -> tuple[str, ...]:
    """Return what stands for the names of so many lines in a chart that is drawn once for all names."""
    return tuple(f"{_PLACE}{k}" for k in range(number))


def with_names(drawn: Any, names: Sequence[str]) -> Any:
    """Return a copy of a chart with names in their places."""
    if isinstance(drawn, dict):
        return {key: with_names(value, names) for key, value in drawn.items()}
    if isinstance(drawn, list):
        return [with_names(value, names) for value in drawn]
    if isinstance(drawn, str) and drawn.startswith(_PLACE):
        return names[int(drawn[len(_PLACE) :])]
    return drawn


@lru_cache(maxsize=256)
def _drawn(number: int, what: str, years: tuple[int, ...], band: bool, spoken: str) -> dict[str, Any]:
    """Return a chart of so many lines without data and names; spoken: the language of the user (see `t`)."""
    names = places(number)
    unit = alt.Axis(
        title=t(f"unit_{what}"), titleAngle=0, titleAlign="left", titleAnchor="start", titleX=0, titleY=-22
    )
    x = alt.X(
        "year:Q",
        title=t("year"),
        scale=alt.Scale(zero=False, nice=False),
        axis=alt.Axis(format="d", tickMinStep=1, grid=False),
    )
    several = len(names) > 1
    legend = alt.Legend(
        orient="bottom", title=None, columns=1, labelLimit=320, symbolType="stroke", symbolSize=600,
        symbolStrokeWidth=3, symbolOpacity=1.0,
    )  # fmt: skip
    colour = alt.Color(
        "scenario:N",
        scale=alt.Scale(domain=names, range=COLOURS[: len(names)]),
        legend=legend if several else None,
    )
    dash = alt.StrokeDash(
        "scenario:N",
        scale=alt.Scale(domain=names, range=DASHES[: len(names)]),
        legend=legend if several else None,
    )
    base = alt.Chart(alt.NamedData(DATA))
    zero = alt.Chart(pd.DataFrame({"y": [0.0]})).mark_rule(color="#444").encode(y="y:Q")
    layers: list[alt.Chart] = [zero, *_marks(years, x)]
    alone = len(years) == 1  # a line needs two years
    if band:
        opacity = 0.10 if several else 0.18
        area = base.mark_rule(strokeWidth=6, opacity=0.3) if alone else base.mark_area(opacity=opacity)
        layers.append(area.encode(x=x, y=alt.Y("low:Q", axis=unit), y2="high:Q", color=colour))
    digits = ",.1f" if what in (*MILLIONS, FTE) else ",.0f"
    tip = [alt.Tooltip("scenario:N", title=t("scenario")), alt.Tooltip("year:Q", title=t("year"), format="d")]
    shown = (("mean", t("middle")), ("low", t("low")), ("high", t("high")))
    for name, title in shown if band else shown[:1]:
        tip.append(alt.Tooltip(f"{name}:Q", title=title, format=digits))
    layers.append(
        base.mark_line(strokeWidth=3, point=alone).encode(
            x=x, y=alt.Y("mean:Q", axis=unit), color=colour, strokeDash=dash, tooltip=tip
        )
    )
    height = HEIGHT + (LINE_HEIGHT * len(names) if several else 0)
    made = (
        alt.layer(*layers)
        .properties(height=height, padding={"top": 8, "right": 16})
    )
    drawn: dict[str, Any] = dressed(made, spoken).to_dict()
    return drawn


def dressed(chart: alt.LayerChart | alt.FacetChart, spoken: str, size: int = 14) -> alt.LayerChart:
    """Return a chart with numbers as a language writes them, and letters of a size in one colour of ink."""
    found: alt.LayerChart = (
        chart.configure(locale=alt.Locale(number=NUMBERS[spoken]))
        .configure_axis(labelFontSize=size, titleFontSize=size, labelColor=INK, titleColor=INK)
        .configure_legend(labelFontSize=size, labelColor=INK)
        .configure_title(
            fontSize=14, color=INK, anchor="start", subtitleFontSize=size, subtitleColor=INK
        )
    )
    return found


def _marks(years: tuple[int, ...], x: alt.X) -> list[alt.Chart]:
    """Return dashed lines at a council term, ten years and twenty years, each with its words."""
    ends = [h for h in HORIZONS if h <= len(years)]
    if not ends:
        return []
    data = pd.DataFrame({"year": [years[h - 1] for h in ends], "text": [t("mark", years=h) for h in ends]})
    lines = alt.Chart(data).encode(x=x).mark_rule(color=GREY, strokeDash=[4, 4])
    layers = [lines]
    for part, above in _apart(data, len(years)):
        words = alt.Chart(part).encode(x=x, y=alt.value(0), text="text:N")
        baseline: Literal["bottom", "top"] = "bottom" if above else "top"
        dy = -4 if above else 4
        layers.append(words.mark_text(align="right", baseline=baseline, dy=dy, fontSize=13, color=INK))
    return layers


def _apart(data: Frame, years: int) -> list[tuple[Frame, bool]]:
    """Return the words of marks that stand above the chart, and those inside it where there is no room."""
    if years <= CROWDED:
        return [(data, True)]
    return [(data[::2], True), (data[1::2], False)]
