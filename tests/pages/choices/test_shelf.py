"""What is kept for long addresses: found again under a key that nobody guesses, bounded, and private."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from pages.choices import shelf
from sim.machine import whole


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Keep in a folder of the test."""
    monkeypatch.setenv("KINDERWERK_CACHE", str(tmp_path))
    restarted()
    yield tmp_path / "addresses"
    restarted()


def restarted() -> None:
    """Forget what a process remembers."""
    shelf.folder.cache_clear()
    shelf._secret.cache_clear()


def put(text: str) -> str:
    key = shelf.put(text)
    assert key is not None
    return key


def files(kept: Path) -> list[Path]:
    return sorted(path for path in kept.iterdir() if path.name != "secret")


def aged(kept: Path, days: float) -> None:
    """Let it be that long ago that anything was used."""
    then = time.time() - days * 86_400
    for path in files(kept):
        os.utime(path, (then, then))


def test_a_text_is_found_under_its_key_also_after_a_restart() -> None:
    key = put("eigen cijfers é")
    assert re.fullmatch(r"~[A-Za-z0-9_-]{22}", key)
    assert put("eigen cijfers é") == key
    assert put("andere") != key
    restarted()
    assert shelf.get(key) == "eigen cijfers é"
    assert put("eigen cijfers é") == key


def test_links_work_from_a_copy_of_the_folder_alone(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = put("kept by a backup")
    shutil.copytree(kept, tmp_path / "elsewhere" / "addresses")
    monkeypatch.setenv("KINDERWERK_CACHE", str(tmp_path / "elsewhere"))
    shutil.rmtree(kept)
    restarted()
    assert shelf.get(key) == "kept by a backup"
    assert put("kept by a backup") == key


@pytest.mark.parametrize("content", [b"", b"short", None])
def test_a_key_depends_on_a_secret_of_the_server(kept: Path, content: bytes | None) -> None:
    first = put("wat iedereen weet")
    secret = kept / "secret"
    assert len(secret.read_bytes()) == shelf.SECRET_BYTES >= 16
    secret.unlink() if content is None else secret.write_bytes(content)
    restarted()
    second = put("wat iedereen weet")
    assert second != first
    assert shelf.get(first) == shelf.get(second) == "wat iedereen weet"
    restarted()
    assert put("wat iedereen weet") == second


def test_only_the_user_of_the_server_may_look(kept: Path) -> None:
    kept.mkdir(mode=0o777)
    kept.chmod(0o777)
    put("x")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept.iterdir()} == {0o600}


@pytest.mark.parametrize(
    "key",
    ["", "~", "~x", "~" + "A" * 22, "~../../../etc/passwd", "~" + "." * 22, "~" + "é" * 22, "~" + "A" * 999],
)  # fmt: skip
def test_a_key_that_is_not_here_finds_nothing(key: str) -> None:
    assert shelf.get(key) is None


def test_what_was_used_longest_ago_goes_first(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "MOST_KEPT", 3)
    keys = [put(text) for text in "abc"]
    for n, key in enumerate(keys):
        os.utime(kept / f"{key[1:]}{shelf._SUFFIX}", (time.time() - 100 + n,) * 2)
    assert shelf.get(keys[0]) == "a"  # used now
    fourth = put("d")
    assert [shelf.get(key) for key in (*keys, fourth)] == ["a", None, "c", "d"]


def test_all_together_takes_no_more_than_is_allowed(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "MOST_BYTES", 10_000)
    for n in range(30):
        put(f"{n:1000d}")
        assert sum(path.stat().st_size for path in files(kept)) <= 10_000
    assert len(files(kept)) == 10
    assert shelf.put("x" * (shelf.MOST_OF_ONE + 1)) is None


def test_what_nobody_used_for_long_is_gone(kept: Path) -> None:
    old = put("oud")
    aged(kept, shelf.UNUSED_DAYS - 1)
    assert shelf.get(old) == "oud"
    aged(kept, shelf.UNUSED_DAYS + 1)
    assert shelf.get(old) is None
    put("nieuw")
    assert [path.read_text() for path in files(kept)] == ["nieuw"]


def test_what_a_process_left_half_written_is_cleared(kept: Path) -> None:
    put("x")
    (kept / f"half{whole.ASIDE}").write_text("half")
    aged(kept, 1)
    put("y")
    assert sorted(path.read_text() for path in files(kept)) == ["x", "y"]


def test_a_folder_that_cannot_be_written_is_no_mistake(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "mkstemp", full)
        assert shelf.put("x") is None
    with monkeypatch.context() as patch:
        patch.setattr(shelf, "folder", full)
        assert shelf.put("x") is None
        assert shelf.get("~" + "A" * 22) is None
    key = put("x")
    shutil.rmtree(kept)
    assert shelf.get(key) is None
    assert put("x") == key


def test_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "MOST_KEPT", 8)
    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(lambda n: shelf.put(f"{n % 6}"), range(300)))
    assert [shelf.get(key or "") for key in keys] == [f"{n % 6}" for n in range(300)]


def test_a_secret_is_made_once_by_whoever_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "folder", cache(lambda: tmp_path))
    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(lambda _: shelf._secret.__wrapped__(), range(64)))
    assert len(found) == 1
    (tmp_path / "secret").write_bytes(b"cut")
    assert len(shelf._secret.__wrapped__()) == shelf.SECRET_BYTES
