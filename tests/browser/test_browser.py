"""The app in a real browser, as an alderman meets it."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from pages.compare import forest
from pages.look.charts import COLOURS
from tests.browser.screens import PATIENCE, READY, Watched, soon

P = TypeVar("P", bound=Page)
pytestmark = pytest.mark.browser
PICTURES = os.environ.get("KINDERWERK_PICTURES")


def opened(page: P, path: str = "/") -> P:
    page.goto(path)
    page.wait_for_selector(READY, timeout=60_000)
    page.wait_for_selector("[data-testid=stMetricValue]", timeout=PATIENCE)
    return page


def finished(page: Page) -> None:
    page.get_by_text("keer andere aannames").wait_for(timeout=PATIENCE)
    page.wait_for_selector(READY)


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / name), full_page=True)


def in_colour(page: Page, colour: str) -> int:
    """Return how many pixels of the first chart have a colour."""
    shot = page.locator("[data-testid=stVegaLiteChart]").first.screenshot()
    pixels = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)
    wanted = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
    return int((np.abs(pixels - wanted).max(axis=2) < 24).sum())


def test_start_says_a_sentence_with_its_chance_and_three_figures(page: Watched) -> None:
    opened(page)
    finished(page)
    page.get_by_test_id("stMain").get_by_text("De kans dat de gemeente").wait_for(timeout=20_000)
    expect(page.locator("[data-testid=stMetricValue]")).to_have_count(3)
    expect(page.locator("[data-testid=stMetricValue]").first).to_contain_text("mln")
    page.wait_for_selector("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg")
    lines = COLOURS[:2]  # which lie on each other: across the chart, and not axes alone
    assert soon(page, lambda: sum(in_colour(page, colour) for colour in lines) > 300)
    picture(page, "start.png")
    assert page.errors == []


def test_moving_the_slider_gives_new_figures(page: Watched) -> None:
    opened(page)
    finished(page)
    slider = page.get_by_role("slider").first
    slider.focus()
    for _ in range(4):
        slider.press("ArrowRight")
    page.get_by_test_id("stMain").get_by_text("Met 40 kinderwerkers betaalt Almere").wait_for(timeout=60_000)
    assert page.errors == []


OPENS_AT_ONCE = """new MutationObserver(() => {
  const table = [...document.querySelectorAll("details")].find(d => d.innerText.includes("Tabel"));
  if (!table || window.openedOnce) return;
  window.openedOnce = true;
  table.querySelector("summary").click();
}).observe(document, {childList: true, subtree: true});"""


def test_a_table_opened_while_figures_sharpen_stays_open(page: Watched) -> None:
    page.add_init_script(OPENS_AT_ONCE)
    never_asked = 20 + time.time_ns() // 1000 % 300 / 10  # of an answer kept from before, nothing sharpens
    opened(page, f"/?gemeente=Zwolle&begroting={never_asked}-g-crowd_out")
    finished(page)
    page.wait_for_timeout(3000)  # the page goes on without its timer
    assert page.evaluate("window.openedOnce")
    assert page.locator("details", has_text="Tabel").first.evaluate("e => e.open")
    assert page.errors == []


def test_the_slider_writes_its_number_in_the_language_of_the_app(page: Watched) -> None:
    opened(page, "/?gemeente=Hoorn&begroting=9.2-g-crowd_out")
    assert page.get_by_role("slider").first.get_attribute("aria-valuetext") == "9,2"


def test_link_restores_the_screen(page: Watched) -> None:
    opened(page, "/?gemeente=Tilburg&begroting=20-o-crowd_out&effect=half&taal=en")
    page.get_by_test_id("stMain").get_by_text("With 20 child workers, Tilburg pays").wait_for(timeout=60_000)
    assert (
        page.get_by_role("switch", name="Ring-fenced")
        .or_(page.get_by_role("checkbox", name="Ring-fenced"))
        .first.is_checked()
        is False
    )


def test_impossible_link_is_told_and_left_out(page: Watched) -> None:
    opened(page, "/?gemeente=%3Cscript%3E&begroting=-5-g-deficit")
    page.get_by_text("De link bevatte een keuze die niet kan").wait_for(timeout=20_000)
    page.get_by_test_id("stMain").get_by_text("Met 36 kinderwerkers betaalt Almere").wait_for(timeout=60_000)
    assert page.errors == []


def test_english_is_one_click_away(page: Watched) -> None:
    opened(page)
    page.get_by_role("radio", name="English").or_(page.get_by_role("button", name="English")).first.click()
    page.get_by_text("What we do not know").wait_for(timeout=60_000)
    page.wait_for_function("document.documentElement.lang === 'en'", timeout=20_000)
    assert page.errors == []


def test_compare_shows_four_budgets_and_their_differences(page: Watched) -> None:
    page.goto("/vergelijk")
    page.get_by_role("heading", name="betaalt de gemeente in 20 jaar meer").wait_for(timeout=PATIENCE)
    page.get_by_text("keer andere aannames").wait_for(timeout=PATIENCE)
    page.get_by_role("rowheader", name="3. 72 kinderwerkers, geoormerkt").wait_for()
    picture(page, "vergelijk.png")
    assert page.errors == []


def test_about_has_its_provenance(page: Watched) -> None:
    page.goto("/over")
    page.get_by_text("Versie 0.").last.wait_for(timeout=60_000)
    assert page.errors == []


def test_the_last_number_of_a_scale_stays_within_a_phone(page: Watched) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    scale = forest._scale((-2000.0, 2000.0), "users")
    cell = f"<table><tr><td class=kw-cell>{scale}</table>"
    page.set_content(f"{forest.LOOK}<div class=kw-forest>{cell}</div>")
    assert scale.count("%") == 3
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("language", ["nl", "en"])
def test_readable_on_a_phone(page: Watched, language: str) -> None:
    page.set_viewport_size({"width": 390, "height": 2600})
    opened(page, f"/?taal={language}")
    page.wait_for_timeout(2000)
    wide = page.evaluate("document.documentElement.scrollWidth")
    picture(page, f"phone-{language}.png")
    page.get_by_test_id("stExpandSidebarButton").click()
    closed = "[data-testid=stSidebar][data-collapsed=true]"
    for _ in range(2):  # the second time it is the page where one is
        page.get_by_test_id("stSidebar").get_by_role("link").last.click()
        page.wait_for_selector(closed, state="attached", timeout=20_000)
        page.get_by_test_id("stExpandSidebarButton").click()
        page.wait_for_selector(closed, state="detached", timeout=20_000)
    page.goto(f"/vergelijk?taal={language}&open=cijfers~twee")
    page.locator("table").nth(2).wait_for(timeout=PATIENCE)
    page.wait_for_timeout(2000)
    tables = page.evaluate(
        "[...document.querySelectorAll('table')].map(t => [t.parentElement, t])"
        ".filter(([p, t]) => t.scrollWidth > p.clientWidth).map(([p, t]) => t.innerText)"
    )
    assert wide <= 390
    assert page.errors == []
    assert tables == []  # a table that must be pushed sideways hides its last budget


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_choices_of_the_chart_share_a_row_where_there_is_room(page: Watched, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    opened(page)
    finished(page)

    def box(place: Locator) -> tuple[float, float]:
        found = place.first.bounding_box()
        assert found is not None
        return found["y"], found["y"] + found["height"]

    main = page.get_by_test_id("stMain")
    groups = [main.get_by_role("radiogroup", name=name, exact=True) for name in ("Laat zien", "Als")]
    for group in groups:
        group.wait_for(timeout=30_000)
    rows = [groups, [main.get_by_text("keer andere aannames"), main.get_by_role("link", name="Hoe zeker")]]
    for first, second in rows:
        (top, bottom), (below, _) = box(first), box(second)
        assert (below < bottom) is (width > 1000)
        assert top <= below + 10
    last = main.get_by_text("Hulp nodig, niet gekregen", exact=True).last.bounding_box()
    assert last is not None
    assert last["x"] + last["width"] < width  # nothing of it is cut off
    assert page.errors == []
