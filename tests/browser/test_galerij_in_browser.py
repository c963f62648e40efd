"""Argumenten in a browser: a claim opens, and its example goes to where its outcome is shown."""

from __future__ import annotations

import pytest
from screens import READY

pytestmark = pytest.mark.browser


def test_an_example_goes_from_its_claim_to_its_outcome(page) -> None:
    page.goto("/galerij")
    page.wait_for_selector(READY, timeout=120_000)
    page.get_by_text("Kleine zorgvragen").first.click()
    page.get_by_role("button", name="Toon: lichte zorg in het kinderwerk").click(timeout=30_000)
    page.get_by_role("heading", name="Vergelijk").wait_for(timeout=30_000)
    page.get_by_text("lichte zorg in het kinderwerk").first.wait_for(timeout=30_000)
    assert page.errors == []
