"""Doubt in a real browser: a first part soon, stopped and gone on with, never in the way of the rest."""

from __future__ import annotations

import pytest

from tests.browser.screens import PATIENCE, Watched

pytestmark = pytest.mark.browser


def test_what_is_found_out_comes_in_parts_and_can_be_stopped(page: Watched) -> None:
    page.goto("/onzekerheid?begroting=24-g-deficit&zeker=90")
    page.locator("summary", has_text="Waar hangt het antwoord van af?").click(timeout=PATIENCE)
    page.get_by_text("Met de beste schatting betaalt de gemeente").wait_for(timeout=PATIENCE)
    page.locator("summary", has_text="Welk cijfer eerst verzamelen?").click()
    coming = page.get_by_text("Dit deel wordt nog berekend.").first
    coming.wait_for(state="attached", timeout=20_000)  # not all is there yet
    page.get_by_text("keer andere aannames").first.wait_for(timeout=PATIENCE)
    page.get_by_role("button", name="Stop", exact=True).last.click()
    page.get_by_text("Gestopt. Wat al berekend is, blijft bewaard.").wait_for(timeout=20_000)
    page.get_by_role("button", name="Reken verder").last.click()
    page.locator("[data-testid=stProgress]").last.wait_for(timeout=20_000)
    page.locator("summary", has_text="Als het model anders was").wait_for()
    assert page.errors == []
