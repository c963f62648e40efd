"""The past of a figure, what simple rules make of it, and which series they are nearer in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from calibration.figures.past import RULES, by_series, naive_forecasts, past_of
from calibration.figures.targets import read_targets

EVERY = [target for target in read_targets() if target.region == "NL"]
NAMED = {target.id: target for target in EVERY}


def test_naive_forecasts_of_a_straight_past() -> None:
    found = naive_forecasts({2015: 100.0, 2016: 110.0, 2017: 120.0}, 2019)
    assert found == pytest.approx(
        {"last_value": 120.0, "straight_line": 140.0, "damped_trend": 120 + 10 * (0.8 + 0.64)}
    )
    assert set(naive_forecasts({2018: 7.0}, 2024).values()) == {7.0}


def test_a_break_in_a_series_is_no_growth() -> None:
    found = naive_forecasts({2017: 100.0, 2018: 110.0, 2019: 120.0}, 2022, level=280.0)
    assert found["last_value"] == 280.0
    assert found["straight_line"] == pytest.approx(280 * 150 / 140)
    assert found["damped_trend"] == pytest.approx(280 + 280 * 10 / 140 * 0.8)


def test_the_past_is_that_of_the_series_and_the_region_without_the_year_of_lockdowns() -> None:
    assert past_of(NAMED["wijkteam_2019"], EVERY, 2017) == {2015: 37_000, 2016: 62_130, 2017: 81_635}
    assert list(past_of(NAMED["jz_2023"], EVERY, 2022)) == [2015, 2016, 2017, 2018, 2019, 2021, 2022]
    assert not past_of(replace(NAMED["jz_2023"], region="Tilburg"), EVERY, 2022)


def test_the_past_never_holds_the_year_itself_or_later() -> None:
    raised = [replace(t, value=t.value * 10) if t.year >= 2019 else t for t in EVERY]
    assert past_of(NAMED["jz_2019"], raised, 2030) == past_of(NAMED["jz_2019"], EVERY, 2018)


@pytest.mark.parametrize("name", ["jh_u18_share_nl_2023", "verblijf_share_u18_2023", "starts_2019"])
def test_what_was_counted_before_a_break_is_no_past(name: str) -> None:
    target = NAMED[name]
    (before,) = (t for t in EVERY if t.stem == target.stem and t.year < target.year)
    assert not past_of(target, EVERY, target.year - 1)
    unbroken = replace(target, id=f"{target.stem}_{before.year + 1}", year=before.year + 1)
    if name != "starts_2019":  # that one has its jump in the very next year
        assert past_of(unbroken, EVERY, before.year) == {before.year: before.value}
        assert past_of(target, EVERY, 2019, levelled=True) == {before.year: before.value}


def test_half_years_are_a_series_where_they_are_asked_for() -> None:
    assert past_of(NAMED["zonder_2023h1"], EVERY, 2022, halves=True) == {2022: 363_535}
    assert not past_of(NAMED["zonder_2023h1"], EVERY, 2022)
    assert not past_of(NAMED["jh_2023h1"], EVERY, 2022, halves=True)  # that of 2019 lies before the break


def test_who_is_nearest_is_told_series_by_series() -> None:
    def row(name: str, year: int, *values: float) -> dict[str, object]:
        figures = dict(zip(("median", *RULES), values, strict=True))
        return {"id": f"{name}_{year}", "year": year, "value": 100.0, **figures}

    first, second = by_series([
        row("a", 2018, 101, 110, 120, 103), row("b", 2018, 90, 101, 95, 80), row("a", 2019, 99, 110, 100, 97)
    ])  # fmt: skip
    assert first == {
        "series": "a", "figures": 2, "nearest": "model", "model": pytest.approx(0.01),
        "last_value": pytest.approx(0.1), "straight_line": pytest.approx(0.1),
        "damped_trend": pytest.approx(0.03),
        "nearer": {"last_value": 0, "straight_line": 1, "damped_trend": 0},
    }  # fmt: skip
    assert (second["series"], second["nearest"]) == ("b", "last_value")
    assert second["nearer"] == {"last_value": 1, "straight_line": 1, "damped_trend": 0}
