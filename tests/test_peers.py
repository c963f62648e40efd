"""benchmarks/peers/run.py: its table and checks on made-up outcomes; no peer is installed or run."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks" / "peers"
EXACT = {"shares": [0.75, 0.25], "cost": 100.0}
FOUND = {
    "shares": [0.751, 0.249], "cost": 101.0, "error": 1.0,
    "seconds": [3.0, 2.0, 4.0], "wall": 9.04, "peak": 123_400_000, "version": "1.2",
}  # fmt: skip


@pytest.fixture(scope="module")
def run() -> ModuleType:
    spec = importlib.util.spec_from_file_location("peers_run", FOLDER / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_chance_is_no_difference(run: ModuleType) -> None:
    assert run.differences(FOUND, EXACT, 10_000) == []


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"shares": [0.78, 0.22]}, ["share of state 0", "share of state 1"]),
        ({"cost": 106.0}, ["mean cost"]),
        ({"cost": float("nan")}, ["mean cost"]),
    ],
)
def test_other_work_is_found(run: ModuleType, changed: dict[str, object], names: list[str]) -> None:
    assert [each.split(":")[0] for each in run.differences({**FOUND, **changed}, EXACT, 10_000)] == names


def test_more_persons_leave_less_room(run: ModuleType) -> None:
    assert len(run.differences(FOUND, EXACT, 10_000_000)) == 2


def test_table_takes_the_best_round_and_names_who_is_missing(run: ModuleType) -> None:
    own = {**FOUND, "seconds": [0.5, 0.8, 0.6]}
    outcomes = {"kinderwerk": own, "other": FOUND, "third": {"failed": "needs a|compiler"}}
    rows = run.table(outcomes, 10_000_000).splitlines()[2:]
    assert rows[0] == "| kinderwerk | 1.2 | 20 | 1 | 9.0 | 123 |"
    assert rows[1] == "| other | 1.2 | 5 | 0.25 | 9.0 | 123 |"
    assert rows[2] == "| third | not measured: needs a/compiler | | | | |"


def test_requirements_are_pinned(run: ModuleType) -> None:
    lines = run.requirements()
    assert {line.split("==")[0] for line in lines} >= set(run.PEERS) - {"kinderwerk"}
    assert all(re.fullmatch(r"[\w.-]+==\d[\w.]*", line) for line in lines), lines


def test_every_peer_has_a_script(run: ModuleType) -> None:
    assert [name for name in run.PEERS if not (FOLDER / f"{name}_peer.py").is_file()] == []
