"""Named futures: closed forms of their growth, what they leave alone, and the luck they share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.evidence.growth import growing
from sim.errors import InputError
from sim.model.futures import (
    COST,
    FROM,
    FUTURES,
    NAMES,
    POWER,
    VOLUME,
    WAGES,
    YEARS,
    foreseeing,
    future_data,
    futures,
    read_futures,
    years_grown,
)
from sim.model.parameters import default_parameters
from sim.model.prices import PRICE_YEAR, fte_price, unit_costs, wage_factor
from sim.model.processes import default_table
from sim.model.transitions import compile_table
from sim.states import EPOCH_YEAR

P = default_parameters()
TODAY = P["cost.tariff_growth_projection"]
NAMED = FUTURES[1:]
YEAR, GROWTH = st.integers(2015, 2120), st.floats(-0.1, 0.15)


# ---- closed forms


@given(st.integers(0, 60), st.integers(1, 60), GROWTH)
def test_a_place_costs_what_growth_makes_of_it(t: int, years: int, growth: float) -> None:
    """(1 + g)^t of it in year t, and after the last year as today."""
    p = growing(0.0, growth, years, 1.0)
    inside, after = min(t, years), max(t - years, 0)
    expected = unit_costs(FROM, P) * (1 + growth) ** inside * (1 + TODAY) ** after
    assert unit_costs(FROM + t, p) == pytest.approx(expected, rel=1e-10)


@given(st.integers(2015, FROM), st.sampled_from(NAMED))
def test_up_to_the_year_of_what_is_known_all_costs_what_it_does_today(year: int, future: str) -> None:
    p = foreseeing(P, future)
    assert unit_costs(year, p).tobytes() == unit_costs(year, P).tobytes()
    assert fte_price("cost.kinderwerk_fte", year, p) == fte_price("cost.kinderwerk_fte", year, P)


@given(st.integers(FROM + 1, FROM + 60), GROWTH, st.floats(0.0, 1.0))
def test_wages_have_their_share_of_what_goes_beyond_today(year: int, growth: float, share: float) -> None:
    p = growing(0.0, growth, 60, 1.0, share)
    # where nothing grows, wages do not grow either
    yearly = growth if growth <= TODAY else TODAY + share * (growth - TODAY)
    expected = (1 + TODAY) ** (FROM - PRICE_YEAR) * (1 + yearly) ** (year - FROM)
    assert wage_factor(year, p) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("growth", [-0.02, 0.0, 0.03])
def test_starts_follow_the_path_of_youths_and_no_other_rate_moves(growth: float) -> None:
    years, power = 6, 2.3
    ours = compile_table(default_table(), growing(growth, 0.0, years, power), FROM + 10)
    today = compile_table(default_table(), P, FROM + 10)
    starts = {t.name for process in default_table().processes.values() for t in process.transitions if t.path}
    assert {"start_ambulant", "start_wijkteam", "start_residentieel"} <= starts
    access = np.exp(P["access.growth_projection"])
    for row, name in enumerate(ours.rows):
        for year in (FROM - 6, FROM, FROM + 1, FROM + years, FROM + 10):
            inside = years_grown(year, growing(growth, 0.0, years, power))
            after = max(year - FROM, 0) - inside
            factor = (1 + growth) ** (power * inside) * access**after if name in starts else 1.0
            one, other = ours.hazards.rate[year - EPOCH_YEAR, row], today.hazards.rate[year - EPOCH_YEAR, row]
            np.testing.assert_allclose(one, other * factor, rtol=1e-10)


@given(YEAR, st.integers(0, 94))
def test_years_of_growth_are_counted_from_what_is_known_to_the_last(year: int, years: int) -> None:
    counted = sum(FROM < y <= min(year, FROM + years) for y in range(2015, 2121))
    assert years_grown(year, growing(0.0, 0.0, years, 1.0)) == counted
    assert years_grown(year, P) == 0


# ---- what a future is


def test_the_usual_future_changes_nothing() -> None:
    assert foreseeing(P, "model_today") is P
    assert not futures()["model_today"]


def test_nothing_grows_in_the_flat_one_as_long_as_any_scenario_lasts() -> None:
    p = foreseeing(P, "flat")
    assert all(p.draw(0, k)[name] == p[name] for k in (1, 2) for name in NAMES)
    for year in (FROM, 2045, 2120):
        assert unit_costs(year, p) == pytest.approx(unit_costs(FROM, P))
        assert wage_factor(year, p) == pytest.approx(wage_factor(FROM, P))


@pytest.mark.parametrize("future", NAMED)
def test_a_future_adds_its_numbers_and_moves_no_other_in_any_draw(future: str) -> None:
    p = foreseeing(P, future)
    assert set(p) - set(P) == set(NAMES) == set(futures()[future])
    for k in (0, 1, 7):
        one, other = P.draw(3, k), p.draw(3, k)
        assert all(one[name] == other[name] for name in P)


@pytest.mark.parametrize("future", [name for name in NAMED if name != "flat"])
def test_draws_have_the_range_of_the_file(future: str) -> None:
    p = foreseeing(P, future)
    for name in (VOLUME, COST, POWER, WAGES):
        drawn = np.array([p.draw(0, k)[name] for k in range(1, 513)])
        record = p.records[name]
        assert np.mean((drawn >= record.low) & (drawn <= record.high)) == pytest.approx(0.9, abs=0.005)
        assert np.median(drawn) == pytest.approx(record.value, abs=2e-3)
    assert all(0.0 < p.draw(0, k)[WAGES] < 1.0 for k in range(1, 200))
    assert {p.draw(0, k)[YEARS] for k in range(5)} == {p[YEARS]}


def test_two_futures_meet_the_same_luck() -> None:
    low, high = foreseeing(P, "history_2019_2024"), foreseeing(P, "history_2015_2024")
    first, second = (
        [p.draw(0, k)[COST] for k in range(1, 60)] for p in (low, high)
    )
    assert np.corrcoef(np.argsort(np.argsort(first)), np.argsort(np.argsort(second)))[0, 1] > 0.999


def test_what_was_set_before_stays() -> None:
    p = growing(0.02, 0.03, 5, 2.0)
    assert foreseeing(p, "van_ark") is p
    once = foreseeing(P, "van_ark")
    assert foreseeing(once, "flat") is once


def test_an_unknown_future_is_refused() -> None:
    with pytest.raises(KeyError):
        foreseeing(P, "boom")


def test_a_future_as_data_has_its_numbers() -> None:
    assert future_data("model_today") == {"future": "model_today", "parameters": {}}
    found = future_data("van_ark")["parameters"]
    assert found[VOLUME]["range"][0] < found[VOLUME]["value"] < found[VOLUME]["range"][1]  # type: ignore[index]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("future,name,value\n", "expected the columns"),
        ("flat,cost.hope,1,1,1,per year,linear,assumed,x\n", "unknown parameter 'cost.hope'"),
        ("model_today,cost.future_growth,1,1,1,per year,linear,assumed,x\n", "unknown parameter"),
        ("flat,cost.future_growth,3,1,2,per year,linear,assumed,x\n", "outside its range"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_line(tmp_path: Path, rows: str, words: str) -> None:
    head = "" if rows.startswith("future,") else "future,name,value,low,high,unit,scale,grade,source\n"
    file = tmp_path / "futures.csv"
    file.write_text(head + rows)
    with pytest.raises(InputError, match=words) as caught:
        read_futures(file)
    assert caught.value.problems[0].line == (1 if not head else 2)
