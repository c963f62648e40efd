"""Figures of use of several years: those that agree make it firmer, their order does not matter."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.figures.targets import read_targets
from calibration.municipalities import municipal
from calibration.municipalities.municipal import fit_municipality, national_shares, with_fit
from calibration.municipalities.series import OVERLAP, USE_TOLERANCE, Together, together, uses_of
from sim.engine.config import Inline
from sim.errors import InputError
from sim.inputs.care_use import Use
from sim.inputs.municipality import Municipality, municipality_from_dict
from sim.inputs.profiles import profile_from

YEARS = st.integers(2015, 2030)
YOUTHS = st.integers(20, 20_000)
RATIOS = st.floats(0.3, 3.0)
SERIES = st.dictionaries(YEARS, st.tuples(YOUTHS, RATIOS), min_size=1, max_size=10)


def made(series: dict[int, tuple[int, float]]) -> Together:
    uses = [Use(year=year, youths=float(youths)) for year, (youths, _) in series.items()]
    return together(uses, [ratio for _, ratio in series.values()])


def test_the_share_of_youths_who_are_counted_again_is_that_of_cbs() -> None:
    (half,) = [target.value for target in read_targets() if target.id == "half_year_ratio_2019"]
    assert pytest.approx(2 * half - 1, abs=0.005) == OVERLAP


@given(YEARS, YOUTHS, RATIOS)
def test_one_year_is_that_year(year: int, youths: int, ratio: float) -> None:
    found = made({year: (youths, ratio)})
    assert (found.ratio, found.swing) == (ratio, 0.0)
    assert found.tolerance == pytest.approx(math.hypot(USE_TOLERANCE, 1 / math.sqrt(youths)))


@given(SERIES)
def test_what_years_say_is_the_same_in_any_order(
    series: dict[int, tuple[int, float]],
) -> None:
    found, turned = made(series), made(dict(reversed(series.items())))
    assert (found.ratio, found.tolerance) == pytest.approx((turned.ratio, turned.tolerance))
    assert sum(said.weight for said in found.by_year) == pytest.approx(1.0)
    assert found.tolerance >= USE_TOLERANCE


@given(st.dictionaries(YEARS, RATIOS, min_size=1, max_size=10), YOUTHS)
def test_what_years_of_as_many_youths_say_lies_among_them(said: dict[int, float], youths: int) -> None:
    found, ratios = made({year: (youths, ratio) for year, ratio in said.items()}), said.values()
    assert all(said.weight > 0.0 for said in found.by_year)
    assert min(ratios) * (1 - 1e-9) <= found.ratio <= max(ratios) * (1 + 1e-9)


@given(SERIES, RATIOS)
def test_years_that_say_the_same_say_it_as_firmly_or_firmer(
    series: dict[int, tuple[int, float]], ratio: float
) -> None:
    same = {year: (youths, ratio) for year, (youths, _) in series.items()}
    found = made(same)
    assert found.ratio == pytest.approx(ratio)
    assert found.swing == 0.0
    for year, (youths, _) in series.items():
        assert found.tolerance <= made({year: (youths, ratio)}).tolerance * (1 + 1e-9)


@given(st.floats(0.2, 1.0), st.integers(2_000, 20_000))
def test_years_that_differ_by_more_than_luck_make_it_wider(apart: float, youths: int) -> None:
    found = made({2018: (youths, 1.0), 2019: (youths, math.exp(apart)), 2022: (youths, 1.0)})
    assert found.swing > 0.0
    assert found.tolerance > made({2019: (youths, 1.0)}).tolerance


def test_the_swing_brings_the_spread_to_what_is_expected() -> None:
    """Of figures made with a known swing it is found again, on average (200 towns of ten years)."""
    rng = np.random.default_rng(1)
    years, youths, swing = np.arange(2015, 2025), 3000, 0.08
    luck = np.eye(10) * swing**2 + OVERLAP ** np.abs(np.subtract.outer(years, years)) / youths
    drawn = rng.multivariate_normal(np.zeros(10), luck, 200)
    found = [
        made({int(y): (youths, math.exp(x)) for y, x in zip(years, row, strict=True)}) for row in drawn
    ]
    assert np.mean([one.swing**2 for one in found]) == pytest.approx(swing**2, rel=0.1)
    spread = np.std([math.log(one.ratio) for one in found])
    told = math.sqrt(np.mean([one.tolerance**2 for one in found]) - USE_TOLERANCE**2)
    assert spread == pytest.approx(told, rel=0.15)


@given(st.integers(100, 5000))
def test_a_year_nearby_adds_less_than_one_far_off(youths: int) -> None:
    near, far = (made({2015: (youths, 1.0), year: (youths, 1.0)}).tolerance for year in (2016, 2024))
    assert far < near


# ---- in the fit


def town(use: object) -> Municipality:
    return municipality_from_dict({
        "name": "Dorp", "date": "2024-01-01", "source": "eigen telling",
        "population": {"0-17": 7800, "18-22": 2200}, "use": use,
    })  # fmt: skip


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(municipal, "LOCAL_CHILDREN", 3000)
    monkeypatch.setattr(municipal, "LOTS", 1)


@pytest.mark.usefixtures("few")
def test_a_series_moves_need_and_access_to_what_its_years_say_together() -> None:
    """A list of one is the year alone; youths who lived there then count; a later year is read in 2019."""
    one = {"year": 2019, "youths": 1100.0, "ages": "0-17"}
    other = {"year": 2022, "youths": 1500.0, "ages": "0-22", "residents": 12_000.0}
    alone, listed, both, turned = (
        fit_municipality(town(use), Inline(), children=3000)
        for use in (one, [one], [one, other], [other, one])
    )
    assert alone == listed
    assert both == turned
    known = national_shares(read_targets())
    ratios = [1100 / 7800 / known[2019, "0-17"], 1500 / 12_000 / known[2022, "0-22"]]
    assert [said.ratio for said in both.by_year] == pytest.approx(ratios)
    assert min(ratios) < both.published < max(ratios)
    assert both.need != alone.need
    fitted = with_fit(town([one, other]), both)
    assert fitted.use_range is not None
    off = math.exp(NormalDist().inv_cdf(0.95) * both.tolerance)
    assert (fitted.use_range.low, fitted.use_range.high) == pytest.approx((1 / off, off), abs=1e-4)
    assert fitted.need is not None
    assert "2019-2022 (2 years) at the ages 0-17 and 0-22" in str(fitted.need.source)
    assert profile_from(fitted).local == ("jeugdhulp",)


@settings(max_examples=30)
@given(st.permutations([2015, 2018, 2019, 2024]))
def test_the_order_of_years_in_a_file_changes_no_hash(years: list[int]) -> None:
    turned, sorted_ = (
        town([{"year": year, "youths": 700 + year} for year in order]) for order in (years, sorted(years))
    )
    assert turned.canonical() == sorted_.canonical()


def test_years_in_the_terminal_are_read_or_refused() -> None:
    assert uses_of(["2019=2700", "2022=2600.5"]) == [
        {"year": 2019, "youths": 2700.0}, {"year": 2022, "youths": 2600.5}
    ]  # fmt: skip
    for wrong in ("2019", "2019:2700", "jaar=3", "2019="):
        with pytest.raises(InputError, match="a year and a number of youths such as 2019=2700"):
            uses_of([wrong])
