"""Who holds a lock is alone, and whoever is killed gives it free."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sim.machine.locking import held

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys, time
from pathlib import Path
from sim.machine.locking import held
with held(Path(sys.argv[1])) as alone:
    print(alone, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other(tmp_path: Path) -> subprocess.Popen[str]:
    """Return another process that holds the lock."""
    line = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    running = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert running.stdout.readline() == "True\n"
    return running


def test_what_another_process_holds_is_not_held_until_it_is_killed(
    tmp_path: Path, other: subprocess.Popen[str]
) -> None:
    with held(tmp_path / "lock") as alone:
        assert not alone
    other.kill()
    other.wait()
    with held(tmp_path / "lock") as alone:
        assert alone


def test_who_waits_is_told_once_and_goes_on_when_it_is_free(tmp_path: Path) -> None:
    free, told, order = threading.Event(), threading.Event(), list[str]()

    def first() -> None:
        with held(tmp_path / "lock") as alone:
            assert alone
            free.set()
            told.wait(10)
            time.sleep(0.1)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    assert free.wait(10)
    with held(tmp_path / "lock", told.set) as alone:
        assert alone
        order.append("second")
    thread.join()
    assert order == ["first", "second"]


def test_a_lock_in_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"), held(tmp_path / "nowhere" / "lock"):
        pass
