"""The command line as a user meets it: exit codes, places of mistakes, nothing half-written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from sim import load_scenario
from sim.machine import compiling
from tests.terminal import FEW, GOOD, ROOT, call, process, short

compiling.use_cache()
KERNELS = os.environ["NUMBA_CACHE_DIR"]


BAD = {
    "unknown key": (GOOD.replace("fte:", "ftee:"), ":7:5:", "did you mean 'fte'"),
    "wrong type": (GOOD.replace("36", "zes"), ":7:10:", "number of FTE"),
    "wrong kind": (GOOD.replace("scenario", "model"), ":1:7:", "kind: scenario"),
    "negative": (GOOD.replace("36", "-3"), ":7:10:", "0 or more"),
    "municipality": (GOOD.replace("Almere", "Almeer"), ":3:15:", "did you mean 'Aalsmeer' or 'Almere'"),
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


SCENARIO, OTHER = "scenarios/almere/geen.yaml", "scenarios/almere/huidig.yaml"


@pytest.mark.parametrize(
    "words",
    [
        ("run", SCENARIO), ("compare", SCENARIO, OTHER), ("sensitivity", SCENARIO, OTHER),
        ("twins", SCENARIO, OTHER), ("batch", "scenarios/almere"), ("calibrate",),
    ],
    ids=lambda words: words[0],
)  # fmt: skip
@pytest.mark.parametrize("below", [False, True])
def test_where_results_cannot_go_nothing_is_simulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], below: bool
) -> None:
    from sim.engine import simulation, warmup

    def at_work(*_: object, **__: object) -> None:
        raise AssertionError("something was simulated")

    monkeypatch.setattr(simulation, "advance", at_work)
    monkeypatch.setattr(warmup, "live_year", at_work)
    blocked = tmp_path / "file"
    blocked.write_text("x", encoding="utf-8")
    out = blocked / "out" if below else blocked
    done = call(*words, "--out", out)
    assert done.returncode == 2, done.stderr
    assert f"{out} " in done.stderr
    assert "no folder" in done.stderr
    assert "goes on" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert blocked.read_text(encoding="utf-8") == "x"


@pytest.mark.parametrize(
    "words",
    [
        ("check", "{}"), ("check", "{}.yaml"), ("batch", "{}", "--out", "o"), ("runs", "list", "--in", "{}"),
        ("runs", "show", "{}"), ("runs", "prune", "--in", "{}"), ("runs", "compare", "{}", "{}"),
        ("runs", "reproduce", "{}"), ("run", "{}"), ("new", "{}"), ("model", "{}"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_name_that_no_file_can_have_is_no_mistake_of_ours(words: tuple[str, ...]) -> None:
    done = call(*(word.format("x" * 300) for word in words))
    assert done.returncode == 2, done.stderr
    assert "file name too long" in done.stderr


def test_a_mistake_of_ours_is_told_as_ours_and_logged_with_its_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sim import api

    def broken(*_: object, **__: object) -> None:
        np.ones(3) + np.ones(2)

    monkeypatch.setattr(api, "simulate", broken)
    monkeypatch.setenv("KINDERWERK_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("KINDERWERK_TRACE", raising=False)
    done = call("run", SCENARIO, *FEW, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "mistake of its own (ValueError)" in done.stderr
    assert "broadcast" not in done.stderr
    log = (tmp_path / "cache" / "errors.log").read_text(encoding="utf-8")
    assert "Traceback" in log
    assert "operands could not be broadcast" in log
    monkeypatch.setenv("KINDERWERK_TRACE", "1")
    assert "Traceback" in call("run", SCENARIO, *FEW, "--out", tmp_path / "out").stderr


def test_one_person_has_no_standard_error() -> None:
    done = call("model", "scenarios/published/sick-sicker-krijkamp2018.yaml", "--persons", "1")
    assert done.returncode == 0, done.stderr
    assert "(-)" in done.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--draws", "100000000"), "--draws must be between 1 and 1,000,000, found 100,000,000"),
        (("--draws", "1000000"), "GB of memory"),
        (("--replications", "99999"), "GB of memory"),
        (("--children", "0"), "--children"),
        (("--seed", "-1"), "--seed"),
    ],
)
def test_sizes_that_cannot_be_are_refused_before_anything_runs(
    tmp_path: Path, words: tuple[str, str], expected: str
) -> None:
    done = call("run", SCENARIO, *words, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert expected in done.stderr
    assert not (tmp_path / "out").exists()


def test_large_work_is_told_beforehand(capsys: pytest.CaptureFixture[str]) -> None:
    from commands.shared import warn_of_size
    from sim.runs.experiment import Options

    two = [load_scenario(SCENARIO)] * 2
    warn_of_size(Options(draws=1000), two)
    assert capsys.readouterr().err == ""
    warn_of_size(Options(draws=1200), [s.replace(years=1) for s in two])
    assert "2,400 runs" in capsys.readouterr().err


@pytest.mark.parametrize(("children", "warned"), [(1, True), (399, True), (400, False), (None, False)])
def test_too_few_children_are_told(
    children: int | None, warned: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    from commands.shared import warn_of_size
    from sim.runs.experiment import Options

    warn_of_size(Options(children), [load_scenario(SCENARIO)])
    assert ("too few" in capsys.readouterr().err) is warned


def test_published_model_prints_one_json_object() -> None:
    model = "scenarios/published/sick-sicker-krijkamp2018.yaml"
    done = process("model", model, "--persons", "1000", "--json")
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


def test_precision_that_is_not_reached_is_told_and_what_was_made_is_written(tmp_path: Path) -> None:
    pair = (short(tmp_path, 0, "none"), short(tmp_path, 36, "some"))
    many = ("--children", "4000", "--threads", "2")  # among few nobody may live otherwise
    line = ("compare", *pair, *many, "--out", tmp_path / "out", "--json", "--max-replications", "4")
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


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_a_batch_that_is_told_to_end_puts_its_workers_away(told: signal.Signals, tmp_path: Path) -> None:
    line = [sys.executable, str(ROOT / "cli.py"), "batch", "scenarios/almere", "--out", str(tmp_path / "out")]
    running = subprocess.Popen(
        [*line, "--children", "2000", "--draws", "200", "--workers", "2"], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, cwd=ROOT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored in a shell's background
    )  # fmt: skip
    try:
        for _ in range(1200):  # until workers have made something
            if list((tmp_path / "out" / "units").rglob("*.unit")) or running.poll() is not None:
                break
            time.sleep(0.1)
        assert running.poll() is None
        running.send_signal(told)
        _, errors = running.communicate(timeout=60)  # until the tracker of what processes share has spoken
    finally:
        running.kill()
    assert running.returncode == 1
    assert "the same command goes on from there" in errors
    assert "leaked" not in errors
    assert "Traceback" not in errors
