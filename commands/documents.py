"""A comparison as a document: a PDF (`briefing`), a workbook or CSV (`export`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.options import (
    Children,
    Json,
    Language,
    Money,
    Others,
    Per,
    Prices,
    Reference,
    Replications,
    ReportDraws,
    Seed,
    Threads,
)
from commands.shared import print_data, warn_of_size, with_reference
from commands.terminal.progress import share_progress
from sim.errors import InputError
from sim.faults import fault

MOST_OTHERS = 3


def briefing(
    reference: Reference,
    others: Others,
    out: Annotated[Path, typer.Option("--out", help="The .pdf file to make.")],
    lang: Language = "nl",
    money: Money = "together",
    per: Per = "municipality",
    prices: Prices = "fixed",
    children: Children = None,
    draws: ReportDraws = 40,
    replications: Replications = 1,
    seed: Seed = 0,
    threads: Threads = None,
    json_output: Json = False,
) -> None:
    """Write a council briefing of two pages: an accessible PDF."""
    options = {"children": children, "draws": draws, "replications": replications, "seed": seed}
    shown = (money, per, prices)
    _document(reference, others, out, (".pdf",), lang, json_output, shown, **options, threads=threads)


def export(
    reference: Reference,
    others: Others,
    out: Annotated[Path, typer.Option("--out", help="The .xlsx or .csv file to make.")],
    lang: Language = "nl",
    children: Children = None,
    draws: ReportDraws = 40,
    replications: Replications = 1,
    seed: Seed = 0,
    threads: Threads = None,
    json_output: Json = False,
) -> None:
    """Write a workbook (.xlsx) or a table (.csv) of a comparison, with every assumption and its source."""
    options = {"children": children, "draws": draws, "replications": replications, "seed": seed}
    _document(reference, others, out, (".xlsx", ".csv"), lang, json_output, (), **options, threads=threads)


def _document(
    reference: Path,
    others: Sequence[Path],
    out: Path,
    endings: tuple[str, ...],
    lang: str,
    quiet: bool,
    shown: Sequence[str],
    **options: Any,
) -> None:
    """Compare and write a document; what can be refused is refused before anything is simulated.

    shown: what the chart of money shows, see `MoneyView`.
    """
    from sim import compare as compare_scenarios
    from sim.decision.level_by_year import MoneyView
    from sim.report.composition import report_of
    from sim.report.files import ready, write
    from sim.runs.experiment import Options
    from sim.runs.past import past_users
    from sim.runs.threads import run_threads

    ready(out, endings, lang)
    view = MoneyView(*shown)
    chosen = with_reference(others, reference)
    if len(chosen) > MOST_OTHERS + 1:
        raise InputError.at(others[MOST_OTHERS], fault("too_many_scenarios", most=MOST_OTHERS))
    warn_of_size(Options(**options), chosen)
    with share_progress(quiet) as tell:
        result = compare_scenarios(chosen, tell=tell, **options)
    with run_threads(options["threads"]) as pool:
        past = past_users(result.scenarios[0], result.options, pool)
    report = report_of(result, lang, past=past, view=view)
    write(report, out)
    typer.echo(f"Wrote {out}", err=True)
    if quiet:
        drawn = {"money": report.money.data(report.titles)} if shown and report.money else {}
        print_data({"manifest": result.manifest, "file": str(out), **drawn})
