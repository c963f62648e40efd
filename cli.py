"""The terminal's front door: each verb is a few lines that call the house.

Messages go to stderr, results to stdout. Exit codes: 0 all well, 1 something ran and failed, 2 bad input.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from sim.errors import InputError, Problem, SimulationError

if TYPE_CHECKING:
    from sim.experiment import Options, Run, Tell
    from sim.headline import Change
    from sim.scenario import Scenario

ROOT = Path(__file__).resolve().parent
command_line = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Explore what budgets for child work do to youth care: who needs it, who pays, how sure.",
)

Children = Annotated[
    int | None, typer.Option("--children", help="Simulate this many children and scale up (default: all).")
]
Draws = Annotated[int, typer.Option("--draws", help="Parameter draws; 1 is the best fit.")]
Replications = Annotated[int, typer.Option("--replications", help="Repetitions with other luck.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of all luck.")]
Threads = Annotated[int | None, typer.Option("--threads", help="Threads (default: one per processor).")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for tables and manifest.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")]
Csv = Annotated[bool, typer.Option("--csv", help="Write CSV files beside the Parquet files.")]


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
    from sim.headline import as_json, horizons, level
    from sim.scenario import load_scenario
    from sim.library import registry

    started = time.monotonic()
    options = _options(children, draws, replications, seed, threads)
    chosen = load_scenario(scenario, registry())
    runs = _run([chosen], options, json_output)
    names = _names([chosen])
    folder = out or Path("results") / f"run-{_slug(names[0])}"
    certificate = _save(folder, [chosen], names, options, runs, {}, started, csv)
    levels = [level(runs, 0, chosen.start, h) for h in horizons(chosen.years)]
    if json_output:
        figures = {"scenario": names[0], "horizons": [as_json(item) for item in levels]}
        _print_json(certificate, figures, folder)
        return
    from sim.tables import level_table, show

    show(level_table(chosen.title, levels))
    typer.echo(f"Tables: {folder}", err=True)


@command_line.command()
def compare(
    scenarios: Annotated[list[Path], typer.Argument(help="Scenario files, two or more.")],
    reference: Annotated[Path | None, typer.Option("--reference", help="What the others are compared with.")] = None,
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
    from sim.appraisal import difference
    from sim.experiment import comparable
    from sim.headline import as_json, change, discount_rate, horizons, level

    started = time.monotonic()
    options = _options(children, draws, replications, seed, threads)
    chosen = _with_reference(scenarios, reference)
    comparable(chosen)
    runs = _run(chosen, options, json_output)
    names = _names(chosen)
    years = range(chosen[0].start, chosen[0].start + chosen[0].years)
    differences = {names[k]: (names[0], difference(runs, k, 0, years)) for k in range(1, len(chosen))}
    folder = out or Path("results") / f"compare-{_slug(chosen[0].municipality)}"
    certificate = _save(folder, chosen, names, options, runs, differences, started, csv)
    ahead = horizons(chosen[0].years)
    changes: dict[str, list[Change]] = {
        name: [change(d, h, discount_rate()) for h in ahead] for name, (_, d) in differences.items()
    }
    levels = [level(runs, 0, chosen[0].start, h) for h in ahead]
    if json_output:
        figures = {
            "reference": {"scenario": names[0], "horizons": [as_json(item) for item in levels]},
            "differences": {name: [as_json(item) for item in items] for name, items in changes.items()},
        }
        _print_json(certificate, figures, folder)
        return
    from sim.tables import comparison, show

    fte = {name: [level(runs, k, chosen[0].start, h) for h in ahead] for k, name in enumerate(names)}
    titles = [s.title for s in chosen]
    show(comparison(titles, names, levels, changes, fte, options.draws))
    typer.echo(f"Tables: {folder}", err=True)


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
        print(json.dumps(found))
        return
    from sim.tables import model_table, show

    show(model_table(found))


@command_line.command()
def app(
    port: Annotated[int | None, typer.Option("--port", help="Port (default 8501).")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Do not open a browser.")] = False,
) -> None:
    """Start the app in the browser."""
    call = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py")]
    if port is not None:
        call += ["--server.port", str(port)]
    if headless:
        call += ["--server.headless", "true"]
    raise typer.Exit(subprocess.run(call, cwd=ROOT, check=False).returncode)


def _options(
    children: int | None, draws: int, replications: int, seed: int, threads: int | None
) -> Options:
    from sim.experiment import Options

    return Options(children, draws, replications, seed, threads)


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
        raise InputError.at(paths[0], f"the scenarios name different references ({where}); choose with --reference")
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

    return {"model": load_model}


def _run(scenarios: Sequence[Scenario], options: Options, quiet: bool) -> list[Run]:
    from sim.experiment import run_all

    with _progress(quiet) as tell:
        return list(run_all(scenarios, options, tell=tell))


@contextmanager
def _progress(quiet: bool) -> Iterator[Tell | None]:
    """Show progress on a terminal; elsewhere one line when a slow part begins; nothing when quiet."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    parts = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*parts, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("preparing (a first run on a machine compiles for half a minute)", total=1.0)
        yield lambda done, words: bar.update(task, completed=done, description=words)


def _names(scenarios: Sequence[Scenario]) -> list[str]:
    """Return short names: the stem of the file, with its folder where stems meet."""
    stems = [s.path.stem if s.path else s.title for s in scenarios]
    if len(set(stems)) == len(stems):
        return stems
    return [f"{s.path.parent.name}/{s.path.stem}" if s.path else s.title for s in scenarios]


def _slug(text: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in text.casefold()).strip("-")


def _save(
    folder: Path,
    scenarios: Sequence[Scenario],
    names: Sequence[str],
    options: Options,
    runs: Sequence[Run],
    differences: dict[str, Any],
    started: float,
    csv: bool,
) -> dict[str, Any]:
    from sim.appraisal import standard_error
    from sim.headline import HORIZONS, USERS
    from sim.parameters import default_parameters
    from sim.results import comparison_table, manifest, results_table, save

    errors: dict[str, Any] = {}
    for name, columns in zip(names, runs[0].columns, strict=True):
        row = standard_error(columns)[columns.labels.index(USERS)]
        errors[name] = {"care_users": [float(row[h - 1]) for h in HORIZONS if h <= row.size]}
    certificate = manifest(scenarios, names, options, default_parameters(), runs, started, errors)
    tables = {"results": results_table(scenarios, names, runs)}
    if differences:
        tables["comparison"] = comparison_table(differences)
    save(folder, tables, certificate, csv)
    return certificate


def _print_json(certificate: dict[str, Any], figures: dict[str, Any], folder: Path) -> None:
    tables = sorted(str(file) for file in folder.glob("*.parquet"))
    print(json.dumps({"manifest": certificate, "headline": figures, "tables": tables}, ensure_ascii=False))


def main() -> NoReturn:
    """Run the command line; turn what went wrong into one clear message and an exit code."""
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
        _fail("stopped; nothing was written", 1)
    sys.exit(0)


def _fail(message: str, code: int) -> NoReturn:
    print(message, file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
