"""What every peer script shares: the work it reads, how it is timed, and the line of JSON it ends with."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from importlib.metadata import version

import numpy as np

ROUNDS = 3


class Work:
    """The tables of the model, the same for every peer: see work.py."""

    def __init__(self, path: str, persons: str) -> None:
        tables = np.load(path)
        self.persons = int(persons)
        self.clock = tables["clock"]  # [month]: which set of probabilities
        self.moves = tables["moves"]  # [group, set, from, to], a month
        self.cumulative = np.cumsum(self.moves, axis=-1)
        self.cost = tables["cost"]  # [state, point in time]
        self.start = tables["start"]
        self.groups = tables["groups"]


def outcome(state: np.ndarray, cost: np.ndarray) -> dict[str, object]:
    """Return what is compared with the exact cohort, from the persons at the end."""
    shares = np.bincount(np.asarray(state, np.int64), minlength=7) / state.size
    return {
        "shares": shares.tolist(),
        "cost": float(cost.mean()),
        "error": float(cost.std(ddof=1) / np.sqrt(cost.size)),
    }


def run(package: str, simulate: Callable[[Work, int], dict[str, object]], warm: bool = False) -> None:
    """Time `simulate` ROUNDS times, after one run that compiles if `warm`, and print the outcome."""
    work = Work(*sys.argv[1:3])
    if warm:
        simulate(work, 0)
    seconds = []
    for seed in range(1, ROUNDS + 1):
        started = time.perf_counter()
        result = simulate(work, seed)
        seconds.append(time.perf_counter() - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({**result, "seconds": seconds, "peak": peak, "version": version(package)}))
