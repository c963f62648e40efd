"""How far it is, in words that are true: units done, speed, time left."""

from __future__ import annotations

import io

import pytest

from commands.terminal.progress import LINE_SECONDS, ProgressLines, Speed, duration, unit_progress
from sim.progress import Progress


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (3600, "1 h 0 min"), (90_000, "1 d 1 h")],
)
def test_a_time_is_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_speed_counts_from_what_was_there_at_the_start() -> None:
    clock = Clock()
    speed = Speed(clock)
    assert speed.words(100, 200) == ""
    clock.now = 10.0
    assert speed.words(100, 200) == ""
    assert speed.words(120, 200) == "2 a second, 40 s left"


def test_a_log_gets_a_line_now_and_then_and_one_at_the_end() -> None:
    clock, stream = Clock(), io.StringIO()
    lines = ProgressLines(stream, clock, Speed(clock))
    lines.tell(Progress("units", 0, 4))
    for done in (1, 2):
        clock.now += LINE_SECONDS / 2
        lines.tell(Progress("units", done, 4))
    clock.now += 1
    lines.tell(Progress("units", 3, 4))
    lines.tell(Progress("units", 4, 4))
    lines.tell(Progress("writing_tables"))
    assert stream.getvalue().splitlines() == [
        "units: 0 of 4 (0%)",
        "units: 2 of 4 (50%), 0.2 a second, 10 s left",
        "units: 4 of 4 (100%)",
        "writing tables",
    ]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_with_speed_and_quiet_gets_nothing() -> None:
    stream = Terminal()
    with unit_progress(stream=stream) as tell:
        tell(Progress("units", 0, 4))
        tell(Progress("units", 3, 4))
    assert "units" in stream.getvalue()
    assert "3/4" in stream.getvalue()
    assert "a second" in stream.getvalue()
    silent = io.StringIO()
    with unit_progress(quiet=True, stream=silent) as tell:
        tell(Progress("units", 1, 4))
    assert silent.getvalue() == ""
