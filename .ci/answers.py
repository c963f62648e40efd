"""Start the app as somebody would, wait until it answers, and end it: `python .ci/answers.py kinderwerk app`.

On Linux, macOS and Windows, with Python's own library alone. Exit code 1 where the app ended, or did not
answer in two minutes; what it said is printed then.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

import healthy

SECONDS = 120.0


def main(call: Sequence[str]) -> int:
    """Return the exit code. call: the command that starts the app, and its words."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ |= {"STREAMLIT_SERVER_PORT": str(port), "STREAMLIT_SERVER_HEADLESS": "true"}
    with tempfile.TemporaryFile() as said:
        app = subprocess.Popen(call, stdout=said, stderr=said, start_new_session=True)
        try:
            until = time.monotonic() + SECONDS
            while not healthy.well():
                if app.poll() is not None or time.monotonic() > until:
                    said.seek(0)
                    print(said.read().decode(errors="replace"), file=sys.stderr)
                    print(f"the app did not answer on port {port}", file=sys.stderr)
                    return 1
                time.sleep(0.5)
        finally:
            end(app)
    print(f"The app answers ok on port {port}.")
    return 0


def end(app: subprocess.Popen[bytes]) -> None:
    """End the app with every process that it started."""
    if os.name == "posix":
        if app.poll() is None:
            os.killpg(app.pid, signal.SIGTERM)
    else:
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(app.pid)], check=False)
    app.wait(30)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
