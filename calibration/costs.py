"""Money, calibrated in a step of its own: prices of places, then what spending holds beside them.

The price of a place comes from tariffs (tariffs.py), weighed against budgets of towns, which say what the
places of several forms cost on average. No total moves it, but for one thing: places times prices may not
exceed the care cost that was published.

Two published totals do not measure the same. Care cost (2022) beyond places times prices is the rest; all
spending (2024) beyond care cost is fixed. Both follow in closed form, as do tariffs from all spending in 2019
and 2024. Each draw has its own place-years and its own errors of the totals. Prices are drawn from what is
believed before, and one is taken by its weight (sampling importance resampling; Rubin 1987).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from calibration.tariffs import PriceEstimate, budgets
from sim.model.parameters import Parameters
from sim.model.prices import PRICE_YEAR, paid_places, spending
from sim.states import FORMS

Floats = NDArray[np.float64]
PRICES = tuple(f"cost.{form}" for form in FORMS)
NAMES = (*PRICES, "cost.overhead", "cost.rest", "cost.tariff_growth")
CARE_YEAR, FIRST_YEAR = 2022, 2019
YEARS = (FIRST_YEAR, CARE_YEAR, PRICE_YEAR)
"""The years of the totals, of which place-years are needed."""
TOWN = 0.25
"""Standard deviation, relative: how far the mix and prices of one town are from the country's (assumed)."""
CANDIDATES = 20_000
_FAR = 2.5
"""Standard deviations beyond which an elicited range says nothing, as in Parameters.draw."""
_Z95 = 1.6448536269514722


def published(p: Parameters) -> dict[str, float]:
    """Return the totals by name, in euros of 2024."""
    return {
        "all spending 2019": p["cost.total_2019"] * p["cost.cpi_2019"],
        "care cost 2022": p["cost.care_total_2022"] * p["cost.cpi_2022"],
        "all spending 2024": p["cost.total_2024"],
    }


def modelled(place_years: Mapping[int, Floats], p: Parameters) -> dict[str, float]:
    """Return what the model makes of the same totals, from place-years [forms] by year."""
    found = {}
    for name in published(p):
        kind, _, year = name.rpartition(" ")
        lived = place_years[int(year)]
        parts = spending(lived, lived, int(year), p.replace({"cost.whole": float(kind == "all spending")}))
        found[name] = sum(parts.values())
    return found


def best_costs(place_years: Mapping[int, Floats], p: Parameters) -> dict[str, float]:
    """Return the most probable prices, and what follows from them."""

    def cost(z: Floats) -> float:
        return float(z @ z + _misfit(_prices(z[None], p), place_years[PRICE_YEAR], p)[0])

    found = minimize(cost, np.zeros(len(PRICES)), method="L-BFGS-B", bounds=[(-_FAR, _FAR)] * len(PRICES))
    prices = _prices(np.asarray(found.x, dtype=np.float64)[None], p)
    return _named(prices, _beside(prices, place_years, p))


def draw_costs(
    place_years: Mapping[int, Floats], p: Parameters, luck: np.random.Generator, candidates: int = CANDIDATES
) -> tuple[dict[str, float], float]:
    """Return costs drawn from their posterior, and the effective number of candidates behind them.

    Raises ValueError where no candidate leaves places times prices below the published care cost.
    """
    prices = _prices(np.clip(luck.standard_normal((candidates, len(PRICES))), -_FAR, _FAR), p)
    totals = {
        name: p.records[name].at(float(luck.standard_normal()))
        for name in ("cost.total_2019", "cost.care_total_2022", "cost.total_2024")
    }
    beside = _beside(prices, place_years, p.replace(totals))
    weight = np.exp(-0.5 * _misfit(prices, place_years[PRICE_YEAR], p)) * (beside[:, 1] >= 0.0)
    if not weight.any():
        raise ValueError("places times prices exceed the published care cost at all prices that are believed")
    weight /= weight.sum()
    chosen = [int(luck.choice(candidates, p=weight))]
    return _named(prices[chosen], beside[chosen]), float(1.0 / (weight**2).sum())


@dataclass(frozen=True)
class Priced:
    """Costs by name of the best fit and each draw, and what is said of them in diagnostics.json."""

    rows: Sequence[Mapping[str, float]]
    spending: dict[str, Any]


def priced(outcomes: Sequence[Mapping[str, float]], p: Parameters, seed: int) -> Priced:
    """Return the costs that belong to the outcomes of runs: of the best fit first, then of the draws."""
    first, *others = lived = [_place_years(outcome) for outcome in outcomes]
    best = best_costs(first, p)
    drawn = [draw_costs(one, p, np.random.default_rng([seed, 5, k])) for k, one in enumerate(others)]
    rows = [best, *(row for row, _ in drawn)]
    made = [modelled(one, p.replace(row)) for one, row in zip(lived, rows, strict=True)]
    before = modelled(first, p)
    totals = {
        name: {"published": total, "best": made[0][name], "before_the_fit": before[name],
               **_ends([each[name] for each in made[1:]], 0.025)}
        for name, total in published(p).items()
    }  # fmt: skip
    prices = [
        {"name": name, "prior": p[name], "prior_low": p.records[name].low,
         "prior_high": p.records[name].high, "best": best[name],
         **_ends([row[name] for row in rows[1:]], 0.05)}
        for name in NAMES
    ]  # fmt: skip
    parts = spending(first[PRICE_YEAR], first[PRICE_YEAR], PRICE_YEAR, p.replace(best))
    return Priced(rows, {
        "totals": totals, "parts": parts, "prices": prices,
        "effective_candidates": min(size for _, size in drawn),
    })  # fmt: skip


def _place_years(outcome: Mapping[str, float]) -> dict[int, Floats]:
    return {year: np.array([outcome[f"place_years.{form}.{year}"] for form in FORMS]) for year in YEARS}


def _ends(values: Sequence[float], tail: float) -> dict[str, float]:
    low, high = np.quantile(values, (tail, 1.0 - tail))
    return {"low": float(low), "high": float(high)}


def _named(prices: Floats, beside: Floats) -> dict[str, float]:
    return dict(zip(NAMES, [*prices[0].tolist(), *beside[0].tolist()], strict=True))


def _prices(z: Floats, p: Parameters) -> Floats:
    """Return prices [k, forms] at standard deviations z [k, forms] of what is believed before."""
    ends = np.array([(r.low, r.value, r.high) for r in (p.records[name] for name in PRICES)])
    low, middle, high = np.log(ends).T
    return np.asarray(np.exp(middle + z / _Z95 * np.where(z > 0, high - middle, middle - low)))


def _misfit(prices: Floats, place_years: Floats, p: Parameters) -> Floats:
    """Return squared distances [k] of mean prices [k, forms] from the budgets, in standard deviations."""
    paid = place_years * paid_places(p)
    found: Floats = np.zeros(len(prices))
    for budget in budgets():
        share = np.where([form in budget.forms for form in FORMS], paid, 0.0)
        found = found + (np.log(prices @ share / share.sum() / budget.middle) / spread(budget)) ** 2
    return found


def spread(budget: PriceEstimate) -> float:
    """Return the standard deviation of a budget as evidence on the country, on the log scale."""
    return float(np.hypot(np.log(budget.high / budget.low) / (2.0 * _Z95), TOWN))


def _beside(prices: Floats, place_years: Mapping[int, Floats], p: Parameters) -> Floats:
    """Return overhead, rest and growth of tariffs [k, 3] by which all totals are met."""
    care = {year: prices @ (place_years[year] * paid_places(p)) for year in YEARS}
    whole_2019, care_2022, whole_2024 = published(p).values()
    grown = care[FIRST_YEAR] / care[PRICE_YEAR] * whole_2024 / whole_2019
    growth = grown ** (1.0 / (PRICE_YEAR - FIRST_YEAR)) - 1.0
    rest = care_2022 * (1.0 + growth) ** (PRICE_YEAR - CARE_YEAR) / care[CARE_YEAR] - 1.0
    overhead = whole_2024 / care[PRICE_YEAR] - 1.0 - rest
    return np.stack([overhead, rest, growth], axis=1)
