"""Results on disk: one long table, one table of differences, one manifest. Written aside and renamed."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sim.batches.units import LIBRARIES
from sim.decision.comparison import MUNICIPAL, Difference, standard_error
from sim.decision.headline import HORIZONS, UNMET, USERS
from sim.engine.history import Label
from sim.errors import SimulationError
from sim.faults import fault
from sim.files.literal import cell
from sim.inputs.later_years import CONSTANT
from sim.inputs.profiles import profile_of
from sim.inputs.scenario import Scenario
from sim.machine.compiling import data_hash, source_hash
from sim.machine.project import commit, version
from sim.machine.whole import flush_to_disk
from sim.model.extension import Model
from sim.model.parameters import POSTERIOR_FILE, Parameters
from sim.runs.experiment import Columns, Options, Run, too_few

_ASIDE = ".writing-"
Tables: TypeAlias = pa.Table | Iterable[pa.Table]
"""A table, or its parts one after the other."""
Provenance: TypeAlias = Mapping[str, Any]
TABLES = (
    "results", "comparison", "information", "acceptability", "tornado", "worth", "twins", "events", "picture",
    "trace", "rewards", "moves", "increments", "draws", "uncertainty", "one_way",
    "studies", "study_numbers",
)  # fmt: skip
MANIFEST = "manifest.json"
TARGET_FILE = Path(__file__).resolve().parents[2] / "calibration" / "targets" / "cbs.csv"
ROW_GROUP = 1 << 20
"""Rows of a table that is written part by part which are held in memory at once."""


def results_table(scenarios: Sequence[Scenario], names: Sequence[str], runs: Sequence[Run]) -> pa.Table:
    """Return the long table `scenario, draw, replication, year, measure, breakdown, level, value`."""
    tables = []
    for run in runs:
        for scenario, name, columns in zip(scenarios, names, run.columns, strict=True):
            years = np.arange(scenario.start, scenario.start + columns.values.shape[1], dtype=np.int32)
            labels = len(columns.labels)
            count = labels * years.size
            constant = {
                "scenario": _repeated(name, count),
                "draw": _numbers(np.full(count, run.draw, np.int32)),
                "replication": _numbers(np.full(count, run.replication, np.int32)),
                "year": _numbers(np.tile(years, labels)),
            }
            tables.append(
                pa.table(
                    {
                        **constant,
                        **_label_columns(columns.labels, years.size),
                        "value": _numbers(columns.values),
                    }
                )
            )
    return _joined(tables)


def comparison_table(differences: Mapping[str, tuple[str, Difference]]) -> pa.Table:
    """Return `scenario, reference, year, measure, breakdown, level, difference, mcse, ...`.

    differences: by scenario name, (reference name, difference). Where too few children are simulated to tell
    what is luck, all numbers are null.
    """
    tables = []
    for name, (reference, d) in differences.items():
        years, labels = np.array(d.years, dtype=np.int32), len(d.labels)
        count = labels * years.size
        (low, high), positive, luck = d.interval(), d.p_positive(), d.luck_share()
        lost = np.isnan(d.mcse)
        numbers = {
            "difference": _numbers(d.mean, lost if lost.any() else None),
            "mcse": _numbers(d.mcse, lost),
            "param_low": _numbers(low, lost | np.isnan(low)),
            "param_high": _numbers(high, lost | np.isnan(high)),
            "p_positive": _numbers(positive, lost | np.isnan(positive)),
            "luck_share": _numbers(luck, np.isnan(luck)),
        }
        tables.append(
            pa.table(
                {
                    "scenario": _repeated(name, count),
                    "reference": _repeated(reference, count),
                    "year": _numbers(np.tile(years, labels)),
                    **_label_columns(d.labels, years.size),
                    **numbers,
                }
            )
        )
    return _joined(tables) if tables else pa.table({})


def _numbers(values: NDArray[Any], missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return numbers as a column, row after row. `pa.array` would do, but it imports pandas first."""
    flat = np.ascontiguousarray(values.ravel())
    there = None if missing is None else pa.py_buffer(np.packbits(~missing.ravel(), bitorder="little"))
    return pa.Array.from_buffers(pa.from_numpy_dtype(flat.dtype), flat.size, [there, pa.py_buffer(flat)])


def _texts(words: Sequence[str]) -> pa.Array:
    encoded = [word.encode() for word in words]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(words), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded)))


def _repeated(text: str, count: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(_numbers(np.zeros(count, np.int32)), _texts([text]))


def _label_columns(labels: Sequence[tuple[str, str, str]], years: int) -> dict[str, pa.DictionaryArray]:
    columns = {}
    for k, name in enumerate(("measure", "breakdown", "level")):
        words = list(dict.fromkeys(label[k] for label in labels))
        where = {word: i for i, word in enumerate(words)}
        index = np.repeat(np.array([where[label[k]] for label in labels], np.int32), years)
        columns[name] = pa.DictionaryArray.from_arrays(_numbers(index), _texts(words))
    return columns


def manifest(
    scenarios: Sequence[Scenario],
    names: Sequence[str],
    options: Options,
    model: Model,
    runs: Sequence[Run],
    seconds: float,
    standard_errors: Mapping[str, Any],
    call: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the provenance of results, which took `seconds` of wall time to simulate.

    call: the command and its other arguments, to repeat it. Where too few children are simulated to tell what
    is luck, `too_few_children` names the scenarios.
    """
    head, dirty = commit()
    asked = ((profile_of(s).total if options.children is None else options.children) for s in scenarios)
    few = [name for name, children in zip(names, asked, strict=True) if too_few(children)]
    return {
        "project": "kinderwerk",
        "version": version(),
        "commit": head,
        "dirty": dirty,
        "engine": source_hash(),
        "data": data_hash(),
        "scenarios": {
            name: {
                "title": s.title,
                "file": s.sha256,
                "content": s.canonical_sha256(),
                "prior": s.prior,
                "future": s.future,
                "structure": s.structure,
                "population": CONSTANT if s.population is None else s.population.source,
                "data": {key: value for key, value in s.to_data().items() if key != "reference"},
            }
            for name, s in zip(names, scenarios, strict=True)
        },
        "own_model": model.sha256 or None,
        "parameters": model.parameters.sha256(),
        "parameter_grades": _grades(model.parameters),
        "posterior": _hash_of(POSTERIOR_FILE),
        "targets": _hash_of(TARGET_FILE),
        "seed": options.seed,
        "draws": options.draws,
        "first_draw": options.runs()[0][0],
        "replications": options.replications,
        "children": max((c.children for run in runs for c in run.columns), default=0),
        "children_asked": options.children,
        **({"too_few_children": few} if few else {}),
        "call": dict(call or {}),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "libraries": {library: metadata.version(library) for library in LIBRARIES},
        "wall_seconds": round(seconds, 3),
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "standard_errors": dict(standard_errors),
    }


@cache
def processor() -> dict[str, str]:
    """Return the name of the processor and its features, on which the last bits of results may depend."""
    from llvmlite import binding  # type: ignore[import-untyped]

    features = sorted(name for name, here in binding.get_host_cpu_features().items() if here)
    return {"name": binding.get_host_cpu_name(), "features": " ".join(features)}


def standard_errors(columns: Columns) -> dict[str, dict[str, float | None]]:
    """Return Monte Carlo standard errors of the headline figures of one run, by year of horizon.

    None is an error that nobody can tell, for too few children are simulated.
    """
    errors = standard_error(columns)
    lost = np.isnan(errors)
    return {
        name: {
            str(h): None if lost[k := columns.labels.index(label), h - 1] else float(errors[k, h - 1])
            for h in HORIZONS
            if h <= errors.shape[1]
        }
        for name, label in QUOTED.items()
        if label in columns.labels
    }


QUOTED: Mapping[str, Label] = {
    "care_users": USERS,
    "unmet_need": UNMET,
    "municipal_cost": MUNICIPAL,
}
"""The figures that are quoted of a scenario, by the name they have in a manifest."""


def _grades(p: Parameters) -> dict[str, int]:
    counts: dict[str, int] = {}
    for record in p.records.values():
        counts[record.grade] = counts.get(record.grade, 0) + 1
    return counts


def _hash_of(path: Path) -> str | None:
    if not path.exists():
        return None
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def save(
    folder: Path,
    tables: Mapping[str, Tables],
    provenance: Provenance | Callable[[], Provenance],
    as_csv: bool = False,
) -> None:
    """Write each table (NAME.parquet, and NAME.csv on request) and manifest.json into `folder`.

    A table may come in parts, which are never in memory together; a provenance may be a function, which is
    asked when the tables are written. All files are written aside, forced to disk and renamed at the end, so
    that a stop or a full disk leaves old results whole. Tables of earlier results that these do not have
    are removed with them: the manifest speaks for every table beside it, and holds their hashes. Raises
    SimulationError where the folder cannot be written.
    """
    aside: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=folder))
        for name, table in tables.items():
            _write_table(aside / name, table, as_csv)
        said = dict(provenance() if callable(provenance) else provenance)
        said["tables"] = {file.name: _hash_of(file) for file in sorted(aside.glob("*.parquet"))}
        text = json.dumps(said, indent=2, ensure_ascii=False)
        (aside / MANIFEST).write_text(text + "\n", encoding="utf-8")
        for file in aside.iterdir():
            flush_to_disk(file)
        _put_in_place(aside, folder)
        flush_to_disk(folder)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)  # Arrow's own text is long
        raise SimulationError(fault("results_not_written", folder=folder, reason=reason)) from error
    finally:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)


def drop_asides(folder: Path) -> None:
    """Remove what killed writers left beside results; only where no other writer can be at work."""
    for aside in folder.glob(f"{_ASIDE}*"):
        shutil.rmtree(aside, ignore_errors=True)


def _write_table(path: Path, table: Tables, as_csv: bool) -> None:
    if isinstance(table, pa.Table):
        pq.write_table(table, path.with_name(f"{path.name}.parquet"), compression="zstd")
        if as_csv:
            pa_csv.write_csv(_plain(table), path.with_name(f"{path.name}.csv"))
        return
    parquet = csv = None
    try:
        for group in _grouped(table):
            if parquet is None:
                parquet = pq.ParquetWriter(
                    path.with_name(f"{path.name}.parquet"), group.schema, compression="zstd"
                )
            parquet.write_table(group, row_group_size=group.num_rows)
            if as_csv:
                plain = _plain(group)
                csv = csv or pa_csv.CSVWriter(path.with_name(f"{path.name}.csv"), plain.schema)
                csv.write_table(plain)
    finally:
        for writer in (parquet, csv):
            if writer is not None:
                writer.close()


def _grouped(parts: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Yield parts joined into tables of at least ROW_GROUP rows, but for the last."""
    waiting: list[pa.Table] = []
    for part in parts:
        waiting.append(part)
        if sum(table.num_rows for table in waiting) >= ROW_GROUP:
            yield _joined(waiting)
            waiting = []
    if waiting:
        yield _joined(waiting)


def _joined(tables: Sequence[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def _put_in_place(aside: Path, folder: Path) -> None:
    """Move new files into the folder in place of the old ones, the manifest last; all of them or none."""
    new = sorted(aside.iterdir(), key=lambda file: (file.name == MANIFEST, file.name))
    old = aside / "old"
    old.mkdir()
    own = {MANIFEST, *(f"{name}.{ending}" for name in TABLES for ending in ("parquet", "csv"))}
    try:
        for name in sorted(own | {file.name for file in new}):
            if (folder / name).is_file():
                os.replace(folder / name, old / name)
        for file in new:
            os.replace(file, folder / file.name)
    except BaseException:
        for file in new:
            if not file.exists():
                (folder / file.name).unlink(missing_ok=True)
        for file in old.iterdir():
            os.replace(file, folder / file.name)
        raise


def _plain(table: pa.Table) -> pa.Table:
    """Return a table without dictionaries, which CSV does not know, and without formulas."""
    for i, column in enumerate(table.columns):
        if pa.types.is_dictionary(column.type):
            coded = column.unify_dictionaries().combine_chunks()
            words = pa.array([cell(word) for word in coded.dictionary.to_pylist()], pa.string())
            table = table.set_column(i, table.field(i).name, words.take(coded.indices))
    return table
