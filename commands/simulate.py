"""What is simulated: one scenario (`run`), several (`compare`), a folder (`batch`), a published `model`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.options import (
    Children,
    Cluster,
    Csv,
    Draws,
    Json,
    Out,
    OwnModel,
    Replications,
    Seed,
    Threads,
    euros,
    worth,
)
from commands.shared import (
    fail,
    own,
    print_data,
    print_json,
    ready,
    refuse_unreadable,
    save,
    tell_notes,
    warn_of_size,
    where,
    with_reference,
)
from commands.terminal.progress import share_progress, unit_progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from rich.console import RenderableType

    from sim.inputs.scenario import Scenario
    from sim.published.cohort import Floats


def run(
    scenario: Annotated[Path, typer.Argument(help="A scenario file.")],
    children: Children = None,
    draws: Draws = 1,
    replications: Replications = 1,
    seed: Seed = 0,
    threads: Threads = None,
    out: Out = None,
    json_output: Json = False,
    csv: Csv = False,
    own_model: OwnModel = None,
    lives: Annotated[
        Path | None,
        typer.Option("--lives", help="Write simulated children: .parquet, codebook, datapackage.json."),
    ] = None,
    lives_children: Annotated[
        int, typer.Option("--lives-children", help="How many children --lives writes (0: everyone).")
    ] = 1000,
    lives_by: Annotated[
        str, typer.Option("--lives-by", help="A row for each month, or for each event: month or event.")
    ] = "month",
) -> None:
    """Simulate one scenario and write its results."""
    from sim import load_scenario, simulate
    from sim.progress import nobody
    from sim.runs.experiment import Options

    model = own(own_model)
    chosen = load_scenario(scenario, model)
    folder = where(out, f"run-{chosen.municipality}-{chosen.path.stem if chosen.path else 'scenario'}")
    options = Options(children, draws, replications, seed, threads)
    if lives is not None:
        _refuse_lives(chosen, lives, lives_children or None, lives_by)
    warn_of_size(options, [chosen])
    tell_notes([chosen])
    with share_progress(json_output) as tell:
        result = simulate(
            chosen, tell=tell, children=children, draws=draws, replications=replications, seed=seed,
            threads=threads, model=model,
        )  # fmt: skip
    save(result, folder, csv)
    if lives is not None:
        from sim.runs.panel_files import written

        with share_progress(json_output) as tell:
            found = result.lives(sample=lives_children or None, by=lives_by, tell=tell or nobody)
        for file in written(found, chosen, lives):
            typer.echo(f"Wrote {file}", err=True)
    if json_output:
        from sim.decision.headline import as_json
        from sim.model.futures import future_data
        from sim.model.priors import prior_data
        from sim.words.population_words import population_data

        figures = {
            "scenario": result.names[0],
            "horizons": [as_json(item) for item in result.levels()],
            "priors": {result.names[0]: prior_data(chosen.prior)},
            "futures": {result.names[0]: future_data(chosen.future)},
            "populations": {result.names[0]: population_data(chosen)},
        }
        print_json(result, figures, folder)
        return
    from commands.terminal.comparison import futures_told, level_table, population_told, priors_told, show

    show(level_table(chosen.title, result.levels()))
    show(priors_told([chosen]))
    show(futures_told([chosen]))
    show(population_told([chosen]))


def _refuse_lives(scenario: Scenario, file: Path, sample: int | None, by: str) -> None:
    """Refuse lives that cannot be written, before anything is simulated. Raises InputError or OptionError."""
    from sim.runs.panel import refuse
    from sim.runs.panel_files import files_at

    refuse(scenario, sample, by)
    files_at(file)


def compare(
    scenarios: Annotated[list[Path], typer.Argument(help="Scenario files, two or more.")],
    reference: Annotated[
        Path | None, typer.Option("--reference", help="What the others are compared with.")
    ] = None,
    precision: Annotated[
        float | None,
        typer.Option(
            "--precision", parser=euros,
            help="Add replications until the extra cost is known to so many euros.",
        ),
    ] = None,
    precision_of: Annotated[
        str,
        typer.Option(
            "--precision-of", metavar="MEASURE",
            help="What --precision is of, in place of the extra cost: a measure of the tables with its "
            "breakdown, level and year, such as unmet_need@2035 or care_users/form/ambulant.",
        ),
    ] = "",
    max_replications: Annotated[
        int, typer.Option("--max-replications", help="Most replications that --precision may add.")
    ] = 100,
    children: Children = None,
    draws: Draws = 1,
    replications: Replications = 1,
    seed: Seed = 0,
    threads: Threads = None,
    out: Out = None,
    json_output: Json = False,
    csv: Csv = False,
    own_model: OwnModel = None,
) -> None:
    """Compare scenarios with a reference, on the same children with common random numbers."""
    from sim import compare as compare_scenarios
    from sim.runs.experiment import Options

    model = own(own_model)
    chosen = with_reference(scenarios, reference, model)
    folder = where(out, f"compare-{chosen[0].municipality}")
    warn_of_size(Options(children, draws, replications, seed, threads), chosen)
    with share_progress(json_output) as tell:
        result = compare_scenarios(
            chosen, tell=tell, children=children, draws=draws, replications=replications, seed=seed,
            threads=threads, precision=precision, precision_of=precision_of,
            max_replications=max_replications, model=model,
        )  # fmt: skip
    save(result, folder, csv)
    changes = {name: result.changes(name) for name in result.names[1:]}
    if json_output:
        from sim.decision.headline import as_json
        from sim.model.futures import future_data
        from sim.model.priors import prior_data
        from sim.words.population_words import population_data

        figures = {
            "reference": {
                "scenario": result.names[0],
                "horizons": [as_json(item) for item in result.levels()],
            },
            "levels": {
                name: [as_json(item) for item in result.levels(k)] for k, name in enumerate(result.names)
            },
            "differences": {name: [as_json(item) for item in items] for name, items in changes.items()},
            "priors": {name: prior_data(s.prior) for name, s in zip(result.names, chosen, strict=True)},
            "futures": {name: future_data(s.future) for name, s in zip(result.names, chosen, strict=True)},
            "populations": {name: population_data(s) for name, s in zip(result.names, chosen, strict=True)},
        }
        print_json(result, figures, folder)
    else:
        from commands.terminal.comparison import comparison, futures_told, population_told, priors_told, show
        from sim.decision.headline import discount_rate

        levels = {name: result.levels(k) for k, name in enumerate(result.names)}
        rate = discount_rate(chosen[0])
        show(comparison([s.title for s in chosen], result.names, changes, levels, draws, rate))
        show(priors_told(chosen))
        show(futures_told(chosen))
        show(population_told(chosen))
    if result.precision is not None:
        typer.echo(result.precision.words(), err=True)
        if not result.precision.reached:
            fail("not precise enough: allow more with --max-replications, or simulate more children", 1)


def batch(
    folder: Annotated[Path, typer.Argument(help="A folder of scenarios and grids.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for tables, manifest and finished units.")],
    children: Children = None,
    draws: Draws = 1,
    replications: Replications = 1,
    seed: Seed = 0,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Processes here (default: one per processor).")
    ] = None,
    cluster: Cluster = None,
    json_output: Json = False,
    csv: Csv = False,
) -> None:
    """Simulate every scenario in a folder; a batch that was stopped goes on.

    Each scenario is compared with its reference where that is in the folder too. A file that cannot be used
    is reported at the end (exit code 1); the others are done.
    """
    from sim import run_batch
    from sim.batches.batch import KEPT

    refuse_unreadable(str(file) for file in folder.rglob("*.y*ml"))
    ready(out)
    try:
        with unit_progress(json_output) as tell:
            found = run_batch(
                folder, out, draws=draws, replications=replications, children=children, seed=seed,
                workers=workers, cluster=cluster, csv=csv, tell=tell,
            )  # fmt: skip
    except KeyboardInterrupt:
        fail(KEPT, 1)
    if json_output:
        print_data(found.as_json())
    else:
        from commands.terminal.comparison import batch_table, show

        for note in found.notes:
            typer.echo(note, err=True)
        typer.echo(f"Tables: {out}", err=True)
        show(batch_table(found.levels, found.changes, found.references))
    if found.problems:
        fail("\n".join(map(str, found.problems)), 1)


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
    from sim.progress import nobody
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
    asked: dict[str, Any] = {"persons": persons, "seed": seed}
    if effect is not None:
        asked["effect"] = effect
    tables: dict[str, pa.Table] = {}
    charts: dict[str, str] = {}
    shown: list[RenderableType] = []
    instead: Mapping[str, Floats] | None = None
    if posterior is not None:
        from sim.report.calibrated_models import read_posterior

        instead = read_posterior(posterior, source, draws)
        asked["posterior"] = posterior.name
    if calibrate is not None:
        from commands.terminal.model import calibration_table
        from sim.decision.model_calibration import DRAWS, calibrate_model
        from sim.report.calibrated_models import calibration_tables

        with share_progress(json_output) as tell:
            fitted = calibrate_model(source, calibrate, draws or DRAWS, seed, tell or nobody)
        asked["targets"] = calibrate.read_text(encoding="utf-8")
        found["calibration"] = fitted.as_json()
        tables |= calibration_tables(fitted)
        shown.append(calibration_table(fitted))
        instead = fitted.inputs
    if draws or one_way:
        from commands.terminal.uncertain_model import one_way_table, uncertainty_tables
        from sim.decision.model_uncertainty import draw_model, uncertainty, vary_one
        from sim.report.uncertain_models import draws_tables, one_way_tables

        if draws:
            asked["draws"] = draws
            with share_progress(json_output) as tell:
                sample = draw_model(source, draws, seed, tell or nobody, instead)
            known = uncertainty(sample, willingness)
            willingness = known.willingness
            found["uncertainty"] = known.as_json()
            tables |= draws_tables(sample, known)
            shown.append(uncertainty_tables(known))
            if out is not None:
                from sim.report.model_charts import acceptability_svg

                charts["acceptability"] = acceptability_svg(known)
        if one_way:
            varied = vary_one(source, willingness)
            found["one_way"] = varied.as_json()
            tables |= one_way_tables(varied)
            shown.append(one_way_table(varied))
    if two_way is not None:
        from commands.terminal.uncertain_model import two_way_table
        from sim.decision.model_two_way import vary_two
        from sim.report.uncertain_models import two_way_tables

        grid = vary_two(source, two_way, willingness)
        found["two_way"] = grid.as_json()
        tables |= two_way_tables(grid)
        shown.append(two_way_table(grid))
        if out is not None:
            from sim.report.model_charts import two_way_svg

            charts["two_way"] = two_way_svg(grid)
    if out is not None:
        from sim.report.model_files import write_model

        write_model(out, file, compiled, cohort, found, asked, csv, tables, charts)
        typer.echo(f"Tables: {out}", err=True)
    if json_output:
        print_data(found)
        return
    from commands.terminal.comparison import show
    from commands.terminal.model import model_table

    show(model_table(found))
    for each in shown:
        show(each)
