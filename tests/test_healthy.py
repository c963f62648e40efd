"""The health check of the image: an app that answers is left alone, and one that hangs is ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.screens import free_port
from tests.test_supply import ROOT, loaded

healthy = loaded("healthy")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """Start the app, the only process that the check sees; yield it once it answers."""
    monkeypatch.setattr(healthy, "FAILED", tmp_path / "unwell")
    monkeypatch.setattr(healthy, "PROCESSES", tmp_path / "processes")
    monkeypatch.setattr(healthy, "SECONDS", 2.0)
    monkeypatch.setenv("STREAMLIT_SERVER_PORT", str(free_port()))
    words = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for pid in (process.pid, os.getpid()):
            (tmp_path / "processes").mkdir(exist_ok=True)
            (tmp_path / "processes" / str(pid)).symlink_to(f"/proc/{pid}")
        until = time.monotonic() + 120
        while not healthy.well() and time.monotonic() < until:
            time.sleep(0.2)
        yield process
    finally:
        process.kill()
        process.wait()


def test_an_app_that_hangs_is_ended_after_three_checks_and_no_sooner(app: subprocess.Popen[bytes]) -> None:
    assert healthy.check() == 0
    app.send_signal(signal.SIGSTOP)
    assert [healthy.check(), healthy.check()] == [1, 1]
    app.send_signal(signal.SIGCONT)
    assert healthy.check() == 0  # it is well again, and what was counted is forgotten
    app.send_signal(signal.SIGSTOP)
    assert [healthy.check(), healthy.check()] == [1, 1]
    assert app.poll() is None
    assert healthy.check() == 1
    assert app.wait(timeout=20) == -signal.SIGKILL


def test_an_answer_that_is_no_http_counts_as_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        os.environ["STREAMLIT_SERVER_PORT"] = str(server.getsockname()[1])
        try:
            talk = threading.Thread(target=lambda: server.accept()[0].sendall(b"hello\r\n"))
            talk.start()
            assert not healthy.well()
            talk.join()
        finally:
            del os.environ["STREAMLIT_SERVER_PORT"]


def test_the_image_runs_the_check_that_is_tested() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "HEALTHCHECK" in text
    assert 'CMD ["python", ".ci/healthy.py"]' in text
