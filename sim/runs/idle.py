"""Why a parameter that a scenario gives does nothing in it, or only for some children."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from sim.faults import Fault, fault
from sim.inputs.profiles import profile_of, profiles
from sim.inputs.programme_use import ProgrammeUse
from sim.inputs.scenario import Scenario
from sim.model.catalogue import TARGETING, Programme, catalogue
from sim.model.parameters import default_parameters
from sim.model.prices import PRICE_YEAR
from sim.model.processes import default_table

EXISTING = "kinderwerk"
"""As sim/engine/config.py has it: the engine takes a second to import."""
COVERAGE, MOVING = f"{EXISTING}.existing_coverage", "population.moving"
BEFORE_START = (COVERAGE, MOVING)
"""Parameters that say how the municipality was before the scenario, and nothing after its start."""
CALIBRATION = (
    "cost.cpi_2019", "cost.cpi_2022", "cost.total_2019", "cost.care_total_2022", "cost.total_2024",
    "registration.parallel",
)  # fmt: skip
"""Parameters that only a calibration reads."""
UP_TO_PRICE_YEAR = "cost.tariff_growth"
"""How tariffs grew up to the year that prices are of."""
BY_POLICY = {
    "capped": (
        "townhall.places_", "townhall.contract_up", "townhall.contract_down", "waiting.", "need.waiting",
    ),
    "crowd_out": ("townhall.crowd_out_",),
}  # fmt: skip
"""How the names of parameters start that act under one policy only."""


def workers(scenario: Scenario, first: int | None = None, last: int | None = None) -> dict[str, ProgrammeUse]:
    """Return the programmes that have FTE in any year from first to last (default: of the scenario)."""
    end = scenario.start + scenario.years - 1
    years = range(max(first or 0, scenario.start), min(end if last is None else last, end) + 1)
    return {name: use for name, use in scenario.programmes.items() if any(use.fte.at(y) > 0 for y in years)}


def idle(name: str, since: str, scenario: Scenario) -> Fault | None:
    """Return why a parameter does nothing in a scenario, or None.

    since: whether it counts from the birth of every child, or from the start of the scenario.
    """
    if name in CALIBRATION:
        return fault("idle_outside_calibration", name=name)
    if name in BEFORE_START:
        profile = profile_of(scenario) if scenario.local else profiles().get(scenario.municipality)
        own = profile and (profile.kinderwerk_fte if name == COVERAGE else profile.moving)
        if own is not None:
            return fault("idle_by_own_figure", name=name)
        if since != "birth":
            return fault("idle_from_start", name=name)
    if name == "townhall.budget_growth" and scenario.budget.real_growth is not None:
        return fault("idle_by_real_growth", name=name)
    if name == UP_TO_PRICE_YEAR and since != "birth" and scenario.start >= PRICE_YEAR:
        return fault("idle_after_year", name=name, year=PRICE_YEAR)
    if since != "birth" and (year := _over_from().get(name, scenario.start + 1)) <= scenario.start:
        return fault("idle_from_start_after_years", name=name, year=year)
    for policy, starts in BY_POLICY.items():
        if name.startswith(starts) and scenario.policy != policy:
            return fault("idle_without_policy", name=name, policy=policy)
    users = [each for each in catalogue().values() if name in each.parameters]
    there = workers(scenario)
    if users and not {EXISTING, *there}.intersection(each.name for each in users):
        return fault("idle_without_workers", name=name, programme=users[0].name)
    for programme in users:
        if programme.name in there and name.startswith(f"{programme.name}."):
            return _unused(name, programme, there[programme.name], scenario)
    return None


def _unused(name: str, programme: Programme, use: ProgrammeUse, scenario: Scenario) -> Fault | None:
    """Return why a number of a programme that has workers does nothing, or None."""
    kind = name.rpartition(".")[2]
    targeting = use.targeting or programme.targeting
    for way in TARGETING:
        if kind == f"{way}_weight" and targeting != way:
            return fault("idle_by_targeting", name=name, programme=programme.name, targeting=targeting)
    if kind == "continuity" and not (use.switches.continuity and goes_on(programme, scenario)):
        return fault("idle_continues_nothing", name=name, programme=programme.name)
    return None


def goes_on(programme: Programme, scenario: Scenario) -> bool:
    """Tell whether the programme that this one goes on from is there."""
    return programme.continues in {EXISTING, *workers(scenario)}


@cache
def settled_at_birth() -> frozenset[str]:
    """Return the parameters that say with what a child begins life, and how much that weighs."""
    table = default_table()
    traits = (name for trait in table.traits.values() for name in (trait.prevalence, trait.boy) if name)
    weights = (name for terms in table.risks.values() for name in terms.values())
    return frozenset(("population.boy", "frailty.sd", *traits, *weights))


@cache
def _over_from() -> dict[str, int]:
    """Return by number of a path over the years the year from which on it says nothing: that of the next."""
    paths = {t.path for process in default_table().processes.values() for t in process.transitions if t.path}
    found = dict[str, int]()
    for path in paths:
        years = [int(year) for year in default_parameters().shape(path)[0]]
        found |= {f"{path}.{year}": after for year, after in pairwise(years)}
    return found


def parameters_told(scenario: Scenario) -> Iterator[tuple[str, Fault]]:
    """Yield the parameters of a scenario that do nothing, or little, or lie outside their range, with why."""
    for name, override in scenario.parameters.items():
        if why := idle(name, override.since, scenario):
            yield name, why
            continue
        if override.since != "birth" and name in settled_at_birth():
            yield name, fault("settled_at_birth", name=name)
        record = default_parameters().records.get(name)
        if record is None or record.fixed or isinstance(override.value, tuple):
            continue
        if not record.low <= override.value <= record.high:
            yield name, fault(
                "outside_believed_range",
                name=name, value=override.value, low=record.low, high=record.high,
            )  # fmt: skip
