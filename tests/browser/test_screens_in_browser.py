"""What the browser tests wait for: a page is at rest only when all of it is there."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route

from tests.browser.screens import QUIET, Watched, quiet_for

pytestmark = pytest.mark.browser


def test_a_page_whose_fields_are_still_fetched_is_not_at_rest(page: Watched) -> None:
    held: list[Route] = []
    page.route("**/ButtonGroup*.js", lambda route: held.append(route))
    page.goto("/verken")
    page.get_by_text("Versie 0.").last.wait_for(timeout=60_000)
    page.evaluate(QUIET)
    page.wait_for_timeout(8000)  # all that has not been held back is there
    assert len(held) == 1
    assert page.evaluate(QUIET) == 0
    held[0].continue_()
    quiet_for(page, 1200)
    assert page.get_by_test_id("stMain").get_by_role("radio", name="Kosten").is_visible()
