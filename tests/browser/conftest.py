"""A running app and a real browser. Skips loudly without Chromium, unless REQUIRE_BROWSER=1."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from screens import FLAGS, ROOT, free_port


def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        message = "the browser tests need Debian's package chromium"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(message)
        pytest.skip(message)
    return found


@contextmanager
def running_app() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Start the app; yield its address and its process once it answers."""
    chromium()
    port = free_port()
    sizes = {
        "KINDERWERK_APP_CHILDREN": os.environ.get("KINDERWERK_APP_CHILDREN", "2000"),
        "KINDERWERK_APP_DRAWS": os.environ.get("KINDERWERK_APP_DRAWS", "12"),
    }
    call = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    process = subprocess.Popen(
        [*call, "--server.headless", "true"],
        cwd=ROOT, env={**os.environ, **sizes}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
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


@pytest.fixture(scope="session")
def app_url() -> Iterator[str]:
    with running_app() as (url, _):
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield opened
        opened.close()


def _ours(message) -> bool:
    """Tell an error of the app from Streamlit's own probing: hosts outside, and paths below a page."""
    probing = "ERR_NAME_NOT_RESOLVED" in message.text or "_stcore" in message.location.get("url", "")
    return message.type == "error" and not probing


@pytest.fixture
def page(browser, app_url: str) -> Iterator[object]:
    context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 2200}, base_url=app_url)
    opened = context.new_page()
    opened.errors = []
    opened.on("console", lambda m: opened.errors.append(m.text) if _ours(m) else None)
    opened.on("pageerror", lambda e: opened.errors.append(str(e)))
    yield opened
    context.close()
