"""Answers in the background: a first one from the best fit at once, then draws that sharpen it.

One desk serves all users: a few worker threads, one store of warm populations, a bounded number of
answers. An answer that nobody looks at any more stops after the run it is in, and goes on where it
stopped when somebody asks again.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import streamlit as st

from sim.appraisal import KEY_LABELS, Difference, difference
from sim.errors import InputError, SimulationError
from sim.experiment import Options, Run, run_all, with_labels
from sim.headline import Level, level
from sim.scenario import Scenario
from sim.setting import worker_threads
from sim.warmstore import WarmStore

CHILDREN = int(os.environ.get("KINDERWERK_APP_CHILDREN", "10000"))
DRAWS = int(os.environ.get("KINDERWERK_APP_DRAWS", "40"))
SEED = 0
KEPT_ANSWERS = 64
UNWATCHED_SECONDS = 4.0
WORKERS = 2


@dataclass
class Answer:
    """What is known so far about scenarios; the first is the reference."""

    scenarios: tuple[Scenario, ...]
    first: list[Run] = field(default_factory=list)
    draws: list[Run] = field(default_factory=list)
    running: bool = False
    stopped: bool = False
    problem: str = ""
    seen: float = field(default_factory=time.monotonic)

    @property
    def runs(self) -> list[Run]:
        """Return the draws so far, or the best fit while there are fewer than two."""
        return list(self.draws) if len(self.draws) >= 2 else list(self.first)

    @property
    def finished(self) -> bool:
        """Tell whether nothing more will come by itself."""
        return bool(self.problem) or self.stopped or len(self.draws) >= DRAWS

    def difference(self, scenario: int = 1) -> Difference:
        """Return a scenario minus the reference, from the runs so far."""
        start = self.scenarios[0].start
        return difference(self.runs, scenario, 0, range(start, start + self.scenarios[0].years))

    def level(self, scenario: int, horizon: int) -> Level:
        """Return what a scenario is like after `horizon` years, from the runs so far."""
        return level(self.runs, scenario, self.scenarios[0].start, horizon)

    def wanted(self) -> bool:
        """Tell whether somebody looked at this answer lately."""
        return not self.stopped and time.monotonic() - self.seen < UNWATCHED_SECONDS


class Desk:
    """Where answers are asked for. Safe to share between users."""

    def __init__(self) -> None:
        """Open the desk."""
        self.store = WarmStore()
        self.quick = ThreadPoolExecutor(WORKERS, thread_name_prefix="first")
        self.workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="draws")
        self.lock = threading.Lock()
        self.hurry = 0  # first answers asked for and not there yet: draws wait for them
        self.answers: OrderedDict[tuple[str, ...], Answer] = OrderedDict()

    def ask(self, scenarios: Sequence[Scenario], go_on: bool = False) -> Answer:
        """Return the answer about scenarios as far as it is known, and see that it is worked on."""
        key = tuple(scenario.canonical_sha256() for scenario in scenarios)
        with self.lock:
            answer = self.answers.setdefault(key, Answer(tuple(scenarios)))
            self.answers.move_to_end(key)
            while len(self.answers) > KEPT_ANSWERS:
                self.answers.popitem(last=False)
            answer.seen = time.monotonic()
            if go_on:
                answer.stopped, answer.problem = False, ""
            if not answer.running and not answer.finished:
                answer.running = True
                if answer.first:
                    self.workers.submit(self._draw, answer)
                else:
                    self.hurry += 1
                    self.quick.submit(self._begin, answer)
        return answer

    def _begin(self, answer: Answer) -> None:
        try:
            answer.first = self._runs(answer, Options(children=CHILDREN, seed=SEED))
        finally:
            with self.lock:
                self.hurry -= 1
        if not answer.problem:
            self.workers.submit(self._draw, answer)

    def _draw(self, answer: Answer) -> None:
        """Add one draw, and line up again behind the others."""
        while self.hurry:
            time.sleep(0.01)
        number = len(answer.draws)
        if number < DRAWS and answer.wanted():
            many = Options(children=CHILDREN, draws=max(DRAWS, 2), seed=SEED)
            answer.draws += self._runs(answer, replace(many, first_draw=number + 1, draws=1))
            if not answer.problem:
                self.workers.submit(self._draw, answer)
                return
        answer.running = False

    def _runs(self, answer: Answer, options: Options) -> list[Run]:
        """Return runs of an answer; what goes wrong is kept with it, and it is no longer worked on."""
        try:
            with worker_threads(None) as pool:
                return [_slim(r) for r in run_all(answer.scenarios, options, self.store, pool=pool)]
        except (InputError, SimulationError, ValueError, MemoryError) as error:
            answer.problem = str(error) or type(error).__name__
            answer.running = False
            return []


def _slim(run: Run) -> Run:
    """Return a run with only what the pages show, so that answers stay small."""
    labels = dict.fromkeys(label for columns in run.columns for label in columns.labels)
    shown = [
        label
        for label in labels
        if label in KEY_LABELS or label[1] == "programme" or label[:2] == ("cost", "payer")
    ]
    return replace(run, columns=tuple(with_labels(columns, shown) for columns in run.columns))


@st.cache_resource(show_spinner=False)
def desk() -> Desk:
    """Return the one desk of this server."""
    return Desk()


def ask(scenarios: Sequence[Scenario], patience: float = 0.9) -> Answer:
    """Return the answer about scenarios, after waiting a little for the first of it."""
    answer = desk().ask(scenarios)
    until = time.monotonic() + patience
    while not answer.first and not answer.problem and time.monotonic() < until:
        time.sleep(0.02)
    return answer
