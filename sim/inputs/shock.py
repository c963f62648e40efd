"""A shock of a scenario: what happens from outside, in mid-term, or by a policy on forms of care."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from sim.faults import fault
from sim.files.wording import expected_but_found, known_form, plain_error
from sim.files.yamlfile import Part
from sim.inputs.horizon import MAX_YEARS
from sim.inputs.origin import known_programme
from sim.states import MONTHS

BOTH_WAYS = ("registration_shift", "fewer_starts")
"""Kinds of shock whose size may be below zero."""
ON_FORMS = ("fewer_starts", "shorter_care", "own_payment")
"""Kinds of shock that are about forms of care: policies of a state or a town from a month on."""
MOST_SHORTER = 0.9


def _moment(value: object) -> str:
    """Return a month as YYYY-MM; a year alone is its January."""
    text = str(value) if type(value) is int else value
    if isinstance(text, str) and (match := re.fullmatch(r"(\d{4})(?:-(\d{2}))?", text)):
        month = int(match[2] or 1)
        if 1 <= month <= MONTHS:
            return f"{match[1]}-{month:02d}"
    raise plain_error(expected_but_found(fault("year_or_month_such_as"), value))


class Shock(Part):
    """What happens from outside or in mid-term; shocks.py says what each kind does."""

    kind: Literal[
        "lockdown", "teacher_shortage", "budget_cut", "registration_shift", "fewer_starts", "shorter_care",
        "own_payment",
    ]
    start: Annotated[str, BeforeValidator(_moment)] = Field(title="year_or_month")
    months: int = Field(12, ge=1, le=12 * MAX_YEARS)
    size: float = Field(ge=-1, le=1, allow_inf_nan=False)
    workers: Literal["present", "absent"] = "present"
    programmes: tuple[Annotated[str, AfterValidator(known_programme)], ...] = ()
    forms: tuple[Annotated[str, AfterValidator(known_form)], ...] = ()

    @field_validator("programmes", "forms", mode="before")
    @classmethod
    def _lists(cls, value: object) -> object:
        """Return a list as the tuple that is kept."""
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _fitting(self) -> Shock:
        """Refuse a size or key that the kind does not have."""
        if self.size < 0 and self.kind not in BOTH_WAYS:
            raise plain_error(fault("shock_size", kind=self.kind, size=self.size))
        if self.workers != "present" and self.kind != "lockdown":
            raise plain_error(fault("only_lockdown"))
        if self.programmes and self.kind != "budget_cut":
            raise plain_error(fault("only_budget_cut"))
        if self.forms and self.kind not in ON_FORMS:
            raise plain_error(fault("only_on_forms", kinds=ON_FORMS))
        if self.kind == "shorter_care" and self.size > MOST_SHORTER:
            raise plain_error(fault("shorter_than_can_be", most=MOST_SHORTER, size=self.size))
        return self

    @model_serializer(mode="wrap")
    def _without_forms(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out forms where none are named: hashes of files from before there were any stay."""
        data: dict[str, Any] = write(self)
        return data if self.forms else {key: value for key, value in data.items() if key != "forms"}

    @property
    def year(self) -> int:
        """The calendar year in which the shock starts."""
        return int(self.start[:4])

    @property
    def month(self) -> int:
        """The month of that year, 0 for January."""
        return int(self.start[5:]) - 1

    def span(self, start: int) -> tuple[int, int]:
        """Return its first month and the month after its last, counted from January of `start`."""
        first = (self.year - start) * MONTHS + self.month
        return first, first + self.months
