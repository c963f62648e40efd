"""What is believed of a choice about child work, and what studies of it are worth, from one sample."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sim.decision.design import Design, Price
from sim.decision.dossier import good, least_sure
from sim.decision.emulated import more_draws
from sim.decision.goal import Goal
from sim.decision.sample import Question, Sample
from sim.decision.study import Learnt, StudyWorth, learnt
from sim.decision.thresholds import PROGRAMME
from sim.decision.value import UNTOLD, Estimate, evpi
from sim.errors import InputError
from sim.faults import fault
from sim.inputs.observed import COUNTRY
from sim.inputs.profiles import profile_of, profiles, towns_of_the_country
from sim.inputs.scenario import Scenario
from sim.model.catalogue import catalogue
from sim.model.prices import worker_price
from sim.progress import Tell, nobody
from sim.rates import discount_factor
from sim.runs.alike import comparable
from sim.runs.experiment import Options
from sim.runs.workers import Workers

Floats = NDArray[np.float64]
DRAWS = 2000
"""Draws of the emulator."""
SIZES = (2, 5, 10, 15, 20, 30, 40, 60, 80, 120, 160)
"""Neighbourhoods with child work at which a study is tried; as many are without."""
LONGEST = 8
"""Years of the longest study."""


@dataclass(frozen=True, eq=False)
class Beliefs:
    """Draws of what a choice costs and brings, and of the effect that a study would measure.

    costs: [draws], extra cost of the last scenario, present value in euros; gained: [draws], child-years
    without moderate or complex need, discounted; ratio, build_up: [draws], see `Design.measured`; worker:
    [LONGEST], euros of an FTE by year; has_work: whether the reference has child work. simulated: draws
    behind them; accuracy: of the emulator for costs and for gained, None where draws are too few for it.
    Of too few children to tell what is luck nothing is believed: there are no draws.
    """

    goal: Goal
    costs: Floats
    gained: Floats
    ratio: Floats
    build_up: Floats
    worker: Floats
    has_work: bool
    simulated: int
    accuracy: tuple[float, float] | None

    @property
    def luck_known(self) -> bool:
        """Tell whether enough children were simulated to believe anything."""
        return self.simulated > 0

    @property
    def least_sure(self) -> float:
        """Return the worth of a child-year at which the choice is least sure, in euros, or 0."""
        return least_sure(self.costs, self.gained) if self.luck_known else math.nan

    def net_benefit(self, willingness: float) -> Floats:
        """Return the net benefit of both choices, [draws, 2]; willingness: euros for a child-year."""
        benefit = willingness * self.gained - self.costs
        return np.stack([np.zeros_like(benefit), benefit], axis=1)

    def now(self, willingness: float) -> int:
        """Return which is best on average now, where luck is known: 0 the reference, 1 the other."""
        return int(self.net_benefit(willingness).mean(axis=0).argmax())

    def price(self, design: Design) -> Price:
        """Return what a study costs; its child work is paid for where the reference has none."""
        return design.price(self.worker[: design.years], self.goal.rate, self.has_work)


def choice_of_child_work(scenarios: Sequence[Scenario], options: Options) -> Question:
    """Return the choice that a study of child work is about. Raises InputError where it is another one."""
    comparable(scenarios)
    first, last = scenarios
    if not last.years:
        raise InputError.at(last.path or last.title, fault("no_years_to_judge"))
    if not only_child_work((first, last)):
        raise InputError.at(last.path or last.title, fault("not_child_work_alone"))
    return Question((first, last), options)


def only_child_work(scenarios: tuple[Scenario, Scenario]) -> bool:
    """Tell whether two scenarios differ in child work and in nothing else: no programme, policy or number."""
    first, other = (scenario.canonical() for scenario in scenarios)
    here, there = (dict(scenario.programmes) for scenario in scenarios)
    child_work = here.pop(PROGRAMME, None), there.pop(PROGRAMME, None)
    rest = [name for name in first.keys() | other.keys() if name != "programmes"]
    same = here == there and all(first.get(name) == other.get(name) for name in rest)
    return same and child_work[0] != child_work[1]


def beliefs(
    sample: Sample, goal: Goal, workers: Workers, tell: Tell = nobody, draws: int | None = None
) -> Beliefs:
    """Return what is believed after a sample. Raises ValueError for a goal outside the simulated years."""
    question, d = sample.question, sample.difference()
    costs, errors = goal.of(d)
    gained = good(d, d.years.index(goal.year) + 1, goal.rate)
    outputs = np.stack([costs, gained], axis=1)
    variances = np.stack([errors**2, np.zeros_like(errors)], axis=1)
    drawn = more_draws(sample, outputs, variances, DRAWS if draws is None else draws, workers, tell)

    def of(kind: str) -> Floats:
        name = f"{PROGRAMME}.{kind}"
        if name in question.uncertain:
            return np.asarray(drawn.inputs[:, question.uncertain.index(name)])
        return np.full(len(drawn.inputs), question.value(name))

    accuracy = None if drawn.accuracy is None else (float(drawn.accuracy[0]), float(drawn.accuracy[1]))
    return Beliefs(
        goal, np.asarray(drawn.outputs[:, 0]), np.asarray(drawn.outputs[:, 1]),
        of("moderate_need") ** of("effect_exists"), of("build_up"), _price_of_work(question),
        _works(question.scenarios[0]), sample.size, accuracy,
    )  # fmt: skip


def nothing_believed(question: Question, goal: Goal) -> Beliefs:
    """Return what is believed of too few children to tell what is luck: what a study costs, and no more."""
    none = np.empty(0)
    work, has_work = _price_of_work(question), _works(question.scenarios[0])
    return Beliefs(goal, none, none, none, none, work, has_work, 0, None)


def _price_of_work(question: Question) -> Floats:
    """Return what an FTE costs, euros by year of the longest study."""
    p, start = question.parameters, question.years[0]
    return np.array([worker_price(catalogue()[PROGRAMME], year, p) for year in range(start, start + LONGEST)])


def _works(scenario: Scenario) -> bool:
    use = scenario.programmes.get(PROGRAMME)
    return use is not None and any(use.fte_by_year(scenario.start, scenario.years))


def worth(believed: Beliefs, design: Design, willingness: float, decisions: float) -> StudyWorth:
    """Return what a study is worth. willingness: euros for a child-year; decisions: see `decisions`.

    NaN where nothing is believed, but for the price, which the design sets.
    """
    later = float(discount_factor(believed.goal.rate, np.array([design.years]))[0])
    price = believed.price(design).total
    if not believed.luck_known:
        return StudyWorth(UNTOLD, math.nan, UNTOLD, decisions, price, later)
    found, most = _learnt(believed, design, willingness), _most(believed, willingness)
    return StudyWorth(found.worth, found.chance, most, decisions, price, later)


def by_size(
    believed: Beliefs, design: Design, willingness: float, decisions: float
) -> list[tuple[int, StudyWorth]]:
    """Return what a study is worth at each of SIZES, the rest as it is designed."""
    designs = [replace(design, neighbourhoods=size) for size in SIZES]
    return [(one.neighbourhoods, worth(believed, one, willingness, decisions)) for one in designs]


@lru_cache(maxsize=2048)
def _learnt(believed: Beliefs, design: Design, willingness: float) -> Learnt:
    study = design.study(believed.price(design))
    effect = design.measured(believed.ratio, believed.build_up)
    return learnt(believed.net_benefit(willingness), effect, study.error(design.variance))


@lru_cache(maxsize=256)
def _most(believed: Beliefs, willingness: float) -> Estimate:
    return evpi(believed.net_benefit(willingness))


def decisions(question: Question, municipalities: int) -> float:
    """Return how many decisions of this size as many municipalities take: this one, and others of mean size.

    One where the municipality is the country.
    """
    here = profile_of(question.scenarios[0])
    if here.name == COUNTRY:
        return 1.0
    mean = profiles()[COUNTRY].total / len(towns_of_the_country())
    return 1.0 + (municipalities - 1) * mean / here.total
