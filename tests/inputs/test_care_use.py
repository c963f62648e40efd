"""Figures of use: one a year, of those who are there, and a range around what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.errors import InputError
from sim.inputs.municipality import load_municipality
from sim.inputs.profiles import profile_from
from tests.inputs.test_municipality import made

RANGE = {"low": 0.8, "high": 1.3, "source": "like towns"}


@pytest.mark.parametrize(
    ("basis", "local"), [("own", ("tarieven", "gebruik")), ("predicted", ("tarieven", "voorspeld"))]
)
def test_a_range_of_use_reaches_the_profile_and_says_what_it_rests_on(
    basis: str, local: tuple[str, ...]
) -> None:
    """A figure of use beside it is not fitted to: need and access are those of the level."""
    for more in ({}, {"use": None}):
        given = made(use_range={**RANGE, "basis": basis}, **more)
        found = profile_from(given)
        assert (found.use, found.local, given.fitted) == ((0.8, 1.3), local, False)
        assert found.source == "eigen telling; like towns"
    fitted = profile_from(made(use_range={**RANGE, "basis": "fitted"}))
    assert fitted.local == ("jeugdhulp", "tarieven")


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"low": 1.1, "high": 1.3}, "must be between 0.2 and 1, found 1.1"),
        ({"low": 0.8, "high": 0.9}, "must be between 1 and 5, found 0.9"),
        ({"low": 0.8, "high": float("nan")}, "nan"),
        ({"low": 0.8}, "missing key 'high'"),
        ({"low": 0.8, "high": 1.2, "basis": "guess"}, "own"),
    ],
)
def test_a_range_of_use_lies_around_the_level(wrong: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError, match=line):
        made(use_range=wrong)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("  - {year: 2019, youths: 4000}", "8:12: there is a figure of 2019 already; give one a year"),
        ("  - {year: 2014, youths: 4000}", "8:12: must be between 2015 and 2060, found 2014"),
        ("  - {year: 2018, youths: veel}", "8:26: expected a number of youths, found text 'veel'"),
        ("  - {year: 2018, youths: 4.125}", "8:26: '4.125' can be read in two ways"),
        ("  - {year: 2018, youths: 90000}", "8:26: 90,000 is more than the 30,000"),
        ("  - {year: 2018, youths: 4000, residents: 3000}", "8:26: 4,000 is more than the 3,000"),
        ("  - 4000", "8:5: expected a mapping"),
    ],
)
def test_a_wrong_figure_in_a_series_is_told_with_its_place(
    tmp_path: Path, lines: str, told: str
) -> None:
    head = "kind: municipality\nname: Dorp\ndate: 2024-01-01\nsource: telling\npopulation: {0-22: 30000}\n"
    file = tmp_path / "dorp.yaml"
    file.write_text(f"{head}use:\n  - {{year: 2019, youths: 5000}}\n{lines}\n")
    with pytest.raises(InputError) as caught:
        load_municipality(file)
    (line,) = str(caught.value).splitlines()
    assert told in line


def test_an_empty_series_is_refused() -> None:
    with pytest.raises(InputError, match="expected a figure of use with its year"):
        made(use=[])


def test_a_figure_of_use_counts_once_it_is_fitted() -> None:
    assert profile_from(made(need=None, access=None)).local == ("tarieven",)
    assert profile_from(made(use=None)).local == ("tarieven",)
    assert profile_from(made(tariffs={})).local == ("jeugdhulp",)


def test_ages_that_begin_elsewhere_are_no_misspelling(tmp_path: Path) -> None:
    file = tmp_path / "town.yaml"
    file.write_text("kind: municipality\nname: Dorp\ndate: 2024-01-01\nsource: x\npopulation: {0-22: 20000}\n"
                    "use: {year: 2024, youths: 1200, ages: 12-17}\n")  # fmt: skip
    with pytest.raises(InputError) as caught:
        load_municipality(file)
    assert [p.message for p in caught.value.problems] == ["expected '0-17' or '0-22', found text '12-17'"]
