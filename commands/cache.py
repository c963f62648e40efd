"""What is kept on this machine to save time (`cache`): show it, and remove what was not used for long."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from commands.options import Json
from commands.shared import json_or

line = typer.Typer(help="What is kept on this machine to save time: show it, remove what was long not used.")


@line.callback(invoke_without_command=True)
def cache(context: typer.Context, json_output: Json = False) -> None:
    """Without a command: show what the cache holds."""
    if context.invoked_subcommand is not None:
        return
    from commands.terminal.kept import cache_table
    from sim.machine.cache import parts
    from sim.machine.compiling import cache_root
    from sim.machine.variables import cache_bytes

    root = cache_root()
    found = parts(root)
    json_or(
        json_output,
        lambda: {"folder": str(root), "most_bytes": cache_bytes(), "parts": [asdict(part) for part in found]},
        lambda: cache_table(root, found, cache_bytes()),
    )


@line.command("prune")
def prune_cache(
    unused_for: Annotated[
        float, typer.Option("--unused-for", min=0, help="Days since it was last used; 0 is all that may go.")
    ] = 30.0,
    yes: Annotated[bool, typer.Option("--yes", help="Remove it; without it only show how much.")] = False,
) -> None:
    """Remove populations, results and kernels of other versions that were long not used.

    All of it is made again when it is asked for. Short addresses stay: links that people keep lead to them.
    """
    from sim.machine.cache import remove, unused
    from sim.machine.compiling import cache_root

    found = unused(cache_root(), unused_for)
    gone = [size for path, size in found if not yes or remove(path)]
    typer.echo(f"{len(gone)} {'removed' if yes else 'would go'}, {sum(gone) / 1e6:,.1f} MB")
    if not yes:
        typer.echo("Nothing was removed; --yes removes these.", err=True)
