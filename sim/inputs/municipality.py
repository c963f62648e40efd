"""A municipality's own figures: `kind: municipality`, read from a file or given as data, never changed.

Every figure may stand alone or with its source: `kinderwerk_fte: 36` or
`kinderwerk_fte: {value: 36, source: jaarverslag 2024}`. Without one, the source of the file holds.
"""

from __future__ import annotations

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
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, ValidationError

from sim.errors import InputError
from sim.faults import Fault, fault
from sim.files.wording import known_form, plain_error, range_fault
from sim.files.yamlfile import ANY, Document, Part, load_document
from sim.files.yamltext import Loc
from sim.inputs.age_structure import AgeStructure, ages_of_population, groups_of, unlikely
from sim.inputs.care_use import Use, UseByYear, UseRange, alone
from sim.inputs.fte import unclear_fte
from sim.inputs.origin import registry_in
from sim.inputs.placenames import cleaned, code_of
from sim.inputs.registry import Frozen, Registry
from sim.inputs.sourced import Date, OwnFigure, Source, Sourced, Text, share_fault
from sim.states import AGES

IN_MEMORY = "<municipality>"
NAME_LENGTH = 80
COUNTED: tuple[Loc, ...] = (
    ("population", ANY), ("use", "youths"), ("use", "residents"), ("use", ANY, "youths"),
    ("use", ANY, "residents"), ("tariffs", ANY), ("tariffs", ANY, "value"),
)  # fmt: skip
"""Where thousands are as likely as decimals."""
WRITTEN_FTE: tuple[Loc, ...] = (("kinderwerk_fte",), ("kinderwerk_fte", "value"))
TARIFF_ROOM = 5.0
"""How many times beyond the elicited range a tariff may be."""
TARIFF_LEAST = 0.1
"""Share of the high end of that range below which a tariff is refused: a price a month is a twelfth of it."""

_NAME = re.compile(r"['\u2018\u2019\u201a\u201b\u02bc`\u00b4]?\w.*")
_LIMITS = {
    "kinderwerk_fte": (0.0, 10_000.0), "moving": (0.0, 0.5), "bijstand": (0.001, 0.6),
    "need": (0.2, 5.0), "access": (0.2, 5.0),
}  # fmt: skip
_SHARES = ("moving", "bijstand")


def _written(name: object) -> object:
    """Return a name as text: 0034 without quotes is a number, and the code of a municipality."""
    return (code_of(name) or name) if type(name) is int else name


def _name(text: str, info: ValidationInfo) -> str:
    text = cleaned(text)
    if not _NAME.fullmatch(text):  # a workbook takes '=...' for a formula
        raise plain_error(fault("name_start", text=text))
    registry = registry_in(info.context)
    return text if registry is None else registry.named(text)


class Municipality(Part):
    """Local figures. Frozen, hashable, picklable.

    date: of the population; population: youths by group of ages that together cover 0-22 ("0-3", "4");
    moving: share that leaves in a year; bijstand: share of children in a family on bijstand; use: figures of
    one or more years; tariffs: euros of 2024 per place-year by form; need, access: multipliers of the
    national rates (calibration.municipalities.municipal); use_range: how far use may be from what they bring
    about.
    """

    kind: Literal["municipality"] = "municipality"
    name: Annotated[Text, BeforeValidator(_written), AfterValidator(_name)] = Field(
        min_length=1, max_length=NAME_LENGTH
    )
    date: Date
    source: Source
    population: AgeStructure
    kinderwerk_fte: OwnFigure | None = None
    moving: OwnFigure | None = None
    bijstand: OwnFigure | None = None
    use: UseByYear = None
    tariffs: Annotated[
        Mapping[Annotated[str, AfterValidator(known_form)], OwnFigure],
        AfterValidator(Frozen),
        PlainSerializer(dict),
    ] = Frozen()
    need: OwnFigure | None = None
    access: OwnFigure | None = None
    use_range: UseRange | None = None

    @field_validator(*_LIMITS)
    @classmethod
    def _within(cls, figure: Sourced | None, info: ValidationInfo) -> Sourced | None:
        """Refuse a figure that no municipality has."""
        if figure is None:
            return None
        name = str(info.field_name)
        if wrong := (share_fault if name in _SHARES else range_fault)(figure.value, *_LIMITS[name]):
            raise plain_error(wrong)
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
        yield from ((("population", *place), wrong) for place, wrong in unlikely(self.population, known))
        fte = self.kinderwerk_fte.value if self.kinderwerk_fte else 0.0
        if fte > (there := self.youths()):
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
        return ages_of_population(self.population)

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
            "population": groups_of(self.population),
            **{name: None if figure is None else figure.value for name, figure in figures.items()},
            "use": alone([figure.canonical() for figure in self.uses]),
            "tariffs": {form: figure.value for form, figure in sorted(self.tariffs.items())},
        }

    def to_data(self) -> dict[str, Any]:
        """Return the figures as plain data that a file could hold."""
        return self.model_dump(mode="json", exclude_none=True)

    def replace(self, registry: Registry | None = None, **changes: Any) -> Municipality:
        """Return a municipality with `changes` (plain data), checked like a file. Raises InputError."""
        return municipality_from_dict({**self.to_data(), **changes}, registry)


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
    return municipality_from_document(Document.in_memory(data, name), registry)
