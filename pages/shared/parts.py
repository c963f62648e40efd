"""Parts that stand on more than one page: small print, a chart with all that stands below it, the footer."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.background.desk import SEED
from pages.choices.address import LINK_OPEN, whole_query
from pages.choices.chosen import Choices, profile, reference_of, scenario
from pages.choices.state import choices
from pages.look import charts, dark, formats, house_style
from pages.look.parameter_words import parameter_title
from pages.look.texts import language, t, writing
from sim.files.archive import zipped
from sim.files.literal import cell
from sim.files.yamltext import MAX_BYTES
from sim.inputs.observed import years_observed
from sim.machine.project import commit, version
from sim.model.futures import MODEL_TODAY

LONG_WORDS = (
    "aat|schappelijk", "achter|stand", "activi|teiten", "be|zoeken", "bijstands|gezin", "buurt|gericht",
    "chool|uitval", "depri|vation", "een|ouder|gezin", "eugd|bescherming", "eugd|gezondheids|zorg",
    "eugd|reclassering", "ge|meente", "ge|oormerkt", "inder|mishandeling", "inder|werk", "kin|deren",
    "kwets|baarheid", "leeftijds|groep", "leeftijds|opbouw", "maan|den", "mal|treatment", "muni|cipalit",
    "be|groting", "neighbour|hood", "nver|vulde", "org|behoefte", "partici|pa", "pro|blem", "regis|tration",
    "resi|dentieel", "ro|gramma’s", "ro|grammes", "ver|schil", "voor|komen",
    "school|verlater", "terug|verdienen", "ver|standelijk", "ver|trouwen",
    "vindplaats|gericht", "zorg|verzekeraar",
)  # fmt: skip
"""Where a word of a table may be broken. Without its first letter, where that may be a capital."""
SHOWN_NAMES = 6
_MARKUP = re.compile(r"([\\`*_\[\]<>~$|&]|^[#+=-])", re.MULTILINE)
"""What markdown would read as a sign."""
_NUMBERED = re.compile(r"^(\d+)([.)])(?!\S)", re.MULTILINE)
_LATER = re.compile(r"(?<=:)(?=[\w+/-])|(?<=www)(?=\.)|(?<=@)|(?<=(?<!\S)[<>~-])(?=[=>-]>?(?!\S))")
"""Where the browser makes colours (:red[..]), pictures (:smile:), links and arrows (->), escaped or not."""
PAGES = Path(__file__).resolve().parents[1]
Unfolding = Callable[[str], ExpanderContainer]
"""Makes a part of a page that opens and closes, from its title."""
log = logging.getLogger(__name__)


def guarded(show: Callable[[], None]) -> None:
    """Show a part of the screen; a mistake of ours is for the log, and the user gets a clear message."""
    try:
        show()
    except Exception:
        log.exception("a page failed")
        st.error(t("failed_unknown"))


def note(text: str) -> None:
    """Show small print, at full contrast (Streamlit's captions are too pale for WCAG AA).

    No text keeps its place all the same: what stands below would otherwise be made anew once there is text,
    and a table that was open would close.
    """
    if text:
        st.markdown(f":small[{text}]")
    else:
        st.empty()


def notes(*lines: str) -> None:
    """Show lines of small print, close together; without any, their place (see `note`)."""
    if found := [f":small[{line}]" for line in lines if line]:
        st.markdown("  \n".join(found))
    else:
        st.empty()


def aloud(firm: bool) -> DeltaGenerator:
    """Return a place for the answer of a page; a screen reader says it once it is firm and stands still."""
    return st.container(key="aloud" if firm else None)


def plain(text: str) -> str:
    """Return a text of a user so that markdown shows it as it is."""
    lines = "\n".join(line.strip() for line in text.split("\n"))
    return _NUMBERED.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", _LATER.sub("\N{WORD JOINER}", lines)))


def breakable(text: str) -> str:
    """Return a text whose long words may be broken, so that a table of five columns fits on a phone."""
    for word in LONG_WORDS:
        text = text.replace(word.replace("|", ""), word.replace("|", "\N{SOFT HYPHEN}"))
    return text


def draw(chart: alt.TopLevelMixin | dict[str, Any], key: str | None = None) -> None:
    """Show a chart.

    Never by st.altair_chart: while it works, altair's settings are others for every thread, and a chart
    that another user's page or document draws in that moment comes out without its data.
    """
    spec = charts.told_once(chart if isinstance(chart, dict) else chart.to_dict())
    colours = dark.COLOURS if dark.is_on() else house_style.chart_colours()
    st.vega_lite_chart(None, dark.recoloured(spec, colours), width="stretch", key=key)


def plot(
    found: Sequence[charts.Series], what: str, reference: str, name: str = "", table: Unfolding = st.expander
) -> None:
    """Show a chart of series over years with its table and download. table: see `below`."""
    draw(charts.chart(found, what, choices().municipality))
    lines = charts.band_words(found) + charts.marks_words(len(found[0].years))
    banded = any(one.low is not None for one in found)
    note("" if banded else lines)  # what a band is stands with the table; that there is none, on the page
    data = charts.frame(found)
    shown = data.copy()
    for column in ("low", "high"):
        if column in shown:
            shown[column] = shown[column].map(
                lambda value: "" if pd.isna(value) else charts.written(value, what)
            )
    shown["mean"] = [
        one.in_words(charts.written(value, what), k) for one in found for k, value in enumerate(one.mean)
    ]
    shown["year"] = shown["year"].astype(str)
    shown["scenario"] = shown["scenario"].map(lambda name: breakable(plain(name)))
    shown = shown.rename(columns=charts.columns())
    marks = [t("provisional") if mark else "" for one in found for mark in one.marks]
    data = data.assign(unit=t(f"unit_{what}"), told=marks)
    below(
        shown.drop(columns=t("scenario")) if len(found) == 1 else shown,
        data.rename(columns=charts.columns()), name or what, reference, lines if banded else "", table,
    )  # fmt: skip


def picture(
    chart: alt.TopLevelMixin | dict[str, Any],
    shown: pd.DataFrame,
    data: pd.DataFrame,
    name: str,
    reference: str,
) -> None:
    """Show a chart with its table (as people read it), and the same as a file (data)."""
    draw(chart)
    below(shown, data, name, reference)


def below(
    shown: pd.DataFrame, data: pd.DataFrame, name: str, reference: str, lines: str = "",
    table: Unfolding = st.expander,
) -> None:  # fmt: skip
    """Show what stands below every chart: its table, with the table as a file and what its lines are.

    Where figures come from stands once, at the foot of the page (`footer`). table: makes the part that opens
    and closes from its title, where a page keeps in its address whether it is open.
    """
    with table(t("table") if not lines else t("table_and_lines")):
        note(lines)
        st.table(shown.map(lambda cell: breakable(cell) if isinstance(cell, str) else cell), hide_index=True)
        csv(data, f"kinderwerk-{name}", reference)


REFUSED = """<style>[data-testid="stFileUploader"]:has([aria-invalid="true"])::after {{
  content: "{}"; display: block; margin-top: 0.5rem; padding: 0.75rem 1rem; border-radius: 0.5rem;
  border: 2px solid currentColor;
}}</style>"""
"""Streamlit's browser page refuses a file without asking us, in English, and says so where the pointer is."""


def file_field(label: str, types: Sequence[str], key: str, help: str | None = None) -> UploadedFile | None:
    """Show a field for a file and return what was chosen; a refusal of the browser is shown below it."""
    st.html(REFUSED.format(t("file_refused", size=f"{MAX_BYTES // 1_000_000} MB")))
    return st.file_uploader(label, list(types) or None, key=key, help=help)


def way_to(page: str, words: str = "") -> None:
    """Show a link to another page, where there are others. words: on it (default: the name of the page)."""
    title = words or t(f"page_{page}")
    try:
        st.page_link(PAGES / f"{page}.py", label=title)
    except StreamlitAPIException:  # the page stands alone
        note(title)


def source_words() -> str:
    """Return where figures come from, in one line."""
    chosen = choices()
    rate = scenario(chosen, reference_of(chosen)).discount_rate
    return t("source", rate=formats.percent(rate, decimals=2), **years_observed())


def csv(table: pd.DataFrame, name: str, reference: str = "") -> None:
    """Offer a table as a file that a spreadsheet in the user's language opens as it is, with its provenance.

    Both are in one zip: a second button at every table would hide the first, and nobody would press it.
    reference: what the figures are a difference from, where they are one.
    """
    separator, decimal = (";", ",") if language() == "nl" else (",", ".")
    safe = table.map(cell, numbers=True).rename(columns=cell)
    # made when it is asked for: a part of a page that runs again each second would take it away meanwhile
    text = "\N{BYTE ORDER MARK}" + safe.to_csv(index=False, sep=separator, decimal=decimal)
    origin = provenance(reference)

    def both() -> bytes:
        return zipped({f"{name}.csv": text, f"{name}-{t('csv_birth')}.txt": origin})

    st.download_button(
        t("download"), both, f"{name}.zip", "application/zip", on_click="ignore", key=f"csv-{name}"
    )


def marks() -> list[str]:
    """Return what this session has changed in the model or its figures: for every page and export."""
    chosen = choices()
    here = profile(chosen)
    local = writing().local_figures(here.name, here.local, chosen.own_data is not None)
    found = [local] if local else []
    names = [*(name for name, _ in chosen.assumptions), *chosen.plan.data.get("parameters", {})]
    if names:
        more = t("and_more", n=len(names) - SHOWN_NAMES) if len(names) > SHOWN_NAMES else ""
        titles = "; ".join(parameter_title(name) for name in names[:SHOWN_NAMES])
        found.append(t("changed_assumptions", names=titles + more))
    if chosen.effect != "full":
        found.append(t("compare_effect", effect=t(f"effect_{chosen.effect}")))
    if chosen.future != MODEL_TODAY:
        found.append(t("future_chosen", told=t(f"future_{chosen.future}")))
    return found


def about(chosen: Choices, reference: str) -> None:
    """Show the plan of a page, and what it is compared with."""
    plan = t("pay_plan", plan=plain(chosen.plan.label()), name=plain(chosen.municipality))
    note(f"{plan} {plain(reference)}")


def birth(reference: str) -> str:
    """Return the provenance of what is on the screen, in one line."""
    return " · ".join(_birth(reference))


def _birth(reference: str) -> list[str]:
    head, dirty = commit()
    words = t(
        "birth", version=version(), commit=(head or "-")[:10] + ("+" if dirty else ""), seed=SEED,
        date=formats.date(profile(choices()).date), reference=reference or choices().municipality,
    )  # fmt: skip
    return [words, *marks()]


def provenance(reference: str) -> str:
    """Return the provenance of what is on the screen as a file, a fact a line."""
    return "\n".join([*_birth(reference), source_words()]) + "\n"


def footer(reference: str, source: str = "", whole: str = "") -> None:
    """Show the link that restores the screen, and in one line the provenance and the source.

    source: of a page whose figures come from elsewhere than those of a budget. whole: in place of both, of a
    page where nothing is of the choices in hand.
    """
    st.divider()
    st.fragment(lambda: guarded(_link))()
    note(plain(whole or f"{birth(reference)} · {source or source_words()}"))


def _link() -> None:
    """Show the link; it is made again when somebody opens it, because parts of a page may run alone."""
    base = (st.context.url or "").split("?")[0]
    with st.expander(t("link"), key=LINK_OPEN, on_change="rerun"):
        note(t("link_help"))
        st.code(f"{base}?{whole_query()}", language=None, wrap_lines=True)
