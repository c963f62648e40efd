"""A municipality's house style: its design tokens (NL Design System) on the light theme of the app.

Themes publish tokens as JSON: groups in groups, and at the end `{"value": "#24578f"}` or `{"$value": ...}`.
A value may name other tokens, `{utrecht.color.blue.35}`. Files of Figma have sets of tokens at the top; the
first set that holds a token counts, for a later one may be that of a dark theme. The dark theme stays ours.
"""

from __future__ import annotations

import colorsys
import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from streamlit import config

from pages.look import charts
from sim.errors import InputError, Problem, nearest
from sim.faults import Fault, fault
from sim.files.yamltext import Loc, Tree, decode, parse, read_bytes
from sim.machine import variables
from sim.machine.project import file_beside

TEXT, GROUND, SECOND = "textColor", "backgroundColor", "secondaryBackgroundColor"
MAIN, LINK, EDGE, FONT = "primaryColor", "linkColor", "borderColor", "font"
TOKENS = {
    TEXT: ("utrecht.document.color", "utrecht.body.color", "basis.color.default.color-document"),
    GROUND: (
        "utrecht.document.background-color", "utrecht.body.background-color",
        "basis.color.default.bg-document",
    ),
    SECOND: ("basis.color.default.bg-subtle",),
    MAIN: (
        "utrecht.button.primary-action.background-color", "nl.button.primary.background-color",
        "basis.color.action-1-inverse.bg-default",
    ),
    LINK: ("utrecht.link.color", "nl.link.color", "basis.color.action-2.color-default"),
    FONT: ("utrecht.document.font-family", "utrecht.body.font-family", "basis.text.font-family.default"),
}  # fmt: skip
"""By each option of Streamlit's theme: the tokens that say it; the first that a file has counts."""
GENERIC = {"sans-serif", "serif", "monospace", "system-ui", "ui-sans-serif", "ui-serif"}
SYSTEM = GENERIC | {
    "-apple-system", "arial", "blinkmacsystemfont", "calibri", "cambria", "courier new", "dejavu sans",
    "georgia", "helvetica", "helvetica neue", "liberation sans", "lucida grande", "lucida sans",
    "lucida sans unicode", "noto sans", "segoe ui", "tahoma", "times", "times new roman", "trebuchet ms",
    "verdana",
}  # fmt: skip
"""Fonts that come with an operating system: the app fetches none, and a house's own may not be passed on."""
AS_TEXT, AS_SIGN = 4.5, 3.0
"""Contrast that WCAG 2.2 asks (1.4.3 and 1.4.11) of text, and of what is no text but must be seen."""
MOST_STEPS, MOST_SIGNS = 50, 1000
"""Of a token that names another, which names another, and so on; and of the value that comes of it."""
NAMED = {"white": "#ffffff", "black": "#000000"}
_REFERENCE = re.compile(r"\{([^{}]+?)(?:\.\$?value)?\}")
_HEX = re.compile(r"#(?:([0-9a-f]{3})f?|([0-9a-f]{6})(?:ff)?)")
_CALL = re.compile(
    r"(rgb|hsl)a?\(\s*([\d.]+)(?:deg)?[\s,]+([\d.]+)(%?)[\s,]+([\d.]+)\4\s*(?:[,/]\s*(?:1|1\.0|100%)\s*)?\)"
)


@cache
def current() -> Mapping[str, str]:
    """Return the options of the theme that the environment names a file for; none where it names none.

    Raises InputError for a file that cannot be used.
    """
    file = variables.theme_file()
    return read(file) if file else {}


def apply() -> None:
    """Give Streamlit the house style, in this process. Raises InputError for a file that cannot be used."""
    for option, value in current().items():
        config.set_option(f"theme.light.{option}", value)  # st.set_option leaves themes alone


def chart_colours() -> dict[str, str]:
    """Return by a colour of charts what stands in its place: ink and paper; none without a house style."""
    theme = current()
    named = {TEXT: (charts.INK,), GROUND: ("#ffffff", "white")}
    return {ours: theme[option] for option, each in named.items() if option in theme for ours in each}


def look() -> str:
    """Return styles for what Streamlit's theme does not reach: words on buttons, and rows with bars.

    Streamlit writes in white on a button of the primary colour; on a pale one black can be read. What is
    chosen it writes in the primary colour, which need not be fit for words.
    """
    theme = current()
    found = []
    if MAIN in theme:
        chosen = ".stButtonGroup [aria-checked=true] p, [role=tab][aria-selected=true] p"
        found.append(f"{chosen} {{color: {theme.get(TEXT, charts.INK)}}}")
    if MAIN in theme and contrast(theme[MAIN], "#ffffff") < AS_TEXT:
        found.append("[data-testid^=stBaseButton-primary] p {color: #000000}")
    for option, name in ((MAIN, "--kw"), (GROUND, "--kw-back")):
        if option in theme:
            found.append(f".kw-forest:not(.kw-dark) {{{name}: {theme[option]}}}")
    return f"<style>{' '.join(found)}</style>" if found else ""


def read(file: str | Path) -> dict[str, str]:
    """Return the options of Streamlit's theme that a file of design tokens gives, colours as #rrggbb.

    Raises InputError for a file that cannot be read, holds none of TOKENS, has a reference that leads nowhere
    or round, or colours that cannot be told apart.
    """
    text = decode(file, read_bytes(file)).replace("\t", " ")  # JSON may be indented with tabs, YAML not
    tokens = _Tokens(file, parse(file, text))
    theme: dict[str, str] = {}
    said: dict[str, _Token] = {}
    for option, names in TOKENS.items():
        token = next(filter(None, map(tokens.find, names)), None)
        if token is None:
            continue
        value = tokens.resolved(token)
        made = _font(value) if option == FONT else _colour(value)
        if made:
            theme[option], said[option] = made, token
        elif option != FONT:
            raise tokens.error(token, fault("token_no_colour", token=token.name, found=value))
    if not theme:
        known = [names[0] for names in TOKENS.values() if names[0].startswith("utrecht")]
        raise InputError.at(file, fault("theme_without_tokens", known=known))
    if wrong := list(_too_alike(theme, said, tokens)):
        raise InputError(wrong)
    return theme


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (#rrggbb): 1 for the same, 21 for black and white (WCAG 2.2)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@dataclass(frozen=True)
class _Token:
    """A token of a file: its name, its value as text, and where the value stands in the file."""

    name: str
    value: str
    loc: Loc


@dataclass(frozen=True)
class _Tokens:
    """The tokens of a file, found by name. known: what those came to that were named so far."""

    file: str | Path
    tree: Tree
    known: dict[str, str] = field(default_factory=dict)

    def find(self, name: str) -> _Token | None:
        """Return a token at the top or in the first set that has a value for it."""
        tops = self.tree.data if isinstance(self.tree.data, dict) else {}
        for loc in [(), *((top,) for top in tops)]:
            path = (*loc, *name.split("."))
            node: Any = self.tree.data
            for key in path:
                node = node.get(key) if isinstance(node, dict) else None
            for end in ("$value", "value") if isinstance(node, dict) else ():
                if node.get(end) is not None:
                    return _Token(name, _plain(node[end]), (*path, end))
            if isinstance(node, str):  # as Style Dictionary's json/nested writes it
                return _Token(name, node, path)
        return None

    def resolved(self, token: _Token, way: tuple[str, ...] = ()) -> str:
        """Return the value of a token with the values of others in the place of their names."""
        way = (*way, token.name)
        too_long = fault("token_too_long", token=token.name, steps=MOST_STEPS, signs=MOST_SIGNS)
        if len(way) > MOST_STEPS:
            raise self.error(token, too_long)

        def value_of(match: re.Match[str]) -> str:
            if match[1] in self.known:
                return self.known[match[1]]
            if match[1] in way:
                raise self.error(token, fault("token_circular", token=match[1], way=list(way)))
            other = self.find(match[1])
            if other is None:
                near = nearest(match[1], self._names())
                raise self.error(
                    token, fault("token_unknown", token=token.name, other=match[1], near=near)
                )
            self.known[match[1]] = self.resolved(other, way)
            return self.known[match[1]]

        found = _REFERENCE.sub(value_of, token.value)
        if len(found) > MOST_SIGNS:
            raise self.error(token, too_long)
        return found

    def error(self, token: _Token, why: Fault) -> InputError:
        """Return the error at the place of a token."""
        return InputError([self.problem(token, why)])

    def problem(self, token: _Token, why: Fault) -> Problem:
        """Return what is wrong at the place of a token."""
        return Problem.at(self.file, why, *self.tree.values[token.loc])

    def _names(self) -> set[str]:
        paths = [loc[:-1] for loc in self.tree.values if loc and loc[-1] in ("value", "$value")]
        return {".".join(map(str, path)) for path in paths}


def _plain(value: Any) -> str:
    """Return a value as text: of a list its names, of a colour with its parts the hexadecimal one."""
    if isinstance(value, dict):
        value = value.get("hex", value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _colour(text: str) -> str | None:
    """Return a colour of CSS as #rrggbb; nothing for another text, and for what can be seen through."""
    text = NAMED.get(text.strip().lower(), text.strip().lower())
    if found := _HEX.fullmatch(text):
        return f"#{found[2] or ''.join(2 * sign for sign in found[1])}"
    if not (found := _CALL.fullmatch(text)) or (found[1] == "hsl") != bool(found[4]):
        return None
    try:
        one, two, three = (float(found[k]) for k in (2, 3, 5))
    except ValueError:  # 1.2.3
        return None
    if found[1] == "hsl":
        parts = colorsys.hls_to_rgb(one / 360 % 1, min(three, 100) / 100, min(two, 100) / 100)
    else:
        parts = (one / 255, two / 255, three / 255)
    return "#" + "".join(f"{round(255 * min(part, 1.0)):02x}" for part in parts)


def _font(text: str) -> str | None:
    """Return the fonts of a list that every machine may have, with a generic one at the end; or nothing."""
    names = [name.strip(" \"'") for name in text.split(",")]
    kept = [name for name in names if name.lower() in SYSTEM]
    if kept and kept[-1].lower() not in GENERIC:
        kept.append("sans-serif")
    return ", ".join(kept) or None


def _luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _too_alike(theme: dict[str, str], said: dict[str, _Token], tokens: _Tokens) -> Iterator[Problem]:
    """Yield for a token the first colour that it is too like; where it says nothing, the app's own counts.

    A colour is the mistake of its own token, and of that of the background where it is ours.
    """
    path = file_beside(".streamlit/config.toml")
    ours = tomllib.loads(path.read_text(encoding="utf-8"))["theme"]["light"]
    whole = {**ours, **theme}
    parts = {
        TEXT: fault("theme_text"), LINK: fault("theme_link"), MAIN: fault("theme_main"),
        EDGE: fault("theme_edge"), GROUND: fault("theme_ground"), SECOND: fault("theme_second"),
    }  # fmt: skip
    asked = ((TEXT, AS_TEXT), (LINK, AS_TEXT), (MAIN, AS_SIGN), (EDGE, AS_SIGN))
    pairs = [
        (option, parts[option], whole[option], ground, least)
        for option, least in asked for ground in (GROUND, SECOND)
    ]  # fmt: skip
    pairs += [("", fault("theme_lines"), line, GROUND, AS_SIGN) for line in (*charts.COLOURS, charts.GREY)]
    told = set()
    for option, part, colour, ground, least in pairs:
        token = said.get(option) or said.get(ground)
        found = contrast(colour, whole[ground])
        if token is None or token in told or found >= least:
            continue
        told.add(token)
        down = math.floor(100 * found) / 100  # 4.499 is not 4.5
        yield tokens.problem(token, fault(
            "theme_contrast", token=token.name, part=part, colour=colour, other=parts[ground],
            ground=whole[ground], found=down, least=least,
        ))  # fmt: skip
