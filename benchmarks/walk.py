"""Five questions of an alderman, and when and where each answer can be read. On this machine only.

``python -m benchmarks.walk`` starts the app with every default and no answer kept, asks about Almere as a
visitor does with the mouse, and prints a row a question: the page, the seconds from the click or the address
to the first words of an answer, and to the answer that stands (no longer provisional). Of "what if half" the
first is half of the effect, and the second none of it; both stand.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from playwright.sync_api import Page, sync_playwright

from benchmarks.fresh import fresh_app
from tests.browser.screens import FLAGS, READY, chromium

PATIENCE = 300.0


def said(page: Page) -> str:
    """Return what stands on the page."""
    return page.get_by_test_id("stMain").inner_text()


def until(page: Page, began: float, *wanted: str) -> list[float]:
    """Return the seconds since a moment until each of some patterns stands on the page, in this order."""
    found = []
    for pattern in wanted:
        while not re.search(pattern, said(page)):
            if time.perf_counter() - began > PATIENCE:
                raise TimeoutError(pattern)
            page.wait_for_timeout(100)
        found.append(time.perf_counter() - began)
    return found


def choose(page: Page, label: str, option: str) -> None:
    """Choose from a list."""
    page.get_by_label(label).first.click()
    page.get_by_role("option", name=option).first.click()


def cut(page: Page) -> None:
    """Make a plan without ring-fence in which part of it is cut in 2028, as the form has it at first."""
    page.get_by_role("link", name="Verken").click()
    page.locator("summary", has_text="Schokken").click()
    page.get_by_role("button", name="Schok erbij").click()
    choose(page, "Wat gebeurt er", "korting halverwege")
    page.locator("summary", has_text=re.compile("^.*Kinderwerk$")).first.click()
    fence = page.get_by_test_id("stMain").locator("label", has_text="Geoormerkt").first
    fence.wait_for(timeout=60_000)
    page.wait_for_selector(READY, timeout=60_000)
    before = said(page)
    fence.click()
    while said(page) == before:  # what stands there is still about the plan before
        page.wait_for_timeout(50)


def main() -> None:
    """Print the walk."""
    with fresh_app() as (url, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="nl-NL", base_url=url)
        firm = "De kans dat de gemeente het geld binnen 20 jaar terugverdient, is"
        questions: tuple[tuple[str, str, Callable[[], object], tuple[str, ...]], ...] = (
            ("what do 36 child workers cost", "Start, first sentence and figure", lambda: page.goto("/"),
             (r"mln meer", r"ongeveer .*euro meer\. " + firm)),
            ("is it worth it", "Start, first sentence; under it when it is quitte", lambda: page.goto("/"),
             (r"Quitte is", firm)),
            ("what if half", "Start, under each figure", lambda: page.goto("/"),
             (r"(?m)Voorkomt half zoveel: (€|Geen|\d)[^(\n]*$", r"(?m)Voorkomt niets: (€|Geen|\d)[^(\n]*$")),
            ("what with a cut in 2028", "Verken, first sentence", lambda: cut(page), ("mln meer", firm)),
            ("which of four budgets", "Vergelijk, first sentences and a row a budget",
             lambda: page.goto("/vergelijk"), ("mln meer", r"Bij (alle|begroting).*betaalt")),
        )  # fmt: skip
        print("| question | where | first words (s) | stands (s) |\n|---|---|---|---|")
        for asked, where, ask, wanted in questions:
            began = time.perf_counter()
            ask()
            first, *_, last = until(page, began, *wanted)
            print(f"| {asked} | {where} | {first:.1f} | {last:.1f} |", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
