"""A state-transition model of others (`model`): run, drawn, calibrated and varied."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.options import Csv, Json, Out, Seed, Threads, worth
from commands.shared import print_data, ready
from commands.terminal.progress import share_progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from rich.console import RenderableType

    from sim.published.cohort import Floats
    from sim.published.source import Source


@dataclass
class _Answer:
    """What a model came to: as data, what was asked, tables, charts (SVG) and what the terminal shows."""

    found: dict[str, Any]
    asked: dict[str, Any]
    tables: dict[str, pa.Table] = field(default_factory=dict)
    charts: dict[str, str] = field(default_factory=dict)
    shown: list[RenderableType] = field(default_factory=list)


def model(
    file: Annotated[Path, typer.Argument(help="A file of kind: model.")],
    persons: Annotated[int, typer.Option("--persons", help="Persons to simulate.")] = 100_000,
    draws: Annotated[
        int, typer.Option("--draws", help="Draws of the parameters that have a distribution; 0: none.")
    ] = 0,
    one_way: Annotated[
        bool, typer.Option("--one-way", help="Also put each uncertain parameter at its low and high value.")
    ] = False,
    two_way: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--two-way", metavar="A B",
            help="Also what is best on a grid of these two uncertain parameters, from low to high.",
        ),
    ] = None,
    willingness: Annotated[
        float | None,
        typer.Option(
            "--willingness", parser=worth,
            help="What one effect may cost (default: where the choice is least sure).",
        ),
    ] = None,
    calibrate: Annotated[
        Path | None,
        typer.Option(
            "--calibrate", metavar="TARGETS.csv",
            help="Fit the parameters that have a distribution to targets; --out keeps the draws (posterior).",
        ),
    ] = None,
    posterior: Annotated[
        Path | None,
        typer.Option("--posterior", help="Draws of a calibration that --draws takes in place of the priors."),
    ] = None,
    effect: Annotated[
        str | None,
        typer.Option(
            "--effect", metavar="NAME",
            help="Which effect costs are set against, where a file has several (default: the first).",
        ),
    ] = None,
    seed: Seed = 0,
    threads: Threads = None,
    out: Out = None,
    json_output: Json = False,
    csv: Csv = False,
) -> None:
    """Run a state-transition model: exact cohort, microsimulation, frontier; --out keeps it by cycle.

    With --draws also what is not known: cost and effect over draws, what is best at each willingness to pay,
    and what it would be worth to know. With --calibrate the parameters are fitted to targets first.
    """
    from sim.published.cohort import results_of
    from sim.published.source import read_source

    if posterior is not None and (calibrate is not None or not draws):
        raise typer.BadParameter("goes with --draws, and not with --calibrate", param_hint="--posterior")
    if out is not None:
        ready(out)
    source = read_source(file)
    if effect is not None:
        source = source.with_effect(effect)
    compiled = source.compiled()
    found, cohort = results_of(compiled, persons, seed, threads)
    answer = _Answer(found, {"persons": persons, "seed": seed})
    if effect is not None:
        answer.asked["effect"] = effect
    instead: Mapping[str, Floats] | None = None
    if posterior is not None:
        from sim.report.calibrated_models import read_posterior

        instead = read_posterior(posterior, source, draws)
        answer.asked["posterior"] = posterior.name
    if calibrate is not None:
        instead = _calibrated(answer, source, calibrate, draws, seed, json_output)
    if draws:
        willingness = _drawn(answer, source, draws, seed, instead, willingness, json_output, out is not None)
    if one_way:
        _varied_one(answer, source, willingness)
    if two_way is not None:
        _varied_two(answer, source, two_way, willingness, out is not None)
    if out is not None:
        from sim.report.model_files import write_model

        write_model(out, file, compiled, cohort, found, answer.asked, csv, answer.tables, answer.charts)
        typer.echo(f"Tables: {out}", err=True)
    if json_output:
        print_data(found)
        return
    from commands.terminal.literal import show
    from commands.terminal.model import model_table

    show(model_table(found))
    for each in answer.shown:
        show(each)


def _calibrated(
    answer: _Answer, source: Source, targets: Path, draws: int, seed: int, json_output: bool
) -> Mapping[str, Floats]:
    """Fit the parameters to targets; return their draws."""
    from commands.terminal.model import calibration_table
    from sim.decision.model_calibration import DRAWS, calibrate_model
    from sim.progress import nobody
    from sim.report.calibrated_models import calibration_tables

    with share_progress(json_output) as tell:
        fitted = calibrate_model(source, targets, draws or DRAWS, seed, tell or nobody)
    answer.asked["targets"] = targets.read_text(encoding="utf-8")
    answer.found["calibration"] = fitted.as_json()
    answer.tables |= calibration_tables(fitted)
    answer.shown.append(calibration_table(fitted))
    return fitted.inputs


def _drawn(
    answer: _Answer,
    source: Source,
    draws: int,
    seed: int,
    instead: Mapping[str, Floats] | None,
    willingness: float | None,
    json_output: bool,
    drawing: bool,
) -> float:
    """Tell what is not known; return the willingness to pay that it is told at."""
    from commands.terminal.uncertain_model import uncertainty_tables
    from sim.decision.model_uncertainty import draw_model, uncertainty
    from sim.progress import nobody
    from sim.report.uncertain_models import draws_tables

    answer.asked["draws"] = draws
    with share_progress(json_output) as tell:
        sample = draw_model(source, draws, seed, tell or nobody, instead)
    known = uncertainty(sample, willingness)
    answer.found["uncertainty"] = known.as_json()
    answer.tables |= draws_tables(sample, known)
    answer.shown.append(uncertainty_tables(known))
    if drawing:
        from sim.report.model_charts import acceptability_svg

        answer.charts["acceptability"] = acceptability_svg(known)
    return known.willingness


def _varied_one(answer: _Answer, source: Source, willingness: float | None) -> None:
    """Tell what each parameter by itself does."""
    from commands.terminal.uncertain_model import one_way_table
    from sim.decision.model_uncertainty import vary_one
    from sim.report.uncertain_models import one_way_tables

    varied = vary_one(source, willingness)
    answer.found["one_way"] = varied.as_json()
    answer.tables |= one_way_tables(varied)
    answer.shown.append(one_way_table(varied))


def _varied_two(
    answer: _Answer, source: Source, names: tuple[str, str], willingness: float | None, drawing: bool
) -> None:
    """Tell what is best on a grid of two parameters."""
    from commands.terminal.uncertain_model import two_way_table
    from sim.decision.model_two_way import vary_two
    from sim.report.uncertain_models import two_way_tables

    grid = vary_two(source, names, willingness)
    answer.found["two_way"] = grid.as_json()
    answer.tables |= two_way_tables(grid)
    answer.shown.append(two_way_table(grid))
    if drawing:
        from sim.report.model_charts import two_way_svg

        answer.charts["two_way"] = two_way_svg(grid)
