"""Argumenten in a browser: a claim opens, and its example goes to where its outcome is shown."""

from __future__ import annotations

import io
from unicodedata import normalize

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from calibration.paper.claims import CLAIMS
from calibration.paper.kept import shipped
from calibration.paper.telling import briefly
from pages.look.texts import writing_in
from tests.browser.screens import PATIENCE, READY, Watched, quiet_for, soon

pytestmark = pytest.mark.browser
CUT_OFF = """() => [...document.querySelectorAll('[data-testid=stMain] .stButton button p')]
  .filter(p => p.parentElement.scrollWidth > p.parentElement.clientWidth + 1).map(p => p.innerText)"""


def test_an_example_goes_from_its_claim_to_its_outcome(page: Watched) -> None:
    page.goto("/galerij")
    page.wait_for_selector(READY, timeout=PATIENCE)
    page.get_by_text("Kleine zorgvragen").first.click()
    shown = page.get_by_role("button", name="Toon: lichte zorg in het kinderwerk")
    shown.wait_for(timeout=30_000)
    quiet_for(page, 500)  # while words above it still come, it moves from under the pointer
    shown.click()
    page.get_by_role("heading", name="Vergelijk").wait_for(timeout=PATIENCE)
    page.get_by_text("lichte zorg in het kinderwerk").first.wait_for(timeout=30_000)
    assert page.errors == []


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_a_button_shows_its_whole_title(page: Watched, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 2200})
    page.goto("/galerij")
    page.wait_for_selector(READY, timeout=PATIENCE)
    page.get_by_text("Tilburg is aanwezig").first.click()
    last = page.get_by_role("button", name="Pas aan: lerarentekort, met burgerschap op zes scholen")
    last.wait_for(timeout=30_000)
    page.wait_for_selector(READY, timeout=PATIENCE)
    expect(page.locator("[data-testid=stMain] .stButton button p")).to_have_count(8, timeout=30_000)
    assert soon(page, lambda: page.evaluate(CUT_OFF) == []), page.evaluate(CUT_OFF)
    box = last.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width


def test_every_claim_and_its_answer_are_printed_on_one_page(page: Watched) -> None:
    page.goto("/galerij")
    page.wait_for_selector(READY, timeout=PATIENCE)
    page.get_by_text("Versie 0.").last.wait_for(timeout=60_000)
    page.emulate_media(media="print")
    quiet_for(page, 1200)
    (printed,) = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    text = "".join(normalize("NFKC", printed.extract_text()).split())  # without ligatures
    dutch = writing_in("nl")
    for claim in CLAIMS:
        answer = briefly(shipped().claims[claim.key].said, dutch)
        assert "".join(f"{dutch.t(f'gal_title_{claim.key}')}{answer}".split()) in text
    assert "".join(dutch.t("link").split()) not in text
    assert page.errors == []
