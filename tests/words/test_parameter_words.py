"""Every parameter has a name, a unit and a basis that people can read, in both languages."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from pages.look.parameter_words import ASSUMED, ESTIMATED, MEASURED, basis_of
from sim.decision.dossier import group_of
from sim.model.futures import futures
from sim.model.parameters import default_parameters
from sim.report.content import words
from sim.words.parameter_words import FOLDER, group_title, parameter_title, source_words, unit_words
from sim.words.writing import Writing, read_words

RECORDS = {**default_parameters().records, **futures()["van_ark"]}


@pytest.fixture(params=["nl", "en"])
def writing(request: pytest.FixtureRequest) -> Writing:
    return words(request.param)


def test_every_parameter_has_a_title_of_its_own_a_unit_and_a_group(writing: Writing) -> None:
    titles = Counter(parameter_title(name, writing) for name in RECORDS)
    assert [title for title, times in titles.items() if times > 1] == []
    assert not any("_" in title for title in titles)
    for name, record in RECORDS.items():
        assert unit_words(record.unit, writing)
        assert group_title(group_of(name), writing)


def test_no_title_or_unit_is_left_for_what_is_no_parameter(writing: Writing) -> None:
    asked: set[str] = set()

    class Heard(dict[str, str]):
        def __getitem__(self, key: str) -> str:
            asked.add(key)
            return super().__getitem__(key)

    heard = replace(writing, words=Heard(writing.words))
    for name, record in RECORDS.items():
        parameter_title(name, heard)
        unit_words(record.unit, heard)
        group_title(group_of(name), heard)
    kept = read_words([FOLDER / f"{writing.language}.yaml"]).keys()
    assert {key for key in kept - asked if not key.startswith("pw_source_")} == set()


@pytest.mark.parametrize(
    ("name", "dutch", "english"),
    [
        ("kinderwerk.retained", "Kinderwerk: deel van het effect dat een jaar na vertrek blijft",
         "Child work: share of the effect left a year after leaving"),
        ("need.onset_age.14", "Ontstaan van zorgbehoefte naar leeftijd: 14 jaar",
         "Onset of need by age: age 14"),
        ("need.relapse.600", "Terugval na herstel: daarna", "Relapse after recovery: after that"),
        ("access.wijkteam.2015", "Toegang tot het wijkteam door de jaren: 2015",
         "Access to the neighbourhood team over the years: 2015"),
        ("start.daghulp.none", "Begin van zorg: daghulp, zonder zorgbehoefte",
         "Start of care: day treatment, without need"),
        ("school.bijstand.yes", "Schooluitval: gezin in de bijstand",
         "Leaving school early: family on social assistance"),
    ],
)  # fmt: skip
def test_titles_say_what_is_meant(name: str, dutch: str, english: str, writing: Writing) -> None:
    assert parameter_title(name, writing) == {"nl": dutch, "en": english}[writing.language]


@pytest.mark.parametrize(
    "name", ["needs.onset", "need.onset_lihgt", "kinderwerk.speed", "start.wijkteam.some"]
)
def test_an_unknown_name_has_no_title(name: str, writing: Writing) -> None:
    with pytest.raises(KeyError):
        parameter_title(name, writing)


def test_a_number_that_the_calibration_held_rests_on_what_was_believed_before() -> None:
    held, fitted = RECORDS["need.onset_age.0"], RECORDS["need.onset_light"]
    assert (held.grade, held.fixed, basis_of(held)) == ("calibrated", True, ASSUMED)
    assert (fitted.grade, fitted.fixed, basis_of(fitted)) == ("calibrated", False, ESTIMATED)
    assert basis_of(RECORDS["household.ouder_ggz"]) == ESTIMATED
    assert basis_of(RECORDS["discount.mkba"]) == MEASURED
    assert basis_of(replace(RECORDS["discount.mkba"], grade="assumed")) == ASSUMED


def test_what_is_said_of_many_sources_is_said_in_the_language_in_use(writing: Writing) -> None:
    told = source_words("CBS 2020; no readable source; before the fit 0.165 (0.15 to 0.18, cited)", writing)
    expected = {
        "nl": "CBS 2020; geen leesbare bron; voor de ijking 0,165 (0,15 tot 0,18, uit een bron)",
        "en": "CBS 2020; no readable source; before the calibration 0.165 (0.15 to 0.18, cited)",
    }
    assert told == expected[writing.language]
