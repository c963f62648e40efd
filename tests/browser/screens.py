"""What browser tests and pictures share: how Chromium is started, and when a page is ready."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path

PAGES = (
    "start", "verken", "vergelijk", "galerij", "wie-betaalt", "kinderen", "onzekerheid", "aannames",
    "eigen-cijfers", "ijking", "briefing", "over",
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
READY = "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"


def soon(page, holds: Callable[[], bool], seconds: float = 30) -> bool:
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
