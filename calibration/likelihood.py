"""The likelihood of the published figures; errors that figures share are counted once.

Everything is compared as a logarithm. A figure's tolerance is the standard deviation of what it is off
by; half of that variance is its own, the other half is shared with figures about the same youths:
with the figure that it lies `within` in proportion to the root of the youths they share, and with other
years of its series by PERSISTENCE a year. Both are correlations on a tree and on a line, so that the
matrix is a proper covariance whatever targets a file holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from calibration.figures.targets import Target

Floats = NDArray[np.float64]
SHARED = 0.5
"""Share of a tolerance's variance that figures of the same youths have in common (assumed)."""
PERSISTENCE = 0.7
"""Correlation of the shared part between two years that follow each other (assumed)."""
LEAST = 1e-9


@dataclass(frozen=True)
class ObservedTargets:
    """Targets with their observed logarithms [n] and error covariance [n, n]."""

    targets: tuple[Target, ...]
    observed: Floats
    covariance: Floats

    @classmethod
    def of(cls, targets: Sequence[Target], every: Sequence[Target]) -> ObservedTargets:
        """Return the comparison with `targets`; `every` holds the rows that they are shares of."""
        published = {target.id: target.value for target in every}
        observed = np.array([log_of(target, published) for target in targets])
        return cls(tuple(targets), observed, covariance(targets, every))

    def predicted(self, values: Mapping[str, float]) -> Floats:
        """Return the model's logarithms [n] from its values by target id."""
        return np.array([log_of(target, values) for target in self.targets])

    def misfit(self, logs: Floats, extra: Floats | None = None) -> Floats:
        """Return residuals [..., n] in independent standard deviations.

        extra: variance [n] that the predictions themselves have (Monte Carlo, emulator).
        """
        spread = self.covariance + (np.diag(extra) if extra is not None else 0.0)
        root = np.linalg.cholesky(spread)
        found = np.linalg.solve(root, (logs - self.observed).reshape(-1, self.observed.size).T).T
        return np.asarray(found.reshape(logs.shape))

    def gaussian(self, jacobian: Floats, at: Floats, logs: Floats, extra: Floats) -> tuple[Floats, Floats]:
        """Return mean [d] and covariance [d, d] of the posterior of a linear model, with prior N(0, 1).

        jacobian [n, d] and logs [n] are those at the point `at` [d].
        """
        factor = cho_factor(self.covariance + np.diag(extra))
        weighted = cho_solve(factor, jacobian)
        precision = np.eye(at.size) + jacobian.T @ weighted
        spread = np.linalg.inv(precision)
        pull = weighted.T @ (self.observed - logs + jacobian @ at)
        return spread @ pull, (spread + spread.T) / 2


def log_of(target: Target, values: Mapping[str, float]) -> float:
    """Return the logarithm that a target is compared by: of its value, or of its share of other ones."""
    value = max(values[target.id], LEAST)
    whole = sum(values[name] for name in target.share_of) if target.share_of else 1.0
    return float(np.log(value / max(whole, LEAST)))


def covariance(targets: Sequence[Target], every: Sequence[Target]) -> Floats:
    """Return the covariance [n, n] of the relative errors of targets."""
    tolerance = np.array([target.tolerance for target in targets])
    kinship = _kinship(every)
    years = np.array([target.year for target in targets])
    shared = np.array([[kinship(a, b) for b in targets] for a in targets])
    shared *= PERSISTENCE ** np.abs(years[:, None] - years)
    mixed = SHARED * shared + (1 - SHARED) * np.eye(len(targets))
    return np.asarray(tolerance[:, None] * mixed * tolerance)


class _kinship:  # noqa: N801
    """Correlation of two series by the youths they share: along the tree of `within`."""

    def __init__(self, every: Sequence[Target]) -> None:
        self.parent = {target.stem: target.within for target in every}
        self.value: dict[str, dict[int, float]] = {}
        for target in every:
            self.value.setdefault(target.stem, {})[target.year] = target.value

    def __call__(self, a: Target, b: Target) -> float:
        if a.region != b.region:
            return 0.0
        ours, theirs = self._path(a.stem), self._path(b.stem)
        if ours[-1][0] != theirs[-1][0]:
            return 0.0
        mine = dict(ours)
        for stem, strength in theirs:
            if stem in mine:
                return mine[stem] * strength
        return 0.0

    def _path(self, stem: str) -> list[tuple[str, float]]:
        """Return (ancestor, correlation with it) from a series up to the root of its tree."""
        path, strength = [(stem, 1.0)], 1.0
        while parent := self.parent.get(stem, ""):
            strength *= self._overlap(stem, parent)
            path.append((parent, strength))
            stem = parent
        return path

    def _overlap(self, stem: str, parent: str) -> float:
        ours, theirs = self.value[stem], self.value[parent]
        year = max(set(ours) & set(theirs), default=None)
        part = ours[year] if year is not None else float(np.mean(list(ours.values())))
        whole = theirs[year] if year is not None else float(np.mean(list(theirs.values())))
        return float(np.sqrt(min(part / whole, whole / part)))
