"""A filled template is read back; what is wrong with one is told by sheet and cell; tricks are refused."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import InputError
from sim.files.workbook import MAX_UNPACKED
from sim.inputs.library import registry
from sim.inputs.municipality import Municipality
from sim.inputs.municipality_sheet import read_figures, read_sheet
from sim.inputs.municipality_template import template
from sim.inputs.municipality_text import municipality_yaml
from sim.inputs.profiles import profile_from, profiles
from tests.examples import examples

LANGUAGES = ("nl", "en")
Book = Any


@cache
def almere(language: str = "nl") -> bytes:
    return template(language, profiles()["Almere"])


def changed(change: Callable[[Book], object], content: bytes | None = None) -> bytes:
    """Return a workbook as somebody leaves it behind."""
    book = openpyxl.load_workbook(BytesIO(almere() if content is None else content))
    change(book)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def cells(**values: Any) -> Callable[[Book], None]:
    """Return a change: `Bevolking_C7=3` puts a value into a cell."""

    def change(book: Book) -> None:
        for place, value in values.items():
            sheet, _, cell = place.rpartition("_")
            book[sheet][cell] = value

    return change


def read(content: bytes) -> Municipality:
    return read_sheet(content, "dorp.xlsx", registry())


def refused(content: bytes) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(content)
    for problem in caught.value.problems:
        assert problem.fault.text("nl")
    return caught.value.told("nl")


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(content: dict[str, bytes]) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in content.items():
            archive.writestr(name, part)
    return stream.getvalue()


# ---- the template


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_template_with_what_is_known_is_a_municipality(language: str) -> None:
    town, shipped = read(almere(language)), profiles()["Almere"]
    assert (town.name, town.date, town.source) == (shipped.name, shipped.date, shipped.source)
    assert town.single_ages() == pytest.approx(shipped.youths, abs=0.06)
    assert profile_from(town).kinderwerk_fte == shipped.kinderwerk_fte


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_template_says_what_to_fill_in(language: str) -> None:
    lines = refused(template(language))
    assert [line.endswith("ontbreekt") for line in lines[:3]] == [True, True, True]


@pytest.mark.parametrize("name", ["Utrecht", "Nederland", "Almere", "Urk"])
def test_every_known_figure_is_filled_in(name: str) -> None:
    shipped = profiles()[name]
    found = profile_from(read(template("nl", shipped)))
    assert found.overrides == shipped.overrides
    assert (found.need, found.access, found.use) == (shipped.need, shipped.access, shipped.use)
    assert found.source == shipped.source


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_level_and_its_range_are_read_from_a_workbook(language: str) -> None:
    town = read(template(language, profiles()["Urk"]))
    assert town.use_range is not None
    assert town.use_range.basis == "predicted"
    assert profile_from(town).local == profiles()["Urk"].local
    sheet = "Gemeente" if language == "nl" else "Municipality"
    wrong = cells(**{f"{sheet}_B10": 1.2, f"{sheet}_B12": "somehow"})
    told = refused(changed(wrong, template(language, profiles()["Urk"])))
    assert ["B10" in told[0], "B12" in told[1], len(told)] == [True, True, 2]


def test_a_template_is_the_same_bytes_each_time() -> None:
    assert template("nl", profiles()["Almere"]) == almere()


# ---- what is filled in


def test_every_figure_is_read_with_its_source() -> None:
    filled = cells(
        Gemeente_B2="Dorp", Gemeente_B3=dt.datetime(2024, 1, 1), Gemeente_B4="eigen telling",
        Gemeente_B5=12.5, Gemeente_D5="jaarverslag", Gemeente_B6="0,03", Gemeente_B7=0.08,
        Jeugdhulp_B2=2019, Jeugdhulp_B3="0-17", Jeugdhulp_B4="5.000,0", Jeugdhulp_D4="CBS", Jeugdhulp_B5=0.1,
        Tarieven_B2=3000, Tarieven_C2="contract", Tarieven_B8="100000",
    )  # fmt: skip
    data = read(changed(filled)).to_data()
    assert (data["name"], data["date"], data["source"]) == ("Dorp", "2024-01-01", "eigen telling")
    assert data["kinderwerk_fte"] == {"value": 12.5, "source": "jaarverslag"}
    assert (data["moving"], data["bijstand"]) == ({"value": 0.03}, {"value": 0.08})
    assert data["use"] == {"year": 2019, "ages": "0-17", "youths": 5000.0, "national": 0.1, "source": "CBS"}
    assert data["tariffs"] == {
        "wijkteam": {"value": 3000.0, "source": "contract"}, "residentieel": {"value": 100000.0}
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_of_several_years_are_written_and_read_back(language: str) -> None:
    town = read(almere()).replace(
        registry(),
        use=[
            {"year": 2016, "youths": 5000.0, "ages": "0-17", "residents": 41_000.0},
            {"year": 2019, "youths": 6000.0, "national": 0.1, "source": "CBS"},
            {"year": 2024, "youths": 7000.0},
        ],
        use_range={"low": 0.9, "high": 1.2, "basis": "fitted"},
    )
    again = read(template(language, profile_from(town), town.uses))
    assert again.uses == town.uses
    assert (again.fitted, town.fitted) == (True, True)


def test_the_sheet_of_more_years_may_be_absent_or_the_only_one() -> None:
    """Templates of before do not have it."""
    old = changed(lambda book: book.remove(book["Meer jaren"]))
    assert read(old) == read(almere())
    (use,) = read(changed(cells(**{"Meer jaren_A2": 2018, "Meer jaren_C2": 4000}))).uses
    assert (use.year, use.youths, use.ages) == (2018, 4000.0, "0-22")


@pytest.mark.parametrize(
    ("years", "told"),
    [
        ({"A2": 2019, "C2": 4000}, "cel A2: er staat al een cijfer van 2019"),
        ({"A2": 2014, "C2": 4000}, "cel A2: dit moet tussen 2015 en 2060 liggen"),
        ({"A3": 2018}, "cel C3: 'Jongeren met jeugdhulp' ontbreekt"),
        ({"C2": 4000}, "cel A2: 'Jaar' ontbreekt"),
        ({"A2": 2018, "C2": "veel"}, "cel C2: verwacht: een aantal jongeren; gevonden: de tekst 'veel'"),
        ({"A2": 2018, "C2": 90_000}, "cel C2: 90.000 is meer dan de"),
    ],
)
def test_a_wrong_year_is_told_by_its_cell(years: dict[str, Any], told: str) -> None:
    given = {f"Meer jaren_{cell}": value for cell, value in years.items()}
    (line,) = refused(changed(cells(Jeugdhulp_B2=2019, Jeugdhulp_B4=5000, **given)))
    assert told in line


def test_lines_may_stand_in_another_order_and_groups_of_ages_may_be_wide() -> None:
    def change(book: Book) -> None:
        sheet = book["Gemeente"]
        sheet["A2"], sheet["A4"] = sheet["A4"].value, sheet["A2"].value
        sheet["B2"], sheet["B4"] = "eigen telling", "Dorp"
        ages = book["Bevolking"]
        ages.delete_rows(2, 40)
        for row, (first, last, youths) in enumerate([(0, 17, 9000), (18, 24, 3000)], 2):
            ages[f"A{row}"], ages[f"B{row}"], ages[f"C{row}"] = first, last, youths

    town = read(changed(change))
    assert (town.name, town.source) == ("Dorp", "eigen telling")
    assert dict(town.population) == {"0-17": 9000.0, "18-24": 3000.0}


def test_texts_with_one_meaning_are_read() -> None:
    filled = cells(
        Gemeente_B5="36 fte", Gemeente_B6="2,5%", Gemeente_B7="0,125", Jeugdhulp_B2="2019",
        Jeugdhulp_B3="0 t/m 17 jaar", Jeugdhulp_B4="5 000", Jeugdhulp_B5="10,5 %",
        Tarieven_B2="\N{EURO SIGN} 3000", Tarieven_B3="9.500,-",
        Tarieven_B8="100000 euro", Bevolking_A2="0 jaar", Bevolking_B2="0 jaar", Bevolking_C7="2.750,0",
    )  # fmt: skip
    data = read(changed(filled)).to_data()
    assert (data["kinderwerk_fte"]["value"], data["moving"]["value"], data["bijstand"]["value"]) == (
        36.0, 0.025, 0.125,
    )  # fmt: skip
    assert (data["use"]["ages"], data["use"]["youths"], data["use"]["national"]) == ("0-17", 5000.0, 0.105)
    assert {form: figure["value"] for form, figure in data["tariffs"].items()} == {
        "wijkteam": 3000.0, "ambulant": 9500.0, "residentieel": 100000.0,
    }  # fmt: skip
    assert data["population"]["5"] == 2750.0


def grouped(*rows: tuple[object, object, object]) -> Callable[[Book], None]:
    """Return a change: the population in these rows alone."""

    def change(book: Book) -> None:
        ages = book["Bevolking"]
        ages.delete_rows(2, 40)
        for row in rows:
            ages.append(row)

    return change


def test_ages_may_stand_in_one_cell_and_a_total_below() -> None:
    rows = (("0 t/m 3 jaar", None, 8100), ("4-11", None, 17000), (12, "17 jaar", 15000), ("18", 22, 13000))
    for total in (("Totaal", None, 53100), (None, "totaal 0-22 jaar", 53104), ("Total", None, "53100"),
                  ("Eindtotaal", None, 53100), ("Alle  leeftijden", None, 53100), ("Som", None, 53100),
                  ):  # fmt: skip
        town = read(changed(grouped(*rows, total)))
        assert dict(town.population) == {"0-3": 8100, "4-11": 17000, "12-17": 15000, "18-22": 13000}
    lines = refused(changed(grouped(*rows, ("Totaal", None, 60000))))
    assert lines == ["Blad Bevolking, cel C6: de rijen tellen op tot 53100 jongeren, en het totaal is 60000"]
    lines = refused(changed(grouped(("0 tot 4", None, 8100), *rows[1:])))
    assert "cel A2: verwacht: een leeftijd; gevonden: de tekst '0 tot 4'" in lines[0]


def test_a_sheet_in_thousands_makes_no_small_town() -> None:
    thousands = grouped((0, 3, 1.6), (4, 11, 3.2), (12, 17, 3), (18, 22, 3.2))
    (line,) = refused(changed(cells(Gemeente_B2="Dorp", Gemeente_B5=None), changed(thousands)))
    assert "11,0 jongeren in totaal is minder dan welke gemeente ook heeft; zijn dit duizendtallen?" in line


WRONG: dict[str, tuple[Callable[[Book], Any], str]] = {
    "thousands": (cells(Bevolking_C7="8.100"), "Blad Bevolking, cel C7: verwacht: een aantal jongeren; "),
    "thousands with both readings": (
        cells(Bevolking_C7="8.100"), "schrijf 8100 voor duizendtallen, of 8.1 voor decimalen"
    ),
    "thousands with a comma": (cells(Bevolking_C7="8,100"), "schrijf 8100 voor duizendtallen, of 8.1 voor"),
    "thousands as a number": (cells(Bevolking_C7=366.455), "gevonden: 366,455; schrijf 366455 voor"),
    "a price of three decimals": (cells(Tarieven_B3="9,500"), "cel B3: verwacht: een bedrag in euro's; "),
    "FTE of three decimals": (cells(Gemeente_B5="12.000"), "B5: '12.000' kan op twee manieren worden"),
    "hours": (cells(Gemeente_B5="36 uur"), "een aantal fte; gevonden: de tekst '36 uur'; schrijf een getal"),
    "a percentage of youths": (cells(Bevolking_C7="8%"), "de tekst '8%'; schrijf een getal en verder niets"),
    "two numbers": (cells(Gemeente_B5="30 a 36"), "gevonden: de tekst '30 a 36'; schrijf een getal"),
    "one age in thousands": (cells(Bevolking_C7=2.8), "cel C7: 2,8 is veel minder dan op andere leeftijden"),
    "a word": (cells(Bevolking_C7="veel"), "jongeren; gevonden: de tekst 'veel'"),
    "a date for ages": (
        cells(Bevolking_A7=dt.datetime(2024, 11, 4)), "cel A7: verwacht: een leeftijd; gevonden: een datum"
    ),
    "half a year": (cells(Bevolking_A7=4.5), "cel A7: verwacht: een leeftijd; gevonden: 4,5"),
    "negative": (cells(Bevolking_C7=-3), "cel C7: dit moet tussen 0 en 5000000 liggen; gevonden: -3"),
    "no number of youths": (cells(Bevolking_C7=None), "cel C7: verwacht: een aantal jongeren; "),
    "no age": (cells(Bevolking_A7=None, Bevolking_B7=None), "cel A7: verwacht: een jongste leeftijd"),
    "an old age": (cells(Bevolking_A30=80, Bevolking_C30=5), "cel A30: dit moet tussen 0 en 29 liggen"),
    "ages the wrong way round": (cells(Bevolking_B7=3), "cel B7: de oudste leeftijd is lager"),
    "ages twice": (cells(Bevolking_A7=4, Bevolking_B7=4), "cel A7: '4' overlapt met '4'"),
    "overlapping ages": (cells(Bevolking_B7=6), "cel C8: '6' overlapt met '5-6'; tel elke jongere een keer"),
    "a gap": (
        cells(Bevolking_A7=None, Bevolking_B7=None, Bevolking_C7=None),
        "Blad Bevolking: er ontbreken leeftijden: 5;",
    ),
    "a formula": (cells(Bevolking_C7="=1+1"), "cel C7: een formule zonder uitkomst"),
    "an error": (cells(Bevolking_C7="#REF!"), "gevonden: een foutmelding (#REF!)"),
    "true": (cells(Bevolking_C7=True), "cel C7: verwacht: een aantal jongeren; gevonden: true"),
    "script as name": (cells(Gemeente_B2="<script>"), "cel B2: de tekens < en > mogen hier niet"),
    "a formula as name": (cells(Gemeente_B2="+1 dorp"), "cel B2: een naam begint met een letter"),
    "lines in a name": (cells(Gemeente_B2="Dorp\nStad"), "cel B2: verwacht: een regel tekst"),
    "a long name": (cells(Gemeente_B2="x" * 100), "cel B2: dit mag hoogstens 80 tekens hebben"),
    "a date as name": (cells(Gemeente_B2=dt.datetime(2024, 1, 1)), "verwacht: tekst; gevonden: een datum"),
    "no name": (cells(Gemeente_B2=None), "Blad Gemeente, cel B2: 'Naam van de gemeente' ontbreekt"),
    "no date": (cells(Gemeente_B3="vorig jaar"), "cel B3: verwacht: een datum zoals 2024-01-01"),
    "a percentage": (cells(Gemeente_B7=8), "cel B7: dit moet tussen 0,001 en 0,6 liggen; gevonden: 8"),
    "an unknown line": (cells(Gemeente_A7="Kinderen in bijstand"), "cel A7: onbekende regel"),
    "a line twice": (cells(Gemeente_A7="Naam van de gemeente"), "cel A7: de regel 'Naam van de gemeente'"),
    "a value without a line": (cells(Gemeente_A7=None, Gemeente_B7=3), "cel B7: hier staat een waarde"),
    "other ages": (cells(Jeugdhulp_B2=2019, Jeugdhulp_B3="0-18", Jeugdhulp_B4=9), "bedoelt u '0-17'?"),
    "no year": (cells(Jeugdhulp_B4=90), "Blad Jeugdhulp, cel B2: 'Jaar' ontbreekt"),
    "no count": (cells(Jeugdhulp_B2=2022), "Blad Jeugdhulp, cel B4: 'Jongeren met jeugdhulp' ontbreekt"),
    "more in care": (
        cells(Jeugdhulp_B2=2019, Jeugdhulp_B4=99000), "Jeugdhulp, cel B4: 99.000 is meer dan de"
    ),
    "a price a month": (cells(Tarieven_B3=790), "cel B3: verwacht: euro per plaats per jaar"),
    "an unknown form": (cells(Tarieven_A3="ambulnt", Tarieven_B3=9000), "bedoelt u 'ambulant'?"),
    "another heading": (cells(Bevolking_C1="Aantal"), "cel C1: verwacht: de kop 'Aantal jongeren'"),
    "a sheet too many": (lambda book: book.create_sheet("Blad1"), "Onbekend blad 'Blad1'"),
    "a sheet too few": (lambda book: book.remove(book["Tarieven"]), "Het blad 'Tarieven' ontbreekt"),
    "endless rows": (
        lambda book: [book["Bevolking"].append([1, 1, 1]) for _ in range(300)], "er zijn meer dan 200 rijen"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_told_in_dutch_by_sheet_and_cell(case: str) -> None:
    change, words = WRONG[case]
    lines = refused(changed(change))
    assert any(words in line for line in lines), lines


def test_every_mistake_is_told_at_once() -> None:
    lines = refused(changed(cells(Bevolking_C7="a", Bevolking_C9="b", Gemeente_B7="c", Tarieven_B2="d")))
    assert [line.split(":")[0] for line in lines] == [
        "Blad Gemeente, cel B7", "Blad Bevolking, cel C7", "Blad Bevolking, cel C9", "Blad Tarieven, cel B2"
    ]  # fmt: skip


# ---- what is no ordinary workbook


def with_part(name: str, content: bytes) -> bytes:
    return packed({**parts(almere()), name: content})


def replaced(name: str, old: bytes, new: bytes) -> bytes:
    found = parts(almere())
    assert old in found[name]
    return packed({**found, name: found[name].replace(old, new)})


def lying_about_its_size() -> bytes:
    """Return a workbook with a part that unpacks to far more than its headers say."""
    content = bytearray(with_part("xl/media/image1.png", b"\0" * (MAX_UNPACKED + 10**6)))
    honest = (MAX_UNPACKED + 10**6).to_bytes(4, "little")
    assert content.count(honest) == 2
    return bytes(content.replace(honest, (1000).to_bytes(4, "little")))


def encrypted() -> bytes:
    """Return a workbook of which a part says that it has a password."""
    content = bytearray(almere())
    place = content.rindex(b"PK\x01\x02")
    content[place + 8] |= 1
    return bytes(content)


TRICKS: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "Dit is geen Excel-werkmap"),
    "text": (lambda: b"name;Dorp", "Dit is geen Excel-werkmap"),
    "another zip file": (lambda: packed({"a.txt": b"x"}), "Dit is geen Excel-werkmap"),
    "an old workbook": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "een oud of beveiligd"),
    "a password": (encrypted, "een oud of beveiligd"),
    "over 1 MB": (lambda: b"PK\x03\x04" + b"x" * 1_000_000, "Te groot: 1,0 MB; hoogstens 1,0 MB"),
    "50 MB": (lambda: b"PK\x03\x04" + b"x" * 50_000_000, "Te groot: 50,0 MB; hoogstens 1,0 MB"),
    "half a workbook": (lambda: almere()[:3000], "De werkmap is beschadigd"),
    "macros": (lambda: with_part("xl/vbaProject.bin", b"x"), "De werkmap bevat macro's"),
    "a macro workbook": (
        lambda: replaced("[Content_Types].xml", b"spreadsheetml.sheet.main", b"sheet.macroEnabled.main"),
        "De werkmap bevat macro's",
    ),
    "macros under another name": (
        lambda: replaced(
            "[Content_Types].xml", b"</Types>",
            b'<Override PartName="/xl/a.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>',
        ),
        "De werkmap bevat macro's",
    ),
    "old macros": (lambda: with_part("xl/macrosheets/sheet1.xml", b"<x/>"), "De werkmap bevat macro's"),
    "another workbook": (
        lambda: with_part("xl/externalLinks/externalLink1.xml", b"<x/>"), "verwijst naar andere bestanden"
    ),
    "a connection": (lambda: with_part("xl/connections.xml", b"<x/>"), "verwijst naar andere bestanden"),
    "an outside part": (
        lambda: replaced(
            "xl/_rels/workbook.xml.rels", b"</Relationships>",
            b'<Relationship Id="r9" Type="x/image" Target="http://x" TargetMode="External"/></Relationships>',
        ),
        "verwijst naar andere bestanden",
    ),
    "a zip bomb": (lambda: with_part("xl/a.xml", b" " * 9_000_000), "unpacks"),
    "a larger zip bomb": (lambda: with_part("xl/a.xml", b" " * 20_000_000), "hoogstens 10,0 MB mag"),
    "a lying zip bomb": (lying_about_its_size, "De werkmap is beschadigd"),
    "many parts": (
        lambda: packed({**parts(almere()), **{f"xl/{i}.xml": b"x" for i in range(100)}}), "hoogstens 100 mag"
    ),
    "billion laughs": (
        lambda: with_part("xl/a.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'), "een documenttype"
    ),
    "another encoding": (lambda: with_part("xl/a.xml", "<x/>".encode("utf-16")), "een andere codering"),
}  # fmt: skip


@pytest.mark.parametrize("case", TRICKS)
def test_a_trick_is_refused_with_its_reason(case: str) -> None:
    make, words = TRICKS[case]
    (line,) = refused(make())
    if case == "a zip bomb":
        words = "keer zo groot"
    assert words in line


def test_a_part_that_is_there_twice_is_refused() -> None:
    stream = BytesIO(almere())
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("xl/workbook.xml", b"<x/>")
    (line,) = refused(stream.getvalue())
    assert "staat er twee keer in" in line


def test_a_link_to_a_page_and_settings_of_a_printer_are_no_harm() -> None:
    def link(book: Book) -> None:
        book["Gemeente"]["D4"].hyperlink = "https://www.cbs.nl"
        book["Gemeente"]["D4"] = "CBS"

    content = {**parts(changed(link)), "xl/printerSettings/printerSettings1.bin": "printer".encode("utf-16")}
    assert read(packed(content)).name == "Almere"


@settings(deadline=None, max_examples=examples(60))
@given(st.integers(0, 2**32), st.integers(1, 30))
def test_damaged_workbooks_are_a_municipality_or_an_input_error(seed: int, changes: int) -> None:
    luck = np.random.default_rng(seed)
    if luck.random() < 0.5:  # the zip file itself
        content = bytearray(almere())
        for _ in range(changes):
            content[luck.integers(len(content))] = luck.integers(256)
    else:  # a part of it, packed again
        found = parts(almere())
        names = [name for name in found if name.endswith((".xml", ".rels"))]
        name = names[luck.integers(len(names))]
        part = bytearray(found[name])
        for _ in range(changes):
            place = luck.integers(len(part))
            if luck.random() < 0.5:
                part[place] = luck.integers(256)
            else:
                del part[place : place + luck.integers(1, 20)]
                part.append(luck.integers(256))
        content = bytearray(packed({**found, name: bytes(part)}))
    try:
        town = read(bytes(content))
    except InputError as error:
        sentences = error.told("nl")
    else:
        assert isinstance(town, Municipality)
        return
    assert sentences


# ---- any file that somebody chooses


def test_a_chosen_file_is_read_by_its_name() -> None:
    town = read(almere())
    assert read_figures(almere(), "Almere.XLSX", registry()) == town
    assert read_figures(municipality_yaml(town).encode(), "almere.yml", registry()) == town


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cijfers.xlsm", "De werkmap bevat macro's"),
        ("cijfers.pdf", "Verwacht: een bestand .xlsx of .yaml; gevonden: de tekst '.pdf'"),
        ("<script>", "Verwacht: een bestand .xlsx of .yaml"),
        ("", "Verwacht: een bestand .xlsx of .yaml"),
    ],
)
def test_another_kind_of_file_is_refused(name: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_figures(almere(), name, registry())
    assert caught.value.told("nl")[0].startswith(words)


@given(st.text(st.characters(exclude_categories=("C", "Z")) | st.just(" "), min_size=1, max_size=60))
@settings(max_examples=15, deadline=None)
def test_a_template_holds_names_and_sources_as_text(text: str) -> None:
    for nasty in (text, f"={text}", f"@{text}", f"_x0041_{text}"):
        profile = replace(profiles()["Tilburg"], name=nasty, source=f"{nasty}; use")
        sheet = openpyxl.load_workbook(BytesIO(template("nl", profile)))["Gemeente"]
        for cell in (sheet["B2"], sheet["B4"]):
            assert (cell.data_type, cell.value) == ("s", nasty)
