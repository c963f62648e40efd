"""A running app and a real browser. Skips loudly without Chromium, unless REQUIRE_BROWSER=1."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage

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


@contextmanager
def _visitor(browser: Browser, app_url: str, locale: str) -> Iterator[BrowserContext]:
    """Yield a browser of somebody: a second page of the same one need not fetch and compile all code anew."""
    context = browser.new_context(
        locale=locale, viewport={"width": 1280, "height": 2200}, base_url=app_url
    )  # fmt: skip
    yield context
    context.close()


@pytest.fixture(scope="session")
def visitor(browser: Browser, app_url: str) -> Iterator[BrowserContext]:
    with _visitor(browser, app_url, "en-US") as context:
        yield context


@pytest.fixture(scope="session")
def other_visitor(browser: Browser, app_url: str) -> Iterator[BrowserContext]:
    with _visitor(browser, app_url, "nl-NL") as context:
        yield context


@contextmanager
def _forgotten(context: BrowserContext, app_url: str) -> Iterator[BrowserContext]:
    """Yield a browser, and let it forget what pages leave there. What it fetched it keeps."""
    try:
        yield context
    finally:
        for page in context.pages:
            page.close()
        empty = context.new_page()
        context.new_cdp_session(empty).send(
            "Storage.clearDataForOrigin", {"origin": app_url, "storageTypes": "cookies,local_storage"}
        )
        empty.close()


@pytest.fixture
def page(visitor: BrowserContext, app_url: str) -> Iterator[Watched]:
    with _forgotten(visitor, app_url) as context:
        opened = cast(Watched, context.new_page())
        opened.errors = []
        opened.on("console", lambda m: opened.errors.append(m.text) if _ours(m) else None)
        opened.on("pageerror", lambda e: opened.errors.append(str(e)))
        yield opened


@pytest.fixture
def somebody_else(other_visitor: BrowserContext, app_url: str) -> Iterator[BrowserContext]:
    """Yield a second browser, without a page."""
    with _forgotten(other_visitor, app_url) as context:
        yield context
