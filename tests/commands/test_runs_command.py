"""`runs` as a user calls it: what was run before, and a run made again."""

from __future__ import annotations

import json
from pathlib import Path

from terminal import FEW, call, short


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
