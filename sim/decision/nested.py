"""The value of partial information by nested Monte Carlo: slow, without a regression, for any interaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.decision.value import Estimate

Floats = NDArray[np.float64]
Sampler = Callable[[np.random.Generator, int], Floats]
PILOT, MOST_LEVELS, ROUNDS = 20_000, 14, 4
MOST_AT_ONCE = 1 << 21
"""Evaluations of net benefit that are in memory together."""


@dataclass
class _Level:
    """Sums over the outer draws of a level."""

    number: float = 0.0
    total: float = 0.0
    squares: float = 0.0

    @property
    def mean(self) -> float:
        return self.total / self.number

    @property
    def variance(self) -> float:
        return max(self.squares / self.number - self.mean**2, 0.0)


def evppi_nested(
    net_benefit: Callable[[Floats, Floats], Floats],
    known: Sampler,
    rest: Sampler,
    *,
    within: float | None = None,
    seed: int = 0,
    outer: int = 2000,
) -> Estimate:
    """Return the EVPPI of the known parameters by antithetic multilevel Monte Carlo.

    Giles & Goda 2019 (Statistics and Computing 29:739). Level l takes 2^l inner draws for each outer one and
    counts what their halves would have found too much, so that what is left out after the last level can be
    told. net_benefit: from known [n, k] and rest [n, m] to [n, strategies], in euros; known, rest: n draws
    each, independent of one another. within: standard error and bias together (default: 1 percent of the
    standard deviation of a gain); outer: draws of each level at first.

    Raises ValueError where net benefit is not [n, strategies] or not finite.
    """
    luck = np.random.default_rng(seed)

    def gains(x: Floats, y: Floats) -> Floats:
        values = np.asarray(net_benefit(x, y), dtype=np.float64)
        if values.ndim != 2 or len(values) != len(x) or not np.isfinite(values).all():
            raise ValueError(f"net benefit must be finite [{len(x)}, strategies], found {values.shape}")
        return values

    pilot = gains(known(luck, PILOT), rest(luck, PILOT))
    best = int(pilot.mean(axis=0).argmax())
    target = within or 0.01 * float((pilot - pilot[:, best : best + 1]).std(axis=0).max())
    if target == 0.0:
        return Estimate(0.0, 0.0)
    levels: list[_Level] = []

    def more(k: int, number: int) -> None:
        inner = 1 << k
        for part in range(0, number, step := max(MOST_AT_ONCE // inner, 1)):
            count = min(step, number - part)
            x = known(luck, count)
            values = gains(np.repeat(x, inner, axis=0), rest(luck, count * inner))
            values = (values - values[:, best : best + 1]).reshape(count, inner, -1)
            change = values.mean(axis=1).max(axis=1)
            if k:  # less what each half alone would have found
                change -= values.reshape(count, 2, inner // 2, -1).mean(axis=2).max(axis=2).mean(axis=1)
            levels[k].number += count
            levels[k].total += float(change.sum())
            levels[k].squares += float((change**2).sum())

    while True:
        levels.append(_Level())
        more(len(levels) - 1, outer)
        for _ in range(ROUNDS):
            costs = 2.0 ** np.arange(len(levels))
            spread = np.array([level.variance for level in levels])
            wanted = 2.0 / target**2 * np.sqrt(spread / costs) * float(np.sqrt(spread * costs).sum())
            short = [(k, int(np.ceil(n - levels[k].number))) for k, n in enumerate(wanted)]
            for k, number in short:
                if number > 0:
                    more(k, number)
            if all(number <= 0 for _, number in short):
                break
        if len(levels) < 3:
            continue
        left_out = max(abs(levels[-1].mean), abs(levels[-2].mean) / 2)  # each level changes half or less
        if left_out < target / np.sqrt(2) or len(levels) > MOST_LEVELS:
            break
    error = float(np.sqrt(sum(level.variance / level.number for level in levels)))
    return Estimate(max(sum(level.mean for level in levels), 0.0), error)
