"""The queues of background work for all users: first answers from the best fit, draws, and longer errands.

First answers go before everything else, draws of different users take turns, and errands that take long
(twins, a dossier, an export) have a queue of their own. What a scenario came to in a draw, beside its
reference, is kept. What nobody looks at stops within a simulated year, and goes
on where it was when somebody asks again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.background.answers import KEPT, Answer, BackgroundTask, Key, UnwantedError, Work, key_of, slim
from sim.engine.config import Inline
from sim.errors import InputError, OptionError, SimulationError
from sim.inputs.scenario import Scenario
from sim.machine.variables import app_children, app_draws
from sim.progress import Progress, Tell
from sim.runs.experiment import Options, Run, runs_at_once
from sim.runs.lives import LifeStore
from sim.runs.threads import run_threads
from sim.runs.warmstore import WarmStore

CHILDREN, DRAWS = app_children(), app_draws()
SEED = 0
KEPT_WORK = 128
KEPT_BYTES = 384 << 20
"""Bound in bytes on finished work; the least recently used is dropped first."""
log = logging.getLogger(__name__)


class Desk:
    """The queues of background work. Safe to share between users."""

    def __init__(self) -> None:
        """Open the desk."""
        self._closed = False
        self.store = WarmStore()
        self.lives = LifeStore(slim, self.store, kept=KEPT)
        self.kept: OrderedDict[Key, Work] = OrderedDict()
        self._lock = threading.Lock()
        self._hurried = 0
        self._quiet = threading.Condition()
        self._firsts = ThreadPoolExecutor(1, thread_name_prefix="first")
        self._draws = ThreadPoolExecutor(1, thread_name_prefix="draws")
        self._errands = ThreadPoolExecutor(1, thread_name_prefix="errands")

    def close(self) -> None:
        """Take no more work, stop what runs at its next year, and wait for that."""
        with self._lock:
            self._closed = True
        for workers in (self._firsts, self._draws, self._errands):
            workers.shutdown(cancel_futures=True)

    def ask(
        self,
        scenarios: Sequence[Scenario],
        watcher: str,
        *,
        watch: bool = True,
        again: bool = False,
        children: int | None = CHILDREN,
        draws: int | None = None,
    ) -> Answer:
        """Return the answer about scenarios so far, and queue its work.

        children: None simulates everyone. draws: how many sharpen it (default: DRAWS). A watcher looks at one
        thing at a time. watch False only looks up; again retries what failed.
        """
        wished = DRAWS if draws is None else draws
        key = key_of(scenarios, children, wished)
        made = Answer(scenarios=tuple(scenarios), children=children, wished=wished, seed=SEED)
        found = self._look(key, made, watcher, watch, again)
        assert isinstance(found, Answer)
        return found

    def errand(
        self,
        key: Key,
        work: Callable[[Tell], Any],
        watcher: str,
        *,
        watch: bool = True,
        again: bool = False,
        size: int = 1 << 20,
    ) -> BackgroundTask:
        """Return a task with its results so far, and queue its work. size: about what it will keep."""
        found = self._look(key, BackgroundTask(work=work, bytes=size), watcher, watch, again)
        assert isinstance(found, BackgroundTask)
        return found

    def leave(self, watcher: str) -> None:
        """Let go of what a watcher looks at."""
        with self._lock:
            for work in self.kept.values():
                work.watchers.pop(watcher, None)

    def retry(self, work: Work, watcher: str) -> None:
        """Work again on what failed."""
        with self._lock:
            work.problem, work.error = "", None
            work.news.clear()
            work.watchers[watcher] = time.monotonic()
            self._go_on(work)

    def _look(self, key: Key, made: Work, watcher: str, watch: bool, again: bool) -> Work:
        with self._lock:
            for other_key, other in self.kept.items():
                if other_key != key or not watch:
                    other.watchers.pop(watcher, None)
            work = self.kept.setdefault(key, made)
            self.kept.move_to_end(key)
            self._forget()
            if again and work.problem:
                work.problem, work.error = "", None
                work.news.clear()
            if watch:
                work.watchers[watcher] = time.monotonic()
                self._go_on(work)
        return work

    def _forget(self) -> None:
        """Drop the least recently used work. Needs the lock."""
        sizes = [work.size() for work in self.kept.values()]
        while len(self.kept) > 1 and (len(self.kept) > KEPT_WORK or sum(sizes) > KEPT_BYTES):
            self.kept.popitem(last=False)
            sizes.pop(0)

    def _wanted(self, work: Work) -> bool:
        return not self._closed and work.wanted()

    def _go_on(self, work: Work) -> None:
        """Put the next piece of work in its queue. Needs the lock."""
        if work.running or work.finished or not self._wanted(work):
            return
        work.running = True
        queue = (
            self._errands if isinstance(work, BackgroundTask) else self._draws if work.begun else self._firsts
        )
        queue.submit(self._work, work)

    def _work(self, work: Work) -> None:
        try:
            if not self._wanted(work):
                return
            if isinstance(work, BackgroundTask):
                work.go_on(self._teller(work))
                if work.done:
                    work.work = _done  # lets go of what it was made from, such as all draws of an answer
            elif isinstance(work, Answer):
                self._next_run(work)
        except UnwantedError:
            pass
        except (InputError, OptionError, SimulationError) as error:
            work.error, work.problem = error, "failed"
        except MemoryError:
            self.lives.forget()
            work.problem = "failed_memory"
        except Exception:  # a mistake of ours: for the log, never for the screen
            log.exception("an answer failed")
            work.problem = "failed_unknown"
        finally:
            if work.begun or work.problem:
                work.news.set()
            with self._lock:
                work.running = False
                self._go_on(work)

    def _teller(self, work: Work) -> Tell:
        def tell(now: Progress) -> None:
            if not self._wanted(work):
                raise UnwantedError
            work.progress = now
            self._give_way()

        return tell

    def _next_run(self, answer: Answer) -> None:
        """Add the best fit, or the next draws, to an answer."""
        made, options = len(answer.draws), Options(children=answer.children, seed=answer.seed)
        with run_threads() as pool:
            if not answer.first:
                with self._hurry():
                    answer.first = [self._run(answer, 0, options, pool)]
                return
            at_once = runs_at_once(answer.scenarios, replace(options, draws=answer.wished - made))
            if at_once == 1:
                answer.draws.append(self._run(answer, made + 1, options, pool))
                return
            numbers = range(made + 1, made + at_once + 1)
            answer.draws.extend(pool.map(lambda draw: self._run(answer, draw, options, Inline()), numbers))

    def _run(self, answer: Answer, draw: int, options: Options, pool: Executor) -> Run:
        """Return one draw of every scenario. Raises UnwantedError when nobody looks any more."""

        def tell(now: Progress) -> None:
            if not self._wanted(answer):
                raise UnwantedError
            if draw == 0:
                answer.progress = now
            else:
                self._give_way()

        return self.lives.run(answer.scenarios, options, draw, pool, tell)

    @contextmanager
    def _hurry(self) -> Iterator[None]:
        """Let other work wait for first answers."""
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


def _done(_: Tell) -> None:
    """Do nothing: what was to be found is there."""


@st.cache_resource(show_spinner=False, on_release=Desk.close)
def desk() -> Desk:
    """Return the one desk of this server, which closes when its process ends."""
    made = Desk()
    # Before Python closes the pools of what is under way, which would then fail; `atexit` comes after that.
    threading._register_atexit(made.close)  # type: ignore[attr-defined]
    return made
