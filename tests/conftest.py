"""What the tests of the model share: a pool of two threads and small populations that have a history."""

from __future__ import annotations

import json
import os
import sys

os.environ.setdefault("KINDERWERK_APP_CHILDREN", "400")  # before the pages are imported
os.environ.setdefault("KINDERWERK_APP_DRAWS", "10")  # figures stand from ten draws on

if "PYTEST_XDIST_WORKER" in os.environ:  # there are more workers than processors: threads of one only wait
    os.environ.setdefault("KINDERWERK_THREADS", "1")

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import replace
from importlib import import_module
from typing import Any
from unittest import mock

import pytest
from hypothesis import settings

from sim.engine.config import RunConfig, worker_threads
from sim.engine.history import History
from sim.engine.simulation import simulate
from sim.engine.warmup import WarmStart, warm_up
from sim.inputs.profiles import profiles
from sim.model.parameters import Parameters, default_parameters
from sim.runs import experiment
from tests.slow import long, slow
from tests.worlds import START, scenario

SMALL = 3000

settings.register_profile("house", deadline=None, max_examples=40)  # a busy machine is no failure
settings.register_profile("deep", deadline=None, max_examples=100)  # of `make test-all`
settings.load_profile("house")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return how many workers `-n auto` starts: half as many again as cores, for some tests wait."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + (cores + 1) // 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Return what deals tests to workers: whole folders to few, for what a worker has made is used again.

    Many get whole files, and one of them all that need a browser: one app and one Chromium.
    """
    if config.getvalue("dist") != "loadfile":
        return None
    scheduler = import_module("xdist.scheduler")  # it is not installed wherever these tests are run
    found = scheduler.LoadFileScheduling(config, log)
    few = found.numnodes <= FEW_WORKERS

    def unit(name: str) -> str:
        file = name.split("::")[0]
        folder = "/".join(file.split("/")[:2])
        return folder if few or folder == BROWSER else file

    found._split_scope = unit
    return found


BROWSER = "tests/browser"
FEW_WORKERS = 4
"""Up to so many workers, of two or three cores, get whole folders."""
MARKED = {"browser": "browser", "verification": "verification"}
"""Markers of whole folders of tests."""


LONGEST = ("tests/pages/", f"{BROWSER}/", "tests/calibration/", "tests/report/", "tests/decision/")
"""Folders that take longest, the longest first: at the end no worker is left alone with one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what takes long, so that `make check` and `make test` can leave it out; put it first."""
    items.sort(key=lambda item: [not item.nodeid.startswith(folder) for folder in LONGEST])
    for item in items:
        name = item.nodeid.split("[")[0]
        if name in slow():
            item.add_marker("slow")
        if not long().isdisjoint((name.split("::")[0], name, item.nodeid)):
            item.add_marker("long")
        for folder, marker in MARKED.items():
            if folder in item.path.parts:
                item.add_marker(marker)


@pytest.fixture(scope="session", autouse=True)
def no_components_of_others() -> Iterator[None]:
    """Let Streamlit not read what every installed package says of itself, for each page that a test opens.

    It looks for components that others wrote; there are none here, and looking takes as long as the page.
    """
    looks = "streamlit.components.v2.component_manager.BidiComponentManager.discover_and_register_components"
    with mock.patch(looks):
        yield


@pytest.fixture(scope="module", autouse=True)
def nobody_watches() -> Iterator[None]:
    """Let the work of the app end with the tests that asked for it, and their page be `__main__` no longer.

    A process that is started anew reads the file of `__main__`, and a page that a test wrote is gone by then.
    """
    ours = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = ours
    if served := sys.modules.get("pages.background.desk"):
        for work in list(served.desk().kept.values()):
            work.watchers.clear()


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a pool live few children too, which a run leaves to the thread that asks."""
    monkeypatch.setattr(experiment, "MOST_ALONE", -1)


@pytest.fixture
def agree(record_property: Callable[[str, object], None]) -> Callable[[str, float, float, float], None]:
    """Hold a figure against what was published or worked out otherwise, and keep it for the report.

    `calibration/documents/verification.py` runs the tests and prints what they held against what.
    """

    def hold(what: str, found: float, expected: float, within: float) -> None:
        record_property("figure", json.dumps([what, float(found), float(expected), float(within)]))
        assert abs(found - expected) <= within, f"{what}: {found} is not within {within} of {expected}"

    return hold


@pytest.fixture(scope="session")
def parameters() -> Parameters:
    return default_parameters()


@pytest.fixture(scope="session")
def pool() -> Iterator[Executor]:
    with worker_threads(2) as threads:
        yield threads


@pytest.fixture(scope="session")
def almere(parameters: Parameters) -> RunConfig:
    """Return a small Almere: 36 workers before the scenario, families that move."""
    return RunConfig(profiles()["Almere"], parameters, children=SMALL)


@pytest.fixture(scope="session")
def warm_almere(almere: RunConfig, pool: Executor) -> WarmStart:
    return warm_up(almere, START, pool)


@pytest.fixture(scope="session")
def lived(almere: RunConfig, warm_almere: WarmStart, pool: Executor) -> History:
    """Return four years of a small Almere with 36 workers."""
    return simulate(scenario(36), almere, pool, warm_almere)


@pytest.fixture(scope="session")
def lived_capped(almere: RunConfig, warm_almere: WarmStart, pool: Executor) -> History:
    """Return the same four years where places in care are limited: children wait.

    As if these were all children: figures of waiting are withheld for a sample.
    """
    return replace(simulate(scenario(36, policy="capped"), almere, pool, warm_almere), scale=1.0)


@pytest.fixture(scope="session")
def untouched(parameters: Parameters) -> RunConfig:
    """Return a small Almere that never had child work."""
    return RunConfig(replace(profiles()["Almere"], kinderwerk_fte=0.0), parameters, children=SMALL)


@pytest.fixture(scope="session")
def warm_untouched(untouched: RunConfig, pool: Executor) -> WarmStart:
    return warm_up(untouched, START, pool)
