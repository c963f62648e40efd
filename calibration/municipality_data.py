"""A municipality's own figures from CBS StatLine: youths by age, and how many of them have jeugdhulp.

The share in the country comes from the same tables in the same way, so that whatever a table counts or
leaves out is the same on both sides of the comparison (calibration.municipal).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from calibration.statline import Cells, Place, StatLineTable, fold
from sim.errors import InputError, nearest
from sim.municipality import Municipality, municipality_from_dict
from sim.population import municipality_names
from sim.registry import Registry
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
Tell = Callable[[str], None]


def municipality_from_cbs(
    name: str, registry: Registry | None = None, tell: Tell = lambda _: None
) -> Municipality:
    """Return what CBS StatLine has on a municipality: its youths, and those with jeugdhulp where published.

    Raises InputError for an unknown municipality (with the nearest name) or a title that a table no longer
    has, SimulationError where CBS cannot be reached.
    """
    tell(f"Reading {POPULATION}")
    people = StatLineTable(POPULATION, _HERE)
    region = _region(people, name)
    year, youths, provisional = _population(people, region)
    total = sum(_population_of(people, COUNTRY, year))
    tell(f"Reading {USE}")
    care = StatLineTable(USE, _HERE)
    use = _use(care, region)
    data = {
        "name": _plain(region),
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
    return municipality_from_dict(data, registry, f"CBS StatLine on {_plain(region)}")


def _region(table: StatLineTable, name: str) -> str:
    """Return the title of a municipality in a table. Raises InputError with the nearest name."""
    known = {
        fold(_plain(str(item["Title"]))): str(item["Title"]).strip()
        for item in table.members(REGIONS)
        if str(item["Key"]).startswith("GM")
    }
    names = [name, municipality_names().get(name.casefold(), name)]
    names += [alias for alias, shipped in municipality_names().items() if shipped == names[1]]
    for each in names:
        if fold(each) in known:
            return known[fold(each)]
    hint = nearest(name, map(_plain, known.values())) or "."
    raise InputError.at("NAME", f"CBS has no municipality '{name}'{hint}")


def _plain(title: str) -> str:
    """Return a municipality's name without what CBS adds where a province is called the same."""
    return title.strip().removesuffix("(gemeente)").strip()


def _years(table: StatLineTable) -> list[int]:
    """Return the last whole years of a table, the newest first."""
    keys = [str(item["Key"]).strip() for item in table.members(PERIODS)]
    years = sorted((int(key[:4]) for key in keys if key[4:] == "JJ00"), reverse=True)
    return years[:YEARS_BACK]


def _population(table: StatLineTable, region: str) -> tuple[int, list[float], bool]:
    """Return the newest year with figures, youths by age, and whether they are provisional."""
    for year in _years(table):
        places = _places(table, region, year)
        youths = table.figures(places)
        counts = [float(count) for count in youths if count is not None]
        if len(counts) == AGES and sum(counts) > 0.0:
            return year, counts, any(place.provisional for place in places)
    raise InputError.at(
        "NAME",
        f"CBS has no figures on '{_plain(region)}' of the last {YEARS_BACK} years in table {table.table}",
    )


def _population_of(table: StatLineTable, region: str, year: int) -> list[float]:
    counts = [float(count) for count in table.figures(_places(table, region, year)) if count is not None]
    if len(counts) < AGES:
        raise InputError.at("NAME", f"CBS table {table.table} has no figures on {region} of {year}")
    return counts


def _places(table: StatLineTable, region: str, year: int) -> list[Place]:
    """Return where youths of each age are counted."""
    ages = [
        {**EVERYBODY, "Leeftijd": f"{age} jaar", REGIONS: region, PERIODS: str(year)} for age in range(AGES)
    ]
    return _there(table, ages, POPULATION_MEASURE)


def _use(table: StatLineTable, region: str) -> tuple[int, float, float, bool] | None:
    """Return the newest year with figures, youths with jeugdhulp here and in the country, if provisional."""
    if not any(fold(item["Title"]) == fold(region) for item in table.members(REGIONS)):
        return None
    for year in _years(table):
        chosen = [{**JEUGDHULP, REGIONS: where, PERIODS: str(year)} for where in (region, COUNTRY)]
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
