"""The same children twice in a real browser: side by side, below each other on a phone, moved by keys."""

from __future__ import annotations

import pytest
from playwright.sync_api import FloatRect, Page

from tests.browser.screens import PATIENCE, Watched, soon

pytestmark = pytest.mark.browser
CHARTS = "[data-testid=stVegaLiteChart]"


def boxes(page: Page) -> list[FloatRect | None]:
    """Return where the two arrays stand; the key of the icons comes before them."""
    return [page.locator(CHARTS).nth(k).bounding_box() for k in (1, 2)]


def beside(first: FloatRect | None, second: FloatRect | None) -> bool:
    if first is None or second is None:
        return False
    return abs(first["y"] - second["y"]) <= 2 and first["x"] + first["width"] <= second["x"]


def below(first: FloatRect | None, second: FloatRect | None) -> bool:
    return first is not None and second is not None and first["y"] + first["height"] <= second["y"]


def test_the_same_children_twice_move_with_the_year_and_stack_on_a_phone(page: Watched) -> None:
    page.goto("/kinderen")
    page.get_by_text("Op 31 december 2035").first.wait_for(timeout=200_000)
    page.locator(f"{CHARTS} canvas, {CHARTS} svg").nth(2).wait_for(timeout=30_000)
    page.wait_for_selector("[data-testid=stProgress]", state="detached", timeout=PATIENCE)
    assert soon(page, lambda: beside(*boxes(page))), boxes(page)
    slider = page.get_by_role("slider").first
    slider.focus()
    slider.press("ArrowRight")
    page.get_by_text("Op 31 december 2036").wait_for(timeout=20_000)
    page.set_viewport_size({"width": 390, "height": 2400})
    assert soon(page, lambda: below(*boxes(page))), boxes(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.errors == []


def test_waiting_appears_with_limited_places_and_by_the_keyboard(page: Watched) -> None:
    page.goto("/kinderen?gemeente=Hoorn&begroting=10-g-deficit")
    page.locator("summary", has_text="Wachten op zorg").click(timeout=60_000)
    switch = page.get_by_label("Laat dezelfde begroting zien met vaste plaatsen", exact=False)
    switch.wait_for(state="attached", timeout=60_000)
    switch.focus()
    page.keyboard.press("Space")
    page.get_by_text("op een wachtlijst").first.wait_for(timeout=200_000)
    page.get_by_role("radio", name="op de lijst").or_(page.get_by_role("button", name="op de lijst")).click()
    page.get_by_text("Doorgetrokken blauw").first.wait_for(timeout=20_000)
    assert page.errors == []
