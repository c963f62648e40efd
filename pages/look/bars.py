"""Bars around a line: a row each, its words above it so that they fit on a phone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import altair as alt
import pandas as pd

from pages.look import charts
from pages.look.texts import language

WIDTH = 44
"""Characters of a row's words on one line of a phone."""
LINE, BAR, GAP = 17, 16, 14
ABOVE, BELOW = 2, GAP - 5
"""Pixels that the line reaches beyond a bar: up to the words above it, and to those of the next row."""
AXIS, LEGEND, LEGEND_LINE = 84, 42, 22
"""Pixels that the axis and the legend take in the theme of the app: a height is that of the whole picture."""
SOLID, HOLLOW = "solid", "hollow"


@dataclass(frozen=True)
class Bar:
    """From start to end, with a thin line from low to high where they are known.

    words: what stands above it. kind: a key of the colours and fills that `chart` is given.
    """

    words: str
    start: float
    end: float
    kind: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Kind:
    """How bars of one kind look; never by colour alone. words: what they are, for the legend."""

    words: str
    colour: str
    fill: str = SOLID


def chart(
    rows: Sequence[Sequence[Bar]],
    kinds: Mapping[str, Kind],
    title: str,
    description: str,
    middle: float = 0.0,
    extent: tuple[float, float] | None = None,
    legend: bool = True,
) -> alt.LayerChart:
    """Return a chart with a row for each group of bars; words are those of its first bar.

    middle: where the line stands. extent: of the axis (default: what the bars need). legend: of the kinds,
    where there are more than one; not where the words say it.
    """
    lines = [wrap(row[0].words, WIDTH) for row in rows]
    tall = max(len(line) for line in lines)
    height = tall * LINE + BAR + GAP
    data = pd.DataFrame(
        {
            "row": k, "words": "\n".join([" "] * (tall - len(line)) + line), "start": b.start, "end": b.end,
            "low": b.low, "high": b.high, "kind": kinds[b.kind].words,
        }
        for k, (row, line) in enumerate(zip(rows, lines, strict=True)) for b in row
    )  # fmt: skip
    low, high = extent or spread([bar for row in rows for bar in row], middle)
    x = alt.X(
        "start:Q", scale=alt.Scale(domain=[low, high], nice=False, zero=False),
        axis=alt.Axis(title=title, format=",.3~f", tickCount=5, titleFontWeight="normal", grid=False),
    )  # fmt: skip
    y = alt.Y("row:O", axis=None, scale=alt.Scale(paddingInner=0, paddingOuter=0))
    names = [kind.words for kind in kinds.values()]
    key = None
    if legend and len(names) > 1:
        key = alt.Legend(orient="bottom", title=None, columns=1, labelLimit=330, symbolStrokeWidth=2)
    colours = [kind.colour for kind in kinds.values()]
    base = alt.Chart(data).encode(y=y)
    drop = (tall * LINE) / 2
    filled = base.mark_bar(height=BAR, yOffset=drop, strokeWidth=2).encode(
        x=x, x2="end:Q",
        stroke=alt.Stroke("kind:N", scale=alt.Scale(domain=names, range=colours), legend=key),
        fill=alt.Fill(
            "kind:N", legend=key,
            scale=alt.Scale(
                domain=names, range=[k.colour if k.fill == SOLID else "transparent" for k in kinds.values()]
            ),
        ),
    )  # fmt: skip
    layers: list[alt.Chart] = [filled]
    if data["low"].notna().any():
        layers.append(
            base.mark_rule(color=charts.INK, strokeWidth=2, yOffset=drop)
            .encode(x=alt.X("low:Q"), x2="high:Q")
            .transform_filter("isValid(datum.low)")
        )
    words: dict[str, Any] = {
        "align": "left", "baseline": "top", "yOffset": drop - BAR / 2 - 3 - tall * LINE, "fontSize": 14,
        "lineHeight": LINE, "lineBreak": "\n",
    }  # fmt: skip
    first = alt.Chart(data.drop_duplicates("row")).encode(y=y, x=alt.value(0), text="words:N")
    above = first.mark_text(**words, color=charts.INK)
    rule = (  # a piece beside each bar: a whole one would stand across the words
        alt.Chart(data.drop_duplicates("row").assign(middle=middle))
        .mark_tick(
            orient="vertical", color=charts.INK, opacity=1.0, thickness=1.0, size=BAR + ABOVE + BELOW,
            yOffset=drop + (BELOW - ABOVE) / 2,
        )
        .encode(x=alt.X("middle:Q"), y=y)
    )  # fmt: skip
    made = (
        alt.layer(rule, *layers, above)
        .properties(
            height=height * len(rows) + AXIS + (LEGEND + LEGEND_LINE * len(names) if key else 0),
            description=description,
            padding={"top": 4, "right": 12, "left": 4},
        )
    )
    found: alt.LayerChart = charts.dressed(made, language(), 13).configure_view(stroke=None)
    return found


def spread(bars: Sequence[Bar], middle: float) -> tuple[float, float]:
    """Return where an axis begins and ends for some bars: all of them, the line, and a little room."""
    ends = [x for b in bars for x in (b.start, b.end, b.low, b.high) if x is not None]
    low, high = min(middle, *ends), max(middle, *ends)
    room = 0.04 * (high - low) or 0.1
    return low - room, high + room
