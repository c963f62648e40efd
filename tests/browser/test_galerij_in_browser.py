"""Argumenten in a browser: a claim opens, and its example goes to where its outcome is shown."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.screens import READY, Watched, quiet_for, soon

pytestmark = pytest.mark.browser
CUT_OFF = """() => [...document.querySelectorAll('[data-testid=stMain] .stButton button p')]
  .filter(p => p.parentElement.scrollWidth > p.parentElement.clientWidth + 1).map(p => p.innerText)"""


def test_an_example_goes_from_its_claim_to_its_outcome(page: Watched) -> None:
    page.goto("/galerij")
    page.wait_for_selector(READY, timeout=120_000)
    page.get_by_text("Kleine zorgvragen").first.click()
    shown = page.get_by_role("button", name="Toon: lichte zorg in het kinderwerk")
    shown.wait_for(timeout=30_000)
    quiet_for(page, 500)  # while words above it still come, it moves from under the pointer
    shown.click()
    page.get_by_role("heading", name="Vergelijk").wait_for(timeout=120_000)
    page.get_by_text("lichte zorg in het kinderwerk").first.wait_for(timeout=30_000)
    assert page.errors == []


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_a_button_shows_its_whole_title(page: Watched, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 2200})
    page.goto("/galerij")
    page.wait_for_selector(READY, timeout=120_000)
    page.get_by_text("Tilburg is aanwezig").first.click()
    last = page.get_by_role("button", name="Pas aan: lerarentekort, met burgerschap op zes scholen")
    last.wait_for(timeout=30_000)
    page.wait_for_selector(READY, timeout=120_000)
    expect(page.locator("[data-testid=stMain] .stButton button p")).to_have_count(8, timeout=30_000)
    assert soon(page, lambda: page.evaluate(CUT_OFF) == []), page.evaluate(CUT_OFF)
    box = last.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
