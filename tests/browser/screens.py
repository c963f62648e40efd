"""What browser tests and pictures share: how Chromium is started, and when a page is ready."""

from __future__ import annotations

import socket
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


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])
