"""Unit costs meet what was spent, within their ranges, and say so where they cannot."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.costs import NAMES, TOLERANCE, best_costs, draw_costs, spending, totals
from sim.model.parameters import Parameters, prior_parameters
from sim.states import FORMS


@pytest.fixture(scope="module")
def p() -> Parameters:
    return prior_parameters()


def lived(p: Parameters, over: float) -> dict[int, np.ndarray]:
    """Return place-years by which, at the middle of all prices, `over` times too much would be spent."""
    equal = {year: np.full(len(FORMS), 10_000.0) for year in (2019, 2024)}
    spent, aim = spending(equal, p), totals(p)
    return {year: amounts * over * aim[year] / spent[year] for year, amounts in equal.items()}


def test_prices_that_fit_stay_where_they_were(p: Parameters) -> None:
    found = best_costs(lived(p, 1.0), p)
    assert all(found[name] == pytest.approx(p[name], rel=1e-3) for name in NAMES)


@pytest.mark.parametrize("over", [0.9, 1.1])
def test_totals_are_met_by_moving_all_prices_a_little(p: Parameters, over: float) -> None:
    amounts = lived(p, over)
    found = best_costs(amounts, p)
    for year, spent in spending(amounts, p.replace(found)).items():
        assert spent == pytest.approx(totals(p)[year], rel=TOLERANCE)
    cheaper = [found[name] < p[name] for name in NAMES if name.startswith("cost.") and name[5:] in FORMS]
    assert all(cheaper) if over > 1 else not any(cheaper)


def test_prices_never_leave_their_ranges(p: Parameters) -> None:
    amounts = lived(p, 0.5)  # twice as much was spent as the middle of the ranges explains
    found = best_costs(amounts, p)
    drawn, _ = draw_costs(amounts, p, np.random.default_rng(1), 4_000)
    for values in (found, drawn):
        for name in NAMES:
            record = p.records[name]
            assert record.low * 0.999 <= values[name] <= record.high * 1.001
    assert spending(amounts, p.replace(found))[2019] < 0.9 * totals(p)[2019]


def test_draws_meet_the_totals_and_differ(p: Parameters) -> None:
    amounts = lived(p, 0.9)
    found = [draw_costs(amounts, p, np.random.default_rng(k), 4_000) for k in range(30)]
    spent = np.array([spending(amounts, p.replace(drawn))[2019] for drawn, _ in found])
    assert spent.mean() == pytest.approx(totals(p)[2019], rel=TOLERANCE)
    assert spent.std() / spent.mean() == pytest.approx(TOLERANCE, rel=0.5)
    assert len({drawn["cost.ambulant"] for drawn, _ in found}) > 20
    assert min(size for _, size in found) > 10


def test_a_draw_depends_on_its_luck_alone(p: Parameters) -> None:
    amounts = lived(p, 0.9)
    first, second = (draw_costs(amounts, p, np.random.default_rng(7), 2_000)[0] for _ in range(2))
    assert first == second
