"""Microsimulation of a published state-transition model, person by person.

A person is in one state at each point in time 0..cycles. Rewards count at those points; a move happens
between two of them. All strategies run in one pass and share the draw of a person and cycle, and the
order of the destinations is that of the states, so differences between strategies carry little noise.
With intensities a cycle gives on entry what sim/published/within.py says, by where it begins and ends.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.errors import within
from sim.luck import DRAW_RANGE, MAX_CHILD, Decision, draw, key_of
from sim.machine.kernels import kernel
from sim.machine.variables import processors
from sim.published.markov import CompiledModel
from sim.published.within import entries_by_end, entry_clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Draws = NDArray[np.uint32]
States = NDArray[np.uint8]

BLOCK = 8192
"""Persons that one thread runs at a time. Sums depend on it, so it is the same for all."""
RUN = 48
"""Cycles that are searched for a move at once; a multiple of the processor's vectors."""
RUNS = 5
"""Runs whose draws are made together: enough to keep the vector units busy."""
_AHEAD = RUN * RUNS
_MODEL = int(Decision.MODEL)
_GROUP = int(Decision.MODEL_GROUP)
_START = int(Decision.MODEL_START)


class Tables(NamedTuple):
    """A model as the kernels read it; axes as in `CompiledModel`. Thresholds are 31-bit draws.

    Outcomes r are cost and effects: the parts of the cost are those of the exact cohort.
    """

    groups: Draws  # [g], cumulative
    start: Draws  # [i], cumulative
    leave: Draws  # [s, g, k, time in state, i]: a draw below it moves
    cumulative: Draws  # [s, g, k, time in state, from, to]: the first `to` above the draw is next
    bound: Draws  # [s, g, run, i]: the largest `leave` in RUN cycles
    clock: Ints  # [c]
    gains: Floats  # [s, 1 or g, i, t, r]: rewards of all points in time before t; unused with memory
    entry_rewards: Floats  # [s, 1 or g, 1 or time in state, 1 or from, to, d, r], of length 0: none
    entry_clock: Ints  # [c]: which d of those; they are not discounted
    discounts: Floats  # [t, r]
    rewards: Floats  # [s, 1 or g, i, 1 or time in state, t, r]: with what is expected of who stays a cycle


def _whole(chances: Floats) -> Draws:
    """Return the threshold below which a draw falls with each of the `chances`."""
    whole: Draws = np.rint(np.minimum(chances, 1.0) * DRAW_RANGE).astype(np.uint32)
    return whole


def _rewards(model: CompiledModel) -> tuple[Floats, Floats, Ints]:
    """Return `rewards`, `entry_rewards` and `entry_clock` of `Tables`.

    Whoever ends a cycle where it began may have left and returned. What that is expected to give is part of
    being there, and taken off what a move gives, so that kernels need to look at moves alone.
    """
    outcomes = len(model.outcomes)
    rewards = model.rewards[..., :outcomes]
    if model.entry_rewards is None:
        return rewards, np.zeros((0,) * 7), np.zeros(model.cycles, np.int64)
    entries, clock = entries_by_end(model, outcomes), entry_clock(model)
    if model.intensities is None or not model.cycles:
        return rewards, entries, clock
    stays = np.einsum("sguiidr->sguidr", entries).copy()
    entries -= stays[:, :, :, :, None]
    later = np.swapaxes(stays, 2, 3)[..., clock, :] * model.discounts[1:, :outcomes]  # s, g, i, [u], c, r
    shape = [max(both) for both in zip(rewards.shape, later.shape, strict=True)]
    if shape[3] > 1:
        shape[3] = model.cycles + 1
    rewards = np.broadcast_to(rewards, shape).copy()
    times = slice(later.shape[3]) if later.shape[3] > 1 else slice(None)
    rewards[:, :, :, times, :-1] += later
    return rewards, entries, clock


def tables_of(model: CompiledModel) -> Tables:
    """Return the tables of a model for the kernels."""
    moves = model.probabilities.copy()
    here = np.arange(len(model.states))
    moves[..., here, here] = 0.0
    # One running sum for both, so that a draw that leaves always finds a destination with a chance.
    cumulative = _whole(np.cumsum(moves, axis=-1))
    leave = cumulative[..., -1].copy()
    cumulative[..., -1] = DRAW_RANGE
    runs = [model.clock[first : first + RUN] for first in range(0, model.cycles, RUN)]
    bounds = [leave[:, :, run, 0].max(axis=2) for run in runs]
    outcomes = len(model.outcomes)
    rewards, entry_rewards, entry_times = _rewards(model)
    gains = np.zeros((*rewards.shape[:3], model.cycles + 2, outcomes))
    np.cumsum(rewards[:, :, :, 0], axis=3, out=gains[:, :, :, 1:])
    return Tables(
        groups=_whole(np.cumsum(model.group_shares)),
        start=_whole(np.cumsum(model.start)),
        leave=leave,
        cumulative=cumulative,
        bound=np.stack(bounds, axis=2) if bounds else np.zeros((*leave.shape[:2], 0, here.size), np.uint32),
        clock=model.clock,
        gains=gains,
        entry_rewards=entry_rewards,
        entry_clock=entry_times,
        discounts=np.ascontiguousarray(model.discounts[:, :outcomes]),
        rewards=np.ascontiguousarray(rewards),
    )


@njit(nogil=True, inline="always")
def _pick(luck: np.uint32, cumulative: Draws) -> Any:
    """Return the place (int64) of the first threshold above `luck`; the last one is a sentinel."""
    place = 0
    while luck >= cumulative[place]:
        place += 1
    return place


@njit(nogil=True, inline="always")
def _next_below(draws: Draws, base: int, first: int, bound: np.uint32) -> Any:
    """Return the first k >= `first` (int64) with draws[base + k] < bound, or RUN.

    All of a run is compared, in the 32 bits of a draw, because that becomes a few vector instructions;
    stopping at the first is slower, and so is a name for the condition.
    """
    found = np.uint32(RUN)
    begin = np.uint32(first)
    for k in range(np.uint32(RUN)):
        found = min(
            found, np.uint32(k) if draws[base + k] < bound and np.uint32(k) >= begin else np.uint32(RUN)
        )
    return np.int64(found)


@kernel
def _run_block(key: np.uint64, first: int, tables: Tables, totals: Floats, final: States) -> None:
    """Run persons `first`, `first` + 1, ... into totals[s, r, person] and their final state [s, person].

    Most cycles of most persons are quiet: the kernel looks for the next draw low enough to leave the
    state that the person is in, and does nothing until there. Rewards are booked only at a move, as
    differences of their running sums.
    """
    groups, starts, leave, cumulative, bound, clock, gains, entries, entry_clock, discounts, _ = tables
    strategies, cycles = leave.shape[0], clock.size
    outcomes = totals.shape[1]
    draws = np.empty(_AHEAD, np.uint32)
    gained = np.empty(outcomes)
    for person in range(final.shape[1]):
        child = first + person
        group = _pick(draw(key, _GROUP, 0, child), groups)
        reward_group = group if gains.shape[1] > 1 else 0
        entry_group = group if entries.shape[1] > 1 else 0
        final[:, person] = _pick(draw(key, _START, 0, child), starts)
        totals[:, :, person] = 0.0
        for ahead in range(0, cycles, _AHEAD):
            drawn = min(_AHEAD, cycles - ahead)
            runs = (drawn + RUN - 1) // RUN
            for k in range(drawn):
                draws[k] = draw(key, _MODEL, ahead + k, child)
            # Nothing happens after the last cycle.
            draws[drawn : runs * RUN] = DRAW_RANGE
            for s in range(strategies):
                state = final[s, person]
                gained[:] = 0.0
                for run in range(runs):
                    at: Any = np.int64(0)
                    while True:
                        at = _next_below(draws, run * RUN, at, bound[s, group, ahead // RUN + run, state])
                        if at == RUN:
                            break
                        luck = draws[run * RUN + at]
                        cycle = ahead + run * RUN + at
                        now = clock[cycle]
                        if luck < leave[s, group, now, 0, state]:
                            new = np.uint8(_pick(luck, cumulative[s, group, now, 0, state]))
                            left = gains[s, reward_group, state, cycle + 1]
                            came = gains[s, reward_group, new, cycle + 1]
                            for r in range(outcomes):
                                gained[r] += left[r] - came[r]
                            if entries.size:
                                origin = state if entries.shape[3] > 1 else 0
                                entry = entries[s, entry_group, 0, origin, new, entry_clock[cycle]]
                                for r in range(outcomes):
                                    gained[r] += entry[r] * discounts[cycle + 1, r]
                            state = new
                        at += 1
                for r in range(outcomes):
                    totals[s, r, person] += gained[r]
                final[s, person] = state
        for s in range(strategies):
            rest = gains[s, reward_group, final[s, person], cycles + 1]
            for r in range(outcomes):
                totals[s, r, person] += rest[r]


@kernel
def _run_block_with_memory(key: np.uint64, first: int, tables: Tables, totals: Floats, final: States) -> None:
    """Do the work of `_run_block` cycle by cycle, for amounts that depend on the time in a state."""
    groups, starts, leave, cumulative, _, clock, _, entries, entry_clock, discounts, rewards = tables
    strategies, cycles, outcomes = leave.shape[0], clock.size, totals.shape[1]
    gained = np.empty(outcomes)
    for person in range(final.shape[1]):
        child = first + person
        group = _pick(draw(key, _GROUP, 0, child), groups)
        reward_group = group if rewards.shape[1] > 1 else 0
        entry_group = group if entries.shape[1] > 1 else 0
        start = _pick(draw(key, _START, 0, child), starts)
        for s in range(strategies):
            state, since = start, 0
            gained[:] = 0.0
            for cycle in range(cycles + 1):
                time = cycle - since
                reward = rewards[s, reward_group, state, time if rewards.shape[3] > 1 else 0, cycle]
                for r in range(outcomes):
                    gained[r] += reward[r]
                if cycle == cycles:
                    break
                luck = draw(key, _MODEL, cycle, child)
                now, move_time = clock[cycle], time if leave.shape[3] > 1 else 0
                if luck < leave[s, group, now, move_time, state]:
                    origin = state if entries.size and entries.shape[3] > 1 else 0
                    state = _pick(luck, cumulative[s, group, now, move_time, state])
                    since = cycle + 1
                    if entries.size:
                        entry_time = time if entries.shape[2] > 1 else 0
                        entry = entries[s, entry_group, entry_time, origin, state, entry_clock[cycle]]
                        for r in range(outcomes):
                            gained[r] += entry[r] * discounts[since, r]
            totals[s, :, person] = gained
            final[s, person] = state


class Simulation(NamedTuple):
    """Means over persons, with their standard errors. Axes as in `Cohort`, without the parts of the cost.

    Increments are differences with the first strategy, person by person. The standard errors of a
    single person are nan.
    """

    persons: int
    totals: Floats  # [s, r]
    errors: Floats  # [s, r]
    increments: Floats  # [s, r]
    increment_errors: Floats  # [s, r]
    shares: Floats  # [s, i], after the last cycle
    covariances: Floats  # [s, r, s, r], of the means in `totals`, through the luck that strategies share


@dataclass(frozen=True)
class _Moments:
    """The persons of one or more blocks: how many, means, sums of squared deviations, final states."""

    count: int
    mean: Floats
    squares: Floats
    finals: Ints
    products: Floats  # [s, r, s, r]: of the deviations of the totals

    def __add__(self, other: _Moments) -> _Moments:
        """Pool two sets of persons (Chan, Golub and LeVeque 1983, Am Stat 37:242)."""
        count = self.count + other.count
        step = other.mean - self.mean
        mean = self.mean + step * (other.count / count)
        squares = self.squares + other.squares + step**2 * (self.count * other.count / count)
        totals = step[: len(self.products)]
        together = np.multiply.outer(totals, totals) * (self.count * other.count / count)
        products = self.products + other.products + together
        return _Moments(count, mean, squares, self.finals + other.finals, products)


def microsimulate(
    model: CompiledModel, persons: int, seed: int = 0, threads: int | None = None
) -> Simulation:
    """Return the results of `persons` simulated persons, the same on any number of threads.

    `threads` None takes all processors. Raises OptionError where a number is out of range.
    """
    within("persons", persons, 1, MAX_CHILD + 1)
    within("seed", seed, 0)
    if threads is not None:
        within("threads", threads, 1)
    key, tables = key_of(seed), tables_of(model)
    strategies, states = len(model.strategies), len(model.states)
    kernel = _run_block_with_memory if model.memory else _run_block

    def run(first: int) -> _Moments:
        count = min(BLOCK, persons - first)
        totals = np.empty((strategies, len(model.outcomes), count))
        final = np.empty((strategies, count), np.uint8)
        kernel(key, first, tables, totals, final)
        rows = np.concatenate([totals, totals - totals[:1]])
        mean = rows.mean(axis=-1)
        squares = ((rows - mean[..., None]) ** 2).sum(axis=-1)
        finals = np.stack([np.bincount(each, minlength=states) for each in final])
        off = totals - mean[:strategies, :, None]
        # Without BLAS, whose rounding may depend on its threads.
        products = np.einsum("arp,bqp->arbq", off, off)
        return _Moments(count, mean, squares, finals, products)

    with ThreadPoolExecutor(threads or processors()) as pool:
        blocks = pool.map(run, range(0, persons, BLOCK))
        # In the order of the blocks, so that rounding does not depend on which one came first.
        moments = next(blocks)
        for block in blocks:
            moments = moments + block
    errors = np.full_like(moments.squares, np.nan)
    covariances = np.full_like(moments.products, np.nan)
    if persons > 1:
        covariances = moments.products / (persons - 1) / persons
        errors = np.sqrt(moments.squares / (persons - 1) / persons)
    means = moments.mean
    return Simulation(
        persons,
        totals=means[:strategies],
        errors=errors[:strategies],
        increments=means[strategies:],
        increment_errors=errors[strategies:],
        shares=moments.finals / persons,
        covariances=covariances,
    )
