"""Appraisals of too few children: no number that could be luck, in the terminal, as data or on disk."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.terminal import call, short

CANNOT = "cannot be told"
MANY = ("--children", "40", "--draws", "3")


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    return short(tmp_path, 0, "none"), short(tmp_path, 36, "some")


def test_sensitivity_tells_nothing_of_too_few_children(pair: tuple[Path, Path], tmp_path: Path) -> None:
    line = ("sensitivity", *pair, *MANY, "--budget", "1e6", "--out", tmp_path / "out")
    done = call(*line)
    assert done.returncode == 0, done.stderr
    assert CANNOT in done.stdout
    assert "some against none, 40 children" in done.stdout
    assert not any(letter.isdigit() for letter in done.stdout.replace("40 children", ""))
    assert "nan" not in done.stderr
    answers = json.loads(call(*line, "--json").stdout)["answers"]
    assert answers["draws"] == 0
    assert answers["luck"] is answers["best_fit"] is answers["spread_parameters"] is None
    for name in ("worths", "units", "terms", "paybacks", "tornado", "cases", "equity", "thresholds"):
        assert answers[name] == []
    assert pq.read_table(tmp_path / "out" / "worth.parquet").num_rows == 0
    one = call("sensitivity", *pair, "--children", "1", "--draws", "3", "--out", tmp_path / "one")
    assert "1 child:" in one.stdout


def test_a_study_has_a_price_alone_of_too_few_children(pair: tuple[Path, Path], tmp_path: Path) -> None:
    line = ("study", *pair, *MANY, "--years", "1", "--out", tmp_path / "out")
    done = call(*line)
    assert done.returncode == 0, done.stderr
    assert "for 1 year: what it is worth cannot be told" in done.stdout
    assert "best now" not in done.stdout
    rows = [row.split("│")[1:-1] for row in done.stdout.splitlines() if row.startswith("│")]
    assert len(rows) > 5
    for size, chance, worth, price, left in rows:
        assert (chance.strip(), worth.strip(), left.strip()) == (CANNOT,) * 3
        assert float(price) > float(size) / 100
    data = json.loads(call(*line, "--json").stdout)
    assert data["best_now"] is data["willingness"] is None
    assert {name for name, value in data["asked"].items() if value is not None} == {"neighbourhoods", "price"}
    kept = pq.read_table(tmp_path / "out" / "study" / "studies.parquet")
    assert kept["worth"].null_count == kept.num_rows
    assert kept.to_pylist() == data["sizes"]


def test_where_lives_part_has_no_number_of_too_few_children(pair: tuple[Path, Path], tmp_path: Path) -> None:
    line = ("twins", *pair, "--children", "79", "--out", tmp_path / "out")
    done = call(*line)
    assert done.returncode == 0, done.stderr
    assert CANNOT in done.stdout
    assert not any(letter.isdigit() for letter in done.stdout)
    data = json.loads(call(*line, "--json").stdout)
    assert data["children"] is data["euros"] is data["care_years"] is None
    assert all(row["children"] is row["euros"] is row["euros_error"] is None for row in data["partings"])
    enough = json.loads(call("twins", *pair, "--children", "80", "--out", tmp_path / "80", "--json").stdout)
    assert enough["children"] is not None


def test_two_draws_and_a_single_year_read_well(tmp_path: Path) -> None:
    pair = short(tmp_path, 0, "none"), short(tmp_path, 36, "some")
    for file in pair:
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(r"years: \d+", "years: 1", text), encoding="utf-8")
    done = call("sensitivity", *pair, "--children", "80", "--draws", "2", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    assert "-2026" not in done.stdout
    assert " 2026 " in done.stdout
