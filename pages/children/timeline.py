"""One simulated child's two lives as aligned timelines, and where they part in words."""

from __future__ import annotations

import datetime as dt
from textwrap import wrap

import altair as alt
import pandas as pd
from babel.dates import format_date

from pages.children.icons import LIVES
from pages.children.kept import Moment, TwoLives, after
from pages.look import charts, formats
from pages.look.texts import language, t, writing
from sim.model.catalogue import catalogue
from sim.runs.lifelines import NEED
from sim.states import EPOCH_YEAR, FORMS, MONTHS

THICK = {"none": 3.0, "light": 9.0, "moderate": 15.0, "complex": 21.0}
"""The height of a need in pixels: the heavier the thicker."""
LANE, AROUND = 42, 64
"""Height in pixels of a lane, and of what stands above and below the lanes."""
LABEL_WIDTH, LABEL_LETTERS = 118, 17
SHORTEST_WITH_WORDS = 0.11
"""The share of the timeline from which a need has its word below it."""
NEEDS = {"none": charts.GREY, "light": "#c96f1f", "moderate": charts.COLOURS[1], "complex": "#7a3500"}
CARE, PROGRAMME = charts.COLOURS[0], charts.COLOURS[2]


def month_words(month: float) -> str:
    """Return a month since January of EPOCH_YEAR in words."""
    whole = int(month)
    day = dt.date(EPOCH_YEAR + whole // MONTHS, whole % MONTHS + 1, 1)
    return str(format_date(day, "MMMM yyyy", locale=writing().locale))


def calendar(month: float) -> float:
    """Return a month since January of EPOCH_YEAR as a year with its part."""
    return EPOCH_YEAR + month / MONTHS


def lane_words(lane: str) -> str:
    """Return what a lane of a timeline is about."""
    if lane == NEED:
        return t("life_process_need")
    return t(f"pw_tail_{lane}") if lane in FORMS else catalogue()[lane].title[language()].lower()


def lanes(both: TwoLives) -> list[str]:
    """Return the lanes that either life has, need first; the same for both, so that they can be compared."""
    known = [NEED, *FORMS, *catalogue()]
    used = {span.lane for spans in both.spans for span in spans}
    return [lane for lane in known if lane in used | {NEED}]


def chart(both: TwoLives, life: int, name: str) -> alt.LayerChart:
    """Return the timeline of one life."""
    since, until = (calendar(month) for month in both.followed)
    words = [_label(lane) for lane in lanes(both)]
    rows = [
        {"lane": _label(s.lane), "name": lane_words(s.lane),
         "from": calendar(s.first), "to": calendar(s.until),
         "thick": THICK.get(s.state, 13.0), "colour": _colour(s.lane, s.state), "words": _span_words(s.state),
         "first": month_words(s.first), "last": month_words(s.until),
         "shown": s.lane == NEED and s.months / MONTHS >= SHORTEST_WITH_WORDS * (until - since)}
        for s in both.spans[life]
    ]  # fmt: skip
    base = alt.Chart(pd.DataFrame(rows))
    years = alt.Axis(format="d", tickMinStep=1, tickCount=6, grid=True, title=None)
    x = alt.X("from:Q", scale=alt.Scale(domain=[since, until], nice=False), axis=years)
    labels = alt.Axis(
        title=None, ticks=False, domain=False, labelOverlap=False, labelExpr="split(datum.label, '\\n')",
        labelLimit=LABEL_WIDTH, minExtent=LABEL_WIDTH, maxExtent=LABEL_WIDTH,
    )  # fmt: skip
    y = alt.Y("lane:N", sort=words, scale=alt.Scale(domain=words), axis=labels)
    tip = [
        alt.Tooltip("name:N", title=t("kids_lane")), alt.Tooltip("words:N", title=t("kids_state")),
        alt.Tooltip("first:N", title=t("kids_from")), alt.Tooltip("last:N", title=t("kids_until")),
    ]  # fmt: skip
    bars = base.mark_bar(orient="horizontal").encode(
        x=x, x2="to:Q", y=y, size=alt.Size("thick:Q", scale=None), tooltip=tip,
        color=alt.Color("colour:N", scale=None),
    )  # fmt: skip
    text = (
        base.transform_filter("datum.shown")
        .transform_calculate(middle="(datum.from + datum.to) / 2")
        .mark_text(dy=19, fontSize=13, color=charts.INK, baseline="middle")
        .encode(x=alt.X("middle:Q"), y=y, text="words:N")
    )
    moment = pd.DataFrame({"at": [calendar(both.parts.month)], "words": [t("kids_parts_here")]})
    parting = alt.Chart(moment).encode(x="at:Q")
    late = both.parts.month > sum(both.followed) / 2
    note = parting.mark_text(
        align="right" if late else "left", dx=-5 if late else 5, fontSize=13, fontWeight="bold",
        color=charts.INK, baseline="bottom", dy=-3,
    ).encode(y=alt.value(0), text="words:N")  # fmt: skip
    made = (
        alt.layer(bars, text, parting.mark_rule(color=charts.INK, strokeDash=[5, 4], strokeWidth=2), note)
        .properties(
            height=LANE * len(words) + AROUND, padding={"top": 22, "right": 10, "left": 2, "bottom": 4},
            description=description(both, life, name),
        )
    )  # fmt: skip
    found: alt.LayerChart = charts.dressed(made, language(), 13).configure_view(stroke=charts.GREY)
    return found


def _label(lane: str) -> str:
    """Return what a lane is about in lines that fit beside it."""
    return "\n".join(wrap(lane_words(lane), LABEL_LETTERS))


def _colour(lane: str, state: str) -> str:
    if lane == NEED:
        return NEEDS[state]
    return CARE if lane in FORMS else PROGRAMME


def _span_words(state: str) -> str:
    return t(f"life_state_need_{state}") if state in THICK else lane_words(state)


def description(both: TwoLives, life: int, name: str) -> str:
    """Return a life in words, for those who do not see the timeline."""
    items = "; ".join(
        t("kids_span", what=_span_words(s.state), first=month_words(s.first), last=month_words(s.until))
        for s in both.spans[life]
    )
    return t("kids_timeline_alt", name=name, parts=month_words(both.parts.month), items=items)


def row_words(moment: Moment) -> str:
    """Return what happened."""
    return t(f"life_row_{moment.row}")


def title(both: TwoLives, number: int) -> str:
    """Return what a pair of lives is called in the list to choose from."""
    outcome = t(f"kids_after_{after(both.severe_months(1) - both.severe_months(0)) + 1}")
    year = EPOCH_YEAR + int(both.parts.month) // MONTHS
    where = t(f"kids_only_{LIVES[both.life]}")
    return t("kids_choice", number=number, year=year, row=row_words(both.parts), where=where, outcome=outcome)


def story(both: TwoLives) -> str:
    """Return where the two lives part and what follows, in plain words."""
    values = {
        "born": month_words(both.birth), "parts": month_words(both.parts.month),
        "where": t(f"kids_story_only_{LIVES[both.life]}"),
        "row": row_words(both.parts), "last": month_words(both.followed[1]),
        "severe0": _months(both.severe_months(0)), "severe1": _months(both.severe_months(1)),
        "care0": _months(both.care_months(0)), "care1": _months(both.care_months(1)),
        "euros": writing().euros(both.euros, sign=True) if round(both.euros) else writing().euros(0.0),
    }  # fmt: skip
    way = t(f"kids_way_{both.mechanism}")
    return "\n\n".join((t("kids_story", **values) + " " + way, t("kids_story_after", **values)))


def _months(months: float) -> str:
    return formats.count(months) if months >= 1 or round(months, 1) == 0 else t("kids_below_one")


def moments_table(both: TwoLives, names: tuple[str, str]) -> pd.DataFrame:
    """Return what happens in either life from the parting on, a row for each moment, as people read it."""
    cells: dict[tuple[float, str], list[str]] = {}
    for life in (0, 1):
        for moment in both.moments[life]:
            if moment.month >= both.parts.month:
                cells.setdefault((moment.month, moment.row), ["–", "–"])[life] = row_words(moment)
    rows = [(month_words(month), *pair) for (month, _), pair in sorted(cells.items())]
    return pd.DataFrame(rows, columns=[t("kids_month"), *names])


def moments_file(both: TwoLives) -> pd.DataFrame:
    """Return everything that happens in both lives, for a file."""
    rows = [
        (t(f"kids_life_{LIVES[life]}"), month_words(moment.month), t(f"life_process_{moment.process}"),
         row_words(moment), t(f"life_state_{moment.process}_{moment.origin}"),
         t(f"life_state_{moment.process}_{moment.destination}"))
        for life in (0, 1)
        for moment in both.moments[life]
    ]  # fmt: skip
    names = ("kids_life", "kids_month", "kids_lane", "kids_row", "kids_origin", "kids_destination")
    return pd.DataFrame(rows, columns=[t(name) for name in names])
