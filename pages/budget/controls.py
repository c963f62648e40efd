"""Controls that stand on more than one page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import streamlit as st
from pydantic_core import PydanticCustomError

from pages.choices.chosen import (
    CHARTS,
    MODES,
    MONEY,
    SURE,
    Choices,
    existing_fte,
    here,
    other_names,
    places,
    profile,
)
from pages.choices.state import (
    BEFORE,
    WANTED,
    choices,
    elsewhere,
    keep,
    kept_from,
    left_behind,
    told_beside_its_field,
)
from pages.look import formats
from pages.look.texts import language, t, writing
from pages.own import spot
from pages.own.known import in_use
from pages.shared.folds import fold
from pages.shared.parts import note, plain, way_to
from sim.decision.headline import horizons
from sim.decision.level_by_year import PER, PRICES
from sim.errors import Problem
from sim.files.wording import fault_of
from sim.inputs.placenames import became_of
from sim.model.catalogue import catalogue

COUNTRY = "Nederland"
PLACE = "municipality-chosen"
FIELD = "jeugdhulp"
"""What the address calls the field beside the municipality."""
MOST_COVERAGE = 0.30
"""Share of children of 4-14 that the slider can reach."""
CHILDREN_PER_FTE = 104.0
"""About how many children a worker reaches (visits per FTE over visits per child), for the slider only."""


def choose_municipality() -> Choices:
    """Show the choice of a municipality.

    Another one starts from child work as it is there today; a budget of more than that stays as it is.
    """
    chosen = choices()
    # Of its own name: a field that Streamlit knows by its contents is another one once those change, and
    # forgets what is chosen in it meanwhile.
    st.session_state[PLACE] = chosen.municipality
    offered = places(chosen)
    others = {name: meant for name, meant in other_names().items() if name not in offered}
    st.selectbox(
        t("municipality"), [*offered, *others], key=PLACE, on_change=_move, accept_new_options=True,
        format_func=lambda name: f"{name} → {others[name]}" if name in others else name,
        help=t("municipality_help"),
    )  # fmt: skip
    _not_here()
    whose_plan(chosen)
    if chosen.municipality == COUNTRY:
        note(t("country_slow"))
    return chosen


def _move() -> None:
    """Move to what was chosen or typed; `_not_here` names what cannot be chosen."""
    chosen, typed = choices(), st.session_state[PLACE]
    st.session_state.pop(WANTED, None)
    st.session_state.pop(BEFORE, None)
    try:
        name = here(typed, chosen)
    except PydanticCustomError:
        st.session_state[WANTED] = typed
        return
    if (became := became_of(typed)) and became.values.get("heir") == name:
        st.session_state[BEFORE] = typed
    keep(municipality=name, plan=elsewhere(chosen, replace(chosen, municipality=name)).plan)


def _not_here() -> None:
    """Show the alternatives for a municipality that cannot be chosen, and what is wrong with the request."""
    wanted = st.session_state.get(WANTED)
    if became := became_of(st.session_state.get(BEFORE, "")):
        note(plain(Problem.at("", became).told(language())))
    if wanted is None:
        _own_figures()
        return
    try:
        here(wanted, choices())
    except PydanticCustomError as error:
        st.warning(plain(Problem.at("", fault_of(error)).told(language())))
    told_beside_its_field("gemeente")
    way_to("eigen_cijfers", t("municipality_own"))


def _own_figures() -> None:
    """Show, folded, the figure that improves the answer most; the way to all where nothing is known yet."""
    chosen = choices()
    known = in_use(chosen.municipality, chosen)
    if known is None:
        way_to("eigen_cijfers", t("municipality_not_here"))
    else:
        fold(t("municipality_not_here"), "cijfer", FIELD, (FIELD,), partial(spot.show, known, chosen))


def whose_plan(chosen: Choices) -> None:
    """Say where the numbers of a plan still belong to another municipality, or could not come along."""
    if whose := kept_from(chosen):
        note(t("plan_kept", name=plain(whose)))
    elif where := left_behind(chosen):
        note(t("plan_left", name=plain(where)))


def choose_horizon(years: int) -> int:
    """Show the choice of how far ahead money is counted, and return it: at most the simulated years."""
    offered = horizons(years)
    now = choices().horizon if choices().horizon in offered else offered[-1]
    picked = st.segmented_control(
        t("pay_horizon"), offered, default=now, format_func=lambda n: t("pay_horizon_years", years=n),
        key=f"horizon-{years}", required=True,
    )  # fmt: skip
    found = int(picked or now)
    if found != now:
        keep(horizon=found)
    return found


def choose_chart(key: str) -> str:
    """Show the choice of what charts of budgets show, and return it. key: other on each page."""
    return _one_of("chart", CHARTS, t("chart"), lambda w: t(f"chart_of_{w}"), key)


def choose_mode(key: str) -> str:
    """Show the choice between levels and differences, and return it. key: other on each page."""
    return _one_of("mode", MODES, t("mode"), lambda w: t(f"mode_{w}"), f"mode-{key}")


def choose_money(key: str) -> None:
    """Show the choices of which money a chart of levels shows. key: other on each page."""
    with st.container(horizontal=True):  # below each other where there is no room: three columns cut them off
        _one_of("money", MONEY, t("money"), lambda w: t(f"money_{w}"), f"money-{key}")
        _one_of("per", PER, t("per"), lambda w: t(f"per_{w}"), f"per-{key}")
        _one_of("prices", PRICES, t("prices"), lambda w: t(f"prices_{w}"), f"prices-{key}")


def _one_of(
    field: str, offered: Sequence[str], label: str, words: Callable[[str], str], key: str
) -> str:
    now = str(getattr(choices(), field))
    picked = st.segmented_control(label, offered, default=now, format_func=words, key=key, required=True)
    found = str(picked or now)
    if found != now:
        keep(**{field: found})
        st.rerun()  # the link at the foot names it
    return found


def choose_sure() -> int:
    """Show the choice of how sure the money must be back, and return it in percent."""
    now = choices().sure
    picked = st.segmented_control(
        t("doubt_sure"), SURE, default=now, format_func=lambda n: formats.percent(n / 100), key="sure",
        required=True, help=t("doubt_sure_help"),
    )  # fmt: skip
    found = int(picked or now)
    if found != now:
        keep(sure=found)
    return found


def fte_offered(chosen: Choices) -> list[float]:
    """Return the FTE that a slider offers, from none to those that reach three in ten children.

    Whole steps, and what is there now and what is in hand as they are, also where that is more. A link may
    bring so little that it is written as none; none itself is then still there.
    """
    programme = catalogue()["kinderwerk"]
    children = sum(profile(chosen).youths[programme.first_age : programme.last_age + 1])
    top = children * MOST_COVERAGE / CHILDREN_PER_FTE
    step = 50 if top > 1000 else 1
    steps = range(0, max(step * round(top / step), 2) + step, step)
    own = (existing_fte(chosen), float(chosen.plan.fte))
    return sorted({fte_on_slider(number): number for number in (*map(float, steps), *own)}.values())


def fte_on_slider(fte: float) -> str:
    """Return a number of FTE as a slider writes it: as everywhere, but never another number as none."""
    return formats.fte(fte) if fte == 0 or round(fte, 1) > 0 else writing().significant(fte)
