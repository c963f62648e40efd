"""The terminal's front door: each verb is a few lines that call the house.

Messages go to stderr, results to stdout. Exit codes: 0 all well, 1 something ran and failed, 2 bad input.
"""

from __future__ import annotations

import codecs
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TextIO
from unicodedata import normalize

import typer

from sim.errors import InputError, Problem, SimulationError
from sim.progress import part_progress, share_progress, unit_progress

if TYPE_CHECKING:
    from sim.api import Result
    from sim.municipality import Municipality
    from sim.scenario import Scenario

ROOT = Path(__file__).resolve().parent
MOST_OTHERS = 3
STOPPED = "stopped; nothing was written"
KEPT = "stopped; draws that were made are kept: the same command goes on from there"
command_line = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Explore what budgets for child work do to youth care: who needs it, who pays, how sure.",
)

data_line = typer.Typer(no_args_is_help=True, help="The published figures the model is held against.")
command_line.add_typer(data_line, name="data")
runs_line = typer.Typer(help="The store of runs: what was run, with what, and what came of it.")
command_line.add_typer(runs_line, name="runs")

Children = Annotated[
    int | None, typer.Option("--children", help="Simulate this many children and scale up (default: all).")
]
Draws = Annotated[int, typer.Option("--draws", help="Parameter draws; 1 is the best fit.")]
Replications = Annotated[int, typer.Option("--replications", help="Repetitions with other luck.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of all luck.")]
Threads = Annotated[int | None, typer.Option("--threads", help="Threads (default: one per processor).")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for tables and manifest.")]
NewFile = Annotated[Path | None, typer.Option("--out", help="The .yaml file to make (default: print it).")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")]
Store = Annotated[Path, typer.Option("--in", help="The folder below which runs are.")]
RunName = Annotated[str, typer.Argument(help="A run, as `runs list` names it, or its folder.")]
Cluster = Annotated[str | None, typer.Option("--cluster", help="Address of a Dask scheduler.")]
Csv = Annotated[bool, typer.Option("--csv", help="Write CSV files beside the Parquet files.")]
Reference = Annotated[Path, typer.Argument(help="The scenario to compare with.")]
Others = Annotated[list[Path], typer.Argument(help="One to three scenarios.")]
ReportDraws = Annotated[int, typer.Option("--draws", help="Parameter draws; a chance needs at least 10.")]
Language = Annotated[str, typer.Option("--lang", help="Language of the document: nl or en.")]


@command_line.command()
def new(
    file: Annotated[Path, typer.Argument(help="The scenario file to make.")],
    preset: Annotated[Path | None, typer.Option("--from", help="A scenario file to start from.")] = None,
) -> None:
    """Write a commented scenario to start from."""
    from sim.library import registry
    from sim.scenario import load_scenario
    from sim.scenario_files import write_new

    names = registry()
    start = load_scenario(preset, names) if preset else None
    typer.echo(f"Wrote {write_new(file, names, start)}", err=True)


@command_line.command()
def check(paths: Annotated[list[Path], typer.Argument(help="Scenario files or folders of them.")]) -> None:
    """Validate scenario files; list every error with its place and the nearest valid name."""
    from sim.library import registry
    from sim.scenario_files import check_path

    _refuse_unreadable(str(file) for path in paths for file in path.rglob("*.y*ml"))
    problems = [problem for path in paths for problem in check_path(path, registry(), _readers())]
    if problems:
        raise InputError(problems)
    typer.echo("All well.", err=True)


@command_line.command()
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
) -> None:
    """Simulate one scenario and write its results."""
    from sim.api import load_scenario, simulate

    chosen = load_scenario(scenario)
    with share_progress(json_output) as tell:
        result = simulate(
            chosen, tell=tell, children=children, draws=draws, replications=replications, seed=seed,
            threads=threads,
        )  # fmt: skip
    folder = _save(result, out, f"run-{chosen.municipality}-{result.names[0]}", csv)
    if json_output:
        from sim.headline import as_json

        figures = {"scenario": result.names[0], "horizons": [as_json(item) for item in result.levels()]}
        _print_json(result, figures, folder)
        return
    from sim.tables import level_table, show

    show(level_table(chosen.title, result.levels()))


@command_line.command()
def compare(
    scenarios: Annotated[list[Path], typer.Argument(help="Scenario files, two or more.")],
    reference: Annotated[
        Path | None, typer.Option("--reference", help="What the others are compared with.")
    ] = None,
    precision: Annotated[
        float | None,
        typer.Option("--precision", help="Add replications until the extra cost is known to so many euros."),
    ] = None,
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
) -> None:
    """Compare scenarios with a reference, on the same children with the same luck."""
    from sim.api import compare as compare_scenarios

    chosen = _with_reference(scenarios, reference)
    with share_progress(json_output) as tell:
        result = compare_scenarios(
            chosen, tell=tell, children=children, draws=draws, replications=replications, seed=seed,
            threads=threads, precision=precision, max_replications=max_replications,
        )  # fmt: skip
    folder = _save(result, out, f"compare-{chosen[0].municipality}", csv)
    changes = {name: result.changes(name) for name in result.names[1:]}
    if json_output:
        from sim.headline import as_json

        figures = {
            "reference": {
                "scenario": result.names[0],
                "horizons": [as_json(item) for item in result.levels()],
            },
            "differences": {name: [as_json(item) for item in items] for name, items in changes.items()},
        }
        _print_json(result, figures, folder)
    else:
        from sim.headline import discount_rate
        from sim.tables import comparison, show

        levels = {name: result.levels(k) for k, name in enumerate(result.names)}
        rate = discount_rate(chosen[0])
        show(comparison([s.title for s in chosen], result.names, changes, levels, draws, rate))
    if result.precision is not None:
        typer.echo(result.precision.words(), err=True)
        if not result.precision.reached:
            _fail("not precise enough: allow more with --max-replications, or simulate more children", 1)


@command_line.command()
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
    """Simulate every scenario in a folder; go on where a stopped batch was.

    Each scenario is compared with its reference where that is in the folder too. A file that cannot be used
    is told at the end (exit code 1); the others are done.
    """
    from sim.batch import KEPT as UNITS_KEPT
    from sim.batch import run_batch

    _refuse_unreadable(str(file) for file in folder.rglob("*.y*ml"))
    try:
        with unit_progress(json_output) as tell:
            found = run_batch(
                folder, out, draws=draws, replications=replications, children=children, seed=seed,
                workers=workers, cluster=cluster, csv=csv, tell=tell,
            )  # fmt: skip
    except KeyboardInterrupt:
        _fail(UNITS_KEPT, 1)
    if json_output:
        _print_data(found.as_json())
    else:
        from sim.tables import batch_table, show

        for note in found.notes:
            typer.echo(note, err=True)
        typer.echo(f"Tables: {out}", err=True)
        show(batch_table(found.levels, found.changes, found.references))
    if found.problems:
        _fail("\n".join(map(str, found.problems)), 1)


@command_line.command()
def sensitivity(
    reference: Annotated[Path, typer.Argument(help="The scenario to compare with.")],
    other: Annotated[Path, typer.Argument(help="The scenario that is judged.")],
    year: Annotated[int | None, typer.Option("--year", help="Break even by the end of this year.")] = None,
    payer: Annotated[str, typer.Option("--payer", help="Whose money must come back.")] = "gemeente",
    capacity: Annotated[
        bool, typer.Option("--capacity", help="Count freed capacity as money, not only what can be cashed.")
    ] = False,
    chance: Annotated[
        float, typer.Option("--chance", min=0.0, max=1.0, help="How sure a threshold must be.")
    ] = 0.5,
    willingness: Annotated[
        float | None,
        typer.Option("--willingness", min=0.0, help="Euros for a child-year without moderate need."),
    ] = None,
    budget: Annotated[
        float | None, typer.Option("--budget", help="Also find the best use of these euros a year.")
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
    """Is it worth it, how sure, and what must be true: everything from one sample of draws.

    Draws are kept in the folder of the results: a command that was stopped goes on where it was, and one
    that asks for more draws makes only those.
    """
    from sim.api import appraise

    chosen = _with_reference([other], reference)[:2]
    folder = out or Path("results") / _slug(f"sensitivity-{chosen[0].municipality}-{other.stem}")
    try:
        with part_progress(json_output) as tell:
            found = appraise(
                chosen[0], chosen[1], folder, year=year, payer=payer, capacity=capacity, chance=chance,
                willingness=willingness, budget=budget, two_way=two_way, children=children, draws=draws,
                seed=seed, threads=threads, csv=csv, tell=tell,
            )  # fmt: skip
    except KeyboardInterrupt:
        _fail(KEPT, 1)
    if json_output:
        _print_data(found.as_json())
        return
    from sim.tables import show

    typer.echo(f"Tables: {folder}", err=True)
    show(found.shown())


@command_line.command()
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
    """Live the same simulated children twice: where two lives part, and what follows."""
    from sim.api import twin_lives
    from sim.tables import show

    chosen = _with_reference([other], reference)[:2]
    folder = out or Path("results") / _slug(f"twins-{chosen[0].municipality}-{other.stem}")
    found = twin_lives(
        chosen[0], chosen[1], folder, child=child, children=children, seed=seed, threads=threads, csv=csv
    )
    if json_output:
        _print_data(found.as_json())
        return
    typer.echo(f"Tables: {folder}", err=True)
    show(found.shown())


@command_line.command()
def briefing(
    reference: Reference,
    others: Others,
    out: Annotated[Path, typer.Option("--out", help="The .pdf file to make.")],
    lang: Language = "nl",
    children: Children = None,
    draws: ReportDraws = 40,
    replications: Replications = 1,
    seed: Seed = 0,
    threads: Threads = None,
    json_output: Json = False,
) -> None:
    """Write a council briefing of two pages: an accessible PDF."""
    options = {"children": children, "draws": draws, "replications": replications, "seed": seed}
    _document(reference, others, out, (".pdf",), lang, json_output, **options, threads=threads)


@command_line.command()
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
    _document(reference, others, out, (".xlsx", ".csv"), lang, json_output, **options, threads=threads)


@command_line.command()
def model(
    file: Annotated[Path, typer.Argument(help="A file of kind: model.")],
    persons: Annotated[int, typer.Option("--persons", help="Persons to simulate.")] = 100_000,
    seed: Seed = 0,
    threads: Threads = None,
    json_output: Json = False,
) -> None:
    """Run a published state-transition model: exact cohort, microsimulation, frontier."""
    from sim.cohort import run_model

    found = run_model(file, persons, seed, threads)
    if json_output:
        _print_data(found)
        return
    from sim.tables import model_table, show

    show(model_table(found))


@data_line.command()
def refresh(
    table: Annotated[list[str] | None, typer.Option("--table", help="Only this CBS table (repeat).")] = None,
    write: Annotated[bool, typer.Option("--write", help="Renew the file of targets.")] = False,
) -> None:
    """Show where CBS StatLine differs from the targets; with --write renew their values and statuses."""
    from calibration.refresh import as_table
    from calibration.refresh import refresh as renew
    from sim.tables import show

    show(as_table(renew(table or (), write, lambda words: typer.echo(words, err=True))))


@runs_line.callback(invoke_without_command=True)
def runs(context: typer.Context) -> None:
    """Without a command: list the runs."""
    if context.invoked_subcommand is None:
        list_runs()


@runs_line.command("list")
def list_runs(store: Store = Path("results"), json_output: Json = False) -> None:
    """List all runs with their key figures."""
    from sim.runs_shown import listed, runs_table
    from sim.store import runs_in

    found = runs_in(store)
    _json_or(json_output, lambda: [listed(run) for run in found], lambda: runs_table(found))


@runs_line.command("show")
def show_run(name: RunName, store: Store = Path("results"), json_output: Json = False) -> None:
    """Show one run: how it was made, and the figures of each scenario."""
    from sim.runs_shown import listed, run_table
    from sim.store import find_run

    run = find_run(store, name)
    _json_or(json_output, lambda: {**listed(run), "manifest": run.manifest}, lambda: run_table(run))


@runs_line.command("compare")
def compare_runs(
    first: RunName, second: RunName, store: Store = Path("results"), json_output: Json = False
) -> None:
    """Compare two runs: what went in and differs, and the figures that moved."""
    from sim.moved import as_json, figures_that_moved, inputs_that_differ
    from sim.runs_shown import moved_table
    from sim.store import find_run

    one, two = find_run(store, first), find_run(store, second)
    differs = inputs_that_differ(one.manifest, two.manifest)
    moved = figures_that_moved(one, two)
    _json_or(json_output, lambda: as_json(differs, moved), lambda: moved_table(one, two, differs, moved))


@runs_line.command("reproduce")
def reproduce_run(
    name: RunName, store: Store = Path("results"), threads: Threads = None, json_output: Json = False
) -> None:
    """Make a run again from its manifest: the same to the byte (exit code 0), or what differs (1)."""
    from sim.reproduction import reproduce
    from sim.store import find_run

    found = reproduce(find_run(store, name), threads)
    _print_data(found.as_json()) if json_output else print(found.words())
    raise typer.Exit(0 if found.same else 1)


@runs_line.command("prune")
def prune_runs(
    store: Store = Path("results"),
    older_than: Annotated[int | None, typer.Option("--older-than", help="Days since it was written.")] = None,
    keep: Annotated[int | None, typer.Option("--keep", help="Keep so many of the last runs.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Remove them; without it only show which.")] = False,
) -> None:
    """Remove runs that are old, and nothing that is no run. Shows first what would go."""
    from sim.store import remove, runs_in, to_prune

    for run in to_prune(runs_in(store), older_than, keep):
        about = f"{run.id}  {run.manifest['written']}  {run.size() / 1e6:,.1f} MB"
        did = "would go" if not yes else "removed" if remove(run) else "kept: a batch is at work in it"
        typer.echo(f"{about}  {did}")
    if not yes:
        typer.echo("Nothing was removed; --yes removes these.", err=True)


@data_line.command()
def municipality(
    name: Annotated[str, typer.Argument(help="The municipality, as CBS calls it.")],
    out: NewFile = None,
    fit: Annotated[
        bool, typer.Option("--fit/--no-fit", help="Fit need and access to its use of youth care.")
    ] = True,
) -> None:
    """Build a file of a municipality's own figures from CBS StatLine."""
    from calibration.municipality_data import municipality_from_cbs
    from sim.library import registry
    from sim.scenario_files import refuse_taken

    if out is not None:
        refuse_taken(out)
    figures = municipality_from_cbs(name, registry(), lambda words: typer.echo(words, err=True))
    if figures.use is None:
        typer.echo("CBS has no figure of youth care on this municipality: national rates hold.", err=True)
    _give(_fitted(figures) if fit and figures.use is not None else figures, out)


@data_line.command("fit")
def fit_figures(
    file: Annotated[Path, typer.Argument(help="A municipality file, or a filled template (.xlsx).")],
    out: NewFile = None,
) -> None:
    """Fit a municipality's need and access to its own figure of use."""
    from sim.library import registry
    from sim.municipality_sheet import read_figures
    from sim.scenario_files import refuse_taken
    from sim.yamltext import read_bytes

    if out is not None:
        refuse_taken(out)
    _give(_fitted(read_figures(read_bytes(file), str(file), registry())), out)


@data_line.command("template")
def figures_template(
    out: Annotated[Path, typer.Option("--out", help="The .xlsx file to make.")] = Path("eigen-cijfers.xlsx"),
    name: Annotated[
        str | None, typer.Option("--municipality", help="Fill in what is known of this municipality.")
    ] = None,
    lang: Language = "nl",
) -> None:
    """Write an Excel template for figures of one's own."""
    from sim.errors import nearest
    from sim.municipality_template import template
    from sim.population import municipality_names, profiles
    from sim.scenario_files import write_new_file
    from sim.writing import LANGUAGES

    if lang not in LANGUAGES:
        raise InputError.at("--lang", f"unknown language '{lang}'{nearest(lang, LANGUAGES)}")
    known = municipality_names()
    if name is not None and name.casefold() not in known:
        raise InputError.at("--municipality", f"unknown municipality '{name}'{nearest(name, profiles())}")
    profile = profiles()[known[name.casefold()]] if name is not None else None
    typer.echo(f"Wrote {write_new_file(out, template(lang, profile))}", err=True)


def _fitted(figures: Municipality) -> Municipality:
    """Return a municipality with need and access fitted to its figure of use."""
    from calibration.municipal import fit_municipality, with_fit
    from sim.setting import worker_threads

    with share_progress(False) as tell, worker_threads(None) as pool, ThreadPoolExecutor(1) as conductor:
        told = tell or (lambda *_: None)  # a thread of its own, for Ctrl-C: see workers.py
        found = conductor.submit(fit_municipality, figures, pool, tell=told).result()
    typer.echo(
        f"{found.municipality}: use against the country {found.published:.3f} published, "
        f"{found.modelled:.3f} modelled; need x {found.need:.3f}, access x {found.access:.3f}",
        err=True,
    )
    return with_fit(figures, found)


def _give(figures: Municipality, out: Path | None) -> None:
    """Write a municipality file, or print it."""
    from sim.municipality_text import municipality_yaml
    from sim.scenario_files import write_new_file

    text = municipality_yaml(figures)
    if out is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())  # a file: UTF-8, whatever the terminal takes
    else:
        typer.echo(f"Wrote {write_new_file(out, text.encode())}", err=True)


@command_line.command()
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
    cluster: Cluster = None,
    seed: Seed = 0,
) -> None:
    """Fit the parameters to the targets; write a posterior and diagnostics."""
    from calibration.calibrate import calibrate as fit_all
    from calibration.report import summary_table
    from calibration.targets import TARGET_FILE
    from sim.tables import show

    with part_progress() as tell:
        found = fit_all(out, targets or TARGET_FILE, quick, cluster, seed, tell)
    typer.echo(f"Posterior: {out}", err=True)
    show(summary_table(found))


@command_line.command()
def validate(
    posterior: Annotated[
        Path | None, typer.Option("--posterior", help="Posterior to test (default: the shipped one).")
    ] = None,
    targets: Annotated[Path | None, typer.Option("--targets", help="File of targets.")] = None,
    draws: Annotated[int, typer.Option("--draws", min=2, help="Draws of the posterior to simulate.")] = 40,
    children: Annotated[int, typer.Option("--children", min=1, help="Children of each run.")] = 150_000,
    seed: Seed = 0,
    json_output: Json = False,
) -> None:
    """Test a posterior on figures it has not seen, and against naive forecasts."""
    from calibration.report import validation_table
    from calibration.targets import TARGET_FILE, read_targets
    from calibration.validation import validate as test
    from sim.parameters import default_parameters, prior_parameters, read_posterior, with_posterior
    from sim.tables import show

    p = default_parameters()
    if posterior is not None:
        p = with_posterior(prior_parameters(), read_posterior(posterior), posterior)
    figures = read_targets(targets or TARGET_FILE)
    with part_progress(json_output) as tell:
        found = test(p, figures, draws, children, seed, tell)
    if json_output:
        _print_data(found)
        return
    show(validation_table(found))


@command_line.command()
def app(
    port: Annotated[int | None, typer.Option("--port", help="Port (default 8501).")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Do not open a browser.")] = False,
) -> None:
    """Start the app in the browser."""
    if find_spec("streamlit") is None:
        _fail("the app needs Streamlit: pip install 'kinderwerk[app]' (in a checkout: -e '.[app]')", 2)
    if not (ROOT / "app.py").is_file():
        _fail("the app runs from a checkout, which holds its pages: make app there", 2)
    call = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py")]
    if port is not None:
        call += ["--server.port", str(port)]
    if headless:
        call += ["--server.headless", "true"]
    try:
        code = subprocess.run(call, cwd=ROOT, check=False).returncode
    except KeyboardInterrupt:  # Ctrl-C is how one leaves it
        code = 0
    raise typer.Exit(code)


def _with_reference(paths: Sequence[Path], reference: Path | None) -> list[Scenario]:
    """Return the scenarios with the reference first: --reference, else the one they name, else the first."""
    from sim.library import registry
    from sim.scenario import load_scenario

    problems: list[Problem] = []
    loaded: dict[Path, Scenario] = {}
    for path in dict.fromkeys(p.resolve() for p in (*paths, *([reference] if reference else []))):
        try:
            loaded[path] = load_scenario(_shown(path), registry())
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    named = {s.reference.resolve() for s in loaded.values() if s.reference is not None}
    if reference is not None:
        first = reference.resolve()
    elif len(named) > 1:
        where = ", ".join(str(_shown(path)) for path in sorted(named))
        raise InputError.at(
            paths[0], f"the scenarios name different references ({where}); choose with --reference"
        )
    else:
        first = named.pop() if named else next(iter(loaded))
    if first not in loaded:
        loaded[first] = load_scenario(_shown(first), registry())
    chosen = [loaded[first], *(s for path, s in loaded.items() if path != first)]
    if len(chosen) < 2:
        raise InputError.at(paths[0], "a comparison needs two scenarios; give another file or `reference:`")
    return chosen


def _shown(path: Path) -> Path:
    """Return a path as a user would write it: relative where it lies below the present folder."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _readers() -> dict[str, Callable[[Path], Any]]:
    from sim.cohort import load_model
    from sim.grid import load_grid
    from sim.library import registry

    return {"model": load_model, "grid": lambda path: load_grid(path, registry())}


def _json_or(json_output: bool, data: Callable[[], Any], table: Callable[[], Any]) -> None:
    """Print plain data as one JSON object, or a table."""
    if json_output:
        _print_data(data())
        return
    from sim.tables import show

    show(table())


def _slug(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name.casefold()).strip("-")


def _save(result: Result, out: Path | None, name: str, csv: bool) -> Path:
    folder = out or Path("results") / _slug(name)
    result.save(folder, csv)
    typer.echo(f"Tables: {folder}", err=True)
    return folder


def _document(
    reference: Path,
    others: Sequence[Path],
    out: Path,
    endings: tuple[str, ...],
    lang: str,
    quiet: bool,
    **options: Any,
) -> None:
    """Compare and write a document; what can be refused is refused before anything is simulated."""
    from sim.api import compare as compare_scenarios
    from sim.report.content import report_of
    from sim.report.files import ready, write

    ready(out, endings, lang)
    chosen = _with_reference(others, reference)
    if len(chosen) > MOST_OTHERS + 1:
        raise InputError.at(others[MOST_OTHERS], f"at most {MOST_OTHERS} scenarios fit in a document")
    with share_progress(quiet) as tell:
        result = compare_scenarios(chosen, tell=tell, **options)
    write(report_of(result, lang), out)
    typer.echo(f"Wrote {out}", err=True)
    if quiet:
        _print_data({"manifest": result.manifest, "file": str(out)})


def _print_json(result: Result, figures: dict[str, Any], folder: Path) -> None:
    tables = sorted(str(file) for file in folder.glob("*.parquet"))
    _print_data({"manifest": result.manifest, "headline": figures, "tables": tables})


def _print_data(data: Any) -> None:
    """Print one JSON object; where the terminal has no Unicode, with other characters as escapes."""
    print(json.dumps(data, ensure_ascii=_foreign(sys.stdout)))


def _foreign(stream: TextIO) -> bool:
    """Tell whether a stream takes only some characters, as in a locale without UTF-8."""
    return not (stream.encoding or "").lower().startswith("utf")


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
        if _foreign(stream) and isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="plain")


def _refuse_unreadable(words: Iterable[str]) -> None:
    """End where a name is no text, because it was given in another encoding than this locale's."""
    for word in words:
        if any("\udc80" <= letter <= "\udcff" for letter in word):
            hint = "rename it, or set PYTHONUTF8=1 where the locale is not UTF-8"
            _fail(f"{word}: this name is not in the encoding of this locale; {hint}", 2)


def main() -> NoReturn:
    """Run the command line; turn what went wrong into one clear message and an exit code."""
    _fit_terminal()
    _refuse_unreadable(sys.argv[1:])
    try:
        command_line(standalone_mode=True)
    except InputError as error:
        _fail(str(error), 2)
    except ValueError as error:
        if os.environ.get("KINDERWERK_TRACE"):
            raise
        _fail(str(error), 2)
    except SimulationError as error:
        _fail(str(error), 1)
    except MemoryError:
        _fail("out of memory: simulate fewer children with --children", 1)
    except KeyboardInterrupt:
        _fail(STOPPED, 1)
    except SystemExit as end:
        if end.code == 130:  # how Typer passes on Ctrl-C
            _fail(STOPPED, 1)
        raise
    sys.exit(0)


def _fail(message: str, code: int) -> NoReturn:
    print(message, file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
