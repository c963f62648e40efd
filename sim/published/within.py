"""Moves within the cycles of a model with intensities, and the rewards on entry that they bring.

By intensities anyone may move more than once in a cycle. The exact cohort counts every move that is expected.
A simulated person is seen at the ends of cycles alone, and gets what is expected on the way of those who
begin and end a cycle as that person does: the mean is that of the cohort, and the luck of the moves between
two ends, which would only add noise, is left out. A state that is left by probabilities is left once a cycle.
"""

from __future__ import annotations

import numpy as np

from sim.published.intensities import (
    Floats,
    on_the_way,
    on_the_way_from,
    time_spent,
    time_spent_from,
    with_diagonal,
)
from sim.published.markov import CompiledModel, Ints


def years_spent(model: CompiledModel) -> Floats:
    """Return the years of a cycle in each state, with the axes of `probabilities`: the last is that state.

    Raises ValueError for a model without intensities.
    """
    rates = _intensities(model)
    if rates.shape[3] == 1:
        found = time_spent(with_diagonal(rates) * model.cycle_years)
    else:
        found = np.empty_like(rates)
        for origin in range(rates.shape[-1]):
            generators = with_diagonal(_since(rates, origin)) * model.cycle_years
            found[..., origin, :] = time_spent_from(generators, origin)
    return found * model.cycle_years


def expected_moves(model: CompiledModel, spent: Floats, shares: Floats, flows: Floats, cycle: int) -> Floats:
    """Return the moves expected in a cycle, of one person, [s, g, from, to].

    spent: as `years_spent`; shares [s, g, time in state, i] at the start of the cycle, and flows
    [s, g, time in state, from, to] of who is seen where at its end. Raises ValueError for a model without
    intensities.
    """
    now, times = model.clock[cycle], slice(shares.shape[2])
    rates, spent = _intensities(model)[:, :, now, times], spent[:, :, now, times]
    by_rates = np.any(rates, axis=-1, keepdims=True)
    moved: Floats = np.where(by_rates, 0.0, flows).sum(axis=2)
    there = shares[..., None] * spent
    here = np.arange(shares.shape[-1])
    began = there[..., here, here]
    moved += (began[..., None] * rates).sum(axis=2)
    there[..., here, here] = 0.0
    # Whoever comes into another state has been there for no time yet.
    moved += there.sum(axis=(2, 3))[..., None] * rates[:, :, 0]
    moved[..., here, here] = 0.0
    return moved


def entry_clock(model: CompiledModel) -> Ints:
    """Return which of the distinct sets of rewards on entry, counted from 0, holds in each cycle, [c].

    Raises ValueError for a model without rewards on entry.
    """
    entries = _entry_rewards(model)[..., 1:, :]
    axes = (0, 1, 2, 3, 5)
    changes = np.any(entries[..., 1:, :] != entries[..., :-1, :], axis=axes)
    if model.intensities is not None:
        changes |= model.clock[1:] != model.clock[:-1]
    return np.concatenate([np.zeros(min(model.cycles, 1), np.int64), np.cumsum(changes)])


def entries_by_end(model: CompiledModel, outcomes: int) -> Floats:
    """Return what a cycle gives on entry, by its ends, [s, [g], [time in state], [from], to, d, outcome].

    d: the distinct sets of `entry_clock`; not discounted. With intensities the diagonal is what those get who
    leave and return. Raises ValueError for a model without rewards on entry.
    """
    clock = entry_clock(model)
    first = np.flatnonzero(np.diff(clock, prepend=-1))
    rewards = _entry_rewards(model)[..., 1:, :outcomes][..., first, :]
    if model.intensities is None:
        return np.ascontiguousarray(rewards[:, :, None])
    strategies, groups, _, times, size, _ = model.intensities.shape
    found = np.zeros((strategies, groups, times, size, size, first.size, outcomes))
    paid = np.flatnonzero(rewards.any(axis=(0, 1, 2, 3, 4)))
    for s in range(strategies):
        rates = model.intensities[s, :, model.clock[first]]  # distinct, group, time in state, from, to
        each = np.moveaxis(rewards[s][..., paid], (-2, -1), (0, 2))  # distinct, group, outcome, from, to
        each = np.broadcast_to(each, (*each.shape[:3], size, size))
        found[s][..., paid] = np.moveaxis(_given(rates, each, model.cycle_years), (0, 3), (-2, -1))
    return found


def _given(rates: Floats, rewards: Floats, years: float) -> Floats:
    """Return what a cycle gives by its ends, [..., group, time in state, outcome, start, end].

    rates [..., group, time in state, from, to]; rewards [..., group or 1, outcome, from, to].
    """
    size, times = rates.shape[-1], rates.shape[-3]
    here = np.arange(size)
    once = np.repeat(rewards[..., None, :, :, :], times, axis=-4)
    once[..., here, here] = 0.0
    if times == 1:
        chances, gained = on_the_way(with_diagonal(rates) * years, rates[..., None, :, :] * once * years)
    else:
        shape = np.broadcast_shapes(once.shape, rates[..., None, :, :].shape)
        chances, gained = np.empty_like(rates), np.empty(shape)
        for origin in range(size):
            now = _since(rates, origin)
            both = with_diagonal(now) * years, now[..., None, :, :] * once * years
            chances[..., origin, :], gained[..., origin, :] = on_the_way_from(*both, origin)
    chances = chances[..., None, :, :]
    mean = np.divide(gained, chances, out=np.zeros_like(gained), where=chances > 0)
    by_rates = np.any(rates, axis=-1, keepdims=True)[..., None, :, :]
    return np.where(by_rates, mean, once)


def _since(rates: Floats, origin: int) -> Floats:
    """Return intensities [..., time in state, from, to] of who is in `origin` that long, elsewhere 0."""
    found = np.repeat(rates[..., :1, :, :], rates.shape[-3], axis=-3)
    found[..., origin, :] = rates[..., origin, :]
    return found


def _intensities(model: CompiledModel) -> Floats:
    if model.intensities is None:
        raise ValueError("the model has no intensities")
    return model.intensities


def _entry_rewards(model: CompiledModel) -> Floats:
    if model.entry_rewards is None:
        raise ValueError("the model has no rewards on entry")
    return model.entry_rewards
