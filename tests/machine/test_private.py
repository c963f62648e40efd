"""Nothing is read that somebody else could have written."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from sim.machine.private import UntrustedError, open_own, private_folder, written_own

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file to another user")
SOMEBODY = 12_345


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_a_folder_is_made_for_this_user_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = private_folder(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    assert made == tmp_path / "a" / "b"
    assert mode(made) == mode(made.parent) == 0o700
    assert private_folder(made) == made


def test_a_folder_that_others_can_only_read_is_used(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert private_folder(tmp_path) == tmp_path


def test_a_relative_folder_is_found_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert private_folder(Path("here")) == tmp_path / "here"


@pytest.mark.parametrize("open_to", [0o777, 0o770, 0o702, 0o1777])
def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path, open_to: int) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    folder.chmod(open_to)
    way_out = "name a folder in it" if open_to & stat.S_ISVTX else f"chmod go-w {folder}"
    with pytest.raises(UntrustedError, match=f"others can write to {folder}: {way_out}"):
        private_folder(folder)
    assert mode(folder) == open_to


def test_a_link_is_refused_even_to_a_good_folder(tmp_path: Path) -> None:
    (tmp_path / "good").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "good")
    with pytest.raises(UntrustedError, match="is a link"):
        private_folder(tmp_path / "link")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    with pytest.raises(UntrustedError, match="is a link"):
        private_folder(tmp_path / "nowhere")
    assert not (tmp_path / "gone").exists()


def test_a_file_in_its_place_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "cache").touch(0o600)
    with pytest.raises(OSError, match="is no folder"):
        private_folder(tmp_path / "cache")
    with pytest.raises(OSError, match="Not a directory"):
        private_folder(tmp_path / "cache" / "kernels")


@pytest.mark.parametrize("open_to", [0o777, 0o770])
def test_a_folder_that_others_can_put_another_in_place_of_is_refused(tmp_path: Path, open_to: int) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(open_to)
    for folder in (shared / "cache", shared / "deep" / "cache"):
        with pytest.raises(UntrustedError, match="chmod go-w"):
            private_folder(folder)
    assert list(shared.iterdir()) == []  # nor is anything left there
    (tmp_path / "link").symlink_to(shared / "below")
    (shared / "below").mkdir(mode=0o700)
    with pytest.raises(UntrustedError, match="chmod go-w"):
        private_folder(tmp_path / "link" / "cache")
    shared.chmod(open_to | stat.S_ISVTX)  # as the folder for temporary files: each renames only what is his
    assert private_folder(shared / "cache") == shared / "cache"


def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = private_folder(tmp_path / "cache")
    monkeypatch.setattr(os, "getuid", lambda: SOMEBODY)
    with pytest.raises(UntrustedError, match="belongs to another user"):
        private_folder(folder)


@as_root
def test_a_folder_that_another_user_made_first_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o700)
    os.chown(folder, SOMEBODY, SOMEBODY)
    with pytest.raises(UntrustedError, match="belongs to another user"):
        private_folder(folder)


def test_a_system_without_users_has_folders_and_files_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o777)  # what Python on Windows says of any folder
    monkeypatch.delattr(os, "getuid")
    assert private_folder(tmp_path / "cache") == tmp_path / "cache"
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "file").chmod(0o666)
    with open_own(tmp_path / "file") as stream:
        assert stream.read() == b"x"


# Files


def test_a_file_is_written_for_this_user_alone_and_read(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with written_own(tmp_path / "file") as stream:
            stream.write(b"x")
    finally:
        os.umask(before)
    assert mode(tmp_path / "file") == 0o600
    with open_own(tmp_path / "file") as found:
        assert found.read() == b"x"


@pytest.mark.parametrize("failure", [OSError(28, "full"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, failure: BaseException
) -> None:
    (tmp_path / "file").write_bytes(b"old")

    def write() -> None:
        with written_own(tmp_path / "file") as stream:
            stream.write(b"new")
            raise failure

    with pytest.raises(type(failure)):
        write()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_whatever_is_in_place_of_a_file_goes(tmp_path: Path) -> None:
    (tmp_path / "file" / "deep").mkdir(parents=True)
    (tmp_path / "other").write_bytes(b"other")
    (tmp_path / "link").symlink_to(tmp_path / "other")
    for name in ("file", "link"):
        with written_own(tmp_path / name) as stream:
            stream.write(b"new")
        with open_own(tmp_path / name) as found:
            assert found.read() == b"new"
    assert (tmp_path / "other").read_bytes() == b"other"


@pytest.mark.parametrize("open_to", [0o666, 0o620, 0o602])
def test_a_file_that_others_can_write_is_refused(tmp_path: Path, open_to: int) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "file").chmod(open_to)
    with pytest.raises(UntrustedError), open_own(tmp_path / "file"):
        pass


def test_a_file_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch(0o600)
    monkeypatch.setattr(os, "getuid", lambda: SOMEBODY)
    with pytest.raises(UntrustedError, match="another user"), open_own(tmp_path / "file"):
        pass


@pytest.mark.parametrize("what", ["link", "folder", "pipe", "nothing"])
def test_what_is_no_file_is_not_read_and_nobody_waits_for_it(tmp_path: Path, what: str) -> None:
    path = tmp_path / "file"
    if what == "link":
        (tmp_path / "own").touch(0o600)
        path.symlink_to(tmp_path / "own")
    elif what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    with pytest.raises(OSError, match="file"), open_own(path):
        pass
