"""Which kinderwerk this is, and where what comes with it lies: in a checkout, or where pip put it."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path

from sim.machine.variables import built_from

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds sim/, pages/, app.py and so on."""
SCENARIOS = ROOT / "scenarios"
_INSTALLED = "share/kinderwerk/"
"""Where the wheel puts files that belong to no package ([tool.setuptools.data-files] in pyproject.toml)."""


@cache
def file_beside(name: str) -> Path:
    """Return a file that lies beside the packages in a checkout, such as CHANGELOG.md.

    Raises FileNotFoundError where the installation does not hold it.
    """
    if (ROOT / "pyproject.toml").is_file():
        return ROOT / name
    for file in metadata.files("kinderwerk") or ():
        if file.as_posix().endswith(_INSTALLED + name):
            return Path(str(file.locate())).resolve()
    raise FileNotFoundError(f"{name} is missing from the installation of kinderwerk; install it again")


@cache
def version() -> str:
    """Return the version of the package."""
    return metadata.version("kinderwerk")


@cache
def commit() -> tuple[str | None, bool | None]:
    """Return (commit, whether files were changed since), or (None, None) outside a checkout.

    An image holds no checkout: it says in KINDERWERK_COMMIT what it was built from.
    """
    if built := built_from():
        return built, False
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        return None, None

    def git(*words: str) -> str:
        call = ["git", "-C", str(ROOT), *words]
        return subprocess.run(call, capture_output=True, text=True, check=True, timeout=10).stdout.strip()

    try:
        return git("rev-parse", "HEAD"), bool(git("status", "--porcelain", "--untracked-files=no"))
    except (subprocess.SubprocessError, OSError):
        return None, None
