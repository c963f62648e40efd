"""Cost and care by single year of age: as the ledger and the figures count them, and as they were stored."""

from __future__ import annotations

import json
from concurrent.futures import Executor

import numpy as np
import pytest

from calibration.documents.by_age import FILE, MEASURES, ages, chart, of_ages
from calibration.runs import FIT_YEAR, count
from sim.engine.history import place_years
from sim.model.parameters import Parameters
from sim.model.prices import unit_costs
from sim.states import AGES


def test_cost_by_age_adds_up_to_places_times_their_price(parameters: Parameters, pool: Executor) -> None:
    counted = count(parameters, 3_000, 5, pool)
    found = of_ages(counted)
    people = np.array([counted.people(slice(age, age + 1), FIT_YEAR - 1) for age in range(AGES)])
    places = place_years(counted.year(FIT_YEAR), counted.layout, counted.table)
    assert found["cost"] @ people == pytest.approx(unit_costs(FIT_YEAR, parameters) @ places)
    assert found["in_care"] @ people == pytest.approx(counted.stock_users("jeugdzorg", FIT_YEAR - 1))
    assert found["in_care"][:4] @ people[:4] == pytest.approx(
        counted.stock_users("jeugdzorg", FIT_YEAR - 1, slice(0, 4))
    )


def test_draws_give_a_mean_and_a_range_for_every_age() -> None:
    found = ages(3, 2_000)
    assert [row["age"] for row in found["rows"]] == list(range(AGES))
    for row in found["rows"]:
        for name in MEASURES:
            assert 0 <= row[f"{name}_low"] <= row[f"{name}_high"]
    assert sum(row["cost_high"] - row["cost_low"] for row in found["rows"]) > 0


def test_what_ships_has_every_age_and_is_drawn() -> None:
    found = json.loads(FILE.read_text(encoding="utf-8"))
    assert (found["year"], len(found["rows"])) == (FIT_YEAR, AGES)
    assert len(chart(found).to_dict()["hconcat"]) == len(MEASURES)
    costs = [row["cost"] for row in found["rows"]]
    assert costs[10] > 2 * costs[4] > costs[0]  # help comes with school; no profile is told to the model
