"""What several verbs share: scenarios with their reference, results, what is printed, how one ends."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import typer

from sim.errors import InputError, Problem

if TYPE_CHECKING:
    from sim.api import Result
    from sim.scenario import Scenario


def with_reference(paths: Sequence[Path], reference: Path | None) -> list[Scenario]:
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


def slug(name: str) -> str:
    """Return a name as that of a folder."""
    return "".join(c if c.isalnum() else "-" for c in name.casefold()).strip("-")


def save(result: Result, out: Path | None, name: str, csv: bool) -> Path:
    """Write results to the folder that was asked for, else to one of this name; return and tell it."""
    folder = out or Path("results") / slug(name)
    result.save(folder, csv)
    typer.echo(f"Tables: {folder}", err=True)
    return folder


def json_or(json_output: bool, data: Callable[[], Any], table: Callable[[], Any]) -> None:
    """Print plain data as one JSON object, or a table."""
    if json_output:
        print_data(data())
        return
    from sim.tables import show

    show(table())


def print_json(result: Result, figures: dict[str, Any], folder: Path) -> None:
    """Print key figures as one JSON object, with how they were made and the tables beside them."""
    tables = sorted(str(file) for file in folder.glob("*.parquet"))
    print_data({"manifest": result.manifest, "headline": figures, "tables": tables})


def print_data(data: Any) -> None:
    """Print one JSON object; where the terminal has no Unicode, with other characters as escapes."""
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


def fail(message: str, code: int) -> NoReturn:
    """End with one message on stderr."""
    print(message, file=sys.stderr)
    sys.exit(code)
