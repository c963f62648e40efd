"""From a town's name alone: when does Start have its sentence, and when all of it? On this machine only.

``python -m benchmarks.towns [NAME ...]`` starts the app with every default and no answer in its cache, types
each name in the list of municipalities as a visitor would, and prints a row: seconds until the sentence names
the town, until all is computed and the page is quiet, and what is said of whose figures they are.
"""

from __future__ import annotations

import argparse
import re
import time

from playwright.sync_api import Page, sync_playwright

from benchmarks.fresh import fresh_app
from tests.browser.screens import FLAGS, READY, chromium, quiet_for

TOWNS = (
    "Zwolle", "Schiermonnikoog", "Súdwest-Fryslân", "Bergen (NH.)", "Utrecht", "Land van Cuijk",
    "Dijk en Waard", "Venlo", "'s-Hertogenbosch", "Texel", "Urk", "Emmen",
)  # fmt: skip
"""None of them has a scenario of its own in the repository."""


def visited(page: Page, name: str) -> tuple[float, float, str]:
    """Return the seconds until the sentence and until the end, and whose figures the foot says they are."""
    field = page.get_by_role("combobox", name="Gemeente").first
    field.click()
    page.keyboard.type(name)
    page.get_by_role("option", name=name).first.click()
    started = time.perf_counter()
    page.get_by_text(re.compile(rf"betaalt {re.escape(name)} ")).first.wait_for(timeout=300_000)
    first = time.perf_counter() - started
    page.get_by_text("keer andere aannames").first.wait_for(timeout=300_000)
    quiet_for(page, 1000)
    last = time.perf_counter() - started
    foot = page.get_by_text("Versie 0.").last.inner_text()
    return first, last, foot.split("·")[5].strip() if foot.count("·") > 4 else ""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=list(TOWNS))
    names = parser.parse_args().names
    with fresh_app() as (url, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="nl-NL")
        page.goto(f"{url}/over")
        page.wait_for_selector(READY, timeout=120_000)
        print("| town | sentence (s) | all computed (s) | whose figures |\n|---|---|---|---|")
        for name in names:
            page.goto(url)  # as every visitor begins: with Almere
            page.wait_for_selector(READY, timeout=120_000)
            first, last, whose = visited(page, name)
            print(f"| {name} | {first:.1f} | {last:.1f} | {whose} |", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
