"""A published state-transition model as arrays: what sim/published/modelfile.py describes, compiled.

Expressions are evaluated on three axes, (group, point in time, time in state), each of length one
where nothing depends on it. What does not change from cycle to cycle is stored once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from sim.errors import nearest
from sim.faults import Fault, fault
from sim.files.expressions import ExpressionError, compile_expression
from sim.files.wording import Mistake
from sim.published.lookup import LookUpTable, look_up
from sim.published.modelfile import (
    EntryReward,
    Loc,
    ModelError,
    ModelFile,
    ModelTransition,
    PartialReward,
    Reward,
    Strategy,
    check_names,
)
from sim.rates import competing_hazards, competing_probabilities, discount_factor

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Values = Mapping[str, Floats]
Moves = dict[tuple[int, int], Floats]
Pair = tuple[Floats, Floats]
Places = list[tuple[Loc, Reward | PartialReward | None]]

MAX_CELLS = 20_000_000
"""The largest table that is built: 160 MB of float64."""
TOO_LARGE = fault(
    "model_too_large",
    most=MAX_CELLS,
)
ROUNDING = 1e-9
"""How far shares and probabilities that are meant to add up to one may be from it."""


@dataclass(frozen=True)
class CompiledModel:
    """A model as arrays. Axes: strategy s, group g, state i, cycle c, time point t = 0..cycles.

    An axis that is named in brackets has length one where nothing depends on it. `clock` says which
    of the k distinct sets of probabilities holds in a cycle.
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
    rewards: Floats  # s, [g], i, [time in state], t, (cost, effect): discounted, weighted by timing
    entry_rewards: Floats | None  # s, [g], [from], to, t, (cost, effect): discounted; t ends the cycle
    discounts: Floats  # t, (cost, effect): what rewards were multiplied by
    cycle_years: float
    rewards_per: str  # cycle or year, as the file gives them


def compile_model(file: ModelFile, tables: Mapping[str, LookUpTable] | None = None) -> CompiledModel:
    """Return the arrays of a model; tables: what the CSV files under `tables` hold, by name.

    Raises ModelError with every mistake that was found: names that do not exist, amounts that cannot
    be computed, negative rates, probabilities that add up to more than one, tables that are too large.
    """
    return _MarkovCompiler(file, tables or {}).compile()


class _MarkovCompiler:
    """Collects the mistakes of one file on the way to its arrays."""

    def __init__(self, file: ModelFile, tables: Mapping[str, LookUpTable]) -> None:
        self.file = file
        self.tables = tables
        self.mistakes: list[Mistake] = []
        self.memory = False
        self.groups = len(file.groups) or 1

    def compile(self) -> CompiledModel:
        self.mistakes.extend(check_names(self.file))
        start, group_shares = self.start(), self.group_shares()
        self.stop_at_mistakes()
        # Moves are made in each cycle, rewards counted at its start or end: one point in time more.
        in_cycles = self.scopes(max(self.file.cycles, 1))
        at_points = self.scopes(self.file.cycles + 1)
        self.stop_at_mistakes()
        moves = [self.moves(*scope) for scope in in_cycles]
        rewards = [self.rewards(*scope) for scope in at_points]
        entries = [self.entry_rewards(*scope) for scope in at_points]
        self.stop_at_mistakes()
        clock, probabilities = self.probability_table(moves)
        factors = self.discount_factors()
        reward_table = self.reward_table(rewards, factors * self.weights()[:, None])
        entry_table = self.reward_table(entries, factors)[:, :, :, 0]
        if entry_table.size:
            size = len(self.file.states)
            entry_table = entry_table.reshape(*entry_table.shape[:2], -1, size, *entry_table.shape[3:])
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
            rewards=reward_table,
            entry_rewards=entry_table if np.any(entry_table) else None,
            discounts=factors,
            cycle_years=self.file.cycle_years,
            rewards_per=self.file.rewards_per,
        )

    def stop_at_mistakes(self) -> None:
        if self.mistakes:
            raise ModelError(self.mistakes)

    def fault(self, loc: Loc, wrong: Fault) -> None:
        self.mistakes.append(Mistake(loc, wrong))

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

    # Amounts

    def scopes(self, points: int) -> list[tuple[str, Strategy, dict[str, Floats]]]:
        """Return each strategy with all that its amounts may name."""
        return [(name, each, self.scope(name, each, points)) for name, each in self.file.strategies.items()]

    def scope(self, name: str, strategy: Strategy, points: int) -> dict[str, Floats]:
        """Return all that an amount may name at `points` points in time, but the time in a state."""
        values = self.points_in_time(points)
        if self.file.groups:
            for variable in self.file.groups[0].values:
                each = [group.values[variable] for group in self.file.groups]
                values[variable] = np.array(each).reshape(-1, 1, 1)
        self.add_tables(values)
        for parameter, amount in (self.file.amounts | strategy.parameters).items():
            overridden = parameter in strategy.parameters
            loc: Loc = ("strategies", name, "parameters") if overridden else ("parameters",)
            # An expression sees the clock, the group, the tables and only the parameters above it.
            values[parameter] = self.evaluate(amount, (*loc, parameter), values)
        return values

    def add_tables(self, values: dict[str, Floats]) -> None:
        """Add what each table gives at the points in `values`, where those hold all it is looked up by."""
        for name, table in self.tables.items():
            if name in values:
                continue
            missing = [key for key in table.by if key not in values]
            if missing and not (missing == ["time_in_state"] and "time_in_state" not in values):
                known = (*values, "time_in_state")
                self.fault(("tables", name, "by"), fault(
                    "unknown_name", name=missing[0], near=nearest(missing[0], known),
                ))  # fmt: skip
            elif not missing:
                try:
                    values[name] = look_up(table, values)
                except ExpressionError as error:
                    self.fault(("tables", name), error.fault)

    def points_in_time(self, points: int) -> dict[str, Floats]:
        """Return the cycle, and the age where the file gives one, at the first `points` points in time."""
        cycle = np.arange(points, dtype=np.float64).reshape(1, -1, 1)
        if self.file.age is None:
            return {"cycle": cycle}
        return {"cycle": cycle, "age": self.file.age + cycle * self.file.cycle_years}

    def in_state(self, values: Values) -> Values:
        """Return `values` with the time in a state, which is at most the cycle, and tables by it."""
        found = {**values, "time_in_state": values["cycle"].reshape(1, 1, -1)}
        self.add_tables(found)
        return found

    def evaluate(self, amount: float | str, loc: Loc, values: Values) -> Floats:
        """Return an amount on the three axes; after a mistake, zero."""
        nothing = np.zeros((1, 1, 1))
        if not isinstance(amount, str):
            return nothing + amount
        try:
            expression = compile_expression(amount, values)
            used = {name: values[name] for name in expression.names}
            by_time = any("time_in_state" in self.tables[name].by for name in used if name in self.tables)
            if "time_in_state" in used or by_time:
                self.memory = True
            if "time_in_state" in used and not used.keys().isdisjoint(("cycle", "age")):
                # Nobody is in a state for longer than the model runs.
                used["time_in_state"] = np.minimum(used["time_in_state"], values["cycle"])
            if prod(np.broadcast_shapes(*(value.shape for value in used.values()))) > MAX_CELLS:
                raise ExpressionError(TOO_LARGE)
            return expression.evaluate(**used) + nothing
        except ExpressionError as error:
            no_age = error.fault.code == "unknown_name" and error.fault.values["name"] == "age"
            why = fault("give_age_at", why=error.placed) if no_age else error.placed
            if error.fault.code == "expression_too_long":
                why = fault("put_it_in_a_table", why=error.placed)
            self.fault(loc, why)
            return nothing

    def place(self, wrong: NDArray[np.bool_]) -> Fault:
        """Return the first group, cycle and time in state where `wrong`, on the three axes."""
        group, cycle, time = (int(index[0]) for index in np.nonzero(wrong))
        groups, cycles, times = wrong.shape
        return fault(
            "in_the_model",
            group=self.file.groups[group].name if groups > 1 else None,
            cycle=cycle if cycles > 1 else None,
            time=time if times > 1 else None,
        )

    # Transitions

    def moves(self, name: str, strategy: Strategy, scope: Values) -> Moves:
        """Return the probability per cycle of every move of a strategy, by (from, to)."""
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
        return moves

    def exponentiate(self, moves: Moves, hazards: Moves) -> None:
        """Put the probabilities of any number of moves a cycle into `moves`, where rates lead out."""
        size, years = len(self.file.states), self.file.cycle_years
        for origin in {origin for origin, _ in hazards}:
            # Whoever comes into another state has been there for no time yet.
            now = {way: array if way[0] == origin else array[:, :, :1] for way, array in hazards.items()}
            shape = np.broadcast_shapes(*(array.shape for array in now.values()))
            if prod(shape) * size * size > MAX_CELLS:
                self.fault(("cycles",), TOO_LARGE)
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

    def probability_table(self, moves: list[Moves]) -> tuple[Ints, Floats]:
        """Return the clock and the probabilities of `CompiledModel`."""
        arrays = [array for each in moves for array in each.values()]
        changes = np.zeros(max(self.file.cycles, 1), np.bool_)
        changes[0] = True
        for array in arrays:
            if array.shape[1] > 1:
                changes[1:] |= np.any(array[:, 1:] != array[:, :-1], axis=(0, 2))
        clock = np.cumsum(changes)[: self.file.cycles] - 1
        times = max((array.shape[2] for array in arrays), default=1)
        size = len(self.file.states)
        shape = (len(moves), self.groups, int(changes.sum()), times, size, size)
        if prod(shape) > MAX_CELLS:
            self.fault(("cycles",), TOO_LARGE)
            return clock, np.zeros((0,) * 6)
        table = np.zeros(shape)
        for index, each in enumerate(moves):
            for (origin, destination), array in each.items():
                distinct = array[:, changes] if array.shape[1] > 1 else array
                table[index, ..., origin, destination] = distinct
        stay = np.arange(size)
        table[..., stay, stay] = np.maximum(1.0 - table.sum(axis=-1), 0.0)
        return clock, table

    # Rewards

    def rewards(self, name: str, strategy: Strategy, scope: Values) -> list[Pair]:
        """Return the cost and effect of one cycle in each state under a strategy."""
        values = self.in_state(scope)
        pairs = []
        for state in self.file.states:
            places: Places = [
                (("strategies", name, "rewards", state), strategy.rewards.get(state)),
                (("rewards", state), self.file.rewards.get(state)),
            ]
            pairs.append(self.pair(places, values))
        if self.file.rewards_per == "cycle":
            return pairs
        years = self.file.cycle_years
        return [(cost * years, effect * years) for cost, effect in pairs]

    def entry_rewards(self, name: str, strategy: Strategy, scope: Values) -> list[Pair]:
        """Return the cost and effect of coming into each state, from each state where that matters."""
        entries = [self.file.on_entry, *(each.on_entry for each in self.file.strategies.values())]
        by_origin = any(entry.from_ for each in entries for entry in each.values())
        pairs = []
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
                pairs.append(self.pair(places, scope))
        return pairs

    def pair(self, places: Places, values: Values) -> Pair:
        """Return the cost and effect from the first place that gives them; else 0."""

        def amount(key: str) -> Floats:
            for place, reward in places:
                given = getattr(reward, key, None)
                if given is not None:
                    return self.evaluate(given, (*place, key), values)
            return np.zeros((1, 1, 1))

        return amount("cost"), amount("effect")

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
        """Return the present value of one euro and one effect at each point in time ([t, 2])."""
        years = np.arange(self.file.cycles + 1) * self.file.cycle_years
        rates = self.file.discount
        return np.stack([discount_factor(rate, years) for rate in (rates.cost, rates.effect)], axis=-1)

    def reward_table(self, rewards: list[list[Pair]], factors: Floats) -> Floats:
        """Return rewards (by strategy, state) times `factors` [t, 2], with the axes of `CompiledModel`."""
        arrays = [array for states in rewards for pair in states for array in pair]
        groups = max(array.shape[0] for array in arrays)
        times = max(array.shape[2] for array in arrays)
        shape = (len(rewards), groups, len(rewards[0]), times, *factors.shape)
        if prod(shape) > MAX_CELLS:
            self.fault(("cycles",), TOO_LARGE)
            return np.zeros((0,) * 6)
        table = np.empty(shape)
        for index, states in enumerate(rewards):
            for state, pair in enumerate(states):
                for which, array in enumerate(pair):
                    table[index, :, state, :, :, which] = np.swapaxes(array, 1, 2) * factors[:, which]
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


def exponential(hazards: Moves, states: int, years: float) -> Floats:
    """Return the probabilities [group, cycle, time in state, from, to] of a cycle of `years`.

    hazards: yearly, by (from, to), on those three axes, constant within a cycle; where one is infinite, its
    state is not left. The matrix exponential counts every number of moves (Kalbfleisch and Lawless 1985,
    J Am Stat Assoc 80:863).
    """
    from scipy import linalg  # a large library that most models do not need

    shape = np.broadcast_shapes(*(array.shape for array in hazards.values()))
    changes = np.zeros(shape[1], np.bool_)
    changes[0] = True
    for array in hazards.values():
        if array.shape[1] > 1:
            changes[1:] |= np.any(array[:, 1:] != array[:, :-1], axis=(0, 2))
    generator = np.zeros((shape[0], int(changes.sum()), shape[2], states, states))
    for (origin, destination), array in hazards.items():
        generator[..., origin, destination] = array[:, changes] if array.shape[1] > 1 else array
    generator[np.isinf(generator).any(axis=-1)] = 0.0
    here = np.arange(states)
    generator[..., here, here] = -generator.sum(axis=-1)
    found: Floats = np.clip(linalg.expm(generator * years), 0.0, 1.0)
    return found[:, np.cumsum(changes) - 1]
