"""How many person-months of the seven-state model a second: this engine and numpy, in the same run.

Run with: python -m pytest benchmarks/test_model_speed.py -s --benchmark-json=FILE

The numpy side is as good as plain numpy gets: one thread, blocks that stay in the cache, 32 bits a draw,
and only those who move are touched. Absolute figures drift with the machine; the ratio is the message.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.published.cohort import exact_cohort, load_model
from sim.published.markov import CompiledModel
from sim.published.microsimulation import microsimulate

FILE = Path(__file__).with_name("seven-state.yaml")
PERSONS = 400_000
NUMPY_BLOCK = 20_000
ROUNDS = 5

median_seconds: dict[str, float] = {}


@pytest.fixture(scope="module")
def model() -> CompiledModel:
    return load_model(FILE)


def simulate_with_numpy(model: CompiledModel, persons: int, seed: int) -> NDArray[np.float64]:
    """Return the mean cost and effect of `persons`, sorted out month by month into movers and others."""
    generator = np.random.Generator(np.random.SFC64(seed))
    moves = model.probabilities[0, :, :, 0].copy()
    size = len(model.states)
    moves[..., np.arange(size), np.arange(size)] = 0.0
    scaled = np.minimum(np.cumsum(moves, axis=-1), 1 - 2.0**-32) * 2.0**32
    cumulative = scaled.astype(np.uint32)  # [group, clock, from, to]
    leave = np.ascontiguousarray(cumulative[..., -1])
    gains = np.zeros((size, model.cycles + 2, 2))
    np.cumsum(model.rewards[0, 0, :, 0], axis=1, out=gains[:, 1:])
    total = np.zeros(2)
    for first in range(0, persons, NUMPY_BLOCK):
        count = min(NUMPY_BLOCK, persons - first)
        group = generator.choice(model.group_shares.size, count, p=model.group_shares)
        state = generator.choice(size, count, p=model.start)
        booked = np.zeros((count, 2))
        bound = np.empty(count, np.uint32)
        for month in range(model.cycles):
            now = model.clock[month]
            if month == 0 or now != model.clock[month - 1]:
                bound = leave[group, now, state]
            draws = generator.integers(0, 1 << 32, count, dtype=np.uint32)
            movers = np.flatnonzero(draws < bound)
            if movers.size == 0:
                continue
            old = state[movers]
            rows = cumulative[group[movers], now, old]
            new = (draws[movers, None] >= rows).sum(axis=1)
            booked[movers] += gains[old, month + 1] - gains[new, month + 1]
            state[movers] = new
            bound[movers] = leave[group[movers], now, new]
        booked += gains[state, model.cycles + 1]
        total += booked.sum(axis=0)
    return total / persons


def measure(benchmark: Any, name: str, work: Callable[[], Any]) -> Any:
    """Time `work` and keep its rate, and its ratio to numpy where that ran before, in the benchmark."""
    result = benchmark.pedantic(work, rounds=ROUNDS, warmup_rounds=1)
    if benchmark.disabled:
        return result
    median_seconds[name] = benchmark.stats.stats.median
    rate = PERSONS * 240 / median_seconds[name] / 1e6
    benchmark.extra_info["million_person_months_per_second"] = rate
    text = f"\n{name}: {rate:,.0f} million person-months per second"
    if name != "numpy" and "numpy" in median_seconds:
        ratio = median_seconds["numpy"] / median_seconds[name]
        benchmark.extra_info["times_numpy"] = ratio
        text += f", {ratio:.1f} times numpy"
    print(text)
    return result


def test_numpy(benchmark: Any, model: CompiledModel) -> None:
    means = measure(benchmark, "numpy", lambda: simulate_with_numpy(model, PERSONS, 1))
    cohort = exact_cohort(model)
    assert cohort is not None
    errors = microsimulate(model, PERSONS).errors[0]
    assert np.all(np.abs(means - cohort.totals[0]) < 4 * errors), "numpy does other work than the engine"


@pytest.mark.parametrize("threads", [1, 2])
def test_engine(benchmark: Any, model: CompiledModel, threads: int) -> None:
    name = f"engine, {threads} thread{'s' if threads > 1 else ''}"
    result = measure(benchmark, name, lambda: microsimulate(model, PERSONS, 1, threads))
    cohort = exact_cohort(model)
    assert cohort is not None
    assert np.all(np.abs(result.totals[0] - cohort.totals[0]) < 4 * result.errors[0])
