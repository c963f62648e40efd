"""The health check of the image: asks whether the app is well, and ends one that does not answer three times.

Docker marks a container that is not well, and leaves it as it is. What ends is started again (`restart:`), so
an app that hangs is ended here. It needs `init: true`: the first process of a container cannot be killed
from within.
"""

from __future__ import annotations

import http.client
import os
import signal
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

SECONDS = 4.0
"""How long an answer may take."""
PATIENCE = 3
"""Times without an answer, one after another, before the app is ended."""
FAILED = Path(tempfile.gettempdir()) / "kinderwerk-unwell"
"""What names of empty files begin with, one a failed check: an empty file needs no room on a full disk."""
PROCESSES = Path("/proc")


def well() -> bool:
    """Tell whether the app answers in time that it is well."""
    port = os.environ.get("STREAMLIT_SERVER_PORT", "8501")
    base = os.environ.get("STREAMLIT_SERVER_BASE_URL_PATH", "").strip("/")
    url = f"http://127.0.0.1:{port}/{base}{'/' if base else ''}_stcore/health"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=SECONDS) as answer:
            return bool(answer.read() == b"ok")
    except (OSError, http.client.HTTPException):  # no answer, or none that is HTTP
        return False


def apps() -> Iterator[int]:
    """Yield the processes of this user that run the app."""
    for folder in PROCESSES.iterdir():
        if folder.name.isdigit() and int(folder.name) not in (1, os.getpid()):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                if folder.stat().st_uid == os.getuid() and words[1:4] == [b"-m", b"streamlit", b"run"]:
                    yield int(folder.name)
            except OSError:  # gone meanwhile
                continue


def check() -> int:
    """Return the exit code of the check: 0 well, 1 not."""
    before = sorted(FAILED.parent.glob(f"{FAILED.name}-*"))
    if well():
        for file in before:
            file.unlink()
        return 0
    if len(before) + 1 < PATIENCE:
        FAILED.with_name(f"{FAILED.name}-{len(before)}").touch()
    else:
        for file in before:
            file.unlink()
        for process in apps():
            os.kill(process, signal.SIGKILL)
    return 1


if __name__ == "__main__":
    sys.exit(check())
