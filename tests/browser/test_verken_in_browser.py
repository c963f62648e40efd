"""Verken in a real browser: a lever moves the outcome, and a plan goes out as a file and comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from sim.inputs.library import registry
from sim.inputs.scenario import load_scenario
from tests.browser.screens import PATIENCE, READY, Watched

pytestmark = pytest.mark.browser


def ready(page: Page) -> None:
    page.wait_for_timeout(400)
    page.wait_for_selector(READY, timeout=PATIENCE)


def test_levers_with_the_keyboard_and_a_file_that_comes_back(page: Watched, tmp_path: Path) -> None:
    page.goto("/verken")
    page.wait_for_selector(READY, timeout=PATIENCE)
    summary = page.locator("summary", has_text="Kinderwerk").first
    summary.focus()
    summary.press("Enter")
    field = page.get_by_label("Fte Kinderwerk")
    field.wait_for(timeout=30_000)
    field.fill("20")
    field.press("Enter")
    page.get_by_test_id("stMain").get_by_text("Met 20 kinderwerkers betaalt Almere").wait_for(timeout=60_000)
    page.get_by_text("20 fte, geoormerkt (was: 36 fte, geoormerkt)").wait_for(timeout=20_000)
    page.locator("summary", has_text="Bestand bewaren of openen").click()
    with page.expect_download() as started:
        page.get_by_role("button", name="Download scenario (YAML)").click()
    file = tmp_path / started.value.suggested_filename
    started.value.save_as(file)
    assert load_scenario(file, registry()).programmes["kinderwerk"].fte.base == 20.0
    ready(page)
    page.get_by_role("button", name="Zet alles terug").click()
    page.get_by_test_id("stMain").get_by_text("Met 36 kinderwerkers betaalt Almere").wait_for(timeout=60_000)
    ready(page)
    page.locator("input[type=file]").set_input_files(str(file))
    page.get_by_test_id("stMain").get_by_text("Met 20 kinderwerkers betaalt Almere").wait_for(timeout=60_000)
    assert page.errors == []
