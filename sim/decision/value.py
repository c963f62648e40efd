"""The value of information, from samples of net benefit. Pure arithmetic: nothing is simulated here.

Net benefit nb is float64[draws, strategies], in euros, higher is better. What a parameter explains of it is
found by regression (Strong, Oakley & Brennan 2014, Med Decis Making 34:311), so that the noise of a run,
which no parameter explains, adds nothing to the value of knowing one. Whether the regression follows what
there is to follow is checked on its residuals; `nested.py` is another way, for who has the model at hand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.ties import same

Floats = NDArray[np.float64]
KNOTS = 6
"""Of a natural cubic spline; its wiggles are held back by a ridge that cross-validation chooses."""
MOST_PRODUCTS = 8
"""Columns of a group whose products are tried: those that explain most alone."""
MOST_NEAR = 6
"""Columns among which a draw with nearly the same values can be found."""
HIGHEST_DEGREE, DRAWS_PER_TERM = 5, 20
"""Of the polynomials that are tried where a regression has missed something."""
NEGLIGIBLE = 0.005
"""Share of the variance below which nobody needs to know what was missed."""
_SURE = 3.0
_AGAIN = 200
_CHANCE, _SIGNS, _AT_ONCE = 0.01, 199, 20
_RIDGES = np.logspace(-8, 4, 25)


@dataclass(frozen=True)
class Estimate:
    """A number with its standard error.

    missed: the share of the variance that the parameters explain and the regression does not, where that is
    more than chance; the number is then too low. None where there was no regression, or too many parameters
    to tell. checked: False for too many parameters (over MOST_NEAR): the number may then be too low.
    """

    value: float
    se: float
    missed: float | None = None
    checked: bool = True


def _checked(nb: ArrayLike) -> Floats:
    values = np.asarray(nb, dtype=np.float64)
    if values.ndim != 2 or values.shape[0] < 2 or values.shape[1] < 1:
        raise ValueError(
            f"net benefit must be [draws, strategies] with 2 draws or more, found {values.shape}"
        )
    if not np.isfinite(values).all():
        raise ValueError("net benefit must be finite")
    return values


def expected_loss(nb: ArrayLike) -> Floats:
    """Return what choosing each strategy loses on average against the best of each draw, [strategies]."""
    values = _checked(nb)
    return np.asarray((values.max(axis=1, keepdims=True) - values).mean(axis=0))


def evpi(nb: ArrayLike) -> Estimate:
    """Return the expected value of perfect information: what knowing everything would be worth.

    Raises ValueError where nb is not [draws, strategies] or not finite.
    """
    values = _checked(nb)
    best = int(values.mean(axis=0).argmax())
    lost = values.max(axis=1) - values[:, best]
    return Estimate(float(lost.mean()), float(lost.std(ddof=1) / np.sqrt(lost.size)))


def evppi(nb: ArrayLike, x: ArrayLike) -> Estimate:
    """Return the expected value of knowing the parameters x [draws, k] (or [draws]), and nothing else.

    Each net benefit over the first strategy is regressed on x; what is fitted is what knowing x would
    tell. A maximum of estimates is too high, for they vary by more than what they estimate: fitted values
    are brought back to the variance that is left without that of the regression itself, and what chance
    alone may explain (F test and wild bootstrap, 1 percent) is worth nothing. Never below 0 or above the
    EVPI. The standard error is that of the regression and that of the mean over draws together.

    Where the residuals of draws with nearly the same x are alike, the regression has missed something: it is
    tried again with products of more parameters, and what is still missed is told (`Estimate.missed`). With
    more than MOST_NEAR parameters nobody can tell (`Estimate.checked`).

    Raises ValueError where shapes do not fit.
    """
    values = _checked(nb)
    found = _followed(values, x)
    if found is None:
        return Estimate(0.0, 0.0)
    fit, missed = found
    luck = np.random.default_rng(0)
    of_draws = evpi(fit.deflated()) if fit.sure else Estimate(0.0, 0.0)
    again = np.array([_worth(fit.drawn(luck)) for _ in range(_AGAIN)])
    most = evpi(values)
    known = float(np.clip(of_draws.value, 0.0, most.value))
    se = math.hypot(float(again.std(ddof=1)), of_draws.se)
    return Estimate(known, se, missed, missed is not None or known >= most.value)


def expectations(nb: ArrayLike, x: ArrayLike) -> Floats:
    """Return what who knows x [draws, k] (or [draws]) expects of each strategy, [draws, strategies].

    That is net benefit over that of the first strategy, by the regression of `evppi`: the mean of all draws
    where nothing is explained. Raises ValueError where shapes do not fit.
    """
    values = _checked(nb)
    found = _followed(values, x)
    if found is None or not found[0].sure:
        gains = values - values[:, :1]
        return np.broadcast_to(gains.mean(axis=0), gains.shape).copy()
    return found[0].deflated()


def _followed(values: Floats, x: ArrayLike) -> tuple[_Fit, float | None] | None:
    """Return the regression of gains over the first strategy on x, and what it missed."""
    known = _columns(x, values.shape[0])
    gains = values - values[:, :1]
    fit = _regress(known, gains, _basis)
    if fit is None:
        return None
    missed = _missed(known, gains, fit.fitted)
    if missed:
        richer = _regress(known, gains, _products)
        left = None if richer is None else _missed(known, gains, richer.fitted)
        if richer is not None and left is not None and left < missed:
            fit, missed = richer, left
    return fit, missed


def explained(y: ArrayLike, x: ArrayLike) -> float:
    """Return the share of the variance of y [draws] that x [draws, k] explains, 0..1 (adjusted R squared)."""
    outcome = np.asarray(y, dtype=np.float64)
    fit = _regress(_columns(x, outcome.size), outcome[:, None], _basis)
    total = float(outcome.var(ddof=1))
    if fit is None or total <= 0:
        return 0.0
    return float(np.clip(1.0 - fit.noise[0, 0] / total, 0.0, 1.0))


def _worth(fitted: Floats) -> float:
    return float(fitted.max(axis=1).mean() - fitted.mean(axis=0).max())


def _columns(x: ArrayLike, draws: int) -> Floats:
    columns = np.asarray(x, dtype=np.float64)
    columns = columns[:, None] if columns.ndim == 1 else columns
    if columns.ndim != 2 or columns.shape[0] != draws:
        raise ValueError(f"parameters must be [draws, k] with {draws} draws, found {columns.shape}")
    if not np.isfinite(columns).all():
        raise ValueError("parameters must be finite")
    spread = columns.std(axis=0)
    varies = spread > 1e-12 * np.maximum(np.abs(columns).max(axis=0), 1e-300)
    return np.asarray((columns[:, varies] - columns[:, varies].mean(axis=0)) / spread[varies])


class _Fit(NamedTuple):
    """A ridge regression: fitted values [draws, outputs], and what its coefficients might be instead."""

    fitted: Floats
    left: Floats  # [draws, rank] orthonormal directions of the design
    spread: Floats  # [rank] standard deviation of a coefficient, in units of the noise
    noise: Floats  # [outputs, outputs] covariance of residuals
    root: Floats  # its root

    shrink: Floats  # [rank] share of each direction that is kept
    sure: bool  # whether nothing explains as much by luck in less than _CHANCE of cases

    def deflated(self) -> Floats:
        """Return fitted values without the variance that they owe to the noise of the regression."""
        middle, variance = self.fitted.mean(axis=0), self.fitted.var(axis=0)
        lucky = np.diag(self.noise) * (self.shrink**2).sum() / len(self.fitted)
        part = np.divide(variance - lucky, variance, out=np.zeros_like(variance), where=variance > 0)
        return np.asarray(middle + (self.fitted - middle) * np.sqrt(np.maximum(part, 0.0)))

    def drawn(self, luck: np.random.Generator) -> Floats:
        """Return fitted values with coefficients drawn from their distribution."""
        z = luck.standard_normal((self.spread.size, self.fitted.shape[1])) * self.spread[:, None]
        return np.asarray(self.fitted + self.left @ (z @ self.root.T))


def _regress(x: Floats, y: Floats, basis_of: Callable[[Floats, Floats], Floats]) -> _Fit | None:
    """Return the regression of y [draws, outputs] on a basis of x, or None where nothing can be explained."""
    mean = y.mean(axis=0)
    if not x.shape[1] or not (y.std(axis=0) > 0).any():
        return None
    from scipy.special import fdtrc  # a large library that few commands need

    basis = basis_of(x, y)
    draws = y.shape[0]
    left, sizes, _ = np.linalg.svd(basis - basis.mean(axis=0), full_matrices=False)
    kept = sizes > 1e-10 * sizes[0]
    left, sizes = left[:, kept], sizes[kept]
    inside = left.T @ (y - mean)
    total = ((y - mean) ** 2).sum(axis=0)
    scale = np.where(total > 0, total, 1.0)
    best = None
    for ridge in _RIDGES * draws:
        shrink = sizes**2 / (sizes**2 + ridge)
        freedom = float(shrink.sum()) + 1.0
        rest = total - ((2 * shrink - shrink**2)[:, None] * inside**2).sum(axis=0)
        if freedom >= draws:
            continue
        score = float((rest / scale).sum()) / (1.0 - freedom / draws) ** 2  # generalised cross-validation
        if best is None or score < best[0]:
            best = (score, shrink, freedom)
    if best is None:
        return None
    _, shrink, freedom = best
    fitted = mean + left @ (shrink[:, None] * inside)
    rest = y - fitted
    noise = rest.T @ rest / (draws - freedom)
    vectors, values, _ = np.linalg.svd(noise, hermitian=True)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    used = max(freedom - 1.0, 1e-9)
    ratio = ((total - (rest**2).sum(axis=0)) / used) / np.maximum(np.diag(noise), 1e-300)
    beyond = fdtrc(used, draws - freedom, np.maximum(ratio, 0.0))
    chance = float(min(beyond.min() * np.count_nonzero(total), 1.0))
    sure = chance < _CHANCE and _beyond_signs(left, shrink, y - mean)  # the first holds for noise of one size
    return _Fit(fitted, left, np.sqrt(shrink), noise, root, shrink, sure)


def _beyond_signs(left: Floats, shrink: Floats, around: Floats) -> bool:
    """Tell whether directions explain more of values [draws, outputs] around 0 than with any signs at random.

    Signs leave the size of each draw as it is, so that noise may differ in size with x (wild bootstrap: Wu
    1986, Ann Stat 14:1261). One of _SIGNS that explains as much makes a chance of at least _CHANCE.
    """
    keep = (2.0 * shrink - shrink**2)[:, None]
    total = np.maximum((around**2).sum(axis=0), 1e-300)
    most = float(((keep * (left.T @ around) ** 2).sum(axis=0) / total).max())
    luck = np.random.default_rng(0)
    for first in range(0, _SIGNS, _AT_ONCE):  # all together are large where there are many draws
        number = min(_AT_ONCE, _SIGNS - first)
        signs = luck.integers(0, 2, (len(around), number), np.int8) * 2.0 - 1.0
        signed = (around[:, None, :] * signs[:, :, None]).reshape(len(around), -1)
        explained = (keep * (left.T @ signed) ** 2).sum(axis=0).reshape(number, -1) / total
        if explained.max() >= most * (1.0 - 1e-12):
            return False
    return True


def _basis(x: Floats, y: Floats) -> Floats:
    """Return splines of each column, and products of the columns that explain most alone."""
    parts = [_spline(column) if x.shape[1] <= MOST_PRODUCTS else _curve(column) for column in x.T]
    if x.shape[1] > 1:
        alone = np.abs(x.T @ (y - y.mean(axis=0))).max(axis=1)
        first = np.argsort(-alone, kind="stable")[:MOST_PRODUCTS]
        parts += [(x[:, i] * x[:, j])[:, None] for i, j in combinations(sorted(first.tolist()), 2)]
    basis = np.concatenate(parts, axis=1)
    return np.asarray(basis / np.maximum(basis.std(axis=0), 1e-12))


def _products(x: Floats, y: Floats) -> Floats:
    """Return that basis with all polynomials of the columns up to the degree that the draws can carry."""
    most = max(len(x) // DRAWS_PER_TERM, 1)
    terms = [
        powers
        for degree in range(2, HIGHEST_DEGREE + 1)
        if math.comb(x.shape[1] + degree, degree) <= most
        for powers in combinations_with_replacement(range(x.shape[1]), degree)
        if len(set(powers)) > 1
    ]
    parts = [_basis(x, y), *(x[:, list(powers)].prod(axis=1)[:, None] for powers in terms)]
    basis = np.concatenate(parts, axis=1)
    return np.asarray(basis / np.maximum(basis.std(axis=0), 1e-12))


def _missed(x: Floats, y: Floats, fitted: Floats) -> float | None:
    """Return which share of the variance of y [draws, outputs] x explains and the fit does not, if any.

    Residuals of a draw and of the draw with the nearest x have a product of mean zero where the fit follows
    all that x explains (a difference-based test of lack of fit). None with too many columns, for then no draw
    is near another, and with a single pair of draws.
    """
    from scipy.spatial import cKDTree  # a large library that few commands need

    if not 0 < x.shape[1] <= MOST_NEAR:
        return None
    near = np.asarray(cKDTree(x).query(x, k=2)[1])
    here, there = np.arange(len(x)), near[:, 1]
    pairs = np.unique(np.sort(np.stack([here, there], axis=1), axis=1), axis=0)
    if len(pairs) < 2:
        return None
    alike = (y - fitted)[pairs[:, 0]] * (y - fitted)[pairs[:, 1]]
    error = alike.std(axis=0, ddof=1) / np.sqrt(len(pairs))
    total = np.where(y.var(axis=0) > 0, y.var(axis=0), 1.0)
    sure = alike.mean(axis=0) > _SURE * error
    share = np.where(sure, alike.mean(axis=0) / total, 0.0)
    return float(share.max()) if share.max() > NEGLIGIBLE else 0.0


def _curve(column: Floats) -> Floats:
    """Return a column and its square; of a column with two values, itself."""
    if np.unique(column).size == 2:
        return column[:, None]
    return np.stack([column, column**2], axis=1)


def _spline(column: Floats) -> Floats:
    """Return the natural cubic spline basis of a column (Hastie et al. 2009, section 5.2.1)."""
    knots = np.unique(np.quantile(column, np.linspace(0.03, 0.97, KNOTS)))
    if np.unique(column).size < 5 or knots.size < 3:
        return _curve(column)
    last = knots[-1]

    def bent(k: int) -> Floats:
        above = np.maximum(column - knots[k], 0.0) ** 3 - np.maximum(column - last, 0.0) ** 3
        return np.asarray(above / (last - knots[k]))

    end = bent(knots.size - 2)
    return np.stack([column, *(bent(k) - end for k in range(knots.size - 2))], axis=1)


def by_parameter(nb: ArrayLike, inputs: Mapping[str, ArrayLike]) -> list[tuple[str, Estimate]]:
    """Return the EVPPI of each parameter, most valuable first. inputs: [draws] by name."""
    return by_group(nb, {name: (name,) for name in inputs}, inputs)


def by_group(
    nb: ArrayLike, groups: Mapping[str, Sequence[str]], inputs: Mapping[str, ArrayLike]
) -> list[tuple[str, Estimate]]:
    """Return the EVPPI of each group of parameters, most valuable first.

    Raises KeyError for a group that names no parameter.
    """
    found = []
    for group, names in groups.items():
        columns = [np.asarray(inputs[name], dtype=np.float64) for name in names]
        if columns:
            found.append((group, evppi(nb, np.stack(columns, axis=1))))
    return sorted(found, key=lambda row: -row[1].value)


UNTOLD = Estimate(math.nan, math.nan)
"""What nobody can tell the worth of."""


@dataclass(frozen=True)
class Acceptability:
    """What is best at each willingness to pay.

    thresholds [n]; probability [n, strategies] that each is best, ties shared; best [n] the strategy with
    the highest expected net benefit (the frontier) and frontier [n] its probability of being best;
    loss [n, strategies] expected loss; evpi [n]; equal [n] whether another is expected to be worth as much as
    the best but for rounding, which is then the first of them.
    """

    thresholds: Floats
    probability: Floats
    best: NDArray[np.int64]
    frontier: Floats
    loss: Floats
    evpi: Floats
    equal: NDArray[np.bool_]

    def as_json(self) -> dict[str, list[Any]]:
        """Return everything as plain data."""
        return {
            "thresholds": self.thresholds.tolist(),
            "probability": self.probability.tolist(),
            "best": self.best.tolist(),
            "equal": self.equal.tolist(),
            "frontier": self.frontier.tolist(),
            "expected_loss": self.loss.tolist(),
            "evpi": self.evpi.tolist(),
        }


def acceptability(costs: ArrayLike, effects: ArrayLike, thresholds: ArrayLike) -> Acceptability:
    """Return acceptability curve, frontier, expected loss and EVPI over willingness to pay.

    costs, effects: [draws, strategies]; thresholds: [n] euros for one more effect. Raises ValueError where
    shapes differ or a number is not finite.
    """
    spent, gained = _checked(costs), _checked(effects)
    if spent.shape != gained.shape:
        raise ValueError(f"costs {spent.shape} and effects {gained.shape} must have the same shape")
    levels = np.atleast_1d(np.asarray(thresholds, dtype=np.float64))
    probability, loss, best, value, equal = [], [], [], [], []
    for level in levels:
        nb = level * gained - spent
        largest = max(float(np.abs(level * gained).max()), float(np.abs(spent).max()))
        top = same(nb, nb.max(axis=1, keepdims=True), largest)
        probability.append((top / top.sum(axis=1, keepdims=True)).mean(axis=0))
        loss.append(expected_loss(nb))
        mean = nb.mean(axis=0)
        most = same(mean, mean.max(), largest)
        best.append(int(most.argmax()))
        equal.append(bool(most.sum() > 1))
        value.append(evpi(nb).value)
    chances = np.array(probability)
    chosen = np.array(best, dtype=np.int64)
    return Acceptability(
        levels, chances, chosen, chances[np.arange(levels.size), chosen], np.array(loss), np.array(value),
        np.array(equal, dtype=np.bool_),
    )  # fmt: skip
