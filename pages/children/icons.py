"""The same children twice as an icon array: each child on its place, its state shown by shape and colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import numpy as np
import pandas as pd

from pages.children.kept import STATES, Kept
from pages.look import charts, formats
from pages.look.texts import t
from sim.states import EPOCH_YEAR, MONTHS

ACROSS = 25
"""Children in a row of the array: as many as fit on a phone."""
STEP, LEGEND_STEP = 13, 25
"""Height in pixels of a row of icons, and of the key."""
KEY_COLUMNS = 2
LIVES = ("reference", "plan")


@dataclass(frozen=True)
class Icon:
    """How a state is drawn. hollow: only its outline."""

    shape: str
    colour: str
    size: int
    hollow: bool = False


NEED, CARE, ABSENT = charts.COLOURS[1], charts.COLOURS[0], "#a9b2b9"
"""Children who are absent are paler than the rest."""
ICONS = {
    "none": Icon("circle", charts.GREY, 12),
    "light": Icon("circle", NEED, 56, hollow=True),
    "moderate": Icon("triangle-up", NEED, 76, hollow=True),
    "complex": Icon("triangle-up", NEED, 82),
    "measure": Icon("cross", charts.COLOURS[2], 60),
    "wijkteam": Icon("square", CARE, 62, hollow=True),
    "help": Icon("square", CARE, 62),
    "residence": Icon("diamond", charts.COLOURS[3], 78),
    "absent": Icon("stroke", ABSENT, 6),
}
"""In the order of the key: without care by need, then by kind of care."""


def differing(kept: Kept, year: int) -> np.ndarray:
    """Return which children are in another state in the two lives on 31 December of year `year` (from 0)."""
    return np.asarray(kept.states[0, :, year] != kept.states[1, :, year])


def ages(kept: Kept, year: int) -> np.ndarray:
    """Return how old the children are on 31 December of year `year` (from 0)."""
    return np.asarray(((kept.start + year + 1 - EPOCH_YEAR) * MONTHS - kept.births - 1) // MONTHS)


def array(kept: Kept, life: int, year: int, name: str) -> alt.LayerChart:
    """Return the array of one life on 31 December of the year with index `year`."""
    place = np.arange(kept.births.size)
    states = [STATES[k] for k in kept.states[life, :, year]]
    words = {state: state_words(state) for state in STATES}
    data = pd.DataFrame(
        {"x": place % ACROSS, "y": place // ACROSS, "state": states, "words": [words[s] for s in states],
         "number": place + 1, "age": ages(kept, year), "differs": differing(kept, year)}
    )  # fmt: skip
    rows = -(-place.size // ACROSS)
    tip = [
        alt.Tooltip("number:Q", title=t("kids_number"), format="d"),
        alt.Tooltip("words:N", title=t("kids_state")),
        alt.Tooltip("age:Q", title=t("kids_age"), format="d"),
    ]
    base = alt.Chart(data).encode(
        x=alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.7, ACROSS - 0.3], nice=False)),
        y=alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[rows - 0.3, -0.7], nice=False)),
    )
    ring = (
        base.transform_filter("datum.differs")
        .mark_point(
            shape="circle", size=230, strokeWidth=2.2, fill="transparent", stroke=charts.INK, opacity=1.0
        )
        .encode(tooltip=tip)
    )
    made: alt.LayerChart = (
        alt.layer(_drawn(base).encode(tooltip=tip), ring)
        .properties(height=rows * STEP, description=description(kept, life, year, name))
        .configure_view(stroke=None)
    )
    return made


def key() -> alt.LayerChart:
    """Return what each icon means."""
    names = [*ICONS, "differs"]
    rows = -(-len(names) // KEY_COLUMNS)
    words = [state_words(name) for name in ICONS] + [t("kids_marked")]
    data = pd.DataFrame(
        {"x": [k // rows for k in range(len(names))], "y": [k % rows for k in range(len(names))],
         "state": names, "words": words}
    )  # fmt: skip
    base = alt.Chart(data).encode(
        x=alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.06, KEY_COLUMNS - 0.06], nice=False)),
        y=alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[rows - 0.5, -0.5], nice=False)),
    )
    ring = base.transform_filter("datum.state == 'differs'").mark_point(
        shape="circle", size=230, strokeWidth=2.2, fill="transparent", stroke=charts.INK, opacity=1.0
    )
    text = base.mark_text(align="left", dx=14, fontSize=13, color=charts.INK).encode(text="words:N")
    told = "; ".join(t("kids_key_item", shape=t(f"kids_shape_{n}"), state=state_words(n)) for n in ICONS)
    made: alt.LayerChart = (
        alt.layer(_drawn(base.transform_filter("datum.state != 'differs'")), ring, text)
        .properties(height=rows * LEGEND_STEP, description=t("kids_key_alt", items=told))
        .configure_view(stroke=None)
    )
    return made


def _drawn(base: alt.Chart) -> alt.Chart:
    names = list(ICONS)
    icons = list(ICONS.values())

    def by_state(values: Sequence[str] | Sequence[int]) -> alt.Scale:
        return alt.Scale(domain=names, range=list(values))

    colours = [icon.colour for icon in icons]
    fills = ["#ffffff" if icon.hollow else icon.colour for icon in icons]
    made: alt.Chart = base.mark_point(strokeWidth=1.6, opacity=1.0).encode(
        shape=alt.Shape("state:N", scale=by_state([icon.shape for icon in icons]), legend=None),
        stroke=alt.Stroke("state:N", scale=by_state(colours), legend=None),
        fill=alt.Fill("state:N", scale=by_state(fills), legend=None),
        size=alt.Size("state:N", scale=by_state([icon.size for icon in icons]), legend=None),
    )
    return made


def state_words(state: str) -> str:
    """Return a state in words."""
    return t(f"kids_state_{state}")


def counts(kept: Kept, year: int) -> dict[str, tuple[int, int]]:
    """Return how many children are in each state in both lives, in the order of the key."""
    found = {}
    for state in ICONS:
        both = (kept.states[:, :, year] == STATES.index(state)).sum(axis=1)
        found[state] = (int(both[0]), int(both[1]))
    return found


def cared_for(kept: Kept, year: int) -> np.ndarray:
    """Return who has care of any kind, [2, n]."""
    return np.asarray(kept.states[:, :, year] >= STATES.index("measure"))


def unmet(kept: Kept, year: int) -> np.ndarray:
    """Return who has moderate or complex need without any care, [2, n]."""
    states = kept.states[:, :, year]
    return np.asarray((states == STATES.index("moderate")) | (states == STATES.index("complex")))


def sentences(kept: Kept, year: int) -> str:
    """Return what the two arrays show, in words."""
    differs = differing(kept, year)
    care, lacking = cared_for(kept, year), unmet(kept, year)
    here = int((kept.states[0, :, year] != STATES.index("absent")).sum())
    more, less = int((care[1] & ~care[0]).sum()), int((care[0] & ~care[1]).sum())
    total = int(differs.sum())
    words = {
        "year": kept.start + year, "here": formats.count(here), "all": formats.count(kept.births.size),
        "care0": formats.count(care[0].sum()), "care1": formats.count(care[1].sum()),
        "unmet0": formats.count(lacking[0].sum()), "unmet1": formats.count(lacking[1].sum()),
    }  # fmt: skip
    told = t("kids_picture_words", **words)
    if total == 0:
        return f"{told} {t('kids_picture_same')}"
    parts = {"differs": total, "more": more, "less": less, "other": total - more - less}
    return f"{told} {t('kids_picture_differ', **{k: formats.count(v) for k, v in parts.items()})}"


def description(kept: Kept, life: int, year: int, name: str) -> str:
    """Return what an array shows, for those who do not see it."""
    items = "; ".join(
        f"{state_words(state)}: {formats.count(both[life])}" for state, both in counts(kept, year).items()
    )
    return t(
        "kids_picture_alt", name=name, year=kept.start + year, all=formats.count(kept.births.size),
        items=items, differs=formats.count(differing(kept, year).sum()),
    )  # fmt: skip


def table(kept: Kept, year: int, names: tuple[str, str]) -> pd.DataFrame:
    """Return the counts of one year as people read them."""
    rows = [(state_words(state), *both) for state, both in counts(kept, year).items()]
    for key_, both in (
        ("kids_row_care", cared_for(kept, year)), ("kids_row_severe", kept.severe[:, :, year]),
        ("kids_row_unmet", unmet(kept, year)),
    ):  # fmt: skip
        rows.append((t(key_), int(both[0].sum()), int(both[1].sum())))
    written = [
        (words, formats.count(a), formats.count(b), formats.count(b - a, sign=True)) for words, a, b in rows
    ]
    return pd.DataFrame(written, columns=[t("kids_state"), *names, t("kids_difference")])


def all_years(kept: Kept) -> pd.DataFrame:
    """Return the counts of every year, for a file."""
    rows = [
        (kept.start + year, state_words(state), both[0], both[1])
        for year in range(kept.years)
        for state, both in counts(kept, year).items()
    ]
    names = [t(f"kids_life_{life}") for life in LIVES]
    return pd.DataFrame(rows, columns=[t("year"), t("kids_state"), *names])
