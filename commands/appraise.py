"""Appraisal with uncertainty (`sensitivity`, `study`); twin lives of one child (`twins`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.ending import keeping
from commands.options import Children, Csv, Json, Out, Seed, Threads, euros, worth
from commands.shared import print_data, ready, where, with_reference
from commands.terminal.progress import part_progress

KEPT = "stopped; draws that were made are kept: the same command goes on from there"


def sensitivity(
    reference: Annotated[Path, typer.Argument(help="The scenario to compare with.")],
    other: Annotated[Path, typer.Argument(help="The scenario that is judged.")],
    year: Annotated[int | None, typer.Option("--year", help="Break even by the end of this year.")] = None,
    payer: Annotated[str, typer.Option("--payer", help="The payer that must break even.")] = "gemeente",
    capacity: Annotated[
        bool, typer.Option("--capacity", help="Count freed capacity as money, not only what can be cashed.")
    ] = False,
    chance: Annotated[
        float, typer.Option("--chance", min=0.0, max=1.0, help="Required chance at a threshold.")
    ] = 0.5,
    willingness: Annotated[
        float | None,
        typer.Option("--willingness", parser=worth, help="Euros for a child-year without moderate need."),
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option("--budget", parser=euros, help="Also find the best use of these euros a year."),
    ] = None,
    two_way: Annotated[
        tuple[str, str] | None, typer.Option("--two-way", help="Also vary these two parameters together.")
    ] = None,
    children: Children = None,
    draws: Annotated[int, typer.Option("--draws", min=2, help="Parameter draws.")] = 1000,
    seed: Seed = 0,
    threads: Threads = None,
    out: Out = None,
    json_output: Json = False,
    csv: Csv = False,
) -> None:
    """Appraise a scenario: costs, benefits, uncertainty and thresholds, from one sample of draws.

    Draws are kept in the folder of the results: a command that was stopped goes on where it was, and one
    that asks for more draws makes only those.
    """
    from sim import appraise

    chosen = with_reference([other], reference)[:2]
    folder = where(out, f"sensitivity-{chosen[0].municipality}-{other.stem}")
    with keeping(KEPT), part_progress(json_output) as tell:
        found = appraise(
            chosen[0], chosen[1], folder, year=year, payer=payer, capacity=capacity, chance=chance,
            willingness=willingness, budget=budget, two_way=two_way, children=children, draws=draws,
            seed=seed, threads=threads, csv=csv, tell=tell,
        )  # fmt: skip
    if json_output:
        print_data(found.as_json())
        return
    from commands.terminal.decision import appraisal_tables
    from commands.terminal.literal import show

    typer.echo(f"Tables: {folder}", err=True)
    show(appraisal_tables(found))


def study(
    reference: Annotated[Path, typer.Argument(help="The scenario to compare with.")],
    other: Annotated[Path, typer.Argument(help="The scenario that is judged.")],
    neighbourhoods: Annotated[
        int, typer.Option("--neighbourhoods", min=2, help="Neighbourhoods with child work; as many without.")
    ] = 20,
    years: Annotated[int, typer.Option("--years", min=1, max=8, help="Years that the study takes.")] = 3,
    municipalities: Annotated[
        int, typer.Option("--municipalities", min=1, max=342, help="How many have the same choice.")
    ] = 1,
    willingness: Annotated[
        float | None,
        typer.Option(
            "--willingness", parser=worth,
            help="Euros for a child-year without moderate or complex need (default: where least is sure).",
        ),
    ] = None,
    children: Children = None,
    draws: Annotated[int, typer.Option("--draws", min=2, help="Parameter draws.")] = 1000,
    seed: Seed = 0,
    threads: Threads = None,
    out: Out = None,
    json_output: Json = False,
    csv: Csv = False,
) -> None:
    """Say what a study with and without child work is worth: what it changes, less its price.

    Draws are kept in the folder and shared with `sensitivity`; the tables are in `study` below it.
    """
    from sim import appraise_study

    chosen = with_reference([other], reference)[:2]
    kept = where(out, f"sensitivity-{chosen[0].municipality}-{other.stem}")
    folder = ready(kept / "study")
    with keeping(KEPT), part_progress(json_output) as tell:
        found = appraise_study(
            chosen[0], chosen[1], folder, neighbourhoods=neighbourhoods, years=years,
            municipalities=municipalities, willingness=willingness, children=children, draws=draws,
            seed=seed, threads=threads, csv=csv, kept=kept, tell=tell,
        )  # fmt: skip
    if json_output:
        print_data(found.as_json())
        return
    from commands.terminal.literal import show
    from commands.terminal.study import study_tables

    typer.echo(f"Tables: {folder}", err=True)
    show(study_tables(found))


def twins(
    reference: Annotated[Path, typer.Argument(help="The scenario of the first life.")],
    other: Annotated[Path, typer.Argument(help="The scenario of the second life.")],
    child: Annotated[
        int | None, typer.Option("--child", help="Show both lives of this simulated child.")
    ] = None,
    children: Children = None,
    seed: Seed = 0,
    threads: Threads = None,
    out: Out = None,
    json_output: Json = False,
    csv: Csv = False,
) -> None:
    """Simulate the same children in two scenarios: where two lives diverge, and what follows."""
    from commands.terminal.decision import twin_tables
    from commands.terminal.literal import show
    from sim import twin_lives

    chosen = with_reference([other], reference)[:2]
    folder = where(out, f"twins-{chosen[0].municipality}-{other.stem}")
    found = twin_lives(
        chosen[0], chosen[1], folder, child=child, children=children, seed=seed, threads=threads, csv=csv
    )
    if json_output:
        print_data(found.as_json())
        return
    typer.echo(f"Tables: {folder}", err=True)
    show(twin_tables(found))
