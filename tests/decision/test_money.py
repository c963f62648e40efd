"""Money by perspective, discounting and payer: closed forms, signs and sums."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.decision.comparison import CASHABLE, MUNICIPAL, SOCIETY, Difference, difference
from sim.decision.money import (
    DISCOUNTS,
    PERSPECTIVES,
    Discounting,
    budget_impact,
    payback,
    per_unit,
    side_by_side,
    worth,
)
from sim.runs.experiment import Options, run_all
from sim.runs.warmstore import WarmStore
from tests.worlds import run_of, scenario

YEARS = 8
ALL = ("cost", "total", "all")
FAMILY = ("cost_society", "payer", "family")
WORK = ("cost", "programme", "kinderwerk")
NEED = ("need_stock", "need", "moderate")
RATE = DISCOUNTS[1]


def even(yearly: float | list[float]) -> np.ndarray:
    return np.broadcast_to(np.reshape(yearly, (-1, 1)) / 4, (YEARS, 4)).copy()


def made(saved: list[float], spent: float = 100.0, beyond: float = 0.0, need: float = -2.0) -> Difference:
    """Return a difference: workers cost `spent` a year, draw k saves saved[k] a year on care."""
    none = {ALL: even(0.0)}
    runs = []
    for draw, less in enumerate(saved, 1):
        net = even(spent - less)
        runs.append(
            run_of(
                none,
                {
                    ALL: net, MUNICIPAL: net, CASHABLE: even(spent - less / 2), WORK: even(spent),
                    ("cost", "payer_form", "gemeente|kinderwerk"): even(spent),
                    SOCIETY: even(-beyond), FAMILY: even(-beyond / 4), NEED: even(need),
                },
                draw=draw,
            )
        )  # fmt: skip
    return difference(runs, 1, 0, range(2026, 2026 + YEARS))


@given(st.floats(-0.02, 0.1), st.floats(-200, 200))
def test_the_present_value_of_the_same_every_year_is_an_annuity(rate: float, saved: float) -> None:
    found = worth(made([saved]), "municipality", Discounting("own", rate, rate), YEARS)
    annuity = YEARS if rate == 0 else -math.expm1(-YEARS * math.log1p(rate)) / rate  # exact near 0 as well
    assert found.net_present_value.value == pytest.approx((saved - 100) * annuity, abs=1e-6)


def test_a_ratio_is_of_means_and_comes_with_its_probability() -> None:
    found = worth(made([50.0, 150.0, 130.0, 90.0]), "municipality", RATE, YEARS)
    assert found.ratio.value == pytest.approx(1.05)
    assert found.ratio.probability == 0.5
    free = worth(made([50.0], spent=0.0), "municipality", RATE, YEARS)
    assert free.ratio.value is None
    assert free.ratio.probability == 1.0


def test_perspectives_differ_by_what_they_count() -> None:
    d = made([50.0], beyond=40.0)
    at = {p: worth(d, p, DISCOUNTS[0], YEARS).net_present_value.value / YEARS for p in PERSPECTIVES}
    assert at == pytest.approx(
        {"municipality, cash": -75, "municipality": -50, "all public payers": -20, "society": -10}
    )


def test_all_perspectives_at_all_rates() -> None:
    rows = side_by_side(made([50.0, 60.0]), YEARS)
    assert len(rows) == len(PERSPECTIVES) * len(DISCOUNTS)
    assert {row.year for row in rows} == {2026 + YEARS - 1}
    assert [d.costs for d in DISCOUNTS] == [0.0, 0.0225, 0.03, 0.04]


def test_deadweight_makes_public_money_dearer() -> None:
    plain, dear = (worth(made([50.0]), "municipality", RATE, YEARS, w) for w in (0.0, 0.25))
    assert dear.net_present_value.value == pytest.approx(1.25 * plain.net_present_value.value)
    assert dear.ratio.value == pytest.approx(plain.ratio.value)


def test_swapping_scenarios_flips_every_sign(tmp_path: Path) -> None:
    scenarios = [scenario(0), scenario(36)]
    runs = list(run_all(scenarios, Options(children=1000, first_draw=2), WarmStore(tmp_path)))
    there, back = (difference(runs, *pair, range(2026, 2030)) for pair in ((1, 0), (0, 1)))
    for ours, theirs in zip(side_by_side(there, 4), side_by_side(back, 4), strict=True):
        assert ours.net_present_value.value == pytest.approx(-theirs.net_present_value.value)
        assert ours.net_present_value.value != 0
    assert budget_impact(there)[0].net.value == pytest.approx(-budget_impact(back)[0].net.value)


def test_a_cost_per_unit_needs_something_that_is_avoided() -> None:
    found = per_unit(
        made([50.0, 60.0, 70.0]), "child-year with moderate or complex need", DISCOUNTS[0], YEARS
    )
    assert found.avoided == pytest.approx(2 * YEARS)
    assert found.value == pytest.approx(40 / 2)
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.value <= found.high
    none = per_unit(made([50.0, 60.0], need=1.0), "child-year with moderate or complex need", RATE, YEARS)
    assert none.value is None
    assert none.reason == "only 0% of draws avoid any"
    assert per_unit(made([50.0]), "child-year with moderate or complex need", RATE, YEARS).value is None


def test_council_terms_add_up() -> None:
    d = made([30.0, 50.0])
    terms = budget_impact(d)
    assert [(term.first, term.last) for term in terms] == [(2026, 2029), (2030, 2033)]
    for term in terms:
        assert term.programmes.value == pytest.approx(400.0)
        assert term.care.value == pytest.approx(-160.0)
        assert term.net.value == pytest.approx(term.programmes.value + term.care.value)
    assert sum(term.net.value for term in terms) == pytest.approx(d.series(*MUNICIPAL).mean(axis=0).sum())


def test_payback_is_a_distribution_of_draws() -> None:
    found = {(row.payer, row.measure): row for row in payback(made([50.0, 150.0, 210.0, 100.0]), 0.0225)}
    row = found["gemeente", "cost"]
    assert row.shares == {2026: 0.75}
    assert row.never == pytest.approx(0.25)
    cash = found["gemeente", "cost_cashable"]
    assert sum(cash.shares.values()) + cash.never == pytest.approx(1.0)
    assert cash.never == pytest.approx(0.75)


def test_lines_that_are_not_there_are_told() -> None:
    d = difference([run_of({ALL: even(0.0)}, {ALL: even(1.0)})], 1, 0, range(2026, 2026 + YEARS))
    with pytest.raises(ValueError, match="no cost/payer/gemeente"):
        worth(d, "municipality", RATE, YEARS)
    with pytest.raises(KeyError):
        worth(d, "nobody", RATE, YEARS)
