"""A file is there whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path

import pyarrow as pa
import pytest

from sim.batches import results
from sim.machine import whole
from sim.machine.whole import write_whole, written_whole


def test_what_is_written_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_whole(path, b"one")
    write_whole(path, b"two", to_disk=True)
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_what_goes_wrong_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_whole(path, b"one")

    def stopped() -> None:
        with written_whole(path) as aside:
            aside.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_never_takes_the_place_of_another(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with written_whole(path, new=True) as aside:
        aside.write_bytes(b"one")
    with pytest.raises(FileExistsError), written_whole(path, new=True) as aside:
        aside.write_bytes(b"two")
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


def test_of_many_that_make_a_new_file_one_does(tmp_path: Path) -> None:
    path, made, barrier = tmp_path / "a.txt", list[int](), threading.Barrier(8)

    def make(number: int) -> None:
        barrier.wait()
        try:
            with written_whole(path, new=True) as aside:
                aside.write_bytes(str(number).encode())
            made.append(number)
        except FileExistsError:
            pass

    threads = [threading.Thread(target=make, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (one,) = made
    assert path.read_bytes() == str(one).encode()


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_rights_are_those_of_any_new_file_of_the_old_one_or_of_one_user(tmp_path: Path) -> None:
    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    (tmp_path / "usual").touch()
    write_whole(tmp_path / "new", b"x")
    assert mode(tmp_path / "new") == mode(tmp_path / "usual")
    (tmp_path / "new").chmod(0o640)
    write_whole(tmp_path / "new", b"y")
    assert mode(tmp_path / "new") == 0o640
    write_whole(tmp_path / "own", b"x", private=True)
    assert mode(tmp_path / "own") == 0o600


def test_a_name_may_be_as_long_as_a_disk_takes(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 255)
    write_whole(path, b"x")
    assert path.read_bytes() == b"x"


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Refuse as Windows does to open a folder or flush what was opened to read; return what is flushed."""
    opens, flushes, flushed, handles = os.open, os.fsync, list[str](), dict[int, tuple[str, int]]()

    def refusing_open(path: str | Path, flags: int, mode: int = 0o777, **more: int) -> int:
        if Path(path).is_dir() and flags & os.O_ACCMODE == os.O_RDONLY and not more:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        handle = opens(path, flags, mode, **more)
        handles[handle] = Path(path).name, flags
        return handle

    def refusing_flush(handle: int) -> None:
        name, flags = handles[handle]
        if flags & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        flushes(handle)
        flushed.append(name)

    monkeypatch.setattr(whole, "_POSIX", False, raising=False)
    monkeypatch.setattr(os, "open", refusing_open)
    monkeypatch.setattr(os, "fsync", refusing_flush)
    return flushed


def test_results_are_written_where_the_system_flushes_as_windows_does(
    windows: list[str], tmp_path: Path
) -> None:
    write_whole(tmp_path / "a.txt", b"one", to_disk=True)
    assert (tmp_path / "a.txt").read_bytes() == b"one"
    assert len(windows) == 1
    results.save(tmp_path / "out", {"results": pa.table({"x": [1]})}, {})
    assert sorted(windows[1:]) == ["manifest.json", "results.parquet"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"manifest.json", "results.parquet"}
