"""What users wrote stands on every page as they wrote it: no page reads it as markup."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from streamlit.testing.v1 import AppTest

from pages.choices.framework import OWN
from pages.choices.packed import pack
from pages.choices.plan import Plan
from pages.shared.parts import plain
from sim.report.framework import ASKED
from tests.opened import ROOT, finished, unfolded

NASTY = "x*y* _z_ [a](b) :red[c] :smile: $d$ `e` ~f~ &amp; 1. -> -- www.g.nl https://g.nl a@g.nl"
LOCAL = "x*y* _z_ [a](b) :red[c] $d$ `e` ~f~ &amp; www.g.nl"
"""The same for figures of one's own, which take no < and >."""
NAME, SOURCE = f"Dorp {LOCAL}", f"bron {LOCAL}"
PLAN = Plan.of({
    "policy": "crowd_out", "title": f"plan {NASTY}",
    "programmes": {"kinderwerk": {"fte": 40.0, "ring_fenced": True}},
})  # fmt: skip
OTHER = Plan.simple(10.0)
LINK = {
    "begroting": PLAN.code(), "begrotingen": f"{OTHER.code()}~{PLAN.code()}",
    "eigen": pack(json.dumps({
        "kind": "municipality", "name": NAME, "date": "2024-01-01", "source": SOURCE,
        "population": {"0-3": 8100, "4-11": 17000, "12-17": 15000, "18-22": 13000},
    })),
}  # fmt: skip
AS_IT_IS = {
    "selectbox.options", "selectbox.raw_value", "selectbox.default", "text_input.default", "text_input.value",
    "text_area.default", "text_area.value", "code.code_text",
}  # fmt: skip
"""Fields that Streamlit shows as they are; beside them ids, which nobody sees, and charts."""
DATA = re.compile(
    r"datasets\.\w+\.\d+\.\w+|data\.values\.\d+\.\w+|(.*\.)?scale\.domain\.\d+|(.*\.)?description|(.*\.)?alt"
)
"""Where a text in a chart stands as it is: in its data, what a scale has, and what is read aloud."""
PAGES = (
    "start", "verken", "vergelijk", "wie_betaalt", "kinderen", "onzekerheid", "aannames", "eigen_cijfers",
    "briefing", "over", "galerij", "ijking", "afwegingskader", "onderzoek",
)  # fmt: skip


def texts(message: Message, path: str) -> Iterator[tuple[str, str]]:
    """Yield every text in a message of Streamlit, with the kind of element and the name of its field."""
    for field, value in message.ListFields():
        kind = path or field.name
        if field.message_type is not None and not field.message_type.GetOptions().map_entry:
            for one in value if field.is_repeated else [value]:
                yield from texts(one, kind)
        elif field.type == field.TYPE_STRING:
            for one in value if field.is_repeated else [value]:
                yield f"{kind}.{field.name}", one


def elements(node: Any) -> Iterator[Any]:
    yield node
    for child in getattr(node, "children", {}).values():
        yield from elements(child)


def read_as_markup(at: AppTest) -> list[tuple[str, str]]:
    """Return what a page says that Streamlit reads as markdown."""
    found = []
    for element in elements(at._tree):
        if getattr(element, "type", "") == "table":
            frame: pd.DataFrame = element.value
            cells = [*map(str, frame.columns), *map(str, frame.index), *map(str, frame.to_numpy().ravel())]
            found += [("table", cell) for cell in cells]
        elif isinstance(proto := getattr(element, "proto", None), Message):
            found += texts(proto, element.type)
    return [one for one in found if one[0] not in AS_IT_IS and not one[0].endswith((".id", ".spec"))]


def charts(at: AppTest) -> Iterator[Any]:
    """Yield the charts of a page as Vega-Lite has them."""
    for element in elements(at._tree):
        if isinstance(proto := getattr(element, "proto", None), Message):
            yield from (json.loads(text) for name, text in texts(proto, "") if name.endswith(".spec"))


def in_chart(spec: Any, path: str = "") -> Iterator[str]:
    """Yield where what users wrote stands in a chart."""
    if isinstance(spec, str):
        if NASTY in spec or LOCAL in spec:
            yield path
    elif isinstance(spec, (dict, list)):
        for step, inner in spec.items() if isinstance(spec, dict) else enumerate(spec):
            assert "x*y*" not in str(step), "a name of a user is no name of a field"
            yield from in_chart(inner, f"{path}.{step}" if path else str(step))


@pytest.mark.parametrize("page", PAGES)
def test_no_page_reads_what_users_wrote_as_markup(page: str) -> None:
    at = AppTest.from_file(str(ROOT / f"pages/{page}.py"), default_timeout=120)
    for name, text in (LINK | unfolded(page)).items():
        at.query_params[name] = text
    at.session_state[OWN] = dict.fromkeys(ASKED, NASTY)
    at.run()
    if page in ("start", "verken", "vergelijk", "wie_betaalt", "briefing", "afwegingskader"):
        finished(at)
    assert not at.exception
    said = read_as_markup(at)
    assert at.session_state["choices"].municipality == NAME
    assert [(kind, text) for kind, text in said if NASTY in text or LOCAL in text] == []
    for spec in charts(at):
        assert [place for place in in_chart(spec) if not DATA.fullmatch(place)] == []
    assert page in ("galerij", "ijking", "over") or any("x\\*y\\*" in text for _, text in said)


SIGNS = st.lists(
    st.sampled_from([*"\\`*_[]<>~$|&:#+-=.!()@/ \n", "a", "1", "red", "www.", "https://", "&lt;", "1. "]),
    min_size=1, max_size=15,
).map("".join)  # fmt: skip


def read(text: str) -> str:
    """Return the words of a text that was read as markdown, with every mark-up that this reader knows."""
    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens = [token for block in markdown.parse(text) for token in (block.children or [])]
    assert {token.type for token in tokens} <= {"text", "softbreak", "text_special"}
    assert {block.type for block in markdown.parse(text)} <= {"paragraph_open", "inline", "paragraph_close"}
    return "".join("\n" if token.type == "softbreak" else token.content for token in tokens)


@given(SIGNS)
def test_markdown_reads_what_users_wrote_as_text(text: str) -> None:
    wanted = "\n\n".join(line.strip() for line in text.split("\n") if line.strip())
    lines = [plain(line) for line in text.split("\n") if line.strip()]
    assert "\n\n".join(read(line) for line in lines).replace("\u2060", "") == wanted
    line = " ".join(text.split())
    assert read(f"Van {plain(line)} naar").replace("\u2060", "") == f"Van {line} naar"


@given(SIGNS)
def test_the_browser_finds_no_picture_arrow_or_link_in_what_users_wrote(text: str) -> None:
    shown = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", plain(text))
    arrows = r"(^|\s)(<->|->|<-|--|>=|<=|~=)(\s|$)"
    for later in (r":[\w+-]+:", r":\w+\[", arrows, r"www\.|https?://\w", r"\w@\w"):
        assert not re.search(later, shown), shown
