"""Pages of the app as tests open them, without a browser."""

from __future__ import annotations

import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[1]


def shown(page: str, **query: str) -> AppTest:
    """Return a page of the app, opened by a link, once its answer is complete."""
    at = AppTest.from_file(str(ROOT / page), default_timeout=120)
    for key, value in query.items():
        at.query_params[key] = value
    return finished(at.run())


def finished(at: AppTest) -> AppTest:
    """Return a page once its answer is complete."""
    until = time.monotonic() + 200  # a busy machine is no failure
    while not complete(at) and time.monotonic() < until:
        time.sleep(0.5)
        at.run()
    assert not at.exception
    assert complete(at)
    return at


def complete(at: AppTest) -> bool:
    words = " ".join(m.value for m in at.markdown)
    return any(text in words for text in ("keer andere aannames", "times with other assumptions"))


def words(at: AppTest) -> str:
    return "\n".join(m.value for m in at.markdown)
