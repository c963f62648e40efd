"""Two lives of the same child: equal until they part, and together the difference of the scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.decision.comparison import difference
from sim.engine.config import Inline
from sim.errors import InputError
from sim.progress import Progress
from sim.runs.experiment import Options, Run, columns_of, config_for
from sim.runs.twins import LIVES, Twins, events_table, parted_table, picture_table, totals, twins, when
from sim.states import EPOCH_YEAR, MONTHS
from tests.worlds import scenario

YEARS, START = 8, 2026
OPTIONS = Options(children=4000)
NOTHING = {"onset": False, "escalation": False, "recovery": False, "signalling": False,
           "participation": False, "access": False}  # fmt: skip


@pytest.fixture(scope="module")
def lived() -> Twins:
    return twins(scenario(0, years=YEARS), scenario(60, years=YEARS), OPTIONS, Inline(), draw=0)


@pytest.fixture(scope="module")
def whole(lived: Twins) -> Run:
    """Return both scenarios, each lived in full."""
    config = config_for(lived.scenarios[0], OPTIONS, 0, 0)
    return Run(0, 0, tuple(columns_of([each], config, Inline())[0] for each in lived.scenarios))


def test_euros_and_care_years_add_up_to_the_difference_of_the_scenarios(lived: Twins, whole: Run) -> None:
    d = difference([whole], 1, 0, range(START, START + YEARS))
    care = d.series("cost", "total")[0] - d.series("cost", "programme", "kinderwerk")[0]
    assert np.abs(care).max() > 1000
    np.testing.assert_allclose(lived.euros.sum(axis=0) * lived.scale, care, rtol=1e-9, atol=1e-3)
    rows = totals(lived)
    assert sum(row.euros for row in rows) == pytest.approx(care.sum())
    assert sum(row.children for row in rows) == pytest.approx(lived.scale * len(lived.partings))
    assert sum(row.care_years for row in rows) == pytest.approx(lived.scale * lived.care_years.sum())


def test_totals_have_the_error_of_independent_lives(lived: Twins) -> None:
    for row in totals(lived):
        who = [p.child for p in lived.partings if (p.row, p.life) == (row.row, row.life)]
        assert row.children == pytest.approx(lived.scale * len(who))
        for values, error in ((lived.euros, row.euros_error), (lived.care_years, row.care_years_error)):
            assert error == pytest.approx(lived.scale * np.sqrt((values[who].sum(axis=1) ** 2).sum()))


def test_progress_is_told_each_year_of_both_lives_and_can_stop_the_work() -> None:
    told: list[Progress] = []
    pair = scenario(0, years=2), scenario(36, years=2)
    twins(*pair, Options(children=500), Inline(), tell=told.append)
    assert [now.share for now in told] == pytest.approx([0.0, 0.25, 0.5, 0.75, 1.0])
    assert told[-1].values["year"] == START + 1

    def stop(_: Progress) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        twins(*pair, Options(children=500), Inline(), tell=stop)


def test_events_are_those_that_the_engine_counts(lived: Twins, whole: Run) -> None:
    d = difference([whole], 1, 0, range(START, START + YEARS))
    row = lived.table.row("seen_by_school")
    assert (lived.lives[0].row == row).sum() > 0
    for outcome, name in (("first_offences", "first_offence"), ("early_school_leavers", "leaves_school")):
        row = lived.table.row(name)
        counts = [(life.row == row).sum() * lived.scale for life in lived.lives]
        assert counts[1] - counts[0] == pytest.approx(d.series(outcome).sum())


def pairs(t: Twins) -> Iterator[tuple[Any, list[Any], list[Any]]]:
    for parting in t.partings:
        yield parting, t.lives[0].events(parting.child), t.lives[1].events(parting.child)


def test_lives_are_equal_until_they_part_and_not_from_then_on(lived: Twins) -> None:
    assert len(lived.partings) > 20
    for parting, ours, theirs in pairs(lived):
        before = [[e for e in life if e.month < parting.month] for life in (ours, theirs)]
        assert before[0] == before[1]
        event = (parting.month, parting.row)
        has = [event in [(e.month, e.row) for e in life] for life in (ours, theirs)]
        assert has[parting.life]
        assert ours != theirs


def test_who_does_not_part_has_one_life(lived: Twins) -> None:
    parted = {parting.child for parting in lived.partings}
    others = [i for i in range(lived.ids.size) if i not in parted]
    assert others
    for i in others:
        assert lived.lives[0].events(i) == lived.lives[1].events(i)
    assert not lived.euros[others].any()


def test_lives_part_where_a_programme_reaches(lived: Twins) -> None:
    ways = [parting.mechanism for parting in lived.partings]
    assert "signalling" in ways
    assert ways.count("later") < 0.1 * len(ways)
    seen = [p for p in lived.partings if lived.table.rows[p.row] == "seen_by_programme"]
    assert seen
    assert all(p.life == 1 and p.mechanism == "signalling" for p in seen)  # nobody is seen by no workers


def test_events_lie_in_the_years_and_in_order(lived: Twins) -> None:
    for life in lived.lives:
        assert life.month.min() >= (START - EPOCH_YEAR) * MONTHS
        assert life.month.max() <= (START + YEARS - EPOCH_YEAR) * MONTHS
        same = np.diff(life.child) == 0
        assert (np.diff(life.month)[same] >= 0).all()
        assert (np.diff(life.child) >= 0).all()


def test_the_same_scenario_twice_parts_nobody() -> None:
    found = twins(scenario(36, years=2), scenario(36, years=2), OPTIONS, Inline())
    assert found.partings == ()
    assert totals(found) == []
    assert not found.euros.any()


def test_euros_add_up_where_scenarios_have_different_programmes() -> None:
    other = {"programmes": {"kinderwerk": {"fte": 30}, "jongerenwerk": {"fte": 60}}}
    pair = scenario(60, years=4), scenario(years=4, **other)
    found = twins(*pair, OPTIONS, Inline())
    config = config_for(pair[0], OPTIONS, 0, 0)
    whole = Run(0, 0, tuple(columns_of([each], config, Inline())[0] for each in pair))
    d = difference([whole], 1, 0, range(START, START + 4))
    care = d.series("cost", "total")[0]
    for name in ("kinderwerk", "jongerenwerk"):
        care = care - d.series("cost", "programme", name)[0]
    assert np.abs(care).max() > 1000
    np.testing.assert_allclose(found.euros.sum(axis=0) * found.scale, care, rtol=1e-9, atol=1e-3)
    assert set(found.lives[0].programmes) == {"kinderwerk", "jongerenwerk"}


def test_a_programme_that_does_nothing_parts_nobody() -> None:
    nothing = {"switches": NOTHING}
    found = twins(scenario(0, years=2, use=nothing), scenario(60, years=2, use=nothing), OPTIONS, Inline())
    assert found.ids.size > 100
    assert found.partings == ()


def test_swapping_scenarios_swaps_lives(lived: Twins) -> None:
    back = twins(*lived.scenarios[::-1], OPTIONS, Inline(), draw=0)
    np.testing.assert_allclose(back.euros, -lived.euros, atol=1e-6)
    assert [(p.child, p.month, p.row) for p in back.partings] == [
        (p.child, p.month, p.row) for p in lived.partings
    ]
    assert all(a.life != b.life for a, b in zip(back.partings, lived.partings, strict=True))


def test_tables_are_tidy(lived: Twins) -> None:
    parted, events, picture = parted_table(lived), events_table(lived), picture_table(lived)
    assert parted.num_rows == len(lived.partings)
    assert set(events["child"].to_pylist()) == set(parted["child"].to_pylist())
    since = dict(zip(parted["child"].to_pylist(), parted["parts"].to_pylist(), strict=True))
    assert all(
        month >= since[child]
        for child, month in zip(events["child"].to_pylist(), events["month"].to_pylist(), strict=True)
    )
    assert set(picture["life"].to_pylist()) == {"reference", "scenario"}
    assert set(picture["year"].to_pylist()) == set(range(START, START + YEARS))
    assert min(picture["age"].to_pylist()) >= 0
    assert max(picture["age"].to_pylist()) <= 22
    assert len(set(picture["child"].to_pylist())) <= 1000
    assert set(picture["need"].to_pylist()) <= {"none", "light", "moderate", "complex"}


@pytest.mark.parametrize("quiet", [0, 1])
def test_a_life_in_which_nothing_happens_is_in_the_table_of_events(lived: Twins, quiet: int) -> None:
    none = np.array([], np.int64)
    still = replace(lived.lives[quiet], child=none, month=none.astype(float), row=none)
    first, second = (still if k == quiet else life for k, life in enumerate(lived.lives))
    events = events_table(replace(lived, lives=(first, second)))
    assert set(events["life"].to_pylist()) == {LIVES[1 - quiet]}
    assert events.schema == events_table(lived).schema == events_table(replace(lived, partings=())).schema


def test_the_picture_is_a_sample_of_all_children(lived: Twins) -> None:
    few = twins(*lived.scenarios, OPTIONS, Inline(), draw=0, pictured=200)
    assert few.pictured.size == 200
    parted = {parting.child for parting in few.partings}
    assert len(parted & set(few.pictured.tolist())) < 100
    assert [row.euros for row in totals(few)] == pytest.approx([row.euros for row in totals(lived)])
    shares = [np.mean(life.need[few.pictured, 0] > 0) for life in few.lives]
    assert 0.02 < shares[0] < 0.4


def test_a_child_is_found_by_its_number(lived: Twins) -> None:
    where = lived.partings[0].child
    assert lived.position(int(lived.ids[where])) == where
    assert lived.position(4) is None


def test_where_lives_are_not_shared_there_are_no_twins() -> None:
    one, other = (replace_policy(fte) for fte in (0, 36))
    with pytest.raises(InputError, match="lives are not shared: places in care are limited"):
        twins(one, other, OPTIONS, Inline())


def replace_policy(fte: float) -> Any:
    return scenario(fte, years=2, policy="capped")


def test_months_are_written_as_year_and_month() -> None:
    assert when(0.0) == f"{EPOCH_YEAR}-01"
    assert when(11.99) == f"{EPOCH_YEAR}-12"
    assert when(12.0) == f"{EPOCH_YEAR + 1}-01"


def test_luck_does_not_depend_on_how_many_are_pictured(lived: Twins) -> None:
    other = twins(*lived.scenarios, replace(OPTIONS, threads=1), Inline(), draw=0, pictured=10)
    assert len(other.partings) == len(lived.partings)
