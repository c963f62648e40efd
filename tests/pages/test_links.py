"""A link is written by anybody: whatever it says, there is something that every page can show."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pages.shared.packed import pack
from pages.shared.plan import Plan
from pages.shared.state import (
    _READERS,
    MAX_PLANS,
    VIEWS,
    pair,
    places,
    query_of,
    read_link,
    scenario,
)

OWN = {
    "kind": "municipality", "name": "Dorp", "date": "2024-01-01", "source": "telling",
    "population": {"0-17": 780.0, "18-22": 220.0}, "kinderwerk_fte": {"value": 2.5},
    "use": {"year": 2019, "youths": 90.0, "ages": "0-17", "national": 0.12}, "tariffs": {"ambulant": 9000.0},
}  # fmt: skip
RICH = {
    "title": "Meer werkers", "start": 2027, "years": 12, "policy": "capped",
    "places": {"ambulant": 900.0, "verblijf": "as_used"}, "budget": {"youth_care": 60e6, "real_growth": 0.01},
    "shocks": [{"kind": "budget_cut", "start": "2029-01", "size": 0.2, "programmes": ["kinderwerk"]}],
    "programmes": {
        "kinderwerk": {"fte": {"2027": 10.0, "2030": 36.0}, "ring_fenced": False, "ages": [4, 12]},
        "bso": {"fte": 4.5, "paid_by": "outside", "switches": {"onset": False}},
    },
    "parameters": {"cost.overhead": 0.2, "need.onset_light": {"value": 0.01, "from": "birth"}},
}  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 5, 1e308, -1e308, 5e-324, 10**29, 10**4000, float("nan"), float("inf"), "", "x",
    "\ud800", "\x00", "<b>", "a" * 5_000, "9" * 4_001, "2026", "9999-12", "NaN", [], [[]], [0] * 3_000, {},
    {"": 0}, {"value": 1e308}, {"2026": 1e308}, {"2026-2027": {}}, {"fte": []},
)  # fmt: skip
"""What may stand in the place of anything."""


def places_in(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to everything in plain data."""
    yield path
    if isinstance(data, (dict, list)):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from places_in(value, (*path, key))


def changed(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a copy of plain data with something else in one place."""
    if not path:
        return value
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[path[0]] = changed(data[path[0]], path[1:], value)
    return copy


def coded(data: Any) -> str:
    return pack(json.dumps(data))


@st.composite
def hostile_data(draw: st.DrawFn, whole: Any) -> str:
    """Return the JSON of data that a link may hold, with one to three things changed."""
    data = whole
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places_in(data))))
        data = changed(data, path, draw(st.sampled_from(ODD) | st.floats() | st.text(max_size=5)))
    text = json.dumps(data)
    if draw(st.booleans()):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(['"years": 5, ', "[" * 9_000, "1" * 5_000, "NaN", "}", ""])) + text[at:]
    return text


def value_of(key: str) -> st.SearchStrategy[str]:
    """Return what may stand under a key: what can be read, what nearly can, and what nobody can read."""
    plans = hostile_data(RICH).map(lambda text: "z" + pack(text)) | st.sampled_from(
        ["36-g-crowd_out", "1e308-g-deficit", "999999-o-capped", "nan-g-deficit", "z", Plan.of(RICH).code()]
    )
    known: dict[str, st.SearchStrategy[str]] = {
        "begroting": plans,
        "begrotingen": st.lists(plans, max_size=MAX_PLANS + 2).map("~".join),
        "eigen": hostile_data(OWN).map(pack),
        "gemeente": st.sampled_from(["Tilburg", "almere", "Nederland", "Nederland 2018", "Almeer", "Dorp"]),
        "aannames": st.lists(
            st.sampled_from(["cost.overhead:0.2", "need.onset_light:0.01", "cost.overhead:9e9", "a:1", ":"]),
            max_size=70,
        ).map("~".join),
        "effect": st.sampled_from(["half", "none", "full"]),
    }
    noise = st.text(max_size=30) | st.sampled_from(["~", "~" + "A" * 22, "~../../etc/passwd", "%", "9" * 60_000])
    return known.get(key, noise) | noise


KEYS = [*_READERS, "taal", "van", "iets", "utm_source", *VIEWS["kinderen"]]


@st.composite
def links(draw: st.DrawFn) -> dict[str, list[str]]:
    """Return what stands in a link by key; a key may be there twice."""
    keys = draw(st.lists(st.sampled_from(KEYS), max_size=6, unique=True))
    return {key: draw(st.lists(value_of(key), min_size=1, max_size=draw(st.sampled_from([1, 1, 1, 2])))) for key in keys}


def ours(*_: object) -> None:
    raise AssertionError("a mistake of ours") from sys.exc_info()[1]


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(links())
def test_any_link_leads_to_choices_that_a_page_can_show(query: dict[str, list[str]]) -> None:
    began = time.perf_counter()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pages.shared.state.log.exception", ours)
        link = read_link(query)
    assert time.perf_counter() - began < 2
    told = set(link.wrong) | set(link.gone)
    assert told <= set(query)
    chosen = link.choices
    for plan in (chosen.plan, *chosen.plans):
        assert scenario(chosen, plan).years >= 1
        assert plan.label()
    assert len(pair(chosen)) == 2
    assert chosen.municipality in places(chosen)
    again = read_link(parse_qs(query_of(chosen, "nl")))
    assert again.choices == chosen
    assert not again.wrong
    twice = {key for key, values in query.items() if len(values) > 1}
    assert twice - {"utm_source"} <= told
