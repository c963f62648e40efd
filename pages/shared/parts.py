"""Parts that stand on more than one page: progress, figures, table, download, footer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import streamlit as st

from pages.shared import charts, formats
from pages.shared.answers import CHILDREN, DRAWS, PATIENCE, SEED, Answer, Key, desk, key_of
from pages.shared.state import choices, query_of, watcher
from pages.shared.texts import language, t
from sim.headline import discount_rate
from sim.population import profiles
from sim.results import commit, version
from sim.scenario import Scenario
from sim.writing import ENOUGH_DRAWS

LONG_WORDS = ("kinder|werkers", "terug|verdienen", "zorg|behoefte", "ge|oormerkt", "ge|meente")
log = logging.getLogger(__name__)


def guarded(show: Callable[[], None]) -> None:
    """Show a part of the screen; a mistake of ours is for the log, and the user gets a clear message."""
    try:
        show()
    except Exception:
        log.exception("a page failed")
        st.error(t("failed_unknown"))


def note(text: str) -> None:
    """Show small print, at full contrast (Streamlit's captions are too pale for WCAG AA)."""
    if text:
        st.markdown(f":small[{text}]")


def live(scenarios: Sequence[Scenario], show: Callable[[Answer], None]) -> None:
    """Show an answer, and again each time there is more of it, without blocking the page."""
    key = key_of(scenarios)

    def look(patience: float) -> tuple[Answer, bool]:
        stopped = st.session_state.get("stopped") == key
        answer = desk().ask(scenarios, watcher(), watch=not stopped)
        if patience and not stopped:
            answer.news.wait(patience)
        return answer, stopped

    answer, stopped = look(0.0)
    over = answer.finished or stopped

    def again() -> None:
        answer, stopped = look(PATIENCE)
        progress(answer, key, stopped)
        if answer.first:
            show(answer)
        if (answer.finished or stopped) != over:
            st.rerun()  # starts or stops the timer

    st.fragment(lambda: guarded(again), run_every=None if over else 1.0)()


def progress(answer: Answer, key: Key, stopped: bool) -> None:
    """Say how far an answer is, with a stop button while it is worked on."""
    done = min(len(answer.draws), DRAWS)
    if answer.problem:
        st.error(t(answer.problem, **({"reason": answer.detail} if answer.detail else {})))
        st.button(t("again"), on_click=_try_again, args=(answer,))
    elif answer.finished:
        note(t("computed", done=done, children=formats.count(CHILDREN)))
    elif stopped:
        note(t("stopped", done=done, total=DRAWS))
        st.button(t("go_on"), on_click=_stop, args=(None,))
    else:
        share, text = done / DRAWS, t("computing", done=done, total=DRAWS)
        if not answer.first:
            share, text = min(answer.share, 1.0), t("computing_first")
        st.progress(share, text=text)
        st.button(t("stop"), on_click=_stop, args=(key,))


def _stop(key: Key | None) -> None:
    st.session_state["stopped"] = key


def _try_again(answer: Answer) -> None:
    desk().ask(answer.scenarios, watcher(), again=True)


def chance_known(answer: Answer) -> bool:
    """Tell whether there are draws enough to name a chance."""
    return len(answer.draws) >= min(ENOUGH_DRAWS, DRAWS)


def breakable(text: str) -> str:
    """Return a text whose long words may be broken, so that a table of four columns fits on a phone."""
    for word in LONG_WORDS:
        text = text.replace(word.replace("|", ""), word.replace("|", "\N{SOFT HYPHEN}"))
    return text


def plot(found: Sequence[charts.Series], what: str, reference: str) -> None:
    """Show a chart with its table, download and source."""
    st.altair_chart(charts.chart(found, what), width="stretch")
    note(t("band" if found[0].low is not None else "band_one"))
    data = charts.frame(found)
    with st.expander(t("table")):
        shown = data.copy()
        for name in ("mean", "low", "high"):
            if name in shown:
                shown[name] = shown[name].map(lambda value: charts.written(value, what))
        shown["year"] = shown["year"].astype(str)
        shown["scenario"] = shown["scenario"].map(breakable)
        shown = shown.rename(columns=charts.columns())
        st.table(shown.drop(columns=t("scenario")) if len(found) == 1 else shown, hide_index=True)
    data = data.assign(unit=t(f"unit_{what}"), reference=reference, birth=birth(reference))
    table = data.rename(columns=charts.columns())
    csv(table, f"kinderwerk-{what}.csv")
    year = profiles()[choices().municipality].date
    note(
        t(
            "source",
            version=version(),
            date=formats.date(year),
            rate=formats.percent(discount_rate(), decimals=2),
        )
    )


def csv(table: charts.Frame, name: str) -> None:
    """Offer a table as a file that a spreadsheet in the user's language opens as it is."""
    separator, decimal = (";", ",") if language() == "nl" else (",", ".")
    text = "\N{BYTE ORDER MARK}" + table.to_csv(index=False, sep=separator, decimal=decimal)
    st.download_button(t("download"), text, name, "text/csv", on_click="ignore", key=name)


def birth(reference: str) -> str:
    """Return the birth certificate of what is on the screen, in one line."""
    head, _ = commit()
    date = formats.date(profiles()[choices().municipality].date)
    return t("birth", version=version(), commit=(head or "-")[:10], seed=SEED, date=date, reference=reference)


def footer(reference: str) -> None:
    """Show the link that restores the screen, and the birth certificate."""
    chosen = choices()
    base = (st.context.url or "").split("?")[0]
    with st.expander(t("link")):
        note(t("link_help"))
        st.code(f"{base}?{query_of(chosen, language())}", language=None, wrap_lines=True)
    if not profiles()[chosen.municipality].has_local_care_figures:
        note(t("no_local"))
    note(birth(reference))
