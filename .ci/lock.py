"""Print the part of requirements.lock that one use needs, with hashes: `python .ci/lock.py app > app.lock`.

Uses: headless (engine, commands, batches, calibration), app (headless and the app in the browser), and those
of the extras in pyproject.toml (each headless and its own). Which package needs which is read from the lock's
own comments, so that nothing has to be installed. Python's own library is enough to run it.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEADLESS = "headless"


@dataclass(frozen=True)
class Locked:
    """One package of the lock. text: its whole entry; by: who needs it, packages or this project."""

    name: str
    version: str
    text: str
    by: frozenset[str]


def canonical(name: str) -> str:
    """Return a name as package indexes compare it, without extras and conditions."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;(]", name.strip())[0]).lower()


@cache
def locked() -> Mapping[str, Locked]:
    """Return every package of the lock."""
    found = {}
    for entry in re.split(r"\n(?=[^\s#])", (ROOT / "requirements.lock").read_text(encoding="utf-8"))[1:]:
        head = re.match(r"([^\s=]+)==(\S+)", entry)
        if head is None:
            raise SystemExit(f"requirements.lock: not one version: {entry.splitlines()[0]}")
        by = re.findall(r"^    #(?: via)? +(\S.*)$", entry, re.MULTILINE)
        lines = [line for line in entry.splitlines() if line and not line.lstrip().startswith("#")]
        name = canonical(head[1])
        found[name] = Locked(name, head[2], "\n".join(lines), frozenset(map(canonical, by)))
    return found


def asked() -> dict[str, set[str]]:
    """Return what pyproject.toml asks for by name, for each use; every use needs what builds the project."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    basis = {*map(canonical, project["build-system"]["requires"] + project["project"]["dependencies"])}
    extras = project["project"]["optional-dependencies"]
    return {HEADLESS: basis, **{use: basis | {*map(canonical, names)} for use, names in extras.items()}}


def needed(use: str) -> dict[str, Locked]:
    """Return what a use needs of the lock, with what that needs in turn."""
    needs: dict[str, set[str]] = {}
    for package in locked().values():
        for by in package.by:
            needs.setdefault(by, set()).add(package.name)
    todo, found = set(asked()[use]), dict[str, Locked]()
    while todo:
        name = todo.pop()
        found[name] = locked()[name]
        todo |= needs.get(name, set()) - found.keys()
    return dict(sorted(found.items()))


def uses() -> dict[str, str]:
    """Return for each package of the lock the first use that needs it."""
    found: dict[str, str] = {}
    for use in asked():
        found = {**dict.fromkeys(needed(use), use), **found}
    return dict(sorted(found.items()))


def main(words: Iterable[str]) -> None:
    """Print what is needed for one use."""
    match list(words):
        case [use] if use in asked():
            print("\n".join(package.text for package in needed(use).values()))
        case _:
            raise SystemExit(f"usage: python .ci/lock.py {'|'.join(asked())}")


if __name__ == "__main__":
    main(sys.argv[1:])
