"""Work on a user's bytes ends by itself, in a process of its own, and the server goes on."""

from __future__ import annotations

import contextlib
import itertools
import operator
import os
import re
import signal
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pages.choices.chosen import Choices
from pages.choices.plan_files import opened
from pages.serving import apart, uploads
from pages.serving.apart import BUSY, TOO_MUCH, Apart, Limits
from sim.errors import InputError, Problem
from sim.inputs.municipality_template import template
from sim.inputs.profiles import profiles

ENDLESS = ("(a*)*b", "a" * 50)
"""To a regular expression this takes for ever, and no other thread of its process gets a turn."""


@pytest.fixture(scope="module")
def reader() -> Iterator[Apart]:
    made = Apart(Limits(seconds=4.0, cpu_seconds=1, memory=200 << 20), patience=0.5)
    made.do("x", time.sleep, 0.0)  # it has started
    yield made
    made.close()


def refused(reader: Apart, *work: object) -> Problem:
    with pytest.raises(InputError) as caught:
        reader.do("cijfers.xlsx", *work)  # type: ignore[arg-type]
    (problem,) = caught.value.problems
    assert problem.file == "cijfers.xlsx"
    return problem


def test_what_works_comes_back(reader: Apart) -> None:
    assert reader.do("x", operator.add, [1], [2]) == [1, 2]


def test_a_mistake_in_a_file_comes_back_with_all_its_places(reader: Apart) -> None:
    with pytest.raises(InputError) as caught:
        reader.do("x", uploads.figures_here, "a.yaml", b"kind: municipality\nname: 3.5\n")
    assert "a.yaml:2:7: expected text, found 3.5; put it between quotes" in str(caught.value)
    assert len(caught.value.problems) == 4


def test_an_ordinary_file_is_read_quickly(reader: Apart) -> None:
    content, seconds = template("nl", profiles()["Almere"]), []
    for _ in range(5):
        start = time.perf_counter()
        assert reader.do("x", uploads.figures_here, "a.xlsx", content).name == "Almere"
        seconds.append(time.perf_counter() - start)
    assert statistics.median(seconds) < 0.3


def test_endless_work_is_ended_while_other_threads_go_on(reader: Apart) -> None:
    ticks = [time.monotonic()]
    over = threading.Event()

    def tick() -> None:
        while not over.wait(0.02):
            ticks.append(time.monotonic())

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        start = time.monotonic()
        assert refused(reader, re.fullmatch, *ENDLESS).fault == TOO_MUCH
        assert time.monotonic() - start < 4.5
    finally:
        over.set()
        thread.join()
    assert max(b - a for a, b in itertools.pairwise(ticks)) < 1.0


@pytest.mark.parametrize(
    "work",
    [(time.sleep, 60.0), (bytearray, 1 << 31), (os.abort,), (os._exit, 0), (os.kill, 0, signal.SIGKILL)],
    ids=["waiting", "memory", "crash", "exit", "killed with the process that makes copies"],
)
def test_work_that_ends_without_an_answer_is_refused(work: tuple[object, ...]) -> None:
    reader = Apart(Limits(seconds=2.0, memory=200 << 20))
    try:
        reader.do("x", time.sleep, 0.0)
        assert refused(reader, *work).fault == TOO_MUCH
        assert reader.do("x", operator.add, 1, 2) == 3
    finally:
        reader.close()


def test_a_mistake_of_ours_is_no_mistake_in_the_file(reader: Apart) -> None:
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        reader.do("x", operator.truediv, 1, 0)


def test_work_waits_for_its_turn_and_not_for_ever() -> None:
    reader = Apart(Limits(seconds=30.0), patience=0.2)
    reader.do("x", time.sleep, 0.0)
    answers: list[object] = []

    def wait() -> None:
        try:
            reader.do("x", time.sleep, 20.0)
        except InputError as error:
            answers.append(error.problems[0].fault)

    threads = [threading.Thread(target=wait) for _ in range(apart.AT_ONCE)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    assert refused(reader, operator.add, 1, 2).fault == BUSY
    start = time.monotonic()
    reader.close()  # as when the server stops
    for thread in threads:
        thread.join(timeout=5)
    assert time.monotonic() - start < 2
    assert answers == [TOO_MUCH] * apart.AT_ONCE


def groups() -> set[int]:
    """Return the groups that have a process which has not ended."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            state, _, group = (
                stat.read_text(encoding="utf-8", errors="replace").rpartition(") ")[2].split()[:3]
            )
            found |= {int(group)} if state != "Z" else set()
    return found


def test_nothing_is_left_when_it_is_closed() -> None:
    reader = Apart()
    reader.do("x", time.sleep, 0.0)
    assert reader._waiting is not None
    group = reader._waiting.pid
    assert group in groups()
    reader.close()
    until = time.monotonic() + 5
    while group in groups():
        assert time.monotonic() < until


def test_a_reader_that_cannot_begin_is_a_mistake_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "__name__", "pages.shared.nowhere")  # there is no such module
    reader = Apart()
    with pytest.raises(RuntimeError, match="no process begins"):
        reader.do("x", operator.add, 1, 2)
    reader.close()


def test_a_structure_that_no_page_shows_is_left_out_and_told() -> None:
    text = "kind: scenario\ntitle: a\nmunicipality: Almere\nstructure: {}\n"
    sent = uploads.plan_here("a.yaml", text.format("care_without_effect").encode(), "Almere", ("Almere",))
    assert sent.left_out == ("structure",)
    assert sent.scenario.structure == "care_changes_need"
    assert opened("a.yaml", sent, Choices()).notes == ("verken_no_structure",)
    plain = uploads.plan_here("a.yaml", text.format("care_changes_need").encode(), "Almere", ("Almere",))
    assert plain.left_out == ()
    with pytest.raises(InputError, match="care_without_effect"):
        uploads.plan_here("a.yaml", text.format("care_without_effects").encode(), "Almere", ("Almere",))
