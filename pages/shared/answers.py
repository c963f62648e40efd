"""Answers in the background: a first one from the best fit at once, then draws that sharpen it.

One desk serves all users. First answers go before draws, and draws of different users take turns. What a
scenario came to in a draw is kept, so that moving a slider never lives the reference again. An answer that
nobody looks at stops within a simulated year, and goes on where it was when somebody asks again.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import streamlit as st

from sim.appraisal import KEY_LABELS, Difference, difference
from sim.errors import InputError, SimulationError
from sim.experiment import Columns, Options, Run, run_all, with_labels
from sim.headline import Level, level
from sim.scenario import Scenario
from sim.setting import worker_threads
from sim.warmstore import WarmStore

CHILDREN = int(os.environ.get("KINDERWERK_APP_CHILDREN", "10000"))
DRAWS = max(int(os.environ.get("KINDERWERK_APP_DRAWS", "40")), 2)
SEED = 0
KEPT_ANSWERS = 64
KEPT_BYTES = 256 << 20
"""Bound on what finished runs take; the least recently asked go first."""
UNWATCHED_SECONDS = 4.0
PATIENCE = 0.9
ENDING = "cannot schedule new futures"
"""What Python says to those who are at work when the server is stopped. That is no mistake of ours."""

Key = tuple[str, ...]
log = logging.getLogger(__name__)


class _UnwantedError(Exception):
    """Nobody looks at this answer any more."""


@dataclass
class Answer:
    """What is known so far about scenarios; the first is the reference."""

    scenarios: tuple[Scenario, ...]
    first: list[Run] = field(default_factory=list)
    draws: list[Run] = field(default_factory=list)
    share: float = 0.0
    """How much of the first answer is done."""
    problem: str = ""
    """The key of a text that says what went wrong; `detail` is what the model said about it."""
    detail: str = ""
    running: bool = False
    watchers: dict[str, float] = field(default_factory=dict)
    news: threading.Event = field(default_factory=threading.Event)
    """Set once there is something to show."""

    @property
    def runs(self) -> list[Run]:
        """Return the draws so far, or the best fit while there are fewer than two."""
        draws = list(self.draws)
        return draws if len(draws) >= 2 else list(self.first)

    @property
    def finished(self) -> bool:
        """Tell whether nothing more will come."""
        return bool(self.problem) or (bool(self.first) and len(self.draws) >= DRAWS)

    def difference(self, scenario: int = 1) -> Difference:
        """Return a scenario minus the reference, from the runs so far."""
        start = self.scenarios[0].start
        return difference(self.runs, scenario, 0, range(start, start + self.scenarios[0].years))

    def level(self, scenario: int, horizon: int) -> Level:
        """Return what a scenario is like after `horizon` years, from the runs so far."""
        return level(self.runs, scenario, self.scenarios[0].start, horizon)

    def wanted(self) -> bool:
        """Tell whether somebody looked at this answer lately."""
        now = time.monotonic()
        return any(now - seen < UNWATCHED_SECONDS for seen in list(self.watchers.values()))

    def size(self) -> int:
        """Return the bytes that its runs take."""
        return sum(c.blocks.nbytes + c.values.nbytes for run in self.first + self.draws for c in run.columns)


class Desk:
    """Where answers are asked for. Safe to share between users."""

    def __init__(self) -> None:
        """Open the desk."""
        self.store = WarmStore()
        self.answers: OrderedDict[Key, Answer] = OrderedDict()
        self._columns: OrderedDict[tuple[str, int], Columns] = OrderedDict()
        self._lock = threading.Lock()
        self._hurried = 0
        self._quiet = threading.Condition()
        self._firsts = ThreadPoolExecutor(1, thread_name_prefix="first")
        self._draws = ThreadPoolExecutor(1, thread_name_prefix="draws")

    def close(self) -> None:
        """Take no more work, and stop what runs at its next year."""
        for answer in list(self.answers.values()):
            answer.watchers.clear()
        for workers in (self._firsts, self._draws):
            workers.shutdown(cancel_futures=True)

    def ask(
        self, scenarios: Sequence[Scenario], watcher: str, *, watch: bool = True, again: bool = False
    ) -> Answer:
        """Return the answer about scenarios as far as it is known, and see that it is worked on.

        A watcher looks at one answer at a time. watch False only looks up; again retries what failed.
        """
        key = key_of(scenarios)
        with self._lock:
            for other_key, other in self.answers.items():
                if other_key != key or not watch:
                    other.watchers.pop(watcher, None)
            answer = self.answers.setdefault(key, Answer(tuple(scenarios)))
            self.answers.move_to_end(key)
            self._forget()
            if again and answer.problem:
                answer.problem, answer.detail = "", ""
                answer.news.clear()
            if watch:
                answer.watchers[watcher] = time.monotonic()
                self._go_on(answer)
        return answer

    def _forget(self) -> None:
        """Let go of the answers that were asked longest ago. Needs the lock."""
        sizes = [answer.size() for answer in self.answers.values()]
        while len(self.answers) > 1 and (len(self.answers) > KEPT_ANSWERS or sum(sizes) > KEPT_BYTES):
            self.answers.popitem(last=False)
            sizes.pop(0)

    def _go_on(self, answer: Answer) -> None:
        """Put the next piece of an answer in its queue. Needs the lock."""
        if answer.running or answer.finished or not answer.wanted():
            return
        answer.running = True
        (self._draws if answer.first else self._firsts).submit(self._work, answer)

    def _work(self, answer: Answer) -> None:
        try:
            if not answer.wanted():
                return
            if answer.first:
                answer.draws.append(self._run(answer, len(answer.draws) + 1))
            else:
                with self._hurry():
                    answer.first = [self._run(answer, 0)]
        except _UnwantedError:
            pass
        except (InputError, SimulationError, ValueError) as error:
            answer.problem, answer.detail = "failed", str(error) or type(error).__name__
        except MemoryError:
            self._columns.clear()
            answer.problem = "failed_memory"
        except Exception as error:  # a mistake of ours: for the log, never for the screen
            if ENDING not in str(error):
                log.exception("an answer failed")
            answer.problem = "failed_unknown"
        finally:
            if answer.first or answer.problem:
                answer.news.set()
            with self._lock:
                answer.running = False
                try:
                    self._go_on(answer)
                except RuntimeError:  # the desk has closed
                    answer.running = False

    def _run(self, answer: Answer, draw: int) -> Run:
        """Return one draw of every scenario. Raises _UnwantedError when nobody looks any more."""
        scenarios = answer.scenarios
        with worker_threads(None) as pool:
            columns = tuple(self._lived(answer, k, draw, pool) for k in range(len(scenarios)))
        return Run(draw, 0, columns)

    def _lived(self, answer: Answer, k: int, draw: int, pool: Executor) -> Columns:
        scenario = answer.scenarios[k]
        key = (scenario.canonical_sha256(), draw)
        with self._lock:
            if key in self._columns:
                self._columns.move_to_end(key)
                return self._columns[key]

        def tell(share: float, _: str) -> None:
            if not answer.wanted():
                raise _UnwantedError
            if draw == 0:
                answer.share = (k + share) / len(answer.scenarios)
            else:
                self._give_way()

        options = Options(children=CHILDREN, draws=1, first_draw=draw, seed=SEED)
        (run,) = run_all([scenario], options, self.store, tell=tell, pool=pool)
        found = slim(run.columns[0])
        with self._lock:
            self._columns[key] = found
            most = max(KEPT_BYTES // 4 // (found.blocks.nbytes + found.values.nbytes), 1)
            while len(self._columns) > most:
                self._columns.popitem(last=False)
        return found

    @contextmanager
    def _hurry(self) -> Iterator[None]:
        """Let draws wait: somebody sees nothing yet."""
        with self._quiet:
            self._hurried += 1
        try:
            yield
        finally:
            with self._quiet:
                self._hurried -= 1
                self._quiet.notify_all()

    def _give_way(self) -> None:
        with self._quiet:
            self._quiet.wait_for(lambda: self._hurried == 0, timeout=60.0)


def slim(columns: Columns) -> Columns:
    """Return columns with only what the pages show, so that answers stay small."""
    return with_labels(
        columns, [n for n in columns.labels if n in KEY_LABELS or n[:2] == ("cost", "programme")]
    )


def key_of(scenarios: Sequence[Scenario]) -> Key:
    """Return what tells one question from another."""
    return tuple(scenario.canonical_sha256() for scenario in scenarios)


@st.cache_resource(show_spinner=False, on_release=Desk.close)
def desk() -> Desk:
    """Return the one desk of this server."""
    return Desk()
