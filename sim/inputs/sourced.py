"""A figure of a municipality with where it comes from and of which date it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from sim.faults import Fault, fault
from sim.files.wording import expected_but_found, finite, one_line, plain_error, range_fault
from sim.files.yamlfile import Part

SOURCE_LENGTH = 300
FIRST_DATE, LAST_DATE = 1995, 2060
"""Years of which figures may be."""


def _one_line(text: str) -> str:
    """Refuse what could be more than text where it is shown: markup, control characters, lines."""
    text = one_line(text)
    if "<" in text or ">" in text:
        raise plain_error(fault("markup_not_allowed"))
    return " ".join(text.split())


def _date(value: object) -> str:
    """Return a date as YYYY-MM-DD; a year alone is its first day."""
    text = f"{value}-01-01" if type(value) is int else value
    try:
        date = dt.date.fromisoformat(text) if isinstance(text, str) and len(text) == 10 else None
    except ValueError:
        date = None
    if date is None or not FIRST_DATE <= date.year <= LAST_DATE:
        raise plain_error(expected_but_found(fault("date_such_as", date="2024-01-01"), value))
    return date.isoformat()


def _as_sourced(value: object) -> object:
    """Return a bare number as the mapping that it is short for."""
    return value if isinstance(value, (Mapping, Sourced)) else {"value": value}


Text = Annotated[str, AfterValidator(_one_line)]
Source = Annotated[Text, Field(min_length=1, max_length=SOURCE_LENGTH)]
Date = Annotated[str, PlainValidator(_date)]
"""YYYY-MM-DD."""


class Sourced(Part):
    """A figure and where it comes from; source None is the source of the whole file."""

    value: Annotated[float, PlainValidator(lambda value: finite(value, fault("a_number")))]
    source: Source | None = None


OwnFigure = Annotated[Sourced, BeforeValidator(_as_sourced)]


def share_fault(value: float, low: float, high: float) -> Fault | None:
    """Return why a figure is no share from `low` to `high`, or None; one above may be a percentage."""
    wrong = range_fault(value, low, high)
    return fault("share_meant", why=wrong) if wrong and value > high else wrong
