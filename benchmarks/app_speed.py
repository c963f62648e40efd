"""How long after moving the slider do new first figures stand on Start? On this machine only.

``python benchmarks/app_speed.py [--moves N]`` starts the app with every default, waits until it is warm and
prints the seconds of each move: from the key press until the sentence names the new number of workers and the
three figures stand there.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--moves", type=int, default=8)
    moves = parser.parse_args().moves
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    call = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    server = subprocess.Popen(
        [*call, "--server.headless", "true"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            page = browser.new_page(viewport={"width": 1280, "height": 2000})
            for _ in range(60):
                try:
                    page.goto(f"http://localhost:{port}/")
                    break
                except Exception:
                    time.sleep(0.5)
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
    finally:
        server.terminate()
        server.wait(timeout=20)
    print("seconds per move:", ", ".join(f"{s:.2f}" for s in seconds))
    print(f"median {statistics.median(seconds):.2f} s, slowest {max(seconds):.2f} s")


if __name__ == "__main__":
    main()
