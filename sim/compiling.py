"""Where compiled kernels are kept.

numba's file cache does not notice a changed callee in another file, so the folder is named by a hash
of all sources of sim/: a change in luck.py always reaches lifecourse.py. Must be imported before numba.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

WORDING = (
    "report/", "writing.py", "tables.py", "decision/shown.py", "runs_shown.py", "progress.py",
    "translation.py", "workbook.py", "municipality_sheet.py", "municipality_template.py",
    "municipality_text.py",
)  # fmt: skip
"""What only puts results into words or documents: no number in a result depends on it."""


def source_hash() -> str:
    """Return a short hash over every Python file of this package but those of WORDING."""
    return _hash_of(Path(__file__).parent, "*.py")


def data_hash() -> str:
    """Return a short hash over every data file of this package: processes, programmes, municipalities."""
    return _hash_of(Path(__file__).parent / "data", "*.*")


def _hash_of(root: Path, pattern: str) -> str:
    digest = hashlib.sha256()
    for path in sorted(root.rglob(pattern)):
        name = path.relative_to(root).as_posix()
        if name.startswith(WORDING):
            continue
        digest.update(name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def cache_root() -> Path:
    """Return the folder for caches: $KINDERWERK_CACHE, the user's cache folder, or a temporary one."""
    chosen = os.environ.get("KINDERWERK_CACHE")
    candidates = [Path(chosen)] if chosen else []
    candidates.append(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kinderwerk")
    for folder in candidates:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return Path(tempfile.gettempdir()) / f"kinderwerk-{os.getuid() if hasattr(os, 'getuid') else 'user'}"


def use_cache() -> None:
    """Point numba at the folder for the present sources, unless the user chose one."""
    if "NUMBA_CACHE_DIR" not in os.environ:
        os.environ["NUMBA_CACHE_DIR"] = str(cache_root() / "kernels" / source_hash())


use_cache()
