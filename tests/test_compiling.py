"""Kernels and warm starts are kept by what they were made from, and somewhere they can be written."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sim import compiling
from sim.compiling import cache_root, data_hash, source_hash, use_cache

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a small package that stands in for sim/."""
    root = tmp_path / "sim"
    (root / "data").mkdir(parents=True)
    (root / "luck.py").write_text("a = 1\n", encoding="utf-8")
    (root / "rates.py").write_text("b = 2\n", encoding="utf-8")
    (root / "data" / "processes.yaml").write_text("kind: processes\n", encoding="utf-8")
    monkeypatch.setattr(compiling, "__file__", str(root / "compiling.py"))
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
    (package / "writing.py").write_text("c = 3\n", encoding="utf-8")
    (package / "report").mkdir()
    (package / "report" / "briefing.py").touch()
    assert source_hash() == before
    (package / "reporting.py").touch()
    assert source_hash() != before


def test_data_changes_the_data_and_not_the_engine(package: Path) -> None:
    engine, data = source_hash(), data_hash()
    (package / "data" / "processes.yaml").write_text("kind: other\n", encoding="utf-8")
    assert source_hash() == engine  # kernels need no compiling again
    assert data_hash() != data
    (package / "luck.py").write_text("a = 3\n", encoding="utf-8")
    assert source_hash() != engine


def test_the_chosen_folder_comes_first_and_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDERWERK_CACHE", str(tmp_path / "a" / "b"))
    assert cache_root() == tmp_path / "a" / "b"
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_without_a_choice_it_is_the_cache_folder_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KINDERWERK_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_root() == tmp_path / "xdg" / "kinderwerk"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert cache_root() == tmp_path / ".cache" / "kinderwerk"


def test_a_folder_that_cannot_be_written_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv("KINDERWERK_CACHE", str(blocked / "cache"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_root() == tmp_path / "xdg" / "kinderwerk"
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    found = cache_root()
    assert found.parent == Path(tempfile.gettempdir())
    assert found.name.startswith("kinderwerk-")


def test_kernels_are_kept_by_the_hash_of_the_sources_unless_the_user_chose(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINDERWERK_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    use_cache()
    assert os.environ["NUMBA_CACHE_DIR"] == str(tmp_path / "cache" / "kernels" / source_hash())
    monkeypatch.setenv("NUMBA_CACHE_DIR", "mine")
    use_cache()
    assert os.environ["NUMBA_CACHE_DIR"] == "mine"


def test_the_folder_is_known_before_numba_is(tmp_path: Path) -> None:
    lines = "import sim.luck, numba.core.config as c; print(c.CACHE_DIR)"
    environment = {**os.environ, "KINDERWERK_CACHE": str(tmp_path), "PYTHONPATH": str(ROOT)}
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, env=environment, check=True, timeout=60
    )
    assert done.stdout.strip() == str(tmp_path / "kernels" / source_hash())
