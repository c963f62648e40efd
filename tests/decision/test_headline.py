"""The figures that people quote, by hand: horizons, levels, changes, and when money has come back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

import numpy as np
import pytest

from sim.decision.comparison import CASHABLE, MUNICIPAL, Figure, difference, drowned
from sim.decision.headline import (
    UNMET,
    USERS,
    Change,
    Level,
    as_json,
    change,
    horizons,
    level,
    municipal_programmes,
    pays,
)
from sim.engine.history import Label
from sim.model.parameters import default_parameters
from sim.runs.experiment import Run
from tests.worlds import run_of, scenario

BLOCKS = 4
START = 2026
PLAN = scenario(0, start=START)
PEOPLE: Label = ("programme_participants", "programme", "kinderwerk")
FTE: Label = ("programme_fte", "programme", "kinderwerk")
SPENT: Label = ("cost", "programme", "kinderwerk")


def flat(*yearly: float) -> np.ndarray:
    return np.repeat(np.array(yearly, dtype=np.float64)[:, None] / BLOCKS, BLOCKS, axis=1)


def arm(
    users: tuple[float, ...], cost: tuple[float, ...], spent: tuple[float, ...] | None = None
) -> Mapping[Label, np.ndarray]:
    found = {
        USERS: flat(*users),
        UNMET: flat(*(x / 10 for x in users)),
        MUNICIPAL: flat(*cost),
        CASHABLE: flat(*(x / 2 for x in cost)),
    }
    if spent is not None:
        found |= {SPENT: flat(*spent), PEOPLE: flat(*(x * 3 for x in spent)), FTE: flat(*spent)}
    return found


def run(shift: float = 0.0, draw: int = 0) -> Run:
    """Return a reference, and a scenario that spends 10 a year and then saves 30 + shift a year."""
    reference = arm((100.0, 100.0, 100.0), (500.0, 500.0, 500.0))
    other = arm((100.0, 90.0, 80.0), (510.0, 480.0 - shift, 480.0 - shift), (10.0, 10.0, 10.0))
    return run_of(reference, other, draw=draw)


def changed(*runs: Run, horizon: int = 3, rate: float = 0.0) -> Change:
    return change(difference(runs, 1, 0, range(START, START + 3)), horizon, rate)


@pytest.mark.parametrize(
    ("years", "expected"),
    [
        (0, ()),
        (1, (1,)),
        (3, (3,)),
        (4, (4,)),
        (9, (4,)),
        (10, (4, 10)),
        (20, (4, 10, 20)),
        (60, (4, 10, 20)),
    ],
)
def test_horizons_are_a_council_term_ten_years_and_a_childhood(years: int, expected: tuple[int, ...]) -> None:
    assert horizons(years) == expected


def test_a_level_is_that_of_the_last_year_of_the_horizon() -> None:
    assert level([run()], 1, PLAN, 2) == Level(2027, 90.0, 9.0, 480.0, 30.0, 10.0)
    assert level([run()], 0, PLAN, 3) == Level(2028, 100.0, 10.0, 500.0, 0.0, 0.0)


def test_a_level_is_the_mean_over_runs_and_the_sum_over_programmes() -> None:
    work = ("programme_fte", "programme", "jongerenwerk")
    first = run_of({**arm((10.0,), (1.0,), (2.0,)), work: flat(5.0)})
    second = run_of({**arm((20.0,), (3.0,), (4.0,)), work: flat(5.0)})
    found = level([first, second], 0, PLAN, 1)
    assert found == Level(2026, 15.0, 1.5, 2.0, 9.0, 8.0)


def test_a_level_holds_the_parts_of_what_the_municipality_pays() -> None:
    euros = {"care": 300.0, "fixed": 150.0, "rest": 40.0}
    parts = {("cost", "part", part): flat(amount) for part, amount in euros.items()}
    found = level([run_of({**arm((10.0,), (500.0,)), **parts})], 0, PLAN, 1)
    assert (found.care, found.fixed, found.rest, found.municipal_cost) == (300.0, 150.0, 40.0, 500.0)


def test_a_change_by_hand() -> None:
    found = changed(run())
    assert found.year == 2028
    assert found.care_users == Figure(-20.0, 0.0, None, None, None)
    assert found.unmet_need.value == pytest.approx(-2.0)
    assert found.programme_cost == pytest.approx(30.0)
    assert found.municipal_cost.value == pytest.approx(10 - 20 - 20)
    assert found.municipal_cashable is not None
    assert found.municipal_cashable.value == pytest.approx(-15.0)
    assert found.p_paid_back is None  # one draw says nothing about chances


def test_money_is_discounted_and_people_are_not() -> None:
    found = changed(run(), rate=0.03)
    assert found.care_users.value == -20.0
    annuity = (1 - 1.03**-3) / 0.03
    assert found.programme_cost == pytest.approx(10 * annuity)
    assert found.municipal_cost.value == pytest.approx(10 / 1.03 - 20 / 1.03**2 - 20 / 1.03**3)
    assert found.municipal_cashable is not None
    assert found.municipal_cashable.value == pytest.approx(found.municipal_cost.value / 2)


def test_a_horizon_stops_the_count() -> None:
    found = changed(run(), horizon=1)
    assert (found.year, found.care_users.value) == (2026, 0.0)
    assert found.programme_cost == pytest.approx(10.0)
    assert found.municipal_cost.value == pytest.approx(10.0)


def test_the_chance_that_money_has_come_back_is_over_draws() -> None:
    runs = [run(shift, draw) for draw, shift in enumerate((0.0, -15.0, -15.0, -15.0), start=1)]
    assert changed(*runs, horizon=1).p_paid_back == 0.0
    assert changed(*runs, horizon=2).p_paid_back == 0.25  # 10 - 20 in one draw, 10 - 5 in three
    assert changed(*runs, horizon=3).p_paid_back == 1.0


def test_a_change_without_programmes_costs_no_programme() -> None:
    none = arm((1.0, 1.0, 1.0), (1.0, 1.0, 1.0))
    assert changed(run_of(none, none)).programme_cost == 0.0


def test_what_the_municipality_spends_on_programmes_leaves_out_what_others_pay() -> None:
    own = ("cost", "payer_form", "gemeente|kinderwerk")
    elsewhere = ("cost", "payer_form", "rijk|jongerenwerk")
    reference = dict(arm((100.0,) * 3, (500.0,) * 3)) | {own: flat(4.0, 4.0, 4.0)}
    other = dict(reference) | {own: flat(14.0, 14.0, 14.0), elsewhere: flat(9.0, 9.0, 9.0)}
    d = difference([run_of(reference, other)], 1, 0, range(START, START + 3))
    assert municipal_programmes(d, 3, 0.0) == pytest.approx(30.0)
    assert municipal_programmes(d, 2, 0.25) == pytest.approx(10.0 / 1.25 + 10.0 / 1.25**2)
    nothing = difference([run()], 1, 0, range(START, START + 3))
    assert municipal_programmes(nothing, 3, 0.0) == 0.0


def test_plain_data_says_what_is_too_small() -> None:
    luck = np.tile([5.0, -5.0, 4.0, -4.0], (3, 1))
    reference = arm((100.0, 100.0, 100.0), (500.0, 500.0, 500.0))
    found = as_json(changed(run_of(reference, {**reference, USERS: reference[USERS] + luck})))
    assert found["care_users"]["too_small"] is True
    assert found["care_users"]["standing"] == "too small"
    assert found["municipal_cost"]["too_small"] is False
    assert found["municipal_cost"]["standing"] == "none"
    assert json.loads(json.dumps(found)) == found
    plain = as_json(level([run()], 1, PLAN, 2))
    assert plain == {
        "year": 2027, "care_users": 90.0, "unmet_need": 9.0, "municipal_cost": 480.0, "participants": 30.0,
        "fte": 10.0, "waiting": None, "weeks": None, "care": 0.0, "fixed": 0.0, "rest": 0.0,
    }  # fmt: skip


def test_plain_data_says_what_the_screen_says() -> None:
    unclear = Figure(-5.0, 4.0, -60.0, 50.0, 0.4, draw_count=40, draw_error=30.0)
    assert unclear.too_small  # by luck, which is little beside what nobody knows
    best_fit = Figure(-50.0, 4.0, None, None, None, draw_count=1)
    lost = Figure(-5.0, math.nan, None, None, None, draw_count=1)
    found = as_json(Change(2030, unclear, best_fit, 0.0, lost, None, 0.0, None, False))
    said = {name: (found[name]["standing"], found[name]["too_small"])
            for name in ("care_users", "unmet_need", "municipal_cost")}  # fmt: skip
    assert said == {
        "care_users": ("no clear difference", False), "unmet_need": ("firm", False),
        "municipal_cost": ("untold", False),
    }  # fmt: skip


def test_the_discount_rate_is_the_parameter_unless_the_scenario_says_otherwise() -> None:
    assert scenario(36).discount_rate == default_parameters()["discount.mkba"] == 0.0225
    assert scenario(36, parameters={"discount.mkba": 0.03}).discount_rate == 0.03


@pytest.mark.parametrize(("spent", "draws", "lost"), [(10.0, 25, False), (9.9, 25, True), (-9.9, 25, True)])
def test_a_chance_drowns_in_the_luck_of_one_draw(spent: float, draws: int, lost: bool) -> None:
    assert drowned(Figure(5.0, 1.0, None, None, 0.5), spent, draws) is lost


def test_without_programmes_a_chance_drowns_where_the_difference_is_too_small() -> None:
    assert drowned(Figure(1.9, 1.0, None, None, 0.5), 0.0, 25)
    assert not drowned(Figure(2.1, 1.0, None, None, 0.5), 0.0, 25)


@pytest.mark.parametrize(
    ("cost", "told"),
    [
        (Figure(4e6, 1e4, 3e6, 5e6, 1.0, 40, 1e5), "more"),
        (Figure(-4e6, 1e4, -5e6, -3e6, 0.0, 40, 1e5), "less"),
        (Figure(0.0, 0.0, 0.0, 0.0, 0.0, 40, 0.0), "same"),  # a plan that begins after the term
        (Figure(1e6, 1e4, -2e6, 3e6, 0.6, 40, 2e5), "unclear"),
        (Figure(1e4, 1e5, -2e6, 3e6, 0.6, 40, 2e5), "unclear"),
    ],
)
def test_a_payer_pays_more_or_less_only_where_that_stands(cost: Figure, told: str) -> None:
    assert pays(cost) == told
