"""The store of runs (`runs`): list, show, compare, reproduce, pack, remove."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from commands.options import Json, Language, OwnModel, RunName, Store, Threads
from commands.shared import fail, json_or, own, print_data
from sim.errors import Problem

line = typer.Typer(help="The store of runs: list, show, compare, reproduce, pack, remove.")


@line.callback(invoke_without_command=True)
def runs(
    context: typer.Context,
    store: Annotated[Path | None, typer.Option("--in", help="The folder below which runs are.")] = None,
    json_output: Json = False,
) -> None:
    """Without a command: list the runs."""
    if context.invoked_subcommand is None:
        list_runs(store or Path("results"), json_output)
        return
    before: dict[str, Any] = {"store": str(store)} if store else {}
    if json_output:
        before["json_output"] = True
    context.default_map = {context.invoked_subcommand: before}  # said before the command holds for it


@line.command("list")
def list_runs(store: Store = Path("results"), json_output: Json = False) -> None:
    """List all runs with their key figures."""
    from commands.terminal.runs import listed, runs_table
    from sim.batches.store import readable, runs_in

    damaged: list[Problem] = []
    found = readable(runs_in(store, damaged), damaged)
    json_or(json_output, lambda: [listed(run) for run in found], lambda: runs_table(found))
    if damaged:
        fail("\n".join(map(str, damaged)), 1)


@line.command("show")
def show_run(name: RunName, store: Store = Path("results"), json_output: Json = False) -> None:
    """Show one run: how it was made, and the figures of each scenario."""
    from commands.terminal.runs import listed, run_table
    from sim.batches.store import find_run

    run = find_run(store, name)
    json_or(json_output, lambda: {**listed(run), "manifest": run.manifest}, lambda: run_table(run))


@line.command("compare")
def compare_runs(
    first: RunName, second: RunName, store: Store = Path("results"), json_output: Json = False
) -> None:
    """Compare two runs: the inputs that differ, and the figures that moved."""
    from commands.terminal.runs import moved_table
    from sim.batches.run_changes import as_json, figures_that_moved, inputs_that_differ
    from sim.batches.store import find_run

    one, two = find_run(store, first), find_run(store, second)
    differs = inputs_that_differ(one.manifest, two.manifest)
    moved = figures_that_moved(one, two)
    json_or(json_output, lambda: as_json(differs, moved), lambda: moved_table(one, two, differs, moved))


@line.command("reproduce")
def reproduce_run(
    name: RunName,
    store: Store = Path("results"),
    threads: Threads = None,
    json_output: Json = False,
    own_model: OwnModel = None,
) -> None:
    """Make a run again from its manifest: the same to the byte (exit code 0), or what differs (1)."""
    from sim.batches.store import find_run
    from sim.reproduction import reproduce

    found = reproduce(find_run(store, name), threads, own(own_model))
    print_data(found.as_json()) if json_output else print(found.words())
    raise typer.Exit(0 if found.same else 1)


@line.command("crate")
def crate_run(
    name: RunName,
    out: Annotated[Path, typer.Argument(help="The .zip file to make.")],
    store: Store = Path("results"),
    licence: Annotated[
        str | None,
        typer.Option("--licence", help="Of scenarios and tables: CC-BY-4.0, another of SPDX, or an address."),
    ] = None,
    own_model: OwnModel = None,
    lang: Language = "nl",
) -> None:
    """Write a run with all that makes it again to one zip, an RO-Crate, for an archive or a paper."""
    from sim.batches.store import find_run
    from sim.model.extension import shipped
    from sim.report.crate import write_crate
    from sim.report.files import ready

    ready(out, (".zip",), lang)
    write_crate(find_run(store, name), out, own(own_model) or shipped(), own_model, licence, lang)
    typer.echo(f"Wrote {out}", err=True)


@line.command("prune")
def prune_runs(
    store: Store = Path("results"),
    older_than: Annotated[int | None, typer.Option("--older-than", help="Days since it was written.")] = None,
    keep: Annotated[int | None, typer.Option("--keep", help="Keep so many of the last runs.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Remove them; without it only show which.")] = False,
) -> None:
    """Remove old runs, and nothing else. Without --yes, show what would be removed."""
    from sim.batches.store import remove, runs_in, to_prune

    damaged: list[Problem] = []
    for run in to_prune(runs_in(store, damaged), older_than, keep):
        about = f"{run.id}  {run.manifest['written']}  {run.size() / 1e6:,.1f} MB"
        did = "would go" if not yes else "removed" if remove(run) else "kept: a batch is at work in it"
        typer.echo(f"{about}  {did}")
    if not yes:
        typer.echo("Nothing was removed; --yes removes these.", err=True)
    if damaged:
        fail("\n".join(map(str, damaged)), 1)
