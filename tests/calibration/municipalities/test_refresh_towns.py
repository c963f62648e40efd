"""Figures of municipalities renewed from CBS StatLine, in answers of its documented shape (no network)."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path
from typing import Any

import pytest
import requests
from rich.console import Console

import cli
from calibration.municipalities import refresh_towns as module
from calibration.municipalities.level_model import EVIDENCE
from calibration.municipalities.refresh_towns import FILES, TownLine, refresh_towns
from sim.errors import InputError, SimulationError
from sim.inputs.placenames import Town, towns
from sim.progress import nobody
from sim.states import AGES
from tests.calibration.figures.test_refresh import Recorded
from tests.calibration.municipalities.answers import key_figures, persons

TILBURG, GRONINGEN, MERGED = "GM0855", "GM0014", "GM1982"  # the last: Land van Cuijk, of 2022
DAY = dt.date(2026, 11, 29)
BEFORE = {
    code: [10_000.0, 1_000, 3_000, 3_000, 4_000 + 1_000 * i, 1_000 + 10 * i, 20.0 + i, 5.0 + i, 70 + i, 600]
    for i, code in enumerate(("GM0756", "GM0786", "GM0815", "GM1684", "GM1702"))
}
"""Key figures (`answers.KEYS`) of the five that became Land van Cuijk in 2022."""


@pytest.fixture
def cbs(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """Tilburg and Groningen in 2021 and 2022, and Land van Cuijk, which is of 2022."""
    recorded = Recorded()
    table = recorded.tables["03759ned"]
    table["Perioden"]["value"][:0] = [
        {"Key": f"{year}JJ00", "Title": str(year), "Description": "", "Status": "Definitief"}
        for year in (2021, 2022)
    ]
    regions = table["RegioS"]["value"]
    for code, title in ((GRONINGEN, "Groningen (gemeente)"), (MERGED, "Land van Cuijk")):
        regions.append({"Key": code, "Title": title, "Description": "", "CategoryGroupID": 1})
    ages = {item["Title"]: item["Key"] for item in table["Leeftijd"]["value"]}
    rows = table["TypedDataSet"]["value"]

    def put(code: str, year: int, title: str, count: int) -> None:
        rows.append({
            "ID": len(rows), "Geslacht": "T001038", "Leeftijd": ages[title], "BurgerlijkeStaat": "T001019",
            "RegioS": code, "Perioden": f"{year}JJ00", "BevolkingOp1Januari_1": count,
            "GemiddeldeBevolking_2": None,
        })  # fmt: skip

    for code, years in ((TILBURG, (2021, 2022)), (GRONINGEN, (2021, 2022)), (MERGED, (2022,))):
        for year in years:
            for age in range(AGES):
                put(code, year, f"{age} jaar", 2000 + age + year)
        put(code, 2025, "Totaal", 230_000)
    here = [90_000.0, 12_000, 30_000, 28_000, 45_000, 15_000, 26.4, 7.25, 2_800, None]
    there = [*here[:-1], 2_100.0]
    recorded.tables["85039NED"] = key_figures("85039NED", 2021, {TILBURG: here, **BEFORE})
    recorded.tables["85318NED"] = key_figures("85318NED", 2022, {TILBURG: there, GRONINGEN: [None] * 10})
    recorded.tables["85100NED"] = persons({
        (TILBURG, 2021): (400, 2_200, 2_300, None), (TILBURG, 2023): (500, 2_500, 2_600, 300)
    })  # fmt: skip
    monkeypatch.setattr(requests.Session, "send", lambda *a, **k: recorded(*a, **k))
    return recorded


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three municipalities of the evidence as it is."""
    for name in FILES:
        rows = (EVIDENCE / name).read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [row for row in rows[1:] if row[:6] in (TILBURG, GRONINGEN, MERGED)]
        sources = rows[1:] if name == "municipal_sources.csv" else kept
        (tmp_path / name).write_text("".join([rows[0], *sources]), encoding="utf-8")
    return tmp_path


def read(folder: Path, name: str) -> dict[Any, dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    by_year = name == "municipal_use.csv"
    return {(row["code"], row["year"]) if by_year else row.get("code", row["source"]): row for row in rows}


def contents(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in FILES]


@pytest.mark.usefixtures("cbs")
def test_what_cbs_has_otherwise_is_told_and_nothing_is_written(folder: Path) -> None:
    before = contents(folder)
    lines = refresh_towns(folder=folder)
    assert contents(folder) == before
    was = read(folder, "municipalities.csv")[TILBURG]["a0"]
    assert TownLine(TILBURG, "a0", was, "4021") in lines
    assert [line.now for line in lines if line.code == MERGED and line.what == "a0"] == [""]
    assert all(not line.changed for line in lines if line.code == MERGED and line.what.startswith("a"))
    assert {f"jeugdzorg {year}" for year in (2021, 2022)} <= {line.what for line in lines}


def test_what_changed_is_written_with_its_source_and_day(cbs: Recorded, folder: Path) -> None:
    """A municipality without a figure, and a group of ages that is kept secret, stay as they are."""
    care = cbs.tables["85099NED"]["TypedDataSet"]["value"]
    for year, count in ((2021, 5100), (2023, 5900)):
        care.append({
            "ID": len(care), "VormenVanJeugdzorg": "A045558  ", "RegioS": TILBURG, "Perioden": f"{year}JJ00",
            "JongerenMetJeugdzorg_1": count, "Jeugdzorgtrajecten_3": None,
        })  # fmt: skip
    old = {name: read(folder, name) for name in FILES}
    refresh_towns(write=True, folder=folder, today=DAY)
    new = {name: read(folder, name) for name in FILES}
    town = new["municipalities.csv"][TILBURG]
    assert [town[f"a{age}"] for age in range(AGES)] == [str(4021 + age) for age in range(AGES)]
    assert town["youths_2022"] == str(sum(4022 + age for age in range(AGES)))
    assert town["source"] == "03759ned;85039NED;85318NED"
    assert (town["bijstand_pct"], town["low_income_pct"], town["density"]) == ("4", "7.2", "2100")
    assert (town["households_with_children"], town["income_keur"]) == ("15000", "26.4")
    for column in ("bijstand_pct", "density"):
        assert new["municipalities.csv"][GRONINGEN][column] == old["municipalities.csv"][GRONINGEN][column]
    assert new["inhabitants.csv"][TILBURG] == {
        "code": TILBURG, "year": "2025", "inhabitants": "230000", "source": "03759ned"
    }  # fmt: skip
    use = new["municipal_use.csv"]
    was = old["municipal_use.csv"][TILBURG, "2021"]
    assert use[TILBURG, "2021"] == {
        **was, "0-22": "5100", "0-3": "400", "4-11": "2200", "12-17": "2300", "status": "final",
        "source": "C2;85099NED;85100NED",
    }  # fmt: skip
    assert was["18-22"]
    assert [use[TILBURG, "2023"][each] for each in ("0-22", "0-3", "4-11", "12-17", "18-22", "status")] == [
        "5900", "500", "2500", "2600", "300", "provisional"
    ]  # fmt: skip
    assert use[GRONINGEN, "2021"] == old["municipal_use.csv"][GRONINGEN, "2021"]
    for table in ("03759ned", "85039NED", "85318NED", "85099NED", "85100NED"):
        assert new["municipal_sources.csv"][table]["period"] == "read on 2026-11-29"
    assert not list(folder.glob("*.part"))
    again = contents(folder)
    assert not any(line.changed for line in refresh_towns(write=True, folder=folder, today=DAY))
    assert contents(folder) == again


@pytest.mark.usefixtures("cbs")
def test_the_command_counts_what_differs_and_names_whom_cbs_has_no_figure_of(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module.refresh_towns, "__defaults__", (False, nobody, folder, DAY))
    monkeypatch.setattr("sys.argv", ["kinderwerk", "data", "refresh", "--municipal"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    told = capsys.readouterr().out
    assert not ended.value.code
    assert "youths of one age" in told
    assert "Land van Cuijk" in told
    monkeypatch.setattr("sys.argv", ["kinderwerk", "data", "refresh", "--municipal", "--table", "85099NED"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "--table is for targets alone" in capsys.readouterr().err


@pytest.mark.usefixtures("cbs")
def test_a_file_that_changed_meanwhile_is_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_table = module._care

    def changed(*arguments: Any) -> Any:
        with (folder / "municipalities.csv").open("a", encoding="utf-8") as stream:
            stream.write("\n")
        return read_table(*arguments)

    monkeypatch.setattr(module, "_care", changed)
    with pytest.raises(SimulationError, match="changed"):
        refresh_towns(write=True, folder=folder, today=DAY)
    assert read(folder, "municipalities.csv")[TILBURG]["a0"] != "4021"


def test_a_title_that_a_table_no_longer_has_is_told(cbs: Recorded, folder: Path) -> None:
    for item in cbs.tables["85099NED"]["VormenVanJeugdzorg"]["value"]:
        item["Title"] = item["Title"].replace("in natura", "zorg in natura")
    before = contents(folder)
    with pytest.raises(InputError, match="JZ Totaal jeugdzorg zorg in natura"):
        refresh_towns(write=True, folder=folder)
    assert contents(folder) == before


def test_a_municipality_of_another_name_and_a_new_one_are_told_and_nobody_takes_their_place(
    cbs: Recorded, folder: Path
) -> None:
    """Groningen renamed; GM2001 made of others, with inhabitants now; GM2002 of before, without."""
    table = cbs.tables["03759ned"]
    for item in table["RegioS"]["value"]:
        if item["Key"].strip() == GRONINGEN:
            item["Title"] = "Stad en Ommeland"
    table["RegioS"]["value"] += [
        {"Key": code, "Title": title, "Description": "", "CategoryGroupID": 1}
        for code, title in (("GM2001", "Nieuwstad"), ("GM2002", "Oudstad"))
    ]
    rows = table["TypedDataSet"]["value"]
    rows.append({**rows[-1], "ID": len(rows), "RegioS": "GM2001", "BevolkingOp1Januari_1": 51_000})
    before = contents(folder)
    lines = refresh_towns(write=True, folder=folder, today=DAY)
    assert [line for line in lines if line.what in (module.NAME, module.NEW)] == [
        TownLine(GRONINGEN, module.NAME, "Groningen", "Stad en Ommeland"),
        TownLine("GM2001", module.NEW, "", "Nieuwstad"),
    ]
    assert read(folder, "municipalities.csv")[GRONINGEN]["a0"] == "4021"  # found by its code
    assert not any(b"GM2001" in content for content in contents(folder))
    assert contents(folder) != before
    stream = io.StringIO()
    Console(file=stream, width=200).print(module.as_table(lines))
    told = stream.getvalue()
    assert "Called otherwise at CBS: Groningen (Stad en Ommeland)." in told
    assert "New at CBS, not in the files: Nieuwstad (GM2001)." in told


def test_what_was_merged_since_is_the_municipalities_of_then_together(
    cbs: Recorded, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Land van Cuijk of 2022 on 1 January 2021: counts added, averages weighed; one without, and nothing."""
    table = cbs.tables["03759ned"]
    table["RegioS"]["value"] += [{"Key": code, "Title": code} for code in BEFORE]
    of_age_0 = next(r for r in table["TypedDataSet"]["value"] if r["BevolkingOp1Januari_1"] == 4021)
    ages = {item["Title"]: item["Key"] for item in table["Leeftijd"]["value"]}
    for code in BEFORE:
        table["TypedDataSet"]["value"] += [
            {**of_age_0, "RegioS": code, "Leeftijd": ages[f"{age} jaar"], "BevolkingOp1Januari_1": 10 + age}
            for age in range(AGES)
        ]
    old = read(folder, "municipalities.csv")[MERGED]
    refresh_towns(write=True, folder=folder, today=DAY)
    new = read(folder, "municipalities.csv")[MERGED]
    assert [new[f"a{age}"] for age in range(AGES)] == [str(50 + 5 * age) for age in range(AGES)]
    assert new["youths_2022"] == str(sum(4022 + age for age in range(AGES)))
    assert new["households_with_children"] == str(5 * 1_000 + 10 * (0 + 1 + 2 + 3 + 4))
    assert new["bijstand_pct"] == f"{100 * (5 * 70 + 10) / (5 * 7_000):.2f}"
    low = sum((4 + i) * (5 + i) for i in range(5)) / sum(4 + i for i in range(5))
    assert (new["low_income_pct"], new["income_keur"]) == (f"{low:.1f}", "22")
    assert new["density"] == old["density"]  # it is in no table of 2022, nor are they
    cbs.tables["85039NED"]["TypedDataSet"]["value"][2]["HuishoudensMetKinderen_31"] = None
    lines = refresh_towns(folder=folder)
    assert TownLine(MERGED, "households_with_children", new["households_with_children"], "") in lines


def test_what_was_divided_since_stays_as_it_is_and_is_told(
    cbs: Recorded, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tilburg got part of another, of which CBS has the whole; Groningen's code is gone."""
    names = {**towns(), "GM9999": Town("GM9999", "Gedeeld", (), "", "2022-01-01", (TILBURG, "GM0034"))}
    for name in ("refresh_towns", "key_figures"):
        monkeypatch.setattr(f"calibration.municipalities.{name}.towns", lambda: names)
    for number in ("03759ned", "85039NED", "85318NED"):
        for part in cbs.tables[number].values():
            part["value"] = [row for row in part["value"] if GRONINGEN not in row.values()]
            whole = [row for row in part["value"] if TILBURG in map(str.strip, map(str, row.values()))]
            part["value"] += [
                {key: "GM9999" if str(x).strip() == TILBURG else x for key, x in row.items()} for row in whole
            ]
    old = read(folder, "municipalities.csv")
    lines = refresh_towns(write=True, folder=folder, today=DAY)
    new = read(folder, "municipalities.csv")
    assert new[GRONINGEN] == old[GRONINGEN]
    same = [f"a{age}" for age in range(AGES)] + ["bijstand_pct", "low_income_pct", "income_keur"]
    assert [new[TILBURG][column] for column in same] == [old[TILBURG][column] for column in same]
    assert new[TILBURG]["density"] == "2100"  # of 2022, when it was whole
    stream = io.StringIO()
    Console(file=stream, width=300).print(module.as_table(lines))
    left = next(line for line in stream.getvalue().splitlines() if line.startswith("Without a figure"))
    assert all(name in left for name in ("Groningen", "Tilburg"))


@pytest.mark.parametrize(
    ("number", "title", "now", "said"),
    [
        ("85039NED", "Huishoudens met kinderen", "Huishoudens met een kind", "Huishoudens met een kind"),
        ("85318NED", "Wijken en buurten", "Buurten en wijken", "no dimension 'Wijken en buurten'"),
        ("85318NED", "Leeftijdsgroepen", "Omgevingsadressendichtheid", ""),
        ("85039NED", "Omgevingsadressendichtheid", "Huishoudens totaal", "more than one measure"),
        ("85100NED", "Totaal jongeren met jeugdzorg", "Jongeren", "Totaal jongeren met jeugdzorg"),
    ],
)
def test_a_title_of_the_key_figures_that_is_gone_is_told_and_a_group_of_another_name_is_not(
    cbs: Recorded, folder: Path, number: str, title: str, now: str, said: str
) -> None:
    for item in cbs.tables[number]["DataProperties"]["value"]:
        if item["Title"] == title:
            item["Title"] = now
    before = contents(folder)
    if not said:
        assert refresh_towns(folder=folder)
        return
    with pytest.raises(InputError, match=f"{number}.*{said}"):
        refresh_towns(write=True, folder=folder)
    assert contents(folder) == before
