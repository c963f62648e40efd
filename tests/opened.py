"""Pages of the app as tests open them, without a browser."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.background.answers import UNWATCHED_SECONDS, Answer, slim
from pages.background.desk import desk
from pages.choices.address import BETWEEN
from pages.choices.link import VIEWS
from sim.inputs.scenario import Scenario
from sim.runs.experiment import Options, Run, run_all

ROOT = Path(__file__).resolve().parents[1]


def answered(scenarios: Sequence[Scenario], draws: int = 12) -> Answer:
    """Return the finished answer about scenarios, as the pages keep it, without its desk."""
    runs = [
        Run(run.draw, 0, tuple(slim(c) for c in run.columns))
        for run in run_all(scenarios, Options(children=400, draws=draws))
    ]
    return Answer(scenarios=tuple(scenarios), children=400, wished=draws, first=runs[:1], draws=runs)


def shown(page: str, **query: str) -> AppTest:
    """Return a page of the app, opened by a link, once its answer is complete."""
    at = AppTest.from_file(str(ROOT / page), default_timeout=120)
    for key, value in query.items():
        at.query_params[key] = value
    return finished(at.run())


def unfolded(page: str) -> dict[str, str]:
    """Return what a link says where every part of a page (`wie-betaalt`) is open."""
    parts = getattr(import_module(f"pages.{page.replace('-', '_')}"), "OPEN", ())
    names = [name for name in VIEWS.get(page.replace("_", "-"), ()) if name.startswith(("open", "meer"))]
    return dict.fromkeys(names, BETWEEN.join(parts))


def finished(at: AppTest) -> AppTest:
    """Return a page once its answer is complete."""
    once(at, lambda: complete(at))
    assert complete(at)
    return at


def once(at: AppTest, holds: Callable[[], bool], seconds: float = 200) -> AppTest:
    """Return a page once something holds, or as it is after so long: a busy machine is no failure."""
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        rest()
        _run_again(at)
    assert not at.exception
    return at


def _run_again(at: AppTest) -> None:
    """Run a page once more: what lists have chosen is written down here, in the language of this thread."""
    if "language" in at.session_state:
        st.session_state["language"] = at.session_state["language"]
    try:
        at.run()
    finally:
        st.session_state.pop("language", None)


def rest() -> None:
    """Wait until some work ends, or would be let go of: to show a page costs as much as work does."""
    until, first = time.monotonic() + 0.7 * UNWATCHED_SECONDS, _busy()
    time.sleep(0.1)
    while first and _busy() == first and time.monotonic() < until:
        time.sleep(0.05)


def _busy() -> int:
    return sum(work.wanted() and not work.finished for work in list(desk().kept.values()))


def untitled(at: AppTest) -> list[str]:
    """Return what charts are about that have no title, neither in them nor in bold right above them."""
    found, above = [], ""
    for one in _elements(at.main):
        if one.type == "vega_lite_chart":
            spec = json.loads(one.proto.spec)
            told = spec.get("title", "")
            text = told.get("text", "") if isinstance(told, dict) else told
            if not "".join(text) and not re.fullmatch(r"\*\*[^*]+\*\*", above):
                found.append(str(spec["description"]))
        above = one.value if one.type == "markdown" else ""
    return found


def _elements(node: Any) -> Iterator[Any]:
    """Yield the elements of a page as they stand below each other."""
    children = getattr(node, "children", None)
    if children is None:
        yield node
    for child in (children or {}).values():
        yield from _elements(child)


def complete(at: AppTest) -> bool:
    words = " ".join(m.value for m in at.markdown)
    return any(text in words for text in ("keer andere aannames", "times with other assumptions"))


def spaced(text: str) -> str:
    """Return a text with plain spaces in its amounts, as they are typed."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


def words(at: AppTest) -> str:
    return "\n".join(m.value for m in at.markdown)
