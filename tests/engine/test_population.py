"""Who is born, arrives and leaves: ids, the age structure, and what children start with."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.engine.population import (
    BLOCKS,
    LIFE_MONTHS,
    NEVER,
    SERIAL_BITS,
    Children,
    Flows,
    cohorts,
    flows,
    month_of,
)
from sim.errors import InputError
from sim.inputs.profiles import Profile, municipality_names, profiles, towns_of_the_country
from sim.luck import key_of
from sim.model.parameters import DATA, Parameters, default_parameters
from sim.model.processes import default_table
from sim.model.transitions import CompiledTable, compile_table
from sim.states import AGES, EPOCH_YEAR, LAST_YEAR, MONTHS, QUINTILES
from tests.worlds import everyone, same

KEY = key_of(11)


@pytest.fixture(scope="module")
def table(parameters: Parameters) -> CompiledTable:
    return compile_table(default_table(), parameters, 2030)


@pytest.fixture(scope="module")
def flow(parameters: Parameters) -> Flows:
    return flows(profiles()["Almere"], parameters, 4000)[0]


def town(*youths: float, moving: float | None = None) -> Profile:
    return Profile("Town", youths, "2021-01-01", "test", moving)


def resident(children: Children, year: int) -> np.ndarray:
    """Tell who is a youth of the municipality on 31 December: the 23rd birthday is not past."""
    end = month_of(year + 1)
    born = (children.birth < end) & (children.birth >= end - LIFE_MONTHS)
    return born & (children.arrives <= year - EPOCH_YEAR) & (children.departs > year - EPOCH_YEAR)


# Municipalities


def test_every_municipality_has_every_age_and_says_where_it_comes_from() -> None:
    for name, profile in profiles().items():
        assert profile.name == name
        assert len(profile.youths) == AGES
        assert min(profile.youths) > 0
        assert profile.total == sum(profile.youths)
        assert profile.source
        assert profile.date


def test_a_municipality_without_youths_is_refused_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("population.csv", "municipalities.csv"):
        shutil.copy(DATA / name, tmp_path)
    with (tmp_path / "municipalities.csv").open("a", encoding="utf-8") as stream:
        stream.write("Almare" + "," * 9 + "\n")
    monkeypatch.setattr("sim.inputs.profiles.DATA", tmp_path)
    with pytest.raises(InputError, match=r"municipalities.csv:\d+:1: 'Almare' has no youths .*'Almere'"):
        profiles.__wrapped__()


def test_every_alias_leads_to_a_profile() -> None:
    assert set(municipality_names().values()) == set(profiles())
    assert all(alias == alias.casefold() for alias in municipality_names())
    assert municipality_names()["'s-gravenhage"] == "Den Haag"


def test_local_figures_are_only_claimed_where_they_are() -> None:
    assert not profiles()["Almere"].has_local_care_figures
    assert "jeugdhulp" in profiles()["Almere"].local  # and no tariffs
    assert replace(profiles()["Almere"], local=("jeugdhulp", "tarieven")).has_local_care_figures


def test_a_municipality_with_ages_of_its_own_has_its_estimated_level_of_use() -> None:
    with (DATA / "municipalities.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["name"]: row for row in csv.DictReader(stream)}
    estimated = {name for name, row in rows.items() if not row["need"]} & set(towns_of_the_country())
    assert len(estimated) == 11
    for name in estimated:
        here, town = profiles()[name], towns_of_the_country()[name]
        assert (here.need, here.access, here.use, here.level, here.local, here.code) == (
            town.need, town.access, town.use, town.level, town.local, town.code
        )  # fmt: skip
        assert here.youths != town.youths
        assert here.source.endswith(f"; {town.source.split('; ')[-1]}")
        assert here.overrides.get("household.bijstand") == (float(rows[name]["bijstand"] or 0) or None)
    assert (profiles()["Almere"].need, profiles()["Almere"].use) == (float(rows["Almere"]["need"]), None)
    assert (profiles()["Nederland"].need, profiles()["Nederland"].access) == (1.0, 1.0)


# The age structure


@given(
    st.lists(st.floats(0.5, 5000), min_size=AGES, max_size=AGES),
    st.floats(0, 0.3),
    st.one_of(st.none(), st.integers(0, 100_000)),
)
def test_births_arrivals_and_departures_keep_the_age_structure(
    youths: list[float], moving: float, children: int | None
) -> None:
    profile = town(*youths, moving=moving)
    flow, scale = flows(profile, default_parameters(), children)
    here = 0.0
    for age in range(AGES):
        here = here * flow.stay[age] + flow.arrivals[age]
        share = 1.0 if children is None else children / profile.total
        assert here * MONTHS == pytest.approx(youths[age] * share, rel=1e-9, abs=1e-9)
    assert flow.arrivals.min() >= 0
    assert flow.stay.min() >= 0
    assert flow.stay.max() <= 1
    assert flow.stay[0] == 1
    assert scale == (0.0 if children == 0 else pytest.approx(1.0 if children is None else 1 / share))


def test_nobody_moves_within_a_whole_country(parameters: Parameters) -> None:
    """Only those age differences that the profile asks for: nobody leaves and is replaced."""
    flow, _ = flows(profiles()["Nederland"], parameters, None)
    for age in range(1, AGES):
        assert flow.stay[age] == 1.0 or flow.arrivals[age] == 0.0


def test_families_that_move_are_replaced(parameters: Parameters) -> None:
    still, _ = flows(town(*[1200.0] * AGES, moving=0.0), parameters, None)
    moving, _ = flows(town(*[1200.0] * AGES, moving=0.1), parameters, None)
    assert still.arrivals.tolist() == [100.0] + [0.0] * 22
    np.testing.assert_allclose(moving.stay[1:], np.exp(-0.1))
    np.testing.assert_allclose(moving.arrivals[1:], 100 * (1 - np.exp(-0.1)))


def test_a_municipality_without_a_figure_of_its_own_moves_as_assumed(parameters: Parameters) -> None:
    flow, _ = flows(town(*[1200.0] * AGES), parameters, None)
    np.testing.assert_allclose(flow.stay[1:], np.exp(-parameters["population.moving"]))


def test_a_negative_number_of_children_is_refused(parameters: Parameters) -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        flows(profiles()["Almere"], parameters, -1)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.integers(0, 20_000), st.integers(2000, 2024))
def test_a_sample_of_any_size_keeps_the_age_structure(children: int, year: int) -> None:
    """Rounding may cost or add one child per age at arrival, never more."""
    p, profile = default_parameters(), profiles()["Nederland"]
    table = compile_table(default_table(), p, EPOCH_YEAR)
    flow, scale = flows(profile, p, children)
    people = everyone(cohorts(flow, month_of(year - 23), month_of(year + 1), KEY, table, p))
    here = people.part(resident(people, year).nonzero()[0])
    age = (month_of(year + 1) - here.birth - 1) // MONTHS
    counts = np.bincount(age, minlength=AGES)
    expected = np.array(profile.youths) * (children / profile.total)
    noise = 1.5 + np.sqrt(AGES) + 5.0 * np.sqrt(expected * (1 - np.cumprod(flow.stay)))
    assert np.all(np.abs(counts - expected) <= noise)
    assert children == 0 or scale == pytest.approx(profile.total / children)


# Youths of later years


def growing(*points: tuple[int, float], base: float = 1200.0, moving: float = 0.05) -> Profile:
    """Return a town whose youths of each age become so many at the start of some years."""
    later = tuple(
        (year, tuple(base * times * (1 + age / 50) for age in range(AGES))) for year, times in points
    )
    return replace(town(*(base * (1 + age / 50) for age in range(AGES)), moving=moving), later=later)


@given(
    st.lists(
        st.tuples(st.integers(2015, 2060), st.floats(0.3, 3.0)), min_size=1, max_size=4,
        unique_by=lambda point: point[0],
    ),
    st.floats(0, 0.3),
    st.integers(1993, 2080),
)  # fmt: skip
def test_moves_meet_the_youths_of_every_year(
    points: list[tuple[int, float]], moving: float, year: int
) -> None:
    """Those of each age on 31 December are as many as are given for 1 January of the next year."""
    profile = growing(*sorted(points), moving=moving)
    flow, scale = flows(profile, default_parameters(), None)
    assert scale == 1.0
    assert flow.arrivals.min() >= 0
    assert flow.stay.min() >= 0
    assert flow.stay.max() <= 1
    counted = profile.youths_on(year + 1)
    for age in range(min(AGES, year - EPOCH_YEAR + 1)):
        born = min(year - age - EPOCH_YEAR, len(flow.arrivals) - 1)
        here = 0.0
        for each in range(age + 1):
            here = here * flow.stay[born, each] + flow.arrivals[born, each]
        assert here * MONTHS == pytest.approx(counted[age])


def test_youths_who_stay_the_same_are_the_children_of_a_constant_age_structure(
    table: CompiledTable, parameters: Parameters
) -> None:
    """To the byte: the same ids, luck and departures."""
    still = growing()
    given_too = replace(still, later=((2030, still.youths), (2040, still.youths)))
    ours, theirs = (
        cohorts(flows(profile, parameters, 3000)[0], 0, month_of(2060), KEY, table, parameters)
        for profile in (still, given_too)
    )
    assert all(same(a, b) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("year", [2024, 2030, 2040, 2055])
def test_as_many_children_live_as_are_given(year: int, table: CompiledTable, parameters: Parameters) -> None:
    profile = growing((2026, 1.0), (2036, 1.6), (2046, 0.7))
    flow, scale = flows(profile, parameters, 20_000)
    people = everyone(cohorts(flow, 0, month_of(year + 1), KEY, table, parameters))
    here = people.part(resident(people, year).nonzero()[0])
    counts = np.bincount((month_of(year + 1) - here.birth - 1) // MONTHS, minlength=AGES)
    expected = np.array(profile.youths_on(year + 1)) / scale
    assert np.all(np.abs(counts - expected) <= 1.5 + np.sqrt(AGES) + 5.0 * np.sqrt(expected))
    assert counts.sum() == pytest.approx(expected.sum(), rel=0.02)


def test_growing_children_come_the_same_whenever_they_are_asked_for(
    table: CompiledTable, parameters: Parameters
) -> None:
    flow, _ = flows(growing((2020, 0.8), (2031, 1.7)), parameters, 3000)
    cut, end = month_of(2026), month_of(2040)
    at_once = cohorts(flow, 0, end, KEY, table, parameters)
    parts = [cohorts(flow, a, b, KEY, table, parameters) for a, b in ((0, cut), (cut, end))]
    for whole, first, second in zip(at_once, *parts, strict=True):
        assert same(whole, first.joined(second))


def test_growth_changes_nobody_who_lives_in_both(table: CompiledTable, parameters: Parameters) -> None:
    """Children born before anything grows have the same start; no id stands for two of them."""
    few, more = (
        everyone(cohorts(flows(p, parameters, 3000)[0], 0, month_of(2050), KEY, table, parameters))
        for p in (growing(), growing((2030, 1.0), (2040, 1.5)))
    )
    assert np.unique(more.id).size == more.id.size > few.id.size
    _, a, b = np.intersect1d(few.id, more.id, return_indices=True)
    early = few.birth[a] < month_of(2005)
    assert early.sum() > 1000
    for name in ("sex", "quintile", "traits", "risk", "left"):
        assert np.array_equal(getattr(few, name)[a[early]], getattr(more, name)[b[early]]), name


# Ids


def test_an_id_holds_birth_arrival_and_serial_number(
    flow: Flows, table: CompiledTable, parameters: Parameters
) -> None:
    for b, children in enumerate(cohorts(flow, 0, 200, KEY, table, parameters)):
        ids = children.id.astype(np.int64)
        serial, arrival, birth = ids & 0xFFFF, ids >> 16 & 31, ids >> 21
        assert np.array_equal(birth, children.birth)
        assert np.array_equal(arrival, children.arrives - children.birth // MONTHS)
        assert np.array_equal((serial + birth + arrival) % BLOCKS, np.full(ids.size, b))


def test_an_id_is_never_used_again(flow: Flows, table: CompiledTable, parameters: Parameters) -> None:
    years = [everyone(cohorts(flow, m, m + 12, KEY, table, parameters)).id for m in range(0, 600, 12)]
    ids = np.concatenate(years)
    assert np.unique(ids).size == ids.size


def test_the_last_month_of_the_clock_still_fits_in_an_id(
    table: CompiledTable, parameters: Parameters
) -> None:
    last = month_of(LAST_YEAR + 1)
    arrivals = np.full(AGES, 3.0)
    children = everyone(cohorts(Flows(arrivals, np.ones(AGES)), last - 1, last, KEY, table, parameters))
    assert children.id.size == 3 * AGES
    assert np.unique(children.id).size == children.id.size
    assert np.array_equal(children.id.astype(np.int64) >> 21, children.birth)


def test_children_come_the_same_whenever_they_are_asked_for(
    flow: Flows, table: CompiledTable, parameters: Parameters
) -> None:
    """Those born before and after the start of a scenario are one population."""
    at_once = cohorts(flow, 0, 500, KEY, table, parameters)
    before, after = (cohorts(flow, a, b, KEY, table, parameters) for a, b in ((0, 137), (137, 500)))
    assert len(at_once) == BLOCKS
    for whole, first, second in zip(at_once, before, after, strict=True):
        assert same(whole, first.joined(second))
        assert np.all(np.diff(whole.birth) >= 0)


def test_one_more_child_changes_nobody_else(table: CompiledTable, parameters: Parameters) -> None:
    """Children of a smaller population live in the larger one with the same start, to the byte."""
    profile = profiles()["Almere"]
    few, more = (
        everyone(cohorts(flows(profile, parameters, n)[0], 0, 300, KEY, table, parameters))
        for n in (4000, 4003)
    )
    shared, a, b = np.intersect1d(few.id, more.id, return_indices=True)
    assert shared.size > 0.95 * few.id.size
    assert more.id.size > few.id.size
    for name in Children._fields:
        assert np.array_equal(getattr(few, name)[a], getattr(more, name)[b]), name


def test_more_children_than_an_id_can_number_are_refused(
    table: CompiledTable, parameters: Parameters
) -> None:
    arrivals = np.zeros(AGES)
    arrivals[0] = 1 << SERIAL_BITS
    with pytest.raises(ValueError, match="more children are born in a month"):
        cohorts(Flows(arrivals, np.ones(AGES)), 0, 1, KEY, table, parameters)


def test_the_whole_country_fits_in_its_ids(parameters: Parameters) -> None:
    flow, _ = flows(profiles()["Nederland"], parameters, None)
    assert flow.arrivals.max() < 1 << SERIAL_BITS


def test_blocks_are_alike(table: CompiledTable, parameters: Parameters) -> None:
    flow, _ = flows(profiles()["Almere"], parameters, 40_000)
    sizes = [c.id.size for c in cohorts(flow, 0, 276, KEY, table, parameters)]
    assert max(sizes) < 1.1 * min(sizes)


def test_no_children_is_a_population_too(table: CompiledTable, parameters: Parameters) -> None:
    flow, scale = flows(profiles()["Almere"], parameters, 0)
    assert scale == 0.0
    assert [c.id.size for c in cohorts(flow, 0, 100, KEY, table, parameters)] == [0] * BLOCKS


# What children start with


@pytest.fixture(scope="module")
def many(table: CompiledTable, parameters: Parameters) -> Children:
    flow, _ = flows(profiles()["Almere"], parameters, 120_000)
    return everyone(cohorts(flow, 0, 276, KEY, table, parameters))


def test_boys_and_girls(many: Children, parameters: Parameters) -> None:
    share = parameters["population.boy"]
    assert many.sex.max() == 1
    assert abs(many.sex.mean() - share) < 4 * np.sqrt(share * (1 - share) / many.id.size)


def test_a_fifth_lives_in_each_quintile(many: Children) -> None:
    counts = np.bincount(many.quintile, minlength=QUINTILES)
    assert counts.size == QUINTILES
    assert stats.chisquare(counts).pvalue > 1e-4


def test_households_are_drawn_from_their_joint_distribution(many: Children, table: CompiledTable) -> None:
    bits = [many.state[:, p].astype(int) << k for k, p in enumerate(table.household_process)]
    combination = np.sum(bits, axis=0)
    for quintile in range(QUINTILES):
        here = combination[many.quintile == quintile]
        counts = np.bincount(here, minlength=8)
        assert stats.chisquare(counts, table.households.probability[quintile] * here.size).pvalue > 1e-4


def test_lasting_frailty_is_log_normal_with_mean_one(
    many: Children, table: CompiledTable, parameters: Parameters
) -> None:
    on_care = np.log(many.risk[:, table.risks.index("care")].astype(float))
    assert table.risk_terms[table.risks.index("care")] == {"frailty": parameters["frailty.on_care"]}
    log_frailty = on_care / parameters["frailty.on_care"]
    sd = parameters["frailty.sd"]
    assert stats.kstest(log_frailty[:20_000], stats.norm(-(sd**2) / 2, sd).cdf).pvalue > 1e-4
    error = np.sqrt((np.exp(sd**2) - 1) / many.id.size)
    assert abs(np.exp(log_frailty).mean() - 1) < 4 * error


def test_risks_are_log_linear_in_what_lasts(
    many: Children, table: CompiledTable, parameters: Parameters
) -> None:
    log_frailty = (
        np.log(many.risk[:, table.risks.index("care")].astype(float)) / parameters["frailty.on_care"]
    )
    known = {"boy": many.sex, "quintile": many.quintile - 2.0, "frailty": log_frailty}
    chance = table.trait_chance[many.sex]
    for name, terms in zip(table.risks, table.risk_terms, strict=True):
        expected = sum(weight * known[term] for term, weight in terms.items() if term in known)
        for k, trait in enumerate(table.traits):  # around the mean, so that a trait moves no average
            weight = terms.get(trait, 0.0)
            expected = expected + weight * ((many.traits >> k) & 1)
            expected = expected - np.log(1 - chance[:, k] + chance[:, k] * np.exp(weight))
        np.testing.assert_allclose(np.log(many.risk[:, table.risks.index(name)]), expected, atol=2e-5)


def test_what_children_start_with_does_not_depend_on_each_other(many: Children, table: CompiledTable) -> None:
    frailty = np.log(many.risk[:, table.risks.index("care")].astype(float))
    limit = 4 / np.sqrt(many.id.size)
    traits = np.stack([many.sex, many.quintile, frailty, many.departs < NEVER, many.birth % 12])
    correlations = np.corrcoef(traits)[np.triu_indices(5, 1)]
    assert np.abs(correlations[[0, 1, 4]]).max() < limit  # sex, quintile and frailty
    assert np.abs(correlations[[2, 5, 7]]).max() < limit  # and none of them moves more often


def test_everyone_starts_at_rest_with_no_care_behind_them(many: Children, table: CompiledTable) -> None:
    others = [p for p in range(len(table.processes)) if p not in table.household_process]
    assert many.state[:, others].max() == 0
    assert many.forms.max() == many.used.max() == 0
    assert many.care_ended.max() < -1000
    assert many.since[:, others].max() < -1000
    for p in table.household_process:
        assert np.array_equal(many.since[:, p], many.birth)


def test_as_many_stay_as_the_flows_say(many: Children, parameters: Parameters) -> None:
    flow, _ = flows(profiles()["Almere"], parameters, 120_000)
    newborn = many.arrives == many.birth // MONTHS
    age_left = many.departs[newborn].astype(int) - many.birth[newborn] // MONTHS
    assert np.all(many.departs > many.arrives)
    kept = np.cumprod(flow.stay)
    for age in range(1, AGES):
        error = np.sqrt(kept[age] * (1 - kept[age]) / newborn.sum())
        assert abs(np.mean(age_left > age) - kept[age]) < 4 * error + 1e-12


def test_those_who_arrived_can_leave_again_and_nobody_leaves_the_year_of_arrival(many: Children) -> None:
    movers = (many.arrives > many.birth // MONTHS) & (many.departs < NEVER)
    assert movers.sum() > 100
    assert np.all(many.departs[movers] > many.arrives[movers])
    assert np.all(many.departs[movers].astype(int) - many.birth[movers] // MONTHS < AGES)


# Handling


def test_a_part_is_a_copy(many: Children) -> None:
    part = many.part(slice(10, 20))
    part.state[:] = 9
    part.risk[:] = -1
    assert many.state.max() < 9
    assert many.risk.min() > 0
    assert part.id.tolist() == many.id[10:20].tolist()
    assert same(many.part(slice(0, 15)).joined(many.part(slice(15, 40))), many.part(slice(0, 40)))
    assert many.bytes() == sum(getattr(many, name).nbytes for name in Children._fields)


def test_months_are_counted_from_january_1992() -> None:
    assert (month_of(EPOCH_YEAR), month_of(EPOCH_YEAR + 1)) == (0, 12)
