"""What a place-year costs, in euros of the price year 2024, and what youth care costs beside its places.

Spending under the Jeugdwet has three parts. Care: places times their price by form. Fixed: access, prevention
and execution. Rest: care cost that places and prices do not explain. Fixed and rest are shares of the care of
the year before a scenario starts, and grow with tariffs: a place that is not needed saves its price alone.
Care and rest make up the care cost, all three all spending; `cost.whole` says which of both is shown.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.model.catalogue import Programme
from sim.model.futures import COST, WAGES, years_grown
from sim.model.parameters import Parameters
from sim.states import FORMS

PRICE_YEAR = 2024
CARE, FIXED, REST, PROGRAMMES = "care", "fixed", "rest", "programmes"
STANDING = (FIXED, REST)
"""The parts that no avoided place lowers."""
PARTS = (CARE, *STANDING, PROGRAMMES)
"""The parts of the cost of a town; programmes stand apart from youth care."""


def tariff_factor(year: int, p: Parameters) -> float:
    """Return what a place costs in `year` over what it cost in the price year, consumer prices apart."""
    return _growth(year, p, p.get(COST, 0.0))


def wage_factor(year: int, p: Parameters) -> float:
    """Return what a worker costs in `year` over what one cost in the price year, consumer prices apart.

    As tariffs do; but of what a named future adds to growth they have a share: the rest is more help for each
    youth, and no dearer hour.
    """
    today, cost = p["cost.tariff_growth_projection"], p.get(COST, 0.0)
    return _growth(year, p, min(cost, today) + p.get(WAGES, 0.0) * max(cost - today, 0.0))


def _growth(year: int, p: Parameters, future: float) -> float:
    """Return growth since the price year. future: growth a year, in the years of a named future."""
    grown = (1.0 + p["cost.tariff_growth"]) ** (min(year, PRICE_YEAR) - PRICE_YEAR)
    named = years_grown(year, p)
    expected = (1.0 + p["cost.tariff_growth_projection"]) ** (max(year - PRICE_YEAR, 0) - named)
    return float(grown * expected * (1.0 + future) ** named)


def ambulant_registration(p: Parameters) -> float:
    """Return all ambulant help over what was counted before providers were added in 2021."""
    return 1.0 + p["registration.shift_ambulant"] / p["registration.ambulant_2019"]


def paid_places(p: Parameters) -> NDArray[np.float64]:
    """Return the paid places for each simulated place, float64[forms].

    Lives are fitted to registrations of 2015-2019. Providers that began to be counted in 2021 were paid
    before that year as well.
    """
    return np.array([ambulant_registration(p) if form == "ambulant" else 1.0 for form in FORMS])


def unit_costs(year: int, p: Parameters) -> NDArray[np.float64]:
    """Return euros per simulated place-year by form, float64[forms]."""
    return np.array([p[f"cost.{form}"] for form in FORMS]) * paid_places(p) * tariff_factor(year, p)


def spending(
    place_years: NDArray[np.float64], before: NDArray[np.float64], year: int, p: Parameters
) -> dict[str, float]:
    """Return municipal spending on youth care in a year by part, without programmes.

    place_years, before: place-years by form [forms] in that year, and in the year before the start.
    """
    prices = unit_costs(year, p)
    base = float(before @ prices)
    return {
        CARE: float(place_years @ prices),
        FIXED: base * p["cost.overhead"] * p["cost.whole"],
        REST: base * p["cost.rest"],
    }


def fte_price(parameter: str, year: int, p: Parameters) -> float:
    """Return euros per FTE-year of a worker; wages follow the tariffs of care (see `wage_factor`)."""
    return p[parameter] * wage_factor(year, p)


def worker_price(programme: Programme, year: int, p: Parameters) -> float:
    """Return euros a year for each unit of a programme's budget: an FTE, or a worker who has part of one."""
    return fte_price(programme.price, year, p) * (p[programme.workers] if programme.workers else 1.0)
