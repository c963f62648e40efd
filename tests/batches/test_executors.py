"""Tasks on workers that die: nothing is lost but what kills, and nothing is left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from sim.batches.executors import KILLED, LocalExecutor, executor, share_out
from sim.errors import OptionError, SimulationError

ROOT = Path(__file__).resolve().parents[2]
Numbers = tuple[int, ...]


def squares(task: Numbers) -> Numbers:
    if any(number < -9 for number in task):
        os.kill(os.getpid(), signal.SIGKILL)
    if any(number < 0 for number in task):
        raise ValueError("a negative number")
    return tuple(number * number for number in task)


def single(task: Numbers) -> Sequence[Numbers]:
    return [(number,) for number in task]


def made(running: LocalExecutor, tasks: Sequence[Numbers]) -> dict[Numbers, Numbers | str]:
    found: dict[Numbers, Numbers | str] = {}
    for task, answer in share_out(running, squares, tasks, single):
        assert task not in found
        found[task] = str(answer) if isinstance(answer, Exception) else answer
    return found


@pytest.mark.parametrize("count", [1, 2])
def test_every_task_is_made_once(count: int) -> None:
    with LocalExecutor(count) as running:
        tasks = [(k, k + 1) for k in range(20)]
        assert made(running, tasks) == {task: tuple(n * n for n in task) for task in tasks}
        assert made(running, []) == {}


def test_a_failing_task_is_parted_so_that_little_fails_with_it() -> None:
    with LocalExecutor(1) as running:
        assert made(running, [(1, -1, 2), (3,)]) == {
            (1,): (1,), (-1,): "a negative number", (2,): (4,), (3,): (9,),
        }  # fmt: skip


def test_a_task_that_kills_its_worker_is_given_up_and_the_others_are_made() -> None:
    with LocalExecutor(2) as running:
        found = made(running, [(1, 2), (3, -10, 4), (5,), (6,), (7,), (8,), (9,), (10,)])
    numbers = {number: answer for task, answer in found.items() for number in task}
    assert set(numbers) == {-10, *range(1, 11)}
    assert found.pop((-10,)) == str(KILLED)
    assert all(answer == tuple(n * n for n in task) for task, answer in found.items())


def slowly(task: int) -> int:
    time.sleep(0.3)
    return task


def test_a_worker_that_is_killed_from_outside_costs_nothing() -> None:
    with LocalExecutor(2) as running:
        found: list[tuple[int, object]] = []
        for task, answer in share_out(running, slowly, range(6)):
            if not found:
                os.kill(active_children()[0].pid or 0, signal.SIGKILL)
            found.append((task, answer))
    assert dict(found) == {k: k for k in range(6)}
    assert len(found) == 6


def very_slowly(task: int) -> int:
    time.sleep(60)
    return task


@pytest.mark.parametrize("count", [1, 2])
def test_who_stops_waits_for_no_task_and_leaves_nothing_behind(count: int) -> None:
    """Python's own end stumbles over a pool that is still ending then."""
    before = set(threading.enumerate())
    running = LocalExecutor(count)
    asked = [running.submit(very_slowly, task) for task in range(9)]
    processes = [process.pid or 0 for process in active_children()]
    assert len(processes) >= count
    running.__exit__(KeyboardInterrupt)
    assert set(threading.enumerate()) <= before
    assert not any(_lives(process) for process in processes)
    assert all(future.cancelled() or isinstance(future.exception(), BrokenProcessPool) for future in asked)


HALVES = """
import sys
import time
from concurrent.futures import BrokenExecutor
from multiprocessing import active_children
from pathlib import Path
from sim.batches.executors import LocalExecutor
from tests.batches.test_executors import half_an_answer

if __name__ == "__main__":
    how, begun = sys.argv[1], Path(sys.argv[2])
    running = LocalExecutor(2)
    asked = [running.submit(half_an_answer, (how, begun)) for _ in range(4)]
    if how == "killed":
        print(all(isinstance(each.exception(), BrokenExecutor) for each in asked))
    while not begun.exists():
        time.sleep(0.01)
    running.__exit__(KeyboardInterrupt)
    print(active_children())
"""


def half_an_answer(task: tuple[str, Path]) -> None:
    how, begun = task

    def half(connection: Connection, content: bytes) -> None:
        os.write(connection.fileno(), content[:2])
        begun.touch()
        os.kill(os.getpid(), signal.SIGKILL) if how == "killed" else time.sleep(600)

    Connection._send = half  # type: ignore[attr-defined]


@pytest.mark.parametrize(("how", "said"), [("killed", "True\n[]\n"), ("stopped", "[]\n")])
def test_half_an_answer_keeps_nobody_waiting(how: str, said: str, tmp_path: Path) -> None:
    """In a process of its own, which would otherwise wait for ever."""
    done = subprocess.run(
        [sys.executable, "-c", HALVES, how, str(tmp_path / "begun")],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == (said, "")


def test_who_asks_and_is_killed_leaves_no_workers_behind(tmp_path: Path) -> None:
    """Workers of a killed process would wait for work for ever."""
    script = tmp_path / "asks.py"
    script.write_text(
        "import os, sys, time\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from sim.batches.executors import LocalExecutor, share_out\n"
        "def work(k):\n    os.write(1, b'%d\\n' % os.getpid())\n    time.sleep(30)\n"
        "if __name__ == '__main__':\n"
        "    with LocalExecutor(2) as running:\n        list(share_out(running, work, [1, 2]))\n",
        encoding="utf-8",
    )
    asks = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert asks.stdout is not None
    workers = [int(asks.stdout.readline()) for _ in range(2)]
    assert all(Path(f"/proc/{worker}").exists() for worker in workers)
    asks.kill()
    asks.wait()
    deadline = time.monotonic() + 20
    while any(_lives(worker) for worker in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_impossible_crews_are_refused() -> None:
    with pytest.raises(OptionError, match="workers must be between 1"):
        executor(0, None)
    with pytest.raises(OptionError, match="exclude each other"):
        executor(2, "tcp://127.0.0.1:1")
    pytest.importorskip("distributed")
    with pytest.raises(OptionError, match="not 'nonsense://nowhere'"):
        executor(None, "nonsense://nowhere")


def test_an_address_without_a_port_is_refused_without_a_traceback() -> None:
    pytest.importorskip("distributed")
    script = "from sim.batches.executors import executor\ntry:\n    executor(None, 'nowhere')\n"
    script += "except Exception as error:\n    print(error)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert "not 'nowhere': missing port" in done.stdout
    assert done.stderr == ""


def test_a_cluster_over_tls_is_met_with_the_certificates_of_dasks_settings(
    certificate: dict[str, str],
) -> None:
    import dask
    import distributed

    with (
        dask.config.set({**certificate, "distributed.comm.require-encryption": True}),
        distributed.LocalCluster(
            protocol="tls", security=distributed.Security(), n_workers=1, threads_per_worker=1,
            processes=False, dashboard_address=None,
        ) as there,
    ):  # fmt: skip
        address = there.scheduler_address
        assert address.startswith("tls://")
        with executor(None, address) as running:
            assert dict(share_out(running, squares, [(2,), (3,)])) == {(2,): (4,), (3,): (9,)}
        with pytest.raises(OptionError, match="ask for encryption; write tls://"):
            executor(None, address.replace("tls:", "tcp:"))
        with (
            dask.config.set(dict.fromkeys(certificate)),
            pytest.raises(OptionError, match="tls needs certificates"),
        ):
            executor(None, address)
        with (
            dask.config.set({"distributed.comm.tls.ca-file": "nowhere.pem"}),
            pytest.raises(SimulationError, match="No such file"),
        ):
            executor(None, address)
