"""A thread of its own: work is done there, and stops where nobody waits."""

from __future__ import annotations

import threading

import pytest

from sim.machine.conductor import Conductor, StoppedError


def test_work_is_done_on_another_thread_and_its_error_reaches_the_caller() -> None:
    with Conductor() as conductor:
        assert conductor.run(threading.get_ident) != threading.get_ident()
        assert conductor.run(divmod, 7, 2) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            conductor.run(divmod, 7, 0)
        conductor.check()


def test_work_that_nobody_waits_for_is_stopped() -> None:
    with Conductor() as conductor:
        pass
    with pytest.raises(StoppedError):
        conductor.check()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("conductor")]
