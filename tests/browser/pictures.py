"""Take the pictures in docs/pictures/app: every page at 1280 and 390 wide, in Dutch.

``python -m tests.browser.pictures [PAGE ...]`` starts the app with every default, waits until a page is done,
and writes one picture a page and width, with few colours so that they stay small. Look at them before they
are committed.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import time
import urllib.request
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.screens import FLAGS, PAGES, READY, ROOT, free_port

OUT = ROOT / "docs" / "pictures" / "app"
WIDTHS = (1280, 390)
PATIENCE = 400.0


def main() -> None:
    """Take every picture, or those of the pages that are named."""
    wanted = [name for name in PAGES if name in sys.argv[1:] or len(sys.argv) == 1]
    port = free_port()
    call = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    server = subprocess.Popen(
        [*call, "--server.headless", "true"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        url = f"http://localhost:{port}"
        _wait_for(url)
        OUT.mkdir(parents=True, exist_ok=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            taken = {}  # written at the end: a page says whether its version has changes
            for name in wanted:
                for width in WIDTHS:
                    page = browser.new_page(viewport={"width": width, "height": 1400}, locale="nl-NL")
                    page.goto(f"{url}/{'' if name == 'start' else name}")
                    taken[f"{name}-{width}.png"] = _picture(page)
                    page.close()
            browser.close()
        for file, picture in taken.items():
            picture.save(OUT / file, optimize=True)
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(url: str) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(120):
        try:
            direct.open(f"{url}/_stcore/health", timeout=2).read()
            return
        except OSError:
            time.sleep(0.5)
    raise SystemExit("the app did not start")


def _picture(page: Any) -> Image.Image:
    """Return the whole page once nothing is worked on, in 64 colours."""
    page.wait_for_selector(READY, timeout=1000 * PATIENCE)
    until = time.monotonic() + PATIENCE
    quiet = 0
    while quiet < 3 and time.monotonic() < until:  # a bar that is gone may come back for a next answer
        page.wait_for_timeout(1500)
        busy = page.locator("[data-testid=stProgress], [data-testid=stSkeleton], [data-stale=true]").count()
        busy += page.get_by_text("(voorlopig)").count()  # figures without a bar
        quiet = 0 if busy else quiet + 1
    for _ in range(2):  # charts take their width after the window has its height
        height = page.evaluate(
            "Math.max(...['stMain', 'stSidebarContent'].map("
            "name => document.querySelector(`[data-testid=${name}]`)?.scrollHeight ?? 0))"
        )
        page.set_viewport_size({"width": page.viewport_size["width"], "height": min(int(height) + 40, 9000)})
        page.wait_for_timeout(1500)
    shot = Image.open(io.BytesIO(page.screenshot()))
    return shot.convert("RGB").quantize(64)


if __name__ == "__main__":
    main()
