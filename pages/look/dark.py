"""Charts in the dark theme: the colours of the light one, each with another in its place.

What draws a chart knows one set of colours. A browser that asks for dark gets the same chart with these; the
theme itself stands in .streamlit/config.toml.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

BACKGROUND = "#12191f"
COLOURS = {
    "#1d2730": "#e8edf1", "#444": "#c3ccd4", "#5b6770": "#a9b6c0", "#a9b2b9": "#7c8a95",  # ink and greys
    "#0072B2": "#56B4E9", "#B85000": "#F0974A", "#007A5A": "#3CC79B", "#A3508A": "#E39BCB",
    "#7A6A00": "#D9C74A", "#7B1E3A": "#F08CA6", "#c96f1f": "#f7bd86", "#7a3500": "#d9701f",
    "#ffffff": BACKGROUND, "white": BACKGROUND,
}  # fmt: skip
"""By each colour that charts have: what stands in its place, at least 4.5 to 1 on BACKGROUND for lines."""

_BUTTON = f"[data-testid^=stBaseButton-primary] p {{color: {BACKGROUND}}}"
BUTTONS = f"<style>{_BUTTON}</style>"
"""On a button of the main colour Streamlit writes in white, which is too pale on a light one."""
BUTTONS_AT_ONCE = f"<style>@media (prefers-color-scheme: dark) {{{_BUTTON}}}</style>"
"""The same for a page that is open while its browser becomes dark, and is not made again at once."""

PRINT = """<style>@media print {
  [data-testid=stVegaLiteChart] svg {filter: invert(1) hue-rotate(180deg) brightness(1.2)}
}</style>"""
"""On paper a dark chart is turned over: dark on white, in about its own colours."""


def is_on() -> bool:
    """Tell whether the browser of this visitor shows the dark theme."""
    return bool(st.context.theme.type == "dark")


def recoloured(spec: Any, colours: Mapping[str, str] = COLOURS) -> Any:
    """Return a Vega-Lite chart in other colours (those of the dark theme); other words and numbers stay."""
    if isinstance(spec, dict):
        return {key: recoloured(value, colours) for key, value in spec.items()}
    if isinstance(spec, list):
        return [recoloured(value, colours) for value in spec]
    return colours.get(spec, spec) if isinstance(spec, str) else spec
