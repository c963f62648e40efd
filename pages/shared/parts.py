"""Parts that stand on more than one page: progress, figures, table, download, footer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages.shared import charts, formats
from pages.shared.answers import CHILDREN, DRAWS, SEED, Answer, ask, desk
from pages.shared.state import choices, query_of
from pages.shared.texts import language, t
from sim.appraisal import Figure
from sim.population import profiles
from sim.results import commit, version
from sim.scenario import Scenario


def note(text: str) -> None:
    """Show small print, at full contrast (Streamlit's captions are too pale for WCAG AA)."""
    if text:
        st.markdown(f":small[{text}]")


def live(scenarios: Sequence[Scenario], show: Callable[[Answer], None]) -> None:
    """Show an answer, and again each time there is more of it, without blocking the page."""
    answer = ask(scenarios)

    def again() -> None:
        current = desk().ask(scenarios)
        progress(current)
        if current.first:
            show(current)
        if current.finished and not answer.finished:
            st.rerun()  # stops the timer

    st.fragment(again, run_every=None if answer.finished else 1.0)()


def progress(answer: Answer) -> None:
    """Say how far an answer is, with a stop button while it is worked on."""
    done = min(len(answer.draws), DRAWS)
    if answer.problem:
        st.error(t("failed", reason=answer.problem))
    elif not answer.first:
        st.info(t("computing_first"))
    elif answer.stopped:
        note(t("stopped", done=done, total=DRAWS))
        st.button(t("go_on"), on_click=lambda: desk().ask(answer.scenarios, go_on=True))
    elif answer.finished:
        note(t("computed", done=done, children=formats.count(CHILDREN)))
    else:
        st.progress(done / DRAWS, text=t("computing", done=done, total=DRAWS))
        st.button(t("stop"), on_click=lambda: setattr(answer, "stopped", True))


def difference_text(f: Figure, write: Callable[..., str]) -> str:
    """Return a difference as people read it."""
    if f.value == 0.0 and f.mcse == 0.0:
        return "0"
    return t("too_small") if f.too_small else write(f.value, True)


def interval_text(f: Figure, write: Callable[..., str]) -> str:
    """Return the interval of a figure, or nothing where there is none."""
    if f.low is None or f.high is None:
        return ""
    return t("interval", low=write(f.low, True), high=write(f.high, True))


def plot(found: Sequence[charts.Series], what: str) -> None:
    """Show a chart with its table, download and source."""
    st.altair_chart(charts.chart(found, what), width="stretch")
    note(t("band" if found[0].low is not None else "band_one"))
    data = charts.frame(found)
    with st.expander(t("table")):
        write = (lambda v: formats.millions(v * 1e6, True)) if what == "money" else _youths
        columns = {"scenario": t("scenario"), "year": t("year"), "mean": t("middle"), "low": t("low")}
        columns["high"] = t("high")
        shown = data.copy()
        for name in ("mean", "low", "high"):
            if name in shown:
                shown[name] = shown[name].map(write)
        shown["year"] = shown["year"].astype(str)
        st.table(shown.rename(columns=columns).set_index(t("year")))
        separator, decimal = (";", ",") if language() == "nl" else (",", ".")
        text = data.to_csv(index=False, sep=separator, decimal=decimal)
        st.download_button(t("download"), text, f"kinderwerk-{what}.csv", "text/csv", on_click="ignore")
    note(t("source", version=version(), date=profiles()["Almere"].date))


def _youths(value: float) -> str:
    return formats.count(value, True)


def footer(reference: str) -> None:
    """Show the link that restores the screen, and the birth certificate."""
    chosen = choices()
    base = (st.context.url or "").split("?")[0]
    with st.expander(t("link")):
        note(t("link_help"))
        st.code(f"{base}?{query_of(chosen, language())}", language=None, wrap_lines=True)
    profile = profiles()[chosen.municipality]
    if not profile.has_local_care_figures:
        note(t("no_local"))
    head, _ = commit()
    note(
        t(
            "birth",
            version=version(),
            commit=(head or "-")[:10],
            seed=SEED,
            date=profile.date,
            reference=reference,
        )
    )
