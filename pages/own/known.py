"""What is known of a municipality: figures that ship with the model, or that somebody put in place."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pages.choices.chosen import Choices
from pages.look import formats
from pages.look.texts import language, t, writing
from sim.engine.config import ACCESS_OF_USE, NEED_OF_USE, RunConfig, localised
from sim.errors import Problem
from sim.inputs.care_use import Use
from sim.inputs.library import registry
from sim.inputs.marks import marks
from sim.inputs.municipality import NAME_LENGTH, Municipality, municipality_from_dict
from sim.inputs.placenames import became_of, cleaned
from sim.inputs.placenames import key as spelled
from sim.inputs.profiles import AGE_GROUPS, PREDICTED_USE, Profile, profile_from, profiles
from sim.model.parameters import default_parameters
from sim.report.content import words
from sim.states import FORMS

GROUPS = ((0, 3), (4, 11), (12, 17), (18, 22))
"""Ages of the form: before school, primary school, secondary school, after."""
FITTED = ("need", "access", "use_range")
COUNTRY = ("Nederland", "Nederland 2018")


@dataclass(frozen=True)
class Fact:
    """One figure: what it is, its value to compare, as people read it, and what it acts on."""

    what: str
    value: object
    text: str
    acts: str


def towns() -> list[str]:
    """Return the municipalities whose figures ship with the model, by name."""
    return sorted((name for name in profiles() if name not in COUNTRY), key=spelled)


def own_of(chosen: Choices) -> Municipality | None:
    """Return the figures that a user put in place, also where another municipality is in hand."""
    return municipality_from_dict(json.loads(chosen.own), registry()) if chosen.own else None


def in_use(name: str, chosen: Choices) -> Municipality | None:
    """Return the figures of a municipality that are in use, or None where nothing is known of it."""
    own = own_of(chosen)
    if own is not None and own.name == name:
        return own
    return shipped(name)


def shipped(name: str) -> Municipality | None:
    """Return the figures of a municipality that ship with the model, or None."""
    profile = profiles().get(name) if name not in COUNTRY else None
    if profile is None:
        return None
    source, use = profile.source, "kinderwerk"
    if profile.use:
        source, _, use = profile.source.rpartition("; ")
    data: dict[str, Any] = {
        "name": profile.name,
        "date": profile.date,
        "source": source,
        "population": {str(age): round(youths, 1) for age, youths in enumerate(profile.youths)},
        "kinderwerk_fte": _sourced(profile.kinderwerk_fte, "kinderwerk"),
        "moving": _sourced(profile.moving, "kinderwerk"),
        "bijstand": _sourced(profile.overrides.get("household.bijstand"), "CBS"),
        "need": _sourced(None if profile.need == 1.0 else profile.need, use),
        "access": _sourced(None if profile.access == 1.0 else profile.access, use),
        "use_range": _around(profile, use),
    }
    return municipality_from_dict({k: v for k, v in data.items() if v is not None}, registry())


def _around(profile: Profile, source: str) -> dict[str, Any] | None:
    """Return how far the use of a municipality may be from its level, as figures of one's own have it."""
    if profile.use is None:
        return None
    basis = "predicted" if PREDICTED_USE in profile.local else "own"
    return {"low": profile.use[0], "high": profile.use[1], "basis": basis, "source": source}


def _sourced(value: float | None, source: str) -> dict[str, Any] | None:
    return None if value is None else {"value": value, "source": source}


def named(name: str) -> str:
    """Return the name that everybody uses for a municipality, of a length that figures may have."""
    try:
        return registry().named(name)[:NAME_LENGTH]
    except ValueError:  # of several, or a code of none: the figures say which
        return cleaned(name)[:NAME_LENGTH]


def merged(name: str) -> str:
    """Return a sentence on what became of a former municipality, or nothing."""
    became = became_of(name)
    return Problem.at("", became).told(language()) if became else ""


# What changes


def changes(
    was: Municipality | None, becomes: Municipality, fit: bool = True, rest: bool = True
) -> pd.DataFrame:
    """Return a row for each figure that differs: what, was, becomes, what it acts on.

    fit: with the multipliers on need and access; rest: with everything else.
    """
    before, after = ({} if m is None else facts(m) for m in (was, becomes))
    rows = []
    for key in dict.fromkeys((*after, *before)):
        if not (fit if key in FITTED else rest):
            continue
        old, new = before.get(key), after.get(key)
        if old is None or new is None or old.value != new.value:
            one = new or old
            assert one is not None, "the key is in one of both"
            rows.append((one.what, old.text if old else "–", new.text if new else "–", one.acts))
    columns = [t("own_what"), t("own_was"), t("own_becomes"), t("own_acts")]
    return pd.DataFrame(rows, columns=columns)


def facts(municipality: Municipality) -> Mapping[str, Fact]:
    """Return the figures of a municipality by key, and what stands in for those that it does not say."""
    profile = profile_from(municipality)
    here = localised(default_parameters(), profile)
    found: dict[str, Fact] = {
        "date": Fact(t("own_date"), profile.date, formats.date(profile.date), t("own_acts_date")),
        **_people(profile.youths),
        "fte": _fte(profile),
        "bijstand": _share("bijstand", here["household.bijstand"], municipality.bijstand is not None),
        "eenouder": _share(
            "eenouder", here["household.eenouder"], "household.eenouder" in profile.overrides
        ),
        "moving": _share(
            "moving",
            here["population.moving"] if profile.moving is None else profile.moving,
            profile.moving is not None,
        ),
    }
    if municipality.uses:
        found["use"] = _use(municipality.uses)
    if profile.use is not None:
        level = (profile.need * profile.access) ** (1 / (here[NEED_OF_USE] + here[ACCESS_OF_USE]))
        low, high = (formats.number(level * end, 2) for end in profile.use)
        text = t("own_level_between", level=formats.number(level, 2), low=low, high=high)
        found["use_range"] = Fact(t("own_use_range"), text, text, t("own_acts_use_range"))
    for name in ("need", "access"):
        value = getattr(profile, name)
        text = t("own_times", times=formats.number(value, 3))
        found[name] = Fact(t(f"own_{name}"), round(value, 4), text, t(f"own_acts_{name}"))
    if profile.departs_by_age:
        at = [formats.number(factor, 2) for factor in profile.access_by_age]
        told = {group.replace("-", "_"): x for group, x in zip(AGE_GROUPS, at, strict=True)}
        text = t("own_access_by_age_text", **{f"x{group}": x for group, x in told.items()})
        what = t("own_access_by_age")
        found["access_by_age"] = Fact(what, profile.access_by_age, text, t("own_acts_access_by_age"))
    for form in FORMS:
        own = form in municipality.tariffs
        value = here[f"cost.{form}"]
        text = writing().euros(value) if own else t("own_national", value=writing().euros(value))
        found[f"tariff-{form}"] = Fact(form_name(form), (value, own), text, t("own_acts_tariff"))
    return found


def table_of(municipality: Municipality) -> pd.DataFrame:
    """Return a row for each figure of a municipality: what it is, its value, and how it is known."""
    known = marks(profile_from(municipality))
    same = {**dict.fromkeys(FITTED, "use"), "fte": "kinderwerk_fte"}
    rows = []
    for key, fact in facts(municipality).items():
        group, _, form = key.partition("-")
        name = "youths" if group in ("date", "people") else f"cost.{form}" if form else same.get(key, key)
        mark = "measured" if key == "use" else known[name]
        rows.append((fact.what, fact.text, t(f"own_mark_{mark}")))
    return pd.DataFrame(rows, columns=[t("own_what"), t("own_value"), t("own_how")])


def _people(youths: Sequence[float]) -> dict[str, Fact]:
    found = {}
    for first, last in GROUPS:
        here = round(sum(youths[first : last + 1]))
        what = t("own_people", first=first, last=last)
        found[f"people-{first}"] = Fact(what, here, formats.count(here), t("own_acts_people"))
    return found


def _fte(profile: Profile) -> Fact:
    fte = profile.kinderwerk_fte
    there = RunConfig(profile, localised(default_parameters(), profile)).existing_fte()
    text = t("own_assumed", value=formats.fte(there)) if fte is None else formats.fte(fte)
    return Fact(t("own_fte"), fte, text, t("own_acts_fte"))


def _share(name: str, value: float, own: bool) -> Fact:
    text = formats.percent(value, 1)
    return Fact(
        t(f"own_{name}"), (value, own), text if own else t("own_national", value=text), t(f"own_acts_{name}")
    )


def _use(uses: Sequence[Use]) -> Fact:
    text = "; ".join(
        t("own_use_text", youths=formats.count(use.youths), year=use.year, ages=use.ages) for use in uses
    )
    return Fact(t("own_use"), [use.canonical() for use in uses], text, t("own_acts_use"))


def form_name(form: str) -> str:
    """Return what people call a form of care."""
    name = words(language()).t(f"level_{form}")
    return name[:1].upper() + name[1:]
