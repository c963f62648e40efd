"""Where scenarios are compared: differences on the same children. Never simulates.

Monte Carlo error and parameter uncertainty are kept apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.history import Label
from sim.engine.ledger import GEMEENTE, present_values
from sim.rates import discount_factor
from sim.runs.experiment import Columns, Run, with_labels

Floats = NDArray[np.float64]
LOW, HIGH = 5.0, 95.0
"""Percentiles of the parameter interval."""
QUARTILES = 25.0, 75.0
"""Percentiles between which half of the draws lie."""
MUNICIPAL: Label = ("cost", "payer", GEMEENTE)
CASHABLE: Label = ("cost_cashable", "payer", GEMEENTE)
SOCIETY: Label = ("cost_society", "total", "all")
KEY_LABELS: tuple[Label, ...] = (
    ("care_users", "total", "all"),
    ("unmet_need", "total", "all"),
    ("cost", "total", "all"),
    MUNICIPAL,
    CASHABLE,
    SOCIETY,
    ("cost_society", "payer", "family"),
)


@dataclass(frozen=True)
class Difference:
    """A scenario minus its reference, over all runs.

    runs, run_mcse: [runs, labels, years]; draws: parameter draw of each run; key_blocks: paired
    differences by block, [runs, years, blocks], for the labels from which running totals are made. planned:
    whether the plans alone set how much work there is (`firm.set_by_plan`).
    """

    labels: tuple[Label, ...]
    years: tuple[int, ...]
    runs: Floats
    run_mcse: Floats
    draws: tuple[int, ...]
    key_blocks: Mapping[Label, Floats]
    planned: bool = True

    @property
    def work_known(self) -> bool:
        """Tell whether it can be told what programmes cost more: too few children say so of planned work."""
        return self.planned or bool(np.isfinite(self.run_mcse).all())

    @property
    def mean(self) -> Floats:
        """Return the mean over runs."""
        return np.asarray(self.runs.mean(axis=0))

    @property
    def mcse(self) -> Floats:
        """Return the Monte Carlo standard error of the mean: paired, from the spread over blocks."""
        return np.asarray(np.sqrt((self.run_mcse**2).mean(axis=0) / self.runs.shape[0]))

    def interval(self) -> tuple[Floats, Floats]:
        """Return the 5th and 95th percentile over parameter draws (replications averaged)."""
        by_draw = self.by_draw(self.runs)
        if by_draw.shape[0] < 2:
            empty = np.full(self.runs.shape[1:], np.nan)
            return empty, empty
        low, high = np.percentile(by_draw, [LOW, HIGH], axis=0)
        return np.asarray(low), np.asarray(high)

    def by_draw(self, runs: Floats) -> Floats:
        """Return the mean over replications for each parameter draw, [draws, ...]."""
        draws = sorted(set(self.draws))
        index = np.array(self.draws)
        return np.stack([runs[index == draw].mean(axis=0) for draw in draws])

    def p_positive(self) -> Floats:
        """Return the probability that the difference exceeds zero.

        Over draws where there are two or more; else from the Monte Carlo error of the single draw
        (normal), which says nothing about the parameters.
        """
        by_draw = self.by_draw(self.runs)
        if by_draw.shape[0] >= 2:
            return np.asarray((by_draw > 0).mean(axis=0) + 0.5 * (by_draw == 0).mean(axis=0))
        error = self.mcse
        certain = np.where(self.mean == 0, 0.0, np.copysign(np.inf, self.mean))
        score = np.divide(self.mean, error, out=certain, where=error > 0)
        score[np.isnan(error)] = np.nan
        return np.array([[0.5 * math.erfc(-z / math.sqrt(2.0)) for z in row] for row in score])

    def luck_share(self) -> Floats:
        """Return luck's share of the variance over draws, [labels, years]; NaN where it cannot be told."""
        by_draw = self.by_draw(self.runs)
        if by_draw.shape[0] < 2:
            return np.full(self.runs.shape[1:], np.nan)
        error = by_draw.std(axis=0, ddof=1) / math.sqrt(by_draw.shape[0])
        share = np.divide(self.mcse, error, out=np.full(error.shape, np.nan), where=error > 0.0)
        return np.asarray(np.minimum(share, 1.0) ** 2)

    def row(self, measure: str, breakdown: str = "total", level: str = "all") -> int:
        """Return the position of a label. Raises ValueError for an unknown one."""
        return self.labels.index((measure, breakdown, level))

    def series(self, measure: str, breakdown: str = "total", level: str = "all") -> Floats:
        """Return [runs, years] of one label."""
        return self.runs[:, self.row(measure, breakdown, level)]

    def in_year(self, label: Label, index: int) -> Figure:
        """Return the figure of a label in one year (by its index)."""
        row = self.labels.index(label)
        return figure(self.runs[:, row, index], self.run_mcse[:, row, index], self.draws)

    def by_year(self, label: Label) -> list[Figure]:
        """Return the figure of a label in each year."""
        row = self.labels.index(label)
        return figures(self.runs[:, row], self.run_mcse[:, row], self.draws)

    def running(self, label: Label, years: int, rate: float) -> Figure:
        """Return the present value of a label over the first `years` years."""
        factors = discount_factor(rate, np.arange(1, years + 1))
        blocks = np.einsum("ryb,y->rb", self.key_blocks[label][:, :years], factors)
        return figure(blocks.sum(axis=1), block_standard_error(blocks), self.draws)

    def too_small(self) -> NDArray[np.bool_]:
        """Tell where a difference is below two Monte Carlo standard errors, or has none, [labels, years]."""
        return ~(np.abs(self.mean) >= 2.0 * self.mcse)


def difference(
    runs: Iterable[Run],
    scenario: int,
    reference: int,
    years: Sequence[int],
    labels: tuple[Label, ...] | None = None,
    planned: bool = True,
) -> Difference:
    """Return scenario minus reference from runs that hold both, paired child by child.

    labels: those of all runs, where runs are read from disk one by one and can be met only once. planned: see
    `Difference`.
    """
    if labels is None:
        runs = list(runs)
        labels = all_labels(run.columns[k].labels for run in runs for k in (reference, scenario))
    values, errors, draws = [], [], []
    keys: dict[Label, list[Floats]] = {label: [] for label in KEY_LABELS if label in labels}
    for run in runs:
        ours = with_labels(run.columns[scenario], labels)
        theirs = with_labels(run.columns[reference], labels)
        paired = ours.blocks - theirs.blocks
        values.append(paired.sum(axis=2))
        errors.append(block_standard_error(paired))
        draws.append(run.draw)
        for label, kept in keys.items():
            kept.append(paired[labels.index(label)])
    return Difference(
        labels, tuple(years), np.stack(values), np.stack(errors), tuple(draws),
        {label: np.stack(kept) for label, kept in keys.items()}, planned,
    )  # fmt: skip


def all_labels(parts: Iterable[Sequence[Label]]) -> tuple[Label, ...]:
    """Return every label once, in the order in which they are met."""
    return tuple(dict.fromkeys(label for labels in parts for label in labels))


def block_standard_error(blocks: Floats) -> Floats:
    """Return the standard error of a total from its parts by independent blocks (last axis).

    The blocks are equal cross-sections of the population: the variance of the total is the number
    of blocks times the variance between them (method of batch means). One block tells none: NaN.
    """
    count = blocks.shape[-1]
    if count == 1:
        return np.full(blocks.shape[:-1], np.nan)
    return np.asarray(np.sqrt(count * blocks.var(axis=-1, ddof=1)))


@dataclass(frozen=True)
class Figure:
    """One number with its uncertainties. low, high: 5-95 percent over parameter draws, or None.

    mcse: Monte Carlo standard error; NaN where too few children are simulated to tell it.

    p_positive: probability that it exceeds zero, over draws; None with one draw. draw_count: on how many it
    rests, the best fit being one; None where that is beside the point. draw_error: standard error of the mean
    over them, which holds luck as well; quartiles: 25 and 75 percent over them, for charts, or None. What may
    be said of a figure, `firm.Standing` tells.
    """

    value: float
    mcse: float
    low: float | None
    high: float | None
    p_positive: float | None
    draw_count: int | None = field(default=None, compare=False, repr=False)
    draw_error: float = field(default=0.0, compare=False, repr=False)
    quartiles: tuple[float, float] | None = field(default=None, compare=False, repr=False)

    @property
    def too_small(self) -> bool:
        """Tell whether the number of runs is too small to tell it from zero."""
        return not abs(self.value) >= 2.0 * self.mcse

    @property
    def luck_share(self) -> float | None:
        """Return luck's share of the variance over draws; None with one draw, or where it cannot be told."""
        told = self.draw_error > 0.0 and not math.isnan(self.mcse)
        return min(self.mcse / self.draw_error, 1.0) ** 2 if told else None


def plain(item: Any) -> dict[str, Any]:
    """Return a dataclass as plain data; of the figures in it what a file holds."""
    inner = {"draw_count", "draw_error", "quartiles"}
    return asdict(item, dict_factory=lambda pairs: {key: value for key, value in pairs if key not in inner})


def figure(by_run: Floats, errors: Floats, draws: Sequence[int]) -> Figure:
    """Return the figure of values [runs] with Monte Carlo standard errors [runs]."""
    return figures(by_run[:, None], errors[:, None], draws)[0]


def figures(by_run: Floats, errors: Floats, draws: Sequence[int]) -> list[Figure]:
    """Return the figure of each column of values [runs, n] with Monte Carlo standard errors [runs, n]."""
    # in rows, so that a figure is the same to the byte whatever stands beside it
    values, errors = np.ascontiguousarray(by_run.T), np.ascontiguousarray(errors.T)
    mean, mcse = values.mean(axis=1), np.sqrt((errors**2).mean(axis=1) / values.shape[1])
    index = np.array(draws)
    each = np.unique(index)
    if each.size < 2:
        return [Figure(m, e, None, None, None, 1) for m, e in zip(mean.tolist(), mcse.tolist(), strict=True)]
    if each.size == index.size:
        by_draw = np.ascontiguousarray(values[:, np.argsort(index)])
    else:
        parts = [np.ascontiguousarray(values[:, index == draw]) for draw in each]
        by_draw = np.stack([part.mean(axis=1) for part in parts], axis=1)
    low, first, third, high = np.percentile(by_draw, [LOW, *QUARTILES, HIGH], axis=1)
    positive = (by_draw > 0).mean(axis=1) + 0.5 * (by_draw == 0).mean(axis=1)
    error = by_draw.std(axis=1, ddof=1) / np.sqrt(each.size)
    told = zip(*(x.tolist() for x in (mean, mcse, low, high, positive, error, first, third)), strict=True)
    return [
        Figure(value, luck, least, most, chance, each.size, spread, (lower, upper))
        for value, luck, least, most, chance, spread, lower, upper in told
    ]


def drowned(cost: Figure, spent: float, draws: int) -> bool:
    """Tell whether the noise of one draw exceeds what is to be paid back, so that no chance means much.

    spent: what the payer spends more on programmes over the same years as `cost`.
    """
    luck_of_a_draw = 2.0 * cost.mcse * np.sqrt(draws)
    return not luck_of_a_draw <= abs(spent) if spent else cost.too_small


def standard_error(columns: Columns) -> Floats:
    """Return the Monte Carlo standard error of each value, [labels, years]."""
    return block_standard_error(columns.blocks)


@dataclass(frozen=True)
class BreakEven:
    """When money spent on a scenario has come back: share of draws by year, and each draw's year."""

    probability: Floats  # [years]
    payback_year: tuple[int | None, ...]  # by draw


def break_even(d: Difference, measure: str, breakdown: str, level: str, rate: float) -> BreakEven:
    """Return the chance that the running present value of a cost difference is not above zero.

    The payback year of a draw is the first year from which the running value stays at or below 0.
    """
    running = present_values(d.by_draw(d.series(measure, breakdown, level)), rate)
    paid = running <= 0
    stays = np.flip(np.logical_and.accumulate(np.flip(paid, axis=1), axis=1), axis=1)
    first = [d.years[int(np.argmax(row))] if row.any() else None for row in stays]
    return BreakEven(np.asarray(paid.mean(axis=0)), tuple(first))
