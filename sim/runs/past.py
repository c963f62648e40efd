"""What the model makes of the years before a scenario, to hold beside what was observed."""

from __future__ import annotations

import hashlib
from concurrent.futures import Executor
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from sim.engine.counting import layout
from sim.engine.plan import with_overrides
from sim.engine.warmup import warm_up
from sim.inputs.scenario import Scenario
from sim.machine.arrays import ArrayFiles, array
from sim.machine.compiling import cache_root, data_hash, folder_in, source_hash
from sim.model.registration import registered
from sim.model.transitions import compile_table
from sim.progress import Progress, Tell, nobody
from sim.runs.experiment import Options, config_for, pool_for
from sim.runs.lives import DISK_LIMIT
from sim.states import AGES, HISTORY_YEAR, USER_SETS

BEST_FIT = 0


@dataclass(frozen=True)
class Past:
    """Youths with jeugdzorg in each year before the start, [years], of the best fit, in real children."""

    years: tuple[int, ...]
    users: NDArray[np.float64]


def past_users(scenario: Scenario, options: Options, pool: Executor, tell: Tell = nobody) -> Past:
    """Return the youths with jeugdzorg of the model from 2015 up to a scenario's start."""
    config = config_for(scenario, options, BEST_FIT, 0)

    def heard(year: int) -> None:
        tell(Progress("warming_up", 0, 1, {"year": year}))

    warm = warm_up(config, scenario.start, pool_for(config, pool), heard, HISTORY_YEAR)
    years = tuple(range(scenario.start - warm.cells.shape[0], scenario.start))
    lay = layout(compile_table(config.model.table, config.parameters, scenario.start))
    kind = lay.users + list(USER_SETS).index("jeugdzorg")
    lived = warm.cells[:, :, kind, :AGES].sum(axis=(1, 2)) * config.flow()[1]
    p = with_overrides(config.parameters, scenario, "start")
    return Past(years, lived * registered("jeugdzorg", years, p, budgets=True))


def kept_past(scenario: Scenario, options: Options, pool: Executor, tell: Tell = nobody) -> Past:
    """Return the same, lived once and then kept on disk beside the results of this version (lives.py)."""
    made_by = source_hash(), data_hash(), np.__version__, numba.__version__
    words = "past", *made_by, scenario.canonical_sha256(), options.children, options.seed
    key = hashlib.sha256(repr(words).encode()).hexdigest()
    files = ArrayFiles(folder_in(cache_root(), "lives"), DISK_LIMIT)
    try:
        with files.opened(key) as archive:
            years, users = array(archive, "years"), array(archive, "users")
            if years.shape != users.shape or users.dtype != np.float64:
                raise ValueError("years and users do not belong together")
            return Past(tuple(years.tolist()), users)
    except Exception:  # what is not there, damaged, however damaged, or not ours is made again
        found = past_users(scenario, options, pool, tell)
    files.write(key, (("years", np.array(found.years)), ("users", found.users)))
    return found
