"""Files hold what was simulated, whole or not at all, with all that is needed to make them again."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from sim.batches.results import _numbers, _texts, comparison_table, manifest, results_table, save
from sim.batches.units import LIBRARIES
from sim.decision.comparison import difference
from sim.engine.history import Label
from sim.errors import SimulationError
from sim.machine.compiling import data_hash, source_hash
from sim.model.extension import shipped
from sim.model.parameters import Parameters
from sim.runs.experiment import Options
from tests.worlds import run_of, scenario

ROOT = Path(__file__).resolve().parents[2]
USERS: Label = ("care_users", "total", "all")
AGE: Label = ("care_users", "age", "9")
YEARS = (2026, 2027)
NAMES = ("geen", "huidig")
PROMISED = {
    "version", "commit", "dirty", "scenarios", "parameters", "posterior", "targets", "seed", "draws",
    "replications", "children", "libraries", "wall_seconds", "standard_errors",
}  # fmt: skip


def blocks(*yearly: float) -> np.ndarray:
    return np.repeat(np.array(yearly)[:, None] / 2, 2, axis=1)


ARMS = ({USERS: blocks(10, 20), AGE: blocks(1, 2)}, {USERS: blocks(9, 17), AGE: blocks(1, 1)})
RUNS = [run_of(*ARMS, draw=draw, replication=k) for draw in (1, 2) for k in range(2)]
SCENARIOS = [scenario(fte, years=2) for fte in (0, 36)]


def tables() -> dict[str, pa.Table]:
    compared = {"huidig": ("geen", difference(RUNS, 1, 0, YEARS))}
    return {"results": results_table(SCENARIOS, NAMES, RUNS), "comparison": comparison_table(compared)}


def provenance(p: Parameters, options: Options | None = None) -> dict[str, Any]:
    options, model = options or Options(draws=2, replications=2), replace(shipped(), parameters=p)
    return manifest(SCENARIOS, NAMES, options, model, RUNS, 1.23456, {"geen": {"care_users": {"4": 0.5}}})


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# ---- tables


def test_the_long_table_has_a_row_for_each_scenario_run_label_and_year() -> None:
    table = tables()["results"]
    assert table.column_names == [
        "scenario", "draw", "replication", "year", "measure", "breakdown", "level", "value",
    ]  # fmt: skip
    assert table.num_rows == 2 * 4 * 2 * 2
    rows = table.to_pylist()
    keys = [tuple(row[name] for name in table.column_names[:-1]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert {
        "scenario": "huidig", "draw": 2, "replication": 1, "year": 2027, "measure": "care_users",
        "breakdown": "total", "level": "all", "value": 17.0,
    } in rows  # fmt: skip
    expected = {("geen", "9", 2026): 1.0, ("geen", "all", 2027): 20.0, ("huidig", "9", 2027): 1.0}
    for row in rows:
        key = (row["scenario"], row["level"], row["year"])
        assert row["value"] == expected.get(key, row["value"])


def test_levels_are_text_and_numbers_are_numbers() -> None:
    frame = tables()["results"].to_pandas()
    assert frame.level.map(type).eq(str).all()
    assert frame.year.dtype == np.int32
    assert frame.value.dtype == np.float64


def test_the_comparison_is_the_difference_with_its_uncertainties() -> None:
    table = tables()["comparison"]
    assert table.column_names == [
        "scenario", "reference", "year", "measure", "breakdown", "level", "difference", "mcse", "param_low",
        "param_high", "p_positive", "luck_share",
    ]  # fmt: skip
    (row,) = [r for r in table.to_pylist() if (r["level"], r["year"]) == ("all", 2027)]
    assert (row["scenario"], row["reference"]) == ("huidig", "geen")
    assert (row["difference"], row["mcse"], row["p_positive"]) == (-3.0, 0.0, 0.0)
    assert (row["param_low"], row["param_high"]) == (-3.0, -3.0)


def test_one_draw_leaves_the_parameter_interval_empty() -> None:
    one = comparison_table({"huidig": ("geen", difference(RUNS[:2], 1, 0, YEARS))})
    assert one.column("param_low").null_count == one.num_rows
    assert one.column("param_high").null_count == one.num_rows
    assert one.column("luck_share").null_count == one.num_rows


def test_columns_are_those_that_arrow_makes_itself() -> None:
    numbers = np.array([[1.5, np.nan], [-0.0, 2.0], [3.0, 4.0]])
    hidden = np.array([[False, True], [False, False], [True, False]])
    for values in (numbers, numbers.T, numbers[::2], numbers[1:], np.arange(19, dtype=np.int32), np.zeros(0)):
        made, own = _numbers(values), pa.array(values.ravel())
        assert made.to_pylist() == pytest.approx(own.to_pylist(), nan_ok=True)
        assert made.type == own.type
    assert _numbers(numbers, hidden).equals(pa.array(numbers.ravel(), mask=hidden.ravel()))
    words = ["", "één", "Almere, 72 kinderwerkers", "€"]
    assert _texts(words).equals(pa.array(words))
    assert _texts(words).validate(full=True) is None


WRITTEN = """
import sys
from sim import load_scenario, compare
plans = [load_scenario(f"scenarios/almere/{name}.yaml") for name in ("geen", "huidig")]
found = compare(plans, children=400)
found.save(sys.argv[1])
print("pandas" in sys.modules)
"""


def test_tables_are_made_without_pandas(tmp_path: Path) -> None:
    """To import it takes a command a third of a second."""
    call = [sys.executable, "-c", WRITTEN, str(tmp_path)]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
    assert pq.read_table(tmp_path / "comparison.parquet").num_rows


def test_nothing_to_compare_is_an_empty_table() -> None:
    assert comparison_table({}).num_rows == 0


# ---- manifest


def test_the_manifest_says_what_is_promised(parameters: Parameters) -> None:
    found = provenance(parameters)
    assert set(found) >= PROMISED
    assert (found["seed"], found["draws"], found["replications"]) == (0, 2, 2)
    assert found["children"] == 100
    assert found["wall_seconds"] == 1.235
    assert found["parameters"] == parameters.sha256()
    assert set(found["libraries"]) == set(LIBRARIES)
    assert found["standard_errors"] == {"geen": {"care_users": {"4": 0.5}}}
    targets = (ROOT / "calibration" / "targets" / "cbs.csv").read_bytes()
    assert found["targets"] == hashlib.sha256(targets).hexdigest()
    assert {name: one["content"] for name, one in found["scenarios"].items()} == {
        name: one.canonical_sha256() for name, one in zip(NAMES, SCENARIOS, strict=True)
    }
    assert json.loads(json.dumps(found)) == found


def test_the_manifest_tells_where_draws_began(parameters: Parameters) -> None:
    assert provenance(parameters)["first_draw"] == 1
    assert provenance(parameters, Options())["first_draw"] == 0
    assert provenance(parameters, Options(draws=2, first_draw=5))["first_draw"] == 5


def test_the_manifest_knows_the_engine_and_the_data(
    parameters: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = provenance(parameters)
    assert found["engine"] == source_hash()
    assert found["data"] == data_hash()
    assert found["engine"] != found["data"]


def test_every_grade_is_counted(parameters: Parameters) -> None:
    grades = provenance(parameters)["parameter_grades"]
    assert sum(grades.values()) == len(parameters)
    assert set(grades) <= {"cited", "derived", "calibrated", "provisional", "assumed"}


# ---- saving


def test_what_is_saved_can_be_read(parameters: Parameters, tmp_path: Path) -> None:
    folder = tmp_path / "some" / "where"
    save(folder, tables(), provenance(parameters), as_csv=True)
    assert sorted(content(folder)) == [
        "comparison.csv", "comparison.parquet", "manifest.json", "results.csv", "results.parquet",
    ]  # fmt: skip
    assert pq.read_table(folder / "results.parquet").to_pylist() == tables()["results"].to_pylist()
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["project"] == "kinderwerk"
    csv = pa_csv.read_csv(folder / "results.csv").to_pandas()
    assert csv.value.tolist() == tables()["results"].to_pandas().value.tolist()
    assert csv.measure.tolist() == ["care_users"] * len(csv)


def test_the_same_results_are_the_same_bytes(parameters: Parameters, tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(tmp_path / name, tables(), provenance(parameters))
    for name in ("results.parquet", "comparison.parquet"):
        assert content(tmp_path / "a")[name] == content(tmp_path / "b")[name]


def test_no_table_of_older_results_stays_beside_a_new_manifest(
    parameters: Parameters, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    save(tmp_path, tables(), provenance(parameters), as_csv=True)
    save(tmp_path, {"results": tables()["results"]}, provenance(parameters))
    assert sorted(content(tmp_path)) == ["manifest.json", "notes.txt", "results.parquet"]


def failing_at(call: int, real: Callable[..., Any], failure: BaseException) -> Callable[..., Any]:
    """Return `real`, except that its call number `call` (from 0) fails."""
    calls = iter(range(1_000_000))

    def step(*arguments: Any, **named: Any) -> Any:
        if next(calls) == call:
            raise failure
        return real(*arguments, **named)

    return step


FULL = OSError(28, "No space left on device")


@pytest.mark.parametrize("failure", [FULL, KeyboardInterrupt()], ids=["full disk", "stopped"])
@pytest.mark.parametrize("call", range(6))
@pytest.mark.parametrize("before", [True, False], ids=["over old results", "in an empty folder"])
def test_a_failure_half_way_through_renaming_leaves_old_results(
    parameters: Parameters,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    before: bool,
    call: int,
    failure: BaseException,
) -> None:
    if before:
        save(tmp_path, {"results": tables()["results"].slice(0, 3)}, {"old": True}, as_csv=True)
    old = content(tmp_path)
    moves = 3 + (3 if before else 0)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", failing_at(call, os.replace, failure))
        if call >= moves:
            save(tmp_path, tables(), provenance(parameters))
            return
        with pytest.raises(SimulationError if isinstance(failure, OSError) else KeyboardInterrupt):
            save(tmp_path, tables(), provenance(parameters))
    assert content(tmp_path) == old


@pytest.mark.parametrize("call", [0, 1])
def test_a_full_disk_while_writing_leaves_old_results(
    parameters: Parameters, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    save(tmp_path, {"results": tables()["results"]}, {"old": True})
    old = content(tmp_path)
    monkeypatch.setattr(pq, "write_table", failing_at(call, pq.write_table, FULL))
    with pytest.raises(SimulationError, match=r"could not be written to .*No space left"):
        save(tmp_path, tables(), provenance(parameters))
    assert content(tmp_path) == old


def test_a_place_that_is_no_folder_is_named(parameters: Parameters, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x", encoding="utf-8")
    with pytest.raises(SimulationError, match="file/out"):
        save(file / "out", tables(), provenance(parameters))
    assert content(tmp_path) == {"file": b"x"}


def test_the_manifest_comes_last(
    parameters: Parameters, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[str] = []

    def watch(source: Path, target: Path) -> None:
        moved.append(Path(target).name)
        os.rename(source, target)

    monkeypatch.setattr(os, "replace", watch)
    save(tmp_path, tables(), provenance(parameters), as_csv=True)
    assert moved[-1] == "manifest.json"
    assert len(moved) == 5
