"""The address of the browser follows what is chosen, so that opening it again shows the same.

It holds what differs from how everything is at first; where that is long, a short key of `shelf` stands for
it. What one looks at on a page without it being a choice of the model (which child, which parts are open) is
kept under the names in VIEWS, and stands in the address while that page is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar
from urllib.parse import urlencode

import streamlit as st

from pages.choices import shelf
from pages.choices.chosen import places
from pages.choices.link import FROM, VIEWS, first_in_link, written_in_link
from pages.choices.state import LEFT_OUT, OF_LINK, VIEW, choices, kept_from
from pages.look.texts import language
from sim.words.writing import LANGUAGES

T = TypeVar("T")
PAGE, WHOLE, LINK_OPEN = "page-shown", "whole-page-runs", "link-open"
"""In the session: which page is shown, whether all of it runs now, whether the link at its foot is open."""
LONGEST = 1_500
"""Letters of a query in the address bar: mail, chat and every proxy leave that much as it is."""
WORTH_A_KEY = 100
MOST_SOUGHT = 100
BETWEEN = "~"

def begin_page(page: str) -> None:
    """Remember which page is shown, and let the address follow from now on. page: its path."""
    st.session_state[PAGE], st.session_state[WHOLE] = page, True
    follow()


def end_page() -> None:
    """Update the address with what was chosen while the page ran."""
    st.session_state[WHOLE] = False
    follow()


def follow() -> None:
    """Update the address with the present choices; no cost if nothing changed."""
    if PAGE not in st.session_state:  # a page that stands alone has no address of its own
        return
    wanted = shortened(_changed())
    if {key: st.query_params.get_all(key) for key in st.query_params} != {k: [v] for k, v in wanted.items()}:
        st.query_params.from_dict(wanted)


def whole_query() -> str:
    """Return the query that restores everything anywhere: on other servers, and after years."""
    written = written_in_link(choices())
    fixed = {key: written[key] for key in ("gemeente", "begroting") if key in written}
    return urlencode({**fixed, **_changed(), "taal": language()})


def shortened(query: Mapping[str, str]) -> dict[str, str]:
    """Return a query with keys for its longest values, as many as it takes to fit in an address."""
    found = dict(query)
    for key in sorted(found, key=lambda key: -len(found[key])):
        if len(urlencode(found)) <= LONGEST or len(found[key]) < WORTH_A_KEY:
            break
        found[key] = shelf.put(found[key]) or found[key]
    return found


def _changed() -> dict[str, str]:
    """Return by key what differs from how it is at first."""
    chosen = choices()
    written, first = written_in_link(chosen), first_in_link(chosen)
    found = {key: text for key, text in written.items() if text != first.get(key)}
    if "eigen" in found and "gemeente" in written:  # figures of one's own lead to their municipality
        found["gemeente"] = written["gemeente"]
    if (whose := kept_from(chosen)) in places(chosen):  # figures of one's own may have been dropped since
        found[FROM] = whose
    if language() != next(iter(LANGUAGES)):
        found["taal"] = language()
    view = _view()
    shown = VIEWS.get(st.session_state.get(PAGE, ""), ())
    return found | {name: view[name] for name in shown if view.get(name)}


# What one looks at


def seen(name: str, offered: Iterable[T], first: T) -> T:
    """Return which of what is offered was shown under a name, by the link or before; or the first."""
    said = _said(name)
    if not said:
        return first
    for value in offered:
        if str(value) == said:
            return value
    _not_offered(name)
    return first


def seen_parts(name: str, offered: Iterable[str]) -> list[str]:
    """Return which parts of what is offered were shown under a name."""
    known = list(offered)
    parts = _said(name).split(BETWEEN, len(known))
    if parts != [""] and not set(parts) <= set(known):
        _not_offered(name)
    return [part for part in known if part in parts]


def seen_words(name: str) -> str:
    """Return which words were sought under a name."""
    said = _said(name)
    if len(said) <= MOST_SOUGHT and said.isprintable():
        return said
    _not_offered(name)
    return ""


def saw(name: str, value: object, first: object = "") -> None:
    """Remember what is shown under a name; what is so at first needs no remembering."""
    said = "" if value == first else str(value)
    st.session_state.get(OF_LINK, set()).discard(name)
    view = _view()
    if view.get(name, "") != said:
        view[name] = said
        if not st.session_state.get(WHOLE):  # a part of the page runs alone
            follow()
            if st.session_state.get(LINK_OPEN):
                st.rerun()  # the link at the foot is on the screen


def saw_parts(name: str, parts: Iterable[str]) -> None:
    """Remember which parts are shown under a name."""
    saw(name, BETWEEN.join(parts))


def saw_words(name: str, words: str) -> None:
    """Remember which words are sought under a name, where they are few enough for an address."""
    saw(name, words if len(words) <= MOST_SOUGHT and words.isprintable() else "")


def _view() -> dict[str, str]:
    """Return what was shown under each name that is known; empty where it is as at first."""
    choices()  # the link is read first
    found: dict[str, str] = st.session_state.setdefault(VIEW, {})
    return found


def _said(name: str) -> str:
    return _view().get(name, "")


def _not_offered(name: str) -> None:
    """Forget what cannot be shown; if the link held it, the page says so."""
    _view()[name] = ""
    if name in st.session_state.get(OF_LINK, set()):
        st.session_state.setdefault(LEFT_OUT, {}).setdefault("bad_link", []).append(name)
