"""What is simulated: one scenario (`run`), several (`compare`), a folder (`batch`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.ending import keeping
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


    from sim.inputs.scenario import Scenario


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
            "structures": {result.names[0]: chosen.structure},
            "populations": {result.names[0]: population_data(chosen)},
        }
        print_json(result, figures, folder)
        return
    from commands.terminal.comparison import (
        futures_told,
        level_table,
        population_told,
        priors_told,
        structures_told,
    )
    from commands.terminal.levels import luck_table
    from commands.terminal.literal import show

    show(level_table(chosen.title, result.levels()))
    show(luck_table(result.runs, chosen.start, result.horizons))
    show(priors_told([chosen]))
    show(futures_told([chosen]))
    show(structures_told([chosen]))
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
    from sim.decision.firm import luck_known
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
                name: [as_json(item) for item in result.levels(k)]
                for k, name in enumerate(result.names)
            },
            "differences": {name: [as_json(item) for item in items] for name, items in changes.items()},
            "priors": {name: prior_data(s.prior) for name, s in zip(result.names, chosen, strict=True)},
            "futures": {name: future_data(s.future) for name, s in zip(result.names, chosen, strict=True)},
            "structures": {name: s.structure for name, s in zip(result.names, chosen, strict=True)},
            "populations": {name: population_data(s) for name, s in zip(result.names, chosen, strict=True)},
        }
        print_json(result, figures, folder)
    else:
        from commands.terminal.comparison import (
            comparison,
            futures_told,
            population_told,
            priors_told,
            structures_told,
        )
        from commands.terminal.literal import show

        levels = {name: result.levels(k) for k, name in enumerate(result.names)}
        rate = chosen[0].discount_rate
        show(comparison([s.title for s in chosen], result.names, changes, levels, draws, rate))
        show(priors_told(chosen))
        show(futures_told(chosen))
        show(structures_told(chosen))
        show(population_told(chosen))
    if result.precision is not None:
        known = all(luck_known(result.runs, k) for k in range(len(result.scenarios)))
        typer.echo(result.precision.words(known), err=True)
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
    with keeping(KEPT), unit_progress(json_output) as tell:
        found = run_batch(
            folder, out, draws=draws, replications=replications, children=children, seed=seed,
            workers=workers, cluster=cluster, csv=csv, tell=tell,
        )  # fmt: skip
    if json_output:
        print_data(found.as_json())
    else:
        from commands.terminal.comparison import batch_table
        from commands.terminal.literal import show

        for note in found.notes:
            typer.echo(note, err=True)
        typer.echo(f"Tables: {out}", err=True)
        show(batch_table(found.levels, found.changes, found.references))
    if found.problems:
        fail("\n".join(map(str, found.problems)), 1)
