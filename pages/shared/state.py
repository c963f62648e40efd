"""The choices in hand: kept in the session, restored from a link, written into a link."""

from __future__ import annotations

import json
import math
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from pages.shared.charts import SHOWN
from pages.shared.plan import CHILD_WORK, Plan, pack, unpack
from pages.shared.texts import t
from sim.errors import InputError
from sim.experiment import Options, setting_for
from sim.headline import HORIZONS, STRENGTH
from sim.library import registry
from sim.population import Profile, profiles
from sim.scenario import Scenario, scenario_from_dict
from sim.writing import LANGUAGES

EFFECTS = {"full": None, "half": 0.375, "none": 0.0}
"""Expected strength of the effect (STRENGTH); None leaves the prior as it is."""
REFERENCES = ("none", "now")
"""What is compared with: no programmes at all, or child work as it is today."""
MAX_PLANS = 4
PLAN = Plan.simple()


def plans_around(fte: float) -> tuple[Plan, ...]:
    """Return what is compared at first: none, as much as now, twice that, the same not ring-fenced."""
    return Plan.simple(0.0), Plan.simple(fte), Plan.simple(2 * fte), Plan.simple(2 * fte, False)


PLANS = plans_around(PLAN.fte)
MOST_ASSUMPTIONS = 60
KEPT_FROM = "plan-kept-from"
LEFT_BEHIND = "plan-left-behind"
SURE = (50, 75, 90)
"""How sure somebody may want to be that the money comes back, percent."""
_ASSUMPTION = re.compile(r"([a-z0-9_.-]{1,80}):(-?\d{1,12}(?:\.\d{1,20})?(?:e-?\d{1,2})?)", re.ASCII)


@dataclass(frozen=True)
class Choices:
    """What a user has chosen; every page reads the same.

    assumptions: (parameter, value) that this session changed. own: local figures as JSON, the content of a
    file of `kind: municipality`; they stand for the municipality of their name. horizon: how many years
    ahead money is counted, one of HORIZONS; sure: how sure a plan is to pay for itself, percent, one of SURE;
    chart: what the chart of differences shows, one of SHOWN.
    """

    municipality: str = "Almere"
    plan: Plan = PLAN
    plans: tuple[Plan, ...] = PLANS
    reference: str = "none"
    effect: str = "full"
    assumptions: tuple[tuple[str, float], ...] = ()
    own: str = ""
    horizon: int = HORIZONS[-1]
    sure: int = SURE[0]
    chart: str = next(iter(SHOWN))

    @property
    def own_data(self) -> dict[str, Any] | None:
        """Return the local figures in use, or None."""
        data = json.loads(self.own) if self.own else None
        return data if data and data["name"] == self.municipality else None

    @property
    def plain(self) -> bool:
        """Tell whether every assumption and figure is the model's own."""
        return not self.assumptions and self.own_data is None


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
        kept = tuple(plan for plan in after.plans if _possible(after, plan))
        if before.plans == plans_around(fte_here(before)) or len(kept) < 2:
            kept = plans_around(fte_here(after))
        after = replace(after, plans=kept)
    st.session_state["choices"] = after
    return after


def _possible(chosen: Choices, plan: Plan) -> bool:
    """Tell whether there can be a scenario of a plan: not with more workers than there are youths, say."""
    try:
        scenario(chosen, plan)
    except InputError:
        return False
    return True


def watcher(what: str = "answer") -> str:
    """Return the name under which this session looks at one kind of work."""
    name: str = st.session_state.setdefault("watcher", secrets.token_hex(8))
    return f"{name}-{what}"


# Links


def _from_link() -> Choices:
    """Return the choices in the link that opened this session; what is not possible is told and left out."""
    query = st.query_params
    found, wrong = Choices(), []
    if "taal" in query:
        if query["taal"] in LANGUAGES:
            st.session_state["language"] = query["taal"]
        else:
            wrong.append("taal")
    for key, read in _READERS.items():
        if key in query:
            try:
                changed = replace(found, **read(query[key]))
                _all_scenarios(changed)
            except (ValueError, KeyError, TypeError, RecursionError, InputError):
                wrong.append(key)
            else:
                found = changed
    st.session_state["wrong_in_link"] = wrong
    taken = set(query.keys()) - set(wrong)
    if "begroting" not in taken:  # a link to a municipality alone begins with child work as it is there
        found = replace(found, plan=Plan.simple(fte_here(found)))
    if "begrotingen" not in taken:
        found = replace(found, plans=plans_around(fte_here(found)))
    return found


def _all_scenarios(chosen: Choices) -> None:
    """Make every scenario of some choices. Raises InputError or ValueError where one is not possible."""
    for plan in (reference_of(chosen), chosen.plan, *chosen.plans):
        if scenario(chosen, plan).years < 1:
            raise ValueError("a plan without years shows nothing")


def _own(code: str) -> dict[str, Any]:
    data = json.loads(unpack(code))
    return {"own": json.dumps(data, sort_keys=True, ensure_ascii=False), "municipality": data["name"]}


def _municipality(name: str) -> dict[str, Any]:
    known = registry().municipalities[name.casefold()]
    if known not in places():
        raise ValueError(name)
    return {"municipality": known}


def _plans(codes: str) -> dict[str, Any]:
    plans = tuple(Plan.of_code(code) for code in codes.split("~", MAX_PLANS))
    if not 2 <= len(plans) <= MAX_PLANS:
        raise ValueError(codes)
    return {"plans": plans}


def _assumptions(text: str) -> dict[str, Any]:
    found = [_ASSUMPTION.fullmatch(part) for part in text.split("~", MOST_ASSUMPTIONS)]
    if not all(found):
        raise ValueError(text)
    return {"assumptions": tuple(sorted((m[1], float(m[2])) for m in found if m))}


def _number(field: str, allowed: tuple[int, ...]) -> Callable[[str], dict[str, Any]]:
    words = {str(number): number for number in allowed}
    return lambda word: {field: words[word]}


def _one_of(field: str, allowed: Mapping[str, object] | tuple[str, ...]) -> Callable[[str], dict[str, Any]]:
    def read(word: str) -> dict[str, Any]:
        if word not in allowed:
            raise ValueError(word)
        return {field: word}

    return read


_READERS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "gemeente": _municipality,
    "eigen": _own,
    "aannames": _assumptions,
    "effect": _one_of("effect", EFFECTS),
    "vergeleken": _one_of("reference", REFERENCES),
    "termijn": _number("horizon", HORIZONS),
    "zeker": _number("sure", SURE),
    "grafiek": _one_of("chart", SHOWN),
    "begroting": lambda code: {"plan": Plan.of_code(code)},
    "begrotingen": _plans,
}
"""How each key of a link is read, in an order in which each has what it needs."""


def query_of(chosen: Choices, language: str) -> str:
    """Return the query that restores the choices; what is as it was at first is left out."""
    written = {
        "gemeente": "" if chosen.own_data else chosen.municipality,
        "eigen": pack(chosen.own) if chosen.own_data else "",
        "aannames": "~".join(f"{name}:{value!r}" for name, value in chosen.assumptions),
        "effect": chosen.effect,
        "vergeleken": chosen.reference,
        "termijn": str(chosen.horizon),
        "zeker": str(chosen.sure),
        "grafiek": chosen.chart,
        "begroting": chosen.plan.code(),
        "begrotingen": "~".join(plan.code() for plan in chosen.plans),
    }
    first = {f.name: f.default for f in fields(Choices)}
    default = {
        "effect": first["effect"], "vergeleken": first["reference"],
        "termijn": str(first["horizon"]), "zeker": str(first["sure"]), "grafiek": first["chart"],
        "begrotingen": "~".join(plan.code() for plan in plans_around(fte_here(chosen))),
    }  # fmt: skip
    kept = {key: text for key, text in written.items() if text and text != default.get(key)}
    return urlencode({**kept, "taal": language})


# What is computed


def places(chosen: Choices | None = None) -> list[str]:
    """Return the municipalities to choose from: local figures first, then Almere; the country last."""
    names = [name for name in profiles() if name not in ("Nederland", "Nederland 2018", "Almere")]
    shipped = ["Almere", *sorted(names), "Nederland"]
    own = json.loads(chosen.own)["name"] if chosen is not None and chosen.own else None
    return shipped if own is None or own in shipped else [own, *shipped]


def scenario(chosen: Choices, plan: Plan) -> Scenario:
    """Return the scenario of a plan. Raises InputError where it is not possible."""
    return _scenario(chosen.municipality, json.dumps(chosen.own_data or ""), chosen.effect,
                     chosen.assumptions, plan, plan.label())  # fmt: skip


@lru_cache(maxsize=512)
def _scenario(
    municipality: str,
    own: str,
    effect: str,
    assumptions: tuple[tuple[str, float], ...],
    plan: Plan,
    title: str,
) -> Scenario:
    data = {
        **plan.data,
        "kind": "scenario",
        "title": f"{municipality}, {title}"[:200],
        "municipality": json.loads(own) or municipality,
        "parameters": _overrides(effect, assumptions, plan),
    }
    return scenario_from_dict(data, registry())


def overrides(chosen: Choices, plan: Plan) -> dict[str, Any]:
    """Return what a plan, this session and the effect put in place of the model's own numbers."""
    return _overrides(chosen.effect, chosen.assumptions, plan)


def _overrides(effect: str, assumptions: tuple[tuple[str, float], ...], plan: Plan) -> dict[str, Any]:
    strength = EFFECTS[effect]
    own: dict[str, Any] = {} if strength is None else {STRENGTH: strength}
    return {**dict(assumptions), **plan.data.get("parameters", {}), **own}


def reference_of(chosen: Choices) -> Plan:
    """Return what the plan is compared with: the same world without programmes, or with child work as now."""
    world = {key: value for key, value in chosen.plan.data.items() if key not in ("programmes", "title")}
    fte = existing_fte(chosen) if chosen.reference == "now" else 0.0
    fenced = chosen.plan.fenced if fte else True
    return Plan.of({**world, "programmes": {CHILD_WORK: {"fte": fte, "ring_fenced": fenced}}})


def pair(chosen: Choices) -> tuple[Scenario, Scenario]:
    """Return the scenario of the reference and that of the plan."""
    return scenario(chosen, reference_of(chosen)), scenario(chosen, chosen.plan)


def existing_fte(chosen: Choices) -> float:
    """Return the FTE of child work of today: local, or from the assumed coverage."""
    here = scenario(chosen, Plan.simple(0.0))
    return _rounded(setting_for(here, Options(), 0, 0).existing_fte())


def fte_here(chosen: Choices) -> float:
    """Return the FTE of child work to begin with: as it is today, or one worker where there is none."""
    return existing_fte(chosen) or 1.0


def _rounded(fte: float) -> float:
    """Return FTE with two significant digits: more is not known of what was assumed."""
    return float(f"{fte:.2g}") if math.isfinite(fte) and fte > 0 else 0.0


def elsewhere(before: Choices, after: Choices) -> Choices:
    """Return choices after a move to another municipality, with a plan that belongs there.

    A plan of child work only becomes as much as there is now, and so does one that cannot be there. A plan
    that holds more stays as it is: KEPT_FROM remembers whose numbers it has, so that pages can say it.
    """
    plan = before.plan
    if before.municipality == after.municipality:
        return after
    simple = plan.steady and plan == Plan.simple(plan.fte, plan.fenced, plan.policy)
    if simple or not all(_possible(after, each) for each in (plan, reference_of(after))):
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
    return str(name) if plan == chosen.plan and name != chosen.municipality else ""


def kept_from(chosen: Choices) -> str:
    """Return of which other municipality the plan in hand still has its numbers, or nothing."""
    name, plan = st.session_state.get(KEPT_FROM, ("", None))
    return str(name) if plan == chosen.plan and name != chosen.municipality else ""


def profile(chosen: Choices) -> Profile:
    """Return what is known of the municipality."""
    return setting_for(scenario(chosen, Plan.simple(0.0)), Options(), 0, 0).profile


def reference_words(chosen: Choices) -> str:
    """Return in words what the plan is compared with."""
    if chosen.reference == "none":
        world = ", ".join(reference_of(chosen).world())  # in brackets: none of it is without
        return t("compared_with", name=chosen.municipality, world=f" ({world})" if world else "")
    return t("compared_to", name=f"{chosen.municipality}, {t('as_now')} ({reference_of(chosen).label()})")
