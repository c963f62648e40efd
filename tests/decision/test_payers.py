"""Who pays and who gains: money that is paid and rough values stay apart, and add up within themselves."""

from __future__ import annotations

import numpy as np
import pytest

from sim.decision.payers import Pocket, lost_in_luck, pockets, who_gains
from sim.runs.experiment import Run
from tests.worlds import run_of

YEARS, RATE = 3, 0.02
FACTORS = 1.02 ** -np.arange(1.0, YEARS + 1)


def even(yearly: float, uneven: float = 0.0) -> np.ndarray:
    """Return the same money every year over four blocks, the first of which may have more of it."""
    blocks = np.full((YEARS, 4), yearly / 4)
    blocks[:, 0] += uneven
    blocks[:, 1] -= uneven
    return blocks


def made(draw: int, saved: float = 10.0, uneven: float = 0.0) -> Run:
    """Return a run: the municipality pays 100 for child work and saves on care, the rijk pays 40 for help."""
    reference = {
        ("cost", "payer", "gemeente"): even(1000.0),
        ("cost_cashable", "payer", "gemeente"): even(700.0),
        ("cost_society", "payer", "school"): even(500.0),
        ("cost_society", "payer", "family"): even(50.0),
    }
    other = {
        ("cost", "payer", "gemeente"): even(1100.0 - saved, uneven),
        ("cost_cashable", "payer", "gemeente"): even(800.0 - saved / 2),
        ("cost", "payer", "rijk"): even(40.0),
        ("cost_cashable", "payer", "rijk"): even(40.0),
        ("cost", "programme", "kinderwerk"): even(100.0),
        ("cost", "programme", "gezinssteun"): even(40.0),
        ("cost", "payer_form", "gemeente|kinderwerk"): even(100.0),
        ("cost", "payer_form", "rijk|gezinssteun"): even(40.0),
        ("cost_society", "payer", "school"): even(500.0 - 2 * saved),
        ("cost_society", "payer", "family"): even(49.0, 20.0),
    }
    return run_of(reference, other, draw=draw)


@pytest.fixture
def found() -> dict[str, Pocket]:
    return {p.payer: p for p in pockets([made(1, 10.0), made(2, 30.0)], YEARS, RATE)}


def test_each_payer_has_its_own_money(found: dict[str, Pocket]) -> None:
    assert list(found) == ["gemeente", "rijk", "school", "family"]
    money = found["gemeente"].money
    assert money is not None
    yearly = {"programmes": 100, "care": -20, "cost": 80, "cash_care": -10, "cashable": 90, "freed": -10}
    for name, value in yearly.items():
        assert getattr(money, name).value == pytest.approx(value * FACTORS.sum()), name
    assert (money.cost.low, money.cost.high) == pytest.approx(
        (71.0 * FACTORS.sum(), 89.0 * FACTORS.sum())
    )  # 5 to 95 percent between draws of 70 and 90
    assert found["gemeente"].beyond is None


def test_who_pays_from_outside_pays_for_its_own_programme_only(found: dict[str, Pocket]) -> None:
    outside = found["rijk"].money
    assert outside is not None
    assert outside.programmes.value == pytest.approx(40 * FACTORS.sum())
    assert outside.programmes == outside.cost == outside.cashable
    assert outside.care.value == outside.freed.value == 0.0


def test_rough_values_are_nobodys_money(found: dict[str, Pocket]) -> None:
    school = found["school"]
    assert school.money is None
    assert school.beyond is not None
    assert school.beyond.value == pytest.approx(-40 * FACTORS.sum())


def test_a_shorter_horizon_counts_fewer_years() -> None:
    (here, *_) = pockets([made(1)], 1, RATE)
    assert here.money is not None
    assert here.money.cost.value == pytest.approx(90 * FACTORS[0])
    assert here.money.cost.low is None  # one draw has no spread


def test_what_runs_cannot_tell_is_neither_paid_nor_gained(found: dict[str, Pocket]) -> None:
    assert who_gains(list(found.values())) == ["school"]  # that of families is lost in luck


def test_a_chance_means_little_where_luck_outweighs_what_a_payer_spends() -> None:
    """Money of 800 and more to and fro between blocks outweighs the 100 a year that child work costs."""
    runs = [made(1, uneven=400.0), made(2, uneven=-300.0)]
    noisy, still = pockets(runs, YEARS, RATE), pockets([made(1), made(2)], YEARS, RATE)
    told = [(payer, what) for payer in ("gemeente", "rijk") for what in ("cost", "cost_cashable")]
    assert [lost_in_luck(noisy, *each, 2) for each in told] == [True, False, False, False]
    assert not any(lost_in_luck(still, *each, 2) for each in told)
    assert lost_in_luck(still, "school", "cost", 2)  # who pays for nothing has nothing to get back
