"""Every count has its margins, every total is the sum of its parts, and labels are those of the results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.engine.counting import GROUPS, WIDTH
from sim.engine.history import (
    CELLS,
    GROUP_LEVELS,
    MARGINS,
    MARGINS_OF,
    History,
    Label,
    form_states,
    place_years,
    settle,
)
from sim.engine.measures import measures
from sim.engine.plan import LIMITED
from sim.model.parameters import Parameters
from sim.model.prices import ambulant_registration
from sim.model.processes import default_table
from sim.states import (
    AGES,
    DURATION_CLASSES,
    FORMS,
    JEUGDHULP,
    MEASURES,
    MONTHS,
    QUINTILES,
    SEXES,
    USER_SETS,
)

FACTORS = {
    "sex": SEXES,
    "quintile": GROUP_LEVELS[:QUINTILES],
    "bijstand": ("geen_bijstand", "bijstand"),
    "eenouder": ("twee_ouders", "een_ouder"),
    "ouder_ggz": ("ouder_zonder_ggz", "ouder_met_ggz"),
}
OUTCOMES = ("early_school_leavers", "first_offences")
SPREAD = (
    "population", "need_stock", "care_users", "jeugdhulp_users", "care_stock", "unmet_need", "maltreated",
    "taking_part", "special_education", *OUTCOMES, *(f"{outcome}_helped_before" for outcome in OUTCOMES),
)  # fmt: skip
COUNTED_BY_FORM = ("care_starts", "care_ends", "trajectories_active", "care_reentries")
WAITING = {"waiting_stock", "waiting_weeks", "places"}
NAMES = {
    *SPREAD, *COUNTED_BY_FORM, "care_duration_ended", "measures_stock", "whole_life",
    "programme_fte", "programme_places", "programme_participants",
}  # fmt: skip
NEEDS = ("light", "moderate", "complex")

Table = Mapping[Label, np.ndarray]


def table_of(history: History, p: Parameters) -> Table:
    found = measures(history, p)
    assert len({column.label for column in found}) == len(found)
    return {column.label: column.values for column in found}


def parts(table: Table, measure: str, breakdown: str, levels: tuple[str, ...]) -> np.ndarray:
    return sum(table[measure, breakdown, level] for level in levels)  # type: ignore[return-value]


@pytest.fixture(scope="module")
def early(lived: History) -> History:
    """Return the same lives as if they began in 2019, two years before registration changed."""
    return replace(lived, start=2019)


@pytest.fixture(scope="module")
def waited(lived_capped: History) -> History:
    """Return the years in which children wait as those of a whole town: of a sample no waits are told."""
    return replace(lived_capped, scale=1.0)


@pytest.fixture(scope="module")
def capped(waited: History, parameters: Parameters) -> Table:
    return table_of(waited, parameters)


@pytest.fixture(scope="module")
def table(lived: History, parameters: Parameters) -> Table:
    return table_of(lived, parameters)


# ---- margins

BELONGS = (MARGINS_OF[:, :, None] == np.arange(len(MARGINS))).any(axis=1)
"""[GROUPS, margins]"""


@pytest.mark.parametrize("factor", FACTORS)
def test_a_group_has_one_level_of_each_factor(factor: str) -> None:
    columns = [MARGINS.index(level) for level in FACTORS[factor]]
    assert np.all(BELONGS[:, columns].sum(axis=1) == 1)
    # and its levels are equally many: every combination is there once
    assert np.ptp(BELONGS[:, columns].sum(axis=0)) == 0


def test_no_two_groups_are_the_same() -> None:
    assert np.unique(BELONGS, axis=0).shape == (GROUPS, len(MARGINS))
    assert sum(map(len, FACTORS.values())) == len(MARGINS)


def test_a_boy_in_the_fourth_quintile_with_two_factors() -> None:
    combo = 0b101  # bijstand, two parents, a parent with mental illness
    group = 1 + 2 * (3 + QUINTILES * combo)
    levels = {MARGINS[m] for m in np.flatnonzero(BELONGS[group])}
    assert levels == {"boy", "wijk_kwintiel_4", "bijstand", "twee_ouders", "ouder_met_ggz"}


def test_household_levels_stand_in_the_order_of_the_table_of_processes() -> None:
    assert tuple(default_table().households.prevalence) == tuple(FACTORS)[2:]


TALLIES = arrays(np.float64, (3, WIDTH), elements=st.integers(0, 50).map(float))


@settings(max_examples=50)
@given(TALLIES)
def test_margins_add_up_and_ages_stay(tally: np.ndarray) -> None:
    cells, before = np.full((3, CELLS), np.nan), tally.copy()
    settle(tally, cells)
    assert not tally.any()
    assert np.array_equal(cells[:, :AGES], before[:, :AGES])
    whole = before[:, AGES:].sum(axis=1)
    for levels in FACTORS.values():
        assert np.array_equal(sum(cells[:, AGES + MARGINS.index(level)] for level in levels), whole)


@settings(max_examples=25)
@given(TALLIES, TALLIES)
def test_two_tallies_together_are_their_sum(a: np.ndarray, b: np.ndarray) -> None:
    one, other, both = (np.empty((3, CELLS)) for _ in range(3))
    settle(a + b, both)
    settle(a, one)
    settle(b, other)
    assert np.array_equal(both, one + other)


# ---- labels


def test_labels_are_those_of_the_results(table: Table, capped: Table) -> None:
    levels = {
        "total": {"all"},
        "age": {str(age) for age in range(AGES)},
        "sex": set(SEXES),
        "form": set(USER_SETS),
        "need": {"none", *NEEDS},
        "duration": set(DURATION_CLASSES),
        "programme": {"kinderwerk"},
        "group": set(GROUP_LEVELS),
        "history": {"none", *(level for _, breakdown, level in table if breakdown == "history")},
    }
    assert {measure for measure, _, _ in table} == NAMES
    assert {measure for measure, _, _ in capped} == NAMES | WAITING
    assert all(level in levels[breakdown] for _, breakdown, level in (*table, *capped))
    for measure in SPREAD:
        for breakdown in ("total", "age", "sex", "group"):
            found = {level for name, b, level in table if (name, b) == (measure, breakdown)}
            assert found == levels[breakdown]
    for measure in COUNTED_BY_FORM:
        assert {level for name, b, level in table if (name, b) == (measure, "form")} == set(FORMS)
    assert {level for name, b, level in table if (name, b) == ("measures_stock", "form")} == set(MEASURES)


def test_every_column_has_a_value_for_every_year_and_block(lived: History, table: Table) -> None:
    assert {values.shape for values in table.values()} == {lived.cells.shape[:2]}
    assert all(np.all(np.isfinite(values)) and values.min() >= 0 for values in table.values())


# ---- totals


@pytest.mark.parametrize("measure", SPREAD)
def test_a_total_is_the_sum_of_every_breakdown(table: Table, measure: str) -> None:
    total = table[measure, "total", "all"]
    assert total.sum() > 0
    assert parts(table, measure, "age", tuple(map(str, range(AGES)))) == pytest.approx(total)
    for factor, levels in FACTORS.items():
        breakdown = "sex" if factor == "sex" else "group"
        assert parts(table, measure, breakdown, levels) == pytest.approx(total)


def test_everyone_has_one_state_of_need(table: Table) -> None:
    needs = parts(table, "need_stock", "need", NEEDS)
    assert needs == pytest.approx(table["need_stock", "total", "all"])
    everyone = needs + table["need_stock", "need", "none"]
    assert everyone == pytest.approx(table["population", "total", "all"])
    unmet = table["unmet_need", "total", "all"]
    assert np.all(unmet <= parts(table, "need_stock", "need", ("moderate", "complex")))


@pytest.mark.parametrize("measure", COUNTED_BY_FORM)
def test_trajectories_of_jeugdhulp_add_up_over_forms(table: Table, measure: str) -> None:
    assert parts(table, measure, "form", JEUGDHULP) == pytest.approx(table[measure, "total", "all"])


def test_measures_add_up(table: Table) -> None:
    forms = parts(table, "measures_stock", "form", MEASURES)
    assert forms == pytest.approx(table["measures_stock", "total", "all"])


def test_every_ended_trajectory_has_one_duration(table: Table) -> None:
    durations = parts(table, "care_duration_ended", "duration", DURATION_CLASSES)
    assert durations == pytest.approx(table["care_ends", "total", "all"])


def test_an_active_trajectory_ended_or_goes_on(table: Table) -> None:
    for form in JEUGDHULP:
        ended, active = table["care_ends", "form", form], table["trajectories_active", "form", form]
        assert active == pytest.approx(ended + table["care_stock", "form", form])


def test_users_are_counted_once_each(lived: History, parameters: Parameters) -> None:
    table = table_of(lived, parameters.replace({"registration.pgb": 0.0, "registration.shift_total": 0.0}))
    users = {
        name: table["care_users", "form", name]
        for name in USER_SETS
        if name not in ("jeugdzorg", "jeugdhulp")
    }
    help_ = table["jeugdhulp_users", "total", "all"]
    assert np.all(table["care_users", "total", "all"] >= help_)
    assert users["zonder_verblijf"] + users["alleen_met_verblijf"] == pytest.approx(help_)
    assert users["met_verblijf"] + users["alleen_zonder_verblijf"] == pytest.approx(help_)


def test_maltreated_youths_are_those_of_the_year_and_taking_part_is_the_rule(table: Table) -> None:
    people = table["population", "total", "all"]
    assert np.all(table["taking_part", "total", "all"] <= people)
    assert table["taking_part", "total", "all"].sum() > 0.5 * people.sum()
    assert 0.01 < table["maltreated", "total", "all"].sum() / people.sum() < 0.06


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_those_who_had_help_before_are_some_of_all(table: Table, outcome: str) -> None:
    helped = table[f"{outcome}_helped_before", "total", "all"]
    assert np.all(helped <= table[outcome, "total", "all"])
    assert 0 < helped.sum() < table[outcome, "total", "all"].sum()


def test_a_whole_life_is_told_once_and_in_one_way(lived: History, table: Table) -> None:
    lives = {level: values for (name, _, level), values in table.items() if name == "whole_life"}
    assert set(lives) == {
        "none", "care", "early_school_leavers", "care+early_school_leavers", "first_offences",
        "care+first_offences", "early_school_leavers+first_offences",
        "care+early_school_leavers+first_offences",
    }  # fmt: skip
    # those who turn 23 in a year are about those who were 22 at the end of the year before
    came_of_age = sum(values.sum(axis=1) for values in lives.values())[1:]
    assert came_of_age == pytest.approx(table["population", "age", "22"].sum(axis=1)[:-1], rel=0.2)


# ---- waiting


def test_who_waits_adds_up_over_forms(capped: Table) -> None:
    forms = {level for name, breakdown, level in capped if (name, breakdown) == ("waiting_stock", "form")}
    assert forms == set(LIMITED)
    total = capped["waiting_stock", "total", "all"]
    assert parts(capped, "waiting_stock", "form", LIMITED) == pytest.approx(total)
    assert total.sum() > 0


def test_weeks_of_waiting_are_the_mean_of_those_who_start(
    waited: History, capped: Table, parameters: Parameters
) -> None:
    lay, cells = waited.layout, waited.cells[..., :AGES].sum(axis=(1, 3))
    months, starts = np.zeros(len(cells)), np.zeros(len(cells))
    for form in LIMITED:
        f = FORMS.index(form)
        spent, admitted = cells[:, lay.waited + f], cells[:, lay.admitted + f]
        mean = np.divide(spent, admitted, out=np.zeros_like(spent), where=admitted > 0)
        weeks = capped["waiting_weeks", "form", form].sum(axis=1) * waited.scale
        assert weeks == pytest.approx(mean * 365.25 / 84, rel=1e-9)
        months, starts = months + spent, starts + admitted
    whole = capped["waiting_weeks", "total", "all"].sum(axis=1) * waited.scale
    assert whole == pytest.approx(months / starts * 365.25 / 84, rel=1e-9)
    assert np.all(whole > 0)


def test_places_are_those_of_the_contracts_and_are_not_exceeded(
    waited: History, capped: Table, parameters: Parameters
) -> None:
    bare = table_of(
        waited,
        parameters.replace({"registration.shift_ambulant": 0.0, "registration.shift_total": 0.0}),
    )
    for form in LIMITED:
        contracted = [year[form] for year in waited.accounts.places]
        places = bare["places", "form", form].sum(axis=1) * waited.scale
        assert places == pytest.approx(contracted)
        if form == "ambulant":
            factor = ambulant_registration(parameters)
            counted = capped["places", "form", form].sum(axis=1) * waited.scale
            assert counted == pytest.approx(factor * places)


def test_a_sample_says_nothing_about_waiting(lived_capped: History, parameters: Parameters) -> None:
    sample = replace(lived_capped, scale=2.0)
    assert not WAITING & {measure for measure, _, _ in table_of(sample, parameters)}


# ---- registration and persoonsgebonden budget


def test_registration_counts_from_2021_and_in_totals_and_ambulant_only(
    early: History, parameters: Parameters
) -> None:
    bare = {"registration.shift_total": 0.0, "registration.shift_ambulant": 0.0}
    one, without = table_of(early, parameters), table_of(early, parameters.replace(bare))
    total = 1 + parameters["registration.shift_total"] / parameters["registration.users_2020"]
    ambulant = 1 + parameters["registration.shift_ambulant"] / parameters["registration.ambulant_2019"]
    expected = {
        ("care_users", "total", "all"): total,
        ("care_users", "age", "9"): total,
        ("care_stock", "group", "een_ouder"): total,
        ("jeugdhulp_users", "sex", "girl"): total,
        ("care_users", "form", "zonder_verblijf"): total,
        ("care_users", "form", "ambulant"): ambulant,
        ("care_starts", "form", "ambulant"): ambulant,
        ("care_users", "form", "pleegzorg"): 1.0,
        ("care_users", "form", "met_verblijf"): 1.0,
        ("care_starts", "form", "wijkteam"): 1.0,
        ("population", "total", "all"): 1.0,
        ("unmet_need", "total", "all"): 1.0,
    }
    for label, factor in expected.items():
        assert one[label][:2] == pytest.approx(without[label][:2]), label  # 2019 and 2020
        assert one[label][2:] == pytest.approx(factor * without[label][2:]), label
    for measure in COUNTED_BY_FORM:
        assert parts(one, measure, "form", JEUGDHULP) == pytest.approx(one[measure, "total", "all"])
    durations = parts(one, "care_duration_ended", "duration", DURATION_CLASSES)
    assert durations == pytest.approx(one["care_ends", "total", "all"])


def test_a_shock_to_registration_counts_more_users_and_changes_no_life(
    lived: History, table: Table, parameters: Parameters
) -> None:
    factor = np.array([1.0, 1.0, 1.5, 1.25])
    shifted = table_of(replace(lived, registration=factor), parameters)
    for label in table:
        users = label[0] in ("care_users", "jeugdhulp_users", "care_stock") and label[1] != "form"
        ambulant = label[0] in ("care_users", "care_stock", *COUNTED_BY_FORM) and label[2] == "ambulant"
        if users or ambulant:
            assert shifted[label] == pytest.approx(factor[:, None] * table[label]), label
        elif label[0] in ("population", "need_stock", "unmet_need", "whole_life", "maltreated", *OUTCOMES):
            assert np.array_equal(shifted[label], table[label])


def test_persoonsgebonden_budget_counts_in_totals_and_not_in_forms(
    lived: History, parameters: Parameters
) -> None:
    with_, without = (table_of(lived, parameters.replace({"registration.pgb": x})) for x in (0.25, 0.0))
    for label in without:
        in_total = label[0] in ("care_users", "jeugdhulp_users", "care_stock") and label[1] != "form"
        assert with_[label] == pytest.approx((1.25 if in_total else 1.0) * without[label]), label


# ---- places and programmes


def test_a_place_taken_all_year_is_a_place_year(lived: History) -> None:
    cells = np.zeros(lived.cells.shape[-2:])
    states = form_states(lived.table)
    for f, state in enumerate(states):
        cells[lived.layout.time + state, 3 + f] = MONTHS * (f + 1)
        cells[lived.layout.time + state, AGES] = 99.0  # margins repeat what ages say
    found = place_years(cells, lived.layout, lived.table)
    assert found.tolist() == [f + 1.0 for f in range(len(FORMS))]


def test_place_years_of_a_history_lie_between_nobody_and_everybody_who_had_care(
    lived: History, table: Table, parameters: Parameters
) -> None:
    found = lived.place_years()
    bare = table_of(lived, parameters.replace({"registration.shift_ambulant": 0.0}))
    for f, form in enumerate(FORMS):
        assert np.all(found[:, :, f] <= bare["care_users", "form", form] + 1e-9)
    assert found.sum() > 0


def test_programmes_are_reported_as_the_town_hall_knows_them(lived: History, table: Table) -> None:
    fte = table["programme_fte", "programme", "kinderwerk"].sum(axis=1) * lived.scale
    by_month = np.array(lived.accounts.fte["kinderwerk"])
    assert by_month.size == len(lived.years) * MONTHS
    assert fte == pytest.approx(by_month.reshape(-1, MONTHS).mean(axis=1))
    places = table["programme_places", "programme", "kinderwerk"].sum(axis=1)
    took_part = table["programme_participants", "programme", "kinderwerk"].sum(axis=1)
    years = lived.programmes["kinderwerk"]
    assert places == pytest.approx([year.places for year in years])
    assert took_part == pytest.approx([year.participants for year in years])
    assert all(year.stock <= year.participants for year in years)


def test_nobody_lives_in_no_years(lived: History, parameters: Parameters) -> None:
    none = replace(
        lived, cells=lived.cells[:0], registration=lived.registration[:0], programmes={"kinderwerk": ()},
        accounts=replace(lived.accounts, fte={"kinderwerk": []}),
    )  # fmt: skip
    assert list(none.years) == []
    assert {values.shape for values in table_of(none, parameters).values()} == {(0, lived.cells.shape[1])}
