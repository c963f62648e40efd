"""A municipality is found by every way to write its name or code, and never taken for another."""

from __future__ import annotations

import csv
import time
import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.inputs import placenames
from sim.inputs.placenames import PlaceError, Town, code_of, find, meant, towns

TODAY = [town for town in towns().values() if not town.until]
BEFORE = [town for town in towns().values() if town.until]
ONE = [town for town in TODAY if not town.name.startswith("Bergen (")]

WAYS = {
    "GM0034": "Almere", "gm34": "Almere", "0034": "Almere", "GM 0034": "Almere", "GM0034  ": "Almere",
    "Gemeente Almere": "Almere", "gemeente Den Haag": "Den Haag", "Almere (gemeente)": "Almere",
    "gem. Almere": "Almere", "Almere, gemeente": "Almere", "de gemeente Almere": "Almere",
    "Municipality of Almere": "Almere", "The Hague": "Den Haag", "'s-Gravenhage": "Den Haag",
    "\u2018s-Gravenhage": "Den Haag", "\u2019s-Gravenhage": "Den Haag", "\u201as-Gravenhage": "Den Haag",
    "\u201bs Gravenhage": "Den Haag", "`s-Gravenhage": "Den Haag", "\u00b4s-gravenhage": "Den Haag",
    "\u02bcs-Gravenhage": "Den Haag",
    "s-Gravenhage": "Den Haag", "Den Bosch": "'s-Hertogenbosch", "s Hertogenbosch": "'s-Hertogenbosch",
    "Nuenen": "Nuenen, Gerwen en Nederwetten", "Nuenen c.a.": "Nuenen, Gerwen en Nederwetten",
    "Nuenen, Gerwen & Nederwetten": "Nuenen, Gerwen en Nederwetten",
    "S\u00fadwest\u2013Frysl\u00e2n": "Súdwest-Fryslân", "Sudwest-Fryslan": "Súdwest-Fryslân",
    "Su\u0301dwest-Frysla\u0302n": "Súdwest-Fryslân", "sudwest\u2014fryslan": "Súdwest-Fryslân",
    "Al\u200bmere": "Almere", "\ufeffAlmere": "Almere", "Al\u00admere": "Almere", "Almere\u200e": "Almere",
    "Den\u00a0Haag": "Den Haag", "Den\u202fHaag": "Den Haag", " DEN \t  HAAG ": "Den Haag",
    "\u0132sselstein": "IJsselstein", "Capelle a/d IJssel": "Capelle aan den IJssel",
    "Alphen a.d. Rijn": "Alphen aan den Rijn", "Horst a/d Maas": "Horst aan de Maas",
    "St. Michielsgestel": "Sint-Michielsgestel", "Sint Michielsgestel": "Sint-Michielsgestel",
    "Rijswijk": "Rijswijk", "Rijswijk (ZH.)": "Rijswijk", "Rijswijk (Zuid-Holland)": "Rijswijk",
    "Hengelo": "Hengelo", "Hengelo (O.)": "Hengelo", "Beek (L.)": "Beek", "Middelburg (Z.)": "Middelburg",
    "Stein (L)": "Stein", "Laren NH": "Laren", "Bergen (L.)": "Bergen (L.)", "Bergen NH": "Bergen (NH.)",
    "Bergen, Limburg": "Bergen (L.)", "Utrecht (gemeente)": "Utrecht", "De Friese Meren": "De Fryske Marren",
}  # fmt: skip


@pytest.mark.parametrize("written", WAYS)
def test_a_municipality_is_found_however_it_is_written(written: str) -> None:
    town = find(written)
    assert town is not None
    assert town.name == WAYS[written]


def test_a_code_may_be_a_number() -> None:
    town = find(34)
    assert town is not None
    assert town.name == "Almere"


APOSTROPHES = st.sampled_from("'\u2018\u2019\u201a\u02bc`")
SPACES = st.sampled_from([" ", "\u00a0", "\u202f", "  ", " \u200b"])
DASHES = st.sampled_from("-\u2010\u2011\u2013\u2014\u2212")
Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
FORMS: tuple[Form, ...] = ("NFC", "NFD", "NFKC", "NFKD")
UNSEEN = st.sampled_from(["", "\u200b", "\u200c", "\u2060", "\ufeff", "\u00ad"])


@given(st.sampled_from(ONE), st.data())
def test_every_municipality_is_found_as_people_paste_it(town: Town, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([town.name, *town.also]))
    form = data.draw(st.sampled_from(FORMS))
    written = unicodedata.normalize(form, data.draw(st.sampled_from([name, name.upper(), name.lower()])))
    for sign, others in (("'", APOSTROPHES), (" ", SPACES), ("-", DASHES)):
        written = written.replace(sign, data.draw(others))
    around = data.draw(st.sampled_from(["{}", "gemeente {}", "Gemeente {}", "{} (gemeente)", " {} "]))
    place = data.draw(st.integers(0, len(written)))
    written = written[:place] + data.draw(UNSEEN) + written[place:]
    assert find(around.format(written)) == town
    assert find(town.code) == town


@given(st.sampled_from(ONE))
def test_accents_may_be_left_out(town: Town) -> None:
    bare = unicodedata.normalize("NFKD", town.name).encode("ascii", "ignore").decode()
    assert find(bare) == town


def found_or_told(name: str) -> Town | str | None:
    """Return the municipality of a name, or what is told of it."""
    try:
        return find(name)
    except PlaceError as error:
        return str(error)


@pytest.mark.parametrize("name", ["Laren", "Beek", "Haarle", "Haren", "Leek", "Heerde", "Rhenen", "Rheden"])
def test_a_place_is_never_another_that_is_spelt_alike(name: str) -> None:
    found = found_or_told(name)
    if isinstance(found, str):
        assert f"{name} has not been a municipality since 2019" in found
        assert "did you mean" not in found
    else:
        assert found is None or found.name == name


@pytest.mark.parametrize("name", ["Xanadu", "Brussel", "Londen", "Texas", "Kopenhagen"])
def test_a_name_that_is_like_none_gets_no_hint(name: str) -> None:
    assert meant(name) == ()


@given(st.sampled_from([*TODAY, *BEFORE]))
def test_no_municipality_is_offered_another(town: Town) -> None:
    found = found_or_told(town.name)
    if isinstance(found, str):
        assert town.until
        offered = found.partition("did you mean ")[2]
        assert not offered or f"'{town.name.split(' ')[0]} " in offered  # Valkenburg: Valkenburg aan de Geul
    else:
        assert found == town


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Weesp", "Weesp has not been a municipality since 2022: it is part of Amsterdam"),
        ("gm0457", "Weesp has not been a municipality since 2022: it is part of Amsterdam"),
        ("gemeente uden", "Uden has not been a municipality since 2022: it is part of Maashorst"),
        ("Brielle", "Brielle has not been a municipality since 2023: it is part of Voorne aan Zee"),
        ("Haren", "Haren has not been a municipality since 2019: it is part of Groningen"),
        ("Haaren", "since 2021: it was divided over Vught, Oisterwijk, Boxtel, Tilburg"),
        ("Hengelo (Gld)", "since 2005: it is part of Bronckhorst"),
        ("Abbenbroek", None),  # dissolved before the figures of CBS begin
        ("Bergen", "there is more than one municipality 'Bergen'; write Bergen (NH.) or Bergen (L.)"),
        ("GM9999", "there is no municipality with the code GM9999"),
        ("Gelderland", "Gelderland is a province; name one of its municipalities"),
        ("friesland", "Frysl\u00e2n is a province; name one of its municipalities"),
    ],
)
def test_what_is_no_municipality_of_today_is_told(name: str, told: str | None) -> None:
    if told is None:
        assert find(name) is None
        return
    with pytest.raises(PlaceError) as caught:
        find(name)
    assert told in str(caught.value)
    dutch = caught.value.fault.text("nl")
    assert not {"since", "has", "there", "or", "is a province"} & set(dutch.split())


def test_figures_of_ones_own_may_be_of_a_municipality_of_before() -> None:
    town = find("gemeente Weesp", today=False)
    assert town is not None
    assert town.name == "Weesp"
    assert find("Gelderland", today=False) is None
    with pytest.raises(PlaceError, match="more than one municipality 'Bergen'"):
        find("Bergen", today=False)


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("Tilbrug", ("Tilburg",)), ("Roterdam", ("Rotterdam",)),
        ("Alphen", ("Alphen aan den Rijn", "Alphen-Chaam",)), ("Xyzzy", ()), ("", ()),
        ("'", ()),
    ],
)  # fmt: skip
def test_a_misspelling_is_met_with_what_it_may_mean(written: str, hint: tuple[str, ...]) -> None:
    assert find(written) is None
    assert meant(written) == hint


def test_names_that_come_first_are_offered_first() -> None:
    assert meant("Almeer") == ("Aalsmeer", "Almere")
    assert meant("Almeer", ["Almere"]) == ("Almere",)


@given(st.text(max_size=40))
def test_any_text_is_found_told_or_unknown(text: str) -> None:
    found = found_or_told(text)
    assert found is None or found in TODAY or isinstance(found, str)


@pytest.mark.parametrize("sign", [*",(a1' \u200b\u0301", "st.", "a/d", "gemeente "])
def test_a_name_without_an_end_takes_no_time(sign: str) -> None:
    start = time.process_time()
    assert isinstance(found_or_told(sign * (900_000 // len(sign))), (str, type(None)))
    assert time.process_time() - start < 5


# ---- the table


def test_the_table_has_the_municipalities_of_today_and_where_the_others_went() -> None:
    assert len(TODAY) == 342
    assert {code_of(town.code) for town in TODAY} == {town.code for town in TODAY}
    for town in BEFORE:
        assert town.now
        assert all(not towns()[code].until for code in town.now), town
        assert "1988" <= town.until[:4] <= "2023"


def test_a_name_of_today_is_of_one_municipality_but_for_bergen() -> None:
    several = {name: codes for name, codes in placenames._index().items() if len(codes) > 1}
    assert several == {"bergen": ("GM0373", "GM0893")}


def test_every_row_has_a_grade_and_a_source() -> None:
    with placenames.FILE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["grade"] for row in rows} == {"observed", "assumed"}
    assert all(row["source"] for row in rows)


# ---- search


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("urk", ["Urk"]), ("weesp", ["Amsterdam"]), ("GM0457", ["Amsterdam"]), ("GM0363", ["Amsterdam"]),
        ("gravenhage", ["Den Haag"]), ("Bergen", ["Bergen (L.)", "Bergen (NH.)", "Bergen op Zoom"]),
        ("haaren", ["Boxtel", "Oisterwijk", "Tilburg", "Vught"]), ("xyzzy", []),
    ],
)  # fmt: skip
def test_search_finds_names_of_now_and_before_and_codes(words: str, names: list[str]) -> None:
    found = [town.name for town in placenames.search(words)]
    assert found == sorted(found, key=placenames.key)
    assert [name for name in found if name in names] == names
    assert len(found) < 30  # names that hold the words inside another are found too, such as Zevenbergen


def test_search_for_nothing_is_every_municipality() -> None:
    assert set(placenames.search("")) == set(TODAY)


def test_of_what_users_type_no_more_is_kept_than_a_name_is_long() -> None:
    before = placenames._key.cache_info().misses
    for end in ("een", "twee"):
        assert placenames.key("w" * placenames.LONGEST + end) == "w" * placenames.LONGEST
    assert placenames._key.cache_info().misses <= before + 1
