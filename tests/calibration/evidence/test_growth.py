"""The steps from published growth to the named futures: by hand, laws, and the files that they make."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.evidence import growth
from calibration.evidence.growth import (
    BEGIN,
    DOCUMENT,
    END,
    STARTS,
    beside,
    country_2018_2021,
    facts,
    future_text,
    gains,
    growths,
    missed,
    page,
    real,
    spread,
    table,
    wage_share,
    yearly,
    youths,
)
from sim.model.futures import FROM, FUTURE_FILE, FUTURES, POWER, WAGES, futures
from sim.model.parameters import prior_parameters

RENEW = "run python -m calibration.evidence.growth"
FACTS = facts()
rates = st.floats(-0.2, 0.3)


def test_growth_of_spending_is_that_of_the_published_totals() -> None:
    assert real(FACTS, 2015) == pytest.approx((8.1 / (3.6 * 1.311)) ** (1 / 9) - 1)
    assert real(FACTS, 2019) == pytest.approx(0.0372, abs=5e-5)


def test_facts_are_those_of_the_model_where_it_has_them() -> None:
    p = prior_parameters()
    assert FACTS["cpi_2019_2024"] == p["cost.cpi_2019"]
    assert FACTS["total_2019"] * 1e9 == p["cost.total_2019"]
    assert FACTS["total_2024"] * 1e9 == p["cost.total_2024"]
    assert FACTS["registered_2021"] == p["registration.shift_total"]


def test_since_2019_nearly_all_growth_is_cost_for_each_youth() -> None:
    assert youths(FACTS, 2019) == pytest.approx(0.0017, abs=5e-5)
    assert beside(real(FACTS, 2019), youths(FACTS, 2019)) == pytest.approx(0.0354, abs=5e-5)


@given(rates, rates)
def test_two_parts_make_up_the_whole(one: float, other: float) -> None:
    assert beside((1 + one) * (1 + other) - 1, one) == pytest.approx(other, abs=1e-12)


@given(st.floats(1, 1e6), rates, st.integers(1, 50))
def test_growth_a_year_leads_from_one_figure_to_the_other(before: float, rate: float, years: int) -> None:
    assert yearly(before, before * (1 + rate) ** years, years) == pytest.approx(rate, abs=1e-9)


def test_what_the_forecast_of_2017_missed() -> None:
    """Between 2015 and 2019 spending grew 9.4% a year, and 3.7% after: two years of each."""
    assert country_2018_2021(FACTS) == pytest.approx((1.0935**2 * 1.0372**2) ** 0.25 - 1, abs=1e-4)
    country, town = missed(FACTS)
    assert country == pytest.approx(0.0329, abs=1e-4)
    assert town == pytest.approx(0.058)
    both = 2 * spread(FACTS, 4) ** 2  # of both rates, over the years of the forecast
    assert both == pytest.approx((country**2 + town**2) / 2)


@given(st.integers(1, 100))
def test_the_sum_of_growth_is_off_by_the_root_of_the_years(years: int) -> None:
    assert years * spread(FACTS, years) == pytest.approx(spread(FACTS, 1) * years**0.5)


def test_a_future_without_years_has_no_spread() -> None:
    with pytest.raises(ValueError, match="a year or more"):
        spread(FACTS, 0)


def test_the_futures_are_those_of_the_model_and_no_trend_is_carried_on_longer_than_it_was_seen() -> None:
    found = {g.name: g for g in growths(FACTS)}
    assert set(found) == set(FUTURES[1:])
    assert found["history_2019_2024"].last - FROM == 5
    assert found["history_2015_2024"].last - FROM == 9
    assert found["van_ark"].total == pytest.approx(0.047)
    assert found["flat"].total == 0.0
    assert found["almere_long"].total == pytest.approx(1.01 * 1.025 - 1)
    assert found["history_2015_2024"].total == pytest.approx(0.0619, abs=5e-5)


def test_wages_get_less_than_half_of_what_goes_beyond_today() -> None:
    assert wage_share(FACTS) == pytest.approx((1.0413 / 1.021 - 1 - 0.01) / (0.0354 - 0.01), abs=2e-3)
    record = futures()["van_ark"][WAGES]
    assert (record.low, record.high) == (0.05, 0.95)


def test_starts_must_grow_faster_than_youths_as_the_model_has_it() -> None:
    """In a small town: what --gains measures in more children lies within the range."""
    middle, low, high = STARTS
    record = futures()["van_ark"][POWER]
    assert (record.value, record.low, record.high) == (middle, low, high)
    measured = sum(1 / gain for gain in gains(15_000).values()) / len(growth.MEASURED_AT)
    assert low < measured < high


def test_the_file_of_the_model_is_what_the_steps_make() -> None:
    assert FUTURE_FILE.read_text(encoding="utf-8") == future_text(FACTS), RENEW


def test_the_page_has_the_table_of_the_steps() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert page(text, FACTS) == text, RENEW
    assert BEGIN + table(FACTS) + END in text
