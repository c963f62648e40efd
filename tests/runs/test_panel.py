"""Lives in the open: all children are the run's totals, a sample is seeded, files say who they are."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from sim.api import simulate
from sim.engine.history import CELLS
from sim.engine.simulation import simulate as lived
from sim.engine.warmup import warm_up
from sim.errors import InputError, OptionError
from sim.inputs.scenario import Scenario
from sim.runs.experiment import Options, config_for
from sim.runs.panel import Panel, panel
from sim.runs.panel_files import METADATA, PACKAGE, SIMULATED, files_at, written
from sim.states import AGES, FORMS, USER_SETS
from tests.worlds import scenario

ROOT = Path(__file__).resolve().parents[2]
TOLD = scenario(36, years=3)
OPTIONS = Options(children=1500)


def made(told: Scenario = TOLD, sample: int | None = None, by: str = "month", threads: int = 2) -> Panel:
    with ThreadPoolExecutor(threads) as pool:
        return panel(told, OPTIONS, pool, sample, by)


def frame(found: Panel) -> pd.DataFrame:
    table: pd.DataFrame = found.table.to_pandas()
    return table


@pytest.fixture(scope="module")
def everyone() -> Panel:
    return made()


def test_all_children_together_are_the_totals_of_the_run(everyone: Panel) -> None:
    """Stocks of every state and form on 31 December, and the users of the year, of the engine's own books."""
    config = config_for(TOLD, OPTIONS, 0, 0)
    with ThreadPoolExecutor(2) as pool:
        history = lived(TOLD, config, pool, warm_up(config, TOLD.start, pool))
    assert everyone.scale == history.scale
    data, lay = frame(everyone), history.layout
    total = history.cells[:, :, :, :AGES].sum(axis=(1, 3))
    assert history.cells.shape[3] == CELLS
    last = data[data["month"] == 12]
    for year, counted in zip(history.years, total, strict=True):
        now = last[last["year"] == year]
        for k, (process, state) in enumerate(history.table.states):
            if process in now.columns and state != now[process].cat.categories[0]:  # the first is not booked
                assert (now[process] == state).sum() == counted[lay.stock + k], (year, process, state)
        for k, name in enumerate(USER_SETS):
            if name in FORMS:
                assert now[f"care_{name}"].sum() == counted[lay.stock_users + k], (year, name)
        users = data[(data["year"] == year) & data["care_this_year"]]["child"].nunique()
        assert users == counted[lay.users + list(USER_SETS).index("jeugdzorg")]
        assert len(now) == counted[lay.people]
        stock = history.programmes["kinderwerk"][year - TOLD.start].stock
        assert now["at_kinderwerk"].sum() == stock > 0


def test_results_are_the_same_with_lives_and_without() -> None:
    result = simulate(TOLD, children=800)
    before = result.table
    found = result.lives(sample=20)
    assert found.followed == 20
    assert simulate(TOLD, children=800).table.equals(before)


def test_a_sample_is_seeded_nested_and_part_of_everyone(everyone: Panel) -> None:
    few, more = made(sample=50), made(sample=200, threads=1)
    assert made(sample=50, threads=1).table.equals(few.table)
    small, large, all_ = (frame(one) for one in (few, more, everyone))
    assert small["child"].nunique() == 50
    assert set(small["child"]) < set(large["child"]) < set(all_["child"])
    again = all_[all_["child"].isin(small["child"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(again, small)
    assert large["child"].nunique() == more.followed == 200


def test_events_are_the_changes_between_months(everyone: Panel) -> None:
    data, events = frame(everyone).sort_values(["child", "year", "month"]), frame(made(by="event"))
    before = data.groupby("child")["need"].shift()
    changed = data[before.notna() & (before != data["need"])]
    need = events[(events["process"] == "need") & (events["age"] >= 0)]
    keys = ["child", "year", "month"]
    followed = need.merge(data.assign(had=before.notna())[[*keys, "had"]], on=keys)
    assert len(followed[followed["had"]]) == len(changed) > 50
    assert (followed["was"] != followed["becomes"]).all()


def test_files_say_that_these_are_simulated_persons(tmp_path: Path) -> None:
    found = made(sample=30)
    files = written(found, TOLD, tmp_path / "lives.parquet")
    assert [file.name for file in files] == ["lives.parquet", "lives.codebook.csv", PACKAGE]
    table = pq.read_table(files[0])
    assert table.column_names == found.table.column_names
    assert table.to_pandas().equals(frame(found))
    about = json.loads((table.schema.metadata or {})[METADATA])
    assert (about["simulated"], about["about"], about["children"]) == (True, SIMULATED, 30)
    assert np.all(table.column("simulated").to_numpy())
    package = json.loads(files[2].read_text(encoding="utf-8"))
    for resource, file in zip(package["resources"], files, strict=False):
        content = file.read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert (resource["path"], resource["bytes"]) == (file.name, len(content))
    fields = package["resources"][0]["schema"]["fields"]
    assert [field["name"] for field in fields] == table.column_names
    need = next(field for field in fields if field["name"] == "need")
    assert need["constraints"]["enum"] == ["none", "light", "moderate", "complex"]
    head, *rows = files[1].read_text(encoding="utf-8").splitlines()
    assert SIMULATED in head
    assert [row["name"] for row in csv.DictReader(rows)] == table.column_names
    with pytest.raises(InputError):
        written(found, TOLD, tmp_path / "lives.parquet")


def test_the_folder_of_lives_is_made_or_refused(tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "lives.parquet"
    assert files_at(file)[0] == file
    assert file.parent.is_dir()
    with pytest.raises(InputError, match=r"ends in \.parquet, found '\.csv'"):
        files_at(file.with_suffix(".csv"))
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(InputError, match="taken"):
        files_at(tmp_path / "taken" / "lives.parquet")
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "a file"


def test_the_same_panel_has_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        files = written(made(sample=10), TOLD, tmp_path / name / "lives.parquet")
        contents.append([file.read_bytes() for file in files])
    assert contents[0] == contents[1]


def test_what_cannot_be_lived_again_is_refused() -> None:
    capped = scenario(36, policy="capped", years=2)
    with pytest.raises(InputError, match="places in care are limited here"):
        made(capped, 10)
    with pytest.raises(OptionError, match="did you mean 'month'"):
        made(by="months")
    with pytest.raises(OptionError):
        made(sample=0)


def test_r_reads_what_was_written_by_the_lines_that_the_page_shows(everyone: Panel, tmp_path: Path) -> None:
    """Where R has nanoparquet and jsonlite; elsewhere nobody can tell."""
    page = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"```r\n(.*?)```", page, re.DOTALL)
    needs = "library(nanoparquet); library(jsonlite)"
    if shutil.which("Rscript") is None or _in_r(needs, tmp_path).returncode:
        pytest.skip("no R with nanoparquet and jsonlite")
    written(everyone, TOLD, tmp_path / "out" / "lives.parquet")
    told = _in_r(f"options(digits = 15)\n{lines}", tmp_path).stdout
    rows = re.findall(r"^\d+ +(\d{4}) +([\d.]+)$", told, re.MULTILINE)
    by_r = {int(year): float(users) for year, users in rows}
    data = frame(everyone)
    users = data[data["month"] == 12].groupby("year")["care_this_year"].sum() * everyone.scale
    assert by_r == pytest.approx(users.to_dict())
    assert users.gt(0).all()


def _in_r(lines: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["Rscript", "-e", lines], cwd=folder, capture_output=True, text=True, check=False)
