"""A response surface through runs of the model: what a run comes to, without the luck of one run.

A Gaussian process with a linear and a quadratic kernel is a ridge regression on all linear and quadratic
terms. How strongly each part is shrunk is estimated for each output by its marginal likelihood. Runs may be
of several sizes: the variance of their luck is inverse to the number of children.

Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), chapters 2 and 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CURVED = (0.003, 0.01, 0.03, 0.1, 0.3)
"""Variances of the quadratic part against the linear one, of which the most likely is taken."""
LOUD = tuple(np.geomspace(1e-4, 1e3, 57).tolist())
"""Variances of the luck of a run against the linear part, likewise."""


@dataclass(frozen=True)
class Basis:
    """The eigenvectors of the kernel of the runs, for one share of the quadratic part."""

    curved: float
    values: Floats  # [n]
    vectors: Floats  # [n, n]


@dataclass(frozen=True)
class Surface:
    """A surface through runs at u [n, d] with outputs [n, m], fitted by marginal likelihood.

    root: [n] square root of the variance of the luck of each run, over that of a run of typical size.
    basis, scale, luck: for each output which basis, the variance of the linear part, and that of luck.
    """

    points: Floats
    mean: Floats  # [m]
    root: Floats
    bases: tuple[Basis, ...]
    basis: NDArray[np.int64]  # [m]
    scale: Floats  # [m]
    luck: Floats  # [m]
    weights: Floats  # [n, m]

    @classmethod
    def fit(cls, points: Floats, outputs: Floats, children: Floats) -> Surface:
        """Return the surface of runs at points [n, d] with outputs [n, m] and so many children [n] each."""
        root = np.sqrt(np.exp(np.log(children).mean()) / children)
        linear, quadratic = _parts(points, points)
        mean = np.average(outputs, axis=0, weights=children)
        scaled = (outputs - mean) / root[:, None]
        n, m = outputs.shape
        bases, evidence, scales = (
            [],
            np.empty((len(CURVED), len(LOUD), m)),
            np.empty((len(CURVED), len(LOUD), m)),
        )
        for k, curved in enumerate(CURVED):
            values, vectors = np.linalg.eigh((linear + curved * quadratic) / np.outer(root, root))
            values = np.maximum(values, 0.0)
            bases.append(Basis(curved, values, vectors))
            squares = (vectors.T @ scaled) ** 2
            for j, loud in enumerate(LOUD):
                scales[k, j] = (squares / (values + loud)[:, None]).mean(axis=0)
                evidence[k, j] = -0.5 * (n * np.log(scales[k, j]) + np.log(values + loud).sum())
        best = evidence.reshape(-1, m).argmax(axis=0)
        basis, loudness = best // len(LOUD), best % len(LOUD)
        scale = scales[basis, loudness, np.arange(m)]
        luck = scale * np.array(LOUD)[loudness]
        weights = np.empty((n, m))
        for k, one in enumerate(bases):
            of = basis == k
            shrunk = one.values[:, None] * scale[of] + luck[of]
            weights[:, of] = one.vectors @ ((one.vectors.T @ scaled[:, of]) / shrunk) / root[:, None]
        return cls(points, mean, root, tuple(bases), basis, scale, luck, weights)

    def predict(self, at: Floats) -> Floats:
        """Return expected outputs [k, m] at points [k, d]."""
        linear, quadratic = _parts(at, self.points)
        return np.asarray(self.mean + linear @ self._flat + quadratic @ self._bent)

    def pull(self, at: Floats, by: Floats) -> Floats:
        """Return the gradients [k, d] of the sums of outputs weighted by `by` [k, m], at points [k, d]."""
        d = at.shape[1]
        inner = at @ self.points.T / d
        return np.asarray((by @ self._flat.T + 2.0 * inner * (by @ self._bent.T)) @ self.points / d)

    def jacobian(self, at: Floats) -> Floats:
        """Return the derivatives [m, d] at one point [d]."""
        m = self.mean.size
        return self.pull(np.repeat(at[None], m, axis=0), np.eye(m))

    def variance(self, at: Floats) -> Floats:
        """Return the variance [m] of what is expected, on average over points [k, d]."""
        linear, quadratic = _parts(at, self.points)
        size = (at**2).sum(axis=1) / at.shape[1]
        found = np.empty(self.mean.size)
        for k, one in enumerate(self.bases):
            of = self.basis == k
            cross = ((linear + one.curved * quadratic) / self.root) @ one.vectors
            prior = 1.0 + size + one.curved * size**2
            squares = (cross**2).mean(axis=0)
            known = squares @ (1.0 / (one.values[:, None] + self.luck[of] / self.scale[of]))
            found[of] = self.scale[of] * (prior.mean() - known)
        return np.asarray(np.maximum(found, 0.0))

    def left_out(self) -> Floats:
        """Return the errors [n, m] at each run of the surface through all others, in outputs."""
        found = np.empty_like(self.weights)
        for k, one in enumerate(self.bases):
            of = np.flatnonzero(self.basis == k)
            shrunk = one.values[:, None] * self.scale[of] + self.luck[of]
            own = (one.vectors**2) @ (1.0 / shrunk) / self.root[:, None] ** 2
            found[:, of] = self.weights[:, of] / own
        return found

    @property
    def _flat(self) -> Floats:
        return np.asarray(self.weights * self.scale)

    @property
    def _bent(self) -> Floats:
        return np.asarray(self._flat * np.array([one.curved for one in self.bases])[self.basis])


def explained(outputs: Floats, errors: Floats, luck: Floats) -> Floats:
    """Return the share [m] of the variance of outputs [n, m] that is explained out of sample.

    errors: [n, m] of predictions from other runs. luck: [n, m] variance of the luck of each run, which
    nothing could explain and is taken out of both.
    """
    of = np.average(
        (outputs - np.average(outputs, axis=0, weights=1 / luck[:, 0])) ** 2 - luck,
        axis=0,
        weights=1 / luck[:, 0],
    )
    left = np.average(errors**2 - luck, axis=0, weights=1 / luck[:, 0])
    return np.asarray(1.0 - left / np.maximum(of, 1e-12))


def _parts(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return the kernels [k, n] of a constant with linear terms, and of quadratic terms."""
    inner = a @ b.T / a.shape[1]
    return 1.0 + inner, inner**2
