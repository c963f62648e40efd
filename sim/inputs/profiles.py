"""Profiles: youths of a municipality by single year of age, and what is known of it locally."""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from sim.errors import InputError, nearest
from sim.faults import fault
from sim.inputs.municipality import Municipality
from sim.inputs.scenario import Scenario
from sim.model.parameters import DATA
from sim.states import AGES

TOWN_FILE = DATA / "towns.csv"
"""Every municipality of 2023; rows are written by calibration/municipalities/levels.py."""
OWN_USE, PREDICTED_USE = "gebruik", "voorspeld"
"""What use of youth care rests on in a municipality of TOWN_FILE (see Profile.local)."""
AGE_GROUPS = {"0-3": range(4), "4-11": range(4, 12), "12-17": range(12, 18), "18-22": range(18, AGES)}
"""Ages for which the use of municipalities is published (CBS 85075NED, 85335NED)."""
CARE_FIGURES = ("jeugdhulp", "tarieven")
"""What a municipality may know of its own youth care (see Profile.local)."""


@dataclass(frozen=True)
class Profile:
    """A municipality: youths by single year of age, and what is known of it locally.

    need and access multiply the national rates at which need arises and help starts: 1 where there are no
    local figures (calibration/municipalities/municipal.py, levels.py). use: 5th and 95th percentile of what
    use may be, over `level`, use over that of national rates at the same ages; None where that is not
    estimated. access_by_age: what multiplies access once more, by AGE_GROUPS; the last is the odds that help
    goes on at the 18th birthday (calibration/municipalities/level_by_age.py). code: of CBS. later: youths by
    age on 1 January of later years, in the order of the years; nothing where it stays what it is.
    """

    name: str
    youths: tuple[float, ...]
    date: str
    source: str
    moving: float | None = None
    kinderwerk_fte: float | None = None
    overrides: Mapping[str, float] = field(default_factory=dict)
    need: float = 1.0
    access: float = 1.0
    local: tuple[str, ...] = ()
    use: tuple[float, float] | None = None
    level: float = 1.0
    access_by_age: tuple[float, ...] = (1.0,) * len(AGE_GROUPS)
    code: str = ""
    later: tuple[tuple[int, tuple[float, ...]], ...] = ()

    def youths_on(self, year: int) -> tuple[float, ...]:
        """Return the youths by age on 1 January of a year.

        Between two years with figures they change by the same number a year, after the last they stay. Before
        the first of `later` are those of the profile, at its date; before that date they were the same.
        """
        known = [(int(self.date[:4]), self.youths), *self.later]
        if len(known) > 1 and known[1][0] <= known[0][0]:
            known = known[1:]
        years = [at for at, _ in known]
        after = bisect_right(years, year)
        if after in (0, len(known)):
            return known[max(after - 1, 0)][1]
        (first, here), (last, there) = known[after - 1 : after + 1]
        part = (year - first) / (last - first)
        return tuple(a + part * (b - a) for a, b in zip(here, there, strict=True))

    @property
    def departs_by_age(self) -> bool:
        """Tell whether access differs by age."""
        return set(self.access_by_age) != {1.0}

    @property
    def total(self) -> float:
        """Return the number of youths of 0-22."""
        return float(sum(self.youths))

    @property
    def has_local_care_figures(self) -> bool:
        """Tell whether both youth-care use and tariffs of the municipality itself are behind its results."""
        return set(CARE_FIGURES) <= set(self.local)


@cache
def profiles() -> Mapping[str, Profile]:
    """Return the shipped profiles by canonical name. Raises InputError for one without youths.

    Those in municipalities.csv have ages and figures of their own. The level of use is that of TOWN_FILE,
    unless need and access were fitted to the municipality itself.
    """
    youths: dict[str, list[float]] = {}
    meta: dict[str, tuple[str, str]] = {}
    with (DATA / "population.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            youths.setdefault(row["name"], []).append(float(row["youths"]))
            meta[row["name"]] = (row["date"], row["source"])
    result = {}
    for line, row in enumerate(_municipality_rows(), 2):
        name = row["name"]
        if name not in youths:
            wrong = fault("no_youths_in_population", name=name, near=nearest(name, youths))
            raise InputError.at(DATA / "municipalities.csv", wrong, line)
        overrides = {"household.bijstand": float(row["bijstand"])} if row["bijstand"] else {}
        known = Profile(
            name=name,
            youths=tuple(youths[name]),
            date=meta[name][0],
            source=meta[name][1],
            moving=float(row["moving"]) if row["moving"] else None,
            kinderwerk_fte=float(row["kinderwerk_fte"]) if row["kinderwerk_fte"] else None,
            overrides=overrides,
            need=float(row["need"] or 1.0),
            access=float(row["access"] or 1.0),
            local=tuple(filter(None, row["local"].split(";"))),
        )
        town = towns_of_the_country().get(name)
        result[name] = known if town is None or known.local else _with_level_of(town, known)
    return {**{name: town for name, town in towns_of_the_country().items() if name not in result}, **result}


def _with_level_of(town: Profile, known: Profile) -> Profile:
    """Return what is known of a municipality with its estimated level of use."""
    return replace(
        known, need=town.need, access=town.access, access_by_age=town.access_by_age, local=town.local,
        use=town.use, level=town.level, code=town.code,
        source=f"{known.source}; {town.source.rpartition('; ')[2]}",
    )  # fmt: skip


@cache
def towns_of_the_country() -> Mapping[str, Profile]:
    """Return every municipality of 2023 by name, with derived ages and its estimated use of youth care."""
    result = {}
    with TOWN_FILE.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            use, low, high = (float(row[column]) for column in ("use", "low", "high"))
            result[row["name"]] = Profile(
                name=row["name"],
                youths=tuple(float(row[f"a{age}"]) for age in range(AGES)),
                date=row["date"],
                source=row["source"],
                need=float(row["need"]),
                access=float(row["access"]),
                local=(OWN_USE if row["basis"] == "own" else PREDICTED_USE,),
                use=(round(low / use, 4), round(high / use, 4)),
                level=use,
                access_by_age=tuple(float(row[f"access_{group}"]) for group in AGE_GROUPS),
                code=row["code"],
            )
    return result


def profile_of(scenario: Scenario) -> Profile:
    """Return the profile of a scenario's municipality: its own figures or what ships, with later years."""
    here = profiles()[scenario.municipality] if scenario.local is None else profile_from(scenario.local)
    given = scenario.population
    return here if given is None else replace(here, later=given.youths(here.youths))


def profile_from(local: Municipality) -> Profile:
    """Return the profile of a municipality's own figures; what they do not say is as in the country.

    Its figure of use counts as known (`jeugdhulp`) once need and access are fitted to it. A municipality that
    ships and is given as it is has the same draws of its use. How access differs by age is what ships.
    """
    overrides = {f"cost.{form}": tariff.value for form, tariff in sorted(local.tariffs.items())}
    if local.bijstand is not None:
        overrides["household.bijstand"] = local.bijstand.value
    known = {"jeugdhulp": local.fitted, "tarieven": bool(local.tariffs)}
    around = local.use_range
    if around is not None and not local.fitted:
        known[PREDICTED_USE if around.basis == "predicted" else OWN_USE] = True
    town, shipped = towns_of_the_country().get(local.name), profiles().get(local.name)
    return Profile(
        name=local.name,
        youths=local.single_ages(),
        date=local.date,
        source=f"{local.source}; {around.source}" if around and around.source else local.source,
        moving=None if local.moving is None else local.moving.value,
        kinderwerk_fte=None if local.kinderwerk_fte is None else local.kinderwerk_fte.value,
        overrides=overrides,
        need=1.0 if local.need is None else local.need.value,
        access=1.0 if local.access is None else local.access.value,
        local=tuple(name for name, here in known.items() if here),
        use=None if around is None else (around.low, around.high),
        access_by_age=shipped.access_by_age if shipped else Profile.access_by_age,
        code=town.code if town else local.name,
    )


@cache
def municipality_names() -> Mapping[str, str]:
    """Return canonical names by casefolded name or alias."""
    names = {}
    for row in _municipality_rows():
        for alias in (row["name"], *filter(None, row["aliases"].split(";"))):
            names[alias.casefold()] = row["name"]
    return {**{name.casefold(): name for name in profiles() if name not in names.values()}, **names}


def _municipality_rows() -> list[dict[str, str]]:
    with (DATA / "municipalities.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
