"""Budgets in rows: dots and ranges on one scale in each column, with their words. A table that is a picture.

Written as HTML, so that every bar stands beside the words that say the same: who does not see the bars reads
the table. On a narrow screen each budget stands by itself, its outcomes below each other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from pages.compare.rows import OUTCOMES, BudgetRow, Told
from pages.look import dark, formats

TICKS = 3
"""About how many numbers stand on a scale."""
ROOM = 0.06
LOOK = """<style>
.stMainBlockContainer h2 {font-size: clamp(1.3rem, 4.5vw, 1.75rem)}
.kw-forest {container-type: inline-size; --kw: #1f5a7a; --kw-back: #ffffff}
.kw-forest.kw-dark {--kw: #7cc4ea; --kw-back: #12191f}
.kw-forest table {width: 100%; border-collapse: collapse; table-layout: fixed; font-size: 0.9rem}
.kw-forest th, .kw-forest td {
  padding: 0.45rem 0.4rem; text-align: left; vertical-align: top; font-weight: 400; overflow-wrap: break-word;
  border: 0; border-bottom: 1px solid #6f7d8866;
}
.kw-forest th[scope=row], .kw-forest b {font-weight: 600}
.kw-forest .kw-small {display: block; font-size: 0.8rem; font-weight: 400}
.kw-forest .kw-what {display: none; font-size: 0.8rem}
.kw-bar, .kw-scale {display: block; position: relative; height: 1.35rem; margin-right: 1rem}
.kw-scale {height: 1.1rem; font-size: 0.78rem}
.kw-bar i {position: absolute; top: 50%; transform: translateY(-50%)}
.kw-thin {height: 2px; background: currentColor}
.kw-thick {height: 7px; background: var(--kw)}
.kw-zero {width: 0; height: 100%; border-left: 2px dotted currentColor}
.kw-noise {height: 100%; background: #6f7d8833}
.kw-dot {
  width: 11px; height: 11px; margin-left: -5.5px; border-radius: 50%; background: var(--kw);
  border: 2px solid var(--kw-back); box-sizing: border-box; outline: 1px solid var(--kw);
}
.kw-dot.kw-open {background: var(--kw-back)}
.kw-scale span {position: absolute; transform: translateX(-50%); white-space: nowrap}
.kw-cell .kw-scale {display: none; margin-bottom: 0.3rem}
@container (max-width: 620px) {
  .kw-forest :is(table, tbody, tr, th, td) {display: block; width: auto}
  .kw-forest thead, .kw-forest tfoot {display: none}
  .kw-forest tr {padding: 0.6rem 0; border-bottom: 2px solid #6f7d88}
  .kw-forest th, .kw-forest td {border: 0; padding: 0.15rem 0}
  .kw-bar, .kw-scale {margin: 0 1.5rem}  /* half a number stands beyond the end of its scale */
  .kw-forest .kw-what, .kw-cell .kw-scale {display: block}
}
</style>"""
"""Colours are those of the theme and of `charts.INK`; lines take that of the text."""
Extent = tuple[float, float]


def forest(
    rows: Sequence[BudgetRow], first: tuple[str, str, str], heads: Mapping[str, str], label: str
) -> None:
    """Show a table with a row for each budget.

    first: the name of what all are compared with, what is in it, and what it is like; heads: what stands
    above each outcome and above `name` and `chance`. label: what those who do not see the table hear of it.
    """
    st.html(LOOK + made(rows, first, heads, label))


def made(
    rows: Sequence[BudgetRow], first: tuple[str, str, str], heads: Mapping[str, str], label: str
) -> str:
    """Return the table as HTML; everything that users wrote is escaped."""
    extents = {outcome: extent(rows, outcome) for outcome in OUTCOMES}
    columns = ("name", *OUTCOMES, "chance")
    head = "".join(f'<th role="columnheader" scope="col">{escape(heads[name])}</th>' for name in columns)
    name, about, like = first
    body = [f'{_name(name, about)}<td role="cell" colspan="{len(columns) - 1}">{escape(like)}</td>']
    for one in rows:
        cells = "".join(_cell(one, outcome, extents[outcome], heads[outcome]) for outcome in OUTCOMES)
        chance = f"<b>{escape(one.chance)}</b>{_small(one.even)}"
        label_of = f'<span class="kw-what" aria-hidden="true">{escape(heads["chance"])}</span>'
        body.append(f'{_name(one.name, one.about)}{cells}<td role="cell">{label_of}{chance}</td>')
    lines = "".join(f'<tr role="row">{line}</tr>' for line in body)
    scales = "".join(f"<td>{_scale(extents[outcome], outcome)}</td>" for outcome in OUTCOMES)
    foot = f'<tfoot aria-hidden="true"><tr><td></td>{scales}<td></td></tr></tfoot>'
    look = "kw-forest kw-dark" if dark.is_on() else "kw-forest"
    return (
        f'<div class="{look}"><table role="table" aria-label="{escape(label, quote=True)}">'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{lines}</tbody>{foot}</table></div>'
    )


def _name(name: str, about: str) -> str:
    return f'<th role="rowheader" scope="row">{escape(name)}{_small(about)}</th>'


def _small(text: str) -> str:
    return f'<span class="kw-small">{escape(text)}</span>' if text else ""


def _cell(row: BudgetRow, outcome: str, whole: Extent, head: str) -> str:
    label = f'<span class="kw-what" aria-hidden="true">{escape(head)}</span>'
    bar = "" if row.told(outcome) is Told.APART else f"{_bar(row, outcome, whole)}{_scale(whole, outcome)}"
    more = _small(row.own) if outcome == "cost" else ""
    words = f"<b>{escape(row.words(outcome))}</b>{_small(row.range_words(outcome))}{more}"
    return f'<td role="cell" class="kw-cell">{label}{bar}{words}</td>'


def _bar(row: BudgetRow, outcome: str, whole: Extent) -> str:
    """Return the dot, the ranges, the line at zero and the zone in which luck hides a difference."""
    f = row.figures[outcome]
    parts = []
    if math.isfinite(f.mcse):
        parts.append(_between("kw-noise", max(-2 * f.mcse, whole[0]), min(2 * f.mcse, whole[1]), whole))
    parts.append(f'<i class="kw-zero" style="left:{_at(0.0, whole):.2f}%"></i>')
    ranged = row.ranged(outcome)
    if ranged and f.low is not None and f.high is not None:
        parts.append(_between("kw-thin", f.low, f.high, whole))
        if f.quartiles:
            parts.append(_between("kw-thick", *f.quartiles, whole))
    if math.isfinite(f.value):
        kind = "kw-dot" if ranged else "kw-dot kw-open"
        parts.append(f'<i class="{kind}" style="left:{_at(f.value, whole):.2f}%"></i>')
    return f'<span class="kw-bar" aria-hidden="true">{"".join(parts)}</span>'


def _between(kind: str, low: float, high: float, whole: Extent) -> str:
    left = _at(low, whole)
    return f'<i class="{kind}" style="left:{left:.2f}%;width:{_at(high, whole) - left:.2f}%"></i>'


def _at(value: float, whole: Extent) -> float:
    """Return where a value stands on a scale, in percent from the left."""
    low, high = whole
    return 100.0 * (value - low) / (high - low)


def extent(rows: Sequence[BudgetRow], outcome: str) -> Extent:
    """Return where the one scale of a column begins and ends: all that is drawn, zero and a little room."""
    ends = [0.0]
    for row in rows:
        f = row.figures[outcome]
        if row.told(outcome) is Told.APART or not math.isfinite(f.value):
            continue
        ends.append(f.value)
        if row.ranged(outcome):
            ends += [end for end in (f.low, f.high) if end is not None]
    low, high = min(ends), max(ends)
    room = ROOM * (high - low) or 1.0
    return low - room, high + room


def ticks(whole: Extent) -> list[float]:
    """Return round numbers on a scale, zero among them."""
    low, high = whole
    rough = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(times * power for times in (1, 2, 5, 10, 20) if times * power >= rough)
    return [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _scale(whole: Extent, outcome: str) -> str:
    """Return the numbers of a scale: of money in millions of euros."""
    unit = 1e6 if outcome == "cost" else 1.0
    marks = "".join(
        f'<span style="left:{_at(value, whole):.2f}%">{escape(formats.number(value / unit, 2))}</span>'
        for value in ticks(whole)
    )
    return f'<span class="kw-scale" aria-hidden="true">{marks}</span>'
