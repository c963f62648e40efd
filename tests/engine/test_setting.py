"""A municipality changes what is known of it, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.engine.setting import ACCESS_RATES, NEED_RATES, localised
from sim.inputs.profiles import Profile, profiles
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
    expected = set(NEED_RATES if profile.need != 1 else ()) | set(ACCESS_RATES if profile.access != 1 else ())
    assert changed(parameters, localised(parameters, profile)) == expected | set(profile.overrides)
