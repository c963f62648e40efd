"""A kernel that was kept is the kernel that was compiled, or it is compiled again: nothing else is loaded."""

from __future__ import annotations

import importlib.util
import os
import pickle
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
import pytest
from numba.core.caching import NullCache

from sim.machine import compiling, kernels

ROOT = Path(__file__).resolve().parents[2]
KERNELS = Path(os.environ["NUMBA_CACHE_DIR"])
SOURCE = """\
from sim.machine.kernels import kernel


@kernel
def half(x):
    return x / 2


@kernel(fastmath=False)
def twice(x):
    return 2 * x
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kept"))
    (tmp_path / "calc.py").write_text(SOURCE, encoding="utf-8")
    return tmp_path / "kept"


def anew(folder: Path) -> ModuleType:
    """Return the module as another process would have it: nothing is compiled yet."""
    spec = importlib.util.spec_from_file_location("calc", folder / "calc.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def counts(function: Any) -> tuple[int, int]:
    """Return how many were loaded, and how many compiled."""
    stats = function.stats
    return sum(stats.cache_hits.values()), sum(stats.cache_misses.values())


def kept(cache: Path, ending: str) -> list[Path]:
    return sorted(cache.rglob(f"*half*.{ending}"))


def test_a_kernel_is_compiled_once_for_each_set_of_types_and_then_loaded(cache: Path) -> None:
    first = anew(cache.parent)
    assert (first.half(3), first.half(3.0), first.half(4)) == (1.5, 1.5, 2.0)
    assert counts(first.half) == (0, 2)
    again = anew(cache.parent)
    assert (again.half(5), again.half(5.0), again.twice(5)) == (2.5, 2.5, 10)
    assert counts(again.half) == (2, 0)
    assert len(kept(cache, "nbi")) == 1
    assert len(kept(cache, "nbc")) == 2
    assert first.half.nopython_signatures
    assert all(path.lstat().st_mode & 0o777 == 0o600 for path in cache.rglob("*.nb?"))
    assert all(path.lstat().st_mode & 0o777 == 0o700 for path in cache.rglob("*") if path.is_dir())


def test_options_of_numba_are_passed_on_and_threads_are_free(cache: Path) -> None:
    made = anew(cache.parent)
    assert made.half.targetoptions["nogil"]
    assert made.half.targetoptions["nopython"]
    assert "fastmath" not in made.half.targetoptions
    assert made.twice.targetoptions["fastmath"] is False


def test_a_changed_source_is_compiled_again(cache: Path) -> None:
    anew(cache.parent).half(3)
    (cache.parent / "calc.py").write_text(SOURCE.replace("x / 2", "x / 2 + 1"), encoding="utf-8")
    changed = anew(cache.parent)
    assert changed.half(3) == 2.5
    assert counts(changed.half) == (0, 1)


class Planted:
    """What runs code when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("raise SystemExit('a planted file was unpickled')",)


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "one byte": lambda content: content[:1],
    "only a checksum": lambda content: content[:32],
    "half": lambda content: content[: len(content) // 2],
    "all but one": lambda content: content[:-1],
    "longer": lambda content: content + b"\0",
    "random": lambda content: bytes((7 * k * k + 3) % 251 for k in range(len(content))),
    "one bit": lambda content: content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
    "a pickle of something else": lambda content: pickle.dumps({"a": 1}),
    "a pickle that runs": lambda content: pickle.dumps(Planted()),
    "as numba wrote it": lambda content: content[32:],
}


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_damaged_is_compiled_and_kept_again(cache: Path, damage: str, ending: str) -> None:
    anew(cache.parent).half(3)
    (path,) = kept(cache, ending)
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    again = anew(cache.parent)
    assert again.half(3) == 1.5
    assert counts(again.half) == (0, 1)
    third = anew(cache.parent)
    assert third.half(3) == 1.5
    assert counts(third.half) == (1, 0)


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("instead", ["folder", "full folder", "link", "pipe", "nothing"])
def test_what_stands_in_place_of_a_file_is_replaced(cache: Path, ending: str, instead: str) -> None:
    anew(cache.parent).half(3)
    (path,) = kept(cache, ending)
    if instead == "link":
        path.rename(cache / "moved")
        path.symlink_to(cache / "moved")
    else:
        path.unlink()
        if instead == "pipe":
            os.mkfifo(path)
        elif instead != "nothing":
            path.mkdir()
            if instead == "full folder":
                (path / "x").touch()
    again = anew(cache.parent)
    assert again.half(3) == 1.5
    assert counts(again.half) == (0, 1)
    assert counts_after_another(cache) == (1, 0)


def counts_after_another(cache: Path) -> tuple[int, int]:
    module = anew(cache.parent)
    assert module.half(3) == 1.5
    return counts(module.half)


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("how", ["mode", "owner"])
def test_a_file_of_somebody_else_is_not_unpickled(
    cache: Path, monkeypatch: pytest.MonkeyPatch, ending: str, how: str
) -> None:
    """Whole, and with the right checksum: only who could have written it tells."""
    anew(cache.parent).half(3)
    (path,) = kept(cache, ending)
    if how == "mode":
        path.chmod(0o666)
    elif os.getuid() == 0:
        os.chown(path, 12_345, 12_345)
    else:
        pytest.skip("only root can give a file to another user")
    read: list[bytes] = []
    monkeypatch.setattr(pickle, "loads", lambda body: read.append(bytes(body)))
    anew(cache.parent).half(3)
    assert (ending == "nbi") == (read == [])  # where the object is another's, the index is ours


def test_a_kernel_that_cannot_be_loaded_is_compiled(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after another version of a library that left its name."""
    anew(cache.parent).half(3)

    def fail(*_: object) -> None:
        raise EOFError

    monkeypatch.setattr(kernels._Contents, "rebuild", fail)
    assert counts_after_another(cache) == (0, 1)
    monkeypatch.undo()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(cache))
    monkeypatch.setattr(pickle, "loads", fail)
    assert counts_after_another(cache) == (0, 1)


def test_another_version_of_numba_has_its_own_files(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    anew(cache.parent).half(3)
    monkeypatch.setattr(numba, "__version__", "another")
    assert counts_after_another(cache) == (0, 1)
    assert len(kept(cache, "nbc")) == 2


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), PermissionError(13, "no")])
def test_what_cannot_be_kept_costs_time_only(
    cache: Path, monkeypatch: pytest.MonkeyPatch, failure: OSError
) -> None:
    module = anew(cache.parent)

    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(tempfile, "mkstemp", fail)
    assert module.half(3) == 1.5
    assert kept(cache, "nbc") == []


def test_without_any_folder_kernels_are_compiled_and_not_kept(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/dev/null/nowhere")
    module = anew(cache.parent)
    assert isinstance(module.half._cache, NullCache)
    assert module.half(3) == 1.5


def test_two_that_begin_at_once_never_take_each_others_kernel(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both saw an empty index, and the first wrote its file last: numba gave both files one name."""
    one, other = anew(cache.parent), anew(cache.parent)
    late: list[tuple[Any, str, Any]] = []
    write = kernels._Files._write

    def slowly(files: Any, path: str, what: Any) -> None:
        if path.endswith(".nbc"):
            late.append((files, path, what))
        else:
            write(files, path, what)

    monkeypatch.setattr(kernels._Files, "_load_index", lambda self: {})
    monkeypatch.setattr(kernels._Files, "_write", slowly)
    assert (one.half(3), other.half(3.0)) == (1.5, 1.5)
    monkeypatch.undo()
    for files, path, what in reversed(late):
        files._write(path, what)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(cache))
    third = anew(cache.parent)
    assert (third.half(5.5), third.half(5)) == (2.75, 2.5)
    assert counts(third.half) == (1, 1)  # one is no longer in the index: compiled again, and then there


def test_a_file_under_the_name_of_another_is_not_loaded(cache: Path) -> None:
    first = anew(cache.parent)
    first.half(3)
    first.half(3.0)
    one, other = kept(cache, "nbc")
    shutil.copy(one, other)
    again = anew(cache.parent)
    assert (again.half(3), again.half(3.0)) == (1.5, 1.5)
    assert counts(again.half) == (1, 1)


def test_processes_that_begin_at_once_on_an_empty_cache_are_right(cache: Path) -> None:
    lines = "import calc, sys; print([calc.half(t(5)) for t in (int, float) * 2], calc.twice(5))"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(cache.parent), str(ROOT)))}
    both = [
        subprocess.Popen(
            [sys.executable, "-c", lines], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment,
        )
        for _ in range(2)
    ]  # fmt: skip
    for process in both:
        out, err = process.communicate(timeout=120)
        assert (process.returncode, out, err) == (0, "[2.5, 2.5, 2.5, 2.5] 10\n", "")
    assert list(cache.rglob("*.part")) == []
    module = anew(cache.parent)
    assert (module.half(5), module.half(5.0), module.twice(5)) == (2.5, 2.5, 10)


def test_installations_of_the_same_sources_share_what_was_compiled(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, sources, found in (("one", "a", (0, 1)), ("other", "a", (1, 0)), ("changed", "b", (0, 1))):
        (tmp_path / name / "engine").mkdir(parents=True)
        shutil.copyfile(tmp_path / "calc.py", tmp_path / name / "engine" / "calc.py")
        monkeypatch.setattr(compiling, "SIM", tmp_path / name)
        monkeypatch.setattr(kernels, "_sources", lambda sources=sources: sources)
        half = anew(tmp_path / name / "engine").half
        assert half(3.0) == 1.5
        assert counts(half) == found


def test_a_command_with_damaged_kernels_is_as_any_other(tmp_path: Path) -> None:
    def run(kernels: Path, out: str) -> bytes:
        words = ["run", str(ROOT / "scenarios" / "almere" / "huidig.yaml"), "--children", "400", "--out", out]
        done = subprocess.run(
            [sys.executable, str(ROOT / "cli.py"), *words], cwd=tmp_path, capture_output=True, text=True,
            env=os.environ | {"NUMBA_CACHE_DIR": str(kernels)}, timeout=240, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, f"Tables: {out}\n")
        return (tmp_path / out / "results.parquet").read_bytes()

    whole = run(KERNELS, "whole")
    shutil.copytree(KERNELS, tmp_path / "kernels")
    mine = tmp_path / "kernels" / "sim" / "engine"
    (index,) = mine.glob("programmes._book*.nbi")
    index.write_bytes(b"")
    (first, *_) = mine.glob("programmes._scan*.nbc")
    first.write_bytes(first.read_bytes()[:1000])
    (other, *_) = mine.glob("programmes._fill*.nbc")
    other.unlink()
    other.mkdir()
    assert run(tmp_path / "kernels", "damaged") == whole
    assert index.stat().st_size > 0
    assert other.is_file()


RUNS_CODE = re.compile(r"cache=True|allow_pickle=True|np\.load\(|\b(pickle|cloudpickle|joblib)\.\w+\(")
"""numba's own cache unpickles whatever it finds, and so do these."""


def test_nothing_else_reads_what_could_run_code() -> None:
    folders = [ROOT / name for name in ("sim", "calibration", "commands", "pages")]
    files = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    found = [path.name for path in files if RUNS_CODE.search(path.read_text(encoding="utf-8"))]
    assert found == ["kernels.py", "workers.py", "apart.py"]  # the last two hear their own child processes
