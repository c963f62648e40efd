"""The controls of the levers: each part of the page Verken shows one, and returns the plan as changed.

The plan in hand decides. A control is made from it, and made again (`renew`) when the plan is changed
elsewhere. A part that is closed shows nothing and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st
from babel.dates import get_month_names
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

from pages.budget.path_controls import fte_control
from pages.choices.chosen import EFFECTS, REFERENCES, Choices, existing_fte, pair
from pages.choices.lever_words import SECTIONS, programme_title, title_of, words_of
from pages.choices.levers import (
    POLICIES,
    by_need,
    falls_in,
    mechanisms,
    period,
    shortest,
    some,
    with_by_need,
    within,
)
from pages.choices.plan import MOST_EUROS, MOST_PLACES, Plan
from pages.choices.state import choices, keep
from pages.look import formats
from pages.look.texts import language, t, writing
from pages.shared.folds import folding
from pages.shared.number_fields import number_field
from pages.shared.parts import note, plain
from sim.engine.plan import LIMITED
from sim.errors import InputError
from sim.inputs.horizon import FIRST_YEAR, LAST_YEAR, MAX_YEARS
from sim.inputs.scenario import PLACES_WORDS
from sim.inputs.shock import BOTH_WAYS, MOST_SHORTER, ON_FORMS
from sim.model.catalogue import TARGETING, Programme, catalogue
from sim.model.futures import FUTURES
from sim.states import AGES, FORMS, MONTHS
from sim.words.future_words import future_words

NUMBER = "number"
WORKS, FILES = "works", "files"
"""Parts of the page that are no levers of their own."""
KINDS = ("lockdown", "teacher_shortage", "budget_cut", "registration_shift", *ON_FORMS)
TIMES = (1.0, 1.5, 2.0, 3.0)
"""How many times as often children with need may be said to come."""
NEW_SHOCK = {"kind": "lockdown", "months": 6, "size": 0.5}


def renew() -> None:
    """Make every control anew from the plan in hand."""
    st.session_state["verken"] = st.session_state.get("verken", 0) + 1


def key(*names: object) -> str:
    """Return the key of a control that lives until the plan is changed by something else."""
    return "-".join(
        str(n) for n in ("verken", st.session_state.get("verken", 0), choices().municipality, *names)
    )


def unfolded(section: str, title: str) -> ExpanderContainer:
    """Show the part of the page for a section, open or closed as it was."""
    return folding(title, "delen", section, (*catalogue(), *SECTIONS, WORKS, FILES), f"verken-open-{section}")


def part(section: str, first: Choices, show: Callable[[Choices], None]) -> None:
    """Show one part of the page that opens and closes, and below it what it holds.

    first: the choices as they were before anybody moved a lever.
    """
    with st.container(gap="xsmall"):
        opened = unfolded(section, title_of(section))
        if opened.open:
            with opened:
                show(choices())
        now = words_of(section, choices())
        if now != words_of(section, first):
            note(t("verken_mark", words=plain(now)))
        elif now != t("lever_nothing"):
            note(plain(now))


def put(plan: Plan) -> None:
    """Take a plan as changed, unless it means the same as the one in hand (whose title then stays).

    An impossible value is named and not taken.
    """
    taken = shortest(plan)
    if taken.changed() == shortest(choices().plan).changed():
        return
    try:
        pair(replace(choices(), plan=taken))
    except InputError as error:
        st.error(t("verken_not_taken", reason=plain("; ".join(error.told(language())))))
        return
    keep(plan=taken)


# Programmes


def programme_control(name: str, chosen: Choices) -> None:
    """Show how much of a programme there is, for whom, and who pays."""
    programme, plan = catalogue()[name], chosen.plan
    use = dict(plan.programmes.get(name, {"fte": 0.0}))
    use["fte"] = fte_control(name, use["fte"], *period(plan), key)
    there = some(use["fte"])
    if there:
        use |= _run(programme, use)
    put(plan.changed(programmes={**plan.programmes, name: use}))
    if there:
        if programme.workers:
            note(t("verken_workers"))
        _by_need(name)


def _by_need(name: str) -> None:
    """Show how many times as often children with need come, and take it."""
    now = by_need(name, choices())
    offered = sorted({*TIMES, now})
    times = st.selectbox(
        t("verken_by_need"), offered, offered.index(now), help=t("verken_by_need_help"),
        key=key(name, "by-need"), format_func=_times,
    )  # fmt: skip
    if times != now:
        changed = with_by_need(name, times, choices())
        keep(plan=changed.plan, assumptions=changed.assumptions)


def _times(times: float) -> str:
    if times == 1.0:
        return _usual(t("verken_by_need_alike"), True)
    return t("verken_by_need_times", times=writing().significant(times))


def _run(programme: Programme, use: dict[str, Any]) -> dict[str, Any]:
    """Show how a programme is run, and return it."""
    name = programme.name
    fenced = st.toggle(
        t("ring_fence"), use.get("ring_fenced", True), help=t("verken_fence_help"), key=key(name, "fence")
    )
    now = use.get("targeting") or programme.targeting
    targeting = st.selectbox(
        t("verken_targeting"), TARGETING, TARGETING.index(now), key=key(name, "targeting"),
        format_func=lambda way: _usual(t(f"lever_to_{way}"), way == programme.targeting),
    )  # fmt: skip
    own = programme.ages
    ages = st.slider(t("verken_ages"), 0, AGES - 1, tuple(use.get("ages") or own), key=key(name, "ages"))
    payers = ("gemeente", "outside")
    paid = st.selectbox(
        t("verken_paid"), payers, payers.index(use.get("paid_by", "gemeente")), key=key(name, "paid"),
        format_func=lambda payer: t(f"verken_paid_{payer}"),
    )  # fmt: skip
    return {"ring_fenced": fenced, "targeting": targeting, "ages": list(ages), "paid_by": paid}


def _usual(words: str, usual: bool) -> str:
    return t("verken_usual", what=words) if usual else words


def works_control(chosen: Choices) -> None:
    """Show which mechanisms of the programmes in use work."""
    plan = chosen.plan
    st.markdown(t("verken_works_lead"))
    uses, any_shown = plan.programmes, False
    for name, programme in catalogue().items():
        use = uses.get(name)
        if use is None or not some(use["fte"]) or not mechanisms(programme):
            continue
        any_shown = True
        with st.container(border=True):
            st.markdown(f"**{programme_title(name)}**")
            on = use.get("switches", {})
            switches = {
                m: st.checkbox(t(f"lever_does_{m}"), on.get(m, True), key=key(name, "works", m))
                for m in mechanisms(programme)
            }
        uses[name] = {**use, "switches": switches}
    if not any_shown:
        st.markdown(t("verken_works_none"))
    put(plan.changed(programmes=uses))


# Money


def money_control(chosen: Choices) -> None:
    """Show what happens with a shortfall, how many places there are, and the budget."""
    plan = chosen.plan
    policy = st.selectbox(
        t("policy"), POLICIES, POLICIES.index(plan.policy), key=key("policy"),
        format_func=lambda p: t(f"policy_{p}"),
    )  # fmt: skip
    note(t(f"verken_policy_{policy}"))
    places = _places(plan.data.get("places", {})) if policy == "capped" else None
    put(plan.changed(policy=policy, places=places, budget=_budget(plan.data.get("budget", {}))))


def _places(now: dict[str, Any]) -> dict[str, Any]:
    """Show the number of places of each form, and return those that are not as usual."""
    st.markdown(f"**{t('verken_places')}**")
    found: dict[str, Any] = {}
    ways = (*PLACES_WORDS, NUMBER)
    for form in FORMS:
        usual = "as_used" if form in LIMITED else "unlimited"
        held = now.get(form, usual)
        title = t(f"pw_tail_{form}")
        way = st.selectbox(
            title[:1].upper() + title[1:], ways, ways.index(held if isinstance(held, str) else NUMBER),
            key=key("places", form), format_func=partial(_way, usual=usual),
        )  # fmt: skip
        number = 0.0
        if way == NUMBER:
            before = 0.0 if isinstance(held, str) else float(held)
            number = number_field(
                st.container(), t("verken_places_n", form=title), 0.0, MOST_PLACES, before,
                key=key("places-number", form),
            )  # fmt: skip
        if way != usual:
            found[form] = number if way == NUMBER else way
    return found


def _way(way: str, usual: str) -> str:
    words = t("verken_places_number") if way == NUMBER else t(f"lever_places_{way}")
    return _usual(words, way == usual)


def _budget(now: dict[str, Any]) -> dict[str, float]:
    """Show the youth-care budget and its growth, and return what is not left to the model."""
    found: dict[str, float] = {}
    amount, growth = now.get("youth_care"), now.get("real_growth")
    own = st.toggle(
        t("verken_budget_own"), amount is not None, help=t("verken_budget_help"), key=key("budget-own")
    )
    if own:
        millions = number_field(
            st.container(), t("verken_budget"), 0.0, MOST_EUROS / 1e6,
            None if amount is None else amount / 1e6, key=key("budget"), may_be_empty=True,
            placeholder=t("verken_budget_empty"),
        )  # fmt: skip
        if millions is not None:
            found["youth_care"] = _kept(amount, round(millions * 1e6), 0.5)
    own = st.toggle(
        t("verken_growth_own"), growth is not None, help=t("verken_growth_help"), key=key("growth-own")
    )
    if own:
        percent = number_field(
            st.container(), t("verken_growth"), -50.0, 50.0, round(100 * (growth or 0.0), 6),
            key=key("growth"),
        )  # fmt: skip
        found["real_growth"] = _kept(growth, round(percent / 100, 8), 1e-8)
    return found


def _kept(before: float | None, now: float, room: float) -> float:
    """Return a number as it was where a control only rounded it."""
    return before if before is not None and abs(now - before) <= room else float(now)


# Shocks


def shocks_control(chosen: Choices) -> None:
    """Show the shocks one by one, each with a button that takes it away, and one that adds another."""
    plan = chosen.plan
    shocks = [dict(shock) for shock in plan.data.get("shocks", [])]
    for n, shock in enumerate(shocks, 1):
        with st.container(border=True):
            shocks[n - 1] = _shock(n, shock, plan)
            st.button(
                t("verken_shock_remove", n=n),
                key=key("shock-remove", n),
                on_click=_without_shock,
                args=(n - 1,),
            )
    put(plan.changed(shocks=shocks))
    st.button(t("verken_shock_add"), key=key("shock-add"), on_click=_with_shock, icon=":material/add:")


def _shock(n: int, shock: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """Show one shock, and return it as changed."""
    kind = st.selectbox(
        t("verken_shock_kind", n=n), KINDS, KINDS.index(shock["kind"]), key=key("shock-kind", n),
        format_func=lambda k: t(f"lever_shock_{k}"),
    )  # fmt: skip
    note(t(f"verken_help_{kind}"))
    start, years = period(plan)
    year, _, month = str(shock["start"]).partition("-")
    known = sorted({*range(start, start + years), int(year)})
    left, right = st.columns(2)
    year_now = left.selectbox(
        t("verken_shock_year", n=n), known, known.index(int(year)), key=key("shock-year", n)
    )
    months = get_month_names("wide", locale=writing().locale)
    month_now = right.selectbox(
        t("verken_shock_month", n=n), range(1, MONTHS + 1), int(month or 1) - 1, key=key("shock-month", n),
        format_func=months.__getitem__,
    )  # fmt: skip
    left, right = st.columns(2)
    length = number_field(
        left, t("verken_shock_months", n=n), 1, MONTHS * MAX_YEARS, int(shock.get("months", 12)),
        key=key("shock-months", n), whole=True,
    )  # fmt: skip
    lowest = -100.0 if kind in BOTH_WAYS else 0.0
    most = 100.0 * MOST_SHORTER if kind == "shorter_care" else 100.0
    size = number_field(
        right, t("verken_shock_size", n=n), lowest, most,
        min(max(round(100 * shock["size"], 6), lowest), most), key=key("shock-size", n, lowest, most),
    )  # fmt: skip
    found = {
        "kind": kind, "start": f"{year_now}-{month_now:02d}", "months": int(length),
        "size": _kept(shock["size"] if lowest <= 100 * shock["size"] <= most else None, size / 100, 1e-9),
    }  # fmt: skip
    return found | _of_kind(n, kind, shock, plan)


def _of_kind(n: int, kind: str, shock: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """Show what only this kind of shock has, and return it."""
    if kind == "lockdown":
        present = st.toggle(
            t("verken_shock_workers", n=n), shock.get("workers", "present") == "present",
            key=key("shock-workers", n),
        )  # fmt: skip
        return {} if present else {"workers": "absent"}
    if kind in ON_FORMS:
        forms = st.multiselect(
            t("verken_shock_forms", n=n), list(FORMS), shock.get("forms", []),
            format_func=lambda form: t(f"pw_tail_{form}"), key=key("shock-forms", n),
        )  # fmt: skip
        return {"forms": forms} if forms else {}
    if kind != "budget_cut":
        return {}
    open_ones = [
        name for name, use in plan.programmes.items() if some(use["fte"]) and not use.get("ring_fenced", True)
    ]
    if not open_ones:
        st.warning(t("verken_shock_fenced"))
    names = st.multiselect(
        t("verken_shock_programmes", n=n), list(catalogue()), shock.get("programmes", []),
        format_func=programme_title, key=key("shock-programmes", n),
    )  # fmt: skip
    return {"programmes": names} if names else {}


def _with_shock() -> None:
    plan = choices().plan
    start, years = period(plan)
    new = {**NEW_SHOCK, "start": f"{start + min(2, years - 1)}-01"}
    keep(plan=shortest(plan.changed(shocks=[*plan.data.get("shocks", []), new])))


def _without_shock(index: int) -> None:
    plan = choices().plan
    shocks = [shock for k, shock in enumerate(plan.data.get("shocks", [])) if k != index]
    keep(plan=shortest(plan.changed(shocks=shocks)))
    renew()


# Years, and what the plan is compared with


def period_control(chosen: Choices) -> None:
    """Show the first year and the number of years; paths of FTE are cut to them, and no shock is lost."""
    start, years = period(chosen.plan)
    left, right = st.columns(2)
    new_start = number_field(
        left, t("verken_start"), FIRST_YEAR, LAST_YEAR, start, key=key("start"), whole=True
    )
    new_years = number_field(
        right, t("verken_years"), 1, MAX_YEARS, years, help=t("verken_years_help"), key=key("years"),
        whole=True,
    )  # fmt: skip
    lost = [s for s in chosen.plan.data.get("shocks", []) if not falls_in(s, int(new_start), int(new_years))]
    if lost:
        st.warning(t("verken_shock_late"))
    elif (new_start, new_years) != (start, years):
        put(within(chosen.plan, int(new_start), int(new_years)))


def compared_control(chosen: Choices) -> None:
    """Show what the plan is compared with, the assumed strength of child work, and how youth care grows."""
    reference = st.radio(
        t("verken_reference"), REFERENCES, REFERENCES.index(chosen.reference), key=key("reference"),
        format_func=lambda name: t(f"lever_reference_{name}"),
    )  # fmt: skip
    note(t("verken_reference_now", fte=formats.fte(existing_fte(chosen))))
    effects = list(EFFECTS)
    effect = st.selectbox(
        t("less_well"), effects, effects.index(chosen.effect), format_func=lambda e: t(f"effect_{e}"),
        help=t("less_well_help"), key=key("effect"),
    )  # fmt: skip
    future = st.selectbox(
        t("future_lever"), FUTURES, FUTURES.index(chosen.future), format_func=lambda f: t(f"future_{f}"),
        help=t("future_lever_help"), key=key("future"),
    )  # fmt: skip
    note(future_words(future, writing()) + ".")
    keep(reference=reference, effect=effect, future=future)
