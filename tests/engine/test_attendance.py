"""Who comes to a programme: places, order, leaving, and what stays with those who came."""

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

from sim.engine import programmes
from sim.engine.exposure import Exposure, effect_level
from sim.engine.population import NEVER, Children, cohorts, flows, month_of
from sim.engine.programmes import Attendance, Effect, attend, exposures, weights
from sim.inputs.profiles import profiles
from sim.luck import Decision, key_of, luck
from sim.model.catalogue import catalogue
from sim.model.parameters import Parameters, default_parameters
from sim.model.processes import default_table
from sim.model.transitions import CompiledTable, compile_table
from sim.states import MECHANISMS, MONTHS, QUINTILES
from tests.worlds import born, everyone

CHILD_WORK = catalogue()["kinderwerk"]
P = default_parameters()
NO_EFFECT = Effect((0.0,) * len(MECHANISMS), 9.0, 0.05)
YEAR = 24
"""2016, counted from 1992: everybody of up to 23 has been born."""
SEED = 4
NEED = list(default_table().processes).index("need")
Floats = NDArray[np.float64]


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
        self, places: object, pool: Executor, year: int = YEAR, stay: float = 36.0, weight: object = 1.0,
        by_need: float = 1.0,
    ) -> Attendance:  # fmt: skip
        return attend(
            self.blocks, self.exposed, 0, CHILD_WORK, np.broadcast_to(np.asarray(places, float), MONTHS),
            year, key_of(SEED), np.broadcast_to(np.asarray(weight, float), QUINTILES), stay, pool,
            by_need=by_need, need=NEED,
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


@pytest.mark.parametrize("by_need", [1.0, 3.0])
@pytest.mark.parametrize("furthest", [np.inf, 1e-3])
def test_who_is_not_listed_would_not_have_come(
    blocks: list[Children], pool: Executor, monkeypatch: pytest.MonkeyPatch, furthest: float, by_need: float
) -> None:
    found, expected = Town.of(in_need(blocks)), Town.of(in_need(blocks))
    found.attend(3, pool, weight=weights("outreach", CHILD_WORK, P), by_need=by_need)
    # everyone, or far too few at first
    monkeypatch.setattr("sim.engine.programmes._furthest", lambda *_: furthest)
    expected.attend(3, pool, weight=weights("outreach", CHILD_WORK, P), by_need=by_need)
    assert np.array_equal(found.joins, expected.joins)
    assert np.array_equal(found.leaves, expected.leaves)


@pytest.mark.parametrize(
    ("children", "places", "all_of_them"),
    [(400, 20.0, True), (6000, 500.0, False), (6000, 300.0, False), (6000, 3.0, False)],
)
def test_each_block_is_looked_through_once_a_year(
    table: CompiledTable, parameters: Parameters, pool: Executor, monkeypatch: pytest.MonkeyPatch,
    children: int, places: float, all_of_them: bool,
) -> None:  # fmt: skip
    """Where everybody is looked at, and where a place in line is guessed before which to look."""
    flow, _ = flows(profiles()["Almere"], parameters, children)
    town = Town.of(cohorts(flow, 0, month_of(2020), key_of(SEED), table, parameters))
    looked: list[float] = []
    scan = programmes._scan

    def counted(*args: object) -> object:
        looked.append(float(args[-1]))  # type: ignore[arg-type]
        return scan(*args)

    monkeypatch.setattr(programmes, "_scan", counted)
    years = range(YEAR, YEAR + 4)
    for year in years:
        town.attend(places, pool, year)
    assert len(looked) == len(town.blocks) * len(years)
    assert math.isinf(max(looked)) == all_of_them


# Who comes where uptake depends on need


def in_need(blocks: Sequence[Children], share: float = 0.3) -> list[Children]:
    """Return children of whom a share, by their own luck, has some need."""
    found = []
    for block in blocks:
        state = block.state.copy()
        chance = np.array([luck(SEED + 1, Decision.TRAIT, 0, child) for child in block.id.tolist()])
        state[:, NEED] = np.where(chance < share, 1 + (block.id % 3), 0)
        found.append(block._replace(state=state))
    return found


def test_children_with_need_stand_as_many_times_nearer_in_line(
    blocks: list[Children], pool: Executor
) -> None:
    """Who comes is known exactly: the first places go to the shortest of -log(luck) / weight / factor."""
    weight = weights("neighbourhood", CHILD_WORK, P)
    town = Town.of(in_need(blocks))
    town.attend(40, pool, weight=weight, by_need=2.5)
    now = YEAR * MONTHS
    line = town.line(YEAR, weight) / np.where(town.children.state[:, NEED] > 0, 2.5, 1.0)
    could = np.flatnonzero(town.could_come(now))
    first = could[np.argsort(line[could])[:40]]
    assert set(np.flatnonzero(town.joins == now)) == set(first)
    plain = Town.of(in_need(blocks))
    plain.attend(40, pool, weight=weight)
    assert set(np.flatnonzero(plain.joins == now)) != set(first)


@pytest.mark.parametrize("factor", [1.0, 2.0, 3.0])
def test_who_begins_to_come_has_need_that_many_times_as_often(
    table: CompiledTable, parameters: Parameters, pool: Executor, factor: float
) -> None:
    """While places are few, against others of the same age and neighbourhood."""
    (many,) = in_need([born(60_000, table, parameters, month=(YEAR - 8) * MONTHS)])
    town = Town.of([many])
    counted = town.attend(1500, pool, weight=weights("neighbourhood", CHILD_WORK, P), by_need=factor)
    assert counted.stock.tolist() == [1500] * MONTHS
    came, need = town.joins == YEAR * MONTHS, many.state[:, NEED] > 0
    ratios, precision = [], []
    for quintile in range(QUINTILES):
        here = many.quintile == quintile
        a, b = (int((came & here & who).sum()) for who in (need, ~need))
        of_a, of_b = (int((here & who).sum()) for who in (need, ~need))
        hazard = math.log(-math.log1p(-a / of_a)) - math.log(-math.log1p(-b / of_b))  # a race, so exact
        ratios.append(hazard)
        precision.append(1 / (1 / a + 1 / b))
    mean = np.average(ratios, weights=precision)
    assert abs(mean - math.log(factor)) < 4 / math.sqrt(sum(precision))


def test_one_place_goes_to_a_child_with_need_with_its_share_of_all_weights(
    blocks: list[Children], pool: Executor
) -> None:
    """In closed form: f a / (f a + b), with a children in need and b others, over seeds."""
    (few,) = in_need([everyone(blocks).part(slice(0, None, 40))], share=0.4)
    now, factor, seeds = YEAR * MONTHS, 3.0, 1500
    town = Town.of([few])
    could, need = town.could_come(now), few.state[:, NEED] > 0
    a, b = int((could & need).sum()), int((could & ~need).sum())
    assert min(a, b) >= 4
    got = 0
    for seed in range(seeds):
        found = Town.of([few])
        attend(
            found.blocks, found.exposed, 0, CHILD_WORK, np.array([1.0] + [0.0] * 11), YEAR, key_of(seed),
            np.ones(QUINTILES), 36.0, pool, by_need=factor, need=NEED,
        )  # fmt: skip
        (came,) = np.flatnonzero(found.joins == now)
        got += need[came]
    expected = factor * a / (factor * a + b)
    assert abs(got / seeds - expected) < 4 * math.sqrt(expected * (1 - expected) / seeds)


def test_as_many_visits_whoever_comes(blocks: list[Children], pool: Executor) -> None:
    alike, sought = Town.of(in_need(blocks)), Town.of(in_need(blocks))
    for year in range(YEAR, YEAR + 4):
        places = np.linspace(30, 90, MONTHS)
        a, b = (t.attend(places, pool, year, by_need=f) for t, f in ((alike, 1.0), (sought, 3.0)))
        assert a.stock.tolist() == b.stock.tolist() == np.floor(places).tolist()
    assert not np.array_equal(alike.joins, sought.joins)


def test_one_more_child_takes_at_most_one_place(blocks: list[Children], pool: Executor) -> None:
    """Nobody's place in line depends on who else there is, so that nobody else's luck changes."""
    (all_of_them,) = in_need([everyone(blocks)])
    now = YEAR * MONTHS
    town = Town.of([all_of_them])
    town.attend(40, pool, by_need=3.0)
    (chosen,) = np.flatnonzero(town.joins == now)[:1]
    rest = np.delete(np.arange(all_of_them.id.size), chosen)
    without = Town.of([all_of_them.part(rest)])
    without.attend(40, pool, by_need=3.0)
    ids, others = all_of_them.id, all_of_them.id[rest]
    came, came_without = set(ids[town.joins == now]), set(others[without.joins == now])
    assert came - {ids[chosen]} < came_without
    assert len(came_without - came) == 1


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
    by_child = {f: np.concatenate([getattr(e, f) for e in town.exposed]) for f in Exposure._fields[:4]}
    x = town.exposed[0]._replace(**by_child)
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
    for k, programme in enumerate((CHILD_WORK, replace(CHILD_WORK, number=CHILD_WORK.number + 1))):
        attend(
            blocks, exposed, k, programme, np.full(MONTHS, 40.0), YEAR, key_of(SEED), np.ones(QUINTILES),
            36.0, pool,
        )  # fmt: skip
    joins = np.concatenate([x.joins for x in exposed])
    assert (joins[:, 0] < NEVER).sum() >= 40 <= (joins[:, 1] < NEVER).sum()
    assert np.all(joins < NEVER, axis=1).sum() < 20
