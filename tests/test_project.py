"""What holds for the project as a whole: what it installs, what it gives away, which way its arrows point."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"

FOLDERS = {
    ".ci",
    ".github",
    ".streamlit",
    "LICENSES",
    "benchmarks",
    "calibration",
    "commands",
    "docs",
    "pages",
    "scenarios",
    "sim",
    "tests",
}
USERS_OF_SIM = {"app", "calibration", "cli", "commands", "pages", "streamlit"}
BIT_GENERATORS = {"BitGenerator", "MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"}
SEEDED = {"Generator", "SeedSequence", "default_rng"} | BIT_GENERATORS


@cache
def project_files() -> tuple[Path, ...]:
    """Return the files that are in the project or would be at the next commit."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout, so the files of the project cannot be told from others")
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(path for name in names.split("\0") if name and (path := ROOT / name).is_file())


def where(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def matches(path: Path, pattern: re.Pattern[bytes]) -> list[str]:
    content = path.read_bytes()
    return [where(path, content.count(b"\n", 0, found.start()) + 1) for found in pattern.finditer(content)]


def none_of(found: Iterable[str]) -> None:
    """Fail with a list of what was found, a line each."""
    lines = "\n".join(found)
    assert not lines, lines


def locked() -> dict[str, str]:
    """Return each entry of the lock file, whole, by the name it starts with."""
    entries = re.split(r"\n(?=[^\s#])", LOCK.read_text(encoding="utf-8"))[1:]
    return {canonicalize_name(re.split(r"[=<>!~;@\s\[]", entry)[0]): entry for entry in entries}


def test_every_locked_requirement_is_one_version_with_hashes() -> None:
    pinned = re.compile(r"[\w.-]+(\[\w+\])?==[\w.]+( ; [^\\\n]+)? \\\n    --hash=sha256:[0-9a-f]{64}\b")
    entries = locked()
    assert len(entries) > 50
    none_of(entry.splitlines()[0] for entry in entries.values() if not pinned.match(entry))


def test_the_lock_holds_versions_hashes_and_comments_only() -> None:
    version = r"[\w.-]+(\[\w+\])?==[\w.]+( ; [^/@\\]+)? \\"
    digest = r"    --hash=sha256:[0-9a-f]{64}( \\)?"
    comment = r"( {4})?#[^/@\\]*"
    allowed = re.compile(f"({version}|{digest}|{comment})?")
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    none_of(f"{number}: {line}" for number, line in enumerate(lines, 1) if not allowed.fullmatch(line))


def test_the_lock_satisfies_what_the_project_asks_for() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = asked["project"]["optional-dependencies"].values()
    wanted = chain(asked["build-system"]["requires"], asked["project"]["dependencies"], *extras)
    versions = {name: entry.split("==")[1].split()[0] for name, entry in locked().items()}
    for requirement in map(Requirement, wanted):
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in the lock: make lock"
        assert version in requirement.specifier, f"the lock has {requirement.name} {version}: make lock"


def test_no_file_holds_a_path_of_this_machine() -> None:
    roots = "|".join(("home", "opt", "root", "work"))
    here = [re.escape(str(place)) for place in (ROOT, Path.home()) if len(place.parts) > 1]
    pattern = re.compile(rf"(?<![\w.])(?:/(?:{roots})\b|(?:{'|'.join(here)})(?![\w-]))".encode())
    none_of(place for path in project_files() for place in matches(path, pattern))


def test_no_file_names_a_package_index() -> None:
    hosts = [r"py" + r"pi\.org", r"python" + r"hosted\.org", r"npm" + r"js\.org", r"deb\." + r"debian"]
    options = ["index" + "-url", "extra" + "-index", "find" + "-links", "trusted" + "-host"]
    pattern = re.compile("|".join(hosts + options).encode(), re.IGNORECASE)
    none_of(place for path in project_files() for place in matches(path, pattern))


def test_the_folders_at_the_top_are_those_of_the_house() -> None:
    found = {path.relative_to(ROOT).parts[0] for path in project_files() if path.parent != ROOT}
    assert found == FOLDERS


@pytest.mark.parametrize("name", ["app.py", "cli.py", "pyproject.toml", "README.md", "Makefile", "LICENCE"])
def test_the_files_at_the_top_are_there(name: str) -> None:
    assert (ROOT / name).is_file()


def sim_files() -> list[Path]:
    return sorted((ROOT / "sim").rglob("*.py"))


def dotted(path: Path) -> str:
    """Return the name of a file of sim/ as it is imported, without the `sim.`; a folder is its __init__."""
    parts = path.relative_to(ROOT / "sim").with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Yield what a file of sim/ imports, wherever in the file, as a dotted name with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = ".".join(filter(None, ["sim" if node.level else "", node.module]))
            if module == "sim":  # a module, or a name of the package's own face
                yield from ((f"sim.{alias.name}", node.lineno) for alias in node.names)
            else:
                yield module, node.lineno


@pytest.mark.parametrize("house", ["sim", "pages"])
def test_every_room_has_its_layer(house: str) -> None:
    """`make lint` holds the layers; a folder that none of them names would be held by nothing."""
    with (ROOT / "pyproject.toml").open("rb") as stream:
        contracts = tomllib.load(stream)["tool"]["importlinter"]["contracts"]
    (contract,) = (each for each in contracts if each["name"].startswith(f"A room of {house}/"))
    named = {name for layer in contract["layers"] for name in re.split(r"[\s:|]+", layer)}
    files = sim_files() if house == "sim" else (ROOT / "pages").glob("*/*.py")
    there = {path.relative_to(ROOT / house).parts[0].removesuffix(".py") for path in files}
    assert {name.removeprefix("pages.") for name in named} == there - {"__init__"}


def test_no_room_of_pages_imports_a_page() -> None:
    """A page file stands in no layer: it may use all of them, and none of them it."""
    pages = {f"pages.{path.stem}" for path in (ROOT / "pages").glob("*.py")}
    assert "pages.start" in pages
    for path in (ROOT / "pages").glob("*/*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        asked = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not asked & pages, path


def shown_by(room: str) -> set[str]:
    """Return the modules of a room that others may use, which its `__init__.py` names."""
    tree = ast.parse((ROOT / "sim" / room / "__init__.py").read_text(encoding="utf-8"))
    (names,) = (node.value for node in tree.body if isinstance(node, ast.Assign))
    return set(ast.literal_eval(names))


def test_pages_commands_and_calibration_enter_a_room_by_the_modules_that_it_shows() -> None:
    rooms = {path.parent.name for path in (ROOT / "sim").glob("*/__init__.py")}
    used: dict[str, dict[str, str]] = {room: {} for room in rooms}
    for path in project_files():
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in {*USERS_OF_SIM, "app.py", "cli.py"}:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sim."):
                    room, *module = str(node.module).split(".")[1:]
                    if room in rooms:
                        names = module or [alias.name for alias in node.names]
                        used[room] |= dict.fromkeys(names, where(path, node.lineno))
    inside = [f"{place}: sim.{room}.{name} is no module that sim.{room} shows"
              for room, names in used.items() for name, place in names.items() if name not in shown_by(room)]
    none_of(inside)
    none_of(f"sim.{room} shows {name}, which nobody uses" for room in rooms
            for name in shown_by(room) - used[room].keys())  # fmt: skip


@pytest.mark.parametrize("path", sim_files(), ids=dotted)
def test_sim_knows_nothing_of_those_who_use_it(path: Path) -> None:
    outside = [(name, line) for name, line in imports(path) if name.split(".")[0] in USERS_OF_SIM]
    none_of(f"{where(path, line)} imports {name}" for name, line in outside)


@pytest.mark.parametrize("path", sim_files(), ids=dotted)
def test_a_file_of_sim_fits_in_the_head(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


def test_every_class_has_a_name_of_its_own() -> None:
    """Of the product; a reader who meets a name should have one place to look."""
    product = {"sim", "calibration", "commands", "pages"}
    places: dict[str, list[str]] = {}
    for path in project_files():
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in product:
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef):
                    places.setdefault(node.name, []).append(where(path, node.lineno))
    assert len(places) > 200
    none_of(f"{name}: {', '.join(found)}" for name, found in places.items() if len(found) > 1)


def unseeded(path: Path) -> Iterator[str]:
    """Yield the places that draw, or could draw, from numpy's or Python's global stream of random numbers."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Attribute(value=ast.Attribute(ast.Name("np" | "numpy"), "random"), attr=name):
                if name not in SEEDED:
                    yield where(path, node.lineno)
            case ast.ImportFrom(module="numpy.random", names=names):
                if not {alias.name for alias in names} <= SEEDED:
                    yield where(path, node.lineno)
            case ast.ImportFrom(module="numpy", names=names):
                if any(alias.name == "random" for alias in names):
                    yield where(path, node.lineno)
            case ast.Import(names=names):
                if any(alias.name in ("numpy.random", "random") for alias in names):
                    yield where(path, node.lineno)
            case ast.ImportFrom(module="random"):
                yield where(path, node.lineno)


def test_nothing_draws_from_a_global_stream_of_random_numbers() -> None:
    programs = [path for path in project_files() if path.suffix == ".py"]
    none_of(place for path in programs for place in unseeded(path))


def test_no_page_changes_the_settings_of_altair_that_all_threads_share() -> None:
    """st.altair_chart does, for as long as it converts a chart: see pages.shared.parts.draw."""
    pages = [path for path in project_files() if path.suffix == ".py" and path.is_relative_to(ROOT / "pages")]
    assert len(pages) > 30
    none_of(place for path in pages for place in matches(path, re.compile(rb"\.altair_chart\(")))
