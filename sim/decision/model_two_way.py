"""Two parameters of a model file at a time: what is best, and net benefit, on a grid of their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.decision.model_uncertainty import highest_ratio, totals_of
from sim.errors import InputError, OptionError, nearest
from sim.faults import fault
from sim.progress import nobody
from sim.published.source import Source
from sim.ties import tied

Floats = NDArray[np.float64]
STEPS = 11
"""Values of each parameter, evenly from its low to its high."""


@dataclass(frozen=True)
class TwoWay:
    """A grid. names: of both parameters; values: [steps] of each.

    costs, effects, net_benefit: [first, second, strategy]; best: position of the strategy with the highest
    net benefit, [first, second], the first of those that are equal; willingness: to pay for one effect.
    """

    willingness: float
    strategies: tuple[str, ...]
    names: tuple[str, str]
    values: tuple[Floats, Floats]
    costs: Floats
    effects: Floats

    @property
    def net_benefit(self) -> Floats:
        """Return the net benefit at each point."""
        return self.willingness * self.effects - self.costs

    @property
    def best(self) -> NDArray[np.int64]:
        """Return which strategy is best at each point."""
        rows = self.net_benefit.reshape(-1, len(self.strategies))
        found = [int(np.argmax(tied(row.tolist()))) for row in rows]
        return np.array(found, dtype=np.int64).reshape(self.costs.shape[:2])

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "willingness": self.willingness,
            "parameters": dict(zip(self.names, (each.tolist() for each in self.values), strict=True)),
            "best": [[self.strategies[k] for k in row] for row in self.best.tolist()],
            "net_benefit": {
                name: self.net_benefit[:, :, s].tolist() for s, name in enumerate(self.strategies)
            },
        }


def vary_two(source: Source, names: tuple[str, str], willingness: float | None = None) -> TwoWay:
    """Return a grid over the ranges of two uncertain parameters; the others are as in the base case.

    willingness: for one effect (default: the highest ratio on the frontier of the base case, or 0). Raises
    OptionError where a name is no uncertain parameter or stands twice, and InputError where a point makes no
    model.
    """
    uncertain = source.file.uncertain
    if not uncertain:
        raise InputError([source.document.problem(("parameters",), fault("no_range_to_vary"))])
    for name in names:
        if name not in uncertain:
            near = nearest(name, uncertain)
            raise OptionError("two_way", fault("not_uncertain", parameter=name, near=near))
    first, second = names
    if first == second:
        raise OptionError("two_way", fault("stands_twice", name=first))
    low, high = (np.linspace(*uncertain[name].ends, STEPS) for name in names)
    middle = {name: each.middle for name, each in uncertain.items()}
    values = {name: np.full(STEPS * STEPS + 1, each) for name, each in middle.items()}
    values[first][1:], values[second][1:] = low.repeat(STEPS), np.tile(high, STEPS)
    points = zip(values[first][1:].tolist(), values[second][1:].tolist(), strict=True)
    labels = ["base case", *(f"{first} = {a:g}, {second} = {b:g}" for a, b in points)]
    model = source.compiled()
    totals = totals_of(source, model, values, labels, nobody)
    grid = totals[1:].reshape(STEPS, STEPS, *totals.shape[1:])
    return TwoWay(
        willingness=highest_ratio(model, totals[:1]) if willingness is None else willingness,
        strategies=model.strategies,
        names=names,
        values=(low, high),
        costs=grid[..., 0],
        effects=grid[..., 1],
    )
