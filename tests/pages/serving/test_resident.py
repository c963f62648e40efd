"""Memory of the app and of its workers, as its metrics tell it."""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit import runtime
from streamlit.runtime.stats import StatsManager
from streamlit.web.server.starlette.starlette_routes import _stats_to_text

from pages.serving import resident as measured
from pages.serving import server
from pages.serving.resident import FAMILY, Resident, resident

MEGABYTE = 1 << 20
HOLDS = "x = bytearray(64 << 20); print(flush=True); input()"
STARTS_ANOTHER = (
    f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLDS!r}])"  # as readers copy themselves
)


def test_workers_count_with_theirs_and_only_as_long_as_they_live() -> None:
    before = resident()
    assert before["app"] <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert before["app"] > 20 * MEGABYTE
    line = [sys.executable, "-c", STARTS_ANOTHER]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        assert resident()["workers"] >= before["workers"] + 64 * MEGABYTE
        worker.communicate(b"\n")
    assert resident()["workers"] < before["workers"] + 32 * MEGABYTE


def test_a_program_with_brackets_in_its_name_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = " ".join(map(str, range(5, 22)))
    for process, parent, pages in ((os.getpid(), 1, 100), (7, os.getpid(), 3), (8, 7, 2), (9, 1, 50)):
        (tmp_path / str(process)).mkdir()
        line = f"{process} (a) R 1 (b) S {parent} 3 4 {numbers} {pages} 0\n"
        (tmp_path / str(process) / "stat").write_text(line)
    (tmp_path / "10").mkdir()  # ended between two looks
    monkeypatch.setattr(measured, "_PROCESSES", tmp_path)
    page = os.sysconf("SC_PAGE_SIZE")
    assert resident() == {"app": 100 * page, "workers": 5 * page}
    monkeypatch.setattr(measured, "_PROCESSES", tmp_path / "none")  # no Linux
    assert resident() == {}


def test_the_server_tells_it_with_its_other_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    stats = StatsManager()
    monkeypatch.setattr(runtime, "get_instance", lambda: SimpleNamespace(stats_mgr=stats))
    monkeypatch.setattr(server, "READER", SimpleNamespace(start=lambda: None, close=lambda: None))

    async def looked() -> str:
        async with server.reading(None):
            return _stats_to_text(stats.get_stats())

    with ThreadPoolExecutor(1) as pool:  # of its own: a browser in this process has a loop in the first
        lines = pool.submit(lambda: asyncio.run(looked())).result().splitlines()
    assert f"# TYPE {FAMILY} gauge" in lines
    assert [line.split()[0] for line in lines if line.startswith(FAMILY)] == [
        f'{FAMILY}{{process="app"}}', f'{FAMILY}{{process="workers"}}'
    ]  # fmt: skip
    assert Resident.stats_families == (FAMILY,)
