"""The product without its checkout: built, installed in an empty environment, used from an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from benchmarks.app_load import free_port, wait_until_healthy
from sim.machine.compiling import cache_root
from tests.test_project import project_files

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("calibration", "commands", "pages", "scenarios", "sim")
BESIDE = (".streamlit/config.toml", "CHANGELOG.md", "CITATION.cff")
FEW = ("--children", "200")
NOWHERE = "/proc/nowhere"  # no folder, and nobody can make one there
OPENED = """
import sys
from pathlib import Path
import pages
from streamlit.testing.v1 import AppTest

for name in sys.argv[1:]:
    at = AppTest.from_file(str(Path(list(pages.__path__)[0]) / f"{name}.py"), default_timeout=240).run()
    wrong = [*at.exception, *at.error]
    assert not wrong, (name, [e.value for e in wrong])
    assert at.title, name
"""


@dataclass(frozen=True)
class Product:
    """What was built, where it is installed, and the empty folder where it is used.

    bare: variables of a user without a home; none where everything of this one is kept that is not ours.
    """

    sdist: Path
    wheel: Path
    bin: Path
    empty: Path
    bare: Mapping[str, str] | None = None

    def call(self, program: str, *words: object) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment in the empty folder."""
        return subprocess.run(
            [self.bin / program, *map(str, words)], cwd=self.empty, env=self.surroundings(),
            capture_output=True, text=True, timeout=500, check=False,
        )  # fmt: skip

    def homeless(self, folder: Path, short: Path) -> Product:
        """Return the same in another empty folder, with no home and no variable but PATH and TMPDIR."""
        (folder / "empty").mkdir()
        kept = short / f"kinderwerk-{os.getuid()}"
        kept.mkdir(mode=0o700)
        if (kernels := self.empty.parent / "cache" / "kernels").is_dir():
            shutil.copytree(kernels, kept / "kernels", ignore=shutil.ignore_patterns("*.lock"))
        bare = {"PATH": os.defpath, "HOME": NOWHERE, "TMPDIR": str(short)}
        return replace(self, empty=folder / "empty", bare=bare)

    def surroundings(self) -> dict[str, str]:
        """Return variables by which nothing of this checkout is in reach."""
        if self.bare is not None:
            return dict(self.bare)
        ours = ("PYTHON", "NUMBA_CACHE_DIR", "KINDERWERK_", "STREAMLIT_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        few = {"KINDERWERK_APP_CHILDREN": "500", "KINDERWERK_APP_DRAWS": "10"}
        return {**kept, **few, "KINDERWERK_CACHE": str(self.empty.parent / "cache")}


def build(what: str, source: Path, out: Path) -> Path:
    """Return a distribution made of the sources in a folder, as pip makes it."""
    words = f"from setuptools import build_meta; build_meta.build_{what}({str(out)!r})"
    done = subprocess.run(
        [sys.executable, "-c", words], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (made,) = out.glob("*.tar.gz" if what == "sdist" else "*.whl")
    return made


@pytest.fixture
def short() -> Iterator[Path]:
    """Return a folder for temporary files: a socket in it has a path of 107 characters at most."""
    with tempfile.TemporaryDirectory(prefix="k") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Product:
    """Build a source distribution, of that a wheel, and install it beside what it needs."""
    folder = tmp_path_factory.mktemp("product")
    for file in project_files():
        copy = folder / "sources" / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    sdist = build("sdist", folder / "sources", folder)
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    wheel = build("wheel", unpacked, folder)
    venv.create(folder / "env", with_pip=False)
    python = str(folder / "env" / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", "--quiet"]
    done = subprocess.run([*pip, str(wheel)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (packages,) = (folder / "env").glob("lib/python*/site-packages")
    needed = [path for path in sys.path if Path(path).name == "site-packages"]
    (packages / "what-it-needs.pth").write_text("\n".join(needed), encoding="utf-8")
    (folder / "empty").mkdir()
    if (kept := cache_root() / "kernels").is_dir():  # of the same sources: what was compiled is shared
        shutil.copytree(kept, folder / "cache" / "kernels", ignore=shutil.ignore_patterns("*.lock"))
    return Product(sdist, wheel, folder / "env" / "bin", folder / "empty")


def test_a_wheel_holds_the_whole_product_and_no_more(product: Product) -> None:
    held = {name for name in zipfile.ZipFile(product.wheel).namelist() if ".dist-info/" not in name}
    ours = {file.relative_to(ROOT).as_posix() for file in project_files()}
    packages = {name for name in ours if name.split("/")[0] in PACKAGES}
    assert packages
    (data,) = {name.split("/")[0] for name in held if ".data/" in name}
    beside = {f"{data}/data/share/kinderwerk/{name}" for name in BESIDE}
    assert held == packages | beside | {"app.py", "cli.py"}


def test_a_source_distribution_holds_the_whole_project(product: Product) -> None:
    with tarfile.open(product.sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    ours = {file.relative_to(ROOT).as_posix() for file in project_files()}
    assert {name for name in ours - held if not name.startswith(".git")} == set()


def test_the_commands_work_from_an_empty_folder(product: Product) -> None:
    where = product.call("python", "-c", "import sim; print(sim.__file__)")
    assert Path(where.stdout.strip()).is_relative_to(product.bin.parent)
    copied = product.call("kinderwerk", "scenarios")
    assert copied.returncode == 0, copied.stderr
    checked = product.call("kinderwerk", "check", "scenarios")
    assert checked.returncode == 0, checked.stderr
    run = product.call("kinderwerk", "run", "scenarios/almere/huidig.yaml", *FEW, "--out", "one")
    assert run.returncode == 0, run.stderr
    pair = ("scenarios/almere/geen.yaml", "scenarios/almere/huidig.yaml")
    for words in (
        ("compare", *pair, *FEW, "--out", "two"),
        ("briefing", *pair, *FEW, "--out", "briefing.pdf"),
        ("batch", "scenarios/hoorn", *FEW, "--workers", "1", "--out", "three"),
        ("model", "scenarios/published/sick-sicker-krijkamp2018.yaml", "--persons", "1000"),
        ("runs", "list", "--in", "."),
    ):
        done = product.call("kinderwerk", *words)
        assert done.returncode == 0, (words, done.stderr)
    assert (product.empty / "briefing.pdf").read_bytes().startswith(b"%PDF")
    assert all((product.empty / name / "manifest.json").is_file() for name in ("one", "two", "three"))


def test_pages_open_where_there_is_no_checkout(product: Product) -> None:
    opened = product.call("python", "-c", OPENED, "start", "galerij", "aannames", "ijking", "over")
    assert opened.returncode == 0, opened.stderr


def started_app(product: Product) -> str:
    """Start the app until it answers, and return what it said."""
    port = free_port()
    call = [str(product.bin / "kinderwerk"), "app", "--port", str(port), "--headless"]
    log = product.empty.parent / "app.log"
    with log.open("wb") as out, subprocess.Popen(
        call, cwd=product.empty, env=product.surroundings(), stdout=out, stderr=out
    ) as app:  # fmt: skip
        try:
            wait_until_healthy(port)
        finally:
            app.terminate()
    told = log.read_text(encoding="utf-8")
    assert f"URL: http://localhost:{port}" in told
    return told


def test_the_app_starts_with_its_own_settings(product: Product) -> None:
    assert "Network URL" not in started_app(product)  # as Streamlit tells where no settings keep it here


def test_commands_and_app_need_no_home(product: Product, tmp_path: Path, short: Path) -> None:
    """What is compiled and kept goes to the folder for temporary files."""
    alone = product.homeless(tmp_path, short)
    assert alone.call("kinderwerk", "scenarios").returncode == 0
    for words in (
        ("compare", "scenarios/almere/geen.yaml", "scenarios/almere/huidig.yaml", *FEW, "--out", "two"),
        ("batch", "scenarios/hoorn", *FEW, "--workers", "1", "--out", "three"),
    ):
        done = alone.call("kinderwerk", *words)
        assert done.returncode == 0, (words, done.stderr)
    started_app(alone)
    (kept,) = short.iterdir()
    assert {"kernels", "warm"} <= {part.name for part in kept.iterdir()}
    assert {path.name for path in alone.empty.iterdir()} == {"scenarios", "two", "three"}


def test_tests_of_the_source_distribution_try_what_is_installed(
    product: Product, tmp_path: Path, short: Path
) -> None:
    """As docs/deploy.md says it: in a folder with the tests and what they read, and no source of ours."""
    alone = product.homeless(tmp_path, short)
    with tarfile.open(product.sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    for name in ("tests", "benchmarks", "docs", "scenarios"):
        shutil.copytree(unpacked / name, alone.empty / name)
    shutil.copy(unpacked / "pyproject.toml", alone.empty)
    some = ("tests/files", "tests/inputs/test_fte.py", "tests/inputs/test_grid.py")
    done = alone.call("python", "-m", "pytest", *some, "-m", "not slow", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
    where = alone.call("python", "-c", "import sim; print(sim.__file__)")
    assert Path(where.stdout.strip()).is_relative_to(product.bin.parent)
