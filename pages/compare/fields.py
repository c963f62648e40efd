"""The budgets as they are chosen: how many, what they are called, and what is in each."""

from __future__ import annotations

import streamlit as st

from pages.choices.chosen import MAX_PLANS, Choices, fte_here, plans_offered
from pages.choices.plan import MOST_FTE, Plan
from pages.choices.state import choices, keep
from pages.look.texts import t
from pages.shared import parts
from pages.shared.number_fields import digits, number_field

SHOWN, FIELDS = "compare-shown", "compare-fields"
LONGEST_NAME = 60
POLICIES = ("crowd_out", "deficit", "capped")


def fields(chosen: Choices) -> tuple[Plan, ...]:
    """Show the fields of every budget, and return the budgets as they are changed."""
    made = _made(chosen.plans)
    number = st.segmented_control(
        t("compare_count"), list(range(2, MAX_PLANS + 1)), default=len(chosen.plans), key=f"count-{made}",
        required=True,
    )  # fmt: skip
    offered = chosen.plans + plans_offered(fte_here(chosen))[len(chosen.plans) :]
    return tuple(_field(k, offered[k], made) for k in range(number))


def shown(plans: tuple[Plan, ...]) -> None:
    """Remember which budgets the fields show."""
    st.session_state[SHOWN] = plans


def _made(plans: tuple[Plan, ...]) -> int:
    """Return a number for the keys of fields: another where budgets came from elsewhere, to show those."""
    if st.session_state.get(SHOWN) != plans:
        st.session_state[FIELDS] = st.session_state.get(FIELDS, 0) + 1
    return int(st.session_state[FIELDS])


def _field(k: int, now: Plan, made: int) -> Plan:
    """Show one budget, and return it as changed; its other levers stay as they are."""
    key, held = f"{k}-{made}", str(now.data.get("title", ""))
    mark = now.code()[:40]
    refused: list[str] = []
    with st.container(border=True):
        columns = st.columns([3, 2, 2, 3], vertical_alignment="bottom")
        name = columns[0].text_input(
            f"{k + 1}. {t('name')}", held, max(LONGEST_NAME, len(held)), key=f"name-{key}",
            placeholder=now.described(),
        )  # fmt: skip
        fte = number_field(
            columns[1], f"{k + 1}. {t('fte')}", 0.0, MOST_FTE, now.fte, key=f"fte-{key}",
            disabled=not now.steady, refused=refused,
        )  # fmt: skip
        fenced = columns[2].toggle(
            f"{k + 1}. {t('ring_fence')}", now.fenced, key=f"fence-{key}", help=t("ring_fence_help")
        )
        policy = columns[3].selectbox(
            f"{k + 1}. {t('policy')}", POLICIES, POLICIES.index(now.policy), key=f"policy-{key}",
            format_func=lambda p: t(f"policy_{p}"), help=_policy_help(),
        )  # fmt: skip
        for why in refused:
            st.error(parts.plain(f"{why} {t('number_kept', value=digits(now.fte))}"))
        if set(now.data) - {"policy", "programmes", "title"} or set(now.programmes) - {"kinderwerk"}:
            parts.note(t("start_beside", what=parts.plain(now.described())))
        mine = st.button(f"{k + 1}. {t('compare_mine')}", key=f"mine{k}-{mark}", help=t("compare_mine_help"))
    if mine:
        changed = [*choices().plans]
        changed[k : k + 1] = [choices().plan]
        keep(plans=tuple(changed))
        st.rerun()
    found = now
    if now.steady and (fte, fenced) != (now.fte, now.fenced):
        found = found.with_child_work(fte, fenced)
    if policy != now.policy:
        # numbers of places count only where places are limited
        found = found.changed(policy=policy, places=now.data.get("places") if policy == "capped" else None)
    return found if found is now and name == held else found.named(name)


def _policy_help() -> str:
    """Return what each choice does, by the name that it has in the list."""
    return t("policy_help", **{policy: t(f"policy_{policy}") for policy in POLICIES})
