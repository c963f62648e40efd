"""Figures are read in their own year, and as CBS registered in that year."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calibration.figures.measures import Counted
from calibration.figures.targets import read_targets
from calibration.runs import predict
from sim.engine.history import History
from sim.engine.measures import measures
from sim.model.parameters import Parameters
from sim.states import AGES, DURATION_CLASSES, HISTORY_YEAR, USER_SETS
from tests.calibration.figures.books import AMBULANT, GROUPS, TOTAL, Books, target

# ---- years


@pytest.mark.parametrize("years", [5, 10])
def test_counts_are_read_in_their_own_year_and_not_beyond_those_counted(
    parameters: Parameters, years: int
) -> None:
    books = Books(parameters, years)
    for k in range(years):
        books.users("jeugdzorg", 2015 + k, 10.0 + k)
    last = books.counted.last_year
    assert last == 2014 + years
    counted = 9.0 + years if last < 2021 else (9.0 + years) * TOTAL
    assert [books.of("jeugdzorg", year) for year in (2015, 2019, last)] == pytest.approx([10, 14, counted])
    assert books.of("jeugdzorg", last + 1) is None
    assert books.of("jeugdzorg", 2014) is None


@pytest.mark.parametrize("years", [5, 10])
def test_shares_are_read_in_the_nearest_year_that_is_counted(parameters: Parameters, years: int) -> None:
    books = Books(parameters, years)
    for k in range(years):
        books.users("jeugdzorg", 2015 + k, 100.0)
        books.stock_users("jeugdzorg", 2015 + k, 10.0 + k)
    found = [books.of("stock_ratio", year, "ratio") for year in (2012, 2015, 2017, 2019, 2100)]
    assert found == pytest.approx([0.10, 0.10, 0.12, 0.14, 0.14 if years == 5 else 0.19])


# ---- registration, which changed in 2021


BROKEN = {  # by the factor that each figure must have from 2021 on
    "jeugdzorg": TOTAL, "jeugdhulp": TOTAL, "jeugdzorg_pgb": TOTAL, "jeugdhulp_pgb": TOTAL,
    "jeugdzorg_half_year": TOTAL, "jeugdhulp_pgb_half_year": TOTAL, "zonder_verblijf": TOTAL,
    "alleen_zonder_verblijf": TOTAL, "ambulant": AMBULANT,
    **dict.fromkeys(set(GROUPS) - {"jeugdzorg", "jeugdhulp", "zonder_verblijf", "alleen_zonder_verblijf",
                                   "ambulant"}, 1.0),
    "beide_soorten": 1.0, "first_offences": 1.0, "early_school_leavers": 1.0,
}  # fmt: skip


@pytest.mark.parametrize("measure", sorted(BROKEN))
def test_figures_of_2021_and_later_hold_the_providers_that_cbs_began_to_count(
    parameters: Parameters, measure: str
) -> None:
    books = Books(parameters, 10)
    books.cells += 1.0
    for year in range(2015, 2025):
        books.users("met_verblijf", year, 5.0)
    values = np.array([books.of(measure, year) for year in range(2015, 2025)])
    assert values[:6] == pytest.approx(values[0])
    assert values[6:] == pytest.approx(BROKEN[measure] * values[0])


@pytest.mark.parametrize("measure", ["trajectories_started", "trajectories_active"])
def test_trajectories_of_2021_and_later_hold_those_of_providers_that_cbs_began_to_count(
    parameters: Parameters, measure: str
) -> None:
    books = Books(parameters, 10)
    for year in (2020, 2021):
        for row in ("start_ambulant", "start_pleegzorg"):
            books.flow(row, year, 10.0)
        for form in ("ambulant", "pleegzorg"):
            books.ended(form, 0, year, 10.0)
    before, after = (books.of(measure, year, "trajectories") for year in (2020, 2021))
    assert after / before == pytest.approx((AMBULANT + 1) / 2)  # type: ignore[operator]


def test_a_share_of_youths_in_care_is_registered_as_in_its_own_year(parameters: Parameters) -> None:
    """Also where lives go to 2019 only: a figure of 2023 counts providers that one of 2019 does not."""
    for years in (5, 10):
        books = Books(parameters, years)
        for year in range(2015, 2015 + years):
            books.users("jeugdhulp", year, 12.0)
            books.people(year, 100.0)
        found = [books.share("jeugdhulp_share", year=year) for year in (2019, 2020, 2021, 2023)]
        assert found == pytest.approx([0.12, 0.12, 0.12 * TOTAL, 0.12 * TOTAL])
        assert books.share("jeugdhulp_share", year=2014) is None


def test_what_is_fitted_and_tested_is_counted_as_results_are(lived: History, parameters: Parameters) -> None:
    """One count: the same lives, as figures of the fit and as results that people see."""
    early = replace(lived, start=2019)
    results = {column.label: column.values.sum(axis=1) for column in measures(early, parameters)}
    before = np.zeros((2019 - HISTORY_YEAR, *lived.cells.sum(axis=1).shape[1:]))
    counted = Counted(
        np.concatenate([before, lived.cells.sum(axis=1)]), lived.layout, lived.table, parameters
    )
    same = {
        "jeugdzorg_pgb": ("care_users", "total", "all"),
        "jeugdhulp_pgb": ("jeugdhulp_users", "total", "all"),
        **{group: ("care_users", "form", group) for group in set(USER_SETS) - {"jeugdzorg", "jeugdhulp"}},
    }
    parallel = {
        "trajectories_started": ("care_starts", "total", "all"),
        "trajectories_active": ("trajectories_active", "total", "all"),
    }
    for t, year in enumerate(early.years):
        for measure, label in same.items():
            found = predict(target(measure, year), counted)
            assert found == pytest.approx(results[label][t]), (measure, year)
        for measure, label in parallel.items():  # in results a youth holds one of a form
            found = predict(target(measure, year), counted)
            assert found == pytest.approx(parameters["registration.parallel"] * results[label][t])
        by_age = [results["care_users", "age", str(age)][t] for age in range(18, AGES)]
        assert predict(target("jeugdzorg_pgb", year, ages=(18, 22)), counted) == pytest.approx(sum(by_age))
        ended = [results["care_duration_ended", "duration", level][t] for level in DURATION_CLASSES]
        assert counted.ended(year) == pytest.approx(ended)


def test_the_base_of_a_shift_is_the_figure_that_it_was_counted_against(parameters: Parameters) -> None:
    published = {one.id: one.value for one in read_targets()}
    assert parameters["registration.users_2020"] == published["jz_2020"]
    assert parameters["registration.ambulant_2019"] == published["ambulant_2019"]
