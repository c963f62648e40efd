"""A programme of a scenario: how much there is of it, for whom, who pays, and what of it works."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import PlainSerializer, PlainValidator, field_validator

from sim.faults import fault
from sim.files.wording import plain_error
from sim.files.yamlfile import Part
from sim.inputs.fte import FtePath, read_fte
from sim.states import AGES


class Switches(Part):
    """Which mechanisms of a programme work."""

    onset: bool = True
    escalation: bool = True
    recovery: bool = True
    signalling: bool = True
    participation: bool = True
    access: bool = True
    substitution: bool = True
    continuity: bool = True


class ProgrammeUse(Part):
    """How much of a programme there is, and how it is run and paid."""

    fte: Annotated[FtePath, PlainValidator(read_fte), PlainSerializer(FtePath.to_data)]
    ring_fenced: bool = True
    targeting: Literal["everyone", "neighbourhood", "outreach"] | None = None
    ages: tuple[int, int] | None = None
    paid_by: Literal["gemeente", "outside"] = "gemeente"
    switches: Switches = Switches()

    @field_validator("ages", mode="before")
    @classmethod
    def _ages(cls, value: object) -> object:
        """Return the first and last year of age from a list of two."""
        if value is None or isinstance(value, tuple):
            return value
        pair = isinstance(value, list) and len(value) == 2 and all(type(age) is int for age in value)
        if pair and 0 <= value[0] <= value[1] < AGES:  # type: ignore[index]
            return tuple(value)  # type: ignore[arg-type]
        raise plain_error(fault("expected_two_ages", such=f"[10, {AGES - 1}]"))

    def fte_by_year(self, start: int, years: int) -> tuple[float, ...]:
        """Return the FTE of each of `years` years from `start` on."""
        return tuple(self.fte.at(year) for year in range(start, start + years))
