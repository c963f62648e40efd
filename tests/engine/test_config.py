"""A municipality changes what is known of it, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.engine.config import (
    ACCESS_OF_USE,
    ACCESS_RATES,
    END_AT_18,
    NEED_OF_USE,
    NEED_RATES,
    STARTS_BY_AGE,
    USE,
    localised,
    of_town,
)
from sim.engine.plan import with_overrides
from sim.inputs.municipality import municipality_from_dict
from sim.inputs.profiles import Profile, profile_from, profiles
from sim.inputs.scenario import scenario_from_dict
from sim.model.parameters import Parameters

PLAIN = Profile("Here", (1.0,) * 23, "2021-01-01", "made up")


def changed(before: Parameters, after: Parameters) -> set[str]:
    return {name for name in before if before[name] != after[name]}


@pytest.mark.parametrize(
    ("need", "access", "names"),
    [(1.5, 1.0, NEED_RATES), (1.0, 0.5, ACCESS_RATES), (2.0, 3.0, (*NEED_RATES, *ACCESS_RATES))],
)
def test_a_municipality_multiplies_its_rates_and_no_other(
    parameters: Parameters, need: float, access: float, names: tuple[str, ...]
) -> None:
    local = localised(parameters, replace(PLAIN, need=need, access=access))
    assert changed(parameters, local) == set(names)
    for name in names:
        factor = need if name in NEED_RATES else access
        assert local[name] == pytest.approx(parameters[name] * factor, rel=1e-12)
    assert local.records is parameters.records


def test_access_by_age_moves_starts_of_those_ages_and_who_goes_on_after_18(parameters: Parameters) -> None:
    local = localised(parameters, replace(PLAIN, access_by_age=(4.0, 1.0, 0.25, 3.0)))
    factors = {0: 4.0, 4: 2.0, 6: 1.0, 8: 1.0, 10: 1.0, 12: 0.5, 15: 0.25, 18: 0.25}
    knots = {f"start.care_age.{age}": factor for age, factor in factors.items()}
    assert set(knots) == {name for name in parameters if name.startswith("start.care_age.")}
    for name, factor in knots.items():
        assert local[name] == pytest.approx(parameters[name] * factor)
    for name in END_AT_18:
        odds = (1 - local[name]) / local[name] / ((1 - parameters[name]) / parameters[name])
        assert odds == pytest.approx(3.0)
    even = {name for name, factor in knots.items() if factor == 1.0}
    assert changed(parameters, local) == {*knots, *END_AT_18} - even


def test_own_figures_of_a_municipality_keep_its_access_by_age() -> None:
    shipped = profiles()["Zwolle"]
    own = municipality_from_dict({
        "name": "Zwolle", "date": "2024-01-01", "source": "own", "population": {"0-22": 35_000},
    })  # fmt: skip
    assert profile_from(own).access_by_age == shipped.access_by_age != PLAIN.access_by_age
    elsewhere = municipality_from_dict({
        "name": "Nergens", "date": "2024-01-01", "source": "own", "population": {"0-22": 35_000},
    })  # fmt: skip
    assert profile_from(elsewhere).access_by_age == PLAIN.access_by_age


def test_rates_of_need_and_of_access_are_others() -> None:
    assert set(NEED_RATES) == {"need.onset_light", "need.onset_moderate"}
    assert set(ACCESS_RATES) == {"start.wijkteam", "start.ambulant", "start.netwerk", "start.daghulp"}


def test_a_place_without_local_figures_is_as_the_country(parameters: Parameters) -> None:
    assert dict(localised(parameters, PLAIN)) == dict(parameters)


def test_own_figures_of_a_municipality_win_over_its_multipliers(parameters: Parameters) -> None:
    own = {"start.ambulant": 0.25, "household.bijstand": 0.2}
    local = localised(parameters, replace(PLAIN, access=2.0, overrides=own))
    assert (local["start.ambulant"], local["household.bijstand"]) == (0.25, 0.2)
    assert local["start.netwerk"] == pytest.approx(2 * parameters["start.netwerk"])


def test_an_own_figure_that_the_model_does_not_know_is_refused(parameters: Parameters) -> None:
    with pytest.raises(KeyError, match=r"did you mean 'household\.bijstand'"):
        localised(parameters, replace(PLAIN, overrides={"household.bijstant": 0.1}))


def test_multipliers_act_on_what_was_drawn(parameters: Parameters) -> None:
    drawn = parameters.draw(3, 2)
    local = localised(drawn, replace(PLAIN, need=1.25))
    assert changed(drawn, local) == set(NEED_RATES)
    assert local["need.onset_light"] == pytest.approx(1.25 * drawn["need.onset_light"])


@pytest.mark.parametrize("name", profiles())
def test_every_shipped_municipality_can_be_localised(parameters: Parameters, name: str) -> None:
    profile = profiles()[name]
    assert 0.2 < profile.need < 5
    assert 0.2 < profile.access < 5
    *younger, oldest = profile.access_by_age
    assert all(0.1 < factor < 6 for factor in younger)
    assert 0.03 < oldest < 16
    expected = set(NEED_RATES if profile.need != 1 else ()) | set(ACCESS_RATES if profile.access != 1 else ())
    if profile.departs_by_age:
        expected |= {name for name in parameters if name.startswith(STARTS_BY_AGE)} | set(END_AT_18)
    assert changed(parameters, localised(parameters, profile)) == expected | set(profile.overrides)


# ---- use that is not sure


def test_use_may_be_otherwise_in_every_draw_with_luck_of_each_municipality(parameters: Parameters) -> None:
    town = replace(PLAIN, use=(0.8, 1.3), code="GM0001")
    here, there = (of_town(parameters, each) for each in (town, replace(town, code="GM0002")))
    drawn = [[p.draw(0, k)[USE] for k in range(1, 65)] for p in (here, there)]
    assert here[USE] == here.draw(0, 0)[USE] == 1.0
    assert np.quantile(drawn[0], (0.05, 0.95)) == pytest.approx((0.8, 1.3), rel=0.06)
    assert abs(np.corrcoef(np.log(drawn))[0, 1]) < 0.4
    assert all(here.draw(0, 3)[n] == parameters.draw(0, 3)[n] for n in parameters if n != USE)


@pytest.mark.parametrize("name", ["Almere", "Nederland", "Nederland 2018"])
def test_what_has_no_range_of_use_draws_none(parameters: Parameters, name: str) -> None:
    assert of_town(parameters, profiles()[name]) is parameters
    assert parameters.draw(0, 5)[USE] == 1.0


def test_need_and_access_follow_use(parameters: Parameters) -> None:
    drawn = parameters.replace({USE: 0.7})
    local = localised(drawn, replace(PLAIN, need=1.2))
    need, access = 0.7 ** parameters[NEED_OF_USE], 0.7 ** parameters[ACCESS_OF_USE]
    assert local["need.onset_light"] == pytest.approx(1.2 * need * parameters["need.onset_light"])
    assert local["start.ambulant"] == pytest.approx(access * parameters["start.ambulant"])


def test_a_value_that_is_certain_is_not_drawn_again(parameters: Parameters) -> None:
    town = profiles()["Urk"]
    certain = of_town(parameters, town).certain({USE: 1.0})
    assert of_town(certain, town) is certain
    assert certain.draw(0, 4)[USE] == 1.0


@pytest.mark.parametrize("since", ["start", "birth"])
def test_a_scenario_that_sets_use_sets_what_follows(parameters: Parameters, since: str) -> None:
    """As if the municipality had been drawn so, whatever was drawn; a rate of its own wins."""
    data = {"title": "T", "municipality": "Urk", "parameters": {USE: {"value": 0.8, "from": since},
            "start.daghulp": {"value": 0.01, "from": since}}}  # fmt: skip
    town = profiles()["Urk"]
    drawn = localised(of_town(parameters, town).draw(0, 3), town)
    assert drawn[USE] != 1.0
    found = with_overrides(drawn, scenario_from_dict(data), since)
    wanted = localised(parameters.draw(0, 3).replace({USE: 0.8}), town)
    for name in {*NEED_RATES, *ACCESS_RATES} - {"start.daghulp"}:
        assert found[name] == pytest.approx(wanted[name], rel=1e-12)
    assert found["start.daghulp"] == 0.01
