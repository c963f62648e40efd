"""What the project rests on: parts of the lock are complete, and the lists made from it are not stale."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from types import ModuleType

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement

import cli
from benchmarks.app_load import free_port, wait_until_healthy
from commands import browser

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PINNED = re.compile(r"^([\w.-]+)(?:\[[\w,]+\])?==(\S+)", re.MULTILINE)
ROW = re.compile(r"^\| ([\w.-]+) \| ([^|]+) \| ([^|]+) \| (\w+) \|$", re.MULTILINE)


def loaded(name: str) -> ModuleType:
    """Return a script of .ci/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


lock, supply = loaded("lock"), loaded("supply")


def pins() -> dict[str, str]:
    found = PINNED.findall((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    return {lock.canonical(name): version for name, version in found}


def listed() -> dict[str, tuple[str, str, str]]:
    """Return version, licence and use of each package in docs/licences.md."""
    text = (DOCS / "licences.md").read_text(encoding="utf-8")
    return {name: (version, spdx, use) for name, version, spdx, use in ROW.findall(text) if name != "name"}


def test_the_lists_are_what_the_lock_says() -> None:
    assert supply.stale() == [], "make supply"


def test_the_list_of_licences_names_every_pinned_version() -> None:
    assert {name: version for name, (version, *_) in listed().items()} == pins()


def test_the_bill_of_materials_names_every_pinned_version_and_is_valid() -> None:
    text = (DOCS / "sbom.cdx.json").read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bill = json.loads(text)
    assert {part["name"]: part["version"] for part in bill["components"]} == pins()
    assert len(text) < 300_000


def test_every_licence_is_known_and_copyleft_is_spoken_of() -> None:
    assert len(listed()) > 50
    spoken = (DOCS / "supply-chain.md").read_text(encoding="utf-8")
    for name, (_, spdx, use) in listed().items():
        assert spdx != supply.UNKNOWN, name
        assert not re.search(r"\bA?GPL", spdx), name
        if supply.COPYLEFT.search(spdx):
            assert f"| {name} | {spdx} |" in spoken, f"{name} ({use}) is not in docs/supply-chain.md"


def test_counts_in_the_text_are_those_of_the_lock() -> None:
    text = (DOCS / "supply-chain.md").read_text(encoding="utf-8")
    for title, use in (("minimal", "headless"), ("app", "app"), ("cluster", "cluster")):
        row = next(line for line in text.splitlines() if line.startswith(f"| {title} |"))
        assert f"| {len(lock.needed(use))} |" in row
    assert f"| {len(lock.locked())} |" in text


def test_the_minimal_set_is_without_the_app_and_every_package_has_a_use() -> None:
    assert "streamlit" not in lock.needed("headless")
    assert "streamlit" in lock.needed("app")
    assert lock.needed("headless").keys() < lock.needed("app").keys()
    assert lock.uses().keys() == pins().keys()


@pytest.mark.parametrize("use", ["headless", "app", "cluster"])
def test_a_part_of_the_lock_holds_all_that_its_packages_need(use: str) -> None:
    """As the packages themselves say, for this machine; the part was made from the lock's comments."""
    part = lock.needed(use)
    for name in part:
        for requirement in map(Requirement, requires(name) or []):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                assert lock.canonical(requirement.name) in part, f"{name} needs {requirement.name}"


def test_a_part_of_the_lock_keeps_every_hash() -> None:
    whole = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    parts = "\n".join(package.text for package in lock.locked().values())
    assert parts.count("--hash=sha256:") == whole.count("--hash=sha256:")
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "lock.py", "appp"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "headless|app" in done.stderr


BLOCKED = """
import pkgutil, sys
for name in {names}:
    sys.modules[name] = None
import cli, commands, sim, calibration
for package in (commands, sim, calibration):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        __import__(found.name)
print(len(sys.modules))
"""


def test_engine_commands_and_calibration_import_with_the_minimal_set_alone() -> None:
    """Everything that the minimal set does not hold is out of reach."""
    inside = lock.needed("headless").keys()
    outside = {
        module
        for module, packages in providers().items()
        if not inside & {lock.canonical(package) for package in packages}
    } - {"sim", "calibration", "cli", "commands", "google"}
    assert {"streamlit", "starlette", "distributed", "pytest"} <= outside
    names = sorted({*outside, "pages", "app"})
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED.format(names=names)],
        capture_output=True, text=True, cwd=ROOT, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


PARTS = ("app.py", "calibration", "cli.py", "commands", "pages", "scenarios", "sim")
"""What a wheel holds, as tests/test_wheel.py says."""
EXTRAS = {
    "app.py": "app", "commands/browser.py": "app", "pages/": "app", "sim/batches/executors.py": "cluster",
}  # fmt: skip
"""What may import more than the minimal set, with the extra that brings it (docs/supply-chain.md)."""
BROUGHT = {
    "llvmlite": "numba", "pydantic-core": "pydantic", "requests": "cbsodata", "starlette": "streamlit",
}  # fmt: skip
"""What comes with a package that pyproject.toml names, by the name of that package."""
providers = cache(packages_distributions)


def imported(source: str) -> Iterator[str]:
    """Yield the packages that a source imports, also late, and for types."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).split(".")[0]


def undeclared(file: str, source: str) -> list[str]:
    """Return what a source imports that a user may lack who installed what its use asks for."""
    use = next((use for start, use in EXTRAS.items() if file.startswith(start)), lock.HEADLESS)
    ours = {*(part.removesuffix(".py") for part in PARTS)} - (set() if use == "app" else {"app", "pages"})
    declared = lock.asked()[use] - {"setuptools"}
    found = []
    for module in {*imported(source)} - sys.stdlib_module_names - ours:
        packages = {lock.canonical(name) for name in providers().get(module, [])}
        if not declared & {BROUGHT.get(name, name) for name in packages}:
            found.append(f"{file} imports {module}: {use} does not declare it")
    return sorted(found)


def test_every_import_is_of_a_package_that_its_use_declares() -> None:
    """A wheel is tried beside the packages of this checkout, where a missing one does not show."""
    found = []
    for part in PARTS:
        for path in [ROOT / part] if part.endswith(".py") else sorted((ROOT / part).rglob("*.py")):
            file = path.relative_to(ROOT).as_posix()
            found += undeclared(file, path.read_text(encoding="utf-8"))
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("file", "source", "missing"),
    [
        ("sim/ties.py", "def late():\n    import streamlit.web", ["streamlit"]),
        ("sim/ties.py", "from distributed import Client\nimport numpy as np, os.path", ["distributed"]),
        ("commands/store.py", "from pages.look import charts", ["pages"]),
        ("commands/plans.py", "import nowhere_to_be_found, pytest", ["nowhere_to_be_found", "pytest"]),
        ("pages/look/bars.py", "import starlette, streamlit, ruamel.yaml\nfrom . import dark", []),
        ("pages/look/bars.py", "import distributed", ["distributed"]),
        ("sim/batches/executors.py", "import distributed, starlette", ["starlette"]),
    ],
)
def test_an_import_that_nobody_declares_is_found(file: str, source: str, missing: list[str]) -> None:
    assert [line.split()[2].rstrip(":") for line in undeclared(file, source)] == missing


@pytest.mark.parametrize(("brought", "by"), BROUGHT.items())
def test_what_comes_with_a_package_is_what_that_package_needs(brought: str, by: str) -> None:
    needs = [Requirement(each) for each in requires(by) or []]
    assert brought in {lock.canonical(each.name) for each in needs if each.marker is None}



def refused(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what `kinderwerk app` says where it does not start."""
    monkeypatch.setattr(sys, "argv", ["kinderwerk", "app"])
    monkeypatch.setattr(os, "execve", lambda *_: pytest.fail("it starts all the same"))
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    return said.err


def test_the_app_without_streamlit_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "streamlit", None)
    assert "WHEEL[app]" in refused(capsys, monkeypatch)


def test_the_app_is_started_with_few_arenas_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless who starts it has chosen: docs/robustness.md tells what many arenas cost."""
    given: list[dict[str, str]] = []
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(os, "execve", lambda _, __, env: (given.append(env), sys.exit()))
    for chosen in (None, "8"):
        if chosen is None:
            monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
        else:
            monkeypatch.setenv("MALLOC_ARENA_MAX", chosen)
        with pytest.raises(SystemExit):
            browser.app(None, headless=True)
    assert [env["MALLOC_ARENA_MAX"] for env in given] == ["2", "8"]
    assert all(env.keys() >= os.environ.keys() for env in given)


def test_who_stops_the_command_stops_the_server() -> None:
    port = free_port()
    call = [sys.executable, str(ROOT / "cli.py"), "app", "--port", str(port), "--headless"]
    app = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_until_healthy(port)
        app.terminate()
        app.wait(timeout=60)
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port), timeout=5)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(app.pid, signal.SIGKILL)
        app.wait()
