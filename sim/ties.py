"""Numbers that are equal but for rounding are equal: no order among them means anything."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
ROUNDING = 1e-10
"""Share of a number that a long sum may lose to rounding."""
OF_THE_LARGEST = 5e-12
"""The same of the largest number there is, for what is left where large numbers cancel out."""


def same(a: ArrayLike, b: ArrayLike, largest: float = 0.0) -> NDArray[np.bool_]:
    """Tell of each pair of numbers whether they are equal but for rounding; NaN equals nothing.

    largest: of the numbers that these were made from, or of those they stand among.
    """
    left, right = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    room = ROUNDING * np.maximum(np.abs(left), np.abs(right)) + OF_THE_LARGEST * max(largest, 1.0)
    return np.asarray(np.abs(left - right) <= room)


def tied(values: ArrayLike) -> Floats:
    """Return numbers [n] in which those that are equal but for rounding are made the same number."""
    numbers = np.array(values, dtype=np.float64)
    largest = float(np.abs(numbers).max(initial=0.0))
    first = None
    for k in np.argsort(numbers, kind="stable").tolist():
        if first is not None and same(numbers[k], numbers[first], largest):
            numbers[k] = numbers[first]
        else:
            first = k
    return numbers
