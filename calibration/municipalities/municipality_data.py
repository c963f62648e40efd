"""A municipality's own figures from CBS StatLine: youths by age, and how many of them have jeugdhulp.

The share in the country comes from the same tables in the same way, so that whatever a table counts or
leaves out is the same on both sides of the comparison (calibration.municipalities.municipal).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from calibration.figures.statline import Cells, Place, StatLineTable, fold
from sim.errors import InputError
from sim.faults import fault
from sim.inputs.library import Registry
from sim.inputs.municipality import Municipality, municipality_from_dict
from sim.inputs.placenames import PlaceError, Town, code_of, find, key, meant, towns
from sim.progress import Progress, Tell, nobody
from sim.states import AGES

POPULATION, POPULATION_MEASURE = "03759ned", "Bevolking op 1 januari"
USE, USE_MEASURE = "85099NED", "Jongeren met jeugdzorg > Jongeren met jeugdzorg"
REGIONS, PERIODS = "Regio's", "Perioden"
EVERYBODY = {"Geslacht": "Totaal mannen en vrouwen", "Burgerlijke staat": "Totaal burgerlijke staat"}
JEUGDHULP = {"Vormen van jeugdzorg": "JH 1 Totaal jeugdhulp"}
COUNTRY = "Nederland"
YEARS_BACK = 3
"""How many of the last years of a table are tried: CBS publishes the country before its municipalities."""
_HERE = Path(__file__)


def municipality_from_cbs(name: str, registry: Registry | None = None, tell: Tell = nobody) -> Municipality:
    """Return what CBS StatLine has on a municipality: its youths, and those with jeugdhulp where published.

    name: of the municipality, or its CBS code. Raises InputError for what is no municipality of today (with
    the nearest name) or a title that a table no longer has, SimulationError where CBS cannot be reached.
    """
    town = _town(name)
    tell(Progress("reading_table", values={"table": POPULATION}))
    people = StatLineTable(POPULATION, _HERE)
    region = _region(people, name, town)
    year, youths, provisional = _population(people, region)
    total = sum(_population_of(people, COUNTRY, year))
    tell(Progress("reading_table", values={"table": USE}))
    care = StatLineTable(USE, _HERE)
    use = _use(care, region.code)
    data = {
        "name": town.name if town else region.name,
        "date": f"{year}-01-01",
        "source": _source(people, f"1 januari {year}", provisional),
        "population": {str(age): count for age, count in enumerate(youths)},
    }
    if use is not None:
        use_year, here, country, use_provisional = use
        data["use"] = {
            "year": use_year,
            "youths": here,
            "ages": f"0-{AGES - 1}",
            "national": round(country / total, 5),
            "source": _source(care, str(use_year), use_provisional),
        }
    return municipality_from_dict(data, registry, f"CBS StatLine on {region.name}")


class Region(NamedTuple):
    """A municipality at CBS: its code, the same in every table, and the name that one table prints."""

    code: str
    name: str


def _town(name: str) -> Town | None:
    """Return the municipality that is meant; None for one that CBS may know and the model does not yet."""
    if (code := code_of(name)) is not None and code not in towns():
        return None
    try:
        return find(name)
    except PlaceError as error:
        raise InputError.of(error.fault) from None


def _region(table: StatLineTable, name: str, town: Town | None) -> Region:
    """Return a municipality as a table has it. Raises InputError with the nearest name."""
    titles = {
        str(item["Key"]).strip(): _plain(str(item["Title"]))
        for item in table.members(REGIONS)
        if str(item["Key"]).startswith("GM")
    }
    codes = [town.code if town else code_of(name) or ""]
    if town is None and codes == [""]:
        codes = [code for code, title in titles.items() if key(title) == key(name)]
    found = [Region(code, titles[code]) for code in codes if code in titles]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError.of(fault(
            "cbs_several_municipalities", name=name, codes=tuple(codes)
        ))  # fmt: skip
    near = () if town else meant(name)
    raise InputError.of(fault("cbs_no_municipality", name=name, near=near))


def _plain(title: str) -> str:
    """Return a municipality's name without what CBS adds where a province is called the same."""
    return title.strip().removesuffix("(gemeente)").strip()


def _years(table: StatLineTable) -> list[int]:
    """Return the last whole years of a table, the newest first."""
    keys = [str(item["Key"]).strip() for item in table.members(PERIODS)]
    years = sorted((int(key[:4]) for key in keys if key[4:] == "JJ00"), reverse=True)
    return years[:YEARS_BACK]


def _population(table: StatLineTable, region: Region) -> tuple[int, list[float], bool]:
    """Return the newest year with figures, youths by age, and whether they are provisional."""
    for year in _years(table):
        places = _places(table, region.code, year)
        youths = table.figures(places)
        counts = [float(count) for count in youths if count is not None]
        if len(counts) == AGES and sum(counts) > 0.0:
            return year, counts, any(place.provisional for place in places)
    raise InputError.of(
        fault("cbs_no_recent_figures", name=region.name, years_back=YEARS_BACK, table=table.table)
    )


def _population_of(table: StatLineTable, region: str, year: int) -> list[float]:
    """Return youths by age in a region, which is a code or a title. Raises InputError."""
    counts = [float(count) for count in table.figures(_places(table, region, year)) if count is not None]
    if len(counts) < AGES:
        raise InputError.of(fault("cbs_no_figures", table=table.table, region=region, year=year))
    return counts


def _places(table: StatLineTable, region: str, year: int) -> list[Place]:
    """Return where youths of each age are counted."""
    ages = [
        {**EVERYBODY, "Leeftijd": f"{age} jaar", REGIONS: region, PERIODS: str(year)} for age in range(AGES)
    ]
    return _there(table, ages, POPULATION_MEASURE)


def _use(table: StatLineTable, code: str) -> tuple[int, float, float, bool] | None:
    """Return the newest year with figures, youths with jeugdhulp here and in the country, if provisional."""
    if not any(fold(item["Key"]) == fold(code) for item in table.members(REGIONS)):
        return None
    for year in _years(table):
        chosen = [{**JEUGDHULP, REGIONS: where, PERIODS: str(year)} for where in (code, COUNTRY)]
        places = _there(table, chosen, USE_MEASURE)
        here, country = table.figures(places)
        if here and country:
            return year, here, country, any(place.provisional for place in places)
    return None


def _there(table: StatLineTable, chosen: Sequence[dict[str, str]], measure: str) -> list[Place]:
    places = []
    for titles in chosen:
        cells = Cells({dimension: (title,) for dimension, title in titles.items()}, (measure,))
        place = table.place(cells, 1)
        assert place is not None, "the year is one of the table's own"
        places.append(place)
    return places


def _source(table: StatLineTable, when: str, provisional: bool) -> str:
    return f"CBS StatLine {table.table}, {table.title}, {when}{' (voorlopig)' if provisional else ''}"[:300]
