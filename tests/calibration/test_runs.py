"""Runs are remembered one by one, and a calibration that was stopped goes on where it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calibration import runs
from calibration.figures.targets import read_targets
from calibration.runs import Job, Runner, count, national, outcome, run
from calibration.space import Space
from sim.engine.config import worker_threads
from sim.errors import OptionError
from sim.model.parameters import Parameters, prior_parameters
from sim.progress import Progress

SMALL = 2_000
NOISE = Progress("noise_of_run")


@pytest.fixture
def base() -> Parameters:
    return prior_parameters()


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count runs without making them."""
    seeds: list[int] = []

    def pretend(job: Job, *_: Any) -> dict[str, float]:
        seeds.append(job.seed)
        return {"x": float(job.seed)}

    monkeypatch.setattr(runs, "run", pretend)
    return seeds


def runner(base: Parameters, memory: Path, **more: Any) -> Runner:
    return Runner(base, read_targets(), memory, "engine", **more)


def jobs(*seeds: int) -> list[Job]:
    return [Job({}, 10, seed) for seed in seeds]


def test_a_run_is_made_once(base: Parameters, tmp_path: Path, made: list[int]) -> None:
    first = runner(base, tmp_path / "runs.jsonl")
    assert [found["x"] for found in first.all(NOISE, jobs(1, 2, 1))] == [1.0, 2.0, 1.0]
    again = runner(base, tmp_path / "runs.jsonl")
    assert [found["x"] for found in again.all(NOISE, jobs(2, 3, 1))] == [2.0, 3.0, 1.0]
    assert made == [1, 2, 3]
    assert (first.made, again.made) == (2, 1)


def test_nothing_finished_is_lost_when_it_is_stopped(
    base: Parameters, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stops(job: Job, *_: Any) -> dict[str, float]:
        if job.seed == 3:
            raise KeyboardInterrupt
        return {"x": float(job.seed)}

    monkeypatch.setattr(runs, "run", stops)
    with pytest.raises(KeyboardInterrupt):
        runner(base, tmp_path / "runs.jsonl").all(NOISE, jobs(1, 2, 3))
    kept = [json.loads(line)["outcome"]["x"] for line in (tmp_path / "runs.jsonl").read_text().splitlines()]
    assert kept == [1.0, 2.0]


def test_a_line_that_was_cut_off_is_made_again(base: Parameters, tmp_path: Path, made: list[int]) -> None:
    memory = tmp_path / "runs.jsonl"
    runner(base, memory).all(NOISE, jobs(1, 2))
    memory.write_bytes(memory.read_bytes()[:-20])
    assert [found["x"] for found in runner(base, memory).all(NOISE, jobs(1, 2))] == [1.0, 2.0]
    assert made == [1, 2, 2]
    assert [found["x"] for found in runner(base, memory).all(NOISE, jobs(1, 2))] == [1.0, 2.0]
    assert made == [1, 2, 2]


def test_another_engine_size_or_value_is_another_run() -> None:
    job = Job({"need.onset_light": 0.04}, 10, 1)
    others = [
        Job({"need.onset_light": 0.05}, 10, 1), Job({"need.onset_light": 0.04}, 11, 1),
        Job({"need.onset_light": 0.04}, 10, 2), Job({"need.onset_light": 0.04}, 10, 1, 2019),
    ]  # fmt: skip
    keys = {job.key("a"), job.key("b"), *(other.key("a") for other in others)}
    assert len(keys) == 6


def test_progress_says_what_is_done(base: Parameters, tmp_path: Path, made: list[int]) -> None:
    told: list[Progress] = []
    memory = tmp_path / "runs.jsonl"
    runner(base, memory).all(NOISE, jobs(1))
    runner(base, memory, tell=told.append).all(NOISE, jobs(1, 2))
    assert told == [Progress("noise_of_run", 1, 2), Progress("noise_of_run", 2, 2)]


@pytest.mark.parametrize(("address", "why"), [("nonsense://nowhere", ""), ("tls://127.0.0.1:9", "tls needs")])
def test_a_cluster_that_is_not_there_is_one_clear_error(
    base: Parameters, tmp_path: Path, address: str, why: str
) -> None:
    pytest.importorskip("distributed")
    with pytest.raises(OptionError, match=f"of a Dask scheduler .* not '{address}': .*{why}"):
        runner(base, tmp_path / "runs.jsonl", cluster=address).all(NOISE, jobs(1, 2))


def test_a_cluster_finds_what_this_machine_finds(base: Parameters, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    todo = [Job({}, SMALL, seed) for seed in (1, 2)]
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as there:
        far = runner(base, tmp_path / "far.jsonl", cluster=there.scheduler_address).all(NOISE, todo)
    assert far == runner(base, tmp_path / "near.jsonl").all(NOISE, todo)


def test_the_outcome_holds_every_figure_that_is_counted_and_what_costs_need(base: Parameters) -> None:
    targets = read_targets()
    with worker_threads(2) as pool:
        found = outcome(count(base, SMALL, 1, pool, 2024), national(targets))
        assert found == run(Job({}, SMALL, 1, 2024), base, targets, pool)
    assert {t.id for t in national(targets) if t.year <= 2024} <= set(found)
    assert {"place_years.ambulant.2019", "place_years.gesloten.2024", "users_share.22"} <= set(found)


def test_free_and_held_parameters_are_apart_and_known(base: Parameters) -> None:
    space = Space(base)
    assert not set(space.names) & set(space.held)
    assert all(not base.records[name].fixed for name in (*space.names, *space.held))
    assert not any(base.records[name].formula for name in (*space.names, *space.held))  # others are fitted
    assert not any(
        name.split(".")[0] in ("kinderwerk", "cost", "townhall") for name in space.names + space.held
    )
    middle = space.parameters(np.zeros(space.size))
    assert all(middle[name] == pytest.approx(base[name]) for name in base)
