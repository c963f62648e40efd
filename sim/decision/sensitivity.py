"""How an answer moves with one parameter, with two, and with the structure of the model.

Every point is simulated on the same children with common random numbers, so that small movements show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

import numpy as np
from numpy.typing import NDArray

from sim.decision.comparison import Difference, block_standard_error
from sim.decision.goal import Goal, lived_beside
from sim.decision.sample import Question
from sim.engine.plan import touches_no_life
from sim.errors import OptionError
from sim.faults import fault
from sim.inputs.scenario import Override, Scenario
from sim.model.parameters import Parameters, default_parameters
from sim.progress import Progress, Tell, nobody
from sim.runs.workers import Workers
from sim.states import MECHANISMS

Floats = NDArray[np.float64]
BEST_FIT = 0
PORTION = 8
"""Variants whose lives part from the same ones: enough to share them, few enough to show progress."""


@dataclass(frozen=True)
class TornadoBar:
    """One parameter of a tornado: the outcome where it is low and where it is high, and their errors."""

    name: str
    low: float
    high: float
    at_low: float
    at_high: float
    error: float

    @property
    def width(self) -> float:
        """Return how far the outcome moves."""
        return abs(self.at_high - self.at_low)

    @property
    def too_small(self) -> bool:
        """Tell whether it moves less than two Monte Carlo standard errors of that movement."""
        return not self.width >= 2.0 * self.error


@dataclass(frozen=True)
class Swing:
    """A parameter at both ends of its range, with the outcomes of the best fit there, for any goal."""

    name: str
    low: float
    high: float
    at_low: Difference
    at_high: Difference

    def bar(self, goal: Goal) -> TornadoBar:
        """Return what it comes to for one goal. Raises ValueError where `goal.blocks` does."""
        low, high = goal.blocks(self.at_low)[0], goal.blocks(self.at_high)[0]
        error = float(block_standard_error(high - low))
        return TornadoBar(self.name, self.low, self.high, float(low.sum()), float(high.sum()), error)


def live_all(
    question: Question,
    variants: Sequence[Question],
    workers: Workers,
    now: Progress,
    tell: Tell,
    scenario: int = 1,
) -> Iterator[Difference]:
    """Yield what a scenario changes in the best fit of each variant of a question."""
    jobs = [(question, variants[k : k + PORTION]) for k in range(0, len(variants), PORTION)]
    done = 0
    tell(now.at(0, len(variants)))
    for portion in workers.map(_lived, jobs):
        done += len(portion)
        tell(now.at(done, len(variants)))
        yield from (found[scenario - 1] for found in portion)


def _lived(job: tuple[Question, Sequence[Question]]) -> list[tuple[Difference, ...]]:
    return lived_beside(*job, BEST_FIT)


def with_values(question: Question, values: Mapping[str, float]) -> Question:
    """Return a question in which these parameters are certain, whatever its scenarios say of them.

    One that touches no life but of those who come to a programme has its value from the start on; the past
    stays as it was observed. Raises KeyError for an unknown one.
    """
    for name in values:
        question.parameters[name]
    written = [name for name in values if touches_no_life(name) and name in default_parameters()]
    later = {name: Override(value=values[name]) for name in written}  # what a future adds no scenario says
    rates = {name: value for name, value in values.items() if name not in later}
    told = (_silent(scenario, rates) for scenario in question.scenarios)
    return replace(
        question,
        base=question.parameters.certain(rates) if rates else question.base,
        scenarios=tuple(s.replace(parameters={**s.parameters, **later}) if later else s for s in told),
    )


def _silent(scenario: Scenario, names: Iterable[str]) -> Scenario:
    """Return a scenario that says nothing of these parameters."""
    kept = {name: own for name, own in scenario.parameters.items() if name not in set(names)}
    return scenario if len(kept) == len(scenario.parameters) else scenario.replace(parameters=kept)


def tornado(
    question: Question,
    goal: Goal,
    names: Iterable[str],
    workers: Workers,
    tell: Tell = nobody,
    scenario: int = 1,
) -> tuple[float, list[TornadoBar]]:
    """Return the outcome of the best fit, and a bar per parameter from its 5th to its 95th percentile.

    Widest first. A parameter that shares its random number with others takes them along.
    """
    (best,) = live_all(question, [question], workers, Progress("one_at_a_time"), nobody, scenario)
    bars = [swing.bar(goal) for swing in swings(question, names, workers, tell, scenario)]
    return float(goal.blocks(best).sum()), sorted(bars, key=lambda bar: -bar.width)


def swings(
    question: Question,
    names: Iterable[str],
    workers: Workers,
    tell: Tell = nobody,
    scenario: int = 1,
) -> Iterator[Swing]:
    """Yield the swing of each parameter from its 5th to its 95th percentile, as soon as it is simulated.

    A parameter that shares its number with others takes them along. Raises KeyError for an unknown one.
    """
    p = question.parameters
    ends = {name: _ends(p, name) for name in dict.fromkeys(names)}
    jobs = [with_values(question, values) for both in ends.values() for values in both]
    found = live_all(question, jobs, workers, Progress("one_at_a_time"), tell, scenario)
    for name, (low, high) in ends.items():
        yield Swing(name, low[name], high[name], next(found), next(found))


def _ends(p: Parameters, name: str) -> tuple[dict[str, float], dict[str, float]]:
    """Return the values of a parameter, and of those that share its number, where it is low and high."""
    record = p.records[name]
    ends = ({name: max(record.low, record.least)}, {name: record.high})
    for other in p.records.values():
        if other.rank.lstrip("-") == name:
            mirrored = other.rank.startswith("-")
            ends[0][other.name], ends[1][other.name] = (
                (other.high, other.low) if mirrored else (other.low, other.high)
            )
    return ends


@dataclass(frozen=True)
class Grid:
    """The outcome over values of two parameters, [first, second]."""

    first: str
    second: str
    first_values: tuple[float, ...]
    second_values: tuple[float, ...]
    outcomes: Floats


def two_way(
    question: Question,
    goal: Goal,
    first: str,
    second: str,
    workers: Workers,
    tell: Tell = nobody,
    points: int = 5,
    scenario: int = 1,
) -> Grid:
    """Return the outcome over a grid of two parameters, each from its 5th to its 95th percentile.

    Raises KeyError for an unknown parameter and ValueError for one that is certain or named twice.
    """
    p = question.parameters
    if first == second:
        raise OptionError("two_way", fault("two_way_same", first=first))
    axes: list[tuple[float, ...]] = []
    for name in (first, second):
        p[name]
        record = p.records[name]
        if record.fixed:
            raise OptionError("two_way", fault("two_way_certain", name=name))
        steps = np.linspace(-1.6448536269514722, 1.6448536269514722, points)
        if record.scale == "bernoulli":
            axes.append((0.0, record.value, 1.0))
        else:
            axes.append(tuple(record.at(z) for z in steps))
    jobs = [with_values(question, {first: a, second: b}) for a, b in product(*axes)]
    now = Progress("two_at_once", values={"first": first, "second": second})
    found = [goal.blocks(d).sum() for d in live_all(question, jobs, workers, now, tell, scenario)]
    values = np.array(found).reshape(len(axes[0]), len(axes[1]))
    return Grid(first, second, axes[0], axes[1], values)


@dataclass(frozen=True)
class Case:
    """A structural alternative: what is otherwise, in the model or in how its money is counted."""

    name: str
    words: str
    question: Callable[[Question], Question]
    goal: Callable[[Goal], Goal]


def _same(item: Goal) -> Goal:
    return item


def _unchanged(item: Question) -> Question:
    return item


def _switched(mechanisms: Sequence[str]) -> Callable[[Question], Question]:
    return partial(_without, mechanisms)


def _without(mechanisms: Sequence[str], question: Question) -> Question:
    """Return a question whose programmes lack some mechanisms."""

    def one(scenario: Scenario) -> Scenario:
        uses = {
            name: use.model_copy(
                update={"switches": use.switches.model_copy(update=dict.fromkeys(mechanisms, False))}
            )
            for name, use in scenario.programmes.items()
        }
        return scenario.replace(programmes=uses)

    return replace(question, scenarios=tuple(one(s) for s in question.scenarios))


def _fixed(values: Mapping[str, float]) -> Callable[[Question], Question]:
    return lambda question: with_values(question, values)


CASES: tuple[Case, ...] = (
    Case("as_shipped", "the model as it is", _unchanged, _same),
    Case("no_fade_out", "an effect stays once a child has left", _fixed({"kinderwerk.retained": 1.0}), _same),
    Case("fast_fade_out", "30% of an effect remains in a year", _fixed({"kinderwerk.retained": 0.3}), _same),
    Case("no_net_widening", "child work sees nobody earlier", _switched(("signalling",)), _same),
    Case("only_signalling", "child work sees earlier and prevents nothing",
         _switched(("onset", "escalation", "recovery")), _same),
    Case("no_effect", "child work does nothing, and costs its price", _switched(MECHANISMS), _same),
    Case("an_effect_for_sure", "child work works (the prior gives that three in four)",
         _fixed({"kinderwerk.effect_exists": 1.0}), _same),
    Case("all_cashable", "every euro of care avoided is saved",
         _unchanged, lambda goal: replace(goal, measure="cost")),
    Case("undiscounted", "a later euro counts in full", _unchanged, lambda goal: replace(goal, rate=0.0)),
    Case("discount_4", "4% a year", _unchanged, lambda goal: replace(goal, rate=0.04)),
)  # fmt: skip
"""Structural alternatives. None is the right one: they show what depends on the structure of the model."""


def structural(
    question: Question,
    goal: Goal,
    workers: Workers,
    tell: Tell = nobody,
    scenario: int = 1,
    cases: Sequence[Case] = CASES,
) -> list[tuple[Case, float, float]]:
    """Return each case with its outcome for the best fit and the Monte Carlo error of that."""
    found = dict(live_cases(question, workers, tell, scenario, cases))
    blocks = [(case, case.goal(goal).blocks(found[case])[0]) for case in cases]
    return [(case, float(b.sum()), float(block_standard_error(b))) for case, b in blocks]


def live_cases(
    question: Question,
    workers: Workers,
    tell: Tell = nobody,
    scenario: int = 1,
    cases: Sequence[Case] = CASES,
) -> Iterator[tuple[Case, Difference]]:
    """Yield each case with the outcome of the best fit, for any goal.

    Cases that only count money otherwise share the lives of the model as it is, and come first.
    """
    same = [case for case in cases if case.question is _unchanged]
    other = [case for case in cases if case.question is not _unchanged]
    jobs = [question, *(case.question(question) for case in other)]
    found = live_all(question, jobs, workers, Progress("structural"), tell, scenario)
    shipped = next(found)
    yield from ((case, shipped) for case in same)
    yield from zip(other, found, strict=True)
