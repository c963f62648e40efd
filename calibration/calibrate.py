"""A whole calibration: fit, unit costs, diagnostics, and the files in which they are shipped.

The folder holds runs.jsonl (every run, so that a calibration that was stopped goes on), posterior.parquet
(best fit and draws), posterior.json (how it was made) and diagnostics.json. The last three are written
together at the end.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from calibration import costs
from calibration.diagnostics import summary
from calibration.figures.targets import TARGET_FILE, Target, read_targets
from calibration.fit import FULL, QUICK, FitPlan, Fitted, fit
from calibration.likelihood import ObservedTargets
from calibration.runs import Runner, national
from calibration.space import LEVELS, Space
from sim.errors import InputError, SimulationError
from sim.faults import fault
from sim.machine.compiling import source_hash
from sim.machine.project import version
from sim.machine.whole import written_whole
from sim.model.parameters import Parameters
from sim.model.structures import CARE_CHANGES_NEED, believed_in
from sim.progress import Progress, Tell, nobody

Floats = NDArray[np.float64]
FILES = ("posterior.parquet", "posterior.json", "diagnostics.json")
OUTCOMES = "outcomes.parquet"
"""What the best fit and each draw came to when they were run: rows as in posterior.parquet."""


def calibrate(
    out: Path,
    targets_file: Path = TARGET_FILE,
    quick: bool = False,
    cluster: str | None = None,
    seed: int = 0,
    tell: Tell = nobody,
    plan: FitPlan | None = None,
    base: Parameters | None = None,
    structure: str = CARE_CHANGES_NEED,
) -> dict[str, Any]:
    """Fit, write everything into `out`, and return the diagnostics.

    base: beliefs (default: those shipped, under `structure`). Other beliefs may stand alone where figures
    are few.

    Raises InputError for targets that cannot be used and SimulationError where files cannot be written
    or there is no cluster. Runs finished earlier, in the same folder under the same engine, parameters
    and figures, are not made again.
    """
    started = time.monotonic()
    targets = read_targets(targets_file)
    plan = plan or (QUICK if quick else FULL)
    few, base = base is not None, base or believed_in(structure)
    space = Space(base)
    chosen = [target for target in national(targets) if target.role == "calibrate"]
    _check(targets_file, chosen, targets, few)
    fitted = ObservedTargets.of(chosen, targets)
    mark = _mark(base, targets_file)
    try:
        out.mkdir(parents=True, exist_ok=True)
        runner = Runner(base, targets, out / "runs.jsonl", mark, tell, cluster)
        found = fit(space, fitted, runner, plan, seed)
    except OSError as error:
        raise SimulationError(
            fault("cannot_write", folder=out, reason=error.strerror or str(error))
        ) from error
    tell(Progress("unit_costs", 0, 1))
    names, values, spending = _posterior(found, base, seed)
    tell(Progress("diagnostics", 0, 1))
    diagnostics = summary(found, targets, seed) | {"spending": spending}
    about = {
        "version": version(), "engine": source_hash(), "targets_file": targets_file.name,
        "targets": hashlib.sha256(targets_file.read_bytes()).hexdigest(), "prior": base.sha256(),
        "seed": seed, "quick": quick, "plan": asdict(plan), "draws": len(values) - 1,
        "free": list(space.names), "held": list(space.held), "runs": runner.made,
        **({} if structure == CARE_CHANGES_NEED else {"structure": structure}),
        "wall_seconds": round(time.monotonic() - started, 1),
    }  # fmt: skip
    write(out, names, values, about, diagnostics)
    write_outcomes(out / OUTCOMES, [found.best_outcome, *found.outcomes])
    return diagnostics


def _check(path: Path, chosen: Sequence[Target], targets: Sequence[Target], few: bool) -> None:
    if len(chosen) < len(LEVELS) and not few:
        raise InputError.at(path, fault(
            "too_few_figures",
            count=len(chosen), levels=len(LEVELS),
        ))  # fmt: skip
    counted = {target.id for target in national(targets)}
    for target in chosen:
        for other in target.share_of:
            if other not in counted:
                raise InputError.at(path, fault("share_not_counted", id=target.id, other=other))


def _mark(base: Parameters, targets_file: Path) -> str:
    """Return what a remembered run depends on besides its own settings."""
    text = source_hash() + base.sha256() + hashlib.sha256(targets_file.read_bytes()).hexdigest()
    return hashlib.sha256(text.encode()).hexdigest()


def _posterior(found: Fitted, base: Parameters, seed: int) -> tuple[list[str], Floats, dict[str, Any]]:
    """Return names and values [1 + draws, names] of the posterior, costs included, and spending."""
    space = found.space
    names = [*space.names, *space.held, *costs.NAMES]
    priced = costs.priced([found.best_outcome, *found.outcomes], base, seed)
    held = {name: base[name] for name in space.held}
    lives = [space.values(z) for z in (found.best, *found.draws)]
    rows = [{**life, **held, **own} for life, own in zip(lives, priced.rows, strict=True)]
    return names, np.array([[row[name] for name in names] for row in rows]), priced.spending


def write(
    out: Path, names: Sequence[str], values: Floats, about: Mapping[str, Any], diagnostics: Mapping[str, Any]
) -> None:
    """Write the posterior with what belongs to it: aside first, and renamed together.

    Raises SimulationError where the folder cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with ExitStack() as together:  # renamed once all of them are written
            aside = {name: together.enter_context(written_whole(out / name)) for name in reversed(FILES)}
            table = pa.table({name: pa.array(values[:, j]) for j, name in enumerate(names)})
            pq.write_table(table, aside["posterior.parquet"], compression="zstd")
            digest = hashlib.sha256(aside["posterior.parquet"].read_bytes()).hexdigest()
            _dump(aside["posterior.json"], {"posterior": digest, **about})
            _dump(aside["diagnostics.json"], {"posterior": digest, **diagnostics})
    except OSError as error:
        raise SimulationError(
            fault("cannot_write", folder=out, reason=error.strerror or str(error))
        ) from error


def write_outcomes(path: Path, outcomes: Sequence[Mapping[str, float]]) -> None:
    """Write what runs came to, a row a run and a column a figure."""
    names = [name for name in outcomes[0] if all(name in found for found in outcomes)]
    table = pa.table({name: pa.array([found[name] for found in outcomes]) for name in names})
    with written_whole(path) as aside:
        pq.write_table(table, aside, compression="zstd")


def _dump(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
