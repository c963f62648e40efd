"""Who pays and who gains in a real browser: another horizon by the keyboard, both charts on one scale."""

from __future__ import annotations

import zipfile

import pytest
from playwright.sync_api import expect

from tests.browser.screens import PATIENCE, READY, Watched, soon

pytestmark = pytest.mark.browser
CHARTS = "[data-testid=stVegaLiteChart]"


def test_another_horizon_by_the_keyboard_changes_the_figures_and_the_link(page: Watched) -> None:
    page.goto("/wie-betaalt?termijn=10")
    page.get_by_text("In 10 jaar").first.wait_for(timeout=PATIENCE)
    page.get_by_text("keer andere aannames").first.wait_for(timeout=PATIENCE)  # charts are drawn anew no more
    page.locator(f"{CHARTS} canvas, {CHARTS} svg").nth(1).wait_for(timeout=60_000)
    short = page.get_by_role("radio", name="4 jaar", exact=True).or_(
        page.get_by_role("button", name="4 jaar", exact=True)
    )
    short.focus()
    page.keyboard.press("Space")
    page.get_by_text("In 4 jaar").first.wait_for(timeout=60_000)
    page.wait_for_selector(READY, timeout=60_000)
    page.locator(f"{CHARTS} canvas, {CHARTS} svg").nth(1).wait_for(timeout=60_000)
    page.get_by_text("Link naar dit scherm").first.click()
    expect(page.locator("[data-testid=stCode]").last).to_contain_text("termijn=4", timeout=30_000)

    def on_one_scale() -> bool:
        first, second = (page.locator(CHARTS).nth(k).bounding_box() for k in (0, 1))
        return first is not None and second is not None and first["width"] == second["width"]

    assert soon(page, on_one_scale)  # money and rough values
    page.locator("summary", has_text="Tabel").first.click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CSV").first.click()
    saved = waiting.value
    assert saved.suggested_filename == "kinderwerk-betalers-4-jaar.zip"
    with zipfile.ZipFile(saved.path()) as archive:
        text = archive.read("kinderwerk-betalers-4-jaar.csv").decode("utf-8-sig")
        assert "startgetal" in archive.read("kinderwerk-betalers-4-jaar-herkomst.txt").decode()
    assert "De gemeente" in text
    assert "euro van 2024, omgerekend naar nu" in text
    assert page.errors == []
