"""When a budget pays for itself: the chance over two quantities at once, from runs at places on both.

The two are what child work prevents in those who come, and how many come. Draws are the same at every place,
with common random numbers, so that only the place changes the chance. Between places the cost of each draw is
a parabola along the effect, and monotone pieces along the logarithm of the reach (Fritsch & Carlson 1980).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator, barycentric_interpolate

from sim.decision.comparison import HIGH, KEY_LABELS, LOW, difference
from sim.decision.goal import Goal
from sim.decision.sample import Question
from sim.decision.thresholds import PROGRAMME, QUANTITIES, SearchVariable, Threshold, chance, crossing, spread
from sim.engine.history import Label
from sim.inputs.scenario import Scenario
from sim.rates import discount_factor
from sim.runs.experiment import Run

Floats = NDArray[np.float64]
EFFECT, REACH = QUANTITIES
EFFECTS, REACHES = 3, 4
"""Places along each, at which draws are simulated."""
STEPS = 81
"""Places along one of them between which a threshold is a line."""
ASSUMED = 400
"""Draws of parameters, which take no runs, from which it is told what is assumed."""


@dataclass(frozen=True)
class BreakEvenMap:
    """What the last scenario costs more at places over effect and reach, each time on the same draws.

    effects: [m] percent; reaches: [n] children per FTE; costs: euros a year of each line of the ledger that a
    goal may be about, [draws, m, n, years]. now: the best fit of both. assumed: of each, 5 and 95 percent
    over draws of the parameters.
    """

    years: tuple[int, ...]
    effects: Floats
    reaches: Floats
    costs: Mapping[Label, Floats]
    now: tuple[float, float]
    assumed: tuple[tuple[float, float], tuple[float, float]]

    @property
    def draws(self) -> int:
        """Return the number of draws."""
        return len(next(iter(self.costs.values())))

    def money(self, goal: Goal, effects: ArrayLike, reaches: ArrayLike) -> Floats:
        """Return the present value of the extra cost by draw, [draws, effects, reaches].

        Raises ValueError for a year outside the run or money that nobody keeps.
        """
        if goal.year not in self.years or goal.label not in self.costs:
            raise ValueError(f"nothing is known of {'/'.join(goal.label)} in {goal.year}")
        years = self.years.index(goal.year) + 1
        known = self.costs[goal.label][..., :years] @ discount_factor(goal.rate, np.arange(1, years + 1))
        by_reach = PchipInterpolator(np.log(self.reaches), known, axis=2)(np.log(np.atleast_1d(reaches)))
        return np.asarray(barycentric_interpolate(self.effects, by_reach, np.atleast_1d(effects), axis=1))

    def chance(self, goal: Goal, effects: ArrayLike, reaches: ArrayLike) -> Floats:
        """Return the share of draws in which the money is back, [effects, reaches]. Raises ValueError."""
        return np.asarray((self.money(goal, effects, reaches) <= 0).mean(axis=0))

    def line(self, goal: Goal, reaches: ArrayLike) -> Floats:
        """Return the least effect that meets the goal at each reach; NaN where none does."""
        effects = np.linspace(self.effects[0], self.effects[-1], STEPS)
        margins = np.quantile(self.money(goal, effects, reaches), goal.probability, axis=0)
        found = (crossing(effects, margins[:, k]) for k in range(margins.shape[1]))
        return np.array([np.nan if at is None else at for at in found])

    def threshold(self, quantity: SearchVariable, goal: Goal) -> Threshold:
        """Return the value of one of the two at which the goal is met, the other being what it is now.

        Raises ValueError for a year outside the run or money that nobody keeps.
        """
        along = EFFECT is quantity
        places = np.linspace(self.effects[0], self.effects[-1], STEPS) if along else np.geomspace(
            self.reaches[0], self.reaches[-1], STEPS
        )  # fmt: skip
        effect, reach = self.now
        costs = self.money(goal, places, reach)[..., 0] if along else self.money(goal, effect, places)[:, 0]
        make = partial(
            Threshold, quantity.name, quantity.unit, goal, now=effect if along else reach,
            least=float(places[0]), most=float(places[-1]),
            chance_now=float(self.chance(goal, effect, reach)[0, 0]),
        )  # fmt: skip
        margins = np.quantile(costs, goal.probability, axis=0)
        if margins[0] <= 0:
            return make(None, None, None, chance=chance(costs[:, 0]), always=True)
        root = crossing(places, margins)
        if root is None:
            return make(None, None, None, chance=chance(costs[:, -1]))
        low, high = spread(dict(zip(places.tolist(), costs.T, strict=True)), goal)
        return make(root, low, high, chance=goal.probability)


@dataclass(frozen=True)
class Places:
    """The places of a question: effects [m], reaches [n], and the reference and the scenario at each.

    pairs: by effect and, within it, by reach. A reference without child work is the same at every place.
    """

    effects: Floats
    reaches: Floats
    pairs: tuple[tuple[Scenario, Scenario], ...]

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """Return every scenario once, to be lived together: a reference first."""
        every = [one for both in zip(*self.pairs, strict=True) for one in both]
        return tuple({one.canonical_sha256(): one for one in every}.values())


def grid(question: Question) -> Places:
    """Return the places of a question about child work."""
    now = _now(question)
    effects = np.linspace(min(EFFECT.least, now[0]), max(EFFECT.most, now[0]), EFFECTS)
    reaches = np.geomspace(min(REACH.least, now[1]), max(REACH.most, now[1]), REACHES)
    reference, pairs = question.scenarios[0], []
    use = reference.programmes.get(PROGRAMME)
    none = use is None or not any(use.fte_by_year(reference.start, reference.years))
    for effect in effects:
        for reach in reaches:
            there = EFFECT.at(REACH.at(question, float(reach)), float(effect)).scenarios
            pairs.append((reference if none else there[0], there[-1]))
    return Places(effects, reaches, tuple(pairs))


def break_even_map(question: Question, places: Places, runs: Sequence[Run]) -> BreakEvenMap:
    """Return when the money is back, from runs of `places.scenarios`, one a draw."""
    where = {scenario.canonical_sha256(): k for k, scenario in enumerate(places.scenarios)}
    shape = (len(runs), places.effects.size, places.reaches.size, len(question.years))
    costs: dict[Label, list[Floats]] = {}
    for run in runs:
        for both in places.pairs:
            before, after = (run.columns[where[one.canonical_sha256()]] for one in both)
            d = difference([replace(run, columns=(before, after))], 1, 0, question.years, KEY_LABELS)
            for label, blocks in d.key_blocks.items():
                costs.setdefault(label, []).append(blocks[0].sum(axis=1))
    return BreakEvenMap(
        tuple(question.years), places.effects, places.reaches,
        {label: np.array(rows).reshape(shape) for label, rows in costs.items()}, _now(question),
        _assumed(question),
    )  # fmt: skip


def _now(question: Question) -> tuple[float, float]:
    return EFFECT.now(question), REACH.now(question)


def _assumed(question: Question) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return between what nine in ten draws of the parameters have the effect and the reach."""
    seed, p = question.options.seed, question.parameters
    drawn = [_now(replace(question, base=p.draw(seed, k))) for k in range(1, ASSUMED + 1)]
    low, high = np.percentile(drawn, [LOW, HIGH], axis=0).tolist()
    return (low[0], high[0]), (low[1], high[1])
