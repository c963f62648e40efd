"""Each row of the position paper from its own file: what it says happens when on, and nothing when off."""

from __future__ import annotations

from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.engine.config import RunConfig
from sim.engine.exposure import effect_level
from sim.engine.population import NEVER
from sim.engine.warmup import WarmStart, warm_up
from sim.inputs.grid import load_grid
from sim.inputs.library import registry
from sim.inputs.profiles import profiles
from sim.inputs.scenario import Scenario, load_scenario
from sim.model.parameters import default_parameters
from sim.states import AGES, EPOCH_YEAR, MONTHS
from tests.worlds import Lived, same

SCENARIOS = Path(__file__).parents[1] / "scenarios"
PEOPLE = 8000
YEARS = 5
DEFAULT = default_parameters()


class Town:
    """Scenarios of one municipality lived on the same children, each once."""

    def __init__(self, name: str, pool: Executor) -> None:
        self.config = RunConfig(profiles()[name], DEFAULT, seed=4, children=PEOPLE)
        self.pool = pool
        self.warm: WarmStart = warm_up(self.config, 2026, pool)
        self.known: dict[str, Lived] = {}

    def live(self, file: str | Scenario, **changes: Any) -> Lived:
        """Live the first years of a file, with changes; FTE beyond those years are left out."""
        scenario = load_scenario(SCENARIOS / f"{file}.yaml", registry()) if isinstance(file, str) else file
        key = f"{file}{sorted(changes.items())}"
        if key not in self.known:
            changed = scenario.replace(years=YEARS, **changes)
            self.known[key] = Lived(changed, self.config, self.warm, self.pool)
        return self.known[key]


@pytest.fixture(scope="module")
def almere(pool: Executor) -> Town:
    return Town("Almere", pool)


@pytest.fixture(scope="module")
def tilburg(pool: Executor) -> Town:
    return Town("Tilburg", pool)


@pytest.fixture(scope="module")
def hilversum(pool: Executor) -> Town:
    return Town("Hilversum", pool)


def alike(a: Lived, b: Lived) -> bool:
    return all(same(x, y) for x, y in zip(a.blocks, b.blocks, strict=True))


def flow(world: Any, row: str, year: slice = slice(None)) -> float:
    kind = world.counted.layout.flow + world.counted.table.row(row)
    return float(world.counted.cells[year, :, kind, :AGES].sum())


def users(world: Any, name: str) -> float:
    from sim.states import USER_SETS

    kind = world.counted.layout.users + list(USER_SETS).index(name)
    return float(world.counted.cells[:, :, kind, :AGES].sum())


def stays(world: Lived, programme: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return quintile, age in months at joining, and block row of those who came since the start."""
    k = list(world.programmes).index(programme)
    start = (2026 - EPOCH_YEAR) * MONTHS
    quintile, age, left = [], [], []
    for block, x in zip(world.blocks, world.exposed, strict=True):
        came = (x.joins[:, k] < NEVER) & (x.joins[:, k] >= start)
        quintile.append(block.quintile[came])
        age.append(x.joins[came, k] - block.birth[came])
        left.append(x.leaves[came, k])
    return np.concatenate(quintile), np.concatenate(age), np.concatenate(left)


def levels(world: Lived, programme: str, month: int, ages: tuple[int, int] = (0, 22)) -> float:
    """Return how much of a programme's effect there is among all children of some ages, summed."""
    k = list(world.programmes).index(programme)
    total = 0.0
    for block, x in zip(world.blocks, world.exposed, strict=True):
        age = (month - block.birth) // MONTHS
        for i in np.flatnonzero((age >= ages[0]) & (age <= ages[1])):
            total += effect_level(x, i, k, float(month))
    return total


def off(file: str, *names: str) -> dict[str, Any]:
    """Return the parameters of a file with some of them as they usually are."""
    own = load_scenario(SCENARIOS / f"{file}.yaml", registry()).to_data()["parameters"]
    assert set(names) == set(own)
    return {name: {"value": DEFAULT[name]} for name in names}


END = (2026 + YEARS - EPOCH_YEAR) * MONTHS


def test_living_rooms_are_for_the_most_deprived_neighbourhoods(almere: Town) -> None:
    now, rooms = almere.live("almere/huidig"), almere.live("almere/huiskamers")
    share = [np.mean(stays(world, "kinderwerk")[0] == 4) for world in (now, rooms)]
    assert share[1] > share[0] + 0.05
    usual = off("almere/huiskamers", "kinderwerk.neighbourhood_weight")
    assert alike(now, almere.live("almere/huiskamers", parameters=usual))


def test_present_workers_reach_other_neighbourhoods(tilburg: Town) -> None:
    fixed, present = tilburg.live("tilburg/huidig"), tilburg.live("tilburg/aanwezig")
    deprived = [np.mean(stays(world, "kinderwerk")[0] >= 3) for world in (fixed, present)]
    assert deprived[1] < deprived[0] - 0.05  # outreach leans less to the most deprived
    assert not alike(fixed, present)
    use = {**_programmes("tilburg/aanwezig")["kinderwerk"], "targeting": "neighbourhood"}
    assert alike(fixed, tilburg.live("tilburg/aanwezig", programmes={"kinderwerk": use}))


def test_family_support_comes_on_top_and_for_the_youngest(tilburg: Town) -> None:
    both = tilburg.live("tilburg/met-gezinssteun")
    assert stays(both, "gezinssteun")[1].max() < 7 * MONTHS
    without = tilburg.live(
        "tilburg/met-gezinssteun",
        programmes={**_programmes("tilburg/met-gezinssteun"), "gezinssteun": {"fte": 0}},
    )
    assert alike(without, tilburg.live("tilburg/aanwezig"))


def _programmes(file: str) -> dict[str, Any]:
    found: dict[str, Any] = load_scenario(SCENARIOS / f"{file}.yaml", registry()).to_data()["programmes"]
    return found


def test_a_teacher_shortage_and_citizenship_lessons_in_six_schools(tilburg: Town) -> None:
    usual, shortage = tilburg.live("tilburg/aanwezig"), tilburg.live("tilburg/lerarentekort")
    lessons = tilburg.live("tilburg/lerarentekort-burgerschap")
    assert flow(shortage, "seen_by_school") < 0.95 * flow(usual, "seen_by_school")
    assert flow(lessons, "seen_by_programme") > flow(shortage, "seen_by_programme")
    years = lessons.counted.programmes["burgerschap"]
    scale = lessons.counted.scale
    assert 600 < years[1].places * scale < 1700  # six schools
    assert years[4].stock == 0  # the shortage is over
    calm = [{"kind": "teacher_shortage", "start": "2026-08", "months": 36, "size": 0.0}]
    assert alike(usual, tilburg.live("tilburg/lerarentekort", shocks=calm))
    none = {**_programmes("tilburg/lerarentekort-burgerschap"), "burgerschap": {"fte": 0}}
    assert alike(shortage, tilburg.live("tilburg/lerarentekort-burgerschap", programmes=none))


def test_one_line_keeps_what_a_gap_lets_go(hilversum: Town) -> None:
    gap, line = hilversum.live("hilversum/gat"), hilversum.live("hilversum/doorlopende-lijn")
    assert stays(gap, "jongerenwerk")[1].min() >= 15 * MONTHS
    young = stays(line, "jongerenwerk")[1]
    assert np.mean(young < 14 * MONTHS) > 0.2
    after = (12, 16)
    assert levels(line, "kinderwerk", END, after) > 1.1 * levels(gap, "kinderwerk", END, after)
    cut = {name: {**use, "switches": {"continuity": False}} for name, use in _programmes(
        "hilversum/doorlopende-lijn").items()}  # fmt: skip
    broken = hilversum.live("hilversum/doorlopende-lijn", programmes=cut)
    assert levels(broken, "kinderwerk", END, after) < levels(line, "kinderwerk", END, after)


def test_child_work_goes_on_with_toddlers(hilversum: Town) -> None:
    line = hilversum.live("hilversum/doorlopende-lijn")
    names = list(line.programmes)
    toddler, child = names.index("peuterwerk"), names.index("kinderwerk")
    kept = sum(
        float(
            (
                (x.past_time[:, toddler] > 0) & (x.past_level[:, toddler] > 0) & (x.joins[:, child] < NEVER)
            ).sum()
        )
        for x in line.exposed
    )
    assert kept > 0
    cut = {name: {**use, "switches": {"continuity": False}} for name, use in _programmes(
        "hilversum/doorlopende-lijn").items()}  # fmt: skip
    broken = hilversum.live("hilversum/doorlopende-lijn", programmes=cut)
    assert levels(line, "peuterwerk", END, (4, 8)) > levels(broken, "peuterwerk", END, (4, 8))


def test_parents_are_those_of_children_in_child_work(hilversum: Town) -> None:
    parents = hilversum.live("hilversum/ouders")
    names = list(parents.programmes)
    child, own = names.index("kinderwerk"), names.index("ouderbetrokkenheid")
    with_parents = both = everyone = of_age = 0
    for block, x in zip(parents.blocks, parents.exposed, strict=True):
        age = (END - block.birth) // MONTHS
        here = (age >= 4) & (age <= 11)
        came, work = x.joins[:, own] < NEVER, (x.joins[:, child] < NEVER) | (x.past_level[:, child] > 0)
        with_parents, both = with_parents + (here & came).sum(), both + (here & came & work).sum()
        everyone, of_age = everyone + (here & work).sum(), of_age + here.sum()
    assert both / with_parents > 1.5 * everyone / of_age
    none = {**_programmes("hilversum/ouders"), "ouderbetrokkenheid": {"fte": 0}}
    assert alike(
        hilversum.live("hilversum/doorlopende-lijn"), hilversum.live("hilversum/ouders", programmes=none)
    )


def test_cut_child_work_is_gone_and_fades(almere: Town) -> None:
    now, gone = almere.live("almere/huidig"), almere.live("argumenten/wegbezuinigd")
    years = gone.counted.programmes["kinderwerk"]
    assert years[0].stock > 0
    assert [year.stock for year in years[1:]] == [0.0] * (YEARS - 1)
    assert levels(gone, "kinderwerk", END) < 0.5 * levels(now, "kinderwerk", END)
    use = {**_programmes("argumenten/wegbezuinigd")["kinderwerk"], "fte": 36}
    assert alike(now, almere.live("argumenten/wegbezuinigd", programmes={"kinderwerk": use}))


def test_projects_reach_more_children_and_leave_less_in_them(almere: Town) -> None:
    now, projects = almere.live("almere/huidig"), almere.live("argumenten/projectmatig")
    several = [world.counted.programmes["kinderwerk"][2].participants for world in (now, projects)]
    assert several[1] > 1.3 * several[0]
    assert levels(projects, "kinderwerk", END) < 0.7 * levels(now, "kinderwerk", END)
    usual = off("argumenten/projectmatig", "kinderwerk.turnover", "kinderwerk.stay", "kinderwerk.build_up",
                "kinderwerk.retained")  # fmt: skip
    assert alike(now, almere.live("argumenten/projectmatig", parameters=usual))


def test_youth_work_with_and_without_child_work_costs_the_same_and_reaches_other_ages(almere: Town) -> None:
    youth, both = (
        almere.live("argumenten/alleen-jongerenwerk"),
        almere.live("argumenten/kinder-en-jongerenwerk"),
    )
    assert stays(youth, "kinderwerk")[0].size == 0
    assert stays(youth, "jongerenwerk")[1].min() >= 10 * MONTHS
    assert min(stays(both, name)[0].size for name in ("kinderwerk", "jongerenwerk")) > 50
    prices = [DEFAULT[f"cost.{name}_fte"] for name in ("kinderwerk", "jongerenwerk")]
    assert 36 * prices[1] == 18 * sum(prices) == 36 * prices[0]
    idle = {**_programmes("argumenten/alleen-jongerenwerk"), "jongerenwerk": {"fte": 0}}
    none = almere.live("argumenten/alleen-jongerenwerk", programmes=idle)
    assert alike(none, almere.live("almere/geen"))


def test_the_bso_costs_as_much_reaches_others_and_does_nothing(almere: Town) -> None:
    bso, none = almere.live("argumenten/bso-in-plaats-van-kinderwerk"), almere.live("almere/geen")
    assert (
        np.mean(stays(bso, "bso")[0] >= 3)
        < 0.36
        < np.mean(stays(almere.live("almere/huidig"), "kinderwerk")[0] >= 3)
    )
    assert alike(bso, none)
    assert pytest.approx(36 * DEFAULT["cost.kinderwerk_fte"], rel=0.002) == 49.4 * DEFAULT["cost.bso_fte"]


def test_a_larger_wijkteam_widens_the_net_for_the_same_money(almere: Town) -> None:
    wider, none = almere.live("argumenten/wijkteam-uitbreiding"), almere.live("almere/geen")
    assert users(wider, "wijkteam") > 1.01 * users(none, "wijkteam")
    use = {**_programmes("argumenten/wijkteam-uitbreiding")["wijkteam_uitbreiding"]}
    quiet = {"wijkteam_uitbreiding": {**use, "switches": {"signalling": False, "access": False}},
             "kinderwerk": {"fte": 0}}  # fmt: skip
    assert alike(none, almere.live("argumenten/wijkteam-uitbreiding", programmes=quiet))
    cost = 32.2 * DEFAULT["cost.wijkteam_uitbreiding_fte"]
    assert cost == pytest.approx(36 * DEFAULT["cost.kinderwerk_fte"], rel=0.002)


def test_a_share_of_the_budget_stays_only_where_it_is_fenced(almere: Town) -> None:
    members = {m.name: m for m in load_grid(SCENARIOS / "argumenten" / "oormerk-aandeel.yaml", registry())}
    assert len(members) == 12
    assert {m.scenario.years for m in members.values()} == {8}
    chosen = [m.scenario for name, m in members.items() if "fte-48.8" in name]
    fenced, unfenced = sorted(chosen, key=lambda s: not s.programmes["kinderwerk"].ring_fenced)
    worlds = [almere.live(s, budget={"youth_care": 60e6, "real_growth": 0.0}) for s in (fenced, unfenced)]
    posts = [world.counted.accounts.posts["kinderwerk"] for world in worlds]
    assert set(posts[0]) == {48.8}
    assert posts[1][0] == 48.8
    assert posts[1][-1] < 0.9 * 48.8
    rich = almere.live(unfenced, budget={"youth_care": 1e9})
    assert set(rich.counted.accounts.posts["kinderwerk"]) == {48.8}


def test_light_need_is_handled_without_ambulant_care_and_only_that(almere: Town) -> None:
    now, light = almere.live("almere/huidig"), almere.live("argumenten/licht-verwelzijnd")
    assert flow(light, "start_ambulant") < flow(now, "start_ambulant")
    usual = off("argumenten/licht-verwelzijnd", "kinderwerk.substitution")
    assert alike(now, almere.live("argumenten/licht-verwelzijnd", parameters=usual))
    use = {**_programmes("argumenten/licht-verwelzijnd")["kinderwerk"], "switches": {"substitution": False}}
    assert alike(now, almere.live("argumenten/licht-verwelzijnd", programmes={"kinderwerk": use}))
    shares = [m.scenario.parameters["kinderwerk.substitution"].value for m in load_grid(
        SCENARIOS / "argumenten" / "licht-verwelzijnd-mate.yaml", registry())]  # fmt: skip
    assert shares == [1.0, 0.9, 0.7, 0.5]


def test_in_a_lockdown_it_matters_who_stays(almere: Town) -> None:
    usual = almere.live("almere/huidig")
    gone, stayed = almere.live("argumenten/lockdown-afwezig"), almere.live("argumenten/lockdown-aanwezig")
    assert flow(gone, "seen_by_school", slice(1, 2)) < 0.85 * flow(usual, "seen_by_school", slice(1, 2))
    places = [world.counted.programmes["kinderwerk"][1].places for world in (usual, gone, stayed)]
    assert places[1] < 0.8 * places[0]
    assert places[2] == places[0]
    calm = [{"kind": "lockdown", "start": "2027-03", "months": 6, "size": 0.0, "workers": "absent"}]
    assert alike(usual, almere.live("argumenten/lockdown-afwezig", shocks=calm))


def test_waiting_makes_need_worse_unless_it_is_said_not_to(almere: Town) -> None:
    waits = almere.live("argumenten/schaarste-wachtlijsten", parameters={"need.waiting": {"value": 20.0}})
    harmless = almere.live("argumenten/wachten-zonder-verergering")
    assert flow(waits, "escalate_moderate") > 1.1 * flow(harmless, "escalate_moderate")
    usual = off("argumenten/wachten-zonder-verergering", "need.waiting")
    again = almere.live("argumenten/wachten-zonder-verergering", parameters=usual)
    assert alike(again, almere.live("argumenten/schaarste-wachtlijsten"))


def test_fixed_places_hold_with_and_without_child_work(almere: Town) -> None:
    with_, without = (almere.live(f"argumenten/wachtlijsten-{name}-kinderwerk") for name in ("met", "zonder"))
    assert with_.counted.accounts.places[0] == without.counted.accounts.places[0]
    assert stays(without, "kinderwerk")[0].size == 0
    assert stays(with_, "kinderwerk")[0].size > 50


def test_350_workers_around_the_child_reach_from_toddlers_to_youths(pool: Executor) -> None:
    file = "rotterdam/rond-het-kind"
    scenario = load_scenario(SCENARIOS / f"{file}.yaml", registry())
    fte = {name: use.fte.at(2026) for name, use in scenario.programmes.items()}
    assert set(fte) == {"peuterwerk", "schoolmaatschappelijk_werk", "jongerenwerk"}
    assert sum(fte.values()) == pytest.approx(0.7 * 350)
    rotterdam = Town("Rotterdam", pool)
    with_them, none = rotterdam.live(file), rotterdam.live("rotterdam/geen")
    reached = {"peuterwerk": (2, 3), "schoolmaatschappelijk_werk": (4, 12), "jongerenwerk": (10, 17)}
    for name, (first, last) in reached.items():
        ages = stays(with_them, name)[1] // MONTHS
        assert first <= ages.min() <= ages.max() <= last, name
    assert not alike(with_them, none)
    idle = {name: {**use, "fte": 0} for name, use in _programmes(file).items()}
    assert alike(rotterdam.live(file, programmes=idle), none)
