"""Showing work while it is done, without blocking the page: progress, stop, go on, try again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

from pages.background.answers import Answer, BackgroundTask, Key, Work, key_of
from pages.background.desk import CHILDREN, DRAWS, desk
from pages.choices.state import watcher
from pages.look import formats
from pages.look.texts import language, t
from pages.shared.parts import guarded, note, plain
from sim.inputs.scenario import Scenario
from sim.progress import Progress, Tell

PATIENCE = 0.9
"""Seconds that a page waits for news before it shows that there is none yet."""
W = TypeVar("W", bound=Work)


def live(
    scenarios: Sequence[Scenario],
    show: Callable[[Answer], None],
    *,
    slot: str = "answer",
    children: int | None = CHILDREN,
    draws: int | None = None,
    first: Callable[[Answer], None] | None = None,
    after: Callable[[], Work | None] = lambda: None,
    beside: Callable[[], None] | None = None,
) -> Answer:
    """Show an answer about scenarios, and again each time there is more of it; return it as far as it is.

    What is shown is the answer of one moment, whatever comes meanwhile.

    first: what of it stands above how far the work is. slot: what on the page it is; a session watches one
    answer for each. children, draws: see Desk.ask. after: asks for what is worked on once the
    answer is complete, and what is shown is shown again until that is as well. beside: shows what stands in
    one row with how far the work is.
    """
    wished = DRAWS if draws is None else draws
    key = key_of(scenarios, children, wished)

    def look(watch: bool) -> Answer:
        return desk().ask(scenarios, watcher(slot), watch=watch, children=children, draws=wished)

    def seen(shown: Callable[[Answer], None]) -> Callable[[Answer], None]:
        return lambda answer: shown(answer.seen(is_stopped(answer, slot)))

    above = seen(first) if first else None
    return _follow(look, key, slot, seen(show), _answer_progress, first=above, after=after, beside=beside)


def errand(
    key: Key,
    work: Callable[[Tell], Any],
    show: Callable[[Any], None],
    *,
    slot: str,
    size: int = 1 << 20,
    words: Callable[[Progress], str] = lambda _: "",
    every: float = 1.0,
) -> None:
    """Show what a task found, once it has; until then how far it is.

    key: what tells this task from others. words: what is going on, in the language of the user (default: that
    it is worked on). every: seconds after which the page looks again (below UNWATCHED_SECONDS); more where
    there is much to show.
    """

    def look(watch: bool) -> BackgroundTask:
        return desk().errand(key, work, watcher(slot), watch=watch, size=size)

    def progress(task: BackgroundTask, stopped: bool) -> None:
        if not task.finished and not stopped:
            now = task.progress
            st.progress(now.share if now else 0.0, text=(words(now) if now else "") or t("working"))
        elif stopped and not task.finished:
            note(t("stopped_task"))

    _follow(look, key, slot, lambda task: show(task.found), progress, every)


def _follow(
    look: Callable[[bool], W],
    key: Key,
    slot: str,
    show: Callable[[W], None],
    progress: Callable[[W, bool], None],
    every: float = 1.0,
    first: Callable[[W], None] | None = None,
    after: Callable[[], Work | None] = lambda: None,
    beside: Callable[[], None] | None = None,
) -> W:
    """Show work in a part of the page that runs again each second until the work is finished or stopped."""

    def stopped() -> bool:
        return bool(st.session_state.get(f"stopped-{slot}") == key)

    def ended(work: W) -> bool:
        if stopped() or not work.finished:
            return stopped()
        more = after()
        return more is None or more.finished

    work = look(not stopped())
    over = ended(work)

    def again() -> None:
        halted = stopped()
        work = look(not halted)
        if not halted and not work.begun:
            work.news.wait(PATIENCE)
        # Each has a place of its own, so that a table opened meanwhile stays open when the button goes.
        if first:
            with st.container():
                if work.begun:
                    first(work)
        with st.container():
            if work.problem:
                reason = {"reason": plain("; ".join(work.error.told(language())))} if work.error else {}
                st.error(t(work.problem, **reason))
                st.button(t("again"), key=f"again-{slot}", on_click=desk().retry, args=(work, watcher(slot)))
            else:
                with st.container(horizontal=True, vertical_alignment="center"):
                    progress(work, halted)
                    if not work.finished:
                        label, target = (t("go_on"), None) if halted else (t("stop"), key)
                        st.button(label, key=f"stop-{slot}-{halted}", on_click=_stop, args=(slot, target))
                    if beside and work.begun:
                        beside()
        with st.container():
            if work.begun:
                show(work)
        if ended(work) != over:
            st.rerun()  # starts or stops the timer

    st.fragment(lambda: guarded(again), run_every=None if over else every)()
    return work


def _answer_progress(answer: Answer, stopped: bool) -> None:
    done = min(len(answer.draws), answer.wished)
    children = t("all_children")
    if answer.children is not None:  # cohorts are whole, so that it is never exactly that
        children = t("about_children", n=formats.count(answer.children))
    if answer.finished:
        note(t("computed" if answer.wished else "computed_best", done=done, children=children))
    elif stopped:
        note(t("stopped", done=done, total=answer.wished))
    elif not answer.first:
        st.progress(answer.progress.share if answer.progress else 0.0, text=t("computing_first"))
    else:
        st.progress(done / answer.wished, text=t("computing", done=done, total=answer.wished))


def _stop(slot: str, key: Key | None) -> None:
    st.session_state[f"stopped-{slot}"] = key


def is_stopped(answer: Answer, slot: str = "answer") -> bool:
    """Tell whether the user stopped work on an answer."""
    key = key_of(answer.scenarios, answer.children, answer.wished)
    return bool(st.session_state.get(f"stopped-{slot}") == key)
