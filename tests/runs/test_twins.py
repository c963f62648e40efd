"""Two lives of the same child: equal until they part, and together the difference of the scenarios."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sim.decision.comparison import difference
from sim.engine.config import Inline
from sim.errors import InputError
from sim.progress import Progress
from sim.runs.experiment import Options, Run, columns_of, config_for
from sim.runs.twins import Twins, twins
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
    rows = lived.totals()
    assert sum(row.euros for row in rows) == pytest.approx(care.sum())
    assert sum(row.children for row in rows) == pytest.approx(lived.scale * len(lived.partings))
    assert sum(row.care_years for row in rows) == pytest.approx(lived.scale * lived.care_years.sum())


def test_totals_have_the_error_of_independent_lives(lived: Twins) -> None:
    for row in lived.totals():
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


def test_the_same_scenario_twice_parts_nobody() -> None:
    found = twins(scenario(36, years=2), scenario(36, years=2), OPTIONS, Inline())
    assert found.partings == ()
    assert found.totals() == []
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


def test_the_picture_is_a_sample_of_all_children(lived: Twins) -> None:
    few = twins(*lived.scenarios, OPTIONS, Inline(), draw=0, pictured=200)
    assert few.pictured.size == 200
    parted = {parting.child for parting in few.partings}
    assert len(parted & set(few.pictured.tolist())) < 100
    assert [row.euros for row in few.totals()] == pytest.approx([row.euros for row in lived.totals()])
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


def test_luck_does_not_depend_on_how_many_are_pictured(lived: Twins) -> None:
    other = twins(*lived.scenarios, replace(OPTIONS, threads=1), Inline(), draw=0, pictured=10)
    assert len(other.partings) == len(lived.partings)
