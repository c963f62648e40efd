"""A municipality's figures from CBS StatLine, without a network (recorded answers: see test_refresh)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests

import cli
from calibration.municipalities import municipal
from calibration.municipalities.municipality_data import POPULATION, USE, municipality_from_cbs
from sim.errors import InputError, SimulationError
from sim.inputs.library import registry
from sim.inputs.municipality import load_municipality
from sim.inputs.profiles import profile_from
from sim.states import AGES
from tests.calibration.figures.test_refresh import Recorded


@pytest.fixture
def cbs(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    recorded = Recorded()
    monkeypatch.setattr(requests.Session, "send", lambda *a, **k: recorded(*a, **k))
    return recorded


@pytest.mark.usefixtures("cbs")
def test_youths_and_use_are_of_the_newest_year_with_figures() -> None:
    town = municipality_from_cbs("Tilburg", registry())
    assert (town.name, town.date) == ("Tilburg", "2024-01-01")  # 2025 has the country only
    assert dict(town.population) == {str(age): 2200.0 + 45 * age for age in range(AGES)}
    assert "StatLine 03759ned, Bevolking op 1 januari en gemiddeld" in town.source
    (use,) = town.uses
    assert (use.year, use.youths, use.ages) == (2023, 6100.0, "0-22")  # 2024 is kept secret
    country = sum(170_000 + 1500 * age for age in range(AGES))
    assert use.national == pytest.approx(450_000 / country, abs=1e-5)
    assert use.source is not None
    assert "85099NED" in use.source


@pytest.mark.usefixtures("cbs")
def test_a_municipality_that_shares_its_name_with_a_province_is_the_municipality() -> None:
    town = municipality_from_cbs("utrecht", registry())
    assert (town.name, town.youths(0)) == ("Utrecht", 4000.0)
    assert town.use is None  # not in the table of youth care


@pytest.mark.usefixtures("cbs")
def test_an_alias_finds_the_name_that_cbs_uses() -> None:
    with pytest.raises(
        InputError, match="no figures on ''s-Gravenhage' of the last 3 years in table 03759ned"
    ):
        municipality_from_cbs("Den Haag", registry())


@pytest.mark.usefixtures("cbs")
def test_an_unknown_municipality_is_told_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"no municipality 'Tilbrug'; did you mean 'Tilburg'\?"):
        municipality_from_cbs("Tilbrug", registry())
    with pytest.raises(InputError, match="no municipality 'Nederland'"):
        municipality_from_cbs("Nederland", registry())


def regions(cbs: Recorded, table: str, **titles: str) -> None:
    """Give regions of a table other titles, and add those that it does not have."""
    items = cbs.tables[table]["RegioS"]["value"]
    for code, title in titles.items():
        found = next((item for item in items if item["Key"].strip() == code), None)
        if found is None:
            items.append({"Key": code, "Title": title, "Description": "", "CategoryGroupID": 1})
        else:
            found["Title"] = title


@pytest.mark.parametrize("written", ["GM0855", "0855", "gemeente\u00a0Tilburg", "Til\u200bburg"])
@pytest.mark.usefixtures("cbs")
def test_a_municipality_is_asked_for_by_its_name_or_code(written: str) -> None:
    assert municipality_from_cbs(written, registry()) == municipality_from_cbs("Tilburg", registry())


def test_tables_are_joined_by_code(cbs: Recorded) -> None:
    """CBS calls GM0603 Rijswijk (ZH.) in one table and Rijswijk in another: both have its figures."""
    before = municipality_from_cbs("Tilburg", registry())
    regions(cbs, POPULATION, GM0855="Tilburg (NB.)")
    regions(cbs, USE, GM0855="Tilburg*")
    town = municipality_from_cbs("Tilburg", registry())
    assert town == before
    assert town.use is not None


def test_two_codes_with_one_title_are_told_apart(cbs: Recorded) -> None:
    for table in (POPULATION, USE):
        regions(cbs, table, GM0603="Tilburg")
    town = municipality_from_cbs("Tilburg", registry())
    assert dict(town.population) == {str(age): 2200.0 + 45 * age for age in range(AGES)}
    assert [use.youths for use in town.uses] == [6100.0]


def test_a_municipality_that_only_cbs_knows_is_found_by_its_title(cbs: Recorded) -> None:
    for table in (POPULATION, USE):
        for item in cbs.tables[table]["RegioS"]["value"]:
            item["Key"] = item["Key"].replace("GM0855", "GM1999")
        for row in cbs.tables[table]["TypedDataSet"]["value"]:
            row["RegioS"] = row["RegioS"].replace("GM0855", "GM1999")
        regions(cbs, table, GM1999="Nieuw-Voorbeeld")
    for written in ("nieuw voorbeeld", "GM1999"):
        assert municipality_from_cbs(written, registry()).name == "Nieuw-Voorbeeld"
    regions(cbs, POPULATION, GM2000="Nieuw-Voorbeeld")
    with pytest.raises(InputError) as caught:
        municipality_from_cbs("Nieuw-Voorbeeld", registry())
    told = "CBS has more than one municipality 'Nieuw-Voorbeeld'; give its code: GM1999 or GM2000"
    assert str(caught.value) == told


@pytest.mark.parametrize("name", ["Laren", "Tilbrug", "Bedum", "Nederland", "GM1998"])
def test_an_error_on_a_name_names_no_file(name: str, cbs: Recorded) -> None:
    regions(cbs, POPULATION, GM0017="Haren", GM0022="Leek")
    with pytest.raises(InputError) as caught:
        municipality_from_cbs(name, registry())
    said = str(caught.value)
    assert ":1:1" not in said
    assert str(Path(cli.__file__).parent) not in said
    assert "Haren" not in said


def test_the_blanks_of_cbs_are_kept_in_the_question(cbs: Recorded) -> None:
    municipality_from_cbs("Tilburg", registry())
    asked = [url for url in cbs.urls if f"/{POPULATION}/TypedDataSet" in url]
    assert any("10010%20%20%20" in url or "10010+++" in url for url in asked)
    assert all("RegioS" in url for url in asked)


def test_a_title_that_cbs_renamed_is_named_where_it_is_asked(cbs: Recorded) -> None:
    for item in cbs.tables[USE]["VormenVanJeugdzorg"]["value"]:
        item["Title"] = item["Title"].replace("JH 1 Totaal jeugdhulp", "JH 1 Jeugdhulp totaal")
    with pytest.raises(InputError, match=r"municipality_data\.py.*85099NED has no 'JH 1 Totaal jeugdhulp'"):
        municipality_from_cbs("Tilburg", registry())


def test_without_cbs_nothing_is_made(cbs: Recorded) -> None:
    del cbs.tables[USE]
    with pytest.raises(SimulationError, match="does not give table 85099NED"):
        municipality_from_cbs("Tilburg", registry())


# ---- from the terminal


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["kinderwerk", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            cli.main()
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


@pytest.mark.usefixtures("cbs")
def test_a_file_is_built_fitted_and_usable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(municipal, "LOCAL_CHILDREN", 1000)
    monkeypatch.setattr(municipal, "LOTS", 1)
    file = tmp_path / "tilburg.yaml"
    code, out, err = run(capsys, "data", "municipality", "Tilburg", "--out", file)
    assert (code, out) == (0, ""), err
    assert re.search(r"Tilburg: use against the country [\d.]+ published", err)
    assert profile_from(load_municipality(file, registry())).local == ("jeugdhulp",)
    assert run(capsys, "check", file)[0] == 0
    code, _, err = run(capsys, "data", "municipality", "Tilburg", "--out", file)
    assert (code, "is not overwritten" in err) == (2, True)


@pytest.mark.usefixtures("cbs")
def test_without_a_fit_the_file_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "data", "municipality", "Utrecht", "--no-fit")
    assert code == 0
    assert "kind: municipality" in out
    assert "need:" not in out
    assert "CBS has no figure of youth care" in err


def test_a_template_is_written_once_and_read_by_the_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "leeg.xlsx"
    assert run(capsys, "data", "template", "--out", file)[0] == 0
    assert run(capsys, "data", "template", "--out", file)[0] == 2
    code, _, err = run(capsys, "data", "fit", file)
    assert (code, "'Naam van de gemeente' is missing" in err) == (2, True)
    known = tmp_path / "almere.xlsx"
    assert run(capsys, "data", "template", "--municipality", "almere", "--lang", "en", "--out", known)[0] == 0
    code, _, err = run(capsys, "data", "fit", known)
    assert (code, f"{known}:1:1: there is no figure under 'use'" in err) == (2, True)
    code, _, err = run(capsys, "data", "template", "--municipality", "almer", "--out", tmp_path / "x.xlsx")
    assert (code, "did you mean 'Almere'?" in err) == (2, True)
    code, _, err = run(capsys, "data", "template", "--lang", "de", "--out", tmp_path / "x.xlsx")
    assert (code, (tmp_path / "x.xlsx").exists()) == (2, False)
