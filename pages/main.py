"""What all pages have around them: language, and navigation (`SECTIONS` lists the pages). No arithmetic."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Literal

import streamlit as st

from pages.choices.address import begin_page, end_page
from pages.choices.state import LEFT_OUT, choices
from pages.look import dark, house_style
from pages.look.texts import language, t
from pages.serving import browser_words
from pages.shared.parts import guarded, plain
from sim.words.writing import LANGUAGES

# The server says in which language a page is when it is opened (app.py); a switch of language comes later.
LANGUAGE_OF_PAGE = '<script>document.documentElement.lang = "{}";</script>'
UNFINISHED = "<style>:root {{--unfinished: {}}}</style>"
"""What stands on paper of a page that is still at work (print.css)."""
MENU_CLOSES = """<script>
if (!window.menuCloses) document.addEventListener("click", window.menuCloses = event => {
  if (innerWidth < 768 && event.target.closest("[data-testid=stSidebar] a"))
    document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click();
});
</script>"""
"""On a phone the menu lies over the page; it closes when a page is chosen."""
LESS_SPACE = """<style>
.stMainBlockContainer {padding-top: 3.5rem}
.stMainBlockContainer [data-testid=stPageLink] a p {text-decoration: underline; white-space: normal}
@media (max-width: 500px) {[data-testid=stExpanderDetails] {padding-inline: 0.25rem}}
</style>"""
"""The sentence on Start should stand on the first screen; a link to a page is seen to be one; a table in a
fold has the width of a phone."""
LONGEST_KEY, MOST_KEYS = 30, 5
"""Bounds on the parts of a link that are shown: anybody may have written it."""
Layout = Literal["centered", "wide"]
HERE = Path(__file__).parent
ICON = HERE / "icon.svg"
"""Of our own: for one of Streamlit's, the browser of every visitor would call Google."""
WIDE = ("verken", "vergelijk")
"""Pages that show the outcome beside the choices, or budgets in rows."""
SECTIONS = {
    "section_choose": ("start", "verken", "vergelijk", "galerij"),
    "section_outcomes": ("wie-betaalt", "kinderen", "onzekerheid"),
    "section_grounds": ("onderzoek", "aannames", "eigen-cijfers", "ijking"),
    "section_take": ("briefing", "afwegingskader", "over"),
}
"""Pages by what they are for. A page stands in a file of its name; `page_NAME` is its title."""


def main() -> None:
    """Show the chosen page."""
    choices()  # a link may choose the language, so it is read first
    pages = {t(section): [_page(name) for name in names] for section, names in SECTIONS.items()}
    chosen = st.navigation(pages, position="hidden")
    layout: Layout = "wide" if chosen.url_path in WIDE else "centered"
    title = t("app") if chosen.url_path == "" else f"{chosen.title} – {t('app')}"
    st.set_page_config(page_title=title, page_icon=str(ICON), layout=layout)
    with st.sidebar:
        _menu(pages)
        st.segmented_control(
            "Taal / Language",
            list(LANGUAGES),
            format_func=LANGUAGES.__getitem__,
            default=language(),
            key="language_choice",
            on_change=_switch,
            required=True,
        )
    look = dark.BUTTONS + dark.PRINT if dark.is_on() else house_style.look()
    st.html(LESS_SPACE + dark.BUTTONS_AT_ONCE + look)
    st.html(HERE / "print.css")
    st.html(UNFINISHED.format(json.dumps(t("print_unfinished"), ensure_ascii=False)))
    browser_words.show()
    st.html(LANGUAGE_OF_PAGE.format(language()), unsafe_allow_javascript=True)
    st.html(MENU_CLOSES, unsafe_allow_javascript=True)
    above = st.container()
    guarded(partial(begin_page, chosen.url_path or "start"))
    guarded(chosen.run)
    guarded(end_page)
    with above:
        _left_out()


def _left_out() -> None:
    """Say what of a link was left out, until something is chosen."""
    if not any(st.session_state.get(LEFT_OUT, {}).values()):
        return
    if choices() != st.session_state.setdefault("link_read_as", choices()):
        del st.session_state[LEFT_OUT]
        return
    for words, keys in st.session_state[LEFT_OUT].items():
        if keys:
            shown = [plain(key[:LONGEST_KEY].strip()) or "?" for key in keys[:MOST_KEYS]]
            more = ["…"] if len(keys) > MOST_KEYS else []
            st.warning(t(words, what=", ".join([*shown, *more])))


def _menu(pages: dict[str, list[st.Page]]) -> None:
    """Show the way to every page. Streamlit's own menu with sections is no list to a screen reader."""
    for section, linked in pages.items():
        with st.container(gap="xxsmall"):
            st.markdown(f"**{section}**")
            for page in linked:
                st.page_link(page)


def _page(name: str) -> st.Page:
    file = HERE / f"{name.replace('-', '_')}.py"
    return st.Page(file, title=t(f"page_{name.replace('-', '_')}"), url_path=name, default=name == "start")


def _switch() -> None:
    picked = st.session_state.get("language_choice")
    if picked in LANGUAGES:
        st.session_state["language"] = picked


main()
