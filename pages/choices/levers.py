"""The settings of a plan as plain data: its shortest form, and paths of FTE by year.

A plan from a file says much that goes without saying. Written shortest, two plans that mean the same are the
same, so that they share an answer and a short link.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pages.choices.chosen import REFERENCES, Choices, fte_here, overrides, reference_of
from pages.choices.plan import CHILD_WORK, Plan
from sim.inputs.fte import read_fte
from sim.inputs.horizon import DEFAULT_START, DEFAULT_YEARS
from sim.inputs.shock import Shock
from sim.model.catalogue import Programme, catalogue
from sim.model.futures import MODEL_TODAY
from sim.model.parameters import default_parameters
from sim.states import MECHANISMS, MONTHS

Steps = list[tuple[int, float]]
"""FTE from a year on, in the order of years."""
POLICIES = ("crowd_out", "deficit", "capped")
WITH_ONSET = ("onset", "escalation", "recovery")
"""Mechanisms that share one strength: a programme with the first has all three."""


BY_NEED = "uptake_by_need"
"""How many times as often children with need come to a programme: an assumption that is a lever too."""


def at_first(chosen: Choices) -> Choices:
    """Return the choices with every lever as it is before anybody moves one; other assumptions stay."""
    plan = Plan.simple(fte_here(chosen))
    kept = tuple((name, own) for name, own in chosen.assumptions if not name.endswith(f".{BY_NEED}"))
    return replace(
        chosen, plan=plan, reference=REFERENCES[0], effect="full", future=MODEL_TODAY, assumptions=kept
    )


def by_need(name: str, chosen: Choices) -> float:
    """Return how many times as often children with need come to a programme."""
    parameter = f"{name}.{BY_NEED}"
    own = overrides(chosen, chosen.plan).get(parameter, default_parameters()[parameter])
    return float(own["value"] if isinstance(own, Mapping) else own)


def with_by_need(name: str, times: float, chosen: Choices) -> Choices:
    """Return choices in which children with need come that many times as often, in every plan of them."""
    parameter = f"{name}.{BY_NEED}"
    kept = {other: own for other, own in chosen.assumptions if other != parameter}
    if times != default_parameters()[parameter]:
        kept[parameter] = times
    plan, of_plan = chosen.plan, chosen.plan.data.get("parameters", {})
    if parameter in of_plan:
        plan = plan.changed(parameters={other: own for other, own in of_plan.items() if other != parameter})
    return replace(chosen, plan=plan, assumptions=tuple(sorted(kept.items())))


def period(plan: Plan) -> tuple[int, int]:
    """Return the first year and the number of years of a plan."""
    return int(plan.data.get("start", DEFAULT_START)), int(plan.data.get("years", DEFAULT_YEARS))


# Paths of FTE


def steps_of(fte: Any, start: int) -> Steps:
    """Return the steps that a number of FTE, or a path by year, stands for; the first is at `start`."""
    path = read_fte(dict(fte) if isinstance(fte, Mapping) else fte)
    if not path.steps:
        return [(start, path.base)]
    steps = path.every_step()
    return [*([(start, 0.0)] if steps[0][0] > start else []), *steps]


def path_of(steps: Sequence[tuple[int, float]], start: int, years: int) -> float | dict[str, float]:
    """Return FTE as a plan writes it, a number or by year, from the steps that matter in its years.

    Of two steps in one year the last holds. A step that changes nothing is left out.
    """
    by_year: dict[int, float] = {}
    for year, fte in sorted(steps, key=lambda step: step[0]):
        if year < start + years:
            by_year[max(year, start)] = fte
    kept: Steps = []
    for year, fte in by_year.items():
        if fte != (kept[-1][1] if kept else 0.0):  # before the first step there is nothing
            kept.append((year, fte))
    if not kept:
        return 0.0
    if len(kept) == 1 and kept[0][0] == start:
        return float(kept[0][1])
    return {str(year): float(fte) for year, fte in kept}


def evenly(first: tuple[int, float], last: tuple[int, float]) -> Steps:
    """Return a step a year that lead evenly from one number of FTE to another, to a tenth.

    Raises ValueError where the last year does not come after the first.
    """
    (from_year, from_fte), (to_year, to_fte) = first, last
    if to_year <= from_year:
        raise ValueError("the last year must come after the first")
    rise = (to_fte - from_fte) / (to_year - from_year)
    return [(year, round(from_fte + rise * (year - from_year), 1)) for year in range(from_year, to_year + 1)]


def some(fte: Any) -> bool:
    """Tell whether there is any FTE in a number or a path."""
    return any(value > 0 for _, value in steps_of(fte, DEFAULT_START))


# The shortest form of a plan


def shortest(plan: Plan) -> Plan:
    """Return the same plan without its default values."""
    start, years = period(plan)
    uses = {CHILD_WORK: {"fte": 0.0}, **plan.programmes}
    data = {
        **plan.data,
        "policy": plan.policy,
        "start": None if start == DEFAULT_START else start,
        "years": None if years == DEFAULT_YEARS else years,
        "places": plan.data.get("places") if plan.policy == "capped" else None,
        "budget": {k: v for k, v in plan.data.get("budget", {}).items() if v is not None},
        "shocks": [shortest_shock(shock) for shock in plan.data.get("shocks", [])],
        "programmes": {
            name: shortest_use(use, catalogue()[name], start, years)
            for name, use in uses.items()
            if name == CHILD_WORK or some(use["fte"])
        },
    }
    return Plan.of(data)


def shortest_use(use: Mapping[str, Any], programme: Programme, start: int, years: int) -> dict[str, Any]:
    """Return the use of a programme without what is its own or the default."""
    fte = path_of(steps_of(use["fte"], start), start, years)
    if not some(fte):
        return {"fte": 0.0, "ring_fenced": True}  # what is not there cannot be cut, aimed or paid
    kept: dict[str, Any] = {"fte": fte, "ring_fenced": bool(use.get("ring_fenced", True))}
    if use.get("targeting") not in (None, programme.targeting):
        kept["targeting"] = use["targeting"]
    if use.get("ages") is not None and tuple(use["ages"]) != programme.ages:
        kept["ages"] = list(use["ages"])
    if use.get("paid_by", "gemeente") != "gemeente":
        kept["paid_by"] = use["paid_by"]
    off = {m: False for m in mechanisms(programme) if not use.get("switches", {}).get(m, True)}
    return kept | ({"switches": off} if off else {})


def shortest_shock(shock: Mapping[str, Any]) -> dict[str, Any]:
    """Return a shock without what is the default."""
    default = {"workers": "present", "programmes": []}
    return {key: value for key, value in shock.items() if default.get(key, ...) != value}


def mechanisms(programme: Programme) -> tuple[str, ...]:
    """Return the mechanisms of a programme that a scenario can switch off."""
    own = set(programme.mechanisms) | (set(WITH_ONSET) if WITH_ONSET[0] in programme.mechanisms else set())
    return (*(m for m in MECHANISMS if m in own), *(("continuity",) if programme.continues else ()))


def within(plan: Plan, start: int, years: int) -> Plan:
    """Return a plan for other years; paths of FTE are cut to them, and shocks outside them are left out."""
    uses = {
        name: {**use, "fte": path_of(steps_of(use["fte"], start), start, years)}
        for name, use in plan.programmes.items()
    }
    shocks = [shock for shock in plan.data.get("shocks", []) if falls_in(shock, start, years)]
    title = plan.data.get("title")
    return shortest(plan.changed(start=start, years=years, programmes=uses, shocks=shocks, title=title))


def falls_in(shock: Mapping[str, Any], start: int, years: int) -> bool:
    """Tell whether any month of a shock lies in these years."""
    first, after = Shock.model_validate(dict(shock)).span(start)
    return after > 0 and first < years * MONTHS


def as_reference(chosen: Choices, reference: Plan) -> str | None:
    """Return which choice of a reference means the same as a plan does, beside the plan in hand, or None."""
    wanted = shortest(reference).changed()
    for name in REFERENCES:
        if shortest(reference_of(replace(chosen, reference=name))).changed() == wanted:
            return name
    return None
