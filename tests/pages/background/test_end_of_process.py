"""Work that the end of its process cuts off is no fault, and a fault at that moment is one."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pages.background import desk
from sim.progress import Progress, Tell

ROOT = Path(__file__).resolve().parents[3]
ENDS = """
import atexit, threading, time
from pages.background.desk import desk
from sim.engine.config import worker_threads
from sim.progress import Progress

begun = threading.Event()

def work(tell):
    with worker_threads(2) as pool:
        while True:
            tell(Progress("units", 0, 1))
            begun.set()
            list(pool.map(time.sleep, [0.01] * 20))

task = desk().errand(("endless",), work, "me")
atexit.register(lambda: print(begun.is_set(), repr(task.problem), task.running))
begun.wait(60)
time.sleep(0.1)
"""


def test_work_that_the_end_of_its_process_cuts_off_is_no_fault() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDS], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.split() == ["True", "''", "False"]
    assert "Traceback" not in done.stderr
    assert "failed" not in done.stderr


def test_a_fault_of_ours_while_the_desk_closes_is_logged_and_told(caplog: pytest.LogCaptureFixture) -> None:
    begun, go = threading.Event(), threading.Event()

    def work(_: Tell) -> None:
        begun.set()
        go.wait(10)
        raise ValueError("a mistake")

    office = desk.Desk()
    task = office.errand(("wrong",), work, "me")
    assert begun.wait(10)
    closing = threading.Thread(target=office.close)
    closing.start()
    time.sleep(0.05)  # it waits for the work
    go.set()
    closing.join(10)
    assert task.problem == "failed_unknown"
    assert "an answer failed" in caplog.text


def test_a_closed_desk_stops_what_somebody_still_looks_at_and_begins_nothing() -> None:
    begun = threading.Event()

    def work(tell: Tell) -> None:
        begun.set()
        while True:
            tell(Progress("units", 0, 1))
            time.sleep(0.01)

    office = desk.Desk()
    task = office.errand(("endless",), work, "me")
    assert begun.wait(10)
    office.close()
    again = office.errand(("endless",), work, "me")
    assert again is task
    assert task.wanted()
    assert not task.running
    assert not task.problem
