"""What was measured of a municipality, and nothing where nothing was."""

from __future__ import annotations

from sim.inputs.observed import inhabitants, users_observed, years_observed
from sim.inputs.profiles import profiles


def test_the_country_has_every_year_and_the_last_may_still_change() -> None:
    found = users_observed("Nederland")
    assert [each.year for each in found] == list(range(2015, 2025))
    assert [each.year for each in found if each.provisional] == [2024]
    assert found[4].value == 443_585
    assert years_observed() == {"first": 2015, "last": 2024}


def test_municipalities_are_those_of_the_profiles() -> None:
    with_figures = [name for name in profiles() if users_observed(name)]
    assert len(with_figures) == 277
    assert all(inhabitants(name) for name in profiles() if name != "Nederland 2018")
    assert [(each.year, each.value) for each in users_observed("Almere")] == [(2021, 6555), (2022, 6660)]
    assert users_observed("Nergenshuizen") == ()
    assert inhabitants("Nergenshuizen") is None
    whole = sum(inhabitants(name) or 0 for name in profiles() if not name.startswith("Nederland"))
    assert whole == inhabitants("Nederland") == 17_942_942
