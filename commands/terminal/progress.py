"""Progress: a bar on a terminal, lines in a log, nothing when quiet; with speed and time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from commands.terminal.literal import terminal
from sim.machine import loglines
from sim.progress import Progress as Event
from sim.progress import Tell, nobody

LINE_SECONDS = 10.0
"""A log gets a line at least this long after the last, unless something else begins or all is done."""


def _words(text: str = "{task.description}") -> TextColumn:
    """Return a column of a bar whose words stand as they are."""
    return TextColumn(text, markup=False)


@dataclass
class Speed:
    """Units per second since the first was counted, and the seconds that are left at that speed."""

    clock: Callable[[], float] = time.monotonic
    _started: float | None = None
    _before: float = 0

    def words(self, done: float, of: float) -> str:
        """Return speed and time left in words, or nothing before there is any."""
        if self._started is None:
            self._started, self._before = self.clock(), done
        seconds = self.clock() - self._started
        if done == self._before or seconds <= 0:
            return ""
        speed = (done - self._before) / seconds
        return f"{speed:,.3g} a second, {duration((of - done) / speed)} left"


def duration(seconds: float) -> str:
    """Return a time in the two largest units that it has."""
    whole = round(seconds)
    for size, big, small, name in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {big} {whole % size // small} {name}"
    return f"{whole} s"


@dataclass
class ProgressLines:
    """Progress as lines for a log."""

    stream: TextIO
    clock: Callable[[], float] = time.monotonic
    speed: Speed = field(default_factory=Speed)
    _last: float = float("-inf")
    _words: str = ""

    def tell(self, now: Event) -> None:
        """Write a line where it is time for one."""
        words, done, of = now.text(), now.done, now.total
        rate = self.speed.words(done, of) if of else ""
        new = words != self._words
        if not new and done < of and self.clock() - self._last < LINE_SECONDS:
            return
        self._words, self._last = words, self.clock()
        if loglines.running():
            loglines.event("progress", stage=now.stage, done=done, total=of)
            return
        line = f"{words}: {done:,} of {of:,} ({done / of:.0%})" if of else words
        print(f"{line}, {rate}" if rate and done < of else line, file=self.stream, flush=True)


@contextmanager
def unit_progress(quiet: bool = False, stream: TextIO | None = None) -> Iterator[Tell]:
    """Yield what to tell how far it is; on stderr unless a stream is given."""
    stream = stream or sys.stderr
    if quiet:
        yield nobody
        return
    if not stream.isatty():
        yield ProgressLines(stream).tell
        return
    columns = (_words(), BarColumn(), MofNCompleteColumn(), _words("{task.fields[rate]}"))
    with Progress(*columns, console=terminal(file=stream), transient=True) as bar:
        task = bar.add_task("preparing", total=None, rate="")
        speed = Speed()

        def show(now: Event) -> None:
            rate = speed.words(now.done, now.total) if now.total else ""
            bar.update(task, description=now.text(), completed=now.done, total=now.total or None, rate=rate)

        yield show


@contextmanager
def share_progress(quiet: bool = False) -> Iterator[Tell | None]:
    """Yield what to tell which share is done; None where nobody looks at a terminal."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    parts = (_words(), BarColumn(), TimeRemainingColumn())
    with Progress(*parts, console=terminal(stderr=True), transient=True) as bar:
        task = bar.add_task("preparing (a first run on a machine compiles for half a minute)", total=1.0)
        yield lambda now: bar.update(task, completed=now.share, description=now.text())


@contextmanager
def part_progress(quiet: bool = False) -> Iterator[Tell]:
    """Yield what to tell how many of each part are done: a bar, or in a log a line per part and ten."""
    if quiet:
        yield nobody
        return
    if not sys.stderr.isatty():
        if loglines.running():
            yield ProgressLines(sys.stderr).tell
            return
        told: set[tuple[str, int]] = set()

        def line(now: Event) -> None:
            words, done, of = now.text(), now.done, now.total
            part = (words, int(10 * now.share))
            if part not in told:
                told.add(part)
                print(f"{words}: {done} of {of}", file=sys.stderr, flush=True)

        yield line
        return
    columns = (_words(), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=terminal(stderr=True), transient=True) as bar:
        task = bar.add_task("preparing", total=None)
        current = [""]

        def show_part(now: Event) -> None:
            words, done, of = now.text(), now.done, now.total
            if words != current[0]:
                current[0] = words
                bar.reset(task, description=words, total=of)
            bar.update(task, completed=done, total=of)

        yield show_part
