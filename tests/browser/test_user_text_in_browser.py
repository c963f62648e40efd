"""What users wrote and typed, in the browser: as they wrote it, and found or told in their language."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from pages.choices.plan import Plan
from pages.serving.browser_words import PLACES
from tests.browser.screens import PATIENCE, READY, Watched, soon
from tests.browser.test_every_page import settled
from tests.pages.test_user_text import LINK, NAME, NASTY

pytestmark = pytest.mark.browser
LIST = "[data-testid=stSelectboxVirtualDropdown]"
WIDTHS = (1280, 390)


def plain(text: str) -> str:
    return " ".join(text.replace("\u2060", "").replace("\u00ad", "").split())


@pytest.mark.parametrize("path", ["", "vergelijk", "briefing", "eigen-cijfers"])
def test_a_title_and_a_name_stand_as_they_were_written(page: Watched, path: str) -> None:
    page.goto(f"/{path}?" + "&".join(f"{key}={text}" for key, text in LINK.items()))
    page.wait_for_selector(READY, timeout=60_000)
    main = page.locator("[data-testid=stMain]")

    def stand() -> bool:
        written = plain(main.inner_text())
        return NAME in written and f"plan {NASTY}" in written

    assert soon(page, stand), plain(main.inner_text())
    assert main.locator("a[href*='g.nl'], [data-testid=stMarkdownContainer] :is(em, del)").count() == 0


@pytest.mark.parametrize("width", WIDTHS)
def test_a_municipality_that_is_not_in_the_list_is_told_with_a_way_on(page: Watched, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/?begroting=" + Plan.simple(0.0).code())
    page.wait_for_selector(READY, timeout=60_000)
    field = page.get_by_role("combobox", name="Gemeente")
    field.click()
    field.fill("")
    field.press_sequentially("Kattendam")
    shown = page.locator(LIST)
    expect(shown).to_be_visible()
    assert "Add" not in shown.inner_text()
    said = "e => getComputedStyle(e, '::before').content"
    assert shown.locator("[data-key=__creatable__] [data-item-hl]").evaluate(said) == '"Zoek wat u typte"'
    field.press("Enter")
    told = page.get_by_text("Onbekende gemeente 'Kattendam'")
    expect(told).to_be_visible(timeout=30_000)
    page.locator("[data-testid=stMain] [data-testid=stPageLink] a").first.click()
    expect(page.get_by_label("Naam van de gemeente")).to_have_value("Kattendam", timeout=30_000)
    assert page.errors == []


@pytest.mark.parametrize("width", WIDTHS)
def test_a_name_that_is_written_otherwise_finds_its_municipality(page: Watched, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/?begroting=" + Plan.simple(0.0).code())
    page.wait_for_selector(READY, timeout=60_000)
    field = page.get_by_role("combobox", name="Gemeente")
    for typed, name in (("\u2018s gravenhage", "Den Haag"), ("tilb", "Tilburg"), ("GM0034", "Almere")):
        field.click()
        field.fill("")
        field.press_sequentially(typed)
        field.press("Enter")
        expect(field).to_have_value(name, timeout=30_000)


def test_a_list_without_what_was_typed_says_so_in_the_language_of_the_reader(page: Watched) -> None:
    page.goto("/?taal=en&begroting=" + Plan.simple(0.0).code())
    page.wait_for_selector(READY, timeout=60_000)
    page.locator("summary", has_text="How well does it work?").click()
    settled(page)  # what is open stands in the address, so the page is drawn anew
    field = page.get_by_role("combobox", name="Compute with another effect")
    field.click()
    field.fill("zzz")
    empty = page.locator(f"{LIST} [data-empty] > *")
    expect(empty).to_be_attached()
    assert "No results" not in page.locator(LIST).inner_text()
    assert empty.evaluate("e => getComputedStyle(e, '::before').content") == '"Nothing found"'


def test_a_name_that_is_typed_and_a_field_for_files_say_nothing_in_english(page: Watched) -> None:
    page.goto("/vergelijk")
    page.wait_for_selector(READY, timeout=PATIENCE)
    page.locator("summary", has_text="Begrotingen veranderen").click()
    field = page.get_by_role("textbox", name="1. Naam")
    field.press_sequentially("Plan A")
    hint = page.locator("[data-testid=InputInstructions]").first
    hint.wait_for(state="attached")
    expect(hint).to_be_hidden()
    page.goto("/eigen-cijfers?wijze=file")
    page.wait_for_selector(READY, timeout=PATIENCE)
    page.locator("[data-testid=stFileUploaderDropzone]").wait_for(timeout=60_000)
    for place, words in (("upload_of", '"Kies een bestand"'), ("size_of", '"Hooguit 1 MB"')):
        (told,) = page.locator(PLACES[place]).evaluate_all(
            "all => all.map(e => [getComputedStyle(e).visibility, getComputedStyle(e, '::before').content])"
        )
        assert told == ["hidden", words]
