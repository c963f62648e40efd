"""Less need is not less care: what a programme prevents in need may leave the demand for care as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from sim.engine.config import Inline, RunConfig
from sim.engine.history import History
from sim.engine.plan import with_overrides
from sim.engine.population import with_need
from sim.engine.simulation import apart, simulate, simulate_together
from sim.engine.warmup import WarmStart, warm_up
from sim.errors import InputError
from sim.inputs.profiles import profiles
from sim.inputs.scenario import Scenario
from sim.model.extension import shipped
from sim.model.parameters import Parameters, default_parameters
from sim.model.processes import TO_CARE, default_table
from sim.model.transitions import compile_table
from sim.runs.experiment import Columns, Options
from sim.runs.twins import twins
from sim.states import FORMS
from tests.worlds import START, scenario

FEW, YEARS = 2000, 5
STRONG = {
    "kinderwerk.effect_exists": 1.0, "kinderwerk.moderate_need": 0.6, "kinderwerk.visits_per_child": 10.0,
}  # fmt: skip
NOTHING_BUT_NEED = {"switches": {"signalling": False, "participation": False}}
NO_OTHER_WAY = {
    f"{group}.{state}": 1.0
    for group in ("education", "offence")
    for state in ("light", "moderate", "complex")
}
"""Special education and offences do not follow need: else they lead from need to care by themselves."""


def config(changes: Mapping[str, float] | None = None, seed: int = 0) -> RunConfig:
    p = default_parameters().replace(changes or {})
    return RunConfig(profiles()["Almere"], p, seed=seed, children=FEW)


def told(fte: float, share: float, use: Any = NOTHING_BUT_NEED, **changes: float) -> Scenario:
    return scenario(fte, years=YEARS, use=use, parameters={**STRONG, TO_CARE: share, **changes})


def columns(history: History, mine: RunConfig, one: Scenario) -> Columns:
    return Columns.of(history, with_overrides(mine.parameters, one, "start"))


@pytest.fixture(scope="module")
def warm() -> WarmStart:
    return warm_up(config(), START, Inline())


def test_it_is_a_lever_that_stands_at_all_of_it() -> None:
    record = default_parameters().records[TO_CARE]
    assert (record.value, record.low, record.high, record.scale) == (1.0, 0.0, 1.0, "lever")
    assert shipped().table_for(default_parameters()) is default_table()


def test_demand_stands_where_need_stood_and_care_follows_it() -> None:
    """So that it meets the same luck; need comes last and has rates of its own that are the same."""
    p = default_parameters()
    plain = compile_table(default_table(), p, 2020)
    both = compile_table(shipped().table_for({TO_CARE: 0.5}), p.replace({TO_CARE: 0.5}), 2020)
    assert [("need" if name == "demand" else name) for name in both.processes[:-1]] == list(plain.processes)
    assert both.processes[-1] == "need"
    known = len(plain.rows)
    for name in ("rate", "bound"):
        np.testing.assert_array_equal(getattr(both.hazards, name)[:, :known], getattr(plain.hazards, name))
        need = [plain.row(row) for row in both.rows[known:]]
        np.testing.assert_array_equal(
            getattr(both.hazards, name)[:, known:], getattr(plain.hazards, name)[:, need]
        )
    reads = {
        name: {q for t in process.transitions for q in (*t.by_state, *t.only, *t.mechanism_only)}
        for name, process in shipped().table_for({TO_CARE: 0.5}).processes.items()
    }
    for name, process in default_table().processes.items():
        looks = any("need" in (*t.by_state, *t.only) for t in process.transitions)
        to_care = name == "signal" or {name, *process.states} & set(FORMS)
        assert ("demand" in reads[name if name != "need" else "demand"]) == bool(looks and to_care)
        assert ("need" in reads[name]) == bool(looks and not to_care)


def test_without_an_effect_need_and_demand_are_one(warm: WarmStart) -> None:
    """And every count is as it is where there is no demand beside need, whatever the share."""
    none = {"kinderwerk.effect_exists": 0.0}
    mine = config(none)
    start = warm_up(mine, START, Inline())
    one, other = (simulate(told(60, share, **none), mine, Inline(), start) for share in (1.0, 0.3))
    a, b = (columns(h, mine, told(60, 1.0, **none)) for h in (one, other))
    assert a.labels == b.labels
    assert a.values.tobytes() == b.values.tobytes()


def test_with_none_of_it_care_is_as_if_nothing_had_been_prevented() -> None:
    """For every figure of care, up to the rounding of months that are lived in other pieces; need falls."""
    mine = config(NO_OTHER_WAY)
    start = warm_up(mine, START, Inline())
    pair = [told(fte, 0.0) for fte in (0, 80)]
    a, b = (columns(simulate(one, mine, Inline(), start), mine, one) for one in pair)
    care = [k for k, (measure, *_) in enumerate(a.labels) if measure.startswith("care_")]
    money = a.labels.index(("cost", "part", "care"))
    assert len(care) > 20
    np.testing.assert_allclose(b.values[[*care, money]], a.values[[*care, money]], rtol=1e-6, atol=1e-6)
    need = a.labels.index(("need_stock", "total", "all"))
    assert b.values[need].sum() < a.values[need].sum()


def test_between_the_two_care_falls_by_part_of_it() -> None:
    falls = dict.fromkeys((1.0, 0.5, 0.0), 0.0)
    for seed in range(4):
        mine = config(seed=seed)
        start = warm_up(mine, START, Inline())
        for share in falls:
            found = []
            for fte in (0, 100):
                one = told(fte, share)
                of = columns(simulate(one, mine, Inline(), start), mine, one)
                found.append(of.values[of.labels.index(("cost", "part", "care"))].sum())
            falls[share] += found[0] - found[1]
    assert falls[1.0] > falls[0.5] > 0.2 * falls[1.0]
    assert abs(falls[0.0]) < 0.1 * falls[1.0]


def test_need_falls_as_much_whatever_reaches_care() -> None:
    """In the mean over seeds, where care does nothing to need and a relapse is as likely at any time."""
    flat = {name: 1.0 for name in default_parameters() if name.startswith("need.relapse.")}
    alone = {"need.care_on_escalation": 1.0, "need.care_on_recovery": 1.0, "need.waiting": 1.0, **flat}
    gaps = []
    for seed in range(40):
        mine = config(alone, seed)
        start = warm_up(mine, START, Inline())
        found = []
        for share in (1.0, 0.0):
            one = told(80, share)
            of = columns(simulate(one, mine, Inline(), start), mine, one)
            rows = [of.labels.index(("need_stock", "need", n)) for n in ("light", "moderate", "complex")]
            found.append(of.values[rows].sum(axis=1))
        gaps.append(found[1] - found[0])
    z = np.mean(gaps, axis=0) / (np.std(gaps, axis=0, ddof=1) / np.sqrt(len(gaps)))
    assert np.abs(z).max() < 3.5


def test_such_worlds_are_lived_one_by_one(warm: WarmStart) -> None:
    pair = [told(0, 0.5), told(60, 0.5)]
    assert apart(pair) == "care"
    with pytest.raises(ValueError, match="care"):
        simulate_together(pair, config(), Inline(), warm)
    with pytest.raises(InputError, match="less need is not as much less care"):
        twins(pair[0], pair[1], Options(children=500), Inline())


def test_from_birth_and_by_a_setting_it_is_lived_as_well() -> None:
    mine = RunConfig(profiles()["Almere"], default_parameters().certain({TO_CARE: 0.5}), children=600)
    start = warm_up(mine, START, Inline())
    pair = [scenario(0, years=2), scenario(60, years=2)]
    assert not apart(pair)
    for one, found in zip(pair, simulate_together(pair, mine, Inline(), start), strict=True):
        assert found.cells.tobytes() == simulate(one, mine, Inline(), start).cells.tobytes()


def test_children_who_have_both_already_stay_as_they_are(warm: WarmStart) -> None:
    p: Parameters = default_parameters().replace({TO_CARE: 0.5})
    table = compile_table(shipped().table_for(p), p, START)
    once = with_need(warm.blocks[0], table, config().key)
    assert once.state.shape[1] == len(table.processes)
    assert np.array_equal(once.state[:, -1], once.state[:, table.process("demand")])
    assert with_need(once, table, config().key) is once
