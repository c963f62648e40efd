"""The model counts what published figures count: in natura or with budgets, in their year, at their ages."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.figures.measures import ALL_AGES, DURATIONS, MEASURES, ROUTES
from calibration.figures.targets import RATIOS, read_targets
from calibration.runs import FIT_YEAR, national, outcome, predict
from sim.model.parameters import Parameters
from sim.states import AGES, DURATION_CLASSES, FORMS, HISTORY_YEAR, JEUGDHULP, USER_SETS
from tests.calibration.figures.books import TOTAL, Books


@pytest.fixture
def books(parameters: Parameters) -> Books:
    return Books(parameters.replace({"registration.pgb": 0.1, "registration.parallel": 1.25}))


# ---- youths


@pytest.mark.parametrize("group", USER_SETS)
def test_youths_of_a_group_are_counted_in_natura_in_their_year_and_at_their_ages(
    books: Books, group: str
) -> None:
    other = "wijkteam" if group != "wijkteam" else "ambulant"
    for age, youths in ((2, 10.0), (9, 20.0), (17, 40.0), (18, 80.0), (22, 160.0)):
        books.users(group, 2016, youths, age)
        books.users(other, 2016, 1000.0, age)
        books.stock_users(group, 2016, 1000.0, age)
        books.users(group, 2017, 1000.0, age)
    assert books.of(group, 2016) == 310.0
    assert books.of(group, 2016, ages=(0, 17)) == 70.0
    assert books.of(group, 2016, ages=(18, 22)) == 240.0
    assert books.of(group, 2016, ages=(9, 9)) == 20.0
    assert books.of(group, 2015) == 0.0


def test_margins_are_not_counted_as_youths(books: Books) -> None:
    books.users("jeugdzorg", 2018, 10.0, 22, "boy", "een_ouder")
    assert books.of("jeugdzorg") == 10.0


@pytest.mark.parametrize("group", ["jeugdzorg", "jeugdhulp"])
def test_totals_hold_the_persoonsgebonden_budget(books: Books, group: str) -> None:
    books.users(group, 2017, 30.0, 9)
    books.users(group, 2017, 10.0, 18)
    assert books.of(f"{group}_pgb", 2017) == pytest.approx(44.0)
    assert books.of(f"{group}_pgb", 2017, ages=(18, 22)) == pytest.approx(11.0)


def test_youths_in_both_kinds_of_help_are_those_with_residence_who_have_not_only_that(books: Books) -> None:
    books.users("met_verblijf", 2019, 40.0)
    books.users("alleen_met_verblijf", 2019, 15.0)
    books.users("met_verblijf", 2019, 7.0, 19)
    assert books.of("beide_soorten", 2019) == 32.0
    assert books.of("beide_soorten", 2019, ages=(0, 17)) == 25.0


def test_users_in_half_a_year_are_those_of_its_start_and_half_of_those_who_come(books: Books) -> None:
    books.stock_users("jeugdhulp", 2018, 120.0)
    books.users("jeugdhulp", 2019, 200.0)
    books.users("jeugdhulp", 2019, 50.0, 20)
    books.stock_users("jeugdhulp", 2019, 999.0)
    half = 120 + (250 - 120) / 2
    assert books.of("jeugdhulp_half_year", 2019) == pytest.approx(half)
    assert books.of("jeugdhulp_half_year", 2019, ages=(18, 22)) == pytest.approx(half * 50 / 250)
    assert books.of("jeugdhulp_pgb_half_year", 2019) == pytest.approx(1.1 * half)
    assert books.of("half_year_ratio", 2019, "ratio") == pytest.approx(half / 250)


def test_the_first_half_year_begins_with_the_stock_of_its_own_year(books: Books) -> None:
    books.users("wijkteam", 2015, 100.0)
    books.stock_users("wijkteam", 2015, 60.0)
    assert books.of("wijkteam_half_year", 2015) == pytest.approx(80.0)


def test_the_stock_of_june_lies_between_those_of_two_years(books: Books) -> None:
    for name in ("jeugdzorg", "pleegzorg", "jeugdbescherming"):
        books.stock_users(name, 2017, 10.0)
        books.stock_users(name, 2018, 30.0)
    assert books.of("jeugdzorg_mid_year") == books.of("pleegzorg_mid_year") == 20.0
    assert books.of("trajectories_mid_year", unit="trajectories") == pytest.approx(1.25 * 20.0)


def test_a_stock_that_begins_before_registration_changed_is_registered_as_after(books: Books) -> None:
    later = Books(books.p, 10)
    for year in (2020, 2021):
        later.stock_users("jeugdzorg", year, 100.0)
    later.users("jeugdzorg", 2021, 200.0)
    assert later.of("jeugdzorg_mid_year", 2021) == pytest.approx(100.0 * TOTAL)
    assert later.of("jeugdzorg_half_year", 2021) == pytest.approx(150.0 * TOTAL)


def test_bands_of_ages_are_shares_of_the_stock_under_18(books: Books) -> None:
    for age, amount in ((3, 10.0), (9, 30.0), (17, 40.0), (18, 500.0)):
        books.stock_users("jeugdzorg", 2018, amount, age)
    bands = ((0, 3), (4, 7), (8, 11), (12, 14), (15, 17))
    found = [books.share("stock_share", ages) for ages in bands]
    assert found == pytest.approx([10 / 80, 0.0, 30 / 80, 0.0, 40 / 80])


@pytest.mark.parametrize("form", ["jeugdbescherming", "jeugdreclassering"])
def test_measures_of_the_court_start_and_end_and_stand_on_1_january(books: Books, form: str) -> None:
    books.flow(f"start_{form}", 2018, 12.0, 15)
    books.flow(f"start_{form}", 2018, 100.0, 19)
    for duration in range(len(DURATION_CLASSES)):
        books.ended(form, duration, 2018, 1.0, 15)
    books.stock_users(form, 2017, 30.0, 15)
    books.stock_users(form, 2018, 99.0, 15)
    assert books.of(f"{form}_started", ages=(0, 17)) == 12.0
    assert books.of(f"{form}_ended", ages=(0, 17)) == len(DURATION_CLASSES)
    assert books.of(f"{form}_before", ages=(0, 17)) == 30.0


def test_half_a_year_has_half_of_the_measures(books: Books) -> None:
    books.flow("start_jeugdbescherming", 2018, 12.0)
    books.ended("jeugdbescherming", 0, 2018, 8.0)
    assert books.of("jeugdbescherming_started_half") == 6.0
    assert books.of("jeugdbescherming_ended_half") == 4.0


def test_residence_is_a_share_of_youths_with_help_as_registered_in_its_year(books: Books) -> None:
    later = Books(books.p, 10)
    for year in (2020, 2021):
        later.users("jeugdhulp", year, 100.0)
        later.users("met_verblijf", year, 8.0)
    assert later.share("residence_share", year=2020) == pytest.approx(0.08)
    assert later.share("residence_share", year=2021) == pytest.approx(0.08 / TOTAL)


def test_fifths_of_neighbourhoods_are_shares_of_their_own_youths(books: Books) -> None:
    books.users("jeugdhulp", 2018, 30.0, 9, "wijk_kwintiel_5")
    books.users("jeugdhulp", 2018, 5.0, 9, "wijk_kwintiel_1")
    for fifth, people in ((1, 100.0), (5, 200.0)):
        books.put(books.lay.people, 2018, people, 9, f"wijk_kwintiel_{fifth}")
    assert books.share("deprived_share") == pytest.approx(0.15)
    assert books.share("affluent_share") == pytest.approx(0.05)
    assert books.of("deprivation_ratio", unit="ratio") == pytest.approx(3.0)


def test_helped_are_those_with_moderate_or_complex_need_who_are_not_without_care(books: Books) -> None:
    books.stock("need", "light", 2018, 500.0)
    books.stock("need", "moderate", 2018, 60.0)
    books.stock("need", "complex", 2018, 40.0)
    books.put(books.lay.unmet, 2018, 70.0)
    books.put(books.lay.unmet, 2018, 500.0, 20)
    books.stock("need", "complex", 2018, 600.0, 20)
    assert books.share("helped_share", (4, 17)) == pytest.approx(0.3)


def test_persistence_is_what_was_watched(books: Books) -> None:
    assert [books.share(f"persistence.{name}") for name in ("3m", "1y", "3y")] == [0.8, 0.6, 0.4]


def test_the_share_of_children_with_help_is_of_children_of_the_same_ages(books: Books) -> None:
    for age, users, people in ((9, 12.0, 100.0), (17, 30.0, 150.0), (20, 1.0, 50.0)):
        books.users("jeugdhulp", 2018, users, age)
        books.people(2018, people, age)
    assert books.share("jeugdhulp_share", (0, 17)) == pytest.approx(42 / 250)
    assert books.share("jeugdhulp_share") == pytest.approx(43 / 300)


# ---- trajectories


def test_trajectories_active_are_those_that_stand_and_those_that_ended(books: Books) -> None:
    for form in JEUGDHULP:
        for duration in range(len(DURATION_CLASSES)):
            books.ended(form, duration, 2018, duration + 1.0)
    ended = len(JEUGDHULP) * sum(range(1, len(DURATION_CLASSES) + 1))
    books.ended("jeugdbescherming", 0, 2018, 99.0)  # a measure is no jeugdhulp
    books.stock_users("ambulant", 2018, 7.0)
    books.stock_users("gesloten", 2018, 2.0)
    books.stock_users("jeugdbescherming", 2018, 100.0)
    books.stock_users("jeugdhulp", 2018, 100.0)
    assert books.of("trajectories_active", unit="trajectories") == pytest.approx(1.25 * (ended + 9))


def test_trajectories_started_are_those_of_jeugdhulp(books: Books) -> None:
    books.flow("start_ambulant", 2018, 12.0)
    books.flow("start_pleegzorg", 2018, 3.0, 20)
    books.flow("end_ambulant", 2018, 5.0)
    books.flow("start_jeugdbescherming", 2018, 50.0)
    books.flow("seen_by_school", 2018, 70.0)
    assert books.of("trajectories_started", unit="trajectories") == pytest.approx(1.25 * 15)


def test_a_youth_may_hold_two_trajectories_of_one_form_and_is_one_youth(books: Books) -> None:
    books.flow("start_ambulant", 2018, 10.0)
    books.stock_users("ambulant", 2018, 10.0)
    books.users("ambulant", 2018, 10.0)
    plain = Books(books.p.replace({"registration.parallel": 1.0}))
    plain.cells = books.cells
    for measure in ("trajectories_started", "trajectories_active"):
        assert books.of(measure) == pytest.approx(1.25 * plain.of(measure))  # type: ignore[operator]
    assert books.of("ambulant") == plain.of("ambulant") == 10.0


@pytest.mark.parametrize("index", range(len(DURATIONS)))
def test_durations_are_shares_of_what_ended_in_all_forms(books: Books, index: int) -> None:
    for form in ("ambulant", "pleegzorg"):
        for duration in range(len(DURATION_CLASSES)):
            books.ended(form, duration, 2018, duration + 1.0)
    books.ended("jeugdreclassering", index, 2018, 99.0)
    expected = (index + 1) / sum(range(1, len(DURATION_CLASSES) + 1))
    assert books.share(f"duration_share.{DURATIONS[index]}") == pytest.approx(expected)


def test_durations_are_named_as_published() -> None:
    assert [name.replace("_", "-") for name in DURATIONS] == [name.rstrip("+") for name in DURATION_CLASSES]


def test_reentry_is_a_share_of_starts_without_parallel_trajectories(books: Books) -> None:
    books.flow("start_daghulp", 2017, 10.0)
    books.flow("start_pleegzorg", 2017, 10.0)
    for form, amount in (("daghulp", 4.0), ("pleegzorg", 1.0), ("jeugdbescherming", 9.0)):
        books.put(books.lay.reentry + FORMS.index(form), 2017, amount)
    assert books.share("reentry_share", year=2017) == pytest.approx(0.25)


def test_the_stock_is_a_ratio_to_users_of_the_year(books: Books) -> None:
    books.stock_users("jeugdzorg", 2018, 100.0)
    books.users("jeugdzorg", 2018, 160.0)
    assert books.of("stock_ratio", unit="ratio") == pytest.approx(100 / 160)


# ---- who they are


def test_boys_are_a_share_of_the_stock_and_single_parents_of_users(books: Books) -> None:
    books.stock_users("jeugdzorg", 2018, 60.0, 9, "boy")
    books.stock_users("jeugdzorg", 2018, 40.0, 9, "girl")
    books.users("jeugdzorg", 2018, 900.0, 9, "girl")
    assert books.share("boys_share") == pytest.approx(0.6)
    books.users("jeugdzorg", 2018, 30.0, 9, "een_ouder")
    books.users("jeugdzorg", 2018, 70.0, 9, "twee_ouders")
    books.stock_users("jeugdzorg", 2018, 900.0, 9, "een_ouder")
    assert books.share("single_parent_share") == pytest.approx(0.3)


@pytest.mark.parametrize(("route", "expected"), [("access", 0.5), ("health", 0.3), ("protection", 0.2)])
def test_routes_are_shares_of_signals_with_schools_going_through_the_municipality(
    books: Books, route: str, expected: float
) -> None:
    signals = {
        "seen_by_access": 20.0, "seen_by_school": 30.0, "seen_by_health": 30.0, "seen_by_protection": 20.0,
        "seen_by_programme": 500.0, "forgotten": 500.0,
    }  # fmt: skip
    for row, amount in signals.items():
        books.flow(row, 2018, amount)
        books.flow(row, 2018, 100.0, 20)
    assert books.share(f"route_share.{route}", (0, 17)) == pytest.approx(expected)


def test_every_route_that_is_lived_has_a_referrer_but_programmes(books: Books) -> None:
    named = {row for rows in ROUTES.values() for row in rows}
    assert {row for row in books.table.rows if row.startswith("seen_by_")} == {*named, "seen_by_programme"}


@pytest.mark.parametrize(
    ("measure", "process", "states"),
    [
        ("need_share", "need", ("light", "moderate", "complex")),
        ("special_education_share", "onderwijs", ("speciaal",)),
        ("bijstand_share", "bijstand", ("yes",)),
        ("eenouder_share", "eenouder", ("yes",)),
        ("ouder_ggz_share", "ouder_ggz", ("yes",)),
    ],
)
def test_children_in_a_state_are_a_share_of_children_of_the_same_ages(
    books: Books, measure: str, process: str, states: tuple[str, ...]
) -> None:
    for other in ("need", "onderwijs", "bijstand", "eenouder", "ouder_ggz", "mishandeling"):
        for name, state in books.table.states:
            if name == other != process:
                books.stock(other, state, 2018, 500.0)
    for k, state in enumerate(states):
        books.stock(process, state, 2018, 10.0 * (k + 1), 9)
        books.stock(process, state, 2018, 100.0, 13)
    books.people(2018, 200.0, 9)
    books.people(2018, 1000.0, 13)
    assert books.share(measure, (4, 11)) == pytest.approx(10 * sum(range(1, len(states) + 1)) / 200)


def test_maltreated_during_a_year_are_those_of_its_end_and_those_it_ended_for(books: Books) -> None:
    books.stock("mishandeling", "yes", 2017, 20.0)
    books.flow("maltreatment_ends", 2017, 12.0)
    books.flow("maltreatment_starts", 2017, 500.0)
    books.flow("maltreatment_ends", 2017, 100.0, 19)
    books.people(2017, 1000.0)
    assert books.share("maltreated_share", (0, 17), 2017) == pytest.approx(0.032)


@pytest.mark.parametrize(
    ("measure", "row", "other"),
    [("early_school_leavers", "leaves_school", "returns_to_school"), ("first_offences", "first_offence", "")],
)
def test_outcomes_are_events_of_a_year(books: Books, measure: str, row: str, other: str) -> None:
    books.flow(row, 2018, 8.0, 15)
    books.flow(row, 2018, 4.0, 20)
    books.flow(row, 2019, 100.0, 15)
    if other:
        books.flow(other, 2018, 100.0, 15)
    assert books.of(measure, ages=(12, 22)) == 12.0
    assert books.of(measure, ages=(12, 17)) == 8.0


def test_who_referred_is_not_counted(books: Books) -> None:
    books.cells += 1.0
    assert books.of("referrer", unit="trajectories") is None


# ---- all of them


def test_every_measure_is_counted_and_is_a_positive_number(books: Books) -> None:
    books.cells += 1.0
    for measure, count in MEASURES.items():
        if measure == "beide_soorten":
            books.users("met_verblijf", 2018, 5.0)
        if measure == "helped_share":
            books.stock("need", "complex", 2018, 5.0)
        value = books.of(measure)
        assert (value is None) == (count is None), measure
        assert value is None or (np.isfinite(value) and value > 0), measure


def test_shares_of_one_thing_add_to_all_of_it(books: Books) -> None:
    books.cells += np.random.default_rng(3).uniform(1, 9, books.cells.shape)
    for family in ("duration_share.", "route_share."):
        shares = [books.share(measure) or 0.0 for measure in MEASURES if measure.startswith(family)]
        assert len(shares) > 2
        assert sum(shares) == pytest.approx(1.0)


def test_every_measure_that_is_counted_answers_to_a_target() -> None:
    used = {one.measure for one in read_targets()}
    assert set(MEASURES) - used <= set(USER_SETS)


def test_all_that_is_fitted_to_is_predicted_from_the_years_that_are_lived_to_fit(books: Books) -> None:
    lived = Books(books.p, FIT_YEAR + 1 - HISTORY_YEAR)
    lived.cells += 1.0
    fitted = [one for one in national(read_targets()) if one.role == "calibrate"]
    assert all(predict(one, lived.counted) is not None for one in fitted)
    assert all(one.unit in RATIOS or one.year <= FIT_YEAR for one in fitted)


def test_targets_of_the_country_are_those_of_no_municipality_that_are_counted() -> None:
    targets = read_targets()
    left_out = {one.id for one in targets} - {one.id for one in national(targets)}
    assert left_out == {one.id for one in targets if one.region != "NL" or MEASURES[one.measure] is None}


def test_what_a_run_came_to_holds_targets_places_and_ages(books: Books) -> None:
    books.cells += 1.0
    books.people(2018, 3.0, 9)
    books.stock("need", "none", 2018, -1.0, 9)  # nobody is counted at rest
    targets = national(read_targets())
    found = outcome(books.counted, targets)
    assert {one.id for one in targets if one.year <= books.counted.last_year} <= set(found)
    assert "jz_2020" not in found
    assert {name for name in found if name.startswith("place_years.")} == {
        f"place_years.{form}.2019" for form in FORMS
    }
    assert found["users_share.9"] == pytest.approx(1 / 4)
    assert found["need_share.9"] == pytest.approx(3 / 4)
    assert all(f"{name}.{age}" in found for name in ("users_share", "need_share") for age in range(AGES))


WHOLE = {"half_year_ratio", "persistence.3m", "persistence.1y", "persistence.3y"}
"""Published for some ages, counted for all, or for those of the cohort: nothing is asked of their ages."""


def test_measures_that_take_no_ages_are_those_that_targets_refuse_ages_of(books: Books) -> None:
    books.cells[:] = np.random.default_rng(0).uniform(1.0, 9.0, books.cells.shape)
    some, others = slice(0, AGES), slice(4, 12)
    deaf = {
        name
        for name, measure in MEASURES.items()
        if measure is not None and measure(books.counted, 2018, some) == measure(books.counted, 2018, others)
    }
    assert deaf == ALL_AGES | WHOLE
