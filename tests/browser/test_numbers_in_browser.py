"""Numbers as people type them, in browsers of two languages."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.screens import PATIENCE

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("locale", ["nl-NL", "en-US"])
def test_a_decimal_comma_is_never_lost(browser: Browser, app_url: str, locale: str) -> None:
    """A browser's own field for a number drops it, where the browser is not Dutch: 3,4 became 34."""
    context = browser.new_context(locale=locale, base_url=app_url)
    page = context.new_page()
    page.goto("/vergelijk?open=begrotingen")
    fte = page.get_by_label("2. Aantal kinderwerkers (fte)")
    fte.fill("", timeout=PATIENCE)
    fte.press_sequentially("3,4")
    fte.press("Enter")
    page.wait_for_url(lambda url: "~3.4-" in url, timeout=PATIENCE)
    assert fte.get_attribute("inputmode") == "decimal"
    fte.fill("200000")
    fte.press("Enter")
    told = "200000 kan niet. Het kan van 0 tot en met 100.000 zijn. Tot dan blijft 3,4 gelden."
    page.get_by_text(told).wait_for(timeout=PATIENCE)
    context.close()
