"""What browser tests and pictures share: how Chromium is started, and when a page is ready."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page

PAGES = (
    "start", "verken", "vergelijk", "galerij", "wie-betaalt", "kinderen", "onzekerheid", "aannames",
    "onderzoek", "eigen-cijfers", "ijking", "briefing", "afwegingskader", "over",
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
SIZES = {"KINDERWERK_APP_CHILDREN": "2000", "KINDERWERK_APP_DRAWS": "10"}
"""Of an answer. With fewer children luck counts, and pages say more."""
READY = "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"
PATIENCE = 300_000
"""Milliseconds that an answer may take: a busy machine is no failure."""


class Watched(Page):
    """A page with the errors that its console and its scripts told (`conftest.page`)."""

    errors: list[str]


def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        message = "the browser tests need Debian's package chromium"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(message)
        pytest.skip(message)
    return found


@contextmanager
def running_app(
    log: Path | None = None, checkout: Path = ROOT, sizes: Mapping[str, str] = SIZES
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start the app; yield its address and its process once it answers.

    log: gets its log for machines. checkout: of which version. sizes: of an answer, as variables.
    """
    chromium()
    port = free_port()
    call = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    lines = {"KINDERWERK_LOG": "json"} if log else {}
    with Path(log or os.devnull).open("wb") as stderr:
        process = subprocess.Popen(
            [*call, "--server.headless", "true"],
            cwd=checkout, env={**os.environ, **sizes, **lines}, stdout=subprocess.DEVNULL, stderr=stderr,
        )  # fmt: skip
    try:
        url = f"http://localhost:{port}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for _ in range(120):
            try:
                if opener.open(f"{url}/_stcore/health", timeout=2).read() == b"ok":
                    break
            except OSError:
                time.sleep(0.5)
        else:
            pytest.fail("the app did not start")
        yield url, process
    finally:
        process.terminate()
        process.wait(timeout=20)


QUIET = """() => {
  const main = "[data-testid=stMain]";
  if (window.lastChange === undefined) {
    window.lastChange = performance.now();
    new MutationObserver(changes => {
      if (changes.some(c => !c.target.closest || c.target.closest(main)))
        window.lastChange = performance.now();
    }).observe(document.body, {childList: true, subtree: true, characterData: true, attributes: true,
      attributeFilter: ["value", "checked", "open", "aria-checked", "aria-pressed", "data-stale"]});
  }
  const busy = document.querySelector("[data-testid=stProgress], [data-testid=stSkeleton], [data-stale=true]")
    || [...document.querySelectorAll(`${main} strong`)].some(e => e.innerText === "volgt");
  return busy || !document.querySelector(main) ? 0 : performance.now() - window.lastChange;
}"""
"""How long, in milliseconds, nothing changed on the page and nothing is worked on or still to come.

Streamlit fetches the code of a field when it first shows one. Until then a grey bar is there: stSkeleton.
"""


def quiet_for(page: Page, milliseconds: int) -> None:
    """Wait until the page has stayed as it is for so long: on a busy machine parts come one by one."""
    for _ in range(2400):  # ten minutes: a busy machine is no failure
        page.wait_for_selector(READY, timeout=PATIENCE)
        if page.evaluate(QUIET) >= milliseconds:
            return
        page.wait_for_timeout(250)
    pytest.fail("the page never came to rest")


def soon(page: Page, holds: Callable[[], bool], seconds: float = 30) -> bool:
    """Tell whether something comes to hold in time: a page goes on writing after its first words stand."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        page.wait_for_timeout(200)
    return True


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])
