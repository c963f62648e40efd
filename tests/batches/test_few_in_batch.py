"""Results of too few children on disk: no figure of a batch or a stored run is shown as if it were firm."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from rich.console import Console, RenderableType

from commands.terminal.comparison import batch_table
from commands.terminal.runs import moved_table, run_table, runs_table
from sim.api import compare, simulate
from sim.batches.batch import Batch, simulate_members
from sim.batches.executors import executor
from sim.batches.folder import BatchMember, Folder
from sim.batches.results import results_table
from sim.batches.run_changes import figures_that_moved
from sim.batches.store import changes, find_run, levels, untold
from sim.runs.experiment import FEWEST_FOR_LUCK, Options
from tests.worlds import scenario

CANNOT = "cannot be told"
PAIR = [scenario(fte, years=5, title=title) for fte, title in ((0, "none"), (36, "some"))]
FIGURES = ("care_users", "unmet_need", "municipal_cost")


def batch(out: Path, children: int) -> Batch:
    none, some = (BatchMember(one.title, one, f"{one.title}.yaml") for one in PAIR)
    members = Folder((none, BatchMember("some", some.scenario, some.file, "none")))
    with executor(1, None) as running:
        return simulate_members(members, out, Options(children=children, draws=2), running, csv=True)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    return batch(tmp_path_factory.mktemp("few") / "few", FEWEST_FOR_LUCK - 1)


@pytest.fixture(scope="module")
def enough(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    return batch(tmp_path_factory.mktemp("enough") / "enough", FEWEST_FOR_LUCK)


def shown(table: RenderableType) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(table)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def strict(text: str) -> Any:
    def refuse(name: str) -> Any:
        pytest.fail(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_a_batch_of_few_children_tells_no_level(few: Batch) -> None:
    assert all(math.isnan(getattr(one, name)) for one in few.levels["none"] for name in FIGURES)
    told = shown(batch_table(few.levels, few.changes, few.references))
    rows = [line for line in told.splitlines() if "2029" in line]
    assert [row.count(CANNOT) for row in rows] == [3, 3]
    assert "in the year" not in told
    assert "too few children" in told


def test_a_batch_of_enough_children_tells_its_levels(enough: Batch) -> None:
    alone = compare(PAIR, children=FEWEST_FOR_LUCK, draws=2, threads=1)
    assert enough.levels == {name: alone.levels(k) for k, name in enumerate(alone.names)}
    assert CANNOT not in shown(batch_table(enough.levels, {}, {}))
    assert "too_few_children" not in enough.manifest


def test_its_json_has_null_for_what_cannot_be_told(few: Batch) -> None:
    headline = strict(json.dumps(few.as_json()))["headline"]
    assert all(one[name] is None for one in headline["levels"]["some"] for name in FIGURES)
    for one in headline["differences"]["some"]:
        assert one["p_paid_back"] is None
        for name in FIGURES:
            assert one[name] == {
                **dict.fromkeys(("value", "mcse", "low", "high", "p_positive", "luck_share")),
                "standing": "untold",
                "too_small": False,
            }


def test_tables_of_few_children_say_so(few: Batch) -> None:
    manifest = strict((few.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["too_few_children"] == ["none", "some"]
    errors = manifest["standard_errors"]["none"]["care_users"]
    assert errors
    assert set(errors.values()) == {None}
    table = pq.read_table(few.folder / "comparison.parquet")
    for name in ("difference", "mcse", "param_low", "param_high", "p_positive"):
        assert table[name].null_count == table.num_rows
    assert (few.folder / "comparison.csv").read_text(encoding="utf-8").splitlines()[1].endswith(",,,,,")


def test_draws_themselves_stay_as_they_were_computed(few: Batch) -> None:
    raw = pq.read_table(few.folder / "results.parquet")
    assert raw["value"].null_count == 0
    alone = compare(PAIR, children=FEWEST_FOR_LUCK - 1, draws=2, threads=1)
    assert raw["value"].to_pylist() == [
        x for k, name in enumerate(alone.names) for run in alone.runs
        for x in results_table([PAIR[k]], [name], [replace(run, columns=run.columns[k : k + 1])])["value"]
        .to_pylist()
    ]  # fmt: skip


def test_a_stored_run_of_few_children_tells_no_figure(few: Batch) -> None:
    run = find_run(few.folder.parent, "few")
    assert untold(run) == ("none", "some")
    for row in (*levels(run), *changes(run)):
        assert row["year"]
        assert all(row[name] is None for name in FIGURES)
    assert shown(runs_table([run])).count(CANNOT) == 2
    assert shown(run_table(run)).count(CANNOT) == 3 * 2 + 3
    told = shown(moved_table(run, run, [], figures_that_moved(run, run)))
    assert f"What moved of none, some {CANNOT}" in told
    assert "No figure moved" not in told


def test_older_runs_of_few_children_are_known_by_what_was_asked(few: Batch, tmp_path: Path) -> None:
    simulate(PAIR[0], children=20, threads=1).save(tmp_path / "old")
    file = tmp_path / "old" / "manifest.json"
    said = json.loads(file.read_text(encoding="utf-8"))
    del said["too_few_children"]
    file.write_text(json.dumps(said), encoding="utf-8")
    assert untold(find_run(tmp_path, "old")) == ("none",)
    file.write_text(json.dumps({**said, "children_asked": None, "children": 90}), encoding="utf-8")
    assert untold(find_run(tmp_path, "old")) == ()


def test_a_stored_run_of_enough_children_tells_its_figures(enough: Batch) -> None:
    run = find_run(enough.folder.parent, "enough")
    assert untold(run) == ()
    assert all(row[name] is not None for row in (*levels(run), *changes(run)) for name in FIGURES)
    assert CANNOT not in shown(run_table(run))
