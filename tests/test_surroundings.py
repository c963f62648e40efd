"""Hostile surroundings: a clock that jumps, a locale without Unicode, nowhere to write, no network."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.app_load import User, free_port, started
from benchmarks.endurance import judged, stop
from commands.terminal.progress import ProgressLines
from pages.background.desk import Desk
from pages.choices.chosen import Choices, pair
from pages.doubt import work
from sim.batches.batch import run_batch
from sim.machine import compiling

ROOT = Path(__file__).resolve().parents[1]
ALMERE = ROOT / "scenarios" / "almere"
NOWHERE = "/dev/null/nowhere"
"""A folder that not even root can make."""
compiling.use_cache()
KERNELS = Path(os.environ["NUMBA_CACHE_DIR"])


def folder_of_two(place: Path) -> Path:
    folder = place / "scenarios"
    folder.mkdir()
    for name in ("geen", "huidig"):
        shutil.copy(ALMERE / f"{name}.yaml", folder)
    return folder


# A clock that jumps


@pytest.fixture
def jumping(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock on the wall jump a day back and a year ahead at every look."""
    jumps, now = itertools.cycle((-86_400.0, 366 * 86_400.0)), time.time
    monkeypatch.setattr(time, "time", lambda: now() + next(jumps))


WALL = {
    ("time", "time"): {  # beside the age of a file
        "sim/batches/units.py", "sim/machine/arrays.py", "sim/machine/cache.py", "pages/choices/shelf.py",
    },
    ("datetime", "now"): {  # when a run was written, and how old it is
        "commands/shared.py", "sim/batches/results.py", "sim/batches/store.py",
    },
}


def test_durations_are_not_read_from_the_clock_on_the_wall() -> None:
    found: dict[tuple[str, str], set[str]] = {call: set() for call in WALL}
    folders = [ROOT / name for name in ("sim", "calibration", "commands", "pages")]
    for path in [ROOT / "cli.py", *(path for folder in folders for path in folder.rglob("*.py"))]:
        text = path.read_text(encoding="utf-8")
        for owner, name in WALL:
            if re.search(rf"\b{owner}\.{name}\b", text):
                found[owner, name].add(path.relative_to(ROOT).as_posix())
    assert found == WALL


@pytest.mark.usefixtures("jumping")
def test_a_batch_under_a_jumping_clock_is_as_any_other(tmp_path: Path) -> None:
    few = folder_of_two(tmp_path)
    began = time.monotonic()
    told: list[str] = []
    for name in ("one", "two"):
        with (tmp_path / f"{name}.log").open("w+", encoding="utf-8") as stream:
            lines = ProgressLines(stream)
            batch = run_batch(few, tmp_path / name, children=200, workers=1, tell=lines.tell)
            stream.seek(0)
            told.append(stream.read())
        assert batch.made == 2
        assert 0.0 < batch.manifest["wall_seconds"] < time.monotonic() - began
    assert (tmp_path / "one" / "results.parquet").read_bytes() == (
        tmp_path / "two" / "results.parquet"
    ).read_bytes()
    assert "2 of 2 (100%)" in told[0]
    assert not any(" -" in text for text in told)


@pytest.mark.usefixtures("jumping")
def test_an_answer_under_a_jumping_clock_is_finished() -> None:
    desk = Desk()
    try:
        until = time.monotonic() + 300.0
        while not (answer := desk.ask(pair(Choices()), "me", children=200, draws=2)).finished:
            assert answer.wanted()
            assert time.monotonic() < until
            time.sleep(0.05)
        assert not answer.problem
        assert len(answer.draws) == 2
    finally:
        desk.close()


@pytest.mark.usefixtures("jumping")
def test_draws_of_an_app_that_lives_are_not_cleaned_up_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "cache_root", lambda: tmp_path)
    first = work.draw_folder.__wrapped__()
    killed = tmp_path / "draws" / "1-killed"
    killed.mkdir()
    (killed / work.LOCK).touch()
    second = work.draw_folder.__wrapped__()
    assert {first, second} == set((tmp_path / "draws").iterdir())


# Memory, as benchmarks/endurance.py judges it


def test_memory_that_grows_after_warming_up_is_told_from_memory_that_does_not() -> None:
    minutes = [float(minute) for minute in range(90)]
    warm = [min(500.0 + 40.0 * minute, 1200.0) + 30.0 * (minute % 3) for minute in minutes]
    leak = [size + 2.0 * minute for minute, size in zip(minutes, warm, strict=True)]
    assert [judged("app", minutes, sizes)[1] for sizes in (warm, leak)] == [True, False]
    assert "**grows**" in judged("app", minutes, leak)[0]


# A locale without Unicode

SCENARIO = """\
kind: scenario
title: één plan van € 3
municipality: Almere
years: 3
programmes: {kinderwerk: {fte: 36}}
"""
WRONG = SCENARIO.replace("fte: 36", "fte: zés")
FEW = ["--children", "200", "--draws", "2"]
COMMANDS: list[tuple[int, list[str]]] = [
    (0, ["new", "nieuw.yaml", "--from", "s/plan.yaml"]),
    (0, ["check", "s"]),
    (2, ["check", "fout.yaml"]),
    (0, ["run", "s/plan.yaml", "--children", "200"]),
    (0, ["compare", "s/geen.yaml", "s/plan.yaml", *FEW, "--out", "r/een", "--csv"]),
    (0, ["compare", "s/geen.yaml", "s/plan.yaml", *FEW, "--out", "r/json", "--json"]),
    (0, ["batch", "s", "--out", "r/batch", "--workers", "1", *FEW]),
    (0, ["twins", "s/geen.yaml", "s/plan.yaml", "--children", "200", "--out", "t", "--csv"]),
    (0, ["export", "s/geen.yaml", "s/plan.yaml", *FEW, "--out", "uit.csv"]),
    (0, ["export", "s/geen.yaml", "s/plan.yaml", *FEW, "--out", "uit.xlsx"]),
    (0, ["briefing", "s/geen.yaml", "s/plan.yaml", *FEW, "--out", "uit.pdf"]),
    (0, ["runs", "list", "--in", "r"]),
    (0, ["runs", "show", "r/een", "--in", "r"]),
    (0, ["runs", "compare", "r/een", "r/json", "--in", "r", "--json"]),
    (0, ["data", "template", "--out", "eigen.xlsx", "--municipality", "Den Haag"]),
    (0, ["model", str(ROOT / "scenarios" / "published" / "sick-sicker-krijkamp2018.yaml")]),
]
DRIVER = """
import json, sys
sys.path.insert(0, {root!r})
import cli
for line in json.loads(sys.argv[1]):
    sys.argv = ["kinderwerk", *line]
    try:
        cli.main()
    except SystemExit as end:
        print("\\nexit code:", end.code)
"""


def said(
    place: Path, encoding: str, commands: Sequence[tuple[int, list[str]]], surroundings: dict[str, str]
) -> str:
    """Return what all commands print, one after the other, in one process."""
    (place / "s").mkdir(parents=True)
    for name, text in {"s/plan": SCENARIO, "fout": WRONG}.items():
        (place / f"{name}.yaml").write_text(text, encoding="utf-8")
    (place / "s" / "geen.yaml").write_text(SCENARIO.replace("36", "0"), encoding="utf-8")
    words = json.dumps([line for _, line in commands])
    done = subprocess.run(
        [sys.executable, "-c", DRIVER.format(root=str(ROOT)), words],
        cwd=place, env=os.environ | surroundings, capture_output=True, timeout=300, check=False,
    )  # fmt: skip
    errors = done.stderr.decode(encoding)
    assert "Traceback" not in errors, errors
    found = done.stdout.decode(encoding)
    codes = [int(line.split()[-1]) for line in found.splitlines() if line.startswith("exit code:")]
    assert codes == [code for code, _ in commands], errors
    return found


BARE = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def test_every_command_works_without_unicode_and_writes_the_same_files(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    said(here, "utf-8", COMMANDS, {"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"})
    assert "+/-" in said(there, "ascii", COMMANDS, BARE | {"PYTHONIOENCODING": ""})
    written = {path.relative_to(here) for path in here.rglob("*") if path.is_file()}
    assert {path.relative_to(there) for path in there.rglob("*") if path.is_file()} == written
    alike = {path for path in written if path.suffix in (".csv", ".yaml", ".parquet")}
    assert len(alike) > 10
    assert [path for path in alike if (here / path).read_bytes() != (there / path).read_bytes()] == []


def test_a_terminal_of_western_europe_keeps_what_it_has(tmp_path: Path) -> None:
    some = [COMMANDS[k] for k in (2, 4, 5)]
    assert "±" in said(tmp_path / "p", "latin-1", some, BARE | {"PYTHONIOENCODING": "latin-1"})


@pytest.mark.parametrize("verb", ["run", "check", "batch"])
def test_a_name_in_another_encoding_is_one_sentence(verb: str, tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/s"
    os.mkdir(folder)
    with open(folder + b"/plan-\xeb.yaml", "wb") as stream:  # as a zip of another system leaves it
        stream.write(SCENARIO.encode())
    where = folder + b"/plan-\xeb.yaml" if verb == "run" else folder
    line = [os.fsencode(sys.executable), os.fsencode(ROOT / "cli.py"), verb.encode(), where]
    rest = [b"--out", folder + b"/out"] if verb != "check" else []
    done = subprocess.run([*line, *rest], capture_output=True, timeout=240, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert b"encoding of this locale" in done.stderr
    assert done.stdout == b""
    assert os.listdir(folder) == [b"plan-\xeb.yaml"]


# Nowhere to write


def test_a_home_that_cannot_be_written_to(tmp_path: Path) -> None:
    """Kernels are then kept in the folder for temporary files; here they are there already."""
    (tmp_path / "tmp").mkdir()
    surroundings = {
        name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")
    } | {"HOME": NOWHERE, "KINDERWERK_CACHE": NOWHERE, "TMPDIR": str(tmp_path / "tmp")}
    kept = tmp_path / "tmp" / f"kinderwerk-{os.getuid()}"
    shutil.copytree(KERNELS, kept / "kernels" / compiling.kernel_hash())
    call = ["compare", str(ALMERE / "geen.yaml"), str(ALMERE / "huidig.yaml"), "--children", "200"]
    done = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *call], cwd=tmp_path, env=surroundings,
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert list((kept / "warm").iterdir())
    assert (tmp_path / "results").is_dir()


# No network

REFUSING = """
import os, socket
def refusing(method):
    def wrapped(self, address, *more):
        inside = self.family == socket.AF_UNIX or address[0] in ("127.0.0.1", "::1", "localhost")
        if not inside:
            with open(os.environ["CALLED_OUT"], "a", encoding="utf-8") as stream:
                print(address, file=stream)
            raise OSError(101, "Network is unreachable")
        return method(self, address, *more)
    return wrapped
socket.socket.connect = refusing(socket.socket.connect)
socket.socket.connect_ex = refusing(socket.socket.connect_ex)
resolve = socket.getaddrinfo
def named(host, *more, **rest):
    if host not in (None, "", "127.0.0.1", "::1", "localhost", b"localhost", "0.0.0.0", "::"):
        with open(os.environ["CALLED_OUT"], "a", encoding="utf-8") as stream:
            print(host, file=stream)
        raise socket.gaierror(-3, "Temporary failure in name resolution")
    return resolve(host, *more, **rest)
socket.getaddrinfo = named
"""
"""As sitecustomize.py it stands before everything that a process does, and those that it starts."""


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let no process that is started reach another machine; return the file that names whom it called."""
    (tmp_path / "sitecustomize.py").write_text(REFUSING, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("CALLED_OUT", str(tmp_path / "called.txt"))
    return tmp_path / "called.txt"


def test_who_calls_out_is_refused_and_named(alone: Path) -> None:
    call = "import urllib.request as u; u.urlopen('http://example.com', timeout=5)"
    done = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert alone.read_text(encoding="utf-8") == "example.com\n"


@pytest.mark.parametrize(
    "call",
    [
        ["compare", str(ALMERE / "geen.yaml"), str(ALMERE / "huidig.yaml"), "--children", "200"],
        ["batch", "scenarios", "--children", "200", "--workers", "2", "--out", "batch"],
    ],
    ids=lambda call: call[0],
)
def test_commands_call_nobody(call: list[str], alone: Path) -> None:
    folder_of_two(alone.parent)
    done = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *call], cwd=alone.parent, capture_output=True, text=True,
        timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not alone.exists()


@contextmanager
def served(port: int) -> Iterator[None]:
    app, wrong = started(port), list[str]()
    try:
        yield
    finally:
        stop(app, wrong)
    assert not wrong


def test_the_app_answers_and_calls_nobody(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDERWERK_APP_CHILDREN", "300")
    monkeypatch.setenv("KINDERWERK_APP_DRAWS", "2")
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "0.0.0.0")  # as in a container
    port = free_port()
    with served(port):
        user = User(port, 1)
        user.run(time.monotonic())  # until the first answer
        assert user.errors == []
    assert not alone.exists()
