"""Shocks: each does what it says in its months, and nothing when its size is 0."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

import numpy as np
import pytest

from sim.engine.population import month_of
from sim.engine.setting import Setting, worker_threads
from sim.engine.shocks import CONTACTS, SCHOOL, Shocks
from sim.engine.warmup import WarmStart, warm_up
from sim.inputs.profiles import profiles
from sim.inputs.scenario import Shock
from sim.model.parameters import default_parameters
from sim.model.processes import default_table
from sim.model.transitions import RateShock, compile_table
from sim.runs.experiment import Columns
from sim.states import AGES
from tests.worlds import Lived as Life
from tests.worlds import same, scenario

YEARS = 3
KINDS = ("lockdown", "teacher_shortage", "budget_cut", "registration_shift")


@pytest.fixture(scope="module")
def pool() -> Any:
    with worker_threads(2) as threads:
        yield threads


@pytest.fixture(scope="module")
def setting() -> Setting:
    return Setting(profiles()["Almere"], default_parameters(), seed=5, children=12_000)


@pytest.fixture(scope="module")
def warm(setting: Setting, pool: Executor) -> WarmStart:
    return warm_up(setting, 2026, pool)


class Lived:
    def __init__(
        self, setting: Setting, warm: WarmStart, pool: Executor, *shocks: dict[str, Any], **use: Any
    ) -> None:
        told = scenario(36, use={"ring_fenced": False, **use}, years=YEARS, shocks=list(shocks))
        self.run = Life(told, setting, warm, pool)
        self.history = self.run.counted
        self.parameters = setting.parameters

    def flow(self, row: str) -> float:
        kind = self.history.layout.flow + self.history.table.row(row)
        return float(self.history.cells[:, :, kind, :AGES].sum())

    def lives(self, other: Lived) -> bool:
        return all(same(a, b) for a, b in zip(self.run.blocks, other.run.blocks, strict=True))

    def column(self, *label: str) -> Any:
        columns = Columns.of(self.history, self.parameters)
        return columns.values[columns.labels.index(label)]


@pytest.fixture(scope="module")
def calm(setting: Setting, warm: WarmStart, pool: Executor) -> Lived:
    return Lived(setting, warm, pool)


def lockdown(**changes: Any) -> dict[str, Any]:
    return {"kind": "lockdown", "start": "2026-01", "months": 12 * YEARS, "size": 0.8, **changes}


@pytest.mark.parametrize("kind", KINDS)
def test_a_shock_of_size_zero_changes_nothing(
    kind: str, setting: Setting, warm: WarmStart, pool: Executor, calm: Lived
) -> None:
    still = Lived(setting, warm, pool, {"kind": kind, "start": "2026-03", "months": 20, "size": 0.0})
    assert still.lives(calm)
    assert still.history.cells.tobytes() == calm.history.cells.tobytes()
    for measure in ("care_users", "cost"):
        assert np.array_equal(still.column(measure, "total", "all"), calm.column(measure, "total", "all"))


def test_in_a_lockdown_fewer_children_are_seen(
    setting: Setting, warm: WarmStart, pool: Executor, calm: Lived
) -> None:
    shut = Lived(setting, warm, pool, lockdown())
    for row in CONTACTS:
        assert shut.flow(row) < 0.45 * calm.flow(row)  # fewer are seen, so more remain to be seen
    assert shut.flow("seen_by_programme") >= calm.flow("seen_by_programme")
    unmet = ("unmet_need", "total", "all")
    assert shut.column(*unmet)[-1] > calm.column(*unmet)[-1]


def test_child_workers_stay_or_go(setting: Setting, warm: WarmStart, pool: Executor, calm: Lived) -> None:
    there, gone = (
        Lived(setting, warm, pool, lockdown(workers=where)).column(
            "programme_participants", "programme", "kinderwerk"
        )
        for where in ("present", "absent")
    )
    usual = calm.column("programme_participants", "programme", "kinderwerk")
    assert np.array_equal(there, usual)
    assert np.all(gone[1:] < 0.35 * usual[1:])


def test_a_teacher_shortage_blinds_schools_only(
    setting: Setting, warm: WarmStart, pool: Executor, calm: Lived
) -> None:
    short = Lived(setting, warm, pool, {"kind": "teacher_shortage", "start": 2026, "months": 36, "size": 0.9})
    assert short.flow("seen_by_school") < 0.2 * calm.flow("seen_by_school")
    assert short.flow("seen_by_health") > 0.95 * calm.flow("seen_by_health")


def test_a_mid_term_cut_takes_unfenced_posts_and_no_others(
    setting: Setting, warm: WarmStart, pool: Executor, calm: Lived
) -> None:
    cut = {"kind": "budget_cut", "start": "2027-07", "months": 6, "size": 0.5}
    loose, usual = Lived(setting, warm, pool, cut), calm.history.accounts.fte["kinderwerk"]
    fte = loose.history.accounts.fte["kinderwerk"]
    assert fte[:18] == usual[:18]
    assert all(a <= 0.5 * 36 + 1e-9 for a in fte[18:24])
    assert fte[24 + 4] > 0.5 * 36  # hired again, after the delay
    fenced = Lived(setting, warm, pool, cut, ring_fenced=True)
    assert fenced.history.accounts.fte["kinderwerk"] == usual
    other = Lived(setting, warm, pool, {**cut, "programmes": ["jongerenwerk"]})
    assert other.history.accounts.fte["kinderwerk"] == usual


def test_a_registration_shift_changes_counts_and_no_life(
    setting: Setting, warm: WarmStart, pool: Executor, calm: Lived
) -> None:
    counted = {"kind": "registration_shift", "start": "2027-07", "months": 30, "size": 0.2}
    shift = Lived(setting, warm, pool, counted)
    assert shift.lives(calm)
    ratio = shift.column("care_users", "total", "all") / calm.column("care_users", "total", "all")
    np.testing.assert_allclose(ratio, [1.0, 1.1, 1.2])
    assert np.array_equal(shift.column("cost", "total", "all"), calm.column("cost", "total", "all"))


def test_a_rate_shock_lasts_its_months() -> None:
    p, first = default_parameters(), month_of(2026) + 2
    plain = compile_table(default_table(), p, 2030)
    for factor in (0.25, 3.0):
        shocked = compile_table(default_table(), p, 2030, [RateShock(SCHOOL, first, first + 5, factor)])
        h, row = shocked.hazards, shocked.row("seen_by_school")
        assert h.shock_from == first
        assert np.array_equal(h.shock[:, row], np.full(5, factor, np.float32))
        others = np.delete(h.shock, row, axis=1)
        assert np.all(others == 1.0)
        raised = h.bound[:, row, 6] / plain.hazards.bound[:, row, 6]
        year = 2026 - 1992
        assert raised[year] == max(factor, 1.0)
        assert raised[year + 1] == 1.0
    with pytest.raises(KeyError, match="no transition 'seen_by_nobody'"):
        compile_table(default_table(), p, 2030, [RateShock(("seen_by_nobody",), first, first + 5, 0.5)])


def test_shocks_multiply_and_stay_within_the_scenario() -> None:
    early = Shock(kind="lockdown", start="2025-07", months=12, size=0.5, workers="absent")
    late = Shock(kind="lockdown", start="2026-04", months=120, size=0.5, workers="absent")
    shocks = Shocks((early, late), 2026, 2)
    assert shocks.presence(0).tolist() == [0.5] * 3 + [0.25] * 3 + [0.5] * 6
    assert shocks.presence(1).tolist() == [0.5] * 12
    start = month_of(2026)
    assert [(s.first - start, s.before - start) for s in shocks.rates()] == [(-6, 6), (3, 123)]
    assert Shocks((), 2026, 2).cuts("kinderwerk") == ()
