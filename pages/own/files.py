"""Files of a municipality's own figures: templates to fill in, and what somebody chose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from pages.look.texts import language, t
from pages.own.known import GROUPS, form_name
from pages.serving import uploads
from sim.errors import InputError
from sim.files.wording import Mistake, explain
from sim.inputs.library import registry
from sim.inputs.municipality import Municipality
from sim.inputs.municipality_template import template
from sim.inputs.municipality_text import municipality_yaml
from sim.inputs.profiles import profile_from
from sim.states import FORMS

MOST_TOLD = 15
"""Mistakes that are listed; who mends those sees the next."""
EXAMPLES = {
    "kinderwerk_fte": "# kinderwerk_fte: 12.5\n",
    "bijstand": "# bijstand: 0.06\n",
    "use": "# use:\n#   - {year: 2019, youths: 5000, ages: 0-22}\n#   - {year: 2022, youths: 5200}\n",
    "tariffs": "# tariffs:\n#   ambulant: 9000\n",
}
"""What else a file may say, with invented numbers."""
INVITATION = "\n# Kan er ook bij (de getallen zijn voorbeelden; haal het hekje weg):\n"
EMPTY = """\
# Eigen cijfers van een gemeente. Alles na een # is uitleg. Schrijf decimalen met een punt (12.5).
kind: municipality
name:            # naam van de gemeente
date:            # de dag waarop de bevolking is geteld, zoals 2024-01-01
source:          # waar de cijfers vandaan komen
population:      # jongeren per groep, samen elke leeftijd van 0 tot en met 22
  0-3:
  4-11:
  12-17:
  18-22:
"""


def workbook_template(known: Municipality | None) -> bytes:
    """Return the workbook to fill in, with what is known."""
    if known is None:
        return template(language())
    return template(language(), profile_from(known), known.uses)


def yaml_template(known: Municipality | None) -> str:
    """Return the file to fill in, with what is known."""
    said = {} if known is None else known.to_data()
    examples = "".join(example for key, example in EXAMPLES.items() if not said.get(key))
    return (EMPTY if known is None else municipality_yaml(known)) + INVITATION + examples


def read(name: str, content: bytes) -> tuple[Municipality | None, list[str]]:
    """Return the figures in a file that somebody chose, or every mistake in their language."""
    return _tried(lambda: uploads.figures(name, content))


def _tried(make: Callable[[], Municipality]) -> tuple[Municipality | None, list[str]]:
    try:
        return make(), []
    except InputError as error:
        return None, shortened(error.told(language()))


Place = tuple[str | int, ...]


def of_form(data: dict[str, Any]) -> tuple[Municipality | None, list[str]]:
    """Return the figures of the form, or every mistake after the name of its field."""
    return checked(data, _gaps(data))


def checked(
    data: dict[str, Any], gaps: Mapping[Place, list[str]] = MappingProxyType({})
) -> tuple[Municipality | None, list[str]]:
    """Return the figures in data, or every mistake after the name of its field. gaps: what is empty."""
    try:
        figures = Municipality.model_validate(data, context=registry())
    except ValidationError as error:
        mistakes = explain(Municipality, data, error)
        others = [_sentence(each) for each in mistakes if each.loc not in gaps]
        empty = [sentence for sentences in gaps.values() for sentence in sentences]
        return None, shortened([*empty, *others])
    return figures, []


def _gaps(data: dict[str, Any]) -> dict[Place, list[str]]:
    """Return the fields that must be filled in and are empty, by the place in the data."""
    filled = data["population"]
    year = [] if data["date"] else [f"{t('own_year')}: {t('own_year_empty')}"]
    people = [
        f"{t('own_people', first=first, last=last)}: {t('own_people_empty')}"
        for first, last in GROUPS
        if f"{first}-{last}" not in filled and str(first) not in filled
    ]
    found: dict[Place, list[str]] = {("date",): year, ("population",): people}
    return {place: sentences for place, sentences in found.items() if sentences}


def _sentence(mistake: Mistake) -> str:
    words = mistake.fault.text(language())
    return f"{field_name(mistake.loc)}: {words}" if mistake.loc else words


def field_name(loc: Place) -> str:
    """Return what the form calls the place of a mistake."""
    if loc[0] == "tariffs" and len(loc) > 1 and loc[1] in FORMS:
        return form_name(str(loc[1]))
    fields = {
        "name": t("own_name"), "date": t("own_year"), "source": t("own_source"),
        "population": t("own_population"), "kinderwerk_fte": t("own_fte"), "bijstand": t("own_bijstand"),
        "moving": t("own_moving"), "use": t("own_use"),
    }  # fmt: skip
    return fields.get(str(loc[0]), str(loc[0]))


def shortened(sentences: list[str]) -> list[str]:
    """Return the first mistakes, and how many more there are."""
    rest = len(sentences) - MOST_TOLD
    return sentences if rest <= 0 else [*sentences[:MOST_TOLD], t("own_more", n=rest)]
