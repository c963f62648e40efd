"""Every reader of a name finds the municipality: scenarios, grids, own figures, sheets, the terminal."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

import cli
from sim.errors import InputError
from sim.inputs.grid import load_grid
from sim.inputs.library import registry
from sim.inputs.municipality import Municipality, load_municipality
from sim.inputs.municipality_sheet import read_sheet
from sim.inputs.municipality_template import template
from sim.inputs.profiles import profiles
from sim.inputs.scenario import load_scenario

WAYS = {
    "GM0034": "Almere", '"0034"': "Almere", "0034": "Almere", "34": "Almere", "gm0518": "Den Haag",
    "Gemeente Almere": "Almere", "gemeente Den Haag": "Den Haag", "\u2018s-Gravenhage": "Den Haag",
    "\u201as-Gravenhage": "Den Haag", "Den\u00a0Haag": "Den Haag", "Al\u200bmere": "Almere",
    "Alm\ufeffere": "Almere", "DEN   HAAG": "Den Haag", "\u00a0Almere": "Almere",
    "Almere (gemeente)": "Almere", "Laren (NH.)": "Laren", "GM0417": "Laren", "Beek (L.)": "Beek",
}  # fmt: skip
TOLD = {
    "Haaren": "since 2021: it was divided over Vught, Oisterwijk, Boxtel, Tilburg",
    "Bergen": "write Bergen (NH.) or Bergen (L.)",
    "Tilbrug": "unknown municipality 'Tilbrug'; did you mean 'Tilburg'?",
}  # fmt: skip


def scenario(folder: Path, name: str) -> Path:
    path = folder / "plan.yaml"
    path.write_text(f"kind: scenario\ntitle: T\nmunicipality: {name}\nyears: 1\n", encoding="utf-8")
    return path


def figures(folder: Path, name: str) -> Path:
    path = folder / "own.yaml"
    text = f"kind: municipality\nname: {name}\ndate: 2024-01-01\nsource: x\npopulation: {{0-22: 9000}}\n"
    path.write_text(text, encoding="utf-8")
    return path


def sheet(name: object) -> Municipality:
    book = openpyxl.load_workbook(io.BytesIO(template("nl", profiles()["Tilburg"])))
    book["Gemeente"]["B2"] = name
    stream = io.BytesIO()
    book.save(stream)
    return read_sheet(stream.getvalue(), "own.xlsx", registry())


@pytest.mark.parametrize("written", WAYS)
def test_a_scenario_file(written: str, tmp_path: Path) -> None:
    assert load_scenario(scenario(tmp_path, written), registry()).municipality == WAYS[written]


def test_a_no_break_space_after_the_colon(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("kind:\u00a0scenario\ntitle: T\nmunicipality:\u00a0Almere\nyears: 1\n", encoding="utf-8")
    assert load_scenario(path, registry()).municipality == "Almere"


@pytest.mark.parametrize("written", TOLD)
def test_what_has_no_figures_is_told_with_its_place(written: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_scenario(scenario(tmp_path, written), registry())
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (3, 15)
    assert TOLD[written] in problem.message
    assert caught.value.told("nl")[0].startswith("Regel 3, kolom 15: ")
    assert not any(word in caught.value.told("nl")[0] for word in (" the ", " has ", "did you", "figures"))


@pytest.mark.parametrize("written", WAYS)
def test_own_figures_in_a_file(written: str, tmp_path: Path) -> None:
    assert load_municipality(figures(tmp_path, written), registry()).name == WAYS[written]


def test_own_figures_in_a_file_under_a_name_that_says_too_little(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"own\.yaml:2:7: there is more than one municipality 'Bergen'"):
        load_municipality(figures(tmp_path, "Bergen"), registry())


def test_own_figures_of_what_has_none_may_bear_any_name(tmp_path: Path) -> None:
    for written, name in (
        ("gemeente  Laren", "Laren"),
        ("Weesp", "Weesp"),
        ("Regio\u00a0Gooi", "Regio Gooi"),
    ):
        assert load_municipality(figures(tmp_path, written), registry()).name == name


@pytest.mark.parametrize(
    ("written", "name"), [*((text.strip('"'), name) for text, name in WAYS.items()), (34, "Almere")]
)
def test_own_figures_in_a_sheet(written: object, name: str) -> None:
    assert sheet(written).name == name


def test_a_grid(tmp_path: Path) -> None:
    path = tmp_path / "grid.yaml"
    path.write_text(
        "kind: grid\nbase: {title: T, municipality: Almere, years: 1}\n"
        "values: {municipality: [GM0034, gemeente Den Haag, \u2018s-Gravenhage, 855]}\n", encoding="utf-8",
    )  # fmt: skip
    names = [member.scenario.municipality for member in load_grid(path, registry())]
    assert names == ["Almere", "Den Haag", "Den Haag", "Tilburg"]
    path.write_text(
        "kind: grid\nbase: {title: T, municipality: Almere, years: 1}\n"
        "values: {municipality: [Haaren, Almere]}\n"
    )
    with pytest.raises(InputError, match=r"grid\.yaml:3:25: Haaren has not been"):
        load_grid(path, registry())


@pytest.fixture
def command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str]]:
    def call(*words: object) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["kinderwerk", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return int(left.value.code or 0), capsys.readouterr().err

    return call


@pytest.mark.parametrize("written", ["gm0518", "\u2018s-Gravenhage", "gemeente Den Haag", "518"])
def test_the_template_of_the_terminal(
    written: str, command: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    file = tmp_path / "a.xlsx"
    assert command("data", "template", "--municipality", written, "--out", file)[0] == 0
    assert openpyxl.load_workbook(file)["Gemeente"]["B2"].value == "Den Haag"


@pytest.mark.parametrize(
    ("verb", "written"),
    [
        *((("data", "template", "--municipality"), name) for name in ("Haaren", "Bergen", "Tilbrug")),
        *((("data", "municipality"), name) for name in ("Haaren", "Bergen")),  # before CBS is asked
    ],
)
def test_the_terminal_says_what_is_wrong_with_a_name_and_no_more(
    verb: tuple[str, ...], written: str, command: Callable[..., tuple[int, str]]
) -> None:
    code, said = command(*verb, written)
    assert code == 2
    assert TOLD[written] in said
    assert ":1:1" not in said
    assert str(Path(cli.__file__).parent) not in said
