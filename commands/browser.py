"""The app in the browser (`app`), and its first answers (`ahead`)."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from commands.shared import fail
from commands.terminal.progress import share_progress
from sim.machine import variables
from sim.machine.project import ROOT, file_beside
from sim.progress import nobody

FEW_ARENAS = {"MALLOC_ARENA_MAX": "2"}
"""For glibc: an arena for each of many threads keeps what others freed (docs/robustness.md)."""


def app(
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help="Port (default 8501).")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Do not open a browser.")] = False,
) -> None:
    """Start the app in the browser."""
    _needs_streamlit()
    # Streamlit reads .streamlit/config.toml in the folder where it is started.
    settings = file_beside(".streamlit/config.toml").parents[1]
    call = [sys.executable, "-m", "commands.door", "run", str(ROOT / "app.py")]
    if port is not None:
        call += ["--server.port", str(port)]
    if headless:
        call += ["--server.headless", "true"]
    surroundings = {**FEW_ARENAS, **os.environ}
    if theme := variables.theme_file():
        from pages.look import house_style

        house_style.read(theme)  # refused here, before a server starts
        surroundings[variables.THEME] = str(Path(theme).absolute())  # for the server starts elsewhere
    if os.name == "posix":  # becomes the server, so that stopping this process stops the server
        os.chdir(settings)
        os.execve(call[0], call, surroundings)
    try:
        code = subprocess.run(call, cwd=settings, env=surroundings, check=False).returncode
    except KeyboardInterrupt:  # Ctrl-C is how one leaves it
        code = 0
    raise typer.Exit(code)


def ahead(
    names: Annotated[
        list[str] | None, typer.Argument(help="Municipalities, by name, code or old name.")
    ] = None,
    everywhere: Annotated[bool, typer.Option("--all", help="Every municipality, and the country.")] = False,
) -> None:
    """Answer the first questions of the app ahead, so that Start and Vergelijk have them at once.

    Answers are kept in the cache, for this version alone. Stopped, it goes on where it was.
    """
    _needs_streamlit()
    if bool(names) == everywhere:
        fail("name municipalities, or give --all", 2)
    from pages.background.ahead import answer_ahead, first_questions, named

    chosen = named(names or [])
    for k, name in enumerate(chosen, start=1):
        with share_progress() as tell:
            answer_ahead(first_questions(name), tell or nobody)
        print(f"{name} ({k} of {len(chosen)})", file=sys.stderr, flush=True)


def _needs_streamlit() -> None:
    if find_spec("streamlit") is None:
        fail("the app needs Streamlit: pip install 'WHEEL[app]' (in a checkout: -e '.[app]')", 2)
