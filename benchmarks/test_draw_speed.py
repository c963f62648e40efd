"""One draw of a comparison: from those whom scenarios reach differently, and from whole lives, in one run.

The ratio is the message: ``pytest benchmarks/test_draw_speed.py --benchmark-only -s`` prints it.
"""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from sim.api import load_scenario
from sim.engine.setting import Inline
from sim.inputs.scenario import Scenario
from sim.runs.experiment import Options, run_all
from sim.runs.pairs import run_reached
from sim.runs.warmstore import WarmStore

ALMERE = Path(__file__).resolve().parents[1] / "scenarios" / "almere"
CHILDREN = 26_000
Pair = list[Scenario]
DRAWS = itertools.count(1)


@pytest.fixture(scope="module")
def pair() -> Pair:
    return [load_scenario(ALMERE / name) for name in ("geen.yaml", "huidig.yaml")]


def reached(pair: Pair) -> object:
    return run_reached(pair, Options(children=CHILDREN), next(DRAWS), Inline())


def whole(pair: Pair, folder: Path) -> object:
    options = Options(children=CHILDREN, first_draw=next(DRAWS), threads=1)
    return list(run_all(pair, options, WarmStore(folder)))


def test_a_draw_of_those_who_are_reached(benchmark: BenchmarkFixture, pair: Pair) -> None:
    benchmark.pedantic(reached, args=(pair,), rounds=5, warmup_rounds=1)


def test_a_draw_of_whole_lives(benchmark: BenchmarkFixture, pair: Pair, tmp_path: Path) -> None:
    benchmark.pedantic(whole, args=(pair, tmp_path), rounds=5, warmup_rounds=1)


def test_the_ratio_of_the_two(pair: Pair, tmp_path: Path) -> None:
    times: dict[str, list[float]] = {"reached": [], "whole": []}
    for _ in range(5):  # in turns, so that a busy moment hits both
        for name, work in (("reached", lambda: reached(pair)), ("whole", lambda: whole(pair, tmp_path))):
            begun = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - begun)
    best = {name: min(found) for name, found in times.items()}
    print(f"\nreached {best['reached']:.2f} s, whole {best['whole']:.2f} s: "
          f"{best['whole'] / best['reached']:.1f} times")  # fmt: skip
