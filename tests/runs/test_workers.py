"""Work that is shared by processes: the same answers in the same order as alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import Future
from multiprocessing import get_context
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


def test_windows_is_asked_for_no_more_processes_than_it_can_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")  # where the library refuses more than 61
    workers_module.start_processes(64).shutdown()


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


def test_what_is_under_way_is_cancelled_by_the_pool_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's pool stumbles, while it breaks, over what others cancelled; the process never ends."""
    given: list[Future[int]] = []

    class Paper:
        def submit(self, *_: object) -> Future[int]:
            given.append(Future())
            given[0].set_result(1) if len(given) == 1 else None
            return given[-1]

    workers = Workers(2)
    monkeypatch.setattr(workers, "_started", Paper)
    answers = workers.map(square, range(9))
    assert next(answers) == 1
    answers.close()  # type: ignore[attr-defined]
    assert len(given) == 4
    assert not any(future.cancelled() for future in given)


def test_fewer_than_one_worker_is_refused() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        Workers(0)
