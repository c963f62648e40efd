"""Renew the figures of a posterior after a change of a measure: ``python -m calibration.recount [FOLDER]``.

Its best fit and draws are simulated again with the same parameters and random numbers, and the figures in
diagnostics.json are made again from them. What is counted as before comes out as before, to nine digits;
where a figure that was fitted comes out otherwise, the posterior answers to another count, and has to be
fitted again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from calibration.diagnostics import target_rows
from calibration.documents.summary import read
from calibration.figures.targets import TARGET_FILE, Target, read_targets
from calibration.fit import FRESH, SEEDS, FitPlan, best_job, draw_jobs
from calibration.runs import Job, national, run
from sim.errors import InputError
from sim.faults import fault
from sim.machine.whole import write_whole
from sim.model.parameters import DATA, POSTERIOR_FILE, prior_parameters, read_posterior
from sim.progress import Progress, Tell, nobody
from sim.runs.threads import run_threads

Row = dict[str, Any]
DIAGNOSTICS = "diagnostics.json"
ROUNDING = 1e-9


def recount(folder: Path, targets_file: Path = TARGET_FILE, tell: Tell = nobody) -> list[tuple[Row, Row]]:
    """Renew the figures in the diagnostics of a posterior; return (before, after) of each that moved.

    Raises InputError where the figures are not those that it was fitted to, or one that was fitted moved:
    then nothing is written.
    """
    about, found = read(folder)
    path = folder / DIAGNOSTICS
    if hashlib.sha256(targets_file.read_bytes()).hexdigest() != about["targets"]:
        raise InputError.at(targets_file, fault("fitted_to_other_figures"))
    targets = read_targets(targets_file)
    outcomes = again(folder, targets, tell)
    noise = {row["id"]: row["draw_noise"] ** 2 for row in found["emulator"]}
    renewed = target_rows(national(targets), outcomes[1:], outcomes[0], noise)
    pairs = list(zip(found["targets"], renewed, strict=True))
    moved = [(old, new) for old, new in pairs if not _alike(old, new)]
    if fitted := [new["id"] for _, new in moved if new["role"] == "calibrate"]:
        raise InputError.at(path, fault("fitted_and_counted_otherwise", fitted=tuple(fitted)))
    kept = [old if _alike(old, new) else new for old, new in pairs]
    text = json.dumps({**found, "targets": kept}, indent=1, ensure_ascii=False) + "\n"
    write_whole(path, text.encode())
    return moved


def again(folder: Path, targets: Sequence[Target], tell: Tell = nobody) -> list[dict[str, float]]:
    """Return the outcomes of the runs behind a posterior, made again: of its best fit, then of its draws.

    Raises InputError where it cannot be read.
    """
    about, _ = read(folder)
    posterior = read_posterior(folder / POSTERIOR_FILE.name)
    names = (*about["free"], *about["held"])
    rows = [posterior.row(k) for k in range(len(posterior.values))]
    best, *draws = ({name: row[name] for name in names} for row in rows)
    jobs = jobs_of(best, draws, about["plan"], about["seed"])
    outcomes = []
    with run_threads() as pool:
        for k, job in enumerate(jobs):
            tell(Progress("recounting", k, len(jobs)))
            outcomes.append(run(job, prior_parameters(), targets, pool))
    return outcomes


def jobs_of(
    best: Mapping[str, float], draws: Sequence[Mapping[str, float]], plan: Mapping[str, Any], seed: int
) -> list[Job]:
    """Return the last runs of a best fit and of draws, by the plan in posterior.json.

    One with corrections was made before the ensemble, by runs numbered pass by pass.
    """
    if "corrections" not in plan:
        made = FitPlan(**plan)
        return [best_job(best, made, seed), *draw_jobs(draws, made, seed)]
    turn, (count, children) = plan["corrections"], plan["draws"]
    first = seed * SEEDS + FRESH
    return [
        Job(best, plan["best_children"], first - 1 - turn),
        *(Job(draw, children, first + turn * count + k) for k, draw in enumerate(draws)),
    ]


def _alike(old: Row, new: Row) -> bool:
    """Tell whether two rows say the same, up to the rounding of what was written of the noise of runs."""
    return all(
        math.isclose(old[name], value, rel_tol=ROUNDING, abs_tol=ROUNDING)
        if isinstance(value, float)
        else old[name] == value
        for name, value in new.items()
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Count anew, print what moved, and return the exit code."""
    parser = argparse.ArgumentParser(description="Count a posterior anew.")
    parser.add_argument("folder", nargs="?", type=Path, default=DATA)
    options = parser.parse_args(arguments)

    def tell(now: Progress) -> None:
        print(f"\r{now.text()} {now.done + 1} of {now.total}", end="", file=sys.stderr, flush=True)

    try:
        moved = recount(options.folder, tell=tell)
    except InputError as error:
        print(f"\n{error}", file=sys.stderr)
        return 2
    print(file=sys.stderr)
    for old, new in moved:
        print(f"{new['id']} ({new['role']}): {old['best_error']:+.1%} was, {new['best_error']:+.1%} is")
    print(f"{len(moved)} figures are counted otherwise than before")
    return 0


if __name__ == "__main__":
    sys.exit(main())
