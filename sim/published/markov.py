"""A published state-transition model as arrays: what sim/published/modelfile.py describes, compiled.

Expressions are evaluated on three axes, (group, point in time, time in state), each of length one
where nothing depends on it. What does not change from cycle to cycle is stored once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.faults import fault
from sim.published.amounts import ROUNDING, Amounts, Floats, Values
from sim.published.intensities import Moves, exponential
from sim.published.lookup import LookUpTable
from sim.published.modelfile import Loc, ModelFile, ModelTransition, Strategy
from sim.published.names import check_names
from sim.published.rewards import RewardTables
from sim.rates import competing_hazards, competing_probabilities

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class CompiledModel:
    """A model as arrays. Axes: strategy s, group g, state i, cycle c, time point t = 0..cycles.

    An axis that is named in brackets has length one where nothing depends on it. `clock` says which
    of the k distinct sets of probabilities holds in a cycle. Outcomes r are cost, each effect, and each part
    of the cost.
    """

    title: str
    strategies: tuple[str, ...]
    states: tuple[str, ...]
    cycles: int
    memory: bool  # whether anything depends on the time in a state
    start: Floats  # i: shares
    group_shares: Floats  # g
    clock: Ints  # c
    probabilities: Floats  # s, g, k, [time in state], from, to: per cycle; the diagonal is staying
    intensities: Floats | None  # as those, a year: rows of 0 move once a cycle; None: all do
    effects: tuple[str, ...]  # the first is what the cost is set against
    parts: tuple[str, ...]  # of the cost; they add up to it
    rewards: Floats  # s, [g], i, [time in state], t, r: discounted, weighted by timing
    entry_rewards: Floats | None  # s, [g], [from], to, t, r: not discounted; t ends the cycle
    discounts: Floats  # t, r: what rewards were multiplied by
    cycle_years: float
    rewards_per: str  # cycle or year, as the file gives them

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Return cost and effects: the first outcomes of r, without the parts of the cost."""
        return ("cost", *self.effects)

    @property
    def others(self) -> tuple[str, ...]:
        """Return columns for the outcomes from the third on: further effects and the parts of the cost."""
        return (*(f"effect_{name}" for name in self.effects[1:]), *(f"cost_{part}" for part in self.parts))

    @property
    def named(self) -> bool:
        """Tell whether the file gives its effects names of their own."""
        return self.effects != ("effect",)


def compile_model(file: ModelFile, tables: Mapping[str, LookUpTable] | None = None) -> CompiledModel:
    """Return the arrays of a model; tables: what the CSV files under `tables` hold, by name.

    Raises ModelError with every mistake that was found: names that do not exist, amounts that cannot
    be computed, negative rates, probabilities that add up to more than one, tables that are too large.
    """
    return _MarkovCompiler(file, tables or {}).compile()


class _MarkovCompiler(Amounts):
    """Collects the mistakes of one file on the way to its arrays."""

    def compile(self) -> CompiledModel:
        self.mistakes.extend(check_names(self.file))
        start, group_shares = self.start(), self.group_shares()
        self.stop_at_mistakes()
        # Moves are made in each cycle, rewards counted at its start or end: one point in time more.
        in_cycles = self.scopes(max(self.file.cycles, 1))
        at_points = self.scopes(self.file.cycles + 1)
        self.stop_at_mistakes()
        moves = [self.moves(*scope) for scope in in_cycles]
        tables = RewardTables(self)
        rewards = [tables.of_states(*scope) for scope in at_points]
        entries = [tables.of_entry(*scope) for scope in at_points]
        self.stop_at_mistakes()
        clock, probabilities, intensities = self.move_tables(moves)
        factors = tables.discount_factors()
        reward_table = tables.table(rewards, factors * tables.weights()[:, None])
        entry_table = tables.table(entries, np.ones_like(factors))[:, :, :, 0]
        if entry_table.size:
            size = len(self.file.states)
            entry_table = entry_table.reshape(*entry_table.shape[:2], -1, size, *entry_table.shape[3:])
        paid = bool(np.any(entry_table))
        if paid and intensities is not None:
            self.check_size_on_the_way(intensities, entry_table)
        self.stop_at_mistakes()
        return CompiledModel(
            title=self.file.title,
            strategies=tuple(self.file.strategies),
            states=self.file.states,
            cycles=self.file.cycles,
            memory=self.memory,
            start=start,
            group_shares=group_shares,
            clock=clock,
            probabilities=probabilities,
            intensities=intensities,
            effects=self.file.effects,
            parts=tables.parts,
            rewards=reward_table,
            entry_rewards=entry_table if paid else None,
            discounts=factors,
            cycle_years=self.file.cycle_years,
            rewards_per=self.file.rewards_per,
        )

    # Who starts where

    def start(self) -> Floats:
        shares = {self.file.start: 1.0} if isinstance(self.file.start, str) else self.file.start
        total = self.total(shares.values(), ("start",))
        return np.array([shares.get(state, 0.0) for state in self.file.states]) / total

    def group_shares(self) -> Floats:
        shares = [group.share for group in self.file.groups] or [1.0]
        return np.array(shares) / self.total(shares, ("groups",))

    def total(self, shares: Iterable[float], loc: Loc) -> float:
        total = sum(shares)
        if abs(total - 1) > ROUNDING:
            self.fault(loc, fault("shares_not_one", total=total))
        return total or 1.0

    # Transitions

    def moves(self, name: str, strategy: Strategy, scope: Values) -> tuple[Moves, Moves]:
        """Return the probability per cycle of every move of a strategy, and yearly intensities.

        There are no intensities where at most one move is made in a cycle.
        """
        ways: dict[tuple[str, str], tuple[ModelTransition, Loc]] = {}
        for place, transitions in (
            ((), self.file.transitions),
            (("strategies", name), strategy.transitions),
        ):
            for index, transition in enumerate(transitions):
                ways[transition.from_, transition.to] = transition, (*place, "transitions", index)
        values = self.in_state(scope)
        moves: Moves = {}
        hazards: Moves = {}
        for origin, state in enumerate(self.file.states):
            out = [way for (from_, _), way in ways.items() if from_ == state]
            for destination, (probability, hazard) in self.ways_out(state, out, values).items():
                way = origin, self.file.states.index(destination)
                moves[way] = probability
                if hazard is not None:
                    hazards[way] = hazard
        left_by_rates = {origin for origin, _ in hazards}
        several = any(destination in left_by_rates for _, destination in hazards)
        if self.file.moves_per_cycle == "any" and several and not self.mistakes:
            self.exponentiate(moves, hazards)
            return moves, hazards
        return moves, {}

    def exponentiate(self, moves: Moves, hazards: Moves) -> None:
        """Put the probabilities of any number of moves a cycle into `moves`, where rates lead out."""
        size, years = len(self.file.states), self.file.cycle_years
        for origin in {origin for origin, _ in hazards}:
            # Whoever comes into another state has been there for no time yet.
            now = {way: array if way[0] == origin else array[:, :, :1] for way, array in hazards.items()}
            shape = np.broadcast_shapes(*(array.shape for array in now.values()))
            if self.too_large((*shape, size, size)):
                return
            found = exponential(now, size, years)[..., origin, :]
            certain = np.isinf(sum(array for way, array in now.items() if way[0] == origin))
            for destination in range(size):
                if destination != origin:
                    before = moves.get((origin, destination), np.zeros((1, 1, 1)))
                    moves[origin, destination] = np.where(certain, before, found[..., destination])

    def ways_out(
        self, state: str, ways: list[tuple[ModelTransition, Loc]], values: Values
    ) -> dict[str, tuple[Floats, Floats | None]]:
        """Return the probability per cycle of leaving `state` for each destination, and the yearly hazard.

        The hazard is None where no rate leads out of the state, and infinite where an exit is certain.
        """
        nothing = np.zeros((1, 1, 1))
        rates, probabilities = [nothing], [nothing]
        for transition, place in ways:
            key, kind, amount = transition.amount
            value = self.evaluate(amount, (*place, key), values)
            wrong = (value < 0) | ((value > 1) & (kind == "probability"))
            if np.any(wrong):
                found, where = float(value[wrong][0]), self.place(wrong)
                self.fault(
                    (*place, key),
                    fault("probability_out_of_range", found=found, where=where)
                    if kind == "probability"
                    else fault("rate_below_zero", found=found, where=where),
                )
                value = nothing
            rates.append(value if kind == "rate" else nothing)
            probabilities.append(value if kind == "probability" else nothing)
        total = np.asarray(sum(probabilities))
        too_much = total > 1 + ROUNDING
        if np.any(too_much):
            found, where = float(total[too_much][0]), self.place(too_much)
            self.fault(ways[0][1], fault(
                "probabilities_over_one",
                state=state, found=found, where=where,
            ))  # fmt: skip
            return {}
        if not ways:
            return {}
        together, hazards = _compete(probabilities[1:], rates[1:], self.file.cycle_years)
        both = zip(ways, together, hazards, strict=True)
        return {way.to: (probability, hazard) for (way, _), probability, hazard in both}

    def move_tables(self, moves: list[tuple[Moves, Moves]]) -> tuple[Ints, Floats, Floats | None]:
        """Return the clock, the probabilities and the intensities of `CompiledModel`."""
        arrays = [array for both in moves for each in both for array in each.values()]
        changes = np.zeros(max(self.file.cycles, 1), np.bool_)
        changes[0] = True
        for array in arrays:
            if array.shape[1] > 1:
                changes[1:] |= np.any(array[:, 1:] != array[:, :-1], axis=(0, 2))
        clock = np.cumsum(changes)[: self.file.cycles] - 1
        times = max((array.shape[2] for array in arrays), default=1)
        size = len(self.file.states)
        shape = (len(moves), self.groups, int(changes.sum()), times, size, size)
        if self.too_large(shape):
            return clock, np.zeros((0,) * 6), None
        table = _filled(shape, [each for each, _ in moves], changes)
        stay = np.arange(size)
        table[..., stay, stay] = np.maximum(1.0 - table.sum(axis=-1), 0.0)
        if not any(hazards for _, hazards in moves):
            return clock, table, None
        intensities = _filled(shape, [hazards for _, hazards in moves], changes)
        intensities[np.isinf(intensities).any(axis=-1)] = 0.0  # a certain exit is one move a cycle
        return clock, table, intensities

    def check_size_on_the_way(self, intensities: Floats, entries: Floats) -> None:
        """Note it as a mistake where the tables of sim/published/within.py are too large."""
        strategies, groups, distinct, times, size, _ = intensities.shape
        points, outcomes = entries.shape[-2:]
        if np.any(entries[..., 1:, :] != entries[..., :-1, :]):
            distinct = points
        widest = max(size * distinct, points)
        self.too_large((strategies, groups, times, size, widest, outcomes))


def _filled(shape: tuple[int, ...], moves: list[Moves], changes: NDArray[np.bool_]) -> Floats:
    """Return a table of this shape, [strategy, ..., from, to], of what changes from cycle to cycle."""
    table = np.zeros(shape)
    for index, each in enumerate(moves):
        for (origin, destination), array in each.items():
            distinct = array[:, changes] if array.shape[1] > 1 else array
            table[index, ..., origin, destination] = distinct
    return table


def _compete(
    probabilities: list[Floats], rates: list[Floats], years: float
) -> tuple[list[Floats], list[Floats] | list[None]]:
    """Return what each way out of a state comes to, when all compete within a cycle of `years`.

    The second list has the yearly hazards, None where there are no rates.
    """
    p = np.stack(np.broadcast_arrays(*probabilities, *rates)[: len(rates)], axis=-1)
    r = np.stack(np.broadcast_arrays(*probabilities, *rates)[len(rates) :], axis=-1)
    total = p.sum(axis=-1, keepdims=True)
    alone = p / np.maximum(total, 1.0)
    if not np.any(r):
        return list(np.moveaxis(alone, -1, 0)), [None] * len(rates)
    # A certain exit has an infinite hazard: against it, no rate ever comes first.
    certain = total >= 1
    hazards = competing_hazards(np.where(certain, 0.0, p), years) + r
    together = np.where(certain, alone, competing_probabilities(hazards, years))
    return list(np.moveaxis(together, -1, 0)), list(np.moveaxis(np.where(certain, np.inf, hazards), -1, 0))
