"""The address bar: it follows every choice on every page, and opening it again shows the very same."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocket, expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from pages.choices.plan import Plan
from pages.choices.shelf import is_key
from tests.browser.screens import PATIENCE, READY, Watched, quiet_for
from tests.browser.test_every_page import QUICK, path_of, settled

pytestmark = pytest.mark.browser
LONG = Plan.simple(0.0).changed(
    programmes={
        name: {"fte": {str(year): round(3.7 * n + year**2 % 23 / 7, 3) for year in range(2026, 2046)}}
        for n, name in enumerate(("kinderwerk", "jongerenwerk", "gezinssteun", "bso", "peuterwerk"), 1)
    }
)
"""A plan that needs more letters than an address should have."""
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


def state(page: Page) -> dict[str, object]:
    """Return what the page shows, once all of it is there: charts aside, which come when they come."""
    quiet_for(page, 2500)
    found: dict[str, object] = page.evaluate(STATE)
    return found


def at_rest(page: Page) -> None:
    """Wait until the page has taken what was chosen."""
    page.wait_for_timeout(600)
    page.wait_for_selector(READY, timeout=PATIENCE)
    page.wait_for_timeout(300)


def pick(page: Page, label: str, option: str) -> None:
    """Choose from a list."""
    field = page.get_by_role("combobox", name=label).first
    field.scroll_into_view_if_needed()
    page.wait_for_timeout(500)  # a list closes when the page scrolls
    field.click()
    if page.get_by_role("option", name=option).count() == 0:  # a long list shows what one types
        page.keyboard.type(option)
    page.get_by_role("option", name=option).first.click()
    at_rest(page)


def press(page: Page, text: str) -> None:
    """Press a button, or one of a row of choices."""
    main = page.get_by_test_id("stMain")
    main.get_by_role("radio", name=text).or_(main.get_by_role("button", name=text, exact=True)).first.click()
    at_rest(page)


def fill(page: Page, label: str, value: str) -> None:
    field = page.get_by_test_id("stMain").locator(f"input[aria-label^='{label}']").first
    field.fill(value)
    field.press("Enter")
    at_rest(page)


def slide(page: Page, steps: int) -> None:
    slider = page.get_by_test_id("stMain").get_by_role("slider").first
    slider.focus()
    for _ in range(steps):
        slider.press("ArrowRight")
    at_rest(page)


def unfold(page: Page, title: str) -> None:
    page.get_by_test_id("stMain").locator("summary", has_text=title).first.click()
    at_rest(page)


def start(page: Page) -> None:
    pick(page, "Gemeente", "Tilburg")
    slide(page, 2)
    unfold(page, "Hoe goed werkt kinderwerk?")
    pick(page, "Reken met een ander effect", "half zo goed")
    page.get_by_text("Geoormerkt", exact=True).click()


def verken(page: Page) -> None:
    unfold(page, "Kinderwerk")
    fill(page, "Fte Kinderwerk", "20")
    unfold(page, "Jongerenwerk")
    fill(page, "Fte Jongerenwerk", "4")
    unfold(page, "Schokken")
    press(page, "Schok erbij")
    settled(page)  # what is computed for every change on the way is given up
    pick(page, "Programma", "Jongerenwerk")


def vergelijk(page: Page) -> None:
    unfold(page, "Begrotingen veranderen")
    press(page, "3")
    fill(page, "2. Naam", "Voorstel")
    fill(page, "2. Aantal kinderwerkers", "12")
    pick(page, "Bij een tekort op jeugdzorg", "tekort melden")
    unfold(page, "Verloop per jaar")
    press(page, "Hulp nodig, niet gekregen")


def galerij(page: Page) -> None:
    for number in (1, 3):
        page.get_by_test_id("stMain").locator("summary").nth(number).click()
        at_rest(page)


def wie_betaalt(page: Page) -> None:
    press(page, "4 jaar")
    unfold(page, "Per jaar en per betaler")


def kinderen(page: Page) -> None:
    slide(page, 3)
    unfold(page, "Eén kind, twee levens")
    pick(page, "Kies een nagemaakt kind", "4. ")
    unfold(page, "Wachten op zorg")
    page.get_by_text("Laat dezelfde begroting zien met vaste plaatsen", exact=False).click()


def onzekerheid(page: Page) -> None:
    press(page, "4 jaar")
    press(page, "75%")
    unfold(page, "Eerder zien en voorkomen, elk apart")


def aannames(page: Page) -> None:
    press(page, "geschat")
    fill(page, "Zoek een getal", "tarief")


def own_figures(page: Page) -> None:
    fill(page, "Kinderwerkers (fte)", "12.5")
    page.get_by_role("button", name="Bekijk wat er verandert").click()
    at_rest(page)
    page.get_by_role("button", name="Neem over", exact=True).click()
    at_rest(page)
    press(page, "Bestand")


def ijking(page: Page) -> None:
    unfold(page, "Klopt het per leeftijd?")
    page.get_by_text("English", exact=True).click()
    at_rest(page)


def over(page: Page) -> None:
    unfold(page, "Privacy")
    unfold(page, "Toegankelijkheid")


def kader(page: Page) -> None:
    unfold(page, "1.2 ")
    unfold(page, "3.4 ")


def briefing(page: Page) -> None:
    press(page, "De 4 begrotingen van Vergelijk")


CHOOSE: dict[str, Callable[..., None]] = {
    "start": start, "verken": verken, "vergelijk": vergelijk, "galerij": galerij, "wie-betaalt": wie_betaalt,
    "kinderen": kinderen, "onzekerheid": onzekerheid, "aannames": aannames, "eigen-cijfers": own_figures,
    "ijking": ijking, "briefing": briefing, "over": over, "afwegingskader": kader,
}  # fmt: skip


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


@pytest.mark.parametrize("name", CHOOSE)
def test_what_is_chosen_is_there_again(page: Watched, somebody_else: BrowserContext, name: str) -> None:
    page.goto(f"{path_of(name)}?{QUICK}")
    state(page)
    assert urlsplit(page.url).query == QUICK  # nothing was chosen yet
    CHOOSE[name](page)
    before, address = state(page), page.url
    assert urlsplit(address).query != QUICK
    other = somebody_else.new_page()
    other.goto(address)
    assert state(other) == before
    assert other.url == address
    if name == "start":
        other.reload()
        assert state(other) == before
        assert other.url == address
    assert page.errors == []


def test_a_choice_leaves_the_focus_where_it_is_and_asks_the_server_once(page: Watched) -> None:
    asked: list[bytes | str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: asked.append(frame))  # Playwright marks it, so no builtin

    page.on("websocket", listen)
    page.goto("/?begroting=0-g-crowd_out")
    state(page)
    asked.clear()
    slider = page.get_by_test_id("stMain").get_by_role("slider").first
    slider.focus()
    slider.press("ArrowRight")
    page.wait_for_function("location.search.includes('begroting=1-g-crowd_out')")
    assert slider.evaluate("e => e === document.activeElement")
    page.wait_for_timeout(4000)  # what the address would ask for comes at once
    runs = [BackMsg.FromString(frame).rerun_script for frame in asked if isinstance(frame, bytes)]
    assert len([run for run in runs if not run.fragment_id]) == 1  # the address asks for no run of its own
    assert query(page) == {"begroting": ["1-g-crowd_out"]}


def test_the_way_back_leads_to_the_page_before_with_the_choices_as_they_are(page: Watched) -> None:
    page.goto("/over?begroting=0-g-crowd_out")  # of which nothing is to be computed
    settled(page)
    page.get_by_role("link", name="Start").first.click()
    settled(page)
    for _ in range(3):  # three choices, one step back
        page.get_by_text("Geoormerkt", exact=True).click()
        at_rest(page)
    page.get_by_role("link", name="Verken").first.click()
    settled(page)
    pick(page, "Gemeente", "Hoorn")
    here = query(page)
    assert here["gemeente"] == ["Hoorn"]
    for heading in ("Kinderwerk: vroeg", "Over en toegankelijkheid"):
        page.go_back()
        page.get_by_role("heading", level=1, name=heading).wait_for(timeout=30_000)
        settled(page)
        assert query(page) == here
    page.go_forward()
    page.get_by_role("heading", level=1, name="Kinderwerk: vroeg").wait_for(timeout=30_000)
    settled(page)
    assert query(page) == here
    assert page.get_by_role("combobox", name="Gemeente").first.input_value() == "Hoorn"
    assert page.errors == []


def test_a_link_whose_address_changes_as_it_is_read_leaves_no_step_behind(page: Watched) -> None:
    page.goto("/over?begroting=0-g-crowd_out")
    settled(page)
    before = page.evaluate("history.length")
    page.goto("/verken?gemeente=Almere&begroting=0-g-crowd_out&taal=nl")  # it says more than it needs to
    settled(page)
    assert query(page) == {"begroting": ["0-g-crowd_out"]}
    unfold(page, "Kinderwerk")
    assert page.evaluate("history.length") == before + 1
    page.go_back()
    page.get_by_role("heading", level=1, name="Over en toegankelijkheid").wait_for(timeout=30_000)
    assert page.errors == []


def test_a_long_address_is_short_and_a_key_that_is_gone_is_told(page: Watched) -> None:
    plans = (LONG, LONG.changed(policy="deficit"), LONG.changed(title="De derde"))
    others = "~".join(plan.code() for plan in plans)
    page.goto(f"/vergelijk?begrotingen={others}")
    before = state(page)
    (key,) = query(page)["begrotingen"]
    assert is_key(key)
    assert len(page.url) < 100 < len(others)
    page.reload()
    assert state(page) == before
    page.goto("/?begroting=~AAAAAAAAAAAAAAAAAAAAAA")
    page.get_by_text("staat niet of niet meer op deze server").wait_for(timeout=30_000)
    page.get_by_test_id("stMain").get_by_text("Met 36 kinderwerkers betaalt Almere").wait_for(timeout=60_000)
    assert page.errors == []


def test_the_link_at_the_foot_follows_what_is_moved_alone(page: Watched) -> None:
    page.goto("/kinderen")
    state(page)
    unfold(page, "Link naar dit scherm")
    slide(page, 2)
    expect(page.locator("[data-testid=stCode]").last).to_contain_text("jaar=2037", timeout=30_000)
    unfold(page, "Link naar dit scherm")
    slide(page, 1)
    unfold(page, "Link naar dit scherm")
    expect(page.locator("[data-testid=stCode]").last).to_contain_text("jaar=2038", timeout=30_000)
    assert query(page) == {"jaar": ["2038"]}
    assert page.errors == []
