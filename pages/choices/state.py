"""The choices in hand: kept in the session, at first from the link that opened it."""

from __future__ import annotations

import logging
import secrets
from dataclasses import replace

import streamlit as st

from pages.choices.chosen import Choices, fte_here, plans_around, possible, reference_of
from pages.choices.link import Link, read_link
from pages.choices.plan import Plan

log = logging.getLogger(__name__)
LEFT_BEHIND = "plan-left-behind"
KEPT_FROM = "plan-kept-from"
"""Whose numbers the plan in hand has."""
VIEW, OF_LINK = "view", "view-of-link"
"""What is looked at, by name, and which of those names a link gave that no page has shown yet."""
LEFT_OUT = "left-out-of-link"
"""By the text that tells it: the keys of what a link said and was left out."""
WANTED = "municipality-wanted"
"""A municipality that somebody asked for and that cannot be chosen."""
BEFORE = "municipality-of-before"
"""A municipality that somebody asked for and that is part of the one in hand today."""


def choices() -> Choices:
    """Return the choices of this session, at first from the link that opened it."""
    if "choices" not in st.session_state:
        st.session_state["choices"] = _from_link()
    found: Choices = st.session_state["choices"]
    return found


def keep(**changes: object) -> Choices:
    """Change and return the choices of this session.

    Budgets that are compared at first, and that nobody changed, are about child work as it is here now.
    """
    before = choices()
    after = replace(before, **changes)  # type: ignore[arg-type]
    here, was = (after.municipality, after.own), (before.municipality, before.own)
    if "plans" not in changes and here != was:
        kept = tuple(plan for plan in after.plans if possible(after, plan))
        if before.plans == plans_around(fte_here(before)) or len(kept) < 2:
            kept = plans_around(fte_here(after))
        after = replace(after, plans=kept)
    st.session_state["choices"] = after
    return after


def watcher(what: str = "answer") -> str:
    """Return the name under which this session looks at one kind of work."""
    name: str = st.session_state.setdefault("watcher", secrets.token_hex(8))
    return f"{name}-{what}"


def _from_link() -> Choices:
    """Return the choices in the link that opened this session; what is not possible is named and left out."""
    query = {key: st.query_params.get_all(key) for key in st.query_params}
    try:
        link = read_link(query)
    except Exception:  # a mistake of ours; a link never stops a page
        log.exception("a link could not be read")
        link = Link(Choices(), "", "", {}, tuple(query), ())
    if link.language:
        st.session_state["language"] = link.language
    if link.plan_from:
        st.session_state[KEPT_FROM] = (link.plan_from, link.choices.plan)
    st.session_state[VIEW], st.session_state[OF_LINK] = dict(link.view), set(link.view)
    for key, name in ((WANTED, link.unknown), (BEFORE, link.merged)):
        if name is not None:  # told beside the field
            st.session_state[key] = name
    st.session_state[LEFT_OUT] = {"bad_link": list(link.wrong), "gone_link": list(link.gone)}
    return link.choices


def told_beside_its_field(key: str) -> None:
    """Say no more above the page that a key of the link was left out: its field says why."""
    for keys in st.session_state.get(LEFT_OUT, {}).values():
        if key in keys:
            keys.remove(key)


def elsewhere(before: Choices, after: Choices) -> Choices:
    """Return choices after a move to another municipality, with a plan that belongs there.

    A plan of child work only becomes as much as there is now, and so does one that cannot be there. A plan
    that holds more stays as it is: KEPT_FROM remembers whose numbers it has, so that pages can say it.
    """
    plan, here = before.plan, before.municipality == after.municipality
    fits = all(possible(after, each) for each in (plan, reference_of(after)))
    if here and fits:
        return after
    simple = plan.steady and plan == Plan.simple(plan.fte, plan.fenced, plan.policy)
    if simple or not fits:
        found = Plan.simple(fte_here(after), plan.fenced, plan.policy)
        if not simple:
            st.session_state[LEFT_BEHIND] = (before.municipality, found)
        return replace(after, plan=found)
    if st.session_state.get(KEPT_FROM, ("", None))[1] != plan:  # else it comes from further back
        st.session_state[KEPT_FROM] = (before.municipality, plan)
    return after


def left_behind(chosen: Choices) -> str:
    """Return of which municipality a plan could not come along to that in hand, or nothing."""
    name, plan = st.session_state.get(LEFT_BEHIND, ("", None))
    return str(name) if plan == chosen.plan else ""


def kept_from(chosen: Choices) -> str:
    """Return of which other municipality the plan in hand still has its numbers, or nothing."""
    name, plan = st.session_state.get(KEPT_FROM, ("", None))
    return str(name) if plan == chosen.plan and name != chosen.municipality else ""
