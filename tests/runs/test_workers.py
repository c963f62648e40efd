"""Work that is shared by processes: the same answers in the same order as alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from multiprocessing import active_children, get_context
from pathlib import Path

import pytest

from sim.errors import SimulationError
from sim.runs import workers as workers_module
from sim.runs.workers import Workers

SQUARES = """
import sys
sys.path.append("../..")
from sim.runs.workers import Workers
from test_workers import square
if __name__ == "__main__":
    with Workers(2) as workers:
        print(list(workers.map(square, range(4))))
"""
def unsendable(_: int) -> object:
    return lambda: None


def unsendable_mistake(_: int) -> None:
    raise ValueError(lambda: None)


def square(number: int) -> int:
    if number < 0:
        raise ValueError("a negative number")
    return number * number


def where(_: int) -> int:
    return os.getpid()


def die(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("count", [1, 2])
def test_answers_come_in_the_order_of_the_items(count: int) -> None:
    with Workers(count) as workers:
        assert list(workers.map(square, range(9))) == [n * n for n in range(9)]
        assert list(workers.map(square, [])) == []
        assert list(workers.map(square, [7])) == [49]


def test_a_system_without_a_fork_server_starts_its_processes_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers_module, "get_all_start_methods", lambda: ["spawn"])  # as on Windows
    monkeypatch.setattr(
        workers_module, "get_context", lambda way: get_context(way) if way == "spawn" else pytest.fail(way)
    )
    with Workers(2) as workers:
        assert list(workers.map(square, range(4))) == [0, 1, 4, 9]


def test_a_long_folder_for_temporary_files_is_no_hindrance(tmp_path: Path) -> None:
    """The path of a socket in it is longer than systems take: a process of its own, for Python looks once."""
    place = tmp_path / ("x" * 120)
    place.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", SQUARES], cwd=Path(__file__).parent, capture_output=True, text=True,
        env=os.environ | {"TMPDIR": str(place)}, timeout=120, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("[0, 1, 4, 9]\n", "")
    assert list(place.iterdir()) == []  # what was tried is cleaned up


def test_several_workers_are_other_processes() -> None:
    with Workers(2) as workers:
        assert os.getpid() not in set(workers.map(where, range(4)))
    with Workers(1) as workers:
        assert set(workers.map(where, range(4))) == {os.getpid()}


@pytest.mark.parametrize("count", [1, 2])
def test_a_mistake_in_the_work_reaches_who_asked(count: int) -> None:
    with Workers(count) as workers:
        with pytest.raises(ValueError, match="a negative number"):
            list(workers.map(square, [1, -1, 2]))
        assert list(workers.map(square, [2, 3])) == [4, 9]


def test_a_killed_worker_is_told() -> None:
    with Workers(2) as workers, pytest.raises(SimulationError, match="a worker was killed"):
        list(workers.map(die, range(3)))


def test_an_answer_or_a_mistake_that_cannot_be_sent_is_told() -> None:
    with Workers(2) as workers:
        for work in (unsendable, unsendable_mistake):
            with pytest.raises(Exception, match="pickle"):
                list(workers.map(work, range(3)))
        assert list(workers.map(square, [2, 3])) == [4, 9]


def test_a_mistake_notes_where_it_was_raised() -> None:
    with Workers(2) as workers, pytest.raises(ValueError, match="negative") as raised:
        list(workers.map(square, [-1, -2]))
    assert "in square" in raised.value.__notes__[0]


def slowly(number: int) -> int:
    time.sleep(0 if number == 0 else 600)
    return number


def stopped() -> None:
    with Workers(2) as workers:
        next(workers.map(slowly, range(9)))
        raise KeyboardInterrupt


def test_who_stops_waits_for_nothing_that_is_under_way() -> None:
    before = set(active_children())
    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert set(active_children()) <= before


def test_fewer_than_one_worker_is_refused() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        Workers(0)
