"""Marks of a council term, ten and twenty years: there for any number of years, and never in each other."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from pages.look import charts
from sim.decision.comparison import figure


@pytest.mark.parametrize(
    ("years", "marks", "inside"),
    [(1, 0, 0), (4, 1, 0), (20, 3, 0), (25, 3, 0), (26, 3, 1), (40, 3, 1), (60, 3, 1)],
)
def test_marks_of_a_chart(years: int, marks: int, inside: int) -> None:
    found = charts.Series("x", tuple(range(2026, 2026 + years)), np.zeros(years), None, None)
    drawn = charts.chart([found], "money", "Almere")
    texts = [layer for layer in drawn["layer"] if layer["mark"].get("type") == "text"]
    rows = [drawn["datasets"][layer["data"]["name"]] for layer in texts]
    assert sum(map(len, rows)) == marks
    assert (
        sum(len(r) for layer, r in zip(texts, rows, strict=True) if layer["mark"]["baseline"] == "top")
        == inside
    )


@pytest.mark.parametrize(
    ("years", "told"), [(1, ""), (4, "4 jaar (raadsperiode)"), (10, "4 jaar (raadsperiode) en 10 jaar")]
)
def test_only_marks_that_are_in_a_chart_are_told(years: int, told: str) -> None:
    words = charts.marks_words(years)
    assert words == (f" Streepjes: na {told}." if told else "")


def test_a_single_year_is_a_point_and_a_bar() -> None:
    one = figure(np.arange(1.0, 13.0), np.full(12, 0.1), range(1, 13))
    drawn = charts.chart([charts.series_of([one], (2026,), "x", sharpening=False)], "users", "Almere")
    marks = [layer["mark"] for layer in drawn["layer"]]
    assert any(mark["type"] == "line" and mark.get("point") for mark in marks)
    assert any(mark["type"] == "rule" and mark.get("strokeWidth") == 6 for mark in marks)
    assert not any(mark["type"] == "area" for mark in marks)


def test_a_chart_is_drawn_once_for_all_names_and_carries_those_of_its_own() -> None:
    def drawn(names: tuple[str, ...]) -> dict[str, Any]:
        found = [charts.Series(n, tuple(range(2026, 2031)), np.zeros(5), None, None) for n in names]
        return charts.chart(found, "money", "Almere")

    drawn(("a", "b"))
    made = charts._drawn.cache_info().misses
    found = drawn(("36 werkers", "geen"))
    assert charts._drawn.cache_info().misses == made
    colours = [layer["encoding"].get("color", {}) for layer in found["layer"]]
    assert [c["scale"]["domain"] for c in colours if "scale" in c] == [["36 werkers", "geen"]]
    assert "\\u0000" not in json.dumps(found)


def test_a_title_says_what_is_drawn_of_whom_on_as_many_lines_as_a_phone_needs() -> None:
    one = [charts.Series("x", (2026, 2027), np.zeros(2), None, None)]
    names = ("Almere", "Bergen op Zoom en omstreken aan Zee")
    short, long = (charts.chart(one, "fte", name) for name in names)
    assert short["title"]["text"] == ["Werkers aan het werk, Almere"]
    assert len(long["title"]["text"]) == 2
    assert long["height"] == short["height"] + charts.TITLE_LINE


def test_a_screen_reader_hears_the_description_alone() -> None:
    made = charts.chart([charts.Series("x", (2026, 2027), np.zeros(2), None, None)], "money", "Almere")
    told = charts.told_once(made)
    assert [told["config"][part]["aria"] for part in charts.SILENT] == [False] * 4
    assert told["config"]["axis"]["labelFontSize"] == made["config"]["axis"]["labelFontSize"]
    assert told["description"]
