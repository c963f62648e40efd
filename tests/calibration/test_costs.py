"""Prices follow tariffs and budgets, totals are met by what stands beside them, and nothing is on a bound."""

from __future__ import annotations

import numpy as np
import pytest

from calibration import costs
from calibration.costs import NAMES, PRICES, YEARS, best_costs, draw_costs, modelled, published, spread
from calibration.tariffs import PriceEstimate, Step
from sim.model.parameters import Parameters, prior_parameters
from sim.model.prices import paid_places, unit_costs
from sim.states import FORMS

PLACES = [41_000, 172_000, 46_000, 17_000, 15_400, 3_900, 8_800, 750, 27_500, 4_900]
"""Place-years of the country by form: about what the fit makes of 2022."""


@pytest.fixture(scope="module")
def p() -> Parameters:
    return prior_parameters()


@pytest.fixture(scope="module")
def lived() -> dict[int, np.ndarray]:
    return {year: np.array(PLACES, float) * (1.0 + 0.004 * (year - 2022)) for year in YEARS}


def mean_price(forms: tuple[str, ...], values: dict[str, float], p: Parameters, places: np.ndarray) -> float:
    share = np.array([x if form in forms else 0.0 for form, x in zip(FORMS, places, strict=True)])
    share = share * paid_places(p)
    return float(share @ np.array([values[name] for name in PRICES]) / share.sum())


def test_without_budgets_prices_are_those_of_the_tariffs(
    lived: dict[int, np.ndarray], p: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costs, "budgets", lambda: ())
    found = best_costs(lived, p)
    assert [found[name] for name in PRICES] == pytest.approx([p[name] for name in PRICES], rel=1e-6)


@pytest.mark.parametrize("times", [0.8, 1.25])
def test_a_budget_moves_its_own_forms_towards_it_and_no_others(
    lived: dict[int, np.ndarray], p: Parameters, times: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    forms = ("pleegzorg", "residentieel")
    aim = times * mean_price(forms, dict(p), p, lived[2024])
    one = PriceEstimate(forms, "a town", (Step(aim * 0.9, aim, aim * 1.1, "its budget"),))
    monkeypatch.setattr(costs, "budgets", lambda: (one,))
    found = best_costs(lived, p)
    for form in FORMS:
        ratio = found[f"cost.{form}"] / p[f"cost.{form}"]
        assert (ratio - 1.0) * (times - 1.0) > 0 if form in forms else ratio == pytest.approx(1.0, rel=1e-4)
    reached = mean_price(forms, found, p, lived[2024])
    assert abs(np.log(reached / aim)) < abs(np.log(times))
    assert spread(one) > costs.TOWN


def test_all_totals_are_met_whatever_was_lived(lived: dict[int, np.ndarray], p: Parameters) -> None:
    for times in (0.7, 1.0, 1.1):
        places = {year: times * amounts for year, amounts in lived.items()}
        found = modelled(places, p.replace(best_costs(places, p)))
        assert found == pytest.approx(published(p), rel=1e-9)


def test_a_draw_meets_totals_within_their_error_and_places_cost_no_more_than_care(
    lived: dict[int, np.ndarray], p: Parameters
) -> None:
    drawn = [draw_costs(lived, p, np.random.default_rng(k), 4_000) for k in range(60)]
    made = [modelled(lived, p.replace(values)) for values, _ in drawn]
    for name, total in published(p).items():
        own = np.array([each[name] for each in made])
        assert own == pytest.approx(total, rel=0.12)
        assert bool(np.ptp(own) > 0.01 * total) is (name != "all spending 2024")  # which is taken as certain
    assert min(values["cost.rest"] for values, _ in drawn) >= 0.0
    dear = {year: 1.6 * amounts for year, amounts in lived.items()}
    most = [draw_costs(dear, p, np.random.default_rng(k), 4_000)[0] for k in range(20)]
    assert all(values["cost.rest"] >= 0.0 for values in most)
    assert np.mean([v["cost.ambulant"] for v in most]) < np.mean([v["cost.ambulant"] for v, _ in drawn])
    assert len({values["cost.ambulant"] for values, _ in drawn}) > 40
    assert min(size for _, size in drawn) > 100


def test_more_places_than_care_cost_at_any_price_are_refused(
    lived: dict[int, np.ndarray], p: Parameters
) -> None:
    with pytest.raises(ValueError, match="exceed the published care cost"):
        draw_costs({year: 10 * amounts for year, amounts in lived.items()}, p, np.random.default_rng(1), 500)


def test_a_draw_depends_on_its_luck_alone(lived: dict[int, np.ndarray], p: Parameters) -> None:
    first, second = (draw_costs(lived, p, np.random.default_rng(7), 2_000)[0] for _ in range(2))
    assert first == second


def test_tariffs_grew_as_spending_did_beyond_places(p: Parameters) -> None:
    still = {year: np.array(PLACES, float) for year in YEARS}
    grown = (8.1 / (5.5 * 1.227)) ** 0.2 - 1.0
    assert best_costs(still, p)["cost.tariff_growth"] == pytest.approx(grown, rel=1e-6)
    assert set(best_costs(still, p)) == set(NAMES)


def test_what_is_shipped_is_in_the_middle_of_what_was_believed(p: Parameters) -> None:
    """The sum that people check: the places of 2022 at shipped prices, and both totals."""
    care = float(np.array(PLACES) @ unit_costs(2022, p))
    assert 0.5 < care / published(p)["care cost 2022"] < 1.0
