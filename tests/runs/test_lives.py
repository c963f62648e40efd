"""Results by draw: lived once, then the same bytes from memory and from disk, of this version alone."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, NoReturn

import pytest

from sim.inputs.scenario import Scenario
from sim.progress import Progress
from sim.runs import lives
from sim.runs.experiment import Columns, Options, Run, run_all, with_labels
from sim.runs.lives import LifeStore
from sim.runs.warmstore import WarmStore
from tests.worlds import scenario

OPTIONS = Options(children=300)
USERS = ("care_users", "total", "all")


def few(columns: Columns) -> Columns:
    return with_labels(columns, [USERS])


def short(fte: float, **changes: Any) -> Scenario:
    return scenario(fte, years=2, start=2018, **changes)


def written(run: Run) -> list[tuple[Any, ...]]:
    return [(c.labels, c.children, c.values.tobytes(), c.blocks.tobytes()) for c in run.columns]


def refuse(*_: Any, **__: Any) -> NoReturn:
    raise AssertionError("it was lived again")


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> WarmStore:
    return WarmStore(tmp_path_factory.mktemp("warm"))


@pytest.fixture
def three() -> list[Scenario]:
    """The third lives other children in full: it waits for places."""
    return [short(0), short(36), short(36, policy="capped")]


def test_a_draw_is_that_of_a_run_to_the_byte(
    three: list[Scenario], warm: WarmStore, tmp_path: Path, pool: Executor
) -> None:
    found = LifeStore(few, warm, tmp_path).run(three, OPTIONS, 3, pool)
    (lived,) = run_all(three, Options(children=300, first_draw=3), warm, pool=pool)
    assert written(found) == written(Run(3, 0, tuple(few(c) for c in lived.columns)))


def test_what_was_lived_is_not_lived_again_after_a_restart(
    three: list[Scenario], warm: WarmStore, tmp_path: Path, pool: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LifeStore(few, warm, tmp_path)
    found = store.run(three, OPTIONS, 0, pool)
    monkeypatch.setattr(lives, "run_all", refuse)
    assert written(store.run(three, OPTIONS, 0, pool)) == written(found)
    store.forget()
    assert written(store.run(three, OPTIONS, 0, pool)) == written(found)
    assert written(LifeStore(few, warm, tmp_path).run(three, OPTIONS, 0, pool)) == written(found)
    for other in (Options(children=301), Options(children=300, seed=1)):
        with pytest.raises(AssertionError):
            store.run(three, other, 0, pool)
    with pytest.raises(AssertionError):
        store.run(three, OPTIONS, 1, pool)


def test_only_what_is_new_is_lived_beside_its_reference(
    warm: WarmStore, tmp_path: Path, pool: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LifeStore(few, warm, tmp_path)
    store.run([short(0), short(36)], OPTIONS, 0, pool)
    asked: list[list[Scenario]] = []

    def noted(some: list[Scenario], *args: Any, **kwargs: Any) -> Iterator[Run]:
        asked.append(some)
        return run_all(some, *args, **kwargs)

    monkeypatch.setattr(lives, "run_all", noted)
    grown = store.run([short(0), short(36), short(72)], OPTIONS, 0, pool)
    assert [[one.programmes["kinderwerk"].fte.base for one in some] for some in asked] == [[0.0, 72.0]]
    (lived,) = run_all([short(0), short(36), short(72)], OPTIONS, warm, pool=pool)
    assert written(grown) == written(Run(0, 0, tuple(few(c) for c in lived.columns)))


@pytest.mark.parametrize("damage", ["cut", "emptied", "other labels"])
def test_what_is_damaged_is_lived_again(damage: str, warm: WarmStore, tmp_path: Path, pool: Executor) -> None:
    one = [short(0)]
    found = LifeStore(few, warm, tmp_path).run(one, OPTIONS, 0, pool)
    (path,) = tmp_path.glob("*.npz")
    if damage == "other labels":
        with zipfile.ZipFile(path) as archive:
            kept = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in kept.items():
                archive.writestr(name, kept["children.npy"] if name == "labels.npy" else content)
    else:
        path.write_bytes(path.read_bytes()[: 200 if damage == "cut" else 0])
    assert written(LifeStore(few, warm, tmp_path).run(one, OPTIONS, 0, pool)) == written(found)


@pytest.mark.parametrize("part", ["source_hash", "data_hash"])
def test_a_result_of_another_version_is_not_read(
    part: str, warm: WarmStore, tmp_path: Path, pool: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    LifeStore(few, warm, tmp_path).run([short(0)], OPTIONS, 0, pool)
    monkeypatch.setattr(lives, part, lambda: "another")
    monkeypatch.setattr(lives, "run_all", refuse)
    with pytest.raises(AssertionError):
        LifeStore(few, warm, tmp_path).run([short(0)], OPTIONS, 0, pool)


def test_memory_is_bounded(
    warm: WarmStore, tmp_path: Path, pool: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lives, "MEMORY_LIMIT", 1)
    store = LifeStore(few, warm, tmp_path)
    found = store.run([short(0), short(36)], OPTIONS, 0, pool)
    assert len(store._memory) == 1
    assert store._size == found.columns[1].blocks.nbytes


def test_the_share_that_is_done_rises_over_all_that_is_lived(
    three: list[Scenario], warm: WarmStore, tmp_path: Path, pool: Executor
) -> None:
    heard: list[Progress] = []
    LifeStore(few, warm, tmp_path).run(three, OPTIONS, 0, pool, heard.append)
    shares = [now.share for now in heard]
    assert shares == sorted(shares)
    assert shares[0] < 0.5 < shares[-1] <= 1
