"""What yearly intensities come to within a cycle: probabilities, time in each state, and rewards on the way.

An intensity is the chance a year of moving from one state to another, constant within a cycle. A generator
holds the intensities of all moves, [..., from, to], with minus the sum of each row on the diagonal; times
the years of a cycle it is a generator of that cycle. All matrices go at once: `scipy.linalg.expm` takes them
one by one, eight times as long for three states.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Moves = dict[tuple[int, int], Floats]
"""An amount of each move, by (from, to), on the axes of sim/published/amounts.py."""
TERMS = 18
"""Moves that count where one is expected at most: more have a chance below 1e-17."""
FOLLOWED = 16.0
"""Moves expected in a cycle up to which those who begin in one state are followed move by move."""


def exponential(hazards: Moves, states: int, years: float) -> Floats:
    """Return the probabilities [group, cycle, time in state, from, to] of a cycle of `years`.

    hazards: yearly, by (from, to), on those three axes, constant within a cycle; where one is infinite, its
    state is not left. The matrix exponential counts every number of moves (Kalbfleisch and Lawless 1985,
    J Am Stat Assoc 80:863).
    """
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
    return _of_generators(with_diagonal(generator) * years)[:, np.cumsum(changes) - 1]


def with_diagonal(intensities: Floats) -> Floats:
    """Return the generators of intensities [..., from, to] whose diagonal is 0."""
    generators = intensities.copy()
    here = np.arange(generators.shape[-1])
    generators[..., here, here] = -generators.sum(axis=-1)
    return generators


def time_spent(generators: Floats) -> Floats:
    """Return the part of a cycle that is spent in each state, [..., state at the start, state].

    generators: of a cycle, [..., from, to]. It is the integral of their matrix exponential over the cycle, by
    the same uniformization: m moves weigh the chance of more than m, over how many are expected. Nothing is
    negative, and rows add up to one.
    """
    moves, often, halvings = _uniform(generators)
    here = np.arange(moves.shape[-1])
    terms = _terms(often)
    spent, weight = np.zeros_like(moves), np.zeros_like(often)
    for count in range(terms, -1, -1):
        weight = 1.0 / math.factorial(count + 1) + often * weight
        spent = moves @ spent
        spent[..., here, here] += weight
    spent *= np.exp(-often)[..., None]
    if halvings:
        chances = _series(moves, terms) * np.exp(-often)[..., None]
    for _ in range(halvings):
        spent = (spent + chances @ spent) / 2.0
        chances = chances @ chances
    return spent


def time_spent_from(generators: Floats, origin: int) -> Floats:
    """Return `time_spent` of those who begin in one state alone, [..., state]: in a fraction of the time."""
    moves, often, halvings = _uniform(generators, FOLLOWED)
    if halvings:
        return time_spent(generators)[..., origin, :]
    weights = [np.zeros_like(often[..., 0])]
    for count in range(_terms(often), -1, -1):
        weights.append(1.0 / math.factorial(count + 1) + often[..., 0] * weights[-1])
    moves, here = _states_first(moves), np.zeros((moves.shape[-1], *moves.shape[:-2]))
    here[origin] = 1.0
    spent = weights.pop() * here
    while len(weights) > 1:
        here = np.einsum("i...,ij...->j...", here, moves)
        spent += weights.pop() * here
    return np.moveaxis(spent * np.exp(-often[..., 0]), 0, -1)


def on_the_way(generators: Floats, rewards: Floats) -> tuple[Floats, Floats]:
    """Return the probabilities of a cycle, and what its moves are expected to give, by where it ends.

    generators: of a cycle, [..., from, to]; rewards: each move's reward times its intensity a cycle,
    [..., outcome, from, to]. The second has the axes [..., outcome, state at the start, state at the end] and
    holds the expectation over all who end there: over the probability it is what each of them gets. It is
    the integral of exp(Q t) R exp(Q (1 - t)), the upper right block of the exponential of [[Q, R], [0, Q]]
    (Van Loan 1978, IEEE Trans Autom Control 23:395).
    """
    moves, often, halvings = _uniform(generators)
    here = np.arange(moves.shape[-1])
    chances, gained = np.zeros_like(moves), np.zeros_like(rewards)
    chances[..., here, here] = 1.0
    rewards = rewards / 2.0**halvings
    several = moves[..., None, :, :]
    for count in range(_terms(often), 0, -1):
        gained = (several @ gained + rewards @ chances[..., None, :, :]) / count
        chances = moves @ chances / count
        chances[..., here, here] += 1.0
    chances *= np.exp(-often)[..., None]
    gained *= np.exp(-often)[..., None, None]
    for _ in range(halvings):
        several = chances[..., None, :, :]
        gained = several @ gained + gained @ several
        chances = chances @ chances
    return chances, gained


def on_the_way_from(generators: Floats, rewards: Floats, origin: int) -> tuple[Floats, Floats]:
    """Return `on_the_way` of those who begin in one state alone, [..., end] and [..., outcome, end]."""
    moves, often, halvings = _uniform(generators, FOLLOWED)
    if halvings:
        chances, gained = on_the_way(generators, rewards)
        return chances[..., origin, :], gained[..., origin, :]
    moves, rewards = _states_first(moves), np.moveaxis(_states_first(rewards), -1, 0)  # outcome first
    here, paid = np.zeros((len(moves), *moves.shape[2:])), np.zeros((len(rewards), *moves.shape[1:]))
    here[origin] = 1.0
    chances, gained = here.copy(), paid.copy()
    for count in range(1, _terms(often) + 1):
        paid = np.einsum("ri...,ij...->rj...", paid, moves) + np.einsum("i...,rij...->rj...", here, rewards)
        here = np.einsum("i...,ij...->j...", here, moves) / count
        paid /= count
        chances += here
        gained += paid
    never = np.exp(-often[..., 0])
    return np.moveaxis(chances * never, 0, -1), np.moveaxis(gained * never, (0, 1), (-2, -1))


def _of_generators(generators: Floats) -> Floats:
    """Return the matrix exponential of each generator [..., from, to]: rows are probabilities.

    By uniformization (Jensen 1953, Skand Aktuarietidskr 36:87), which adds nothing negative, of a cycle that
    is halved until nobody is expected to leave more than once, and then squared.
    """
    moves, often, halvings = _uniform(generators)
    found = _series(moves, TERMS) * np.exp(-often)[..., None]
    for _ in range(halvings):
        found = found @ found
        found /= found.sum(axis=-1, keepdims=True)
    return found


def _states_first(tables: Floats) -> Floats:
    """Return tables [..., from, to] as [from, to, ...]."""
    return np.ascontiguousarray(np.moveaxis(tables, (-2, -1), (0, 1)))


def _uniform(generators: Floats, most: float = 1.0) -> tuple[Floats, Floats, int]:
    """Return what uniformization takes: expected moves [..., from, to], how many [..., 1], and halvings.

    With staying as a move every state is left as often as the one that is left most; a cycle is halved until
    that is `most` times at most.
    """
    here = np.arange(generators.shape[-1])
    fastest = -generators[..., here, here].min(axis=-1)
    halvings = math.ceil(math.log2(max(float(fastest.max(initial=0.0)) / most, 1.0)))
    often = (fastest / 2.0**halvings)[..., None]
    moves = generators / 2.0**halvings
    moves[..., here, here] = np.maximum(moves[..., here, here] + often, 0.0)
    return moves, often, halvings


def _series(moves: Floats, terms: int) -> Floats:
    """Return the sum of moves^m / m! up to m = terms."""
    here = np.arange(moves.shape[-1])
    found = np.zeros_like(moves)
    found[..., here, here] = 1.0
    for count in range(terms, 0, -1):
        found = moves @ found / count
        found[..., here, here] += 1.0
    return found


def _terms(often: Floats) -> int:
    """Return how many moves count where `often` are expected: more have a chance below 1e-17."""
    most, terms = float(often.max(initial=0.0)), 1
    while math.exp(-most) * most**terms / math.factorial(terms) > 1e-17 or terms < most:
        terms += 1
    return terms
