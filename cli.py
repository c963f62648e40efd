"""The terminal's front door: which verbs there are, and how a command ends.

What a verb does stands in `commands/`, in the file of its subject, in a few lines that call the house.

Messages go to stderr, results to stdout. Exit codes: 0 all well, 1 something ran and failed, 2 bad input.
"""

from __future__ import annotations

import codecs
import errno
import gc
import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import Annotated, NoReturn
from unicodedata import normalize

import typer

from commands import appraise, browser, cache, documents, figures, fitting, models, plans, simulate, store
from commands.ending import OUT, STOPPED, ended
from commands.shared import (
    fail,
    foreign,
    input_words,
    option_words,
    our_mistake,
    refuse_empty,
    refuse_unreadable,
)
from sim.errors import InputError, OptionError, SimulationError
from sim.machine import loglines
from sim.machine.memory import ran_out
from sim.machine.project import version

VERBS: tuple[Callable[..., None], ...] = (
    plans.new,
    plans.scenarios,
    plans.check,
    simulate.run,
    simulate.compare,
    simulate.batch,
    appraise.sensitivity,
    appraise.study,
    appraise.twins,
    documents.briefing,
    documents.export,
    models.model,
    fitting.calibrate,
    fitting.validate,
    browser.app,
    browser.ahead,
)
"""Each function is a verb of its own name; in this order --help lists them."""
command_line = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Simulate what budgets for child work change in youth care: users, costs, payers, uncertainty.",
)
for verb in VERBS:
    command_line.command()(verb)
command_line.add_typer(figures.line, name="data")
command_line.add_typer(store.line, name="runs")
command_line.add_typer(cache.line, name="cache")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"kinderwerk {version()}")
        raise typer.Exit


@command_line.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take what may be said before a command."""


RARELY = (50_000, 10, 10)
"""When to collect garbage: libraries make 500,000 objects as they start, which all stay."""
NO_NAMES = (errno.ENAMETOOLONG, errno.ELOOP)
"""What a system says of a name that no file can have there; every way to look at one says it."""
PLAIN = {"±": "+/-", "−": "-", "–": "-", "—": "-", "€": "EUR", "×": "x", "…": "...", "≤": "<=", "≥": ">="}


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Return what stands for characters that a terminal does not have: é is e, ± is +/-."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    found = ""
    for letter in error.object[error.start : error.end]:
        bare = normalize("NFKD", letter).encode("ascii", "ignore").decode()
        found += PLAIN.get(letter) or bare or "?"
    return found, error.end


def _fit_terminal() -> None:
    """Let no character that a terminal lacks end a command."""
    codecs.register_error("plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        if foreign(stream) and isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="plain")


def main() -> NoReturn:
    """Run the command line; whatever surrounds it, it ends in an exit code."""
    before = gc.get_threshold()
    gc.set_threshold(*RARELY)
    try:
        code = ended(_run)
    finally:
        gc.set_threshold(*before)
    sys.exit(code)


def _run() -> NoReturn:
    """Run the command line; turn what went wrong into one clear message and an exit code."""
    _fit_terminal()
    refuse_unreadable(sys.argv[1:])
    try:
        refuse_empty(sys.argv)
        command_line(standalone_mode=True)
    except InputError as error:
        loglines.refused(error)
        fail(input_words(error), 2)
    except OptionError as error:
        loglines.refused(error)
        fail(option_words(error), 2)
    except SimulationError as error:
        loglines.refused(error)
        fail(str(error), 1)
    except MemoryError:
        fail(OUT, 1)
    except KeyboardInterrupt:
        fail(STOPPED, 1)
    except SystemExit as end:
        if end.code == 130:  # how Typer passes on Ctrl-C
            fail(STOPPED, 1)
        if getattr(end.__context__, "exit_code", None) == 2:  # a wrong word, which Typer has told already
            loglines.misused(end.__context__)
        raise
    except Exception as error:
        if ran_out(error):
            raise
        if isinstance(error, OSError) and error.errno in NO_NAMES and error.filename is not None:
            fail(f"{error.filename}: {os.strerror(error.errno).lower()}", 2)
        loglines.mistake(error)
        fail(our_mistake(error), 1)
    sys.exit(0)


if __name__ == "__main__":
    main()
