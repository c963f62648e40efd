"""Choices as a link says them: read, whatever stands in it, and written."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from pages.choices import shelf
from pages.choices.chosen import (
    CHARTS,
    EFFECTS,
    MAX_PLANS,
    MODES,
    MONEY,
    REFERENCES,
    SURE,
    Choices,
    fte_here,
    here,
    places,
    plans_around,
    reference_of,
    scenario,
)
from pages.choices.packed import MOST_LETTERS, LinkError, data_in, pack
from pages.choices.plan import Plan
from sim.decision.design import NUMBERS
from sim.decision.headline import HORIZONS
from sim.decision.level_by_year import PER, PRICES
from sim.errors import InputError
from sim.inputs.library import registry
from sim.inputs.municipality import municipality_from_dict
from sim.inputs.placenames import became_of
from sim.model.futures import FUTURES
from sim.words.writing import LANGUAGES

log = logging.getLogger(__name__)
MOST_ASSUMPTIONS = 60
FROM = "van"
"""In a link: whose numbers the plan has."""
VIEWS: Mapping[str, tuple[str, ...]] = {
    "start": ("meer", "cijfer"),
    "verken": ("delen", "programma", "cijfer"),
    "vergelijk": ("open", "paar", "cijfer"),
    "galerij": ("stellingen",),
    "kinderen": ("jaar", "kind", "wachten", "toch", "plekken", "open-kinderen", "cijfer"),
    "aannames": ("zoek", "rust", "onderwerpen", *(f"vanaf{n}" for n in range(12)), "open-aannames"),
    "eigen-cijfers": ("begin", "wijze"),
    "onderzoek": ("kindjaar", "buurten", "duur", "gemeenten", *(f"proef-{name}" for name in NUMBERS),
                  "open-onderzoek"),
    "briefing": ("over", "open-briefing"),
    **{
        page: (f"open-{page}",) for page in ("onzekerheid", "wie-betaalt", "ijking", "over", "afwegingskader")
    },
}
"""What a link says of what one looks at, by page: pages.choices.address has more."""
_ADDED_BY_OTHERS = re.compile(r"utm_\w+|fbclid|gclid|msclkid|mc_[ce]id", re.ASCII)
"""Keys that newsletters and sites add to every link; nobody who follows one can do anything about them."""
_ASSUMPTION = re.compile(r"([a-z0-9_.-]{1,80}):(-?\d{1,17}(?:\.\d{1,20})?(?:e[-+]?\d{1,3})?)", re.ASCII)


@dataclass(frozen=True)
class Link:
    """What a link says. plan_from: whose numbers the plan has; view: what is looked at, by name.

    wrong: the keys of what is not possible; gone: those of what is not kept on this server.
    unknown: a municipality that cannot be chosen; merged: one that is part of the chosen one today.
    """

    choices: Choices
    language: str
    plan_from: str
    view: dict[str, str]
    wrong: tuple[str, ...]
    gone: tuple[str, ...]
    unknown: str | None = None
    merged: str | None = None


def read_link(query: Mapping[str, list[str]]) -> Link:
    """Return what a link says; whatever stands in it, that is something that every page can show."""
    given, wrong, gone = _given(query)
    found, taken = Choices(), set[str]()
    unknown: str | None = None
    for key, read in _READERS.items():
        if key in given:
            try:
                changed = replace(found, **read(given[key]))
                _all_scenarios(changed)
            except (LinkError, InputError) as error:
                wrong.append(key)
                unknown = given[key] if key == "gemeente" and isinstance(error, LinkError) else unknown
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
    became = became_of(given.get("gemeente", ""))
    merged = became is not None and became.values.get("heir") == found.municipality
    return Link(
        found, "" if "taal" in wrong else language, "" if FROM in wrong else plan_from, view,
        tuple(key for key in query if key in wrong), tuple(gone), unknown,
        given["gemeente"] if merged else None,
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
        return {"municipality": here(name)}
    except ValueError:
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
