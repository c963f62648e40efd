"""What a user can choose, and the scenarios that it stands for. Nothing here is kept."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pages.choices.plan import CHILD_WORK, Plan
from pages.look.texts import t
from sim.decision.headline import HORIZONS, STRENGTH
from sim.decision.level_by_year import MONEY_PARTS, PER, PRICES, MoneyView
from sim.errors import InputError
from sim.faults import fault
from sim.files.wording import plain_error
from sim.inputs.library import registry
from sim.inputs.placenames import beginning, find, towns
from sim.inputs.placenames import key as spelled
from sim.inputs.profiles import Profile, profiles
from sim.inputs.scenario import Scenario, scenario_from_dict
from sim.model.futures import MODEL_TODAY
from sim.model.priors import ASSUMED, PRIORS
from sim.runs.experiment import Options, config_for

EFFECTS: Mapping[str, float | None] = {
    "full": None, "half": 0.375, "none": 0.0, **dict.fromkeys(PRIORS[1:]),
}  # fmt: skip
"""Expected strength of the effect (STRENGTH); None leaves it as the prior has it. Priors have their names."""
REFERENCES = ("none", "now")
"""What is compared with: no programmes at all, or child work as it is today."""
MAX_PLANS = 6
PLAN = Plan.simple()


def plans_around(fte: float) -> tuple[Plan, ...]:
    """Return what is compared at first: none, as much as now, twice that, the same not ring-fenced."""
    return Plan.simple(0.0), Plan.simple(fte), Plan.simple(2 * fte), Plan.simple(2 * fte, False)


def plans_offered(fte: float) -> tuple[Plan, ...]:
    """Return the budgets that stand ready where somebody wants more of them: MAX_PLANS."""
    return *plans_around(fte), Plan.simple(fte, False), Plan.simple(3 * fte)


PLANS = plans_around(PLAN.fte)
SURE = (50, 75, 90)
"""How sure somebody may want to be that the money comes back, percent."""
CHARTS = ("users", "money", "unmet")
"""What charts of budgets show."""
MODES = ("level", "difference")
MONEY = tuple(MONEY_PARTS)
"""Which money a chart of levels shows."""


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
    def money_view(self) -> MoneyView:
        """Return which money is shown, of whom and in which euros."""
        return MoneyView(self.money, self.per, self.prices)

    @property
    def plain(self) -> bool:
        """Tell whether every assumption and figure is the model's own."""
        return not self.assumptions and self.own_data is None


def possible(chosen: Choices, plan: Plan) -> bool:
    """Tell whether there can be a scenario of a plan: not with more workers than there are youths, say."""
    try:
        scenario(chosen, plan)
    except InputError:
        return False
    return True


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
    """Return the municipality that other ways to write one mean, by name: names of before. A code is typed.

    What was divided, and what several are called, is not there.
    """
    found: dict[str, set[str]] = {}
    for town in towns().values():
        now = {towns()[code].name for code in town.now or (town.code,)}
        for written in (town.name, *town.also):
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
    """Return the FTE of child work of today: local, or from the assumed coverage (see `_rounded`)."""
    here = scenario(chosen, Plan.simple(0.0))
    return _rounded(config_for(here, Options(), 0, 0).existing_fte())


def fte_here(chosen: Choices) -> float:
    """Return the FTE of child work to begin with: as it is today, or one worker where there is none."""
    return existing_fte(chosen) or 1.0


def _rounded(fte: float) -> float:
    """Return FTE with two significant digits: more is not known of what was assumed.

    An hour a week, in the smallest municipalities, is written as none (`formats.fte`), so it is none.
    """
    return float(f"{fte:.2g}") if math.isfinite(fte) and round(fte, 1) > 0 else 0.0


def profile(chosen: Choices) -> Profile:
    """Return what is known of the municipality."""
    return config_for(scenario(chosen, Plan.simple(0.0)), Options(), 0, 0).profile


def reference_words(chosen: Choices) -> str:
    """Return in words what the plan is compared with."""
    if chosen.reference == "none":
        world = ", ".join(reference_of(chosen).world())  # in brackets: none of it is without
        return t("compared_with", name=chosen.municipality, world=f" ({world})" if world else "")
    return t("compared_to", name=f"{chosen.municipality}, {t('as_now')} ({reference_of(chosen).label()})")
