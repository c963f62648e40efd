"""The level of a scenario by year: use and cost themselves, and not what they differ by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.decision.comparison import MUNICIPAL, Figure, block_standard_error, figure
from sim.decision.headline import UNMET, USERS
from sim.engine.history import Label
from sim.model.prices import CARE, STANDING
from sim.runs.experiment import Run

Floats = NDArray[np.float64]
Terms = tuple[tuple[float, Label], ...]
_CARE: Terms = tuple((1.0, ("cost", "part", part)) for part in (CARE, *STANDING))
LEVELS: dict[str, Terms] = {
    "users": ((1.0, USERS),),
    "unmet": ((1.0, UNMET),),
    "money": ((1.0, MUNICIPAL),),
    "care": _CARE,
    "programmes": ((1.0, MUNICIPAL), *((-weight, label) for weight, label in _CARE)),
}
"""What has a level, as a weighted sum of columns; money is what the municipality pays in a year."""


def level_by_year(runs: Sequence[Run], scenario: int, what: str) -> list[Figure]:
    """Return the figure of each year of one of LEVELS, in youths or euros of the price year."""
    blocks = np.stack([_sum(run, scenario, LEVELS[what]) for run in runs])
    errors, values, draws = block_standard_error(blocks), blocks.sum(axis=2), [run.draw for run in runs]
    return [figure(values[:, k], errors[:, k], draws) for k in range(values.shape[1])]


def _sum(run: Run, scenario: int, terms: Terms) -> Floats:
    """Return the weighted sum of columns, [years, blocks]."""
    columns = run.columns[scenario]
    return np.asarray(
        sum(weight * columns.blocks[columns.labels.index(label)] for weight, label in terms), np.float64
    )
