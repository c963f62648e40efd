"""The full model against a bare kernel that only draws and looks up one table, in one run.

Ratios are the message: ``pytest benchmarks/test_life_speed.py --benchmark-only -s`` prints them.
Nothing here is a test of speed: machines are noisy.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import Executor

import numpy as np
import pytest
from numba import njit
from pytest_benchmark.fixture import BenchmarkFixture

from sim.engine.config import RunConfig, worker_threads
from sim.engine.simulation import simulate
from sim.engine.warmup import WarmStart, warm_up
from sim.inputs.library import registry
from sim.inputs.profiles import profiles
from sim.inputs.scenario import Scenario, scenario_from_dict
from sim.luck import Decision, draw, key_of
from sim.model.parameters import default_parameters
from sim.states import AGES, MONTHS

CHILDREN = 200_000
YEARS = 10
THREADS = 2


@njit(nogil=True, cache=True)
def bare(first, last, months, thresholds, key):  # type: ignore[no-untyped-def]
    """Draw once per child and month and look up one threshold by age; count how often it is passed."""
    passed = 0
    for child in range(first, last):
        for month in range(months):
            if draw(key, Decision.CLOCK, month, child) < thresholds[(month // MONTHS) % AGES]:
                passed += 1
    return passed


def median(benchmark: BenchmarkFixture) -> float:
    """Return the median of the seconds that were measured."""
    assert benchmark.stats is not None
    return float(benchmark.stats.stats.median)


@pytest.fixture(scope="module")
def pool() -> Iterator[Executor]:
    with worker_threads(THREADS) as threads:
        yield threads


def scenario(years: int) -> Scenario:
    data = {
        "kind": "scenario", "title": "benchmark", "municipality": "Nederland", "start": 2026, "years": years,
        "policy": "deficit", "programmes": {"kinderwerk": {"fte": 800}},
    }  # fmt: skip
    return scenario_from_dict(data, registry())


def config(children: int) -> RunConfig:
    return RunConfig(profiles()["Nederland"], default_parameters(), children=children)


@pytest.fixture(scope="module")
def warm(pool: Executor) -> WarmStart:
    return warm_up(config(CHILDREN), 2026, pool)


def run_bare(pool: Executor) -> int:
    thresholds = np.full(AGES, 1 << 26, np.uint32)
    parts = np.linspace(0, CHILDREN, 33).astype(int)
    jobs = [
        pool.submit(bare, int(a), int(b), YEARS * MONTHS, thresholds, key_of(0))
        for a, b in itertools.pairwise(parts)
    ]
    return sum(job.result() for job in jobs)


def test_full_model_against_bare_draws(benchmark: BenchmarkFixture, pool: Executor, warm: WarmStart) -> None:
    run_bare(pool)
    simulate(scenario(1), config(CHILDREN), pool, warm)
    person_months = CHILDREN * YEARS * MONTHS
    started = time.perf_counter()
    for _ in range(3):
        run_bare(pool)
    bare_seconds = (time.perf_counter() - started) / 3
    benchmark.pedantic(
        simulate, args=(scenario(YEARS), config(CHILDREN), pool, warm), rounds=5, warmup_rounds=1
    )
    full_seconds = median(benchmark)
    benchmark.extra_info.update(
        full_million_per_second=person_months / full_seconds / 1e6,
        bare_million_per_second=person_months / bare_seconds / 1e6,
        ratio=bare_seconds / full_seconds,
    )
    print(
        f"\nfull model {person_months / full_seconds / 1e6:,.0f} M person-months/s, bare draws and one table "
        f"{person_months / bare_seconds / 1e6:,.0f} M/s, ratio {bare_seconds / full_seconds:.2f}"
    )


@pytest.mark.parametrize("children", [50_000, 100_000, 200_000, 400_000])
def test_cost_grows_linearly_in_children(benchmark: BenchmarkFixture, pool: Executor, children: int) -> None:
    start = warm_up(config(children), 2026, pool)
    benchmark.pedantic(
        simulate, args=(scenario(5), config(children), pool, start), rounds=3, warmup_rounds=1
    )
    benchmark.extra_info["seconds_per_million_child_years"] = median(benchmark) / children / 5 * 1e6


@pytest.mark.parametrize("years", [5, 10, 20])
def test_cost_grows_linearly_in_years(
    benchmark: BenchmarkFixture, pool: Executor, warm: WarmStart, years: int
) -> None:
    benchmark.pedantic(
        simulate, args=(scenario(years), config(CHILDREN), pool, warm), rounds=3, warmup_rounds=1
    )
    benchmark.extra_info["seconds_per_million_child_years"] = median(benchmark) / CHILDREN / years * 1e6
