"""The one place where rates become probabilities, probabilities become rates, and money is discounted.

Rates are per year everywhere in parameters. A rate that is constant over an interval of `years`
gives at least one event in it with probability ``1 - exp(-rate * years)``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def rate_to_probability(rate: ArrayLike, years: float = 1.0) -> Floats:
    """Return the probability of at least one event in `years` under a constant yearly `rate`.

    Raises ValueError where a rate is negative or not finite.
    """
    rates = np.asarray(rate, dtype=np.float64)
    if not np.all(np.isfinite(rates)) or np.any(rates < 0):
        raise ValueError("a rate must be finite and not negative")
    return np.asarray(-np.expm1(-rates * years), dtype=np.float64)


def probability_to_rate(probability: ArrayLike, years: float = 1.0) -> Floats:
    """Return the constant yearly rate under which `probability` is reached in `years`.

    Raises ValueError where a probability lies outside [0, 1).
    """
    p = np.asarray(probability, dtype=np.float64)
    if not np.all((p >= 0) & (p < 1)):
        raise ValueError("a probability that becomes a rate must lie in [0, 1)")
    return np.asarray(-np.log1p(-p) / years, dtype=np.float64)


def competing_hazards(probabilities: ArrayLike, years: float = 1.0) -> Floats:
    """Return competing yearly hazards that give `probabilities` out of one state within `years`.

    With p the probabilities (last axis: destinations), H = -ln(1 - sum p) is the total hazard and
    h_i = H p_i / sum p its parts: the event that comes first is i with probability p_i.

    Raises ValueError where the probabilities out of a state add up to one or more.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    total = p.sum(axis=-1, keepdims=True)
    hazard = probability_to_rate(total, years)
    share = np.divide(p, total, out=np.zeros_like(p), where=total > 0)
    return np.asarray(hazard * share, dtype=np.float64)


def competing_probabilities(hazards: ArrayLike, years: float = 1.0) -> Floats:
    """Return the probabilities that each of the competing `hazards` (last axis) strikes first.

    The inverse of `competing_hazards`.
    """
    h = np.asarray(hazards, dtype=np.float64)
    total = h.sum(axis=-1, keepdims=True)
    leave = rate_to_probability(total, years)
    share = np.divide(h, total, out=np.zeros_like(h), where=total > 0)
    return np.asarray(leave * share, dtype=np.float64)


def discount_factor(rate: float, years: ArrayLike) -> Floats:
    """Return ``(1 + rate) ** -years``, the present value of one euro (or effect) after `years`.

    Raises ValueError where `rate` is -1 or lower.
    """
    if rate <= -1:
        raise ValueError("a discount rate must be above -100 percent")
    return np.asarray((1.0 + rate) ** -np.asarray(years, dtype=np.float64), dtype=np.float64)
