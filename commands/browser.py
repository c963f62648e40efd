"""The app in the browser (`app`)."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from commands.shared import fail
from sim.machine.project import ROOT, file_beside

FEW_ARENAS = {"MALLOC_ARENA_MAX": "2"}
"""For glibc: an arena for each of many threads keeps what others freed (docs/robustness.md)."""


def app(
    port: Annotated[int | None, typer.Option("--port", help="Port (default 8501).")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Do not open a browser.")] = False,
) -> None:
    """Start the app in the browser."""
    if find_spec("streamlit") is None:
        fail("the app needs Streamlit: pip install 'kinderwerk[app]' (in a checkout: -e '.[app]')", 2)
    # Streamlit reads .streamlit/config.toml in the folder where it is started.
    settings = file_beside(".streamlit/config.toml").parents[1]
    call = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py")]
    if port is not None:
        call += ["--server.port", str(port)]
    if headless:
        call += ["--server.headless", "true"]
    surroundings = {**FEW_ARENAS, **os.environ}
    if os.name == "posix":  # becomes the server, so that stopping this process stops the server
        os.chdir(settings)
        os.execve(call[0], call, surroundings)
    try:
        code = subprocess.run(call, cwd=settings, env=surroundings, check=False).returncode
    except KeyboardInterrupt:  # Ctrl-C is how one leaves it
        code = 0
    raise typer.Exit(code)
