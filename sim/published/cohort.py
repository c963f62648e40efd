"""Run a published state-transition model: exact cohort, microsimulation and frontier."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.published.markov import CompiledModel
from sim.published.microsimulation import Simulation, microsimulate
from sim.published.source import read_source
from sim.published.within import expected_moves, years_spent
from sim.ties import same, tied

Floats = NDArray[np.float64]


class Cohort(NamedTuple):
    """Expected results. Axes: strategy s, outcome r (`CompiledModel`), state i, point in time t, cycle c."""

    totals: Floats  # [s, r]
    shares: Floats  # [s, i], after the last cycle
    trace: Floats  # [s, t, i]: shares
    rewards: Floats  # [s, t, r]: discounted, with those on entry; they add up to the totals
    undiscounted: Floats  # [s, t, r]
    events: Floats  # [s, c, from, to]: moves of one person; with intensities all that are expected


class Point(NamedTuple):
    """One point in time. Axes: strategy s, group g, state i, outcome r."""

    shares: Floats  # [s, g, i], or [s, g, time in state, i]
    gain: Floats  # [s, g, r]
    seen: Floats | None  # [s, g, from, to]: in another state at the end of the cycle that ends here
    moved: Floats | None  # [s, g, from, to]: moves in that cycle; as seen where they were not counted


def exact_cohort(model: CompiledModel) -> Cohort:
    """Return the expected results of a model.

    Where amounts depend on the time in a state, each state is a row of tunnels, one for each time.
    """
    strategies, size = len(model.strategies), len(model.states)
    trace = np.empty((strategies, model.cycles + 1, size))
    gains = np.empty((strategies, model.cycles + 1, model.discounts.shape[1]))
    events = np.empty((strategies, model.cycles, size, size))
    for point, (shares, gain, _, moved) in enumerate(each_point(model)):
        trace[:, point] = shares.sum(axis=tuple(range(1, shares.ndim - 1)))
        gains[:, point] = gain.sum(axis=1)
        if moved is not None:
            events[:, point - 1] = moved.sum(axis=1)
    return Cohort(gains.sum(axis=1), trace[:, -1], trace, gains, gains / model.discounts, events)


def totals_by_group(model: CompiledModel) -> Floats:
    """Return what each group adds to the expected outcomes, [strategy, group, outcome]."""
    totals = np.zeros((len(model.strategies), model.group_shares.size, model.discounts.shape[1]))
    for point in each_point(model, counted=False):
        totals += point.gain
    return totals


def each_point(model: CompiledModel, counted: bool = True) -> Iterator[Point]:
    """Yield the cohort at each point in time; counted: with all moves, also where nothing depends on them."""
    groups, size = model.group_shares.size, len(model.states)
    shares = np.einsum("g,i->gi", model.group_shares, model.start)
    shares = np.repeat(shares[None], len(model.strategies), axis=0)
    if model.memory:
        shares = shares[:, :, None]  # s, g, time in state, i
    counted = model.intensities is not None and (counted or model.entry_rewards is not None)
    spent = years_spent(model) if counted else None
    yield Point(shares, _earned(model, shares, 0), None, None)
    here = np.arange(size)
    for cycle in range(model.cycles):
        before = shares
        if model.memory:
            shares, by_time = _step_in_tunnels(model, shares, cycle)
            flows = by_time.sum(axis=2)
        else:
            flows = shares[..., None] * model.probabilities[:, :, model.clock[cycle], 0]
            shares, before, by_time = flows.sum(axis=2), shares[:, :, None], flows[:, :, None]
        gain = _earned(model, shares, cycle + 1)
        seen = flows.copy()
        seen[..., here, here] = 0.0
        moved = seen if spent is None else expected_moves(model, spent, before, by_time, cycle)
        if model.entry_rewards is not None:
            entry = model.entry_rewards[:, :, :, :, cycle + 1] * model.discounts[cycle + 1]
            came = moved if entry.shape[2] > 1 else moved.sum(axis=2, keepdims=True)
            entry = np.broadcast_to(entry, (entry.shape[0], groups, *entry.shape[2:]))
            gain = gain + np.einsum("sgij,sgijr->sgr", came, entry)
        yield Point(shares, gain, seen, moved)


def _earned(model: CompiledModel, shares: Floats, point: int) -> Floats:
    """Return rewards [s, g, r] at a point in time of shares [s, g, i] or [s, g, time in state, i]."""
    if not model.memory:
        rewards = model.rewards[:, :, :, 0, point]
        rewards = np.broadcast_to(rewards, (*shares.shape, rewards.shape[-1]))
        return np.asarray(np.einsum("sgi,sgir->sgr", shares, rewards))
    times = shares.shape[2]
    rewards = model.rewards[:, :, :, : times if model.rewards.shape[3] > 1 else 1, point]
    rewards = np.broadcast_to(rewards, (*shares.shape[:2], shares.shape[3], times, rewards.shape[-1]))
    return np.asarray(np.einsum("sgui,sgiur->sgr", shares, rewards))


def _step_in_tunnels(model: CompiledModel, shares: Floats, cycle: int) -> tuple[Floats, Floats]:
    """Return shares [s, g, time in state, i] one cycle on, and the flows [s, g, time in state, from, to]."""
    times = shares.shape[2]
    chances = model.probabilities[:, :, model.clock[cycle]]
    flows = shares[..., None] * (chances[:, :, :times] if chances.shape[2] > 1 else chances)
    stayed = np.einsum("sguii->sgui", flows)
    came = flows.sum(axis=(2, 3)) - stayed.sum(axis=2)
    return np.concatenate([np.maximum(came, 0.0)[:, :, None], stayed], axis=2), flows


def frontier(costs: Sequence[float], effects: Sequence[float], names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the strategies by rising cost, each with its place on the cost-effectiveness frontier.

    The cheapest (at equal cost the most effective) is the reference. A strategy is dominated where another
    costs no more and gives no less, and extendedly dominated where a mix of two others gives more for its
    cost. What remains is `equal` where it has the same cost and effect, but for rounding, as one before it.
    `equal_to` names that one, also where both are dominated. On the frontier, increments and their ratio
    `icer` are with the one before; elsewhere they are None.

    Raises ValueError where the lengths differ or a number is not finite.
    """
    points = list(zip(costs, effects, names, strict=True))
    if not all(math.isfinite(cost) and math.isfinite(effect) for cost, effect, _ in points):
        raise ValueError("costs and effects must be finite numbers")
    places = list(zip(tied(costs).tolist(), tied(effects).tolist(), strict=True))
    order = sorted(range(len(points)), key=lambda index: (places[index][0], -places[index][1]))
    first = [places.index(place) for place in places]
    status, line = _on_the_line(places, [index for index in order if first[index] == index])
    before: dict[int, int] = dict(zip(line[1:], line, strict=False))
    rows = []
    for index in order:
        cost, effect, name = points[index]
        row: dict[str, Any] = {"strategy": name, "cost": cost, "effect": effect}
        row |= {"incremental_cost": None, "incremental_effect": None, "icer": None, "equal_to": None}
        row["status"] = status.get(first[index], "reference")
        if first[index] != index:
            row["status"], row["equal_to"] = status.get(first[index], "equal"), names[first[index]]
        if index in before:
            other_cost, other_effect, _ = points[before[index]]
            row["incremental_cost"], row["incremental_effect"] = cost - other_cost, effect - other_effect
            row["icer"] = (cost - other_cost) / (effect - other_effect)
            row["status"] = "frontier"
        rows.append(row)
    return rows


def _on_the_line(
    places: Sequence[tuple[float, float]], order: Sequence[int]
) -> tuple[dict[int, str], list[int]]:
    """Return what is dominated and how, and the positions on the frontier; order: by rising cost."""
    status = {}
    line: list[int] = []
    for index in order:
        if line and places[index][1] <= places[line[-1]][1]:
            status[index] = "dominated"
            continue
        while len(line) > 1 and _above(*(places[k] for k in (line[-2], line[-1], index))):
            status[line.pop()] = "extendedly dominated"
        line.append(index)
    return status, line


def _above(before: tuple[float, float], middle: tuple[float, float], after: tuple[float, float]) -> bool:
    """Tell whether the middle one costs more than a mix of the others that gives as much."""
    share = (middle[1] - before[1]) / (after[1] - before[1])
    mix = before[0] + share * (after[0] - before[0])
    return middle[0] > mix and not same(middle[0], mix, max(abs(before[0]), abs(after[0])))


def load_model(path: Path) -> CompiledModel:
    """Return the model in a `kind: model` file.

    Raises InputError, with file, line and column, for every mistake that was found.
    """
    return read_source(path).compiled()


def run_model(
    path: Path, persons: int = 100_000, seed: int = 0, threads: int | None = None
) -> dict[str, Any]:
    """Return the results of the model in a file, as plain data for JSON, not rounded.

    The frontier is that of the exact cohort. `increments` sets each strategy against the first, and against
    the one before it on the frontier, exactly and as simulated. A standard error is None where one person
    was simulated, and a ratio where the effects are the same.

    Raises InputError for a mistake in the file, and OptionError where a number is out of range.
    """
    return results_of(load_model(path), persons, seed, threads)[0]


def results_of(
    model: CompiledModel, persons: int = 100_000, seed: int = 0, threads: int | None = None
) -> tuple[dict[str, Any], Cohort]:
    """Return the results of a model as `run_model` does, and its cohort with all that happens in it."""
    simulation = microsimulate(model, persons, seed, threads)
    cohort = exact_cohort(model)
    costs, effects = cohort.totals.T[:2].tolist()
    line = frontier(costs, effects, model.strategies)
    pairs = {(each, model.strategies[0]): None for each in model.strategies[1:]}
    on_line = [row["strategy"] for row in line if row["status"] in ("reference", "frontier")]
    pairs |= dict.fromkeys(zip(on_line[1:], on_line, strict=False))
    found: dict[str, Any] = {
        "title": model.title,
        "strategies": {
            name: {
                "cohort": _cohort_row(model, cohort, s),
                "simulation": _simulation_row(model, simulation, s),
            }
            for s, name in enumerate(model.strategies)
        },
        "frontier": line,
        "increments": [_increment_row(model, cohort, simulation, *pair) for pair in pairs],
        "rewards_per": model.rewards_per,
        "cycle_years": model.cycle_years,
        "moves_counted": "all" if model.intensities is not None else "once a cycle",
    }
    if model.named:
        found["effect"] = model.effects[0]
    return found, cohort


def outcomes_told(model: CompiledModel, values: Floats) -> dict[str, dict[str, float]]:
    """Return `effects`, where the file names them, and `parts` of the cost, where values [r] hold those."""
    found = {}
    if model.named:
        found["effects"] = dict(zip(model.effects, values[1:].tolist(), strict=False))
    parts = values[len(model.outcomes) :].tolist()
    if parts:
        found["parts"] = dict(zip(model.parts, parts, strict=True))
    return found


def _increment_row(
    model: CompiledModel, cohort: Cohort, simulation: Simulation, name: str, before: str
) -> dict[str, Any]:
    """Return a strategy against another: exact, and simulated with the errors of what they share."""
    s, b = model.strategies.index(name), model.strategies.index(before)
    more = cohort.totals[s] - cohort.totals[b]
    cost, effect = more[:2].tolist()
    row: dict[str, Any] = {"strategy": name, "reference": before, "cost": cost, "effect": effect}
    row |= outcomes_told(model, more)
    row["icer"] = cost / effect if not same(cohort.totals[s, 1], cohort.totals[b, 1]) else None
    seen = simulation.totals[s] - simulation.totals[b]
    cost, effect = seen[:2].tolist()
    v = simulation.covariances
    spread = v[s, :, s] + v[b, :, b] - v[s, :, b] - v[b, :, s]
    errors = np.sqrt(np.maximum(np.diagonal(spread), 0.0))
    known = simulation.persons > 1
    told: dict[str, float | None] = {"cost": cost, "effect": effect, "icer": None}
    told |= {"cost_se": float(errors[0]) if known else None, "effect_se": float(errors[1]) if known else None}
    told["icer_se"] = None
    also = outcomes_told(model, seen)
    if also and known:
        also["effects_se"] = outcomes_told(model, errors)["effects"]
    if row["icer"] is not None and effect != 0:
        told["icer"] = ratio = cost / effect
        if known:
            # The delta method (O'Brien et al. 1994, Med Care 32:150), with the covariance.
            slope = np.array([1.0, -ratio]) / effect
            told["icer_se"] = float(np.sqrt(max(slope @ spread[:2, :2] @ slope, 0.0)))
    return row | {"simulation": told | also}


def _cohort_row(model: CompiledModel, cohort: Cohort, strategy: int) -> dict[str, Any]:
    cost, effect = cohort.totals[strategy, :2].tolist()
    shares = dict(zip(model.states, cohort.shares[strategy].tolist(), strict=True))
    return {"cost": cost, "effect": effect, "shares": shares, **outcomes_told(model, cohort.totals[strategy])}


def _simulation_row(model: CompiledModel, simulation: Simulation, strategy: int) -> dict[str, Any]:
    cost, effect = simulation.totals[strategy, :2].tolist()
    errors = simulation.errors[strategy]
    cost_se, effect_se = errors[:2].tolist()
    also: dict[str, Any] = outcomes_told(model, simulation.totals[strategy])
    if simulation.persons == 1:
        cost_se = effect_se = None
    elif also:
        also["effects_se"] = outcomes_told(model, errors)["effects"]
    return {"cost": cost, "cost_se": cost_se, "effect": effect, "effect_se": effect_se, **also}
