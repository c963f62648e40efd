"""Units of work are named by all that decides them, and kept whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks.batch_kills import left_aside
from sim.batches import units
from sim.batches.units import DamagedError, HashedScenario, Unit, UnitStore, decode, encode
from sim.runs.experiment import Columns
from tests.worlds import scenario

RNG = np.random.default_rng(3)
BLOCKS = RNG.normal(size=(2, 3, 4))
COLUMNS = Columns((("a", "total", "all"), ("b", "ë", "1")), BLOCKS.sum(axis=2), BLOCKS, 123)
WORK = HashedScenario.of(scenario(36))
KEY = "ab" + "0" * 38


def unit(**changes: object) -> Unit:
    about = {"seed": 0, "draw": 1, "replication": 0, "children": 100, "work": WORK, **changes}
    return Unit.of(**about)  # type: ignore[arg-type]


def test_what_is_kept_is_what_was_made(tmp_path: Path) -> None:
    store = UnitStore(tmp_path / "units")
    assert store.known() == set()
    store.write(KEY, encode(COLUMNS, KEY))
    found = store.read(KEY)
    assert (found.labels, found.children) == (COLUMNS.labels, COLUMNS.children)
    assert np.array_equal(found.values, COLUMNS.values)
    assert np.array_equal(found.blocks, COLUMNS.blocks)
    assert store.labels(KEY) == COLUMNS.labels
    assert store.known() == {KEY}
    plain = store.read(KEY, blocks=False)
    assert np.array_equal(plain.values, COLUMNS.values)
    assert plain.blocks.shape == (2, 3, 0)


def test_the_same_result_is_the_same_bytes() -> None:
    assert encode(COLUMNS, KEY) == encode(decode(encode(COLUMNS, KEY), KEY), KEY)


def test_everything_that_decides_a_unit_is_in_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    changes: list[dict[str, object]] = [
        {}, {"seed": 1}, {"draw": 2}, {"replication": 1}, {"children": None},
        {"work": HashedScenario.of(scenario(12))},
    ]  # fmt: skip
    names = [unit(**change).key for change in changes]
    monkeypatch.setattr(units, "engine", lambda: "another")
    names.append(unit().key)
    assert len(set(names)) == len(names)
    assert unit().key == unit().key


def test_the_engine_is_sources_data_parameters_and_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    before = units.engine()
    seen = {before}
    for name, other in [
        ("source_hash", lambda: "s"), ("data_hash", lambda: "d"),
        ("default_parameters", lambda: units_parameters()), ("LIBRARIES", ("numpy",)),
    ]:  # fmt: skip
        units.engine.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr(units, name, other)
            seen.add(units.engine())
    units.engine.cache_clear()
    assert len(seen) == 5
    assert units.engine() == before


def units_parameters() -> object:
    from sim.model.parameters import default_parameters

    return default_parameters().replace({"kinderwerk.stay": 1.234})


@pytest.mark.parametrize("damage", [b"", b"x", b"KWUNIT01" + b"0" * 90])
def test_a_damaged_unit_is_never_read(damage: bytes, tmp_path: Path) -> None:
    store = UnitStore(tmp_path)
    store.write(KEY, damage)
    with pytest.raises(DamagedError):
        store.read(KEY)
    assert store.drop_damaged([KEY]) == 1
    assert store.known() == set()


def test_what_cannot_be_read_is_damaged(tmp_path: Path) -> None:
    store = UnitStore(tmp_path)
    with pytest.raises(DamagedError):
        store.read(KEY)
    store.path(KEY).mkdir(parents=True)
    with pytest.raises(DamagedError):
        store.read(KEY)


def test_one_flipped_bit_or_another_name_is_damage(tmp_path: Path) -> None:
    content = bytearray(encode(COLUMNS, KEY))
    content[-3] ^= 1
    with pytest.raises(DamagedError):
        decode(bytes(content), KEY)
    with pytest.raises(DamagedError):
        decode(encode(COLUMNS, KEY), "cd" + KEY[2:])
    with pytest.raises(DamagedError):
        UnitStore(tmp_path).read(KEY)


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = UnitStore(tmp_path)
    store.write(KEY, encode(COLUMNS, KEY))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        store.write(KEY, b"other")
    assert store.read(KEY).children == 123
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [f"{KEY}.unit"]


def test_what_a_killed_writer_left_is_swept_after_an_hour(tmp_path: Path) -> None:
    store = UnitStore(tmp_path)
    store.write(KEY, encode(COLUMNS, KEY))
    old, new = tmp_path / "ab" / ".old.part", tmp_path / "ab" / ".new.part"
    for path in (old, new):
        path.write_bytes(b"x")
    os.utime(old, (1, 1))
    assert set(left_aside(tmp_path)) == {old, new}
    store.sweep()
    assert (old.exists(), new.exists(), store.known()) == (False, True, {KEY})


def test_scenarios_share_a_population_until_something_before_the_start_differs() -> None:
    same = [scenario(0), scenario(36, policy="capped"), scenario(36, parameters={"kinderwerk.stay": 2.0})]
    others = [
        scenario(36, start=2027), scenario(36, municipality="Tilburg"),
        scenario(36, parameters={"need.onset_light": {"value": 0.05, "from": "birth"}}),
    ]  # fmt: skip
    assert len({HashedScenario.of(s).population for s in same}) == 1
    assert len({HashedScenario.of(s).population for s in (*same, *others)}) == 4
