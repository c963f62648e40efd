"""A warmed-up population is made once, comes back as it was, and never takes more room than it may."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.engine.config import RunConfig
from sim.engine.simulation import simulate
from sim.engine.warmup import WarmStart, warm_up
from sim.inputs.profiles import profiles
from sim.machine import compiling
from sim.model.parameters import DATA, Parameters
from sim.runs import warmstore
from sim.runs.warmstore import WarmStore, key_for
from tests.examples import examples
from tests.worlds import scenario

YEAR = 2016


@pytest.fixture(scope="module")
def config(parameters: Parameters) -> RunConfig:
    return RunConfig(profiles()["Almere"], parameters, children=200)


@pytest.fixture(scope="module")
def fresh(config: RunConfig, pool: Executor) -> WarmStart:
    return warm_up(config, YEAR, pool)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, fresh: WarmStart) -> list[RunConfig]:
    """Return the settings for which a population was made; for the first it is at hand."""
    asked: list[RunConfig] = []

    def quick(config: RunConfig, start: int, pool: Executor, tell: Callable[[int], None] | None) -> WarmStart:
        asked.append(config)
        return replace(fresh, start=start)

    monkeypatch.setattr(warmstore, "warm_up", quick)
    return asked


def same(a: WarmStart, b: WarmStart) -> bool:
    ours, theirs = (
        [
            *(array for block in w.blocks for array in block),
            *(array for x in w.exposed for array in x),
            w.cells,
        ]
        for w in (a, b)
    )
    return a.start == b.start and all(
        x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()
        for x, y in zip(ours, theirs, strict=True)
    )


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def seeds(config: RunConfig, count: int) -> list[RunConfig]:
    return [replace(config, seed=seed) for seed in range(count)]


# ---- the same population


def test_a_population_comes_back_from_memory_and_from_disk_as_it_was(
    config: RunConfig, fresh: WarmStart, pool: Executor, tmp_path: Path
) -> None:
    told: list[int] = []
    store = WarmStore(tmp_path)
    first = store.get(config, YEAR, pool, told.append)
    assert told == list(range(1992, YEAR))
    assert store.get(config, YEAR, pool, told.append) is first
    again = WarmStore(tmp_path).get(config, YEAR, pool, told.append)
    assert len(told) == YEAR - 1992  # not made again
    assert same(first, fresh)
    assert same(again, fresh)
    assert again.cells.shape[0] == 1


def test_a_population_from_before_the_records_is_kept_too(
    config: RunConfig, pool: Executor, tmp_path: Path
) -> None:
    first = WarmStore(tmp_path).get(config, 2015, pool)
    assert first.cells.shape[0] == 1  # 2014: lived at the rates of 2015
    assert same(WarmStore(tmp_path).get(config, 2015, pool), first)


# ---- the key


def test_equal_settings_share_a_key(config: RunConfig) -> None:
    same_again = replace(config, parameters=config.parameters.replace({"need.onset_light": 0.5}))
    back = {"need.onset_light": config.parameters["need.onset_light"]}
    same_again = replace(same_again, parameters=same_again.parameters.replace(back))
    assert key_for(same_again, YEAR) == key_for(config, YEAR)


def test_whatever_is_read_before_the_start_is_in_the_key(config: RunConfig) -> None:
    p = config.parameters
    others = [
        replace(config, parameters=p.replace({"need.onset_light": p["need.onset_light"] * (1 + 1e-12)})),
        replace(config, parameters=p.replace({"kinderwerk.stay": 1.0})),
        replace(config, profile=profiles()["Tilburg"]),
        replace(config, profile=replace(config.profile, kinderwerk_fte=35.0)),
        replace(config, seed=1),
        replace(config, draw=1),
        replace(config, replication=1),
        replace(config, children=201),
        replace(config, children=None),
        replace(config, steps_per_month=2),
    ]
    keys = [key_for(config, YEAR), key_for(config, YEAR + 1), *(key_for(other, YEAR) for other in others)]
    assert len(set(keys)) == len(keys)


def test_engine_and_data_are_in_the_key_and_default_values_are_not(
    config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in DATA.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    before = key_for(config, YEAR)
    monkeypatch.setattr(warmstore, "DATA", tmp_path)
    assert key_for(config, YEAR) == before
    with (tmp_path / "parameters.csv").open("a", encoding="utf-8") as stream:
        stream.write("\n")
    assert key_for(config, YEAR) == before
    with (tmp_path / "processes.yaml").open("a", encoding="utf-8") as stream:
        stream.write("\n")
    changed = key_for(config, YEAR)
    assert changed != before
    monkeypatch.setattr(warmstore, "lives_hash", lambda: "another engine")
    assert key_for(config, YEAR) not in (before, changed)


def test_an_edit_of_what_no_child_lives_by_keeps_populations(
    config: RunConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kernels are also in models of others and in twins, and these are compiled anew."""
    monkeypatch.setattr(compiling, "SIM", tmp_path)
    before = key_for(config, YEAR), compiling.kernel_hash()
    for path in ("published/markov.py", "runs/life_events.py"):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text("a = 1\n", encoding="utf-8")
    assert key_for(config, YEAR) == before[0]
    assert compiling.kernel_hash() != before[1]
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "lifecourse.py").write_text("a = 1\n", encoding="utf-8")
    assert key_for(config, YEAR) != before[0]


def test_other_parameters_live_other_lives(
    config: RunConfig, fresh: WarmStart, pool: Executor, tmp_path: Path
) -> None:
    store = WarmStore(tmp_path)
    p = config.parameters
    often = replace(config, parameters=p.replace({"need.onset_light": 3 * p["need.onset_light"]}))
    assert not same(store.get(often, YEAR, pool), fresh)
    assert len(files(tmp_path)) == 1
    assert same(store.get(config, YEAR, pool), fresh)
    assert len(files(tmp_path)) == 2


# ---- damage


def stored(config: RunConfig, pool: Executor, folder: Path) -> Path:
    WarmStore(folder).get(config, YEAR, pool)
    (path,) = folder.iterdir()
    return path


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "cut short": lambda content: content[: len(content) // 2],
    "only the beginning": lambda content: content[:10],
    "something else": lambda content: b"this is no archive",
    "one bit": lambda content: content[:5000] + bytes([content[5000] ^ 1]) + content[5001:],
    "without its directory": lambda content: content[:-30],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_made_again(
    config: RunConfig, fresh: WarmStart, made: list[RunConfig], pool: Executor, tmp_path: Path, damage: str
) -> None:
    path = stored(config, pool, tmp_path)
    whole = path.read_bytes()
    path.write_bytes(DAMAGE[damage](whole))
    assert same(WarmStore(tmp_path).get(config, YEAR, pool), fresh)
    assert len(made) == 2
    assert same(WarmStore(tmp_path).get(config, YEAR, pool), fresh)
    assert len(made) == 2  # and stored again


def test_an_archive_of_something_else_is_made_again(
    config: RunConfig, fresh: WarmStart, made: list[RunConfig], pool: Executor, tmp_path: Path
) -> None:
    path = stored(config, pool, tmp_path)
    with path.open("wb") as stream:
        np.savez(stream, sizes=np.array([3]), cells=np.zeros(2))
    assert same(WarmStore(tmp_path).get(config, YEAR, pool), fresh)
    assert len(made) == 2


def test_a_header_that_asks_for_less_is_damage(
    config: RunConfig, fresh: WarmStart, made: list[RunConfig], pool: Executor, tmp_path: Path
) -> None:
    """A checksum is looked at when all is read: a smaller shape would stop before."""
    path = stored(config, pool, tmp_path)
    content, (*shape, last) = path.read_bytes(), fresh.cells.shape
    header = f"({', '.join(map(str, shape))}, {last})".encode()
    assert content.count(header) == 1
    path.write_bytes(content.replace(header, header[:-3] + f"{last - 10})".encode()))
    assert same(WarmStore(tmp_path).get(config, YEAR, pool), fresh)
    assert len(made) == 2


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_gives_another_population(
    config: RunConfig,
    fresh: WarmStart,
    made: list[RunConfig],
    pool: Executor,
    tmp_path: Path,
    data: st.DataObject,
) -> None:
    path = tmp_path / f"{key_for(config, YEAR)}.npz"
    if not path.exists():
        WarmStore(tmp_path).get(config, YEAR, pool)
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(-3000, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    assert same(WarmStore(tmp_path).get(config, YEAR, pool), fresh)


# ---- room


def test_a_folder_that_cannot_be_written_costs_time_only(
    config: RunConfig, fresh: WarmStart, made: list[RunConfig], pool: Executor, tmp_path: Path
) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("x", encoding="utf-8")
    store = WarmStore(blocked / "warm")
    assert same(store.get(config, YEAR, pool), fresh)
    assert same(store.get(config, YEAR, pool), fresh)
    assert len(made) == 1
    assert files(tmp_path) == ["a file"]


def test_a_folder_that_can_only_be_read_is_read(
    config: RunConfig,
    fresh: WarmStart,
    made: list[RunConfig],
    pool: Executor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stored(config, pool, tmp_path)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "utime", refuse)
    assert same(WarmStore(tmp_path).get(config, YEAR, pool), fresh)
    assert len(made) == 1


@pytest.mark.parametrize("where", ["write_array", "replace"])
@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_or_is_stopped_leaves_nothing_behind(
    config: RunConfig,
    fresh: WarmStart,
    made: list[RunConfig],
    pool: Executor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    failure: BaseException,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(np.lib.format if where == "write_array" else os, where, fail)
    store = WarmStore(tmp_path)
    if isinstance(failure, OSError):
        assert same(store.get(config, YEAR, pool), fresh)
    else:
        with pytest.raises(KeyboardInterrupt):
            store.get(config, YEAR, pool)
    assert files(tmp_path) == []


def test_the_disk_holds_what_was_used_last(
    config: RunConfig, made: list[RunConfig], pool: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = stored(config, pool, tmp_path).stat().st_size
    monkeypatch.setattr(warmstore, "DISK_LIMIT", int(3.5 * size))
    some = seeds(config, 6)

    for at, one in enumerate(some[:3]):
        WarmStore(tmp_path).get(one, YEAR, pool)
        os.utime(tmp_path / f"{key_for(one, YEAR)}.npz", (1000.0 + at, 1000.0 + at))
    WarmStore(tmp_path).get(some[0], YEAR, pool)  # used: newer than all
    for one in some[3:5]:
        WarmStore(tmp_path).get(one, YEAR, pool)
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= warmstore.DISK_LIMIT
    kept = {key_for(one, YEAR) for one in (some[0], some[3], some[4])}
    assert {path.stem for path in tmp_path.iterdir()} == kept


def test_what_was_just_made_stays_however_small_the_disk(
    config: RunConfig, made: list[RunConfig], pool: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warmstore, "DISK_LIMIT", 0)
    for one in seeds(config, 3):
        WarmStore(tmp_path).get(one, YEAR, pool)
        assert files(tmp_path) == [f"{key_for(one, YEAR)}.npz"]


def test_what_a_killed_run_left_is_cleared_and_what_is_being_written_is_not(
    config: RunConfig, made: list[RunConfig], pool: Executor, tmp_path: Path
) -> None:
    old, new = tmp_path / "old.part", tmp_path / "new.part"
    for path in (old, new):
        path.write_bytes(b"x" * 100)
    os.utime(old, (1000.0, 1000.0))
    WarmStore(tmp_path).get(config, YEAR, pool)
    assert not old.exists()
    assert new.exists()


def uncounted(fresh: WarmStart) -> tuple[WarmStart, int]:
    """Return a population without counts, of which the children fill all room, and its bytes."""
    bare = replace(fresh, cells=fresh.cells[:0])
    per_child = [
        getattr(x, name) for x in bare.exposed for name in ("past_level", "past_time", "joins", "leaves")
    ]
    arrays = [*(array for block in bare.blocks for array in block), *per_child]
    return bare, sum(array.nbytes for array in arrays)


@pytest.mark.parametrize(("room", "kept"), [(0.0, 1), (1.0, 1), (1.99, 1), (2.5, 2), (10.0, 4)])
def test_memory_is_bounded_and_holds_what_was_used_last(
    config: RunConfig,
    fresh: WarmStart,
    pool: Executor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    room: float,
    kept: int,
) -> None:
    bare, size = uncounted(fresh)
    asked: list[int] = []
    monkeypatch.setattr(warmstore, "warm_up", lambda one, *_: (asked.append(one.seed), bare)[1])
    blocked = tmp_path / "a file"  # nothing comes back from disk
    blocked.touch()
    store = WarmStore(blocked, memory_limit=int(room * size))
    some = seeds(config, 4)
    for one in some:
        store.get(one, YEAR, pool)
    for one in some[-kept:]:
        store.get(one, YEAR, pool)
    assert asked == [0, 1, 2, 3]
    for one in some[-kept - 1 : -kept]:
        store.get(one, YEAR, pool)
    assert len(asked) == (4 if kept == 4 else 5)


def test_what_is_used_stays_in_memory(
    config: RunConfig, fresh: WarmStart, pool: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare, size = uncounted(fresh)
    asked: list[int] = []
    monkeypatch.setattr(warmstore, "warm_up", lambda one, *_: (asked.append(one.seed), bare)[1])
    blocked = tmp_path / "a file"
    blocked.touch()
    store = WarmStore(blocked, memory_limit=int(2.5 * size))
    some = seeds(config, 3)
    for k in (0, 1, 0, 2, 0):  # 1 was used longest ago when 2 came
        store.get(some[k], YEAR, pool)
    assert asked == [0, 1, 2]


def test_what_is_too_large_to_keep_is_used_once_and_lets_go(
    tmp_path: Path, config: RunConfig, fresh: WarmStart, pool: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived = [simulate(scenario(start=YEAR), config, pool, fresh).cells.tobytes()]
    monkeypatch.setattr(warmstore, "LARGE", 1000)
    store = WarmStore(tmp_path)
    for _ in range(2):  # made, and then read from disk
        warm = store.get(config, YEAR, pool)
        assert warm.once
        assert same(warm, fresh)
        lived.append(simulate(scenario(start=YEAR), config, pool, warm).cells.tobytes())
        assert sum(block.bytes() for block in warm.blocks) == 0
        with pytest.raises(RuntimeError, match="are gone"):
            simulate(scenario(start=YEAR), config, pool, warm)
    assert len(set(lived)) == 1
    assert not fresh.once
    assert fresh.blocks[0].id.size
