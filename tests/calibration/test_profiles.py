"""Single ages meet the published groups exactly, and the shipped file is the one that is built."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration import profiles
from calibration.profiles import EVIDENCE, NAMES, build, single_years
from sim.parameters import DATA
from sim.population import profiles as shipped
from sim.states import AGES

YOUTHS = st.integers(0, 1_000_000).map(float)


@st.composite
def divisions(draw: st.DrawFn) -> list[tuple[int, int, float]]:
    """Return a division of 0-22 into groups of ages."""
    cuts = sorted(draw(st.sets(st.integers(1, AGES - 1), max_size=8)) | {0, AGES})
    return [(a, b - 1, draw(YOUTHS)) for a, b in pairwise(cuts)]


@given(divisions())
def test_every_group_is_met_and_no_age_is_negative(groups: list[tuple[int, int, float]]) -> None:
    ages = single_years(groups)
    assert ages.shape == (AGES,)
    assert ages.min() >= -1e-6
    for first, last, youths in groups:
        assert ages[first : last + 1].sum() == pytest.approx(youths, rel=1e-9, abs=1e-5)


@given(divisions(), st.randoms(use_true_random=False))
def test_the_order_of_groups_says_nothing(groups: list[tuple[int, int, float]], order: object) -> None:
    mixed = list(groups)
    order.shuffle(mixed)  # type: ignore[attr-defined]
    assert np.array_equal(single_years(mixed), single_years(groups))


def test_equally_many_at_every_age_stay_so() -> None:
    assert single_years([(0, 3, 40.0), (4, 11, 80.0), (12, 22, 110.0)]) == pytest.approx([10.0] * AGES)


def test_two_divisions_of_the_same_population_sharpen_each_other() -> None:
    ages = single_years([(0, 22, 230.0), (0, 17, 190.0), (4, 11, 90.0), (0, 3, 40.0)])
    assert ages[:4].sum() == pytest.approx(40.0)
    assert ages[4:12].sum() == pytest.approx(90.0)
    assert ages[:18].sum() == pytest.approx(190.0)
    assert ages.sum() == pytest.approx(230.0)


def test_a_gap_is_refused() -> None:
    with pytest.raises(ValueError, match="no group ends where"):
        single_years([(0, 3, 40.0), (5, 22, 100.0)])


def test_youths_who_are_not_all_counted_are_refused() -> None:
    with pytest.raises(ValueError, match="22"):
        single_years([(0, 3, 40.0), (4, 17, 100.0)])


def test_divisions_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="contradict"):
        single_years([(0, 3, 40.0), (4, 22, 190.0), (0, 22, 300.0)])


# ---- the shipped file


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, str, int, float, str]]:
    return build()


def test_every_region_of_the_evidence_has_every_age_and_meets_its_groups(
    rows: list[tuple[str, str, int, float, str]],
) -> None:
    with EVIDENCE.open(encoding="utf-8", newline="") as stream:
        evidence = [row for row in csv.DictReader(stream) if row["date"] == profiles.DATE]
    for row in evidence:
        name = NAMES.get(row["region"], row["region"])
        ages = {age: youths for region, _, age, youths, _ in rows if region == name}
        assert sorted(ages) == list(range(AGES))
        if int(row["age_to"]) >= AGES:  # reaches beyond those the model is about
            continue
        inside = sum(ages[age] for age in range(int(row["age_from"]), int(row["age_to"]) + 1))
        assert inside == pytest.approx(float(row["value"]), abs=0.05 * AGES)  # rounded to a tenth
    assert all(source for *_, source in rows)


def test_the_country_of_the_targets_has_the_counts_behind_the_shares(
    rows: list[tuple[str, str, int, float, str]],
) -> None:
    with EVIDENCE.open(encoding="utf-8", newline="") as stream:
        counts = {
            (row["age_from"], row["age_to"]): float(row["value"])
            for row in csv.DictReader(stream)
            if row["date"] == profiles.TARGET_DATE
        }
    country = [youths for name, _, _, youths, _ in rows if name == "Nederland 2018"]
    assert sum(country[:18]) == pytest.approx(counts["0", "17"], abs=2)
    assert sum(country) == pytest.approx(counts["0", "22"], abs=2)


def test_the_shipped_file_is_what_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "DATA", tmp_path)
    profiles.main()
    built = (tmp_path / "population.csv").read_text(encoding="utf-8")
    assert built == (DATA / "population.csv").read_text(encoding="utf-8"), (
        "run python -m calibration.profiles"
    )


def test_every_profile_of_the_model_is_built(rows: list[tuple[str, str, int, float, str]]) -> None:
    assert set(shipped()) <= {name for name, *_ in rows}
