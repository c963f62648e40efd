"""What the docs show works: their example runs, and what they name is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.grid import load_grid
from sim.library import registry

ROOT = Path(__file__).resolve().parents[1]


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_the_example_of_the_python_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    monkeypatch.chdir(tmp_path)
    (example,) = blocks("python.md", "python")
    names: dict[str, Any] = {}
    exec(compile(example, "docs/python.md", "exec"), names)
    assert list(names["by_year"].columns) == ["none", "today", "half"]
    assert len(names["by_year"]) == 20
    assert names["last"].year == 2045
    assert re.match(
        r"2045: € [+-]\d+ million, ± \d+, too small: (True|False)\nunmet need", capsys.readouterr().out
    )
    assert (tmp_path / "results" / "example" / "comparison.parquet").exists()


def test_what_the_python_page_names_is_there() -> None:
    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    for name in re.findall(r"^\| `(\w+)\(", text, re.MULTILINE):
        assert callable(getattr(sim, name))
    assert set(sim.__all__) >= {"Batch", "run_batch", "simulate", "compare", "load_scenario"}
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        sim.nonsense  # noqa: B018


def test_the_grid_of_the_page_of_batches_is_one(tmp_path: Path) -> None:
    (grid,) = blocks("batches.md", "yaml")
    (tmp_path / "grid.yaml").write_text(
        grid.replace("from: huidig.yaml", f"from: {ROOT}/scenarios/almere/huidig.yaml"), encoding="utf-8"
    )
    members = load_grid(tmp_path / "grid.yaml", registry())
    assert len(members) == 4 * 2 * 2
    assert "grid--fte-12--policy-deficit--stay-2" in [member.name for member in members]
