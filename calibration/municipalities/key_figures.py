"""Who lives in a municipality, from CBS's key figures of districts and neighbourhoods: a table for each year.

Of the years that the figures of youths with jeugdzorg are of, which they predict (`levels.LIKE`). Each figure
keeps its own year; a later table is another number in TABLES, with `levels.YEARS`.

The numbers and titles of the tables were read in public programs that use them, not in the live tables; in
which groups the titles stand is not known here, so that they are found in any. A title that a table does not
have is told, with the nearest.

A municipality that was made of others since that year, or took others in, is these together: counts are
added, an average is weighed. One that got part of a divided municipality has no figure of before.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from calibration.figures.statline import StatLineTable
from sim.inputs.placenames import towns

AREAS = "Wijken en buurten"
TABLES = {2021: "85039NED", 2022: "85318NED"}
PEOPLE, HOUSEHOLDS = "> Aantal inwoners", "> Huishoudens totaal"
WORKING_AGE = ("> 15 tot 25 jaar", "> 25 tot 45 jaar", "> 45 tot 65 jaar")
EVIDENCE = Path(__file__).resolve().parents[1] / "evidence" / "municipalities.csv"
Figures = Mapping[str, Sequence[float | None]]


@dataclass(frozen=True)
class KeyFigure:
    """A column of municipalities.csv: a measure of one table, with so many decimals.

    over: what a count is a percentage of; weight: what an average of several municipalities is weighed by.
    A count alone has neither. words: for the terminal, with the figure.
    """

    column: str
    year: int
    measure: str
    digits: int
    words: tuple[str, str]
    over: tuple[str, ...] = ()
    weight: str = ""

    @property
    def measures(self) -> tuple[str, ...]:
        """Return the measures that it takes, its own first."""
        return (self.measure, *self.over, *filter(None, [self.weight]))

    def of(self, parts: Sequence[Sequence[float]]) -> float | None:
        """Return the figure of municipalities together. parts: [municipalities, measures]."""
        own = [part[0] for part in parts]
        if not (self.over or self.weight):
            return sum(own)
        rest = [sum(part[1:]) for part in parts]
        if not sum(rest):
            return None
        if self.over:
            return 100 * sum(own) / sum(rest)
        return sum(x * weight for x, weight in zip(own, rest, strict=True)) / sum(rest)


KEY_FIGURES = (
    KeyFigure("bijstand_pct", 2021, "> Personen per soort uitkering; Bijstand", 2,
              ("persons of 15-64 on bijstand", "{:g}%"), over=WORKING_AGE),
    KeyFigure("low_income_pct", 2021, "> Huishoudens met een laag inkomen", 1,
              ("households on a low income", "{:g}%"), weight=HOUSEHOLDS),
    KeyFigure("density", 2022, "> Omgevingsadressendichtheid", 0,
              ("addresses around an address, per km²", "{:,.0f}"), weight=HOUSEHOLDS),
    KeyFigure("households_with_children", 2021, "> Huishoudens met kinderen", 0,
              ("households with children", "{:,.0f}")),
    KeyFigure("income_keur", 2021, "> Gemiddeld inkomen per inwoner", 1,
              ("income per inhabitant, 1,000 euros", "{:g}"), weight=PEOPLE),
)  # fmt: skip


def read_table(year: int) -> tuple[StatLineTable, dict[str, dict[str, list[float | None]]]]:
    """Return the table of a year, and what its key figures are made of, by column and code.

    Raises InputError for a title that it does not have, SimulationError where CBS cannot be reached.
    """
    table = StatLineTable(TABLES[year], Path(__file__))
    here = [figure for figure in KEY_FIGURES if figure.year == year]
    measures = list(dict.fromkeys(name for figure in here for name in figure.measures))
    rows = table.municipalities(AREAS, measures)
    return table, {
        figure.column: {
            code: [_known(row[measures.index(name)]) for name in figure.measures]
            for code, row in rows.items()
        }
        for figure in here
    }


def together(found: Figures, code: str, year: int) -> list[list[float]] | None:
    """Return the figures of the municipalities of 1 January of a year that are this one now, each in full.

    found: of those that there were. None where one of them is not known, or was divided since.
    """
    day = f"{year}-01-01"
    before = [town for town in towns().values() if town.until > day and code in town.now]
    names = [*([code] if code in found or not before else []), *(town.code for town in before)]
    rows = [[x for x in found.get(name, (None,)) if x is not None] for name in names]
    whole = all(len(town.now) == 1 for town in before)
    full = all(row and len(row) == len(found[name]) for name, row in zip(names, rows, strict=True))
    return rows if whole and full else None


def plain(figure: float, digits: int = 0) -> str:
    """Return a figure as the files have it: no zeros at the end of its decimals."""
    text = f"{figure:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def known(code: str) -> dict[str, str]:
    """Return the key figures that the files have of a municipality of today, in words, with their year."""
    with EVIDENCE.open(encoding="utf-8", newline="") as stream:
        (row,) = (row for row in csv.DictReader(stream) if row["code"] == code)
    return {
        f"{each.words[0]} ({each.year})": each.words[1].format(float(row[each.column]))
        for each in KEY_FIGURES
        if row[each.column]
    }


def _known(count: float | None) -> float | None:
    """Return a figure, or None where CBS has a sign for none: its files of these tables use -99997."""
    return None if count is None or count < 0 else count
