"""How an answer moves with one parameter, with two, and with the structure of the model.

Every point is simulated on the same children with the same luck, so that small movements show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

import numpy as np
from numpy.typing import NDArray

from sim.appraisal import block_standard_error
from sim.decision.goal import Goal, outcome
from sim.decision.sample import Progress, Question
from sim.parameters import Parameters
from sim.scenario import Scenario
from sim.workers import Workers

Floats = NDArray[np.float64]
BEST_FIT = 0


@dataclass(frozen=True)
class Bar:
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
        return self.width < 2.0 * self.error


def simulate_all(
    jobs: Sequence[tuple[Question, Goal]], workers: Workers, words: str, tell: Progress
) -> list[Floats]:
    """Return the best fit of each question, [scenarios - 1, blocks]."""
    found = []
    tell(words, 0, len(jobs))
    for result in workers.map(_best, jobs):
        found.append(result)
        tell(words, len(found), len(jobs))
    return found


def _best(job: tuple[Question, Goal]) -> Floats:
    return outcome(*job, BEST_FIT)


def with_values(question: Question, values: Mapping[str, float]) -> Question:
    """Return a question in which these parameters are certain. Raises KeyError for an unknown one."""
    return replace(question, base=question.parameters.certain(values))


def tornado(
    question: Question,
    goal: Goal,
    names: Iterable[str],
    workers: Workers,
    tell: Progress = lambda *_: None,
    scenario: int = 1,
) -> tuple[float, list[Bar]]:
    """Return the outcome of the best fit, and a bar per parameter from its 5th to its 95th percentile.

    Widest first. A parameter that shares its luck with others takes them along.
    """
    p = question.parameters
    chosen = list(dict.fromkeys(names))
    ends = {name: _ends(p, name) for name in chosen}
    jobs = [(question, goal)]
    jobs += [(with_values(question, values), goal) for name in chosen for values in ends[name]]
    found = simulate_all(jobs, workers, "one parameter at a time", tell)
    values = np.stack(found)[:, scenario - 1]
    bars = []
    for k, name in enumerate(chosen):
        low, high = values[1 + 2 * k], values[2 + 2 * k]
        at = [ends[name][side][name] for side in (0, 1)]
        error = float(block_standard_error(high - low))
        bars.append(Bar(name, at[0], at[1], float(low.sum()), float(high.sum()), error))
    return float(values[0].sum()), sorted(bars, key=lambda bar: -bar.width)


def _ends(p: Parameters, name: str) -> tuple[dict[str, float], dict[str, float]]:
    """Return the values of a parameter, and of those that share its luck, where it is low and high."""
    record = p.records[name]
    ends = ({name: record.low}, {name: record.high})
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
    tell: Progress = lambda *_: None,
    points: int = 5,
    scenario: int = 1,
) -> Grid:
    """Return the outcome over a grid of two parameters, each from its 5th to its 95th percentile.

    Raises KeyError for an unknown parameter and ValueError for one that is certain or named twice.
    """
    p = question.parameters
    if first == second:
        raise ValueError(f"two different parameters are needed, found '{first}' twice")
    axes: list[tuple[float, ...]] = []
    for name in (first, second):
        p[name]
        record = p.records[name]
        if record.fixed:
            raise ValueError(f"'{name}' is certain: it has no range to vary over")
        steps = np.linspace(-1.6448536269514722, 1.6448536269514722, points)
        if record.scale == "bernoulli":
            axes.append((0.0, record.value, 1.0))
        else:
            axes.append(tuple(record.at(z) for z in steps))
    jobs = [(with_values(question, {first: a, second: b}), goal) for a, b in product(*axes)]
    found = simulate_all(jobs, workers, f"{first} by {second}", tell)
    values = np.array([blocks[scenario - 1].sum() for blocks in found]).reshape(len(axes[0]), len(axes[1]))
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
    Case("an_effect_for_sure", "child work works (the prior gives that three in four)",
         _fixed({"kinderwerk.effect_exists": 1.0}), _same),
    Case("no_effect", "child work prevents nothing, and sees earlier",
         _fixed({"kinderwerk.effect_exists": 0.0}), _same),
    Case("all_cashable", "every euro of care avoided is saved",
         _unchanged, lambda goal: replace(goal, measure="cost")),
    Case("undiscounted", "a later euro counts in full", _unchanged, lambda goal: replace(goal, rate=0.0)),
    Case("discount_4", "4% a year", _unchanged, lambda goal: replace(goal, rate=0.04)),
)  # fmt: skip
"""Named alternatives, from which none is right: they show what rests on the shape of the model."""


def structural(
    question: Question,
    goal: Goal,
    workers: Workers,
    tell: Progress = lambda *_: None,
    scenario: int = 1,
    cases: Sequence[Case] = CASES,
) -> list[tuple[Case, float, float]]:
    """Return each case with its outcome for the best fit and the Monte Carlo error of that."""
    jobs = [(case.question(question), case.goal(goal)) for case in cases]
    found = simulate_all(jobs, workers, "structural alternatives", tell)
    outcomes = [blocks[scenario - 1] for blocks in found]
    return [
        (case, float(blocks.sum()), float(block_standard_error(blocks)))
        for case, blocks in zip(cases, outcomes, strict=True)
    ]
