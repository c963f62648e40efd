"""Runs are draws by replications, in any division the same; only what lives in one place is compared."""

from __future__ import annotations

import math
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.evidence.growth import growing
from sim.engine.config import Inline, localised, of_town
from sim.engine.history import History
from sim.errors import InputError, OptionError
from sim.inputs.profiles import profiles
from sim.inputs.scenario import Scenario
from sim.model.futures import foreseeing
from sim.model.parameters import Parameters, default_parameters
from sim.model.priors import believing
from sim.progress import Progress
from sim.runs.alike import comparable
from sim.runs.experiment import (
    Columns,
    Options,
    Run,
    config_for,
    pool_for,
    run_all,
    runs_at_once,
    with_labels,
)
from sim.runs.warmstore import WarmStore
from tests.worlds import scenario

FEW = 300
POPULATION = ("population", "total", "all")
COUNTS = st.integers(1, 6)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> WarmStore:
    return WarmStore(tmp_path_factory.mktemp("warm"))


def short(fte: float, **changes: Any) -> Scenario:
    return scenario(fte, years=2, start=2018, **changes)


def value(columns: Columns, label: tuple[str, str, str]) -> np.ndarray:
    return columns.values[columns.labels.index(label)]


def together(runs: Sequence[Run]) -> list[tuple[int, int, bytes]]:
    return [(run.draw, run.replication, b"".join(c.blocks.tobytes() for c in run.columns)) for run in runs]


# ---- options


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"children": -1}, "children must be"),
        ({"children": 0}, "children must be .*1.*, found 0"),
        ({"draws": 0}, "draws must be"),
        ({"replications": 0}, "replications must be"),
        ({"seed": -1}, "seed must be"),
        ({"seed": 1 << 63}, "seed must be"),
        ({"threads": 0}, "threads must be"),
        ({"first_draw": -1}, "first_draw must be 0 or more, found -1"),
        ({"draws": 100_000_000}, "draws must be"),
        ({"children": 1e4}, "children must be a whole number, found 10000.0"),
        ({"children": True}, "children must be a whole number, found True"),
        ({"draws": 2.5}, "draws must be a whole number"), ({"draws": None}, "draws must be a whole number"),
        ({"seed": 1.0}, "seed must be a whole number"), ({"seed": "a"}, "seed must be a whole number"),
        ({"threads": 1.5}, "threads must be a whole"), ({"children": math.nan}, "children must be a whole"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_refused_by_name(wrong: dict[str, Any], name: str) -> None:
    with pytest.raises(OptionError, match=name):
        Options(**wrong)


def test_the_least_and_the_most_that_can_be_asked() -> None:
    assert Options(children=1, threads=1, seed=(1 << 63) - 1, first_draw=0).runs() == [(0, 0)]
    assert Options(children=np.int64(5), seed=np.uint8(3)).runs() == [(0, 0)]  # type: ignore[arg-type]


def test_one_draw_is_the_best_fit_and_more_are_draws_from_the_first() -> None:
    assert Options().runs() == [(0, 0)]
    assert Options(replications=3).runs() == [(0, 0), (0, 1), (0, 2)]
    assert Options(draws=2, replications=2).runs() == [(1, 0), (1, 1), (2, 0), (2, 1)]
    assert Options(draws=1, first_draw=1).runs() == [(1, 0)]


@given(COUNTS, COUNTS, COUNTS)
def test_draws_made_in_parts_are_the_draws_made_at_once(first: int, second: int, replications: int) -> None:
    whole = Options(draws=first + second, replications=replications).runs()
    begin = Options(draws=first, replications=replications, first_draw=1).runs()
    rest = Options(draws=second, replications=replications, first_draw=1 + first).runs()
    assert begin + rest == whole
    assert len(set(whole)) == (first + second) * replications


# ---- runs


def test_parts_continue_the_same_bytes(store: WarmStore, pool: Executor) -> None:
    scenarios = [short(0), short(36)]

    def runs(draws: int, first_draw: int | None) -> list[tuple[int, int, bytes]]:
        options = Options(children=FEW, draws=draws, replications=2, seed=5, first_draw=first_draw)
        return together(list(run_all(scenarios, options, store, pool=pool)))

    whole = runs(3, None)
    assert runs(1, 1) + runs(2, 2) == whole
    assert len({bytes_ for _, _, bytes_ in whole}) == 6  # every draw and replication has luck of its own


@pytest.mark.usefixtures("handed_over")
def test_runs_do_not_depend_on_threads_or_on_what_is_stored(tmp_path: Path, store: WarmStore) -> None:
    found = [
        together(list(run_all([short(36)], Options(children=FEW, threads=threads), where)))
        for threads, where in ((1, WarmStore(tmp_path)), (2, store), (2, store))
    ]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    ("threads", "draws", "children", "at_once"),
    [
        (1, 9, FEW, 1), (2, 9, FEW, 2), (2, 1, FEW, 1), (3, 2, FEW, 1), (16, 40, FEW, 4),
        (2, 9, 100_000, 2), (2, 9, 100_001, 1), (2, 9, None, 2),
    ],
)  # fmt: skip
def test_many_runs_are_lived_at_once_where_there_is_memory(
    threads: int, draws: int, children: int | None, at_once: int
) -> None:
    options = Options(children=children, draws=draws, threads=threads)
    assert runs_at_once([short(0), short(36)], options) == at_once


def test_runs_at_once_are_those_one_by_one_and_their_progress_grows(tmp_path: Path, pool: Executor) -> None:
    told: list[Progress] = []
    scenarios, options = [short(0), short(36)], Options(children=FEW, draws=5, threads=2)
    at_once = run_all(scenarios, options, WarmStore(tmp_path / "a"), tell=told.append)
    one_by_one = run_all(scenarios, options, WarmStore(tmp_path / "b"), pool=pool)
    assert together(list(at_once)) == together(list(one_by_one))
    shares = [now.share for now in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.usefixtures("heard")
def test_a_stop_ends_all_that_is_lived_at_once(tmp_path: Path) -> None:
    def stop(now: Progress) -> None:
        if now.share > 0.1:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.2)

    options = Options(children=FEW, draws=400, threads=2)
    with pytest.raises(KeyboardInterrupt):
        list(run_all([short(36)], options, WarmStore(tmp_path), tell=stop))
    assert not [t for t in threading.enumerate() if t.name.startswith("conductor")]


def test_scenarios_do_not_touch_each_other(store: WarmStore, pool: Executor) -> None:
    options = Options(children=FEW)
    none, some = short(0), short(36)
    other, capped = short(72), short(36, policy="capped")

    def columns(*scenarios: Scenario) -> list[bytes]:
        (run,) = run_all(scenarios, options, store, pool=pool)
        return [each.blocks.tobytes() for each in run.columns]

    both = columns(none, some)
    assert columns(none, other, some, capped)[::2] == both
    assert columns(none)[0] == both[0]
    assert columns(none, capped)[1] == columns(capped)[0]  # one whose lives are its own


def test_progress_grows_from_the_start_to_the_end(tmp_path: Path, pool: Executor) -> None:
    told: list[Progress] = []
    scenarios = [short(0, title="none"), short(36, title="some")]
    options = Options(children=FEW, replications=2)
    runs = run_all(scenarios, options, WarmStore(tmp_path), tell=told.append, pool=pool)
    assert isinstance(runs, Iterator)
    assert told == []  # nothing is done before it is asked for
    assert [(run.draw, run.replication) for run in runs] == [(0, 0), (0, 1)]
    shares = [now.share for now in told]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert 0.5 < shares[-1] <= 1.0
    lines = [now.text() for now in told]
    assert lines[0] == "warming up the population: 1992"
    assert lines.count("none: 2019") == 2  # both are lived together
    assert sum(words.endswith(": 2017") for words in lines) == 2


@pytest.fixture
def heard() -> Iterator[None]:
    """Let Ctrl-C be heard, also where a shell's background process would ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_a_stop_ends_the_work_and_not_the_process(store: WarmStore, pool: Executor) -> None:
    told: list[str] = []

    def stop(now: Progress) -> None:
        assert (
            threading.current_thread() is not threading.main_thread()
        )  # no kernel runs where Ctrl-C strikes
        told.append(now.text())
        if told[-1].endswith(": 2018"):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.2)

    options = Options(children=FEW, replications=50)
    with pytest.raises(KeyboardInterrupt):
        list(run_all([scenario(36, years=30, start=2018)], options, store, tell=stop, pool=pool))
    assert told[-1].endswith((": 2018", ": 2019"))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("conductor")]


@pytest.mark.parametrize(("children", "alone"), [(400, True), (2_000, True), (2_001, False), (None, False)])
def test_few_children_are_lived_by_the_thread_that_asks(
    children: int | None, alone: bool, pool: Executor
) -> None:
    config = config_for(scenario(36), Options(children=children), 0, 0)
    assert isinstance(pool_for(config, pool), Inline) == alone
    assert isinstance(pool_for(config, pool), Inline) or pool_for(config, pool) is pool


# ---- settings


def test_a_setting_is_the_place_its_parameters_and_the_luck() -> None:
    p = default_parameters()
    config = config_for(scenario(36, municipality="Utrecht"), Options(children=7, seed=3), 0, 4)
    assert (config.profile.name, config.seed, config.draw, config.replication) == ("Utrecht", 3, 0, 4)
    assert config.children == 7
    town = profiles()["Utrecht"]
    assert town.overrides
    assert config.parameters == localised(of_town(p, town), town)


def test_a_draw_depends_on_seed_and_draw_and_not_on_replication() -> None:
    def drawn(seed: int, draw: int, replication: int = 0) -> str:
        options = Options(seed=seed)
        return config_for(scenario(36), options, draw, replication).parameters.sha256()

    assert drawn(0, 1) == drawn(0, 1, 5)
    assert drawn(1, 0) == drawn(0, 0)  # the best fit has no luck
    assert len({drawn(0, 0), drawn(0, 1), drawn(0, 2), drawn(1, 1)}) == 4


def test_overrides_from_birth_are_in_the_setting_and_those_from_the_start_are_not() -> None:
    changes = {"kinderwerk.stay": 99.0, "frailty.sd": {"value": 0.5, "from": "birth"}}
    one = scenario(36, parameters=changes)
    p = config_for(one, Options(), 0, 0).parameters
    assert p["frailty.sd"] == 0.5
    assert p["kinderwerk.stay"] == default_parameters()["kinderwerk.stay"]
    assert config_for(one, Options(seed=2), 3, 0).parameters["frailty.sd"] == 0.5  # in every draw


def test_a_base_stands_in_for_the_shipped_parameters(parameters: Parameters) -> None:
    base = parameters.replace({"frailty.sd": 0.25})
    assert config_for(scenario(36), Options(), 0, 0, base).parameters["frailty.sd"] == 0.25


@pytest.mark.parametrize("draw", [0, 5])
def test_a_setting_has_the_prior_of_its_scenario_but_for_what_that_sets_from_birth(draw: int) -> None:
    p, need = default_parameters(), "kinderwerk.moderate_need"
    usual, near = (
        config_for(scenario(36, prior=name), Options(), draw, 0).parameters
        for name in ("assumed", "nearest")
    )
    assert usual == localised(p.draw(0, draw), profiles()["Almere"])
    assert near == localised(believing(p, "nearest").draw(0, draw), profiles()["Almere"])
    own = scenario(36, prior="nearest", parameters={need: {"value": 0.5, "from": "birth"}})
    assert config_for(own, Options(), draw, 0).parameters[need] == 0.5


@pytest.mark.parametrize("draw", [0, 5])
def test_a_setting_has_the_future_of_its_scenario(draw: int) -> None:
    p = foreseeing(default_parameters(), "van_ark").draw(0, draw)
    found = config_for(scenario(36, future="van_ark"), Options(), draw, 0).parameters
    assert found == localised(p, profiles()["Almere"])
    usual = config_for(scenario(36, future="model_today"), Options(), draw, 0).parameters
    assert usual == config_for(scenario(36), Options(), draw, 0).parameters


def test_with_growth_users_follow_their_path_and_places_their_price() -> None:
    """Youths within a tenth after ten years, and what a place costs to the digit."""
    years, youths, cost = 10, 0.03, 0.04
    one = scenario(0, years=years + 1)

    def lived(base: Parameters) -> Columns:
        return next(run_all([one], Options(children=20_000), base=base)).columns[0]

    still, grown, dear = (
        lived(growing(*rates, years, 2.3)) for rates in ((0.0, 0.0), (youths, 0.0), (0.0, cost))
    )
    path = (1 + youths) ** np.arange(years + 1)
    labels = ("care_users", "total", "all"), ("cost", "part", "care")
    users, care = (still.labels.index(label) for label in labels)
    assert (grown.values[:, 0] == still.values[:, 0]).all()
    assert grown.values[users] / still.values[users] == pytest.approx(path, rel=0.1)
    assert grown.values[users, years] / still.values[users, years] > path[years] * 0.95
    prices = (1 + cost) ** np.arange(years + 1)
    assert dear.values[care] == pytest.approx(still.values[care] * prices, rel=1e-9)
    assert (dear.values[users] == still.values[users]).all()


# ---- comparable


def test_scenarios_that_differ_in_policy_and_budget_are_compared() -> None:
    comparable([scenario(0)])
    comparable([scenario(0), scenario(36, policy="crowd_out"), scenario({2027: 72}, title="other")])


@pytest.mark.parametrize(
    ("name", "ours", "theirs"),
    [("municipality", "Almere", "Tilburg"), ("start", 2026, 2027), ("years", 4, 5)],
)
def test_other_children_are_not_compared(name: str, ours: object, theirs: Any) -> None:
    first, odd = scenario(0, title="the first"), scenario(36, title="the odd one", **{name: theirs})
    with pytest.raises(InputError) as caught:
        comparable([first, scenario(12), odd])
    (problem,) = caught.value.problems
    assert problem.file == "the odd one"
    assert f"{name} is {theirs} here and {ours} in 'the first'" in problem.message


# ---- columns


def test_columns_are_the_whole_municipality(lived: History, parameters: Parameters) -> None:
    columns = Columns.of(lived, parameters)
    assert columns.blocks.sum(axis=2) == pytest.approx(columns.values, rel=1e-12)
    assert columns.blocks.shape == (len(columns.labels), 4, lived.cells.shape[1])
    simulated = lived.cells[0, :, lived.layout.people].sum(axis=0)[:23].sum()
    assert columns.children == simulated
    assert value(columns, POPULATION)[0] == pytest.approx(simulated * lived.scale)
    assert value(columns, POPULATION)[0] == pytest.approx(profiles()["Almere"].total, rel=0.05)
    assert value(columns, ("cost", "form", "ambulant")).min() > 0


def test_labels_are_put_in_order_and_what_is_not_there_is_nothing(
    lived: History, parameters: Parameters
) -> None:
    columns = Columns.of(lived, parameters)
    asked = [("cost", "programme", "jongerenwerk"), POPULATION, columns.labels[5]]
    wide = with_labels(columns, asked)
    assert wide.labels == tuple(asked)
    assert np.all(wide.blocks[0] == 0)
    assert np.array_equal(wide.blocks[1], columns.blocks[columns.labels.index(POPULATION)])
    assert np.array_equal(wide.blocks[2], columns.blocks[5])
    assert wide.values == pytest.approx(wide.blocks.sum(axis=2))
    assert wide.children == columns.children


def test_the_order_of_labels_says_nothing(lived: History, parameters: Parameters) -> None:
    columns = Columns.of(lived, parameters)
    turned = with_labels(columns, columns.labels[::-1])
    back = with_labels(turned, columns.labels)
    assert np.array_equal(back.blocks, columns.blocks)
    assert back.labels == columns.labels
