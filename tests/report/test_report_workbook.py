"""The workbook as a spreadsheet reads it: numbers, formats, charts, and nobody's formulas."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from pages.look.parameter_words import ASSUMED, basis_of
from sim.model.parameters import default_parameters
from sim.report.composition import report_of
from sim.report.content import Report, assumed_share
from sim.report.workbook import MARKED, ORDER, workbook
from tests.report.comparisons import comparison

NASTY = ('=cmd|"/c calc"!A1', "+1+1", "-2+3", "@SUM(A1)", "{=1}", "https://x.nl", "12")
printable = st.text(
    st.characters(exclude_categories=("C", "Z")) | st.just(" "), min_size=1, max_size=80
).filter(lambda text: text.strip() and text.isprintable())


@pytest.fixture(scope="module")
def book(report: Report) -> Workbook:
    return load_workbook(io.BytesIO(workbook(report)))


@pytest.fixture(scope="module")
def slim(report: Report) -> Report:
    """Return a report without what takes long to read: few assumptions."""
    return replace(report, assumptions=report.assumptions[:5], main=())


def rows_of(sheet: Worksheet, heading: str) -> list[dict[str, object]]:
    """Return the table of a sheet whose first heading is `heading`."""
    rows = list(sheet.iter_rows(values_only=True))
    top = next(i for i, row in enumerate(rows) if row[0] == heading)
    names = [str(name) for name in rows[top] if name is not None]
    return [dict(zip(names, row, strict=False)) for row in rows[top + 1 :] if row[1] is not None]


def test_sheets_are_named_in_the_language_of_the_report(book: Workbook, report: Report) -> None:
    assert book.sheetnames == [
        "Samenvatting", "Grafieken", "Zelf rekenen", "Per jaar", "Aantallen en kosten", "Per betaler",
        "Per zorgvorm", "Per raadsperiode", "Terugverdienen", "Andere rekenwijzen", "Afwegingskader",
        "Aannames", "CHEERS 2022", "Herkomst", "Rekengegevens",
    ]  # fmt: skip
    english = load_workbook(io.BytesIO(workbook(report_of(comparison("x"), "en"))))
    assert english.sheetnames[:3] == ["Summary", "Charts", "Compute yourself"]


def test_the_summary_holds_the_figures_of_the_comparison_as_numbers(book: Workbook, report: Report) -> None:
    found = rows_of(book["Samenvatting"], "Keuze")
    for outcome in report.outcomes:
        for k, change in enumerate(outcome.changes):
            own = {r["Wat"]: r for r in found if (r["Keuze"], r["Jaar"]) == (outcome.title, change.year)}
            users = own["Jongeren met jeugdzorg"]
            assert users["Verschil"] == pytest.approx(change.care_users.value)
            assert users["Laag (5%)"] == pytest.approx(change.care_users.low)
            cost = own["Extra kosten gemeente, opgeteld en omgerekend naar nu"]
            assert cost["Verschil"] == pytest.approx(change.municipal_cost.value)
            chance = own["Kans op terugverdienen (niet duurder uit)"]
            assert chance["Wat te zeggen valt"] == report.chance(outcome, k)
            names = list(own)
            after = names[names.index("Jongeren met jeugdzorg") + 1]
            assert after == "Hulp nodig, niet gekregen (31 december)"


def test_the_summary_says_what_its_own_cells_are(book: Workbook) -> None:
    lines = [str(row[0].value) for row in book["Samenvatting"].iter_rows()]
    (note,) = (line for line in lines if "omgerekend naar nu met" in line and "laag en hoog" in line)
    assert "euro’s van 2024" in note
    assert not any("miljoen euro" in line or "Tussen haakjes" in line for line in lines)


def test_no_chance_is_impossible_or_certain(book: Workbook, report: Report) -> None:
    back = rows_of(book["Terugverdienen"], "Keuze")
    worth = [r for r in rows_of(book["Andere rekenwijzen"], "Keuze") if r["Kans op meer dan 1"]]
    told = [r[name] for r in back for name in r if name.startswith(("Terug na", "Nooit"))]
    told += [r["Kans op meer dan 1"] for r in worth]
    assert report.writing.chance(0.0, report.draws) in told  # as the briefing has it: kleiner dan 23%
    assert all(re.fullmatch(r"(kleiner dan|ongeveer|groter dan) \d+%", str(chance)) for chance in told)
    few = load_workbook(io.BytesIO(workbook(report_of(comparison("x", draws=9)))))
    assert rows_of(few["Terugverdienen"], "Keuze") == []


def test_what_luck_outweighs_has_no_chance_on_any_sheet() -> None:
    noisy = load_workbook(io.BytesIO(workbook(report_of(comparison("x", noise=40.0)))))
    small = "niet te noemen"
    summary = [r for r in rows_of(noisy["Samenvatting"], "Keuze") if str(r["Wat"]).startswith("Kans")]
    assert {r["Wat te zeggen valt"] for r in summary} == {small}
    own = [r for r in rows_of(noisy["Terugverdienen"], "Keuze") if r["Betaler"] == "gemeente"]
    assert {r[name] for r in own for name in r if name.startswith(("Terug na", "Nooit"))} == {small}
    worth = rows_of(noisy["Andere rekenwijzen"], "Keuze")
    assert {(r["Baten gedeeld door kosten"], r["Kans op meer dan 1"]) for r in worth} == {(None, small)}


def test_other_ways_of_paying_for_care_have_no_chance_on_any_sheet() -> None:
    found = load_workbook(io.BytesIO(workbook(report_of(comparison("x", changes=[{"policy": "capped"}])))))
    back, worth = (rows_of(found[name], "Keuze") for name in ("Terugverdienen", "Andere rekenwijzen"))
    assert {r["Terug na 20 jaar"] for r in back} == {"niet te vergelijken"}
    assert {(r["Baten gedeeld door kosten"], r["Kans op meer dan 1"]) for r in worth} == {
        (None, "niet te vergelijken")
    }


def test_numbers_have_formats_and_years_are_years(book: Workbook) -> None:
    sheet = book["Per jaar"]
    top = next(cell.row for cell in sheet["A"] if cell.value == "Keuze")
    assert sheet.freeze_panes == f"B{top + 1}"
    assert sheet.auto_filter.ref is not None
    year, difference = sheet.cell(top + 1, 5), sheet.cell(top + 1, 7)
    assert (year.value, year.number_format) == (2026, "0")
    assert isinstance(difference.value, float)
    assert difference.number_format == "+#,##0;-#,##0;0"
    assert sheet.column_dimensions["A"].width > 30


def test_changed_assumptions_are_coloured_with_the_default_beside_them(
    book: Workbook, report: Report
) -> None:
    above = [row[0].value for row in book["Samenvatting"].iter_rows(max_row=8)]
    assert any(str(line).startswith("Aangepast: ") for line in above)
    sheet = book["Aannames"]
    coloured = {row[1].value for row in sheet.iter_rows() if row[0].fill.fgColor.rgb == f"FF{MARKED[1:]}"}
    assert coloured == {"kinderwerk.moderate_need", "cost.ambulant"}
    rows = {row["Naam"]: row for row in rows_of(sheet, "Aanname")}
    assert len(rows) == len(report.assumptions)
    ambulant = rows["cost.ambulant"]
    assert ambulant["Gebruikt: Almere, 72 kinderwerkers"] == 9000.0
    assert ambulant["Gebruikt: Almere, 36 kinderwerkers"] == ambulant["Standaardwaarde"] != 9000.0
    assert "Almere, 72 kinderwerkers" in str(ambulant["Aangepast"])
    assert ambulant["Aanname"] == "Prijs van een plek per jaar: ambulant"
    assert ambulant["Eenheid"] == "euro van 2024 per plek per jaar"
    assert rows["kinderwerk.stay"]["Aangepast"] in (None, "")


def test_assumed_rows_are_the_share_that_the_briefing_and_the_page_tell(
    book: Workbook, report: Report
) -> None:
    rows = rows_of(book["Aannames"], "Aanname")
    assumed = sum(row["Waar die op rust"] == "aangenomen" for row in rows) / len(rows)
    records = default_parameters().records.values()
    assert assumed == assumed_share(report) == sum(basis_of(r) == ASSUMED for r in records) / len(records)
    held = next(row for row in rows if row["Naam"] == "need.onset_age.0")
    assert (held["Waar die op rust"], held["Herkomst"]) == ("aangenomen", "vastgehouden bij het afstemmen")


def test_charts_draw_the_rows_that_they_name(book: Workbook, report: Report) -> None:
    charts = book["Grafieken"]._charts
    whats = ("municipal_running", "care_users", "unmet_need")
    assert len(charts) == len(report.levels) + len(whats) * len(report.outcomes)
    archive = zipfile.ZipFile(io.BytesIO(workbook(report)))
    sheet, rows = book["Per jaar"], [(k, what) for k in (1, 2) for what in whats]
    for number, (k, what) in enumerate(rows, len(report.levels) + 1):
        xml = archive.read(f"xl/charts/chart{number}.xml").decode()
        assert "<c:areaChart>" in xml
        line = xml[xml.index("<c:lineChart>") :]
        values = re.search(r"<c:val>.*?<c:f>'Per jaar'!\$G\$(\d+):\$G\$(\d+)</c:f>", line)
        assert values is not None
        drawn = [sheet.cell(row, 7).value for row in range(int(values[1]), int(values[2]) + 1)]
        row = next(r for r in report.yearly if (r.scenario, r.what) == (k, what))
        assert drawn == pytest.approx([f.value for f in row.figures])


def test_use_and_cost_themselves_are_drawn_with_the_range_of_every_budget(
    book: Workbook, report: Report
) -> None:
    archive = zipfile.ZipFile(io.BytesIO(workbook(report)))
    sheet = book["Aantallen en kosten"]
    for number, levels in enumerate(sorted(report.levels, key=lambda x: ORDER.index(x.what)), 1):
        xml = archive.read(f"xl/charts/chart{number}.xml").decode()
        assert "<c:scatterChart>" in xml
        found = re.findall(
            r"<c:yVal>.*?<c:f>'Aantallen en kosten'!\$([EFG])\$(\d+):\$[EFG]\$(\d+)</c:f>", xml
        )
        drawn = [
            [sheet[f"{column}{row}"].value for row in range(int(a), int(b) + 1)] for column, a, b in found
        ]
        expected = [[value for _, value in values] for _, values in levels.before(report.writing)]
        for figures in levels.budgets:
            expected += [[getattr(f, end) for f in figures] for end in ("value", "low", "high")]
        assert drawn == [pytest.approx(values) for values in expected]
    (counted,) = (levels.observed for levels in report.levels if levels.what == "users")
    rows = [row for row in rows_of(sheet, "Lijn") if row["Lijn"] == "gemeten (CBS)"]
    assert {row["Jaar"]: row["Aantal of bedrag"] for row in rows} == {o.year: o.value for o in counted}
    open_still = {row["Jaar"] for row in rows if row["Wat te zeggen valt"]}
    assert open_still == {each.year for each in counted if each.provisional}


def test_a_single_draw_has_lines_without_a_band() -> None:
    archive = zipfile.ZipFile(io.BytesIO(workbook(report_of(comparison("x", draws=1)))))
    level, xml = (archive.read(f"xl/charts/chart{k}.xml").decode() for k in (1, 4))
    assert level.count("<c:ser>") == 2 + 2  # counted, the country, and both budgets
    assert "<c:lineChart>" in xml
    assert "<c:areaChart>" not in xml


def titled(report: Report, title: str, *titles: str) -> Report:
    """Return a report whose user called it and its scenarios otherwise."""
    outcomes = tuple(replace(o, title=t) for o, t in zip(report.outcomes, titles, strict=True))
    return replace(report, title=title, reference=title, outcomes=outcomes)


@pytest.mark.parametrize("titles", [NASTY[:3], NASTY[2::-1], NASTY[3:6], NASTY[4:7]])
def test_what_users_write_is_never_a_formula_or_a_link(slim: Report, titles: tuple[str, str, str]) -> None:
    content = workbook(titled(slim, *titles))
    archive = zipfile.ZipFile(io.BytesIO(content))
    pages = [name for name in archive.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)]
    assert len(pages) == 15
    assert not any(b"<hyperlink" in archive.read(name) for name in pages)
    ours = {formula for name in pages for formula in re.findall(rb"<f>(.*?)</f>", archive.read(name))}
    plain = zipfile.ZipFile(io.BytesIO(workbook(titled(slim, "a", "b", "c"))))
    assert ours == {f for name in pages for f in re.findall(rb"<f>(.*?)</f>", plain.read(name))}
    assert ours
    found = load_workbook(io.BytesIO(content))
    with_formulas = [s.title for s in found if any(c.data_type == "f" for row in s.iter_rows() for c in row)]
    assert with_formulas == ["Zelf rekenen", "Aantallen en kosten", "Rekengegevens"]
    assert found["Samenvatting"]["A1"].value == titles[0]
    assert found["Samenvatting"]["A1"].data_type == "s"
    assert {row["Keuze"] for row in rows_of(found["Per jaar"], "Keuze")} == set(titles[1:])


@settings(max_examples=8)
@given(title=printable)
def test_any_printable_title_survives(slim: Report, title: str) -> None:
    found = load_workbook(io.BytesIO(workbook(titled(slim, title, title, title))), read_only=True)
    rows = found["Samenvatting"].iter_rows(values_only=True)
    assert title in {row[0] for row in rows}
    assert next(found["Per jaar"].iter_rows(min_row=5, max_row=5, values_only=True))[0] == title


def test_the_same_report_is_the_same_file_dated_as_its_data(report: Report, book: Workbook) -> None:
    assert workbook(report) == workbook(report)
    assert book.properties.created.isoformat().startswith(report.date)
    assert book.properties.title == report.title


def test_cheers_and_origin_are_complete(book: Workbook, report: Report) -> None:
    assert len(rows_of(book["CHEERS 2022"], "Nr.")) == 28
    origin = {str(row["Onderdeel"]): row["Waarde"] for row in rows_of(book["Herkomst"], "Onderdeel")}
    assert origin == dict(report.about)
