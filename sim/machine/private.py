"""Folders and files of this user alone: what is read from them may be code, or decide a figure.

A folder is used only where nobody else can put something into it. Of a file that was opened it is looked at
who owns it and who can write it, so that nothing can be exchanged between looking and reading.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO

from sim.machine.whole import written_whole

_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_CAREFUL = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""Follow no link, and wait for nobody (a pipe)."""


class UntrustedError(OSError):
    """A folder or a file that somebody else made, or could have changed."""


def private_folder(folder: Path) -> Path:
    """Return a folder as an absolute path, made for this user alone where it is not there yet.

    Raises UntrustedError where others can write to it, or can put another in its place, and OSError where
    it cannot be made or written to.
    """
    folder = folder.absolute()
    for place in (*reversed(folder.parents), folder):
        if not os.path.lexists(place):
            with contextlib.suppress(FileExistsError):  # another process was first
                place.mkdir(mode=0o700)
        if place != folder:
            _refuse_open(place)
    above = folder.parent.resolve()  # links above it are those of the user or of the system
    for place in (*above.parents, above):
        _refuse_open(place)
    found = folder.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise UntrustedError(f"{folder} is a link")
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(f"{folder} is no folder")
    _refuse_foreign(found, folder)
    with tempfile.TemporaryFile(dir=folder):
        return folder


def _refuse_open(place: Path) -> None:
    """Raise UntrustedError where others can rename what is in a folder and is not theirs."""
    mode = place.stat().st_mode
    if hasattr(os, "getuid") and mode & _OTHERS and not mode & stat.S_ISVTX:
        raise UntrustedError(f"others can write to {place}: chmod go-w {place}")


def _refuse_foreign(found: os.stat_result, path: Path) -> None:
    """Raise UntrustedError for what others own or can write. Windows has folders of a user, and no modes."""
    if not hasattr(os, "getuid"):
        return
    if found.st_uid != os.getuid():
        raise UntrustedError(f"{path} belongs to another user")
    if found.st_mode & _OTHERS:
        way_out = "name a folder in it" if found.st_mode & stat.S_ISVTX else f"chmod go-w {path}"
        raise UntrustedError(f"others can write to {path}: {way_out}")


@contextlib.contextmanager
def open_own(path: Path) -> Iterator[BinaryIO]:
    """Open a file to read. Raises UntrustedError where others could have written it, else OSError."""
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | _CAREFUL)) as stream:
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise UntrustedError(f"{path} is no file")
        _refuse_foreign(found, path)
        yield stream


@contextlib.contextmanager
def written_own(path: Path) -> Iterator[IO[bytes]]:
    """Write a file that only this user can read or write: whole, or not at all. Raises OSError.

    Whatever was in its place goes: a folder, too.
    """
    with written_whole(path, private=True) as aside:
        with aside.open("wb") as stream:
            yield stream
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
