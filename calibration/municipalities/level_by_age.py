"""How the use of youth care by age group in each municipality departs from its level of all ages together.

Measured are the same youths as in level_model.py, by age group. The figure is how far a group lies from the
national rate at that age, less how far all ages together do.

    figure = weights of LIKE + province + municipality + luck

It is the regression of the levels with other figures: a municipality with figures keeps to them as far as
they are surer than what its like would have. The level of each municipality and the use of each age group in
the country stay what they are.

In the model a group departs through access: help without residence starts more or less often at its ages;
after 18 hardly any starts, and it goes on at the 18th birthday more or less often. Who is in care at one age
often was so at another; how use by group follows access by group is measured
(``python -m calibration.municipalities.levels --gains``) and turned around.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.municipalities.level_model import EVIDENCE, GROUPS, YEARS, Regression
from sim.machine.whole import written_whole

Floats = NDArray[np.float64]
GAINS = EVIDENCE / "access_by_age.csv"
"""By how much the logarithm of use by age group (rows) follows that of access (columns)."""
_RAKED = 200
"""Rounds of raking, after which nothing moves any more."""


@dataclass(frozen=True)
class ByAge:
    """How each age group departs from the levels: a regression a group, of those whose figures are known."""

    levels: Regression
    groups: Mapping[str, Regression]

    @classmethod
    def of(cls, levels: Regression) -> ByAge:
        """Return the regressions of what is known."""
        return cls(levels, {group: _of_group(levels, group) for group in GROUPS})

    def departures(self) -> Floats:
        """Return [n, groups] logarithms of use by age group over level times national rates.

        They are moved, as little by ratios as can be, until each level and each national rate is met.
        """
        departed = np.exp(np.stack([group.known()[0] for group in self.groups.values()], axis=1))
        made = self.expected() * np.exp(self.levels.levels()[0])[:, None]
        use = made * departed
        for _ in range(_RAKED):
            use *= made.sum(axis=0) / use.sum(axis=0)
            use *= (made.sum(axis=1) / use.sum(axis=1))[:, None]
        return np.asarray(np.log(use / made))

    def expected(self) -> Floats:
        """Return [n, groups] youths with jeugdzorg at national rates, of both years together."""
        known = self.levels.towns
        both = [[known.expected(year, (group,)) for group in GROUPS] for year in YEARS]
        return np.asarray(np.sum(both, axis=0).T, dtype=np.float64)


def _of_group(levels: Regression, group: str) -> Regression:
    known = levels.towns
    there = [i for i in levels.there if all(i in known.with_group(group, year) for year in YEARS)]
    own = np.stack([known.counted(year, there, group) for year in YEARS])
    everyone = np.stack([known.counted(year, there) for year in YEARS])
    at_rates = np.stack([known.expected(year, (group,))[there] for year in YEARS])
    all_at_rates = np.stack([known.expected(year)[there] for year in YEARS])
    logs = np.log(own / at_rates) - np.log(everyone / all_at_rates)
    return Regression.likeliest(known, there, logs, 1 / own - 1 / everyone)


def access(departed: Floats, gains: Floats) -> Floats:
    """Return [n, groups] factors on access (`Profile.access_by_age`) under which use departs as given."""
    return np.asarray(np.exp(np.linalg.solve(gains, departed.T).T))


def read_gains(path: Path = GAINS) -> Floats:
    """Return [groups, groups] of GAINS."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = {row["use"]: row for row in csv.DictReader(stream)}
    return np.array([[float(rows[group][of]) for of in GROUPS] for group in GROUPS])


def write_gains(gains: Floats, path: Path = GAINS) -> None:
    """Write GAINS, aside first."""
    with written_whole(path) as aside, aside.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("use", *GROUPS))
        writer.writerows(
            [group, *(f"{x:.3f}" for x in row)] for group, row in zip(GROUPS, gains, strict=True)
        )
