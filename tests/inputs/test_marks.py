"""Each figure says how it is known, and what a municipality says of itself counts as measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.inputs.marks import marks
from sim.inputs.profiles import profiles
from sim.states import FORMS


@pytest.mark.parametrize("name", [name for name in profiles() if not name.startswith("Nederland")])
def test_of_what_ships_only_a_few_numbers_are_measured(name: str) -> None:
    found = marks(profiles()[name])
    assert (found["youths"], found["use"]) == ("derived", "estimated")
    measured = {figure for figure, mark in found.items() if mark == "measured"}
    assert measured <= {"kinderwerk_fte", "bijstand"}
    assert all(found[f"cost.{form}"] == found["moving"] == found["eenouder"] == "borrowed" for form in FORMS)


def test_what_a_municipality_says_of_itself_is_measured_and_its_level_stays_estimated() -> None:
    town = profiles()["Urk"]
    counted = tuple(youths + (age == 5) for age, youths in enumerate(town.youths))
    own = replace(
        town, youths=counted, kinderwerk_fte=3.0, moving=0.02,
        overrides={"cost.ambulant": 9000.0, "household.bijstand": 0.02},
    )  # fmt: skip
    found = marks(own)
    for figure in ("youths", "kinderwerk_fte", "moving", "bijstand", "cost.ambulant"):
        assert found[figure] == "measured"
    assert (found["use"], found["cost.wijkteam"]) == ("estimated", "borrowed")
    written = replace(town, youths=tuple(round(youths, 1) for youths in town.youths))
    assert marks(written)["youths"] == "derived"


def test_without_a_level_use_is_that_of_the_country() -> None:
    assert marks(replace(profiles()["Urk"], need=1.0, access=1.0, use=None, local=()))["use"] == "borrowed"


def test_a_share_of_one_parent_families_is_borrowed_until_it_is_given() -> None:
    own = replace(profiles()["Urk"], overrides={"household.eenouder": 0.08})
    assert marks(own)["eenouder"] == "measured"
    assert marks(profiles()["Urk"])["eenouder"] == "borrowed"
