"""Targets beside what CBS StatLine says, without a network.

The answers in `recorded/` were made by hand in the form of OData 3 that the library reads: the titles are
those CBS prints, the keys and some of the figures are not. They are served below the library, in place of
`requests`.
"""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

import cli
from calibration.figures.refresh import Line, TargetFile, as_table, refresh
from calibration.figures.statline import is_provisional, number, read_renewals
from calibration.figures.targets import TARGET_FILE
from commands.terminal.literal import show
from sim.errors import InputError, SimulationError
from sim.progress import Progress

HERE = Path(__file__).resolve().parents[1]
ROOT = HERE.parents[1]
# Line ends, quotes, an order of columns and a missing last line end that csv would not write itself.
TARGETS = (
    "\ufeffid,year,unit,status,value,source,note\r\n"
    'jz_2024,2024,youths,"final","481355",NJi cijfers,\r\n'
    'jz_2021,2021,youths,final,469705,"NJi, cijfers",\r\n'
    "jz_2022,2022,youths,final,476560,NJi cijfers,één ‘noot’\n"
    'jz_2023,2023,youths,final,489895,"says ""about""",\r\n'
    "other_2024,2024,youths,final,476560,nobody renews this,"
)


class Recorded:
    """Answers of CBS by table, served where `requests` would send its question. urls: what was asked."""

    def __init__(self) -> None:
        self.tables = {
            file.stem: json.loads(file.read_text("utf-8")) for file in HERE.glob("recorded/*.json")
        }
        self.urls: list[str] = []

    def __call__(
        self, _: requests.Session, question: requests.PreparedRequest, **how: Any
    ) -> requests.Response:
        assert how["timeout"]
        assert question.url is not None
        self.urls.append(question.url)
        parts = urlsplit(question.url)
        table, entity = parts.path.removeprefix("/ODataFeed/odata/").split("/", 1)
        asked = {name: texts[0] for name, texts in parse_qs(parts.query).items()}
        answer = requests.Response()
        answer.url, answer.request = question.url, question
        answer.status_code = 200 if entity in self.tables.get(table, {}) else 404
        if answer.status_code == 200:
            content = dict(self.tables[table][entity])
            for choice in re.findall(r"\(([^()]*)\)", asked.get("$filter", "")):
                any_of = re.findall(r"(\w+) eq '([^']*)'", choice)  # to the letter, as CBS compares
                if any_of:
                    content["value"] = [r for r in content["value"] if any(r[n] == k for n, k in any_of)]
            for part, name in re.findall(r"substringof\('([^']*)',(\w+)\)", asked.get("$filter", "")):
                content["value"] = [row for row in content["value"] if part in row[name]]
            if "$select" in asked:
                columns = asked["$select"].split(",")
                content["value"] = [{name: row[name] for name in columns} for row in content["value"]]
            answer._content = json.dumps(content).encode()
        return answer


@pytest.fixture
def cbs(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    recorded = Recorded()
    monkeypatch.setattr(requests.Session, "send", lambda *a, **k: recorded(*a, **k))
    return recorded


@pytest.fixture
def targets(tmp_path: Path) -> Path:
    path = tmp_path / "cbs.csv"
    path.write_bytes(TARGETS.encode())
    return path


def found(lines: list[Line]) -> dict[str, tuple[str, str]]:
    return {line.target: (line.now, line.new_status) for line in lines}


def several(folder: Path, values: dict[str, tuple[int, str]]) -> Path:
    path = folder / "several.csv"
    rows = "".join(f"{name},{year},{value},final\n" for name, (year, value) in values.items())
    path.write_text("id,year,value,status\n" + rows, encoding="utf-8")
    return path


# ---- what CBS says


def test_each_target_stands_beside_what_cbs_says(cbs: Recorded, targets: Path) -> None:
    lines = refresh(["85099NED"], path=targets)
    assert lines == [
        Line("jz_2021", "85099NED", "469705", "469705", "final", "final"),
        Line("jz_2022", "85099NED", "476560", "476600", "final", "final"),
        Line("jz_2023", "85099NED", "489895", "", "final", ""),
        Line("jz_2024", "85099NED", "481355", "481355", "final", "provisional"),
    ]
    assert [line.changed for line in lines] == [False, True, False, True]
    assert [line.gone for line in lines] == [False, False, True, False]
    assert targets.read_bytes() == TARGETS.encode()


def test_the_typed_data_set_is_asked_for(cbs: Recorded, targets: Path) -> None:
    refresh(["85099NED"], path=targets)
    sets = {url.split("?")[0].rsplit("/", 1)[1] for url in cbs.urls if "DataSet" in url}
    assert sets == {"TypedDataSet"}


def test_keys_are_asked_for_with_the_blanks_cbs_gives_them(cbs: Recorded, targets: Path) -> None:
    refresh(["85099NED"], path=targets)
    (asked,) = [parse_qs(urlsplit(url).query)["$filter"][0] for url in cbs.urls if "DataSet" in url]
    assert "RegioS eq 'NL01  '" in asked
    assert "VormenVanJeugdzorg eq 'T001028  '" in asked


def test_a_row_of_which_the_library_does_not_know_the_key_is_still_found(
    cbs: Recorded, targets: Path
) -> None:
    """The library puts titles for keys that are the same to the letter, and leaves others as they are."""
    answer = Recorded.__call__

    def unpadded(self: Recorded, *question: Any, **how: Any) -> requests.Response:
        response = answer(self, *question, **how)
        if "TypedDataSet" in response.url:
            content = json.loads(response.content)
            for row in content["value"]:
                row["RegioS"] = row["RegioS"].strip()
            response._content = json.dumps(content).encode()
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Recorded, "__call__", unpadded)
        assert found(refresh(["85099NED"], path=targets))["jz_2022"] == ("476600", "final")


@pytest.mark.parametrize(
    ("cell", "value"), [(None, None), ("       .", None), ("    ", None), ("   430175", 430175.0), (0, 0.0)]
)
def test_a_cell_is_a_figure_or_missing(cell: object, value: float | None) -> None:
    assert number(cell) == value


@pytest.mark.parametrize(
    ("title", "status", "provisional"),
    [
        ("2024*", "", True), ("2024", "Voorlopig", True), ("1e halfjaar 2024**", None, True),
        ("2024", "NaderVoorlopig", True), ("2018", "Definitief", False), ("2018", None, False),
    ],
)  # fmt: skip
def test_a_star_or_a_word_makes_a_period_provisional(
    title: str, status: str | None, provisional: bool
) -> None:
    assert is_provisional({"Title": title, "Status": status}) is provisional


def test_categories_add_up_and_a_period_cbs_does_not_have_is_gone(cbs: Recorded, tmp_path: Path) -> None:
    years = range(2016, 2020)
    path = several(tmp_path, {f"jz_{g}_{y}": (y, "1") for g in ("u18", "18plus") for y in years})
    lines = refresh(["84135NED"], path=path)
    assert found(lines)["jz_u18_2016"] == ("389780", "final")
    assert found(lines)["jz_18plus_2018"] == ("15490", "final")
    assert {line.target for line in lines if line.gone} == {"jz_u18_2019", "jz_18plus_2019"}


def test_a_sum_with_a_missing_cell_is_no_figure(cbs: Recorded, tmp_path: Path) -> None:
    rows = cbs.tables["84135NED"]["TypedDataSet"]["value"]
    rows[2]["TotaalJongerenMetJeugdzorg_1"] = None  # 4 to 12 years in 2016
    del rows[6]  # 0 to 4 years in 2017
    years = range(2016, 2020)
    path = several(tmp_path, {f"jz_{g}_{y}": (y, "1") for g in ("u18", "18plus") for y in years})
    lines = refresh(["84135NED"], path=path)
    assert {line.target for line in lines if line.gone and "u18" in line.target} == {
        "jz_u18_2016", "jz_u18_2017", "jz_u18_2019",
    }  # fmt: skip


def test_a_share_is_worked_out_in_the_decimals_of_the_file(cbs: Recorded, tmp_path: Path) -> None:
    path = several(tmp_path, {"boys_share_2023": (2023, "0.543")})
    assert found(refresh(["85095NED"], path=path)) == {"boys_share_2023": ("0.543", "provisional")}


def test_measures_of_one_title_are_told_apart_by_their_groups(cbs: Recorded, tmp_path: Path) -> None:
    shares = {"0_3m": 0.161, "3_6m": 0.172, "6_12m": 0.296, "1_2y": 0.233, "2_3y": 0.067, "3_4y": 0.031,
              "4y": 0.039}  # fmt: skip
    path = several(tmp_path, {f"dur_{name}_2021": (2021, f"{share:.3f}") for name, share in shares.items()})
    lines = refresh(["85096NED"], path=path)
    assert len(lines) == 7
    assert not any(line.changed for line in lines)


def test_percentages_are_shares_here_and_measures_are_found_by_their_keys(cbs: Recorded) -> None:
    """Of 85098NED the keys are known, and not the titles; CBS has made one province final since."""
    lines = refresh(["85098NED"])
    assert len(lines) == 23
    now = found(lines)
    assert now["jh_u18_share_nl_2023"] == ("0.139", "final")
    assert now["half_year_ratio_u18_2023"] == ("0.842", "final")
    assert now["jb_with_verblijf_2023"] == ("0.484", "final")
    assert now["jh_u18_share_zeeland_2023p"] == ("0.159", "final")
    assert [line.target for line in lines if line.was != line.now] == ["jh_u18_share_zeeland_2023p"]


def test_a_key_that_the_table_has_not_is_named(cbs: Recorded) -> None:
    for item in cbs.tables["85098NED"]["DataProperties"]["value"]:
        item["Key"] = item["Key"].replace("JongerenMetJeugdbescherming", "JongerenMetJeugdbesch")
    with pytest.raises(InputError, match=r"measure 'JongerenMetJeugdbescherming'.*'JongerenMetJeugdbesch'"):
        refresh(["85098NED"])


# ---- what goes wrong


def rename(cbs: Recorded, entity: str, old: str, new: str) -> None:
    for item in cbs.tables["85099NED"][entity]["value"]:
        if item["Title"] == old:
            item["Title"] = new


@pytest.mark.parametrize(
    ("entity", "old", "new", "hint"),
    [
        (
            "DataProperties",
            "Vormen van jeugdzorg",
            "Vorm van jeugdzorg",
            "no dimension 'Vormen van jeugdzorg'",
        ),
        (
            "VormenVanJeugdzorg",
            "JZ Totaal jeugdzorg",
            "JZ Alle jeugdzorg",
            "no 'JZ Totaal jeugdzorg' in 'Vorm",
        ),
        ("DataProperties", "Jongeren met jeugdzorg", "Jeugdigen met jeugdzorg", "no measure 'Jongeren met"),
    ],
)
def test_a_renamed_dimension_category_or_measure_is_named_with_the_nearest(
    entity: str, old: str, new: str, hint: str, cbs: Recorded, targets: Path
) -> None:
    rename(cbs, entity, old, new)
    with pytest.raises(InputError) as error:
        refresh(["85099NED"], write=True, path=targets)
    assert "CBS table 85099NED" in str(error.value)
    assert hint in str(error.value)
    assert "did you mean" in str(error.value)
    assert error.value.problems[0].line > 1
    assert targets.read_bytes() == TARGETS.encode()


def test_a_dimension_in_which_nothing_is_chosen_is_an_error(cbs: Recorded, targets: Path) -> None:
    extra = {"ID": 9, "ParentID": None, "Type": "Dimension", "Key": "Geslacht", "Title": "Geslacht"}
    cbs.tables["85099NED"]["DataProperties"]["value"].append(extra)
    with pytest.raises(InputError, match="'Geslacht' in which nothing is chosen"):
        refresh(["85099NED"], path=targets)


def test_a_title_that_stands_there_twice_is_an_error(cbs: Recorded, targets: Path) -> None:
    rename(cbs, "RegioS", "Tilburg", "Nederland")
    with pytest.raises(InputError, match="several 'Nederland'"):
        refresh(["85099NED"], path=targets)


def test_a_table_that_cbs_has_closed_is_pointed_out(cbs: Recorded, targets: Path) -> None:
    said: list[Progress] = []
    cbs.tables["85099NED"]["TableInfos"]["value"][0]["Title"] = "Kerncijfers over jeugdzorg, 2021-2024"
    refresh(["85099NED"], tell=said.append, path=targets)
    assert any("now called 'Kerncijfers over jeugdzorg, 2021-2024'" in now.text() for now in said)


def unreachable(*_: object, **__: object) -> requests.Response:
    raise requests.ConnectionError("name or service not known")


def test_no_network_is_one_sentence(monkeypatch: pytest.MonkeyPatch, targets: Path) -> None:
    monkeypatch.setattr(requests.Session, "send", unreachable)
    with pytest.raises(SimulationError) as error:
        refresh(["85099NED"], write=True, path=targets)
    assert str(error.value).startswith("CBS StatLine cannot be reached")
    assert "\n" not in str(error.value)
    assert targets.read_bytes() == TARGETS.encode()


def test_a_table_cbs_does_not_give_is_named(cbs: Recorded, targets: Path) -> None:
    del cbs.tables["85099NED"]
    with pytest.raises(SimulationError, match=r"does not give table 85099NED.*404"):
        refresh(["85099NED"], path=targets)


def test_an_answer_that_is_no_answer_is_an_error(monkeypatch: pytest.MonkeyPatch, targets: Path) -> None:
    page = requests.Response()
    page.status_code, page._content = 200, b"<html>maintenance</html>"
    monkeypatch.setattr(requests.Session, "send", lambda *_, **__: page)
    with pytest.raises(SimulationError, match="85099NED that cannot be read"):
        refresh(["85099NED"], path=targets)


def test_a_target_that_is_no_longer_in_the_file_is_an_error(cbs: Recorded, targets: Path) -> None:
    targets.write_bytes(TARGETS.replace("jz_2022", "jz_2O22").encode())
    with pytest.raises(InputError, match="no target 'jz_2022'; did you mean"):
        refresh(["85099NED"], path=targets)


# ---- writing


def test_only_the_cells_that_change_are_written(cbs: Recorded, targets: Path) -> None:
    targets.chmod(0o644)
    refresh(["85099NED"], write=True, path=targets)
    expected = TARGETS.replace("final,476560,NJi", "final,476600,NJi").replace(
        '"final","481355"', 'provisional,"481355"'
    )
    assert targets.read_bytes() == expected.encode()
    assert targets.stat().st_mode & 0o777 == 0o644
    assert list(targets.parent.iterdir()) == [targets]
    assert not any(line.changed for line in refresh(["85099NED"], path=targets))


def test_nothing_is_written_where_nothing_changed(cbs: Recorded, targets: Path) -> None:
    refresh(["85099NED"], write=True, path=targets)
    before = targets.stat().st_ino
    refresh(["85099NED"], write=True, path=targets)
    assert targets.stat().st_ino == before


def test_a_file_that_was_changed_in_the_meantime_is_left_alone(cbs: Recorded, targets: Path) -> None:
    def meddle(_: Progress) -> None:
        targets.write_bytes(TARGETS.encode() + b"\r\n")

    with pytest.raises(SimulationError, match="changed in the meantime"):
        refresh(["85099NED"], write=True, tell=meddle, path=targets)
    assert targets.read_bytes() == TARGETS.encode() + b"\r\n"
    assert list(targets.parent.iterdir()) == [targets]


def test_killed_between_write_and_rename_leaves_the_old_file(targets: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from calibration.figures import refresh\n"
        "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "refresh.TargetFile.read(Path(sys.argv[1])).write({('jz_2022', 'value'): '476600'})\n"
    )
    place = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code, str(targets)], env=place, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL
    assert targets.read_bytes() == TARGETS.encode()
    (aside,) = [path for path in targets.parent.iterdir() if path != targets]
    assert b"476600" in aside.read_bytes()


def test_a_failing_disk_leaves_the_old_file_and_nothing_beside_it(
    targets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SimulationError, match="cannot be written"):
        TargetFile.read(targets).write({("jz_2022", "value"): "476600"})
    assert targets.read_bytes() == TARGETS.encode()
    assert list(targets.parent.iterdir()) == [targets]


def test_cells_are_where_csv_sees_them() -> None:
    file = TargetFile.read(TARGET_FILE)
    with TARGET_FILE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(file.spans) == [row["id"] for row in rows]
    for row in rows:
        for column in ("value", "status", "year"):
            assert file.cell(row["id"], column) == row[column]


# ---- the list of tables


def test_every_target_that_is_renewed_stands_in_the_file_and_is_renewed_once() -> None:
    named = Counter(target for renewal in read_renewals() for target in renewal.targets)
    assert set(named) <= set(TargetFile.read(TARGET_FILE).spans)
    assert [target for target, times in named.items() if times > 1] == []


def test_a_table_covers_the_years_of_the_targets_it_renews() -> None:
    file = TargetFile.read(TARGET_FILE)
    for renewal in read_renewals():
        first, _, last = renewal.years.partition("-")
        for target in renewal.targets:
            latest = int(last or (first if "-" not in renewal.years else 9999))
            assert int(first) <= int(file.cell(target, "year")) <= latest, target


# ---- the command


def command(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["kinderwerk", "data", "refresh", *words])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert isinstance(end.value.code, int)
    return end.value.code


def test_the_command_shows_results_on_stdout_and_progress_on_stderr(
    cbs: Recorded, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = TARGET_FILE.read_bytes()
    assert command(monkeypatch, "--table", "85099NED", "--table", "83454NED") == 0
    shown = capsys.readouterr()
    assert "Reading 85099NED" in shown.err
    assert "83454NED renews no target" in shown.err
    assert "Reading" not in shown.out
    assert "jz_2022" in shown.out
    assert TARGET_FILE.read_bytes() == before


def test_the_command_says_which_table_was_meant(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, "--table", "85090NED") == 2
    assert "unknown table '85090NED'; did you mean '85100NED'" in capsys.readouterr().err


def test_the_command_without_network_exits_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(requests.Session, "send", unreachable)
    assert command(monkeypatch, "--table", "85099NED") == 1
    assert "cannot be reached" in capsys.readouterr().err


def test_the_table_shows_changes_and_what_is_gone(
    cbs: Recorded, targets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show(as_table(refresh(["85099NED"], path=targets)))
    out = capsys.readouterr().out
    row: Callable[[str], str] = lambda name: next(line for line in out.splitlines() if name in line)  # noqa: E731
    assert "+40 (+0.0%)" in row("jz_2022")
    assert "final → provisional" in row("jz_2024")
    assert "no figure" in row("jz_2023")
    assert "jz_2021" not in out
    assert "1 of 4 targets are as CBS has them" in out
