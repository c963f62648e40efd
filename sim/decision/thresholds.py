"""Threshold analysis: the value of a quantity at which a scenario breaks even, by root finding.

A threshold is a property of many draws at once: the value at which the money is back by a year in a given
share of them. Every value is tried on the same draws with common random numbers, so that only the value
changes the share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sim.decision.comparison import Difference
from sim.decision.goal import Goal, outcome
from sim.decision.sample import Question
from sim.decision.sensitivity import with_values
from sim.engine.plan import with_overrides
from sim.errors import InputError
from sim.faults import fault
from sim.inputs.fte import FtePath
from sim.inputs.scenario import Scenario
from sim.progress import Progress, Tell, nobody
from sim.rates import discount_factor
from sim.runs.experiment import Options, config_for
from sim.runs.workers import Workers

Floats = NDArray[np.float64]
DRAWS = 40
"""Draws behind a threshold: enough for a chance of one in two, and a search of a minute."""
PROGRAMME = "kinderwerk"
ACTIVITIES = f"{PROGRAMME}.activity_cost"
PARTICIPANTS = ("programme_participants", "programme", PROGRAMME)


@dataclass(frozen=True)
class SearchVariable:
    """A quantity to search over, from where it helps least to where it helps most."""

    name: str
    unit: str
    least: float
    most: float
    now: Callable[[Question], float]
    at: Callable[[Question, float], Question]


@dataclass(frozen=True)
class Threshold:
    """The value of a quantity at which the goal is met; None where it is met nowhere in the range.

    always: it is met even where the quantity helps least. chance: at the threshold, or where it helps most.
    low, high: 90 percent of thresholds over resampled draws (None where there is no threshold).
    """

    name: str
    unit: str
    goal: Goal
    value: float | None
    low: float | None
    high: float | None
    now: float
    least: float
    most: float
    chance: float
    chance_now: float
    always: bool = False


def _effect(question: Question, prevented: float) -> Question:
    sure = {f"{PROGRAMME}.effect_exists": 1.0, f"{PROGRAMME}.moderate_need": 1.0 - prevented / 100.0}
    recovery = f"{PROGRAMME}.recovery_light"
    return with_values(question, sure | {recovery: question.value(recovery)})


def _effect_now(question: Question) -> float:
    exists = question.value(f"{PROGRAMME}.effect_exists")
    return 100.0 * exists * (1.0 - question.value(f"{PROGRAMME}.moderate_need"))


def _reach(question: Question, children: float) -> Question:
    visits = question.value(f"{PROGRAMME}.visits_per_child")
    sure = {f"{PROGRAMME}.visits_per_fte": children * visits, f"{PROGRAMME}.visits_per_child": visits}
    return with_values(question, sure)


def _reach_now(question: Question) -> float:
    return question.value(f"{PROGRAMME}.visits_per_fte") / question.value(f"{PROGRAMME}.visits_per_child")


def _workers(question: Question, fte: float) -> Question:
    changed = with_fte(question.scenarios[-1], fte)
    return replace(question, scenarios=(*question.scenarios[:-1], changed))


def with_fte(scenario: Scenario, fte: float) -> Scenario:
    """Return a scenario with this many child workers in every year. Raises InputError where it has none."""
    if PROGRAMME not in scenario.programmes:
        raise InputError.at(scenario.path or scenario.title, fault("no_child_work"))
    use = scenario.programmes[PROGRAMME].model_copy(update={"fte": FtePath(fte)})
    return scenario.replace(programmes={**scenario.programmes, PROGRAMME: use})


def _workers_now(question: Question) -> float:
    scenario = question.scenarios[-1]
    use = scenario.programmes.get(PROGRAMME)
    return float(np.mean(use.fte_by_year(scenario.start, scenario.years))) if use else 0.0


QUANTITIES: tuple[SearchVariable, ...] = (
    SearchVariable(
        "effect", "% less new moderate need among children reached", 0.0, 80.0, _effect_now, _effect
    ),
    SearchVariable("reach", "children reached per FTE", 20.0, 600.0, _reach_now, _reach),
)
"""What is searched beside the FTE, whose range follows from the scenario."""


def of_workers(question: Question) -> SearchVariable:
    """Return the number of child workers as a quantity: from a tenth to three times the scenario's own."""
    now = _workers_now(question)
    return SearchVariable("fte", "FTE of child work", 0.1 * now, 3.0 * now, _workers_now, _workers)


def values(question: Question, goal: Goal, draws: Sequence[int], workers: Workers) -> Floats:
    """Return the present value of the extra cost of the last scenario in each draw."""
    found = workers.map(partial(outcome, question, goal), draws)
    return np.array([blocks[-1].sum() for blocks in found])


def chance(costs: Floats) -> float:
    """Return the share of draws in which the money is back."""
    return float((costs <= 0).mean())


def threshold(
    quantity: SearchVariable,
    question: Question,
    goal: Goal,
    workers: Workers,
    draws: int = DRAWS,
    tell: Tell = nobody,
) -> Threshold:
    """Return the value of a quantity at which the goal is met in the share of draws that it asks for.

    Found between the two ends of the quantity's range (Brent); where the cost at its quantile is above
    zero even where the quantity helps most, there is none. Raises ValueError for a year outside the run.
    """
    from scipy.optimize import brentq  # a large library that few commands need

    luck = range(1, draws + 1)
    known: dict[float, Floats] = {}

    def costs(at: float) -> Floats:
        if at not in known:
            known[at] = values(quantity.at(question, at), goal, luck, workers)
            tell(Progress("threshold_of", min(len(known), _TRIES), _TRIES, {"name": quantity.name}))
        return known[at]

    def margin(at: float) -> float:
        return float(np.quantile(costs(at), goal.probability))

    now = quantity.now(question)
    chance_now = chance(values(question, goal, luck, workers))
    make = partial(
        Threshold, quantity.name, quantity.unit, goal, now=now, least=quantity.least, most=quantity.most,
        chance_now=chance_now,
    )  # fmt: skip
    if margin(quantity.least) <= 0:
        return make(None, None, None, chance=chance(costs(quantity.least)), always=True)
    if margin(quantity.most) > 0:
        return make(None, None, None, chance=chance(costs(quantity.most)))
    tolerance = 0.01 * abs(quantity.most - quantity.least)
    root = float(brentq(margin, quantity.least, quantity.most, xtol=tolerance, maxiter=_TRIES))
    low, high = spread(known, goal)
    return make(root, low, high, chance=chance(costs(root)))


_TRIES = 10


def spread(known: dict[float, Floats], goal: Goal) -> tuple[float, float]:
    """Return where 90 percent of thresholds lie if other draws had been made (bootstrap over draws)."""
    places = np.array(sorted(known))
    costs = np.stack([known[at] for at in places])
    luck = np.random.default_rng(0)
    found = []
    for _ in range(400):
        drawn = costs[:, luck.integers(0, costs.shape[1], costs.shape[1])]
        at = crossing(places, np.quantile(drawn, goal.probability, axis=1))
        found.append(places[-1] if at is None else at)
    low, high = np.quantile(found, [0.05, 0.95])
    return float(low), float(high)


def crossing(places: Floats, margins: Floats) -> float | None:
    """Return the first place where margins reach zero, by lines between places; None where they never do."""
    below = np.flatnonzero(margins <= 0)
    if not below.size:
        return None
    j = int(below[0])
    if j == 0:
        return float(places[0])
    share = margins[j - 1] / (margins[j - 1] - margins[j])
    return float(places[j - 1] + share * (places[j] - places[j - 1]))


def activity_costs(scenario: Scenario, options: Options, draws: Sequence[int]) -> Floats:
    """Return what activities of child work cost, euros of the price year per participant a year, [runs]."""
    each = {
        draw: with_overrides(config_for(scenario, options, draw, 0).parameters, scenario, "start")[ACTIVITIES]
        for draw in set(draws)
    }
    return np.array([each[draw] for draw in draws])


def highest_price(d: Difference, goal: Goal, price: float, activities: Floats) -> Threshold:
    """Return the highest cost of an FTE, in euros of 2024 a year, at which the goal is met.

    price: euros of an FTE-year now. activities: see `activity_costs`, of the runs of d; they cost the same at
    any price. Needs no search: the cost of workers is in proportion to their price. A negative value means
    that the rest alone becomes dearer with that chance: no price is low enough.
    """
    costs, _ = goal.of(d)
    rows = [i for i, label in enumerate(d.labels) if label == ("cost", "programme", PROGRAMME)]
    if not rows:
        raise InputError.at("the scenarios", fault("same_child_work"))
    years = d.years.index(goal.year) + 1
    factors = discount_factor(goal.rate, np.arange(1, years + 1))
    spent = np.asarray(d.runs[:, rows[0], :years], dtype=np.float64) @ factors
    if PARTICIPANTS in d.labels and activities.any():
        spent = spent - activities * (d.series(*PARTICIPANTS)[:, :years] @ factors)
    bearable = price * (spent - costs) / spent
    luck = np.random.default_rng(0)
    share = 1.0 - goal.probability
    again = np.quantile(bearable[luck.integers(0, costs.size, (400, costs.size))], share, axis=1)
    low, high = np.quantile(again, [0.05, 0.95])
    value = float(np.quantile(bearable, share))
    return Threshold(
        "price", "euros per FTE a year", goal, value if value > 0 else None, float(low), float(high), price,
        price, 0.0, goal.probability if value > 0 else chance(costs - spent), chance(costs),
    )  # fmt: skip


def sentence(t: Threshold) -> str:
    """Return what must be true, in one sentence."""
    goal = t.goal
    what = "in cash" if goal.measure == "cost_cashable" else "counting freed capacity as money"
    aim = (
        f"to have paid for itself for the {goal.payer} by the end of {goal.year}, {what}, "
        f"with a chance of {goal.probability:.0%}"
    )
    if t.always:
        return f"{t.name}: at {t.least:,.4g} {t.unit} it is enough already {aim} (chance {t.chance:.0%})."
    if t.value is None:
        if t.name == "price" and t.high is not None and t.high > 0.0:
            cannot = f"whether a price of a worker is low enough {aim} cannot be told with these draws"
            return f"price: {cannot}; it is at most {t.high:,.4g} {t.unit}."
        if t.name == "price":
            why = "care itself becomes cheaper in too few draws"
            return f"price: no price of a worker is low enough {aim}: {why}."
        return f"{t.name}: even {t.most:,.4g} {t.unit} is not enough {aim} (chance {t.chance:.0%})."
    bound = "at most" if t.name == "price" else "at least"
    between = f"{t.low:,.4g} to {t.high:,.4g} with other draws; " if t.low is not None else ""
    return f"{t.name}: {bound} {t.value:,.4g} {t.unit} {aim} ({between}now {t.now:,.4g})."
