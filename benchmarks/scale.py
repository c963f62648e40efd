# ruff: noqa: E501
"""What does a batch cost, and how does that grow? Measures here and writes docs/scale.md.

``python benchmarks/scale.py [--write]`` measures seconds of one core (CPU time, the least of three, so that other
work on the machine counts little), bytes and rows, and works out two plans for every Dutch municipality: 1,000
draws of every child, and 200 draws of four budgets as one batch. The second stands on the page, beside what
benchmarks/national.py measured of it, where benchmarks/national.json is there (a copy of its summary.json). Without --write it
prints the page.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import national  # noqa: E402
from sim.api import load_scenario  # noqa: E402
from sim.batches.assembly import Assembly, Entry, ScenarioPair, compared  # noqa: E402
from sim.batches.results import save  # noqa: E402
from sim.batches.tasks import Task, make  # noqa: E402
from sim.batches.units import HashedScenario, Unit, UnitStore, engine  # noqa: E402
from sim.engine.config import Inline  # noqa: E402
from sim.engine.warmup import warm_up  # noqa: E402
from sim.inputs.profiles import profiles  # noqa: E402
from sim.inputs.scenario import Scenario  # noqa: E402
from sim.runs.experiment import Options, config_for  # noqa: E402
from sim.runs.workers import Workers  # noqa: E402

T = TypeVar("T")
CHILDREN = (5_000, 10_000, 20_000, 40_000)
YEARS = (5, 10, 20)
DRAWS = (2, 4, 8)
MIDDLE = 10_000
MUNICIPALITIES, PLAN_DRAWS, ARMS, HORIZON = 342, 1_000, 2, 20
CORES = (16, 64, 256)
TENTH = ROOT / "benchmarks" / "national.json"
SAMPLE = 2_000
"""Children of the plan as one batch, as benchmarks/national.py simulates them."""
WARM_YEARS = 2026 - 1992


def cpu(work: Callable[[], T], times: int = 3) -> tuple[float, T]:
    """Return the least CPU seconds of a few times, and what the work returns."""
    least = float("inf")
    for _ in range(times):
        started = time.process_time()
        found = work()
        least = min(least, time.process_time() - started)
    return least, found


def units(scenario: Scenario, children: int, draws: int = 1) -> tuple[Unit, ...]:
    work = HashedScenario.of(scenario)
    return tuple(Unit.of(work, 0, draw, 0, children) for draw in range(1, draws + 1))


def unit_seconds(scenario: Scenario, children: int, draws: int = 1) -> float:
    """Return seconds of units, with their warming up."""
    return cpu(lambda: [make(Task((unit,), engine(), False)) for unit in units(scenario, children, draws)])[0]


def warm_seconds(scenario: Scenario, children: int) -> float:
    config = config_for(scenario, Options(children=children), 1, 0)
    return cpu(lambda: warm_up(config, scenario.start, Inline()))[0]


def line_through(sizes: tuple[int, ...], seconds: list[float]) -> tuple[float, float]:
    """Return (seconds that do not depend on size, seconds per unit of size), by least squares."""
    slope, fixed = np.polyfit(sizes, seconds, 1)
    return max(float(fixed), 0.0), float(slope)


def kept(none: Scenario, some: Scenario, draws: int = 20) -> dict[str, float]:
    """Return what keeping units and making tables costs, per unit."""
    both = {"none": units(none, MIDDLE, draws), "some": units(some, MIDDLE, draws)}
    with tempfile.TemporaryDirectory() as place:
        store = UnitStore(Path(place) / "units")
        made = [make(Task(own, engine(), False)) for own in both.values()]
        outcomes = [outcome for task in made for outcome in task]
        started = time.perf_counter()
        for outcome in outcomes:
            store.write(outcome.key, outcome.content)
        write = (time.perf_counter() - started) / len(outcomes)
        scenarios = {"none": none, "some": some}
        keys = {name: {(u.draw, 0): u.key for u in own} for name, own in both.items()}
        entries = [Entry(name, scenarios[name], own) for name, own in keys.items()]
        pair = cpu(lambda: compared(ScenarioPair(entries[1], entries[0], store.folder)))[0] / draws
        out = Path(place) / "out"
        with Workers(1) as workers:
            table = cpu(lambda: save(out, Assembly(entries, store, workers).tables(), {}))[0] / len(outcomes)
        return {
            "bytes": sum(len(outcome.content) for outcome in outcomes) / len(outcomes),
            "write": write, "pair": pair, "table": table,
            "rows": len(store.labels(outcomes[0].key)) * none.years,
            "parquet": (out / "results.parquet").stat().st_size / len(outcomes),
        }  # fmt: skip


def page() -> str:
    none, some = (load_scenario(ROOT / f"scenarios/almere/{name}.yaml") for name in ("geen", "huidig"))
    make(Task(units(some, 500), engine(), False))  # compiles
    both = [unit_seconds(some, n) for n in CHILDREN]
    warm = [warm_seconds(some, n) for n in CHILDREN]
    alone = [b - w for b, w in zip(both, warm, strict=True)]
    years = [unit_seconds(some.replace(years=y), MIDDLE) - warm[CHILDREN.index(MIDDLE)] for y in YEARS]
    draws = [unit_seconds(some, MIDDLE, d) for d in DRAWS]
    life_fixed, life = line_through(CHILDREN, alone)
    warm_fixed, warm_each = line_through(CHILDREN, warm)
    cost = kept(none, some)
    rows = "\n".join(
        f"| {n:,} | {w:.2f} | {a:.2f} | {a / (n * HORIZON) * 1e6:.2f} | {w / (n * WARM_YEARS) * 1e6:.2f} |"
        for n, w, a in zip(CHILDREN, warm, alone, strict=True)
    )
    by_years = ", ".join(f"{y} years {s:.2f} s" for y, s in zip(YEARS, years, strict=True))
    by_draws = ", ".join(f"{d} draws {s:.2f} s" for d, s in zip(DRAWS, draws, strict=True))
    everyone = round(profiles()["Nederland"].total)
    lives = ARMS * (MUNICIPALITIES * life_fixed + everyone * life)
    warming = MUNICIPALITIES * warm_fixed + everyone * warm_each
    total = PLAN_DRAWS * (lives + warming)
    count = MUNICIPALITIES * PLAN_DRAWS * ARMS
    hours = "; ".join(f"{c} cores {total / c / 3600 * 1.05:.1f} hours" for c in CORES)
    task = total / (count / ARMS)
    busiest = 1.0 / cost["write"]
    tables = (count * cost["table"] + count / ARMS * cost["pair"]) / 3600
    one_lives = national.ARMS * MUNICIPALITIES * (life_fixed + SAMPLE * life)
    one_warming = MUNICIPALITIES * (warm_fixed + SAMPLE * warm_each)
    one_count = MUNICIPALITIES * national.DRAWS * national.ARMS
    one = ONE.format(
        municipalities=MUNICIPALITIES, draws=national.DRAWS, arms=national.ARMS, others=national.ARMS - 1,
        children=SAMPLE, life_fixed=life_fixed, life_child=life, warm_fixed=warm_fixed, warm_child=warm_each,
        lives=one_lives, warming=one_warming, per_draw=one_lives + one_warming,
        total=national.DRAWS * (one_lives + one_warming) / 3600, count=one_count, kb=cost["bytes"] / 1e3,
        disk=one_count * cost["bytes"] / 1e9, parquet=cost["parquet"] / 1e3, rows=one_count * cost["rows"] / 1e9,
        result=one_count * cost["parquet"] / 1e9, table=cost["table"] * 1e3, pair=cost["pair"] * 1e3,
        tables=one_count * (cost["table"] + (1 - 1 / national.ARMS) * cost["pair"]) / 3600, middle=MIDDLE,
    )  # fmt: skip
    return PAGE.format(
        one=one + measured() if TENTH.exists() else ELSEWHERE, context=context(),
        rows=rows, by_years=by_years, by_draws=by_draws, life=life / HORIZON * 1e6,
        life_fixed=life_fixed, warm=warm_each / WARM_YEARS * 1e6, warm_fixed=warm_fixed, middle=MIDDLE,
        life_child=life, warm_child=warm_each, kb=cost["bytes"] / 1e3, write=cost["write"] * 1e3,
        table=cost["table"] * 1e3, pair=cost["pair"] * 1e3, unit_rows=cost["rows"],
        parquet=cost["parquet"] / 1e3, everyone=everyone, municipalities=MUNICIPALITIES, arms=ARMS,
        draws=PLAN_DRAWS, lives=lives, warming=warming, per_draw=lives + warming, total=total / 3600,
        hours=hours, count=count, per_core=ARMS / task,
        fed=busiest / (ARMS / task), disk=count * cost["bytes"] / 1e9, result=count * cost["parquet"] / 1e9,
        all_rows=count * cost["rows"] / 1e9, tables=tables, each=tables / MUNICIPALITIES * 3600,
    )  # fmt: skip


def context() -> str:
    """Return when, with which version and on how busy a machine this was measured."""
    day, load = dt.datetime.now(tz=dt.UTC).strftime("%-d %B %Y"), os.getloadavg()[0]
    return f"{day}, version {version('kinderwerk')}, on {os.cpu_count()} cores with load {load:.0f}"


ELSEWHERE = """\

Four budgets for every municipality in 200 draws as one batch, and what a part of it took: [batches](batches.md#all-of-the-country).
"""


def measured() -> str:
    """Return what a tenth of the plan as one batch took."""
    return "\n##" + national.told(json.loads(TENTH.read_text(encoding="utf-8")))


ONE = """\

## A plan as one batch: four budgets

Question: for each of the {municipalities} municipalities, no child workers, half of those there are now, as many, and twice as many,
{draws} draws of {children:,} children, 20 years, in one folder with a grid for each municipality. `python -m benchmarks.national`
makes that folder and runs a tenth of it. By the line above:

| step | arithmetic | result |
|---|---|---|
| one draw, lives | {arms} × {municipalities} × ({life_fixed:.3f} s + {children:,} × {life_child:.2e} s) | {lives:,.0f} s |
| one draw, warming up | {municipalities} × ({warm_fixed:.3f} s + {children:,} × {warm_child:.2e} s) | {warming:,.0f} s |
| all draws | {draws} × {per_draw:,.0f} s | {total:,.1f} core hours |
| units | {municipalities} × {draws} × {arms} | {count:,} |
| units on disk, if as large as with {middle:,} children | {count:,} × {kb:,.0f} kB | {disk:,.0f} GB |
| `results.parquet` | {count:,} × {parquet:,.0f} kB | {result:,.0f} GB, {rows:.1f} billion rows |
| tables at the end | {count:,} × {table:.1f} ms + {count:,} × {others}/{arms} × {pair:.1f} ms | {tables:.1f} core hours |

Budgets of one municipality part from the same lives, so that making them together may take less.
"""


PAGE = """\
# How large can it get?

For those who plan a large batch: what does it cost in time, memory and disk? Measured by `python benchmarks/scale.py --write`
on {context}.
Times are seconds of one core, the least of three; run it on your machine before planning. Speed of the engine:
[performance](performance.md). Batches and clusters: [batches](batches.md).

## What it costs

Almere with 36 child workers, 20 years from 2026. A unit is one scenario in one draw and replication. Warming up (1992 to the
start) is done once for all scenarios of a municipality, draw and replication.

| children | warming up (s) | unit (s) | s per million child-years, unit | s per million child-years, warming up |
|---|---|---|---|---|
{rows}

A line through these: a unit takes {life_fixed:.3f} s and {life:.2f} s per million child-years; warming up {warm_fixed:.3f} s and
{warm:.2f} s per million. Below about 10,000 children a unit hardly gets cheaper.

- **Years** ({middle:,} children, without warming up): {by_years}.
- **Draws** ({middle:,} children, warming up included): {by_draws}; in proportion, as scenarios are.
- **On disk**: {kb:,.0f} kB a unit, written and forced to disk in {write:.1f} ms; {unit_rows:,} rows of
  `results.parquet`, {parquet:,.0f} kB.
- **Tables at the end**: {table:.1f} ms a unit on one core, and {pair:.1f} ms a compared unit on all cores. Memory does not
  grow with scenarios; with draws by about 0.3 MB each.

## A plan: every municipality, 1,000 draws

Question: for each of the {municipalities} municipalities of the Netherlands, no child workers against as many as there are now, 20
years, {draws:,} draws, every child. Together {everyone:,} children and youths of 0-22.

| step | arithmetic | result |
|---|---|---|
| one draw, lives | {arms} × ({municipalities} × {life_fixed:.3f} s + {everyone:,} × {life_child:.2e} s) | {lives:,.0f} s |
| one draw, warming up | {municipalities} × {warm_fixed:.3f} s + {everyone:,} × {warm_child:.2e} s | {warming:,.0f} s |
| all draws | {draws:,} × {per_draw:,.0f} s | {total:,.0f} core hours |
| on a cluster, 5% for handing out | | {hours} |
| units | {municipalities} × {draws:,} × {arms} | {count:,} |
| units on disk | {count:,} × {kb:,.0f} kB | {disk:,.0f} GB |
| `results.parquet`, all together | {count:,} × {parquet:,.0f} kB | {result:,.0f} GB, {all_rows:.1f} billion rows |
| tables at the end | {count:,} × {table:.1f} ms + {count:,} / {arms} × {pair:.1f} ms | {tables:.1f} core hours |

How to run it:

1. **A folder per municipality**, with two scenarios (or a grid) that name its own file (`kinderwerk data municipality
   NAME`), and a batch for each folder. The tables of one take {each:,.0f} s at the end.
2. **Workers**: `dask worker tls://SCHEDULER:8786 --nworkers auto --nthreads 1`, 2 GB each (4.9 GB for the whole country at
   once).
3. **Four to eight batches at once**, on the machine of the scheduler, so that the cluster is busy while one writes its
   tables: `ls -d gemeenten/* | xargs -P 8 -I MAP kinderwerk batch MAP --out results/MAP --draws {draws}
   --cluster tls://SCHEDULER:8786 --json`.
4. **Cores that one batch can feed**: {fed:,.0f}, at {per_core:.1f} units a second per core on this disk.

100 draws cost a tenth of {draws:,} and give the same mean with a coarser range.
{one}"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    text = page()
    if parser.parse_args().write:
        (ROOT / "docs" / "scale.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
