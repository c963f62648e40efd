"""A quadratic emulator of the simulator: Bayesian regression on linear and quadratic terms.

A prediction is a constant, a linear and a quadratic form of the coordinates, all coefficients with
normal priors of mean 0 whose variances (one linear, one quadratic, one of the noise of runs) maximise
the marginal likelihood, for every output apart. That is a Gaussian process with a polynomial kernel, so
that more coefficients than runs are no trouble and every prediction has a variance
(Rasmussen & Williams 2006, sections 2.1 and 5.4.1; Kennedy & O'Hagan 2001).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_JITTER = 1e-10


@dataclass(frozen=True)
class Emulator:
    """Fitted to runs at u [n, d] with outputs y [n, m].

    scales: [m, 3] variances of the linear part, of the quadratic part, and of the noise of one run,
    where the linear part of a point of typical size (|u|^2 = d) has variance 1.
    """

    points: Floats
    mean: Floats
    scales: Floats
    weights: Floats  # [n, m]
    roots: Floats  # [m, n, n] inverse of the covariance of the runs

    @classmethod
    def fit(cls, points: Floats, outputs: Floats) -> Emulator:
        """Return the emulator of runs at points [n, d] with outputs [n, m]."""
        linear, quadratic = _parts(points, points)
        mean = outputs.mean(axis=0)
        centred = outputs - mean
        scales, weights, inverses = [], [], []
        for column in centred.T:
            found = _hyperparameters(linear, quadratic, column)
            kernel = found[0] * linear + found[1] * quadratic + found[2] * np.eye(len(points))
            inverse = np.linalg.inv(kernel)
            scales.append(found)
            weights.append(inverse @ column)
            inverses.append(inverse)
        return cls(points, mean, np.array(scales), np.array(weights).T, np.array(inverses))

    def predict(self, at: Floats) -> Floats:
        """Return expected outputs [k, m] at points [k, d]."""
        linear, quadratic = _parts(at, self.points)
        found = linear @ (self.weights * self.scales[:, 0]) + quadratic @ (self.weights * self.scales[:, 1])
        return np.asarray(self.mean + found)

    def variance(self, at: Floats) -> Floats:
        """Return the variance [k, m] of those expectations: what the emulator does not know."""
        linear, quadratic = _parts(at, self.points)
        own = (at**2).sum(axis=1) / at.shape[1]
        found = np.empty((len(at), self.mean.size))
        for m, (a, b, _) in enumerate(self.scales):
            cross = a * linear + b * quadratic
            known = np.einsum("ki,ij,kj->k", cross, self.roots[m], cross)
            found[:, m] = (a * (1 + own) + b * own**2) - known
        return np.maximum(found, 0.0)

    def noise(self) -> Floats:
        """Return the Monte Carlo variance [m] of one run of the size of those it was fitted to."""
        return np.asarray(self.scales[:, 2])

    def jacobian(self, at: Floats) -> Floats:
        """Return the derivatives [m, d] at one point [d]."""
        d = at.size
        inner = self.points @ at / d
        slope = self.points.T @ (self.weights * self.scales[:, 0]) / d
        slope += self.points.T @ (2.0 * inner[:, None] * self.weights * self.scales[:, 1]) / d
        return np.asarray(slope.T)

    def left_out(self) -> tuple[Floats, Floats]:
        """Return leave-one-out errors [n, m] and their standard deviations (runs' noise included)."""
        diagonal = np.einsum("mii->im", self.roots)
        return np.asarray(self.weights / diagonal), np.asarray(np.sqrt(1.0 / diagonal))


def _parts(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return the kernels [k, n] of a constant with linear terms, and of quadratic terms."""
    inner = a @ b.T / a.shape[1]
    return 1.0 + inner, inner**2


def _hyperparameters(linear: Floats, quadratic: Floats, y: Floats) -> Floats:
    """Return the variances (linear, quadratic, noise) that maximise the marginal likelihood."""
    from scipy.optimize import minimize  # a large library that few commands need

    total = float(np.var(y)) + 1e-12
    n = y.size

    def cost(logs: Floats) -> tuple[float, Floats]:
        a, b, c = np.exp(logs)
        kernel = a * linear + b * quadratic + (c + _JITTER * total) * np.eye(n)
        root = np.linalg.cholesky(kernel)
        inverse = np.linalg.inv(kernel)
        alpha = inverse @ y
        value = 0.5 * float(y @ alpha) + float(np.log(np.diag(root)).sum())
        middle = inverse - np.outer(alpha, alpha)
        slope = 0.5 * np.array(
            [a * (middle * linear).sum(), b * (middle * quadratic).sum(), c * np.trace(middle)]
        )
        return value, slope

    start = np.log([0.5 * total, 0.05 * total, 0.3 * total])
    bounds = [(float(np.log(total)) - 14.0, float(np.log(total)) + 4.0)] * 3
    found = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 40})
    return np.exp(np.asarray(found.x, dtype=np.float64))
