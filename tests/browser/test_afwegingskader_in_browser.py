"""Afwegingskader in a browser: what is typed stays when one goes to another page and back."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.screens import PATIENCE, READY, Watched

pytestmark = pytest.mark.browser


def test_what_is_typed_is_kept_on_the_way_to_another_page(page: Watched) -> None:
    page.goto("/afwegingskader")
    page.wait_for_selector(READY, timeout=PATIENCE)
    page.get_by_text("keer andere aannames").first.wait_for(timeout=PATIENCE)
    page.locator("summary", has_text="Wat u zelf invult").click()
    field = page.get_by_label("3.4 Draagvlak")
    field.fill("De jongerenraad is gehoord.")
    field.press("Control+Enter")
    page.get_by_text("3.4 Draagvlak: niet bekend").click()
    shown = page.get_by_test_id("stExpander").locator("p", has_text="De jongerenraad is gehoord.")
    expect(shown).to_be_visible()
    page.get_by_role("link", name="Neem het mee in het werkboek").click()
    page.get_by_role("heading", name="Briefing en downloads").wait_for(timeout=PATIENCE)
    page.get_by_role("link", name="Afwegingskader").click()
    expect(page.get_by_label("3.4 Draagvlak")).to_have_value("De jongerenraad is gehoord.", timeout=60_000)
    assert page.errors == []
