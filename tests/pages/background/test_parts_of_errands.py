"""Errands that find one thing after another: shown as they come, in turns, stopped and begun again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from pages.background import answers, desk
from pages.background.answers import BackgroundTask
from sim.errors import SimulationError
from sim.faults import fault
from sim.progress import Progress, Tell


@pytest.fixture
def office() -> Iterator[desk.Desk]:
    opened = desk.Desk()
    yield opened
    opened.close()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true() and time.monotonic() < end:
        time.sleep(0.01)
    assert true()


def test_each_part_is_there_as_soon_as_it_is_found(office: desk.Desk) -> None:
    gate = threading.Semaphore(0)

    def said(part: int) -> bool:
        return bool(task.found == part)

    def work(tell: Tell) -> Iterator[int]:
        for part in range(3):
            gate.acquire(timeout=10)
            tell(Progress("units", part, 3))
            yield part

    task = office.errand(("parts",), work, "me")
    assert not task.begun
    for part in range(3):
        gate.release()
        until(partial(said, part))
        assert task.begun
    until(lambda: task.finished)
    assert task.found == 2
    assert task.progress == Progress("units", 2, 3)


def test_others_have_their_turn_between_parts(office: desk.Desk) -> None:
    order: list[str] = []
    begun, go = threading.Event(), threading.Event()

    def long(_: Tell) -> Iterator[str]:
        for part in ("one", "two"):
            order.append(part)
            begun.set()
            go.wait(10)
            yield part

    task = office.errand(("long",), long, "me")
    begun.wait(10)
    other = office.errand(("short",), lambda _: order.append("other") or "found", "you")
    go.set()
    until(lambda: task.finished and other.finished)
    assert order == ["one", "other", "two"]


def test_what_nobody_looks_at_stops_and_begins_again(
    office: desk.Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "UNWATCHED_SECONDS", 0.2)
    begun: list[int] = []

    def work(tell: Tell) -> Iterator[str]:
        begun.append(1)
        yield "first"
        if len(begun) < 2:
            for _ in range(1000):
                tell(Progress("units", 1, 2))
                time.sleep(0.01)
        yield "second"

    task = office.errand(("left",), work, "me")
    until(lambda: not task.running and not task.wanted())
    assert task.found == "first"
    assert not task.finished
    until(lambda: office.errand(("left",), work, "me").finished)
    assert task.found == "second"
    assert len(begun) == 2


def test_a_part_that_fails_is_told_and_can_be_tried_again(office: desk.Desk) -> None:
    tries: list[int] = []

    def work(_: Tell) -> Iterator[str]:
        tries.append(1)
        yield "first"
        if len(tries) < 2:
            raise SimulationError(fault("count_negative", year=2026))
        yield "second"

    task = office.errand(("failing",), work, "me")
    until(lambda: bool(task.problem))
    assert (task.problem, str(task.error), task.found) == ("failed", "a count is negative in 2026", "first")
    office.retry(task, "me")
    until(lambda: task.finished and not task.problem)
    assert task.found == "second"


def test_work_in_one_go_is_done_at_once(office: desk.Desk) -> None:
    task: BackgroundTask = office.errand(("one",), lambda _: [1, 2], "me")
    until(lambda: task.finished)
    assert task.found == [1, 2]
