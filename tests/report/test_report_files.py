"""CSV, and documents on disk: refused before anything is simulated, or written whole."""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from pypdf import PdfReader

import cli
import sim.api
from sim.api import Comparison
from sim.decision.level_by_year import MoneyView
from sim.errors import InputError, SimulationError
from sim.report.composition import report_of
from sim.report.content import Report
from sim.report.csvfile import csv_text
from sim.report.files import ready, write
from sim.report.provenance import provenance
from tests.report.comparisons import comparison

ALMERE = Path(__file__).resolve().parents[2] / "scenarios" / "almere"
HEADS = {".pdf": b"%PDF", ".xlsx": b"PK", ".csv": b"\xef\xbb\xbfKeuze;"}


def test_csv_opens_in_a_dutch_spreadsheet_and_holds_the_figures(report: Report) -> None:
    text = csv_text(report)
    assert text.startswith("\N{BYTE ORDER MARK}Keuze;")
    frame = pd.read_csv(io.StringIO(text[1:]), sep=";", decimal=",")
    rows = [*report.yearly, *report.payers, *report.forms]
    assert len(frame) == sum(len(row.years) for row in rows)
    assert frame["Verschil"].to_numpy() == pytest.approx([f.value for row in rows for f in row.figures])
    assert "pleegzorg" in set(frame["Uitsplitsing"])


def test_a_file_beside_a_csv_says_where_it_comes_from_and_its_lines_do_not(
    report: Report, tmp_path: Path
) -> None:
    write(report, tmp_path / "x.csv")
    told = (tmp_path / "x-herkomst.txt").read_text(encoding="utf-8")
    price = "Prijs van een plek per jaar: ambulant"
    for mark in ("Voorbeeldgemeente", "Aangepast: ", price, "Startgetal: 0"):
        assert mark in told, mark
    assert all(f"{label}: {value}" in told for label, value in report.about)
    columns = pd.read_csv(io.StringIO(csv_text(report, dutch=False))).columns
    assert not {"Herkomst", "Versie"} & set(columns)
    plain = report_of(comparison("Almere, 36 kinderwerkers"))
    assert "Aangepast" not in provenance(plain)


def test_a_folder_where_the_provenance_would_stand_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x-provenance.txt").mkdir()
    ready(tmp_path / "x.csv", (".csv",), "nl")
    with pytest.raises(InputError, match=r"x-provenance\.txt:1:1: is a folder"):
        ready(tmp_path / "x.csv", (".csv",), "en")


def test_csv_in_international_format_has_no_mark(report: Report) -> None:
    text = csv_text(report, report.payers, dutch=False)
    frame = pd.read_csv(io.StringIO(text))
    assert text.startswith("Keuze,")
    assert set(frame["Uitsplitsing"]) == {"gemeente", "gezin en jongere zelf"}
    assert frame["Verschil"].dtype == float


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_csv_holds_no_formula_of_a_user(title: str) -> None:
    frame = pd.read_csv(io.StringIO(csv_text(report_of(comparison(title)), dutch=False)))
    assert set(frame["Keuze"]) == {f"'{title}"}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("x.docx", "ends in .pdf"),
        ("x", "no ending"),
        ("none/x.pdf", "no folder"),
        ("folder.pdf", "is a folder"),
        ("x" * 300 + ".pdf", "cannot be written: File name too long"),
    ],
)
def test_a_file_that_cannot_be_is_refused(tmp_path: Path, name: str, hint: str) -> None:
    (tmp_path / "folder.pdf").mkdir()
    with pytest.raises(InputError, match=hint):
        ready(tmp_path / name, (".pdf",), "nl")


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        ready(tmp_path / "x.pdf", (".pdf",), "nl")


def test_a_document_has_any_name_that_the_disk_takes(tmp_path: Path, report: Report) -> None:
    file = tmp_path / ("x" * 242 + ".csv")
    ready(file, (".csv",), "nl")
    write(report, file)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x" * 242 + "-herkomst.txt", file.name]
    with pytest.raises(InputError, match="File name too long"):
        ready(tmp_path / ("x" * 250 + ".csv"), (".csv",), "nl")


def test_a_full_disk_leaves_the_old_file_whole(
    tmp_path: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "x.csv"
    file.write_text("old", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(SimulationError, match="No space left"):
        write(report, file)
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]
    assert file.read_text(encoding="utf-8") == "old"


def call(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    """Return the exit code of a command."""
    monkeypatch.setattr(sys, "argv", ["kinderwerk", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


@pytest.mark.parametrize(("verb", "ending"), [("briefing", ".pdf"), ("export", ".xlsx"), ("export", ".csv")])
def test_a_command_writes_what_the_comparison_says(
    verb: str, ending: str, compared: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    asked = {}

    def compare(scenarios: object, **options: object) -> Comparison:
        asked.update(options)
        return compared

    monkeypatch.setattr(sim.api, "compare", compare)
    out = tmp_path / f"x{ending}"
    words = (ALMERE / "geen.yaml", ALMERE / "huidig.yaml", "--out", out, "--children", 400, "--json")
    assert call(monkeypatch, verb, *words) == 0
    assert out.read_bytes().startswith(HEADS[ending])
    assert json.loads(capsys.readouterr().out)["file"] == str(out)
    assert (asked["children"], asked["draws"], asked["seed"]) == (400, 40, 0)
    beside = ["x-herkomst.txt"] if ending == ".csv" else []
    assert sorted(path.name for path in tmp_path.iterdir()) == [*beside, out.name]


def test_a_command_draws_the_money_that_is_asked_and_prints_its_figures(
    compared: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sim.api, "compare", lambda *_, **__: compared)
    out = tmp_path / "x.pdf"
    words = ("--out", out, "--lang", "en", "--per", "inhabitant", "--prices", "current", "--json")
    assert call(monkeypatch, "briefing", ALMERE / "geen.yaml", ALMERE / "huidig.yaml", *words) == 0
    text = " ".join(PdfReader(out).pages[0].extract_text().split()).replace("\N{SOFT HYPHEN} ", "")
    assert "What the municipality pays per year, per inhabitant" in text
    assert "Prices rise by 2% a year" in text
    told = json.loads(capsys.readouterr().out)["money"]
    drawn = report_of(compared, view=MoneyView(per="inhabitant", prices="current")).money
    assert drawn is not None
    assert (told["money"], told["per"], told["prices"]) == ("together", "inhabitant", "current")
    assert told["years"] == list(drawn.years)
    assert [each["title"] for each in told["budgets"]] == [s.title for s in compared.scenarios]
    for each, figures in zip(told["budgets"], drawn.budgets, strict=True):
        for end in ("value", "low", "high"):
            assert each[end] == [getattr(f, end) for f in figures]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("briefing", "geen", "huidig", "--out", "x.xlsx"), ".pdf"),
        (("export", "geen", "huidig", "--out", "x.pdf"), ".xlsx or .csv"),
        (("export", "geen", "huidig", "--out", "none/x.xlsx"), "no folder"),
        (("briefing", "geen", "huidig", "--out", "x.pdf", "--lang", "fr"), "nl or en"),
        (
            ("briefing", "geen", "huidig", "--out", "x.pdf", "--money", "alles"),
            "--money must be together, care or programmes, found 'alles'",
        ),
        (
            ("briefing", "geen", "huidig", "--out", "x.pdf", "--per", "kind"),
            "--per must be municipality or inhabitant, found 'kind'",
        ),
        (
            ("briefing", "geen", "huidig", "--out", "x.pdf", "--prices", "2024"),
            "--prices must be fixed or current, found '2024'",
        ),
        (("briefing", "geen", "geen", "--out", "x.pdf"), "two scenarios"),
        (
            ("briefing", "geen", "huidig", "dubbel", "dubbel-ongeoormerkt", "vijfde", "--out", "x.pdf"),
            "at most 3",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_simulated(
    words: tuple[str, ...], hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def compare(*_: object, **__: object) -> None:
        raise AssertionError("something was simulated")

    monkeypatch.setattr(sim.api, "compare", compare)
    fifth = tmp_path / "vijfde.yaml"
    fifth.write_text(
        (ALMERE / "geen.yaml").read_text(encoding="utf-8").replace("geen", "vijf"), encoding="utf-8"
    )
    known = {path.stem: path for path in (*ALMERE.iterdir(), fifth)}
    found = [known.get(word, tmp_path / word if "x." in word else word) for word in words]
    assert call(monkeypatch, *found) == 2
    assert hint in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["vijfde.yaml"]
