"""How many youths of a municipality have jeugdhulp: figures by year, and how far they may be off."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationInfo,
    field_validator,
)
from pydantic_core import InitErrorDetails, ValidationError

from sim.faults import fault
from sim.files.wording import expected_but_found, plain_error, range_fault
from sim.files.yamlfile import Part
from sim.inputs.age_structure import MAX_YOUTHS
from sim.inputs.agegroups import ages_in
from sim.inputs.sourced import LAST_DATE, Source, share_fault
from sim.states import HISTORY_YEAR

USE_AGES = ("0-17", "0-22")
"""Ages for which CBS counts youths with jeugdhulp."""
USE_BASES = ("own", "predicted", "fitted")
"""What need and access may rest on (see UseRange)."""


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
    source: Source | None = None

    @field_validator("youths", "residents", "national", mode="before")
    @classmethod
    def _whole(cls, value: object) -> object:
        """Return a whole number as the decimal number that it also is."""
        return float(value) if type(value) is int and abs(value) < 1e15 else value

    @field_validator("national")
    @classmethod
    def _share(cls, value: float | None) -> float | None:
        """Refuse what is no share."""
        if value is not None and (wrong := share_fault(value, 0.001, 0.9)):
            raise plain_error(wrong)
        return value

    @property
    def last_age(self) -> int:
        """Return the last age that is counted."""
        return ages_in(self.ages)[1]

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
        raise plain_error(expected_but_found(fault("figures_of_use"), None))
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
    return alone([figure.model_dump(mode="json", exclude_none=True) for figure in figures or ()])


def alone(items: list[Any]) -> object:
    """Return what a list holds where that is one thing, None where it is nothing, or else the list."""
    return items if len(items) > 1 else items[0] if items else None


UseByYear = Annotated[
    tuple[Use, ...] | None,
    BeforeValidator(_as_list),
    AfterValidator(_one_a_year),
    PlainSerializer(_as_written),
]
"""Figures of one or more years; a file may write one without a list."""


class UseRange(Part):
    """How far use may be from what need and access bring about: 5th and 95th percentile, over it.

    basis: whether need and access rest on figures of the municipality itself, on municipalities like it, or
    were fitted to the figure of use that stands beside them.
    """

    low: float = Field(allow_inf_nan=False)
    high: float = Field(allow_inf_nan=False)
    basis: Literal["own", "predicted", "fitted"] = "own"
    source: Source | None = None

    @field_validator("low", "high")
    @classmethod
    def _around_one(cls, value: float, info: ValidationInfo) -> float:
        """Refuse a range without the level itself."""
        low, high = (0.2, 1.0) if info.field_name == "low" else (1.0, 5.0)
        if wrong := range_fault(value, low, high):
            raise plain_error(wrong)
        return value
