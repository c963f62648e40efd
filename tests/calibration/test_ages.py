"""What is left of a posterior without some figures, against cases that can be worked out."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calibration.ages import (
    BANDS,
    ENOUGH,
    YEARS,
    bands,
    by_line,
    left_in_effect,
    predicted,
    text,
    told,
    without,
)
from calibration.documents.markup import DOCS
from calibration.figures.targets import TARGET_FILE, read_targets
from calibration.fit import FitPlan


def test_a_figure_that_says_nothing_leaves_all_members() -> None:
    errors = np.random.default_rng(1).normal(size=(100, 3))
    assert left_in_effect(errors, np.diag([1.0, 1.0, 1e9]), [2]) == pytest.approx(100.0, rel=1e-6)


def test_a_member_that_alone_misses_a_figure_by_far_counts_for_all() -> None:
    errors = np.zeros((100, 2))
    errors[7, 1] = 10.0
    assert left_in_effect(errors, np.eye(2), [1]) == pytest.approx(1.0, abs=1e-3)
    assert left_in_effect(errors, np.eye(2), [0]) == pytest.approx(100.0)


def test_what_other_figures_explain_is_no_miss() -> None:
    """Of two figures that are off together, one tells what the other is off by."""
    errors = np.random.default_rng(2).normal(size=(50, 1)) * np.array([[1.0, 0.999]])
    together = np.array([[1.0, 0.999], [0.999, 1.0]])
    assert left_in_effect(errors, together, [1]) > 49
    assert left_in_effect(errors, np.eye(2), [1]) < 40


def test_weights_follow_from_the_likelihood() -> None:
    errors, covariance = np.array([[0.0, 1.0], [0.5, 2.0], [0.1, 0.0]]), np.diag([1.0, 4.0])
    weight = np.exp(np.array([1.0, 4.0, 0.0]) / 8)
    assert left_in_effect(errors, covariance, [1]) == pytest.approx(weight.sum() ** 2 / (weight**2).sum())


def test_every_band_has_fitted_figures_that_cover_its_ages() -> None:
    known = {one.id: one for one in read_targets()}
    for band, names in BANDS.items():
        first, last = map(int, band.split("-"))
        assert {known[name].role for name in names} == {"calibrate"}
        assert min(known[name].age_from for name in names) == first
        assert max(known[name].age_to for name in names) == last


@pytest.mark.parametrize("year", YEARS)
def test_all_bands_of_a_year_are_held_out_and_nothing_else_changes(year: int) -> None:
    with TARGET_FILE.open(encoding="utf-8", newline="") as stream:
        before = list(csv.DictReader(stream))
    after = without(before, year)
    changed = {old["id"]: new["role"] for old, new in zip(before, after, strict=True) if old != new}
    of_year = {name for names in BANDS.values() for name in names if int(name[-4:]) == year}
    assert changed == dict.fromkeys(of_year, "validate")
    assert len(of_year) == {2018: 4, 2023: 5}[year]


def test_a_fit_without_them_predicts_the_bands_of_a_year(tmp_path: Path) -> None:
    rows = predicted(2023, tmp_path, FitPlan(((40, 2_000),), (8, 3_000), 1, 4_000, bends=0))
    assert {row["id"] for row in rows} == {n for names in BANDS.values() for n in names if "2023" in n}
    assert all(0 < row["predictive_low"] < row["median"] < row["predictive_high"] < 1 for row in rows)
    assert predicted(2023, tmp_path) == rows  # from what was kept


def band(
    year: int, first: int, last: int, value: float, median: float, inside: bool = True
) -> dict[str, Any]:
    return {"year": year, "age_from": first, "age_to": last, "value": value, "median": median,
            "inside": inside}  # fmt: skip


def test_a_line_is_what_neighbours_say_of_a_band() -> None:
    ages = ((0, 1, 2.0), (2, 3, 6.0), (4, 7, 24.0), (8, 9, 1.0))  # per year 1, 3, 6 and 0.5
    assert by_line([band(2018, *each, 0.0) for each in ages]) == pytest.approx([6.0, 7.0])


def test_how_far_bands_are_off_is_told() -> None:
    rows = [
        band(2018, 0, 3, 40.0, 44.0), band(2018, 4, 7, 40.0, 30.0, inside=False),
        band(2018, 8, 11, 60.0, 60.0),  # the line at 4-7: 50
        band(2023, 0, 3, 40.0, 40.0), band(2023, 4, 7, 40.0, 20.0), band(2023, 8, 11, 60.0, 60.0),
    ]  # fmt: skip
    said = told(rows)
    assert "mean absolute error 14.2%, largest 50.0%; 5 of 6 inside" in said
    assert "outside: 4-7 in 2018 (-25%). Of the 2 bands" in said
    assert "the model is 38% off, and a line between the neighbours 25%" in said
    assert said.endswith("nearer at: 4-7 in 2023. ")


def test_the_page_says_what_is_found() -> None:
    found = bands()
    assert all(1.0 <= effective < ENOUGH < members for members, effective in found.values())
    assert text(found) in (DOCS / "calibration.md").read_text(encoding="utf-8")
