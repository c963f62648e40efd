"""What is said of the levers of a plan: each part of the page Verken in a few words, and what was changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pages.choices.chosen import Choices
from pages.choices.levers import at_first, by_need, mechanisms, period, some, steps_of
from pages.choices.plan import Plan, shock_title
from pages.look import formats
from pages.look.texts import t, writing
from sim.model.catalogue import catalogue
from sim.model.futures import MODEL_TODAY
from sim.states import FORMS

MONEY, SHOCKS, PERIOD, COMPARED = SECTIONS = ("money", "shocks", "period", "compared")
"""Parts of the page, beside one for each programme."""
FEW_STEPS = 3


@dataclass(frozen=True)
class Changed:
    """What a part of the page says now, and what it said at first."""

    section: str
    title: str
    now: str
    before: str


def changes(chosen: Choices) -> list[Changed]:
    """Return what differs from how the levers stand at first."""
    first = at_first(chosen)
    found = []
    for section in (*catalogue(), *SECTIONS):
        now, before = words_of(section, chosen), words_of(section, first)
        if now != before:
            found.append(Changed(section, title_of(section), now, before))
    return found


def title_of(section: str) -> str:
    """Return what a part of the page is called."""
    return programme_title(section) if section in catalogue() else t(f"lever_part_{section}")


def programme_title(name: str) -> str:
    """Return what a programme is called."""
    return catalogue()[name].title[writing().language]


def words_of(section: str, chosen: Choices) -> str:
    """Return what a part of the page holds, in a few words."""
    plan = chosen.plan
    if section in catalogue():
        words = use_words(section, plan.programmes.get(section), period(plan)[0])
        times = by_need(section, chosen)
        if times == 1.0 or words == t("lever_nothing"):
            return words
        return f"{words}, {t('lever_by_need', times=writing().significant(times))}"
    if section == MONEY:
        return money_words(plan)
    if section == SHOCKS:
        return "; ".join(shock_words(shock) for shock in plan.data.get("shocks", [])) or t("lever_nothing")
    return period_words(plan) if section == PERIOD else compared_words(chosen)


def use_words(name: str, use: Mapping[str, Any] | None, start: int) -> str:
    """Return how much of a programme there is, and what about it is not as usual."""
    if use is None or not some(use["fte"]):
        return t("lever_nothing")
    fence = t("fenced" if use.get("ring_fenced", True) else "unfenced")
    return ", ".join([_amount(use["fte"], start), fence, *_unusual(name, use)])


def _amount(fte: Any, start: int) -> str:
    steps = steps_of(fte, start)
    if len(steps) == 1:
        return t("lever_fte", fte=formats.fte(steps[0][1]))
    if len(steps) <= FEW_STEPS:
        return ", ".join(t("lever_from", fte=formats.fte(fte), year=year) for year, fte in steps)
    (year0, fte0), (year1, fte1) = steps[0], steps[-1]
    return t("lever_path", fte0=formats.fte(fte0), year0=year0, fte1=formats.fte(fte1), year1=year1)


def _unusual(name: str, use: Mapping[str, Any]) -> list[str]:
    found = []
    if use.get("targeting"):
        found.append(t(f"lever_to_{use['targeting']}"))
    if use.get("ages"):
        found.append(t("lever_aged", first=use["ages"][0], last=use["ages"][1]))
    if use.get("paid_by", "gemeente") == "outside":
        found.append(t("lever_paid_outside"))
    switches = use.get("switches", {})
    off = [t(f"lever_does_{m}") for m in mechanisms(catalogue()[name]) if not switches.get(m, True)]
    return found + ([t("lever_without", what=", ".join(off))] if off else [])


def money_words(plan: Plan) -> str:
    """Return what happens with a shortfall, and what there is to spend."""
    found = [t(f"policy_{plan.policy}")]
    places = plan.data.get("places", {})
    for form in (form for form in FORMS if form in places):
        n = places[form]
        amount = t(f"lever_places_{n}") if isinstance(n, str) else formats.count(n)
        found.append(t("pw_of", whole=t(f"pw_tail_{form}"), what=amount))
    budget = plan.data.get("budget", {})
    if budget.get("youth_care") is not None:
        found.append(t("lever_budget", money=formats.money(budget["youth_care"])))
    if budget.get("real_growth") is not None:
        found.append(t("lever_growth", growth=formats.percent(budget["real_growth"], 1)))
    return ", ".join(found)


def shock_words(shock: Mapping[str, Any]) -> str:
    """Return one shock in words."""
    year, _, month = str(shock["start"]).partition("-")
    since = f"{int(month)}-{year}" if month else year
    size = formats.percent(abs(shock["size"]) if shock["kind"] == "fewer_starts" else shock["size"], 1)
    words = t("lever_shock", kind=shock_title(shock), since=since, months=shock.get("months", 12), size=size)
    if shock.get("workers") == "absent":
        words += t("lever_shock_absent")
    if names := shock.get("programmes"):
        words += t("lever_shock_of", names=", ".join(programme_title(name) for name in names))
    if forms := shock.get("forms"):
        words += t("lever_shock_of", names=", ".join(t(f"pw_tail_{form}") for form in forms))
    return words


def period_words(plan: Plan) -> str:
    """Return the years of a plan."""
    start, years = period(plan)
    return t("lever_years", years=years, start=start, end=start + years - 1)


def compared_words(chosen: Choices) -> str:
    """Return what the plan is compared with, how well it works, and how youth care grows."""
    found = [t(f"lever_reference_{chosen.reference}")]
    if chosen.effect != "full":
        found.append(t("lever_effect", effect=t(f"effect_{chosen.effect}")))
    if chosen.future != MODEL_TODAY:
        found.append(t("lever_future", future=t(f"future_{chosen.future}")))
    return "; ".join(found)
