"""Unit costs, calibrated jointly to what municipalities spent in 2019 and 2024.

Each draw has its own place-years by form. Given those, spending is a closed form of unit costs, overhead
and the growth of tariffs, so that the posterior is sampled directly: many candidates around its mode, one of
which is taken by its weight (sampling importance resampling; Rubin 1987). Unit costs stay within their
graded ranges: a total that those cannot reach stays unreached, and the report says so.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import truncnorm

from sim.model.parameters import Parameters
from sim.model.prices import care_spending, paid_places
from sim.states import FORMS

Floats = NDArray[np.float64]
NAMES = (*(f"cost.{form}" for form in FORMS), "cost.overhead", "cost.tariff_growth")
TOLERANCE = 0.015
"""Standard deviation of the totals, relative: they are rounded, and one lies between 5.4 and 5.6 billion."""
CANDIDATES = 40_000
WIDTH = 0.6
"""Spread of candidates around the mode, in standard deviations of the priors."""
_Z95 = 1.6448536269514722


def totals(p: Parameters) -> dict[int, float]:
    """Return what municipalities spent by year, in euros of 2024."""
    return {2019: p["cost.total_2019"] * p["cost.cpi_2019"], 2024: p["cost.total_2024"]}


def spending(place_years: Mapping[int, Floats], p: Parameters) -> dict[int, float]:
    """Return what the model spends by year, in euros of 2024, from place-years [forms] by year."""
    return {year: care_spending(amounts, year, p) for year, amounts in place_years.items()}


def best_costs(place_years: Mapping[int, Floats], p: Parameters) -> dict[str, float]:
    """Return the most probable unit costs within their ranges."""
    return _named(_values(_best(place_years, p)[None], p)[0])


def draw_costs(
    place_years: Mapping[int, Floats], p: Parameters, luck: np.random.Generator, candidates: int = CANDIDATES
) -> tuple[dict[str, float], float]:
    """Return unit costs drawn from their posterior, and the effective number of candidates behind it."""
    middle = _best(place_years, p)
    low, high = (-_Z95 - middle) / WIDTH, (_Z95 - middle) / WIDTH
    steps = truncnorm.rvs(low, high, size=(candidates, middle.size), random_state=luck)
    z = middle + WIDTH * steps
    log_weight = -0.5 * (_misfit(_values(z, p), place_years, p) + (z**2).sum(axis=1) - (steps**2).sum(axis=1))
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    chosen = z[luck.choice(candidates, p=weight)]
    return _named(_values(chosen[None], p)[0]), float(1.0 / (weight**2).sum())


def _best(place_years: Mapping[int, Floats], p: Parameters) -> Floats:
    """Return the mode in standard deviations of the priors, which end at their ranges."""

    def cost(z: Floats) -> float:
        return float(z @ z + _misfit(_values(z[None], p), place_years, p)[0])

    found = minimize(cost, np.full(len(NAMES), 0.5), method="L-BFGS-B", bounds=[(-_Z95, _Z95)] * len(NAMES))
    return np.asarray(found.x, dtype=np.float64)


def _named(values: Floats) -> dict[str, float]:
    return dict(zip(NAMES, values.tolist(), strict=True))


def _values(z: Floats, p: Parameters) -> Floats:
    """Return values [k, names] at standard deviations z [k, names] of their priors."""
    columns: list[Floats] = []
    for j, name in enumerate(NAMES):
        record = p.records[name]
        low, high = record.at(-1.0), record.at(1.0)
        if record.scale == "log":
            up, down = np.log(high / record.value), np.log(record.value / low)
            columns.append(record.value * np.exp(z[:, j] * np.where(z[:, j] > 0, up, down)))
        else:
            up, down = high - record.value, record.value - low
            columns.append(np.maximum(record.value + z[:, j] * np.where(z[:, j] > 0, up, down), 0.0))
    return np.stack(columns, axis=1)


def _misfit(values: Floats, place_years: Mapping[int, Floats], p: Parameters) -> Floats:
    """Return squared distances [k] from both totals, in standard deviations."""
    unit, overhead, growth = values[:, : len(FORMS)] * paid_places(p), values[:, -2], values[:, -1]
    found: Floats = np.zeros(len(values))
    for year, total in totals(p).items():
        real = (1.0 + growth) ** (min(year, 2024) - 2024)
        spent = unit @ place_years[year] * (1.0 + overhead) * real
        found = found + (np.log(spent / total) / TOLERANCE) ** 2
    return found
