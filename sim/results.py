"""Results on disk: one long table, one table of differences, one manifest. Written aside and renamed."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from sim.appraisal import Difference
from sim.compiling import data_hash, source_hash
from sim.errors import SimulationError
from sim.experiment import Options, Run
from sim.parameters import POSTERIOR_FILE, Parameters
from sim.scenario import Scenario

TABLES = (
    "results", "comparison", "information", "acceptability", "tornado", "worth", "twins", "events", "picture",
)  # fmt: skip
MANIFEST = "manifest.json"
TARGET_FILE = Path(__file__).resolve().parents[1] / "calibration" / "targets" / "cbs.csv"
LIBRARIES = ("numpy", "numba", "scipy", "simpy", "pyarrow", "pydantic")


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
                "draw": pa.array(np.full(count, run.draw, np.int32)),
                "replication": pa.array(np.full(count, run.replication, np.int32)),
                "year": pa.array(np.tile(years, labels)),
            }
            tables.append(
                pa.table(
                    {
                        **constant,
                        **_label_columns(columns.labels, years.size),
                        "value": columns.values.ravel(),
                    }
                )
            )
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def comparison_table(differences: Mapping[str, tuple[str, Difference]]) -> pa.Table:
    """Return `scenario, reference, year, measure, breakdown, level, difference, mcse, ...`.

    differences: by scenario name, (reference name, difference).
    """
    tables = []
    for name, (reference, d) in differences.items():
        years, labels = np.array(d.years, dtype=np.int32), len(d.labels)
        count = labels * years.size
        low, high = d.interval()
        numbers = {
            "difference": d.mean.ravel(),
            "mcse": d.mcse.ravel(),
            "param_low": pa.array(low.ravel(), mask=np.isnan(low.ravel())),
            "param_high": pa.array(high.ravel(), mask=np.isnan(high.ravel())),
            "p_positive": d.p_positive().ravel(),
        }
        tables.append(
            pa.table(
                {
                    "scenario": _repeated(name, count),
                    "reference": _repeated(reference, count),
                    "year": pa.array(np.tile(years, labels)),
                    **_label_columns(d.labels, years.size),
                    **numbers,
                }
            )
        )
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks() if tables else pa.table({})


def _repeated(text: str, count: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), [text])


def _label_columns(labels: Sequence[tuple[str, str, str]], years: int) -> dict[str, pa.DictionaryArray]:
    columns = {}
    for k, name in enumerate(("measure", "breakdown", "level")):
        words = list(dict.fromkeys(label[k] for label in labels))
        where = {word: i for i, word in enumerate(words)}
        index = np.repeat(np.array([where[label[k]] for label in labels], np.int32), years)
        columns[name] = pa.DictionaryArray.from_arrays(pa.array(index), words)
    return columns


@cache
def version() -> str:
    """Return the version of the package."""
    return metadata.version("kinderwerk")


@cache
def commit() -> tuple[str | None, bool | None]:
    """Return (commit, whether files were changed since), or (None, None) outside a checkout."""
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists() or shutil.which("git") is None:
        return None, None

    def git(*words: str) -> str:
        call = ["git", "-C", str(root), *words]
        return subprocess.run(call, capture_output=True, text=True, check=True, timeout=10).stdout.strip()

    try:
        return git("rev-parse", "HEAD"), bool(git("status", "--porcelain", "--untracked-files=no"))
    except (subprocess.SubprocessError, OSError):
        return None, None


def manifest(
    scenarios: Sequence[Scenario],
    names: Sequence[str],
    options: Options,
    parameters: Parameters,
    runs: Sequence[Run],
    seconds: float,
    standard_errors: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the birth certificate of results, which took `seconds` of wall time to simulate."""
    head, dirty = commit()
    return {
        "project": "kinderwerk",
        "version": version(),
        "commit": head,
        "dirty": dirty,
        "engine": source_hash(),
        "data": data_hash(),
        "scenarios": {
            name: {"title": s.title, "file": s.sha256, "content": s.canonical_sha256()}
            for name, s in zip(names, scenarios, strict=True)
        },
        "parameters": parameters.sha256(),
        "parameter_grades": _grades(parameters),
        "posterior": _hash_of(POSTERIOR_FILE),
        "targets": _hash_of(TARGET_FILE),
        "seed": options.seed,
        "draws": options.draws,
        "first_draw": options.runs()[0][0],
        "replications": options.replications,
        "children": max((c.children for run in runs for c in run.columns), default=0),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "libraries": {library: metadata.version(library) for library in LIBRARIES},
        "wall_seconds": round(seconds, 3),
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "standard_errors": dict(standard_errors),
    }


def _grades(p: Parameters) -> dict[str, int]:
    counts: dict[str, int] = {}
    for record in p.records.values():
        counts[record.grade] = counts.get(record.grade, 0) + 1
    return counts


def _hash_of(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def save(
    folder: Path, tables: Mapping[str, pa.Table], certificate: Mapping[str, Any], as_csv: bool = False
) -> None:
    """Write each table (NAME.parquet, and NAME.csv on request) and manifest.json into `folder`.

    All files are written aside and renamed at the end, so that a stop or a full disk leaves old
    results whole. Tables of earlier results that these do not have are removed with them: the manifest
    speaks for every table beside it. Raises SimulationError where the folder cannot be written.
    """
    aside: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
        for name, table in tables.items():
            pq.write_table(table, aside / f"{name}.parquet", compression="zstd")
            if as_csv:
                pa_csv.write_csv(_plain(table), aside / f"{name}.csv")
        text = json.dumps(certificate, indent=2, ensure_ascii=False)
        (aside / MANIFEST).write_text(text + "\n", encoding="utf-8")
        _put_in_place(aside, folder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SimulationError(f"results could not be written to {folder}: {reason}") from error
    finally:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)


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
    """Return a table without dictionaries, which CSV does not know."""
    for i, column in enumerate(table.columns):
        if pa.types.is_dictionary(column.type):
            table = table.set_column(i, table.field(i).name, column.cast(pa.string()))
    return table
