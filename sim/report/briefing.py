"""The council briefing: two pages A4, a tagged PDF (PDF/UA-1), set by Typst from what the report says.

What users wrote goes in as data and is never read as markup. Only the fonts that come with Typst are used, so
that a briefing looks the same everywhere; a sign that they cannot draw is written as its code.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from bisect import bisect
from functools import cache
from pathlib import Path
from typing import Any

import typst

from sim.errors import SimulationError
from sim.faults import fault
from sim.report.briefing_content import content
from sim.report.content import Report
from sim.report.lettering import as_pdf

TEMPLATE = Path(__file__).with_name("briefing.typ")
PAGES = 2
Size = tuple[float, float]
SIZES = ((10.5, 3.2), (10.0, 2.7), (9.5, 2.3), (9.0, 2.0), (8.5, 1.7), (8.0, 1.4), (7.5, 1.1), (7.0, 0.8))
"""Type size and room in tables (points), from roomy to tight; each of both pages has its own."""
HEIGHTS = (40, 70, 95, 110, 130, 150, 170, 190, 210)
"""Heights of the charts (pixels); type is made smaller before they get lower than `GOOD`."""
GOOD = 110
_SIZE_OF = re.compile(r'<svg[^>]* width="([\d.]+)" height="([\d.]+)"')


def briefing(report: Report) -> bytes:
    """Return the briefing as PDF, the same bytes for the same report.

    Raises SimulationError where it cannot be set.
    """
    drawn = content(report, GOOD)

    @cache
    def as_high(height: int) -> dict[str, Any]:
        """Return what is laid out, with nothing in the charts: drawing takes longer than setting."""
        return {name: _emptied(part, height - GOOD) for name, part in drawn.items()}

    def made(text: dict[str, Any], first: Size, second: Size) -> bytes:
        return _set({**text, "first": first, "second": second}, report.date)

    def fits(pdf: bytes) -> bool:
        return _pages(pdf) <= PAGES

    tight = SIZES[-1]
    first = next((size for size in SIZES if fits(made(as_high(GOOD), size, tight))), tight)
    too_high = bisect(HEIGHTS, 0, key=lambda height: not fits(made(as_high(height), first, tight)))
    for height in reversed(HEIGHTS[: max(too_high, 1)]):  # numbers of an axis may need more room
        second = next((size for size in SIZES if fits(made(as_high(height), first, size))), tight)
        pdf = made(drawn if height == GOOD else content(report, height), first, second)
        if fits(pdf):
            break
    return pdf


def _emptied(part: Any, more: int) -> Any:
    """Return a part of what is laid out, its charts empty and `more` pixels higher."""
    if isinstance(part, list):
        return [_emptied(one, more) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        name: _empty(value, more) if name == "svg" else _emptied(value, more) for name, value in part.items()
    }


def _empty(chart: str, more: int) -> str:
    found = _SIZE_OF.match(chart)
    if found is None:
        return chart
    width, height = map(float, found.groups())
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height + more:g}"/>'


def _set(content: dict[str, Any], date: str) -> bytes:
    try:
        return as_pdf(TEMPLATE.read_bytes(), {"data": json.dumps(content)}, _moment(date))
    except typst.TypstError as error:
        raise SimulationError(fault("briefing_not_set", reason=str(error))) from error


def _moment(date: str) -> dt.datetime:
    """Return the moment in the file: the date of the data, so that a report has one file."""
    try:
        return dt.datetime.combine(dt.date.fromisoformat(date), dt.time(), dt.UTC)
    except ValueError:
        return dt.datetime(1980, 1, 1, tzinfo=dt.UTC)


def _pages(pdf: bytes) -> int:
    found = re.search(rb"<xmpTPg:NPages>(\d+)<", pdf)
    return int(found[1]) if found else 0
