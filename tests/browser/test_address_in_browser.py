"""The address bar: it follows every choice on every page, and opening it again shows the very same."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from screens import READY
from test_every_page import path_of, settled

pytestmark = pytest.mark.browser
STATE = """() => {
  const main = document.querySelector("[data-testid=stMain]");
  const told = "[data-testid=stMarkdown], [data-testid=stMetric], [data-testid=stAlert], table, h1, h2, h3";
  return {
    text: [...main.querySelectorAll(told)].map(e => e.innerText),
    fields: [...main.querySelectorAll("input")].filter(e => e.type !== "file")
      .map(e => [e.getAttribute("aria-label"), ["checkbox", "radio"].includes(e.type) ? e.checked : e.value]),
    pressed: [...main.querySelectorAll("[aria-checked], [aria-pressed]")]
      .map(e => [e.innerText, e.getAttribute("aria-checked") || e.getAttribute("aria-pressed")]),
    open: [...main.querySelectorAll("details")].map(e => [e.querySelector("summary").innerText, e.open]),
    title: document.title, lang: document.documentElement.lang,
  };
}"""


def state(page) -> dict[str, object]:
    """Return what the page shows, once all of it is there: charts aside, which come when they come."""
    settled(page)
    found = page.evaluate(STATE)
    for _ in range(60):
        page.wait_for_timeout(1500)
        page.wait_for_selector(READY, timeout=120_000)
        before, found = found, page.evaluate(STATE)
        if before == found and not page.locator("[data-testid=stProgress]").count():
            return found
    pytest.fail("the page never came to rest")


def at_rest(page) -> None:
    """Wait until the page has taken what was chosen."""
    page.wait_for_timeout(600)
    page.wait_for_selector(READY, timeout=120_000)
    page.wait_for_timeout(300)


def pick(page, label: str, option: str) -> None:
    """Choose from a list."""
    field = page.get_by_role("combobox", name=label).first
    field.scroll_into_view_if_needed()
    page.wait_for_timeout(500)  # a list closes when the page scrolls
    field.click()
    page.get_by_role("option", name=option).first.click()
    at_rest(page)


def press(page, text: str) -> None:
    """Press a button, or one of a row of choices."""
    main = page.get_by_test_id("stMain")
    main.get_by_role("radio", name=text).or_(main.get_by_role("button", name=text, exact=True)).first.click()
    at_rest(page)


def fill(page, label: str, value: str) -> None:
    field = page.get_by_test_id("stMain").locator(f"input[aria-label^='{label}']").first
    field.fill(value)
    field.press("Enter")
    at_rest(page)


def slide(page, steps: int) -> None:
    slider = page.get_by_test_id("stMain").get_by_role("slider").first
    slider.focus()
    for _ in range(steps):
        slider.press("ArrowRight")
    at_rest(page)


def unfold(page, title: str) -> None:
    page.get_by_test_id("stMain").locator("summary", has_text=title).first.click()
    at_rest(page)


def start(page) -> None:
    pick(page, "Gemeente", "Tilburg")
    slide(page, 2)
    pick(page, "Wat als het minder goed werkt?", "half zo goed")
    page.get_by_text("Geoormerkt", exact=True).click()


def verken(page) -> None:
    unfold(page, "Kinderwerk")
    fill(page, "Fte Kinderwerk", "20")
    unfold(page, "Schokken")
    press(page, "Schok erbij")


def vergelijk(page) -> None:
    press(page, "3")
    fill(page, "2. Aantal kinderwerkers", "12")
    pick(page, "Bij een tekort op jeugdzorg", "vaste plaatsen, wachtlijst")
    press(page, "Onvervulde zorgbehoefte (verschil)")


def galerij(page) -> None:
    for number in (1, 3):
        page.get_by_test_id("stMain").locator("summary").nth(number).click()
        at_rest(page)


def wie_betaalt(page) -> None:
    press(page, "4 jaar")


def kinderen(page) -> None:
    slide(page, 3)
    pick(page, "Kies een nagemaakt kind", "4. ")
    page.get_by_text("Laat dezelfde begroting zien met vaste plaatsen", exact=False).click()


def onzekerheid(page) -> None:
    press(page, "10 jaar")
    press(page, "75%")


def aannames(page) -> None:
    press(page, "geschat")
    fill(page, "Zoek een getal", "tarief")


def own_figures(page) -> None:
    fill(page, "Kinderwerkers (fte)", "12.5")
    page.get_by_role("button", name="Bekijk wat er verandert").click()
    at_rest(page)
    page.get_by_role("button", name="Neem over", exact=True).click()
    at_rest(page)
    press(page, "Bestand")


def ijking(page) -> None:
    page.get_by_text("English", exact=True).click()
    at_rest(page)


def briefing(page) -> None:
    press(page, "De 4 begrotingen van Vergelijk")


CHOOSE: dict[str, Callable[..., None]] = {
    "start": start, "verken": verken, "vergelijk": vergelijk, "galerij": galerij, "wie-betaalt": wie_betaalt,
    "kinderen": kinderen, "onzekerheid": onzekerheid, "aannames": aannames, "eigen-cijfers": own_figures,
    "ijking": ijking, "briefing": briefing, "over": ijking,
}  # fmt: skip


@pytest.mark.parametrize("name", CHOOSE)
def test_what_is_chosen_is_there_again(page, browser, app_url: str, name: str) -> None:
    page.goto(path_of(name))
    settled(page)
    assert urlsplit(page.url).query == ""  # nothing was chosen yet
    CHOOSE[name](page)
    before, address = state(page), page.url
    assert urlsplit(address).query
    page.reload()
    assert state(page) == before
    assert page.url == address
    context = browser.new_context(locale="nl-NL", viewport={"width": 1280, "height": 2200})
    other = context.new_page()
    other.goto(address)
    assert state(other) == before
    assert other.url == address
    context.close()
    assert page.errors == []
