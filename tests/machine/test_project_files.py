"""Which kinderwerk this is; where files beside the packages are, in a checkout and where pip put them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.machine import project
from sim.machine.project import commit, file_beside


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    file_beside.cache_clear()
    yield
    file_beside.cache_clear()


def test_a_checkout_has_them_beside_its_packages() -> None:
    root = Path(__file__).resolve().parents[2]
    assert file_beside("CHANGELOG.md") == root / "CHANGELOG.md"
    assert (root / "scenarios").samefile(project.SCENARIOS)


def test_an_installation_has_them_where_its_record_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "env" / "lib" / "site-packages"
    record = site / "kinderwerk-1.0.dist-info" / "RECORD"
    record.parent.mkdir(parents=True)
    record.write_text("../../share/kinderwerk/CHANGELOG.md,,\n", encoding="utf-8")
    (site / "CHANGELOG.md").write_text("of another package", encoding="utf-8")
    ours = tmp_path / "env" / "share" / "kinderwerk" / "CHANGELOG.md"
    ours.parent.mkdir(parents=True)
    ours.touch()
    monkeypatch.setattr(project, "ROOT", site)
    monkeypatch.syspath_prepend(site)
    assert file_beside("CHANGELOG.md") == ours
    with pytest.raises(FileNotFoundError, match=r"CITATION\.cff is missing"):
        file_beside("CITATION.cff")


def test_the_commit_is_that_of_the_checkout_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    head, dirty = commit()
    if (project.ROOT / ".git").exists():
        assert head is not None
        assert len(head) == 40
        assert isinstance(dirty, bool)
    commit.cache_clear()
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert commit() == (None, None)
    commit.cache_clear()
    monkeypatch.setenv("KINDERWERK_COMMIT", "0123abc")  # an image says what it was built from
    assert commit() == ("0123abc", False)
    commit.cache_clear()
