"""Units of work: one scenario in one draw and replication; what each gives is kept under its own name.

The name of a unit is a hash of everything that decides its result: the same unit is never made twice,
whoever asks for it, and another engine, parameter or scenario is another unit. A file holds the bytes of
the result and their hash. It is written aside, forced to disk and renamed: it is there whole or not at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sim.engine.history import Label
from sim.inputs.scenario import Scenario
from sim.machine.compiling import data_hash, source_hash
from sim.machine.whole import ASIDE, write_whole
from sim.model.parameters import default_parameters
from sim.runs.experiment import Columns

Floats = NDArray[np.float64]
LIBRARIES = ("numpy", "numba", "llvmlite", "scipy", "simpy", "pyarrow", "pydantic")
"""Libraries on which the bytes of results depend."""
_MAGIC = b"KWUNIT01"
_HOUR = 3600.0


@cache
def engine() -> str:
    """Return a hash of what makes the numbers here: sources, data, parameters and libraries."""
    versions = [metadata.version(name) for name in LIBRARIES]
    about = [source_hash(), data_hash(), default_parameters().sha256(), versions]
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:24]


@dataclass(frozen=True)
class HashedScenario:
    """A scenario that is to be run, with what is the same in each of its units.

    content: its canonical hash; population: a hash of what decides its children's lives before the start.
    """

    scenario: Scenario
    content: str
    population: str

    @classmethod
    def of(cls, scenario: Scenario) -> HashedScenario:
        """Return the work of a scenario."""
        said = scenario.canonical()
        born = {name: p for name, p in said["parameters"].items() if p["from"] == "birth"}
        world = [said.get("prior"), said.get("future"), said.get("population")]
        built = [said["structure"]] if "structure" in said else []
        before = [said["municipality"], said.get("local"), said["start"], *world, born, *built]
        return cls(scenario, scenario.canonical_sha256(), json.dumps(before, sort_keys=True))


@dataclass(frozen=True)
class Unit:
    """One scenario in one draw and replication.

    root: the scenario that is lived in full, from whose lives these part (engine/forks.py); itself, where the
    scenario is lived in full.
    """

    work: HashedScenario
    root: HashedScenario
    seed: int
    draw: int
    replication: int
    children: int | None
    key: str

    @classmethod
    def of(
        cls,
        work: HashedScenario,
        seed: int,
        draw: int,
        replication: int,
        children: int | None,
        root: HashedScenario | None = None,
    ) -> Unit:
        """Return a unit with its name. root: None for a scenario that is lived in full."""
        root = root or work
        about = [engine(), work.content, root.content, seed, draw, replication, children]
        key = hashlib.sha256(json.dumps(about).encode()).hexdigest()[:40]
        return cls(work, root, seed, draw, replication, children, key)

    @property
    def population(self) -> tuple[Any, ...]:
        """Return what units with the same warmed-up population have in common."""
        return self.work.population, self.seed, self.draw, self.replication, self.children

    @property
    def lives(self) -> tuple[Any, ...]:
        """Return what units have in common whose lives part from the same ones."""
        return self.root.content, *self.population


def encode(columns: Columns, key: str) -> bytes:
    """Return columns as bytes that are the same wherever they are made."""
    codec = pa.Codec("zstd", compression_level=3)
    values: bytes = codec.compress(columns.values.astype("<f8").tobytes(), asbytes=True)
    blocks: bytes = codec.compress(columns.blocks.astype("<f8").tobytes(), asbytes=True)
    head = json.dumps(
        {
            "key": key,
            "labels": columns.labels,
            "shape": columns.blocks.shape,
            "children": columns.children,
            "sizes": (len(values), len(blocks)),
        },
        ensure_ascii=False,
    ).encode()
    body = len(head).to_bytes(8, "little") + head + values + blocks
    return _MAGIC + hashlib.sha256(body).digest() + body


class DamagedError(Exception):
    """A file of the store does not hold what was written."""


def decode(content: bytes, key: str, blocks: bool = True) -> Columns:
    """Return the columns in bytes; without `blocks` they have none. Raises DamagedError."""
    body = memoryview(content)[len(_MAGIC) + 32 :]
    if content[: len(_MAGIC)] != _MAGIC or hashlib.sha256(body).digest() != content[len(_MAGIC) :][:32]:
        raise DamagedError(key)
    start = 8 + int.from_bytes(body[:8], "little")
    head = json.loads(bytes(body[8:start]))
    if head["key"] != key:
        raise DamagedError(key)
    labels, years, count = head["shape"]
    middle = start + head["sizes"][0]
    return Columns(
        _labels(head),
        _numbers(body[start:middle], (labels, years)),
        _numbers(body[middle:], (labels, years, count)) if blocks else np.empty((labels, years, 0)),
        head["children"],
    )


def _labels(head: Any) -> tuple[Label, ...]:
    return tuple((measure, breakdown, level) for measure, breakdown, level in head["labels"])


def _numbers(packed: memoryview, shape: tuple[int, ...]) -> Floats:
    size = 8 * int(np.prod(shape))
    raw = pa.Codec("zstd").decompress(packed, decompressed_size=size)
    return np.frombuffer(raw, "<f8").reshape(shape)


class UnitStore:
    """A folder of units. Safe to share between processes and machines that see the same disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str) -> Path:
        """Return where a unit is kept."""
        return self.folder / key[:2] / f"{key}.unit"

    def known(self) -> set[str]:
        """Return the names of all units that are there."""
        return {path.stem for path in self.folder.glob("??/*.unit")}

    def read(self, key: str, blocks: bool = True) -> Columns:
        """Return a unit. Raises DamagedError where it cannot be read, or does not hold what was written."""
        try:
            return decode(self.path(key).read_bytes(), key, blocks)
        except OSError as error:
            raise DamagedError(key) from error

    def labels(self, key: str) -> tuple[Label, ...]:
        """Return the labels of a unit, from its head alone. Raises DamagedError where it is not there."""
        try:
            with self.path(key).open("rb") as stream:
                stream.seek(len(_MAGIC) + 32)
                return _labels(json.loads(stream.read(int.from_bytes(stream.read(8), "little"))))
        except (OSError, ValueError) as error:
            raise DamagedError(key) from error

    def write(self, key: str, content: bytes) -> None:
        """Keep a unit. Raises OSError where it cannot be written; nothing is left of it then."""
        path = self.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content, private=True, to_disk=True)

    def drop_damaged(self, keys: Iterable[str]) -> int:
        """Remove units that do not hold what was written; return how many."""
        dropped = 0
        for key in keys:
            try:
                self.read(key, blocks=False)
            except DamagedError:
                self.path(key).unlink(missing_ok=True)
                dropped += 1
        return dropped

    def sweep(self) -> None:
        """Remove what a killed writer left behind, an hour ago or more."""
        for left in self.folder.glob(f"??/*{ASIDE}"):
            with contextlib.suppress(OSError):
                if left.stat().st_mtime < time.time() - _HOUR:
                    left.unlink()
