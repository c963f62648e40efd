"""How long after moving the slider do new first figures stand on Start? On this machine only.

``python -m benchmarks.app_speed [--moves N]`` starts the app with every default and no answer kept, waits
until it is warm and prints the seconds of each move: from the key press until the sentence names the new
number of workers and the three figures stand there.
"""

from __future__ import annotations

import argparse
import statistics
import time

from playwright.sync_api import sync_playwright

from benchmarks.fresh import fresh_app
from tests.browser.screens import FLAGS, chromium


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--moves", type=int, default=8)
    moves = parser.parse_args().moves
    with fresh_app() as (url, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 2000}, locale="nl-NL")
        page.goto(url)
        page.get_by_text("keer andere aannames,").wait_for(timeout=300_000)
        slider = page.get_by_role("slider").first
        seconds = []
        for k in range(1, moves + 1):
            slider.focus()
            started = time.perf_counter()
            slider.press("ArrowRight")
            page.get_by_text(f"Met {36 + k} kinderwerkers").wait_for(timeout=60_000)
            page.locator("[data-testid=stMetricValue]").nth(2).wait_for(timeout=60_000)
            seconds.append(time.perf_counter() - started)
            page.wait_for_timeout(6000)
        browser.close()
    print("seconds per move:", ", ".join(f"{s:.2f}" for s in seconds))
    print(f"median {statistics.median(seconds):.2f} s, slowest {max(seconds):.2f} s")


if __name__ == "__main__":
    main()
