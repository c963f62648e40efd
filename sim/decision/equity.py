"""Distribution of gains by neighbourhood and household group, and the gap between neighbourhoods.

Groups describe results. No programme selects children by household, and nothing here does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.decision.comparison import HIGH, LOW, Difference, block_standard_error
from sim.runs.experiment import Run, with_labels
from sim.states import QUINTILES
from sim.ties import same

Floats = NDArray[np.float64]
NEIGHBOURHOODS = tuple(f"wijk_kwintiel_{q + 1}" for q in range(QUINTILES))
PER = 1000.0


@dataclass(frozen=True)
class Gain:
    """The change in one group, per 1,000 of its children: mean, Monte Carlo error, interval over draws."""

    group: str
    per_1000: float
    mcse: float
    low: float | None
    high: float | None

    @property
    def too_small(self) -> bool:
        """Tell whether the change is below two Monte Carlo standard errors."""
        return not abs(self.per_1000) >= 2.0 * self.mcse


def gains(d: Difference, measure: str, people: Mapping[str, float]) -> list[Gain]:
    """Return the change in a measure by group, mean over years, per 1,000 of the group's children.

    people: children of each group. The Monte Carlo error takes years as if they moved together, which is
    the most it can be. Raises KeyError for a group without people in it.
    """
    found = []
    for measure_, breakdown, group in d.labels:
        if (measure_, breakdown) != (measure, "group"):
            continue
        row = d.labels.index((measure_, breakdown, group))
        scale = PER / people[group]
        by_draw = d.by_draw(np.asarray(d.runs[:, row], np.float64)).mean(axis=1) * scale
        error = float(np.sqrt((np.asarray(d.run_mcse[:, row]).mean(axis=1) ** 2).mean() / d.runs.shape[0]))
        low, high = _interval(by_draw)
        found.append(Gain(group, float(by_draw.mean()), error * scale, low, high))
    return found


def _interval(values: Floats) -> tuple[float | None, float | None]:
    if values.size < 2:
        return None, None
    low, high = np.percentile(values, [LOW, HIGH])
    return float(low), float(high)


def who_gains_most(found: Sequence[Gain], groups: Sequence[str] = NEIGHBOURHOODS) -> str | None:
    """Return the group whose measure falls most, or None if the next one is not clearly less."""
    ordered = sorted((gain for gain in found if gain.group in groups), key=lambda gain: gain.per_1000)
    if len(ordered) < 2 or ordered[0].per_1000 >= 0:
        return None
    first, second = ordered[:2]
    largest = max(abs(gain.per_1000) for gain in ordered)
    if same(first.per_1000, second.per_1000, largest):
        return None
    apart = second.per_1000 - first.per_1000
    return first.group if apart > 2.0 * float(np.hypot(first.mcse, second.mcse)) else None


@dataclass(frozen=True)
class Slope:
    """The slope index of inequality: the rate among the most deprived minus that among the least deprived.

    Per 1,000, by weighted regression of the rate on the mid-rank of the neighbourhood (Mackenbach & Kunst
    1997, Soc Sci Med 44:757); low, high: 5 to 95 percent over draws, mcse: Monte Carlo error.
    """

    value: float
    mcse: float
    low: float | None
    high: float | None


def slope_index(rates: Floats, people: Floats) -> Floats:
    """Return the slope index of rates [..., groups], least deprived first, weighted by people [groups].

    Raises ValueError where there are fewer than two groups or one of them is empty.
    """
    if people.size < 2 or (people <= 0).any():
        raise ValueError("a slope needs two groups or more, none of them empty")
    share = people / people.sum()
    rank = np.cumsum(share) - share / 2
    middle = rank @ share
    weight = share * (rank - middle)
    return np.asarray(rates @ weight / (weight @ rank))


def slope_of_change(d: Difference, measure: str, people: Mapping[str, float]) -> Slope:
    """Return the slope index of the change in a measure, per 1,000 and year: below zero, the gap narrows.

    people: children of each neighbourhood group. Monte Carlo errors of groups are taken as independent.
    """
    rows = [d.labels.index((measure, "group", group)) for group in NEIGHBOURHOODS]
    counts = np.array([people[group] for group in NEIGHBOURHOODS])
    by_draw = d.by_draw(np.asarray(d.runs[:, rows], np.float64)).mean(axis=2)  # [draws, groups]
    values = slope_index(PER * by_draw / counts, counts)
    errors = np.asarray(d.run_mcse[:, rows], np.float64).mean(axis=2) * PER / counts
    leverage = np.array([slope_index(row, counts) for row in np.eye(QUINTILES)])
    error = np.sqrt(((errors * leverage) ** 2).sum(axis=1).mean() / d.runs.shape[0])
    low, high = _interval(values)
    return Slope(float(values.mean()), float(error), low, high)


def slopes(runs: Sequence[Run], scenario: int, measure: str, reference: int = 0) -> dict[str, Slope]:
    """Return the slope index over neighbourhoods in the reference, in the scenario, and of the change.

    Rates are per 1,000 children, the mean over all years. runs hold both scenarios whole.
    """
    labels = [(measure, "group", group) for group in NEIGHBOURHOODS]
    heads = [("population", "group", group) for group in NEIGHBOURHOODS]
    values: dict[str, list[Floats]] = {"reference": [], "scenario": [], "change": []}
    for run in runs:
        both = []
        for k in (reference, scenario):
            counted = with_labels(run.columns[k], labels).blocks.sum(axis=1)  # [groups, blocks]
            people = with_labels(run.columns[k], heads).blocks.sum(axis=1)
            both.append((counted, people))
        weights = both[0][1].sum(axis=1)
        # each block's part of the rate, so that parts add up to the slope of the whole
        parts = [
            slope_index((PER * counted / people.sum(axis=1, keepdims=True)).T, weights)
            for counted, people in both
        ]
        for name, part in zip(values, (*parts, parts[1] - parts[0]), strict=True):
            values[name].append(part)
    return {name: _slope(np.stack(parts), runs) for name, parts in values.items()}


def _slope(parts: Floats, runs: Sequence[Run]) -> Slope:
    """Return a slope from its parts by block, [runs, blocks]."""
    totals, error = parts.sum(axis=1), block_standard_error(parts)
    draws = np.array([run.draw for run in runs])
    by_draw = np.array([totals[draws == draw].mean() for draw in sorted(set(draws.tolist()))])
    low, high = _interval(by_draw)
    return Slope(float(totals.mean()), float(np.sqrt((error**2).mean() / totals.size)), low, high)
