"""Count what is on every page before anything is unfolded: words, pixels from top to foot, controls.

``python -m tests.browser.wording [--lang en] [PAGE ...]`` starts the app, waits until a page is done, and
writes a row a page; ``--checkout FOLDER`` does so for another version. A control is what the Tab key or
arrows reach on the page itself, in a window 1280 wide. What counts as a word is every word with a letter in
it that stands on the page itself: headings, sentences, labels, choices, buttons, headings of tables and the
foot. What does not: what is in a fold (titles of folds within it too), the menu, cells of a table without
prose, charts (pictures), icons, and what a visitor typed or chose in a list. A cell has prose where it has
more than CELL words with a letter.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page, sync_playwright

from tests.browser.screens import FLAGS, PAGES, PATIENCE, ROOT, chromium, quiet_for, running_app

MOST_WORDS = 300
"""Before folds, on every page and in both languages."""
CELL = 4
WORDIEST = "Urk"
"""Its figures are predicted, so a page says most of whose they are; in English a page has most words."""
_COUNT = """most => {
  const main = document.querySelector("[data-testid=stMain]");
  const away = "[data-testid=stIconMaterial], svg, canvas, style, script, input, textarea, .vega-embed";
  const words = text => text.split(/\\s+/).filter(word => /\\p{L}/u.test(word)).length;
  const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  let found = 0;
  for (let node; (node = texts.nextNode());) {
    const shown = node.parentElement;
    if (shown.closest(away) || !shown.checkVisibility({visibilityProperty: true})) continue;
    const fold = shown.closest("details");
    if (fold && (!shown.closest("summary") || fold.parentElement.closest("details"))) continue;
    const cell = shown.closest("tbody :is(td, th)");
    if (cell && words(cell.innerText) <= most) continue;
    found += words(node.textContent);
  }
  return found;
}"""

_PIXELS = """() => Math.round(document.querySelector("[data-testid=stMainBlockContainer]").scrollHeight)"""
_CONTROLS = """() => [...document.querySelectorAll(
    "[data-testid=stMain] :is(a[href], button, input, textarea, summary, [tabindex='0'])")]
  .filter(e => !e.disabled && e.offsetWidth * e.offsetHeight > 0
    && e.checkVisibility({visibilityProperty: true})
    && (e.tabIndex >= 0 || e.type === "radio" || e.closest("[role=radiogroup]"))).length"""


def words_before_folds(page: Page) -> int:
    """Return how many words stand on a page that is done."""
    return int(page.evaluate(_COUNT, CELL))


def main() -> None:
    """Write a row for every page, or for those that are named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", metavar="PAGE", help=f"any of {', '.join(PAGES)} (default: all)")
    parser.add_argument("--lang", choices=("nl", "en"), default="nl", help="language of the app")
    parser.add_argument("--town", default="Almere", help="municipality (default: %(default)s)")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="folder of the version (default: this)")
    asked = parser.parse_args()
    with running_app(checkout=asked.checkout) as (url, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        print("| page | words | pixels | controls |\n|---|---|---|---|")
        for name in asked.pages or PAGES:
            page = browser.new_page(viewport={"width": 1280, "height": 2200}, locale="nl-NL")
            query = urlencode({"taal": asked.lang, "gemeente": asked.town})
            page.goto(f"{url}/{'' if name == 'start' else name}?{query}")
            page.get_by_text("Versie 0.").or_(page.get_by_text("Version 0.")).last.wait_for(timeout=PATIENCE)
            quiet_for(page, 4000)
            counted = words_before_folds(page), page.evaluate(_PIXELS), page.evaluate(_CONTROLS)
            print(f"| {name} | {' | '.join(map(str, counted))} |", flush=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
