"""Lives as spans: they fill the time that a child is followed, and are those that the engine counted."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from sim.engine.config import Inline
from sim.runs.experiment import Options
from sim.runs.lifelines import NEED, attendance, care_spans, lifeline, need_spans
from sim.runs.twins import Twins, twins
from sim.states import EPOCH_YEAR, FORMS, MONTHS
from tests.worlds import scenario

YEARS, START = 8, 2026
JANUARY = (START - EPOCH_YEAR) * MONTHS


@pytest.fixture(scope="module")
def lived() -> Twins:
    return twins(scenario(0, years=YEARS), scenario(60, years=YEARS), Options(children=2500), Inline())


def test_needs_fill_the_time_that_a_child_is_followed(lived: Twins) -> None:
    for life in (0, 1):
        for child in range(lived.ids.size):
            spans = need_spans(lived, life, child)
            since, until = lived.followed[child]
            ends = [since, *(month for span in spans for month in (span.first, span.until)), until]
            assert ends[::2] == ends[1::2]  # each begins where the one before it ends


def test_needs_on_31_december_are_those_of_the_engine(lived: Twins) -> None:
    names = [state for process, state in lived.table.states if process == NEED]
    for life in (0, 1):
        for child in range(lived.ids.size):
            spans = need_spans(lived, life, child)
            for year in np.flatnonzero(lived.lives[life].here[child]).tolist():
                month = JANUARY + (year + 1) * MONTHS
                (state,) = (span.state for span in spans if span.first < month <= span.until)
                assert state == names[lived.lives[life].need[child, year]]


def test_months_in_care_are_those_that_cost_money(lived: Twins) -> None:
    exact = 0
    for life in (0, 1):
        for child in range(lived.ids.size):
            events = lived.lives[life].events(child)
            moments = Counter((e.month, lived.table.row_process[e.row]) for e in events)
            lost = sum(count - 1 for count in moments.values())  # begun and ended within one month
            months = np.zeros(len(FORMS))
            for span in care_spans(lived, life, child):
                months[FORMS.index(span.lane)] += span.months
            counted = lived.lives[life].months_in_care[child].sum(axis=0)
            np.testing.assert_allclose(months, counted, atol=lost + 1e-2)
            exact += lost == 0 and bool(counted.any())
    assert exact > 300


def test_attendance_is_that_of_the_plan_and_within_the_ages_of_the_programme(lived: Twins) -> None:
    stays = [span for child in range(lived.ids.size) for span in attendance(lived, 1, child)]
    assert len(stays) > 100
    assert {span.lane for span in stays} == {"kinderwerk"}
    assert not any(attendance(lived, 0, child) for child in range(lived.ids.size))
    assert max(span.months for span in stays) > MONTHS  # a stay over the turn of a year is one span
    for child in range(lived.ids.size):
        for span in attendance(lived, 1, child):
            assert lived.followed[child, 0] <= span.first < span.until <= lived.followed[child, 1]
            assert span.first - lived.birth[child] >= 4 * MONTHS
            assert span.until - lived.birth[child] <= 15 * MONTHS


def test_who_is_seen_by_a_worker_comes_to_the_programme_at_that_time(lived: Twins) -> None:
    seen = [p for p in lived.partings if lived.table.rows[p.row] == "seen_by_programme"]
    assert seen
    for parting in seen:
        spans = attendance(lived, parting.life, parting.child)
        assert any(span.first <= parting.month <= span.until for span in spans)


def test_both_lifelines_are_equal_up_to_where_lives_part(lived: Twins) -> None:
    for parting in lived.partings:
        before = [
            {(s.state, s.first) for s in lifeline(lived, life, parting.child)
             if s.first < parting.month and s.lane != "kinderwerk"}
            for life in (0, 1)
        ]  # fmt: skip
        assert before[0] == before[1]
