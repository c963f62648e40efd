"""Where children with need come more often: whole worlds are lived, and the laws of the others hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.engine.config import Inline, RunConfig
from sim.engine.plan import with_overrides
from sim.engine.population import NEVER, month_of
from sim.engine.simulation import apart, groups, simulate, simulate_together
from sim.engine.warmup import WarmStart, warm_up
from sim.errors import InputError
from sim.inputs.profiles import profiles
from sim.inputs.scenario import Scenario
from sim.model.catalogue import catalogue
from sim.model.parameters import Parameters, default_parameters
from sim.runs.experiment import Columns, Options, run_all
from sim.runs.twins import twins
from tests.worlds import START, Lived, scenario

FEW, YEARS = 3000, 5
NAME = "kinderwerk.uptake_by_need"
OFF = {"switches": dict.fromkeys(("onset", "escalation", "recovery", "signalling", "participation"), False)}
REAL = {"kinderwerk.effect_exists": 1.0, "kinderwerk.moderate_need": 0.7, "kinderwerk.share_onset": 0.2}


def config(p: Parameters | None = None, seed: int = 0) -> RunConfig:
    return RunConfig(profiles()["Almere"], p or default_parameters(), seed=seed, children=FEW)


def told(fte: float, factor: float, **more: Any) -> Scenario:
    parameters = {NAME: factor, **more.pop("parameters", {})}
    return scenario(fte, years=YEARS, parameters=parameters, **more)


@pytest.fixture(scope="module")
def warm() -> WarmStart:
    return warm_up(config(), START, Inline())


def test_each_programme_has_it_and_by_default_it_says_nothing() -> None:
    for name in catalogue():
        record = default_parameters().records[f"{name}.uptake_by_need"]
        assert (record.value, record.low, record.high, record.scale) == (1.0, 1.0, 3.0, "lever")
        assert {default_parameters().draw(0, k)[record.name] for k in range(1, 50)} == {1.0}


def test_without_a_difference_it_is_the_world_of_a_scenario_that_says_nothing(warm: WarmStart) -> None:
    pair = [told(0, 1.0), told(60, 1.0)]
    assert not apart(pair)
    plain = [scenario(fte, years=YEARS) for fte in (0, 60)]
    silent = simulate_together(plain, config(), Inline(), warm)
    for one, other in zip(simulate_together(pair, config(), Inline(), warm), silent, strict=True):
        assert one.cells.tobytes() == other.cells.tobytes()


def test_such_worlds_are_lived_one_by_one(warm: WarmStart) -> None:
    pair = [told(0, 3.0), told(60, 3.0)]
    assert apart(pair) == "need"
    assert groups(pair) == [[0], [1]]
    with pytest.raises(ValueError, match="need"):
        simulate_together(pair, config(), Inline(), warm)
    with pytest.raises(InputError, match="by their need"):
        twins(pair[0], pair[1], Options(children=500), Inline())


def test_a_setting_that_says_so_has_every_world_lived_in_full() -> None:
    """As a sensitivity does: no scenario says it, the numbers do."""
    mine = config(default_parameters().certain({NAME: 3.0}))
    warm = warm_up(mine, START, Inline())
    pair = [scenario(0, years=YEARS), scenario(60, years=YEARS)]
    assert not apart(pair)
    for one, found in zip(pair, simulate_together(pair, mine, Inline(), warm), strict=True):
        assert found.cells.tobytes() == simulate(one, mine, Inline(), warm).cells.tobytes()


def test_a_programme_without_effect_costs_its_price_and_changes_no_life(warm: WarmStart) -> None:
    a, b = (simulate(told(fte, 3.0, use=OFF), config(), Inline(), warm) for fte in (0, 60))
    assert a.cells.tobytes() == b.cells.tobytes()
    plain = simulate(scenario(60, years=YEARS, use=OFF), config(), Inline(), warm)
    assert a.cells.tobytes() == plain.cells.tobytes()
    assert b.accounts.programme_cost == plain.accounts.programme_cost
    assert sum(b.accounts.programme_cost["kinderwerk"]) > sum(a.accounts.programme_cost["kinderwerk"])


def _odds_of_need(lived: Lived) -> float:
    """Return the odds of need of children who came for the first time in the last year, against the others.

    Need is that of the end of the year: a programme without effect does not change it.
    """
    k, need = lived.programmes.index("kinderwerk"), lived.clock.table.process("need")
    joins = np.concatenate([x.joins[:, k] for x in lived.exposed])
    birth, state = (np.concatenate([getattr(b, f) for b in lived.blocks]) for f in ("birth", "state"))
    end = month_of(START + YEARS)
    of_age = (birth <= end - 5 * 12) & (birth > end - 14 * 12)
    came, other = of_age & (joins >= end - 12) & (joins < NEVER), of_age & (joins == NEVER)

    def odds(who: NDArray[np.bool_]) -> float:
        some = state[who, need] > 0
        return float(some.sum() / (~some).sum())

    return odds(came) / odds(other)


def test_who_is_reached_holds_more_need_and_the_visits_are_as_many(warm: WarmStart) -> None:
    alike, sought = (Lived(told(20, f, use=OFF), config(), warm, Inline()) for f in (1.0, 3.0))
    assert 0.6 < _odds_of_need(alike) < 1.6
    assert _odds_of_need(sought) > 1.5 * _odds_of_need(alike)
    places = [[y.places for y in each.counted.programmes["kinderwerk"]] for each in (alike, sought)]
    assert places[0] == places[1]
    for a, b in zip(*(each.counted.programmes["kinderwerk"] for each in (alike, sought)), strict=True):
        assert a.stock == b.stock  # as many children there, and each as often


def test_the_gain_for_each_child_that_is_reached_rises_with_it() -> None:
    """Where what helps slows that need gets worse: over seeds, child-years of moderate or complex need."""
    gains: dict[float, list[float]] = {1.0: [], 3.0: []}
    for seed in range(6):
        mine = config(seed=seed)
        warm = warm_up(mine, START, Inline())
        for factor, found in gains.items():
            needs = []
            for fte in (0, 100):
                one = told(fte, factor, parameters=REAL)
                columns = Columns.of(
                    simulate(one, mine, Inline(), warm), with_overrides(mine.parameters, one, "start")
                )
                rows = [columns.labels.index(("need_stock", "need", n)) for n in ("moderate", "complex")]
                needs.append(columns.values[rows].sum())
            found.append(needs[0] - needs[1])
    more = np.array(gains[3.0]) - np.array(gains[1.0])
    assert np.mean(gains[1.0]) > 0
    assert more.mean() > 2 * more.std(ddof=1) / np.sqrt(more.size)


def test_runs_of_scenarios_are_as_they_are_alone() -> None:
    pair = [told(0, 2.0), told(60, 2.0)]
    (run,) = run_all(pair, Options(children=800))
    for one, columns in zip(pair, run.columns, strict=True):
        (alone,) = run_all([one], Options(children=800))
        assert columns.values.tobytes() == alone.columns[0].values.tobytes()
