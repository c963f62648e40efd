"""Where compiled kernels are kept.

numba's file cache does not notice a changed callee in another file, so the folder is named by a hash of all
that kernels call (KERNELS): a change in luck.py always reaches lifecourse.py. Kernels are code: only this
user may be able to write to the folder (private.py).
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

from sim.machine.private import UntrustedError, private_folder

log = logging.getLogger(__name__)
SIM = Path(__file__).resolve().parents[1]
DATA = SIM / "data"
NOWHERE = Path(os.devnull) / "kinderwerk"
"""Placeholder for a missing folder: nothing can be read or written there."""

WORDING = (
    "report/", "words/", "decision/tables.py", "faults.py", "files/literal.py",
    "files/workbook.py", "inputs/municipality_sheet.py", "inputs/municipality_template.py",
    "inputs/municipality_text.py",
)  # fmt: skip
"""Modules that only write words or documents: no number in a result depends on them."""


ABOUT_THE_FIT = (
    "ages.json", "by_age.json", "diagnostics.json", "left_out.json", "rolling.json", "validation.json",
)  # fmt: skip
"""Data that only tell how well the fit does: no life depends on them."""
LIVES = ("luck.py", "rates.py", "states.py", "ties.py", "machine/kernels.py", "model/", "engine/")
"""Sources on which lives of children depend, and so warmed-up populations."""
KERNELS = (*LIVES, "published/", "runs/life_events.py")
"""Sources on which compiled kernels depend."""


def kernel_hash() -> str:
    """Return a short hash over the files of KERNELS: an edit elsewhere leaves kernels as they are."""
    return _hash_of(SIM, "*.py", lambda name: name.startswith(KERNELS))


def lives_hash() -> str:
    """Return a short hash over the files of LIVES: an edit elsewhere leaves populations as they are."""
    return _hash_of(SIM, "*.py", lambda name: name.startswith(LIVES))


def source_hash() -> str:
    """Return a short hash over every Python file of this package but those of WORDING."""
    return _hash_of(SIM, "*.py", lambda name: not name.startswith(WORDING))


def data_hash() -> str:
    """Return a short hash over the data on which results depend: processes, programmes, municipalities."""
    return _hash_of(DATA, "*.*", lambda name: not name.endswith(ABOUT_THE_FIT))


def _hash_of(root: Path, pattern: str, wanted: Callable[[str], bool]) -> str:
    digest = hashlib.sha256()
    for path in sorted(root.rglob(pattern)):
        name = path.relative_to(root).as_posix()
        if wanted(name):
            digest.update(name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def cache_root() -> Path:
    """Return the folder for caches, which only this user can write to.

    It is $KINDERWERK_CACHE, the user's cache folder, or one below that of temporary files; where others can
    write to all of these, a new one, which is gone when this process ends. The log says what is passed over.
    """
    refused: list[tuple[str, OSError]] = []
    for variable, folder in _candidates():
        try:
            found = private_folder(folder)
        except OSError as error:
            refused.append((variable, error))
            continue
        _log_refused(refused, found)
        return found
    found = _new_folder()
    os.environ["KINDERWERK_CACHE"] = str(found)  # for the processes that this one starts
    _log_refused(refused, found)
    return found


def folder_in(root: Path, *names: str) -> Path:
    """Return a folder of a cache, made where it is not there; a new one where others can write to it."""
    try:
        return _below(root, names)
    except OSError as error:
        new = _new_folder()
        _log_refused([("", error)], new)
        with contextlib.suppress(OSError):  # nothing can be kept then
            return _below(new, names)
        return new.joinpath(*names)


def _below(root: Path, names: Sequence[str]) -> Path:
    for name in names:
        root = private_folder(root / name)
    return root


def _candidates() -> Iterator[tuple[str, Path]]:
    """Yield where caches may be kept, with the variable that says so, or nothing where it is our default."""
    if chosen := os.environ.get("KINDERWERK_CACHE"):
        yield "KINDERWERK_CACHE", Path(chosen)
    own = Path(os.environ.get("XDG_CACHE_HOME", ""))
    with contextlib.suppress(RuntimeError):  # nobody's home
        yield "", (own if own.is_absolute() else Path.home() / ".cache") / "kinderwerk"
    with contextlib.suppress(OSError):  # no folder for temporary files
        user = os.getuid() if hasattr(os, "getuid") else "user"
        yield "", Path(tempfile.gettempdir()) / f"kinderwerk-{user}"


@cache
def _new_folder() -> Path:
    """Return a new folder, which is removed when this process ends."""
    try:
        made = Path(tempfile.mkdtemp(prefix="kinderwerk-"))
    except OSError:
        return NOWHERE
    atexit.register(_remove, made, os.getpid())
    return made


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def _log_refused(refused: Sequence[tuple[str, OSError]], instead: Path) -> None:
    """Log what was passed over though the user chose it, or because others can write to it."""
    for variable, error in refused:
        if variable or isinstance(error, UntrustedError):
            _warn(variable or "cache", str(error), instead)


@cache
def _warn(chosen: str, reason: str, instead: Path) -> None:
    log.warning("%s: %s. Instead, %s is used.", chosen, reason, instead)


def use_cache() -> None:
    """Say where kernels are kept: where the user chose, or in the cache, by the present sources."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    refused: list[tuple[str, OSError]] = []
    try:
        folder = private_folder(Path(chosen)) if chosen else None
    except OSError as error:
        folder, refused = None, [("NUMBA_CACHE_DIR", error)]
    folder = folder or folder_in(cache_root(), "kernels", kernel_hash())
    _log_refused(refused, folder)
    os.environ["NUMBA_CACHE_DIR"] = str(folder)


use_cache()
