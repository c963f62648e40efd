"""Code that several commands share: scenarios with their reference, results, printing, exit codes."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from errno import EISDIR
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import typer

from sim.errors import InputError, OptionError, Problem
from sim.faults import fault
from sim.files.literal import printable

LONGEST = 200
"""Bytes of the name of a folder; most disks take 255."""

if TYPE_CHECKING:
    from sim import Model, Result
    from sim.inputs.scenario import Scenario
    from sim.runs.experiment import Options


def with_reference(
    paths: Sequence[Path], reference: Path | None, model: Model | None = None
) -> list[Scenario]:
    """Return the scenarios with the reference first: --reference, else the one they name, else the first."""
    from sim.inputs.library import registry, registry_of
    from sim.inputs.scenario import load_scenario

    known = registry() if model is None else registry_of(model)
    problems: list[Problem] = []
    loaded: dict[Path, Scenario] = {}
    for path in dict.fromkeys(p.resolve() for p in (*paths, *([reference] if reference else []))):
        try:
            loaded[path] = load_scenario(_shown(path), known)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    named = {s.reference.resolve() for s in loaded.values() if s.reference is not None}
    if reference is not None:
        first = reference.resolve()
    elif len(named) > 1:
        where = tuple(str(_shown(path)) for path in sorted(named))
        wrong = fault("different_references", where=where)
        raise InputError.at(paths[0], wrong)
    else:
        first = named.pop() if named else next(iter(loaded))
    if first not in loaded:
        loaded[first] = load_scenario(_shown(first), known)
    chosen = [loaded[first], *(s for path, s in loaded.items() if path != first)]
    if len(chosen) < 2:
        raise InputError.at(paths[0], fault("nothing_to_compare"))
    tell_notes(chosen)
    return chosen


def own(folder: Path | None) -> Model | None:
    """Return the model of a folder, if there is one, and tell that it is used. Raises InputError."""
    if folder is None:
        return None
    from sim import load_model

    model = load_model(folder)
    typer.echo(f"A model of your own: {folder} ({model.sha256[:12]}).", err=True)
    return model


def tell_notes(scenarios: Sequence[Scenario]) -> None:
    """Tell what scenarios say that does nothing, or is unusual."""
    from sim.runs.scenario_notes import as_line, notes

    for note in notes(scenarios):
        typer.echo(as_line(note), err=True)


def _shown(path: Path) -> Path:
    """Return a path as a user would write it: relative where it lies below the present folder."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def slug(name: str) -> str:
    """Return a name as that of a folder."""
    plain = "".join(c if c.isalnum() else "-" for c in name.casefold()).strip("-")
    return plain.encode()[:LONGEST].decode(errors="ignore")


def save(result: Result, folder: Path, csv: bool) -> None:
    """Write results to a folder, and tell it."""
    result.save(folder, csv)
    typer.echo(f"Tables: {folder}", err=True)


def where(out: Path | None, name: str) -> Path:
    """Return the folder for results: what was asked for, else one of this name. Raises as `ready` does."""
    return ready(out or Path("results") / slug(name))


def json_or(json_output: bool, data: Callable[[], Any], table: Callable[[], Any]) -> None:
    """Print plain data as one JSON object, or a table."""
    if json_output:
        print_data(data())
        return
    from commands.terminal.literal import show

    show(table())


def print_json(result: Result, figures: dict[str, Any], folder: Path) -> None:
    """Print key figures as one JSON object, with how they were made and the tables beside them."""
    tables = sorted(str(file) for file in folder.glob("*.parquet"))
    print_data({"manifest": result.manifest, "headline": figures, "tables": tables})


def print_data(data: Any) -> None:
    """Print one JSON object, with null for what is no number.

    Where the terminal has no Unicode, other characters are escapes.
    """
    data = json.loads(json.dumps(data), parse_constant=lambda _: None)  # JSON has no NaN
    print(json.dumps(data, ensure_ascii=foreign(sys.stdout)))


def foreign(stream: TextIO) -> bool:
    """Tell whether a stream takes only some characters, as in a locale without UTF-8."""
    return not (stream.encoding or "").lower().startswith("utf")


def refuse_unreadable(words: Iterable[str]) -> None:
    """End where a name is no text, because it was given in another encoding than this locale's."""
    for word in words:
        if any("\udc80" <= letter <= "\udcff" for letter in word):
            hint = "rename it, or set PYTHONUTF8=1 where the locale is not UTF-8"
            fail(f"{word}: this name is not in the encoding of this locale; {hint}", 2)


def refuse_empty(words: Sequence[str]) -> None:
    """Raise InputError where a word is empty: as the name of a file it would be the folder one stands in."""
    for before, word in pairwise(words):
        name, is_sign, value = word.partition("=")
        if not word or (name.startswith("--") and is_sign and not value):
            raise InputError.of(fault("word_empty", before=word or before))


MENDED_BY: Mapping[str, str] = {
    "different_references": "--reference", "made_with_other_model": "--own-model",
    "precision_of_alone": "--precision",
}  # fmt: skip
"""The option that mends a fault, by its code: the model's own sentences know of no options."""


def input_words(error: InputError) -> str:
    """Return what is wrong with an input, a line a mistake, with the option that mends it."""
    return "\n".join(f"{problem}{_mended(problem.code)}" for problem in error.problems)


def option_words(error: OptionError) -> str:
    """Return what is wrong with an option, by the name that it has on the command line."""
    return f"--{error.option.replace('_', '-')} {error.fault}{_mended(error.fault.code)}"


def _mended(code: str) -> str:
    return f" ({MENDED_BY[code]})" if code in MENDED_BY else ""


def our_mistake(error: Exception) -> str:
    """Log a mistake of ours with its trace; return what the user should know of it.

    The trace goes to errors.log in the folder of caches, or to stderr where KINDERWERK_TRACE is set or that
    folder cannot be written.
    """
    trace = "".join(traceback.format_exception(error))
    words = f"kinderwerk made a mistake of its own ({type(error).__name__}); your input is not the cause."
    if not os.environ.get("KINDERWERK_TRACE"):
        from sim.machine.compiling import cache_root

        log = cache_root() / "errors.log"
        with contextlib.suppress(OSError):
            with log.open("a", encoding="utf-8") as stream:
                stream.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {sys.argv}\n{trace}\n")
            return f"{words} What happened is in {log}; please report it."
    return f"{trace}{words}"


def ready(out: Path) -> Path:
    """Return a folder to which results will be written, looked at before anything is simulated.

    Raises InputError where it is no folder, or cannot be made or written. Nothing is left behind.
    """
    there = out
    missing: list[Path] = []
    while not os.path.lexists(there) and there != there.parent:
        missing.append(there)
        there = there.parent
    if not there.is_dir():
        if there == out:
            raise InputError.of(fault("out_no_folder", out=out))
        raise InputError.of(fault("folder_not_made", out=out, there=there))
    made: list[Path] = []
    try:
        for folder in reversed(missing):  # a name may be too long, or not possible on this disk
            folder.mkdir()
            made.append(folder)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError.of(fault("file_not_written", file=out, reason=reason)) from None
    finally:
        for folder in reversed(made):
            with contextlib.suppress(OSError):  # somebody else has put something there meanwhile
                folder.rmdir()
    for file in (out / name for name in _written_in_a_folder()):
        if file.is_dir():
            raise InputError.of(fault("file_not_written", file=file, reason=os.strerror(EISDIR).lower()))
    return out


def _written_in_a_folder() -> list[str]:
    from sim.batches.results import MANIFEST, TABLES

    return [*(f"{table}.{ending}" for table in TABLES for ending in ("parquet", "csv")), MANIFEST]


def warn_of_size(options: Options, scenarios: Sequence[Scenario]) -> None:
    """Say beforehand what very large work takes. Raises OptionError for more than this machine's memory.

    Every run keeps its figures by block of children until tables are written.
    """
    from sim.runs.experiment import FEWEST_FOR_LUCK

    runs = options.draws * options.replications * len(scenarios)
    memory = runs * max(scenarios[0].years, 1) * BYTES_OF_A_YEAR
    if memory > MEMORY:
        raise OptionError(
            "draws" if options.draws > 1 else "replications",
            fault(
                "too_many_runs",
                runs=runs,
                need=memory / 1e9,
                there=MEMORY / 1e9,
            ),
        )
    if runs > MANY_RUNS:
        print(f"{runs:,} runs: this takes long, and {memory / 1e9:,.1f} GB of memory", file=sys.stderr)
    if options.children is not None and options.children < FEW_CHILDREN:
        luck = (
            "nobody can tell what is luck, so neither numbers nor differences can be told"
            if options.children < FEWEST_FOR_LUCK
            else "errors come out too small"
        )
        print(
            f"--children {options.children} is too few: rare care may not occur at all, and {luck}. "
            f"Take {FEW_CHILDREN:,} or more",
            file=sys.stderr,
        )


BYTES_OF_A_YEAR = 100_000
"""What the figures of one year of one run take (700 labels by 16 blocks, 8 bytes each, with a reserve)."""
FEW_CHILDREN = 400
"""With fewer, blocks of children of which errors are made hold hardly any in residence or foster care."""
MANY_RUNS = 2000


def _memory() -> int:
    """Return the bytes of memory of this machine; a system that does not tell has as much as is needed."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return sys.maxsize


MEMORY = _memory()


def fail(message: str, code: int) -> NoReturn:
    """End with one message on stderr."""
    print(printable(message), file=sys.stderr)
    sys.exit(code)
