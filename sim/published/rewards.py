"""What being in a state and coming into it costs and gives: cost, each effect, and each part of the cost.

Arrays of amounts have the axes of sim/published/amounts.py; outcomes r are those of `CompiledModel`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sim.published.amounts import Amounts, Floats, Values
from sim.published.modelfile import EntryReward, Loc, ModelFile, Reward, Strategy
from sim.rates import discount_factor

OTHER = "other"
"""The part that a cost belongs to that is given as a whole, in a file with parts."""
Places = list[tuple[Loc, Reward | None]]
Columns = list[Floats]
"""One array for each outcome."""


def parts_of(file: ModelFile) -> tuple[str, ...]:
    """Return the parts of the cost: those that the file names, and one for what it gives as a whole."""
    if not file.cost_parts or OTHER in file.cost_parts:
        return file.cost_parts
    rewards = [each for _, each in file.all_rewards()]
    whole = any(each.cost not in (None, 0) and not isinstance(each.cost, Mapping) for each in rewards)
    return (*file.cost_parts, OTHER) if whole else file.cost_parts


class RewardTables:
    """The rewards of one file, discounted and weighted by its timing."""

    def __init__(self, amounts: Amounts) -> None:
        self.amounts = amounts
        self.file = amounts.file
        self.parts = parts_of(self.file)

    def of_states(self, name: str, strategy: Strategy, scope: Values) -> list[Columns]:
        """Return what one cycle in each state comes to under a strategy."""
        values = self.amounts.in_state(scope)
        found = []
        for state in self.file.states:
            places: Places = [
                (("strategies", name, "rewards", state), strategy.rewards.get(state)),
                (("rewards", state), self.file.rewards.get(state)),
            ]
            found.append(self.columns(places, values))
        if self.file.rewards_per == "cycle":
            return found
        years = self.file.cycle_years
        return [[column * years for column in columns] for columns in found]

    def of_entry(self, name: str, strategy: Strategy, scope: Values) -> list[Columns]:
        """Return what coming into each state comes to, from each state where that matters."""
        entries = [self.file.on_entry, *(each.on_entry for each in self.file.strategies.values())]
        by_origin = any(entry.from_ for each in entries for entry in each.values())
        found = []
        for origin in self.file.states if by_origin else (None,):
            for state in self.file.states:
                places: Places = []
                for place, given in (
                    (("strategies", name, "on_entry"), strategy.on_entry),
                    (("on_entry",), self.file.on_entry),
                ):
                    entry: EntryReward | None = given.get(state)
                    if entry is not None and origin in entry.from_:
                        places.append(((*place, state, "from", origin), entry.from_[origin]))
                    places.append(((*place, state), entry))
                found.append(self.columns(places, scope))
        return found

    def columns(self, places: Places, values: Values) -> Columns:
        """Return each outcome from the first place that gives it; else 0."""
        parts = self.costs(places, values)
        cost = next(iter(parts.values()), np.zeros((1, 1, 1)))
        for part in list(parts.values())[1:]:
            cost = cost + part
        effects = [self.effect(effect, places, values) for effect in self.file.effects]
        return [cost, *effects, *(parts.get(part, np.zeros((1, 1, 1))) for part in self.parts)]

    def costs(self, places: Places, values: Values) -> dict[str, Floats]:
        """Return each part of the cost from the first place that gives it, up to one that gives the whole."""
        found: dict[str, Floats] = {}
        for place, reward in places:
            cost = reward.cost if reward is not None else None
            if cost is None:
                continue
            if not isinstance(cost, Mapping):
                if OTHER not in found:
                    found[OTHER] = self.amounts.evaluate(cost, (*place, "cost"), values)
                break
            for part, amount in cost.items():
                if part not in found:
                    found[part] = self.amounts.evaluate(amount, (*place, "cost", part), values)
        return found

    def effect(self, name: str, places: Places, values: Values) -> Floats:
        """Return an effect from the first place that gives it; else 0."""
        for place, reward in places:
            given = None if reward is None else reward.effects.get(name)
            if given is not None:
                return self.amounts.evaluate(given, (*place, name), values)
        return np.zeros((1, 1, 1))

    def weights(self) -> Floats:
        """Return how much of a cycle's reward counts at each point in time (float64[t])."""
        weights = np.ones(self.file.cycles + 1)
        if self.file.timing == "start":
            weights[-1] = 0.0
        elif self.file.timing == "end":
            weights[0] = 0.0
        elif self.file.timing == "half-cycle":
            weights[0] -= 0.5
            weights[-1] -= 0.5
        return weights

    def discount_factors(self) -> Floats:
        """Return the present value of one of each outcome at each point in time ([t, r])."""
        years = np.arange(self.file.cycles + 1) * self.file.cycle_years
        rates = self.file.discount
        effects = [rates.of_effect(name) for name in self.file.effects]
        each = [rates.cost, *effects, *(rates.cost for _ in self.parts)]
        return np.stack([discount_factor(rate, years) for rate in each], axis=-1)

    def table(self, rewards: list[list[Columns]], factors: Floats) -> Floats:
        """Return rewards (by strategy, state) times `factors` [t, r], with the axes of `CompiledModel`."""
        arrays = [array for states in rewards for columns in states for array in columns]
        groups = max(array.shape[0] for array in arrays)
        times = max(array.shape[2] for array in arrays)
        shape = (len(rewards), groups, len(rewards[0]), times, *factors.shape)
        if self.amounts.too_large(shape):
            return np.zeros((0,) * 6)
        table = np.empty(shape)
        for index, states in enumerate(rewards):
            for state, columns in enumerate(states):
                for which, array in enumerate(columns):
                    table[index, :, state, :, :, which] = np.swapaxes(array, 1, 2) * factors[:, which]
        return table
