"""The dark theme: charts in other colours that can be told from its background."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from pages.children.icons import ABSENT
from pages.look import charts, dark

ROOT = Path(__file__).resolve().parents[3]
PAPER = ("#ffffff", "white")


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("light", [c for c in dark.COLOURS if c not in PAPER])
def test_every_colour_can_be_told_from_the_dark_background(light: str) -> None:
    assert contrast(dark.COLOURS[light], dark.BACKGROUND) >= 4.5
    assert contrast(dark.COLOURS[charts.INK], dark.BACKGROUND) >= 7.0


def test_every_colour_of_a_chart_has_one_in_the_dark() -> None:
    used = {*charts.COLOURS, charts.INK, charts.GREY, ABSENT}
    assert used <= dark.COLOURS.keys()
    for file in (ROOT / "pages").rglob("*.py"):
        if file.name not in ("dark.py", "forest.py", "house_style.py"):  # where HTML has its own
            assert set(re.findall(r'"(#[0-9a-fA-F]{3,6})"', file.read_text())) <= dark.COLOURS.keys(), file


def test_the_background_is_that_of_the_theme() -> None:
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
    assert theme["dark"]["backgroundColor"] == dark.BACKGROUND
    for name in ("light", "dark"):
        colours = theme[name]
        for ground in (colours["backgroundColor"], colours["secondaryBackgroundColor"]):
            assert contrast(colours["textColor"], ground) >= 7.0
            assert contrast(colours["linkColor"], ground) >= 4.5
            assert contrast(colours["borderColor"], ground) >= 3.0


def test_only_colours_change() -> None:
    spec = {"mark": {"color": charts.INK, "size": 3}, "range": list(charts.COLOURS), "text": "white bread"}
    found = dark.recoloured(spec)
    assert found["mark"] == {"color": dark.COLOURS[charts.INK], "size": 3}
    assert found["range"] == [dark.COLOURS[c] for c in charts.COLOURS]
    assert found["text"] == "white bread"
