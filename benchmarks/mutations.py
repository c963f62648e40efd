"""Break central lines one at a time, in a copy, and see that tests notice. Nothing is changed here.

``python benchmarks/mutations.py [--only NAME]`` copies the checkout to a temporary folder, changes one line,
runs the tests that should notice until the first fails, and puts the line back. Prints what was caught by
which test; exit code 1 where a change went unnoticed. Kernels are compiled for each: a minute.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Mutation(NamedTuple):
    """A line to break: file, what stands there (once), what is put in its place, tests that should notice."""

    file: str
    old: str
    new: str
    tests: str


MUTATIONS = {
    "rate to probability": Mutation(
        "sim/rates.py", "-np.expm1(-rates * years)", "rates * years", "tests/test_rates.py"
    ),
    "discount factor": Mutation(
        "sim/rates.py", "(1.0 + rate) ** -np.asarray", "(1.0 - rate) ** np.asarray",
        "tests/engine/test_ledger.py",
    ),
    "luck without the child": Mutation(
        "sim/luck.py",
        "philox(np.uint64(child), counter",
        "philox(np.uint64(0), counter",
        "tests/test_luck.py",
    ),
    "luck without the month": Mutation(
        "sim/luck.py", "| np.uint64(step)", "| np.uint64(0)", "tests/test_luck.py"
    ),
    "cohort one cycle late": Mutation(
        "sim/published/cohort.py",
        "_earned(model, shares, cycle + 1)",
        "_earned(model, shares, cycle)",
        "tests/verification tests/published/test_cohort.py",
    ),
    "queue without urgency": Mutation(
        "sim/engine/waitinglist.py",
        "heapq.heappush(heap, (-np.int64(urgency[j]),",
        "heapq.heappush(heap, (np.int64(urgency[j]),",
        "tests/engine/test_waitinglist.py",
    ),
    "payer of programmes": Mutation(
        "sim/engine/ledger.py",
        "GEMEENTE if history.paid_by_gemeente[name] else RIJK",
        "GEMEENTE",
        "tests/engine/test_ledger.py",
    ),
    "cash at once": Mutation(
        "sim/engine/ledger.py", 'lag = p["townhall.contract_lag"]', "lag = 0.0", "tests/engine/test_ledger.py"
    ),
    "cash from limited places": Mutation(
        "sim/engine/ledger.py",
        "_realised(history, free, ~limited, p)",
        "_realised(history, free, limited | ~limited, p)",
        "tests/engine/test_ledger.py tests/engine/test_waitinglist.py",
    ),
    "a year less of warm-up": Mutation(
        "sim/engine/warmup.py",
        "for year in range(EPOCH_YEAR, start):",
        "for year in range(EPOCH_YEAR, start - 1):",
        "tests/engine/test_simulation.py tests/calibration/figures/test_measures.py",
    ),
    "no fade-out": Mutation(
        "sim/engine/exposure.py",
        "return top * np.exp(-x.decay[w, k] * (t - x.leaves[i, k]))",
        "return top",
        "tests/engine/lifecourse",
    ),
    "scaling of results": Mutation(
        "sim/runs/experiment.py",
        "for column in found]) * history.scale",
        "for column in found])",
        "tests/runs/test_experiment.py tests/test_api.py",
    ),
    "scaling of the town hall": Mutation(
        "sim/engine/plan.py",
        "return self.config.flow()[1]",
        "return 1.0",
        "tests/engine/test_simulation.py",
    ),
    "a clock not renewed": Mutation(
        "sim/engine/clocks.py", "    c.ticks[i, p] += 1\n", "", "tests/engine/lifecourse"
    ),
    "copies of a fork share luck": Mutation(
        "sim/engine/lifecourse.py",
        "(key + np.uint64(copy) * _COPY) & _KEYS",
        "key & _KEYS",
        "tests/engine/test_forks.py",
    ),
    "a fork with the luck of its past": Mutation(
        "sim/engine/lifecourse.py",
        "(key + np.uint64(copy) * _COPY) & _KEYS",
        "luck",
        "tests/engine/test_forks.py",
    ),
    "a weight not taken over its chance": Mutation(
        "sim/engine/lifecourse.py", "weight / wished", "weight", "tests/engine/test_forks.py"
    ),
    "a sign forgotten": Mutation(
        "sim/engine/forks.py",
        "log.weight[n] if life == 0 else -log.weight[n]",
        "log.weight[n]",
        "tests/engine/test_forks.py",
    ),
    "programmes of another child": Mutation(
        "sim/engine/lifecourse.py",
        "np.uintp(turn.row[i]) if turn.row.size else i",
        "i",
        "tests/engine/test_forks.py",
    ),
    "programmes of the reference after the fork": Mutation(
        "sim/engine/lifecourse.py",
        "effects = turn.x if turned_life and turn.weight.size else x",
        "effects = x",
        "tests/engine/test_forks.py",
    ),
    "half of the effect on each step": Mutation(
        "sim/engine/programmes.py",
        "2 * (1 - share) * strength",
        "(1 - share) * strength",
        "tests/engine/test_effect_arrives.py",
    ),
    "no luck in a shortfall": Mutation(
        "sim/engine/history.py",
        "if not self.without:",
        "if True:",
        "tests/engine/test_luck_of_a_shortfall.py",
    ),
    "luck in what is not known": Mutation(
        "sim/decision/firm.py",
        "if luck > LITTLE_LUCK else 1.0",
        "if False else 1.0",
        "tests/decision/test_firm.py",
    ),
    "more of 18 who go on where fewer do": Mutation(
        "sim/engine/config.py",
        "(1.0 - p[name]) * oldest",
        "(1.0 - p[name]) / oldest",
        "tests/engine/test_config.py",
    ),
    "ages that move the level": Mutation(
        "calibration/municipalities/level_by_age.py",
        "            use *= (made.sum(axis=1) / use.sum(axis=1))[:, None]\n",
        "",
        "tests/calibration/municipalities/test_level_by_age.py",
    ),
    "fixed cost that has no luck": Mutation(
        "sim/engine/ledger.py",
        "for before in history.place_years_before]",
        "for before in [history.place_years_before.mean(axis=0)] * len(history.place_years_before)]",
        "tests/engine/test_ledger.py",
    ),
    "books of a first try kept": Mutation(
        "sim/engine/forks.py", "            tally[:] = 0.0\n", "", "tests/engine/test_forks.py"
    ),
}


def main() -> None:
    """Break each line and print what noticed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", choices=MUTATIONS)
    only = parser.parse_args().only
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".venv", ".git", "__pycache__", ".*_cache"))
        names = [only] if only else list(MUTATIONS)
        for tests in dict.fromkeys(MUTATIONS[name].tests for name in names):
            if failed := first_failure(copy, tests):  # else it would "notice" everything
                raise SystemExit(f"fails with nothing broken: {failed}")
        unnoticed = [name for name in names if not noticed(copy, name)]
    raise SystemExit(f"not noticed: {', '.join(unnoticed)}" if unnoticed else 0)


def noticed(copy: Path, name: str) -> bool:
    """Tell whether a test fails when a line is broken."""
    mutation = MUTATIONS[name]
    file = copy / mutation.file
    whole = file.read_text(encoding="utf-8")
    if whole.count(mutation.old) != 1:
        raise SystemExit(f"{mutation.file} does not hold once: {mutation.old}")
    file.write_text(whole.replace(mutation.old, mutation.new), encoding="utf-8")
    started = time.monotonic()
    first = first_failure(copy, mutation.tests)
    file.write_text(whole, encoding="utf-8")
    print(f"{name}: noticed by {first or 'nothing'} ({time.monotonic() - started:.0f} s)", flush=True)
    return first is not None


def first_failure(copy: Path, tests: str) -> str | None:
    """Return the first test that fails in the copy, or None."""
    call = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", *tests.split()]
    caches = {
        "KINDERWERK_CACHE": str(copy / ".cache"),
        "PYTHONPATH": str(copy),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        call, cwd=copy, env={**os.environ, **caches}, capture_output=True, text=True, check=False
    )
    first = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return first[1] if first else None


if __name__ == "__main__":
    main()
