"""A screen reader says the answer of a page once it stands, and another once that does; not each redraw."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from tests.browser.screens import PATIENCE, Watched

pytestmark = pytest.mark.browser
REGION = "body > [role=status][aria-live=polite]"
HEARS = """window.heard = [];
new MutationObserver(changes => changes.forEach(change => {
  const region = change.target.nodeType === 1 ? change.target : change.target.parentElement;
  if (region?.matches("body > [role=status]") && region.textContent) window.heard.push(region.textContent);
})).observe(document, {childList: true, subtree: true, characterData: true});"""


def told(page: Watched) -> str:
    return " ".join(page.locator("[data-testid=stMain] h2").first.inner_text().split())


def heard(page: Watched) -> list[str]:
    return [" ".join(text.split()) for text in page.evaluate("window.heard")]


def test_start_says_its_sentence_once_and_that_of_another_budget(page: Watched) -> None:
    page.add_init_script(HEARS)
    never_asked = 20 + time.time_ns() // 1000 % 300 / 10  # of an answer kept from before, nothing sharpens
    page.goto(f"/?gemeente=Almere&begroting={never_asked}-g-deficit")
    region = page.locator(REGION)
    expect(region).to_contain_text("De kans", timeout=PATIENCE)
    page.wait_for_timeout(5000)
    assert heard(page) == [told(page)]
    page.get_by_role("slider").first.press("ArrowRight")
    page.wait_for_function("window.heard.length > 1", timeout=PATIENCE)
    page.wait_for_timeout(5000)
    first, *others = heard(page)
    assert others == [told(page)] != [first]
    box = region.bounding_box()
    assert box is not None
    assert box["width"] * box["height"] <= 1
    assert page.errors == []


def test_vergelijk_says_its_conclusion_and_another_page_says_nothing_of_it(page: Watched) -> None:
    page.goto("/vergelijk")
    region = page.locator(REGION)
    expect(region).to_contain_text("begroting", timeout=PATIENCE)
    assert told(page) in " ".join(region.inner_text().split())
    page.get_by_role("link", name="Aannames").first.click()
    expect(region).to_be_empty(timeout=30_000)
    assert page.errors == []
