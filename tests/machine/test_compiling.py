"""Kernels and warm starts are kept by what they were made from, and somewhere they can be written."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pages.doubt import work
from sim.machine import compiling
from sim.machine.compiling import cache_root, data_hash, kernel_hash, lives_hash, source_hash, use_cache
from sim.machine.private import private_folder
from sim.runs.warmstore import WarmStore

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a small package that stands in for sim/."""
    root = tmp_path / "sim"
    (root / "data").mkdir(parents=True)
    (root / "luck.py").write_text("a = 1\n", encoding="utf-8")
    (root / "rates.py").write_text("b = 2\n", encoding="utf-8")
    (root / "data" / "processes.yaml").write_text("kind: processes\n", encoding="utf-8")
    monkeypatch.setattr(compiling, "SIM", root)
    monkeypatch.setattr(compiling, "DATA", root / "data")
    return root


def test_the_hash_is_of_the_sources_and_short() -> None:
    assert source_hash() == source_hash()
    assert len(source_hash()) == len(data_hash()) == 16
    assert int(source_hash(), 16) >= 0


def test_a_changed_renamed_or_added_source_is_another_engine(package: Path) -> None:
    seen = {source_hash()}
    (package / "luck.py").write_text("a = 2\n", encoding="utf-8")
    seen.add(source_hash())
    (package / "luck.py").rename(package / "chance.py")
    seen.add(source_hash())
    (package / "new.py").touch()
    seen.add(source_hash())
    assert len(seen) == 4


def test_what_only_words_results_is_no_part_of_the_engine(package: Path) -> None:
    before = source_hash()
    (package / "words").mkdir()
    (package / "words" / "writing.py").write_text("c = 3\n", encoding="utf-8")
    (package / "report").mkdir()
    (package / "report" / "briefing.py").touch()
    assert source_hash() == before
    (package / "reporting.py").touch()
    assert source_hash() != before


def test_only_what_kernels_call_compiles_them_anew(package: Path) -> None:
    """An edit in decision/ or words/ keeps kernels and populations; one in the engine does not."""
    kernels, sources = kernel_hash(), source_hash()
    for room in ("decision", "words", "inputs", "files"):
        (package / room).mkdir()
        (package / room / "new.py").write_text("c = 3\n", encoding="utf-8")
        assert kernel_hash() == kernels
    assert source_hash() != sources
    for path in (
        "engine/lifecourse.py", "model/transitions.py", "luck.py", "published/markov.py",
        "runs/life_events.py",
    ):  # fmt: skip
        (package / path).parent.mkdir(exist_ok=True)
        (package / path).write_text("d = 4\n", encoding="utf-8")
        lives = lives_hash()
        (package / path).write_text("d = 5\n", encoding="utf-8")
        assert (lives_hash() == lives) == path.startswith(("published", "runs"))  # no child lives in those
        assert kernel_hash() != kernels
        kernels = kernel_hash()


def test_every_kernel_is_among_what_kernels_are_compiled_from() -> None:
    """A function that is compiled stands in KERNELS, and so does what it imports of this package."""
    for path in compiling.SIM.rglob("*.py"):
        name = path.relative_to(compiling.SIM).as_posix()
        if re.search(r"^@(kernel|njit)\b", path.read_text(encoding="utf-8"), re.MULTILINE):
            assert name.startswith(compiling.KERNELS), name


def test_data_changes_the_data_and_not_the_engine(package: Path) -> None:
    engine, data = source_hash(), data_hash()
    (package / "data" / "processes.yaml").write_text("kind: other\n", encoding="utf-8")
    assert source_hash() == engine  # kernels need no compiling again
    assert data_hash() != data
    (package / "luck.py").write_text("a = 3\n", encoding="utf-8")
    assert source_hash() != engine


@pytest.mark.parametrize("name", compiling.ABOUT_THE_FIT)
def test_how_well_the_fit_does_changes_no_result(package: Path, name: str) -> None:
    assert (ROOT / "sim" / "data" / name).is_file()
    data = data_hash()
    (package / "data" / name).write_text("{}\n", encoding="utf-8")
    assert data_hash() == data


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a place with every folder that may hold a cache; none is there yet, and none was refused."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("KINDERWERK_CACHE", str(tmp_path / "chosen"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    compiling._warn.cache_clear()
    compiling._new_folder.cache_clear()
    yield tmp_path
    compiling._new_folder.cache_clear()


def kernels_in(root: Path) -> Path:
    return root / "kernels" / kernel_hash()


def test_the_chosen_folder_comes_first_and_is_made(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert cache_root() == home / "chosen"
    assert list((home / "chosen").iterdir()) == []
    assert caplog.messages == []


def test_without_a_choice_it_is_the_cache_folder_of_the_user(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KINDERWERK_CACHE")
    assert cache_root() == home / "xdg" / "kinderwerk"
    monkeypatch.setattr(Path, "home", lambda: home)
    for unset in ("", "relative"):  # which the rules for such folders say is to be ignored
        monkeypatch.setenv("XDG_CACHE_HOME", unset)
        assert cache_root() == home / ".cache" / "kinderwerk"


def test_a_folder_that_cannot_be_written_is_passed_over(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (home / "file").touch()
    monkeypatch.setenv("KINDERWERK_CACHE", str(home / "file" / "cache"))
    assert cache_root() == home / "xdg" / "kinderwerk"
    (told,) = caplog.messages
    assert told.startswith("KINDERWERK_CACHE: ")
    assert str(home / "xdg") in told
    cache_root()
    assert len(caplog.messages) == 1  # once is enough
    monkeypatch.setenv("KINDERWERK_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "file"))
    found = cache_root()
    assert found.parent == home / "tmp"
    assert found.name == f"kinderwerk-{os.getuid()}"
    assert len(caplog.messages) == 1  # nobody chose it


def no_home() -> Path:
    raise RuntimeError("Could not determine home directory.")


def test_who_has_no_home_has_a_cache(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KINDERWERK_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", no_home)
    assert cache_root().parent == home / "tmp"


def planted(folder: Path, how: str) -> None:
    """Put something at a predictable place, as somebody else would who was first."""
    if how == "link":
        (folder.parent / "elsewhere").mkdir(mode=0o700)
        folder.symlink_to(folder.parent / "elsewhere")
        return
    if how == "file":
        folder.touch()
        return
    kernels_in(folder).mkdir(parents=True)
    if how == "open":
        folder.chmod(0o777)
    elif how == "another's":
        os.chown(folder, 12_345, 12_345)


HOSTILE = ["link", "open", "file"] + ["another's"] * (os.getuid() == 0)


@pytest.mark.parametrize("how", HOSTILE)
def test_a_folder_that_somebody_else_could_have_filled_is_not_used(
    home: Path, how: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A predictable folder among temporary files: a new one instead, and the log says why."""
    monkeypatch.setenv("KINDERWERK_CACHE", "/dev/null/nowhere")
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    guessed = home / "tmp" / f"kinderwerk-{os.getuid()}"
    planted(guessed, how)
    before = sorted(home.rglob("*"))
    use_cache()
    found = cache_root()
    assert found.parent == home / "tmp"
    assert found != guessed
    assert stat.S_IMODE(found.lstat().st_mode) == 0o700
    assert cache_root() == found
    assert os.environ["KINDERWERK_CACHE"] == str(found)  # for processes that start from here
    assert os.environ["NUMBA_CACHE_DIR"] == str(kernels_in(found))
    assert WarmStore().folder == found / "warm"
    assert [path for path in sorted(home.rglob("*")) if found not in (path, *path.parents)] == before
    reasons = [text for text in caplog.messages if re.search(rf"{re.escape(str(guessed))}\b", text)]
    assert len(reasons) == (how != "file")  # that is no folder for anybody
    assert all(str(found) in text for text in reasons)
    compiling._remove(found, os.getpid() + 1)  # a process that came from this one ends
    assert found.exists()
    compiling._remove(found, os.getpid())
    assert not found.exists()


@pytest.mark.parametrize("how", HOSTILE)
@pytest.mark.parametrize("name", ["kernels", "kernels/hash", "warm", "draws"])
def test_neither_is_one_within_the_cache(
    home: Path, how: str, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(compiling, "kernel_hash", lambda: "hash")
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    inside = private_folder(home / "chosen") / name
    private_folder(inside.parent)
    planted(inside, how)
    use_cache()
    work.draw_folder.cache_clear()
    used = {
        "kernels": Path(os.environ["NUMBA_CACHE_DIR"]),
        "warm": WarmStore().folder,
        "draws": work.draw_folder.__wrapped__(),
    }
    for kind, folder in used.items():
        there = home / ("tmp" if name.startswith(kind) else "chosen")
        assert there in folder.parents
        assert inside not in (folder, *folder.parents)
    assert cache_root() == home / "chosen"
    assert any(str(inside) in text for text in caplog.messages) == (how != "file")


def test_the_new_folder_is_gone_when_the_process_ends(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    lines = "from sim.machine.compiling import cache_root; print(cache_root())"
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "KINDERWERK_CACHE": str(tmp_path / "open"),
        "XDG_CACHE_HOME": "/dev/null", "TMPDIR": str(tmp_path / "open"),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, env=environment, check=True, timeout=60
    )
    assert Path(done.stdout.strip()).parent == tmp_path / "open"
    assert "others can write" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "open").iterdir()) == []


def test_where_nothing_can_be_written_nothing_is_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDERWERK_CACHE", "/dev/null/a")
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", "/dev/null/b")
    use_cache()
    assert not Path(os.environ["NUMBA_CACHE_DIR"]).exists()
    store = WarmStore()
    assert store._read("key", 2016) is None


def test_kernels_are_kept_by_the_hash_of_the_sources_unless_the_user_chose(
    package: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    use_cache()
    assert os.environ["NUMBA_CACHE_DIR"] == str(kernels_in(home / "chosen"))
    monkeypatch.setenv("NUMBA_CACHE_DIR", "mine")
    monkeypatch.chdir(home)
    use_cache()
    assert os.environ["NUMBA_CACHE_DIR"] == str(home / "mine")


@pytest.mark.parametrize("how", HOSTILE)
def test_what_the_user_chose_for_kernels_is_looked_at_too(
    home: Path, how: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    planted(home / "mine", how)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(home / "mine"))
    use_cache()
    assert os.environ["NUMBA_CACHE_DIR"] == str(kernels_in(home / "chosen"))
    assert any(text.startswith("NUMBA_CACHE_DIR: ") for text in caplog.messages)


def test_the_folder_is_known_before_numba_is(tmp_path: Path) -> None:
    lines = "import sim.engine.population, numba.core.config as c; print(c.CACHE_DIR)"
    environment = {**os.environ, "KINDERWERK_CACHE": str(tmp_path), "PYTHONPATH": str(ROOT)}
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, env=environment, check=True, timeout=60
    )
    assert done.stdout.strip() == str(kernels_in(tmp_path))


def test_kernels_are_kept_there_even_where_numba_came_first(tmp_path: Path) -> None:
    lines = "import numba, sim.engine.population as p; print(p._draw_children.stats.cache_path)"
    environment = {**os.environ, "KINDERWERK_CACHE": str(tmp_path), "PYTHONPATH": str(ROOT)}
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, env=environment, check=True, timeout=60
    )
    assert Path(done.stdout.strip()) == kernels_in(tmp_path) / "sim" / "engine"


def test_linear_algebra_keeps_to_one_thread_however_the_program_starts() -> None:
    told = "import os, sys; import {}; print(os.environ['OPENBLAS_NUM_THREADS'], 'numpy' in sys.modules)"
    clean = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    for first in ("sim", "commands.ending"):  # of Python, and of the terminal and the app
        done = subprocess.run(
            [sys.executable, "-c", told.format(first)], cwd=ROOT, env=clean, text=True, capture_output=True
        )
        assert done.stdout.split() == ["1", "False"], done.stderr  # read when numpy comes, so before it
