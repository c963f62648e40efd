"""Find the municipality that a name or a CBS code means; all readers of names use this.

`sim/data/municipality_names.csv` has a row for each municipality of 2023 (342; the set has not changed up to
2026) and for each that was dissolved since 1988, the first year of CBS's table of the population:
code: of CBS, which is unique and lasting, as names are not; name: what the model calls it; also: other names
that CBS or people use; until: the day from which it is one no longer; now: where its people live since, a
code, or several where it was divided; grade, source: "CBS 2023" are the boundaries of 1 January 2023,
"RvIG 33" is table 33 of the national tables of the BRP, which names one successor.
"""

from __future__ import annotations

import contextlib
import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, lru_cache
from pathlib import Path

from sim.faults import Fault, fault
from sim.files.yamltext import visible

FILE = Path(__file__).resolve().parents[1] / "data" / "municipality_names.csv"
LONGEST = 200
"""Signs of a name that are looked at."""
NEAR = 0.8
"""How much of two names must be alike for one to be a misspelling of the other."""
ALIKE = 0.03
"""How much less alike a second name may be and still be offered: Almeer is Aalsmeer or Almere."""
_PROVINCES = {
    "Drenthe": ("DR",), "Flevoland": ("FL",), "Fryslân": ("FR", "Friesland"),
    "Gelderland": ("GLD", "GL", "GE"), "Groningen": ("GR",), "Limburg": ("L", "LB", "LI"),
    "Noord-Brabant": ("NB",), "Noord-Holland": ("NH",), "Overijssel": ("O", "OV"), "Utrecht": ("U", "UT"),
    "Zeeland": ("Z", "ZL", "ZE"), "Zuid-Holland": ("ZH",),
}  # fmt: skip
_VARIATIONS = re.compile("[\ufe00-\ufe0f\u034f\u115f\u1160\u3164\u180b-\u180f]")
_CODE = re.compile(r"(?:gm)?[\s:._-]*(\d{1,4})")
_AROUND = re.compile(r"^(?:(?:de )?gemeente|gem|municipality of)\b[\s.:]*(?=\S)|[\s,]*\(?\bgemeente\)?$")
_SHORT = ((re.compile(r"\bst(?:\.|\b)"), "sint "), (re.compile(r"\ba[./ ]*d\b\.?"), "aan den "))


class PlaceError(Exception):
    """A name or code that is of no municipality of today, or of several."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault

    def __str__(self) -> str:
        return self.fault.text()


@dataclass(frozen=True)
class Town:
    """A municipality. until: the day from which it is one no longer, or nothing; now: codes, see above."""

    code: str
    name: str
    also: tuple[str, ...]
    province: str
    until: str
    now: tuple[str, ...]


def cleaned(name: str) -> str:
    """Return a name as it is seen: without signs that have no width, with single ordinary spaces.

    Letters with their accents are one sign each, as keyboards give them (NFC).
    """
    return " ".join(unicodedata.normalize("NFC", visible(_VARIATIONS.sub("", name))).split())


def key(name: str) -> str:
    """Return a name as it is compared: letters and digits only, without accents, case and `gemeente`.

    Apostrophes, dashes and spaces of every kind are the same in this way: they do not count.
    """
    return _key(cleaned(name)[:LONGEST])  # what is longer is no name, and may be made to take long


@lru_cache(maxsize=4096)  # short names only: users may type gigabytes
def _key(short: str) -> str:
    bare = unicodedata.normalize("NFKD", short.casefold()).replace("&", " en ")
    words = _AROUND.sub("", bare)
    for sign, full in _SHORT:
        words = sign.sub(full, words)
    return "".join(sign for sign in words if _counts(sign)).replace("aanden", "aande")


def _counts(sign: str) -> bool:
    return sign.isalnum() and unicodedata.category(sign) != "Lm"  # \N{MODIFIER LETTER APOSTROPHE} is a letter


def code_of(name: str | int) -> str | None:
    """Return the code that a text or number is (GM0034, gm34, 0034, 34), or None for a name."""
    found = _CODE.fullmatch(cleaned(str(name)).casefold())
    return f"GM{int(found[1]):04d}" if found else None


@cache
def towns() -> Mapping[str, Town]:
    """Return the municipalities of today and those of before, by code."""
    with FILE.open(encoding="utf-8", newline="") as stream:
        return {
            row["code"]: Town(
                row["code"], row["name"], tuple(filter(None, row["also"].split(";"))), row["province"],
                row["until"], tuple(filter(None, row["now"].split(";"))),
            )
            for row in csv.DictReader(stream)
        }  # fmt: skip


def find(name: str | int, today: bool = True) -> Town | None:
    """Return the municipality that a name or code means, or None where it is no municipality's.

    today: of those of today only. Raises PlaceError for a name of several, a code of none, and where today
    counts for a municipality of before and for a province.
    """
    code = code_of(name)
    if code is not None:
        if code not in towns():
            raise PlaceError(fault("unknown_code", code=code))
        return _one(str(name), [towns()[code]], today)
    wanted = key(str(name))
    found = [towns()[each] for each in _index().get(wanted, ())]
    if found:
        return _one(str(name), found, today)
    for province, short in _PROVINCES.items():
        if today and wanted in {key(province), *(key(word) for word in short if len(word) > 3)}:
            raise PlaceError(fault("is_a_province", province=province))
    return None


def became_of(name: str) -> Fault | None:
    """Return what became of a municipality that is one no longer, or None."""
    try:
        find(name)
    except PlaceError as error:
        with contextlib.suppress(PlaceError):
            town = find(name, today=False)
            return error.fault if town and town.until else None
    return None


def _one(name: str, found: list[Town], today: bool) -> Town:
    """Return the one municipality that was found, which must be one today. Raises PlaceError."""
    if len(found) > 1:
        names = tuple(town.name for town in found)
        raise PlaceError(fault("several_municipalities", name=str(name), names=names))
    (town,) = found
    if not town.until or not today:
        return town
    heirs = [towns()[code].name for code in town.now]
    longer = [other for other in beginning(name) if key(re.split(r"[ ,-]", other)[0]) == key(name)]
    near = tuple(other for other in longer[:2] if other not in heirs)
    if len(heirs) == 1:
        raise PlaceError(fault(
            "municipality_merged",
            town=town.name, year=town.until[:4], heir=heirs[0], near=near,
        ))  # fmt: skip
    raise PlaceError(fault(
        "municipality_divided",
        town=town.name, year=town.until[:4], heirs=tuple(heirs), near=near,
    ))  # fmt: skip


def meant(name: str, first: Iterable[str] = ()) -> tuple[str, ...]:
    """Return what a name that is of no municipality may be a misspelling of.

    first: names that come before those of all municipalities, such as those with figures.
    """
    known = {each: towns()[codes[0]].name for each, codes in _index().items()}
    near = _nearest(name, {key(each): each for each in first})
    return tuple(near or beginning(name)[:2] or _nearest(name, known))


def beginning(name: str) -> list[str]:
    """Return the municipalities of today whose names begin with three or more letters."""
    wanted = key(name)
    names = sorted(town.name for town in towns().values() if not town.until)
    return [each for each in names if key(each).startswith(wanted)] if len(wanted) > 2 else []


def search(words: str) -> list[Town]:
    """Return the municipalities of today, by name, of which a name (now or before) or code holds words."""
    wanted = key(words)
    found = {
        code
        for town in towns().values()
        if any(wanted in key(written) for written in (town.name, *town.also, town.code))
        for code in (town.now if town.until else (town.code,))
    }
    return sorted((towns()[code] for code in found), key=lambda town: key(town.name))


def _nearest(name: str, known: Mapping[str, str]) -> list[str]:
    """Return the name whose key is most like that of `name`, and a second that is as good as that (ALIKE)."""
    wanted, found = key(name), list[tuple[float, str]]()
    for each, other in known.items():
        match = SequenceMatcher(None, wanted, each)
        if match.real_quick_ratio() >= NEAR and match.quick_ratio() >= NEAR and match.ratio() >= NEAR:
            found.append((match.ratio(), other))
    found.sort(key=lambda pair: -pair[0])
    return list(dict.fromkeys(other for ratio, other in found if ratio > found[0][0] - ALIKE))[:2]


@cache
def _index() -> Mapping[str, tuple[str, ...]]:
    """Return codes by every way to write a name; what is a name of today is not that of one before."""
    today: dict[str, dict[str, None]] = {}
    before: dict[str, dict[str, None]] = {}
    for town in towns().values():
        for written in _ways(town):
            (before if town.until else today).setdefault(key(written), {})[town.code] = None
    return {each: tuple(codes) for each, codes in {**before, **today}.items()}


def _ways(town: Town) -> Iterator[str]:
    """Yield the ways to write the name of a municipality: also with its province, and with none."""
    yield from (town.name, *town.also)
    for name in dict.fromkeys(re.sub(r"\s*\(.*\)", "", each) for each in (town.name, *town.also)):
        yield name
        for province in (town.province, *_PROVINCES.get(town.province, ())) if town.province else ():
            yield f"{name} {province}"
