"""Run a published state-transition model: exact cohort, microsimulation and frontier."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError
from sim.files.yamlfile import in_order, load_document
from sim.published.markov import CompiledModel, compile_model
from sim.published.microsimulation import Simulation, microsimulate
from sim.published.modelfile import ModelError, ModelFile
from sim.ties import same, tied

Floats = NDArray[np.float64]


class Cohort(NamedTuple):
    """Expected results. Axes: strategy s, (cost, effect) r, state i."""

    totals: Floats  # [s, r]
    shares: Floats  # [s, i], after the last cycle


def exact_cohort(model: CompiledModel) -> Cohort | None:
    """Return the expected results of a model, or None where it remembers the time in a state."""
    if model.memory:
        return None
    groups = model.group_shares.size
    shares = np.einsum("g,i->gi", model.group_shares, model.start)
    shares = np.repeat(shares[None], len(model.strategies), axis=0)
    rewards = model.rewards[:, :, :, 0]
    totals = np.einsum("sgi,sgir->sr", shares, _full(rewards[:, :, :, 0], groups))
    for cycle in range(model.cycles):
        flows = shares[..., None] * model.probabilities[:, :, model.clock[cycle], 0]
        stayed = np.einsum("sgii->sgi", flows)
        shares = flows.sum(axis=2)
        totals += np.einsum("sgi,sgir->sr", shares, _full(rewards[:, :, :, cycle + 1], groups))
        if model.entry_rewards is not None:
            entry = _full(model.entry_rewards[:, :, :, cycle + 1], groups)
            totals += np.einsum("sgi,sgir->sr", shares - stayed, entry)
    return Cohort(totals, shares.sum(axis=1))


def _full(rewards: Floats, groups: int) -> Floats:
    """Return rewards [s, 1 or g, i, r] for every group."""
    strategies, _, states, kinds = rewards.shape
    return np.broadcast_to(rewards, (strategies, groups, states, kinds))


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
    document = load_document(path, kind="model")
    file = document.validate(ModelFile)
    try:
        return compile_model(file)
    except ModelError as error:
        problems = [document.problem(each.loc, each.fault, each.at_key) for each in error.mistakes]
        raise InputError(in_order(problems)) from None


def run_model(
    path: Path, persons: int = 100_000, seed: int = 0, threads: int | None = None
) -> dict[str, Any]:
    """Return the results of the model in a file, as plain data for JSON, not rounded.

    The frontier is that of the exact cohort, or where a model has none, of the simulation. A standard
    error is None where one person was simulated.

    Raises InputError for a mistake in the file, and OptionError where a number is out of range.
    """
    model = load_model(path)
    simulation = microsimulate(model, persons, seed, threads)
    cohort = exact_cohort(model)
    costs, effects = (simulation if cohort is None else cohort).totals.T.tolist()
    return {
        "title": model.title,
        "strategies": {
            name: {"cohort": _cohort_row(model, cohort, s), "simulation": _simulation_row(simulation, s)}
            for s, name in enumerate(model.strategies)
        },
        "frontier": frontier(costs, effects, model.strategies),
    }


def _cohort_row(model: CompiledModel, cohort: Cohort | None, strategy: int) -> dict[str, Any] | None:
    if cohort is None:
        return None
    cost, effect = cohort.totals[strategy].tolist()
    shares = dict(zip(model.states, cohort.shares[strategy].tolist(), strict=True))
    return {"cost": cost, "effect": effect, "shares": shares}


def _simulation_row(simulation: Simulation, strategy: int) -> dict[str, float | None]:
    cost, effect = simulation.totals[strategy].tolist()
    cost_se, effect_se = simulation.errors[strategy].tolist()
    if simulation.persons == 1:
        cost_se = effect_se = None
    return {"cost": cost, "cost_se": cost_se, "effect": effect, "effect_se": effect_se}
