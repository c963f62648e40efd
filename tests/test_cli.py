"""The command line as a user meets it: exit codes, places of mistakes, nothing half-written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim import compiling

ROOT = Path(__file__).resolve().parents[1]
GOOD = "kind: scenario\ntitle: x\nmunicipality: Almere\nyears: 2\nprogrammes:\n  kinderwerk:\n    fte: 36\n"
compiling.use_cache()
KERNELS = os.environ["NUMBA_CACHE_DIR"]
FEW = ("--children", "400", "--threads", "2")


def call(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, str(ROOT / "cli.py"), *map(str, words)]
    return subprocess.run(line, capture_output=True, text=True, cwd=cwd or ROOT, timeout=240, check=False)


BAD = {
    "unknown key": (GOOD.replace("fte:", "ftee:"), ":7:5:", "did you mean 'fte'"),
    "wrong type": (GOOD.replace("36", "zes"), ":7:10:", "number of FTE"),
    "wrong kind": (GOOD.replace("scenario", "model"), ":1:7:", "kind: scenario"),
    "negative": (GOOD.replace("36", "-3"), ":7:10:", "0 or more"),
    "municipality": (GOOD.replace("Almere", "Almeer"), ":3:15:", "did you mean 'Almere'"),
    "overlap": (GOOD.replace("36", "{2026-2027: 3, 2027: 4}"), ":7:", "2027"),
    "comma": (GOOD.replace("36", "12,5"), ":7:10:", "12.5"),
    "empty": ("", ":1:1:", ""),
    "binary": ("kind\0: x", ":1:", ""),
    "places": (GOOD + "places: {ambulant: 3}\n", ":8:1:", "policy: capped"),
    "form": (GOOD + "policy: capped\nplaces: {ambulent: 3}\n", ":9:10:", "did you mean 'ambulant'"),
    "no place": (GOOD + "policy: capped\nplaces: {ambulant: -3}\n", ":9:20:", "a number of places"),
    "shock": (GOOD + "shocks:\n  - {kind: lockdown, start: 2028-13, size: 0.5}\n", ":9:29:", "2028-09"),
    "shock size": (GOOD + "shocks:\n  - {kind: budget_cut, start: 2028, size: -0.5}\n", ":9:5:", "0 to 1"),
    "ages": (GOOD + "    ages: [12, 4]\n", ":8:5:", "first and last year of age"),
    "range": (GOOD + "parameters:\n  kinderwerk.stay: 1e9\n", ":9:20:", "between"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_clear_error_and_writes_nothing(name: str, tmp_path: Path) -> None:
    text, place, hint = BAD[name]
    file = tmp_path / "bad.yaml"
    file.write_text(text, encoding="utf-8")
    done = call("run", file, "--out", tmp_path / "out", *FEW)
    assert done.returncode == 2
    assert f"bad.yaml{place}" in done.stderr
    assert hint in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", [("--children", "-1"), ("--draws", "0"), ("--threads", "0")])
def test_impossible_options_exit_2(option: tuple[str, str], tmp_path: Path) -> None:
    done = call("run", "scenarios/almere/geen.yaml", *option, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_missing_and_huge_files(tmp_path: Path) -> None:
    assert call("check", tmp_path / "none.yaml").returncode == 2
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as stream:
        stream.truncate(1 << 30)
    done = call("check", huge)
    assert done.returncode == 2
    assert "huge.yaml:1:1:" in done.stderr


def test_new_makes_a_file_that_check_accepts_and_never_overwrites(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    assert call("new", file).returncode == 0
    assert call("check", file).returncode == 0
    before = file.read_text(encoding="utf-8")
    assert call("new", file).returncode == 2
    assert file.read_text(encoding="utf-8") == before


def test_all_shipped_scenarios_are_well() -> None:
    assert call("check", "scenarios").returncode == 0


def test_compare_takes_the_reference_that_scenarios_name(tmp_path: Path) -> None:
    done = call(
        "compare", "scenarios/almere/huidig.yaml", "scenarios/almere/dubbel.yaml", "--json",
        "--out", tmp_path / "out", *FEW,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["headline"]["reference"]["scenario"] == "geen"
    assert set(found["headline"]["differences"]) == {"huidig", "dubbel"}
    assert {file.name for file in (tmp_path / "out").iterdir()} == {
        "results.parquet", "comparison.parquet", "manifest.json",
    }  # fmt: skip


def test_results_that_cannot_be_written_exit_1(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x", encoding="utf-8")
    done = call("run", "scenarios/almere/geen.yaml", *FEW, "--out", blocked / "out")
    assert done.returncode == 1
    assert "could not be written" in done.stderr


def test_published_model_prints_one_json_object() -> None:
    done = call("model", "scenarios/published/sick-sicker-krijkamp2018.yaml", "--persons", "1000", "--json")
    found = json.loads(done.stdout)
    assert found["strategies"]["no treatment"]["cohort"]["cost"] == pytest.approx(75976.149, abs=0.001)
    assert done.returncode == 0


@pytest.mark.parametrize("verb", ["run", "compare"])
def test_a_stop_ends_a_big_run_soon_and_leaves_nothing_half_written(verb: str, tmp_path: Path) -> None:
    scenarios = [f"scenarios/nederland/{name}.yaml" for name in ("huidig", "geen")[: 1 + (verb == "compare")]]
    assert call(verb, *scenarios, *FEW, "--out", tmp_path / "small").returncode == 0  # kernels are compiled
    cache = tmp_path / "cache"
    big = [verb, *scenarios, "--children", "300000", "--draws", "50", "--threads", "2"]
    line = [sys.executable, str(ROOT / "cli.py"), *big, "--out", str(tmp_path / "out")]
    environment = {**os.environ, "KINDERWERK_CACHE": str(cache), "NUMBA_CACHE_DIR": KERNELS}
    running = subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored in a shell's background
    )  # fmt: skip
    try:
        for _ in range(1200):  # until the first draw is warm and its life has begun
            if list(cache.glob("warm/*.npz")) or running.poll() is not None:
                break
            time.sleep(0.1)
        assert running.poll() is None
        time.sleep(0.5)
        stopped = time.monotonic()
        running.send_signal(signal.SIGINT)
        out, errors = running.communicate(timeout=60)
    finally:
        running.kill()
    assert time.monotonic() - stopped < 10
    assert running.returncode == 1
    assert "stopped; nothing was written" in errors
    assert "Traceback" not in errors
    assert out == ""
    assert not (tmp_path / "out").exists()
    assert not list(cache.rglob("*.part"))


# ---- what is decided with

ALMERE = (ROOT / "scenarios/almere/geen.yaml", ROOT / "scenarios/almere/huidig.yaml")


def short(tmp_path: Path, fte: float, name: str, policy: str = "deficit") -> Path:
    file = tmp_path / f"{name}.yaml"
    file.write_text(GOOD.replace("36", str(fte)) + f"policy: {policy}\n", encoding="utf-8")
    return file


def test_sensitivity_answers_in_tables_and_json(tmp_path: Path) -> None:
    pair = (short(tmp_path, 0, "none"), short(tmp_path, 36, "some"))
    line = ("sensitivity", *pair, "--draws", "12", *FEW, "--out", tmp_path / "out")
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
    assert data["answers"]["draws"] == 12
    assert len(data["answers"]["what_must_be_true"]) == 4
    assert (tmp_path / "out" / "worth.parquet").exists()
    assert [file.suffix for file in (tmp_path / "out").glob("draws-*")] == [".bin"]


def test_sensitivity_that_was_stopped_keeps_its_draws(tmp_path: Path) -> None:
    pair = (short(tmp_path, 0, "none"), short(tmp_path, 36, "some"))
    out = tmp_path / "out"
    line = ["sensitivity", *pair, "--draws", "4000", "--children", "400", "--out", out]
    running = subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), *map(str, line)], cwd=ROOT, stderr=subprocess.PIPE, text=True,
        stdout=subprocess.DEVNULL,
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
    line = ("twins", *ALMERE, "--children", "3000", "--out", tmp_path / "out")
    done = call(*line, "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert data["euros"] == pytest.approx(sum(row["euros"] for row in data["partings"]))
    assert {Path(table).stem for table in data["tables"]} == {"twins", "events", "picture"}
    assert data["manifest"]["children"] == 3000
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
    assert "no simulated child 7" in wrong.stderr


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


# ---- how precise, and what was run before


def test_precision_that_is_not_reached_is_told_and_what_was_made_is_written(tmp_path: Path) -> None:
    pair = (short(tmp_path, 0, "none"), short(tmp_path, 36, "some"))
    line = ("compare", *pair, *FEW, "--out", tmp_path / "out", "--json", "--max-replications", "4")
    done = call(*line, "--precision", "1")
    assert done.returncode == 1
    assert "not precise enough" in done.stderr
    told = json.loads(done.stdout)["manifest"]
    assert (told["replications"], told["call"]["precision"]["reached"]) == (4, False)
    assert (tmp_path / "out" / "comparison.parquet").exists()
    assert call(*line, "--precision", "1e12").returncode == 0
    refused = call(*line[:-2], "--precision", "-5")
    assert refused.returncode == 2
    assert "--precision must be above 0" in refused.stderr


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
