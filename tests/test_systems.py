"""What the workflow for other systems does, as far as one can show it, and what an image is built on."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.test_supply import lock

ROOT = Path(__file__).resolve().parents[1]
WORKFLOW = (ROOT / ".github" / "workflows" / "systems.yml").read_text(encoding="utf-8")
OURS = {"tests", "benchmarks"}
"""Folders whose files stand in a checkout alone: what they import, pip does not know."""


def installed() -> set[str]:
    """Return the packages that the workflow installs, without what those of tests need in turn."""
    (line,) = re.findall(r"pip install -e (.+)$", WORKFLOW, re.MULTILINE)
    project, *more = line.replace('"', "").split()
    assert project == ".[app]"
    return {*lock.needed("app"), *more}


def named_tests() -> list[Path]:
    """Return the files of tests that the workflow runs."""
    (words,) = re.findall(r"-m pytest (.+)$", WORKFLOW, re.MULTILINE)
    places = [ROOT / word for word in words.split() if not word.startswith("-")]
    assert places
    return [file for place in places for file in ([place] if place.is_file() else place.glob("test_*.py"))]


def imported(file: Path) -> Iterator[str]:
    """Yield what a file imports, by whole names."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_what_its_tests_import_is_installed() -> None:
    """An import of a package of the extra `dev` alone would end them before they begin."""
    todo, seen, lacking = [ROOT / "tests" / "conftest.py", *named_tests()], set[Path](), set[str]()
    packages, there = packages_distributions(), installed()
    while todo:
        file = todo.pop()
        if file in seen:
            continue
        seen.add(file)
        for name in imported(file):
            top = name.split(".")[0]
            if top in OURS:
                path = ROOT.joinpath(*name.split(".")).with_suffix(".py")
                todo += [path] if path.is_file() else []
            elif top in packages and not {lock.canonical(p) for p in packages[top]} & {*there, "kinderwerk"}:
                lacking.add(f"{file.relative_to(ROOT)}: {name}")
    assert len(seen) > 5
    assert lacking == set()


def test_it_starts_batch_and_app_on_every_system() -> None:
    for words in ("kinderwerk batch", ".ci/answers.py kinderwerk app"):
        (line,) = re.findall(rf"^ +- run: .*{re.escape(words)}.*\n(.*)$", WORKFLOW, re.MULTILINE)
        assert "if:" not in line


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [(["cli.py", "app"], 0, "answers ok"), (["-c", "print('it ends')"], 1, "it ends")],
)
def test_an_app_answers_or_what_it_said_is_shown(words: list[str], code: int, said: str) -> None:
    call = [sys.executable, ".ci/answers.py", sys.executable, *words]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert (done.returncode, said in done.stdout + done.stderr) == (code, True), done.stderr


# The images


def digests(tools: Path) -> subprocess.CompletedProcess[str]:
    """Return what .ci/digests says where `tools` alone can ask a registry."""
    for name in ("bash", "env", "sed", "dirname"):
        (tools / name).symlink_to(shutil.which(name) or "")
    call, place = [str(tools / "bash"), str(ROOT / ".ci" / "digests")], {**os.environ, "PATH": str(tools)}
    return subprocess.run(call, env=place, capture_output=True, text=True, timeout=60, check=False)


def tool(folder: Path, name: str, lines: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{lines}\n", encoding="utf-8")
    (folder / name).chmod(0o700)


@pytest.mark.parametrize("asks", ["skopeo", "docker"])
def test_images_are_named_by_the_digest_that_the_registry_has(asks: str, tmp_path: Path) -> None:
    tool(tmp_path, asks, 'case "$*" in *python*) echo sha256:aa ;; *nginx*) echo sha256:bb ;; esac')
    done = digests(tmp_path)
    assert done.stdout.splitlines() == [
        "BASE=python:3.11-slim@sha256:aa", "PROXY=nginx:stable@sha256:bb",
    ], done.stderr  # fmt: skip
    for name in ("BASE", "PROXY"):
        assert f"${{{name}:-" in (ROOT / "docs" / "open" / "compose.yaml").read_text(encoding="utf-8")


def test_without_a_registry_no_image_is_named(tmp_path: Path) -> None:
    tool(tmp_path, "skopeo", "exit 1")
    done = digests(tmp_path)
    assert (done.returncode != 0, done.stdout) == (True, "")
