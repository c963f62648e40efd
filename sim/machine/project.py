"""Where what comes with kinderwerk lies: in a checkout, or where pip put it."""

from __future__ import annotations

from functools import cache
from importlib import metadata
from pathlib import Path

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
