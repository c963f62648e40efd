"""The effect of a programme builds up, fades, and reaches nobody else."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.exposure import Exposure, effect_level
from sim.engine.population import NEVER, Children
from sim.engine.programmes import _book
from sim.model.parameters import Parameters
from sim.model.transitions import CompiledTable, compile_table
from sim.states import (
    MECHANISMS,
    MONTHS,
)
from tests.engine.lifecourse.lives import TABLE, YEAR, near, process
from tests.worlds import (
    Clockwork,
    alike,
    born,
    copy,
    flat,
    same,
    still,
)


def exposure(
    past: float = 0.0, left: float = 0.0, joins: int = int(NEVER), leaves: int = int(NEVER),
    build: float = 9.0, decay: float = 0.05,
) -> Exposure:  # fmt: skip
    return Exposure(
        np.full((1, 1), past, np.float32), np.full((1, 1), left, np.float32),
        np.full((1, 1), joins, np.int16), np.full((1, 1), leaves, np.int16),
        np.zeros((1, 1, len(MECHANISMS))), np.array([[build]]), np.array([[decay]]),
    )  # fmt: skip


@given(st.integers(0, 60), st.integers(1, 60), st.integers(0, 60), st.floats(1, 24), st.floats(0, 0.2))
def test_an_effect_builds_up_and_fades_as_its_closed_form(
    wait: int, stay: int, after: int, build: float, decay: float
) -> None:
    x = exposure(joins=100 + wait, leaves=100 + wait + stay, build=build, decay=decay)
    assert effect_level(x, 0, 0, 100.0 + wait - 0.5) == 0.0
    assert effect_level(x, 0, 0, 100.0 + wait) == 0.0
    halfway = effect_level(x, 0, 0, 100.0 + wait + stay / 2)
    assert halfway == pytest.approx(1 - np.exp(-stay / 2 / build))
    gone = effect_level(x, 0, 0, 100.0 + wait + stay + after)
    assert gone == pytest.approx((1 - np.exp(-stay / build)) * np.exp(-decay * after))
    assert 0 <= gone <= 1


@given(st.floats(0, 1), st.integers(0, 60), st.integers(1, 60), st.integers(0, 60))
def test_who_comes_back_starts_from_what_was_left(past: float, gap: int, stay: int, after: int) -> None:
    build, decay = 9.0, 0.05
    x = exposure(past, 100.0, 100 + gap, 100 + gap + stay, build, decay)
    kept = float(np.float32(past)) * np.exp(-decay * gap)
    for t, expected in (
        (100 + gap / 2, float(np.float32(past)) * np.exp(-decay * gap / 2)),
        (100 + gap + stay / 2, 1 - (1 - kept) * np.exp(-stay / 2 / build)),
        (100 + gap + stay + after, (1 - (1 - kept) * np.exp(-stay / build)) * np.exp(-decay * after)),
    ):
        assert effect_level(x, 0, 0, float(t)) == pytest.approx(expected, abs=1e-12)


def test_a_programme_halves_the_onset_of_those_who_know_it(parameters: Parameters) -> None:
    p = alike(flat(still(parameters), "need.onset_age", "need.relapse")).replace({"need.onset_light": 0.4})
    table = compile_table(TABLE, p, 2020)
    children = born(60_000, table, p)
    n = children.id.size
    x = exposure()._replace(
        past_level=np.zeros((n, 1), np.float32), past_time=np.zeros((n, 1), np.float32),
        joins=np.full((n, 1), NEVER), leaves=np.full((n, 1), NEVER),
        log_effect=np.array([[[np.log(0.5), 0.0, 0.0, 0.0]]]), build=np.array([[1e-6]]),
        decay=np.array([[0.0]]),
    )  # fmt: skip
    x.joins[: n // 2] = 0
    Clockwork(table).live(children, 0, 2, x)
    need = process(children, table, "need") == 1
    assert near(need[: n // 2].mean(), -np.expm1(-0.4), n / 2)
    assert near(need[n // 2 :].mean(), -np.expm1(-0.8), n / 2)


def test_a_programme_changes_nobody_it_does_not_reach(town: Children, table: CompiledTable) -> None:
    """And of those it reaches, none before the first month."""
    n = town.id.size
    x = exposure()._replace(
        past_level=np.zeros((n, 1), np.float32), past_time=np.zeros((n, 1), np.float32),
        joins=np.full((n, 1), NEVER), leaves=np.full((n, 1), NEVER),
        log_effect=np.array([[[-1.0, -1.0, 0.6, 1.0]]]), build=np.array([[1.0]]), decay=np.array([[0.0]]),
    )  # fmt: skip
    x.joins[::2] = (YEAR + 2) * MONTHS
    without, with_it = copy(town), copy(town)
    clock = Clockwork(table)
    clock.live(without, YEAR, 2)
    clock.live(with_it, YEAR, 2, x)
    assert same(without, with_it)
    clock.live(without, YEAR + 2, 3)
    clock.live(with_it, YEAR + 2, 3, x)
    assert same(without.part(slice(1, None, 2)), with_it.part(slice(1, None, 2)))
    assert not same(without, with_it)


def test_an_effect_of_zero_is_no_effect_to_the_byte(town: Children, table: CompiledTable) -> None:
    n = town.id.size
    x = exposure()._replace(
        past_level=np.full((n, 1), 0.7, np.float32), past_time=np.zeros((n, 1), np.float32),
        joins=np.full((n, 1), YEAR * MONTHS, np.int16), leaves=np.full((n, 1), NEVER),
    )  # fmt: skip
    without, with_it = copy(town), copy(town)
    a = Clockwork(table).live(without, YEAR, 4)
    b = Clockwork(table).live(with_it, YEAR, 4, x)
    assert same(without, with_it)
    assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("kept_until", [90.0, 100.0, float(NEVER)])
def test_who_comes_back_while_another_programme_keeps_the_effect_alive_has_no_more_than_all_of_it(
    kept_until: float,
) -> None:
    """A stay from month 100 to 110, before which a level of a half was left that did not fade until then."""
    x = exposure(past=0.5, left=kept_until, joins=100, leaves=110, build=12.0)
    before = effect_level(x, 0, 0, 110.0)
    one = np.zeros(1, np.int64)
    _book(x, 0, one, np.array([NEVER], np.int64), np.array([120], np.int64), 120)
    start = 0.5 * math.exp(-0.05 * max(100.0 - kept_until, 0.0))
    assert x.past_level[0, 0] == pytest.approx(1.0 - (1.0 - start) * math.exp(-10 / 12), rel=1e-6)
    assert before == pytest.approx(float(x.past_level[0, 0]), rel=1e-6)  # nothing jumps
