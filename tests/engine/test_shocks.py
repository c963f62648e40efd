"""Shocks: each does what it says in its months, and nothing when its size is 0."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

import numpy as np
import pytest

from sim.engine.config import RunConfig, worker_threads
from sim.engine.ledger import FAMILY, GEMEENTE
from sim.engine.population import month_of
from sim.engine.shocks import CONTACTS, LIGHT, SCHOOL, Shocks
from sim.engine.warmup import WarmStart, warm_up
from sim.errors import InputError
from sim.inputs.profiles import profiles
from sim.inputs.shock import ON_FORMS, Shock
from sim.model.parameters import default_parameters
from sim.model.processes import default_table
from sim.model.transitions import RateShock, compile_table
from sim.runs.experiment import Columns
from sim.states import AGES, FORMS
from tests.worlds import Lived as Life
from tests.worlds import same, scenario

YEARS = 3
KINDS = ("lockdown", "teacher_shortage", "budget_cut", "registration_shift", *ON_FORMS)


@pytest.fixture(scope="module")
def pool() -> Any:
    with worker_threads(2) as threads:
        yield threads


@pytest.fixture(scope="module")
def config() -> RunConfig:
    return RunConfig(profiles()["Almere"], default_parameters(), seed=5, children=12_000)


@pytest.fixture(scope="module")
def warm(config: RunConfig, pool: Executor) -> WarmStart:
    return warm_up(config, 2026, pool)


class Lived:
    def __init__(
        self, config: RunConfig, warm: WarmStart, pool: Executor, *shocks: dict[str, Any], **use: Any
    ) -> None:
        told = scenario(36, use={"ring_fenced": False, **use}, years=YEARS, shocks=list(shocks))
        self.run = Life(told, config, warm, pool)
        self.history = self.run.counted
        self.parameters = config.parameters

    def flow(self, row: str) -> float:
        kind = self.history.layout.flow + self.history.table.row(row)
        return float(self.history.cells[:, :, kind, :AGES].sum())

    def lives(self, other: Lived) -> bool:
        return all(same(a, b) for a, b in zip(self.run.blocks, other.run.blocks, strict=True))

    def column(self, *label: str) -> Any:
        columns = Columns.of(self.history, self.parameters)
        return columns.values[columns.labels.index(label)]


@pytest.fixture(scope="module")
def calm(config: RunConfig, warm: WarmStart, pool: Executor) -> Lived:
    return Lived(config, warm, pool)


def lockdown(**changes: Any) -> dict[str, Any]:
    return {"kind": "lockdown", "start": "2026-01", "months": 12 * YEARS, "size": 0.8, **changes}


@pytest.mark.parametrize("kind", KINDS)
def test_a_shock_of_size_zero_changes_nothing(
    kind: str, config: RunConfig, warm: WarmStart, pool: Executor, calm: Lived
) -> None:
    still = Lived(config, warm, pool, {"kind": kind, "start": "2026-03", "months": 20, "size": 0.0})
    assert still.lives(calm)
    assert still.history.cells.tobytes() == calm.history.cells.tobytes()
    for measure in ("care_users", "cost"):
        assert np.array_equal(still.column(measure, "total", "all"), calm.column(measure, "total", "all"))


def test_in_a_lockdown_fewer_children_are_seen(
    config: RunConfig, warm: WarmStart, pool: Executor, calm: Lived
) -> None:
    shut = Lived(config, warm, pool, lockdown())
    for row in CONTACTS:
        assert shut.flow(row) < 0.45 * calm.flow(row)  # fewer are seen, so more remain to be seen
    assert shut.flow("seen_by_programme") >= calm.flow("seen_by_programme")
    unmet = ("unmet_need", "total", "all")
    assert shut.column(*unmet)[-1] > calm.column(*unmet)[-1]


def test_child_workers_stay_or_go(config: RunConfig, warm: WarmStart, pool: Executor, calm: Lived) -> None:
    there, gone = (
        Lived(config, warm, pool, lockdown(workers=where)).column(
            "programme_participants", "programme", "kinderwerk"
        )
        for where in ("present", "absent")
    )
    usual = calm.column("programme_participants", "programme", "kinderwerk")
    assert np.array_equal(there, usual)
    assert np.all(gone[1:] < 0.35 * usual[1:])


def test_a_teacher_shortage_blinds_schools_only(
    config: RunConfig, warm: WarmStart, pool: Executor, calm: Lived
) -> None:
    short = Lived(config, warm, pool, {"kind": "teacher_shortage", "start": 2026, "months": 36, "size": 0.9})
    assert short.flow("seen_by_school") < 0.2 * calm.flow("seen_by_school")
    assert short.flow("seen_by_health") > 0.95 * calm.flow("seen_by_health")


def test_a_mid_term_cut_takes_unfenced_posts_and_no_others(
    config: RunConfig, warm: WarmStart, pool: Executor, calm: Lived
) -> None:
    cut = {"kind": "budget_cut", "start": "2027-07", "months": 6, "size": 0.5}
    loose, usual = Lived(config, warm, pool, cut), calm.history.accounts.fte["kinderwerk"]
    fte = loose.history.accounts.fte["kinderwerk"]
    assert fte[:18] == usual[:18]
    assert all(a <= 0.5 * 36 + 1e-9 for a in fte[18:24])
    assert fte[24 + 4] > 0.5 * 36  # hired again, after the delay
    fenced = Lived(config, warm, pool, cut, ring_fenced=True)
    assert fenced.history.accounts.fte["kinderwerk"] == usual
    other = Lived(config, warm, pool, {**cut, "programmes": ["jongerenwerk"]})
    assert other.history.accounts.fte["kinderwerk"] == usual


def test_a_registration_shift_changes_counts_and_no_life(
    config: RunConfig, warm: WarmStart, pool: Executor, calm: Lived
) -> None:
    counted = {"kind": "registration_shift", "start": "2027-07", "months": 30, "size": 0.2}
    shift = Lived(config, warm, pool, counted)
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


# ---- policies on forms of care


def from_the_second_year(kind: str, size: float, **changes: Any) -> dict[str, Any]:
    return {"kind": kind, "start": "2027-01", "months": 12 * (YEARS - 1), "size": size, **changes}


def test_starts_are_fewer_from_the_month_on_in_these_forms_alone(
    config: RunConfig, warm: WarmStart, pool: Executor, calm: Lived
) -> None:
    none = Lived(config, warm, pool, from_the_second_year("fewer_starts", 1.0, forms=["ambulant"]))
    h, lay = none.history, none.history.layout
    kind = lay.flow + h.table.row("start_ambulant")
    starts = [h.cells[year, :, kind, :AGES].sum() for year in range(YEARS)]
    before = calm.history.cells[0, :, kind, :AGES].sum()
    assert starts == [before, 0.0, 0.0]
    assert none.flow("start_netwerk") > 0.9 * calm.flow("start_netwerk")
    fewer = Lived(config, warm, pool, from_the_second_year("fewer_starts", 0.5))
    more = Lived(config, warm, pool, from_the_second_year("fewer_starts", -0.5))
    for form in LIGHT:
        row = f"start_{form}"
        assert fewer.flow(row) < 0.85 * calm.flow(row) < calm.flow(row) < 0.9 * more.flow(row)
    unmet = ("unmet_need", "total", "all")
    assert fewer.column(*unmet)[-1] > calm.column(*unmet)[-1] > more.column(*unmet)[-1]


@pytest.mark.parametrize("size", [0.0, 0.02, 0.25, 0.9])
def test_a_share_shorter_is_an_end_as_much_sooner(size: float) -> None:
    shock = Shock.model_validate(from_the_second_year("shorter_care", size, forms=["pleegzorg"]))
    (rate,) = Shocks([shock], 2026, YEARS).rates()
    assert rate.rows == ("end_pleegzorg",)
    assert 1.0 / rate.factor == pytest.approx(1.0 - size)
    assert (rate.first, rate.before) == (month_of(2027), month_of(2026 + YEARS))


def test_shorter_care_takes_fewer_places(
    config: RunConfig, warm: WarmStart, pool: Executor, calm: Lived
) -> None:
    short = Lived(config, warm, pool, from_the_second_year("shorter_care", 0.3))
    for form in FORMS:
        ratio = short.column("cost", "form", form) / calm.column("cost", "form", form)
        assert ratio[0] == 1.0
        assert (ratio[2] < 0.9) == (form in LIGHT)


def test_families_pay_by_month_and_never_more_than_the_price() -> None:
    half = {"kind": "own_payment", "start": "2027-07", "months": 12, "size": 0.5}
    found = Shocks([Shock.model_validate(half)] * 3, 2026, 3).payments()
    by_form = {form: found[:, FORMS.index(form)].tolist() for form in FORMS}
    for form, shares in by_form.items():
        assert shares == ([0.0, 0.5, 0.5] if form in LIGHT else [0.0] * 3)


def test_what_families_pay_moves_from_one_payer_to_another_and_changes_no_life(
    config: RunConfig, warm: WarmStart, pool: Executor, calm: Lived
) -> None:
    share = 0.2
    paid = Lived(config, warm, pool, from_the_second_year("own_payment", share))
    assert paid.lives(calm)
    light = sum(calm.column("cost", "form", form) for form in LIGHT)
    due = np.array([0.0, share, share]) * light
    for measure in ("cost", "cost_cashable"):
        assert paid.column(measure, "payer", FAMILY) == pytest.approx(due)
        ours, before = (one.column(measure, "payer", GEMEENTE) for one in (paid, calm))
        assert ours == pytest.approx(before - due)
        assert np.array_equal(paid.column(measure, "total", "all"), calm.column(measure, "total", "all"))
    parts = sum(paid.column("cost", "part", part) for part in ("care", "fixed", "rest", "programmes"))
    assert parts == pytest.approx(paid.column("cost", "payer", GEMEENTE))
    spent, before = (np.array(one.history.accounts.spending) for one in (paid, calm))
    assert spent == pytest.approx(before - due)


def test_only_policies_on_forms_name_forms_and_care_cannot_end_at_once() -> None:
    for wrong in (
        {"kind": "lockdown", "start": 2027, "size": 0.5, "forms": ["ambulant"]},
        {"kind": "shorter_care", "start": 2027, "size": 0.95},
        {"kind": "own_payment", "start": 2027, "size": -0.1},
        {"kind": "fewer_starts", "start": 2027, "size": 0.5, "forms": ["ambulent"]},
    ):
        with pytest.raises(InputError):
            scenario(36, shocks=[wrong])


def test_a_shock_without_forms_is_written_as_before() -> None:
    told = scenario(36, shocks=[{"kind": "budget_cut", "start": 2027, "size": 0.5}])
    assert "forms" not in told.canonical()["shocks"][0]
    named = scenario(36, shocks=[from_the_second_year("own_payment", 0.1, forms=["daghulp"])])
    assert named.canonical()["shocks"][0]["forms"] == ["daghulp"]
    assert scenario(36, **{"shocks": named.to_data()["shocks"]}).canonical() == named.canonical()
