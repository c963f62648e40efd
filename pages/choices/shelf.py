"""Values that are too long for an address, kept on this server under a short key.

An address that is copied must keep its meaning: what stands under a key never changes. The key is of 128 bits
that nobody can guess, also not who knows what was kept: it depends on a secret of this server. Kept are at
most MOST_KEPT texts and MOST_BYTES; those used longest ago go first, and all go after UNUSED_DAYS.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import secrets
import time
from functools import cache
from pathlib import Path

from sim.machine.compiling import cache_root
from sim.machine.whole import ASIDE, write_whole, written_whole

MARK = "~"
"""With what a key begins where it stands for a text; no value of a link does."""
MOST_KEPT = 2_000
MOST_BYTES = 32 << 20
MOST_OF_ONE = 100_000
UNUSED_DAYS = 30
SECRET_BYTES = 32
_KEY = re.compile(MARK + r"[A-Za-z0-9_-]{22}", re.ASCII)
_SUFFIX = ".txt"


def put(text: str) -> str | None:
    """Keep a text and return its key, MARK and 22 letters; None where it cannot be kept."""
    content = text.encode()
    if len(content) > MOST_OF_ONE:
        return None
    try:
        hashed = hashlib.blake2b(content, digest_size=16, key=_secret()).digest()
        name = base64.urlsafe_b64encode(hashed).decode().rstrip("=")
        path = folder() / (name + _SUFFIX)
        try:
            os.utime(path)  # used now
        except FileNotFoundError:
            _write(path, content)
            prune(folder())
    except OSError:  # a full disk, or one that may not be written: the address stays long
        return None
    return MARK + name


def is_key(text: str) -> bool:
    """Tell whether a text has the form of a key."""
    return bool(_KEY.fullmatch(text))


def get(key: str) -> str | None:
    """Return the text under a key, or None where it is not here, or no longer."""
    if not is_key(key):
        return None
    try:
        path = folder() / (key.removeprefix(MARK) + _SUFFIX)
        if path.stat().st_mtime < _oldest():
            return None
        text = path.read_bytes()[: MOST_OF_ONE + 1].decode()
    except (OSError, UnicodeDecodeError):
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return text


@cache
def folder() -> Path:
    """Return the folder of what is kept, which only the user that runs the server may enter."""
    made = cache_root() / "addresses"
    made.mkdir(mode=0o700, parents=True, exist_ok=True)
    made.chmod(0o700)
    prune(made)
    return made


@cache
def _secret() -> bytes:
    """Return the secret of this server: the same after a restart, so that an address stays as it is."""
    path = folder() / "secret"
    with contextlib.suppress(FileNotFoundError):
        if len(found := path.read_bytes()) == SECRET_BYTES:
            return found
        path.unlink()
    # where another thread or process was first, its secret is ours
    with contextlib.suppress(FileExistsError), written_whole(path, private=True, new=True) as aside:
        aside.write_bytes(secrets.token_bytes(SECRET_BYTES))
    return path.read_bytes()


def prune(kept: Path) -> None:
    """Remove what was not used for long, and what was used longest ago until the rest fits."""
    for left in kept.glob(f"*{ASIDE}"):  # of a process that ended while it wrote
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < time.time() - 3600:
                left.unlink()
    found = []
    for path in kept.glob(f"*{_SUFFIX}"):
        with contextlib.suppress(OSError):
            about = path.stat()
            found.append((about.st_mtime, about.st_size, path))
    total = 0
    for number, (used, size, path) in enumerate(sorted(found, reverse=True), 1):
        total += size
        if number > MOST_KEPT or total > MOST_BYTES or used < _oldest():
            path.unlink(missing_ok=True)


def _oldest() -> float:
    return time.time() - UNUSED_DAYS * 86_400


def _write(path: Path, content: bytes) -> None:
    """Write aside and rename; what is made this way only its owner may read."""
    path.parent.mkdir(mode=0o700, exist_ok=True)  # somebody may have cleared the cache
    write_whole(path, content, private=True)
