"""What ships with the model can be named in a scenario, and every parameter has room but no nonsense."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from sim.inputs.library import allowed_range, registry
from sim.inputs.placenames import Town, towns
from sim.inputs.profiles import profiles
from sim.model.catalogue import catalogue
from sim.model.parameters import Parameter, Scale, default_parameters

RECORD = Parameter("a.b", 2.0, 1.0, 4.0, "EUR", "linear", "assumed", "", "nowhere")


def record(scale: Scale, value: float, low: float, high: float, unit: str = "per year") -> Parameter:
    return replace(RECORD, scale=scale, value=value, low=low, high=high, unit=unit)


def test_everything_that_ships_can_be_named() -> None:
    names = registry()
    assert set(names.municipalities.values()) == set(profiles())
    assert names.programmes == set(catalogue())
    assert set(names.parameters) == set(default_parameters())
    assert registry() is names  # read once


@pytest.mark.parametrize("town", [town for town in towns().values() if not town.until], ids=lambda t: t.code)
def test_every_municipality_can_be_named_and_is_its_own(town: Town) -> None:
    for written in (town.name, town.code, *town.also):
        assert registry().municipality(written) == town.name
    assert profiles()[town.name].total > 100


@pytest.mark.parametrize("town", [town for town in towns().values() if town.until], ids=lambda t: t.code)
def test_a_municipality_of_before_is_what_it_became_or_is_told(town: Town) -> None:
    if len(town.now) == 1:
        assert registry().municipality(town.code) == towns()[town.now[0]].name
    else:
        with pytest.raises(PydanticCustomError, match="it was divided over"):
            registry().municipality(town.code)


@pytest.mark.parametrize("name", default_parameters())
def test_what_is_believed_of_a_parameter_may_be_said_of_it(name: str) -> None:
    allowed = registry().parameters[name]
    assert allowed is not None
    ours = default_parameters().records[name]
    if ours.scale == "bernoulli":
        assert allowed == (0.0, 1.0)
    if ours.scale == "lever":
        assert allowed == (ours.low, ours.high)
    assert allowed[0] <= ours.low <= ours.value <= ours.high <= allowed[1]
    assert allowed[0] < allowed[1]


def test_ranges_by_hand() -> None:
    assert allowed_range(record("bernoulli", 0.75, 0.0, 1.0)) == (0.0, 1.0)
    assert allowed_range(record("lever", 1.0, 1.0, 3.0)) == (1.0, 3.0)
    assert allowed_range(record("logit", 0.5, 0.3, 0.75)) == (1e-6, 1 - 1e-6)
    assert allowed_range(record("linear", 0.1, 0.0, 0.3, "share of the shortfall")) == (0.0, 1.0)
    assert allowed_range(record("log", 0.1, 0.05, 0.3, "probability per birthday")) == (1e-6, 1 - 1e-6)
    assert allowed_range(record("log", 36.0, 18.0, 72.0, "months")) == (0.18, 7200.0)
    assert allowed_range(record("linear", 3.0, 1.0, 5.0)) == (0.0, 500.0)
    assert allowed_range(record("linear", 0.0, -0.2, 0.5)) == (-70.0, 70.0)
    assert allowed_range(record("linear", 0.0, 0.0, 0.0)) == (0.0, 100.0)


def test_a_share_that_can_exceed_one_is_not_held_below_one() -> None:
    assert allowed_range(record("log", 1.0, 0.8, 1.2, "share of what others pay"))[1] == 120.0


@given(
    st.sampled_from(["linear", "log"]),
    st.lists(st.floats(1e-6, 1e6), min_size=3, max_size=3).map(sorted),
)
def test_the_allowed_range_holds_the_believed_one(scale: Scale, points: list[float]) -> None:
    low, value, high = points
    allowed = allowed_range(record(scale, value, low, high))
    assert allowed[0] <= low <= high <= allowed[1]
    assert allowed[0] > 0 or scale == "linear"
