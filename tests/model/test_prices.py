"""Unit costs grow as they should, and spending is place-years times unit costs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model.catalogue import catalogue
from sim.model.parameters import Parameters, default_parameters
from sim.model.prices import (
    PRICE_YEAR,
    ambulant_registration,
    fte_price,
    paid_places,
    spending,
    tariff_factor,
    unit_costs,
    worker_price,
)
from sim.states import FORMS

YEARS = st.integers(1995, 2100)


def growing(observed: float, expected: float) -> Parameters:
    return default_parameters().replace(
        {"cost.tariff_growth": observed, "cost.tariff_growth_projection": expected}
    )


def test_prices_of_the_price_year_are_the_parameters(parameters: Parameters) -> None:
    assert tariff_factor(PRICE_YEAR, parameters) == 1.0
    bare = parameters.replace({"registration.shift_ambulant": 0.0})
    own = [parameters[f"cost.{form}"] for form in FORMS]
    assert unit_costs(PRICE_YEAR, bare) == pytest.approx(own)
    own[FORMS.index("ambulant")] *= ambulant_registration(parameters)
    assert unit_costs(PRICE_YEAR, parameters) == pytest.approx(own)
    assert fte_price("cost.kinderwerk_fte", PRICE_YEAR, parameters) == parameters["cost.kinderwerk_fte"]


def test_a_worker_costs_the_part_of_an_fte_that_each_has() -> None:
    p = default_parameters()
    for programme in catalogue().values():
        full = fte_price(programme.price, 2030, p)
        assert worker_price(programme, 2030, p) == full
        assert programme.workers in (None, f"{programme.name}.fte_per_worker")
    part = p.replace({"kinderwerk.fte_per_worker": 0.67})
    child_work = catalogue()["kinderwerk"]
    assert worker_price(child_work, 2030, part) == pytest.approx(0.67 * worker_price(child_work, 2030, p))
    assert worker_price(catalogue()["bso"], 2030, part) == fte_price("cost.bso_fte", 2030, p)


def test_tariffs_grew_as_observed_before_and_grow_as_expected_after() -> None:
    p = growing(0.02, 0.01)
    assert tariff_factor(2019, p) == pytest.approx(1.02**-5, rel=1e-12)
    assert tariff_factor(2034, p) == pytest.approx(1.01**10, rel=1e-12)


@given(YEARS, st.floats(-0.05, 0.1), st.floats(-0.05, 0.1))
def test_a_year_adds_one_year_of_growth(year: int, observed: float, expected: float) -> None:
    p = growing(observed, expected)
    growth = observed if year < PRICE_YEAR else expected
    assert tariff_factor(year + 1, p) / tariff_factor(year, p) == pytest.approx(1 + growth, rel=1e-9)


@given(YEARS)
def test_every_price_follows_the_same_tariffs(year: int) -> None:
    p = default_parameters()
    factor = tariff_factor(year, p)
    assert unit_costs(year, p) == pytest.approx(unit_costs(PRICE_YEAR, p) * factor, rel=1e-12)
    assert fte_price("cost.kinderwerk_fte", year, p) == pytest.approx(p["cost.kinderwerk_fte"] * factor)


@given(st.lists(st.floats(0, 1e6), min_size=len(FORMS), max_size=len(FORMS)), YEARS)
def test_care_is_place_years_times_prices_and_the_rest_stands(amounts: list[float], year: int) -> None:
    p = default_parameters()
    before = np.arange(10.0, 10.0 + len(FORMS))
    by_hand = sum(a * c for a, c in zip(amounts, unit_costs(year, p), strict=True))
    base = sum(a * c for a, c in zip(before, unit_costs(year, p), strict=True))
    found = spending(np.array(amounts), before, year, p)
    assert found["care"] == pytest.approx(by_hand, rel=1e-9)
    assert found["fixed"] == pytest.approx(base * p["cost.overhead"], rel=1e-9)
    assert found["rest"] == pytest.approx(base * p["cost.rest"], rel=1e-9)
    assert spending(np.array(amounts), before, year, p.replace({"cost.whole": 0.0}))["fixed"] == 0.0


@pytest.mark.parametrize("form", FORMS)
def test_doubling_a_unit_cost_doubles_its_own_spending_only(form: str, parameters: Parameters) -> None:
    dear = parameters.replace({f"cost.{form}": 2 * parameters[f"cost.{form}"]})
    ratio = unit_costs(2030, dear) / unit_costs(2030, parameters)
    assert ratio == pytest.approx([2.0 if other == form else 1.0 for other in FORMS], rel=1e-12)


def test_ambulant_help_that_was_not_counted_before_2021_is_paid_for_in_every_year() -> None:
    p = default_parameters().replace(
        {"registration.shift_ambulant": 50.0, "registration.ambulant_2019": 200.0}
    )
    assert ambulant_registration(p) == pytest.approx(1.25)
    assert paid_places(p) == pytest.approx([1.25 if form == "ambulant" else 1.0 for form in FORMS])
    bare = p.replace({"registration.shift_ambulant": 0.0})
    assert paid_places(bare) == pytest.approx(np.ones(len(FORMS)))
    for year in (2015, 2020, 2021, PRICE_YEAR, 2040):
        assert unit_costs(year, p) == pytest.approx(unit_costs(year, bare) * paid_places(p), rel=1e-12)
        assert fte_price("cost.kinderwerk_fte", year, p) == fte_price("cost.kinderwerk_fte", year, bare)


def test_a_price_that_is_not_there_is_named(parameters: Parameters) -> None:
    with pytest.raises(KeyError, match=r"cost\.kinderwerk_fte"):
        fte_price("cost.kinderwerk_ftee", 2030, parameters)
