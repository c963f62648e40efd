"""Answers of CBS StatLine about municipalities, made by hand in the form of OData 3 (figures are made up).

The key figures stand in groups, with districts and the country beside municipalities, as CBS has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Answer = dict[str, dict[str, Any]]

MEASURES = (
    ("Bevolking", None, ""), ("Aantal inwoners", 0, "AantalInwoners_5"),
    ("Leeftijdsgroepen", 0, ""), ("15 tot 25 jaar", 2, "k_15Tot25Jaar_9"),
    ("25 tot 45 jaar", 2, "k_25Tot45Jaar_10"), ("45 tot 65 jaar", 2, "k_45Tot65Jaar_11"),
    ("Particuliere huishoudens", 0, ""), ("Huishoudens totaal", 6, "HuishoudensTotaal_28"),
    ("Huishoudens met kinderen", 6, "HuishoudensMetKinderen_31"),
    ("Inkomen", None, ""), ("Gemiddeld inkomen per inwoner", 9, "GemiddeldInkomenPerInwoner_72"),
    ("Huishoudens met een laag inkomen", 9, "HuishoudensMetEenLaagInkomen_78"),
    ("Sociale zekerheid", None, ""),
    ("Personen per soort uitkering; Bijstand", 12, "PersonenPerSoortUitkeringBijstand_83"),
    ("Stedelijkheid", None, ""), ("Omgevingsadressendichtheid", 14, "Omgevingsadressendichtheid_117"),
)  # fmt: skip
"""Title, group and key of what the key figures of a year have, of which we read a part."""
KEYS = tuple(key for _, _, key in MEASURES if key)


def answer(
    number: str,
    title: str,
    dimensions: Mapping[str, tuple[str, str, Sequence[Mapping[str, str]]]],
    measures: Sequence[tuple[str, int | None, str]],
    rows: Sequence[Mapping[str, Any]],
) -> Answer:
    """Return a table. dimensions: title, type and categories by key."""
    properties: list[dict[str, Any]] = [
        {"ID": i, "ParentID": None, "Type": kind, "Key": key, "Title": name}
        for i, (key, (name, kind, _)) in enumerate(dimensions.items())
    ]
    first = len(properties)
    properties += [
        {"ID": first + i, "ParentID": None if parent is None else first + parent,
         "Type": "Topic" if key else "TopicGroup", "Key": key, "Title": name}
        for i, (name, parent, key) in enumerate(measures)
    ]  # fmt: skip
    names = ("TableInfos", "UntypedDataSet", "TypedDataSet", "DataProperties", "CategoryGroups", *dimensions)
    return {
        "": {"value": [{"name": name, "url": name} for name in names]},
        "TableInfos": {"value": [{"ID": 0, "Title": title, "Identifier": number}]},
        "DataProperties": {"value": properties},
        "CategoryGroups": {"value": []},
        **{key: {"value": list(items)} for key, (_, _, items) in dimensions.items()},
        "UntypedDataSet": {"value": []},
        "TypedDataSet": {"value": [{"ID": i, **row} for i, row in enumerate(rows)]},
    }


def key_figures(number: str, year: int, figures: Mapping[str, Sequence[float | None]]) -> Answer:
    """Return the key figures of districts and neighbourhoods. figures: in the order of KEYS, by code."""
    everywhere = {"NL00": [9.0] * len(KEYS), **figures, "WK001400": [7.0] * len(KEYS)}
    areas = [{"Key": f"{code:<10}", "Title": code} for code in everywhere]
    rows = [
        {"WijkenEnBuurten": f"{code:<10}", **dict(zip(KEYS, row, strict=True))}
        for code, row in everywhere.items()
    ]
    dimensions = {"WijkenEnBuurten": ("Wijken en buurten", "GeoDetail", areas)}
    return answer(number, f"Kerncijfers wijken en buurten {year}", dimensions, MEASURES, rows)


def persons(figures: Mapping[tuple[str, int], Sequence[float | None]]) -> Answer:
    """Return youths with jeugdzorg in natura by group of ages: four, by code and year."""
    groups = ("0 tot 4 jaar", "4 tot 12 jaar", "12 tot 18 jaar", "18 tot 23 jaar")
    keys = ("53050     ", "53100     ", "53500     ", "53700     ")
    dimensions = {
        "Persoonskenmerken": ("Persoonskenmerken", "Dimension", [
            {"Key": key, "Title": f"Leeftijd: {group}"} for key, group in zip(keys, groups, strict=True)
        ]),
        "VormenVanJeugdzorg": ("Vormen van jeugdzorg", "Dimension", [
            {"Key": "A045558  ", "Title": "JZ Totaal jeugdzorg in natura"}
        ]),
        "RegioS": ("Regio's", "GeoDimension", [
            {"Key": code, "Title": code} for code in dict.fromkeys(code for code, _ in figures)
        ]),
        "Perioden": ("Perioden", "TimeDimension", [
            {"Key": f"{year}JJ00", "Title": str(year), "Status": "Definitief"}
            for year in sorted({year for _, year in figures})
        ]),
    }  # fmt: skip
    rows = [
        {"Persoonskenmerken": key, "VormenVanJeugdzorg": "A045558  ", "RegioS": code,
         "Perioden": f"{year}JJ00", "TotaalJongerenMetJeugdzorg_1": count}
        for (code, year), counts in figures.items() for key, count in zip(keys, counts, strict=True)
    ]  # fmt: skip
    measures = (("Totaal jongeren met jeugdzorg", None, "TotaalJongerenMetJeugdzorg_1"),)
    return answer("85100NED", "Jongeren met jeugdzorg; persoonskenmerken", dimensions, measures, rows)
