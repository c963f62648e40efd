"""A municipality's own figures: `kind: municipality`, read from a file or given as data, never changed.

Every figure may stand alone or with its source: `kinderwerk_fte: 36` or
`kinderwerk_fte: {value: 36, source: jaarverslag 2024}`. Without one, the source of the file holds.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from sim.errors import InputError
from sim.faults import Fault, fault
from sim.files.wording import found, known_form, number_fault, one_line, plain_error, range_fault
from sim.files.yamlfile import ANY, Document, Part, load_document
from sim.files.yamltext import Loc
from sim.inputs.agegroups import ages_of, ages_text, single_years
from sim.inputs.fte import unclear_fte
from sim.inputs.placenames import cleaned, code_of
from sim.inputs.registry import Frozen, Registry
from sim.states import AGES, HISTORY_YEAR

IN_MEMORY = "<municipality>"
MAX_YOUTHS = 5_000_000.0
"""More than there are in the Netherlands."""
MAX_OF_ONE_AGE = 330_000.0
"""Half as much again as there are in the Netherlands (CBS: 220,000 at 18-24, fewer at other ages)."""
USE_AGES = ("0-17", "0-22")
"""Ages for which CBS counts youths with jeugdhulp."""
USE_BASES = ("own", "predicted", "fitted")
"""What need and access may rest on (see UseRange)."""
MAX_GROUPS = 100
"""Groups of ages in a population: there are 23 ages."""
NAME_LENGTH, SOURCE_LENGTH = 80, 300
FIRST_DATE, LAST_DATE = 1995, 2060
COUNTED: tuple[Loc, ...] = (
    ("population", ANY), ("use", "youths"), ("use", "residents"), ("use", ANY, "youths"),
    ("use", ANY, "residents"), ("tariffs", ANY), ("tariffs", ANY, "value"),
)  # fmt: skip
"""Where thousands are as likely as decimals."""
WRITTEN_FTE: tuple[Loc, ...] = (("kinderwerk_fte",), ("kinderwerk_fte", "value"))
LEAST_YOUTHS = 50.0
"""Fewer than any municipality has; the smallest islands have about 200."""
_FAR = 50.0
"""How many times fewer youths a year of age than elsewhere in a municipality must be a mistake."""
TARIFF_ROOM = 5.0
"""How many times beyond the elicited range a tariff may be."""
TARIFF_LEAST = 0.1
"""Share of the high end of that range below which a tariff is refused: a price a month is a twelfth of it."""

_NAME = re.compile(r"['\u2018\u2019\u201a\u201b\u02bc`\u00b4]?\w.*")
_LIMITS = {
    "kinderwerk_fte": (0.0, 10_000.0), "moving": (0.0, 0.5), "bijstand": (0.001, 0.6),
    "need": (0.2, 5.0), "access": (0.2, 5.0),
}  # fmt: skip


def _one_line(text: str) -> str:
    """Refuse what could be more than text where it is shown: markup, control characters, lines."""
    text = one_line(text)
    if "<" in text or ">" in text:
        raise plain_error(fault("markup_not_allowed"))
    return " ".join(text.split())


def _written(name: object) -> object:
    """Return a name as text: 0034 without quotes is a number, and the code of a municipality."""
    return (code_of(name) or name) if type(name) is int else name


def _name(text: str, info: ValidationInfo) -> str:
    text = cleaned(text)
    if not _NAME.fullmatch(text):  # a workbook takes '=...' for a formula
        raise plain_error(fault("name_start", text=text))
    registry = registry_in(info.context)
    return text if registry is None else registry.named(text)


def _date(value: object) -> str:
    """Return a date as YYYY-MM-DD; a year alone is its first day."""
    text = f"{value}-01-01" if type(value) is int else value
    try:
        date = dt.date.fromisoformat(text) if isinstance(text, str) and len(text) == 10 else None
    except ValueError:
        date = None
    if date is None or not FIRST_DATE <= date.year <= LAST_DATE:
        raise _expected(fault("date_such_as", date="2024-01-01"), value)
    return date.isoformat()


def _expected(expected: Fault, value: object) -> PydanticCustomError:
    return plain_error(fault("expected", expected=expected, found=found(value), hint=None))


def _as_sourced(value: object) -> object:
    """Return a bare number as the mapping that it is short for."""
    return value if isinstance(value, (Mapping, Sourced)) else {"value": value}


def _number(value: object) -> float:
    if wrong := number_fault(value, fault("a_number")):
        raise plain_error(wrong)
    return float(value)  # type: ignore[arg-type]


_Text = Annotated[str, AfterValidator(_one_line)]
_Source = Annotated[_Text, Field(min_length=1, max_length=SOURCE_LENGTH)]


class Sourced(Part):
    """A figure and where it comes from; source None is the source of the whole file."""

    value: Annotated[float, PlainValidator(_number)]
    source: _Source | None = None


_Figure = Annotated[Sourced, BeforeValidator(_as_sourced)]


def _population(value: object) -> Frozen[str, float]:
    """Return youths by group of ages, from the youngest on.

    Raises a ValidationError with a place for each group that is wrong.
    """
    if not isinstance(value, Mapping):
        raise _expected(fault("youths_by_age", such="0-3: 8100"), value)
    if len(value) > MAX_GROUPS:
        raise plain_error(fault("too_many_groups", most=MAX_GROUPS, count=len(value)))
    if errors := list(_group_errors(value)):
        raise ValidationError.from_exception_data("population", errors)
    groups = sorted((*_ages(key), float(youths)) for key, youths in value.items())
    expected = 0
    for first, last, _ in groups:
        if first > expected:
            break
        expected = last + 1
    else:
        first = AGES
    if expected < AGES:
        gap = ages_text(expected, min(first, AGES) - 1)
        raise plain_error(fault("ages_missing", gap=gap, last=AGES - 1))
    if not sum(youths for _, _, youths in groups):
        raise plain_error(fault("no_youths_population"))
    return Frozen({ages_text(first, last): youths for first, last, youths in groups})


def _group_errors(value: Mapping[Any, Any]) -> Iterator[InitErrorDetails]:
    """Yield what is wrong with each group: no ages, ages counted before, no number of youths."""
    taken: list[tuple[int, int, object]] = []
    for key, youths in value.items():
        step = key if isinstance(key, (int, str)) else str(key)
        ages = ages_of(key)
        if ages is None:
            expected = fault("age_or_ages")
            message = fault("expected", expected=expected, found=found(key), hint=None)
            yield InitErrorDetails(type=plain_error(message), loc=(step, "[key]"), input=key)
        else:
            overlap = [other for first, last, other in taken if first <= ages[1] and ages[0] <= last]
            if overlap:
                error = plain_error(fault("ages_overlap", ages=str(key), other=str(overlap[0])))
                yield InitErrorDetails(type=error, loc=(step, "[key]"), input=key)
            taken.append((*ages, key))
        if wrong := number_fault(youths, fault("number_of_youths"), 0.0, MAX_YOUTHS):
            yield InitErrorDetails(type=plain_error(wrong), loc=(step,), input=youths)


def _ages(key: object) -> tuple[int, int]:
    ages = ages_of(key)
    assert ages is not None, "checked before"
    return ages


def _thin(population: Mapping[str, float]) -> list[str]:
    """Return the groups with far fewer youths a year of age than the others, unless theirs are thousands."""
    ages = {key: _ages(key) for key in population}
    each = {key: youths / (ages[key][1] - ages[key][0] + 1) for key, youths in population.items()}
    usual = sorted(each.values())[len(each) // 2]
    return [key for key, n in each.items() if 0 < n < usual / _FAR and usual / 10 <= 1000 * n <= usual * 10]


class Use(Part):
    """Youths with jeugdhulp during a year, and the same share in the country where the source has it.

    residents: youths of those ages who lived there in that year; None: those of the population.
    """

    year: int = Field(ge=HISTORY_YEAR, le=LAST_DATE)
    youths: float = Field(gt=0, le=MAX_YOUTHS, allow_inf_nan=False, title="number_of_youths")
    ages: Literal["0-17", "0-22"] = "0-22"
    residents: float | None = Field(
        None, gt=0, le=MAX_YOUTHS, allow_inf_nan=False, title="number_of_youths"
    )
    national: float | None = Field(None, allow_inf_nan=False, title="share_of_country")
    source: _Source | None = None

    @field_validator("youths", "residents", "national", mode="before")
    @classmethod
    def _whole(cls, value: object) -> object:
        """Return a whole number as the decimal number that it also is."""
        return float(value) if type(value) is int and abs(value) < 1e15 else value

    @field_validator("national")
    @classmethod
    def _share(cls, value: float | None) -> float | None:
        """Refuse what is no share."""
        if value is not None and (wrong := range_fault(value, 0.001, 0.9)):
            raise plain_error(fault("share_meant", why=wrong) if value > 0.9 else wrong)
        return value

    @property
    def last_age(self) -> int:
        """Return the last age that is counted."""
        return _ages(self.ages)[1]

    def canonical(self) -> dict[str, Any]:
        """Return everything that affects results, ready for JSON; the source does not."""
        out = {"source"} | ({"residents"} if self.residents is None else set())
        return self.model_dump(mode="json", exclude=out)


def _as_list(value: object) -> object:
    """Return figures of use as the list that one alone is short for."""
    return tuple(value) if isinstance(value, (list, tuple)) else None if value is None else (value,)


def _one_a_year(figures: tuple[Use, ...] | None) -> tuple[Use, ...] | None:
    """Refuse a second figure of use of a year. Raises a ValidationError with a place for each."""
    if figures is None:
        return None
    if not figures:
        raise _expected(fault("figures_of_use"), None)
    years = [figure.year for figure in figures]
    errors = [
        InitErrorDetails(
            type=plain_error(fault("year_of_use_twice", year=year)), loc=(k, "year"), input=year
        )
        for k, year in enumerate(years)
        if year in years[:k]
    ]
    if errors:
        raise ValidationError.from_exception_data("use", errors)
    return figures


def _as_written(figures: tuple[Use, ...] | None) -> object:
    """Return figures of use as a file holds them: one as a mapping, several as a list."""
    return _alone([figure.model_dump(mode="json", exclude_none=True) for figure in figures or ()])


class UseRange(Part):
    """How far use may be from what need and access bring about: 5th and 95th percentile, over it.

    basis: whether need and access rest on figures of the municipality itself, on municipalities like it, or
    were fitted to the figure of use that stands beside them.
    """

    low: float = Field(allow_inf_nan=False)
    high: float = Field(allow_inf_nan=False)
    basis: Literal["own", "predicted", "fitted"] = "own"
    source: _Source | None = None

    @field_validator("low", "high")
    @classmethod
    def _around_one(cls, value: float, info: ValidationInfo) -> float:
        """Refuse a range without the level itself."""
        low, high = (0.2, 1.0) if info.field_name == "low" else (1.0, 5.0)
        if wrong := range_fault(value, low, high):
            raise plain_error(wrong)
        return value


class Municipality(Part):
    """Local figures. Frozen, hashable, picklable.

    date: of the population; population: youths by group of ages that together cover 0-22 ("0-3", "4");
    moving: share that leaves in a year; bijstand: share of children in a family on bijstand; use: figures of
    one or more years; tariffs: euros of 2024 per place-year by form; need, access: multipliers of the
    national rates (calibration.municipalities.municipal); use_range: how far use may be from what they bring
    about.
    """

    kind: Literal["municipality"] = "municipality"
    name: Annotated[_Text, BeforeValidator(_written), AfterValidator(_name)] = Field(
        min_length=1, max_length=NAME_LENGTH
    )
    date: Annotated[str, PlainValidator(_date)]
    source: _Source
    population: Annotated[Mapping[str, float], PlainValidator(_population), PlainSerializer(dict)]
    kinderwerk_fte: _Figure | None = None
    moving: _Figure | None = None
    bijstand: _Figure | None = None
    use: Annotated[
        tuple[Use, ...] | None,
        BeforeValidator(_as_list),
        AfterValidator(_one_a_year),
        PlainSerializer(_as_written),
    ] = None
    tariffs: Annotated[
        Mapping[Annotated[str, AfterValidator(known_form)], _Figure],
        AfterValidator(Frozen),
        PlainSerializer(dict),
    ] = Frozen()
    need: _Figure | None = None
    access: _Figure | None = None
    use_range: UseRange | None = None

    @field_validator(*_LIMITS)
    @classmethod
    def _within(cls, figure: Sourced | None, info: ValidationInfo) -> Sourced | None:
        """Refuse a figure that no municipality has."""
        if figure is None:
            return None
        if wrong := range_fault(figure.value, *_LIMITS[str(info.field_name)]):
            share = info.field_name in ("moving", "bijstand") and figure.value > _LIMITS[info.field_name][1]
            raise plain_error(fault("share_meant", why=wrong) if share else wrong)
        return figure

    @field_validator("tariffs")
    @classmethod
    def _tariffs(cls, tariffs: Mapping[str, Sourced], info: ValidationInfo) -> Mapping[str, Sourced]:
        """Refuse tariffs that must be in another unit. Raises a ValidationError with a place for each."""
        registry = registry_in(info.context)
        errors = [
            InitErrorDetails(type=plain_error(wrong), loc=(form, "value"), input=figure.value)
            for form, figure in tariffs.items()
            if (wrong := _tariff_fault(figure.value, registry.tariffs.get(form) if registry else None))
        ]
        if errors:
            raise ValidationError.from_exception_data("tariffs", errors)
        return tariffs

    @model_validator(mode="after")
    def _fitting(self, info: ValidationInfo) -> Municipality:
        """Refuse more or fewer youths than there can be. Raises a ValidationError with a place for each."""
        registry = registry_in(info.context)
        known = registry.youths.get(self.name) if registry else None
        errors = [
            InitErrorDetails(type=plain_error(message), loc=loc, input=None)
            for loc, message in (*self._people_faults(known), *self._use_faults())
        ]
        if errors:
            raise ValidationError.from_exception_data("municipality", errors)
        return self

    def _people_faults(self, known: float | None) -> Iterator[tuple[Loc, Fault]]:
        """Yield what cannot be of a population. known: the youths that the model has for it."""
        there, place = self.youths(), ("population",)
        if (most := max(self.single_ages())) > MAX_OF_ONE_AGE:
            yield place, fault("too_many_of_one_age", most=most)
        if there < LEAST_YOUTHS:
            yield place, _thousands(fault("fewer_youths_than_any", there=there))
        elif known and there < known / _FAR:
            yield place, _thousands(fault("fewer_youths_than_known", there=there, known=known))
        else:
            for key in _thin(self.population):
                youths = self.population[key]
                yield (*place, key), _thousands(fault("fewer_than_other_ages", youths=youths))
        fte = self.kinderwerk_fte.value if self.kinderwerk_fte else 0.0
        if fte > there:
            yield ("kinderwerk_fte",), fault("more_fte_than_youths", fte=fte, there=there)

    def _use_faults(self) -> Iterator[tuple[Loc, Fault]]:
        for k, figure in enumerate(self.use or ()):
            if figure.youths > (there := self.residents(figure)):
                wrong = fault(
                    "more_users_than_youths", youths=figure.youths, there=there, ages=figure.ages
                )
                yield ("use", k, "youths"), wrong

    @property
    def uses(self) -> tuple[Use, ...]:
        """Return the figures of use by year; nothing where there is none."""
        return tuple(sorted(self.use or (), key=lambda figure: figure.year))

    def single_ages(self) -> tuple[float, ...]:
        """Return youths by single year of age, 0-22."""
        groups = [(*_ages(key), youths) for key, youths in self.population.items()]
        return tuple(float(youths) for youths in single_years(groups))

    def youths(self, last_age: int = AGES - 1) -> float:
        """Return the youths of 0 up to and including `last_age`."""
        return sum(self.single_ages()[: last_age + 1])

    def residents(self, figure: Use) -> float:
        """Return the youths among whom a figure of use was counted."""
        return self.youths(figure.last_age) if figure.residents is None else figure.residents

    def use_share(self, figure: Use) -> float:
        """Return the share of youths of its ages with jeugdhulp, by one of its figures of use."""
        return figure.youths / self.residents(figure)

    @property
    def fitted(self) -> bool:
        """Tell whether need and access were fitted to the figure of use, and are not those of a level."""
        there = self.use is not None and self.need is not None and self.access is not None
        return there and (self.use_range is None or self.use_range.basis == "fitted")

    def canonical(self) -> dict[str, Any]:
        """Return everything that affects results, ready for JSON; sources do not."""
        figures = {name: getattr(self, name) for name in _LIMITS}
        around = self.use_range
        return {
            **({} if around is None else {"use_range": [around.low, around.high]}),
            "name": self.name,
            "date": self.date,
            "population": sorted((*_ages(key), youths) for key, youths in self.population.items()),
            **{name: None if figure is None else figure.value for name, figure in figures.items()},
            "use": _alone([figure.canonical() for figure in self.uses]),
            "tariffs": {form: figure.value for form, figure in sorted(self.tariffs.items())},
        }

    def to_data(self) -> dict[str, Any]:
        """Return the figures as plain data that a file could hold."""
        return self.model_dump(mode="json", exclude_none=True)

    def replace(self, registry: Registry | None = None, **changes: Any) -> Municipality:
        """Return a municipality with `changes` (plain data), checked like a file. Raises InputError."""
        return municipality_from_dict({**self.to_data(), **changes}, registry)


def _alone(items: list[Any]) -> object:
    """Return what a list holds where that is one thing, None where it is nothing, or else the list."""
    return items if len(items) > 1 else items[0] if items else None


def registry_in(context: object) -> Registry | None:
    """Return the registry that a validation was given, itself or as a part of its context."""
    registry = context if isinstance(context, Registry) else getattr(context, "registry", None)
    return registry if isinstance(registry, Registry) else None


def _thousands(why: Fault) -> Fault:
    return fault("perhaps_thousands", why=why)


def _tariff_fault(value: float, usual: tuple[float, float] | None) -> Fault | None:
    """Return what is wrong with euros per place-year, given the usual range; the likely unit where known."""
    if value < 0:
        return range_fault(value, 0.0, float("inf"))
    if usual is None:
        return None
    low, high = usual
    if max(low / TARIFF_ROOM, high * TARIFF_LEAST) <= value <= high * TARIFF_ROOM:
        return None
    units = {
        fault("ask_per_month"): 12,
        fault("ask_per_week"): 52,
        fault("ask_per_day"): 365,
        fault("ask_thousands"): 1000,
    }
    fits = {unit: value * times for unit, times in units.items() if low / 2 <= value * times <= high * 2}
    middle = math.sqrt(low * high)
    unit = min(fits, key=lambda u: abs(math.log(fits[u] / middle)), default=None)
    expected = fault("euros_per_place_year", low=low, high=high)
    return fault("expected", expected=expected, found=fault("a_figure", value=value), hint=unit)


def load_municipality(path: str | Path, registry: Registry | None = None) -> Municipality:
    """Read a municipality file. Raises InputError with every mistake, each with its line and column.

    Without a `registry` tariffs are not held against the usual ones.
    """
    return municipality_from_document(load_document(path, "municipality"), registry)


def municipality_from_document(document: Document, registry: Registry | None) -> Municipality:
    """Return the municipality in a document. Raises InputError with every mistake."""
    found = document.validate(Municipality, registry, COUNTED)
    if unclear := unclear_fte(document, WRITTEN_FTE, found.youths()):
        raise InputError(unclear)
    return found


def municipality_from_dict(
    data: Mapping[str, Any], registry: Registry | None = None, name: str = IN_MEMORY
) -> Municipality:
    """Return the municipality in plain data. Raises InputError with every mistake, in a file of that name."""
    if not isinstance(data, Mapping):
        raise InputError.at(
            name, fault("expected", expected=fault("a_mapping"), found=found(data), hint=None)
        )
    return municipality_from_document(Document.in_memory(data, name), registry)
