"""Aannames en bronnen in a real browser: a number is found, changed with a comma, and marked."""

from __future__ import annotations

import pytest

from tests.browser.screens import PATIENCE, READY, Watched

pytestmark = pytest.mark.browser


def test_a_number_is_found_and_changed_by_keyboard_and_named_on_every_page(page: Watched) -> None:
    page.goto("/aannames")
    page.wait_for_selector(READY, timeout=PATIENCE)
    search = page.get_by_label("Zoek een getal")
    search.fill("hoe lang een kind blijft komen kinderwerk.stay")
    search.press("Enter")
    change = page.get_by_role("button", name="Wijzig")
    change.wait_for(timeout=30_000)
    assert change.count() == 1
    change.press("Enter")
    field = page.get_by_label("Nieuwe waarde")
    field.wait_for(timeout=30_000)
    field.fill("20,5")
    field.press("Enter")
    page.get_by_text("20,5 (standaard 36)").wait_for(timeout=30_000)
    page.get_by_role("link", name="Start").click()
    page.get_by_text("Gewijzigde aannames: Kinderwerk: hoe lang een kind blijft komen").wait_for(
        timeout=60_000
    )
    assert page.errors == []
