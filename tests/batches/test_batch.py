"""A batch loses nothing and makes nothing twice: whatever stops it, the end is that of an undisturbed one."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.api import compare, load_scenario
from sim.batches import batch, tasks
from sim.batches.batch import UNITS, Batch, run_batch, simulate_members
from sim.batches.folder import read_folder
from sim.batches.results import save
from sim.batches.units import HashedScenario, Unit, encode
from sim.errors import InputError, OptionError, SimulationError
from sim.faults import fault
from sim.inputs.library import registry
from sim.machine import compiling
from sim.progress import Progress
from sim.runs.experiment import Options

ROOT = Path(__file__).resolve().parents[2]
NONE = "kind: scenario\ntitle: None\nmunicipality: Almere\nyears: 2\n"
SOME = NONE.replace("None", "Some") + "reference: none.yaml\nprogrammes: {kinderwerk: {fte: 36}}\n"
GRID = "kind: grid\nfrom: some.yaml\nvalues:\n  programmes.kinderwerk.fte: [12, 24, 48]\n"
FEW = Options(children=300, draws=2)
FILES = ("results.parquet", "comparison.parquet")
compiling.use_cache()
KERNELS = os.environ["NUMBA_CACHE_DIR"]


class InThread:
    """An executor of one thread of this process, so that tests start no others."""

    size = 1

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)

    def __enter__(self) -> InThread:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def submit(self, work: Callable[[Any], Any], task: Any) -> Future[Any]:
        return self._pool.submit(work, task)

    def renew(self) -> None:
        raise AssertionError("no thread dies")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    there = tmp_path / "scenarios"
    there.mkdir()
    for name, text in {"none": NONE, "some": SOME, "grid": GRID}.items():
        (there / f"{name}.yaml").write_text(text, encoding="utf-8")
    return there


def run(folder: Path, out: Path, options: Options = FEW, tell: Any = lambda *_: None) -> Batch:
    with InThread() as running:
        return simulate_members(read_folder(folder, registry()), out, options, running, tell=tell)


def content(out: Path, names: tuple[str, ...] = FILES) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in names}


def units_of(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (out / UNITS).rglob("*.unit")}


# ---- what it gives


def test_a_batch_is_the_comparison_of_its_scenarios(folder: Path, tmp_path: Path) -> None:
    done = run(folder, tmp_path / "out")
    assert (done.made, done.known, done.problems) == (10, 0, ())
    assert done.references == dict.fromkeys(("some", *(f"grid--fte-{fte}" for fte in (12, 24, 48))), "none")
    both = [load_scenario(folder / f"{name}.yaml") for name in ("none", "some")]
    alone = compare(both, children=300, draws=2, threads=1)
    ours = pq.read_table(tmp_path / "out" / "results.parquet").to_pandas()
    theirs = alone.annual
    for frame in (ours, theirs):
        frame[["scenario", "measure", "breakdown", "level"]] = frame[
            ["scenario", "measure", "breakdown", "level"]
        ].astype(str)
    keys = ["scenario", "draw", "replication", "year", "measure", "breakdown", "level"]
    ours = ours[ours.scenario.isin(["none", "some"])].sort_values(keys).reset_index(drop=True)
    assert ours.equals(theirs.sort_values(keys).reset_index(drop=True))
    table = pq.read_table(tmp_path / "out" / "comparison.parquet").to_pandas()
    expected = alone.comparison.to_pandas()
    own = table[table.scenario == "some"].reset_index(drop=True)
    assert own.difference.equals(expected.difference)
    assert own.mcse.equals(expected.mcse)
    assert own.param_high.equals(expected.param_high)
    assert done.changes["some"] == alone.changes("some")
    assert done.levels["none"] == alone.levels(0)
    assert done.manifest["standard_errors"]["some"] == alone.manifest["standard_errors"]["some"]


def test_the_manifest_holds_all_that_was_run(folder: Path, tmp_path: Path) -> None:
    run(folder, tmp_path / "out")
    found = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert found["call"]["verb"] == "batch"
    assert found["scenarios"]["grid--fte-12"]["data"]["programmes"]["kinderwerk"]["fte"] == 12
    assert found["units"] == {"made": 10, "known": 0, "failed": 0}
    assert (found["draws"], found["first_draw"], found["children_asked"]) == (2, 1, 300)
    assert set(found["tables"]) == set(FILES)
    assert 250 < found["children"] < 350


def test_progress_counts_units(folder: Path, tmp_path: Path) -> None:
    told: list[Progress] = []
    run(folder, tmp_path / "out", tell=told.append)
    counts = [now.done for now in told if now.stage == "units" and now.total == 10]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (0, 10)


# ---- nothing twice


def test_a_second_batch_makes_nothing_and_says_the_same(folder: Path, tmp_path: Path) -> None:
    run(folder, tmp_path / "out")
    before, made = content(tmp_path / "out"), units_of(tmp_path / "out")
    again = run(folder, tmp_path / "out")
    assert (again.made, again.known) == (0, 10)
    assert content(tmp_path / "out") == before
    assert units_of(tmp_path / "out") == made


def test_a_changed_scenario_reruns_itself_and_what_parts_from_it(folder: Path, tmp_path: Path) -> None:
    run(folder, tmp_path / "out")
    kept = units_of(tmp_path / "out")
    (folder / "some.yaml").write_text(SOME.replace("Some", "Another name"), encoding="utf-8")
    assert run(folder, tmp_path / "out").made == 0
    (folder / "some.yaml").write_text(SOME + "policy: deficit\n", encoding="utf-8")
    changed = run(folder, tmp_path / "out")
    assert (changed.made, changed.known) == (8, 2)  # and the grid that is made from it
    (folder / "none.yaml").write_text(NONE + "policy: deficit\n", encoding="utf-8")
    changed = run(folder, tmp_path / "out")
    assert (changed.made, changed.known) == (10, 0)
    assert kept.items() <= units_of(tmp_path / "out").items()
    run(folder, tmp_path / "fresh")
    assert content(tmp_path / "out") == content(tmp_path / "fresh")


def test_more_draws_keep_those_that_were_made(folder: Path, tmp_path: Path) -> None:
    run(folder, tmp_path / "out")
    more = run(folder, tmp_path / "out", Options(children=300, draws=3))
    assert (more.made, more.known) == (5, 10)


def test_the_same_scenario_under_two_names_is_made_once(folder: Path, tmp_path: Path) -> None:
    (folder / "twin.yaml").write_text(SOME, encoding="utf-8")
    done = run(folder, tmp_path / "out")
    assert done.made == 10
    assert done.changes["twin"] == done.changes["some"]


# ---- what goes wrong


def test_a_bad_file_is_told_at_the_end_and_the_rest_is_done(folder: Path, tmp_path: Path) -> None:
    (folder / "bad.yaml").write_text(SOME.replace("fte", "ftee"), encoding="utf-8")
    done = run(folder, tmp_path / "out")
    assert {f"{Path(p.file).name}:{p.line}" for p in done.problems} == {"bad.yaml:6"}
    (folder / "bad.yaml").unlink()
    run(folder, tmp_path / "good")
    assert content(tmp_path / "out") == content(tmp_path / "good")


def test_a_scenario_that_fails_is_told_and_left_out(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = encode
    (none,) = [member for member in read_folder(folder, registry()).members if member.name == "none"]
    wrong = Unit.of(HashedScenario.of(none.scenario), 0, 2, 0, 300).key

    def fails(columns: Any, key: str) -> bytes:
        if key == wrong:
            raise SimulationError(fault("count_negative", year=2026))
        return real(columns, key)

    with monkeypatch.context() as patch:
        patch.setattr(tasks, "encode", fails)
        done = run(folder, tmp_path / "out")
    (problem,) = done.problems
    assert Path(problem.file).name == "none.yaml"
    assert "'none' failed in draw 2, replication 0: a count is negative" in problem.message
    assert "none" not in done.levels
    assert done.references == {}
    assert run(folder, tmp_path / "out").made == 1
    run(folder, tmp_path / "fresh")
    assert content(tmp_path / "out") == content(tmp_path / "fresh")


def test_when_all_fail_old_results_stay(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(folder, tmp_path / "out")
    before = content(tmp_path / "out", (*FILES, "manifest.json"))

    def fails(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(tasks, "columns_of", fails)
    with pytest.raises(SimulationError, match=r"nothing could be finished[\s\S]*out of memory"):
        run(folder, tmp_path / "out", Options(children=300, draws=2, seed=9))
    assert content(tmp_path / "out", (*FILES, "manifest.json")) == before


def test_units_that_a_disk_damaged_are_made_again(folder: Path, tmp_path: Path) -> None:
    run(folder, tmp_path / "out")
    before = content(tmp_path / "out")
    some = sorted((tmp_path / "out" / UNITS).rglob("*.unit"))
    some[0].write_bytes(some[0].read_bytes()[:-100])
    some[3].write_bytes(b"")
    again = run(folder, tmp_path / "out")
    assert again.made == 2
    assert content(tmp_path / "out") == before


def test_what_a_kill_left_beside_the_tables_is_removed(folder: Path, tmp_path: Path) -> None:
    aside = tmp_path / "out" / ".writing-abc"
    aside.mkdir(parents=True)
    (aside / "results.parquet").write_bytes(b"half")
    run(folder, tmp_path / "out", Options(children=300))
    assert not aside.exists()


def test_nothing_is_written_for_a_folder_without_scenarios(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        run_batch(tmp_path / "none", tmp_path / "out")
    with pytest.raises(OptionError, match="draws must be"):
        run_batch(ROOT / "scenarios" / "almere", tmp_path / "out", draws=0)
    assert list(tmp_path.iterdir()) == []


# ---- disks


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Return a function that mounts something on a new folder."""
    places: list[Path] = []

    def mount(*words: str) -> Path:
        place = tmp_path / f"mounted{len(places)}"
        place.mkdir()
        done = subprocess.run(["mount", *words, str(place)], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"a disk can only be mounted by root: {done.stderr.strip()}")
        places.append(place)
        return place

    if shutil.which("mount") is None:
        pytest.skip("there is no mount here")
    yield mount
    for place in reversed(places):
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_one_clear_error_and_leaves_what_was_there(
    folder: Path, tmp_path: Path, mounted: Callable[..., Path]
) -> None:
    disk = mounted("-t", "tmpfs", "-o", "size=2m", "tmpfs")
    run(folder, disk / "out", Options(children=300))
    before = content(disk / "out", (*FILES, "manifest.json"))
    with pytest.raises(SimulationError, match=r"could not be written to .*No space left.*is kept"):
        run(folder, disk / "out", Options(children=300, draws=12, first_draw=0))
    assert content(disk / "out", (*FILES, "manifest.json")) == before
    assert not list((disk / "out").rglob("*.part"))
    assert not list((disk / "out").glob(".writing-*"))
    made = len(units_of(disk / "out"))
    assert made > 5
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
    rest = run(folder, disk / "out", Options(children=300, draws=12, first_draw=0))
    assert (rest.known, rest.made) == (made, 60 - made)
    run(folder, tmp_path / "fresh", Options(children=300, draws=12, first_draw=0))
    assert content(disk / "out") == content(tmp_path / "fresh")


def test_a_disk_that_is_full_when_tables_are_written_is_told_in_plain_words(
    mounted: Callable[..., Path],
) -> None:
    disk = mounted("-t", "tmpfs", "-o", "size=64k", "tmpfs")
    table = pa.table({"value": np.random.default_rng(0).random(100_000)})
    with pytest.raises(SimulationError, match=r"could not be written to .*: No space left on device$"):
        save(disk / "out", {"results": table}, {})
    assert list((disk / "out").iterdir()) == []


def test_a_batch_whose_tables_find_no_room_says_that_its_units_are_kept(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise SimulationError(fault("results_not_written", folder="out", reason="No space left on device"))

    with monkeypatch.context() as patch:
        patch.setattr(batch, "save", full)
        with pytest.raises(SimulationError, match=r"No space left on device; what was finished is kept: the"):
            run(folder, tmp_path / "out")
    assert run(folder, tmp_path / "out").made == 0


def test_a_folder_that_is_read_only_is_one_clear_error(
    folder: Path, tmp_path: Path, mounted: Callable[..., Path]
) -> None:
    run(folder, tmp_path / "out")
    before = content(tmp_path / "out", (*FILES, "manifest.json"))
    place = mounted("--bind", "-o", "ro", str(tmp_path / "out"))
    if os.access(place, os.W_OK):  # an older mount takes two steps
        subprocess.run(["mount", "-o", "remount,ro,bind", str(place)], check=True)
    with pytest.raises(SimulationError, match=r"could not be written to .*Read-only"):
        run(folder, place, Options(children=300, draws=3))
    assert content(place, (*FILES, "manifest.json")) == before
    with pytest.raises(SimulationError, match=r"could not be written to .*Read-only"):
        run(folder, place / "new")


def test_a_place_that_is_no_folder_is_one_clear_error(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(SimulationError, match="could not be written to"):
        run(folder, tmp_path / "file" / "out")


# ---- as a process


def command(folder: Path, out: Path, *words: str) -> list[str]:
    few = ("--children", "300", "--draws", "4")
    return [sys.executable, str(ROOT / "cli.py"), "batch", str(folder), "--out", str(out), *few, *words]


def start(line: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def test_two_batches_at_once_share_the_work_and_agree(folder: Path, tmp_path: Path) -> None:
    line = command(folder, tmp_path / "out", "--workers", "1", "--json")
    both = [start(line), start(line)]
    found = []
    for one in both:
        out, errors = one.communicate(timeout=200)
        assert one.returncode == 0, errors
        found.append(json.loads(out))
    assert sorted(one["manifest"]["units"]["made"] for one in found) == [0, 20]
    assert found[0]["headline"] == found[1]["headline"]
    run(folder, tmp_path / "fresh", Options(children=300, draws=4))
    assert content(tmp_path / "out") == content(tmp_path / "fresh")


def test_a_batch_that_is_killed_twice_ends_as_one_that_was_not(folder: Path, tmp_path: Path) -> None:
    """benchmarks/batch_kills.py does it twenty times."""
    out = tmp_path / "out"
    line = command(folder, out, "--workers", "2", "--json")
    for enough in (1, 7):
        running = start(line)
        deadline = time.monotonic() + 120
        while len(units_of(out)) < enough and running.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        assert running.returncode == -signal.SIGKILL
        assert not (out / "results.parquet").exists()
    kept = units_of(out)
    end = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert end.returncode == 0, end.stderr
    assert end.stderr == ""
    assert json.loads(end.stdout)["manifest"]["units"] == {
        "made": 20 - len(kept), "known": len(kept), "failed": 0,
    }  # fmt: skip
    assert kept.items() <= units_of(out).items()
    run(folder, tmp_path / "fresh", Options(children=300, draws=4))
    assert content(out) == content(tmp_path / "fresh")


def test_a_bad_file_is_exit_code_1_and_progress_goes_to_the_log(folder: Path, tmp_path: Path) -> None:
    (folder / "bad.yaml").write_text(SOME.replace("fte", "ftee"), encoding="utf-8")
    line = command(folder, tmp_path / "out", "--workers", "1")
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 1
    assert "bad.yaml:6:" in done.stderr.splitlines()[-1]
    assert "units: 20 of 20 (100%)" in done.stderr
    assert "grid--fte-48" in done.stdout
    assert (tmp_path / "out" / "comparison.parquet").exists()


def test_a_cluster_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    run(folder, tmp_path / "here")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
    ) as there:
        done = run_batch(folder, tmp_path / "there", children=300, draws=2, cluster=there.scheduler_address)
    assert done.made == 10
    assert content(tmp_path / "here") == content(tmp_path / "there")


def test_a_lost_scheduler_is_one_clear_error_and_what_was_made_is_kept(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distributed = pytest.importorskip("distributed")
    there = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    )

    def told(now: Progress) -> None:
        if now.done:
            there.close()

    with pytest.raises(SimulationError, match=r"the Dask scheduler at .* is lost"):
        run_batch(folder, tmp_path / "out", children=300, draws=6, cluster=there.scheduler_address, tell=told)
    kept = len(units_of(tmp_path / "out"))
    assert 0 < kept < 30
    assert run(folder, tmp_path / "out", Options(children=300, draws=6)).made == 30 - kept
