"""The named futures in words."""

from __future__ import annotations

from sim.inputs.horizon import MAX_YEARS
from sim.model.futures import COST, FROM, MODEL_TODAY, VOLUME, YEARS, futures
from sim.model.parameters import Parameter, default_parameters
from sim.words.writing import Writing


def future_words(future: str, writing: Writing) -> str:
    """Return what a future says, with its numbers and their range. Raises KeyError for another word."""
    records, name = futures()[future], writing.t(f"future_{future}")
    if future == MODEL_TODAY:
        p = default_parameters().records
        youths, cost, last = p["access.growth_projection"], p["cost.tariff_growth_projection"], ""
    else:
        youths, cost = records[VOLUME], records[COST]
        years = round(records[YEARS].value)
        last = "" if years > MAX_YEARS else writing.t("future_last", last=FROM + years)
    told = {"youths": _rate(youths, writing), "cost": _rate(cost, writing)}
    return writing.t("future_told", future=name, **told) + last


def _rate(record: Parameter, writing: Writing) -> str:
    value, low, high = (writing.percent(x, 1) for x in (record.value, record.low, record.high))
    return value if record.fixed else writing.t("future_range", value=value, low=low, high=high)
