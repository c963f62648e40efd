"""`sensitivity`, `study` and `twins` as a user calls them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.terminal import ALMERE, FEW, ROOT, call, short


def test_sensitivity_answers_in_tables_and_json(tmp_path: Path) -> None:
    pair = (short(tmp_path, 0, "none"), short(tmp_path, 36, "some"))
    line = ("sensitivity", *pair, "--draws", "4", *FEW, "--out", tmp_path / "out")
    done = call(*line)
    assert done.returncode == 0, done.stderr
    for words in (
        "What must be true", "Net present value", "council term", "money is back", "Cost per unit",
        "wijk_kwintiel_5", "bijstand", "Worth it?", "On which evidence", "If the model were otherwise",
        "Nobody has measured",
        "Fewer than 200 draws",
    ):  # fmt: skip
        assert words in done.stdout
    again = call(*line, "--json")
    assert again.returncode == 0, again.stderr
    data = json.loads(again.stdout)
    assert data["answers"]["draws"] == 4
    assert len(data["answers"]["what_must_be_true"]) == 4
    assert (tmp_path / "out" / "worth.parquet").exists()
    assert [file.suffix for file in (tmp_path / "out").glob("draws-*")] == [".bin"]


def test_study_answers_in_a_table_and_json(tmp_path: Path) -> None:
    pair = (short(tmp_path, 0, "none"), short(tmp_path, 36, "some"))
    line = ("study", *pair, "--draws", "4", *FEW, "--out", tmp_path / "out", "--neighbourhoods", "25")
    done = call(*line)
    assert done.returncode == 0, done.stderr
    for words in ("is best now", "Worth of a study by size", "25", "icc 0.031 (derived)", "Provisional"):
        assert words in done.stdout
    assert "None" not in done.stdout
    again = call(*line, "--json", "--willingness", "0", "--municipalities", "10")
    assert again.returncode == 0, again.stderr
    data = json.loads(again.stdout)
    assert (data["best_now"], data["draws"], data["willingness"]) == ("reference", 4, 0.0)
    asked = data["asked"]
    assert asked["neighbourhoods"] == 25
    assert asked["net"] == pytest.approx(asked["worth"] - asked["price"])
    same = call("study", pair[0], pair[0], *FEW, "--out", tmp_path / "other")
    assert same.returncode == 2


def test_study_keeps_its_tables_beside_those_of_a_sensitivity_and_is_made_again(tmp_path: Path) -> None:
    pair = (short(tmp_path, 0, "none"), short(tmp_path, 36, "some"))
    size, out = (*pair, "--draws", "4", *FEW, "--out", tmp_path / "out"), tmp_path / "out"
    assert call("sensitivity", *size).returncode == 0
    draws = sorted((file.name, file.stat().st_mtime_ns) for file in out.glob("draws-*"))
    done = call("study", *size, "--neighbourhoods", "25", "--years", "2", "--json", "--csv")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert sorted((file.name, file.stat().st_mtime_ns) for file in out.glob("draws-*")) == draws
    assert (out / "worth.parquet").exists()
    manifest = json.loads((out / "study" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["call"] == {
        "verb": "study", "neighbourhoods": 25, "years": 2, "municipalities": 1, "willingness": None,
    }  # fmt: skip
    assert pq.read_table(out / "study" / "studies.parquet").to_pylist() == data["sizes"]
    numbers = pq.read_table(out / "study" / "study_numbers.parquet").to_pylist()
    assert {row["name"]: row["value"] for row in numbers} == data["numbers"]
    assert (out / "study" / "studies.csv").exists()
    listed = json.loads(call("runs", "list", "--in", out, "--json").stdout)
    assert {(run["run"], run["command"]) for run in listed} == {("out", "sensitivity"), ("study", "study")}
    again = call("runs", "reproduce", "study", "--in", out)
    assert again.returncode == 0, again.stdout + again.stderr
    manifest["call"]["years"] = 3
    (out / "study" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert call("runs", "reproduce", "study", "--in", out).returncode == 1


def test_sensitivity_that_was_stopped_keeps_its_draws(tmp_path: Path) -> None:
    pair = (short(tmp_path, 0, "none"), short(tmp_path, 36, "some"))
    out = tmp_path / "out"
    line = ["sensitivity", *pair, "--draws", "4000", "--children", "400", "--out", out]
    running = subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), *map(str, line)], cwd=ROOT, stderr=subprocess.PIPE, text=True,
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored in a shell's background
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not any(f.stat().st_size for f in out.glob("draws-*")):
        time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "draws that were made are kept" in errors
    assert "Traceback" not in errors
    assert not (out / "manifest.json").exists()
    assert any(file.stat().st_size for file in out.glob("draws-*"))


def test_twins_in_tables_json_and_one_by_one(tmp_path: Path) -> None:
    line = ("twins", *ALMERE, "--children", "1500", "--out", tmp_path / "out")
    done = call(*line, "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["euros"] == pytest.approx(sum(row["euros"] for row in data["partings"]))
    assert {Path(table).stem for table in data["tables"]} == {"twins", "events", "picture"}
    assert data["manifest"]["children"] == 1500
    shown = call(*line)
    assert "simulated children live otherwise" in shown.stdout
    import pyarrow.parquet as pq

    child = pq.read_table(tmp_path / "out" / "twins.parquet")["child"][0].as_py()
    one = call(*line, "--child", child)
    assert one.returncode == 0, one.stderr
    assert f"Simulated child {child}" in one.stdout
    assert "The lives part in" in one.stdout
    wrong = call(*line, "--child", "7")
    assert wrong.returncode == 2
    assert "--child 7 was not lived twice" in wrong.stderr


@pytest.mark.parametrize("verb", ["twins", "sensitivity"])
@pytest.mark.parametrize(
    ("words", "hint"), [(("--children", "-1"), "--children"), (("--threads", "0"), "--threads")]
)
def test_impossible_options_are_refused(verb: str, words: tuple[str, str], hint: str, tmp_path: Path) -> None:
    done = call(verb, *ALMERE, "--out", tmp_path / "out", *words)
    assert done.returncode == 2
    assert hint in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_lives_that_are_not_shared_have_no_twins(tmp_path: Path) -> None:
    pair = (short(tmp_path, 0, "none", "capped"), short(tmp_path, 36, "some", "capped"))
    done = call("twins", *pair, "--out", tmp_path / "out", *FEW)
    assert done.returncode == 2
    assert "places in care are limited" in done.stderr
    assert not (tmp_path / "out").exists()
