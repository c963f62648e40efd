"""Named futures: how many more youths come into care each year, and how much more care for each costs.

A future is a few records of futures.csv, which calibration/evidence/growth.py makes from published growth and
from the error of an earlier forecast. They stand beside the records of parameters.csv, from FROM on and for
as many years as they say; before and after, all is as without them. Luck depends on the name of a parameter
alone, so that two futures meet the same luck in every draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from sim.model.parameters import DATA, Grade, Parameter, Parameters, Scale
from sim.model.priors import ranges

FUTURE_FILE = DATA / "futures.csv"
COLUMNS = ("future", "name", "value", "low", "high", "unit", "scale", "grade", "source")
Future = Literal[
    "model_today", "flat", "almere", "almere_long", "van_ark", "history_2019_2024", "history_2015_2024"
]
MODEL_TODAY: Final = "model_today"
"""What parameters.csv says: it has no records of its own."""
FUTURES: tuple[str, ...] = get_args(Future)
ALIGNED = 2019
"""The year up to which starts of help are aligned to published figures, each year by its own."""
FROM = 2026
"""The year up to which growth is observed: a future grows on what there is in it."""
VOLUME, COST = "access.future_growth", "cost.future_growth"
"""Growth a year of youths in care, and of what a place costs above consumer prices."""
POWER = "access.future_power"
"""How much faster starts of help must grow than youths in care, in logarithms."""
WAGES, YEARS = "cost.future_wages", "cost.future_years"
"""The share that workers have in growth of cost above today's; the years that a future lasts."""
NAMES = (VOLUME, POWER, COST, WAGES, YEARS)


def read_futures(path: Path) -> dict[str, dict[str, Parameter]]:
    """Return the records of each future by name of the parameter.

    Raises InputError where the file has other columns, or names what is no number of a future.
    """
    found: dict[str, dict[str, Parameter]] = {name: {} for name in FUTURES}
    for row, (low, value, high) in ranges(path, COLUMNS, "future", FUTURES[1:], NAMES):
        found[row["future"]][row["name"]] = Parameter(
            row["name"], value, low, high, row["unit"], cast(Scale, row["scale"]), cast(Grade, row["grade"]),
            "", row["source"],
        )  # fmt: skip
    return found


@cache
def futures() -> Mapping[str, Mapping[str, Parameter]]:
    """Return the records of every named future; `model_today` has none."""
    return read_futures(FUTURE_FILE)


def foreseeing(p: Parameters, future: str) -> Parameters:
    """Return parameters with those of a named future beside them. What is there before stays.

    Raises KeyError for an unknown future.
    """
    added = {name: record for name, record in futures()[future].items() if name not in p.records}
    if not added:
        return p
    values = {name: record.value for name, record in added.items()}
    return replace(p, records={**p.records, **added}, current={**p.current, **values})


def years_grown(year: int, p: Parameters) -> int:
    """Return how many years of a future's growth lie before the end of `year`: 0 without a future."""
    return min(max(year - FROM, 0), round(float(p.get(YEARS, 0.0))))


def growth_of_access(years: NDArray[np.int64], p: Parameters) -> NDArray[np.float64]:
    """Return by how much starts of help grow in each calendar year, in logarithms, [years]."""
    later = np.where(years <= FROM, p["access.growth_after_2019"], p["access.growth_projection"])
    growth = np.where(years <= ALIGNED, 0.0, later)
    if VOLUME in p:
        named = [years_grown(y, p) > years_grown(y - 1, p) for y in years.tolist()]
        growth = np.where(named, p[POWER] * np.log1p(p[VOLUME]), growth)
    return growth


def future_data(future: str) -> dict[str, object]:
    """Return a future as plain data: the value and range (5 to 95 percent) of each of its numbers."""
    numbers = {
        name: {"value": record.value, "range": [record.low, record.high]}
        for name, record in futures()[future].items()
    }
    return {"future": future, "parameters": numbers}
