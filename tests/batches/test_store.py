"""The store of runs: found, asked, compared, made again, and removed without touching anything else."""

from __future__ import annotations

import fcntl
import io
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from rich.console import Console

from commands.terminal.literal import show
from commands.terminal.runs import moved_table, run_table, runs_table
from sim.api import compare, simulate
from sim.batches.results import TABLES
from sim.batches.run_changes import FigureChange, figures_that_moved, inputs_that_differ
from sim.batches.store import (
    LOCK,
    StoredRun,
    changes,
    find_run,
    levels,
    readable,
    remove,
    runs_in,
    to_prune,
)
from sim.errors import InputError, OptionError, Problem
from sim.reproduction import reproduce
from tests.worlds import scenario

NONE, SOME = (scenario(fte, years=5, title=title) for fte, title in ((0, "none"), (36, "some")))
FEW: dict[str, Any] = {"children": 300, "threads": 1}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("results")
    simulate(NONE, **FEW).save(root / "deep" / "alone", csv=True)
    compare([NONE, SOME], draws=2, **FEW).save(root / "pair")
    compare([NONE, SOME], draws=2, seed=1, **FEW).save(root / "other")
    (root / "notes.txt").write_text("mine", encoding="utf-8")
    (root / "site").mkdir()
    (root / "site" / "manifest.json").write_text('{"name": "a web app"}', encoding="utf-8")
    return root


def named(store: Path, name: str) -> StoredRun:
    return find_run(store, name)


def rewritten(store: Path, name: str, **changes_: Any) -> None:
    path = store / name / "manifest.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**data, **changes_}), encoding="utf-8")


# ---- finding and asking


def test_a_run_is_a_folder_whose_manifest_says_so(store: Path) -> None:
    found = runs_in(store)
    assert {(run.id, run.verb) for run in found} == {
        ("deep/alone", "run"), ("pair", "compare"), ("other", "compare"),
    }  # fmt: skip
    assert [run.written for run in found] == sorted(run.written for run in found)


def test_a_run_is_found_by_name_or_folder_and_else_the_nearest_is_named(store: Path, tmp_path: Path) -> None:
    assert named(store, "pair").scenarios == ("none", "some")
    assert find_run(tmp_path, str(store / "pair")).scenarios == ("none", "some")
    with pytest.raises(InputError, match="no run 'piar' here; did you mean 'pair'"):
        find_run(store, "piar")
    with pytest.raises(InputError, match="no such folder of runs"):
        runs_in(tmp_path / "none")


def test_key_figures_are_those_of_the_tables(store: Path) -> None:
    run = named(store, "pair")
    table = pq.read_table(store / "pair" / "results.parquet").to_pandas()
    last = table[(table.year == 2030) & (table.scenario == "some") & (table.breakdown == "total")]
    (row,) = [row for row in levels(run) if row["scenario"] == "some"]
    assert row["year"] == 2030
    assert row["care_users"] == pytest.approx(last[last.measure == "care_users"].value.mean())
    (changed,) = changes(run)
    compared = pq.read_table(store / "pair" / "comparison.parquet").to_pandas()
    own = compared[(compared.measure == "cost") & (compared.level == "gemeente")]
    own = own[own.breakdown == "payer"]
    assert changed["municipal_cost"] == pytest.approx(own.difference.sum())
    unmet = compared[(compared.measure == "unmet_need") & (compared.breakdown == "total")]
    assert changed["unmet_need"] == unmet[unmet.year == 2030].difference.item()
    assert levels(named(store, "deep/alone"))[0]["scenario"] == "none"
    assert changes(named(store, "deep/alone")) == []


def test_a_model_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    """A folder of `kinderwerk model` has a manifest of its own, and tables that runs have too."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "manifest.json").write_text('{"kinderwerk": "0.2.0", "model": "HIV"}')
    (tmp_path / "model" / f"{TABLES[0]}.parquet").write_bytes(b"")
    damaged: list[Problem] = []
    assert runs_in(tmp_path, damaged) == []
    assert damaged == []


def test_a_damaged_table_is_named(store: Path, tmp_path: Path) -> None:
    simulate(NONE, **FEW).save(tmp_path / "bad")
    (tmp_path / "bad" / "results.parquet").write_bytes(b"x" * 100)
    with pytest.raises(InputError, match=r"results\.parquet:1:1: cannot be read"):
        levels(named(tmp_path, "bad"))
    with pytest.raises(InputError, match=r"bad/results\.parquet:1:1: cannot be read"):
        figures_that_moved(named(store, "pair"), named(tmp_path, "bad"))


def test_of_two_tables_the_one_without_the_columns_is_named(store: Path, tmp_path: Path) -> None:
    """What a library says of a table need not name it, and the name of one may be part of another's."""
    pair = named(store, "pair")
    shutil.copytree(pair.folder, tmp_path / "bad")
    table = tmp_path / "bad" / "comparison.parquet"
    pq.write_table(pq.read_table(table).drop_columns(["mcse"]), table)
    with pytest.raises(InputError, match=r"bad/comparison\.parquet:1:1: cannot be read: .*mcse"):
        figures_that_moved(pair, named(tmp_path, "bad"))


@pytest.mark.parametrize("content", ["[]", '{"version": 5}', "", "folder", "gone", "tables"])
def test_a_run_whose_manifest_or_table_is_not_whole_is_named(content: str, tmp_path: Path) -> None:
    simulate(NONE, **FEW).save(tmp_path / "bad")
    simulate(NONE, **FEW).save(tmp_path / "good")
    manifest = tmp_path / "bad" / "manifest.json"
    if content == "gone":
        (tmp_path / "bad" / "results.parquet").unlink()
    elif content == "tables":
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"tables": 3}))
    else:
        manifest.unlink()
        manifest.mkdir() if content == "folder" else manifest.write_text(content)
    damaged: list[Problem] = []
    assert [run.id for run in readable(runs_in(tmp_path, damaged), damaged)] == ["good"]
    assert [Path(problem.file).parent.name for problem in damaged] == ["bad"]


def test_tables_for_the_terminal_say_what_is_there(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = named(store, "pair"), named(store, "other")
    show(runs_table(runs_in(store)))
    show(run_table(one))
    show(moved_table(one, two, inputs_that_differ(one.manifest, two.manifest), figures_that_moved(one, two)))
    show(moved_table(one, one, [], []))
    text = capsys.readouterr().out
    for words in ("deep/alone", "none, some", "Differences from the reference", "seed", "No figure moved"):
        assert words in text


# ---- two runs side by side


def test_what_went_in_and_differs_is_told_key_by_key(store: Path) -> None:
    one, two = named(store, "pair").manifest, named(store, "other").manifest
    assert {d.what for d in inputs_that_differ(one, two)} <= {"seed", "children", "commit", "dirty"}
    changed = json.loads(json.dumps(two))
    changed["libraries"]["numpy"] = "1.0"
    changed["processor"]["features"] += " warp"
    changed["scenarios"]["some"]["content"] = "x"
    changed["scenarios"]["some"]["data"]["programmes"]["kinderwerk"]["fte"] = 48.0
    changed["scenarios"]["third"] = changed["scenarios"].pop("none")
    found = {d.what: (d.first, d.second) for d in inputs_that_differ(two, changed)}
    assert found["libraries.numpy"] == (two["libraries"]["numpy"], "1.0")
    assert found["processor.features"] == ("", "warp")
    assert found["scenario some.programmes.kinderwerk.fte"] == (36.0, 48.0)
    assert found["scenario none"] == ("there", "not there")
    assert found["scenario third"] == ("not there", "there")
    assert len(found) == 5


def test_figures_that_moved_are_in_standard_errors(store: Path) -> None:
    one, two = named(store, "pair"), named(store, "other")
    moved = figures_that_moved(one, two)
    sizes = [abs(figure.errors or 0.0) for figure in moved]
    assert sizes == sorted(sizes, reverse=True)
    assert {figure.kind for figure in moved} == {"level", "difference"}
    (own,) = [f for f in moved if (f.kind, f.scenario, f.figure) == ("level", "some", "care_users")]
    assert own.year == 2029
    means = []
    for run in (one, two):
        table = pq.read_table(run.folder / "results.parquet").to_pandas()
        here = (table.scenario == "some") & (table.measure == "care_users") & (table.breakdown == "total")
        means.append(table[here & (table.year == 2029)].value.mean())
    errors = [run.manifest["standard_errors"]["some"]["care_users"]["4"] for run in (one, two)]
    assert own.by == pytest.approx(means[1] - means[0])
    assert own.mcse == pytest.approx(((errors[0] ** 2 + errors[1] ** 2) / 2) ** 0.5)
    assert figures_that_moved(one, one) == []


def test_what_moved_without_luck_is_not_counted_in_errors() -> None:
    """The cost of programmes has no luck, but summing it in another order leaves an error of 1e-9 euros."""
    certain = FigureChange("difference", "some", 2026, "municipal_cost", 3.2e6, 3.1e6, 2e-9)
    assert certain.errors == -float("inf")
    assert certain.as_json()["errors"] is None
    assert FigureChange("level", "some", 2026, "municipal_cost", 3.2e6, 3.2e6 + 1e-9, 2e-9).errors == 0.0
    assert FigureChange("level", "some", 2026, "unmet_need", 100.0, 104.0, 2.0).errors == 2.0
    run = StoredRun("a", Path("a"), {})
    text = io.StringIO()
    Console(width=200, file=text).print(moved_table(run, run, [], [certain]))
    assert "no luck" in text.getvalue()


# ---- made again


def test_a_run_is_made_again_to_the_byte(store: Path) -> None:
    for name in ("deep/alone", "pair"):
        found = reproduce(named(store, name), 1)
        assert found.same
        assert all(table.same for table in found.tables)
        assert "the same to the byte" in found.words()
        assert found.as_json()["same"] is True


def test_what_is_not_as_it_was_is_told(tmp_path: Path) -> None:
    compare([NONE, SOME], **FEW).save(tmp_path / "then")
    manifest = json.loads((tmp_path / "then" / "manifest.json").read_text(encoding="utf-8"))
    old = {**manifest["libraries"], "numpy": "1.26.4"}
    hashes = {**manifest["tables"], "results.parquet": "0" * 64}
    rewritten(tmp_path, "then", libraries=old, tables=hashes, version="0.0.9")
    table = pq.read_table(tmp_path / "then" / "results.parquet")
    value = table["value"].to_pylist()
    value[5] += 3.5
    import pyarrow as pa

    column = table.schema.get_field_index("value")
    pq.write_table(table.set_column(column, "value", pa.array(value)), tmp_path / "then" / "results.parquet")
    found = reproduce(named(tmp_path, "then"), 1)
    assert not found.same
    tables = {one.name: one for one in found.tables}
    assert tables["comparison"].same
    assert (tables["results"].rows, tables["results"].largest) == (1, 3.5)
    assert {one.what for one in found.differs} == {"version", "libraries.numpy"}
    assert "libraries.numpy: 1.26.4 then" in found.words()
    assert "differs in 1 rows, by 3.5 at most" in found.words()


def test_a_manifest_that_holds_too_little_says_so(tmp_path: Path) -> None:
    simulate(NONE, **FEW).save(tmp_path / "old")
    manifest = json.loads((tmp_path / "old" / "manifest.json").read_text(encoding="utf-8"))
    del manifest["scenarios"]["none"]["data"], manifest["call"], manifest["tables"]
    (tmp_path / "old" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    run = named(tmp_path, "old")
    assert run.verb == "?"
    assert levels(run)
    with pytest.raises(InputError, match="does not hold the scenarios"):
        reproduce(run)


# ---- removing


def at(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")


@pytest.fixture
def aged(tmp_path: Path) -> Path:
    for name, days in (("a", 400), ("b", 40), ("c", 4)):
        simulate(NONE, **FEW).save(tmp_path / name)
        rewritten(tmp_path, name, written=at(days))
    return tmp_path


@pytest.mark.parametrize(
    ("older", "keep", "expected"),
    [(30, None, "ab"), (None, 1, "ab"), (30, 2, "a"), (500, None, ""), (None, 0, "abc"), (None, 9, "")],
)
def test_what_may_go_is_old_and_not_among_the_last(
    aged: Path, older: int | None, keep: int | None, expected: str
) -> None:
    assert "".join(run.id for run in to_prune(runs_in(aged), older, keep)) == expected


def test_pruning_needs_to_know_what_may_go(aged: Path) -> None:
    with pytest.raises(OptionError, match="older_than or `keep` must say what may go"):
        to_prune(runs_in(aged), None, None)
    with pytest.raises(OptionError, match="older_than must be between 0"):
        to_prune(runs_in(aged), -1, None)


def test_only_what_belongs_to_a_run_is_removed(aged: Path) -> None:
    (aged / "a" / "notes.txt").write_text("mine", encoding="utf-8")
    (aged / "b" / "units" / "ab").mkdir(parents=True)
    (aged / "b" / "units" / "ab" / "x.unit").write_bytes(b"not of a batch")
    for name in "abc":
        assert remove(named(aged, name))
    left = sorted(path.relative_to(aged).as_posix() for path in aged.rglob("*") if path.is_file())
    assert left == ["a/notes.txt", "b/units/ab/x.unit"]
    assert runs_in(aged) == []


def test_a_batch_goes_with_its_units_but_not_while_it_is_at_work(aged: Path) -> None:
    rewritten(aged, "a", call={"verb": "batch"})
    (aged / "a" / "units" / "ab").mkdir(parents=True)
    (aged / "a" / "units" / "ab" / "x.unit").write_bytes(b"x")
    with (aged / "a" / LOCK).open("w", encoding="utf-8") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        assert not remove(named(aged, "a"))
    assert (aged / "a" / "results.parquet").exists()
    assert remove(named(aged, "a"))
    assert not (aged / "a").exists()
