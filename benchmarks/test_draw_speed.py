"""One draw of a comparison: two budgets lived together, and each lived in full, in one run.

The ratio is the message: ``pytest benchmarks/test_draw_speed.py --benchmark-only -s`` prints it.
"""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from sim.api import load_scenario
from sim.inputs.scenario import Scenario
from sim.runs.experiment import Options, run_all
from sim.runs.warmstore import WarmStore

ALMERE = Path(__file__).resolve().parents[1] / "scenarios" / "almere"
CHILDREN = 26_000
Pair = list[Scenario]
DRAWS = itertools.count(1)


@pytest.fixture(scope="module")
def pair() -> Pair:
    return [load_scenario(ALMERE / name) for name in ("geen.yaml", "huidig.yaml")]


def together(pair: Pair, folder: Path) -> object:
    options = Options(children=CHILDREN, first_draw=next(DRAWS), threads=1)
    return list(run_all(pair, options, WarmStore(folder)))


def whole(pair: Pair, folder: Path) -> object:
    options = Options(children=CHILDREN, first_draw=next(DRAWS), threads=1)
    store = WarmStore(folder)
    return [list(run_all([each], options, store)) for each in pair]


def test_a_draw_lived_together(benchmark: BenchmarkFixture, pair: Pair, tmp_path: Path) -> None:
    benchmark.pedantic(together, args=(pair, tmp_path), rounds=5, warmup_rounds=1)


def test_a_draw_of_whole_lives(benchmark: BenchmarkFixture, pair: Pair, tmp_path: Path) -> None:
    benchmark.pedantic(whole, args=(pair, tmp_path), rounds=5, warmup_rounds=1)


def test_the_ratio_of_the_two(pair: Pair, tmp_path: Path) -> None:
    times: dict[str, list[float]] = {"together": [], "whole": []}
    for _ in range(5):  # in turns, so that a busy moment hits both
        for name, work in (("together", together), ("whole", whole)):
            begun = time.perf_counter()
            work(pair, tmp_path)
            times[name].append(time.perf_counter() - begun)
    best = {name: min(found) for name, found in times.items()}
    print(f"\ntogether {best['together']:.2f} s, whole {best['whole']:.2f} s: "
          f"{best['whole'] / best['together']:.1f} times")  # fmt: skip
