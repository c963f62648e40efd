"""Who comes to a programme, and what it does to them: places, order, leaving, effects and their limits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from worlds import ALL_OFF, born, everyone

from sim.catalogue import TARGETING, catalogue
from sim.errors import InputError
from sim.exposure import Exposure, effect_level
from sim.luck import Decision, key_of, luck
from sim.parameters import Parameters, default_parameters
from sim.population import NEVER, Children, cohorts, flows, month_of, profiles
from sim.process_file import default_table
from sim.programmes import (
    Attendance,
    Effect,
    attend,
    check_headroom,
    effect_of,
    exposures,
    fte_for,
    participants_for,
    weights,
)
from sim.states import HEADROOM, MECHANISMS, MONTHS, QUINTILES
from sim.transitions import CompiledTable, compile_table

CHILD_WORK = catalogue()["kinderwerk"]
P = default_parameters()
NO_EFFECT = Effect((0.0,) * len(MECHANISMS), 9.0, 0.05)
YEAR = 24
"""2016, counted from 1992: everybody of up to 23 has been born."""
SEED = 4
Floats = NDArray[np.float64]


# Workers, visits, children

workers = st.floats(0, 1e5)
children = st.floats(1, 1e6)


@given(st.floats(0, 0.999), children)
def test_as_many_workers_as_reach_a_share_reach_that_share(part_of_ceiling: float, eligible: float) -> None:
    coverage = part_of_ceiling * P["kinderwerk.uptake_ceiling"]
    fte = fte_for(coverage, eligible, CHILD_WORK, P)
    assert participants_for(fte, eligible, CHILD_WORK, P) == pytest.approx(coverage * eligible, abs=1e-9)


@given(st.floats(0, 5e3), st.floats(1e3, 1e6))
def test_the_workers_who_reach_a_share_are_found_again(fte: float, eligible: float) -> None:
    reached = participants_for(fte, eligible, CHILD_WORK, P) / eligible
    if reached < 0.999 * P["kinderwerk.uptake_ceiling"]:
        assert fte_for(reached, eligible, CHILD_WORK, P) == pytest.approx(fte, rel=1e-6, abs=1e-9)


@given(workers, workers, children)
def test_more_workers_reach_more_children_and_each_reaches_fewer(a: float, b: float, eligible: float) -> None:
    few, many = sorted((a, b))
    reached = [participants_for(fte, eligible, CHILD_WORK, P) for fte in (few, many)]
    assert reached[0] <= reached[1]
    assert reached[1] * few <= reached[0] * many * (1 + 1e-9) + 1e-9


@given(workers, children)
def test_workers_reach_no_more_than_they_can_visit_nor_than_want_to_come(fte: float, eligible: float) -> None:
    reached = participants_for(fte, eligible, CHILD_WORK, P)
    visits = fte * P["kinderwerk.visits_per_fte"]
    assert reached * P["kinderwerk.visits_per_child"] <= visits * (1 + 1e-12) + 1e-9
    assert reached <= P["kinderwerk.uptake_ceiling"] * eligible * (1 + 1e-12)


def test_a_first_worker_reaches_visits_over_visits_per_child() -> None:
    assert participants_for(1.0, 1e9, CHILD_WORK, P) == pytest.approx(4170 / 40)
    ceiling = P["kinderwerk.uptake_ceiling"] * 2000
    fte = ceiling * 40 / 4170  # as many places as children who would come: uptake flattens by a root of two
    assert participants_for(fte, 2000, CHILD_WORK, P) == pytest.approx(ceiling / math.sqrt(2))


def test_no_workers_or_no_children() -> None:
    assert participants_for(0.0, 1000, CHILD_WORK, P) == 0
    assert participants_for(36.0, 0, CHILD_WORK, P) == 0
    assert fte_for(0.0, 1000, CHILD_WORK, P) == 0
    assert fte_for(0.1, 0, CHILD_WORK, P) == 0


@pytest.mark.parametrize("coverage", [0.5, 0.7])
def test_a_share_beyond_the_ceiling_has_no_workers(coverage: float) -> None:
    with pytest.raises(ValueError, match="below the ceiling"):
        fte_for(coverage, 1000, CHILD_WORK, P)


@pytest.mark.parametrize(
    ("targeting", "ratio"), [("everyone", 1.0), ("neighbourhood", 1.8), ("outreach", 1.35)]
)
def test_uptake_rises_from_one_quintile_to_the_next(targeting: str, ratio: float) -> None:
    weight = weights(targeting, CHILD_WORK, P)
    assert weight[QUINTILES // 2] == 1.0
    np.testing.assert_allclose(weight[1:] / weight[:-1], ratio)
    assert targeting in TARGETING


# What it does


@pytest.mark.parametrize("off", [m for m in MECHANISMS if m != "access"])
def test_a_switch_takes_away_one_mechanism_and_nothing_else(off: str) -> None:
    p = P.replace({"kinderwerk.substitution": 0.5})  # without it there is nothing to switch off
    whole, rest = effect_of(CHILD_WORK, p, {}), effect_of(CHILD_WORK, p, {off: False})
    at = MECHANISMS.index(off)
    assert whole.log_effect[at] != 0.0
    assert rest == replace(whole, log_effect=(*whole.log_effect[:at], 0.0, *whole.log_effect[at + 1 :]))
    alone = effect_of(CHILD_WORK, p, {**ALL_OFF, off: True})
    assert [x != 0.0 for x in alone.log_effect] == [m == off for m in MECHANISMS]


def test_with_every_switch_off_nothing_is_left() -> None:
    assert set(effect_of(CHILD_WORK, P, ALL_OFF).log_effect) == {0.0}
    assert effect_of(CHILD_WORK, P, dict.fromkeys(MECHANISMS, True)) == effect_of(CHILD_WORK, P, {})


@given(st.floats(0, 1), st.floats(0.5, 1.5), st.floats(0, 1))
def test_onset_and_escalation_share_one_ratio(exists: float, ratio: float, share: float) -> None:
    p = P.replace(
        {
            "kinderwerk.effect_exists": exists,
            "kinderwerk.moderate_need": ratio,
            "kinderwerk.share_onset": share,
        }
    )
    onset, escalation, recovery, signalling, *_ = effect_of(CHILD_WORK, p, {}).log_effect
    assert onset + escalation == pytest.approx(exists * math.log(ratio), abs=1e-12)
    assert onset == pytest.approx(share * (onset + escalation), abs=1e-12)
    assert recovery == pytest.approx(exists * math.log(1.05))
    assert signalling == pytest.approx(0.3)  # whether or not there is an effect on need


def test_what_is_retained_is_what_is_left_after_a_year() -> None:
    for retained in (0.1, 0.6, 0.99):
        effect = effect_of(CHILD_WORK, P.replace({"kinderwerk.retained": retained}), {})
        assert math.exp(-effect.decay * MONTHS) == pytest.approx(retained)
    for retained in (1.0, 1.2):  # a draw may lie beyond all of it
        assert effect_of(CHILD_WORK, P.replace({"kinderwerk.retained": retained}), {}).decay == 0.0


def test_an_effect_of_which_nothing_is_retained_ends_on_leaving() -> None:
    effect = effect_of(CHILD_WORK, P.replace({"kinderwerk.retained": 0.0}), {})
    x = exposures(1, ["kinderwerk"], {"kinderwerk": effect})
    x.joins[:], x.leaves[:] = 100, 124
    assert effect_level(x, 0, 0, 123.9) > 0.9
    assert effect_level(x, 0, 0, 124.0) > 0.9
    assert effect_level(x, 0, 0, 125.0) < 1e-9


# The room that the engine's bounds leave


def of(mechanism: str, value: float) -> Effect:
    return Effect(tuple(value if m == mechanism else 0.0 for m in MECHANISMS), 9.0, 0.05)


def limit(mechanism: str) -> float:
    most = HEADROOM[mechanism]
    return most if mechanism == "signalling" else math.log(most)


SAME_AGE = dict.fromkeys("abc", (4, 12))


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_effects_up_to_the_headroom_pass_and_stronger_ones_are_refused(mechanism: str) -> None:
    most = limit(mechanism)
    check_headroom({"a": of(mechanism, most - 1e-9)}, SAME_AGE)
    check_headroom({"a": of(mechanism, most / 2 - 1e-9), "b": of(mechanism, most / 2)}, SAME_AGE)
    for wrong in ([most + 1e-6], [most * 0.6 + 1e-6, most * 0.6], [most + 0.1, -most]):
        with pytest.raises(InputError, match=f"multiply {mechanism} by .*at most {HEADROOM[mechanism]:g}"):
            check_headroom(
                {name: of(mechanism, value) for name, value in zip("ab", wrong, strict=False)}, SAME_AGE
            )


@pytest.mark.parametrize("mechanism", [m for m in MECHANISMS if limit(m) > 0])
def test_programmes_for_other_ages_add_up_only_where_an_effect_outlasts_a_stay(mechanism: str) -> None:
    strong = limit(mechanism) * 0.6 + 1e-6
    both = {"a": of(mechanism, strong), "b": of(mechanism, strong)}
    if mechanism == "signalling":
        check_headroom(both, {"a": (0, 3), "b": (4, 12)})
    else:
        with pytest.raises(InputError, match=mechanism):
            check_headroom(both, {"a": (0, 3), "b": (4, 12)})
    with pytest.raises(InputError, match=mechanism):
        check_headroom(both, {"a": (0, 4), "b": (4, 12)})


def test_all_programmes_together_fit_in_the_room() -> None:
    p = default_parameters()
    check_headroom(
        {name: effect_of(programme, p, {}) for name, programme in catalogue().items()},
        {name: programme.ages for name, programme in catalogue().items()},
    )


def test_an_effect_that_lowers_a_rate_needs_no_room() -> None:
    check_headroom({"a": Effect((-9.0, -9.0, -9.0, -0.9, -9.0, -9.0, -9.0), 9.0, 0.05)}, SAME_AGE)
    check_headroom({}, {})


@given(
    st.lists(st.tuples(*(st.floats(-1, 1.5) for _ in MECHANISMS)), max_size=3),
    st.lists(st.floats(0, 1), min_size=3, max_size=3),
)
def test_whatever_passes_stays_within_the_room_at_any_level(
    strengths: list[tuple[float, ...]], level: list[float]
) -> None:
    try:
        check_headroom(
            {name: Effect(s, 9.0, 0.05) for name, s in zip("abc", strengths, strict=False)}, SAME_AGE
        )
    except InputError:
        return
    for m, mechanism in enumerate(MECHANISMS):
        felt = sum(s[m] * x for s, x in zip(strengths, level, strict=False))
        assert (felt if mechanism == "signalling" else math.exp(felt)) <= HEADROOM[mechanism] * (1 + 1e-8)


# Who comes


class Youths(list[Children]):
    def __repr__(self) -> str:
        return f"{sum(block.id.size for block in self)} children"


class Town(NamedTuple):
    """Children in blocks, as if on 1 January of year YEAR, and everything that a test asks of them."""

    blocks: list[Children]
    exposed: list[Exposure]

    @classmethod
    def of(cls, blocks: Sequence[Children], effect: Effect = NO_EFFECT) -> Town:
        names = {"kinderwerk": effect}
        return cls(list(blocks), [exposures(block.id.size, list(names), names) for block in blocks])

    def attend(
        self, places: object, pool: Executor, year: int = YEAR, stay: float = 36.0, weight: object = 1.0
    ) -> Attendance:
        return attend(
            self.blocks, self.exposed, 0, CHILD_WORK, np.broadcast_to(np.asarray(places, float), MONTHS),
            year, key_of(SEED), np.broadcast_to(np.asarray(weight, float), QUINTILES), stay, pool,
        )  # fmt: skip

    @property
    def children(self) -> Children:
        return Children(*(np.concatenate(arrays) for arrays in zip(*self.blocks, strict=True)))

    @property
    def joins(self) -> NDArray[np.int64]:
        return np.concatenate([x.joins[:, 0] for x in self.exposed]).astype(np.int64)

    @property
    def leaves(self) -> NDArray[np.int64]:
        return np.concatenate([x.leaves[:, 0] for x in self.exposed]).astype(np.int64)

    def coming(self, month: int) -> NDArray[np.bool_]:
        return (self.joins <= month) & (month < self.leaves)

    def could_come(self, month: int) -> NDArray[np.bool_]:
        c, year = self.children, month // MONTHS
        age = month - c.birth
        first, before = CHILD_WORK.months
        return (c.arrives <= year) & (year < c.departs) & (first <= age) & (age < before)

    def line(self, year: int, weight: object = 1.0) -> Floats:
        c = self.children
        by_quintile = np.broadcast_to(np.asarray(weight, float), QUINTILES)
        return np.array(
            [
                -math.log(luck(SEED, Decision.JOIN, year, child)) / by_quintile[quintile]
                for child, quintile in zip(c.id.tolist(), c.quintile, strict=True)
            ]
        )

    def stays(self, year: int, stay: float) -> NDArray[np.int64]:
        """Return how many whole months each child would keep coming, by its luck of this year."""
        found = [
            -stay * math.log(luck(SEED, Decision.LEAVE, year, child)) for child in self.children.id.tolist()
        ]
        return np.array([1 + int(months) for months in found])


@pytest.fixture(scope="module")
def table(parameters: Parameters) -> CompiledTable:
    return compile_table(default_table(), parameters, 2020)


@pytest.fixture(scope="module")
def blocks(table: CompiledTable, parameters: Parameters) -> list[Children]:
    """Return 1,500 youths of Almere of all ages, with those who will be born, come and go."""
    flow, _ = flows(profiles()["Almere"], parameters, 1500)
    return Youths(cohorts(flow, 0, month_of(2020), key_of(SEED), table, parameters))


months_of_places = st.lists(st.floats(0, 120), min_size=MONTHS, max_size=MONTHS)


@settings(max_examples=30, deadline=None)
@example([[0.0, 0.0, 0.0, 59.0, 0.0, 86.0, 0.0, 86.0, 0.0, 86.0, 0.0, 86.0]], 36.0)
@given(st.lists(months_of_places, min_size=1, max_size=3), st.sampled_from([2.0, 9.0, 36.0]))
def test_never_more_children_than_places_and_none_who_may_not_come(
    blocks: list[Children], pool: Executor, years: list[list[float]], stay: float
) -> None:
    """Month by month, from what is booked for each child; free places never stay free while one waits."""
    town = Town.of(blocks)
    for year, places in enumerate(years, YEAR):
        counted = town.attend(places, pool, year, stay)
        took_part = np.zeros(town.joins.size, bool)
        joined = town.joins // MONTHS == year
        gone = (town.leaves // MONTHS == year) & (town.leaves < NEVER)
        for month, room in enumerate(places, year * MONTHS):
            coming = town.coming(month)
            took_part |= coming
            assert counted.stock[month % MONTHS] == coming.sum() <= room + 1e-9
            assert not np.any(coming & ~town.could_come(month))
            if coming.sum() < math.floor(room + 1e-9):
                waits = town.could_come(month) & ~coming & ~(joined & (town.joins <= month)) & ~gone
                assert not waits.any()
        assert counted.participants == took_part.sum()


def test_free_places_go_to_the_first_in_line(blocks: list[Children], pool: Executor) -> None:
    for weight in (1.0, weights("neighbourhood", CHILD_WORK, P)):
        town = Town.of(blocks)
        town.attend(40, pool, weight=weight)
        now = YEAR * MONTHS
        could, came = town.could_come(now), town.joins == now
        assert came.sum() == 40
        line = town.line(YEAR, weight)
        assert line[came].max() < line[could & ~came].min()
        for month in range(now + 1, now + MONTHS):  # and whoever leaves makes room for the next
            here = town.joins == month
            if here.any():
                left_out = town.could_come(month) & (town.joins > month)
                assert line[here].max() < line[left_out].min()


def test_who_comes_is_a_matter_of_luck_and_not_of_order_or_block(
    blocks: list[Children], pool: Executor
) -> None:
    town, other = Town.of(blocks), Town.of([everyone(blocks)])
    for year in range(YEAR, YEAR + 3):
        town.attend(60, pool, year, stay=12.0)
        other.attend(60, pool, year, stay=12.0)
    order, another = np.argsort(town.children.id), np.argsort(other.children.id)
    assert np.array_equal(town.joins[order], other.joins[another])
    assert np.array_equal(town.leaves[order], other.leaves[another])


def test_who_comes_does_not_depend_on_need_care_or_household(blocks: list[Children], pool: Executor) -> None:
    other = [
        b._replace(
            state=np.ones_like(b.state), forms=np.ones_like(b.forms), risk=b.risk * 9, sex=1 - b.sex,
            since=b.since + 3, care_ended=b.care_ended + 3, used=np.ones_like(b.used),
        )
        for b in blocks
    ]  # fmt: skip
    town, changed = Town.of(blocks), Town.of(other)
    for found in (town, changed):
        found.attend(60, pool, weight=weights("outreach", CHILD_WORK, P))
    assert np.array_equal(town.joins, changed.joins)
    assert np.array_equal(town.leaves, changed.leaves)


@pytest.mark.parametrize("furthest", [np.inf, 1e-3])
def test_who_is_not_listed_would_not_have_come(
    blocks: list[Children], pool: Executor, monkeypatch: pytest.MonkeyPatch, furthest: float
) -> None:
    found, expected = Town.of(blocks), Town.of(blocks)
    found.attend(3, pool, weight=weights("outreach", CHILD_WORK, P))
    monkeypatch.setattr("sim.programmes._furthest", lambda *_: furthest)  # everyone, or far too few at first
    expected.attend(3, pool, weight=weights("outreach", CHILD_WORK, P))
    assert np.array_equal(found.joins, expected.joins)
    assert np.array_equal(found.leaves, expected.leaves)


def test_another_year_is_another_order(blocks: list[Children], pool: Executor) -> None:
    first, second = Town.of(blocks), Town.of(blocks)
    first.attend(40, pool, YEAR)
    second.attend(40, pool, YEAR + 1)
    both = (first.joins < NEVER) & (second.joins < NEVER)
    assert both.sum() < 20


def test_more_places_take_in_the_same_children_first(blocks: list[Children], pool: Executor) -> None:
    few, many = Town.of(blocks), Town.of(blocks)
    few.attend(30, pool)
    many.attend(50, pool)
    now = YEAR * MONTHS
    assert few.coming(now).sum() == 30
    assert not np.any(few.coming(now) & ~many.coming(now))


def test_uptake_follows_the_weights_of_neighbourhoods(
    table: CompiledTable, parameters: Parameters, pool: Executor
) -> None:
    """While places are few: an order by exponential times gives shares in proportion to the weights."""
    many = born(60_000, table, parameters, month=(YEAR - 8) * MONTHS)
    weight = weights("neighbourhood", CHILD_WORK, P)
    town = Town.of([many])
    town.attend(1000, pool, weight=weight)
    came = np.bincount(many.quintile[town.coming(YEAR * MONTHS)], minlength=QUINTILES)
    expected = np.bincount(many.quintile) * weight
    expected *= 1000 / expected.sum()
    assert np.all(np.abs(came - expected) < 4 * np.sqrt(expected) + 0.04 * expected)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 80), st.integers(0, MONTHS - 1))
def test_a_cut_takes_those_who_would_have_left_first(
    blocks: list[Children], pool: Executor, left: int, month: int
) -> None:
    town, uncut = Town.of(blocks), Town.of(blocks)
    year, now = YEAR + 1, (YEAR + 1) * MONTHS + month
    for each in (town, uncut):
        each.attend(80, pool, YEAR, stay=24.0)
    there = uncut.coming(now)
    town.attend(np.where(np.arange(MONTHS) < month, 80, left), pool, year, stay=24.0)
    uncut.attend(80, pool, year, stay=24.0)
    if month:
        there = uncut.coming(now - 1)
    until = np.maximum(uncut.joins, year * MONTHS) + town.stays(year, 24.0)
    until = np.minimum(until, town.children.birth + CHILD_WORK.months[1])
    there &= (until > now) & (town.children.departs > year)
    kept = town.coming(now) & there
    assert kept.sum() == min(left, there.sum())
    if kept.any() and (there & ~kept).any():
        assert until[there & ~kept].max() <= until[kept].min()
    assert np.all(town.leaves[there & ~kept] == now)


def test_children_keep_coming_for_as_long_as_their_stay(
    table: CompiledTable, parameters: Parameters, pool: Executor
) -> None:
    """An exponential time in whole months, drawn on anew each year: it remembers nothing."""
    stay = 18.0
    town = Town.of([born(20_000, table, parameters, month=(YEAR - 5) * MONTHS)])
    lasted = np.zeros(20_000)
    for year in range(YEAR, YEAR + 4):
        town.attend(20_000, pool, year, stay)
        first = town.joins == YEAR * MONTHS
        lasted[first] = town.leaves[first] - YEAR * MONTHS
    for months in range(1, 4 * MONTHS):
        expected = math.exp(-months / stay)
        error = math.sqrt(expected * (1 - expected) / lasted.size)
        assert abs(np.mean(lasted > months) - expected) < 4 * error, months


def test_everyone_leaves_by_the_15th_birthday(
    table: CompiledTable, parameters: Parameters, pool: Executor
) -> None:
    birthday = (YEAR + 1) * MONTHS + 5
    town = Town.of([born(500, table, parameters, month=birthday - 15 * MONTHS)])
    for year in (YEAR, YEAR + 1, YEAR + 2):
        town.attend(500, pool, year, stay=1e6)
    assert set(town.joins) == {YEAR * MONTHS}
    assert set(town.leaves) == {birthday}


def test_nobody_comes_before_the_4th_birthday(
    table: CompiledTable, parameters: Parameters, pool: Executor
) -> None:
    birthday = YEAR * MONTHS + 7
    town = Town.of([born(500, table, parameters, month=birthday - 4 * MONTHS)])
    counted = town.attend(500, pool, YEAR, stay=1e6)
    assert set(town.joins) == {birthday}
    assert counted.stock.tolist() == [0] * 7 + [500] * 5
    assert counted.participants == 500


def test_who_moves_away_comes_no_more_from_that_day(
    table: CompiledTable, parameters: Parameters, pool: Executor
) -> None:
    children = born(500, table, parameters, month=(YEAR - 6) * MONTHS)
    children.departs[::2] = YEAR + 2
    children.arrives[1::4] = YEAR + 1
    town = Town.of([children])
    counts = [town.attend(500, pool, year, stay=1e6) for year in range(YEAR, YEAR + 3)]
    assert [count.participants for count in counts] == [375, 500, 250]
    assert np.all(town.leaves[::2] == (YEAR + 2) * MONTHS)
    assert np.all(town.leaves[1::2] == NEVER)
    assert np.all(town.joins[1::4] == (YEAR + 1) * MONTHS)


def test_places_are_filled_however_short_children_stay(
    table: CompiledTable, parameters: Parameters, pool: Executor
) -> None:
    town = Town.of([born(20_000, table, parameters, month=(YEAR - 8) * MONTHS)])
    counted = town.attend(500, pool, stay=0.5)
    assert counted.stock.tolist() == [500] * MONTHS
    assert counted.participants > 500 * (MONTHS - 3)


def test_no_places_and_no_children(blocks: list[Children], pool: Executor) -> None:
    town = Town.of(blocks)
    counted = town.attend(0, pool)
    assert counted.participants == 0
    assert not counted.stock.any()
    assert set(town.joins) == {NEVER}
    nobody = Town.of([block.part(slice(0, 0)) for block in blocks])
    assert nobody.attend(50, pool).stock.tolist() == [0] * MONTHS


# What stays with those who came


def test_the_effect_over_several_stays_is_its_closed_form(blocks: list[Children], pool: Executor) -> None:
    """Built up while coming, fading in between: each child's stays are written down and gone through."""
    effect = Effect((0.0,) * len(MECHANISMS), build_up=7.0, decay=0.03)
    town = Town.of(blocks, effect)
    stays: dict[int, list[tuple[int, int]]] = {}
    last = YEAR + 8
    for year in range(YEAR, last):
        town.attend(300 if year % 2 else 50, pool, year, stay=6.0)
        for i in np.flatnonzero(town.joins < NEVER).tolist():
            stay = (int(town.joins[i]), int(town.leaves[i]))
            known = stays.setdefault(i, [])
            if known and known[-1][0] == stay[0]:
                known.pop()
            known.append(stay)
    several = [i for i, known in stays.items() if len([a for a, b in known if a < b]) > 2]
    assert len(several) > 30
    x = Exposure(*(np.concatenate([getattr(e, f) for e in town.exposed]) for f in Exposure._fields[:4]),
                 *town.exposed[0][4:])  # fmt: skip
    for i in stays:
        level, then = 0.0, 0
        for begins, ends in stays[i]:
            ends = min(ends, last * MONTHS)
            level *= math.exp(-effect.decay * (begins - then))
            level = 1 - (1 - level) * math.exp(-(ends - begins) / effect.build_up)
            then = ends
        level *= math.exp(-effect.decay * (last * MONTHS - then))
        assert effect_level(x, i, 0, float(last * MONTHS)) == pytest.approx(level, abs=1e-5), stays[i]


def test_two_programmes_have_each_their_own_luck(blocks: list[Children], pool: Executor) -> None:
    names = {"kinderwerk": NO_EFFECT, "other": NO_EFFECT}
    exposed = [exposures(block.id.size, list(names), names) for block in blocks]
    for k in range(2):
        attend(
            blocks, exposed, k, CHILD_WORK, np.full(MONTHS, 40.0), YEAR, key_of(SEED), np.ones(QUINTILES),
            36.0, pool,
        )  # fmt: skip
    joins = np.concatenate([x.joins for x in exposed])
    assert (joins[:, 0] < NEVER).sum() >= 40 <= (joins[:, 1] < NEVER).sum()
    assert np.all(joins < NEVER, axis=1).sum() < 20


def test_the_catalogue_says_for_whom_a_programme_is() -> None:
    for name, programme in catalogue().items():
        assert programme.name == name
        assert programme.targeting in TARGETING
        assert {"nl", "en"} <= set(programme.title)
        assert programme.price in P
        first, before = programme.months
        assert 0 <= first < before
    assert CHILD_WORK.months == (48, 180)
