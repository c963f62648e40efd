"""Bytes that were damaged are read or refused in words, never a crash. Longer: `python -m tests.fuzz.run`."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.fuzz.parsers import PARSERS, tried

FOUND = Path(__file__).parent / "found"
"""Inputs that once crashed a parser, in a folder for each: kept small."""
PIECES = (
    b"*", b"&a ", b"[[[", b"{", b"}", b"\n", b": ", b"\xff", b"\x00", b"- ", b"? ", b"<<: ", b"~", b'"', b"'",
    b"!!python/name:os.system ", b"1e999", b"-1", b".nan", b"2026-99-99", b"0x10", b"1_000", b"&begroting=",
    b"\xe2\x80\xa8", b",,", b"%",
)  # fmt: skip


ROOT = Path(__file__).resolve().parents[2]


def test_the_page_names_every_parser() -> None:
    page = (ROOT / "docs" / "robustness.md").read_text(encoding="utf-8")
    rows = page.partition("| parser | reads |")[2].partition("\n\n")[0].splitlines()[2:]
    assert rows
    named = [name for row in rows for name in re.findall("`([^`]+)`", row.split("|")[1])]
    assert sorted(named) == sorted(PARSERS)


def damaged(content: bytes, seed: int, changes: int) -> bytes:
    """Return bytes with some changed, cut out, doubled, or put in."""
    luck, found = np.random.default_rng(seed), bytearray(content)
    for _ in range(changes):
        place = int(luck.integers(len(found) + 1))
        match luck.integers(5):
            case 0 if found:
                found[place % len(found)] = int(luck.integers(256))
            case 1:
                del found[place : place + int(luck.integers(1, 40))]
            case 2:
                end = place + int(luck.integers(1, 200))
                found[place:place] = found[place:end]
            case 3:
                lines = found.splitlines(keepends=True)
                luck.shuffle(lines)
                found = bytearray(b"".join(lines))
            case _:
                found[place:place] = PIECES[luck.integers(len(PIECES))]
    return bytes(found)


@pytest.mark.parametrize("name", PARSERS)
def test_what_parsers_start_from_is_accepted(name: str) -> None:
    seeds = PARSERS[name].seeds()
    assert seeds
    assert all(tried(name, seed) for seed in seeds)


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=examples(60))
@given(which=st.integers(0, 100), seed=st.integers(0, 2**32), changes=st.integers(1, 12))
def test_damaged_bytes_are_read_or_refused(name: str, which: int, seed: int, changes: int) -> None:
    seeds = PARSERS[name].seeds()
    tried(name, damaged(seeds[which % len(seeds)], seed, changes))


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=40)
@given(content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(name: str, content: bytes) -> None:
    tried(name, content)


@pytest.mark.parametrize(
    "path", sorted(FOUND.glob("*/*")), ids=lambda path: f"{path.parent.name}-{path.name}"
)
def test_what_once_crashed_is_read_or_refused(path: Path) -> None:
    tried(path.parent.name, path.read_bytes())
