"""`runs` as a user calls it: what was run before, and a run made again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.terminal import FEW, call, short


def test_runs_are_listed_shown_compared_made_again_and_removed(tmp_path: Path) -> None:
    store, file = tmp_path / "results", short(tmp_path, 36, "some")
    for seed in (1, 2):
        assert call("run", file, *FEW, "--seed", seed, "--out", store / f"run{seed}").returncode == 0
    listed = json.loads(call("runs", "list", "--in", store, "--json").stdout)
    assert [(run["run"], run["command"], run["scenarios"]) for run in listed] == [
        ("run1", "run", ["some"]), ("run2", "run", ["some"]),
    ]  # fmt: skip
    bare = call("runs", cwd=tmp_path)
    assert bare.returncode == 0
    assert "run2" in bare.stdout
    assert "run2" in call("runs", "--in", store).stdout
    assert json.loads(call("runs", "--in", store, "--json").stdout) == listed
    before = call("runs", "--in", store, "show", "run1", "--json")
    shown = json.loads(call("runs", "show", "run1", "--in", store, "--json").stdout)
    assert json.loads(before.stdout) == shown
    assert shown["manifest"]["seed"] == 1
    compared = json.loads(call("runs", "compare", "run1", "run2", "--in", store, "--json").stdout)
    assert {"what": "seed", "first": 1, "second": 2} in compared["differs"]
    again = call("runs", "reproduce", "run1", "--in", store, "--threads", "1")
    assert (again.returncode, again.stdout) == (0, "results: the same to the byte\n")
    assert call("runs", "prune", "--in", store).returncode == 2
    assert "run1" in call("runs", "prune", "--in", store, "--keep", "1").stdout
    assert (store / "run1" / "results.parquet").exists()
    assert "removed" in call("runs", "prune", "--in", store, "--keep", "1", "--yes").stdout
    assert [path.name for path in store.iterdir()] == ["run2"]
    wrong = call("runs", "show", "run3", "--in", store)
    assert wrong.returncode == 2
    assert "did you mean 'run2'" in wrong.stderr


@pytest.mark.parametrize("damage", ["table", "cut manifest", "strange manifest", "no draws"])
def test_a_damaged_run_is_named_and_the_others_are_listed(tmp_path: Path, damage: str) -> None:
    store, file = tmp_path / "results", short(tmp_path, 36, "some")
    for name in ("bad", "good"):
        assert call("run", file, *FEW, "--out", store / name).returncode == 0
    manifest = store / "bad" / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    if damage == "table":
        (store / "bad" / "results.parquet").write_bytes(b"PAR1 and nothing else")
    else:
        said = {"project": "kinderwerk", "scenarios": [], "written": "today"}
        changed = {
            "cut manifest": text[: len(text) // 2],
            "strange manifest": json.dumps(said),
            "no draws": json.dumps({**json.loads(text), "draws": None}),
        }
        manifest.write_text(changed[damage], encoding="utf-8")
    listed = call("runs", "list", "--in", store, "--json")
    assert listed.returncode == 1
    assert [run["run"] for run in json.loads(listed.stdout)] == ["good"]
    assert "this run is damaged" in listed.stderr
    assert str(store / "bad") in listed.stderr
    table = call("runs", "list", "--in", store)
    assert (table.returncode, "good" in table.stdout) == (1, True)
    assert call("runs", "show", "good", "--in", store).returncode == 0
    shown = call("runs", "show", "bad", "--in", store)
    assert shown.returncode == 2
    assert "no run 'bad'" not in shown.stderr


def test_what_is_of_another_program_is_no_damaged_run(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    for content in ("{", '{"name": "a web app"}', "[]"):
        (tmp_path / "site" / "manifest.json").write_text(content, encoding="utf-8")
        done = call("runs", "list", "--in", tmp_path, "--json")
        assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "[]", "")
