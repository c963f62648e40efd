# ruff: noqa: E501
"""A part of the country as one batch, killed and resumed: how long would all of it take, and with how much?

``python -m benchmarks.national [--towns N] [--draws N] [--children N] [--workers N] --out DIR``: every tenth
municipality by code gets four budgets around its own child work, as the app offers them: none, half of what
is there now, as much, and twice that. ``kinderwerk batch`` runs them all as one batch. Its whole process
group is killed after a tenth and after a fifth of the units (--kill-after), and it goes on. Memory and CPU
time of all its processes are kept in samples.csv every ten seconds.

Before that, a few municipalities and draws are run with one and with two workers. Their tables must be equal
to the byte, and the large batch must hold the same rows. summary.md and summary.json then say what was
measured, and what it means for 342 municipalities, 200 draws and 4 budgets.

The same command goes on where this was stopped; with --so-far it starts nothing, and says what is known by now. Only a SIGKILL of this alone leaves its batch at work: the
next start waits for it, and counts no unit that was made unseen.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import itertools
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq

from benchmarks.batch_kills import ROOT, TABLES, same, units
from benchmarks.endurance import judged
from sim.inputs.library import registry
from sim.inputs.placenames import towns
from sim.inputs.scenario import scenario_from_dict
from sim.runs.experiment import Options, config_for

ARMS, DRAWS = 4, 200
EVERY = 10.0
PARTS = 10
"""The making is divided into this many spans, whose speeds say how far an extrapolation may be off."""
FEW_TOWNS, FEW_DRAWS = 3, 4
ENOUGH = 30
"""Samples of which memory is judged."""


@dataclass(frozen=True)
class Sample:
    """What a batch was doing. start: its number; seconds: since then; cpu: seconds, of all that live."""

    start: int
    seconds: float
    units: int
    mb: float
    cpu: float
    processes: int


def codes() -> list[str]:
    """Return the CBS codes of all municipalities of today."""
    return sorted(code for code, town in towns().items() if not town.until)


def spread(every: Sequence[str], count: int) -> list[str]:
    """Return so many of a list, at equal distances."""
    return [every[int((k + 0.5) * len(every) / count)] for k in range(count)]


def grid(code: str) -> dict[str, Any]:
    """Return the grid of a municipality: four budgets around its own child work, each against none.

    What is there now has two significant digits, and is one worker where there is none, as in the app.
    """
    base = {"title": towns()[code].name, "municipality": code, "policy": "crowd_out"}
    config = config_for(scenario_from_dict({"kind": "scenario", **base}, registry()), Options(), 0, 0)
    found = config.existing_fte()
    now = float(f"{found:.2g}") if round(found, 1) > 0 else 1.0
    key = "programmes.kinderwerk.fte"
    return {
        "kind": "grid", "base": base, "values": {key: [0, now / 2, now, 2 * now]}, "reference": {key: 0},
    }  # fmt: skip


def scenarios(folder: Path, chosen: Sequence[str]) -> Path:
    """Write a grid for each municipality, and return their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for code in chosen:
        (folder / f"{code}.yaml").write_text(json.dumps(grid(code), ensure_ascii=False), encoding="utf-8")
    return folder


def used(process: psutil.Process) -> tuple[float, float, int]:
    """Return megabytes and CPU seconds of a process and all below it, and how many they are.

    What processes share counts for each.
    """
    mb, cpu, count = 0.0, 0.0, 0
    with contextlib.suppress(psutil.NoSuchProcess):
        for each in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                times = each.cpu_times()
                mb, cpu = mb + each.memory_info().rss / (1 << 20), cpu + times.user + times.system
                count += 1
    return mb, cpu, count


def read(table: Path) -> list[Sample]:
    """Return the samples in a file; the last line may have been cut off by a kill."""
    if not table.exists():
        return []
    with table.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.reader(stream) if len(row) == len(fields(Sample))]
    return [
        Sample(int(row[0]), float(row[1]), int(row[2]), float(row[3]), float(row[4]), int(row[5]))
        for row in rows[1:]
    ]


def watched(words: Sequence[str], out: Path, table: Path, until: int | None, every: float) -> bool:
    """Run a batch and sample it; kill it where it has `until` units. Tell whether it ended by itself."""
    before = read(table)
    start = before[-1].start + 1 if before else 1
    call = [sys.executable, str(ROOT / "cli.py"), "batch", *words, "--json", "--out", str(out)]
    log = table.with_suffix(".log")
    with table.open("a", encoding="utf-8", newline="") as stream, log.open("ab") as told:
        lines = csv.writer(stream)
        if not before:
            lines.writerow(field.name for field in fields(Sample))
        began = time.monotonic()
        running = psutil.Popen(call, stdout=subprocess.DEVNULL, stderr=told, start_new_session=True)
        try:
            while running.poll() is None:
                made, (mb, cpu, count) = len(units(out)), used(running)
                seconds = round(time.monotonic() - began, 2)
                lines.writerow(astuple(Sample(start, seconds, made, round(mb, 1), round(cpu, 2), count)))
                stream.flush()
                if until is not None and made >= until:
                    return False
                with contextlib.suppress(psutil.TimeoutExpired, subprocess.TimeoutExpired):
                    running.wait(every if until is None else min(every, 2.0))
            lines.writerow(astuple(Sample(start, round(time.monotonic() - began, 2), len(units(out)), 0, 0, 0)))
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            running.wait()
    if running.returncode:
        raise SystemExit(f"a batch ended with exit code {running.returncode}: {log}")
    return True


def tenth(asked: argparse.Namespace, words: Sequence[str], wanted: int) -> list[dict[str, int]]:
    """Run the large batch to its end with a kill after each share; return what stood there at each kill."""
    out, table, kills = asked.out / "batch", asked.out / "samples.csv", killed(asked.out)
    if (out / "manifest.json").exists():
        return kills
    for share in asked.kill_after[len(kills) :]:
        if watched(words, out, table, max(int(share * wanted), 1), asked.every):
            return kills
        there = units(out)
        kills.append({"units": len(there), "newest": max(there.values(), default=0)})
        (asked.out / "kills.json").write_text(json.dumps(kills), encoding="utf-8")
        print(f"killed with {len(there):,} of {wanted:,} units", flush=True)
    watched(words, out, table, None, asked.every)
    return kills


def killed(out: Path) -> list[dict[str, int]]:
    """Return what stood there at each kill so far."""
    kept = out / "kills.json"
    return json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else []


def rows_alike(few: Path, many: Path) -> bool:
    """Tell whether a large batch has the rows of a small one, in the draws that both have."""
    small = pq.read_table(few / TABLES[0])
    names, draws = (small.column(name).unique().to_pylist() for name in ("scenario", "draw"))
    found = pq.read_table(many / TABLES[0], filters=[("scenario", "in", names), ("draw", "in", draws)])
    return bool(found.equals(small))


@dataclass(frozen=True)
class Made:
    """Units that were seen being made. seconds, cpu: that it took; spans: units a second in each part."""

    units: int
    seconds: float
    cpu: float
    spans: tuple[float, ...]
    tables: float


def made(samples: Sequence[Sample], wanted: int) -> Made:
    """Return how fast units were made, with start-up and what kills undid, and seconds of tables at the end."""
    steps: list[tuple[int, float]] = []
    cpu = tables = 0.0
    for start in sorted({sample.start for sample in samples}):
        own = [sample for sample in samples if sample.start == start]
        making = [k for k, sample in enumerate(own) if sample.units < wanted]
        if not making:  # it was started again when all was made
            tables += own[-1].seconds
            continue
        some = own[: making[-1] + 2]  # with the first sample in which all are there
        steps.append((0, some[0].seconds))
        steps += [(b.units - a.units, b.seconds - a.seconds) for a, b in itertools.pairwise(some)]
        cpu += max(sample.cpu for sample in some)
        tables += own[-1].seconds - some[-1].seconds
    total, seconds = sum(n for n, _ in steps), sum(s for _, s in steps)
    spans = [[0.0, 0.0] for _ in range(PARTS)]
    passed = 0.0
    for count, lasted in steps:
        span = spans[min(int(PARTS * passed / max(seconds, 1e-9)), PARTS - 1)]
        span[0], span[1], passed = span[0] + count, span[1] + lasted, passed + lasted
    return Made(total, seconds, cpu, tuple(n / s for n, s in spans if s), tables)


def peak(samples: Iterable[Sample]) -> float:
    return max((sample.mb for sample in samples), default=0.0)


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def summary(asked: argparse.Namespace, wanted: int, kills: Sequence[dict[str, int]]) -> dict[str, Any]:
    """Return everything that was measured, as one object."""
    samples, few = read(asked.out / "samples.csv"), read(asked.out / "two.csv")
    there = units(asked.out / "batch")
    found = made(samples, wanted)
    longest = max({s.start for s in samples}, key=lambda start: sum(s.start == start for s in samples))
    steady = [s for s in samples if s.start == longest and 0 < s.units < wanted and s.mb]
    words, flat = "too few samples", None
    if len(steady) >= ENOUGH:
        words, flat = judged("batch, MB", [s.seconds / 60 for s in steady], [s.mb for s in steady])
    kept = [sum(at <= kill["newest"] for at in there.values()) == kill["units"] for kill in kills]
    out = asked.out / "batch"
    ended = (out / "manifest.json").exists()
    return {
        "towns": asked.towns, "draws": asked.draws, "children": asked.children, "workers": asked.workers,
        "municipalities": len(codes()), "units": len(there), "units_seen": found.units,
        "seconds": round(found.seconds, 1), "cpu_seconds": round(found.cpu, 1),
        "units_a_second": round(found.units / found.seconds, 3),
        "units_a_second_by_tenth": [round(speed, 3) for speed in found.spans],
        "tables_seconds": round(found.tables, 1), "starts": samples[-1].start, "kills": list(kills),
        "nothing_lost": all(kept), "peak_mb": peak(s for s in samples if s.units < wanted),
        "last_mb": steady[-1].mb if steady else None, "peak_mb_tables": peak(s for s in samples if s.units >= wanted),
        "growth": words, "flat": flat, "few_units": len(units(asked.out / "two")), "few_peak_mb": peak(s for s in few if s.units < few[-1].units),
        "unit_bytes": round(size(out / "units") / len(there)),
        "table_bytes": sum((out / name).stat().st_size for name in TABLES) if ended else None,
        "same_bytes_one_and_two_workers": same(asked.out / "one", asked.out / "two"),
        "same_rows_as_the_large_batch": rows_alike(asked.out / "one", out) if ended else None,
    }  # fmt: skip


def told(found: dict[str, Any]) -> str:
    """Return the page of a summary: what was measured, and what it means for the country, with arithmetic."""
    all_units = found["municipalities"] * DRAWS * ARMS
    n, rate, spans = found["units"], found["units_a_second"], found["units_a_second_by_tenth"]
    cpu, times = found["cpu_seconds"] / found["units_seen"], all_units / found["units"]
    each = max(found["peak_mb"] - found["few_peak_mb"], 0.0) / max(n - found["few_units"], 1)
    fast, slow = max(spans), min(spans)
    hours, least, most = (all_units / speed / 3600 if speed else math.inf for speed in (rate, fast, slow))
    kills = ", ".join(f"{kill['units']:,}" for kill in found["kills"])
    end = "| tables at the end | not written yet | | |"
    if found["table_bytes"] is not None:
        minutes, gb = found["tables_seconds"] / 60, found["table_bytes"] / 1e9
        end = f"""\
| tables at the end, minutes | {minutes:.1f} | {minutes * times:.0f} | × {times:.2f} |
| tables, GB | {gb:.2f} | {gb * times:.1f} | × {times:.2f} |"""
    return f"""\
# {found["towns"]} municipalities × {found["draws"]} draws × {ARMS} budgets as one batch

{found["children"]:,} children, {found["workers"]} workers. Killed with {kills or "no"} units there; {found["starts"]} starts.

| what | measured | {found["municipalities"]} × {DRAWS} × {ARMS} | arithmetic |
|---|---|---|---|
| units | {n:,} | {all_units:,} | |
| making units, hours of this machine | {found["seconds"] / 3600:.2f} | {hours:.1f} ({least:.1f} to {most:.1f}) | {all_units:,} / {rate:.2f} units a second; the fastest and the slowest of {len(spans)} parts: {fast:.2f}, {slow:.2f} |
| core hours, all processes | {found["cpu_seconds"] / 3600:.2f} | {all_units * cpu / 3600:.1f} | {all_units:,} × {cpu:.3f} s |
| peak memory while making, MB | {found["peak_mb"]:,.0f} | {found["peak_mb"] + each * (all_units - n):,.0f} at most | {found["few_peak_mb"]:,.0f} with {found["few_units"]:,} units, so {1024 * each:.2f} kB a unit at most |
| units on disk, GB | {n * found["unit_bytes"] / 1e9:.2f} | {all_units * found["unit_bytes"] / 1e9:.0f} | × {found["unit_bytes"] / 1e3:.0f} kB |
{end}

Memory over the longest start after its first third (mean, range, growth, MB an hour): {found["growth"]}
Memory at the end of making: {found["last_mb"] or 0:,.0f} MB.

- Units that a kill left were all kept: {yes(found["nothing_lost"])}
- Tables equal to the byte with one and with two workers: {yes(found["same_bytes_one_and_two_workers"])}
- The killed batch holds the rows of an undisturbed one: {yes(found["same_rows_as_the_large_batch"])}
"""


def yes(is_so: bool | None) -> str:
    return "not known yet" if is_so is None else "yes" if is_so else "**no**"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--towns", type=int, default=len(codes()) // 10)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--children", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kill-after", type=float, nargs="*", default=[0.1, 0.2], help="shares of the units")
    parser.add_argument("--every", type=float, default=EVERY, help="seconds between two samples")
    parser.add_argument("--so-far", action="store_true", help="tell what a run has measured by now")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    if not 1 <= asked.towns <= len(codes()) or asked.draws < 1:
        raise SystemExit(f"from 1 to {len(codes())} municipalities, and at least one draw")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    begin(asked)
    wanted = asked.towns * asked.draws * ARMS
    if asked.so_far:
        print(told(summary(asked, wanted, killed(asked.out))))
        return
    chosen = spread(codes(), asked.towns)
    sizes = ("--children", str(asked.children))
    some = str(scenarios(asked.out / "few", spread(chosen, min(FEW_TOWNS, len(chosen)))))
    draws = str(min(FEW_DRAWS, asked.draws))
    for count, name in ((1, "one"), (2, "two")):
        if not (asked.out / name / "manifest.json").exists():
            words = [some, "--draws", draws, *sizes, "--workers", str(count)]
            watched(words, asked.out / name, asked.out / f"{name}.csv", None, min(asked.every, 1.0))
    folder = str(scenarios(asked.out / "scenarios", chosen))
    kills = tenth(asked, [folder, "--draws", str(asked.draws), *sizes, "--workers", str(asked.workers)], wanted)
    found = summary(asked, wanted, kills)
    (asked.out / "summary.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (asked.out / "summary.md").write_text(told(found), encoding="utf-8")
    print(told(found))
    well = found["nothing_lost"] and found["same_bytes_one_and_two_workers"]
    raise SystemExit(not (well and found["same_rows_as_the_large_batch"] and found["flat"] is not False))


def begin(asked: argparse.Namespace) -> None:
    """Note what is asked in an empty folder; refuse to go on there with anything else."""
    asked.out.mkdir(parents=True, exist_ok=True)
    plan = {name: getattr(asked, name) for name in ("towns", "draws", "children", "workers")}
    noted = asked.out / "plan.json"
    if noted.exists() and json.loads(noted.read_text(encoding="utf-8")) != plan:
        raise SystemExit(f"{noted} holds another plan: give the same sizes, or another --out")
    noted.write_text(json.dumps(plan), encoding="utf-8")


if __name__ == "__main__":
    main()
