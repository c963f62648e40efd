"""What CBS registers of those who are lived: in totals and in ambulant help, from 2021 on."""

from __future__ import annotations

import numpy as np
import pytest

from sim.model.parameters import Parameters
from sim.model.registration import FIRST_YEAR, TOTALS, registered
from sim.states import USER_SETS

YEARS = range(2015, 2026)


@pytest.mark.parametrize("group", USER_SETS)
def test_before_the_change_everyone_is_registered_once(parameters: Parameters, group: str) -> None:
    assert registered(group, range(2015, FIRST_YEAR), parameters).tolist() == [1.0] * (FIRST_YEAR - 2015)


@pytest.mark.parametrize("group", USER_SETS)
def test_from_then_on_totals_and_ambulant_help_hold_more(parameters: Parameters, group: str) -> None:
    p = parameters.replace(
        {
            "registration.shift_total": 10.0, "registration.users_2020": 100.0,
            "registration.shift_ambulant": 50.0, "registration.ambulant_2019": 200.0,
        }
    )  # fmt: skip
    expected = 1.25 if group == "ambulant" else 1.1 if group in TOTALS else 1.0
    assert registered(group, [2020, 2021, 2040], p) == pytest.approx([1.0, expected, expected])


def test_budgets_and_shocks_come_on_top(parameters: Parameters) -> None:
    p = parameters.replace({"registration.pgb": 0.02})
    bare, shocks = registered("jeugdzorg", YEARS, p), np.linspace(0.8, 1.3, len(YEARS))
    assert registered("jeugdzorg", YEARS, p, budgets=True) == pytest.approx(1.02 * bare)
    assert registered("jeugdzorg", YEARS, p, shocks) == pytest.approx(bare * shocks)
    assert registered("pleegzorg", YEARS, p, shocks, budgets=True).tolist() == [1.0] * len(YEARS)
