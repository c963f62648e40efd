"""Too little memory is one clear message, wherever it shows."""

from __future__ import annotations

import errno
import os
import resource
import threading

import pyarrow as pa
import pytest

from sim.errors import SimulationError
from sim.machine import memory


def chained(error: Exception, cause: Exception) -> Exception:
    try:
        try:
            raise cause
        except Exception as found:
            raise error from found
    except Exception as made:
        return made


OUT = [
    MemoryError(),
    pa.ArrowMemoryError("malloc of size 64 failed"),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
    chained(ValueError("lowering failed"), MemoryError()),
    chained(KeyError("x"), chained(RuntimeError("y"), OSError(errno.ENOMEM, "no"))),
]
NOT_STARTED = [
    ImportError("in whatever words", path="/lib/libscipy_openblas.so"),
    pa.ArrowException("in whatever words"),
]
OTHER = [
    ValueError("operands could not be broadcast"),
    OSError(errno.ENOSPC, "No space left on device"),
    ImportError("No module named 'x'"),
    ImportError("cannot import name 'x'", path="/lib/x.py"),
    RuntimeError("can't start new thread"),  # said by who is no thread
    pa.ArrowInvalid("not a Parquet file"),
    chained(ValueError("x"), KeyError("y")),
]


@pytest.mark.parametrize("error", NOT_STARTED, ids=repr)
def test_what_could_not_be_started_met_a_limit_that_is_nearly_full(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, 1 << 20)
    assert memory.ran_out(error)
    limit(monkeypatch, 1 << 46)
    assert not memory.ran_out(error)
    limit(monkeypatch, resource.RLIM_INFINITY)
    assert not memory.ran_out(error)


def test_a_thread_that_cannot_be_started_is_known_by_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("in whatever words")

    way = next(each for each in ("_start_joinable_thread", "_start_new_thread") if hasattr(threading, each))
    with monkeypatch.context() as patch:  # since Python 3.13 it is the first of these
        patch.setattr(threading, way, refuse)
        with pytest.raises(RuntimeError) as caught:
            threading.Thread(target=print).start()
    limit(monkeypatch, 1 << 20)
    assert memory.ran_out(caught.value)


@pytest.mark.parametrize("error", OTHER, ids=repr)
def test_other_faults_are_never_taken_for_it(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, 1 << 20)
    assert not memory.ran_out(error)


@pytest.mark.parametrize("error", OUT, ids=repr)
def test_that_there_is_no_memory_left_is_recognised(error: Exception) -> None:
    assert memory.ran_out(error)


def test_an_exception_that_comes_from_itself_is_looked_at_once() -> None:
    one, other = ValueError("x"), KeyError("y")
    one.__cause__, other.__cause__ = other, one
    assert not memory.ran_out(one)


def limit(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda what: (size, resource.RLIM_INFINITY))


def test_a_limit_that_is_too_low_is_told_with_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, 1_800_000_000)
    with pytest.raises(SimulationError, match=r"ulimit -v allows 1,800 MB here, and .* MB is reserved"):
        memory.refuse_little()
    limit(monkeypatch, 40_000_000)
    with pytest.raises(SimulationError, match="allows 40 MB"):
        memory.refuse_little()


def test_who_has_enough_or_no_limit_hears_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, resource.RLIM_INFINITY)
    memory.refuse_little()
    memory.refuse_little(memory.FOR_CHARTS)
    limit(monkeypatch, 16 << 30)
    memory.refuse_little()
    with pytest.raises(SimulationError):
        memory.refuse_little(memory.FOR_CHARTS)


def test_more_processors_need_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    limit(monkeypatch, 4 << 30)
    with pytest.raises(SimulationError):
        memory.refuse_little()
