"""Bars around a line: it stands beside each bar, and across no words."""

from __future__ import annotations

from itertools import pairwise
from textwrap import wrap

import pytest

from pages.look import bars
from pages.look.bars import Bar, Kind

LONG = "de gemeente, alles samen: geen duidelijk verschil, tussen 4 en 5 miljoen"


@pytest.mark.parametrize("words", ["kort", LONG])
def test_the_line_stands_across_no_words(words: str) -> None:
    rows = [[Bar(words, 0.0, value, "a", -4.0, 5.0)] for value in (-3.0, 2.0)]
    layers = bars.chart(rows, {"a": Kind("a", "#000000")}, "euro", "wat").to_dict()["layer"]
    text = next(layer["mark"] for layer in layers if layer["mark"]["type"] == "text")
    line = next(layer for layer in layers if layer["mark"]["type"] == "tick")
    assert "y" in line["encoding"]  # a piece in each row, and none through all of them
    assert all("y" in layer["encoding"] for layer in layers)
    tall = len(wrap(words, bars.WIDTH))
    height = tall * bars.LINE + bars.BAR + bars.GAP
    middle, half = line["mark"]["yOffset"], line["mark"]["size"] / 2
    top = text["yOffset"]
    ends = [(row * height + top, row * height + top + tall * bars.LINE) for row in (0, 1)]
    pieces = [(row * height + middle - half, row * height + middle + half) for row in (0, 1)]
    in_order = [edge for pair in zip(ends, pieces, strict=True) for span in pair for edge in span]
    assert all(first <= second for first, second in pairwise(in_order))
