"""Mechanisms of the whole model: each is felt when it is on, and not when it is off.

Every programme, continuity from one to the next, vulnerability, maltreatment, school, offences, taking part.
"""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

import numpy as np
import pytest

from sim.engine.config import EXISTING, RunConfig, worker_threads
from sim.engine.exposure import effect_level
from sim.engine.population import NEVER
from sim.engine.programmes import carry_on, effect_of, exposures
from sim.engine.warmup import WarmStart, warm_up
from sim.inputs.profiles import profiles
from sim.model.catalogue import catalogue
from sim.model.parameters import Parameters, default_parameters
from sim.model.processes import default_table
from sim.states import AGES, MECHANISMS, MONTHS
from tests.worlds import ALL_OFF, Lived, same, scenario

YEARS = 5
PEOPLE = 25_000
NEW = tuple(name for name in catalogue() if name != EXISTING)
NOTHING = {**ALL_OFF, "continuity": False}


@pytest.fixture(scope="module")
def pool() -> Any:
    with worker_threads(2) as threads:
        yield threads


@pytest.fixture(scope="module")
def config() -> RunConfig:
    return RunConfig(profiles()["Almere"], default_parameters(), seed=9, children=PEOPLE)


@pytest.fixture(scope="module")
def warm(config: RunConfig, pool: Executor) -> WarmStart:
    return warm_up(config, 2026, pool)


def live(
    config: RunConfig, warm: WarmStart, pool: Executor, programmes: dict[str, Any], **numbers: float
) -> Lived:
    p = config.parameters.replace({name.replace("__", "."): value for name, value in numbers.items()})
    own = RunConfig(config.profile, p, config.seed, children=PEOPLE)
    return Lived(scenario(years=YEARS, programmes=programmes), own, warm, pool)


def flow(run: Any, row: str) -> float:
    kind = run.counted.layout.flow + run.counted.table.row(row)
    return float(run.counted.cells[:, :, kind, :AGES].sum())


# Programmes


@pytest.mark.parametrize("name", NEW)
def test_every_programme_reaches_its_ages_and_costs_its_price(
    name: str, config: RunConfig, warm: WarmStart, pool: Executor
) -> None:
    run = live(config, warm, pool, {name: {"fte": 20}})
    programme, k = catalogue()[name], list(run.programmes).index(name)
    ages, quintiles = [], []
    for block, x in zip(run.blocks, run.exposed, strict=True):
        came = x.joins[:, k] < NEVER
        ages += (x.joins[came, k] - block.birth[came]).tolist()
        quintiles += block.quintile[came].tolist()
    assert len(ages) > 50
    first, before = programme.months
    assert first <= min(ages)
    assert max(ages) < before
    deprived = np.mean(np.array(quintiles) >= 3)
    assert (deprived < 0.36) if name == "bso" else (deprived > 0.42)  # other families come to the BSO
    fte = run.counted.accounts.fte[name]
    price = config.parameters[f"cost.{name}_fte"]
    for year, cost in enumerate(run.counted.accounts.programme_cost[name]):
        mean = np.mean(fte[year * MONTHS : (year + 1) * MONTHS])
        assert cost == pytest.approx(mean * price * 1.01 ** (2 + year))  # wages follow tariffs from 2024 on


@pytest.mark.parametrize("name", NEW)
def test_a_programme_without_its_mechanisms_changes_no_life(
    name: str, config: RunConfig, warm: WarmStart, pool: Executor
) -> None:
    nothing = live(config, warm, pool, {name: {"fte": 0, "switches": NOTHING}})
    placebo = live(config, warm, pool, {name: {"fte": 40, "switches": NOTHING}})
    assert all(same(a, b) for a, b in zip(nothing.blocks, placebo.blocks, strict=True))


def test_bso_has_no_effect_with_everything_switched_on(
    config: RunConfig, warm: WarmStart, pool: Executor
) -> None:
    nothing = live(config, warm, pool, {"bso": {"fte": 0}})
    much = live(config, warm, pool, {"bso": {"fte": 60}})
    assert all(same(a, b) for a, b in zip(nothing.blocks, much.blocks, strict=True))


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("name", catalogue())
def test_a_switch_takes_away_its_mechanism_and_nothing_else(name: str, mechanism: str) -> None:
    p = default_parameters().replace({"kinderwerk.substitution": 0.5})
    on = effect_of(catalogue()[name], p, {}).log_effect
    off = effect_of(catalogue()[name], p, {mechanism: False}).log_effect
    k = MECHANISMS.index(mechanism)
    assert off[k] == 0.0
    assert [v for i, v in enumerate(off) if i != k] == [v for i, v in enumerate(on) if i != k]
    has = {"onset", "escalation", "recovery"} if "onset" in catalogue()[name].mechanisms else set()
    assert (on[k] != 0.0) == (mechanism in has | set(catalogue()[name].mechanisms))


@pytest.mark.parametrize(
    ("name", "mechanism", "numbers", "row", "more"),
    [
        ("kinderwerk", "participation", {"kinderwerk__participation": 2.0}, "takes_part_again", True),
        ("jongerenwerk", "participation", {"jongerenwerk__participation": 2.0}, "takes_part_again", True),
        ("wijkteam_uitbreiding", "access", {"wijkteam_uitbreiding__access": 2.0}, "start_wijkteam", True),
        ("schoolmaatschappelijk_werk", "signalling", {"schoolmaatschappelijk_werk__signalling": 2.7},
         "seen_by_programme", True),
        ("gezinssteun", "onset",
         {"gezinssteun__effect_exists": 1.0, "gezinssteun__moderate_need": 0.3,
          "gezinssteun__share_onset": 0.9},
         "onset_light", False),
        ("peuterwerk", "signalling", {"peuterwerk__signalling": 2.6}, "seen_by_programme", True),
        ("ouderbetrokkenheid", "onset",
         {"ouderbetrokkenheid__effect_exists": 1.0, "ouderbetrokkenheid__moderate_need": 0.3,
          "ouderbetrokkenheid__share_onset": 0.9},
         "onset_light", False),
        ("burgerschap", "participation", {"burgerschap__participation": 2.0}, "takes_part_again", True),
        ("kinderwerk", "substitution", {"kinderwerk__substitution": 0.1}, "start_ambulant", False),
    ],
)  # fmt: skip
def test_a_mechanism_moves_its_own_rate(
    name: str, mechanism: str, numbers: dict[str, float], row: str, more: bool, config: RunConfig,
    warm: WarmStart, pool: Executor,
) -> None:  # fmt: skip
    only = {**ALL_OFF, mechanism: True}
    with_it = live(config, warm, pool, {name: {"fte": 150, "switches": only}}, **numbers)
    without = live(config, warm, pool, {name: {"fte": 150, "switches": ALL_OFF}}, **numbers)
    change = flow(with_it, row) - flow(without, row)
    assert (change > 0) == more
    assert abs(change) > 0.005 * flow(without, row) + 3


def test_all_programmes_run_at_once(config: RunConfig, warm: WarmStart, pool: Executor) -> None:
    run = live(config, warm, pool, {name: {"fte": 10} for name in sorted(catalogue())})
    assert set(run.counted.programmes) == set(catalogue())
    assert all(years[-1].participants > 0 for years in run.counted.programmes.values())


# Continuity


def one_child(joins: tuple[int, int], leaves: tuple[int, int]) -> Any:
    """Return the exposure of one child to child work and youth work."""
    p, names = default_parameters(), ["kinderwerk", "jongerenwerk"]
    x = exposures(1, names, {n: effect_of(catalogue()[n], p, {}) for n in names})
    x.joins[0], x.leaves[0] = joins, leaves
    return x


def test_youth_work_keeps_alive_what_child_work_left() -> None:
    never = int(NEVER)
    on = one_child((100, 142), (140, never))
    at_leaving = effect_level(on, 0, 0, 140.0)
    faded = effect_level(on, 0, 0, 142.0)
    carry_on(on, 0, 1, 6)
    for month in (142.0, 160.0, 200.0):
        assert effect_level(on, 0, 0, month) == pytest.approx(faded, rel=1e-6)
    assert faded < at_leaving
    on.leaves[0, 1] = 170
    carry_on(on, 0, 1, 6)
    assert effect_level(on, 0, 0, 170.0) == pytest.approx(faded, rel=1e-6)
    decay = float(on.decay[0, 0])
    assert effect_level(on, 0, 0, 182.0) == pytest.approx(faded * np.exp(-12 * decay), rel=1e-5)


def test_after_a_gap_it_fades() -> None:
    late = one_child((100, 150), (140, int(NEVER)))
    before = effect_level(late, 0, 0, 160.0)
    carry_on(late, 0, 1, 6)
    assert effect_level(late, 0, 0, 160.0) == before
    assert before == pytest.approx(effect_level(late, 0, 0, 140.0) * np.exp(-20 * late.decay[0, 0]), rel=1e-5)


def test_children_in_both_at_once_keep_it_when_they_leave_child_work() -> None:
    both = one_child((100, 120), (140, int(NEVER)))
    level = effect_level(both, 0, 0, 140.0)
    carry_on(both, 0, 1, 6)
    assert effect_level(both, 0, 0, 190.0) == pytest.approx(level, rel=1e-6)


def test_one_line_of_work_reaches_more_children_twice_than_one_with_a_gap(
    config: RunConfig, warm: WarmStart, pool: Executor
) -> None:
    """Youth work from 10 takes over those who leave child work; youth work from 17 finds few of them."""
    both = []
    for ages in ([10, 22], [17, 22]):
        work = {"kinderwerk": {"fte": 36}, "jongerenwerk": {"fte": 15, "ages": ages}}
        run = live(config, warm, pool, work)
        held = 0
        for x in run.exposed:
            q, k = (list(run.programmes).index(n) for n in ("kinderwerk", "jongerenwerk"))
            held += int(((x.past_time[:, q] == NEVER) & (x.joins[:, k] < NEVER)).sum())
            held += int(((x.leaves[:, q] == NEVER) & (x.joins[:, q] < NEVER) & (x.joins[:, k] < NEVER)).sum())
        both.append(held)
    assert both[0] > 2 * both[1]


# Vulnerability and outcomes


def test_vulnerability_is_as_common_as_its_source_says(config: RunConfig, warm: WarmStart) -> None:
    p = config.parameters
    traits = np.concatenate([b.traits for b in warm.blocks])
    sex = np.concatenate([b.sex for b in warm.blocks])
    for k, name in enumerate(default_table().traits):
        share = ((traits >> k) & 1).mean()
        assert abs(share - p[f"trait.{name}"]) < 4 * np.sqrt(p[f"trait.{name}"] / traits.size)
    mental = (traits >> list(default_table().traits).index("mentaal")) & 1
    boys, girls = mental[sex == 1].mean(), mental[sex == 0].mean()
    odds = boys / (1 - boys) * (1 - girls) / girls
    assert odds == pytest.approx(p["trait.mentaal_boy"], rel=0.2)


def test_vulnerable_children_have_more_need_and_most_have_none(warm: WarmStart) -> None:
    need = np.concatenate([b.state[:, 0] for b in warm.blocks]) > 0
    traits = np.concatenate([b.traits for b in warm.blocks])
    alive = np.concatenate([(b.birth < 408) & (b.birth > 408 - 23 * 12) for b in warm.blocks])
    mental = ((traits >> 1) & 1 == 1) & alive
    assert need[mental].mean() > 1.3 * need[alive & ~mental].mean()
    assert need[mental].mean() < 0.6  # vulnerable children can be strong


@pytest.fixture(scope="module")
def usual(config: RunConfig, warm: WarmStart, pool: Executor) -> Any:
    return live(config, warm, pool, {})


@pytest.mark.parametrize(
    ("number", "value", "row"),
    [
        ("school__moderate", 12.0, "leaves_school"),
        ("offence__left_school", 30.0, "first_offence"),
        ("maltreatment__bijstand.yes", 12.0, "maltreatment_starts"),
        ("need__maltreated", 20.0, "onset_light"),
        ("start__protection_maltreated", 40.0, "start_jeugdbescherming"),
        ("start__probation_offended", 100.0, "start_jeugdreclassering"),
        ("education__moderate", 30.0, "enters_special_education"),
        ("meedoen__moderate", 15.0, "stops_taking_part"),
        ("signal__maltreated", 60.0, "seen_by_protection"),
    ],
)
def test_each_dependence_is_felt(
    number: str, value: float, row: str, usual: Any, config: RunConfig, warm: WarmStart, pool: Executor
) -> None:
    stronger = live(config, warm, pool, {}, **{number: value})
    assert flow(stronger, row) > 1.04 * flow(usual, row)


def test_without_rates_there_are_no_outcomes(config: RunConfig, warm: WarmStart, pool: Executor) -> None:
    rows = {
        "maltreatment__start": "maltreatment_starts", "school__leave": "leaves_school",
        "offence__first": "first_offence", "meedoen__stop": "stops_taking_part",
        "education__enter": "enters_special_education",
    }  # fmt: skip
    off = live(config, warm, pool, {}, **dict.fromkeys(rows, 0.0))
    assert all(flow(off, row) == 0 for row in rows.values())


def test_nobody_leaves_school_or_offends_before_12_or_is_maltreated_from_18(usual: Any) -> None:
    lay, table, cells = usual.counted.layout, usual.counted.table, usual.counted.cells
    # counts are by the age on 1 January: a child who turns 12 in the year stands at 11
    for row, ages in (("leaves_school", slice(0, 11)), ("first_offence", slice(0, 11))):
        assert cells[:, :, lay.flow + table.row(row), ages].sum() == 0
    assert cells[:, :, lay.flow + table.row("maltreatment_starts"), 18:AGES].sum() == 0


def test_whole_lives_count_everybody_who_turns_23(usual: Any) -> None:
    lay, cells = usual.counted.layout, usual.counted.cells
    lives = cells[:, :, lay.whole_life : lay.whole_life + 8, :AGES].sum(axis=(1, 2, 3))
    people = cells[:, :, lay.people, 22].sum(axis=1)
    # who was born on 1 January is counted a year earlier
    np.testing.assert_allclose(lives[1:], people[:-1], rtol=0.03)


def test_those_helped_before_are_part_of_all(usual: Any) -> None:
    lay, table, cells = usual.counted.layout, usual.counted.table, usual.counted.cells
    for k, outcome in enumerate(table.outcomes):
        row = int(np.flatnonzero(table.hazards.outcome == k)[0])
        all_of_them = cells[:, :, lay.flow + row, :AGES].sum()
        before = cells[:, :, lay.helped_before + k, :AGES].sum()
        assert 0 < before < all_of_them, outcome


def test_parameters_of_every_programme_are_there(parameters: Parameters) -> None:
    for name, programme in catalogue().items():
        assert programme.price in parameters
        assert programme.title.keys() == {"nl", "en"}
        needed = ("visits_per_fte", "visits_per_child", "uptake_ceiling", "stay", "hiring_delay", "turnover")
        assert all(f"{name}.{what}" in parameters for what in needed)
