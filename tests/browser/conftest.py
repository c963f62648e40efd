"""A running app and a real browser. Skips loudly without Chromium, unless REQUIRE_BROWSER=1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest
from playwright.sync_api import Browser, ConsoleMessage

from tests.browser.screens import FLAGS, Watched, chromium, running_app


@pytest.fixture(scope="session")
def app_url() -> Iterator[str]:
    with running_app() as (url, _):
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield opened
        opened.close()


def _ours(message: ConsoleMessage) -> bool:
    """Tell an error of the app from Streamlit's own probing: hosts outside, and paths below a page."""
    probing = "ERR_NAME_NOT_RESOLVED" in message.text or "_stcore" in message.location.get("url", "")
    return message.type == "error" and not probing


@pytest.fixture
def page(browser: Browser, app_url: str) -> Iterator[Watched]:
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 2200}, base_url=app_url)
    opened = cast(Watched, context.new_page())
    opened.errors = []
    opened.on("console", lambda m: opened.errors.append(m.text) if _ours(m) else None)
    opened.on("pageerror", lambda e: opened.errors.append(str(e)))
    yield opened
    context.close()
