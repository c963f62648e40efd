"""Replications until an answer is precise enough: by the published rule, with the bytes of any other run."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sim.api import compare
from sim.batches.precision import FIRST, LOOK_AHEAD, Sought, half_width, look_ahead, until_precise
from sim.decision.comparison import MUNICIPAL
from sim.engine.history import Label
from sim.errors import OptionError
from tests.worlds import scenario

PAIR = (scenario(0, years=2), scenario(36, years=2))


def answers(values: Sequence[float], euros: float, most: int = 200, first: int = FIRST):  # type: ignore[no-untyped-def]
    return until_precise(lambda k: np.array([values[k]]), euros, first, most)


def test_the_half_width_is_that_of_a_t_interval() -> None:
    values = np.array([[10.0, 0.0], [12.0, 0.0], [14.0, 0.0], [16.0, 0.0]])
    assert half_width(values) == pytest.approx(3.182446 * np.std(values[:, 0], ddof=1) / 2.0, rel=1e-6)
    assert half_width(values[:, 1:]) == 0.0


def test_the_widest_interval_counts() -> None:
    values = np.array([[0.0, 0.0], [1.0, 100.0], [0.0, 0.0]])
    assert half_width(values) == half_width(values[:, 1:])


@pytest.mark.parametrize(("count", "more"), [(3, 5), (100, 5), (101, 5), (120, 6), (199, 9), (1000, 50)])
def test_the_look_ahead_grows_with_the_replications(count: int, more: int) -> None:
    assert look_ahead(count) == more


def test_answers_without_luck_take_the_first_and_the_look_ahead() -> None:
    found = answers([7.0] * 50, 1.0)
    assert (found.enough, found.made, found.half_width) == (FIRST, FIRST + LOOK_AHEAD, 0.0)


def test_it_stops_where_the_precision_has_held_for_the_look_ahead() -> None:
    luck = np.random.default_rng(1).normal(0, 100, 300)
    found = answers(luck.tolist(), 40.0, 300)
    widths = {n: half_width(luck[:n, None]) for n in range(3, 301)}
    expected = next(n for n in range(3, 200) if all(widths[n + k] <= 40.0 for k in range(look_ahead(n) + 1)))
    assert (found.enough, found.made) == (expected, expected + look_ahead(expected))
    assert found.half_width == widths[found.made]
    assert found.reached


def test_a_lucky_start_does_not_count_when_it_does_not_hold() -> None:
    values = [5.0, 5.0, 5.0, 5.0, 900.0, *([5.0, 6.0] * 100)]
    found = answers(values, 50.0, 205)
    assert found.enough is not None
    assert found.enough > 5 + LOOK_AHEAD


def test_the_most_that_may_be_made_is_made_and_told() -> None:
    found = answers([0.0, 1000.0] * 10, 1.0, 12)
    assert (found.enough, found.made, found.reached) == (None, 12, False)
    assert found.half_width > 1.0
    assert found.as_data()["reached"] is False
    assert "after 12 replications" in found.words()


def test_precision_that_came_too_late_to_be_sure_of_is_reached_at_the_most() -> None:
    assert answers([7.0] * 5, 1.0, 5).enough == FIRST


@pytest.mark.parametrize("euros", [0.0, -1.0, math.nan, math.inf])
def test_an_impossible_precision_is_refused(euros: float) -> None:
    with pytest.raises(OptionError, match="precision must be above 0"):
        answers([1.0] * 9, euros)
    with pytest.raises(OptionError, match="max_replications must be"):
        answers([1.0] * 9, 1.0, 2)


def test_a_comparison_is_that_of_its_replications(tmp_path: Path) -> None:
    found = compare(PAIR, precision=1e12, children=300, threads=1)
    assert found.precision is not None
    assert (found.precision.made, found.options.replications) == (8, 8)
    plain = compare(PAIR, replications=8, children=300, threads=1)
    found.save(tmp_path / "a")
    plain.save(tmp_path / "b")
    for name in ("results.parquet", "comparison.parquet"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    d = found.differences[found.names[1]]
    blocks = d.key_blocks[MUNICIPAL].sum(axis=2)
    rate = PAIR[0].discount_rate
    worth = blocks @ (1.0 + rate) ** -np.arange(1.0, 3.0)
    assert found.precision.half_width == pytest.approx(half_width(worth[:, None]))
    assert d.running(MUNICIPAL, 2, rate).value == pytest.approx(worth.mean())
    assert found.manifest["call"]["precision"]["half_width"] == found.precision.half_width


def test_several_draws_are_averaged_in_each_replication() -> None:
    found = compare(PAIR, precision=1e12, children=300, draws=2, threads=1)
    assert [(run.draw, run.replication) for run in found.runs] == [(d, r) for d in (1, 2) for r in range(8)]


@pytest.mark.parametrize(
    ("text", "label", "year"),
    [
        ("unmet_need", ("unmet_need", "total", "all"), None),
        ("unmet_need@2027", ("unmet_need", "total", "all"), 2027),
        ("care_users/form/ambulant", ("care_users", "form", "ambulant"), None),
        (" cost/payer_form/gemeente|ambulant@2026 ", ("cost", "payer_form", "gemeente|ambulant"), 2026),
    ],
)
def test_any_measure_and_year_can_be_sought(text: str, label: Label, year: int | None) -> None:
    sought = Sought.read(text)
    assert (sought.label, sought.year) == (label, year)
    found = compare(PAIR, precision=1e12, precision_of=text, children=300, threads=1)
    d = found.differences[found.names[1]]
    assert found.precision is not None
    assert (found.precision.of, found.precision.year) == ("/".join(label), year or 2027)
    count = (year or 2027) - 2025
    values = d.runs[:, d.labels.index(label), :count]
    worth = values @ (1.0 + PAIR[0].discount_rate) ** -np.arange(1.0, count + 1.0)
    expected = worth if label[0] == "cost" else values[:, -1]
    assert found.precision.half_width == pytest.approx(half_width(expected[:, None]))
    assert ("€" in found.precision.words()) is (label[0] == "cost")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("unmet_ned", "did you mean 'unmet_need/total/all'"),
        ("care_users/form/ambulent", "did you mean 'care_users/form/ambulant'"),
        ("unmet_need@2050", "2026 to 2027; found 2050"),
        ("unmet_need@27", "expected a year after @"),
        ("unmet_need@", "expected a year after @"),
    ],
)
def test_what_is_in_no_table_is_refused_with_the_nearest(text: str, told: str) -> None:
    with pytest.raises(OptionError, match=re.escape(told)):
        compare(PAIR, precision=1e12, precision_of=text, children=300, threads=1)


def test_what_is_to_be_precise_is_no_use_without_how_precise() -> None:
    with pytest.raises(OptionError, match="say how precise, too"):
        compare(PAIR, precision_of="unmet_need", children=300, threads=1)
