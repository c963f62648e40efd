"""Options and arguments that several commands share, each with one wording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def euros(text: str) -> float:
    """Return an amount that was typed: 60000, and not 60.000. Raises typer.BadParameter."""
    from sim.files.numerals import EUROS, NumeralError, read_number

    try:
        return read_number(text, EUROS)
    except NumeralError as error:
        raise typer.BadParameter(str(error)) from None


def worth(text: str) -> float:
    """Return an amount of 0 or more that was typed. Raises typer.BadParameter."""
    amount = euros(text)
    if amount < 0:
        from sim.faults import fault

        raise typer.BadParameter(str(fault("must_be_or_more", low=0, found=fault("a_figure", value=amount))))
    return amount


Children = Annotated[
    int | None,
    typer.Option("--children", min=1, help="Simulate this many children and scale up (default: all)."),
]
Draws = Annotated[int, typer.Option("--draws", help="Parameter draws; 1 is the best fit.")]
Replications = Annotated[int, typer.Option("--replications", help="Repetitions with other random numbers.")]
Seed = Annotated[int, typer.Option("--seed", help="Random seed.")]
Threads = Annotated[int | None, typer.Option("--threads", help="Threads (default: one per processor).")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for tables and manifest.")]
NewFile = Annotated[Path | None, typer.Option("--out", help="The .yaml file to make (default: print it).")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")]
Store = Annotated[Path, typer.Option("--in", help="The folder below which runs are.")]
RunName = Annotated[str, typer.Argument(help="A run, as `runs list` names it, or its folder.")]
Cluster = Annotated[str | None, typer.Option("--cluster", help="Address of a Dask scheduler.")]
OwnModel = Annotated[
    Path | None,
    typer.Option(
        "--own-model", metavar="FOLDER",
        help="A folder with parameters, processes, programmes or measures of your own.",
    ),
]
Csv = Annotated[bool, typer.Option("--csv", help="Write CSV files beside the Parquet files.")]
Reference = Annotated[Path, typer.Argument(help="The scenario to compare with.")]
Others = Annotated[list[Path], typer.Argument(help="One to three scenarios.")]
ReportDraws = Annotated[int, typer.Option("--draws", help="Parameter draws; a chance needs at least 10.")]
Language = Annotated[str, typer.Option("--lang", help="Language of the document: nl or en.")]
Money = Annotated[
    str, typer.Option("--money", help="What the chart of cost shows: together, care or programmes.")
]
Per = Annotated[
    str, typer.Option("--per", help="Whose cost it shows: municipality (all of it) or inhabitant (of each).")
]
Prices = Annotated[
    str, typer.Option("--prices", help="Euros of the price year (fixed) or of each year itself (current).")
]
