"""The store of runs: every folder with tables and a manifest below one folder, asked by DuckDB."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from sim.batches.results import MANIFEST, TABLES
from sim.errors import InputError, OptionError, Problem, SimulationError, nearest, within
from sim.faults import fault
from sim.machine.locking import held
from sim.runs.experiment import too_few

UNITS, LOCK = "units", ".lock"
MOST_DAYS = 1_000_000
DRAWS = "draws-*.bin"
"""Other files of a run: units of a batch, draws of a sensitivity."""
Row = dict[str, Any]


@dataclass(frozen=True)
class StoredRun:
    """A run on disk. id: its folder as seen from the store."""

    id: str
    folder: Path
    manifest: Mapping[str, Any]

    @property
    def written(self) -> datetime:
        """Return when the run was written."""
        return datetime.fromisoformat(self.manifest["written"])

    @property
    def verb(self) -> str:
        """Return the command that made the run; those made before it was kept have none."""
        return str(self.manifest.get("call", {}).get("verb", "?"))

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Return the names of the scenarios."""
        return tuple(self.manifest["scenarios"])

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """Return the names of the tables that are there."""
        return tuple(name for name in TABLES if (self.folder / f"{name}.parquet").is_file())

    def files(self) -> list[Path]:
        """Return every file that belongs to the run, the manifest last."""
        own = [self.folder / f"{name}.{ending}" for name in TABLES for ending in ("parquet", "csv")]
        found = [file for file in own if file.is_file()]
        if self.verb == "sensitivity":
            found += self.folder.glob(DRAWS)
        if self.verb == "batch":
            found += (self.folder / UNITS).glob("??/*.unit")
            found += [self.folder / LOCK] if (self.folder / LOCK).is_file() else []
        return [*found, self.folder / MANIFEST]

    def size(self) -> int:
        """Return the bytes that its files take."""
        return sum(file.stat().st_size for file in self.files())


def runs_in(root: Path, damaged: list[Problem] | None = None) -> list[StoredRun]:
    """Return all runs in a folder and below it, the oldest first. Raises InputError where it is no folder.

    A folder is a run where its manifest says that it is one of this project; others are left alone. damaged
    hears of every run that cannot be read.
    """
    if not root.is_dir():
        raise InputError.at(root, fault("no_such_store"))
    found: list[StoredRun] = []
    bad = [] if damaged is None else damaged
    for folder, below, files in os.walk(root):
        below[:] = sorted(name for name in below if name != UNITS and not name.startswith("."))
        if MANIFEST not in files and MANIFEST not in below:
            continue
        where = Path(folder)
        name = where.relative_to(root).as_posix()
        try:
            manifest = _manifest(where / MANIFEST, any(f"{table}.parquet" in files for table in TABLES))
        except InputError as error:
            bad += error.problems
            continue
        if manifest is not None:
            found.append(StoredRun(root.name if name == "." else name, where, manifest))
    return sorted(found, key=lambda run: (run.written, run.id))


_OTHERS = {"project", "model"}
"""Keys of manifests that are sound and not of a run of scenarios: another project's, and a model file's."""
_LISTED = {"children": int, "draws": int, "replications": int, "scenarios": dict}
"""Required keys of a manifest, and their types."""


def _manifest(path: Path, ours: bool = False) -> Mapping[str, Any] | None:
    """Return a manifest, or None where it is of something else. ours: whether tables stand beside it.

    Raises InputError where a run's manifest is damaged.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        if ours:
            raise InputError.at(path, fault("manifest_unreadable", reason=str(error))) from None
        return None
    if not isinstance(data, dict) or data.get("project") != "kinderwerk":
        if ours and not (isinstance(data, dict) and data.keys() & _OTHERS):
            raise InputError.at(path, fault("manifest_not_sound", wrong="project"))
        return None
    try:
        wrong = [key for key, kind in _LISTED.items() if not isinstance(data.get(key), kind)]
        moment = datetime.fromisoformat(data["written"])
        if moment.tzinfo is None:
            wrong.append("written")
        if not isinstance(data.get("tables", {}), dict):
            wrong.append("tables")
    except (KeyError, TypeError, ValueError):
        wrong = ["written"]
    if wrong:
        raise InputError.at(path, fault("manifest_not_sound", wrong=wrong[0]))
    return data


def readable(runs: Sequence[StoredRun], damaged: list[Problem]) -> list[StoredRun]:
    """Return the runs whose tables can be read; `damaged` hears of the others."""
    found = []
    for run in runs:
        try:
            for name in run.manifest.get("tables", {}):
                if not (run.folder / name).is_file():
                    raise InputError.at(run.folder / name, fault("table_gone"))
            levels(run), changes(run)
        except InputError as error:
            damaged += [
                Problem.at(p.file, fault("run_damaged", why=p.fault), p.line, p.column)
                for p in error.problems
            ]
        else:
            found.append(run)
    return found


def find_run(root: Path, name: str) -> StoredRun:
    """Return a run by its id, or by its folder. Raises InputError with the nearest id."""
    damaged: list[Problem] = []
    runs = runs_in(root, damaged) if root.is_dir() else []
    for run in runs:
        if run.id == name:
            return run
    folder = Path(name)
    if (folder / MANIFEST).is_file() and (manifest := _manifest(folder / MANIFEST)) is not None:
        return StoredRun(name, folder, manifest)
    for problem in damaged:
        if Path(problem.file).parent in (root / name, folder):
            raise InputError([problem])
    near = nearest(name, [run.id for run in runs])
    raise InputError.at(root, fault(
        "unknown_run", name=name, near=near
    ))  # fmt: skip


_SAID = ("scenario", "reference", "year")
"""What of a row is no figure."""
_KEY_FIGURES = """
    SELECT scenario, year,
        avg(value) FILTER (measure = 'care_users' AND breakdown = 'total') AS care_users,
        avg(value) FILTER (measure = 'unmet_need' AND breakdown = 'total') AS unmet_need,
        avg(value) FILTER (measure = 'cost' AND breakdown = 'payer' AND level = 'gemeente') AS municipal_cost
    FROM read_parquet(?)
    WHERE measure IN ('care_users', 'unmet_need', 'cost')
    GROUP BY scenario, year
    QUALIFY year = max(year) OVER (PARTITION BY scenario)
    ORDER BY scenario
"""
_KEY_CHANGES = """
    SELECT scenario, any_value(reference) AS reference, max(year) AS year,
        arg_max(difference, year) FILTER (measure = 'care_users') AS care_users,
        arg_max(mcse, year) FILTER (measure = 'care_users') AS care_users_mcse,
        arg_max(difference, year) FILTER (measure = 'unmet_need') AS unmet_need,
        arg_max(mcse, year) FILTER (measure = 'unmet_need') AS unmet_need_mcse,
        sum(difference) FILTER (measure = 'cost') AS municipal_cost
    FROM read_parquet(?)
    WHERE (measure IN ('care_users', 'unmet_need') AND breakdown = 'total')
        OR (measure = 'cost' AND breakdown = 'payer' AND level = 'gemeente')
    GROUP BY scenario ORDER BY scenario
"""


def untold(run: StoredRun) -> tuple[str, ...]:
    """Return the scenarios of which too few children were simulated to tell what is luck."""
    said = run.manifest.get("too_few_children")
    if said is not None:
        return tuple(said)
    asked = run.manifest.get("children_asked")  # runs from before it was said
    return run.scenarios if too_few(run.manifest.get("children", 0) if asked is None else asked) else ()


def levels(run: StoredRun) -> list[Row]:
    """Return what each scenario is like in its last year, means over runs; None where it cannot be told."""
    return _told(run, _asked(_KEY_FIGURES, run, "results"))


def changes(run: StoredRun) -> list[Row]:
    """Return what each scenario changes in its last year; municipal cost is added up over all years.

    None is what cannot be told, for too few children are simulated.
    """
    return _told(run, _asked(_KEY_CHANGES, run, "comparison"))


def _told(run: StoredRun, rows: list[Row]) -> list[Row]:
    """Return rows without their numbers where those cannot be told."""
    few = untold(run)
    return [
        {key: None if row["scenario"] in few and key not in _SAID else found for key, found in row.items()}
        for row in rows
    ]


def _asked(query: str, run: StoredRun, table: str) -> list[Row]:
    if table not in run.tables:
        return []
    return ask(query, [run.folder / f"{table}.parquet"])


def ask(query: str, tables: Sequence[Path]) -> list[Row]:
    """Return the rows of a query about tables of one kind, in the order in which it asks for them.

    Raises InputError that names the first table of which the query cannot be asked.
    """
    with duckdb.connect() as base:
        try:
            return _rows(base, query, tables)
        except duckdb.Error as error:
            bad, why = _unread(base, query, tables) or (tables[0], error)
            raise InputError.at(bad, fault("cannot_read", reason=str(why).splitlines()[0])) from error


def _rows(base: duckdb.DuckDBPyConnection, query: str, tables: Sequence[Path]) -> list[Row]:
    cursor = base.execute(query, [str(table) for table in tables])
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _unread(
    base: duckdb.DuckDBPyConnection, query: str, tables: Sequence[Path]
) -> tuple[Path, duckdb.Error] | None:
    """Return the first table of which a query cannot be asked, in place of all others, and why."""
    for table in tables:
        try:
            _rows(base, query, [table] * len(tables))
        except duckdb.Error as error:
            return table, error
    return None


def to_prune(
    runs: Sequence[StoredRun], older_than: int | None, keep: int | None, now: datetime | None = None
) -> list[StoredRun]:
    """Return the runs that are older than so many days and not among the last `keep`.

    Raises OptionError where neither is given, or one makes no sense.
    """
    if older_than is None and keep is None:
        raise OptionError("older_than", fault("nothing_to_prune_by"))
    for option, value in (("older_than", older_than), ("keep", keep)):
        within(option, value or 0, 0, MOST_DAYS)
    found = list(runs if not keep else runs[:-keep])
    if older_than is not None:
        limit = (now or datetime.now(UTC)) - timedelta(days=older_than)
        found = [run for run in found if run.written < limit]
    return found


def remove(run: StoredRun) -> bool:
    """Remove the files of a run, and its folder where nothing else is in it; tell whether that was done.

    What is no part of the run stays. A run in whose folder a batch is at work is left alone. Raises
    SimulationError where a file cannot be removed; the run can then be pruned again.
    """
    try:
        with _lock(run.folder) as alone:
            if not alone:
                return False
            for file in run.files():
                file.unlink(missing_ok=True)
    except OSError as error:
        raise SimulationError(
            fault("run_not_removed", folder=run.folder, reason=error.strerror or str(error))
        ) from error
    if run.verb == "batch":
        for folder in (*(run.folder / UNITS).glob("??"), run.folder / UNITS):
            _remove_empty(folder)
    _remove_empty(run.folder)
    return True


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[bool]:
    """Yield whether no batch is at work in a folder, and keep it so."""
    if not (folder / LOCK).is_file():
        yield True
        return
    with held(folder / LOCK) as alone:
        yield alone
