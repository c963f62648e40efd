"""A command ends in an exit code and one clear line, whatever surrounds it."""

from __future__ import annotations

import io
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import entry_points
from pathlib import Path
from subprocess import PIPE
from types import FrameType
from typing import Any

import pytest

from benchmarks.app_load import free_port
from commands import ending
from commands.ending import OUT, ended
from sim.batches.batch import KEPT
from sim.machine import memory
from tests.terminal import ALMERE, GOOD, ROOT, call

FULL = "/dev/full"
RUN = ("run", str(ALMERE[1]), "--children", "400")


def command(
    *words: str, before: Callable[[], object] = lambda: None, stdout: int = PIPE, stderr: int = PIPE
) -> subprocess.CompletedProcess[str]:
    """Call a command after doing something in its process, as a shell does with streams and limits."""
    line = [sys.executable, str(ROOT / "cli.py"), *words]
    return subprocess.run(
        line, preexec_fn=before, stdout=stdout, stderr=stderr, text=True, timeout=240, check=False
    )


def closed(*handles: int) -> Callable[[], None]:
    def close() -> None:
        for handle in handles:
            os.close(handle)

    return close


def full(*handles: int) -> Callable[[], None]:
    def fill() -> None:
        device = os.open(FULL, os.O_WRONLY)
        for handle in handles:
            os.dup2(device, handle)

    return fill


def unread(*handles: int) -> Callable[[], None]:
    def stop_reading() -> None:
        reads, writes = os.pipe()
        os.close(reads)
        for handle in handles:
            os.dup2(writes, handle)

    return stop_reading


LOST = "the results could not be printed: {}. Files that were written are whole.\n"
STDOUT = {
    "closed": (closed(1), LOST.format("standard output is closed")),
    "closed, and standard input too": (closed(0, 1), LOST.format("standard output is closed")),
    "full": (full(1), LOST.format("No space left on device")),
    "unread": (unread(1), ""),
}


@pytest.mark.parametrize("how", STDOUT)
def test_results_that_cannot_be_printed_are_written_and_said_so(how: str, tmp_path: Path) -> None:
    before, told = STDOUT[how]
    done = command(*RUN, "--out", str(tmp_path / "out"), before=before)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Tables: {tmp_path / 'out'}\n{told}"
    assert (tmp_path / "out" / "results.parquet").is_file()
    assert (tmp_path / "out" / "manifest.json").is_file()


@pytest.mark.parametrize("how", [closed(2), full(2), unread(2)], ids=["closed", "full", "unread"])
def test_messages_that_nobody_reads_change_nothing(how: Callable[[], None], tmp_path: Path) -> None:
    done = command(*RUN, "--out", str(tmp_path / "out"), "--json", before=how)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith('{"manifest"')


@pytest.mark.parametrize("how", [closed(1, 2), full(1, 2), unread(1, 2), closed(0, 1, 2)])
def test_with_nobody_to_tell_the_exit_code_tells(how: Callable[[], None], tmp_path: Path) -> None:
    done = command(*RUN, "--out", str(tmp_path / "out"), before=how)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    assert (tmp_path / "out" / "results.parquet").is_file()


PRINT = [
    ("--help",),
    ("runs", "list", "--in", str(ROOT / "scenarios"), "--json"),
    ("model", str(ROOT / "scenarios" / "published" / "sick-sicker-krijkamp2018.yaml"), "--persons", "100"),
]


@pytest.mark.parametrize("how", STDOUT)
@pytest.mark.parametrize("words", PRINT, ids=lambda words: words[0])
def test_every_verb_that_prints_says_so(words: tuple[str, ...], how: str) -> None:
    before, told = STDOUT[how]
    done = command(*words, before=before)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", told)


@pytest.mark.parametrize("how", STDOUT)
def test_a_command_that_prints_no_results_misses_nothing(how: str, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(GOOD, encoding="utf-8")
    done = command("check", str(tmp_path / "plan.yaml"), before=STDOUT[how][0])
    assert (done.returncode, done.stderr) == (0, "All well.\n")


@pytest.mark.parametrize("how", STDOUT)
def test_bad_input_stays_bad_input(how: str, tmp_path: Path) -> None:
    done = command("check", str(tmp_path / "none.yaml"), before=STDOUT[how][0])
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "none.yaml" in done.stderr


def test_no_file_is_opened_in_place_of_a_closed_stream(tmp_path: Path) -> None:
    lines = (
        "import os, subprocess, sys\n"
        "from commands.ending import OUT, ended\n"
        "def command():\n"
        "    stream = open('file', 'w')\n"
        "    assert stream.fileno() > 2\n"
        "    subprocess.run(['sh', '-c', 'echo out; echo err >&2'], check=True)\n"
        "    stream.write('whole')\n"
        "sys.exit(ended(command))"
    )
    done = subprocess.run(
        [sys.executable, "-c", lines], cwd=tmp_path, preexec_fn=closed(0, 1, 2), check=False, timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0
    assert (tmp_path / "file").read_text(encoding="utf-8") == "whole"


def test_bytes_and_text_keep_their_order_and_their_encoding(tmp_path: Path) -> None:
    lines = (
        "import sys\n"
        "from commands.ending import OUT, ended\n"
        "def command():\n"
        "    print('één'); sys.stdout.flush(); sys.stdout.buffer.write(b'two\\n'); print('three', end='')\n"
        "print('before'); code = ended(command); print(' after')\n"
    )
    for encoding in ("utf-8", "latin-1"):
        done = subprocess.run(
            [sys.executable, "-c", lines], stdout=subprocess.PIPE, check=True, timeout=60,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding},
        )  # fmt: skip
        assert done.stdout == "before\néén\ntwo\nthree after\n".encode(encoding)


def test_streams_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = io.StringIO()
    monkeypatch.setattr(sys, "stdout", mine)
    assert ended(lambda: print("x", end="")) == 0
    assert sys.stdout is mine
    assert mine.getvalue() == "x"


@pytest.mark.parametrize(("code", "found"), [(None, 0), (0, 0), (2, 2), (True, 1)])
def test_the_exit_code_is_that_of_the_command(code: int | None, found: int) -> None:
    def command() -> None:
        sys.exit(code)

    assert ended(command) == found


# Memory


def limited(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))


@pytest.mark.parametrize("megabytes", [100, 200, 400, 600, 800, 1000, 1300, 1800, 2100, 2300])
def test_too_little_memory_is_one_clear_line(megabytes: int, tmp_path: Path) -> None:
    """Without looking first, these were tracebacks, aborts, and commands that stood still for ever."""
    done = command(*RUN, "--out", str(tmp_path / "out"), before=limited(megabytes << 20))
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("too little memory: ulimit -v allows ")
    assert not (tmp_path / "out").exists()


def test_enough_memory_is_enough(tmp_path: Path) -> None:
    least = memory.NEEDED + memory.PER_PROCESSOR * (os.cpu_count() or 1)
    done = command(*RUN, "--out", str(tmp_path / "out"), before=limited(least))
    assert done.returncode == 0, done.stderr


def test_more_children_than_fit_are_one_clear_line(tmp_path: Path) -> None:
    least = memory.NEEDED + memory.PER_PROCESSOR * (os.cpu_count() or 1)
    everyone = ("run", str(ROOT / "scenarios" / "nederland" / "huidig.yaml"), "--out", str(tmp_path / "out"))
    done = command(*everyone, before=limited(least))
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{OUT}\n")


def test_a_chart_that_would_end_the_process_is_refused_before_anything_is_simulated(tmp_path: Path) -> None:
    words = ("briefing", *map(str, ALMERE), "--children", "400", "--out", str(tmp_path / "x.pdf"))
    done = command(*words, before=limited(8 << 30))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("too little memory: ulimit -v allows 8,590 MB here")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "error",
    [MemoryError(), OSError(12, "no")],
    ids=repr,
)
def test_that_memory_ran_out_is_one_line_wherever_it_shows(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    def command() -> None:
        raise error

    assert ended(command) == 1
    assert capsys.readouterr().err == f"{OUT}\n"


def test_another_fault_is_passed_on() -> None:
    def command() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        ended(command)


# Stopped from outside


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda n: n.name)
def test_who_is_asked_to_end_gives_everything_back(number: signal.Signals, tmp_path: Path) -> None:
    """By Ctrl-C or by the system: other processes are ended, and no semaphore is left."""
    (tmp_path / "s").mkdir()
    for file in ALMERE:
        shutil.copy(file, tmp_path / "s")
    line = [sys.executable, str(ROOT / "cli.py"), "batch", str(tmp_path / "s")]
    running = subprocess.Popen(
        [*line, "--out", str(tmp_path / "out"), "--children", "3000", "--draws", "400", "--workers", "2"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: [signal.signal(end, signal.SIG_DFL) for end in (signal.SIGINT, number)],
    )  # fmt: skip
    assert running.stderr is not None
    while not list((tmp_path / "out").rglob("*.unit")):  # workers are at work
        assert running.poll() is None
        time.sleep(0.1)
    running.send_signal(number)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (1, "")
    assert [text for text in err.splitlines() if not text.startswith("units: ")] == [KEPT]


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    lines = (
        "import os, signal, sys\n"
        "from commands.ending import OUT, ended\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "sys.exit(ended(lambda: os.kill(os.getpid(), signal.SIGHUP)))"
    )
    place = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run([sys.executable, "-c", lines], env=place, timeout=60, check=False).returncode == 0


def test_signals_are_as_before_when_a_command_has_ended() -> None:
    before = [signal.getsignal(number) for number in ending._ENDS]
    assert ended(lambda: None) == 0
    assert [signal.getsignal(number) for number in ending._ENDS] == before
    with ThreadPoolExecutor(1) as other:  # which may not ask for signals
        assert other.submit(ended, lambda: None).result() == 0


class Deaf:
    def __del__(self) -> None:
        raise KeyboardInterrupt


@pytest.mark.parametrize("interrupt", [signal.default_int_handler, signal.SIG_IGN])  # ignored: as with nohup
def test_a_stop_in_the_midst_of_what_cannot_be_stopped_is_heard_later(
    interrupt: Callable[[int, FrameType | None], Any] | signal.Handlers, capsys: pytest.CaptureFixture[str]
) -> None:
    def command() -> None:
        Deaf()
        time.sleep(60)

    began, before = time.monotonic(), signal.signal(signal.SIGINT, interrupt)
    try:
        assert ended(command) == 1
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - began < 30
    assert capsys.readouterr().err == f"{ending.STOPPED}\n"


def test_a_stop_is_heard_later_where_no_thread_can_be_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As on Windows; there it also wakes who sleeps."""
    monkeypatch.delattr(signal, "pthread_kill")

    def command() -> None:
        Deaf()
        for _ in range(200):
            time.sleep(0.05)

    assert ended(command) == 1
    assert capsys.readouterr().err == f"{ending.STOPPED}\n"


COMPILING = """
import os, signal, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from numba.core.compiler_lock import global_compiler_lock
from commands.ending import ended, keeping

signal.signal(signal.SIGINT, signal.default_int_handler)

def compile(begun):
    with global_compiler_lock:
        begun.set()
        time.sleep(60)

def command():
    begun = threading.Event()
    with keeping("some is kept") if "kept" in sys.argv else threading.Lock(), ThreadPoolExecutor(1) as pool:
        pool.submit(compile, begun)
        begun.wait()
        os.kill(os.getpid(), getattr(signal, sys.argv[1]))

sys.exit(ended(command))
"""


@pytest.mark.parametrize(
    ("words", "told"), [(("SIGINT",), ending.STOPPED), (("SIGTERM", "kept"), "some is kept")]
)
def test_who_stops_does_not_wait_for_a_compiler(words: tuple[str, ...], told: str) -> None:
    """Which nothing stops, while a thread with other work is waited for."""
    place = {**os.environ, "PYTHONPATH": str(ROOT)}
    line = [sys.executable, "-c", COMPILING, *words]
    began = time.monotonic()
    done = subprocess.run(line, env=place, capture_output=True, text=True, timeout=90, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{told}\n")
    assert time.monotonic() - began < 50


SLOW = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)

class Finder:  # stops who imports a module
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder())
from commands import door
getattr(door, sys.argv[2])()
"""


@pytest.mark.parametrize(("name", "what"), [("commands.store", "main"), ("streamlit.runtime", "serve")])
def test_who_stops_while_modules_are_imported_is_told_in_one_line(name: str, what: str) -> None:
    place = {**os.environ, "PYTHONPATH": str(ROOT)}
    line = [sys.executable, "-c", SLOW, name, what]
    done = subprocess.run(line, env=place, capture_output=True, text=True, timeout=90, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{ending.STOPPED}\n")


def test_the_door_is_what_is_installed() -> None:
    (script,) = entry_points(group="console_scripts", name="kinderwerk")
    assert script.value == "commands.door:main"


def test_a_library_that_was_stopped_while_it_loads_is_no_fault(capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as stopped:
            raise ImportError("initialization failed") from stopped

    assert ended(command) == 1
    assert capsys.readouterr().err == f"{ending.STOPPED}\n"


# Variables


@pytest.mark.parametrize(
    ("name", "value"),
    [("KINDERWERK_CACHE_GB", "inf"), ("KINDERWERK_APP_DRAWS", "many"), ("KINDERWERK_COMMIT", "a b")],
)
@pytest.mark.parametrize("verb", [("check", str(ALMERE[0])), RUN, ("app", "--headless")], ids=lambda v: v[0])
def test_a_wrong_variable_is_one_line_before_anything_else(
    verb: tuple[str, ...], name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    done = call(*verb)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{name}: ")


def test_an_app_with_a_wrong_variable_does_not_start() -> None:
    """As the image starts it."""
    line = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    done = subprocess.run(
        [*line, "--server.port", str(free_port())], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "KINDERWERK_CACHE_GB": "nan"}, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "KINDERWERK_CACHE_GB: must be a finite number, found nan\n" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_comes_first_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    monkeypatch.setattr(ending, "look_first", lambda: looked.append(1))
    call("check", str(ALMERE[0]))
    assert looked == [1]
