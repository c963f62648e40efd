"""The choices in hand: kept in the session, restored from a link, written into a link."""

from __future__ import annotations

import json
import logging
import math
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from pages.shared import shelf
from pages.shared.packed import MOST_LETTERS, LinkError, data_in, pack
from pages.shared.plan import CHILD_WORK, Plan
from pages.shared.texts import t
from sim.decision.headline import HORIZONS, STRENGTH
from sim.errors import InputError
from sim.faults import fault
from sim.files.wording import plain_error
from sim.inputs.library import registry
from sim.inputs.municipality import municipality_from_dict
from sim.inputs.placenames import became_of, beginning, find, towns
from sim.inputs.placenames import key as spelled
from sim.inputs.profiles import Profile, profiles
from sim.inputs.scenario import Scenario, scenario_from_dict
from sim.model.futures import FUTURES, MODEL_TODAY
from sim.model.priors import ASSUMED, PRIORS
from sim.runs.experiment import Options, config_for
from sim.words.writing import LANGUAGES

EFFECTS: Mapping[str, float | None] = {
    "full": None, "half": 0.375, "none": 0.0, **dict.fromkeys(PRIORS[1:]),
}  # fmt: skip
"""Expected strength of the effect (STRENGTH); None leaves it as the prior has it. Priors have their names."""
REFERENCES = ("none", "now")
"""What is compared with: no programmes at all, or child work as it is today."""
MAX_PLANS = 6
PLAN = Plan.simple()
log = logging.getLogger(__name__)


def plans_around(fte: float) -> tuple[Plan, ...]:
    """Return what is compared at first: none, as much as now, twice that, the same not ring-fenced."""
    return Plan.simple(0.0), Plan.simple(fte), Plan.simple(2 * fte), Plan.simple(2 * fte, False)


def plans_offered(fte: float) -> tuple[Plan, ...]:
    """Return the budgets that stand ready where somebody wants more of them: MAX_PLANS."""
    return *plans_around(fte), Plan.simple(fte, False), Plan.simple(3 * fte)


PLANS = plans_around(PLAN.fte)
MOST_ASSUMPTIONS = 60
LEFT_BEHIND = "plan-left-behind"
KEPT_FROM, FROM = "plan-kept-from", "van"
"""Whose numbers the plan in hand has: in the session, and in a link."""
VIEWS: Mapping[str, tuple[str, ...]] = {
    "start": ("meer",),
    "verken": ("delen", "programma"),
    "vergelijk": ("open", "paar"),
    "galerij": ("stellingen",),
    "kinderen": ("jaar", "kind", "wachten", "toch", "plekken"),
    "aannames": ("zoek", "rust", "onderwerpen", *(f"vanaf{n}" for n in range(12))),
    "eigen-cijfers": ("begin", "wijze"),
    "briefing": ("over",),
}
"""What a link says of what one looks at, by page: pages.shared.address has more."""
VIEW, OF_LINK = "view", "view-of-link"
"""What is looked at, by name, and which of those names a link gave that no page has shown yet."""
LEFT_OUT = "left-out-of-link"
"""By the text that tells it: the keys of what a link said and was left out."""
WANTED = "municipality-wanted"
"""A municipality that somebody asked for and that cannot be chosen."""
BEFORE = "municipality-of-before"
"""A municipality that somebody asked for and that is part of the one in hand today."""
SURE = (50, 75, 90)
"""How sure somebody may want to be that the money comes back, percent."""
CHARTS = ("users", "money", "unmet")
"""What charts of budgets show."""
MODES = ("level", "difference")
MONEY = ("together", "care", "programmes")
"""Which money a chart of levels shows."""
PER, PRICES = ("municipality", "inhabitant"), ("fixed", "current")
_ADDED_BY_OTHERS = re.compile(r"utm_\w+|fbclid|gclid|msclkid|mc_[ce]id", re.ASCII)
"""Keys that newsletters and sites add to every link; nobody who follows one can do anything about them."""
_ASSUMPTION = re.compile(r"([a-z0-9_.-]{1,80}):(-?\d{1,17}(?:\.\d{1,20})?(?:e[-+]?\d{1,3})?)", re.ASCII)


@dataclass(frozen=True)
class Choices:
    """What a user has chosen; every page reads the same.

    assumptions: (parameter, value) that this session changed. own: local figures as JSON, the content of a
    file of `kind: municipality`; they stand for the municipality of their name. horizon: how many years
    ahead money is counted, one of HORIZONS; sure: how sure a plan is to pay for itself, percent, one of SURE;
    chart: what charts show, one of CHARTS; mode: levels or differences; money, per, prices: which money a
    chart of levels shows, of whom and in which euros.
    """

    municipality: str = "Almere"
    plan: Plan = PLAN
    plans: tuple[Plan, ...] = PLANS
    reference: str = "none"
    effect: str = "full"
    future: str = MODEL_TODAY
    assumptions: tuple[tuple[str, float], ...] = ()
    own: str = ""
    horizon: int = HORIZONS[-1]
    sure: int = SURE[0]
    chart: str = CHARTS[0]
    mode: str = MODES[0]
    money: str = MONEY[0]
    per: str = PER[0]
    prices: str = PRICES[0]

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


@dataclass(frozen=True)
class Link:
    """What a link says. plan_from: whose numbers the plan has; view: what is looked at, by name.

    wrong: the keys of what is not possible; gone: those of what is not kept on this server.
    """

    choices: Choices
    language: str
    plan_from: str
    view: dict[str, str]
    wrong: tuple[str, ...]
    gone: tuple[str, ...]


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
    st.session_state[LEFT_OUT] = {"bad_link": list(link.wrong), "gone_link": list(link.gone)}
    return link.choices


def read_link(query: Mapping[str, list[str]]) -> Link:
    """Return what a link says; whatever stands in it, that is something that every page can show."""
    given, wrong, gone = _given(query)
    found, taken = Choices(), set()
    for key, read in _READERS.items():
        if key in given:
            try:
                changed = replace(found, **read(given[key]))
                _all_scenarios(changed)
            except (LinkError, InputError):
                wrong.append(key)
            except Exception:  # a mistake of ours, but the rest may be well
                log.exception("%s in a link could not be read", key)
                wrong.append(key)
            else:
                found = changed
                taken.add(key)
    if "begroting" not in taken:  # a link to a municipality alone begins with child work as it is there
        found = replace(found, plan=Plan.simple(fte_here(found)))
    if "begrotingen" not in taken:
        found = replace(found, plans=plans_around(fte_here(found)))
    language, plan_from = given.get("taal", ""), given.get(FROM, "")
    wrong += [key for key, known in (("taal", LANGUAGES), (FROM, places(found)))
              if key in given and given[key] not in known]  # fmt: skip
    view = {key: given[key] for names in VIEWS.values() for key in names if key in given}
    return Link(
        found, "" if "taal" in wrong else language, "" if FROM in wrong else plan_from, view,
        tuple(key for key in query if key in wrong), tuple(gone),
    )  # fmt: skip


def _given(query: Mapping[str, list[str]]) -> tuple[dict[str, str], list[str], list[str]]:
    """Return what a link gives, by key; the keys of what it cannot give; those of what is not kept here."""
    known = {"taal", FROM, *_READERS, *(key for names in VIEWS.values() for key in names)}
    given: dict[str, str] = {}
    wrong, gone = [], []
    for key, values in query.items():
        if key not in known:
            if not _ADDED_BY_OTHERS.fullmatch(key):
                wrong.append(key)
        elif len(values) != 1 or len(values[0]) > MOST_LETTERS * MAX_PLANS:
            wrong.append(key)
        elif not shelf.is_key(values[0]):
            given[key] = values[0]
        elif (kept := shelf.get(values[0])) is not None:
            given[key] = kept
        else:
            gone.append(key)
    return given, wrong, gone


def _all_scenarios(chosen: Choices) -> None:
    """Make every scenario of some choices. Raises InputError or ValueError where one is not possible."""
    for plan in (reference_of(chosen), chosen.plan, *chosen.plans):
        if scenario(chosen, plan).years < 1:
            raise ValueError("a plan without years shows nothing")


def _own(code: str) -> dict[str, Any]:
    figures = municipality_from_dict(data_in(code), registry())
    own = json.dumps(figures.to_data(), sort_keys=True, ensure_ascii=False)
    return {"own": own, "municipality": figures.name}


def _municipality(name: str) -> dict[str, Any]:
    try:
        found = {"municipality": here(name)}
        if (became := became_of(name)) and became.values.get("heir") == found["municipality"]:
            st.session_state[BEFORE] = name
        return found
    except ValueError:
        st.session_state[WANTED] = name  # told beside the field
        raise LinkError(name) from None


def _plans(codes: str) -> dict[str, Any]:
    plans = tuple(Plan.of_code(code) for code in codes.split("~", MAX_PLANS))
    if not 2 <= len(plans) <= MAX_PLANS:
        raise LinkError("too many budgets, or too few")
    return {"plans": plans}


def _assumptions(text: str) -> dict[str, Any]:
    found = [_ASSUMPTION.fullmatch(part) for part in text.split("~", MOST_ASSUMPTIONS)]
    own = {m[1]: float(m[2]) for m in found if m}
    if len(own) < len(found):
        raise LinkError("no number of the model with its value, or one that is there twice")
    return {"assumptions": tuple(sorted(own.items()))}


def _one_of(field: str, allowed: Iterable[object]) -> Callable[[str], dict[str, Any]]:
    words = {str(value): value for value in allowed}

    def read(word: str) -> dict[str, Any]:
        if word not in words:
            raise LinkError(word)
        return {field: words[word]}

    return read


_READERS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "eigen": _own,
    "gemeente": _municipality,
    "aannames": _assumptions,
    "effect": _one_of("effect", EFFECTS),
    "toekomst": _one_of("future", FUTURES),
    "vergeleken": _one_of("reference", REFERENCES),
    "termijn": _one_of("horizon", HORIZONS),
    "zeker": _one_of("sure", SURE),
    "grafiek": _one_of("chart", CHARTS),
    "beeld": _one_of("mode", MODES),
    "kosten": _one_of("money", MONEY),
    "per": _one_of("per", PER),
    "prijzen": _one_of("prices", PRICES),
    "begroting": lambda code: {"plan": Plan.of_code(code)},
    "begrotingen": _plans,
}
"""How each key of a link is read, in an order in which each has what it needs."""


def query_of(chosen: Choices, language: str) -> str:
    """Return the query that restores the choices; what is as it was at first is left out."""
    written, first = written_in_link(chosen), first_in_link(chosen)
    always = {"gemeente", "begroting"}
    kept = {key: text for key, text in written.items() if key in always or text != first.get(key)}
    return urlencode({**kept, "taal": language})


@lru_cache(maxsize=64)
def written_in_link(chosen: Choices) -> Mapping[str, str]:
    """Return the choices as a link writes them, by key; do not change it."""
    written = {
        "gemeente": "" if chosen.own_data else chosen.municipality,
        "eigen": pack(chosen.own) if chosen.own else "",
        "aannames": "~".join(f"{name}:{value!r}" for name, value in chosen.assumptions),
        "effect": chosen.effect,
        "toekomst": chosen.future,
        "vergeleken": chosen.reference,
        "termijn": str(chosen.horizon),
        "zeker": str(chosen.sure),
        "grafiek": chosen.chart,
        "beeld": chosen.mode,
        "kosten": chosen.money,
        "per": chosen.per,
        "prijzen": chosen.prices,
        "begroting": chosen.plan.code(),
        "begrotingen": "~".join(plan.code() for plan in chosen.plans),
    }
    return {key: text for key, text in written.items() if text}


@lru_cache(maxsize=64)
def first_in_link(chosen: Choices) -> Mapping[str, str]:
    """Return what stands for the choices as they are at first in this municipality; do not change it."""
    fte = fte_here(chosen)
    first = replace(Choices(), plan=Plan.simple(fte), plans=plans_around(fte))
    return written_in_link(first)


def told_beside_its_field(key: str) -> None:
    """Say no more above the page that a key of the link was left out: its field says why."""
    for keys in st.session_state.get(LEFT_OUT, {}).values():
        if key in keys:
            keys.remove(key)


# What is computed


def here(name: str, chosen: Choices | None = None) -> str:
    """Return the municipality to choose that a name means, or the beginning of one municipality's name.

    Raises PydanticCustomError, which says what is wrong with the name (`sim.files.wording.fault_of`).
    """
    offered, written = places(chosen), registry().named(name)
    if written in offered:
        return written
    if find(name, today=False) is None and len(begun := beginning(name)) == 1:
        name = begun[0]
    known = registry().municipality(name)
    if known not in offered:  # the country of another year
        raise plain_error(fault("municipality_not_offered", name=name))
    return known


def places(chosen: Choices | None = None) -> list[str]:
    """Return the municipalities to choose from, by name; the country last."""
    own = {json.loads(chosen.own)["name"]} if chosen is not None and chosen.own else set()
    names = {*profiles(), *own} - {"Nederland", "Nederland 2018"}
    return [*sorted(names, key=lambda name: (spelled(name), name)), "Nederland"]


@lru_cache(maxsize=1)
def other_names() -> Mapping[str, str]:
    """Return the municipality that other ways to write one mean, by name: names of before, and codes.

    What was divided, and what several are called, is not there.
    """
    found: dict[str, set[str]] = {}
    for town in towns().values():
        now = {towns()[code].name for code in town.now or (town.code,)}
        for written in (town.name, *town.also, town.code):
            found[written] = found.get(written, set()) | now
    one = {written: name for written, (name, *more) in found.items() if not more and name != written}
    return dict(sorted(one.items(), key=lambda pair: spelled(pair[0])))


def scenario(chosen: Choices, plan: Plan) -> Scenario:
    """Return the scenario of a plan. Raises InputError where it is not possible."""
    return _scenario(chosen.municipality, json.dumps(chosen.own_data or ""), chosen.effect,
                     chosen.future, chosen.assumptions, plan, plan.label())  # fmt: skip


@lru_cache(maxsize=512)
def _scenario(
    municipality: str,
    own: str,
    effect: str,
    future: str,
    assumptions: tuple[tuple[str, float], ...],
    plan: Plan,
    title: str,
) -> Scenario:
    data = {
        **plan.data,
        "kind": "scenario",
        "title": f"{municipality}, {title}"[:200],
        "municipality": json.loads(own) or municipality,
        "prior": prior_of(effect),
        "future": future,
        "parameters": _overrides(effect, assumptions, plan),
    }
    return scenario_from_dict(data, registry())


def prior_of(effect: str) -> str:
    """Return the prior that a choice of an effect means."""
    return effect if effect in PRIORS else ASSUMED


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
    return _rounded(config_for(here, Options(), 0, 0).existing_fte())


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
    plan, here = before.plan, before.municipality == after.municipality
    possible = all(_possible(after, each) for each in (plan, reference_of(after)))
    if here and possible:
        return after
    simple = plan.steady and plan == Plan.simple(plan.fte, plan.fenced, plan.policy)
    if simple or not possible:
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


def profile(chosen: Choices) -> Profile:
    """Return what is known of the municipality."""
    return config_for(scenario(chosen, Plan.simple(0.0)), Options(), 0, 0).profile


def reference_words(chosen: Choices) -> str:
    """Return in words what the plan is compared with."""
    if chosen.reference == "none":
        world = ", ".join(reference_of(chosen).world())  # in brackets: none of it is without
        return t("compared_with", name=chosen.municipality, world=f" ({world})" if world else "")
    return t("compared_to", name=f"{chosen.municipality}, {t('as_now')} ({reference_of(chosen).label()})")
