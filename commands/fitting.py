"""Calibration: fit the parameters (`calibrate`), test them on held-out figures (`validate`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.options import Cluster, Json, Seed
from commands.shared import print_data, ready
from commands.terminal.progress import part_progress
from sim.errors import OptionError
from sim.faults import fault

CARE_CHANGES_NEED = "care_changes_need"
Under = Annotated[
    str,
    typer.Option("--structure", help="How the model works: care_changes_need or care_without_effect."),
]


def known(structure: str) -> str:
    """Return a structure that there is. Raises OptionError for another word."""
    from sim.model.structures import STRUCTURES

    if structure not in STRUCTURES:
        raise OptionError("structure", fault("must_be_one_of", known=STRUCTURES, found=structure))
    return structure


def calibrate(
    targets: Annotated[
        Path | None, typer.Option("--targets", help="File of targets (default: the shipped ones).")
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", help="Folder for the posterior; a stopped calibration goes on there.")
    ] = Path("results/calibration"),
    quick: Annotated[
        bool, typer.Option("--quick", help="Minutes instead of the better part of an hour.")
    ] = False,
    structure: Under = CARE_CHANGES_NEED,
    cluster: Cluster = None,
    seed: Seed = 0,
) -> None:
    """Fit the parameters to the targets; write a posterior and diagnostics."""
    from calibration.calibrate import calibrate as fit_all
    from calibration.documents.summary import summary_table
    from calibration.figures.targets import TARGET_FILE
    from commands.terminal.literal import show

    ready(out)
    with part_progress() as tell:
        found = fit_all(out, targets or TARGET_FILE, quick, cluster, seed, tell, structure=known(structure))
    typer.echo(f"Posterior: {out}", err=True)
    show(summary_table(found))


def validate(
    posterior: Annotated[
        Path | None, typer.Option("--posterior", help="Posterior to test (default: the shipped one).")
    ] = None,
    structure: Under = CARE_CHANGES_NEED,
    targets: Annotated[Path | None, typer.Option("--targets", help="File of targets.")] = None,
    draws: Annotated[int, typer.Option("--draws", min=2, help="Draws of the posterior to simulate.")] = 40,
    children: Annotated[int, typer.Option("--children", min=1, help="Children of each run.")] = 150_000,
    seed: Seed = 0,
    json_output: Json = False,
) -> None:
    """Test a posterior on figures it has not seen, and against naive forecasts."""
    from calibration.documents.summary import validation_table
    from calibration.figures.targets import TARGET_FILE, read_targets
    from calibration.validation import validate as test
    from commands.terminal.literal import show
    from sim.model.parameters import read_posterior, with_posterior
    from sim.model.structures import believed_in, fitted_in

    if posterior is None:
        p = fitted_in(known(structure))
    else:
        p = with_posterior(believed_in(known(structure)), read_posterior(posterior), posterior)
    figures = read_targets(targets or TARGET_FILE)
    with part_progress(json_output) as tell:
        found = test(p, figures, draws, children, seed, tell)
    if json_output:
        print_data(found)
        return
    show(validation_table(found))
