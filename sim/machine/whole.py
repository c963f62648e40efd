"""One way to write a file: aside, and renamed, so that it is there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

ASIDE = ".part"
"""How a file ends that is still being written."""
_POSIX = os.name == "posix"


def _usual_mode() -> int:
    """Return the rights that this process gives a new file."""
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


_MODE = _usual_mode()


@contextlib.contextmanager
def written_whole(
    path: Path, *, private: bool = False, to_disk: bool = False, new: bool = False
) -> Iterator[Path]:
    """Yield a file beside `path` to write to, which takes its place at the end; after an error it is gone.

    private: only this user may read it. to_disk: wait until it is on the disk itself. new: leave alone what
    is at `path`, and raise FileExistsError. Raises OSError.
    """
    handle, name = tempfile.mkstemp(prefix=".", suffix=ASIDE, dir=path.parent)
    os.close(handle)
    aside = Path(name)
    try:
        if not private:
            aside.chmod(path.stat().st_mode & 0o777 if path.is_file() else _MODE)
        yield aside
        if to_disk:
            flush_to_disk(aside)
        if new:
            _rename_to_new(aside, path)
        else:
            os.replace(aside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise


def write_whole(path: Path, content: bytes, *, private: bool = False, to_disk: bool = False) -> None:
    """Write a file as `written_whole` does."""
    with written_whole(path, private=private, to_disk=to_disk) as aside:
        aside.write_bytes(content)


def flush_to_disk(path: Path) -> None:
    """Wait until a file or folder is on the disk itself.

    Windows opens no folder, and flushes a file only for who may write to it.
    """
    if not _POSIX and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY if _POSIX else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _rename_to_new(aside: Path, path: Path) -> None:
    """Give a file its name, unless another one has taken that name meanwhile.

    Raises FileExistsError. A plain rename would overwrite; a link does not.
    """
    try:
        os.link(aside, path)
    except FileExistsError:
        raise
    except OSError:  # this disk has no links
        os.rename(aside, path)
    else:
        aside.unlink()
